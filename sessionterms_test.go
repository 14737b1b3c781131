package berth_test

import (
	"testing"

	"github.com/berth-host/berth"
)

// A product's new limits and export are for new orders; an operator gives them to a service that is there.
func TestSessionTerms(t *testing.T) {
	p := newPeered(t, 3)
	s := p.bought("asn")
	session := func() berth.EdgeSession {
		session, _, _, _ := p.Session(background, p.service(s.ID))
		return session
	}
	before := session()
	c := must(p.store.Catalogue(background))
	goods := *c
	goods.Networks = append([]berth.NetworkProduct(nil), c.Networks...)
	for i := range goods.Networks {
		if n := &goods.Networks[i]; n.ID == "asn" {
			n.LimitV4, n.LimitV6, n.Export = 50, 60, berth.ExportFull
		}
	}
	p.apply(goods)
	if _, err := p.Place(background, &berth.Request{Kind: berth.KindRenew, Sort: berth.NetworkService, UserID: anna, ServerID: s.ID}); err != nil {
		t.Fatal(err)
	}
	if now := session(); now.V4.Limit != before.V4.Limit || now.V6.Limit != before.V6.Limit || now.Export != before.Export {
		t.Errorf("after a renewal: got %+v, want the terms of the order, %+v", now, before)
	}
	four, six, export, none, bad := int64(50), int64(60), berth.ExportFull, int64(0), berth.EdgeExport("all")
	must(p.ChangeSession(background, s.ID, berth.SessionTerms{LimitV4: &four, Export: &export}))
	if now := session(); now.V4.Limit != 50 || now.V6.Limit != before.V6.Limit || now.Export != berth.ExportFull || now.Password != before.Password {
		t.Errorf("got %+v, want the limit of IPv4 and the export changed", now)
	}
	must(p.ChangeSession(background, s.ID, berth.SessionTerms{LimitV6: &six}))
	if now := session(); now.V6.Limit != 60 || now.V4.Limit != 50 {
		t.Errorf("got %+v, want the limit of IPv6 changed", now)
	}
	p.keeper.Refresh(background)
	if got := p.phase(s.ID); got != berth.EdgeEstablished {
		t.Errorf("got the session %s", got)
	}
	for _, c := range []struct {
		id    string
		terms berth.SessionTerms
		want  string
	}{
		{"none", berth.SessionTerms{LimitV4: &four}, "not_found service"}, {s.ID, berth.SessionTerms{LimitV4: &none}, "invalid_parameter limit_v4"},
		{s.ID, berth.SessionTerms{LimitV6: &none}, "invalid_parameter limit_v6"}, {s.ID, berth.SessionTerms{Export: &bad}, "invalid_parameter export"},
		{p.bought("number").ID, berth.SessionTerms{LimitV4: &four}, "not_supported"},
	} {
		if _, err := p.ChangeSession(background, c.id, c.terms); refusal(err) != c.want {
			t.Errorf("%+v: got %v, want %q", c, err, c.want)
		}
	}
	p.proved()
}
