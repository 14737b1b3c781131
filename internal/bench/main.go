// Command bench measures how many complete orders a second Berth takes on this machine, beside what PostgreSQL's own
// benchmark and the disk do in the same run, and writes the result as a page of Markdown:
//
//	go run ./internal/bench -o docs/benchmarks.md
//
// An order counts when it was charged, fulfilled by the simulated driver, settled, and all of that was durable before
// the answer. What is measured is the real program, from start to ready and under the load of 'berth load', on a
// PostgreSQL with its own defaults (fsync on) and on SQLite. The measurements take turns in several rounds, so that a
// disturbance hits all of them, and the median counts.
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
}

func main() {
	out := flag.String("o", "", "file to write; standard output when left out")
	rounds := flag.Int("rounds", 3, "rounds; the median of them counts")
	period := flag.Duration("period", 4*time.Second, "time of one measurement")
	engines := flag.String("engines", postgres+","+sqlite, "databases to measure on")
	clients := flag.String("clients", "1,16,64,256", "numbers of clients to measure with")
	wallets := flag.String("wallets", "1,1000", "numbers of wallets to measure with")
	short := flag.Bool("short", false, "one round of one second each, to see that everything works (about 40 s)")
	flag.Parse()
	p := plan{rounds: *rounds, period: *period, warmUp: 500 * time.Millisecond, scale: 10, engines: strings.Split(*engines, ",")}
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
	if err := run(ctx, p, *out); err != nil {
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

// run measures and writes the page.
func run(ctx context.Context, p plan, out string) (err error) {
	for _, engine := range p.engines {
		if engine != postgres && engine != sqlite {
			return fmt.Errorf("-engines: there is no %q; there are %s and %s", engine, postgres, sqlite)
		}
	}
	if p.rounds < 1 || p.period < 100*time.Millisecond {
		return fmt.Errorf("-rounds must be 1 or more, and -period 100ms or more")
	}
	dir, err := os.MkdirTemp("", "berth-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := prepare(ctx, p, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for n := range p.rounds {
		if err := b.round(ctx, n+1); err != nil {
			return err
		}
	}
	page := b.page(time.Now())
	if out == "" {
		_, err = os.Stdout.WriteString(page)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil { // #nosec G301 -- a page for everybody
		return err
	}
	return os.WriteFile(out, []byte(page), 0o644) // #nosec G306 -- a page for everybody
}

// say tells whoever waits how far it is.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
