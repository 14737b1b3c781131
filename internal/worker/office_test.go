package worker_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/store"
	"github.com/berth-host/berth/internal/worker"
)

var background = context.Background()

const anna = "user-anna"

// office is one installation in a bubble of its own time: a database, a provider, and as many processes as a test opens.
type office struct {
	*testing.T
	memory store.Memory
	world  *sim.Provider
	ring   *seal.Ring
	off    atomic.Int64 // microseconds that the database's clock is ahead
}

// inOffice runs a test in a bubble, with a user who has 1,000.00.
func inOffice(t *testing.T, test func(o *office)) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{T: t}
		o.memory = store.NewMemory(func() int64 { return clock() + o.off.Load() })
		var err error
		if o.world, err = sim.Open("", sim.Options{Now: clock}); err != nil {
			t.Fatal(err)
		}
		defer o.world.Close()
		if o.ring, err = seal.ParseRing(seal.Generate(1)); err != nil {
			t.Fatal(err)
		}
		p := o.process("founder", nil)
		c := berth.Catalogue{Currency: "EUR", Locations: []berth.Location{{Name: "here"}}, Images: []berth.Image{{ID: 1, Name: "Debian"}}}
		for id := int64(1); id <= 2; id++ {
			c.Plans = append(c.Plans, berth.Plan{ID: []string{"", "small", "large"}[id], ExternalID: id, Name: "Plan", Cores: id, RAM: id, Disk: id,
				Price: 1000 * id, Images: []int64{1}, Offers: []berth.Offer{{Location: "here", Providers: []string{"sim"}, Capacity: berth.Unlimited}}})
		}
		c.Networks = []berth.NetworkProduct{{ID: "net", Name: "AS", Provider: "sim", Monthly: 1000, Yearly: 10000}}
		if _, err := p.desk.ApplyCatalogue(background, c); err != nil {
			t.Fatal(err)
		}
		if _, err := p.desk.CreateUser(background, berth.User{ID: anna, Username: "anna"}, ""); err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.desk.Transfer(background, berth.Transfer{UserID: anna, Amount: 100_000, Ref: "first"}); err != nil {
			t.Fatal(err)
		}
		test(o)
		report, err := berth.Verify(background, p.store, berth.Head{}, nil)
		if err != nil || report.Wrong != 0 {
			t.Errorf("verify: got %v and %+v", err, report.Findings)
		}
	})
}

func clock() int64 { return time.Now().UnixMicro() }

// elapse lets time pass, and everything that is due in it happen.
func elapse(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// process is one running program of an installation.
type process struct {
	*office
	*worker.Worker
	desk  *berth.Desk
	store *store.Store
	away  atomic.Bool // its database can't be reached
	calls atomic.Int64
	stop  func() // ends Run; the loops have ended when it returns
}

// process opens a program; its driver is the simulated provider when none is given. It takes nothing over before run.
func (o *office) process(name string, driver berth.ServerDriver, options ...func(*worker.Options, *berth.Desk)) *process {
	o.Helper()
	p := &process{office: o, store: o.memory.Open(store.Options{Now: clock, Log: quiet}), stop: func() {}}
	o.Cleanup(func() {
		p.stop()
		p.store.Close()
	})
	sealer, err := seal.Unlock(background, p.store, o.ring)
	if err != nil {
		o.Fatal(err)
	}
	if driver == nil {
		driver = o.world
	}
	d := berth.Desk{
		Store: outage{p.store, &p.away}, Sealer: sealer, Policy: berth.DefaultPolicy(), Replica: name, Now: clock,
		Servers: map[string]berth.ServerDriver{"sim": counted{driver, &p.calls}}, Networks: map[string]berth.NetworkDriver{"sim": o.world},
		NewPassword: func() string { return "generated" },
	}
	w := worker.Options{Log: quiet}
	for _, edit := range options {
		edit(&w, &d)
	}
	p.desk = berth.NewDesk(d)
	p.Worker = worker.New(p.desk, w)
	return p
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// run starts taking orders over.
func (p *process) run() *process {
	ctx, cancel := context.WithCancel(background)
	var done sync.WaitGroup
	done.Go(func() { p.Run(ctx) })
	p.stop = sync.OnceFunc(func() {
		cancel()
		done.Wait()
	})
	synctest.Wait()
	return p
}

// outage is a store that can't be reached for a while.
type outage struct {
	berth.Store
	away *atomic.Bool
}

func (s outage) Write(ctx context.Context, need berth.Need, decide func(*berth.Book) error) error {
	if s.away.Load() {
		return berth.Errorf(berth.Unavailable, "away").Because(errors.New("the cable is cut"))
	}
	return s.Store.Write(ctx, need, decide)
}

func (s outage) Due(ctx context.Context, now int64, limit int) ([]string, error) {
	if s.away.Load() {
		return nil, errors.New("the cable is cut")
	}
	return s.Store.Due(ctx, now, limit)
}

func (s outage) Clock(ctx context.Context) (int64, error) {
	if s.away.Load() {
		return 0, errors.New("the cable is cut")
	}
	return s.Store.Clock(ctx)
}

// counted counts the calls to a driver that may make or change something.
type counted struct {
	berth.ServerDriver
	calls *atomic.Int64
}

func (d counted) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	d.calls.Add(1)
	return d.ServerDriver.Create(ctx, ref, spec)
}

func (d counted) Resize(ctx context.Context, ref berth.Ref, id string, spec berth.ServerSpec) berth.Outcome {
	d.calls.Add(1)
	return d.ServerDriver.Resize(ctx, ref, id, spec)
}

// scripted is the simulated provider with another Create or Resize.
type scripted struct {
	*sim.Provider
	create, resize func(ctx context.Context, ref berth.Ref) berth.Outcome
}

func (d scripted) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	if d.create == nil {
		return d.Provider.Create(ctx, ref, spec)
	}
	return d.create(ctx, ref)
}

func (d scripted) Resize(ctx context.Context, ref berth.Ref, id string, spec berth.ServerSpec) berth.Outcome {
	if d.resize == nil {
		return d.Provider.Resize(ctx, ref, id, spec)
	}
	return d.resize(ctx, ref)
}

// server is anna's request for a server at 10.00, whose name tells the simulated provider how to behave.
func server(name string) *berth.Request {
	return &berth.Request{Kind: berth.KindNewServer, UserID: anna, KeyOwnerID: anna, PlanID: "1", ImageID: 1, Name: name}
}

// answer is what a request got.
type answer struct {
	berth.Receipt
	err error
	at  time.Time
}

// ask places an order beside the test.
func (p *process) ask(ctx context.Context, r *berth.Request) <-chan answer {
	got := make(chan answer, 1)
	go func() {
		receipt, err := p.Place(ctx, r)
		got <- answer{receipt, err, time.Now()}
	}()
	return got
}

func (p *process) balance() int64 {
	p.Helper()
	w, _, err := p.store.Wallet(background, anna)
	if err != nil {
		p.Fatal(err)
	}
	return w.Balance
}

func (p *process) order(id string) berth.Order {
	p.Helper()
	o, ok, err := p.store.Order(background, id)
	if err != nil || !ok {
		p.Fatalf("order %s: got %v, %v", id, ok, err)
	}
	return o
}

// machines are those that exist at the provider.
func (o *office) machines() (list []sim.Machine) {
	o.Helper()
	all, err := o.world.Machines()
	if err != nil {
		o.Fatal(err)
	}
	for _, m := range all {
		if !m.Refused {
			list = append(list, m)
		}
	}
	return list
}

// wants checks an order's state, what is left in the wallet and how many machines there are.
func (p *process) wants(what, id string, state berth.State, balance int64, machines int) {
	p.Helper()
	if o := p.order(id); o.State != state || p.balance() != balance || len(p.machines()) != machines {
		p.Errorf("%s: got %s, balance %d, %d machines; want %s, %d, %d", what, o.State, p.balance(), len(p.machines()), state, balance, machines)
	}
}
