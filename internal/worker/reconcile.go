package worker

import (
	"context"
	"time"

	"github.com/berth-host/berth"
)

// Reconciling is how often the database is compared with the providers, over all processes, and what is done about it.
type Reconciling struct {
	Every  time.Duration // 0 for never
	Repair bool          // what is safe: see berth.ReconcileOptions. Nothing is ever deleted on a schedule.
}

const (
	reconcileLook    = 30 * time.Second // between two looks at whether it's this process's turn
	reconcileTimeout = 10 * time.Minute // that the providers have for all answers together
	mostDriftsLogged = 20
)

// reconcile compares with the providers when that is due and no other process does.
func (w *Worker) reconcile(ctx context.Context) error {
	every := w.options.Reconcile
	mine, err := w.desk.TakeReconciliation(ctx, every.Every.Microseconds())
	if err != nil || !mine {
		return err
	}
	installation, _, err := w.desk.Store.Meta(ctx, berth.MetaInstallation)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reconcileTimeout)
	defer cancel()
	found, err := w.desk.Reconcile(ctx, berth.ReconcileOptions{Installation: installation, Repair: every.Repair})
	if err != nil {
		return err
	}
	w.options.Observe.Reconciled(found)
	for name, err := range found.Skipped {
		w.options.Log.Warn("a provider was not compared with the database", "provider", name, "error", err)
	}
	for i, d := range found.Drifts {
		if i == mostDriftsLogged {
			w.options.Log.Warn("more differences than are logged: 'berth reconcile' shows them all", "differences", len(found.Drifts))
			break
		}
		w.options.Log.Warn("the database and a provider differ", "drift", d.Sort, "provider", d.Provider, "service", d.ServiceID,
			"order", d.OrderID, "want", d.Want, "repair", d.Repair, "repaired", d.Done, "error", d.Trouble)
	}
	return nil
}
