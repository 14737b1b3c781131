package berth

import (
	"context"
	"time"
)

// The billing cycles of network products.
const (
	Monthly = "monthly"
	Yearly  = "yearly"
)

// network buys a network service by calendar month or year.
type network struct{ policy *Policy }

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
	return Quote{
		Kind: KindNetwork, Amount: price, Currency: c.Currency,
		Terms: Terms{
			NetworkID: product.ID, Cycle: r.Cycle, Product: product.Name, Description: product.Description,
			Versions: r.Versions, Price: price, Provider: product.Provider, AutoRenew: r.AutoRenew,
			ExpiresAt: AddMonths(b.Now(), cycleMonths(r.Cycle), k.policy.Zone),
		},
	}, nil
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
}

func (network) Fulfil(ctx context.Context, d *Desk, o Order) Outcome {
	driver, ok := d.Networks[o.Provider]
	if !ok {
		return d.noProvider(o)
	}
	ref := o.ref()
	spec := NetworkSpec{ServiceID: o.ServiceID, Product: o.NetworkID, UserID: o.UserID}
	return d.findOrMake(o, func() Outcome { return driver.Find(ctx, ref) },
		func() Outcome { return driver.Activate(ctx, ref, spec) })
}

func (network) Deliver(b *Book, o *Order) {
	s := Service{
		ID: o.ServiceID, Sort: NetworkService, UserID: o.UserID, Status: Active, Name: o.Product, Price: o.Price,
		NetworkID: o.NetworkID, Cycle: o.Cycle, Product: o.Product, Provider: o.Provider, AutoRenew: o.AutoRenew,
		Result: o.Result, CreatedAt: o.CreatedAt, ExpiresAt: o.ExpiresAt,
	}
	advance(b, &s)
	b.PutService(s)
}

func (network) Release(b *Book, o *Order) {}

// AddMonths is the same local time some calendar months later in the zone; a day that the month lacks becomes its
// last (31 January and one month is the end of February). A local time that the change to summer time skips is
// moved on by the change, as the time package does.
func AddMonths(instant int64, months int, zone *time.Location) int64 {
	t := time.UnixMicro(instant).In(zone)
	// Days are counted in UTC: a zone may skip the midnight that its month begins with.
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	day := min(t.Day(), first.AddDate(0, 1, -1).Day())
	return time.Date(first.Year(), first.Month(), day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone).UnixMicro()
}
