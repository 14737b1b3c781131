package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// TestEvents lists what happened, page by page, and follows what happens.
func TestEvents(t *testing.T) {
	shop := sqliteShop(t)
	s := shop.serve(nil)
	first, _ := shop.order(s, "first").body["order_id"].(string)
	list := func(args ...string) []eventView {
		return decoded[[]eventView](t, nil, append([]string{"event", "list", "--db", shop.db}, args...)...)
	}
	var all []eventView
	await(t, "the order's events in the chain", func() bool {
		all = list()
		return len(all) > 0 && all[len(all)-1].Name == berth.EventOrderCompleted
	})
	if last := all[len(all)-1]; last.OrderID != first || last.Amount != "12.99" || last.Detail != berth.KindNewServer || last.At == nil {
		t.Errorf("got %+v, want the completion of %s", last, first)
	}
	place, paged := "0.0", 0
	for {
		page := list("--after", place, "--limit", "2")
		if len(page) == 0 {
			break
		}
		for _, v := range page {
			if v != all[paged] && v.Place != all[paged].Place {
				t.Errorf("page by page: got %+v, want %+v", v, all[paged])
			}
			paged, place = paged+1, v.Place
		}
	}
	if paged != len(all) {
		t.Errorf("page by page: got %d events, want %d", paged, len(all))
	}
	if table := must(t, nil, "event", "list", "--db", shop.db); !strings.Contains(table, "order.completed") || !strings.Contains(table, "PLACE") {
		t.Errorf("got\n%s", table)
	}

	second, _ := shop.order(s, "second").body["order_id"].(string)
	await(t, "the second order's events", func() bool { return len(list("--after", place)) == 2 })
	s.stop()
	inOffice(t, shop.db, func(ctx context.Context, o *office) {
		ctx, stop := context.WithCancel(ctx)
		after, err := readPlace(place)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		seen := writer(func(text []byte) {
			out.Write(text)
			if strings.Contains(string(text), "order.completed") {
				stop()
			}
		})
		c := &eventListCmd{Limit: 1}
		if err := c.follow(ctx, &session{ctx: ctx, json: true, stdio: stdio{out: seen}}, o, after); err != nil {
			t.Errorf("following ended with %v", err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		var v eventView
		if err := json.Unmarshal([]byte(lines[0]), &v); err != nil || len(lines) != 2 || v.OrderID != second || v.Name != berth.EventOrderPaid {
			t.Errorf("got %q, want both events of %s", lines, second)
		}
	})
	for _, bad := range []string{"7", "x.1", "1.x", "-1.0", "1.-1", "", "9999.0"} {
		if r := call(t, nil, "event", "list", "--db", shop.db, "--after="+bad); r.code == 0 || !strings.Contains(r.err, "--after") {
			t.Errorf("--after %q: got %+v, want an error that names it", bad, r)
		}
	}
}

// writer hands over what is written.
type writer func([]byte)

func (w writer) Write(text []byte) (int, error) {
	w(text)
	return len(text), nil
}
