package worker_test

import (
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/worker"
)

// TestReconcileOnSchedule: of two processes one compares, every hour; what differs is told, and repaired when that is
// wanted and safe.
func TestReconcileOnSchedule(t *testing.T) {
	inOffice(t, func(o *office) {
		const installation = "here"
		seen := [2]*watched{{}, {}}
		var processes [2]*process
		for i := range processes {
			processes[i] = o.process([]string{"a", "b"}[i], nil, func(w *worker.Options, d *berth.Desk) {
				w.Observe, w.Reconcile = seen[i], worker.Reconciling{Every: time.Hour, Repair: true}
				d.Servers["sim"] = sim.Driver{Provider: o.world}
			})
		}
		must(t, processes[0].store.Write(background, berth.Need{Meta: []string{berth.MetaInstallation}}, func(b *berth.Book) error {
			b.Meta(berth.MetaInstallation)
			b.PutMeta(berth.MetaInstallation, installation)
			return nil
		}))
		gone, err := processes[0].Place(background, server("gone"))
		must(t, err)
		stopped, err := processes[0].Place(background, server("stopped"))
		must(t, err)
		o.world.Delete(background, gone.Order.ProviderRef)
		o.world.Power(background, stopped.Order.ProviderRef, berth.PowerStop)
		for _, p := range processes {
			p.run()
		}
		told := func() (all []berth.Reconciliation) {
			for _, w := range seen {
				w.mu.Lock()
				all = append(all, w.reconciled...)
				w.mu.Unlock()
			}
			return all
		}
		elapse(59 * time.Minute)
		first := told()
		if len(first) != 1 {
			t.Fatalf("within the first hour: got %d comparisons, want one of the two", len(first))
		}
		var sorts []string
		for _, d := range first[0].Drifts {
			sorts = append(sorts, d.Sort)
			if d.Done != (d.Sort == berth.DriftState) {
				t.Errorf("%s: repaired is %v", d.Sort, d.Done)
			}
		}
		if len(sorts) != 2 || sorts[0] != berth.DriftMissing || sorts[1] != berth.DriftState {
			t.Errorf("got the differences %v, want a machine that is missing and one that is stopped", sorts)
		}
		elapse(time.Hour)
		if all := told(); len(all) != 2 || len(all[0].Drifts)+len(all[1].Drifts) != 3 {
			t.Errorf("an hour later: got %d comparisons, want a second that finds the missing machine alone", len(all))
		}
		for _, p := range processes {
			p.stop()
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
