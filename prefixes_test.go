package berth_test

import (
	"net/netip"
	"testing"

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
	if _, err := p.ApprovePrefix(background, claims.ID, claimed.String(), "Olga"); refusal(err) != "invalid_parameter prefix" {
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
	if _, err := p.ApprovePrefix(background, claims.ID, claimed.String(), "Olga"); err != nil {
		t.Errorf("approving what nobody else has: got %v", err)
	}
	if _, err := ask(holds, roa, "", false); refusal(err) != "invalid_parameter prefix" {
		t.Errorf("a part of what was approved for another: got %q", refusal(err))
	}
	p.proved()
}
