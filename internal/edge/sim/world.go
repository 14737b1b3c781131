package sim

import (
	"net/netip"

	"github.com/berth-host/berth"
)

// What happens around the edge: the customers' routers, and the edge going away.

// Connect starts the router of a session's customer, which knows the session's password and announces the bought
// prefixes. One that runs is given the session anew.
func (e *Edge) Connect(s berth.EdgeSession) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.connect(s)
	e.run()
}

func (e *Edge) connect(s berth.EdgeSession) {
	r := &router{running: true, password: s.Password, announces: map[netip.Prefix]bool{}}
	for _, l := range s.Links() {
		for _, p := range l.Prefixes {
			r.announces[p.Prefix] = true
		}
	}
	e.routers[s.ServiceID] = r
}

// Disconnect stops a customer's router.
func (e *Edge) Disconnect(serviceID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.routers[serviceID]; r != nil {
		r.running = false
	}
	e.run()
}

// Announce has a customer's router announce these prefixes and no others.
func (e *Edge) Announce(serviceID string, prefixes ...netip.Prefix) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.routers[serviceID]; r != nil {
		r.announces = map[netip.Prefix]bool{}
		for _, p := range prefixes {
			r.announces[p] = true
		}
	}
	e.run()
}

// Message is what a customer's router was told when its session was last shut.
func (e *Edge) Message(serviceID string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.routers[serviceID]; r != nil {
		return r.message
	}
	return ""
}

// Away lets the edge answer nobody any more, or again. Its sessions go on.
func (e *Edge) Away(away bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = away
}

// Configured is how often the edge was given something new.
func (e *Edge) Configured() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.configured
}

// run brings every session to where its surroundings have it.
func (e *Edge) run() {
	for _, l := range e.links {
		r := e.routers[l.session.ServiceID]
		up := r != nil && r.running && r.password == l.session.Password && l.session.Status == berth.Active && l.trippedAt == 0
		if accepted, filtered := e.count(l); up && accepted+filtered > int64(l.part.Limit) {
			l.trippedAt, up = e.options.Now(), false
		}
		if up != l.up {
			l.up, l.since = up, e.options.Now()
		}
	}
}

// shut tells the other side why.
func (e *Edge) shut(l *link, message string) {
	if r := e.routers[l.session.ServiceID]; r != nil && l.up {
		r.message = message
	}
}

// count is what of a customer's announcements passes the filter and what doesn't.
func (e *Edge) count(l *link) (accepted, filtered int64) {
	r := e.routers[l.session.ServiceID]
	if r == nil {
		return 0, 0
	}
	for announced := range r.announces {
		if announced.Addr().Is6() != l.part.Peer.Is6() {
			continue
		}
		if bought(l.part.Prefixes, announced) {
			accepted++
		} else {
			filtered++
		}
	}
	return accepted, filtered
}

func bought(prefixes []berth.EdgePrefix, announced netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Prefix.Contains(announced.Addr()) && announced.Bits() >= p.Prefix.Bits() && announced.Bits() <= max(p.Longest, p.Prefix.Bits()) {
			return true
		}
	}
	return false
}
