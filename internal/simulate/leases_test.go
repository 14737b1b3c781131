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
	tasks    map[string]map[*fault.Process]int   // who is in a call for a task of a server, by the provider's id
	database time.Time                           // until when there was trouble with database or processes
	clocks   time.Time                           // until when there was trouble with clocks
}

// quiet is how long there must have been no trouble before a lease is judged strictly: every lease of before is over.
const quiet = 15 * time.Second

// honestFor is the same for clocks. A process whose clock goes wrong finds that out within five seconds, and what it has begun
// until then may take as long as a call may, 15 s, while it renews its lease by a clock that tells too little.
const honestFor = 25 * time.Second

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
func (l *leases) enter(p *fault.Process, off time.Time, provider string, ref berth.Ref) {
	attempt := fmt.Sprintf("%s/%s/%d", ref.Order, provider, ref.Attempt)
	l.mu.Lock()
	defer l.mu.Unlock()
	steady, honest := time.Since(l.database) > quiet, time.Since(l.clocks) > honestFor
	switch by := l.taken[attempt]; {
	case by != nil && by != p:
		l.world.object("lease", "two processes make attempt %d of order %s", ref.Attempt, ref.Order)
	case by != nil: // it goes on with what it began
	case !off.IsZero() && time.Since(off) > quiet && steady:
		l.world.object("clock", "a process whose clock is off begins attempt %d of order %s", ref.Attempt, ref.Order)
	case honest:
		if row, _, _ := l.world.books.Order(context.Background(), ref.Order); !present(row, provider, ref) {
			l.world.object("lease", "attempt %d at %s of order %s begins when attempt %d at %s has its lease", ref.Attempt, provider, ref.Order, row.Attempt, row.Provider)
		}
	}
	l.taken[attempt] = p
	for other, attempt := range l.inside[ref.Order] {
		if other != p && !other.Dead() && steady && honest {
			l.world.object("lease", "order %s is taken for attempt %d while the process of attempt %d works on it",
				ref.Order, ref.Attempt, attempt)
		}
	}
	if l.inside[ref.Order] == nil {
		l.inside[ref.Order] = map[*fault.Process]int64{}
	}
	l.inside[ref.Order][p] = ref.Attempt
}

// present reports whether an attempt, which providers count from their own first, is the one that has the lease.
func present(row berth.Order, provider string, ref berth.Ref) bool {
	return row.Provider == provider && row.Attempt-max(1, row.First)+1 == ref.Attempt
}

func (l *leases) leave(p *fault.Process, provider string, ref berth.Ref) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inside[ref.Order][p] == ref.Attempt {
		delete(l.inside[ref.Order], p)
	}
	// Only the attempt itself, or a newer one, may end what it holds.
	row, _, _ := l.world.books.Order(context.Background(), ref.Order)
	if !p.Dead() && present(row, provider, ref) && row.Holder != p.Name {
		l.world.object("fence", "attempt %d of order %s is under way, but the order is %s and held by %q",
			ref.Attempt, ref.Order, row.State, row.Holder)
	}
}

// leased is a driver whose calls are watched.
type leased struct {
	fault.Driver
	provider string
	replica  *replica
}

func (d leased) watch(ref berth.Ref, call func() berth.Outcome) berth.Outcome {
	p, l := d.Process, &d.replica.world.leases
	if p.Dead() {
		return berth.Outcome{} // nobody hears of it
	}
	l.enter(p, d.replica.offSince(), d.provider, ref)
	defer l.leave(p, d.provider, ref)
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
