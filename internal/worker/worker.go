// Package worker is where things run at the same time: it fulfils the orders that requests place, takes over orders
// whose process died, renews leases, and sweeps. What it runs is the desk's own functions; it has no rules of its own.
//
// An order's attempt, from lease to settle:
//
//	Place or Claim (the lease is taken) -> Fulfil (the driver's call, at most Policy.CallTimeout) -> Settle
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
}

// Observer is told what the worker does. Its methods must return at once.
type Observer interface {
	Call(provider, kind, verdict string, took time.Duration) // a driver was called
	Settled(kind, state string)                              // an order was completed or refunded
	Backlog(b berth.Backlog)                                 // what isn't settled, every few seconds
	Sealed(batches int, lag time.Duration)                   // batches went into the chain, the oldest of them that late
}

// Worker fulfils orders. Place may be called before and while Run runs; without Run nothing is taken over.
type Worker struct {
	desk    *berth.Desk
	options Options
	slots   chan struct{}

	mu       sync.Mutex
	held     map[string]hold
	waiters  map[string]chan berth.Receipt // requests that wait for their order to be settled, by order
	draining bool
	working  sync.WaitGroup

	clockOff   atomic.Int64 // microseconds that this machine's clock is off, when more than tolerable; else 0
	clockKnown atomic.Bool  // it was compared with the database's: until then nothing is taken over
}

// hold is an order that this process is working on.
type hold struct {
	order   berth.Order
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
		held: map[string]hold{}, waiters: map[string]chan berth.Receipt{},
	}
}

// Place places an order and fulfils it, and returns when it's settled or the patience is over, whichever comes first:
// an order that is still paid then goes on without its request. ctx is the client's presence; when the client leaves,
// the order goes on, too.
func (w *Worker) Place(ctx context.Context, r *berth.Request) (berth.Receipt, error) {
	if err := w.begin(); err != nil {
		return berth.Receipt{}, err
	}
	p := &placement{settled: make(chan berth.Receipt, 1), failed: make(chan error, 1), paid: make(chan struct{})}
	go func() {
		defer w.working.Done()
		w.place(p, r)
	}()
	patience := time.NewTimer(time.Duration(w.desk.Policy.Patience) * time.Microsecond)
	defer patience.Stop()
	select {
	case receipt := <-p.settled:
		return receipt, nil
	case err := <-p.failed:
		return berth.Receipt{}, err
	case <-ctx.Done():
		w.leave(p)
		return berth.Receipt{}, berth.TryAgain(ctx.Err())
	case <-patience.C:
		return w.outwait(p)
	}
}

// placement is one order on its way from a request.
type placement struct {
	settled chan berth.Receipt
	failed  chan error
	paid    chan struct{} // closed once receipt holds the paid order
	receipt berth.Receipt
	left    bool // the request doesn't wait any more; guarded by Worker.mu
}

func (w *Worker) place(p *placement, r *berth.Request) {
	start := time.Now() // the lease begins later than this
	receipt, err := w.desk.Place(context.Background(), r)
	switch {
	case err != nil:
		p.failed <- err
		return
	case receipt.Replayed:
		p.settled <- receipt
		return
	case receipt.Order.State != berth.Paid:
		w.options.Observe.Settled(receipt.Order.Kind, string(receipt.Order.State))
		p.settled <- receipt
		return
	}
	p.receipt = receipt
	close(p.paid)
	w.hold(receipt.Order, start)
	w.mu.Lock()
	if !p.left { // it hears of the settle whichever attempt of this process brings it
		w.waiters[receipt.Order.ID] = p.settled
	}
	w.mu.Unlock()
	w.fulfil(receipt.Order)
}

// leave ends the waiting of a request for its order.
func (w *Worker) leave(p *placement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.left = true
	select {
	case <-p.paid:
		delete(w.waiters, p.receipt.Order.ID)
	default:
	}
}

// outwait answers a request whose patience is over with the order as it stands.
func (w *Worker) outwait(p *placement) (berth.Receipt, error) {
	w.leave(p)
	select {
	case <-p.paid:
		select {
		case receipt := <-p.settled:
			return receipt, nil
		default:
			return w.latest(p.receipt), nil
		}
	default:
		return berth.Receipt{}, berth.TryAgain(errors.New("the order was not written within the patience"))
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

// fulfil calls the driver for an order that this process holds, settles it, and tells the request that waits for it.
func (w *Worker) fulfil(o berth.Order) {
	defer w.release(o)
	w.slots <- struct{}{}
	if !w.fresh(o) {
		<-w.slots
		return
	}
	out := w.call(o)
	<-w.slots
	receipt := w.settle(w.latestOf(o), out)
	if receipt.Order.State == berth.Paid {
		return
	}
	w.options.Observe.Settled(o.Kind, string(receipt.Order.State))
	w.mu.Lock()
	waiter := w.waiters[o.ID]
	delete(w.waiters, o.ID)
	w.mu.Unlock()
	if waiter != nil {
		waiter <- receipt
	}
}

// call is one driver call. A driver that panics has given no certain answer.
func (w *Worker) call(o berth.Order) (out berth.Outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(w.desk.Policy.CallTimeout)*time.Microsecond)
	defer cancel()
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			out = berth.Outcome{Verdict: berth.Unresolved, Reason: fmt.Errorf("driver panicked: %v\n%s", p, debug.Stack())}
		}
		w.options.Observe.Call(o.Provider, o.Kind, out.Verdict.String(), time.Since(start))
		if out.Verdict != berth.Done {
			w.options.Log.Warn("a driver did not deliver", "order", o.ID, "kind", o.Kind, "provider", o.Provider,
				"attempt", o.Attempt, "verdict", out.Verdict.String(), "reason", out.Reason)
		}
	}()
	return w.desk.Fulfil(ctx, o)
}

// settle records an outcome. While the database can't be reached it tries again: the lease keeps others away, and a
// settle that has happened after all is found to have happened. A lease lost meanwhile ends it.
func (w *Worker) settle(o berth.Order, out berth.Outcome) berth.Receipt {
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		receipt, err := w.desk.Settle(context.Background(), o, out)
		if err == nil {
			return receipt
		}
		w.options.Log.Error("settling an order failed", "order", o.ID, "verdict", out.Verdict.String(), "error", errors.Unwrap(err))
		if !berth.IsCode(err, berth.Unavailable) || !w.holds(o) {
			return berth.Receipt{Order: o}
		}
		time.Sleep(pause)
	}
}

// hold notes that this process has the lease of an order, taken at the given time or later.
func (w *Worker) hold(o berth.Order, taken time.Time) {
	w.mu.Lock()
	w.held[o.ID] = hold{order: o, renewed: taken}
	w.mu.Unlock()
}

// fresh reports whether the lease of an order is certainly still this process's, and limits its renewals to the time
// that the call may take. A process that was paused finds its leases gone, and calls nobody: whoever has them now
// goes on. Two fifths of the lease are left for clocks that differ: of five seconds that is twice what is tolerated,
// one for each of two processes. Renewals come earlier than that.
func (w *Worker) fresh(o berth.Order) bool {
	lease := time.Duration(w.desk.Policy.Lease) * time.Microsecond
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	h, ok := w.held[o.ID]
	if !ok || h.order.Attempt != o.Attempt || now.Sub(h.renewed) > lease*3/5 {
		return false
	}
	h.until = now.Add(time.Duration(w.desk.Policy.CallTimeout)*time.Microsecond + 2*lease)
	w.held[o.ID] = h
	return true
}

// latestOf is a held order as this process last wrote it: the renewal of a lease changes the row.
func (w *Worker) latestOf(o berth.Order) berth.Order {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h, ok := w.held[o.ID]; ok && h.order.Attempt == o.Attempt {
		return h.order
	}
	return o
}

func (w *Worker) holds(o berth.Order) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	h, ok := w.held[o.ID]
	return ok && h.order.Attempt == o.Attempt && time.Now().Before(h.until)
}

// release ends the hold of an attempt. A later attempt of this same process, after a lost lease, keeps its own.
func (w *Worker) release(o berth.Order) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held[o.ID].order.Attempt == o.Attempt {
		delete(w.held, o.ID)
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
func (nobody) Backlog(berth.Backlog)                      {}
func (nobody) Sealed(int, time.Duration)                  {}
