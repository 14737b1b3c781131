package simulate

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/fault"
)

// leases watches who calls the provider for which order.
type leases struct {
	world *world

	mu       sync.Mutex
	inside   map[string]map[*fault.Process]int64 // who is in a call for an order, and in which attempt
	taken    map[string]*fault.Process           // who has called in an attempt
	database time.Time                           // until when there was trouble with database or processes
	clocks   time.Time                           // until when there was trouble with clocks
}

// quiet is how long there must have been no trouble before a lease is judged strictly: every lease of before is over.
const quiet = 15 * time.Second

func (l *leases) trouble(long time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(long); until.After(l.database) {
		l.database = until
	}
}

func (l *leases) shift() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clocks = time.Now()
}

// enter notes that a process begins a call, and objects when it may not. Its clock is off since off, unless zero.
func (l *leases) enter(p *fault.Process, off time.Time, ref berth.Ref) {
	attempt := fmt.Sprintf("%s/%d", ref.Order, ref.Attempt)
	l.mu.Lock()
	defer l.mu.Unlock()
	settled := time.Since(l.database) > quiet
	row, _, _ := l.world.books.Order(context.Background(), ref.Order)
	if l.taken[attempt] == nil && row.Attempt != ref.Attempt && time.Since(l.clocks) > quiet {
		l.world.object("lease", "attempt %d of order %s begins when attempt %d has its lease", ref.Attempt, ref.Order, row.Attempt)
	}
	if by := l.taken[attempt]; by != nil && by != p {
		l.world.object("lease", "two replicas make attempt %d of order %s", ref.Attempt, ref.Order)
	}
	l.taken[attempt] = p
	for other, attempt := range l.inside[ref.Order] {
		if other != p && !other.Dead() && settled && time.Since(l.clocks) > quiet {
			l.world.object("lease", "order %s is taken for attempt %d while the process of attempt %d works on it",
				ref.Order, ref.Attempt, attempt)
		}
	}
	if !off.IsZero() && time.Since(off) > quiet && settled {
		l.world.object("clock", "a replica whose clock is off makes attempt %d of order %s", ref.Attempt, ref.Order)
	}
	if l.inside[ref.Order] == nil {
		l.inside[ref.Order] = map[*fault.Process]int64{}
	}
	l.inside[ref.Order][p] = ref.Attempt
}

func (l *leases) leave(p *fault.Process, ref berth.Ref) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inside[ref.Order][p] == ref.Attempt {
		delete(l.inside[ref.Order], p)
	}
	// Only the attempt itself, or a newer one, may end what it holds.
	row, _, _ := l.world.books.Order(context.Background(), ref.Order)
	if !p.Dead() && row.Attempt == ref.Attempt && row.Holder != p.Name {
		l.world.object("fence", "attempt %d of order %s is under way, but the order is %s and held by %q",
			ref.Attempt, ref.Order, row.State, row.Holder)
	}
}

// leased is a driver whose calls are watched.
type leased struct {
	fault.Driver
	replica *replica
}

func (d leased) watch(ref berth.Ref, call func() berth.Outcome) berth.Outcome {
	p, l := d.Process, &d.replica.world.leases
	if p.Dead() {
		return berth.Outcome{} // nobody hears of it
	}
	l.enter(p, d.replica.offSince(), ref)
	defer l.leave(p, ref)
	return call()
}

func (d leased) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	return d.watch(ref, func() berth.Outcome { return d.Driver.Create(ctx, ref, spec) })
}

func (d leased) Activate(ctx context.Context, ref berth.Ref, spec berth.NetworkSpec) berth.Outcome {
	return d.watch(ref, func() berth.Outcome { return d.Driver.Activate(ctx, ref, spec) })
}

func (d leased) Resize(ctx context.Context, ref berth.Ref, providerRef string, spec berth.ServerSpec) berth.Outcome {
	return d.watch(ref, func() berth.Outcome { return d.Driver.Resize(ctx, ref, providerRef, spec) })
}

func (d leased) Find(ctx context.Context, ref berth.Ref) berth.Outcome {
	return d.watch(ref, func() berth.Outcome { return d.Driver.Find(ctx, ref) })
}
