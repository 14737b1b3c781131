package worker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/worker"
)

func TestPlaceDelivers(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		got := <-p.ask(background, server("box"))
		if got.err != nil || got.Order.State != berth.Completed || got.Order.Address != "10.0.0.1" || got.Password != "generated" {
			t.Fatalf("got %+v, %v, want a completed order with its machine", got.Receipt, got.err)
		}
		p.wants("new server", got.Order.ID, berth.Completed, 99_000, 1)
		id := got.Order.ServiceID
		more := <-p.ask(background, &berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id, Hours: 1})
		if more.err != nil || more.Order.State != berth.Completed || p.calls.Load() != 1 {
			t.Errorf("extension: got %s, %v after %d driver calls", more.Order.State, more.err, p.calls.Load())
		}
		moved := <-p.ask(background, &berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: id, PlanID: "2"})
		if moved.err != nil || moved.Order.State != berth.Completed || moved.Service.PlanID != "2" || o.machines()[0].Disk != 2 {
			t.Errorf("plan change: got %+v, %v, machine %+v", moved.Receipt, moved.err, o.machines()[0])
		}
		if _, err := p.Place(background, server("\x00")); !berth.IsCode(err, berth.InvalidParameter) {
			t.Errorf("a refusal: got %v, want invalid_parameter", err)
		}
	})
}

// The answer waits for the patience, the driver's call for its own deadline.
func TestPatience(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		start := time.Now()
		got := <-p.ask(background, server(sim.NameSlow)) // 30 seconds
		if got.err != nil || got.Order.State != berth.Paid || got.Password != "generated" || got.at.Sub(start) != 25*time.Second {
			t.Fatalf("got %s, %v after %v, want the paid order after 25s", got.Order.State, got.err, got.at.Sub(start))
		}
		p.wants("then", got.Order.ID, berth.Paid, 99_000, 0)
		elapse(5 * time.Second)
		p.wants("later", got.Order.ID, berth.Completed, 99_000, 1)
		if now := p.order(got.Order.ID); now.Attempt != 1 || p.calls.Load() != 1 {
			t.Errorf("got attempt %d after %d calls, want the first and only", now.Attempt, p.calls.Load())
		}
	})
}

// silent is an edge that is away: it takes its time to say nothing.
type silent struct {
	berth.NetworkDriver
	takes time.Duration
}

func (d silent) Activate(ctx context.Context, ref berth.Ref, spec berth.NetworkSpec) berth.Outcome {
	time.Sleep(d.takes)
	return d.NetworkDriver.Activate(ctx, ref, spec)
}

// Nobody waits for an edge as long as for a machine.
func TestPatienceWithAnEdge(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil, func(_ *worker.Options, d *berth.Desk) {
			d.Networks = map[string]berth.NetworkDriver{"sim": silent{o.world, 20 * time.Second}}
		}).run()
		start := time.Now()
		got := <-p.ask(background, &berth.Request{Kind: berth.KindNetwork, UserID: anna, KeyOwnerID: anna, NetworkID: "net", Cycle: berth.Monthly})
		if got.err != nil || got.Order.State != berth.Paid || got.at.Sub(start) != 5*time.Second {
			t.Fatalf("got %s, %v after %v, want the paid order after 5s", got.Order.State, got.err, got.at.Sub(start))
		}
		elapse(16 * time.Second)
		p.wants("later", got.Order.ID, berth.Completed, 99_000, 1)
	})
}

// A client that leaves gets no answer, and its order goes on.
func TestClientLeaves(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		ctx, leave := context.WithCancel(background)
		got := p.ask(ctx, server(sim.NameSlow))
		elapse(time.Second)
		leave()
		if a := <-got; !berth.IsCode(a.err, berth.Unavailable) || !errors.Is(a.err, context.Canceled) {
			t.Errorf("got %v, want unavailable because of the client", a.err)
		}
		elapse(30 * time.Second)
		list, err := p.store.Orders(background, berth.OrderFilter{})
		if err != nil || len(list) != 1 {
			t.Fatalf("got %d orders, %v, want 1", len(list), err)
		}
		p.wants("without its client", list[0].ID, berth.Completed, 99_000, 1)
	})
}

func TestDriverRefuses(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		got := <-p.ask(background, server(sim.NameRefuse))
		if got.err != nil || got.Order.State != berth.Refunded {
			t.Fatalf("got %s, %v, want refunded", got.Order.State, got.err)
		}
		p.wants("refused", got.Order.ID, berth.Refunded, 100_000, 0)
	})
}

// A panic is no answer: the next attempt finds out what was made before it.
func TestDriverPanics(t *testing.T) {
	for _, made := range []bool{true, false} {
		inOffice(t, func(o *office) {
			first := true
			p := o.process("a", scripted{Provider: o.world, create: func(ctx context.Context, ref berth.Ref) berth.Outcome {
				if !first {
					return o.world.Create(ctx, ref, berth.ServerSpec{})
				}
				if first = false; made {
					o.world.Create(ctx, ref, berth.ServerSpec{})
				}
				panic("a fault in a driver")
			}}).run()
			start := time.Now()
			got := <-p.ask(background, server("box"))
			if took := got.at.Sub(start); got.err != nil || got.Order.State != berth.Completed || took < time.Second || took > 2*time.Second {
				t.Fatalf("got %s, %v after %v, want it completed by the second attempt", got.Order.State, got.err, got.at.Sub(start))
			}
			p.wants("after the panic", got.Order.ID, berth.Completed, 99_000, 1)
			if now := p.order(got.Order.ID); now.Attempt != 2 {
				t.Errorf("got attempt %d, want 2", now.Attempt)
			}
		})
	}
}

// The machine was made, but the answer was lost: the second attempt adopts it.
func TestAnswerLost(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		got := <-p.ask(background, server(sim.NameLost))
		if got.err != nil || got.Order.State != berth.Completed || got.Order.Attempt != 2 || got.Password != "generated" {
			t.Fatalf("got %+v, %v, want the second attempt to complete it", got.Order, got.err)
		}
		p.wants("adopted", got.Order.ID, berth.Completed, 99_000, 1)
		if p.calls.Load() != 1 {
			t.Errorf("got %d calls of Create, want 1", p.calls.Load())
		}
	})
}

// The driver says that it takes a while; the request that waits gets the end of it.
func TestDriverWaits(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		start := time.Now()
		got := <-p.ask(background, server(sim.NameWait))
		if took := got.at.Sub(start); got.err != nil || got.Order.State != berth.Completed || took < time.Second || took > 2*time.Second {
			t.Fatalf("got %s, %v after %v, want completed after a second", got.Order.State, got.err, took)
		}
		p.wants("waited", got.Order.ID, berth.Completed, 99_000, 1)
	})
}

// A driver that can't end its calls holds the order for as long as its deadline, and no longer.
func TestDriverHangs(t *testing.T) {
	inOffice(t, func(o *office) {
		hang := make(chan struct{})
		var calls int
		p := o.process("a", scripted{Provider: o.world, create: func(ctx context.Context, ref berth.Ref) berth.Outcome {
			if calls++; calls == 1 {
				<-hang // deaf to its context
				return berth.Outcome{Verdict: berth.Refused}
			}
			out := o.world.Create(ctx, ref, berth.ServerSpec{})
			<-time.After(40 * time.Second) // many leases
			return out
		}}).run()
		got := <-p.ask(background, server("box"))
		if got.Order.State != berth.Paid {
			t.Fatalf("got %s, want it going on", got.Order.State)
		}
		elapse(100 * time.Second) // 125 in all
		if now := p.order(got.Order.ID); now.Attempt != 1 {
			t.Errorf("within its deadline: got attempt %d, want 1", now.Attempt)
		}
		elapse(15 * time.Second) // 140: its deadline, two leases, and a lease that runs out
		if now := p.order(got.Order.ID); now.Attempt != 2 || calls != 2 {
			t.Errorf("beyond it: got attempt %d, %d calls, want a second one", now.Attempt, calls)
		}
		// The first call ends while the second is under way. It settles nothing, and the second keeps its lease.
		close(hang)
		elapse(15 * time.Second)
		if now := p.order(got.Order.ID); now.Attempt != 2 || now.State != berth.Paid {
			t.Errorf("after the first call's end: got %s at attempt %d, want paid at 2", now.State, now.Attempt)
		}
		elapse(30 * time.Second)
		p.wants("at last", got.Order.ID, berth.Completed, 99_000, 1)
		if calls != 2 {
			t.Errorf("got %d calls, want 2", calls)
		}
	})
}

// At most so many calls at the same time; who waits for a slot keeps the lease, and is called once.
func TestSlots(t *testing.T) {
	inOffice(t, func(o *office) {
		var now, most int
		p := o.process("a", scripted{Provider: o.world, create: func(ctx context.Context, ref berth.Ref) berth.Outcome {
			now++
			most = max(most, now)
			<-time.After(4 * time.Second)
			now--
			return o.world.Create(ctx, ref, berth.ServerSpec{})
		}}, func(w *worker.Options, _ *berth.Desk) { w.Calls = 1 }).run()
		var asked []<-chan answer
		for range 5 { // the last one waits 16 seconds, more than three leases
			asked = append(asked, p.ask(background, server("box")))
		}
		for _, got := range asked {
			if a := <-got; a.err != nil || a.Order.State != berth.Completed || a.Order.Attempt != 1 {
				t.Errorf("got %s at attempt %d, %v, want it completed at the first", a.Order.State, a.Order.Attempt, a.err)
			}
		}
		if most != 1 || p.calls.Load() != 5 {
			t.Errorf("got %d calls at the same time and %d in all, want 1 and 5", most, p.calls.Load())
		}
	})
}

// What the request with the same key gets, while the first waits and afterwards.
func TestReplay(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		keyed := func() *berth.Request {
			r := server(sim.NameSlow)
			r.IdempotencyKey, r.Canonical = "api/k", []byte("same")
			return r
		}
		first := p.ask(background, keyed())
		elapse(20 * time.Second) // the lease was renewed several times
		if again := <-p.ask(background, keyed()); !berth.IsCode(again.err, berth.InProgress) {
			t.Errorf("while the first waits: got %v, want in_progress", again.err)
		}
		a := <-first
		elapse(time.Millisecond)
		if again := <-p.ask(background, keyed()); again.err != nil || !again.Replayed || again.Order.State != berth.Paid {
			t.Errorf("when nobody waits any more: got %s, %v, want the order that goes on", again.Order.State, again.err)
		}
		elapse(10 * time.Second)
		again := <-p.ask(background, keyed())
		if again.err != nil || !again.Replayed || again.Order.ID != a.Order.ID || again.Order.State != berth.Completed {
			t.Errorf("when it's done: got %+v, %v, want the completed order", again.Order, again.err)
		}
		p.wants("in all", a.Order.ID, berth.Completed, 99_000, 1)
	})
}

// A database that doesn't answer in time is told as such, whatever becomes of the order.
func TestPatienceWithTheDatabase(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		hold, started := make(chan struct{}), make(chan struct{})
		go p.store.Write(background, berth.Need{}, func(*berth.Book) error { close(started); <-hold; return nil })
		<-started
		start := time.Now()
		got := <-p.ask(background, server("box"))
		if !berth.IsCode(got.err, berth.Unavailable) || got.at.Sub(start) != 25*time.Second {
			t.Errorf("got %v after %v, want unavailable after 25s", got.err, got.at.Sub(start))
		}
		close(hold)
		// Nobody can tell how much of its lease is left after such a wait, so another attempt does it.
		elapse(6 * time.Second)
		list, err := p.store.Orders(background, berth.OrderFilter{})
		if err != nil || len(list) != 1 || list[0].State != berth.Completed || len(o.machines()) != 1 {
			t.Errorf("afterwards: got %+v, %v, want the order that was in the queue, done", list, err)
		}
	})
}
