package berth

import (
	"context"
	"fmt"
)

// Finding is one thing that an audit found wrong.
type Finding struct {
	What string // "wallet", "entry", "order", "service", "stock"
	ID   string
	Text string
}

// Report is the result of Verify.
type Report struct {
	Wallets, Entries, Orders int64
	Settled                  map[State]int64 // orders by state
	Balance                  int64           // minor units in all wallets
	Findings                 []Finding       // the first MaxFindings
	Wrong                    int64           // how many there are in all
}

// MaxFindings bounds the list of a Report.
const MaxFindings = 1000

// Verify proves the books in one snapshot, row by row, beside a busy server: every balance is the sum of its entries
// and each entry continues the one before without a gap; every order moved exactly its amount, or nothing when
// refunded; every completed order has its service and every service its order.
func Verify(ctx context.Context, r Reader, progress func(done, total int64)) (Report, error) {
	a := &audit{report: Report{Settled: map[State]int64{}}, progress: progress}
	err := r.Audit(ctx, a)
	return a.report, err
}

type audit struct {
	report   Report
	progress func(done, total int64)
	last     Entry
}

func (a *audit) Progress(done, total int64) {
	if a.progress != nil {
		a.progress(done, total)
	}
}

func (a *audit) found(what, id, format string, args ...any) {
	a.report.Wrong++
	if len(a.report.Findings) < MaxFindings {
		a.report.Findings = append(a.report.Findings, Finding{What: what, ID: id, Text: fmt.Sprintf(format, args...)})
	}
}

func (a *audit) Entry(w Wallet, e Entry) error {
	a.report.Entries++
	if a.last.UserID != e.UserID {
		a.last = Entry{UserID: e.UserID}
	}
	id := fmt.Sprintf("%s/%d", e.UserID, e.Seq)
	if e.Seq != a.last.Seq+1 {
		a.found("entry", id, "follows entry %d: one is missing", a.last.Seq)
	}
	if e.Balance != a.last.Balance+e.Amount {
		a.found("entry", id, "says the balance became %s, but %s and %s make %s", FormatMinor(e.Balance),
			FormatMinor(a.last.Balance), FormatMinor(e.Amount), FormatMinor(a.last.Balance+e.Amount))
	}
	if e.Balance < 0 {
		a.found("entry", id, "left the wallet below zero: %s", FormatMinor(e.Balance))
	}
	if e.OrderID == "" && e.Ref == "" {
		a.found("entry", id, "has neither an order nor a reference")
	}
	a.last = e
	return nil
}

func (a *audit) Wallet(w Wallet, entries, sum int64) error {
	a.report.Wallets++
	a.report.Balance += w.Balance
	if w.Balance != sum {
		a.found("wallet", w.UserID, "holds %s, but its entries sum to %s", FormatMinor(w.Balance), FormatMinor(sum))
	}
	if w.Seq != entries {
		a.found("wallet", w.UserID, "counts %d entries, but has %d", w.Seq, entries)
	}
	return nil
}

func (a *audit) Order(o Order, entries, sum int64, s *Service) error {
	a.report.Orders++
	a.report.Settled[o.State]++
	want, count := -o.Amount, int64(1)
	if o.State == Refunded {
		want, count = 0, 2
	}
	if o.Amount == 0 {
		count = 0
	}
	if sum != want || entries != count {
		a.found("order", o.ID, "is %s at %s and must have %d entries that sum to %s; it has %d that sum to %s",
			o.State, FormatMinor(o.Amount), count, FormatMinor(want), entries, FormatMinor(sum))
	}
	a.service(o, s)
	return nil
}

func (a *audit) service(o Order, s *Service) {
	if s == nil {
		if o.State == Completed || !o.Makes() {
			a.found("order", o.ID, "is %s, but its service %q does not exist", o.State, o.ServiceID)
		}
		return
	}
	switch {
	case o.Makes() && o.State != Completed:
		a.found("service", s.ID, "exists, but order %s, which makes it, is %s", o.ID, o.State)
	case s.UserID != o.UserID:
		a.found("service", s.ID, "belongs to another user than its order %s", o.ID)
	case o.State == Paid && s.OpenOrder != o.ID: // an order that changes a service occupies it
		a.found("service", s.ID, "does not know of its open order %s", o.ID)
	case o.State != Paid && s.OpenOrder == o.ID:
		a.found("service", s.ID, "is held by order %s, which is %s", o.ID, o.State)
	case o.Makes() && s.ProviderRef == "":
		a.found("service", s.ID, "has nothing at its provider, but order %s is completed", o.ID)
	}
}

func (a *audit) Stray(what, id string) error {
	a.found(what, id, "belongs to no order")
	return nil
}

func (a *audit) Stock(s Stock) error {
	if s.Capacity != Unlimited && s.Used != s.Counted {
		a.found("stock", s.Key, "counts %d used, but %d services belong to it", s.Used, s.Counted)
	}
	return nil
}
