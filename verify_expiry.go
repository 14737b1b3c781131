package berth

import (
	"maps"
	"slices"
)

// expiries is a second audit, for the rare case that the first one's sum says that some service runs until an instant
// that no order paid for: it finds out which. What the first has judged already it passes over.
type expiries struct {
	*audit
	until map[string]*runs
}

// begun holds the period of an order that a person completed against the event of the completion, which is in the chain: a
// period that began at any other instant was never bought. Months differ in length, and local clocks by an hour.
func (a *audit) begun(o *Order, completedAt int64) {
	if o.BeginsAt == 0 {
		return
	}
	least, most := o.Hours*Hour, o.Hours*Hour
	switch {
	case o.Cycle == Monthly:
		least, most = 28*day-2*Hour, 31*day+2*Hour
	case o.Cycle == Yearly:
		least, most = 365*day-2*Hour, 366*day+2*Hour
	}
	switch lasts := o.ExpiresAt - o.BeginsAt; {
	case !o.Makes() || o.State != Completed || o.BeginsAt != completedAt:
		a.found("order", o.ID, "says that its period began at %d, but it was completed at %d", o.BeginsAt, completedAt)
	case lasts < least || lasts > most:
		a.found("order", o.ID, "began at %d and runs until %d, which isn't what it bought", o.BeginsAt, o.ExpiresAt)
	}
}

// runs is until when a service runs, and until when its orders paid.
type runs struct{ says, paid int64 }

func (e *expiries) Order(o Order, r Referring) error {
	if r.Service == nil || o.State != Completed {
		return nil
	}
	s := e.until[o.ServiceID]
	if s == nil {
		s = &runs{says: r.Service.ExpiresAt}
		e.until[o.ServiceID] = s
	}
	s.paid = max(s.paid, o.ExpiresAt)
	return nil
}

// Chain comes after all orders.
func (e *expiries) Chain(string) error {
	e.judge()
	return nil
}

func (e *expiries) judge() {
	for _, id := range slices.Sorted(maps.Keys(e.until)) {
		if s := e.until[id]; s.says > s.paid {
			e.found("service", id, "expires at %d, but its orders paid for it until %d", s.says, s.paid)
		}
	}
	clear(e.until)
}

func (*expiries) Entry(Wallet, Entry) error          { return nil }
func (*expiries) Wallet(Wallet, int64, int64) error  { return nil }
func (*expiries) Stray(string, string, string) error { return nil }
func (*expiries) Batch(Batch, string) error          { return nil }
func (*expiries) Sealed(Batch) error                 { return nil }
func (*expiries) Stock(Stock) error                  { return nil }
func (*expiries) Progress(int64, int64)              {}
