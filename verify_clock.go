package berth

import (
	"maps"
	"slices"
	"strings"
)

// How far policies may reach, in hours and days: what an audit takes for possible.
const (
	mostGrace  = 8760
	mostDelete = 3650
)

// clock holds what a service says of its life against itself. None of it is in the chain: whoever sets the next look to a
// day that never comes has a server for nothing.
func (a *audit) clock(o *Order, s *Service) {
	if s == nil {
		return
	}
	a.occupied(o, s)
	if !o.Makes() || s.Status == Terminated {
		return
	}
	grace := s.ExpiresAt + mostGrace*Hour
	latest := max(grace, s.UpdatedAt+31*day)
	if s.Status == Suspended {
		latest = max(latest, max(grace, s.SuspendedAt)+mostDelete*day)
	}
	switch {
	case s.DueAt > latest:
		a.found("service", s.ID, "is looked at next at %d; no policy allows for later than %d", s.DueAt, latest)
	case s.Status == Suspended && (s.SuspendedAt == 0 || s.Held == ""):
		a.found("service", s.ID, "is suspended, but does not say since when and why: no payment would end that")
	case s.Status == Active && s.SuspendedAt != 0:
		a.found("service", s.ID, "is active, but says that it is suspended since %d", s.SuspendedAt)
	}
}

// occupied matches the order that a service says is working on it with that order, whichever comes first. A service that
// names one that doesn't exist would never be looked at, extended or deleted again.
func (a *audit) occupied(o *Order, s *Service) {
	if s.OpenOrder == "" || s.OpenOrder == s.ID || !o.Makes() && s.OpenOrder != o.ID {
		return // or it's the order that made the service, of which the service's own rules tell
	}
	if a.open == nil {
		a.open = map[string]bool{}
	}
	key := s.ID + " " + s.OpenOrder
	if _, met := a.open[key]; met {
		delete(a.open, key)
		return
	}
	a.open[key] = o.Makes()
}

// unopened tells of services that wait for an order that doesn't exist.
func (a *audit) unopened() {
	for _, key := range slices.Sorted(maps.Keys(a.open)) {
		service, order, _ := strings.Cut(key, " ")
		if !a.open[key] { // the service has no order that made it, which Stray tells
			continue
		}
		a.found("service", service, "is held by order %s, which is none of its own", order)
	}
}
