package berth_test

import (
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// TestWalkTakesItsAddressAlong: each provider gives addresses of its own pool. An order that moves on gives back what it
// has and gets one there; a provider whose pool is empty is passed by, at the order and at the move, and when no other is
// left the order is refused or refunded.
func TestWalkTakesItsAddressAlong(t *testing.T) {
	s, a, _, _, _ := newMall(t)
	s.Pools["a"], s.Pools["b"], s.Pools["c"] = "left", "empty", "right"
	for name, cidr := range map[string]string{"left": "192.0.2.0/29", "empty": "198.51.100.0/30", "right": "203.0.113.0/29"} {
		s.addPool(berth.Pool{Name: name, Kind: berth.AddressPool, Ranges: []berth.Range{{CIDR: cidr, Gateway: cidr[:len(cidr)-4] + "1"}}})
	}
	live := func(name string) (live, resting int64) { return s.pool(name).Live, s.pool(name).Resting }
	if _, err := s.ReserveItems(background, "empty", "198.51.100.2", "", true); err != nil { // the only one there is
		t.Fatal(err)
	}

	a.create = tells(berth.Refused)
	o := s.place(server("5")).Order
	if o.Provider != "a" || o.CIDR != "192.0.2.2/29" {
		t.Fatalf("got %s with %s, want a with its first address", o.Provider, o.CIDR)
	}
	moved := s.settleWith(o, berth.Refused)
	if moved.Provider != "c" || moved.Others != "" || moved.CIDR != "203.0.113.2/29" || moved.Gateway != "203.0.113.1" {
		t.Fatalf("got %s with %s, want c, past b whose pool is empty, with an address of its own", moved.Provider, moved.CIDR)
	}
	if stored := s.order(o.ID); stored != moved {
		t.Errorf("got %+v stored, want %+v", stored, moved)
	}
	if n, rest := live("left"); n != 0 || rest != 1 {
		t.Errorf("got %d live and %d resting of the pool that was left, want the address resting", n, rest)
	}
	done := s.settle(moved).Order
	if v := s.service(done.ServiceID); done.State != berth.Completed || v.Address != "203.0.113.2" || v.Allotment != moved.Allotment {
		t.Errorf("got %s at %s with %+v, want the service with the second address", done.State, v.Address, v.Allotment)
	}
	s.verified()

	// The last provider refuses, too: one refund, and nothing is kept.
	o = s.place(server("5")).Order
	if last := s.settleWith(s.settleWith(o, berth.Refused), berth.Refused); last.State != berth.Refunded {
		t.Errorf("got %s, want a refund", last.State)
	}
	if n, _ := live("right"); n != 1 {
		t.Errorf("got %d live, want the first server's alone", n)
	}
	s.verified()

	// A pool that is empty at the order: the next provider is chosen at once.
	s.Pools["a"] = "empty"
	if o := s.place(server("5")).Order; o.Provider != "c" || o.Moves != 0 {
		t.Errorf("got %s after %d moves, want c at once", o.Provider, o.Moves)
	}
	s.Pools["c"] = "empty"
	r := server("5")
	if _, err := s.Place(background, &r); !berth.IsCode(err, berth.OutOfStock) {
		t.Errorf("got %v, want out_of_stock", err)
	}
	s.verified()
}

// What an order goes on with is by the pool that its address is of, and not by the one that its provider has since.
func TestWalkAfterThePoolsChanged(t *testing.T) {
	s, _, _, _, _ := newMall(t)
	s.Pools["a"], s.Pools["b"] = "old", "new"
	for name, cidr := range map[string]string{"old": "192.0.2.0/29", "new": "203.0.113.0/29"} {
		s.addPool(berth.Pool{Name: name, Kind: berth.AddressPool, Ranges: []berth.Range{{CIDR: cidr, Gateway: cidr[:len(cidr)-4] + "1"}}})
	}
	of := s.place(server("5")).Order
	delete(s.Pools, "a")
	without := s.place(server("5")).Order
	s.Pools["a"] = "new"
	if of.CIDR != "192.0.2.2/29" || without.CIDR != "" {
		t.Fatalf("got %q and %q", of.CIDR, without.CIDR)
	}
	for _, o := range []berth.Order{of, without} {
		if moved := s.settleWith(o, berth.Refused); moved.Provider != "b" || poolIn(moved.Items) != "new" {
			t.Errorf("got %s with %q, want b with an address of its pool", moved.Provider, moved.Items)
		}
	}
	if p := s.pool("old"); p.Live != 0 || p.Resting != 1 {
		t.Errorf("got %d live and %d resting of the old pool, want what was taken of it resting", p.Live, p.Resting)
	}
	s.verified()
}

func poolIn(items string) string {
	name, _, _ := strings.Cut(items, "/")
	return name
}
