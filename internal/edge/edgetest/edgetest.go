// Package edgetest is what every driver of edges must pass: the promises of berth.Edge and berth.TripClearer.
package edgetest

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/process"
)

// Subject is an edge under test that carries nothing yet, and the world around it.
type Subject struct {
	Edge    berth.Edge
	Session func(n int) berth.EdgeSession                        // the n-th of at least 4 that can be carried, with one prefix a family
	Connect func(s berth.EdgeSession)                            // the customer's router starts and announces the session's prefixes
	Also    func(s berth.EdgeSession, announced ...netip.Prefix) // it announces these beside its own, and no others
	Message func(s berth.EdgeSession) string                     // what the customer's router was told last
	Away    func(away bool)                                      // the edge answers nobody; its sessions go on
	Revived func()                                               // the edge has crashed and is back; nil where it can't
	Now     func() int64                                         // microseconds UTC
	Other   func() berth.Edge                                    // the same edge, as another process has it
}

// Owner is the owner of the sessions that Carrying reads.
const Owner = "edgetest/edge"

// Carrying reads, for Apply, that these sessions are desired.
func Carrying(sessions ...berth.EdgeSession) func(context.Context) (berth.EdgeConfig, error) {
	return func(context.Context) (berth.EdgeConfig, error) {
		return berth.EdgeConfig{Owner: Owner, Sessions: sessions}, nil
	}
}

// Run runs the suite. open opens a new subject.
func Run(t *testing.T, open func(t *testing.T) *Subject) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *Subject)
	}{
		{"up and repeated", repeated}, {"filtered", filtered}, {"suspend and resume", suspend}, {"removed", removed},
		{"a limit", limit}, {"refused", refused}, {"at the same time", concurrent}, {"away", away}, {"a wrong password", wrongPassword},
		{"cancelled", cancelled}, {"read in turn", readInTurn}, {"nothing read", nothingRead}, {"another owner", anotherOwner},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func (s *Subject) apply(t *testing.T, sessions ...berth.EdgeSession) berth.EdgeOutcome {
	t.Helper()
	out := s.Edge.Apply(within(t), Carrying(sessions...))
	if out.Verdict != berth.Done || out.Reason != nil {
		t.Fatalf("apply: got %s (%v), want done", out.Verdict, out.Reason)
	}
	return out
}

// links are the states of a service's sessions.
func (s *Subject) links(t *testing.T, of berth.EdgeSession) []berth.EdgeLinkState {
	t.Helper()
	state, err := s.Edge.State(within(t))
	if err != nil || state.Stale || state.SeenAt == 0 {
		t.Fatalf("state: got %v, %+v", err, state)
	}
	return slices.DeleteFunc(state.Links, func(l berth.EdgeLinkState) bool { return l.ServiceID != of.ServiceID })
}

// until waits until each of a service's sessions is as it should be.
func (s *Subject) until(t *testing.T, what string, of berth.EdgeSession, is func(berth.EdgeLinkState) bool) {
	t.Helper()
	var got []berth.EdgeLinkState
	// Routes that were there before the session come about three seconds after it, with real routers.
	err := process.Until(t.Context(), 20*time.Second, what, func() bool {
		got = s.links(t, of)
		return len(got) == len(of.Links()) && !slices.ContainsFunc(got, func(l berth.EdgeLinkState) bool { return !is(l) })
	})
	if err != nil {
		t.Fatalf("%v: got %+v", err, got)
	}
}

func up(l berth.EdgeLinkState) bool {
	return l.Phase == berth.EdgeEstablished && l.Accepted == 1 && l.Filtered == 0 && !l.Tripped && !l.Suspended
}

// started is a session that is up with its prefixes.
func (s *Subject) started(t *testing.T, n int) berth.EdgeSession {
	t.Helper()
	one := s.Session(n)
	s.apply(t, one)
	s.Connect(one)
	s.until(t, "up", one, up)
	return one
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func repeated(t *testing.T, s *Subject) {
	if state, err := s.Edge.State(within(t)); err != nil || len(state.Links) != 0 {
		t.Errorf("an edge that carries nothing: got %v and %+v", err, state)
	}
	one, other := s.Session(1), s.Session(0)
	if out := s.apply(t, one); !out.Changed {
		t.Error("the first apply: got nothing changed")
	}
	for _, l := range s.links(t, one) {
		if l.Phase == berth.EdgeEstablished || l.Phase == berth.EdgeUnknown || l.Phase == berth.EdgeOff {
			t.Errorf("before there is a router: got %s, want a session that tries", l.Phase)
		}
	}
	s.Connect(one)
	s.until(t, "up", one, up)
	before := s.links(t, one)
	if out := s.apply(t, one); out.Changed {
		t.Error("the same again: got a change")
	}
	s.apply(t, one, other)
	if out := s.apply(t, other, one); out.Changed {
		t.Error("the same in another order: got a change")
	}
	if after := s.links(t, one); !slices.Equal(after, before) {
		t.Errorf("another session was added: got %+v, want %+v still", after, before)
	}
	if n := len(s.links(t, other)); n != len(other.Links()) {
		t.Errorf("the other one: got %d sessions", n)
	}
}

func filtered(t *testing.T, s *Subject) {
	one := s.started(t, 0)
	s.Also(one, netip.MustParsePrefix("198.51.100.0/24"))
	s.until(t, "one accepted, one filtered", one, func(l berth.EdgeLinkState) bool {
		return l.Phase == berth.EdgeEstablished && l.Accepted == 1 && (l.Filtered == 1 || l.IPv6)
	})
	before := s.links(t, one)
	// It is bought, and the session needn't go down for it.
	one.V4.Prefixes = append(slices.Clone(one.V4.Prefixes), berth.EdgePrefix{Prefix: netip.MustParsePrefix("198.51.100.0/24")})
	s.apply(t, one)
	s.until(t, "both accepted", one, func(l berth.EdgeLinkState) bool { return l.Filtered == 0 && (l.Accepted == 2 || l.IPv6) })
	for i, l := range s.links(t, one) {
		if l.Since != before[i].Since {
			t.Errorf("a changed filter: got a session since %d, want %d", l.Since, before[i].Since)
		}
	}
	one.V4.Prefixes, one.V6.Prefixes = nil, nil
	s.apply(t, one)
	s.until(t, "nothing accepted", one, func(l berth.EdgeLinkState) bool {
		return l.Phase == berth.EdgeEstablished && l.Accepted == 0 && l.Filtered > 0
	})
}

func suspend(t *testing.T, s *Subject) {
	one := s.started(t, 0)
	for _, c := range []struct{ notice, want string }{
		{"", "order " + one.OrderID + " suspended"},
		{"order " + one.OrderID + " \"expired\";\nunpaid\\", "order " + one.OrderID + " .expired...unpaid."},
	} {
		one.Status, one.Notice = berth.Suspended, c.notice
		s.apply(t, one)
		off := func(l berth.EdgeLinkState) bool { return l.Phase == berth.EdgeOff && l.Suspended && !l.Tripped }
		s.until(t, "off", one, off)
		told := func() bool { return s.Message(one) == c.want }
		if err := process.Until(t.Context(), 10*time.Second, "the message", told); err != nil {
			t.Errorf("%v: got %q, want %q", err, s.Message(one), c.want)
		}
		if out := s.apply(t, one); out.Changed {
			t.Error("suspended again: got a change")
		}
		s.until(t, "off", one, off)
		one.Status = berth.Active
		s.apply(t, one)
		s.until(t, "up again", one, up)
	}
}

func removed(t *testing.T, s *Subject) {
	one, other := s.started(t, 0), s.Session(1)
	s.apply(t, one, other)
	s.apply(t, other)
	if got := s.links(t, one); len(got) != 0 {
		t.Errorf("got %+v, want nothing of it", got)
	}
	want := "order " + one.OrderID + " terminated"
	if err := process.Until(t.Context(), 10*time.Second, "the message", func() bool { return s.Message(one) == want }); err != nil {
		t.Errorf("%v: got %q, want %q", err, s.Message(one), want)
	}
	s.apply(t)
	if state, err := s.Edge.State(within(t)); err != nil || len(state.Links) != 0 {
		t.Errorf("nothing desired: got %v and %+v", err, state)
	}
}

func limit(t *testing.T, s *Subject) {
	clear, able := s.Edge.(berth.TripClearer)
	if !able {
		t.Skip("not able to")
	}
	one, other := s.Session(0), s.Session(1)
	one.V6 = berth.EdgeLink{} // a trip is one family's
	cleared := func(id string) berth.EdgeOutcome {
		out := clear.ClearTrip(within(t), Owner, id)
		if out.Verdict != berth.Done {
			t.Fatalf("clear: got %s (%v)", out.Verdict, out.Reason)
		}
		return out
	}
	s.apply(t, one)
	s.Connect(one)
	s.until(t, "up", one, up)
	tripped := func(l berth.EdgeLinkState) bool {
		return l.Phase == berth.EdgeOff && l.Tripped && l.LastError != "" && l.TrippedAt > s.Now()-int64(time.Minute/time.Microsecond)
	}
	many := make([]netip.Prefix, one.V4.Limit)
	for i := range many {
		many[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, byte(i), 0}), 24) // #nosec G115 -- few
	}
	s.Also(one, many...)
	s.until(t, "tripped", one, tripped)
	// The cause is gone, and still it stays off, whatever else is configured.
	s.Also(one)
	s.apply(t, one, other)
	s.until(t, "tripped after an apply", one, tripped)
	one.V4.Limit++
	s.apply(t, one)
	s.until(t, "tripped after a change of its own", one, tripped)
	if s.Revived != nil {
		s.Revived()
		s.until(t, "tripped after a crash", one, tripped)
	}
	suspended := one
	suspended.Status = berth.Suspended
	s.apply(t, suspended)
	s.apply(t, one)
	s.until(t, "tripped after it was suspended", one, tripped)
	if out := cleared(other.ServiceID); out.Changed {
		t.Error("clearing another: got a change")
	}
	s.until(t, "tripped after another was cleared", one, tripped)
	if out := cleared(one.ServiceID); !out.Changed {
		t.Error("clearing: got no change")
	}
	s.until(t, "up again", one, up)
	before := s.links(t, one)
	cleared(one.ServiceID)
	cleared("00000000-0000-7000-8000-000000000000")
	if after := s.links(t, one); !slices.Equal(after, before) {
		t.Errorf("cleared without need: got %+v, want %+v still", after, before)
	}
	// A trip that nobody has applied after is cleared as well.
	s.Also(one, append(many, netip.MustParsePrefix("198.51.200.0/24"))...)
	s.until(t, "tripped", one, tripped)
	s.Also(one)
	cleared(one.ServiceID)
	s.until(t, "up again", one, up)
}

func refused(t *testing.T, s *Subject) {
	one, bad, twin := s.started(t, 0), s.Session(1), s.Session(2)
	bad.Password = "pass\";\nword"
	twin.V4.Peer = one.V4.Peer
	before := s.links(t, one)
	out := s.apply(t, twin, bad, one)
	var ids []string
	for _, r := range out.Refused {
		ids = append(ids, r.ServiceID)
		if r.Reason == nil {
			t.Errorf("%s: got no reason", r.ServiceID)
		}
	}
	if !slices.Equal(ids, []string{bad.ServiceID, twin.ServiceID}) {
		t.Errorf("got %v refused, want the one with the password and the twin", ids)
	}
	if len(s.links(t, bad))+len(s.links(t, twin)) != 0 {
		t.Error("a refused session is carried")
	}
	if after := s.links(t, one); !slices.Equal(after, before) {
		t.Errorf("the good one: got %+v, want %+v still", after, before)
	}
}

// Whoever applies last, the edge ends with one caller's whole, and a session that all want never goes down.
func concurrent(t *testing.T, s *Subject) {
	one := s.started(t, 0)
	before := s.links(t, one)
	var group sync.WaitGroup
	for n := range 12 {
		group.Go(func() {
			out := s.Edge.Apply(within(t), Carrying(one, s.Session(1+n%3)))
			if out.Verdict != berth.Done {
				t.Errorf("got %s (%v)", out.Verdict, out.Reason)
			}
			if _, err := s.Edge.State(within(t)); err != nil {
				t.Errorf("state meanwhile: %v", err)
			}
		})
	}
	group.Wait()
	others := 0
	for n := 1; n <= 3; n++ {
		others += len(s.links(t, s.Session(n)))
	}
	if want := len(s.Session(1).Links()); others != want {
		t.Errorf("got %d sessions of others, want one service's %d", others, want)
	}
	if after := s.links(t, one); !slices.Equal(after, before) {
		t.Errorf("got %+v, want %+v still", after, before)
	}
}

func away(t *testing.T, s *Subject) {
	one, other := s.started(t, 0), s.Session(1)
	before := s.links(t, one)
	s.Away(true)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if out := s.Edge.Apply(ctx, Carrying(one, other)); out.Verdict != berth.Unresolved || out.Reason == nil {
		t.Errorf("apply: got %s (%v), want unresolved", out.Verdict, out.Reason)
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	state, err := s.Edge.State(ctx)
	if err == nil || !state.Stale || state.SeenAt == 0 || len(state.Links) != len(before) {
		t.Fatalf("state: got %v and %+v, want an error and what was known", err, state)
	}
	for i, l := range state.Links {
		if l.Phase != berth.EdgeUnknown || l.ServiceID != one.ServiceID || l.Since != before[i].Since {
			t.Errorf("got %+v, want it unknown", l)
		}
	}
	s.Away(false)
	s.apply(t, one, other)
	s.until(t, "up as before", one, func(l berth.EdgeLinkState) bool { return up(l) && slices.Contains(before, l) })
	if n := len(s.links(t, other)); n != len(other.Links()) {
		t.Errorf("the other one: got %d sessions", n)
	}
}

func wrongPassword(t *testing.T, s *Subject) {
	one, good := s.Session(0), s.Session(1)
	s.apply(t, one, good)
	theirs := one
	theirs.Password = "not-the-one"
	s.Connect(theirs)
	s.Connect(good)
	// Another session has all the time that it takes to come up, twice.
	for range 2 {
		s.until(t, "the good one is up", good, up)
		for _, l := range s.links(t, one) {
			if l.Phase == berth.EdgeEstablished {
				t.Fatalf("got %+v, want it never up", l)
			}
		}
		s.apply(t, one)
		s.apply(t, one, good)
	}
	s.Connect(one)
	s.until(t, "up with the right one", one, up)
}

func cancelled(t *testing.T, s *Subject) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if out := s.Edge.Apply(ctx, Carrying()); out.Verdict != berth.Unresolved {
		t.Errorf("apply: got %s, want unresolved", out.Verdict)
	}
	if state, err := s.Edge.State(ctx); err == nil || !state.Stale {
		t.Errorf("state: got %v and %+v, want an error and a stale state", err, state)
	}
}
