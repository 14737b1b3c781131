package bird_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/bird"
	"github.com/berth-host/berth/internal/edge/bird/lab"
	"github.com/berth-host/berth/internal/edge/edgetest"
	"github.com/berth-host/berth/internal/process"
)

// street is an edge between the Internet and customers, in networks of their own.
type street struct {
	*testing.T
	lab    *lab.Lab
	driver *bird.Driver
}

func newStreet(t *testing.T) *street {
	l := lab.Namespaces(t)
	return &street{T: t, lab: l, driver: bird.New(l.Options())}
}

func (s *street) within(limit time.Duration, what string, condition func() bool) {
	s.Helper()
	if err := process.Until(s.Context(), limit, what, condition); err != nil {
		state, _ := s.driver.State(s.Context())
		s.Fatalf("%v\nstate %+v\nroutes %v", err, state, s.lab.KernelRoutes(s))
	}
}

func (s *street) apply(sessions ...berth.EdgeSession) {
	s.Helper()
	if out := s.driver.Apply(s.Context(), edgetest.Carrying(sessions...)); out.Verdict != berth.Done || len(out.Refused) > 0 {
		s.Fatalf("got %s (%v), %v refused", out.Verdict, out.Reason, out.Refused)
	}
}

func (s *street) links(of berth.EdgeSession) []berth.EdgeLinkState {
	s.Helper()
	state, err := s.driver.State(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return slices.DeleteFunc(state.Links, func(l berth.EdgeLinkState) bool { return l.ServiceID != of.ServiceID })
}

func (s *street) all(of berth.EdgeSession, is func(berth.EdgeLinkState) bool) func() bool {
	return func() bool {
		links := s.links(of)
		return len(links) == len(of.Links()) && !slices.ContainsFunc(links, func(l berth.EdgeLinkState) bool { return !is(l) })
	}
}

func (s *street) pings(of berth.EdgeSession) bool {
	return !slices.ContainsFunc(of.Links(), func(l berth.EdgeLink) bool {
		return !s.lab.Ping(s, l.Prefixes[0].Prefix.Addr().Next().String())
	})
}

// routes are the edge's kernel routes into a session's prefixes.
func (s *street) routes(of berth.EdgeSession) (into []string) {
	s.Helper()
	for _, r := range s.lab.KernelRoutes(s) {
		p, err := netip.ParsePrefix(r)
		if err != nil {
			a, err := netip.ParseAddr(r)
			if err != nil {
				s.Fatalf("a route to %q", r)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		for _, l := range of.Links() {
			if l.Prefixes[0].Prefix.Overlaps(p) {
				into = append(into, r)
			}
		}
	}
	return into
}

func bought(of berth.EdgeSession) (all []string) {
	for _, l := range of.Links() {
		all = append(all, l.Prefixes[0].Prefix.String())
	}
	return all
}

func established(l berth.EdgeLinkState) bool { return l.Phase == berth.EdgeEstablished }

// The life of a service, with a customer whose BIRD starts from what Berth hands out.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	one, two := s.lab.Session(0), s.lab.Session(1)
	first, second := s.lab.Customer(t, one), s.lab.Customer(t, two)
	if s.pings(one) {
		t.Fatal("the customer's address answers before there is a session")
	}
	s.apply(one)
	first.BIRD(t, one.BIRDConfig())
	s.within(10*time.Second, "the session is up", s.all(one, established))
	s.within(10*time.Second, "pings", func() bool { return s.pings(one) })
	if got := first.KernelRoutes(t); !slices.Equal(got, []string{"default", "default"}) {
		t.Errorf("the customer's kernel: got %v, want two default routes", got)
	}

	// A second order doesn't touch the first.
	before := s.links(one)
	s.apply(one, two)
	second.BIRD(t, two.BIRDConfig())
	s.within(10*time.Second, "the second session and its pings", func() bool { return s.all(two, established)() && len(s.routes(two)) == 2 })

	s.foreign(one, first)
	s.trip(one, two, first)
	s.suspendAndRenew(one, two, first)

	// BIRD dies and starts again from its files.
	s.lab.KillEdge()
	if out := s.driver.Apply(t.Context(), edgetest.Carrying()); out.Verdict != berth.Unresolved {
		t.Errorf("apply without BIRD: got %s (%v), want unresolved", out.Verdict, out.Reason)
	}
	if state, err := s.driver.State(t.Context()); err == nil || len(state.Links) != 4 || state.Links[0].Phase != berth.EdgeUnknown {
		t.Errorf("state without BIRD: got %v and %+v, want all unknown", err, state)
	}
	s.lab.StartEdge(t)
	s.within(15*time.Second, "up and pings after kill -9", func() bool { return s.all(one, established)() && s.pings(one) })

	// After the grace.
	s.apply(two)
	s.within(5*time.Second, "no routes to who is gone", func() bool { return len(s.routes(one)) == 0 })
	if out := s.lab.Ask(t, `show protocols "svc_*"`); strings.Contains(out, "000000000000_4") || !strings.Contains(out, "000000000001_4") {
		t.Errorf("got %s", out)
	}
	two.Export = berth.ExportNone
	s.apply(two)
	s.within(5*time.Second, "no default route for who buys none", func() bool { return len(second.KernelRoutes(t)) == 0 })
	if got := s.links(two); len(got) != 2 || got[0].Phase == berth.EdgeUnknown || len(before) != 2 {
		t.Errorf("the second: got %+v", got)
	}
}

// What was not bought is not accepted: not of others, not too small a part, not when RPKI says it's another's.
func (s *street) foreign(one berth.EdgeSession, router *lab.Customer) {
	s.Helper()
	before := s.links(one)
	router.BIRD(s.T, one.BIRDConfig()+`
protocol static foreign4 { ipv4; route 198.51.100.0/24 unreachable; route 203.0.113.0/31 unreachable; }
protocol static parts6 { ipv6; route 2001:db8:a000::/48 unreachable; route 2001:db8:a000::/49 unreachable; route 2001:db8:b000::/48 unreachable; }
`)
	s.within(5*time.Second, "what is accepted and what isn't", func() bool {
		links := s.links(one)
		return links[0].Accepted == 1 && links[0].Filtered == 2 && links[1].Accepted == 2 && links[1].Filtered == 2
	})
	if got, want := s.routes(one), append(bought(one), "2001:db8:a000::/48"); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		s.Errorf("the edge's kernel: got %v, want %v", got, want)
	}
	const include = `include "`
	roa := "protocol static others { roa4 { table roas4; }; route 203.0.113.0/24 max 32 as 4200009999; }\n"
	s.lab.Operator(s, func(text string) string { return strings.Replace(text, include, roa+include, 1) })
	longer := one
	longer.Notice = "nothing that matters"
	longer.Description = "so that there is a change"
	s.apply(longer, s.lab.Session(1))
	s.within(5*time.Second, "RPKI", func() bool { return s.links(one)[0].Accepted == 0 && len(s.routes(one)) == 2 })
	s.lab.Operator(s, func(text string) string { return strings.Replace(text, roa, "", 1) })
	s.apply(one, s.lab.Session(1))
	router.BIRD(s.T, one.BIRDConfig())
	s.within(5*time.Second, "as it was", func() bool { return s.links(one)[0].Accepted == 1 && s.pings(one) })
	for i, l := range s.links(one) {
		if l.Since != before[i].Since {
			s.Errorf("got a session since %d, want %d: it went down for a filter", l.Since, before[i].Since)
		}
	}
}

// A limit shuts the session, and it stays shut.
func (s *street) trip(one, two berth.EdgeSession, router *lab.Customer) {
	s.Helper()
	router.BIRD(s.T, one.BIRDConfig()+`
protocol static many4 { ipv4; route 198.51.0.0/24 unreachable; route 198.51.1.0/24 unreachable; route 198.51.2.0/24 unreachable;
  route 198.51.3.0/24 unreachable; route 198.51.4.0/24 unreachable; route 198.51.5.0/24 unreachable; }
`)
	tripped := func() bool {
		links := s.links(one)
		return links[0].Tripped && links[0].Phase == berth.EdgeOff && !links[1].Tripped && links[1].Phase == berth.EdgeEstablished
	}
	s.within(5*time.Second, "IPv4 tripped, IPv6 up", tripped)
	s.within(5*time.Second, "its route is gone", func() bool { return slices.Equal(s.routes(one), bought(one)[1:]) })
	at := s.links(one)[0].Since
	router.BIRD(s.T, one.BIRDConfig())
	two.V4.Limit = 7
	s.apply(one, two)
	s.lab.Ask(s, "configure") // and by the operator's hand
	if !tripped() {
		s.Errorf("after two reconfigurations: got %+v, want it tripped", s.links(one))
	}
	if got := s.links(one)[0]; got.Since != at || got.TrippedAt != at {
		s.Errorf("got a trip of %d and down since %d, want both %d as before", got.TrippedAt, got.Since, at)
	}
	if out := s.driver.ClearTrip(s.Context(), edgetest.Owner, one.ServiceID); out.Verdict != berth.Done {
		s.Fatalf("clear: got %s (%v)", out.Verdict, out.Reason)
	}
	s.within(15*time.Second, "pings after the trip was cleared", func() bool { return s.pings(one) })
}

// Suspension tells the customer, and leaves the other customer alone.
func (s *street) suspendAndRenew(one, two berth.EdgeSession, router *lab.Customer) {
	s.Helper()
	two.V4.Limit = 7
	other := s.links(two)
	off := one
	off.Status, off.Notice = berth.Suspended, "order "+one.OrderID+" expired, suspended"
	s.apply(off, two)
	s.within(5*time.Second, "no routes", func() bool { return len(s.routes(one)) == 0 })
	for _, family := range []string{"4", "6"} {
		s.within(5*time.Second, "the customer reads why", func() bool {
			m := peerMessage.FindStringSubmatch(router.Ask(s.T, "show protocols all upstream"+family))
			return m != nil && m[1] == off.Notice
		})
	}
	if s.pings(one) || !s.pings(two) {
		s.Error("the suspended one answers, or the other one doesn't")
	}
	s.apply(one, two)
	s.within(15*time.Second, "pings after the renewal", func() bool { return s.pings(one) })
	if got := s.links(two); !slices.Equal(got, other) {
		s.Errorf("the other one: got %+v, want %+v still", got, other)
	}
}

// What the edge doesn't accept changes nothing, and says that a person is needed.
func TestOperatorsFault(t *testing.T) {
	t.Parallel()
	l := lab.Loopback(t)
	d := bird.New(l.Options())
	one, two := l.Session(0), l.Session(1)
	apply := func(want berth.Verdict, reason string, sessions ...berth.EdgeSession) {
		t.Helper()
		out := d.Apply(t.Context(), edgetest.Carrying(sessions...))
		if out.Verdict != want || reason != "" && (out.Reason == nil || !strings.Contains(out.Reason.Error(), reason)) {
			t.Errorf("got %s (%v), want %s (%s)", out.Verdict, out.Reason, want, reason)
		}
		if out.Reason != nil && strings.Contains(out.Reason.Error(), one.Password) {
			t.Errorf("a password in %v", out.Reason)
		}
	}
	apply(berth.Done, "", one)
	l.Operator(t, func(text string) string { return strings.Replace(text, "berth_default4()", "other()", 1) })
	apply(berth.Refused, "orders.conf.check", one, two)
	l.Operator(t, func(text string) string { return strings.Replace(text, "include \"", "# include \"", 1) })
	apply(berth.Refused, "has no line: include", one, two)
	if state, err := d.State(t.Context()); err != nil || len(state.Links) != 1 {
		t.Errorf("got %v and %+v, want the first still", err, state)
	}
	l.Operator(t, func(text string) string {
		return strings.NewReplacer("# include \"", "include \"", "other()", "berth_default4()").Replace(text)
	})
	apply(berth.Done, "", one, two)
}

// A customer with FRR, started from what Berth hands out, beside one who is sent the whole table.
func TestFRR(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	one, other := s.lab.Session(0), s.lab.Session(1)
	other.Export = berth.ExportFull
	frr, bird := s.lab.Customer(t, one), s.lab.Customer(t, other)
	s.apply(one, other)
	bird.BIRD(t, other.BIRDConfig())
	frr.FRR(t, one.FRRConfig())
	s.within(20*time.Second, "the session is up", s.all(one, established))
	s.within(15*time.Second, "pings", func() bool { return s.pings(one) })
	if got := s.routes(one); !slices.Equal(got, bought(one)) {
		t.Errorf("the edge's kernel: got %v, want %v", got, bought(one))
	}
	if got := frr.KernelRoutes(t); !slices.Equal(got, []string{"default", "default"}) {
		t.Errorf("FRR's kernel: got %v, want two default routes", got)
	}
	s.within(10*time.Second, "the table in the other's kernel", func() bool { return slices.Equal(bird.KernelRoutes(t), bought(one)) })
	off := one
	off.Status, off.Notice = berth.Suspended, "order "+one.OrderID+" expired, suspended"
	s.apply(off, other)
	s.within(5*time.Second, "no routes", func() bool { return len(s.routes(one)) == 0 })
	s.within(5*time.Second, "the customer reads why", func() bool {
		return strings.Contains(frr.Ask(t, "show bgp neighbors"), "Cease/Administrative Shutdown")
	})
	s.apply(one, other)
	s.within(15*time.Second, "pings after the renewal", func() bool { return s.pings(one) })
}
