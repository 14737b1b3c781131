package berth

import (
	"context"
	"strconv"
	"strings"
)

// newServer buys hours of a plan and makes a machine.
type newServer struct {
	policy *Policy
	pools  map[string]string // by provider; see Desk.Pools
}

func (newServer) Parameters() []string {
	return []string{"user_id", "plan_id", "os_image_id", "application_id", "location", "name_server",
		"rental_duration", "hours", "password", "type_payment", "auto_renew", "versions"}
}

func (k newServer) Check(r *Request) []*Error {
	refusals := checkCommon(r)
	refuse := func(parameter, text string) { refusals = append(refusals, Invalid(parameter, "%s", text)) }
	if r.PlanID == "" {
		refuse("plan_id", "plan_id is required.")
	}
	switch {
	case r.ImageID == 0 && r.ApplicationID == 0:
		refuse("os_image_id", "os_image_id is required, unless application_id is given instead.")
	case r.ImageID != 0 && r.ApplicationID != 0:
		refuse("os_image_id", "Give os_image_id or application_id, not both.")
	}
	if r.Name != "" && !printable(r.Name, 100) {
		refuse("name_server", "name_server must be 1 to 100 printable characters.")
	}
	if r.Password != "" && (!printable(r.Password, 128) || len([]rune(r.Password)) < 6) {
		refuse("password", "password must be 6 to 128 printable characters.")
	}
	return append(refusals, checkHours(r, k.policy)...)
}

func (newServer) Need(r *Request) Need {
	return Need{Wallets: []string{r.UserID}, Catalogue: true}
}

func (k newServer) Quote(b *Book, r *Request) (Quote, error) {
	c, ok := b.Catalogue()
	if !ok {
		return Quote{}, nil
	}
	plan, offer, err := c.choose(r)
	if err != nil {
		return Quote{}, err
	}
	q := Quote{
		Kind:     KindNewServer,
		Amount:   PriceOfHours(Money{Minor: plan.Price, Currency: c.Currency}, hoursOrMonth(r)).Minor,
		Currency: c.Currency,
		Terms:    planTerms(plan, offer, hoursOrMonth(r)),
	}
	q.Terms.Provider, q.Terms.Others = route(offer.Providers, r.avoid)
	q.Terms.ImageID, q.Terms.ApplicationID = r.ImageID, r.ApplicationID
	q.Terms.Name, q.Terms.Versions, q.Terms.AutoRenew = r.Name, r.Versions, r.AutoRenew
	q.Terms.ExpiresAt = b.Now() + q.Terms.Hours*Hour
	q.Limited = offer.Capacity != Unlimited
	if err := available(b, q, plan); err != nil {
		return q, err
	}
	for err = spare(b, k.pools[q.Terms.Provider], offer.Location); err != nil && q.Terms.Others != ""; {
		q.Terms.Provider, q.Terms.Others = route(strings.Split(q.Terms.Others, ","), r.avoid) // its pool is empty
		err = spare(b, k.pools[q.Terms.Provider], offer.Location)
	}
	return q, err
}

// choose finds plan, image or application, and location of a new server, in the order of the endpoint's table: first
// the location that is lacking, then all that doesn't exist.
func (c *Catalogue) choose(r *Request) (*Plan, Offer, error) {
	plan, ok := c.Plan(r.PlanID)
	if !ok {
		return nil, Offer{}, Unknown("plan_id", "Unknown plan: plan_id %s.", quoted(r.PlanID))
	}
	location := r.Location
	if location == "" {
		location = c.DefaultLocation
		if _, ok := plan.Offer(location); !ok && len(plan.Offers) == 1 {
			location = plan.Offers[0].Location
		}
	}
	offer, offered := plan.Offer(location)
	switch {
	case !offered && r.Location == "":
		return nil, Offer{}, Invalid("location", "location is required: this plan is offered at several.")
	case r.ImageID != 0 && !contains(plan.Images, r.ImageID):
		return nil, Offer{}, Unknown("os_image_id", "Unknown image for this plan: os_image_id %d.", r.ImageID)
	case r.ApplicationID != 0 && !contains(plan.Applications, r.ApplicationID):
		return nil, Offer{}, Unknown("application_id", "Unknown application for this plan: application_id %d.", r.ApplicationID)
	case !offered:
		return nil, Offer{}, Unknown("location", "Unknown location for this plan: location %s.", quoted(r.Location))
	}
	return plan, offer, nil
}

func planTerms(plan *Plan, offer Offer, hours int64) Terms {
	return Terms{
		PlanID: strconv.FormatInt(plan.ExternalID, 10), Location: offer.Location,
		Hours: hours, Product: plan.Name, Description: plan.Name, Price: plan.Price,
		Cores: plan.Cores, RAM: plan.RAM, Disk: plan.Disk, DiskType: plan.DiskType,
		StockKey: StockKey(plan.ID, offer.Location),
	}
}

// available refuses a limited offer that has none left.
func available(b *Book, q Quote, plan *Plan) error {
	if !q.Limited {
		return nil
	}
	if s, ok := b.Stock(q.Terms.StockKey); !ok || s.Used >= s.Capacity {
		return &Error{Code: OutOfStock, Parameter: "plan_id",
			Message: "The plan " + plan.Name + " is out of stock at " + q.Terms.Location + "."}
	}
	return nil
}

func (k newServer) Open(b *Book, o *Order, q Quote) {
	o.ServiceID = o.ID
	if o.Name == "" {
		o.Name = "server-" + o.ID[24:]
	}
	if q.Limited {
		occupy(b, o.StockKey, +1)
	}
	o.Allotment = allot(b, k.pools[o.Provider], o.ServiceID)
}

// occupy counts a server in or out of a stock row, where there is one with a limit. Without one nothing is counted;
// a limit that comes later counts what is there.
func occupy(b *Book, key string, delta int64) {
	if key == "" {
		return
	}
	if s, ok := b.Stock(key); ok && s.Capacity != Unlimited {
		s.Used += delta
		b.PutStock(s)
	}
}

func (k newServer) Fulfil(ctx context.Context, d *Desk, o Order) Outcome {
	driver, ok := d.Servers[o.Provider]
	if !ok {
		return d.noProvider(o)
	}
	spec, err := d.serverSpec(o)
	if err != nil {
		return Outcome{Verdict: Waiting, Until: d.Now() + unconfigured, Reason: err, Idle: true}
	}
	ref := o.ref()
	return d.findOrMake(o, func() Outcome { return driver.Find(ctx, ref) },
		func() Outcome { return driver.Create(ctx, ref, spec) })
}

func (k newServer) Deliver(b *Book, o *Order) {
	if o.ServerNo == 0 {
		o.ServerNo = b.Next("server")
	}
	s := Service{
		ID: o.ServiceID, Sort: ServerService, UserID: o.UserID, Status: Active, Name: o.Name, PlanID: o.PlanID,
		Cores: o.Cores, RAM: o.RAM, Disk: o.Disk, DiskType: o.DiskType, Price: o.Price, Hours: o.Hours,
		Location: o.Location, ImageID: o.ImageID, ApplicationID: o.ApplicationID, Product: o.Product,
		Provider: o.Provider, StockKey: o.StockKey, AutoRenew: o.AutoRenew, Allotment: o.Allotment,
		Result: o.Result, CreatedAt: o.CreatedAt, ExpiresAt: o.ExpiresAt,
	}
	advance(b, &s)
	b.PutService(s)
}

func (k newServer) Release(b *Book, o *Order) {
	occupy(b, o.StockKey, -1)
	vacate(b, Service{ID: o.ServiceID, Allotment: o.Allotment})
}

func contains(ids []int64, id int64) bool {
	for _, have := range ids {
		if have == id {
			return true
		}
	}
	return false
}

// quoted repeats a client's value in a message only when it is short and plain.
func quoted(value string) string {
	if len(value) <= 64 && printable(value, 64) {
		return value
	}
	return "(too long or not printable)"
}
