package worker_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/worker"
)

// A process whose clock is off from the database's takes no leases: neither for requests nor from others.
func TestClockOff(t *testing.T) {
	for _, off := range []time.Duration{1500 * time.Millisecond, -1500 * time.Millisecond} {
		inOffice(t, func(o *office) {
			dead := o.process("dead", nil)
			receipt, err := dead.desk.Place(background, server("box"))
			if err != nil {
				t.Fatal(err)
			}
			p := o.process("a", nil).run()
			o.off.Store(off.Microseconds())
			elapse(5 * time.Second) // it looks every 5 seconds
			if got := <-p.ask(background, server("box")); !berth.IsCode(got.err, berth.Unavailable) {
				t.Errorf("%v: got %v, want unavailable", off, got.err)
			}
			if err := p.Ready(background); err == nil || !strings.Contains(err.Error(), "1500 ms") {
				t.Errorf("%v: got ready: %v", off, err)
			}
			elapse(20 * time.Second)
			if now := p.order(receipt.Order.ID); now.State != berth.Paid || now.Attempt != 1 {
				t.Errorf("%v: got %s at attempt %d, want it left alone", off, now.State, now.Attempt)
			}
			o.off.Store(0)
			elapse(6 * time.Second)
			p.wants("with a right clock", receipt.Order.ID, berth.Completed, 99_000, 1)
			if err := p.Ready(background); err != nil {
				t.Errorf("got not ready: %v", err)
			}
		})
	}
}

// A second is tolerated.
func TestClockALittleOff(t *testing.T) {
	inOffice(t, func(o *office) {
		o.off.Store(900_000)
		p := o.process("a", nil).run()
		elapse(6 * time.Second)
		if got := <-p.ask(background, server("box")); got.err != nil || got.Order.State != berth.Completed {
			t.Errorf("got %s, %v, want completed", got.Order.State, got.err)
		}
	})
}

// Drain waits for what was taken, keeps its leases, and takes nothing new.
func TestDrain(t *testing.T) {
	inOffice(t, func(o *office) {
		p, other := o.process("a", nil).run(), o.process("b", nil).run()
		got := p.ask(background, server(sim.NameSlow))
		elapse(time.Second)
		start := time.Now()
		drained := make(chan error, 1)
		go func() { drained <- p.Drain(background) }()
		synctest.Wait()
		if late := <-p.ask(background, server("box")); !berth.IsCode(late.err, berth.Unavailable) {
			t.Errorf("a new order: got %v, want unavailable", late.err)
		}
		if err := p.Ready(background); err == nil {
			t.Errorf("got ready while stopping")
		}
		if err := <-drained; err != nil || time.Since(start) != 29*time.Second {
			t.Errorf("got %v after %v, want it done after the call's 29s", err, time.Since(start))
		}
		a := <-got
		p.wants("drained", a.Order.ID, berth.Completed, 99_000, 1)
		if other.calls.Load() != 0 {
			t.Errorf("another process called the driver, too")
		}
		p.stop()
		receipt, err := o.process("dead", nil).desk.Place(background, server("box"))
		if err != nil {
			t.Fatal(err)
		}
		elapse(6 * time.Second)
		if now := other.order(receipt.Order.ID); now.Holder != "" || now.State != berth.Completed || p.calls.Load() != 1 {
			t.Errorf("got %s, want the other process to do it", now.State)
		}
	})
}

// A drained process doesn't take over what is due.
func TestDrainedTakesNothing(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		if err := p.Drain(background); err != nil {
			t.Fatal(err)
		}
		receipt, err := o.process("dead", nil).desk.Place(background, server("box"))
		if err != nil {
			t.Fatal(err)
		}
		elapse(20 * time.Second)
		if now := p.order(receipt.Order.ID); now.Attempt != 1 {
			t.Errorf("got attempt %d, want the order left alone", now.Attempt)
		}
	})
}

func TestDrainGivesUp(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		got := p.ask(background, server(sim.NameSlow))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(background, 10*time.Second)
		defer cancel()
		if err := p.Drain(ctx); err == nil {
			t.Errorf("got done, want to be told of the order under way")
		}
		elapse(30 * time.Second)
		p.wants("it went on", (<-got).Order.ID, berth.Completed, 99_000, 1)
	})
}

// Keys and passwords go when their window is over.
func TestSweeps(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil).run()
		r := server("box")
		r.IdempotencyKey, r.Canonical = "api/k", []byte("x")
		got := <-p.ask(background, r)
		elapse(48*time.Hour - time.Minute)
		if now := p.order(got.Order.ID); now.Password == "" {
			t.Errorf("within the window: the password is gone")
		}
		elapse(2 * time.Minute)
		if now := p.order(got.Order.ID); now.Password != "" {
			t.Errorf("after the window: the password is still there")
		}
		if keys, err := p.store.ExpiredKeys(background, clock(), 9); err != nil || len(keys) != 0 {
			t.Errorf("got %d expired keys, %v, want none", len(keys), err)
		}
	})
}

func TestReady(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.process("a", nil)
		if err := p.Ready(background); err != nil {
			t.Errorf("got %v, want ready", err)
		}
		p.away.Store(true)
		if err := p.Ready(background); err == nil || !strings.Contains(err.Error(), "database") {
			t.Errorf("without a database: got %v", err)
		}
	})
}

// watched is an Observer that keeps what it is told.
type watched struct {
	mu      sync.Mutex
	told    []string
	backlog berth.Backlog

	reconciled []berth.Reconciliation
}

func (w *watched) tell(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, s)
}

func (w *watched) Call(provider, kind, verdict string, _ time.Duration) {
	w.tell("call " + provider + " " + kind + " " + verdict)
}
func (w *watched) Sealed(int, time.Duration) {}
func (w *watched) Reconciled(r berth.Reconciliation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reconciled = append(w.reconciled, r)
}
func (w *watched) Changed(task, verdict string) { w.tell("changed " + task + " " + verdict) }
func (w *watched) Settled(kind, state string)   { w.tell("settled " + kind + " " + state) }
func (w *watched) Backlog(b berth.Backlog) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.backlog = b
}

func TestObserver(t *testing.T) {
	inOffice(t, func(o *office) {
		seen := &watched{}
		p := o.process("a", nil, func(w *worker.Options, _ *berth.Desk) { w.Observe = seen }).run()
		made := <-p.ask(background, server(sim.NameLost))
		<-p.ask(background, server(sim.NameRefuse))
		<-p.ask(background, &berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: made.Order.ServiceID})
		slow := p.ask(background, server(sim.NameSlow))
		elapse(10 * time.Second)
		want := "call sim new_server unresolved, call sim new_server done, settled new_server completed, " +
			"call sim new_server refused, settled new_server refunded, settled renew_server completed"
		seen.mu.Lock()
		if got := strings.Join(seen.told, ", "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if seen.backlog.Unsettled != 1 || seen.backlog.Doubtful != 0 {
			t.Errorf("got backlog %+v, want the slow order", seen.backlog)
		}
		seen.mu.Unlock()
		<-slow
		elapse(6 * time.Second)
	})
}
