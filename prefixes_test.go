package berth_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// Anyone can claim to have a letter for any prefix. Until a person has read it, it keeps out nobody who has evidence, and by
// then it may be too late for it.
func TestALetterKeepsNobodyOut(t *testing.T) {
	roa, claimed := netip.MustParsePrefix("185.1.1.0/24"), netip.MustParsePrefix("185.0.0.0/8")
	p := newPeered(t, 1, func(d *berth.Desk) { d.Evidence = registry{roa: roa} })
	claims, holds := p.bought("own"), p.bought("own")
	ask := func(s berth.Service, prefix netip.Prefix, letter string, remove bool) (berth.Service, error) {
		got, _, err := p.ChangePrefix(background, berth.PrefixRequest{UserID: anna, ServiceID: s.ID, Prefix: prefix, Letter: letter, Remove: remove})
		return got, err
	}
	if s, err := ask(claims, claimed, "mine, all of it", false); err != nil || evidenceOf(s, claimed.String()) != "pending" {
		t.Fatalf("the claim: got %v", err)
	}
	if s, err := ask(holds, roa, "", false); err != nil || evidenceOf(s, roa.String()) != berth.EvidenceROA {
		t.Errorf("a ROA beside another's claim: got %v", err)
	}
	if _, err := p.approve(claims.ID, claimed.String(), "Olga"); refusal(err) != "invalid_parameter prefix" {
		t.Errorf("approving what overlaps with another's by now: got %q", refusal(err))
	}
	if s := p.service(claims.ID); evidenceOf(s, claimed.String()) != "pending" {
		t.Errorf("got %q, want it pending still", evidenceOf(s, claimed.String()))
	}
	if _, err := ask(holds, roa, "", true); err != nil {
		t.Fatal(err)
	}
	if text, _, err := p.store.Meta(background, berth.MetaPrefixes); err != nil || text != "" {
		t.Errorf("got the list %q, %v, want nothing left of what was taken away", text, err)
	}
	if _, err := p.approve(claims.ID, claimed.String(), "Olga"); err != nil {
		t.Errorf("approving what nobody else has: got %v", err)
	}
	if _, err := ask(holds, roa, "", false); refusal(err) != "invalid_parameter prefix" {
		t.Errorf("a part of what was approved for another: got %q", refusal(err))
	}
	p.proved()
}

// written is a registry that needs the database, as an order does that is placed meanwhile.
type written struct {
	store berth.Store
	done  chan error
}

func (w *written) Find(netip.Prefix, int, uint32) (string, bool, error) {
	go func() {
		w.done <- w.store.Write(background, berth.Need{Meta: []string{berth.MetaPrefixes}}, func(b *berth.Book) error {
			b.PutMeta(berth.MetaPrefixes, "")
			return nil
		})
	}()
	select {
	case err := <-w.done:
		return berth.EvidenceROA, false, err
	case <-time.After(5 * time.Second):
		return "", false, errors.New("the database is held while a registry is read")
	}
}

// Reading a registry's copy may take seconds. Nobody's order waits for that.
func TestRegistriesAreReadOutsideAnyWrite(t *testing.T) {
	w := &written{done: make(chan error, 1)}
	p := newPeered(t, 1, func(d *berth.Desk) { d.Evidence, w.store = w, d.Store })
	prefix := netip.MustParsePrefix("185.1.1.0/24")
	s, carried, err := p.ChangePrefix(background, berth.PrefixRequest{UserID: anna, ServiceID: p.bought("own").ID, Prefix: prefix})
	if err != nil || !carried || evidenceOf(s, prefix.String()) != berth.EvidenceROA {
		t.Errorf("got %v, %v, %s", carried, err, evidenceOf(s, prefix.String()))
	}
}

// approve approves a prefix as it waits now.
func (p *peered) approve(serviceID, prefix, by string) (berth.Service, error) {
	read := ""
	peering, _, _ := berth.ReadPeering(p.service(serviceID).Peering)
	for _, have := range peering.Prefixes {
		if have.Prefix == prefix {
			read = have.Reading()
		}
	}
	return p.ApprovePrefix(background, berth.Approval{ServiceID: serviceID, Prefix: prefix, Read: read, By: by})
}

// What an operator has read is what is approved. The customer may have changed it meanwhile: another letter, or parts that the
// letter doesn't speak of.
func TestOnlyWhatWasReadIsApproved(t *testing.T) {
	prefix := netip.MustParsePrefix("185.1.0.0/22")
	p := newPeered(t, 1)
	s := p.bought("own")
	ask := func(letter string, longest int) string {
		t.Helper()
		s, _, err := p.ChangePrefix(background, berth.PrefixRequest{UserID: anna, ServiceID: s.ID, Prefix: prefix, Letter: letter, Longest: longest})
		if err != nil {
			t.Fatal(err)
		}
		peering, _, _ := berth.ReadPeering(s.Peering)
		return peering.Prefixes[0].Reading()
	}
	say := func(read, by string) string {
		_, err := p.ApprovePrefix(background, berth.Approval{ServiceID: s.ID, Prefix: prefix.String(), Read: read, By: by})
		return refusal(err)
	}
	read := ask("LOA of May", 0)
	if again := ask("LOA of May", 0); again != read {
		t.Errorf("the same asked again is %s, want %s as before", again, read)
	}
	for what, now := range map[string]string{"another letter": ask("LOA of June", 0), "longer parts": ask("LOA of May", 24)} {
		if now == read {
			t.Errorf("%s: got %s as before", what, now)
		}
	}
	for _, c := range []struct{ read, by string }{{read, "Olga"}, {"", "Olga"}, {read, ""}} {
		if got := say(c.read, c.by); got != "busy read" {
			t.Errorf("%+v: got %q, want it refused", c, got)
		}
	}
	if got := evidenceOf(p.service(s.ID), prefix.String()); got != "pending" {
		t.Errorf("got %q, want it pending still", got)
	}
	if got := say(ask("LOA of May", 24), "Olga"); got != "" || evidenceOf(p.service(s.ID), prefix.String()) != berth.EvidenceLetter {
		t.Errorf("what was read: got %q, %s", got, evidenceOf(p.service(s.ID), prefix.String()))
	}
	second := p.bought("own")
	if _, _, err := p.ChangePrefix(background, berth.PrefixRequest{UserID: anna, ServiceID: second.ID, Prefix: netip.MustParsePrefix("185.2.0.0/22"), Letter: "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ApprovePrefix(background, berth.Approval{ServiceID: second.ID, Prefix: "185.2.0.0/22"}); err != nil || evidenceOf(p.service(second.ID), "185.2.0.0/22") != "none" {
		t.Errorf("refusing whatever waits: got %v", err)
	}
	p.proved()
}

// What a customer announces with evidence is nobody else's to sell; a letter that waits keeps no operator from his own.
func TestNoPoolOfWhatACustomerAnnounces(t *testing.T) {
	p := newPeered(t, 1)
	prefix := netip.MustParsePrefix("185.1.0.0/22")
	s := p.bought("own")
	if _, _, err := p.ChangePrefix(background, berth.PrefixRequest{UserID: anna, ServiceID: s.ID, Prefix: prefix, Letter: "LOA of May"}); err != nil {
		t.Fatal(err)
	}
	add := func(name string, kind berth.PoolKind, cidr string, length int) string {
		_, err := p.AddPool(background, berth.Pool{Name: name, Kind: kind, Ranges: []berth.Range{{CIDR: cidr, Length: length}}})
		return refusal(err)
	}
	if got := add("waits", berth.PrefixPool, "185.1.3.0/24", 24); got != "" {
		t.Errorf("beside a letter that waits: got %q", got)
	}
	if _, err := p.RemovePool(background, "waits"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.approve(s.ID, prefix.String(), "Olga"); err != nil {
		t.Fatal(err)
	}
	if got := add("part", berth.PrefixPool, "185.1.2.0/24", 24); got != "invalid_parameter cidr" {
		t.Errorf("a part of what a customer announces: got %q", got)
	}
	if got := add("whole", berth.LinkPool, "185.0.0.0/12", 0); got != "invalid_parameter cidr" {
		t.Errorf("what holds it: got %q", got)
	}
	if got := add("beside", berth.PrefixPool, "185.1.4.0/24", 24); got != "" {
		t.Errorf("its neighbour: got %q", got)
	}
	p.proved()
}
