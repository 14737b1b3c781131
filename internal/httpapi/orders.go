package httpapi

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/berth-host/berth"
)

// createOrder is POST /API/orders/create_order: new server, extension and plan change on one URL.
func (s *server) createOrder(c *call) (any, error) {
	receipt, err := s.place(c, s.serverOrder(c))
	if err != nil {
		return nil, err
	}
	if receipt.Order.Kind == berth.KindNewServer {
		return s.purchase(c, receipt)
	}
	return s.change(c, receipt)
}

// createNetworkOrder is POST /API/orders/create_order_network.
func (s *server) createNetworkOrder(c *call) (any, error) {
	receipt, err := s.place(c, s.networkOrder(c))
	if err != nil {
		return nil, err
	}
	return s.networkAnswer(c, receipt), nil
}

// place hands the order over, and makes an error of one that was refunded.
func (s *server) place(c *call, r *berth.Request) (berth.Receipt, error) {
	if c.idempotencyKey != "" {
		r.IdempotencyKey = "api/" + c.idempotencyKey
	}
	limit := time.Duration(s.Desk.Policy.Patience)*time.Microsecond + s.Headroom
	ctx, cancel := context.WithTimeout(c.http.Context(), limit)
	defer cancel()
	receipt, err := s.Place(ctx, r)
	if err != nil {
		return receipt, err
	}
	o := receipt.Order
	c.orderID = o.ID
	if receipt.Replayed {
		c.header.Set("Idempotency-Replayed", "true")
	}
	if o.State == berth.Refunded {
		return receipt, berth.Errorf(berth.ProviderRefused,
			"The provider refused the order %s; %s %s were returned to the wallet.", o.Number, berth.FormatMinor(o.Amount), o.Currency)
	}
	return receipt, nil
}

// serverOrder reads the parameters of create_order. No parameter says which of its operations is meant; which ones
// are present does. One with a server_id, however empty, is never a new server: a panel's renewal that lost its id
// must fail, and not buy a machine.
func (s *server) serverOrder(c *call) *berth.Request {
	p := c.in.params
	switch {
	case p.given("domain_name"):
		return s.domainOrder(c)
	case p.present("server_id") && p.present("plan_id"):
		return s.scaleOrder(c)
	case p.present("server_id"):
		return s.renewOrder(c)
	}
	return s.newServerOrder(c)
}

func (s *server) newServerOrder(c *call) *berth.Request {
	r := s.request(c, berth.KindNewServer)
	r.PlanID = c.in.id("plan_id", required)
	r.ImageID = s.number(c, "os_image_id")
	r.ApplicationID = s.number(c, "application_id")
	r.Location = c.in.text("location", optional)
	r.Name = s.free(c, "name_server")
	r.Hours = s.hours(c, "rental_duration", "hours")
	r.Password = s.free(c, "password")
	s.common(c, r)
	r.AutoRenew, _ = c.in.boolean("auto_renew", optional)
	return s.complete(c, r)
}

// renewOrder and scaleOrder leave auto_renew out: it is ignored there, as a known panel adds it to every call.
func (s *server) renewOrder(c *call) *berth.Request {
	r := s.request(c, berth.KindRenew)
	r.ServerID = c.in.id("server_id", required)
	r.Hours = s.hours(c, "hours", "rental_duration")
	s.common(c, r)
	return s.complete(c, r)
}

func (s *server) scaleOrder(c *call) *berth.Request {
	r := s.request(c, berth.KindScale)
	r.ServerID = c.in.id("server_id", required)
	r.PlanID = c.in.id("plan_id", required)
	r.Hours = s.hours(c, "hours", "rental_duration")
	s.common(c, r)
	return s.complete(c, r)
}

func (s *server) networkOrder(c *call) *berth.Request {
	r := s.request(c, berth.KindNetwork)
	r.NetworkID = c.in.id("network_id", required)
	r.Cycle = c.in.text("billing_cycle", required)
	s.common(c, r)
	r.AutoRenew, _ = c.in.boolean("auto_renew", optional)
	return s.complete(c, r)
}

// domainOrder is what the provider takes on the same URL and Berth doesn't yet. The refusal goes the way of all
// others, because a used idempotency key is judged before it.
func (s *server) domainOrder(c *call) *berth.Request {
	r := s.request(c, berth.KindNewServer)
	c.in.text("domain_name", required)
	r = s.complete(c, r)
	r.Invalid = append(r.Invalid, berth.Unknown("domain_name", "Domains can't be ordered here: domain_name."))
	return r
}

func (s *server) request(c *call, kind string) *berth.Request {
	return &berth.Request{Kind: kind, UserID: c.user.ID, KeyOwnerID: c.owner.ID}
}

// common reads what every order may have.
func (s *server) common(c *call, r *berth.Request) {
	r.PaymentType = c.in.text("type_payment", optional)
	r.Versions = c.in.text("versions", optional)
}

// complete passes on what was refused so far: Place judges it at its place among all checks, after the idempotency
// key. The canonical form begins with the path, since the same parameters on another path are another request.
func (s *server) complete(c *call, r *berth.Request) *berth.Request {
	if c.in.refusal != nil {
		r.Invalid = append(r.Invalid, c.in.refusal)
	}
	r.Canonical = c.in.canonical(append([]byte(c.route.path), '\n'))
	return r
}

// hours are the hours to buy, 0 when they were left out. Both names mean the same; the limit is the policy's.
func (s *server) hours(c *call, name, alias string) int64 {
	n, _ := c.in.integer(name, optional, 1, s.Desk.Policy.MaxHours, alias)
	return n
}

// number is the id of an image or application, which are small numbers; 0 when it was left out.
func (s *server) number(c *call, name string) int64 {
	n, _ := c.in.integer(name, optional, 1, math.MaxInt32)
	return n
}

// free is a text whose length is the business's to judge; the body's limit bounds it here.
func (s *server) free(c *call, name string) string {
	return c.in.textUpTo(name, optional, maxBody)
}

// quote is POST /API/orders/quote: the body of an order in, what would happen out, nothing written.
func (s *server) quote(c *call) (any, error) {
	var r *berth.Request
	if c.in.params.present("network_id") {
		r = s.networkOrder(c)
	} else {
		r = s.serverOrder(c)
	}
	e, err := s.Desk.Quote(c.http.Context(), r)
	if err != nil {
		return nil, err
	}
	return s.quoteAnswer(e), nil
}

// patient lets the connection live as long as the answer may take, whatever the server's general write time-out is.
func (s *server) patient(w http.ResponseWriter) {
	limit := time.Duration(s.Desk.Policy.Patience)*time.Microsecond + 2*s.Headroom
	// A connection without deadlines, as in a test, has none to be moved.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit))
}
