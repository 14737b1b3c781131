// Command bench measures how many complete orders a second Berth takes on this machine, beside what PostgreSQL's own
// benchmark and the disk do in the same run, and writes the result as a page of Markdown:
//
//	go run ./internal/bench -o docs/benchmarks.md
//
// An order counts when it was charged, fulfilled by the simulated driver, settled, and all of that was durable before
// the answer. What is measured is the real program, from start to ready and under the load of 'berth load', on a
// PostgreSQL with its own defaults (fsync on) and on SQLite. The measurements take turns in several rounds, so that a
// disturbance hits all of them, and the median counts.
// With -rows it also measures with so many orders in the tables, which takes minutes to fill and some 3 KB of disk each;
// with -scaling it puts what an order costs, and what more machines would bring, into a page that has the place for it;
// with -profile it only runs the load that matters under the profiler (see profile.go).
//
// BERTH_TEST_PG names a cluster to use; otherwise a throw-away one is started.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// plan is what is measured, and for how long.
type plan struct {
	rounds  int
	engines []string
	period  time.Duration // of one measurement
	warmUp  time.Duration // before each
	clients []int
	wallets []int
	scale   int // of pgbench: 100,000 accounts each
	rows    int // orders to fill in for the comparison with empty tables; 0 for none
}

// pages are the files to write; a page without one goes to standard output, the scaling page's figures after it.
type pages struct{ benchmarks, scaling string }

func main() {
	out := flag.String("o", "", "file to write; standard output when left out")
	scaling := flag.String("scaling", "", "page to put the cost of an order and the model's figures into, such as docs/scaling.md")
	rounds := flag.Int("rounds", 3, "rounds; the median of them counts")
	period := flag.Duration("period", 4*time.Second, "time of one measurement")
	engines := flag.String("engines", postgres+","+sqlite, "databases to measure on")
	clients := flag.String("clients", "1,16,64,256", "numbers of clients to measure with")
	wallets := flag.String("wallets", "1,1000", "numbers of wallets to measure with")
	rows := flag.Int("rows", 0, "orders to fill in for a comparison with empty tables (10000000 takes half an hour and 40 GB)")
	short := flag.Bool("short", false, "one round of one second each, to see that everything works (about 60 s)")
	profiles := flag.String("profile", "", "folder for profiles of the load with 64 clients on one wallet, instead of the benchmark")
	flag.Parse()
	p := plan{rounds: *rounds, period: *period, warmUp: 500 * time.Millisecond, scale: 10, engines: strings.Split(*engines, ","), rows: *rows}
	var err error
	if p.clients, err = numbers(*clients); err == nil {
		p.wallets, err = numbers(*wallets)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if *short {
		p.rounds, p.period, p.warmUp = 1, time.Second, 200*time.Millisecond
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *profiles != "" {
		err = runProfile(ctx, p, *profiles)
	} else {
		err = run(ctx, p, pages{*out, *scaling})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// numbers reads a list such as "1,64".
func numbers(text string) (list []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a list of numbers such as 1,64", text)
		}
		list = append(list, n)
	}
	return list, nil
}

// check refuses a plan that can't be measured.
func (p plan) check() error {
	for _, engine := range p.engines {
		if engine != postgres && engine != sqlite {
			return fmt.Errorf("-engines: there is no %q; there are %s and %s", engine, postgres, sqlite)
		}
	}
	if p.rounds < 1 || p.period < 100*time.Millisecond {
		return fmt.Errorf("-rounds must be 1 or more, and -period 100ms or more")
	}
	return nil
}

// run measures and writes the pages.
func run(ctx context.Context, p plan, out pages) (err error) {
	if err := p.check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "berth-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if p.rows > 0 { // both databases are on that disk, as far as is known here: better now than after the rounds
		if err := roomFor(dir, p.rows, rowBytes); err != nil {
			return err
		}
	}
	b, err := prepare(ctx, p, dir, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.measureAll(ctx); err != nil {
		return err
	}
	for _, check := range b.modelChecks() {
		say("%s", check)
	}
	page := b.page(time.Now())
	var measured strings.Builder
	b.writeScaling(func(format string, args ...any) { fmt.Fprintf(&measured, format+"\n", args...) })
	if out.scaling == "" {
		page += "\n## What an order costs\n\n" + measured.String()
	} else if err := putMeasured(out.scaling, measured.String()); err != nil {
		return err
	}
	if out.benchmarks == "" {
		_, err = os.Stdout.WriteString(page)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out.benchmarks), 0o755); err != nil { // #nosec G301 -- a page for everybody
		return err
	}
	return os.WriteFile(out.benchmarks, []byte(page), 0o644) // #nosec G306 -- a page for everybody
}

// measureAll measures all that the plan says.
func (b *bench) measureAll(ctx context.Context) (err error) {
	for n := range b.rounds {
		if err := b.round(ctx, n+1); err != nil {
			return err
		}
	}
	for _, engine := range b.engines {
		if b.left[engine], err = b.footprint(ctx, engine); err != nil {
			return fmt.Errorf("%s: what an order leaves behind: %w", engine, err)
		}
		f := b.left[engine]
		say("  %s: an order takes %.0f bytes on disk, %.0f of log, %.2f round trips", engine, f.disk, f.log, f.trips)
	}
	if b.rows == 0 {
		return nil
	}
	for _, engine := range b.engines {
		if b.grown[engine], err = b.grow(ctx, engine, b.rows); err != nil {
			return err
		}
	}
	return nil
}

// say tells whoever waits how far it is.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
