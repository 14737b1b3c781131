package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

// How often the loops run, and how far the clocks may be apart: leases are judged by the database's rows, but by the
// clock of each machine.
const (
	sealEvery      = 200 * time.Millisecond
	sweepEvery     = time.Minute
	watchEvery     = 5 * time.Second
	tolerableClock = berth.Second
)

// Run takes over due orders and services, renews leases, seals, checks the clock and sweeps, until ctx ends. It returns when its loops
// have ended; work that was taken goes on, and Drain waits for it.
func (w *Worker) Run(ctx context.Context) {
	w.crew.open(ctx)
	var loops sync.WaitGroup
	loop := func(every time.Duration, step func(context.Context) error, what string) {
		loops.Go(func() {
			tick := time.NewTicker(every)
			defer tick.Stop()
			for failed := 0; ctx.Err() == nil; {
				switch err := step(ctx); {
				case err == nil:
					failed = 0
				case ctx.Err() == nil:
					// The first, second, fourth, eighth... in a row: an outage must not drown the log.
					if failed++; failed&(failed-1) == 0 {
						w.options.Log.Error(what+" failed", "times", failed, "error", err, "cause", errors.Unwrap(err))
					}
				}
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	lease := time.Duration(w.desk.Policy.Lease) * time.Microsecond
	loop(watchEvery, w.watch, "watching clock and backlog")
	orders, services := w.dueOrders(), w.dueServices()
	loop(w.options.Scan, func(ctx context.Context) error { return w.takeDue(ctx, orders) }, "taking due orders")
	loop(w.options.Scan, func(ctx context.Context) error { return w.takeDue(ctx, services) }, "taking due services")
	loop(lease/3, w.renew, "renewing leases")
	loop(sweepEvery, w.sweep, "sweeping")
	if w.options.Reconcile.Every > 0 {
		loop(reconcileLook, w.reconcile, "comparing with the providers")
	}
	if w.options.Seal != nil {
		loop(sealEvery, w.seal, "sealing")
	}
	loops.Wait()
}

// seal puts all batches that wait into the chain.
func (w *Worker) seal(ctx context.Context) error {
	for ctx.Err() == nil {
		done, err := w.options.Seal(ctx)
		if err != nil {
			return err
		}
		if done.Sealed > 0 {
			w.options.Observe.Sealed(done.Sealed, time.Duration(max(0, w.desk.Now()-done.Oldest))*time.Microsecond)
		}
		if !done.More {
			return nil
		}
	}
	return nil
}

// takeDue claims what is due, as much as there are free slots, until nothing is. A claim that takes nothing has postponed
// orders whose provider isn't to be called now, or only looked at services, and others stand behind them.
func (w *Worker) takeDue(ctx context.Context, from source) error {
	for fruitless := 0; fruitless < mostFruitless && w.clockKnown.Load() && w.clockOff.Load() == 0; {
		most := min(w.free(from.task), 200)
		if most <= 0 {
			return nil
		}
		ids, err := from.due(ctx, w.desk.Now(), most)
		if err != nil {
			return err
		}
		whole := len(ids) == most
		if ids = slices.DeleteFunc(ids, func(id string) bool { return w.busyWith(jobKey{from.task, id}) }); len(ids) == 0 {
			return nil
		}
		if err := w.begin(); err != nil {
			return nil // stopping
		}
		taken := time.Now()
		jobs, renewals, err := from.claim(ctx, ids)
		for _, j := range jobs {
			w.hold(j, taken, true)
			w.working.Add(1)
			go func() {
				defer w.working.Done()
				w.fulfil(j)
			}()
		}
		w.placeRenewals(ctx, renewals)
		w.working.Done()
		if err != nil {
			return err
		}
		if len(jobs) == 0 && !(from.task && whole) { // a service that was only looked at is done with for now
			fruitless++
		}
	}
	return nil
}

// mostFruitless bounds how many claims in a row may take nothing.
const mostFruitless = 5

// free is the number of jobs that may be taken over: those that wait for their turn count as if they had it. Orders of
// requests don't count: many of them that wait for one slow provider must not keep others from being taken over. Tasks get
// half of the places at most: thousands of services may expire in one minute, and orders that were paid come first.
func (w *Worker) free(task bool) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	free, tasks := cap(w.slots), (cap(w.slots)+1)/2
	for key, h := range w.held {
		if h.taken {
			free--
		}
		if h.taken && key.task {
			tasks--
		}
	}
	if task {
		return min(free, tasks)
	}
	return free
}

// busyWith reports whether this process is at work on a job whose lease ran out, as when the database was away. Its
// call still goes on and will be settled, so a second attempt would only put the first in doubt.
func (w *Worker) busyWith(key jobKey) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	h, ok := w.held[key]
	return ok && (h.until.IsZero() || time.Now().Before(h.until))
}

// renew prolongs the leases that have been held for a while. Most jobs are done long before.
func (w *Worker) renew(ctx context.Context) error {
	now := time.Now()
	old := now.Add(-time.Duration(w.desk.Policy.Lease) * time.Microsecond / 4)
	var jobs []job
	w.mu.Lock()
	for _, h := range w.held {
		if h.renewed.Before(old) && (h.until.IsZero() || now.Before(h.until)) {
			jobs = append(jobs, h.job)
		}
	}
	w.mu.Unlock()
	if len(jobs) == 0 {
		return nil
	}
	kept, err := w.keep(ctx, jobs)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range kept {
		if h, ok := w.held[j.key()]; ok && h.job.attempt() == j.attempt() {
			h.job, h.renewed = j, now
			w.held[j.key()] = h
		}
	}
	return err
}

func (w *Worker) sweep(ctx context.Context) error {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = w.desk.Sweep(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *Worker) watch(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, watchEvery)
	defer cancel()
	if err := w.checkClock(short); err != nil {
		return err
	}
	backlog, err := w.desk.Store.Backlog(short)
	if err == nil {
		w.options.Observe.Backlog(backlog)
	}
	return err
}

// checkClock compares this machine's clock with the database's. One that is off takes no leases: it would take
// those of others too early, or let its own run out.
func (w *Worker) checkClock(ctx context.Context) error {
	before := w.desk.Now()
	there, err := w.desk.Store.Clock(ctx)
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	after := w.desk.Now()
	var off int64
	switch { // the database read its clock somewhere between before and after
	case there < before-tolerableClock:
		off = there - before
	case there > after+tolerableClock:
		off = there - after
	}
	w.clockOff.Store(off)
	w.clockKnown.Store(true)
	if off != 0 {
		return fmt.Errorf("this machine's clock and the database's are %d ms apart: set both by NTP", off/1000)
	}
	return nil
}
