package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

func reads(t *testing.T, d Database) {
	ctx := context.Background()
	s := open(t, d, store.Options{})
	if users, err := s.Users(ctx); err != nil || len(users) != 0 {
		t.Errorf("users of an empty database: got %v, %v", users, err)
	}
	for _, user := range []string{"carla", "anna", "bert"} {
		fund(t, s, user, 5)
	}
	for i := range 4 {
		must(t, keyed(s, fmt.Sprint("hash ", i))())
	}
	users, err := s.Users(ctx)
	must(t, err)
	var names []string
	for _, u := range users {
		names = append(names, u.Username)
	}
	same(t, "users by name", names, []string{"anna", "bert", "carla"})

	keys, err := s.APIKeys(ctx, "anna")
	if must(t, err); len(keys) != 4 || keys[0].Hash != "hash 3" || keys[3].Hash != "hash 0" {
		t.Errorf("keys of anna: got %+v, want hash 3 to hash 0", keys)
	}
	if keys, err := s.APIKeys(ctx, "bert"); err != nil || len(keys) != 0 {
		t.Errorf("keys of bert: got %d, %v, want none", len(keys), err)
	}
	if keys, err := s.APIKeys(ctx, ""); err != nil || len(keys) != 4 {
		t.Errorf("all keys: got %d, %v, want 4", len(keys), err)
	}
	_, hash, err1 := s.KeyByHash(ctx, "hash")
	_, user, err2 := s.User(ctx, "dora")
	_, wallet, err3 := s.Wallet(ctx, "dora")
	_, o, err4 := s.Order(ctx, "none")
	_, service, err5 := s.Service(ctx, "none")
	_, meta, err6 := s.Meta(ctx, "none")
	if hash || user || wallet || o || service || meta {
		t.Errorf("a row that isn't there was found")
	}
	for _, err := range []error{err1, err2, err3, err4, err5, err6} {
		must(t, err)
	}
	must(t, write(s, berth.Need{Meta: []string{"demo"}}, func(b *berth.Book) error { b.PutMeta("demo", "yes"); return nil }))
	must(t, write(s, berth.Need{Meta: []string{"demo"}}, func(b *berth.Book) error { b.PutMeta("demo", "no"); return nil }))
	if value, ok, err := s.Meta(ctx, "demo"); value != "no" || !ok || err != nil {
		t.Errorf("meta: got %q, %v, %v, want no", value, ok, err)
	}
	readEntries(t, s)
	there, err := s.Clock(ctx)
	if must(t, err); max(there, -there) == 0 || time.Since(time.UnixMicro(there)).Abs() > time.Minute {
		t.Errorf("clock: got %v, want about now", time.UnixMicro(there))
	}
}

// readEntries pages through a wallet.
func readEntries(t *testing.T, s *store.Store) {
	t.Helper()
	for range 6 {
		must(t, buy(s, "bert", 0)()) // nothing is posted for nothing
		must(t, write(s, berth.Need{Wallets: []string{"bert"}}, func(b *berth.Book) error {
			_, err := b.Post(berth.Entry{UserID: "bert", Amount: 1, Contra: berth.AccountDeposits, Ref: "r"})
			return err
		}))
	}
	for _, page := range []struct {
		before int64
		limit  int
		want   []int64
	}{{0, 3, []int64{7, 6, 5}}, {5, 3, []int64{4, 3, 2}}, {2, 3, []int64{1}}, {1, 3, nil}, {99, 2, []int64{7, 6}}, {0, 99, []int64{7, 6, 5, 4, 3, 2, 1}}} {
		list, err := s.Entries(context.Background(), "bert", page.before, page.limit)
		must(t, err)
		var got []int64
		for _, e := range list {
			got = append(got, e.Seq)
		}
		same(t, fmt.Sprintf("entries before %d, at most %d", page.before, page.limit), got, page.want)
	}
}

// readOrders lists orders by every filter, newest first.
func readOrders(t *testing.T, d Database) {
	ctx := context.Background()
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 1000)
	fund(t, s, "bert", 1000)
	kinds := []string{berth.KindNewServer, berth.KindRenew, berth.KindScale, berth.KindNetwork}
	states := []berth.State{berth.Paid, berth.Completed, berth.Refunded}
	var all []berth.Order
	for i := range 60 {
		must(t, write(s, berth.Need{Wallets: []string{"anna", "bert"}}, func(b *berth.Book) error {
			o, err := order(b, []string{"anna", "bert"}[i%2], 1)
			o.Kind, o.State, o.Number = kinds[i%4], states[i%3], fmt.Sprint("number ", i)
			all = append(all, b.PutOrder(o))
			return err
		}))
	}
	slices.Reverse(all)
	pick := func(offset, limit int, match func(berth.Order) bool) (ids []string) {
		for _, o := range all {
			if match(o) {
				ids = append(ids, o.ID)
			}
		}
		ids = ids[min(offset, len(ids)):]
		return ids[:min(limit, len(ids))]
	}
	any := func(berth.Order) bool { return true }
	for _, f := range []struct {
		filter berth.OrderFilter
		want   []string
	}{
		{berth.OrderFilter{}, pick(0, 50, any)},
		{berth.OrderFilter{Limit: 100}, pick(0, 100, any)},
		{berth.OrderFilter{Limit: 7, Offset: 13}, pick(13, 7, any)},
		{berth.OrderFilter{Limit: 7, Offset: 57}, pick(57, 7, any)},
		{berth.OrderFilter{Limit: 7, Offset: 600}, pick(600, 7, any)},
		{berth.OrderFilter{UserID: "bert", Limit: 100}, pick(0, 100, func(o berth.Order) bool { return o.UserID == "bert" })},
		{berth.OrderFilter{UserID: "dora"}, nil},
		{berth.OrderFilter{Kind: berth.KindScale}, pick(0, 50, func(o berth.Order) bool { return o.Kind == berth.KindScale })},
		{berth.OrderFilter{State: berth.Paid}, pick(0, 50, func(o berth.Order) bool { return o.State == berth.Paid })},
		{berth.OrderFilter{Number: "number 17"}, pick(0, 50, func(o berth.Order) bool { return o.Number == "number 17" })},
		{berth.OrderFilter{UserID: "anna", Kind: berth.KindNewServer, State: berth.Refunded, Limit: 2, Offset: 1}, pick(1, 2,
			func(o berth.Order) bool {
				return o.UserID == "anna" && o.Kind == berth.KindNewServer && o.State == berth.Refunded
			})},
	} {
		list, err := s.Orders(ctx, f.filter)
		must(t, err)
		var got []string
		for _, o := range list {
			got = append(got, o.ID)
		}
		if !slices.Equal(got, f.want) {
			t.Errorf("%+v: got %v, want %v", f.filter, got, f.want)
		}
	}
}

// readWork lists what is due, what is to be swept and what isn't settled.
func readWork(t *testing.T, d Database) {
	ctx := context.Background()
	var clock atomic.Int64
	clock.Store(1000 * berth.Second)
	s := open(t, d, store.Options{Now: clock.Load})
	fund(t, s, "anna", 1000)
	var ids []string
	for i, o := range []struct {
		due      int64
		state    berth.State
		doubt    bool
		password string
	}{{50, berth.Paid, false, "a"}, {40, berth.Paid, true, ""}, {60, berth.Paid, true, "c"}, {10, berth.Completed, false, "d"}, {45, berth.Refunded, true, ""}, {45, berth.Paid, false, "f"}} {
		clock.Add(berth.Second)
		must(t, write(s, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) error {
			row, err := order(b, "anna", 1)
			row.DueAt, row.State, row.Doubt, row.Password = o.due, o.state, o.doubt, o.password
			b.PutOrder(row)
			b.PutKey(berth.Key{ID: fmt.Sprint("key ", i), ExpiresAt: o.due})
			ids = append(ids, row.ID)
			return err
		}))
	}
	must(t, write(s, berth.Need{}, func(b *berth.Book) error {
		b.PutKey(berth.Key{ID: "for ever", ExpiresAt: berth.Forever})
		for i, id := range []string{"service-c", "service-a", "service-b", "service-d", "service-e"} {
			s := berth.Service{ID: id, UserID: "anna"}
			if i > 0 { // the first is never due
				s.DueAt = int64(100 - 10*(i/2))
			}
			b.PutService(s)
		}
		return nil
	}))
	for _, due := range []struct {
		now   int64
		limit int
		want  []string
	}{{39, 9, nil}, {40, 9, []string{ids[1]}}, {50, 9, []string{ids[1], ids[5], ids[0]}}, {99, 2, []string{ids[1], ids[5]}}, {99, 9, []string{ids[1], ids[5], ids[0], ids[2]}}} {
		got, err := s.Due(ctx, due.now, due.limit)
		if must(t, err); !slices.Equal(got, due.want) {
			t.Errorf("due at %d, at most %d: got %v, want %v", due.now, due.limit, got, due.want)
		}
	}
	for _, due := range []struct {
		now   int64
		limit int
		want  []string
	}{{79, 9, nil}, {80, 9, []string{"service-e"}}, {90, 9, []string{"service-e", "service-b", "service-d"}},
		{berth.Forever, 2, []string{"service-e", "service-b"}}, {berth.Forever, 9, []string{"service-e", "service-b", "service-d", "service-a"}}} {
		got, err := s.DueServices(ctx, due.now, due.limit)
		if must(t, err); !slices.Equal(got, due.want) {
			t.Errorf("services due at %d, at most %d: got %v, want %v", due.now, due.limit, got, due.want)
		}
	}
	for _, expired := range []struct {
		now         int64
		limit, want int
	}{{9, 9, 0}, {10, 9, 1}, {45, 9, 4}, {45, 3, 3}, {berth.Forever - 1, 9, 6}} {
		got, err := s.ExpiredKeys(ctx, expired.now, expired.limit)
		if must(t, err); len(got) != expired.want {
			t.Errorf("keys expired at %d, at most %d: got %v, want %d", expired.now, expired.limit, got, expired.want)
		}
	}
	readPages(t, s, []string{ids[0], ids[2], ids[3], ids[5]})
	backlog, err := s.Backlog(ctx)
	must(t, err)
	same(t, "backlog", backlog, berth.Backlog{Unsettled: 4, Oldest: 1001 * berth.Second, Doubtful: 2, Unsealed: 8, UnsealedSince: 1000 * berth.Second})
	if _, err := s.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	backlog, err = s.Backlog(ctx)
	must(t, err)
	same(t, "backlog of what is sealed", backlog, berth.Backlog{Unsettled: 4, Oldest: 1001 * berth.Second, Doubtful: 2})
	networks(t, s)
}

// readPages walks page by page: orders whose password is sealed, and services.
func readPages(t *testing.T, s *store.Store, sealed []string) {
	t.Helper()
	ctx := context.Background()
	for _, page := range []struct {
		after string
		limit int
		want  []string
	}{{"", 9, sealed}, {"", 2, sealed[:2]}, {sealed[1], 9, sealed[2:]}, {sealed[3], 9, nil}} {
		list, err := s.Passwords(ctx, page.after, page.limit)
		must(t, err)
		var got []string
		for _, o := range list {
			got = append(got, o.ID)
		}
		if !slices.Equal(got, page.want) {
			t.Errorf("sealed after %q, at most %d: got %v, want %v", page.after, page.limit, got, page.want)
		}
	}
	var services []string
	for after := ""; ; {
		page, err := s.Services(ctx, after, 2)
		must(t, err)
		for _, v := range page {
			services, after = append(services, v.ID), v.ID
		}
		if len(page) < 2 {
			break
		}
	}
	if want := []string{"service-a", "service-b", "service-c", "service-d", "service-e"}; !slices.Equal(services, want) {
		t.Errorf("services, page by page: got %v, want %v", services, want)
	}
}
