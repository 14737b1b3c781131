package fault

import "github.com/berth-host/berth"

// Switch breaks the code on purpose, each in one place, so that a test can show that the mistake is noticed. They
// lie at the ports, which is as good as a mistake behind them.
type Switch string

// The switches.
const (
	Sound Switch = ""

	// In the store, around every decide.
	ForgetsKeys   Switch = "forgets keys"   // an idempotency key that was used before isn't found
	NeverReplays  Switch = "never replays"  // a used idempotency key is in progress for ever
	RefundsTwice  Switch = "refunds twice"  // a refund is posted twice
	KeepsStock    Switch = "keeps stock"    // a refunded server's place stays taken
	Oversells     Switch = "oversells"      // what is sold of a limited offer isn't seen
	KeepsAttempt  Switch = "keeps attempt"  // taking a lease doesn't raise the fencing number
	AnyAttempt    Switch = "any attempt"    // a settle counts whichever attempt it comes from
	DropsRenewals Switch = "drops renewals" // leases aren't prolonged
	ForgetsDoubt  Switch = "forgets doubt"  // an unresolved attempt leaves no mark
	NothingIsDue  Switch = "nothing is due" // orders of dead processes are never found
	ClocksAgree   Switch = "clocks agree"   // a clock that is off goes unnoticed
	NothingSeals  Switch = "nothing seals"  // no batch ever gets its place in the chain

	// Between batcher and engine.
	AnswersEarly       Switch = "answers early"        // callers hear of a commit before it has happened
	UnknownIsFailed    Switch = "unknown is failed"    // an unanswered commit counts as failed
	UnknownIsCommitted Switch = "unknown is committed" // an unanswered commit counts as done

	// At the drivers.
	UnresolvedIsRefused Switch = "unresolved is refused" // no answer is told as a certain no
	RefusedIsDone       Switch = "refused is done"       // a certain no is told as success
	AbsentTooEarly      Switch = "absent too early"      // Find is certain while an earlier call may still make something
	NoIdentity          Switch = "no identity"           // every call makes another machine
	ChangesOvertake     Switch = "changes overtake"      // a late change of a server undoes a later one
)

// decide wraps the decide of a write.
func (s Switch) decide(need berth.Need, decide func(*berth.Book) error) func(*berth.Book) error {
	switch s {
	case ForgetsKeys:
		return func(b *berth.Book) error {
			for _, id := range need.Keys {
				if k, ok := b.Key(id); ok {
					k.ExpiresAt = b.Now()
					b.PutKey(k)
				}
			}
			return decide(b)
		}
	case NeverReplays:
		return func(b *berth.Book) error {
			for _, id := range need.Keys {
				if _, known := b.Key(id); known {
					return berth.Errorf(berth.InProgress, "A request with this Idempotency-Key is still running.")
				}
			}
			return decide(b)
		}
	case Oversells:
		return func(b *berth.Book) error {
			if need.Catalogue {
				forgetSold(b)
			}
			return decide(b)
		}
	case AnyAttempt:
		return func(b *berth.Book) error { return anyAttempt(b, need, decide) }
	case ForgetsDoubt:
		return func(b *berth.Book) error {
			for _, id := range need.Orders {
				if o, ok := b.Order(id); ok && o.Doubt {
					o.Doubt = false
					b.PutOrder(o)
				}
			}
			return decide(b)
		}
	case RefundsTwice, KeepsStock, KeepsAttempt, DropsRenewals:
		return func(b *berth.Book) error {
			before, services := map[string]berth.Order{}, map[string]berth.Service{}
			for _, id := range need.Services {
				services[id], _ = b.Service(id)
			}
			for _, id := range need.Orders {
				before[id], _ = b.Order(id)
			}
			err := decide(b)
			for _, id := range need.Orders {
				if after, ok := b.Order(id); ok && err == nil {
					s.spoil(b, before[id], after)
				}
			}
			for _, id := range need.Services {
				if after, ok := b.Service(id); ok && err == nil && s == DropsRenewals {
					dropRenewal(b, services[id], after)
				}
			}
			return err
		}
	}
	return decide
}

// anyAttempt shows decide its order as of one attempt after the other, the newest first, until it changes something.
func anyAttempt(b *berth.Book, need berth.Need, decide func(*berth.Book) error) error {
	if len(need.Orders) != 1 {
		return decide(b)
	}
	row, _ := b.Order(need.Orders[0])
	for attempt := row.Attempt; ; attempt-- {
		shown := row
		shown.Attempt = attempt
		b.PutOrder(shown)
		err := decide(b)
		after, _ := b.Order(row.ID)
		changed := after.State != row.State || after.Holder != row.Holder || after.DueAt != row.DueAt
		if after.Attempt == attempt {
			after.Attempt = row.Attempt
			b.PutOrder(after)
		}
		if changed || attempt <= 1 || err != nil {
			return err
		}
	}
}

// forgetSold clears the count of every limited offer.
func forgetSold(b *berth.Book) {
	c, ok := b.Catalogue()
	if !ok {
		return
	}
	for _, p := range c.Plans {
		for _, o := range p.Offers {
			if row, ok := b.Stock(berth.StockKey(p.ID, o.Location)); ok && o.Capacity != berth.Unlimited {
				row.Used = 0
				b.PutStock(row)
			}
		}
	}
}

// spoil changes what a decide did to an order.
func (s Switch) spoil(b *berth.Book, before, after berth.Order) {
	refunded := before.State == berth.Paid && after.State == berth.Refunded
	switch {
	case s == RefundsTwice && refunded:
		_, _ = b.Post(berth.Entry{UserID: after.UserID, Amount: after.Amount, Contra: berth.AccountSales, OrderID: after.ID})
	case s == KeepsStock && refunded && after.StockKey != "":
		if row, ok := b.Stock(after.StockKey); ok {
			row.Used++
			b.PutStock(row)
		}
	case s == KeepsAttempt && after.State == berth.Paid && after.Attempt > before.Attempt:
		after.Attempt = before.Attempt
		b.PutOrder(after)
	case s == DropsRenewals && after.State == berth.Paid && after.Attempt == before.Attempt &&
		after.Holder == before.Holder && after.DueAt > before.DueAt:
		after.DueAt = before.DueAt
		b.PutOrder(after)
	}
}

// dropRenewal undoes the prolonging of a task's lease.
func dropRenewal(b *berth.Book, before, after berth.Service) {
	if after.Task == before.Task && after.Task.Do != "" && after.Attempt == before.Attempt && after.Holder == before.Holder && after.DueAt > before.DueAt {
		after.DueAt = before.DueAt
		b.PutService(after)
	}
}

// outcome is what a driver is made to say.
func (s Switch) outcome(verb Verb, order string, out berth.Outcome) berth.Outcome {
	switch {
	case s == UnresolvedIsRefused && out.Verdict == berth.Unresolved && verb != Find:
		return berth.Outcome{Verdict: berth.Refused, Reason: out.Reason}
	case s == RefusedIsDone && out.Verdict == berth.Refused:
		return berth.Outcome{Verdict: berth.Done, Result: berth.Result{ProviderRef: "none-" + order}}
	}
	return out
}
