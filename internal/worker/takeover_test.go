package worker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/worker"
)

// A process that died after the commit: whether it called the driver or not, another one completes its order once.
func TestProcessDied(t *testing.T) {
	for _, called := range []bool{false, true} {
		inOffice(t, func(o *office) {
			dead, alive := o.process("dead", nil), o.process("alive", nil).run()
			receipt, err := dead.desk.Place(background, server("box"))
			if err != nil {
				t.Fatal(err)
			}
			if called {
				dead.desk.Fulfil(background, receipt.Order)
			}
			elapse(4900 * time.Millisecond)
			if now := alive.order(receipt.Order.ID); now.Attempt != 1 {
				t.Errorf("while the lease holds: got attempt %d, want 1", now.Attempt)
			}
			elapse(700 * time.Millisecond) // the lease's end and one look
			alive.wants("taken over", receipt.Order.ID, berth.Completed, 99_000, 1)
			elapse(time.Minute)
			if now := alive.order(receipt.Order.ID); now.Attempt != 2 || len(o.machines()) != 1 {
				t.Errorf("got attempt %d and %d machines, want 2 and 1", now.Attempt, len(o.machines()))
			}
		})
	}
}

// A change of plan that died with its process is done by another one.
func TestProcessDiedInAChange(t *testing.T) {
	inOffice(t, func(o *office) {
		dead, alive := o.process("dead", nil), o.process("alive", nil).run()
		made := <-alive.ask(background, server("box"))
		receipt, err := dead.desk.Place(background, &berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: made.Order.ServiceID, PlanID: "2"})
		if err != nil {
			t.Fatal(err)
		}
		elapse(6 * time.Second)
		if now := alive.order(receipt.Order.ID); now.State != berth.Completed || o.machines()[0].Disk != 2 {
			t.Errorf("got %s, machine %+v, want it moved", now.State, o.machines()[0])
		}
	})
}

// While a call goes on its lease is renewed, so no other process takes the order.
func TestLeaseIsRenewed(t *testing.T) {
	inOffice(t, func(o *office) {
		here, there := o.process("here", nil).run(), o.process("there", nil).run()
		got := here.ask(background, server(sim.NameSlow)) // 30 seconds, six leases
		a := <-got
		elapse(6 * time.Second)
		here.wants("slow", a.Order.ID, berth.Completed, 99_000, 1)
		if now := here.order(a.Order.ID); now.Attempt != 1 || there.calls.Load() != 0 {
			t.Errorf("got attempt %d and %d calls by the other process, want 1 and none", now.Attempt, there.calls.Load())
		}
	})
}

// Several processes and many orders, some of which nobody works on: each is done once.
func TestManyProcesses(t *testing.T) {
	inOffice(t, func(o *office) {
		var all []*process
		for i := range 3 {
			all = append(all, o.process(fmt.Sprint("process ", i), nil).run())
		}
		dead := o.process("dead", nil)
		names := []string{"box", sim.NameLost, sim.NameWait, sim.NameRefuse, "box"}
		var asked sync.WaitGroup
		for i := range 30 {
			if i%3 == 0 {
				if _, err := dead.desk.Place(background, server(names[i%5])); err != nil {
					t.Fatal(err)
				}
				continue
			}
			asked.Go(func() {
				if _, err := all[i%3].Place(background, server(names[i%5])); err != nil {
					t.Errorf("place: %v", err)
				}
			})
		}
		asked.Wait()
		elapse(time.Minute)
		list, err := dead.store.Orders(background, berth.OrderFilter{Limit: 100})
		if err != nil || len(list) != 30 {
			t.Fatalf("got %d orders, %v, want 30", len(list), err)
		}
		made := map[string]int{}
		for _, m := range o.machines() {
			made[m.Order]++
		}
		for _, order := range list {
			want, state := 1, berth.Completed
			if strings.HasPrefix(order.Name, sim.NameRefuse) {
				want, state = 0, berth.Refunded
			}
			if order.State != state || made[order.ID] != want {
				t.Errorf("order %s (%s): got %s with %d machines, want %s with %d", order.ID, order.Name, order.State, made[order.ID], state, want)
			}
		}
		if dead.balance() != 100_000-24*1000 {
			t.Errorf("got balance %d, want 24 servers' debits", dead.balance())
		}
	})
}

// A process whose lease ran out before it came to call, as after a pause, calls nobody.
func TestPausedProcess(t *testing.T) {
	inOffice(t, func(o *office) {
		hold := make(chan struct{})
		paused := o.process("paused", scripted{Provider: o.world, create: func(ctx context.Context, ref berth.Ref) berth.Outcome {
			<-hold
			return o.world.Create(ctx, ref, berth.ServerSpec{})
		}}, func(w *worker.Options, _ *berth.Desk) { w.Calls = 1 })
		first := paused.ask(background, server("box")) // takes the only slot; nothing renews, as Run doesn't run
		synctest.Wait()
		second := paused.ask(background, server("box"))
		synctest.Wait()
		other := o.process("other", nil).run()
		elapse(7 * time.Second) // the other one has taken both orders over
		calls := paused.calls.Load()
		close(hold)
		a, b := <-first, <-second
		if got := paused.calls.Load(); calls != 1 || got != 1 {
			t.Errorf("got %d calls, then %d, want the first order's only: the second one's lease was lost", calls, got)
		}
		for _, got := range []answer{a, b} {
			if now := other.order(got.Order.ID); now.State != berth.Completed || now.Attempt != 2 {
				t.Errorf("got %s at attempt %d, want the other process to have done it", now.State, now.Attempt)
			}
		}
		if len(o.machines()) != 2 {
			t.Errorf("got %d machines, want 2", len(o.machines()))
		}
	})
}

// Another process's clock may be ahead, so a lease that is nearly over counts as lost.
func TestLeaseNearlyOver(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", scripted{Provider: o.world, create: func(ctx context.Context, ref berth.Ref) berth.Outcome {
			<-time.After(3500 * time.Millisecond)
			return o.world.Create(ctx, ref, berth.ServerSpec{})
		}}, func(w *worker.Options, _ *berth.Desk) { w.Calls = 1 })
		first := p.ask(background, server("box")) // takes the only slot; nothing renews, as Run doesn't run
		synctest.Wait()
		second := p.ask(background, server("box"))
		elapse(4 * time.Second)
		if calls := p.calls.Load(); calls != 1 {
			t.Errorf("got %d calls, want the first order's only", calls)
		}
		p.run()
		a, b := <-first, <-second
		if a.Order.Attempt != 1 || b.Order.Attempt != 2 || b.Order.State != berth.Completed {
			t.Errorf("got attempts %d and %d (%s), want the second order done by its second", a.Order.Attempt, b.Order.Attempt, b.Order.State)
		}
	})
}

// While the database is away for longer than a lease, this process's calls go on. When it's back their outcome counts;
// they aren't put in doubt by a second attempt of the same process.
func TestDatabaseAway(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", scripted{Provider: o.world, resize: func(ctx context.Context, _ berth.Ref) berth.Outcome {
			<-time.After(20 * time.Second)
			return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("no")}
		}}, func(w *worker.Options, _ *berth.Desk) { w.Scan = 100 * time.Millisecond }).run()
		made := <-p.ask(background, server("box"))
		got := p.ask(background, &berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: made.Order.ServiceID, PlanID: "2"})
		elapse(2 * time.Second)
		p.away.Store(true)
		elapse(9 * time.Second)
		p.away.Store(false)
		if a := <-got; a.err != nil || a.Order.State != berth.Refunded || a.Order.Attempt != 1 {
			t.Errorf("got %s at attempt %d, %v, want the refusal of the first attempt to count", a.Order.State, a.Order.Attempt, a.err)
		}
	})
}

// An outcome that can't be written is written when the database is back.
func TestSettleIsRepeated(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", scripted{Provider: o.world, create: func(ctx context.Context, ref berth.Ref) berth.Outcome {
			<-time.After(time.Second)
			return o.world.Create(ctx, ref, berth.ServerSpec{})
		}}).run()
		start := time.Now()
		got := p.ask(background, server("box"))
		synctest.Wait()
		p.away.Store(true)
		elapse(3 * time.Second)
		p.away.Store(false)
		a := <-got
		if took := a.at.Sub(start); a.err != nil || a.Order.State != berth.Completed || a.Order.Attempt != 1 || took > 5*time.Second {
			t.Errorf("got %s at attempt %d, %v after %v, want it completed by the first", a.Order.State, a.Order.Attempt, a.err, took)
		}
		p.wants("settled late", a.Order.ID, berth.Completed, 99_000, 1)
	})
}

// No process takes more than it has slots for.
func TestTakesOverWhatItCanDo(t *testing.T) {
	inOffice(t, func(o *office) {
		dead := o.process("dead", nil)
		for range 10 {
			if _, err := dead.desk.Place(background, server("box")); err != nil {
				t.Fatal(err)
			}
		}
		elapse(6 * time.Second)
		hold := make(chan struct{})
		slow := o.process("slow", scripted{Provider: o.world, create: func(ctx context.Context, ref berth.Ref) berth.Outcome {
			<-hold
			return o.world.Create(ctx, ref, berth.ServerSpec{})
		}}, func(w *worker.Options, _ *berth.Desk) { w.Calls = 3 }).run()
		elapse(2 * time.Second)
		held := 0
		list, err := dead.store.Orders(background, berth.OrderFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, order := range list {
			if order.Holder == "slow" {
				held++
			}
		}
		if held != 3 || slow.calls.Load() != 3 {
			t.Errorf("got %d orders taken and %d calls, want 3 and 3", held, slow.calls.Load())
		}
		close(hold)
		elapse(2 * time.Second)
		if got := len(o.machines()); got != 10 {
			t.Errorf("got %d machines, want 10", got)
		}
	})
}
