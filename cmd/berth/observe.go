package main

import (
	"github.com/berth-host/berth/internal/store"
	"github.com/berth-host/berth/internal/telemetry"
)

// storeObserver hands what the store tells to the metrics, which don't know the store's types.
type storeObserver struct{ *telemetry.Metrics }

func (o storeObserver) Batch(b store.BatchStats) {
	o.Wrote(b.Calls, b.Queued, b.Load, b.Decide, b.Append)
}
