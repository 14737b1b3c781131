package berth

import (
	"context"
	"errors"
	"time"
)

// The billing cycles of network products.
const (
	Monthly = "monthly"
	Yearly  = "yearly"
)

// network buys a network service by calendar month or year.
type network struct{ policy *Policy }

// forPerson is how long an order sleeps that waits for a person.
const forPerson = 24 * Hour

func (network) Parameters() []string {
	return []string{"user_id", "network_id", "billing_cycle", "type_payment", "auto_renew", "versions"}
}

func (network) Check(r *Request) []*Error {
	refusals := checkCommon(r)
	if r.NetworkID == "" {
		refusals = append(refusals, Invalid("network_id", "network_id is required."))
	}
	if r.Cycle != Monthly && r.Cycle != Yearly {
		refusals = append(refusals, Invalid("billing_cycle", "billing_cycle must be monthly or yearly."))
	}
	return refusals
}

func (network) Need(r *Request) Need {
	return Need{Wallets: []string{r.UserID}, Catalogue: true}
}

func (k network) Quote(b *Book, r *Request) (Quote, error) {
	c, ok := b.Catalogue()
	if !ok {
		return Quote{}, nil
	}
	product, ok := c.Network(r.NetworkID)
	if !ok {
		return Quote{}, Unknown("network_id", "Unknown network: network_id %s.", quoted(r.NetworkID))
	}
	price := product.price(r.Cycle)
	if price == NotOffered {
		return Quote{}, Invalid("billing_cycle", "This network is not offered with billing_cycle %s.", r.Cycle)
	}
	q := Quote{
		Kind: KindNetwork, Amount: price, Currency: c.Currency,
		Terms: Terms{
			NetworkID: product.ID, Cycle: r.Cycle, Product: product.Name, Description: product.Description,
			Versions: r.Versions, Price: price, Provider: product.Provider, AutoRenew: r.AutoRenew,
			ExpiresAt: AddMonths(b.Now(), cycleMonths(r.Cycle), k.policy.Zone),
		},
	}
	return q, product.left(b, product.Name)
}

// price is that of a cycle, NotOffered when there is no such cycle.
func (n *NetworkProduct) price(cycle string) int64 {
	if cycle == Yearly {
		return n.Yearly
	}
	return n.Monthly
}

func cycleMonths(cycle string) int {
	if cycle == Yearly {
		return 12
	}
	return 1
}

func (network) Open(b *Book, o *Order, _ Quote) {
	o.ServiceID = o.ID
	c, ok := b.Catalogue()
	if !ok {
		return
	}
	if product, ok := c.Network(o.NetworkID); ok && product.any() {
		items, peering := product.take(b, o.ServiceID)
		o.Items, o.Peering = items, peering.text()
	}
}

// keep seals the password of a new order's session into its terms. One that waits for its number, for days perhaps, gets it
// with that: until then nobody has a use for it.
func (network) keep(o *Order, sealer Sealer, password string) {
	p, ok, err := ReadPeering(o.Peering)
	if err != nil || !ok || !p.Linked() || p.ASN == 0 {
		return
	}
	p.Password = sealer.Seal(PeeringRow(o.ServiceID), password[:min(len(password), peerPasswordLength)])
	o.Peering = p.text()
}

func (network) Fulfil(ctx context.Context, d *Desk, o Order) Outcome {
	driver, ok := d.Networks[o.Provider]
	if !ok {
		return d.noProvider(o)
	}
	if p, ok, err := ReadPeering(o.Peering); err != nil || ok && p.ASN == 0 {
		// A registration is a person's work, however long it takes: 'berth order complete' or 'refuse'.
		return Outcome{Verdict: Waiting, Idle: true, Until: d.Now() + forPerson, Reason: errors.Join(errors.New("an operator has to hand over its AS number"), err)}
	}
	ref := o.ref()
	spec := NetworkSpec{ServiceID: o.ServiceID, Product: o.NetworkID, UserID: o.UserID}
	return d.findOrMake(o, func() Outcome { return driver.Find(ctx, ref) },
		func() Outcome { return driver.Activate(ctx, ref, spec) })
}

func (k network) Deliver(b *Book, o *Order) {
	s := Service{
		ID: o.ServiceID, Sort: NetworkService, UserID: o.UserID, Status: Active, Name: o.Product, Price: o.Price,
		NetworkID: o.NetworkID, Cycle: o.Cycle, Product: o.Product, Provider: o.Provider, AutoRenew: o.AutoRenew,
		Result: o.Result, CreatedAt: o.CreatedAt, ExpiresAt: o.ExpiresAt, Allotment: o.Allotment, Peering: o.Peering,
		CycleDay: k.policy.dayOf(o.begun()),
	}
	advance(b, &s)
	b.PutService(s)
}

func (network) Release(b *Book, o *Order) {
	vacate(b, Service{ID: o.ServiceID, Allotment: o.Allotment})
}

// dayOf is the day of the month of an instant, in the zone of calendar months.
func (p *Policy) dayOf(instant int64) int64 { return int64(time.UnixMicro(instant).In(p.Zone).Day()) }

// nextCycle is a cycle later than an instant, on the day that the service's cycles end on: whoever bought on the 31st pays
// to the 28th of February and then again to the 31st of March.
func (p *Policy) nextCycle(s *Service, from int64) int64 {
	day := s.CycleDay
	switch {
	case from != s.ExpiresAt: // it begins anew
		day = p.dayOf(from)
	case day == 0: // made before the day was kept
		day = p.dayOf(s.CreatedAt)
	}
	to := AddMonths(from, cycleMonths(s.Cycle), p.Zone)
	t := time.UnixMicro(to).In(p.Zone)
	if now := p.dayOf(from); day <= now || now < int64(lastDay(time.UnixMicro(from).In(p.Zone))) {
		return to // the instant wasn't moved to a month's end before
	}
	return time.Date(t.Year(), t.Month(), min(int(day), lastDay(t)), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), p.Zone).UnixMicro()
}

// lastDay is the number of days of a month. Days are counted in UTC, since a zone may skip a midnight.
func lastDay(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -1).Day()
}

// AddMonths is the same local time some calendar months later in the zone; a day that the month lacks becomes its
// last (31 January and one month is the end of February). A local time that the change to summer time skips is
// moved on by the change, as the time package does.
func AddMonths(instant int64, months int, zone *time.Location) int64 {
	t := time.UnixMicro(instant).In(zone)
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	day := min(t.Day(), lastDay(first))
	return time.Date(first.Year(), first.Month(), day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone).UnixMicro()
}
