// Package guard stands before all providers of a process: it lets a bounded number of calls into each at a time, and
// spares a provider that gives no certain answers. Drivers know nothing of it, and it knows nothing of drivers: whoever
// calls one asks for a turn first, so a driver's abilities need no wrapping.
//
// Each provider has a circuit:
//
//	closed -> open: After calls in a row had no certain answer, none of them older than Within
//	open -> half-open: its pause is over, and the next call that comes is the probe; all others wait on
//	half-open -> closed: the probe had any certain answer
//	half-open -> open: it had none; the pause doubles
//
// The state is each process's own: it says how calls of this process have fared, and is lost with it.
package guard

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/berth-host/berth"
)

// Options of a guard. Zero values have a sensible meaning.
type Options struct {
	Limits  map[string]int // calls of a provider at the same time, Limit for those that aren't named
	Limit   int            // 16 when 0
	After   int            // calls in a row without a certain answer open a circuit; 5 when 0
	Within  time.Duration  // failures further apart than this aren't in a row; a minute when 0
	Pause   time.Duration  // of an open circuit at first; 2 s when 0
	Longest time.Duration  // pause, after doublings; a minute when 0
	Now     func() int64   // microseconds UTC; the machine's clock when nil
	Log     *slog.Logger
}

// Guard is a berth.Gate. Any number of goroutines may use it.
type Guard struct {
	options Options
	shut    atomic.Int32 // circuits that aren't closed: nearly always none, and then nothing is looked up

	mu        sync.Mutex
	providers map[string]*provider
}

var _ berth.Gate = (*Guard)(nil)

// provider is the state of one, guarded by Guard.mu except for its slots.
type provider struct {
	name     string
	slots    chan struct{} // one element a call under way
	waiting  int
	ended    int64         // when a call last did, or the first one began
	failures int           // in a row
	failed   int64         // when the last of them was
	open     bool          // also while half-open
	probing  bool          // half-open, and the probe is under way
	until    int64         // the end of the pause
	pause    time.Duration // the next one
}

// roomsPerCall is how many orders are taken over for each call that a provider may get at the same time, and stuckAfter
// how long none of its calls has ended when it counts as one that gets nothing done.
const (
	roomsPerCall = 4
	stuckAfter   = 2 * time.Second
)

// State is how a provider stands, for metrics.
type State struct {
	Provider string
	Open     bool // no call is let in but a probe
	Probing  bool
	Calls    int // under way
	Waiting  int // for their turn
}

// New makes a guard.
func New(o Options) *Guard {
	if o.Limit == 0 {
		o.Limit = 16
	}
	if o.After == 0 {
		o.After = 5
	}
	if o.Now == nil {
		o.Now = func() int64 { return time.Now().UnixMicro() }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	for _, d := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{{&o.Within, time.Minute}, {&o.Pause, 2 * time.Second}, {&o.Longest, time.Minute}} {
		if *d.value == 0 {
			*d.value = d.otherwise
		}
	}
	g := &Guard{options: o, providers: map[string]*provider{}}
	for name := range o.Limits {
		g.provider(name)
	}
	return g
}

// provider finds or makes a provider's state. It is called under the lock, or before anybody else has the guard.
func (g *Guard) provider(name string) *provider {
	p := g.providers[name]
	if p == nil {
		limit := g.options.Limits[name]
		if limit <= 0 {
			limit = g.options.Limit
		}
		p = &provider{name: name, slots: make(chan struct{}, limit), pause: g.options.Pause}
		g.providers[name] = p
	}
	return p
}

// Enter waits for a turn: see berth.Gate.
func (g *Guard) Enter(ctx context.Context, name string) (leave func(berth.Verdict), until int64) {
	g.mu.Lock()
	p := g.provider(name)
	if until, may := g.admit(p); !may {
		g.mu.Unlock()
		return nil, until
	}
	probe := p.probing
	if len(p.slots) == 0 {
		p.ended = g.options.Now()
	}
	select {
	case p.slots <- struct{}{}:
		g.mu.Unlock()
		return g.leave(p, probe), 0
	default:
	}
	p.waiting++
	g.mu.Unlock()
	got := false
	select {
	case p.slots <- struct{}{}:
		got = true
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p.waiting--
	switch {
	case !got:
		p.probing = p.probing && !probe
		return nil, g.after(g.options.Pause)
	case p.open && !probe: // it has opened while this one waited
		<-p.slots
		return nil, max(p.until, g.after(g.options.Pause))
	}
	return g.leave(p, probe), 0
}

// admit reports whether a call may wait for its turn, and otherwise until when not. Of an open circuit whose pause is
// over the first to come is the probe.
func (g *Guard) admit(p *provider) (until int64, may bool) {
	switch {
	case !p.open:
		return 0, true
	case p.probing:
		return g.after(g.options.Pause), false
	case g.options.Now() < p.until:
		return p.until, false
	}
	p.probing = true
	return 0, true
}

func (g *Guard) after(d time.Duration) int64 { return g.options.Now() + d.Microseconds() }

// Shut are the providers that aren't to be called now: see berth.Gate.
func (g *Guard) Shut() map[string]int64 {
	if g.shut.Load() == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	shut := map[string]int64{}
	for name, p := range g.providers {
		switch {
		case p.open && p.probing:
			shut[name] = g.after(g.options.Pause)
		case p.open && g.options.Now() < p.until:
			shut[name] = p.until
		}
	}
	return shut
}

// Rooms lets so many orders be taken over for a provider that it stays busy until the next look at the due ones, and so
// few that those of one slow provider leave room for others. See berth.Gate.
func (g *Guard) Rooms() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	rooms := make(map[string]int, len(g.providers))
	for name, p := range g.providers {
		rooms[name] = max(0, roomsPerCall*cap(p.slots)-len(p.slots)-p.waiting)
		if rooms[name] == 0 && g.options.Now()-p.ended > stuckAfter.Microseconds() {
			rooms[name] = -1
		}
	}
	return rooms
}

// States hands out how each provider stands that was ever called or has a limit of its own.
func (g *Guard) States(each func(State)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, p := range g.providers {
		each(State{Provider: name, Open: p.open, Probing: p.probing, Calls: len(p.slots), Waiting: p.waiting})
	}
}
