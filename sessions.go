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
	p, ok, err := ReadPeering(s.Peering)
	switch {
	case err != nil:
		return s, p, Errorf(Internal, "An internal error occurred; it has been logged.").Because(err)
	case !ok || !p.Linked():
		return s, p, Errorf(NotSupported, "This network service has no session.")
	case s.Task.Do == TaskDelete:
		return s, p, networkBusy()
	}
	return s, p, nil
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
// session is down. Carried says that the edge has it already; otherwise it gets it as soon as it answers.
func (d *Desk) RotatePassword(ctx context.Context, userID, id string) (s Service, carried bool, err error) {
	password := d.NewPassword()
	sealed := d.Sealer.Seal(PeeringRow(id), password[:min(len(password), peerPasswordLength)])
	s, err = d.changeSession(ctx, userID, id, Need{}, func(b *Book, s *Service, p *Peering) error {
		p.Password = sealed
		b.Announce(Event{Name: EventServiceSet, UserID: s.UserID, ServiceID: s.ID, Detail: "session password"})
		return nil
	})
	if err != nil {
		return s, false, err
	}
	return s, d.Carry(ctx, s), nil
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
	return context.WithTimeout(ctx, time.Duration(d.Policy.Patience)*time.Microsecond)
}

// ClearTrip lets the session of a user's service come up again after it was shut for sending too many routes.
func (d *Desk) ClearTrip(ctx context.Context, s Service) error {
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

// sponsoredPool holds the AS numbers that were registered for single customers, so that they live as all others do.
const sponsoredPool = "sponsored"

// register completes an order that waits for a number, with the one that a person had registered for it. Its edge carries it
// as soon as it looks at the database again. The number joins the pool "sponsored": nobody else gets it, and it rests in
// the end.
func (d *Desk) register(ctx context.Context, o Order, asn int64) (Receipt, error) {
	if o.Kind != KindNetwork {
		return Receipt{}, Invalid("asn", "Only a network order is completed with an AS number.")
	}
	if asn < 1 || asn > maxASN || nobodys(asn) {
		return Receipt{}, Invalid("asn", "%d is reserved or for private use; a registration has a public number.", asn)
	}
	pool := Pool{Name: sponsoredPool, Kind: ASNPool, Ranges: []Range{{First: asn, Last: asn}}}
	if pools, err := d.Store.Pools(ctx, d.Now()); err != nil {
		return Receipt{}, err
	} else if !hasItem(pools, sponsoredPool, pool.At(0)) {
		if _, err := d.AddPool(ctx, pool); err != nil {
			return Receipt{}, err
		}
	}
	var receipt Receipt
	password := d.NewPassword()
	need := Need{Orders: []string{o.ID}, Pools: []PoolNeed{{Name: sponsoredPool}}}
	err := d.Store.Write(ctx, need, func(b *Book) error {
		now, _ := b.Order(o.ID)
		if err := restful(b, now); err != nil {
			return err
		}
		done, err := registered(b, now, pool.At(0))
		if err != nil {
			return err
		}
		network{}.keep(&done, d.Sealer, password)
		done.Attempt++ // fences an attempt that is still out there
		announce(b, EventOrderResolved, done)
		d.begin(b, &done)
		if err := d.settle(b, &done, Outcome{Verdict: Done, Result: Result{ProviderRef: o.ServiceID}}, nil); err != nil {
			return err
		}
		// What was ordered never changes: the service has what was added. When it began is the order's, too.
		now.BeginsAt, now.ExpiresAt = done.BeginsAt, done.ExpiresAt
		done.Terms = now.Terms
		receipt = Receipt{Order: b.PutOrder(done)}
		return nil
	})
	if err != nil {
		return Receipt{}, err
	}
	return receipt, nil
}

// registered gives an order the number of the pool "sponsored" that an operator names.
func registered(b *Book, o Order, value string) (Order, error) {
	p, ok, err := ReadPeering(o.Peering)
	if err != nil || !ok || p.ASN != 0 {
		return o, Invalid("order_id", "This order doesn't wait for an AS number.")
	}
	pool, _ := b.Pool(sponsoredPool)
	place, _ := pool.Place(value)
	i, given := b.Item(ItemID(sponsoredPool, place))
	switch {
	case i.Owner != "":
		return o, &Error{Code: Busy, Parameter: "asn", Message: "AS" + value + " belongs to service " + i.Owner + "."}
	case given && i.FreeAt > b.Now():
		return o, &Error{Code: Busy, Parameter: "asn", Message: "AS" + value + " rests after another service; 'pool release " + sponsoredPool + " " + value + "' ends that."}
	case !given:
		i = pool.item(place)
	}
	i.Owner, i.FreeAt, i.TakenAt = o.ServiceID, 0, b.Now()
	b.PutItem(i)
	pool.Next = max(pool.Next, place+1)
	b.PutPool(pool)
	if o.Items != "" {
		o.Items += " "
	}
	o.Items += i.ID
	p.ASN = uint32FromASN(value)
	o.Peering = p.text()
	return o, nil
}

func hasItem(pools []Pool, name, value string) bool {
	for i := range pools {
		if _, ok := pools[i].Place(value); ok && pools[i].Name == name {
			return true
		}
	}
	return false
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
