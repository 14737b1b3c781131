package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

// call is one Write that waits in the queue or runs in a batch.
type call struct {
	need    berth.Need
	decide  func(*berth.Book) error
	err     error      // what decide said in its last run
	done    chan error // gets exactly one value, once the fate of the batch is known
	missing int        // runs that found rows missing
	races   int        // runs that lost against somebody else, or whose commit was lost
	since   time.Time
}

// The bounds of a call's repeats. A decide reads what it finds in rows, so three rounds reach everything; a race is
// lost to somebody else's progress, so a handful of repeats is ample.
const (
	mostMissing = 3
	mostRaces   = 8
)

// The bounds of the waiting for a batch to fill: after this lane's last one ended, and for one in another lane, which is
// mostly over sooner.
const (
	gatherFor = 300 * time.Microsecond
	yieldFor  = 2 * time.Millisecond
)

// batcher is the one write path, as often as there are lanes: it takes every call that waits, loads what they need, runs each decide, appends all
// changes in one commit, and only then answers. An idle batcher commits at once; under load the calls that arrive during
// a commit make the next batch by themselves, and a batch that has just answered many waits a moment for their next.
//
// There is no goroutine of its own while nothing is to be done: the caller that finds the batcher idle runs its
// batch itself.
type batcher struct {
	engine engine
	shared
	money   bool // it's the lane in which money moves
	options Options

	mu      sync.Mutex
	waiting []*call
	busy    bool      // somebody is running batches
	since   time.Time // when the batch that runs now was begun; zero while none runs
	closed  bool
	idle    *sync.Cond // signalled when busy ends
	last    int        // calls of the batch before
	ended   time.Time  // when that was
	wanted  int        // calls that the next batch waits for; 0 while it doesn't
	enough  chan struct{}

	catalogue *berth.Catalogue // owned by whoever is running batches
}

// shared is what the lanes of a store have in common.
type shared struct {
	traffic *traffic
	ids     *sharedIDs
	placed  *openBatches
}

func newBatcher(e engine, o Options, s shared) *batcher {
	b := &batcher{engine: e, shared: s, options: o}
	b.idle, b.enough = sync.NewCond(&b.mu), make(chan struct{}, 1)
	return b
}

// write queues a call and returns what became of it. See berth.Store.Write for the contract.
func (b *batcher) write(ctx context.Context, need berth.Need, decide func(*berth.Book) error) error {
	if err := ctx.Err(); err != nil {
		return berth.TryAgain(err)
	}
	c := &call{need: need, decide: decide, done: make(chan error, 1), since: time.Now()}
	b.mu.Lock()
	switch {
	case b.closed:
		b.mu.Unlock()
		return berth.TryAgain(errors.New("the store is closed"))
	case len(b.waiting) >= b.options.Queue:
		b.mu.Unlock()
		return berth.TryAgain(errors.New("the queue is full"))
	}
	b.waiting = append(b.waiting, c)
	if b.wanted > 0 && len(b.waiting) >= b.wanted {
		b.wanted = 0
		b.enough <- struct{}{}
	}
	lead := !b.busy
	b.busy = true
	b.mu.Unlock()

	if lead {
		if ctx.Done() == nil {
			b.lead(c)
		} else { // its caller may leave, the batch may not
			go b.lead(nil)
		}
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return berth.TryAgain(ctx.Err())
	}
}

// queued is the number of calls that wait.
func (b *batcher) queued() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

// stalled is how long the batch that runs now has been running, 0 when none does.
func (b *batcher) stalled() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.since.IsZero() {
		return 0
	}
	return time.Since(b.since)
}

// lead runs batches until nobody waits. A caller that leads for its own call hands over as soon as that is answered.
func (b *batcher) lead(own *call) {
	for {
		b.mu.Lock()
		if len(b.waiting) == 0 {
			b.busy = false
			b.idle.Broadcast()
			b.mu.Unlock()
			return
		}
		b.gather()
		n := min(len(b.waiting), b.options.Batch)
		calls := slices.Clone(b.waiting[:n])
		b.waiting = slices.Delete(b.waiting, 0, n)
		b.since = time.Now()
		b.mu.Unlock()

		b.traffic.begin(n)
		again := b.run(calls)
		b.traffic.end(n)
		b.mu.Lock()
		b.since, b.last, b.ended = time.Time{}, n, time.Now()
		b.waiting = append(again, b.waiting...) // they have waited longest
		more := len(b.waiting) > 0
		b.mu.Unlock()
		if own != nil && len(own.done) > 0 && more {
			go b.lead(nil)
			return
		}
	}
}

// gather waits a moment for a batch to fill. A batch of one takes half of the time that one of thirty does, and has the
// processors meanwhile, so one isn't begun for the first few while more are sure to come: from the clients of this
// lane's batch before, which have just been answered, and from those of a larger batch in another lane, whose orders
// go on here. Where nothing else is under way nobody waits. It's called with the lock held.
func (b *batcher) gather() {
	b.await(b.last/2, nil, b.ended.Add(gatherFor))
	for until := time.Now().Add(yieldFor); time.Now().Before(until); {
		calls, ended := b.traffic.now()
		if len(b.waiting) >= min(calls, b.options.Batch) {
			return
		}
		b.await(calls, ended, until)
	}
}

// await waits until so many calls wait, an end comes, or until. The lock is held before and after.
func (b *batcher) await(wanted int, ended <-chan struct{}, until time.Time) {
	left := time.Until(until)
	if len(b.waiting) >= min(wanted, b.options.Batch) || left <= 0 {
		return
	}
	b.wanted = wanted
	b.mu.Unlock()
	timer := time.NewTimer(left)
	select {
	case <-b.enough:
	case <-ended:
	case <-timer.C:
	}
	timer.Stop()
	b.mu.Lock()
	if b.wanted == 0 { // the signal may have come together with another
		select {
		case <-b.enough:
		default:
		}
	}
	b.wanted = 0
}

// close refuses new calls and waits until the last one is answered.
func (b *batcher) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for b.busy {
		b.idle.Wait()
	}
}

// run takes calls through one transaction and answers them. It returns those that need another batch: because they
// found rows missing, or because the commit certainly never happened.
func (b *batcher) run(calls []*call) (again []*call) {
	again, f := b.transact(calls)
	if f == nil {
		return again
	}
	// A statement failed: one call's fault, perhaps a race lost to another process. Nothing was written. Each call
	// runs again alone, so that the others don't fail with it.
	for _, c := range calls {
		c.need.Held = nil // it may be that one of them was changed by somebody else
		for {
			left, f := b.transact([]*call{c})
			if f == nil {
				again = append(again, left...)
				break
			}
			c.races++
			if !f.again {
				c.answer(berth.AsError(fmt.Errorf("the database refused the write: %w", f.cause)))
				break
			}
			if c.races >= mostRaces {
				c.answer(berth.TryAgain(f.cause))
				break
			}
		}
	}
	return again
}

// transact is one transaction: load, decide, append, commit. A certain failure of a statement is returned, with no
// call answered; in every other case each call is answered or returned in again.
func (b *batcher) transact(calls []*call) (again []*call, f *failure) {
	stats := BatchStats{Calls: len(calls), Money: b.money, Queued: time.Since(calls[0].since)}
	for _, c := range calls {
		stats.Waited += time.Since(c.since)
	}
	ctx, cancel := context.WithTimeout(context.Background(), b.options.Deadline)
	defer cancel()

	start := time.Now()
	t, book, err := b.open(ctx, calls)
	if err != nil {
		return answerAll(calls, berth.TryAgain(err)), nil
	}
	stats.Load = time.Since(start)

	start = time.Now()
	decided := calls[:0:0]
	for _, c := range calls {
		missing, err := book.Run(c.decide)
		if missing.Empty() {
			c.err = err
			decided = append(decided, c)
			continue
		}
		if c.missing++; c.missing > mostMissing {
			c.err = berth.AsError(errors.New("a decide keeps asking for more rows"))
			decided = append(decided, c) // answered with the others: when a statement fails, all run again
			continue
		}
		c.need = c.need.And(missing) // the caller's own lists stay as they are
		again = append(again, c)
	}
	changes, any := book.Changes()
	stats.Decide = time.Since(start)
	if !any {
		if err := t.release(); err != nil {
			return append(answerAll(decided, berth.TryAgain(err)), again...), nil
		}
		answerDecided(decided)
		return again, nil
	}

	start = time.Now()
	err = t.commit(ctx, changes)
	stats.Append = time.Since(start)
	if errors.As(err, &f) {
		for _, c := range again {
			c.missing-- // it will be found missing once more
		}
		return nil, f
	}
	if err == nil {
		b.placed.committed(changes)
		answerDecided(decided)
		b.options.Observe.Batch(stats)
		return again, nil
	}
	return append(b.settleDoubt(changes, decided, err), again...), nil
}

// open begins the transaction and opens the book. A connection that turns out to be dead when it's used is replaced
// once: nothing has happened at this stage.
func (b *batcher) open(ctx context.Context, calls []*call) (tx, *berth.Book, error) {
	need := union(calls)
	if len(need.Pools) > 0 {
		need.Now = b.options.Now()
	}
	loaded := need
	loaded.Orders = unheld(need)
	t, rows, version, err := b.engine.begin(ctx, loaded)
	if err != nil {
		if t, rows, version, err = b.engine.begin(ctx, loaded); err != nil {
			return nil, nil, err
		}
	}
	if need.Catalogue {
		if b.catalogue == nil || b.catalogue.Version != version {
			c, err := b.engine.catalogueAt(ctx, version)
			if err != nil {
				t.rollback()
				return nil, nil, err
			}
			b.catalogue = c
		}
		rows.Catalogue = b.catalogue
	}
	return t, berth.NewBook(b.options.Now(), b.ids.at, need, rows), nil
}

// settleDoubt finds out what became of a commit that failed in an unknown way. Until that is known nobody is
// answered; past the deadline every caller gets Unavailable, and the rows tell later. Those whose batch can never
// happen any more run again, a handful of times.
func (b *batcher) settleDoubt(c *berth.Changes, calls []*call, cause error) (again []*call) {
	deadline := time.Now().Add(b.options.Deadline)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		committed, err := b.engine.resolve(ctx, c.Batch, c.Now)
		cancel()
		switch {
		case err == nil && committed:
			b.options.Observe.Doubt("committed")
			b.placed.committed(c)
			answerDecided(calls)
			return nil
		case err == nil:
			b.options.Observe.Doubt("void")
			for _, c := range calls {
				if c.races++; c.races < mostRaces {
					again = append(again, c)
				} else {
					c.answer(berth.TryAgain(cause))
				}
			}
			return again
		case time.Now().Add(pause).After(deadline):
			b.options.Observe.Doubt("unknown")
			b.options.Log.Error("the fate of a commit is unknown", "batch", c.Batch, "calls", len(calls), "cause", cause, "last", err)
			return answerAll(calls, berth.TryAgain(cause))
		}
		time.Sleep(pause)
	}
}

func (c *call) answer(err error) { c.done <- err }

func answerDecided(calls []*call) {
	for _, c := range calls {
		c.answer(c.err)
	}
}

func answerAll(calls []*call, err error) []*call {
	for _, c := range calls {
		c.answer(err)
	}
	return nil
}

// union is the need of a whole batch, each list sorted and without repeats: every process locks in the same order.
func union(calls []*call) berth.Need {
	if len(calls) == 1 {
		return sorted(calls[0].need, 1)
	}
	needs := make([]berth.Need, len(calls))
	for i, c := range calls {
		needs[i] = c.need
	}
	need := berth.Need{}.And(needs...)
	need.Held = sole(need)
	return sorted(need, len(calls))
}

// sole are the held orders that no other call of the batch names: one of the two would be mistaken about it.
func sole(need berth.Need) []*berth.Order {
	if len(need.Held) == 0 {
		return nil
	}
	named := make(map[string]int, len(need.Orders))
	for _, id := range need.Orders {
		named[id]++
	}
	return slices.DeleteFunc(need.Held, func(o *berth.Order) bool { return named[o.ID] > 1 })
}

// unheld are the orders of a need that have to be loaded.
func unheld(need berth.Need) []string {
	if len(need.Held) == 0 {
		return need.Orders
	}
	held := make(map[string]bool, len(need.Held))
	for _, o := range need.Held {
		held[o.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(need.Orders), func(id string) bool { return held[id] })
}

func sorted(n berth.Need, calls int) berth.Need {
	n.Pools = unionPools(n.Pools, calls)
	for _, list := range []*[]string{&n.Users, &n.Wallets, &n.Orders, &n.Services, &n.APIKeys, &n.Stock, &n.Counters,
		&n.Items, &n.Meta, &n.Keys} {
		*list = distinct(*list)
	}
	return n
}

func distinct[T cmp.Ordered](list []T) []T {
	if len(list) < 2 {
		return list
	}
	list = slices.Clone(list) // a caller's own slice stays as it is
	slices.Sort(list)
	return slices.Compact(list)
}
