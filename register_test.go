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
