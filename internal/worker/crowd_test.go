package worker_test

import (
	"context"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/worker"
)

// sluggish takes its time to suspend.
type sluggish struct{ *sim.Provider }

func (d sluggish) Suspend(ctx context.Context, ref string) berth.Outcome {
	<-time.After(20 * time.Second)
	return d.Provider.Suspend(ctx, ref)
}

// Many services of a slow provider that are due at once keep nobody else's work waiting.
func TestManyDueAtASlowProvider(t *testing.T) {
	inOffice(t, func(o *office) {
		slow := sluggish{elsewhere(o, sim.Options{})}
		with := []func(*worker.Options, *berth.Desk){
			o.twofold(slow, map[string]int{"other": 1}, []string{"other"}, []string{"sim"}),
			func(w *worker.Options, _ *berth.Desk) { w.Calls = 8 },
		}
		p, dead := o.process("a", nil, with...), o.process("dead", nil, with...)
		var ids []string
		for range 40 {
			r := server("box")
			r.Hours = 1
			got := <-p.ask(background, r)
			if got.err != nil {
				t.Fatal(got.err)
			}
			ids = append(ids, got.Order.ServiceID)
		}
		elapse(time.Hour)
		r := server("quick")
		r.PlanID = "2"
		left, err := dead.desk.Place(background, r)
		if err != nil {
			t.Fatal(err)
		}
		p.run()
		elapse(10 * time.Second)
		if got := p.order(left.Order.ID); got.State != berth.Completed {
			t.Errorf("got %s behind the services of a slow provider, want the order completed", got.State)
		}
		elapse(15 * time.Minute)
		for _, id := range ids {
			if s := p.service(id); s.Status != berth.Suspended || s.Doubt {
				t.Errorf("got %s with doubt %v after %d attempts, want each suspended", s.Status, s.Doubt, s.Attempt)
			}
		}
	})
}
