package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// refusals come back as they are, from a batch that wrote something and from one that wrote nothing.
func refusals(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 10)
	refusal := berth.Errorf(berth.OutOfStock, "none left").Because(errors.New("why"))
	refuse := func() error { return write(s, berth.Need{}, func(*berth.Book) error { return refusal }) }
	for i, err := range Together(t, s, refuse, refuse) {
		if err != error(refusal) {
			t.Errorf("call %d of a batch of refusals: got %v, want the very error", i+1, err)
		}
	}
	errs := Together(t, s, refuse, buy(s, "anna", 4), buy(s, "anna", 7), buy(s, "anna", 6), buy(s, "bert", 1))
	if errs[0] != error(refusal) {
		t.Errorf("beside a write: got %v, want the very error", errs[0])
	}
	expect(t, errs, berth.OutOfStock, "", berth.InsufficientBalance, "", berth.NotFound)
	if got, entries := balance(t, s, "anna"); got != 0 || entries != 3 {
		t.Errorf("got balance %d by %d entries, want 0 by 3", got, entries)
	}
}

// callerLeaves gives up a write that waits for its batch: it is answered at once, and happens nevertheless.
func callerLeaves(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 10)
	release := Hold(t, s)
	ctx, leave := context.WithCancel(context.Background())
	answered := make(chan error)
	go func() {
		answered <- s.Write(ctx, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) error {
			_, err := order(b, "anna", 3)
			return err
		})
	}()
	Await(t, "the call to wait", func() bool { return s.Queued() == 1 })
	leave()
	err := <-answered // while the batcher is still held
	release()
	if !berth.IsCode(err, berth.Unavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v (cause: %v), want unavailable because of the caller", err, errors.Unwrap(err))
	}
	must(t, buy(s, "anna", 1)()) // a later batch, so the one before is over
	if got, _ := balance(t, s, "anna"); got != 6 {
		t.Errorf("got balance %d, want 6: the write of the caller that left must happen", got)
	}
}

func callerLeftBefore(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	ctx, leave := context.WithCancel(context.Background())
	leave()
	var ran atomic.Bool
	err := s.Write(ctx, berth.Need{}, func(*berth.Book) error { ran.Store(true); return nil })
	if !berth.IsCode(err, berth.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	must(t, write(s, berth.Need{}, func(*berth.Book) error { return nil }))
	if ran.Load() {
		t.Errorf("the decide ran, though its caller had left before")
	}
}

func queueFull(t *testing.T, d Database) {
	s := open(t, d, store.Options{Queue: 2})
	fund(t, s, "anna", 10)
	release := Hold(t, s)
	answers := make(chan error, 2)
	for i := range 2 {
		go func() { answers <- buy(s, "anna", 1)() }()
		Await(t, "the call to wait", func() bool { return s.Queued() == i+1 })
	}
	err := buy(s, "anna", 1)()
	if e := berth.AsError(err); e.Code != berth.Unavailable || e.RetryAfter == 0 {
		t.Errorf("the third call: got %v, retry after %d, want unavailable with advice", err, e.RetryAfter)
	}
	release()
	for range 2 {
		must(t, <-answers)
	}
	if got, _ := balance(t, s, "anna"); got != 8 {
		t.Errorf("got balance %d, want 8", got)
	}
	must(t, buy(s, "anna", 1)()) // there is room again
}

// closedStore refuses what comes and finishes what has come.
func closedStore(t *testing.T, d Database) {
	s := d.Open(t, store.Options{Queue: 1})
	fund(t, s, "anna", 10)
	release := Hold(t, s)
	answer, closed := make(chan error, 1), make(chan error, 1)
	go func() { answer <- buy(s, "anna", 1)() }()
	Await(t, "the call to wait", func() bool { return s.Queued() == 1 })
	go func() { closed <- s.Close() }()
	Await(t, "the store to refuse", func() bool { // as the queue is full, this one never waits
		err := write(s, berth.Need{}, func(*berth.Book) error { return nil })
		return strings.Contains(fmt.Sprint(errors.Unwrap(err)), "closed")
	})
	select {
	case err := <-closed:
		t.Fatalf("the store closed (%v) before its batch was over", err)
	default:
	}
	release()
	must(t, <-answer)
	must(t, <-closed)
	if err := buy(s, "anna", 1)(); !berth.IsCode(err, berth.Unavailable) {
		t.Errorf("after the close: got %v, want unavailable", err)
	}
}

// instants never stand still or run back for a row, whatever the clock does.
func instants(t *testing.T, d Database) {
	var clock atomic.Int64
	clock.Store(2_000_000 * berth.Second)
	s := open(t, d, store.Options{Now: clock.Load})
	fund(t, s, "anna", 10)
	var o berth.Order
	must(t, write(s, berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) (err error) {
		o, err = order(b, "anna", 1)
		return err
	}))
	clock.Store(1_000_000 * berth.Second)
	var previous, earlier int64 = o.UpdatedAt, 0
	for i := range 3 {
		must(t, write(s, berth.Need{Orders: []string{o.ID}}, func(b *berth.Book) error {
			now, _ := b.Order(o.ID)
			earlier = now.UpdatedAt
			o = b.PutOrder(now)
			return nil
		}))
		if earlier != previous || o.UpdatedAt <= previous {
			t.Errorf("write %d: got instant %d after %d (read as %d), want a later one", i, o.UpdatedAt, previous, earlier)
		}
		previous = o.UpdatedAt
	}
	for name, need := range map[string]berth.Need{"wallet": {Wallets: []string{"anna"}}, "user": {Users: []string{"anna"}}} {
		must(t, write(s, need, func(b *berth.Book) error {
			if b.Now() <= 2_000_000*berth.Second {
				t.Errorf("after loading the %s: got instant %d, want one behind its last change", name, b.Now())
			}
			return nil
		}))
	}
	must(t, write(s, berth.Need{}, func(b *berth.Book) error {
		if b.Now() != 1_000_000*berth.Second {
			t.Errorf("without rows: got instant %d, want the clock's", b.Now())
		}
		return nil
	}))
	var ids []string
	for _, at := range []int64{3, 1, 2, 2} {
		clock.Store(at * 1_000_000 * berth.Second)
		must(t, write(s, berth.Need{}, func(b *berth.Book) error {
			ids = append(ids, b.NewID(), b.NewID())
			return nil
		}))
	}
	for i := 1; i < len(ids); i++ {
		if ids[i] <= ids[i-1] {
			t.Errorf("id %d: got %s after %s, want ids that sort as they were made", i, ids[i], ids[i-1])
		}
	}
}
