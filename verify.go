package berth

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
)

// Finding is one thing that an audit found wrong.
type Finding struct {
	What string // "wallet", "entry", "event", "order", "service", "stock", "batch" or "chain"
	ID   string
	Text string
}

// Report is the result of Verify.
type Report struct {
	Wallets, Entries, Orders int64
	Settled                  map[State]int64 // orders by state
	Balance                  int64           // minor units in all wallets
	Head                     Head            // of the chain, as recomputed
	Unsealed                 int64           // batches that aren't in the chain yet; their digests were checked, too
	Items                    int64           // of pools, that somebody has
	Unchained                int64           // batches from before there was a chain
	Findings                 []Finding       // the first MaxFindings
	Wrong                    int64           // how many there are in all
}

// MaxFindings bounds the list of a Report.
const MaxFindings = 1000

// Verify proves the books in one snapshot, row by row, beside a busy server: every balance is the sum of its entries
// and each entry continues the one before without a gap; every order moved exactly its amount, or nothing when
// refunded, and its events tell the same; every completed order has its service and every service its order. Then the
// chain: the rows of every batch have its digest, and the batches follow each other without a gap.
//
// Whoever can write to the database can also make a chain anew. Since is a head that was noted elsewhere before, the
// zero Head for none: nothing up to it has been changed.
func Verify(ctx context.Context, r Reader, since Head, progress func(done, total int64)) (Report, error) {
	a := &audit{report: Report{Settled: map[State]int64{}}, since: since, progress: progress}
	if err := r.Audit(ctx, a); err != nil {
		return a.report, err
	}
	a.unmet()
	a.unopened()
	if a.report.Head.Seq < since.Seq {
		a.found("chain", strconv.FormatInt(since.Seq, 10), "was noted as a head, but the chain ends at %d: batches are gone", a.report.Head.Seq)
	}
	if a.report.Head.Seq == 0 {
		a.report.Head = Head{} // the anchor counts once there is a link
	}
	if a.unpaid != 0 {
		if err := r.Audit(ctx, &expiries{audit: a, until: map[string]*runs{}}); err != nil {
			return a.report, err
		}
	}
	if a.head != a.report.Head.String() {
		a.found("chain", strconv.FormatInt(a.report.Head.Seq, 10), "does not end where its head says: %s", a.head)
	}
	return a.report, nil
}

type audit struct {
	report   Report
	since    Head
	progress func(done, total int64)
	last     Entry
	head     string // as the database has it
	anchor   Anchor
	chained  bool   // a batch of the chain's time was seen
	unpaid   uint64 // sum over the services without an order that gave them their expiry, 0 for none
	claimed  claims
	open     map[string]bool // services with their open orders, of which one side was seen: true for the service's
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
		if w.UserID != e.UserID {
			a.found("wallet", e.UserID, "is gone, but there are entries of it")
		}
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

func (a *audit) Order(o Order, r Referring) error {
	a.report.Orders++
	a.report.Settled[o.State]++
	want, count := -o.Amount, int64(1)
	if o.State == Refunded {
		want, count = 0, 2
	}
	if o.Amount == 0 {
		count = 0
	}
	if r.Sum != want || r.Entries != count {
		a.found("order", o.ID, "is %s at %s and must have %d entries that sum to %s; it has %d that sum to %s",
			o.State, FormatMinor(o.Amount), count, FormatMinor(want), r.Entries, FormatMinor(r.Sum))
	}
	if r.Paid != 1 || (r.Completed == 1) != (o.State == Completed) || (r.Refunded == 1) != (o.State == Refunded) || r.Completed+r.Refunded > 1 {
		a.found("order", o.ID, "is %s, but its events say %d times paid, %d times completed and %d times refunded",
			o.State, r.Paid, r.Completed, r.Refunded)
	} else if !r.Agreed {
		a.found("order", o.ID, "has another user, amount or kind than its events")
	}
	a.service(o, r.Service)
	a.claims(&o, r.Service)
	a.clock(&o, r.Service)
	a.begun(&o, r.CompletedAt)
	if r.Service != nil && o.State == Completed {
		a.expiry(o, r.Service)
	}
	return nil
}

// expiry balances each service against the one order that gave it its expiry, as a sum: however many services there are,
// it takes no memory. Every order sets a later expiry than the one before, so the last has the highest.
func (a *audit) expiry(o Order, s *Service) {
	if o.ExpiresAt > s.ExpiresAt {
		a.found("service", s.ID, "expires at %d, but order %s paid for it until %d", s.ExpiresAt, o.ID, o.ExpiresAt)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.ID))
	if o.Makes() {
		a.unpaid += h.Sum64()
	}
	if o.ExpiresAt == s.ExpiresAt {
		a.unpaid -= h.Sum64()
	}
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
	case o.Makes() && s.Task.Do != "" && (s.DueAt == 0 || s.Status == Terminated || s.OpenOrder != ""):
		a.found("service", s.ID, "has a task (%s) that can't be done: it is %s, due at %d, with the open order %q", s.Task.Do, s.Status, s.DueAt, s.OpenOrder)
	case o.Makes() && s.Status == Terminated && (s.DueAt != 0 || s.Task.Do != ""):
		a.found("service", s.ID, "is terminated, but there is something left to do: %s at %d", cmp.Or(s.Task.Do, "a look"), s.DueAt)
	case o.Makes() && (s.Status == Active || s.Status == Suspended) && s.DueAt == 0:
		a.found("service", s.ID, "is %s, but the clock will never look at it again", s.Status)
	case o.Makes() && s.ProviderRef == "":
		a.found("service", s.ID, "has nothing at its provider, but order %s is completed", o.ID)
	}
}

func (a *audit) Stray(what, id, lacks string) error {
	a.found(what, id, "belongs to no %s", lacks)
	return nil
}

// nothing is the digest of a batch that appended neither entries nor events.
var nothing = NewDigest().Sum()

func (a *audit) Batch(b Batch, digest string) error {
	switch {
	case b.Void:
		if digest != nothing || b.Seq > 0 {
			a.found("batch", b.ID, "never happened, but there is something of it")
		}
		return nil
	case b.Seq == BeforeSeal:
		a.report.Unchained++
		a.anchor.Add(b.ID, digest)
		if a.chained {
			a.found("batch", b.ID, "says that it is older than the chain, but follows batches of it")
		}
		return nil
	case b.Seq == Unsealed:
		a.report.Unsealed++
	case b.Seq < BeforeSeal:
		a.found("batch", b.ID, "has the place %d, which there isn't", b.Seq)
	}
	a.chained = true
	if digest != b.Digest {
		a.found("batch", b.ID, "has other entries or events than were written: one was changed, added or removed")
	}
	return nil
}

func (a *audit) Chain(head string) error {
	a.head = head
	a.report.Head.Hash = a.anchor.Head().Hash
	return nil
}

func (a *audit) Sealed(b Batch) error {
	last := a.report.Head
	place := strconv.FormatInt(b.Seq, 10)
	if b.Seq != last.Seq+1 {
		a.found("chain", place, "follows %d: a batch is missing", last.Seq)
		last.Seq = b.Seq - 1
	}
	next := last.Next(b.ID, b.Digest)
	if next.Hash != b.Hash {
		a.found("chain", place, "has a hash that does not follow: batch %s or one before it was changed", b.ID)
	}
	if b.Seq == a.since.Seq && next != a.since {
		a.found("chain", place, "is not the head that was noted: something before it was changed")
	}
	a.report.Head = Head(b.Link) // goes on from what is written, so that one change is one finding
	return nil
}

func (a *audit) Stock(s Stock) error {
	if s.Capacity != Unlimited && s.Used != s.Counted {
		a.found("stock", s.Key, "counts %d used, but %d services belong to it", s.Used, s.Counted)
	}
	return nil
}
