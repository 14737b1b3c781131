package berth

import "context"

// Desk is the order desk: every entrance to the business. The HTTP surface, the worker, the clock and the operator's
// commands all come through it, so that no order has a path of its own. It holds no state; any number of desks may
// work on one Store.
type Desk struct {
	Store       Store
	Servers     map[string]ServerDriver // by provider name
	Networks    map[string]NetworkDriver
	Pools       map[string]string // by provider name: the pool that its servers get their addresses from, if any
	Edges       map[string]uint32 // by provider name: the AS number that its edge speaks with, which is nobody else's
	Sealer      Sealer
	Evidence    Evidence // what registries say of customers' own prefixes; nil for nothing
	Policy      Policy
	Replica     string        // names this process as holder of leases
	Now         func() int64  // microseconds UTC
	NewPassword func() string // 20 letters and digits
	Gate        Gate          // nil for calling every provider at any time
	kinds       map[string]Kind
}

// NewDesk completes a desk whose exported fields are set.
func NewDesk(d Desk) *Desk {
	p := &d.Policy
	d.kinds = map[string]Kind{
		KindNewServer: newServer{p, d.Pools}, KindRenew: renew{p}, KindScale: scale{p}, KindNetwork: network{p},
	}
	return &d
}

// Receipt is an order as its buyer may see it.
type Receipt struct {
	Order    Order
	Service  Service // the service that the order changed; zero for an order that makes one
	Password string  // root's in clear, only for the order that made the server and its replay
	Replayed bool    // an earlier request with this idempotency key made the order
}

// Place takes an order: it prices the request, debits the wallet and writes order, service, event and idempotency
// key in one commit, leased to this process. Whoever places it then calls Fulfil, unless the receipt's order is
// settled or Replayed.
//
// Errors are refusals with nothing written (any code of the contract but Internal), or Unavailable when the fate of
// the commit isn't known: then the order, if it exists, is fulfilled by a worker, and a repeat under the same
// idempotency key tells.
func (d *Desk) Place(ctx context.Context, r *Request) (Receipt, error) {
	k := d.kinds[r.Kind]
	refusal := firstRefusal(k, r)
	if refusal != nil && r.IdempotencyKey == "" {
		return Receipt{}, refusal
	}
	if (r.Kind == KindNewServer || r.Kind == KindNetwork) && r.Password == "" {
		r.Password = d.NewPassword()
	}
	need, ref, mark := k.Need(r), KeyID(r.KeyOwnerID, r.IdempotencyKey), ""
	if r.IdempotencyKey != "" {
		need.Keys = append(need.Keys, ref)
		mark = d.Sealer.Mark(r.Canonical)
	}
	r.avoid = d.shut()
	var receipt Receipt
	err := d.Store.Write(ctx, need, func(b *Book) (err error) {
		if r.IdempotencyKey != "" {
			var known bool
			if receipt, known, err = recall(b, ref, mark); known || err != nil {
				return err
			}
		}
		if refusal != nil {
			return refusal
		}
		q, err := k.Quote(b, r)
		if err != nil {
			return err
		}
		receipt, err = d.open(b, r, q)
		if err == nil && r.IdempotencyKey != "" {
			b.PutKey(Key{ID: ref, Mark: mark, OrderID: receipt.Order.ID, ExpiresAt: b.Now() + d.Policy.KeyWindow})
		}
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	return d.reveal(receipt)
}

// recall answers a known idempotency key: the same request again is replayed, unless its first sender may still be
// waiting; another request is a mismatch.
func recall(b *Book, ref, mark string) (r Receipt, known bool, err error) {
	key, ok := b.Key(ref)
	if !ok {
		return r, false, nil
	}
	if key.Mark != mark {
		return r, true, Errorf(IdempotencyMismatch, "This Idempotency-Key was used before with another request.")
	}
	if b.KeyInFlight(ref) {
		return r, true, inProgress()
	}
	o, ok := b.Order(key.OrderID)
	if !ok {
		return r, true, Errorf(Internal, "An internal error occurred; it has been logged.")
	}
	if o.Waiting(b.Clock()) {
		return r, true, inProgress()
	}
	return Receipt{Order: o, Service: changed(b, o), Replayed: true}, true, nil
}

func inProgress() *Error {
	return &Error{Code: InProgress, RetryAfter: 1, Message: "A request with this Idempotency-Key is still running."}
}

// open writes the paid order: money first, then everything that depends on it.
func (d *Desk) open(b *Book, r *Request, q Quote) (Receipt, error) {
	w, _ := b.Wallet(r.UserID)
	o := Order{
		ID: b.NewID(), Kind: q.Kind, UserID: r.UserID, State: Paid, Amount: q.Amount, Difference: q.Difference,
		BalanceBefore: w.Balance, Currency: q.Currency, Terms: q.Terms, CreatedAt: b.Now(),
		Lease: Lease{Attempt: 1, Holder: d.Replica, DueAt: b.Now() + d.Policy.Lease, AnswerBy: b.Now() + d.Patience(q.Kind)},
	}
	if c, ok := b.Catalogue(); ok {
		o.CatalogueVersion = c.Version
	}
	if w.Currency != "" && w.Currency != q.Currency {
		return Receipt{}, Invalid("user_id", "The wallet holds %s, the price is in %s.", w.Currency, q.Currency)
	}
	o.Number = orderNumber(o.ID, b.Now(), d.Policy.Zone)
	if _, err := b.Post(Entry{UserID: o.UserID, Amount: -o.Amount, Contra: AccountSales, OrderID: o.ID}); err != nil {
		return Receipt{}, err
	}
	if o.Kind == KindNewServer {
		o.Password = d.Sealer.Seal(passwordRow(o.ID), r.Password)
	}
	k := d.kinds[q.Kind]
	k.Open(b, &o, q)
	if n, ok := k.(network); ok {
		n.keep(&o, d.Sealer, r.Password)
	}
	announce(b, EventOrderPaid, o)
	if q.Instant {
		complete(b, k, &o)
	}
	o = b.PutOrder(o)
	return Receipt{Order: o, Service: changed(b, o)}, nil
}

// changed is the service that an order changes; an order that makes one tells everything itself.
func changed(b *Book, o Order) (s Service) {
	if !o.Makes() {
		s, _ = b.Service(o.ServiceID)
	}
	return s
}

func passwordRow(orderID string) string { return "orders/" + orderID }

func announce(b *Book, name string, o Order) {
	b.Announce(Event{Name: name, UserID: o.UserID, OrderID: o.ID, ServiceID: o.ServiceID, Amount: o.Amount, Detail: o.Kind})
}

// complete records a done order.
func complete(b *Book, k Kind, o *Order) {
	k.Deliver(b, o)
	o.State, o.Lease, o.Asked = Completed, Lease{Attempt: o.Attempt}, Asked{}
	announce(b, EventOrderCompleted, *o)
}

// reveal puts the password in clear into the receipt of the order that made a server.
func (d *Desk) reveal(r Receipt) (Receipt, error) {
	if r.Order.Password == "" {
		return r, nil
	}
	text, err := d.Sealer.Open(passwordRow(r.Order.ID), r.Order.Password)
	if err != nil {
		return r, Errorf(Internal, "An internal error occurred; it has been logged.").Because(err)
	}
	r.Password = text
	return r, nil
}

// Reveal reads the receipt of a stored order again, password included: for an answer that outlived its patience,
// and for readers where the operator keeps passwords.
func (d *Desk) Reveal(ctx context.Context, orderID string) (Receipt, error) {
	o, ok, err := d.Store.Order(ctx, orderID)
	if err != nil || !ok {
		return Receipt{}, orUnknown(err, "order_id", "Unknown order.")
	}
	var s Service
	if !o.Makes() {
		if s, _, err = d.Store.Service(ctx, o.ServiceID); err != nil {
			return Receipt{}, err
		}
	}
	return d.reveal(Receipt{Order: o, Service: s})
}

func orUnknown(err error, parameter, text string) error {
	if err != nil {
		return err
	}
	return Unknown(parameter, "%s", text)
}

// Estimate is what an order would cost and do at this moment.
type Estimate struct {
	Quote
	BalanceBefore int64 // minor units
	At            int64 // the instant it holds for, microseconds UTC
}

// errNothing ends a decide that was only asked a question.
var errNothing = Errorf(Internal, "nothing is written")

// Quote prices a request by the same steps as Place and writes nothing. It is refused as the order would be, except
// for the balance, which the estimate shows.
func (d *Desk) Quote(ctx context.Context, r *Request) (Estimate, error) {
	k := d.kinds[r.Kind]
	if refusal := firstRefusal(k, r); refusal != nil {
		return Estimate{}, refusal
	}
	r.avoid = d.shut()
	var e Estimate
	err := d.Store.Write(ctx, k.Need(r), func(b *Book) error {
		q, err := k.Quote(b, r)
		if err != nil {
			return err
		}
		w, _ := b.Wallet(r.UserID)
		e = Estimate{Quote: q, BalanceBefore: w.Balance, At: b.Now()}
		return errNothing
	})
	if err != errNothing {
		return Estimate{}, err
	}
	return e, nil
}
