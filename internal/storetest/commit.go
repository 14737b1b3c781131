package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// faults fails the calls that a test says. Each field may be nil for none.
type faults struct {
	begin         func() error // the transaction isn't begun
	before, after func() error // the commit doesn't happen, or its answer is lost
	resolve       func() error // the question for its fate isn't answered
}

func fails(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

func (f *faults) Begin(_ context.Context, _ berth.Need, begin func() error) error {
	if err := fails(f.begin); err != nil {
		return err
	}
	return begin()
}

func (f *faults) Commit(_ context.Context, _ string, commit func() error, rollback func()) error {
	if err := fails(f.before); err != nil {
		rollback()
		return err
	}
	if err := commit(); err != nil {
		return err
	}
	return fails(f.after)
}

func (f *faults) Resolve(_ context.Context, _ string, resolve func() (bool, error)) (bool, error) {
	if err := fails(f.resolve); err != nil {
		return false, err
	}
	return resolve()
}

// times fails the first n calls.
func times(n int64) func() error {
	var count atomic.Int64
	return func() error {
		if count.Add(1) <= n {
			return errors.New("the connection broke")
		}
		return nil
	}
}

// doubted runs three calls in one batch whose commit fails as the faults say.
func doubted(t *testing.T, d Database, f *faults, fate string, wantRuns int64) {
	seen, armed := &batches{}, &faults{}
	s := open(t, d, store.Options{Observe: seen, Faults: armed})
	fund(t, s, "anna", 100)
	*armed = *f
	var runs atomic.Int64
	errs := Together(t, s, buy(s, "anna", 1), func() error {
		return write(s, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) error {
			runs.Add(1)
			_, err := order(b, "anna", 10)
			return err
		})
	}, buy(s, "anna", 1000))
	expect(t, errs, "", "", berth.InsufficientBalance)
	if got, entries := balance(t, s, "anna"); got != 89 || entries != 3 {
		t.Errorf("got balance %d by %d entries, want 89 by 3: each order exactly once", got, entries)
	}
	if fates := seen.fates(); !slices.Equal(fates, []string{fate}) || runs.Load() != wantRuns {
		t.Errorf("got fates %v and %d runs, want [%s] and %d", fates, runs.Load(), fate, wantRuns)
	}
	verified(t, s)
}

func answerLost(t *testing.T, d Database) {
	doubted(t, d, &faults{after: times(1)}, "committed", 1)
}

func commitLost(t *testing.T, d Database) {
	doubted(t, d, &faults{before: times(1)}, "void", 2)
}

// The question what became of a commit may itself go unanswered; it's asked again.
func answerLostForAWhile(t *testing.T, d Database) {
	doubted(t, d, &faults{after: times(1), resolve: times(3)}, "committed", 1)
}

func commitLostForAWhile(t *testing.T, d Database) {
	doubted(t, d, &faults{before: times(1), resolve: times(3)}, "void", 2)
}

// A dead connection is found out when it's used; nothing has happened by then.
func connectionDead(t *testing.T, d Database) {
	armed := &faults{}
	s := open(t, d, store.Options{Faults: armed})
	fund(t, s, "anna", 100)
	armed.begin = times(1)
	must(t, buy(s, "anna", 1)())
	armed.begin = times(1 << 62)
	if err := buy(s, "anna", 1)(); !berth.IsCode(err, berth.Unavailable) {
		t.Errorf("while none can be had: got %v, want unavailable", err)
	}
	armed.begin = nil
	must(t, buy(s, "anna", 1)())
	if got, _ := balance(t, s, "anna"); got != 98 {
		t.Errorf("got balance %d, want 98", got)
	}
}

// fateUnknown: whoever can't be told what became of the write gets unavailable within bounds, and the rows tell later.
func fateUnknown(t *testing.T, d Database) {
	seen, armed := &batches{}, &faults{}
	patient := open(t, d, store.Options{})
	fund(t, patient, "anna", 100)
	// Long enough for a new connection on a busy machine, which is made within it.
	s := open(t, d, store.Options{Observe: seen, Faults: armed, Deadline: 2 * time.Second,
		Log: slog.New(slog.DiscardHandler)})
	armed.after, armed.resolve = times(1), times(1<<62)
	if err := buy(s, "anna", 10)(); !berth.IsCode(err, berth.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if fates := seen.fates(); !slices.Equal(fates, []string{"unknown"}) {
		t.Errorf("got fates %v, want unknown", fates)
	}
	must(t, buy(patient, "anna", 1)())
	if got, entries := balance(t, patient, "anna"); got != 89 || entries != 3 {
		t.Errorf("got balance %d by %d entries, want 89 by 3: this one did happen", got, entries)
	}
	verified(t, patient)
}

// commitAlwaysLost must not keep its callers for ever.
func commitAlwaysLost(t *testing.T, d Database) {
	armed := &faults{}
	s := open(t, d, store.Options{Faults: armed})
	fund(t, s, "anna", 100)
	armed.before = times(1 << 62)
	ctx, leave := context.WithTimeout(context.Background(), patience)
	defer leave()
	err := s.Write(ctx, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) error {
		_, err := order(b, "anna", 10)
		return err
	})
	if !berth.IsCode(err, berth.Unavailable) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v (cause: %v), want unavailable long before the caller gives up", err, errors.Unwrap(err))
	}
	armed.before = nil
	must(t, buy(s, "anna", 1)())
	if got, _ := balance(t, s, "anna"); got != 99 {
		t.Errorf("got balance %d, want 99", got)
	}
}

// numbered takes an order under a number of the caller's choice, and counts its runs.
func numbered(s *store.Store, user string, number func() string) func() error {
	return func() error {
		return write(s, berth.Need{Wallets: []string{user}}, func(b *berth.Book) error {
			o, err := order(b, user, 1)
			o.Number = number()
			b.PutOrder(o)
			return err
		})
	}
}

// keyed writes an API key with a hash.
func keyed(s *store.Store, hash string) func() error {
	return func() error {
		return write(s, berth.Need{}, func(b *berth.Book) error {
			b.PutAPIKey(berth.APIKey{ID: b.NewID(), UserID: "anna", Hash: hash, UpdatedAt: b.Now()})
			return nil
		})
	}
}

func statementFails(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	same := func() string { return "SAME" }
	must(t, numbered(s, "anna", same)())
	must(t, keyed(s, "taken")())
	var wallet berth.Wallet
	errs := Together(t, s, buy(s, "anna", 10), numbered(s, "anna", same), buy(s, "anna", 20), keyed(s, "taken"),
		buy(s, "anna", 1000), func() error {
			return write(s, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) error {
				wallet, _ = b.Wallet("anna")
				return nil
			})
		})
	expect(t, errs, "", berth.Unavailable, "", berth.Unavailable, berth.InsufficientBalance, "")
	if wallet.Balance != 69 {
		t.Errorf("the last caller: got balance %d, want 69", wallet.Balance)
	}
	if got, entries := balance(t, s, "anna"); got != 69 || entries != 4 {
		t.Errorf("got balance %d by %d entries, want 69 by 4", got, entries)
	}
	verified(t, s)
}

// failureBesideMissing has one call asked for rows once too often in the very batch that another one makes fail. So it
// runs again, and what it's told is what became of that run.
func failureBesideMissing(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	must(t, numbered(s, "anna", func() string { return "SAME" })())
	lacking, failing := 0, 0
	errs := Together(t, s, func() error {
		return write(s, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) error {
			if lacking++; lacking <= 4 {
				b.Meta(fmt.Sprint("row ", lacking))
				return nil
			}
			_, err := order(b, "anna", 5)
			return err
		})
	}, func() error {
		return write(s, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) error {
			if failing++; failing <= 3 {
				b.Meta(fmt.Sprint("other ", failing)) // so that it comes along
				return nil
			}
			o, err := order(b, "anna", 1)
			o.Number = "SAME"
			b.PutOrder(o)
			return err
		})
	})
	expect(t, errs, "", berth.Unavailable)
	must(t, buy(s, "anna", 2)())
	if got, _ := balance(t, s, "anna"); got != 92 {
		t.Errorf("got balance %d, want 92: the order of a call that was told of no error", got)
	}
}

// raceLost finds its number taken once and comes back with another.
func raceLost(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	must(t, numbered(s, "anna", func() string { return "1" })())
	n := 0
	errs := Together(t, s, buy(s, "anna", 10), numbered(s, "anna", func() string {
		n++
		return fmt.Sprint((n + 1) / 2) // in the batch and the first time alone it's 1, then 2
	}))
	expect(t, errs, "", "")
	if got, entries := balance(t, s, "anna"); got != 88 || entries != 4 || n != 3 {
		t.Errorf("got balance %d by %d entries in %d runs, want 88 by 4 in 3", got, entries, n)
	}
	found, err := s.Orders(context.Background(), berth.OrderFilter{Number: "2"})
	if err != nil || len(found) != 1 {
		t.Errorf("order number 2: got %d orders, %v, want 1", len(found), err)
	}
}

func uniqueInBatch(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	twin := func() string { return "TWIN" }
	expect(t, Together(t, s, numbered(s, "anna", twin), numbered(s, "anna", twin), keyed(s, "twin"), keyed(s, "twin")),
		"", berth.Unavailable, "", berth.Unavailable)
	if got, _ := balance(t, s, "anna"); got != 99 {
		t.Errorf("got balance %d, want 99", got)
	}
	keys, err := s.APIKeys(context.Background(), "anna")
	if err != nil || len(keys) != 1 {
		t.Errorf("got %d keys, %v, want 1", len(keys), err)
	}
	verified(t, s)
}
