package berth

import (
	"context"
	"errors"
	"slices"
	"strconv"
)

// renew adds hours to a server. There's nothing to fulfil: it completes in its first write.
type renew struct{ policy *Policy }

func (renew) Parameters() []string {
	return []string{"user_id", "server_id", "hours", "rental_duration", "type_payment", "auto_renew", "versions"}
}

func (k renew) Check(r *Request) []*Error {
	refusals := checkCommon(r)
	if r.ServerID == "" && r.Sort != NetworkService {
		refusals = append(refusals, Invalid("server_id", "server_id must not be empty."))
	} else if r.ServerID == "" {
		refusals = append(refusals, Invalid("id", "id must not be empty."))
	}
	return append(refusals, checkHours(r, k.policy)...)
}

func (renew) Need(r *Request) Need {
	return Need{Wallets: []string{r.UserID}, Services: []string{r.ServerID}, Catalogue: true}
}

func (k renew) Quote(b *Book, r *Request) (Quote, error) {
	s, err := extensible(b, r)
	if err != nil {
		return Quote{}, err
	}
	c, ok := b.Catalogue()
	if !ok {
		return Quote{}, nil
	}
	if err := renewable(s); err != nil {
		if s.Sort == NetworkService {
			return Quote{}, networkBusy()
		}
		return Quote{}, err
	}
	return k.quote(b, r, s, c), nil
}

// extensible is the service that a request extends: a server of the customer's own, or the one that the clock renews.
func extensible(b *Book, r *Request) (Service, error) {
	switch {
	case r.Renews != 0:
	case r.Sort == NetworkService:
		return ownNetwork(b, r.UserID, r.ServerID)
	default:
		return ownServer(b, r)
	}
	s, ok := b.Service(r.ServerID)
	if !ok || s.UserID != r.UserID || !renewing(&s) || s.ExpiresAt != r.Renews {
		return s, errNotDue
	}
	return s, nil
}

// errNotDue refuses a renewal that was decided on before something else happened. Nothing is lost: whatever happened
// has set the instant of the next look.
var errNotDue = Errorf(Busy, "The service has changed since its renewal was decided on.")

// quote prices an extension at the price of the day; what is no longer offered goes on at the price of the last
// purchase.
func (k renew) quote(b *Book, r *Request, s Service, c *Catalogue) Quote {
	hours := int64(0)
	if s.Sort == ServerService {
		hours = hoursOrMonth(r)
	}
	terms, amount := serviceTerms(s, hours), int64(0)
	terms.Price, amount = c.extension(&s, hours)
	terms.Versions, terms.ExpiresAt = r.Versions, extended(b, s)+hours*Hour
	if s.Sort == NetworkService {
		terms.ExpiresAt = k.policy.nextCycle(&s, extended(b, s))
	}
	return Quote{Kind: KindRenew, Amount: amount, Currency: c.Currency, Terms: terms, Service: s, Instant: true}
}

// extension is the price a month or cycle of a service, and what an extension costs: of hours for a server, by a cycle
// for a network.
func (c *Catalogue) extension(s *Service, hours int64) (price, amount int64) {
	price = s.Price
	if s.Sort == NetworkService {
		if n, ok := c.Network(s.NetworkID); ok {
			if now := n.price(s.Cycle); now != NotOffered {
				price = now
			}
		}
		return price, price
	}
	if plan, ok := c.Plan(s.PlanID); ok {
		price = plan.Price
	}
	return price, PriceOfHours(Money{Minor: price, Currency: c.Currency}, hours).Minor
}

// extended is the instant that bought hours are added to: the present expiry, or now for a server that was suspended
// at its expiry. While it still runs the old expiry counts, also when that has passed.
func extended(b *Book, s Service) int64 {
	if s.Status == Suspended {
		return max(b.Now(), s.ExpiresAt)
	}
	return s.ExpiresAt
}

func (renew) Open(b *Book, o *Order, q Quote)                      {}
func (renew) Fulfil(ctx context.Context, d *Desk, o Order) Outcome { return Outcome{Verdict: Done} }
func (renew) Release(b *Book, o *Order)                            {}

func (k renew) Deliver(b *Book, o *Order) {
	s, _ := b.Service(o.ServiceID)
	if from := extended(b, s); s.Sort == NetworkService && from != s.ExpiresAt {
		s.CycleDay = k.policy.dayOf(from) // what was bought late begins anew
	}
	s.ExpiresAt, s.Hours, s.Price = o.ExpiresAt, o.Hours, o.Price
	o.Result = s.Result
	advance(b, &s)
	b.PutService(s)
}

// scale moves a server to another plan and buys hours of it.
type scale struct{ policy *Policy }

func (scale) Parameters() []string {
	return []string{"user_id", "server_id", "plan_id", "hours", "rental_duration", "type_payment", "auto_renew", "versions"}
}

func (k scale) Check(r *Request) []*Error {
	refusals := renew(k).Check(r)
	if r.PlanID == "" {
		refusals = append(refusals, Invalid("plan_id", "plan_id must not be empty beside a server_id."))
	}
	return refusals
}

func (scale) Need(r *Request) Need { return renew{}.Need(r) }

func (k scale) Quote(b *Book, r *Request) (Quote, error) {
	s, err := ownServer(b, r)
	if err != nil {
		return Quote{}, err
	}
	c, ok := b.Catalogue()
	if !ok {
		return Quote{}, nil
	}
	plan, ok := c.Plan(r.PlanID)
	same := r.PlanID == s.PlanID // also when the plan isn't offered any more
	if !ok && !same {
		return Quote{}, Unknown("plan_id", "Unknown plan: plan_id %s.", quoted(r.PlanID))
	}
	if same || strconv.FormatInt(plan.ExternalID, 10) == s.PlanID {
		if r.Hours == 0 {
			return Quote{}, Invalid("plan_id", "The server already has this plan; give hours to extend it.")
		}
		if err := renewable(s); err != nil {
			return Quote{}, err
		}
		return renew(k).quote(b, r, s, c), nil
	}
	if plan.Disk < s.Disk {
		return Quote{}, Invalid("plan_id", "This plan has a disk of %d GB, smaller than the present %d GB.", plan.Disk, s.Disk)
	}
	offer, ok := plan.Offer(s.Location)
	if !ok || !slices.Contains(offer.Providers, s.Provider) {
		return Quote{}, Unknown("plan_id", "This plan is not offered where the server is: plan_id %s.", quoted(r.PlanID))
	}
	if err := idle(s); err != nil {
		return Quote{}, err
	}
	q := k.quote(b, r, s, plan, offer, c.Currency)
	q.Limited = offer.Capacity != Unlimited
	return q, available(b, q, plan)
}

// quote prices a plan change. Hours bought and time remaining are each rounded once, and the amount is their exact
// sum, so that a customer can check it. The old price is the one the service holds from its last purchase: a change
// of the catalogue can't create money.
func (k scale) quote(b *Book, r *Request, s Service, plan *Plan, offer Offer, currency string) Quote {
	hours := hoursOrMonth(r)
	rate := plan.Price
	if k.policy.ScaleCredit != ScaleNone {
		rate -= s.Price
	}
	remaining := max(0, s.ExpiresAt-b.Now()) / Second
	difference := UpgradeDifference(rate, remaining)
	terms := serviceTerms(s, hours)
	changed := planTerms(plan, offer, hours)
	terms.PlanID, terms.Product, terms.Description, terms.Price = changed.PlanID, changed.Product, changed.Description, changed.Price
	terms.Cores, terms.RAM, terms.Disk, terms.DiskType = changed.Cores, changed.RAM, changed.Disk, changed.DiskType
	terms.StockKey = changed.StockKey
	terms.Versions, terms.ExpiresAt = r.Versions, extended(b, s)+hours*Hour
	return Quote{
		Kind: KindScale, Amount: PriceOfHours(Money{Minor: plan.Price, Currency: currency}, hours).Minor + difference,
		Difference: difference, Currency: currency, Terms: terms, Service: s,
	}
}

// ownServer reads the server that a request names. Somebody else's is as unknown as none, so that ids can't be
// probed.
func ownServer(b *Book, r *Request) (Service, error) {
	s, ok := b.Service(r.ServerID)
	if !ok {
		if o, ok := b.Order(r.ServerID); ok && o.UserID == r.UserID && o.Kind == KindNewServer && o.State == Paid {
			return s, serverBusy()
		}
	}
	if !ok || s.UserID != r.UserID || s.Sort != ServerService || s.Status == Terminated {
		return s, Unknown("server_id", "Unknown server: server_id %s.", quoted(r.ServerID))
	}
	return s, nil
}

// idle refuses a second order or task on one service.
func idle(s Service) error {
	if s.OpenOrder != "" || s.Task.Do != "" {
		return serverBusy()
	}
	return nil
}

// renewable refuses what idle refuses, except that a service is extended whatever is being done to it: that changes
// nothing in the world, and the payment may be what ends a suspension. Only one that is being deleted isn't.
func renewable(s Service) error {
	if s.OpenOrder != "" || s.Task.Do == TaskDelete {
		return serverBusy()
	}
	return nil
}

func serverBusy() *Error {
	return &Error{Code: Busy, Parameter: "server_id", RetryAfter: 5,
		Message: "Another operation on this server is under way; try again when it is done."}
}

func serviceTerms(s Service, hours int64) Terms {
	return Terms{
		ServiceID: s.ID, PlanID: s.PlanID, ImageID: s.ImageID, ApplicationID: s.ApplicationID, Location: s.Location,
		Name: s.Name, Hours: hours, Product: s.Product, Description: s.Product, AutoRenew: s.AutoRenew, Price: s.Price,
		Cores: s.Cores, RAM: s.RAM, Disk: s.Disk, DiskType: s.DiskType, Provider: s.Provider, NetworkID: s.NetworkID, Cycle: s.Cycle,
	}
}

func (scale) Open(b *Book, o *Order, q Quote) {
	s, _ := b.Service(o.ServiceID)
	s.OpenOrder = o.ID
	o.ProviderRef = s.ProviderRef
	if q.Limited {
		occupy(b, o.StockKey, +1)
	}
	b.PutService(s)
}

func (k scale) Fulfil(ctx context.Context, d *Desk, o Order) Outcome {
	driver, ok := d.Servers[o.Provider]
	if !ok {
		return d.noProvider(o)
	}
	spec, err := d.serverSpec(o)
	if err != nil {
		return Outcome{Verdict: Waiting, Until: d.Now() + unconfigured, Reason: err, Idle: true}
	}
	switch gone, err := d.another(ctx, driver, Service{ID: o.ServiceID, Provider: o.Provider, Result: Result{ProviderRef: o.ProviderRef}}); {
	case err != nil:
		return Outcome{Verdict: Waiting, Until: d.Now() + unconfigured, Reason: err, Idle: true}
	case gone:
		return Outcome{Verdict: Refused, Reason: errors.New("the machine of this id is another service's")}
	}
	// Resizing to the same figures twice is harmless, so there's nothing to find out before a repeat.
	return driver.Resize(ctx, o.ref(), o.ProviderRef, spec)
}

func (scale) Deliver(b *Book, o *Order) {
	s, _ := b.Service(o.ServiceID)
	occupy(b, s.StockKey, -1)
	s.PlanID, s.Product, s.Price, s.Hours = o.PlanID, o.Product, o.Price, o.Hours
	s.Cores, s.RAM, s.Disk, s.DiskType = o.Cores, o.RAM, o.Disk, o.DiskType
	s.ExpiresAt, s.OpenOrder, s.StockKey = o.ExpiresAt, "", o.StockKey
	o.Result = s.Result
	advance(b, &s)
	b.PutService(s)
}

func (scale) Release(b *Book, o *Order) {
	s, _ := b.Service(o.ServiceID)
	occupy(b, o.StockKey, -1)
	s.OpenOrder = ""
	b.PutService(s)
}
