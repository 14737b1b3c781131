package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
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
	half  map[string][]result  // Berth at half of the round's best rate on one wallet, sent at a fixed pace, by engine
	ready map[string][]float64 // start to ready, in milliseconds, by engine
	peak  map[string][]float64 // memory at the most clients, in bytes, by engine
	grown map[string]growth    // with many orders in the tables, by engine
	left  map[string]footprint // by engine
}

// trial is one measurement of Berth.
type trial struct {
	engine  string
	clients int
	wallets int
}

// times is how many times pgbench's rate a trial has reached: the median of the rounds, in each of which the two were
// measured within seconds of each other. The machine's speed may change between rounds.
func (b *bench) times(t trial) float64 {
	var ratios []float64
	rates := b.beside(t.clients)
	for i, r := range b.taken[t] {
		if i < len(rates) && rates[i] > 0 {
			ratios = append(ratios, r.rate/rates[i])
		}
	}
	return median(ratios)
}

// beside are pgbench's rates that orders of so many clients are held against, one of each round: with as many clients, or
// with one when that is more. There are machines on which pgbench's clients get in each other's way so much that to beat
// them says nothing.
func (b *bench) beside(clients int) (rates []float64) {
	for i, many := range b.tps[clients] {
		if one := b.tps[1]; i < len(one) {
			many.rate = max(many.rate, one[i].rate)
		}
		rates = append(rates, many.rate)
	}
	return rates
}

// busyClients is the number of clients that the aims are about.
const busyClients = 64

// The engines, in the order in which they are shown.
const (
	postgres = "PostgreSQL"
	sqlite   = "SQLite"
)

func newBench(p plan, dir string) *bench {
	return &bench{plan: p, dir: dir, program: filepath.Join(dir, "berth"), tps: map[int][]result{}, taken: map[trial][]result{},
		half: map[string][]result{}, ready: map[string][]float64{}, peak: map[string][]float64{}, grown: map[string]growth{},
		left: map[string]footprint{}}
}

// prepare builds the program and makes the databases. settings are for a cluster that is started here.
func prepare(ctx context.Context, p plan, dir string, settings map[string]string) (*bench, error) {
	b := newBench(p, dir)
	say("building the program")
	if err := build(ctx, b.program); err != nil {
		return nil, err
	}
	var err error
	if b.cluster, err = openCluster(ctx, settings); err != nil {
		return nil, err
	}
	if p.scale == 0 { // this run is not about comparing
		return b, nil
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

// build makes the program as it is delivered, but for -trimpath: with it every dependency would be compiled once more.
func build(ctx context.Context, program string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/berth-host/berth/cmd/berth") // #nosec G204 -- into a folder of its own
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
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
		s, err := b.open(ctx, engine, strconv.Itoa(n))
		if err != nil {
			return err
		}
		shops[engine] = s
	}
	for _, clients := range b.clients {
		if clients == 1 || clients == busyClients {
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
	for _, engine := range b.engines {
		if err := b.atHalf(ctx, shops[engine], engine); err != nil {
			return err
		}
	}
	return nil
}

// atHalf sends orders at a fixed pace, half of the most that this round has measured: as many as come, whether the
// server keeps up or not. An order's time runs from when it was due.
func (b *bench) atHalf(ctx context.Context, s *shop, engine string) error {
	best, most := 0.0, slices.Max(b.clients)
	for _, clients := range b.clients {
		if taken := b.taken[trial{engine, clients, 1}]; len(taken) > 0 {
			best = max(best, taken[len(taken)-1].rate)
		}
	}
	if best == 0 {
		return nil
	}
	r, err := s.measure(ctx, traffic{clients: most, wallets: 1, rate: best / 2, warmUp: b.warmUp, period: b.period})
	if err != nil {
		return fmt.Errorf("%s at %.0f orders/s: %w", engine, best/2, err)
	}
	b.half[engine] = append(b.half[engine], r)
	say("  %s, sent at %.0f orders/s: %.0f done, p50 %.2f ms, p99 %.2f ms", engine, best/2, r.rate, r.p50, r.p99)
	return nil
}

// open makes an installation under a name of its own and starts its server.
func (b *bench) open(ctx context.Context, engine, name string) (*shop, error) {
	dir := filepath.Join(b.dir, engine+"-"+name)
	db := "sqlite:" + filepath.Join(dir, "berth.db")
	if engine == postgres {
		var err error
		if db, err = b.cluster.database(ctx); err != nil {
			return nil, err
		}
	}
	s, err := openShop(ctx, b.program, db, dir, b.accounts())
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", engine, err)
	}
	b.ready[engine] = append(b.ready[engine], float64(s.ready)/float64(time.Millisecond))
	return s, nil
}

// databaseOf is the main process of an engine's database, 0 when it has none.
func (b *bench) databaseOf(engine string) int {
	if engine == postgres {
		return b.cluster.main
	}
	return 0
}

// accounts is how many wallets each installation has beside the reseller's.
func (b *bench) accounts() int { return slices.Max(b.wallets) }

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
	r, err := s.measure(ctx, traffic{clients: l.clients, wallets: l.wallets, warmUp: b.warmUp, period: b.period,
		database: b.databaseOf(l.engine)})
	if err != nil {
		return fmt.Errorf("%s, %d clients, %d wallets: %w", l.engine, l.clients, l.wallets, err)
	}
	b.taken[l] = append(b.taken[l], r)
	if most {
		b.peak[l.engine] = append(b.peak[l.engine], float64(peak(s.server.Process.Pid)))
	}
	say("  %s, %d clients, %d wallets: %.0f orders/s, p50 %.2f ms, p99 %.2f ms; processor %.0f + %.0f + %.0f us an order (server, database, client)",
		l.engine, l.clients, l.wallets, r.rate, r.p50, r.p99, r.own, r.db, r.client)
	if p := r.where; l.clients == busyClients {
		say("    of %.2f ms: queue %.2f, load %.2f, decide %.2f, append and commit %.2f, driver %.2f, HTTP and JSON %.2f, outside %.2f; %.1f writes in a batch",
			p.total(), p.queue, p.load, p.decide, p.append, p.driver, p.http, p.outside, p.size)
	}
	return nil
}
