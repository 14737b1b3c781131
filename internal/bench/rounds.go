package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// bench is everything that was measured so far, and with what.
type bench struct {
	plan
	dir     string
	program string
	cluster *cluster
	tpcb    string // URL of pgbench's database

	syncs []float64            // durable writes a second, one of each round
	tps   map[int][]result     // pgbench, by clients
	taken map[trial][]result   // Berth
	ready map[string][]float64 // start to ready, in milliseconds, by engine
	peak  map[string][]float64 // memory at the most clients, in bytes, by engine
}

// trial is one measurement of Berth.
type trial struct {
	engine  string
	clients int
	wallets int
}

// The engines, in the order in which they are shown.
const (
	postgres = "PostgreSQL"
	sqlite   = "SQLite"
)

// prepare builds the program and makes the databases.
func prepare(ctx context.Context, p plan, dir string) (*bench, error) {
	b := &bench{plan: p, dir: dir, program: filepath.Join(dir, "berth"), tps: map[int][]result{}, taken: map[trial][]result{},
		ready: map[string][]float64{}, peak: map[string][]float64{}}
	say("building the program")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.program, "github.com/berth-host/berth/cmd/berth") // #nosec G204 -- into a folder of its own
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	var err error
	if b.cluster, err = openCluster(ctx); err != nil {
		return nil, err
	}
	if b.tpcb, err = b.cluster.database(ctx); err == nil {
		say("filling pgbench's tables")
		err = b.cluster.fill(ctx, b.tpcb, p.scale)
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bench) close() error { return b.cluster.close() }

// round measures everything once. Each round has new databases, so that all rounds begin alike.
func (b *bench) round(ctx context.Context, n int) (err error) {
	rate, err := syncRate(b.dir, time.Second)
	if err != nil {
		return err
	}
	b.syncs = append(b.syncs, rate)
	say("round %d of %d: the disk makes %.0f writes a second durable", n, b.rounds, rate)
	shops := map[string]*shop{}
	defer func() {
		for _, s := range shops {
			err = errors.Join(err, s.stop(ctx))
		}
	}()
	for _, engine := range b.engines {
		s, err := b.open(ctx, engine, n)
		if err != nil {
			return err
		}
		shops[engine] = s
	}
	for _, clients := range b.clients {
		if clients == 1 || clients == 64 {
			if err := b.pgbench(ctx, clients); err != nil {
				return err
			}
		}
		for _, wallets := range b.wallets {
			for _, engine := range b.engines {
				if err := b.order(ctx, shops[engine], trial{engine, clients, wallets}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// open makes an installation and starts its server.
func (b *bench) open(ctx context.Context, engine string, n int) (*shop, error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("%s-%d", engine, n))
	db := "sqlite:" + filepath.Join(dir, "berth.db")
	if engine == postgres {
		var err error
		if db, err = b.cluster.database(ctx); err != nil {
			return nil, err
		}
	}
	s, err := openShop(ctx, b.program, db, dir, slices.Max(b.wallets))
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", engine, err)
	}
	b.ready[engine] = append(b.ready[engine], float64(s.ready)/float64(time.Millisecond))
	return s, nil
}

func (b *bench) pgbench(ctx context.Context, clients int) error {
	r, err := b.cluster.tpcb(ctx, b.tpcb, b.dir, clients, b.period)
	if err != nil {
		return err
	}
	b.tps[clients] = append(b.tps[clients], r)
	say("  pgbench, %d clients: %.0f transactions/s, p50 %.2f ms, p99 %.2f ms", clients, r.rate, r.p50, r.p99)
	return nil
}

func (b *bench) order(ctx context.Context, s *shop, l trial) error {
	most := l.clients == slices.Max(b.clients)
	if most {
		if err := resetPeak(s.server.Process.Pid); err != nil {
			return err
		}
	}
	database := 0
	if l.engine == postgres {
		database = b.cluster.main
	}
	r, err := s.measure(ctx, l.clients, l.wallets, b.plan, database)
	if err != nil {
		return fmt.Errorf("%s, %d clients, %d wallets: %w", l.engine, l.clients, l.wallets, err)
	}
	b.taken[l] = append(b.taken[l], r)
	if most {
		b.peak[l.engine] = append(b.peak[l.engine], float64(peak(s.server.Process.Pid)))
	}
	say("  %s, %d clients, %d wallets: %.0f orders/s, p50 %.2f ms, p99 %.2f ms; processor %.0f + %.0f us an order",
		l.engine, l.clients, l.wallets, r.rate, r.p50, r.p99, r.own, r.db)
	return nil
}

// median of the values; the mean of the middle two when their number is even.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// middle is the median of each figure by itself.
func middle(results []result) result {
	each := func(pick func(result) float64) float64 {
		values := make([]float64, len(results))
		for i, r := range results {
			values[i] = pick(r)
		}
		return median(values)
	}
	return result{
		rate: each(func(r result) float64 { return r.rate }), p50: each(func(r result) float64 { return r.p50 }),
		p99: each(func(r result) float64 { return r.p99 }), own: each(func(r result) float64 { return r.own }),
		db: each(func(r result) float64 { return r.db }),
	}
}
