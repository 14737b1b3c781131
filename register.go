package berth

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

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
	// A number never leaves its pool, so none joins it for an order that has no use for it. The write judges once more.
	if o.State != Paid {
		return Receipt{}, decided(o)
	}
	if _, err := awaiting(o); err != nil {
		return Receipt{}, err
	}
	pool := Pool{Name: sponsoredPool, Kind: ASNPool, Ranges: []Range{{First: asn, Last: asn}}}
	if err := d.registrable(ctx, pool); err != nil {
		return Receipt{}, err
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

// awaiting is the session of an order that waits for its number, and refuses any other.
func awaiting(o Order) (Peering, error) {
	p, ok, err := ReadPeering(o.Peering)
	if err != nil || !ok || p.ASN != 0 {
		return p, Invalid("order_id", "This order doesn't wait for an AS number.")
	}
	return p, nil
}

// registered gives an order the number of the pool "sponsored" that an operator names.
func registered(b *Book, o Order, value string) (Order, error) {
	p, err := awaiting(o)
	if err != nil {
		return o, err
	}
	pool, _ := b.Pool(sponsoredPool)
	place, _ := pool.Place(value)
	i, given := b.Item(ItemID(sponsoredPool, place))
	switch {
	case i.Owner != "":
		return o, &Error{Code: Busy, Parameter: "asn", Message: "AS" + value + " belongs to service " + i.Owner + "."}
	case given && i.FreeAt == Forever, pool.reserved(place):
		return o, &Error{Code: Busy, Parameter: "asn", Message: "AS" + value + " is retired; 'pool release " + sponsoredPool + " " + value + "' brings it back."}
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

// sellsRegistered refuses a product that would give a number which was registered for one customer to another. Not when a
// catalogue is read: one that was applied before this was looked at must stay readable.
func (c *Catalogue) sellsRegistered() error {
	for i := range c.Networks {
		if n := &c.Networks[i]; n.ASNs == sponsoredPool {
			return fmt.Errorf("network %q: asns is the pool %s, whose numbers were registered for single customers: give another pool, or sponsored: true", n.Name, sponsoredPool)
		}
	}
	return nil
}

// ownNumber is the first edge of the settings, by name, whose own AS number is in a range. No session has it at both ends.
func (d *Desk) ownNumber(r Range) (edge string, asn int64, own bool) {
	for _, name := range slices.Sorted(maps.Keys(d.Edges)) {
		if asn = int64(d.Edges[name]); asn >= r.First && asn <= r.Last {
			return name, asn, true
		}
	}
	return "", 0, false
}

// registrable refuses a number that can't be a single customer's, and has the pool "sponsored" hold it otherwise. The pool's own
// rules have the last word, under its lock; what is judged here before names the field that the operator knows.
func (d *Desk) registrable(ctx context.Context, one Pool) error {
	value := one.At(0)
	if edge, _, own := d.ownNumber(one.Ranges[0]); own {
		return Invalid("asn", "AS%s is the operator's own: the edge %s speaks with it (providers.%s.asn in the settings). Give the number that was registered for this customer.", value, edge, edge)
	}
	pools, err := d.Store.Pools(ctx, d.Now())
	if err != nil {
		return err
	}
	for i := range pools {
		place, holds := pools[i].Place(value)
		switch {
		case !holds || pools[i].Kind != ASNPool || pools[i].RemovedAt != 0:
			continue
		case pools[i].Name == sponsoredPool:
			return nil
		}
		items, err := d.Store.PoolItems(ctx, pools[i].Name, place-1, 1)
		if err != nil {
			return err
		}
		if len(items) == 1 && items[0].Place == place && items[0].Owner != "" {
			return &Error{Code: Busy, Parameter: "asn", Message: "AS" + value + " belongs to service " + items[0].Owner + ", which has it from the pool " + pools[i].Name + "."}
		}
		return Invalid("asn", "AS%s is of the pool %s, which gives it to its own orders. Give the number that was registered for this customer.", value, pools[i].Name)
	}
	if _, err = d.AddPool(ctx, one); err != nil {
		e := *AsError(err)
		e.Parameter = "asn" // and not the field of 'pool add'
		return &e
	}
	return nil
}
