package years

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"log/slog"
	"sync/atomic"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/fault"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/store"
)

const (
	day   = 24 * berth.Hour
	scan  = 6 * berth.Hour // between two looks of the replicas
	began = 1735689600000000
)

var background = context.Background()

// size is how much of a world there is.
type size struct {
	services int // that live at any time, about
	days     int
}

// world is one run.
type world struct {
	seed   uint64
	broken Switch
	dice   *fault.Dice
	clock  atomic.Int64 // what every process takes for the time
	size   size

	memory    store.Memory
	books     *store.Store // without faults: for the rules
	machines  *sim.Provider
	replicas  []*replica
	office    *berth.Desk // where customers come to
	customers []*customer
	living    int

	calm         bool  // nothing goes wrong any more
	away         int64 // no replica serves until then
	unreachable  int64 // the provider doesn't answer until then
	undisturbed  int64 // since when everything is up
	persists     map[string]int64
	told         map[string]int64          // service -> the expiry that its owner was told of
	paid         map[string]int64          // service -> when it was paid for last
	deleting     map[string]bool           // services that their owners asked to delete
	lifted       map[string]bool           // services whose hold the operator ended after the last one
	unwilling    map[string]bool           // machines whose change the provider refused last
	decided      map[string]map[int64]bool // service -> the expiries that it was to be renewed from
	objections   []string
	tallies      map[string]int
	digest       hash.Hash64
	transactions int
}

// object notes that a rule is broken.
func (w *world) object(rule, format string, args ...any) {
	if len(w.objections) < 100 {
		w.objections = append(w.objections, fmt.Sprintf("%s: day %d: ", rule, (w.now()-began)/day)+fmt.Sprintf(format, args...))
	}
}

func (w *world) tally(what string) { w.tallies[what]++ }
func (w *world) now() int64        { return w.clock.Load() }

// open makes a world with its shop.
func open(seed uint64, broken Switch, s size) *world {
	w := &world{
		seed: seed, broken: broken, size: s, dice: fault.Draw(seed, "years"), persists: map[string]int64{},
		told: map[string]int64{}, paid: map[string]int64{}, deleting: map[string]bool{}, lifted: map[string]bool{},
		unwilling: map[string]bool{}, decided: map[string]map[int64]bool{}, tallies: map[string]int{}, digest: fnv.New64a(), undisturbed: began,
	}
	w.clock.Store(began)
	w.memory = store.NewMemory(w.now)
	w.books = w.store("books")
	var err error
	if w.machines, err = sim.Open("", sim.Options{Now: w.now}); err != nil {
		panic(err) // no directory for a temporary file
	}
	for i := range 3 {
		name := fmt.Sprintf("r%d", i)
		w.replicas = append(w.replicas, &replica{world: w, desk: w.desk(name)})
	}
	w.office = w.desk("office")
	w.calm = true
	if _, err := w.office.ApplyCatalogue(background, goods()); err != nil {
		panic(err)
	}
	// Numbers for about as many networks as there are at a time, so that now and then an order finds none.
	for _, p := range []berth.Pool{
		{Name: "asns", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000001, Last: 4200000001 + int64(s.services/4)}}},
		{Name: "links", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.0.0.0/8"}}},
	} {
		if _, err := w.office.AddPool(background, p); err != nil {
			panic(err)
		}
	}
	for i := range max(1, s.services/3) {
		w.customers = append(w.customers, newCustomer(w, i))
	}
	w.calm = false
	return w
}

func (w *world) store(name string) *store.Store {
	return w.memory.Open(store.Options{Now: w.now, Random: fault.Draw(w.seed, name).Next, Log: slog.New(slog.DiscardHandler)})
}

// desk is a process of the world, with its store and drivers.
func (w *world) desk(name string) *berth.Desk {
	policy := berth.DefaultPolicy()
	policy.KeepPassword = true // dropping them has tests of its own, and is slow over a database in memory
	able := driver{w.machines, w}
	return berth.NewDesk(berth.Desk{
		Store: &shaky{Store: w.store(name), world: w}, Sealer: fault.PlainSealer{}, Policy: policy, Replica: name, Now: w.now,
		Servers:     map[string]berth.ServerDriver{"sim": able, "bare": bare{able}},
		Networks:    map[string]berth.NetworkDriver{"net": bare{able}},
		NewPassword: func() string { return "secret" },
	})
}

// goods have plans of a policy of their own and without, at a provider that can do everything and at one that can only
// make servers.
func goods() berth.Catalogue {
	plan := func(id, price, disk int64, provider string, life *berth.Life) berth.Plan {
		return berth.Plan{ID: fmt.Sprint("plan-", id), ExternalID: id, Type: "vps", Name: fmt.Sprint("P", id), Cores: id, RAM: id << 30, Disk: disk,
			DiskType: "ssd", Price: price, Images: []int64{1}, Life: life,
			Offers: []berth.Offer{{Location: "here", Providers: []string{provider}, Capacity: 1_000_000}}}
	}
	kind := berth.Life{NoticeDays: 7, RenewHours: 72, GraceHours: 48, DeleteDays: 30, RetryHours: 120}
	return berth.Catalogue{
		Currency: "EUR", Life: berth.Life{NoticeDays: 3, RenewHours: 24, DeleteDays: 14, RetryHours: 168},
		Plans: []berth.Plan{plan(1, 599, 20, "sim", nil), plan(2, 1299, 40, "sim", nil), plan(3, 2999, 80, "sim", &kind),
			plan(4, 799, 20, "bare", nil), plan(5, 0, 10, "sim", nil)},
		Images: []berth.Image{{ID: 1, Name: "Debian"}}, Locations: []berth.Location{{Name: "here"}},
		Networks: []berth.NetworkProduct{{ID: "asn", Name: "ASN", Provider: "net", Monthly: 900, Yearly: 9000,
			Peers: berth.Peers{ASNs: "asns", Links: []string{"links"}}}},
	}
}

// shaky loses writes before they happen, or their answers.
type shaky struct {
	berth.Store
	world *world
}

func (s *shaky) Write(ctx context.Context, need berth.Need, decide func(*berth.Book) error) error {
	w := s.world
	w.transactions++
	if !w.calm && w.dice.OneIn(300) {
		w.tally("write lost")
		return berth.TryAgain(errors.New("lost before it happened"))
	}
	var changes []change
	err := s.Store.Write(ctx, need, func(b *berth.Book) error {
		before := seen(b, need)
		err := w.broken.decide(need, decide)(b)
		changes = changed(b, need, before)
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		w.watch(c)
	}
	if !w.calm && w.dice.OneIn(300) {
		w.tally("answer lost")
		return berth.TryAgain(errors.New("its answer was lost"))
	}
	return nil
}

func (s *shaky) User(ctx context.Context, id string) (berth.User, bool, error) {
	u, ok, err := s.Store.User(ctx, id)
	u.Active = u.Active || s.world.broken == RenewsBarred
	return u, ok, err
}

func (s *shaky) DueServices(ctx context.Context, now int64, limit int) ([]string, error) {
	if s.world.broken == NothingIsDue {
		return nil, nil
	}
	return s.Store.DueServices(ctx, now, limit)
}

// change is what a write did to a service.
type change struct{ before, after berth.Service }

func seen(b *berth.Book, need berth.Need) []berth.Service {
	list := make([]berth.Service, len(need.Services))
	for i, id := range need.Services {
		list[i], _ = b.Service(id)
	}
	return list
}

func changed(b *berth.Book, need berth.Need, before []berth.Service) (list []change) {
	for i, id := range need.Services {
		if after, ok := b.Service(id); ok && after != before[i] {
			list = append(list, change{before[i], after})
		}
	}
	return list
}

// note adds a line to what makes two runs the same.
func (w *world) note(format string, args ...any) {
	_, _ = io.WriteString(w.digest, fmt.Sprintf(format, args...))
}

// driver is the provider on bad days.
type driver struct {
	*sim.Provider
	world *world
}

// fate is what becomes of a call: it happens or not, and is answered or not.
func (d driver) fate(call func() berth.Outcome) berth.Outcome {
	w := d.world
	lost := berth.Outcome{Verdict: berth.Unresolved, Reason: errors.New("no answer")}
	switch {
	case w.calm:
		return call()
	case w.now() < w.unreachable || w.dice.OneIn(40):
		return lost
	case w.dice.OneIn(40):
		call()
		return lost
	case w.dice.OneIn(40):
		return berth.Outcome{Verdict: berth.Waiting, Until: w.now() + berth.Hour}
	}
	return call()
}

func (d driver) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	return d.fate(func() berth.Outcome { return d.Provider.Create(ctx, ref, spec) })
}

func (d driver) Resize(ctx context.Context, ref berth.Ref, id string, spec berth.ServerSpec) berth.Outcome {
	return d.fate(func() berth.Outcome { return sim.Driver{Provider: d.Provider}.Resize(ctx, ref, id, spec) })
}

// refuses tells whether the provider refuses a change now. Of what is as it should be already it never does.
func (d driver) refuses(id, change string, is func(m berth.Machine) bool) bool {
	m, out := d.Inspect(background, id)
	refuses := !d.world.calm && d.world.dice.OneIn(20) && out.Verdict == berth.Done && !is(m)
	if refuses {
		d.world.tally(change + " refused")
		d.world.unwilling[id] = true
	}
	return refuses
}

func (d driver) Suspend(ctx context.Context, id string) berth.Outcome {
	return d.fate(func() berth.Outcome {
		if d.refuses(id, "suspension", func(m berth.Machine) bool { return m.Suspended }) {
			return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("not now")}
		}
		delete(d.world.unwilling, id)
		return d.Provider.Suspend(ctx, id)
	})
}

func (d driver) Resume(ctx context.Context, id string) berth.Outcome {
	return d.fate(func() berth.Outcome {
		if d.refuses(id, "resumption", func(m berth.Machine) bool { return !m.Suspended }) {
			return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("not now")}
		}
		delete(d.world.unwilling, id)
		return d.Provider.Resume(ctx, id)
	})
}

func (d driver) Delete(ctx context.Context, id string) berth.Outcome {
	return d.fate(func() berth.Outcome {
		switch {
		case d.world.broken == KeepsMachines:
			return berth.Outcome{Verdict: berth.Done}
		case d.refuses(id, "deletion", func(berth.Machine) bool { return false }):
			return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("not now")}
		}
		return d.Provider.Delete(ctx, id)
	})
}

// bare is a provider with the verbs that every driver has, and no others.
type bare struct{ all driver }

func (d bare) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	return d.all.Create(ctx, ref, spec)
}
func (d bare) Find(ctx context.Context, ref berth.Ref) berth.Outcome { return d.all.Find(ctx, ref) }
func (d bare) Resize(ctx context.Context, ref berth.Ref, id string, spec berth.ServerSpec) berth.Outcome {
	return d.all.Resize(ctx, ref, id, spec)
}
func (d bare) Describe(ctx context.Context, id string) berth.Outcome { return d.all.Describe(ctx, id) }
func (d bare) Activate(ctx context.Context, ref berth.Ref, spec berth.NetworkSpec) berth.Outcome {
	return d.all.fate(func() berth.Outcome { return d.all.Activate(ctx, ref, spec) })
}
