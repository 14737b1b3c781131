// Package sim is a simulated edge: no router, but sessions that come up, limits that trip and an edge that goes away, for
// the demo and for tests that need many edges or a bad one.
package sim

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"sync"

	"github.com/berth-host/berth"
)

var (
	_ berth.Edge        = (*Edge)(nil)
	_ berth.TripClearer = (*Edge)(nil)
)

// Options of a simulated edge.
type Options struct {
	Now func() int64 // microseconds UTC; required
	// Eager customers have a router at the other end as soon as the session is applied, which announces all it may.
	Eager bool
}

// Edge is a simulated edge. It forgets everything with its process, so whoever starts applies, as for any edge.
type Edge struct {
	options Options

	turn chan struct{} // held by who changes the edge, also while what is desired is read

	mu         sync.Mutex // held for moments only
	away       bool
	configured int
	seen       int64
	owner      string
	links      []*link // in order of service, IPv4 first
	routers    map[string]*router
}

// link is one session in one family.
type link struct {
	session   berth.EdgeSession
	part      berth.EdgeLink
	since     int64
	up        bool
	trippedAt int64 // 0 when it hasn't
}

// router is a customer's. It outlives its session at the edge.
type router struct {
	running   bool
	announces map[netip.Prefix]bool
	password  string
	message   string
}

var errAway = errors.New("simulated: the edge doesn't answer")

// New makes an edge that carries nothing.
func New(o Options) *Edge {
	return &Edge{options: o, turn: make(chan struct{}, 1), routers: map[string]*router{}}
}

// Apply makes the edge carry these sessions. See berth.Edge.
func (e *Edge) Apply(ctx context.Context, desired func(context.Context) (berth.EdgeConfig, error)) berth.EdgeOutcome {
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return berth.EdgeOutcome{Verdict: berth.Unresolved, Reason: ctx.Err()}
	}
	config, err := desired(ctx)
	if err != nil {
		return berth.EdgeOutcome{Verdict: berth.Unresolved, Reason: err}
	}
	return e.apply(ctx, config)
}

func (e *Edge) apply(ctx context.Context, desired berth.EdgeConfig) berth.EdgeOutcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	if out, ok := e.open(ctx, desired.Owner); !ok {
		return out
	}
	carried, refused := desired.Carried()
	var links []*link
	changed := false
	for _, s := range carried {
		for _, part := range s.Links() {
			l := e.find(s.ServiceID, part.Peer.Is6())
			if l == nil {
				l = &link{since: e.options.Now()}
			}
			changed = changed || !reflect.DeepEqual(l.session, s)
			if s.Status == berth.Suspended && l.session.Status == berth.Active {
				e.shut(l, s.Shutdown())
			}
			l.session, l.part = s, part
			links = append(links, l)
		}
		if e.options.Eager && e.routers[s.ServiceID] == nil {
			e.connect(s)
		}
	}
	for _, l := range e.links {
		if !contains(links, l) {
			changed = true
			e.shut(l, "order "+l.session.OrderID+" terminated")
		}
	}
	e.links, e.owner = links, desired.Owner
	if changed {
		e.configured++
	}
	e.run()
	return berth.EdgeOutcome{Verdict: berth.Done, Refused: refused, Changed: changed}
}

// ClearTrip lets a session come up again. See berth.TripClearer.
func (e *Edge) ClearTrip(ctx context.Context, owner, serviceID string) berth.EdgeOutcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	if out, ok := e.open(ctx, owner); !ok {
		return out
	}
	changed := false
	for _, l := range e.links {
		if l.session.ServiceID == serviceID && l.trippedAt != 0 {
			l.trippedAt, changed = 0, true
		}
	}
	if changed {
		e.configured++
	}
	e.run()
	return berth.EdgeOutcome{Verdict: berth.Done, Changed: changed}
}

// State reads how the sessions are. See berth.Edge.
func (e *Edge) State(ctx context.Context) (berth.EdgeState, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.reach(ctx)
	if err == nil {
		e.seen = e.options.Now()
	}
	state := berth.EdgeState{SeenAt: e.seen}
	for _, l := range e.links {
		state.Owner = e.owner
		state.Links = append(state.Links, e.state(l))
	}
	if err != nil {
		return state.Unknown(), err
	}
	return state, nil
}

func (e *Edge) state(l *link) berth.EdgeLinkState {
	s := berth.EdgeLinkState{
		ServiceID: l.session.ServiceID, IPv6: l.part.Peer.Is6(), Phase: berth.EdgeActive, Since: l.since,
		Suspended: l.session.Status == berth.Suspended, Tripped: l.trippedAt != 0, TrippedAt: l.trippedAt,
	}
	switch {
	case l.up:
		s.Phase = berth.EdgeEstablished
		s.Accepted, s.Filtered = e.count(l)
		if l.session.Export != berth.ExportNone {
			s.Exported = 1
		}
	case s.Tripped:
		s.Phase, s.LastError = berth.EdgeOff, "Route limit exceeded"
	case s.Suspended:
		s.Phase = berth.EdgeOff
	}
	return s
}

// open lets an owner change the edge, or says why not.
func (e *Edge) open(ctx context.Context, owner string) (no berth.EdgeOutcome, ok bool) {
	if err := e.reach(ctx); err != nil {
		return berth.EdgeOutcome{Verdict: berth.Unresolved, Reason: err}, false
	}
	if len(e.links) > 0 && e.owner != owner {
		return berth.EdgeOutcome{Verdict: berth.Refused, Reason: fmt.Errorf("simulated: the edge carries sessions of %q, and this is %q", e.owner, owner)}, false
	}
	return no, true
}

// reach fails when the edge is away or the caller is.
func (e *Edge) reach(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if e.away {
		return errAway
	}
	return nil
}

func (e *Edge) find(serviceID string, ipv6 bool) *link {
	for _, l := range e.links {
		if l.session.ServiceID == serviceID && l.part.Peer.Is6() == ipv6 {
			return l
		}
	}
	return nil
}

func contains(links []*link, one *link) bool {
	for _, l := range links {
		if l == one {
			return true
		}
	}
	return false
}
