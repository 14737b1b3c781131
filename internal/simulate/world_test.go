package simulate

import (
	"cmp"
	"context"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/fault"
	"github.com/berth-host/berth/internal/provision/guard"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/store"
)

// The providers' names in the catalogue. Networks are the first one's alone.
const (
	tenant = "sim"
	spare  = "spare"
)

// place is a provider and what it has made.
type place struct {
	name     string
	machines *sim.Provider
	provider *fault.Provider
}

// world is one run: a database, a provider, the replicas between them, and everybody who wants something.
type world struct {
	seed    uint64
	broken  fault.Switch
	profile profile
	start   time.Time
	chance  *fault.Seed
	leaped  atomic.Int64 // microseconds that every clock has leaped

	memory   store.Memory
	books    *store.Store // the database without faults: to begin with, and for the rules
	head     berth.Head   // of the chain, at the last audit
	places   []place
	replicas []*replica
	office   *office
	clients  []*client
	leases   leases
	over     chan struct{} // closed when the faults end
	ended    chan struct{} // closed when all orders are settled

	mu         sync.Mutex
	out        io.Writer // of the trace
	digest     hash.Hash64
	events     int
	at         time.Duration // the instant of lines, which aren't written yet
	lines      []string
	objections []objection
	tallies    map[string]int
}

// objection says that a rule was broken.
type objection struct{ rule, text string }

// result is what a run comes to.
type result struct {
	seed       uint64
	trace      uint64 // digest of everything that happened
	events     int
	orders     int
	objections []objection
	tallies    map[string]int
}

// run plays one seed from the beginning to the end. It is called in a bubble of its own.
func run(seed uint64, broken fault.Switch, out io.Writer) result {
	w := &world{
		seed: seed, broken: broken, start: time.Now(), out: out, digest: fnv.New64a(), tallies: map[string]int{},
		over: make(chan struct{}), ended: make(chan struct{}),
	}
	w.profile = w.draw()
	w.chance = w.profile.plan(seed)
	w.memory = store.NewMemory(w.now)
	w.books = w.memory.Open(store.Options{Now: w.now, Random: w.random("books"), Log: silent()})
	for _, name := range []string{tenant, spare} {
		machines, err := sim.Open("", sim.Options{Now: w.now})
		if err != nil {
			panic(err) // no directory for a temporary file
		}
		defer machines.Close()
		w.places = append(w.places, place{name, machines, fault.NewProvider(machines)})
	}
	w.leases = leases{world: w, inside: map[string]map[*fault.Process]int64{}, taken: map[string]*fault.Process{}, tasks: map[string]map[*fault.Process]int{}}
	w.note("begin", fmt.Sprintf("%+v", w.profile))
	w.begin()
	w.live()
	w.judge()
	orders, _ := w.books.Orders(context.Background(), everything)
	if err := w.books.Close(); err != nil {
		w.object("books", "close: %v", err)
	}
	w.flush()
	slices.SortFunc(w.objections, func(a, b objection) int { return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.text, b.text)) })
	return result{w.seed, w.digest.Sum64(), w.events, len(orders), w.objections, w.tallies}
}

// live lets everybody do as they like for a while, ends the faults, and waits until all is settled.
func (w *world) live() {
	var people, rest, homes sync.WaitGroup
	for i := range w.profile.replicas {
		r := &replica{world: w, index: i}
		w.replicas = append(w.replicas, r)
		r.start()
		homes.Go(r.supervise)
	}
	for i := range w.profile.clients {
		c := &client{world: w, index: i, dice: w.dice("client", i)}
		w.clients = append(w.clients, c)
		people.Go(c.live)
	}
	w.office = &office{world: w}
	people.Go(w.office.transfer)
	people.Go(w.office.price)
	rest.Go(w.office.resolve)
	rest.Go(w.accidents)
	rest.Go(w.audits)

	time.Sleep(w.profile.length)
	w.note("calm", "")
	w.chance.Calm()
	for _, r := range w.replicas {
		r.set(0)
	}
	close(w.over)
	rest.Wait()
	people.Wait()
	w.settle()
	close(w.ended)
	homes.Wait()
	for _, r := range w.replicas {
		r.stop()
	}
	time.Sleep(10 * time.Minute) // until the last goroutine of the last dead process has given up
}

var everything = berth.OrderFilter{Limit: 1 << 30}

// now is the database's clock.
func (w *world) now() int64 { return time.Now().UnixMicro() + w.leaped.Load() }

func (w *world) dice(what ...any) *fault.Dice { return fault.Draw(w.seed, what...) }

// random is a process's entropy.
func (w *world) random(name string) func() uint64 { return w.dice("random", name).Next }

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// tally counts something that happened, so that runs in which nothing ever happens don't count as proof.
func (w *world) tally(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tallies[what]++
}

// Batch and Doubt make a world the observer of its stores.
func (w *world) Batch(s store.BatchStats) {
	if s.Calls > 1 {
		w.tally("batch of several")
	}
}

func (w *world) Doubt(fate string) { w.tally("commit: " + fate) }

// note adds an event to the trace. The digest of two runs of one seed is the same.
func (w *world) note(who, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := time.Since(w.start)
	if at != w.at {
		w.flush()
	}
	w.at = at
	w.lines = append(w.lines, fmt.Sprintf("%14.9f %-9s %s\n", at.Seconds(), who, what))
}

// flush writes what was noted of one instant, sorted: what happens at once has no order.
func (w *world) flush() {
	slices.Sort(w.lines)
	for _, line := range w.lines {
		w.events++
		_, _ = io.WriteString(w.digest, line)
		_, _ = io.WriteString(w.out, line)
	}
	w.lines = w.lines[:0]
}

// object notes that a rule is broken.
func (w *world) object(rule, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.mu.Lock()
	w.objections = append(w.objections, objection{rule, text})
	w.mu.Unlock()
	w.note("RULE", rule+": "+text)
}

// finished reports whether the faults have ended, or waits until they do or the time has passed.
func (w *world) finished(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return false
	case <-w.over:
		return true
	}
}

// policy is the operators' rules, with shorter times than usual so that a run sees them end.
func policy() berth.Policy {
	p := berth.DefaultPolicy()
	p.Patience, p.CallTimeout = 8*berth.Second, 15*berth.Second
	return p
}

// process is a process of the simulation, with its store and desk.
func (w *world) process(name string, clock func() int64, drivers func(string, fault.Driver) fault.Maker) (*fault.Process, *store.Store, *berth.Desk) {
	p := &fault.Process{Name: name, Plan: w, Now: clock, Broken: w.broken, Trace: func(c fault.Call, what string) {
		w.tally(string(c.Verb) + ": " + what)
		w.note(c.From, fmt.Sprintf("%s %s (%d): %s", c.Verb, c.Subject, c.Nth, what))
	}}
	s := w.memory.Open(store.Options{
		Now: clock, Random: w.random(name), Log: silent(), Lanes: 2, Faults: fault.Engine{Process: p},
		Deadline: w.profile.deadline, Batch: w.profile.batch, Queue: w.profile.queue, Observe: w,
	})
	servers, networks := map[string]berth.ServerDriver{}, map[string]berth.NetworkDriver{}
	for _, at := range w.places {
		servers[at.name] = drivers(at.name, fault.Driver{Provider: at.provider, Process: p})
	}
	networks[tenant] = servers[tenant].(fault.Maker)
	passwords := 0
	return p, s, berth.NewDesk(berth.Desk{
		Store: fault.Store{Store: s, Process: p}, Sealer: fault.PlainSealer{}, Policy: policy(), Replica: name, Now: clock,
		Pools: w.pools(), Servers: servers, Networks: networks, Gate: watched{guard.New(guard.Options{Now: clock, Log: silent()}), w},
		NewPassword: func() string {
			passwords++
			return fmt.Sprintf("secret-%s-%d", name, passwords)
		},
	})
}
