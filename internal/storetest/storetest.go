// Package storetest is what any berth.Store must do, as a suite that every engine runs: what happens to a decide that
// fails, panics or lacks a row, who sees whose changes, what becomes of a commit whose answer is lost, and that nothing
// is ever written twice.
//
// Only tests may import it.
package storetest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// Database is a fresh, empty, migrated database.
type Database struct {
	// Open opens one more store over it, as another process would. The caller closes it.
	Open func(t testing.TB, o store.Options) *store.Store
	// Parallel says that several transactions may write at the same time.
	Parallel bool
}

// Run runs the whole suite, each part over a database of its own.
func Run(t *testing.T, fresh func(t testing.TB) Database) {
	parts := []struct {
		name string
		run  func(*testing.T, Database)
	}{
		{"a decide that refuses is undone", refusalIsUndone},
		{"a decide that panics is undone", panicIsUndone},
		{"rows that a decide lacks are loaded", missingRows},
		{"a decide that always lacks rows ends", missingForEver},
		{"rows that don't exist count as loaded", absentRows},
		{"callers of one batch see each other", oneBatch},
		{"an idempotency key twice in one batch", keyTwice},
		{"a key that is dropped and used anew stays", keyDroppedAndUsed},
		{"refusals are answered", refusals},
		{"a caller that leaves withdraws nothing", callerLeaves},
		{"a caller that left before is not served", callerLeftBefore},
		{"a full queue refuses", queueFull},
		{"a closed store refuses", closedStore},
		{"instants follow one another", instants},
		{"a commit whose answer is lost happened once", answerLost},
		{"a commit that was lost happens once", commitLost},
		{"a commit whose answer is lost, and nobody tells", answerLostForAWhile},
		{"a commit that was lost, and nobody tells", commitLostForAWhile},
		{"a commit whose fate stays unknown", fateUnknown},
		{"a dead connection", connectionDead},
		{"a commit that is always lost ends", commitAlwaysLost},
		{"a failing statement fails its own caller alone", statementFails},
		{"a failing statement and a decide that lacks rows", failureBesideMissing},
		{"a lost race is run again", raceLost},
		{"unique keys hold within one batch", uniqueInBatch},
		{"the catalogue's version", catalogueVersion},
		{"the catalogue seen by another process", catalogueElsewhere},
		{"every column is kept", columns},
		{"an order goes from provider to provider", routes},
		{"reads", reads},
		{"reads of orders", readOrders},
		{"reads of work", readWork},
		{"seven of a thousand", overdraft},
		{"seven of a thousand between two processes", overdraftShared},
		{"one key between two processes", keyShared},
		{"an order that its caller holds", orderHeld},
		{"a batch of orders that their callers hold", ordersHeld},
		{"an order that two processes hold", heldShared},
		{"two lanes", twoLanes},
		{"sealing", sealing},
		{"sealing beside writers", sealBusy},
		{"sealing without an answer", sealLost},
		{"an audit beside a busy store", auditBusy},
		{"an audit finds what is wrong", auditFinds},
		{"two hundred on a pool of fifty", poolOfFifty},
		{"two hundred on a pool of fifty between processes", poolShared},
		{"two hundred network orders on fifty numbers", networkOrders},
		{"an edge's rows are of one instant", edgeInstant},
		{"the mark of an edge's rows", edgeMarks},
		{"an open network order outlives its key", resealedOrders},
		{"a suspended user pays for no renewal", suspendedUser},
		{"items of pools rest", poolRest},
		{"a refused call gives back what it took", poolUndone},
		{"an item is given once though the answer is lost", poolLost},
		{"every column of pools is kept", poolColumns},
		{"an audit finds what is wrong with pools", auditPools},
	}
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) { p.run(t, fresh(t)) })
	}
}

// patience bounds every wait for something that must happen.
const patience = 30 * time.Second

// open opens a store that is closed with the test.
func open(t testing.TB, d Database, o store.Options) *store.Store {
	t.Helper()
	s := d.Open(t, o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// Await waits until a condition holds, or fails the test.
func Await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// Together makes each call write in one and the same batch, in the order given, and returns what each said. A call
// must do exactly one write, with a context that never ends.
func Together(t testing.TB, s *store.Store, calls ...func() error) []error {
	t.Helper()
	release := Hold(t, s)
	errs := make([]error, len(calls))
	var done sync.WaitGroup
	for i, call := range calls {
		done.Go(func() { errs[i] = call() })
		Await(t, "the call to wait", func() bool { return s.Queued() == i+1 })
	}
	release()
	done.Wait()
	return errs
}

// Hold keeps a store's batcher busy until release is called, so that later writes wait for a common batch.
func Hold(t testing.TB, s *store.Store) (release func()) {
	t.Helper()
	started, end := make(chan struct{}), make(chan struct{})
	var once sync.Once
	go s.Write(context.Background(), berth.Need{}, func(*berth.Book) error {
		once.Do(func() { close(started) })
		<-end
		return nil
	})
	<-started
	return sync.OnceFunc(func() { close(end) })
}

// write is Store.Write with a caller who stays.
func write(s *store.Store, need berth.Need, decide func(*berth.Book) error) error {
	return s.Write(context.Background(), need, decide)
}

// must ends the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("got error %v (cause: %v)", err, errors.Unwrap(err))
	}
}

// fund makes a user with a wallet that holds an amount.
func fund(t testing.TB, s *store.Store, user string, amount int64) {
	t.Helper()
	must(t, write(s, berth.Need{}, func(b *berth.Book) error {
		b.PutUser(berth.User{ID: user, Username: user, Active: true, CreatedAt: b.Now(), UpdatedAt: b.Now()})
		b.OpenWallet(user, "EUR")
		_, err := b.Post(berth.Entry{UserID: user, Amount: amount, Contra: berth.AccountDeposits, Ref: "fund"})
		return err
	}))
}

// order takes an order in a decide: a paid one, of its own number.
func order(b *berth.Book, user string, amount int64) (berth.Order, error) {
	o := berth.Order{
		ID: b.NewID(), Kind: berth.KindNewServer, UserID: user, State: berth.Paid, Amount: amount, Currency: "EUR",
		CreatedAt: b.Now(), Lease: berth.Lease{Attempt: 1, Holder: "test", DueAt: b.Now()},
	}
	o.Number, o.ServiceID = "N-"+o.ID, o.ID
	if _, err := b.Post(berth.Entry{UserID: user, Amount: -amount, Contra: berth.AccountSales, OrderID: o.ID}); err != nil {
		return berth.Order{}, err
	}
	announce(b, berth.EventOrderPaid, o)
	return b.PutOrder(o), nil
}

// announce tells of an order as the desk does.
func announce(b *berth.Book, name string, o berth.Order) {
	b.Announce(berth.Event{Name: name, UserID: o.UserID, OrderID: o.ID, ServiceID: o.ServiceID, Amount: o.Amount, Detail: o.Kind})
}

// buy is a call that takes an order of an amount.
func buy(s *store.Store, user string, amount int64) func() error {
	return func() error {
		return write(s, berth.Need{Wallets: []string{user}}, func(b *berth.Book) error {
			_, err := order(b, user, amount)
			return err
		})
	}
}

// balance reads a wallet and checks that it is what its entries say.
func balance(t testing.TB, s *store.Store, user string) (minor int64, entries int) {
	t.Helper()
	w, ok, err := s.Wallet(context.Background(), user)
	if err != nil || !ok {
		t.Fatalf("wallet %s: got %v, %v", user, ok, err)
	}
	list, err := s.Entries(context.Background(), user, 0, 1_000_000)
	must(t, err)
	var sum int64
	for i, e := range list { // newest first
		sum += e.Amount
		if want := int64(len(list) - i); e.Seq != want {
			t.Errorf("entry %d of %s: got number %d, want %d", i, user, e.Seq, want)
		}
	}
	if sum != w.Balance || int64(len(list)) != w.Seq {
		t.Errorf("wallet %s: got balance %d after %d entries, its entries sum to %d and are %d",
			user, w.Balance, w.Seq, sum, len(list))
	}
	return w.Balance, len(list)
}

// verified fails the test when the books don't add up.
func verified(t testing.TB, s *store.Store) berth.Report {
	t.Helper()
	report, err := berth.Verify(context.Background(), s, berth.Head{}, nil)
	must(t, err)
	if report.Wrong != 0 {
		t.Errorf("verify: got %d findings, want none: %v", report.Wrong, report.Findings)
	}
	return report
}

// code is the code of an error, "" for none.
func code(err error) berth.Code {
	if err == nil {
		return ""
	}
	return berth.AsError(err).Code
}

// expect compares one code for each call.
func expect(t testing.TB, got []error, want ...berth.Code) {
	t.Helper()
	for i := range want {
		if code(got[i]) != want[i] {
			t.Errorf("call %d: got error %v (cause: %v), want code %q", i+1, got[i], errors.Unwrap(got[i]), want[i])
		}
	}
}

// batches is an Observer that keeps what it is told.
type batches struct {
	mu    sync.Mutex
	calls []int
	doubt []string
}

func (o *batches) Batch(s store.BatchStats) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, s.Calls)
}

func (o *batches) Doubt(fate string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.doubt = append(o.doubt, fate)
}

// last is the size of the newest batch that was committed.
func (o *batches) last() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.calls) == 0 {
		return 0
	}
	return o.calls[len(o.calls)-1]
}

func (o *batches) fates() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.doubt...)
}
