package berth

import (
	"context"
	"sort"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind is one sort of order: how it is priced, done in the world, and recorded. No kind touches money.
type Kind interface {
	// Parameters are the wire names in the order of the endpoint's table; of several refusals the first counts.
	Parameters() []string
	// Check judges what can be judged without reading anything, and returns every refusal it finds.
	Check(r *Request) []*Error
	// Need names the rows that Quote reads.
	Need(r *Request) Need
	// Quote prices the request over the book: first all that doesn't exist, then stock and busy. It writes nothing.
	Quote(b *Book, r *Request) (Quote, error)
	// Open reserves what the paid order will deliver: stock, and the service that it changes.
	Open(b *Book, o *Order, q Quote)
	// Fulfil touches the world. It may be called again after a crash, then with a higher Attempt.
	Fulfil(ctx context.Context, d *Desk, o Order) Outcome
	// Deliver records a done order on its service.
	Deliver(b *Book, o *Order)
	// Release undoes Open, when the order is refunded.
	Release(b *Book, o *Order)
}

// Request is an order as somebody asks for it, with the parameters of every kind; each kind reads its own.
type Request struct {
	Kind       string
	UserID     string // the buyer
	KeyOwnerID string // the user of the API key, whose namespace the idempotency key is in

	IdempotencyKey string // "" for none; prefixed by its author, see KeyRef
	Canonical      []byte // path and decoded parameters, the same bytes for the same request
	Invalid        []*Error

	PlanID        string
	ServerID      string
	Sort          string // NetworkService when the service to renew is one, otherwise it is a server
	ImageID       int64
	ApplicationID int64
	Location      string
	Name          string
	Versions      string
	Password      string // root's; made when ""
	PaymentType   string // "" or "balance"
	Hours         int64  // 0 when absent
	NetworkID     string
	Cycle         string
	AutoRenew     bool
	Renews        int64 // set by the clock alone: the expiry that the service must still have, or nothing is renewed

	avoid map[string]int64 // providers that aren't called at present, as of the moment before the write
}

// edgePatience is how long the answer to a network order waits: an edge that answers has a session within a second or two,
// one that is away says nothing at all, and the customer has no router to connect yet.
const edgePatience = 5 * Second

// Patience is how long the answer to an order of a kind waits for what it asks of the world, in microseconds.
func (d *Desk) Patience(kind string) int64 {
	if kind == KindNetwork {
		return min(d.Policy.Patience, edgePatience)
	}
	return d.Policy.Patience
}

// Quote is the price of a request and what would happen.
type Quote struct {
	Kind       string // may differ from the request's: a change to the same plan is an extension
	Amount     int64  // minor units
	Difference int64  // minor units of Amount for time already paid
	Currency   string
	Terms      Terms
	Service    Service // the service as it is now; zero for an order that makes one
	Limited    bool    // the offer has a capacity: Terms.StockKey is counted
	Instant    bool    // nothing to fulfil: the order completes in its first write
}

// Policy holds the rules that an operator sets.
type Policy struct {
	MaxHours     int64          // hours an order may buy at most
	ScaleCredit  string         // ScaleProrated or ScaleNone
	Zone         *time.Location // of calendar months, order numbers and every date on the wire
	KeyWindow    int64          // microseconds that an idempotency key is remembered
	KeepPassword bool           // passwords stay sealed for good, and are answered always
	Lease        int64          // microseconds of one lease
	Patience     int64          // microseconds that an answer waits for the driver
	CallTimeout  int64          // microseconds that one driver call may take
}

// How a plan change treats the unused time of the old plan.
const (
	ScaleProrated = "prorated" // it is credited: the customer pays the difference
	ScaleNone     = "none"     // it isn't: the provider's documented figures
)

// DefaultPolicy is what holds without settings.
func DefaultPolicy() Policy {
	return Policy{
		MaxHours: 87600, ScaleCredit: ScaleProrated, Zone: time.UTC, KeyWindow: 48 * Hour,
		Lease: 5 * Second, Patience: 25 * Second, CallTimeout: 120 * Second,
	}
}

// firstRefusal picks the refusal whose parameter stands first in the endpoint's table; refusals of decoding win over
// refusals of the value.
func firstRefusal(k Kind, r *Request) *Error {
	refusals := append(append([]*Error(nil), r.Invalid...), k.Check(r)...)
	if len(refusals) == 0 {
		return nil
	}
	place := map[string]int{}
	for i, name := range k.Parameters() {
		place[name] = i
	}
	sort.SliceStable(refusals, func(i, j int) bool {
		return place[refusals[i].Parameter] < place[refusals[j].Parameter]
	})
	return refusals[0]
}

// checkCommon judges the parameters that every kind of order has.
func checkCommon(r *Request) (refusals []*Error) {
	if r.UserID == "" {
		refusals = append(refusals, Invalid("user_id", "user_id is required."))
	}
	switch r.PaymentType {
	case "", "balance":
	case "crypto":
		refusals = append(refusals, Invalid("type_payment", "type_payment crypto is not offered here; pay from the balance."))
	default:
		refusals = append(refusals, Invalid("type_payment", "type_payment must be balance."))
	}
	if !printable(r.Versions, 255) {
		refusals = append(refusals, Invalid("versions", "versions must be at most 255 printable characters."))
	}
	return refusals
}

// checkHours judges the hours of an order; 0 means absent and stands for a month.
func checkHours(r *Request, p *Policy) []*Error {
	if r.Hours < 0 || r.Hours > p.MaxHours {
		return []*Error{Invalid("hours", "hours must be between 1 and %d.", p.MaxHours)}
	}
	return nil
}

func hoursOrMonth(r *Request) int64 {
	if r.Hours == 0 {
		return HoursInMonth
	}
	return r.Hours
}

// printable reports whether text is at most limit characters, none of them a control character.
func printable(text string, limit int) bool {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > limit {
		return false
	}
	for _, c := range text {
		if !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}
