package worker_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/guard"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/worker"
)

// twofold gives a process a second provider, called "other", and a guard; in the catalogue the plan "small" then has the
// first of the given lists of providers, and "large" the second.
func (o *office) twofold(other berth.ServerDriver, limits map[string]int, small, large []string) func(*worker.Options, *berth.Desk) {
	return func(_ *worker.Options, d *berth.Desk) {
		d.Servers["other"] = other
		d.Gate = guard.New(guard.Options{Limits: limits, Log: quiet})
		c := berth.Catalogue{Currency: "EUR", Locations: []berth.Location{{Name: "here"}}, Images: []berth.Image{{ID: 1, Name: "Debian"}}}
		for i, list := range [][]string{small, large} {
			id := int64(i + 1)
			c.Plans = append(c.Plans, berth.Plan{ID: []string{"small", "large"}[i], ExternalID: id, Name: "Plan", Cores: id, RAM: id, Disk: id,
				Price: 1000 * id, Images: []int64{1}, Offers: []berth.Offer{{Location: "here", Providers: list, Capacity: berth.Unlimited}}})
		}
		founder := berth.NewDesk(*d)
		if _, err := founder.ApplyCatalogue(background, c); err != nil {
			o.Fatal(err)
		}
	}
}

func elsewhere(o *office, options sim.Options) *sim.Provider {
	o.Helper()
	options.Now = clock
	p, err := sim.Open("", options)
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { p.Close() })
	return p
}

// The request that waits is answered by the second provider, at once.
func TestSecondProviderAnswers(t *testing.T) {
	inOffice(t, func(o *office) {
		full := elsewhere(o, sim.Options{Full: true})
		p := o.process("a", nil, o.twofold(full, nil, []string{"other", "sim"}, []string{"other"})).run()
		start := time.Now()
		got := <-p.ask(background, server("box"))
		if got.err != nil || got.Order.State != berth.Completed || got.Order.Provider != "sim" || got.at != start {
			t.Errorf("got %s by %s, %v after %s", got.Order.State, got.Order.Provider, got.err, got.at.Sub(start))
		}
		p.wants("moved", got.Order.ID, berth.Completed, 99_000, 1)
		none := server("box")
		none.PlanID = "2"
		if got = <-p.ask(background, none); got.err != nil || got.Order.State != berth.Refunded {
			t.Errorf("without a second: got %s, %v", got.Order.State, got.err)
		}
		p.wants("refunded", got.Order.ID, berth.Refunded, 99_000, 1)
	})
}

// Orders wait for a slow provider in their turn, with their leases, and a fast one isn't kept by them.
func TestSlowBesideFast(t *testing.T) {
	inOffice(t, func(o *office) {
		slow := elsewhere(o, sim.Options{Delay: 10 * time.Second})
		p := o.process("a", nil, o.twofold(slow, map[string]int{"other": 2}, []string{"other"}, []string{"sim"}),
			func(w *worker.Options, _ *berth.Desk) { w.Calls = 4 }).run()
		start := time.Now()
		var waiting []<-chan answer
		for range 6 {
			waiting = append(waiting, p.ask(background, server("box")))
		}
		elapse(time.Second)
		fast := server("quick")
		fast.PlanID = "2"
		if got := <-p.ask(background, fast); got.err != nil || got.Order.State != berth.Completed || got.at.Sub(start) != time.Second {
			t.Errorf("fast: got %s, %v after %s", got.Order.State, got.err, got.at.Sub(start))
		}
		at := map[time.Duration]int{}
		for _, w := range waiting {
			got := <-w
			if got.err != nil || got.Order.Attempt != 1 || got.Order.Doubt {
				t.Errorf("slow: got %s in attempt %d, %v", got.Order.State, got.Order.Attempt, got.err)
			}
			at[got.at.Sub(start)]++
		}
		// Two at a time; the last two are still being made when their requests' patience ends.
		if at[10*time.Second] != 2 || at[20*time.Second] != 2 || at[25*time.Second] != 2 {
			t.Errorf("got answers after %v", at)
		}
		elapse(10 * time.Second)
		if made, err := slow.Machines(); err != nil || len(made) != 6 || p.balance() != 100_000-6*1000-2000 {
			t.Errorf("got %d machines, %v, and a balance of %d", len(made), err, p.balance())
		}
	})
}

// A provider without certain answers is spared: new orders go to the next one, and its own wait without attempts. So is
// one that can't be reached, though nothing of its orders is in doubt.
func TestSparedProvider(t *testing.T) {
	for name, says := range map[string]berth.Outcome{
		"silent":      {Verdict: berth.Unresolved, Reason: errors.New("no answer")},
		"unreachable": {Verdict: berth.Waiting, Away: true, Reason: errors.New("connection refused")},
	} {
		t.Run(name, func(t *testing.T) { testSpared(t, says) })
	}
}

func testSpared(t *testing.T, says berth.Outcome) {
	inOffice(t, func(o *office) {
		away := &broken{Provider: elsewhere(o, sim.Options{}), says: says}
		away.down.Store(true)
		p := o.process("a", nil, o.twofold(away, nil, []string{"other", "sim"}, []string{"other"})).run()
		alone := func() *berth.Request { // Place fills in what a request leaves open
			r := server("box")
			r.PlanID = "2"
			return r
		}
		for range 5 {
			go p.Place(background, alone())
		}
		elapse(0)
		got := <-p.ask(background, server("box"))
		if got.err != nil || got.Order.State != berth.Completed || got.Order.Provider != "sim" || got.Order.Others != "other" {
			t.Errorf("with another: got %s by %s, %v", got.Order.State, got.Order.Provider, got.err)
		}
		late := p.ask(background, alone()) // taken and paid, though nobody is called
		elapse(10 * time.Millisecond)
		before := away.calls.Load()
		open, err := p.store.Orders(background, berth.OrderFilter{State: berth.Paid, Limit: 99})
		if err != nil || len(open) != 6 || before != 5 {
			t.Fatalf("got %d open orders, %v, after %d calls, want 6 after 5", len(open), err, before)
		}
		elapse(30 * time.Second)
		// Pauses of 2, 4, 8 and 16 seconds, and a probe after each.
		if away.calls.Load()-before > 5 {
			t.Errorf("got %d calls while it was away, want the probes alone", away.calls.Load()-before)
		}
		answer := <-late
		if answer.err != nil || answer.Order.State != berth.Paid {
			t.Errorf("got %s, %v, want it taken", answer.Order.State, answer.err)
		}
		away.down.Store(false)
		elapse(3 * time.Minute)
		if now := p.order(answer.Order.ID); now.State != berth.Completed || now.Doubt {
			t.Errorf("in the end: got %s with doubt %v, %q", now.State, now.Doubt, now.Note)
		}
		if made, err := away.Machines(); err != nil || len(made) != 6 {
			t.Errorf("got %d machines, %v, want 6", len(made), err)
		}
	})
}

// broken is a provider that does nothing while it's down.
type broken struct {
	*sim.Provider
	says  berth.Outcome // meanwhile
	down  atomic.Bool
	calls atomic.Int64
}

func (b *broken) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	if b.calls.Add(1); b.down.Load() {
		return b.says
	}
	return b.Provider.Create(ctx, ref, spec)
}

func (b *broken) Find(ctx context.Context, ref berth.Ref) berth.Outcome {
	if b.calls.Add(1); b.down.Load() {
		return b.says
	}
	return b.Provider.Find(ctx, ref)
}
