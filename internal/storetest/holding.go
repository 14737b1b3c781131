package storetest

import (
	"sync/atomic"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// settled is a call that completes an order which its caller holds, and counts how often decide saw which state.
func settled(s *store.Store, o berth.Order, note string, seen map[berth.State]int) func() error {
	return func() error {
		return write(s, berth.Holding(o), func(b *berth.Book) error {
			now, _ := b.Order(o.ID)
			seen[now.State]++
			if now.State == berth.Paid {
				now.State, now.Note = berth.Completed, note
			}
			b.PutOrder(now)
			return nil
		})
	}
}

// placed takes an order and returns it as it was written.
func placed(t *testing.T, s *store.Store) (o berth.Order) {
	t.Helper()
	must(t, write(s, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) (err error) {
		o, err = order(b, "anna", 1)
		return err
	}))
	return o
}

// orderHeld: an order is changed by who holds it without being loaded, and only if it's as the holder knows it.
func orderHeld(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	seen := map[berth.State]int{}

	o := placed(t, s)
	must(t, settled(s, o, "first", seen)())
	same(t, "what the holder saw", seen, map[berth.State]int{berth.Paid: 1})
	after, _, err := s.Order(t.Context(), o.ID)
	must(t, err)
	if after.State != berth.Completed || after.Note != "first" || after.UpdatedAt <= o.UpdatedAt {
		t.Errorf("got %s, note %q, written %d after %d", after.State, after.Note, after.UpdatedAt, o.UpdatedAt)
	}

	// Once more as if nothing had happened: what it believes comes to nothing, and it runs again over the row.
	clear(seen)
	must(t, settled(s, o, "second", seen)())
	same(t, "what a late holder saw", seen, map[berth.State]int{berth.Paid: 1, berth.Completed: 1})
	if again, _, err := s.Order(t.Context(), o.ID); err != nil || again.Note != "first" {
		t.Errorf("got note %q (%v), want the first", again.Note, err)
	}
}

// ordersHeld: of a batch of holders one is late, two hold the same order, and one other asks for a held one.
func ordersHeld(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	late, twice, asked, fine := placed(t, s), placed(t, s), placed(t, s), placed(t, s)
	must(t, settled(s, late, "before", map[berth.State]int{})())
	var states [5]map[berth.State]int
	for i := range states {
		states[i] = map[berth.State]int{}
	}
	calls := []func() error{
		settled(s, late, "late", states[0]), settled(s, twice, "one", states[1]), settled(s, twice, "two", states[2]),
		settled(s, asked, "holder", states[3]), settled(s, fine, "fine", states[4]),
		func() error {
			return write(s, berth.Need{Orders: []string{asked.ID}}, func(b *berth.Book) error {
				o, _ := b.Order(asked.ID)
				o.Doubt = true
				b.PutOrder(o)
				return nil
			})
		},
	}
	for i, err := range Together(t, s, calls...) {
		if err != nil {
			t.Errorf("call %d: got %v", i, err)
		}
	}
	for _, want := range []struct {
		o     berth.Order
		note  string
		doubt bool
	}{{late, "before", false}, {twice, "one", false}, {asked, "holder", true}, {fine, "fine", false}} {
		got, _, err := s.Order(t.Context(), want.o.ID)
		must(t, err)
		if got.State != berth.Completed || got.Note != want.note || got.Doubt != want.doubt {
			t.Errorf("got %s, note %q, doubt %v; want completed, %q, %v", got.State, got.Note, got.Doubt, want.note, want.doubt)
		}
	}
}

// heldShared: two processes hold the same orders. Each is completed by one of them, and the other sees it.
func heldShared(t *testing.T, d Database) {
	stores := []*store.Store{open(t, d, store.Options{}), open(t, d, store.Options{})}
	fund(t, stores[0], "anna", 1000)
	const orders = 50
	var list [orders]berth.Order
	for i := range list {
		list[i] = placed(t, stores[0])
	}
	var first atomic.Int64
	said := crowd(2*orders, func(i int) error {
		completed := false
		err := write(stores[i%2], berth.Holding(list[i/2]), func(b *berth.Book) error {
			o, _ := b.Order(list[i/2].ID)
			if completed = o.State == berth.Paid; completed {
				o.State = berth.Completed
				announce(b, berth.EventOrderCompleted, o)
			}
			b.PutOrder(o)
			return nil
		})
		if err == nil && completed {
			first.Add(1)
		}
		return err
	})
	same(t, "answers", said, map[berth.Code]int{"": 2 * orders})
	if got := first.Load(); got != orders {
		t.Errorf("got %d completions of %d orders", got, orders)
	}
}
