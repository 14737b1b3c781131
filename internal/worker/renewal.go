package worker

import (
	"context"
	"errors"
	"sync"

	"github.com/berth-host/berth"
)

// placeRenewals places the orders of services that are due, all at once so that they share their batches, and returns
// when each has been answered. They ask nothing of a provider. One that wasn't placed is due again within a minute, by
// its own row, so nothing is tried twice here.
func (w *Worker) placeRenewals(ctx context.Context, due []berth.Service) {
	var all sync.WaitGroup
	for _, s := range due {
		all.Go(func() {
			receipt, err := w.desk.RenewDue(ctx, s)
			switch {
			case err == nil && receipt.Order.ID != "" && !receipt.Replayed:
				w.options.Observe.Settled(receipt.Order.Kind, string(receipt.Order.State))
			case err != nil && !berth.IsCode(err, berth.Busy) && !berth.IsCode(err, berth.InProgress) && ctx.Err() == nil:
				w.options.Log.Error("a renewal was not placed", "service", s.ID, "error", err, "cause", errors.Unwrap(err))
			}
		})
	}
	all.Wait()
}
