package main

import (
	"github.com/berth-host/berth/internal/store"
	"github.com/berth-host/berth/internal/telemetry"
)

// storeObserver hands what the store tells to the metrics, which don't know the store's types.
type storeObserver struct{ *telemetry.Metrics }

func (o storeObserver) Batch(b store.BatchStats) {
	o.Wrote(telemetry.Batch{Writes: b.Calls, Money: b.Money, Queued: b.Queued, Waited: b.Waited,
		Load: b.Load, Decide: b.Decide, Append: b.Append})
}
