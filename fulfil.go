package berth

import (
	"context"
	"errors"
	"fmt"
	"maps"
)

// How long an order waits before the next attempt: unconfigured when the settings lack something, otherwise doubling
// from a second to slowest.
const (
	unconfigured       = 60 * Second
	slowest            = 300 * Second
	longest            = 24 * Hour // that a provider may ask to be left alone
	takeAtMost         = 500       // leases taken or renewed in one write
	noteRefusedInDoubt = "refused after an unresolved attempt"
	noteWaiting        = "waiting for the provider"
	noteNotAsked       = "the provider is not called at present"
)

// Claim takes the leases of due orders for this process. Taking a lease is writing the attempt down: whoever gets an
// order with Attempt above 1 first finds out what the earlier one did. Orders that somebody else took meanwhile are
// left out of the answer, as are those whose provider isn't to be called now: they are postponed without an attempt.
func (d *Desk) Claim(ctx context.Context, ids []string) ([]Order, error) {
	ids = ids[:min(len(ids), takeAtMost)]
	shut, rooms := d.shut(), d.rooms()
	var taken []Order
	err := d.Store.Write(ctx, Need{Orders: ids}, func(b *Book) error {
		taken = taken[:0]
		room := maps.Clone(rooms)
		for _, id := range ids {
			o, ok := b.Order(id)
			if !ok || o.State != Paid || !o.due(b) {
				continue
			}
			until, may := admit(o.Provider, b.Now(), shut, rooms, room)
			if !may && until == 0 {
				continue
			}
			lost := o.abandoned()
			if lost { // its call may go on
				o.Quiet = max(o.Quiet, o.DueAt+d.Policy.CallTimeout+clocksApart)
			}
			if !may {
				if lost {
					o.Attempt++ // fences the attempt that may still be out there
				}
				postpone(b, &o, until, noteNotAsked)
				b.PutOrder(o)
				continue
			}
			d.take(b, &o.Lease)
			announce(b, EventOrderTaken, o)
			taken = append(taken, b.PutOrder(o))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

// Hold renews the leases of orders that this process is working on, in as few writes as possible, and returns those
// that are still its own.
func (d *Desk) Hold(ctx context.Context, held []Order) (kept []Order, err error) {
	need := func(part []Order) (n Need) {
		for i := range part {
			n.Orders = append(n.Orders, part[i].ID)
		}
		return n
	}
	return inParts(ctx, d, held, need, func(b *Book, mine Order) (Order, bool) {
		o, ok := b.Order(mine.ID)
		if !ok || o.State != Paid || !d.prolong(b, &o.Lease, mine.Attempt) {
			return o, false
		}
		return b.PutOrder(o), true
	})
}

// Fulfil does what a leased order asks of the world and returns what the driver said. It writes nothing; the outcome
// belongs into Settle. Only the holder of the lease calls it, outside any transaction.
func (d *Desk) Fulfil(ctx context.Context, o Order) Outcome {
	k, ok := d.kinds[o.Kind]
	if !ok {
		return Outcome{Verdict: Waiting, Until: d.Now() + unconfigured, Reason: fmt.Errorf("unknown kind of order %q", o.Kind), Idle: true}
	}
	return d.heard(o, k.Fulfil(ctx, d, o))
}

// findOrMake is the one way to make something for an order: a later attempt first asks what the earlier ones did,
// and makes it only when nothing is there and nothing can still come.
func (d *Desk) findOrMake(o Order, find, make func() Outcome) Outcome {
	if o.Attempt == o.first() {
		return make()
	}
	found := find()
	if found.Verdict != Absent {
		found.Idle = true
		return found
	}
	out := make()
	out.Cleared = true
	return out
}

// noProvider answers for an order whose provider is gone from the settings: it waits, and isn't refunded.
func (d *Desk) noProvider(o Order) Outcome {
	return Outcome{Verdict: Waiting, Until: d.Now() + unconfigured, Idle: true,
		Reason: fmt.Errorf("provider %q of order %s is not in the settings", o.Provider, o.ID)}
}

func (d *Desk) serverSpec(o Order) (ServerSpec, error) {
	spec := ServerSpec{
		Name: o.Name, PlanID: o.PlanID, Cores: o.Cores, RAM: o.RAM, Disk: o.Disk, ImageID: o.ImageID,
		Application: o.ApplicationID, Location: o.Location, UserID: o.UserID,
		CIDR: o.CIDR, Gateway: o.Gateway, MAC: o.MAC,
	}
	if o.Kind != KindNewServer {
		return spec, nil
	}
	password, err := d.Sealer.Open(passwordRow(o.ID), o.Password)
	spec.Password = password
	return spec, err
}

// Settle records the outcome of an attempt: completed, refunded, or postponed. o is the order as this process last wrote
// it. A settle whose attempt is no longer the order's changes nothing; the receipt shows the order as it is now. An order
// that went on to its next provider (Receipt.Order.Moved) is leased to this process for its next attempt: whoever settles
// calls Fulfil with it.
func (d *Desk) Settle(ctx context.Context, o Order, out Outcome) (Receipt, error) {
	need := Holding(o)
	if !o.Makes() {
		need.Services = []string{o.ServiceID}
	}
	if out.Verdict == Refused {
		need.Wallets = []string{o.UserID}
	}
	avoid := d.shut()
	id, attempt := o.ID, o.Attempt // and not o, which would be copied once more
	var receipt Receipt
	err := d.Store.Write(ctx, need, func(b *Book) error {
		now, ok := b.Order(id)
		if !ok {
			return Unknown("order_id", "Unknown order.")
		}
		if now.State == Paid && now.Attempt == attempt {
			if err := d.settle(b, &now, out, avoid); err != nil {
				return err
			}
			now = b.PutOrder(now)
		}
		receipt = Receipt{Order: now, Service: changed(b, now)}
		return nil
	})
	if err != nil {
		return Receipt{}, err
	}
	return d.reveal(receipt)
}

func (d *Desk) settle(b *Book, o *Order, out Outcome, avoid map[string]int64) error {
	k := d.kinds[o.Kind]
	out = believed(*o, out) // once more: nothing else is ever written, wherever the outcome came from
	heed(b, o, out)
	switch {
	case out.Verdict == Done:
		o.Result = out.Result
		complete(b, k, o)
	case out.Verdict == Refused && (!o.Doubt || out.Cleared):
		if !d.move(b, o, avoid) {
			return refund(b, k, o)
		}
	case out.Verdict == Refused:
		postpone(b, o, b.Now()+slowest, noteRefusedInDoubt)
	case out.Verdict == Waiting:
		postpone(b, o, soonest(b, out), whyWaiting(out))
	default:
		o.Doubt = o.Doubt || o.Attempt >= o.first() // unless nothing was ever sent: see heed
		postpone(b, o, b.Now()+backOff(o.Attempt), noteOf(out))
	}
	return nil
}

// refund gives the money of an order back and ends it.
func refund(b *Book, k Kind, o *Order) error {
	if _, err := b.Post(Entry{UserID: o.UserID, Amount: o.Amount, Contra: AccountSales, OrderID: o.ID}); err != nil {
		return err
	}
	k.Release(b, o)
	o.State, o.Lease, o.Asked = Refunded, Lease{Attempt: o.Attempt}, Asked{}
	announce(b, EventOrderRefunded, *o)
	return nil
}

func postpone(b *Book, o *Order, until int64, note string) {
	if o.putOff(until, note) {
		announce(b, EventOrderPostponed, *o)
	}
}

// soonest is when a provider that said Waiting is asked again.
func soonest(b *Book, out Outcome) int64 {
	return min(max(out.Until, b.Now()+Second), b.Now()+longest)
}

// whyWaiting says why something waits that nothing is in doubt about.
func whyWaiting(out Outcome) string {
	if out.Away {
		return "the provider can't be reached"
	}
	return noteWaiting
}

// noteOf says why something waits after an outcome that isn't certain.
func noteOf(out Outcome) string {
	if errors.As(out.Reason, new(unusable)) {
		return "the provider's answer can't be used"
	}
	return "no certain answer from the provider"
}

func backOff(attempt int64) int64 {
	if attempt > 8 {
		return slowest
	}
	return min(slowest, Second<<(attempt-1))
}

// Resolution is an operator's decision on an order that no certain answer came for.
type Resolution struct {
	Refund bool   // the operator has made sure that nothing exists and nothing will
	ASN    int64  // or: the AS number that was registered for it, see register
	Adopt  string // or: the provider's id of the machine that was made
}

// Resolve settles a paid order by a person's decision. It is refused with Busy while a process is working on it.
// Adopt reads the machine from its provider first.
func (d *Desk) Resolve(ctx context.Context, id string, r Resolution) (Receipt, error) {
	o, ok, err := d.Store.Order(ctx, id)
	if err != nil || !ok {
		return Receipt{}, orUnknown(err, "order_id", "Unknown order.")
	}
	if r.ASN != 0 {
		return d.register(ctx, o, r.ASN)
	}
	var out Outcome
	if !r.Refund {
		if out, err = d.describe(ctx, o, r.Adopt); err != nil {
			return Receipt{}, err
		}
		if err = d.unowned(ctx, o, out.ProviderRef); err != nil {
			return Receipt{}, err
		}
	}
	var receipt Receipt
	need := Need{Orders: []string{id}, Wallets: []string{o.UserID}}
	err = d.Store.Write(ctx, need, func(b *Book) error {
		now, _ := b.Order(id)
		if err := restful(b, now); err != nil {
			return err
		}
		if now.Provider != o.Provider { // what the person knows, and what was read above, is of another one
			return Errorf(Busy, "The order has gone on to the provider %s meanwhile; look again.", quoted(now.Provider))
		}
		if err := d.resolve(b, &now, out, r); err != nil {
			return err
		}
		o = b.PutOrder(now)
		receipt = Receipt{Order: o, Service: changed(b, o)}
		return nil
	})
	if err != nil { // decide may still be running: what it fills in is read after success only
		return Receipt{}, err
	}
	return receipt, nil
}

// resolve settles an order as a person decided. A refund is the end of it, whoever else might have made the thing.
func (d *Desk) resolve(b *Book, o *Order, out Outcome, r Resolution) error {
	o.Attempt++ // fences an attempt that is still out there
	announce(b, EventOrderResolved, *o)
	if r.Refund {
		return refund(b, d.kinds[o.Kind], o)
	}
	d.begin(b, o)
	return d.settle(b, o, out, nil)
}

// describe reads the thing that an operator wants to adopt.
func (d *Desk) describe(ctx context.Context, o Order, providerRef string) (Outcome, error) {
	var out Outcome
	if server, ok := d.Servers[o.Provider]; ok && o.Kind != KindNetwork {
		out = server.Describe(ctx, providerRef)
	} else if net, ok := d.Networks[o.Provider]; ok && o.Kind == KindNetwork {
		out = net.Describe(ctx, providerRef)
	} else {
		return out, Errorf(NotFound, "The provider %s of this order is not in the settings.", quoted(o.Provider))
	}
	out = d.heard(o, out)
	switch {
	case out.Verdict == Done:
		return out, nil
	case out.Verdict == Absent:
		return out, Errorf(NotFound, "The provider %s knows nothing under %s.", quoted(o.Provider), quoted(providerRef))
	case errors.As(out.Reason, new(unusable)):
		return out, Errorf(NotSupported, "What the provider %s says of %s can't be used.", quoted(o.Provider), quoted(providerRef)).Because(out.Reason)
	}
	return out, Errorf(Unavailable, "The provider %s did not answer; try again.", quoted(o.Provider)).Because(out.Reason)
}

// unowned refuses a machine that a service has already: the end of the one would delete what the other pays for. No index
// leads to it, but a person's decisions are few.
func (d *Desk) unowned(ctx context.Context, o Order, providerRef string) error {
	for s, err := range EachService(ctx, d.Store) {
		if err != nil {
			return err
		}
		if s.Provider == o.Provider && s.ProviderRef == providerRef && s.ID != o.ServiceID && s.Status != Terminated &&
			(s.Sort == NetworkService) == (o.Kind == KindNetwork) {
			return Errorf(Busy, "The service %s has %s already; a second one can't have it, too.", s.ID, quoted(providerRef))
		}
	}
	return nil
}

// restful refuses an order that is settled or that a process is working on now.
func restful(b *Book, o Order) error {
	if o.State != Paid {
		return decided(o)
	}
	if o.Holder != "" && !o.due(b) {
		return Errorf(Busy, "A process is working on this order; try again in %d seconds.", (o.DueAt-b.Clock())/Second+1)
	}
	return nil
}

func decided(o Order) error {
	return Errorf(Busy, "The order is %s already; there is nothing left to decide.", o.State)
}

// Retry makes a postponed order due at once.
func (d *Desk) Retry(ctx context.Context, id string) (Order, error) {
	var result Order
	err := d.Store.Write(ctx, Need{Orders: []string{id}}, func(b *Book) error {
		o, ok := b.Order(id)
		if !ok {
			return Unknown("order_id", "Unknown order.")
		}
		if err := restful(b, o); err != nil {
			return err
		}
		o.DueAt = b.Now()
		result = b.PutOrder(o)
		return nil
	})
	if err != nil {
		return Order{}, err
	}
	return result, nil
}
