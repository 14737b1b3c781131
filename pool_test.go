package berth_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// pooled is a shop whose provider has a pool of a few addresses: 203.0.113.2 to 6 are to give.
func pooled(t *testing.T) *shop {
	t.Helper()
	s := newShop(t, func(d *berth.Desk) { d.Pools = map[string]string{"sim": "net"} })
	s.addPool(berth.Pool{Name: "net", Kind: berth.AddressPool, Ranges: []berth.Range{{CIDR: "203.0.113.0/29", Gateway: "203.0.113.1"}}})
	return s
}

func (s *shop) addPool(p berth.Pool) berth.Pool {
	s.Helper()
	made, err := s.AddPool(background, p)
	if err != nil {
		s.Fatal(err)
	}
	return made
}

// pool is a pool with its counts.
func (s *shop) pool(name string) berth.Pool {
	s.Helper()
	pools, err := s.store.Pools(background, s.clock.Load())
	at := slices.IndexFunc(pools, func(p berth.Pool) bool { return p.Name == name })
	if err != nil || at < 0 {
		s.Fatalf("pool %s: got %d, %v", name, at, err)
	}
	return pools[at]
}

// counts are what of the pool somebody has, what rests, and what is left.
func (s *shop) counts(live, resting, spare int64) {
	s.Helper()
	if p := s.pool("net"); p.Live != live || p.Resting != resting || p.Spare() != spare {
		s.Errorf("got %d live, %d resting, %d to give; want %d, %d, %d", p.Live, p.Resting, p.Spare(), live, resting, spare)
	}
}

// terminate deletes a server as its owner does.
func (s *shop) terminate(id string) {
	s.Helper()
	asked, err := s.Desk.Ask(background, berth.TaskRequest{UserID: anna, ServerID: id, Task: berth.Task{Do: berth.TaskDelete}})
	if err != nil {
		s.Fatal(err)
	}
	if r, err := s.Desk.Finish(background, asked, s.Desk.Perform(background, asked)); err != nil || r.Service.Status != berth.Terminated {
		s.Fatalf("got %s, %v", r.Service.Status, err)
	}
}

func TestServerGetsTheLowestAddress(t *testing.T) {
	s := pooled(t)
	first := s.place(server("5")).Order
	want := berth.Allotment{Items: "net/2", CIDR: "203.0.113.2/29", Gateway: "203.0.113.1", MAC: "52:54:cb:00:71:02"}
	if first.Allotment != want {
		t.Errorf("got %+v, want %+v", first.Allotment, want)
	}
	s.counts(1, 0, 4)
	s.verified()
	done := s.settle(first).Order
	v := s.service(done.ServiceID)
	if done.State != berth.Completed || done.Address != "203.0.113.2" || v.Allotment != want || v.Address != "203.0.113.2" {
		t.Errorf("got order %s at %q and service %+v, want both at 203.0.113.2", done.State, done.Address, v.Allotment)
	}
	// A refund gives it back, and it rests; nobody else's does.
	refused := server("5")
	refused.Name = "sim-refuse"
	if o := s.settle(s.place(refused).Order).Order; o.State != berth.Refunded || o.CIDR != "203.0.113.3/29" {
		t.Errorf("got %s with %q, want a refund of 203.0.113.3", o.State, o.CIDR)
	}
	s.counts(1, 1, 3)
	if got := s.buy(server("5")).Order.Address; got != "203.0.113.4" {
		t.Errorf("while 203.0.113.3 rests: got %s, want 203.0.113.4", got)
	}
	s.terminate(done.ServiceID)
	s.counts(1, 2, 2)
	s.pass(2 * time.Hour)
	s.counts(1, 0, 4)
	for _, address := range []string{"203.0.113.2", "203.0.113.3", "203.0.113.5"} {
		if got := s.buy(server("5")).Order.Address; got != address {
			t.Errorf("after the rest: got %s, want %s", got, address)
		}
	}
	if r := s.verified(); r.Items != 4 {
		t.Errorf("verify: got %d items, want 4", r.Items)
	}
	s.counts(4, 0, 1)
	s.verified()
}

func TestEmptyPoolRefusesBeforeMoneyMoves(t *testing.T) {
	s := pooled(t)
	var addresses []string
	said := crowd(100, func(int) error {
		r := server("5")
		_, err := s.Place(background, &r)
		return err
	})
	if said[""] != 5 || said["out_of_stock location"] != 95 || s.balance(anna) != 100_000-5*1299 || s.entries(anna) != 6 {
		t.Errorf("got %v and balance %d by %d entries, want 5 orders and no money moved for the others", said, s.balance(anna), s.entries(anna))
	}
	orders, err := s.store.Orders(background, berth.OrderFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		addresses = append(addresses, o.CIDR)
	}
	slices.Sort(addresses)
	if got := strings.Join(slices.Compact(addresses), " "); got != "203.0.113.2/29 203.0.113.3/29 203.0.113.4/29 203.0.113.5/29 203.0.113.6/29" {
		t.Errorf("got %s, want five addresses, each once", got)
	}
	r := server("5")
	if _, err := s.Quote(background, &r); refusal(err) != "out_of_stock location" {
		t.Errorf("quote: got %q, want out of stock", refusal(err))
	}
	// Too little money takes no address either.
	s.pass(time.Hour)
	if _, err := s.Settle(background, orders[0], berth.Outcome{Verdict: berth.Refused}); err != nil {
		t.Fatal(err)
	}
	s.pass(2 * time.Hour)
	poor := server("5")
	poor.UserID = bert
	if _, err := s.Place(background, &poor); refusal(err) != "insufficient_balance" {
		t.Errorf("got %q, want too little money", refusal(err))
	}
	s.counts(4, 0, 1)
	s.verified()
}

// An order where no pool is, and one whose pool serves another place or isn't there.
func TestPoolsOfProviders(t *testing.T) {
	s := newShop(t)
	if o := s.buy(server("5")).Order; o.Items != "" || o.CIDR != "" || o.Address == "" {
		t.Errorf("without a pool: got %+v at %q, want the provider's own address", o.Allotment, o.Address)
	}
	missing := newShop(t, func(d *berth.Desk) { d.Pools = map[string]string{"sim": "net"} })
	if _, got := missing.try(server("5")); got != "out_of_stock location" {
		t.Errorf("a pool that isn't there: got %q", got)
	}
	missing.addPool(berth.Pool{Name: "net", Kind: berth.AddressPool, Location: elsewhere, Ranges: []berth.Range{{CIDR: "203.0.113.0/29", Gateway: "203.0.113.1"}}})
	if _, got := missing.try(server("5")); got != "out_of_stock location" {
		t.Errorf("a pool of another place: got %q", got)
	}
	missing.counts(0, 0, 5)
	there := server("8")
	there.Location = elsewhere
	if o := missing.buy(there).Order; o.Address != "203.0.113.2" {
		t.Errorf("at its place: got %s", o.Address)
	}
	missing.verified()
}

// A provider that says another address than it was given isn't believed.
func TestAnotherAddressThanGiven(t *testing.T) {
	s := pooled(t)
	o := s.place(server("5")).Order
	receipt, err := s.Settle(background, o, berth.Outcome{Verdict: berth.Done, Result: berth.Result{ProviderRef: "x", Address: "203.0.113.9"}})
	if err != nil || receipt.Order.State != berth.Paid || !receipt.Order.Doubt {
		t.Errorf("got %s, %v, want an order that waits in doubt", receipt.Order.State, err)
	}
	o = s.place(server("5")).Order
	receipt, err = s.Settle(background, o, berth.Outcome{Verdict: berth.Done, Result: berth.Result{ProviderRef: "x"}})
	if err != nil || receipt.Order.Address != "203.0.113.3" {
		t.Errorf("a provider that says none: got %q, %v, want the one it was given", receipt.Order.Address, err)
	}
	s.verified()
}

func TestReservations(t *testing.T) {
	s := pooled(t)
	reserve := func(first, last string, want int64) {
		t.Helper()
		if n, err := s.ReserveItems(background, "net", first, last, true); err != nil || n != want {
			t.Errorf("reserve %s to %s: got %d, %v, want %d", first, last, n, err, want)
		}
	}
	release := func(first, last string) {
		t.Helper()
		if _, err := s.ReserveItems(background, "net", first, last, false); err != nil {
			t.Errorf("release %s to %s: %v", first, last, err)
		}
	}
	reserve("203.0.113.1", "203.0.113.3", 3)
	s.counts(0, 0, 3)
	a := s.buy(server("5")).Order
	if a.Address != "203.0.113.4" {
		t.Errorf("behind the reserved: got %s", a.Address)
	}
	release("203.0.113.3", "") // it was passed over, and comes first now
	s.counts(1, 0, 3)
	b := s.buy(server("5")).Order
	if b.Address != "203.0.113.3" {
		t.Errorf("the released: got %s", b.Address)
	}
	if _, err := s.ReserveItems(background, "net", "203.0.113.4", "", true); refusal(err) != "busy item" || !strings.Contains(err.Error(), a.ID) {
		t.Errorf("reserve what a service has: got %v", err)
	}
	s.terminate(a.ServiceID)
	s.counts(1, 1, 2)
	reserve("203.0.113.4", "", 1) // while it rests: it is kept back for good
	s.pass(48 * time.Hour)
	s.counts(1, 0, 2)
	if c := s.buy(server("5")).Order; c.Address != "203.0.113.5" {
		t.Errorf("beside the reserved: got %s", c.Address)
	}
	s.terminate(b.ServiceID)
	release("203.0.113.3", "203.0.113.4") // one that rests, and one that is reserved
	for _, want := range []string{"203.0.113.3", "203.0.113.4", "203.0.113.6"} {
		if got := s.buy(server("5")).Order.Address; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if _, got := s.try(server("5")); got != "out_of_stock location" {
		t.Errorf("at the end: got %q", got)
	}
	release("203.0.113.2", "")
	if got := s.buy(server("5")).Order.Address; got != "203.0.113.2" {
		t.Errorf("the last one released: got %s", got)
	}
	for _, c := range [][2]string{{"203.0.113.9", ""}, {"x", ""}, {"203.0.113.5", "203.0.113.4"}} {
		if _, err := s.ReserveItems(background, "net", c[0], c[1], true); refusal(err) != "invalid_parameter item" {
			t.Errorf("reserve %v: got %q", c, refusal(err))
		}
	}
	if _, err := s.ReserveItems(background, "none", "203.0.113.5", "", true); refusal(err) != "not_found pool" {
		t.Errorf("a pool that isn't there: got %q", refusal(err))
	}
	s.verified()
}

func TestPoolRefusals(t *testing.T) {
	s := pooled(t)
	s.addPool(berth.Pool{Name: "asn", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000100, Last: 4200000199}}})
	s.addPool(berth.Pool{Name: "six", Kind: berth.AddressPool, MAC: "52:55", Ranges: []berth.Range{{CIDR: "2001:db8:1::/64", Gateway: "2001:db8:1::1"}}})
	address := func(name, cidr, gateway string) berth.Pool {
		return berth.Pool{Name: name, Kind: berth.AddressPool, Ranges: []berth.Range{{CIDR: cidr, Gateway: gateway}}}
	}
	with := func(p berth.Pool, edit func(*berth.Pool)) berth.Pool {
		edit(&p)
		return p
	}
	numbers := func(first, last int64) berth.Pool {
		return berth.Pool{Name: "n", Kind: berth.ASNPool, Ranges: []berth.Range{{First: first, Last: last}}}
	}
	good := address("a", "198.51.100.0/24", "198.51.100.1")
	for _, c := range []struct {
		name, field, text string
		pool              berth.Pool
	}{
		{"no name", "name", "1 to 64", address("", "198.51.100.0/24", "198.51.100.1")},
		{"a name with a slash", "name", "1 to 64", address("a/b", "198.51.100.0/24", "198.51.100.1")},
		{"no kind", "kind", "address, asn, link or prefix", with(good, func(p *berth.Pool) { p.Kind = "" })},
		{"no range", "cidr", "Give the block", berth.Pool{Name: "a", Kind: berth.LinkPool}},
		{"no numbers", "numbers", "such as 4200000100", berth.Pool{Name: "a", Kind: berth.ASNPool}},
		{"no block", "cidr", "not a block", address("a", "198.51.100.0", "198.51.100.1")},
		{"an address within a block", "cidr", "the block is 198.51.100.0/24", address("a", "198.51.100.7/24", "198.51.100.1")},
		{"multicast", "cidr", "no server", address("a", "224.0.0.0/24", "224.0.0.1")},
		{"servers on the loopback", "cidr", "no server", address("a", "127.0.2.0/24", "127.0.2.1")},
		{"prefixes of the loopback", "cidr", "no server", berth.Pool{Name: "a", Kind: berth.PrefixPool, Ranges: []berth.Range{{CIDR: "127.0.2.0/24", Length: 30}}}},
		{"half a link on the loopback", "cidr", "a link has two", berth.Pool{Name: "a", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "127.0.2.0/32"}}}},
		{"no gateway", "gateway", "Give the gateway", address("a", "198.51.100.0/24", "")},
		{"a gateway outside", "gateway", "lies outside of 198.51.100.0/24", address("a", "198.51.100.0/24", "198.51.101.1")},
		{"a gateway of IPv6", "gateway", "lies outside", address("a", "198.51.100.0/24", "2001:db8::1")},
		{"a gateway that is none", "gateway", "not an address", address("a", "198.51.100.0/24", "router")},
		{"nothing but the gateway", "cidr", "the gateway's", address("a", "198.51.100.1/32", "198.51.100.1")},
		{"a gateway of links", "gateway", "Only a pool of addresses", berth.Pool{Name: "a", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.0.0.0/24", Gateway: "10.0.0.1"}}}},
		{"half a link", "cidr", "a link has two", berth.Pool{Name: "a", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.0.0.0/32"}}}},
		{"a length of addresses", "length", "Only a pool of prefixes", berth.Pool{Name: "a", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.0.0.0/24", Length: 30}}}},
		{"prefixes without a length", "length", "between 36 and 128", berth.Pool{Name: "a", Kind: berth.PrefixPool, Ranges: []berth.Range{{CIDR: "2001:db8:a000::/36"}}}},
		{"a MAC of many", "mac", "to many", with(good, func(p *berth.Pool) { p.MAC = "53:54" })},
		{"a MAC of three bytes", "mac", "two bytes", with(good, func(p *berth.Pool) { p.MAC = "52:54:00" })},
		{"a rest below zero", "rest", "ten years", with(good, func(p *berth.Pool) { p.Rest = -1 })},
		{"an overlap", "cidr", "overlaps with 203.0.113.0/29 of the pool net", address("a", "203.0.113.0/24", "203.0.113.9")},
		{"an overlap of another kind", "cidr", "of the pool net", berth.Pool{Name: "a", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "203.0.113.4/31"}}}},
		{"an overlap within", "cidr", "of the pool a", with(good, func(p *berth.Pool) {
			p.Ranges = append(p.Ranges, berth.Range{CIDR: "198.51.100.128/25", Gateway: "198.51.100.129"})
		})},
		{"the same MAC addresses", "mac", "another beginning", with(address("a", "2001:db8:2::/64", "2001:db8:2::1"), func(p *berth.Pool) { p.MAC = "52:55" })},
		{"the other IP version", "cidr", "other IP version", address("net", "2001:db8:3::/64", "2001:db8:3::1")},
		{"a pool of another kind", "kind", "is of kind address", with(numbers(65000, 65001), func(p *berth.Pool) { p.Name = "net" })},
		{"another rest", "rest", "leave it out", with(good, func(p *berth.Pool) { p.Name, p.Rest = "net", 7 })},
		{"another location", "location", "leave it out", with(good, func(p *berth.Pool) { p.Name, p.Location = "net", "x" })},
		{"another MAC", "mac", "leave it out", with(good, func(p *berth.Pool) { p.Name, p.MAC = "net", "52:56" })},
		{"numbers the wrong way round", "numbers", "FIRST-LAST", numbers(20, 10)},
		{"numbers of documentation", "numbers", "for documentation", numbers(64490, 64500)},
		{"numbers of AS_TRANS", "numbers", "AS_TRANS", numbers(23000, 24000)},
		{"private and public numbers", "numbers", "mixes", numbers(65530, 65535)},
		{"numbers that are private in part", "numbers", "mixes", numbers(4199999999, 4200000010)},
		{"the pool of registrations with links", "kind", "choose another name", berth.Pool{Name: "sponsored", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.0.0.0/24"}}}},
		{"public numbers with private ones", "numbers", "are for private use", with(numbers(205000, 205001), func(p *berth.Pool) { p.Name = "asn" })},
		{"private numbers with public ones", "numbers", "are public", with(numbers(205000, 205001), func(p *berth.Pool) {
			p.Ranges = append(p.Ranges, berth.Range{First: 64512, Last: 64513})
		})},
		{"numbers beyond 32 bits", "numbers", "between 1 and", numbers(4294967290, 4294967296)},
		{"an overlap of numbers", "numbers", "of the pool asn", numbers(4200000199, 4200000300)},
	} {
		_, err := s.AddPool(background, c.pool)
		if refusal(err) != "invalid_parameter "+c.field || err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want a refusal of %s with %q", c.name, err, c.field, c.text)
		}
	}
	if p := s.addPool(address("net", "198.51.100.0/24", "198.51.100.1")); len(p.Ranges) != 2 || p.Rest != berth.Hour {
		t.Errorf("a further range: got %+v", p)
	}
	s.addPool(numbers(196608, 196700)) // public
	if p := s.addPool(address("six2", "2001:db8:4::/64", "2001:db8:4::1")); p.MAC != "52:56" {
		t.Errorf("got MAC addresses with %q, want a beginning of their own", p.MAC)
	}
	s.counts(0, 0, 5+253)
}

func TestRemovePool(t *testing.T) {
	s := pooled(t)
	id := s.buy(server("5")).Order.ServiceID
	if _, err := s.RemovePool(background, "net"); refusal(err) != "busy pool" {
		t.Errorf("a pool in use: got %q", refusal(err))
	}
	s.terminate(id)
	if _, err := s.RemovePool(background, "net"); refusal(err) != "busy pool" || !strings.Contains(err.Error(), "rest") {
		t.Errorf("a pool that rests: got %v", err)
	}
	s.pass(2 * time.Hour)
	if p, err := s.RemovePool(background, "net"); err != nil || p.RemovedAt == 0 {
		t.Errorf("got %+v, %v, want it removed", p, err)
	}
	if _, got := s.try(server("5")); got != "out_of_stock location" {
		t.Errorf("an order of it: got %q", got)
	}
	if _, err := s.RemovePool(background, "net"); refusal(err) != "not_found pool" {
		t.Errorf("twice: got %q", refusal(err))
	}
	net := berth.Pool{Name: "net", Kind: berth.AddressPool, Ranges: []berth.Range{{CIDR: "203.0.113.0/24", Gateway: "203.0.113.1"}}}
	if _, err := s.AddPool(background, net); refusal(err) != "invalid_parameter name" {
		t.Errorf("its name: got %q", refusal(err))
	}
	net.Name = "net2"
	s.addPool(net) // its addresses are free for another
	s.verified()
}

// Two that add pools at the same time: what overlaps is refused to all but one.
func TestPoolsAddedTogether(t *testing.T) {
	s := newShop(t)
	said := crowd(8, func(i int) error {
		_, err := s.AddPool(background, berth.Pool{Name: "p" + string(rune('a'+i)), Kind: berth.AddressPool,
			Ranges: []berth.Range{{CIDR: "203.0.113.0/24", Gateway: "203.0.113.1"}}})
		return err
	})
	if said[""] != 1 || said["invalid_parameter cidr"] != 7 {
		t.Errorf("got %v, want one pool and seven refusals", said)
	}
}

// A machine at another address than its service's from a pool is told of and never taken over: the address may be, or come
// to be, another server's.
func TestReconcileKeepsToThePool(t *testing.T) {
	h := &hall{machines: map[string]berth.Machine{}, inspect: map[string]berth.Machine{}}
	s := newShop(t, func(d *berth.Desk) {
		d.Pools = map[string]string{"sim": "net"}
		h.ServerDriver = d.Servers["sim"]
		d.Servers = map[string]berth.ServerDriver{"sim": h}
	})
	s.addPool(berth.Pool{Name: "net", Kind: berth.AddressPool, Ranges: []berth.Range{{CIDR: "203.0.113.0/29", Gateway: "203.0.113.1"}}})
	v := s.service(s.buy(server("5")).Order.ServiceID)
	moved := v.Result
	moved.Address = "203.0.113.5"
	h.machines[v.ProviderRef] = berth.Machine{Result: moved, Installation: installation, Order: v.ID, Running: true, CreatedAt: s.Now()}
	r := s.reconcile(berth.ReconcileOptions{Repair: true})
	if len(r.Drifts) != 1 || r.Drifts[0].Sort != berth.DriftAddress || r.Drifts[0].Repair != "" || r.Drifts[0].Done {
		t.Errorf("got %q, want one address that nobody takes over", found(r))
	}
	if got := s.service(v.ID).Address; got != "203.0.113.2" {
		t.Errorf("got the service at %s, want the pool's address", got)
	}
	s.verified()
}
