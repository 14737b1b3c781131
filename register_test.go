package berth_test

import (
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// A number that is somebody's already is no customer's registration: the refusal names the field and whose it is, and the order
// goes on waiting.
func TestNumbersThatAreTaken(t *testing.T) {
	p := newPeered(t, 1, func(d *berth.Desk) { d.Edges = map[string]uint32{"edge": 64500, "transit": 210500} })
	own := p.bought("own") // AS205000, of the pool public
	var orders []berth.Order
	for range 2 {
		r, err := p.buy("sponsored", berth.Yearly)
		if err != nil {
			t.Fatal(err)
		}
		orders = append(orders, r.Order)
	}
	if _, err := p.Resolve(background, orders[0].ID, berth.Resolution{ASN: 210123}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ReserveItems(background, "sponsored", "210123", "", true); refusal(err) != "busy item" {
		t.Errorf("got %v", err)
	}
	for _, c := range []struct {
		asn  int64
		want string // the refusal
		says string
	}{
		{210500, "invalid_parameter asn", "the edge transit speaks with it (providers.transit.asn in the settings)"},
		{205000, "busy asn", own.ID},
		{205001, "invalid_parameter asn", "of the pool public"},
		{210123, "busy asn", orders[0].ID},
		{64512, "invalid_parameter asn", "private use"},
	} {
		_, err := p.Resolve(background, orders[1].ID, berth.Resolution{ASN: c.asn})
		if refusal(err) != c.want || !strings.Contains(err.Error(), c.says) {
			t.Errorf("AS%d: got %q (%v), want %q with %q", c.asn, refusal(err), err, c.want, c.says)
		}
		if got := p.order(orders[1].ID).State; got != berth.Paid {
			t.Errorf("AS%d: the order is %s, want it paid", c.asn, got)
		}
	}
	if _, err := p.Resolve(background, orders[1].ID, berth.Resolution{ASN: 210124}); err != nil {
		t.Errorf("a number of its own: got %v", err)
	}
	if _, err := p.RemovePool(background, "sponsored"); refusal(err) != "invalid_parameter pool" {
		t.Errorf("removing the pool: got %v", err)
	}
	p.proved()
}

// A number never leaves the pool that it has joined. So none joins one for an order that is decided, or that has its number.
func TestNoNumberJoinsForNothing(t *testing.T) {
	p := newPeered(t, 1)
	own := p.bought("own")
	r, err := p.buy("sponsored", berth.Yearly)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Resolve(background, r.Order.ID, berth.Resolution{ASN: 210123}); err != nil {
		t.Fatal(err)
	}
	p.edge.Away(true)
	waits, err := p.buy("own", berth.Yearly) // for its edge alone
	if err != nil || waits.Order.State != berth.Paid {
		t.Fatalf("got %s, %v, want it paid", waits.Order.State, err)
	}
	for id, want := range map[string]string{own.ID: "busy", r.Order.ID: "busy", waits.Order.ID: "invalid_parameter order_id"} {
		if _, err := p.Resolve(background, id, berth.Resolution{ASN: 210124}); refusal(err) != want {
			t.Errorf("got %q, want %q", refusal(err), want)
		}
	}
	if _, err := p.AddPool(background, berth.Pool{Name: "more", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 210124, Last: 210130}}}); err != nil {
		t.Errorf("the number has joined a pool: %v", err)
	}
}

// What an edge speaks with is no customer's number: the order that got it would be refused by that edge, and refunded.
func TestTheOperatorsOwnNumberIsInNoPool(t *testing.T) {
	p := newPeered(t, 1, func(d *berth.Desk) { d.Edges = map[string]uint32{"edge": 64500, "transit": 4200000500} })
	pool := berth.Pool{Name: "more", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000400, Last: 4200000600}}}
	if _, err := p.AddPool(background, pool); refusal(err) != "invalid_parameter numbers" || !strings.Contains(err.Error(), "AS4200000500") {
		t.Errorf("got %v", err)
	}
	pool.Ranges[0].Last = 4200000499
	if _, err := p.AddPool(background, pool); err != nil {
		t.Errorf("without it: got %v", err)
	}
}

// What was registered for one customer is sold to nobody else, not even after its rest.
func TestNoProductSellsWhatWasRegistered(t *testing.T) {
	s := newShop(t)
	c := goods()
	c.Networks[0].ASNs = "sponsored"
	if _, err := s.ApplyCatalogue(background, c); refusal(err) != "invalid_parameter" || !strings.Contains(err.Error(), "registered for single customers") {
		t.Errorf("got %v", err)
	}
	c.Networks[0].ASNs = "others"
	if _, err := s.ApplyCatalogue(background, c); err != nil {
		t.Errorf("another pool: got %v", err)
	}
}
