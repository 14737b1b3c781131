package berth

import (
	"context"
	"net/netip"
	"time"
)

// Sessions is a NetworkDriver that carries sessions at an edge. Its methods are harmless to repeat.
type Sessions interface {
	NetworkDriver
	// Session is a service's session, its password in clear; false when the edge carries none for it.
	Session(s Service) (session EdgeSession, carried bool, err error)
	// State is what the edge was seen to do, at most a moment ago. One that can't be read is Stale.
	State(ctx context.Context) EdgeState
	// Refresh has the edge carry what the database says once this was called. Done: it does.
	Refresh(ctx context.Context) Outcome
	// ClearTrip lets a service's session come up again.
	ClearTrip(ctx context.Context, serviceID string) Outcome
}

// Evidence is what registries say of who may announce what, by the operator's own copies of them.
type Evidence interface {
	// Find tells which registry lets an AS announce a prefix and parts of it down to longest: EvidenceROA, EvidenceIRR, or ""
	// for none. Forbidden says that a ROA names others for it: then nothing else is evidence. An error says that the
	// copies could not be read.
	Find(prefix netip.Prefix, longest int, asn uint32) (evidence string, forbidden bool, err error)
}

// ownNetwork reads the network service that a request names. Somebody else's is as unknown as none.
func ownNetwork(b *Book, userID, id string) (Service, error) {
	s, ok := b.Service(id)
	if !ok {
		if o, ok := b.Order(id); ok && o.UserID == userID && o.Kind == KindNetwork && o.State == Paid {
			return s, networkBusy()
		}
	}
	if !ok || s.UserID != userID || s.Sort != NetworkService || s.Status == Terminated {
		return s, Unknown("id", "Unknown network service: id %s.", quoted(id))
	}
	return s, nil
}

func networkBusy() *Error {
	return &Error{Code: Busy, Parameter: "id", RetryAfter: 5,
		Message: "Another operation on this network service is under way; try again when it is done."}
}

// ownSession is a network service of the user's with a session.
func ownSession(b *Book, userID, id string) (Service, Peering, error) {
	s, err := ownNetwork(b, userID, id)
	if err != nil {
		return s, Peering{}, err
	}
	p, err := sessionOf(s)
	return s, p, err
}

// sessionOf is what a network service has of a session, refused where there is none, or none for long.
func sessionOf(s Service) (Peering, error) {
	p, ok, err := ReadPeering(s.Peering)
	switch {
	case err != nil:
		return p, Errorf(Internal, "An internal error occurred; it has been logged.").Because(err)
	case !ok || !p.Linked():
		return p, Errorf(NotSupported, "This network service has no session.")
	case s.Task.Do == TaskDelete:
		return p, networkBusy()
	}
	return p, nil
}

// changeSession changes the session of a user's service in one write, and then has the edge carry it.
func (d *Desk) changeSession(ctx context.Context, userID, id string, need Need, change func(*Book, *Service, *Peering) error) (Service, error) {
	var changed Service
	need.Services = append(need.Services, id)
	err := d.Store.Write(ctx, need, func(b *Book) error {
		s, p, err := ownSession(b, userID, id)
		if err != nil {
			return err
		}
		if err := change(b, &s, &p); err != nil {
			return err
		}
		s.Peering = p.text()
		changed = putService(b, s)
		return nil
	})
	if err != nil {
		return Service{}, err
	}
	return changed, nil
}

// RotatePassword gives a session a new password. Both ends then need it: until the customer's router has it, too, the
// session is down. Carried says that the edge has it already; otherwise it gets it as soon as it answers. The password is
// returned as it was made: whoever asked for it is to have it, in whatever state the edge is.
func (d *Desk) RotatePassword(ctx context.Context, userID, id string) (s Service, password string, carried bool, err error) {
	password = d.NewPassword()
	password = password[:min(len(password), peerPasswordLength)]
	sealed := d.Sealer.Seal(PeeringRow(id), password)
	s, err = d.changeSession(ctx, userID, id, Need{}, func(b *Book, s *Service, p *Peering) error {
		p.Password = sealed
		b.Announce(Event{Name: EventServiceSet, UserID: s.UserID, ServiceID: s.ID, Detail: "session password"})
		return nil
	})
	if err != nil {
		return s, "", false, err
	}
	return s, password, d.Carry(ctx, s), nil
}

// Carry has the edge of a network service carry what the database says now, and tells whether it does. One that can't
// be reached is told as soon as it can.
func (d *Desk) Carry(ctx context.Context, s Service) bool {
	edge, ok := d.Networks[s.Provider].(Sessions)
	ctx, cancel := d.patient(ctx)
	defer cancel()
	return ok && edge.Refresh(ctx).Verdict == Done
}

// patient bounds how long a request waits for an edge: what it has written down it is to answer, a new password above all.
func (d *Desk) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, time.Duration(d.Patience(KindNetwork))*time.Microsecond)
}

// ClearTrip lets the session of a user's service come up again after it was shut for sending too many routes. A service that
// its order is still at work on is Provisioning here, and refused as busy.
func (d *Desk) ClearTrip(ctx context.Context, s Service) error {
	switch s.Status {
	case Terminated:
		return Unknown("id", "Unknown network service: id %s.", quoted(s.ID))
	case Provisioning:
		return networkBusy()
	}
	if _, err := sessionOf(s); err != nil {
		return err
	}
	edge, ok := d.Networks[s.Provider].(Sessions)
	if !ok {
		return Errorf(NotSupported, "This network service has no session.")
	}
	ctx, cancel := d.patient(ctx)
	defer cancel()
	return d.told(edge.ClearTrip(ctx, s.ID))
}

// Session is the session of a network service as its owner may see it, the password in clear, and what the edge was seen to do
// with it. False when it has none; State is stale when the edge doesn't answer.
func (d *Desk) Session(ctx context.Context, s Service) (session EdgeSession, state []EdgeLinkState, seen EdgeState, ok bool) {
	edge, able := d.Networks[s.Provider].(Sessions)
	if !able {
		return session, nil, seen, false
	}
	session, carried, err := edge.Session(s)
	if err != nil || !carried {
		return session, nil, seen, false
	}
	seen = edge.State(ctx).At(d.Now())
	for _, l := range seen.Links {
		if l.ServiceID == s.ID {
			state = append(state, l)
		}
	}
	return session, state, seen, true
}

// nobodys reports whether a number is reserved or for private use.
func nobodys(asn int64) bool {
	for _, r := range reservedASN {
		if asn >= r.first && asn <= r.last {
			return true
		}
	}
	return false
}
