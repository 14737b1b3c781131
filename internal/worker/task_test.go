package worker_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/worker"
)

// able is the simulated provider with all its abilities, which takes its time and tells how many calls are inside.
type able struct {
	*sim.Provider
	takes  time.Duration
	inside chan struct{} // holds one while a call is inside
	calls  *atomic.Int64
	fails  *atomic.Int64 // that many calls end without an answer
}

func (d able) Power(ctx context.Context, ref string, action berth.PowerAction) berth.Outcome {
	select {
	case d.inside <- struct{}{}:
	default:
		panic("two calls at once for one server")
	}
	defer func() { <-d.inside }()
	d.calls.Add(1)
	<-time.After(d.takes)
	if d.fails.Load() > 0 {
		d.fails.Add(-1) // one call at a time
		return berth.Outcome{Verdict: berth.Unresolved, Reason: errors.New("lost")}
	}
	return d.Provider.Power(ctx, ref, action)
}

// ableProcess is a process whose driver has all abilities.
func (o *office) ableProcess(name string, d able) *process {
	return o.process(name, nil, func(_ *worker.Options, desk *berth.Desk) { desk.Servers["sim"] = d })
}

func (o *office) able(takes time.Duration) able {
	return able{Provider: o.world, takes: takes, inside: make(chan struct{}, 1), calls: new(atomic.Int64), fails: new(atomic.Int64)}
}

func (p *process) service(id string) berth.Service {
	p.Helper()
	s, ok, err := p.store.Service(background, id)
	if err != nil || !ok {
		p.Fatalf("service %s: got %v, %v", id, ok, err)
	}
	return s
}

// box buys a server and returns its id.
func (p *process) box() string {
	p.Helper()
	got := <-p.ask(background, server("box"))
	if got.err != nil || got.Order.State != berth.Completed {
		p.Fatalf("got %s, %v, want a server", got.Order.State, got.err)
	}
	return got.Order.ServiceID
}

func stopping(id string) berth.TaskRequest {
	return berth.TaskRequest{UserID: anna, ServerID: id, Task: berth.Task{Do: berth.TaskStop}}
}

func TestChange(t *testing.T) {
	inOffice(t, func(o *office) {
		seen := &watched{}
		p := o.process("a", nil, func(w *worker.Options, desk *berth.Desk) {
			w.Observe, desk.Servers["sim"] = seen, o.able(time.Second)
		}).run()
		id := p.box()
		got, err := p.Change(background, stopping(id))
		if err != nil || got.Verdict != berth.Done || !got.Service.Stopped || !o.machines()[0].Off {
			t.Errorf("got %s, %v, machine %+v, want it stopped", got.Verdict, err, o.machines()[0])
		}
		seen.mu.Lock()
		if told := strings.Join(seen.told, ", "); !strings.HasSuffix(told, "call sim stop done, changed stop done") {
			t.Errorf("the observer was told %s", told)
		}
		seen.mu.Unlock()
		if _, err := p.Change(background, stopping("nobody's")); !berth.IsCode(err, berth.NotFound) {
			t.Errorf("an unknown server: got %v", err)
		}
	})
}

// The answer waits for the patience, the task for its end: its lease is renewed, and no other process takes it.
func TestChangeOutlivesPatience(t *testing.T) {
	inOffice(t, func(o *office) {
		d := o.able(40 * time.Second)
		p, other := o.ableProcess("a", d).run(), o.ableProcess("b", d).run()
		id := p.box()
		start := time.Now()
		got, err := p.Change(background, stopping(id))
		if err != nil || got.Verdict != berth.Waiting || time.Since(start) != 25*time.Second || got.Service.Task.Do != berth.TaskStop {
			t.Errorf("got %s, %v after %v, want waiting after 25s", got.Verdict, err, time.Since(start))
		}
		if _, err := other.Change(background, stopping(id)); !berth.IsCode(err, berth.Busy) {
			t.Errorf("a second one: got %v, want busy", err)
		}
		elapse(16 * time.Second)
		if s := p.service(id); !s.Stopped || s.Task.Do != "" || d.calls.Load() != 1 {
			t.Errorf("got %+v after %d calls, want it stopped by one", s, d.calls.Load())
		}
	})
}

// A task whose process died is done by another one; one without a certain answer is tried until there is one.
func TestTaskIsTakenOver(t *testing.T) {
	inOffice(t, func(o *office) {
		d := o.able(time.Second)
		dead, alive := o.ableProcess("dead", d), o.ableProcess("alive", d).run()
		id := alive.box()
		if _, err := dead.desk.Ask(background, stopping(id)); err != nil {
			t.Fatal(err)
		}
		d.fails.Store(2)
		elapse(4900 * time.Millisecond)
		if d.calls.Load() != 0 {
			t.Errorf("while the lease holds: got %d calls, want none", d.calls.Load())
		}
		elapse(15 * time.Second)
		if s := alive.service(id); !s.Stopped || s.Task.Do != "" || s.Attempt != 4 || d.calls.Load() != 3 {
			t.Errorf("got %+v after %d calls, want it stopped by the fourth attempt and third call", s, d.calls.Load())
		}
	})
}

// The request hears of its task's end though a later attempt brought it, and a task that is done twice at once panics.
func TestChangeHearsOfALaterAttempt(t *testing.T) {
	inOffice(t, func(o *office) {
		d := o.able(time.Second)
		p, other := o.ableProcess("a", d).run(), o.ableProcess("b", d)
		id := p.box()
		d.fails.Store(1)
		start := time.Now()
		got, err := p.Change(background, stopping(id))
		if err != nil || got.Verdict != berth.Done || time.Since(start) > 5*time.Second {
			t.Errorf("got %s, %v after %v, want done within seconds", got.Verdict, err, time.Since(start))
		}
		p.stop()
		d.fails.Store(1)
		other.run()
		asked := make(chan berth.TaskReceipt, 1)
		go func() {
			got, _ := p.Change(background, berth.TaskRequest{UserID: anna, ServerID: id, Task: berth.Task{Do: berth.TaskStart}})
			asked <- got
		}()
		if got := <-asked; got.Verdict != berth.Unresolved || got.Service.Stopped {
			t.Errorf("ended elsewhere: got %s, %+v, want to hear that it has ended", got.Verdict, got.Service)
		}
	})
}

// A client that leaves gets no answer, and its task goes on.
func TestClientLeavesAChange(t *testing.T) {
	inOffice(t, func(o *office) {
		p := o.ableProcess("a", o.able(10*time.Second)).run()
		id := p.box()
		ctx, cancel := context.WithTimeout(background, time.Second)
		defer cancel()
		if _, err := p.Change(ctx, stopping(id)); !berth.IsCode(err, berth.Unavailable) {
			t.Errorf("got %v, want unavailable", err)
		}
		elapse(10 * time.Second)
		if s := p.service(id); !s.Stopped {
			t.Errorf("got %+v, want it stopped", s)
		}
	})
}
