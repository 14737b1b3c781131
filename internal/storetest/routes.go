package storetest

import (
	"context"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// routes takes an order from provider to provider, as far as its completion, and reads it after each step.
func routes(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 10)
	var o berth.Order
	must(t, write(s, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) (err error) {
		if o, err = order(b, "anna", 1); err == nil {
			o.Provider, o.Others, o.Note = "first", "second,third", "it's \"waiting\""
			o = b.PutOrder(o)
		}
		return err
	}))
	step := func(what string, edit func(*berth.Order)) {
		t.Helper()
		must(t, write(s, berth.Need{Orders: []string{o.ID}}, func(b *berth.Book) error {
			now, _ := b.Order(o.ID)
			same(t, "loaded before "+what, now, o)
			edit(&now)
			o = b.PutOrder(now)
			return nil
		}))
		got, _, err := s.Order(context.Background(), o.ID)
		must(t, err)
		same(t, what, got, o)
		list, err := s.Orders(context.Background(), berth.OrderFilter{Limit: 9})
		if must(t, err); len(list) != 1 || list[0] != o {
			t.Errorf("%s: listed as %+v, want %+v", what, list, o)
		}
	}
	step("an idle attempt", func(o *berth.Order) { o.First, o.Quiet, o.Note = 2, 0, "" })
	step("a move", func(o *berth.Order) {
		o.Provider, o.Others, o.Moves = "second", "third", 1
		o.Lease, o.Asked = berth.Lease{Attempt: 2, Holder: "holder"}, berth.Asked{First: 2, Quiet: 1 << 52}
		o.Allotment = berth.Allotment{Items: "p/1", CIDR: "192.0.2.1/24", Gateway: "192.0.2.254", MAC: "52:54:00:00:02:01"}
	})
	step("the last provider", func(o *berth.Order) { o.Provider, o.Others, o.Moves, o.Doubt = "third", "", 2, true })
	// Whatever the lease held is gone then; the provider must not be.
	step("the completion", func(o *berth.Order) {
		o.State, o.Lease, o.Asked = berth.Completed, berth.Lease{Attempt: 4}, berth.Asked{}
	})
	if o.Provider != "third" || o.Others != "" {
		t.Errorf("got %s, then %q", o.Provider, o.Others)
	}
}
