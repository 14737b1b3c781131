// Package worker is where things run at the same time: it fulfils the orders that requests place and the changes of
// services that they ask for, takes over those whose process died, renews leases, and sweeps. What it runs is the desk's own functions; it has no rules of its own.
//
// An order's attempt, from lease to settle:
//
//	Place or Claim (the lease is taken) -> Fulfil (the driver's call, at most Policy.CallTimeout) -> Settle
//
// A task of a service goes the same way: Ask or ClaimServices -> Perform -> Finish (job.go).
//
// Meanwhile hold renews the lease. When the process dies the lease runs out and any process claims the order.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/berth-host/berth"
)

// Options of a worker. Zero values have a sensible meaning.
type Options struct {
	Calls   int           // driver calls at the same time, 256 when 0
	Scan    time.Duration // between two looks for due orders, 500 ms when 0
	Log     *slog.Logger
	Observe Observer
	Seal    func(context.Context) (berth.Sealing, error) // puts a load of batches into the chain; nil for nothing

	Reconcile Reconciling // the zero value never does
}

// Observer is told what the worker does. Its methods must return at once.
type Observer interface {
	Call(provider, kind, verdict string, took time.Duration) // a driver was called
	Settled(kind, state string)                              // an order was completed or refunded
	Changed(task, verdict string)                            // a task of a service ended: done or refused
	Backlog(b berth.Backlog)                                 // what isn't settled, every few seconds
	Sealed(batches int, lag time.Duration)                   // batches went into the chain, the oldest of them that late
	Reconciled(r berth.Reconciliation)                       // the database was compared with the providers
}

// Worker fulfils orders. Place may be called before and while Run runs; without Run nothing is taken over.
type Worker struct {
	desk    *berth.Desk
	options Options
	slots   chan struct{}
	crew    crew

	mu       sync.Mutex
	held     map[jobKey]hold
	waiters  map[jobKey]chan ending // requests that wait for the end of what they asked for
	draining bool
	working  sync.WaitGroup

	clockOff   atomic.Int64 // microseconds that this machine's clock is off, when more than tolerable; else 0
	clockKnown atomic.Bool  // it was compared with the database's: until then nothing is taken over
}

// hold is a job that this process is working on.
type hold struct {
	job     job
	taken   bool      // over, from the rows that are due: no request of this process has placed it
	renewed time.Time // when the lease was last taken or renewed, at the latest
	until   time.Time // the lease is renewed until then at most; zero while the driver's call has yet to begin
}

// New makes a worker over a desk.
func New(desk *berth.Desk, o Options) *Worker {
	if o.Calls == 0 {
		o.Calls = 256
	}
	if o.Scan == 0 {
		o.Scan = 500 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Observe == nil {
		o.Observe = nobody{}
	}
	return &Worker{
		desk: desk, options: o, slots: make(chan struct{}, o.Calls),
		held: map[jobKey]hold{}, waiters: map[jobKey]chan ending{},
	}
}

// Place places an order and fulfils it, and returns when it's settled or the patience is over, whichever comes first:
// an order that is still paid then goes on without its request. ctx is the client's presence; when the client leaves,
// the order goes on, too.
func (w *Worker) Place(ctx context.Context, r *berth.Request) (berth.Receipt, error) {
	p := w.placement(w.desk.Patience(r.Kind), func(p *placement) { w.place(p, r) })
	e, outwaited, err := w.await(ctx, p)
	switch {
	case err != nil:
		return berth.Receipt{}, err
	case outwaited:
		return w.latest(*e.order), nil
	}
	return *e.order, nil
}

// placement is one piece of work on its way from a request.
type placement struct {
	settled chan ending
	failed  chan error
	taken   chan struct{} // closed once job and begun are set: it is in the books, and leased to this process
	job     job
	begun   ending
	wait    time.Duration // for the end, at most
	left    bool          // the request doesn't wait any more; guarded by Worker.mu
}

// placement begins a piece of work, whose request may then await its end for so many microseconds.
func (w *Worker) placement(patience int64, do func(*placement)) *placement {
	p := &placement{wait: time.Duration(patience) * time.Microsecond, settled: make(chan ending, 1), failed: make(chan error, 1), taken: make(chan struct{})}
	if err := w.begin(); err != nil {
		p.failed <- err
		return p
	}
	w.crew.run(func() {
		defer w.working.Done()
		do(p)
	})
	return p
}

// await waits for the end of a piece of work, at most as long as its patience: outwaited says that it goes on.
func (w *Worker) await(ctx context.Context, p *placement) (e ending, outwaited bool, err error) {
	patience := time.NewTimer(p.wait)
	defer patience.Stop()
	select {
	case e = <-p.settled:
		return e, false, nil
	case err = <-p.failed:
		return e, false, err
	case <-ctx.Done():
		w.leave(p)
		return e, false, berth.TryAgain(ctx.Err())
	case <-patience.C:
		return w.outwait(p)
	}
}

func (w *Worker) place(p *placement, r *berth.Request) {
	start := time.Now() // the lease begins later than this
	receipt, err := w.desk.Place(context.Background(), r)
	switch {
	case err != nil:
		p.failed <- err
	case receipt.Replayed:
		p.settled <- ending{order: &receipt}
	case receipt.Order.State != berth.Paid:
		w.options.Observe.Settled(receipt.Order.Kind, string(receipt.Order.State))
		p.settled <- ending{order: &receipt}
	default:
		p.pursue(w, orderJob(receipt.Order), ending{order: &receipt}, start)
	}
}

// pursue does what was taken at start, and lets its request hear of the end, whichever attempt of this process brings it.
func (p *placement) pursue(w *Worker, j job, begun ending, start time.Time) {
	p.job, p.begun = j, begun
	close(p.taken)
	w.hold(j, start, false)
	w.mu.Lock()
	if !p.left {
		w.waiters[j.key()] = p.settled
	}
	w.mu.Unlock()
	w.fulfil(j)
}

// leave ends the waiting of a request.
func (w *Worker) leave(p *placement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.left = true
	select {
	case <-p.taken:
		if w.waiters[p.job.key()] == p.settled { // another request may wait for the service's next task by now
			delete(w.waiters, p.job.key())
		}
	default:
	}
}

// outwait answers a request whose patience is over with what it began.
func (w *Worker) outwait(p *placement) (e ending, outwaited bool, err error) {
	w.leave(p)
	select {
	case <-p.taken:
		select {
		case e = <-p.settled:
			return e, false, nil
		default:
			return p.begun, true, nil
		}
	default:
		return e, false, berth.TryAgain(errors.New("it was not written within the patience"))
	}
}

// latest is the order as it stands now: another process may have settled it. Without an answer in time it's the order
// as it was paid.
func (w *Worker) latest(r berth.Receipt) berth.Receipt {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if now, err := w.desk.Reveal(ctx, r.Order.ID); err == nil {
		return now
	}
	return r
}

// begin counts a piece of work in, unless the worker is stopping or may take no leases.
func (w *Worker) begin() error {
	if !w.clockKnown.Load() { // right after the start: a process must not place by a clock that nobody has looked at
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := w.checkClock(ctx); err != nil && !w.clockKnown.Load() {
			return berth.TryAgain(err)
		}
	}
	if off := w.clockOff.Load(); off != 0 {
		return berth.TryAgain(fmt.Errorf("this machine's clock is off by %d ms", off/1000))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.draining {
		return berth.TryAgain(errors.New("shutting down"))
	}
	w.working.Add(1)
	return nil
}

// fulfil makes attempts for a job that this process holds until it has ended or waits, and tells the request that waits
// for it. An order that its provider refused is with the next one then, and still this process's.
func (w *Worker) fulfil(j job) {
	for {
		next, again := w.attempt(j)
		if !again {
			return
		}
		j = next
	}
}

// attempt calls the driver once and records what came of it. again is true when an order has moved to another provider:
// next is it, with the lease of its first attempt there.
func (w *Worker) attempt(j job) (next job, again bool) {
	defer w.release(j)
	provider, _ := j.labels()
	out, ok := w.turn(provider, func() bool { return w.fresh(j) }, func() berth.Outcome { return w.call(j) })
	if !ok {
		return j, false
	}
	start := time.Now() // a lease that the settle takes begins later than this
	e, over := w.settle(w.latestOf(j), out)
	if !j.isTask() && e.order.Order.Moved(*j.order) {
		next = orderJob(e.order.Order)
		w.hold(next, start, w.takenOver(j))
		return next, true
	}
	if over {
		w.ended(j, e)
	}
	if over || !j.isTask() && e.order.Order.OutOfPatience() {
		w.tell(j, e)
	}
	return j, false
}

// tell answers the request that waits for a job, if one does.
func (w *Worker) tell(j job, e ending) {
	w.mu.Lock()
	waiter := w.waiters[j.key()]
	delete(w.waiters, j.key())
	w.mu.Unlock()
	if waiter != nil {
		waiter <- e
	}
}

// call is one driver call. A driver that panics has given no certain answer.
func (w *Worker) call(j job) (out berth.Outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), w.limit(j))
	defer cancel()
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			out = berth.Outcome{Verdict: berth.Unresolved, Reason: fmt.Errorf("driver panicked: %v\n%s", p, debug.Stack())}
		}
		provider, kind := j.labels()
		w.options.Observe.Call(provider, kind, out.Verdict.String(), time.Since(start))
		if out.Verdict != berth.Done {
			w.options.Log.Warn("a driver did not deliver", j.subject(), j.key().id, "kind", kind, "provider", provider,
				"attempt", j.attempt(), "verdict", out.Verdict.String(), "reason", out.Reason)
		}
	}()
	return w.perform(ctx, j)
}

// settle records an outcome. While the database can't be reached it tries again: the lease keeps others away, and a
// settle that has happened after all is found to have happened. A lease lost meanwhile ends it.
func (w *Worker) settle(j job, out berth.Outcome) (e ending, over bool) {
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		e, over, err := w.record(j, out)
		if err == nil {
			return e, over
		}
		w.options.Log.Error("recording an outcome failed", j.subject(), j.key().id, "verdict", out.Verdict.String(), "error", errors.Unwrap(err))
		if !berth.IsCode(err, berth.Unavailable) || !w.holds(j) {
			return noEnding(), false
		}
		time.Sleep(pause)
	}
}

// hold notes that this process has the lease of a job, taken at the given time or later.
func (w *Worker) hold(j job, since time.Time, taken bool) {
	w.mu.Lock()
	w.held[j.key()] = hold{job: j, renewed: since, taken: taken}
	w.mu.Unlock()
}

// takenOver reports whether an attempt of this process was taken over rather than asked for by a request.
func (w *Worker) takenOver(j job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held[j.key()].taken
}

// fresh reports whether the lease of a job is certainly still this process's, and limits its renewals to the time
// that the call may take. A process that was paused finds its leases gone, and calls nobody: whoever has them now
// goes on. Two fifths of the lease are left for clocks that differ: of five seconds that is twice what is tolerated,
// one for each of two processes. Renewals come earlier than that.
func (w *Worker) fresh(j job) bool {
	lease := time.Duration(w.desk.Policy.Lease) * time.Microsecond
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	h, ok := w.held[j.key()]
	if !ok || h.job.attempt() != j.attempt() || now.Sub(h.renewed) > lease*3/5 {
		return false
	}
	h.until = now.Add(w.limit(j) + 2*lease)
	w.held[j.key()] = h
	return true
}

// latestOf is a job as this process last wrote its row: the renewal of a lease changes it.
func (w *Worker) latestOf(j job) job {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h, ok := w.held[j.key()]; ok && h.job.attempt() == j.attempt() {
		return h.job
	}
	return j
}

func (w *Worker) holds(j job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	h, ok := w.held[j.key()]
	return ok && h.job.attempt() == j.attempt() && time.Now().Before(h.until)
}

// release ends the hold of an attempt. A later attempt of this same process, after a lost lease, keeps its own.
func (w *Worker) release(j job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h, ok := w.held[j.key()]; ok && h.job.attempt() == j.attempt() {
		delete(w.held, j.key())
	}
}

// Ready reports whether orders can be taken: the database answers within a second, the clocks agree, and the worker
// isn't stopping.
func (w *Worker) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	w.mu.Lock()
	draining := w.draining
	w.mu.Unlock()
	if draining {
		return errors.New("shutting down")
	}
	return w.checkClock(ctx)
}

// Drain takes nothing new and waits until what was taken is settled, or ctx ends. Leases that are left run out.
func (w *Worker) Drain(ctx context.Context) error {
	w.mu.Lock()
	w.draining = true
	w.mu.Unlock()
	done := make(chan struct{})
	go func() {
		w.working.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.New("some orders were still under way; a worker will go on with them")
	}
}

type nobody struct{}

func (nobody) Call(string, string, string, time.Duration) {}
func (nobody) Settled(string, string)                     {}
func (nobody) Changed(string, string)                     {}
func (nobody) Backlog(berth.Backlog)                      {}
func (nobody) Sealed(int, time.Duration)                  {}
func (nobody) Reconciled(berth.Reconciliation)            {}
