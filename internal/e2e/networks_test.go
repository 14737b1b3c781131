package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNetworks is a network order from the money to the packet: a customer's BIRD that starts from what the API returned,
// unchanged, and everything that happens to the service afterwards.
func TestNetworks(t *testing.T) {
	t.Parallel()
	s := openStreet(t, edgeConfig)
	s.must(t, "provider", "check", "--config", s.config)
	id, d := s.buy("net-1")
	if d.ASN != 4200000101 || len(d.Password) != 16 || len(d.Links) != 2 || len(d.Prefixes) != 2 || d.State != "down" {
		t.Fatalf("got AS%d with %d links and %d prefixes, a password of %d letters, %s", d.ASN, len(d.Links), len(d.Prefixes), len(d.Password), d.State)
	}
	customer := s.wire(d)
	if s.pings(d.bought()...) {
		t.Fatal("the customer's addresses answer before there is a session")
	}
	customer.BIRD(t, d.Config.BIRD)
	s.up(id, d)
	s.foreign(id, d, customer)
	other, others := s.trip(id, d, customer)
	s.runOut(id, d, customer, other, others)

	// Killed in the middle of everything: the sessions don't even notice.
	s.server.signal(syscall.SIGKILL)
	s.server.wait(t, patience)
	if !s.pings(d.bought()...) {
		t.Error("the session went down with the server")
	}
	s.open()
	s.up(id, d)

	// No payment lifts what the operator did.
	s.must(t, "service", "suspend", id)
	s.suspended(id, "the operator's suspension")
	s.renew(id)
	if now := s.detail(id); now.Status != "suspended" || now.State != "suspended" {
		t.Errorf("a payment made it %s and %s", now.Status, now.State)
	}
	if s.must(t, "service", "resume", id); s.detail(id).ASN != d.ASN {
		t.Error("the number changed")
	}
	s.up(id, d)
	s.away()
	s.up(id, d)
	s.up(other, others)
	s.end(id, d)
	// Five orders and two renewals.
	s.proved("9999300.00")
}

// away has the edge's BIRD dead while a customer orders: that order goes on by itself.
func (s *street) away() {
	s.Helper()
	s.lab.KillEdge()
	o := s.order("net-1")
	if o.Status != "processing" {
		s.Fatalf("without an edge: got %+v, want it processing", o)
	}
	s.lab.StartEdge(s.T)
	s.within(30*time.Second, "the order completes", func() bool {
		var a struct{ Data []bareOrder }
		return s.ask("GET", "/API/orders/list_order?order_id="+o.ID, "", &a) == 200 && a.Data[0].Status == "completed"
	})
	if d := s.detail(o.ID); d.ASN != 4200000103 {
		s.Errorf("got AS%d, want 4200000103", d.ASN)
	}
}

// end terminates a service: nothing of it is left at the edge, and its number rests before it's another's.
func (s *street) end(id string, d detail) {
	s.Helper()
	s.must(s.T, "service", "delete", id)
	s.within(15*time.Second, "the end", func() bool { return s.detail(id).Status == "terminated" })
	file, err := os.ReadFile(s.lab.Include)
	if err != nil || strings.Contains(string(file), id) || strings.Contains(string(file), d.Password) {
		s.Errorf("the edge's file still has the service: %v", err)
	}
	if s.pings(d.bought()...) {
		s.Error("the addresses answer after the end")
	}
	s.buy("net-1") // the last number
	if o := s.order("net-1"); o.Code != "out_of_stock" {
		s.Errorf("a number that rests: got %+v, want it out of stock", o)
	}
	s.must(s.T, "pool", "release", "private-asns", "4200000101")
	if _, now := s.buy("net-1"); now.ASN != d.ASN || now.Password == d.Password {
		s.Errorf("a number that has rested: got AS%d, want %d with a password of its own", now.ASN, d.ASN)
	}
}
