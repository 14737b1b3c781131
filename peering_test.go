package berth_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/keeper"
	simedge "github.com/berth-host/berth/internal/edge/sim"
)

// peered is a shop with an edge, pools of numbers (as many as said), links and prefixes, and products of them.
type peered struct {
	*shop
	edge   *simedge.Edge
	keeper *keeper.Keeper
}

func newPeered(t *testing.T, numbers int64, edit ...func(*berth.Desk)) *peered {
	t.Helper()
	p := &peered{}
	p.shop = newShop(t, append([]func(*berth.Desk){func(d *berth.Desk) {
		p.edge = simedge.New(simedge.Options{Now: d.Now, Eager: true})
		p.keeper = keeper.New(keeper.Options{Edge: p.edge, Site: berth.EdgeSite{Provider: "edge", ASN: 64500}, Rows: d.Store.EdgeRows,
			Open: d.Sealer.Open, Now: d.Now, Gap: time.Nanosecond})
		d.Networks["edge"] = p.keeper
	}}, edit...)...)
	for _, pool := range []berth.Pool{
		{Name: "asns", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000100, Last: 4200000100 + numbers - 1}}},
		{Name: "public", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 205000, Last: 205099}}},
		{Name: "links", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.99.0.0/22"}}},
		{Name: "links6", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "2001:db8:99::/112"}}},
		{Name: "pa", Kind: berth.PrefixPool, Ranges: []berth.Range{{CIDR: "198.18.0.0/15", Length: 24}}},
	} {
		if _, err := p.AddPool(background, pool); err != nil {
			t.Fatal(err)
		}
	}
	c := goods()
	whole := berth.Peers{ASNs: "asns", Links: []string{"links", "links6"}, Prefixes: []string{"pa"}, LimitV4: 7, Export: berth.ExportDefault}
	product := func(id string, peers berth.Peers) berth.NetworkProduct {
		return berth.NetworkProduct{ID: id, Name: "AS of " + id, Provider: "edge", Monthly: 1000, Yearly: 10000, Peers: peers}
	}
	c.Networks = append(c.Networks, product("asn", whole), product("own", berth.Peers{ASNs: "public", Links: []string{"links"}}),
		product("number", berth.Peers{ASNs: "public"}), product("sponsored", berth.Peers{Sponsored: true, Links: []string{"links"}}))
	p.apply(c)
	return p
}

// buy orders a network and fulfils it.
func (p *peered) buy(product, cycle string) (berth.Receipt, error) {
	r, err := p.Place(background, &berth.Request{Kind: berth.KindNetwork, UserID: anna, NetworkID: product, Cycle: cycle})
	if err != nil {
		return r, err
	}
	return p.Settle(background, r.Order, p.Fulfil(background, r.Order))
}

func (p *peered) bought(product string) berth.Service {
	p.Helper()
	r, err := p.buy(product, berth.Monthly)
	if err != nil || r.Order.State != berth.Completed {
		p.Fatalf("buying %s: got %s, %v, want completed", product, r.Order.State, err)
	}
	return p.service(r.Order.ServiceID)
}

// phase is how a service's IPv4 session is, "" when it's not carried.
func (p *peered) phase(id string) berth.EdgePhase {
	p.Helper()
	state, err := p.edge.State(background)
	if err != nil {
		p.Fatal(err)
	}
	for _, l := range state.Links {
		if l.ServiceID == id && !l.IPv6 {
			return l.Phase
		}
	}
	return ""
}

// proved holds the books against themselves.
func (p *peered) proved() {
	p.Helper()
	if r, err := berth.Verify(background, p.store, berth.Head{}, nil); err != nil || r.Wrong != 0 {
		p.Errorf("the books are wrong: %v, %+v", err, r.Findings)
	}
}

func TestAnOrderGetsANumberAndASession(t *testing.T) {
	p := newPeered(t, 5)
	s := p.bought("asn")
	peering, ok, err := berth.ReadPeering(s.Peering)
	if err != nil || !ok || peering.ASN != 4200000100 || peering.V4 != "10.99.0.0/31" || peering.V6 != "2001:db8:99::/127" ||
		len(peering.Prefixes) != 1 || peering.Prefixes[0].Prefix != "198.18.0.0/24" || peering.Prefixes[0].Evidence != berth.EvidencePool {
		t.Fatalf("got %+v, %v", peering, err)
	}
	if s.Items != "asns/0 links/0 links6/0 pa/0" || s.Address != "10.99.0.1" || s.ProviderRef != s.ID {
		t.Errorf("got the items %q, the address %q and the id %q at the edge", s.Items, s.Address, s.ProviderRef)
	}
	if strings.Contains(s.Peering, "generatedPassword123"[:16]) {
		t.Errorf("the password stands in clear: %s", s.Peering)
	}
	session, links, state, ok := p.Session(background, s)
	if !ok || state.Stale || len(links) != 2 || session.Password != "generatedPassword123"[:16] || session.V4.Limit != 7 ||
		session.V6.Limit != int(berth.DefaultPeerLimit) || session.Export != berth.ExportDefault {
		t.Errorf("got %+v, %+v", session, links)
	}
	if err := session.Check(); err != nil {
		t.Error(err)
	}
	if got := p.phase(s.ID); got != berth.EdgeEstablished {
		t.Errorf("got a session that is %s, want established", got)
	}
	// A number alone has no session, and is done at once.
	if number := p.bought("number"); number.Peering != `{"asn":205000}` {
		t.Errorf("got %s", number.Peering)
	}
	p.proved()
}

// 200 orders at once on 50 numbers: 50 are completed, each with its own, and paid for; the others cost nothing.
func TestManyOrdersOfFewNumbers(t *testing.T) {
	p := newPeered(t, 50)
	const orders, price = 200, 1000
	p.credit(anna, orders*price)
	before := p.balance(anna)
	var mu sync.Mutex
	var all sync.WaitGroup
	said := map[string]int{}
	for range orders {
		all.Go(func() {
			r, err := p.buy("asn", berth.Monthly)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				said[refusal(err)]++
			} else {
				said[string(r.Order.State)]++
			}
		})
	}
	all.Wait()
	if said["completed"] != 50 || said["out_of_stock network_id"] != 150 {
		t.Errorf("got %v, want 50 completed and 150 refused", said)
	}
	if got := before - p.balance(anna); got != 50*price {
		t.Errorf("got debits of %d, want %d", got, 50*price)
	}
	numbers := map[uint32]bool{}
	rows, err := p.store.EdgeRows(background, "edge")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rows.Services {
		peering, _, _ := berth.ReadPeering(s.Peering)
		numbers[peering.ASN] = true
	}
	if len(numbers) != 50 || len(rows.Orders) != 0 {
		t.Errorf("got %d numbers and %d orders that are open, want 50 and none", len(numbers), len(rows.Orders))
	}
	p.proved()
}

func TestRefusedBeforeTheDebit(t *testing.T) {
	p := newPeered(t, 1)
	p.bought("asn")
	before := p.balance(anna)
	_, err := p.buy("asn", berth.Monthly)
	if refusal(err) != "out_of_stock network_id" || p.balance(anna) != before {
		t.Errorf("an empty pool: got %q and a balance of %d, want %d", refusal(err), p.balance(anna), before)
	}
	c := goods()
	for _, peers := range []berth.Peers{{ASNs: "none"}, {ASNs: "links"}, {ASNs: "public", Links: []string{"pa"}}} {
		c.Networks = []berth.NetworkProduct{{ID: "x", Name: "x", Provider: "edge", Monthly: 1, Yearly: 1, Peers: peers}}
		p.apply(c)
		if _, err := p.buy("x", berth.Monthly); refusal(err) != "out_of_stock network_id" {
			t.Errorf("%+v: got %q, want it out of stock", peers, refusal(err))
		}
	}
}

// An edge that's away: the order waits, is paid once, and completes by itself. One that the edge certainly won't carry is
// refunded, and its items rest.
// A session has one link of each IP version. Of two pools one would be taken from in vain.
func TestTwoLinksOfOneVersion(t *testing.T) {
	p := newPeered(t, 2)
	if _, err := p.AddPool(background, berth.Pool{Name: "more", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.98.0.0/24"}}}); err != nil {
		t.Fatal(err)
	}
	c := goods()
	c.Networks = append(c.Networks, berth.NetworkProduct{ID: "twice", Name: "AS twice", Provider: "edge", Monthly: 1000, Yearly: 10000,
		Peers: berth.Peers{ASNs: "asns", Links: []string{"links", "more"}}})
	p.apply(c)
	before := p.balance(anna)
	if _, err := p.buy("twice", berth.Monthly); refusal(err) != "out_of_stock network_id" || !strings.Contains(err.Error(), "one IP version") {
		t.Errorf("got %v, want it refused", err)
	}
	if after := p.balance(anna); after != before {
		t.Errorf("got a balance of %d, want %d as before", after, before)
	}
	p.proved()
}

func TestEdgeAwayAndRefusing(t *testing.T) {
	p := newPeered(t, 5)
	p.edge.Away(true)
	r, err := p.buy("asn", berth.Monthly)
	if err != nil || r.Order.State != berth.Paid || r.Order.Doubt {
		t.Fatalf("got %+v, %v, want it paid and without a doubt", r.Order, err)
	}
	p.edge.Away(false)
	p.pass(time.Minute)
	taken, err := p.Claim(background, []string{r.Order.ID})
	if err != nil || len(taken) != 1 {
		t.Fatalf("got %d, %v", len(taken), err)
	}
	if r, err = p.Settle(background, taken[0], p.Fulfil(background, taken[0])); err != nil || r.Order.State != berth.Completed {
		t.Fatalf("got %s, %v, want completed", r.Order.State, err)
	}
	// The next link is one that a session has already, by another product's pool: no edge can carry two.
	c := goods()
	c.Networks = []berth.NetworkProduct{{ID: "bad", Name: "bad", Provider: "edge", Monthly: 100, Yearly: 1,
		Peers: berth.Peers{ASNs: "own-number", Links: []string{"links"}}}}
	p.apply(c)
	if _, err := p.AddPool(background, berth.Pool{Name: "own-number", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 64512, Last: 64512}}}); err != nil {
		t.Fatal(err)
	}
	p.keeper = keeper.New(keeper.Options{Edge: p.edge, Site: berth.EdgeSite{Provider: "edge", ASN: 64512}, Rows: p.store.EdgeRows,
		Open: p.Sealer.Open, Now: p.Now, Gap: time.Nanosecond})
	p.Networks["edge"] = p.keeper
	before := p.balance(anna)
	r, err = p.buy("bad", berth.Monthly)
	if err != nil || r.Order.State != berth.Refunded || p.balance(anna) != before {
		t.Errorf("a number that is the edge's own: got %s, %v and %d, want it refunded", r.Order.State, err, p.balance(anna))
	}
	items, err := p.store.PoolItems(background, "own-number", -1, 10)
	if err != nil || len(items) != 1 || items[0].Owner != "" || items[0].FreeAt < p.clock.Load()+89*24*berth.Hour {
		t.Errorf("its number: got %+v, %v, want it at rest for 90 days", items, err)
	}
	p.proved()
}

// From the expiry to the end: suspended with the order's id, the same number after a renewal, terminated after the grace, and the
// number at rest for 90 days.
func TestLifeOfASession(t *testing.T) {
	p := newPeered(t, 1)
	s := p.bought("asn")
	expiry := func() { p.at(time.UnixMicro(p.service(s.ID).ExpiresAt).Add(time.Second)) }
	expiry()
	p.ticks()
	if got := p.service(s.ID); got.Status != berth.Suspended || got.Held != berth.HeldByExpiry || p.phase(s.ID) != berth.EdgeOff {
		t.Fatalf("got %s by %s, the session %s", got.Status, got.Held, p.phase(s.ID))
	}
	if got, want := p.edge.Message(s.ID), "order "+s.ID+" expired, suspended"; got != want {
		t.Errorf("the customer's router was told %q, want %q", got, want)
	}
	renew := func() error {
		_, err := p.Place(background, &berth.Request{Kind: berth.KindRenew, Sort: berth.NetworkService, UserID: anna, ServerID: s.ID})
		return err
	}
	if err := renew(); err != nil {
		t.Fatal(err)
	}
	p.ticks()
	if got := p.service(s.ID); got.Status != berth.Active || got.Peering != s.Peering || p.phase(s.ID) != berth.EdgeEstablished {
		t.Fatalf("after the renewal: got %s, %s, the session %s", got.Status, got.Peering, p.phase(s.ID))
	}
	// What an operator suspended no payment lifts.
	if _, err := p.Ask(background, berth.TaskRequest{Operator: true, Later: true, ServerID: s.ID, Task: berth.Task{Do: berth.TaskSuspend}}); err != nil {
		t.Fatal(err)
	}
	p.ticks()
	if err := renew(); err != nil {
		t.Fatal(err)
	}
	p.ticks()
	if got := p.service(s.ID); got.Status != berth.Suspended || p.phase(s.ID) != berth.EdgeOff {
		t.Errorf("a payment lifted an operator's suspension: %s, %s", got.Status, p.phase(s.ID))
	}
	if got, want := p.edge.Message(s.ID), "order "+s.ID+" suspended by the operator"; got != want {
		t.Errorf("the customer's router was told %q, want %q", got, want)
	}
	for range 3 { // suspended, then 14 days
		expiry()
		p.ticks()
		p.pass(15 * 24 * time.Hour)
		p.ticks()
		p.pass(24 * time.Hour) // behind the last notice
		p.ticks()
	}
	if got := p.service(s.ID); got.Status != berth.Terminated || p.phase(s.ID) != "" {
		t.Fatalf("got %s, the session %q, want both gone", got.Status, p.phase(s.ID))
	}
	if _, err := p.buy("asn", berth.Monthly); refusal(err) != "out_of_stock network_id" {
		t.Errorf("before 90 days: got %q, want it out of stock", refusal(err))
	}
	p.pass(91 * 24 * time.Hour)
	if again := p.bought("asn"); strings.Fields(again.Items)[0] != "asns/0" {
		t.Errorf("after 90 days: got %s", again.Items)
	}
	p.proved()
}

// A registration waits for a person, who hands a number over or refuses.
func TestSponsored(t *testing.T) {
	p := newPeered(t, 1)
	order := func() berth.Order {
		t.Helper()
		r, err := p.buy("sponsored", berth.Yearly)
		if err != nil || r.Order.State != berth.Paid {
			t.Fatalf("got %s, %v, want it paid", r.Order.State, err)
		}
		return r.Order
	}
	first, second := order(), order()
	for _, asn := range []int64{0x1_0000_0000, 64512, 64500, 65535, 205001} {
		if _, err := p.Resolve(background, first.ID, berth.Resolution{ASN: asn}); err == nil {
			t.Errorf("AS%d was taken", asn)
		}
	}
	r, err := p.Resolve(background, first.ID, berth.Resolution{ASN: 210123})
	if err != nil || r.Order.State != berth.Completed {
		t.Fatalf("got %s, %v, want completed", r.Order.State, err)
	}
	if _, err := p.Resolve(background, second.ID, berth.Resolution{ASN: 210123}); refusal(err) != "busy asn" {
		t.Errorf("a number that another has: got %q", refusal(err))
	}
	if _, err := p.Resolve(background, first.ID, berth.Resolution{ASN: 210124}); refusal(err) != "busy" {
		t.Errorf("an order that is done: got %q", refusal(err))
	}
	p.keeper.Refresh(background)
	s := p.service(first.ID)
	if session, _, _, ok := p.Session(background, s); !ok || session.ASN != 210123 || session.Password == "" || p.phase(s.ID) != berth.EdgeEstablished {
		t.Errorf("got %+v and %s", session, p.phase(s.ID))
	}
	before := p.balance(anna)
	if r, err := p.Resolve(background, second.ID, berth.Resolution{Refund: true}); err != nil || r.Order.State != berth.Refunded || p.balance(anna) != before+10000 {
		t.Errorf("refused: got %s, %v", r.Order.State, err)
	}
	p.proved()
}

// registry is a registry of one entry each.
type registry struct{ roa, irr, other netip.Prefix }

func (r registry) Find(p netip.Prefix, _ int, asn uint32) (string, bool, error) {
	switch p {
	case r.roa:
		return berth.EvidenceROA, false, nil
	case r.irr:
		return berth.EvidenceIRR, false, nil
	case r.other:
		return "", true, nil
	}
	return "", false, nil
}

func TestPrefixes(t *testing.T) {
	at := netip.MustParsePrefix
	known := registry{at("185.1.1.0/24"), at("185.1.2.0/24"), at("185.1.3.0/24")}
	p := newPeered(t, 1, func(d *berth.Desk) { d.Evidence = known })
	private, public, other := p.bought("asn"), p.bought("own"), p.bought("own")
	for _, c := range []struct {
		name, prefix string
		s            berth.Service
		longest      int
		letter       string
		want         string // the refusal, or the evidence
	}{
		{"a part of the own", "198.18.0.128/25", private, 0, "", berth.EvidencePool},
		{"parts of the own", "198.18.0.0/24", private, 28, "", berth.EvidencePool},
		{"a private number with a foreign prefix", "185.1.1.0/24", private, 0, "", "invalid_parameter prefix"},
		{"a ROA", "185.1.1.0/24", public, 0, "", berth.EvidenceROA},
		{"the same again", "185.1.1.0/24", public, 0, "", berth.EvidenceROA},
		{"the same of another service", "185.1.1.0/24", other, 0, "", "invalid_parameter prefix"},
		{"what lies around it", "185.1.0.0/16", other, 0, "mine", "invalid_parameter prefix"},
		{"a route object", "185.1.2.0/24", other, 0, "", berth.EvidenceIRR},
		{"a ROA of others, and a letter", "185.1.3.0/24", other, 0, "mine", "invalid_parameter prefix"},
		{"nothing", "185.1.4.0/24", other, 0, "", "invalid_parameter prefix"},
		{"a letter", "185.1.4.0/24", other, 0, "LOA of 2025", "pending"},
		{"too long", "185.1.4.0/25", other, 0, "mine", "invalid_parameter prefix"},
		{"parts that are too long", "185.1.5.0/24", other, 25, "mine", "invalid_parameter prefix"},
		{"a bogon", "10.1.0.0/16", other, 0, "mine", "invalid_parameter prefix"},
		{"the operator's", "198.18.9.0/24", other, 0, "mine", "invalid_parameter prefix"},
		{"an IPv6 bogon", "2001:db8::/32", other, 0, "mine", "invalid_parameter prefix"},
		{"of no family", "fe80::/48", other, 0, "mine", "invalid_parameter prefix"},
		{"not a network", "185.1.5.1/24", other, 0, "mine", "invalid_parameter prefix"},
	} {
		prefix, _ := netip.ParsePrefix(c.prefix)
		s, _, err := p.ChangePrefix(background, berth.PrefixRequest{UserID: anna, ServiceID: c.s.ID, Prefix: prefix, Longest: c.longest, Letter: c.letter})
		got := refusal(err)
		if err == nil {
			got = evidenceOf(s, c.prefix)
		}
		if got != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.want)
		}
	}
	filter := func(s berth.Service) (list []string) {
		session, _, _, _ := p.Session(background, p.service(s.ID))
		for _, prefix := range session.V4.Prefixes {
			list = append(list, fmt.Sprint(prefix.Prefix, prefix.Longest))
		}
		return list
	}
	if got, want := filter(private), []string{"198.18.0.0/24 28", "198.18.0.128/25 0"}; !slices.Equal(got, want) {
		t.Errorf("got the filter %v, want %v", got, want)
	}
	if got, want := filter(other), []string{"185.1.2.0/24 0"}; !slices.Equal(got, want) {
		t.Errorf("before the approval: got %v, want %v", got, want)
	}
	if _, err := p.approve(other.ID, "185.1.4.0/24", "Olga"); err != nil {
		t.Fatal(err)
	}
	if got, want := filter(other), []string{"185.1.2.0/24 0", "185.1.4.0/24 0"}; !slices.Equal(got, want) {
		t.Errorf("after the approval: got %v, want %v", got, want)
	}
	drop := func(s berth.Service, prefix string) error {
		_, _, err := p.ChangePrefix(background, berth.PrefixRequest{UserID: anna, ServiceID: s.ID, Prefix: at(prefix), Remove: true})
		return err
	}
	if err := drop(private, "198.18.0.0/24"); refusal(err) != "invalid_parameter prefix" {
		t.Errorf("what was bought: got %q", refusal(err))
	}
	if err := drop(public, "185.1.1.0/24"); err != nil {
		t.Error(err)
	}
	if _, _, err := p.ChangePrefix(background, berth.PrefixRequest{UserID: anna, ServiceID: other.ID, Prefix: known.roa}); err != nil {
		t.Errorf("what another gave up: got %v", err)
	}
	if _, _, err := p.ChangePrefix(background, berth.PrefixRequest{UserID: bert, ServiceID: other.ID, Prefix: known.roa}); refusal(err) != "not_found id" {
		t.Errorf("somebody else's service: got %q", refusal(err))
	}
	p.proved()
}

func evidenceOf(s berth.Service, prefix string) string {
	peering, _, _ := berth.ReadPeering(s.Peering)
	for _, have := range peering.Prefixes {
		switch {
		case have.Prefix != prefix:
		case have.Pending:
			return "pending"
		default:
			return have.Evidence
		}
	}
	return "none"
}

func TestPasswordsAndTrips(t *testing.T) {
	var made int
	p := newPeered(t, 1, func(d *berth.Desk) {
		d.NewPassword = func() string { made++; return fmt.Sprintf("pass%012dword", made) }
	})
	s := p.bought("asn")
	session, _, _, _ := p.Session(background, s)
	changed, password, carried, err := p.RotatePassword(background, anna, s.ID)
	again, _, _, _ := p.Session(background, changed)
	if err != nil || !carried || again.Password != password || again.Password == session.Password || len(again.Password) != 16 {
		t.Errorf("got %v, %v, %q after %q", carried, err, again.Password, session.Password)
	}
	if got := p.phase(s.ID); got == berth.EdgeEstablished {
		t.Error("the session is up although the customer's router has the old password")
	}
	p.edge.Connect(again)
	if got := p.phase(s.ID); got != berth.EdgeEstablished {
		t.Errorf("with the new password: got %s", got)
	}
	var many []netip.Prefix
	for i := range 8 {
		many = append(many, netip.PrefixFrom(netip.AddrFrom4([4]byte{185, 1, byte(i), 0}), 24))
	}
	p.edge.Announce(s.ID, many...)
	if got := p.phase(s.ID); got != berth.EdgeOff {
		t.Errorf("over the limit: got %s, want off", got)
	}
	p.edge.Announce(s.ID)
	p.bought("own") // a reconfiguration doesn't bring it back
	if got := p.phase(s.ID); got != berth.EdgeOff {
		t.Errorf("after another order: got %s, want off", got)
	}
	if err := p.ClearTrip(background, s); err != nil || p.phase(s.ID) != berth.EdgeEstablished {
		t.Errorf("cleared: got %v and %s", err, p.phase(s.ID))
	}
	p.edge.Away(true)
	if _, _, carried, err := p.RotatePassword(background, anna, s.ID); err != nil || carried {
		t.Errorf("an edge that's away: got %v, %v, want the password kept for later", carried, err)
	}
	if err := p.ClearTrip(background, s); refusal(err) != "unavailable" {
		t.Errorf("an edge that's away: got %q", refusal(err))
	}
}

// Who buys on the 31st pays to the end of February, and then to the 31st of March again.
func TestMonthlyDoesNotDrift(t *testing.T) {
	const layout = "2006-01-02 15:04"
	ljubljana := zone(t, "Europe/Ljubljana")
	p := newPeered(t, 1, func(d *berth.Desk) { d.Policy.Zone = ljubljana })
	day := func(text string) time.Time {
		at, err := time.ParseInLocation(layout, text, ljubljana)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		from, cycle string
		want        []string
	}{
		{"2026-01-31 10:00", berth.Monthly, []string{"2026-02-28 10:00", "2026-03-31 10:00", "2026-04-30 10:00", "2026-05-31 10:00"}},
		{"2027-12-30 23:30", berth.Monthly, []string{"2028-01-30 23:30", "2028-02-29 23:30", "2028-03-30 23:30"}},
		{"2028-02-29 10:00", berth.Yearly, []string{"2029-02-28 10:00", "2030-02-28 10:00", "2031-02-28 10:00", "2032-02-29 10:00"}},
	} {
		p.at(day(c.from))
		p.credit(anna, 100_000)
		r, err := p.buy("own", c.cycle)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if i > 0 {
				_, err = p.Place(background, &berth.Request{Kind: berth.KindRenew, Sort: berth.NetworkService, UserID: anna, ServerID: r.Order.ServiceID})
			}
			if got := time.UnixMicro(p.service(r.Order.ServiceID).ExpiresAt).In(ljubljana).Format(layout); err != nil || got != want {
				t.Errorf("bought on %s, period %d: got %s, %v, want %s", c.from, i+1, got, err, want)
			}
		}
	}
	// What is renewed late begins anew, on the day of the payment.
	p.at(day("2033-01-31 10:00"))
	s := p.bought("own")
	p.at(day("2033-03-02 10:00"))
	p.ticks()
	if _, err := p.Place(background, &berth.Request{Kind: berth.KindRenew, Sort: berth.NetworkService, UserID: anna, ServerID: s.ID}); err != nil {
		t.Fatal(err)
	}
	if got := p.service(s.ID); time.UnixMicro(got.ExpiresAt).In(ljubljana).Format(layout) != "2033-04-02 10:00" || got.CycleDay != 2 {
		t.Errorf("renewed late: got %s and the day %d", time.UnixMicro(got.ExpiresAt).In(ljubljana), got.CycleDay)
	}
}

// Sealing everything anew takes the sessions' passwords along.
func TestResealSessions(t *testing.T) {
	p := newPeered(t, 1)
	s := p.bought("asn")
	before, _, _, _ := p.Session(background, s)
	if err := p.Reseal(context.Background(), p.Sealer, func(int) {}); err != nil {
		t.Fatal(err)
	}
	now := p.service(s.ID)
	after, _, _, ok := p.Session(background, now)
	if !ok || after.Password != before.Password || now.Peering == s.Peering {
		t.Errorf("got %q, want %q, sealed anew", after.Password, before.Password)
	}
}

// A session that isn't made of what its service has from pools is found out.
func TestVerifyHoldsSessionsAgainstPools(t *testing.T) {
	p := newPeered(t, 2)
	s := p.bought("asn")
	for _, c := range []struct{ from, to, want string }{
		{"4200000100", "4200000101", "has item asns/0"}, {"10.99.0.0/31", "10.99.0.2/31", "has item links/0"},
		{"2001:db8:99::/127", "2001:db8:99::2/127", "has item links6/0"}, {"198.18.0.0/24", "198.18.1.0/24", "has item pa/0"},
	} {
		err := p.store.Write(background, berth.Need{Services: []string{s.ID}}, func(b *berth.Book) error {
			now, _ := b.Service(s.ID)
			now.Peering = strings.Replace(s.Peering, c.from, c.to, 1)
			b.PutService(now)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := berth.Verify(background, p.store, berth.Head{}, nil)
		if err != nil || r.Wrong != 1 || !strings.Contains(fmt.Sprint(r.Findings), c.want) {
			t.Errorf("%s for %s: got %v, %+v, want %q", c.to, c.from, err, r.Findings, c.want)
		}
	}
}

// patientEdge notes how long it was given.
type patientEdge struct {
	berth.Sessions
	given time.Duration
}

func (e *patientEdge) Refresh(ctx context.Context) berth.Outcome {
	if at, ok := ctx.Deadline(); ok {
		e.given = time.Until(at)
	}
	return e.Sessions.Refresh(ctx)
}

// A request that changes a session waits for its edge as long as an order does, and not as long as for a machine.
func TestPatienceWithAnEdge(t *testing.T) {
	p := newPeered(t, 1)
	s := p.bought("asn")
	edge := &patientEdge{Sessions: p.keeper}
	p.Networks["edge"] = edge
	if _, _, carried, err := p.RotatePassword(background, anna, s.ID); err != nil || !carried {
		t.Fatalf("got %v, %v, want it carried", carried, err)
	}
	if want := time.Duration(p.Patience(berth.KindNetwork)) * time.Microsecond; edge.given <= 0 || edge.given > want || want != 5*time.Second {
		t.Errorf("got %v for the edge, want %v at most, and that 5 s", edge.given, want)
	}
}
