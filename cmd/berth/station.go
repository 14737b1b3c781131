package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/evidence"
	"github.com/berth-host/berth/internal/httpapi"
	"github.com/berth-host/berth/internal/provision/guard"
	"github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/settings"
	"github.com/berth-host/berth/internal/store"
	"github.com/berth-host/berth/internal/telemetry"
	"github.com/berth-host/berth/internal/worker"
)

// station is a running server: everything that 'serve' and 'demo' have in common.
type station struct {
	settings  *settings.Settings
	log       *slog.Logger
	metrics   *telemetry.Metrics
	store     *store.Store
	desk      *berth.Desk
	providers *providers
}

// openStation migrates and opens the database for serving. What is opened is closed by run, or by close.
func openStation(s *session, loaded *settings.Settings) (*station, error) {
	tuneMemory(s.getenv)
	st := &station{settings: loaded, providers: &providers{}}
	st.log = slog.New(slog.NewJSONHandler(s.err, &slog.HandlerOptions{Level: loaded.LogLevel}))
	st.metrics = telemetry.New(version(), wallClock)
	name := settings.MaskURL(loaded.DB)
	if !inMemory(loaded.DB) {
		from, to, err := store.Migrate(s.ctx, loaded.DB)
		if err != nil {
			return nil, fmt.Errorf("migrate the database %s: %w", name, err)
		}
		if from != to {
			st.log.Info("the schema was migrated", "from", from, "to", to)
		}
	}
	db, err := store.Open(s.ctx, loaded.DB, store.Options{Queue: loaded.Queue, Batch: loaded.Batch, Serve: true, Log: st.log,
		Observe: storeObserver{st.metrics}})
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", name, err)
	}
	st.store = db
	st.metrics.Queue(db.Queued)
	return st, nil
}

// tuneMemory lets the heap grow to four times what is alive before it is collected, unless the operator has decided
// otherwise: what lives in a server is some megabytes, and collecting it all the time cost a fifth of the processor.
func tuneMemory(getenv func(string) string) {
	if getenv("GOGC") == "" && getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(300)
	}
}

// close closes what openStation opened, when the station never ran.
func (st *station) close() error {
	return errors.Join(st.store.Close(), st.providers.close())
}

// deskFor is a desk without a server around it.
func deskFor(s berth.Store, sealer berth.Sealer) *berth.Desk {
	return berth.NewDesk(berth.Desk{Store: s, Sealer: sealer, Policy: berth.DefaultPolicy(), Replica: "command",
		Now: wallClock, NewPassword: seal.Password})
}

// equip gives the station its desk. db is the station's store, as the desk is to see it.
func (st *station) equip(ctx context.Context, db berth.Store, sealer berth.Sealer, openers map[string]opener) (err error) {
	if st.providers, err = openProviders(ctx, db, openers); err != nil {
		st.providers = &providers{}
		return err
	}
	st.providers.keepEdges(db, sealer, st.log)
	st.desk = berth.NewDesk(berth.Desk{
		Store: db, Servers: st.providers.servers, Networks: st.providers.networks, Sealer: sealer,
		Pools: st.settings.Pools(), Edges: edgeNumbers(st.settings), Evidence: &evidence.Files{ROAs: st.settings.ROAs, Routes: st.settings.Routes},
		Policy: st.settings.Policy(), Replica: replicaName(), Now: wallClock, NewPassword: seal.Password,
		Gate: st.guard(),
	})
	return nil
}

// guard stands before the providers, and its state is in the metrics.
func (st *station) guard() *guard.Guard {
	g := guard.New(guard.Options{Limits: callLimits(st.settings), Limit: callsAtOnce, Now: wallClock, Log: st.log})
	st.metrics.Providers(func(each func(provider string, open, probing bool, calls, waiting int)) {
		g.States(func(s guard.State) { each(s.Provider, s.Open, s.Probing, s.Calls, s.Waiting) })
	})
	return g
}

// replicaName is this process among all that hold leases: readable, and never the same twice.
func replicaName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), seal.Password()[:8])
}

// run serves until ctx ends or a listener fails, and closes everything. ready is called once orders are accepted.
func (st *station) run(ctx context.Context, ready func(url string)) error {
	w := worker.New(st.desk, worker.Options{Calls: st.settings.Workers, Log: st.log, Observe: st.metrics, Seal: st.store.Seal,
		Reconcile: worker.Reconciling{Every: st.settings.ReconcileEvery, Repair: st.settings.ReconcileRepair}})
	api, metrics, err := st.listen(w)
	if err != nil {
		return errors.Join(err, st.close())
	}
	// The worker outlives ctx: until the last order is settled its leases are renewed.
	working, release := context.WithCancel(context.WithoutCancel(ctx))
	var loops sync.WaitGroup
	loops.Go(func() { w.Run(working) })
	for _, k := range st.providers.keepers {
		loops.Go(func() { k.Run(working) })
	}
	defer func() {
		release()
		loops.Wait()
	}()
	api.serve()
	var metricsFailed chan error
	if metrics != nil {
		metrics.serve()
		metricsFailed = metrics.failed
		st.log.Info("metrics are served", "url", metrics.url()+"/metrics")
	}
	if awaitReady(ctx, w, st.log) {
		ready(api.url())
	}
	select {
	case <-ctx.Done():
		st.log.Info("stopping: what was taken is finished, nothing new is taken", "within", st.settings.ShutdownTimeout.String())
	case err = <-api.failed:
	case err = <-metricsFailed:
	}
	return errors.Join(err, st.stop(w, api, metrics, release, &loops))
}

// listen opens the addresses of the API and, if there's one, of the metrics.
func (st *station) listen(w *worker.Worker) (api, metrics *listener, err error) {
	s := st.settings
	var cert *certificate
	if s.TLSCert != "" {
		if cert, err = openCertificate(s.TLSCert, s.TLSKey, st.log, time.Now); err != nil {
			return nil, nil, err
		}
	}
	handler := st.withEdges(httpapi.New(httpapi.Options{
		Desk: st.desk, Place: w.Place, Change: w.Change, Ready: w.Ready, Log: st.log, Observer: st.metrics,
		RatePerKey: float64(s.RatePerKey), FailedKeysPerMinute: failedKeys(s), TrustedProxies: s.TrustedProxies,
	}))
	if cert != nil {
		api, err = listen("listen", s.Listen, handler, s.Patience+answerSlack, st.log, cert.config())
	} else {
		api, err = listen("listen", s.Listen, handler, s.Patience+answerSlack, st.log, nil)
	}
	if err != nil || s.MetricsListen == "" {
		return api, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", st.metrics.Handler())
	if metrics, err = listen("metrics_listen", s.MetricsListen, mux, answerSlack, st.log, nil); err != nil {
		return nil, nil, errors.Join(err, api.net.Close())
	}
	return api, metrics, nil
}

// failedKeys says "no limit" as the HTTP surface does.
func failedKeys(s *settings.Settings) float64 {
	if s.FailedKeysPerMinute == 0 {
		return -1
	}
	return float64(s.FailedKeysPerMinute)
}

// awaitReady waits until orders can be taken, and tells why while they can't. False means that ctx ended first.
func awaitReady(ctx context.Context, w *worker.Worker, log *slog.Logger) bool {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	told := ""
	for {
		err := w.Ready(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() == nil && err.Error() != told {
			told = err.Error()
			log.Warn("not ready yet", "reason", told)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}

// stop ends the station within the shutdown time-out: first the requests, then the orders that go on without one,
// then the database. Orders that aren't settled by then are found and finished by the next server, so it's no
// failure.
func (st *station) stop(w *worker.Worker, api, metrics *listener, release func(), loops *sync.WaitGroup) error {
	end := time.Now().Add(st.settings.ShutdownTimeout)
	// A part of the time is kept for closing the database.
	ctx, cancel := context.WithDeadline(context.Background(), end.Add(-st.settings.ShutdownTimeout/10))
	defer cancel()
	api.stop(ctx)
	if err := w.Drain(ctx); err != nil {
		st.log.Warn("stopping with orders under way", "reason", err)
	}
	if metrics != nil {
		metrics.stop(ctx) // last, so that the stop itself can be watched
	}
	release()
	loops.Wait()
	closed := make(chan error, 1)
	go func() { closed <- st.close() }()
	late := time.NewTimer(time.Until(end))
	defer late.Stop()
	select {
	case err := <-closed:
		st.log.Info("stopped")
		return err
	case <-late.C:
		st.log.Warn("stopped without waiting for the database any longer")
		return nil
	}
}
