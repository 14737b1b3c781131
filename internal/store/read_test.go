package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// TestLists checks order, filters and limits of the lists.
func TestLists(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		c := &berth.Changes{Batch: "1"}
		for i := range int64(6) {
			o := berth.Order{ID: fmt.Sprintf("o%d", i), Number: fmt.Sprintf("n%d", i), UserID: fmt.Sprintf("u%d", i%2), Kind: berth.KindRenew,
				State: berth.Paid, CreatedAt: 100 + i, Lease: berth.Lease{DueAt: 50 - i, Doubt: i == 1}, Terms: berth.Terms{Password: "p", StockKey: "plan@x"}}
			if i >= 4 {
				o.State, o.Kind, o.Password = berth.Completed, berth.KindScale, ""
			}
			c.Orders.Insert = append(c.Orders.Insert, o)
			c.Keys.Insert = append(c.Keys.Insert, berth.Key{ID: fmt.Sprintf("k%d", i), ExpiresAt: 10 * i})
			c.Entries = append(c.Entries, berth.Entry{UserID: "u", Seq: i + 1, OrderID: "o"})
			s := berth.Service{ID: fmt.Sprintf("s%d", i), StockKey: "plan@x", Status: berth.Active}
			if i == 0 {
				s.Status = berth.Terminated
			}
			c.Services.Insert = append(c.Services.Insert, s)
		}
		c.Keys.Insert[5].ExpiresAt = berth.Forever
		c.Stock.Insert = []berth.Stock{{Key: "plan@x", Capacity: 10, Used: 3}, {Key: "plan@y", Capacity: 1}}
		write(t, e, c)

		for _, f := range []struct {
			filter berth.OrderFilter
			want   string
		}{
			{berth.OrderFilter{}, "o5 o4 o3 o2 o1 o0"},
			{berth.OrderFilter{Limit: 2}, "o5 o4"},
			{berth.OrderFilter{Limit: 2, Offset: 3}, "o2 o1"},
			{berth.OrderFilter{UserID: "u1"}, "o5 o3 o1"},
			{berth.OrderFilter{UserID: "u1", State: berth.Paid}, "o3 o1"},
			{berth.OrderFilter{UserID: "u0", State: berth.Completed, Kind: berth.KindScale}, "o4"},
			{berth.OrderFilter{Number: "n2"}, "o2"},
			{berth.OrderFilter{UserID: "u1", Number: "n2"}, ""},
		} {
			got, err := e.Orders(ctx, f.filter)
			if err != nil {
				t.Fatal(err)
			}
			same(t, fmt.Sprintf("Orders %+v", f.filter), orderIDs(got), f.want)
		}
		sealed, err := e.Passwords(ctx, "o0", 2)
		same(t, "Passwords", orderIDs(sealed), "o1 o2")
		whole(t, "Due", []string{"o3", "o2", "o1"})(e.Due(ctx, 49, 3))
		whole(t, "Due later", []string{"o3"})(e.Due(ctx, 47, 3))
		whole(t, "ExpiredKeys", []string{"k0", "k1", "k2"})(e.ExpiredKeys(ctx, 20, 100))
		whole(t, "ExpiredKeys of all times", []string{"k0", "k1", "k2", "k3", "k4"})(e.ExpiredKeys(ctx, berth.Forever, 100))
		whole(t, "Stock", []berth.Stock{{Key: "plan@x", Capacity: 10, Used: 3, Counted: 5 + 4}, {Key: "plan@y", Capacity: 1}})(e.Stock(ctx))
		backlog, err2 := e.Backlog(ctx)
		same(t, "Backlog", backlog, berth.Backlog{Unsettled: 4, Oldest: 100, Doubtful: 1, Unsealed: 1})
		got, err3 := e.Entries(ctx, "u", 4, 2)
		if len(got) != 2 || got[0].Seq != 3 || got[1].Seq != 2 {
			t.Errorf("Entries below 4: got %+v, want 3 and 2", got)
		}
		if err := errors.Join(err, err2, err3); err != nil {
			t.Error(err)
		}
	})
}

func orderIDs(list []berth.Order) string {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return strings.Join(ids, " ")
}

// TestClock compares the database's clock with this machine's, which is the same one here.
func TestClock(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		before := time.Now().UnixMicro()
		got, err := e.Clock(t.Context())
		if after := time.Now().UnixMicro(); err != nil || got < before-1 || got > after+1 {
			t.Errorf("got %d %v, want between %d and %d", got, err, before, after)
		}
	})
}
