// Command torture proves that Berth loses and doubles nothing, whatever happens to its processes and its network:
//
//	torture -berth bin/berth
//
// On SQLite with one server and on PostgreSQL with two it lets clients order, read balances and credit wallets, while it
// ends servers and the database by SIGKILL, stops servers for longer than a lease by SIGSTOP, and cuts, stalls and
// half-closes the connections between all of them. At the end it holds what everybody was told against the books and
// the simulated provider's machines, and looks for an order of everything that happened to each wallet in which all of
// it is true (linearizability). The last line of each engine counts; the exit code is 1 when anything was lost, doubled
// or told wrongly, and when too little happened for a proof.
//
//	plan.go      what is done when, by the seed
//	trial.go     one run on one engine
//	database.go  SQLite or a PostgreSQL that may be killed
//	shop.go      berth: its commands, settings, customers
//	replica.go   a server that is killed, stopped, and started again
//	weather.go   the faults of the network
//	traffic.go   the clients
//	witness.go   what everybody was told, as operations on wallets
//	history.go   whether a wallet's history is linearizable
//	verdict.go   what came of it all
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/berth-host/berth/internal/process"
)

// limit bounds the check of one wallet's history. The default run's take seconds.
const limit = 2 * time.Minute

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are what the command line says.
type options struct {
	program string
	engines []engine
	kills   int
	seed    uint64
	keep    bool
}

// run is main with its surroundings as arguments; it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var lines strings.Builder // once more at the end
	code := 0
	for _, e := range o.engines {
		if ctx.Err() != nil {
			return 1
		}
		good, err := one(ctx, e, o, stdout, &lines, stderr)
		if err != nil {
			fmt.Fprintf(stderr, "torture: %s: %v\n", e, err)
		}
		if err != nil || !good {
			code = 1
			fmt.Fprintf(stderr, "torture: this again: TORTUREFLAGS='-seed %d -engines %s -kills %d'\n", o.seed, e, o.killsOn(e))
		}
	}
	fmt.Fprint(stdout, lines.String())
	return code
}

// parse reads the command line; what is wrong with it has been said.
func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("torture", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.program, "berth", "bin/berth", "the program to test")
	flags.IntVar(&o.kills, "kills", 0, "SIGKILLs on each engine; 90 on SQLite and 130 on PostgreSQL when 0")
	engines := flags.String("engines", "sqlite,postgres", "the engines to test")
	flags.Uint64Var(&o.seed, "seed", 0, "does what a run with this seed has done; by chance when 0")
	flags.BoolVar(&o.keep, "keep", false, "keep the folder with logs and histories")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for name := range strings.SplitSeq(*engines, ",") {
		e := engine(strings.TrimSpace(name))
		if e != sqlite && e != postgres {
			err = errors.Join(err, fmt.Errorf("-engines: %q is neither sqlite nor postgres", name))
		}
		o.engines = append(o.engines, e)
	}
	if o.kills < 0 {
		err = errors.Join(err, errors.New("-kills: a number of 1 or more"))
	}
	if err != nil {
		fmt.Fprintln(stderr, "torture:", err)
	}
	for o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000_000) // #nosec G404 -- short, because people have to copy it
	}
	return o, err
}

// killsOn is how often to kill on an engine.
func (o options) killsOn(e engine) int {
	switch {
	case o.kills > 0:
		return o.kills
	case e == sqlite:
		return 90
	}
	return 130
}

// one is the run on one engine. Its line goes to lines.
func one(ctx context.Context, e engine, o options, stdout, lines, stderr io.Writer) (good bool, err error) {
	kills := o.killsOn(e)
	// When a wait of its own bounds is endless after all, this one isn't.
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute+time.Duration(kills)*5*time.Second)
	defer cancel()
	site, err := process.Open(process.Options{Prefix: "berth-torture-", Keep: o.keep})
	if err != nil {
		return false, err
	}
	t := &trial{engine: e, program: o.program, kills: kills, seed: o.seed, limit: limit, out: stdout, site: site}
	v, err := t.play(ctx)
	if ctx.Err() != nil {
		err = fmt.Errorf("stopped: %w", context.Cause(ctx))
	}
	if good = err == nil && v.good(); err == nil {
		v.print(lines, e, t.faults)
	}
	if !good && !errors.Is(ctx.Err(), context.Canceled) { // who interrupts a run wants to see no logs
		site.ShowLogs(stderr)
	}
	if o.keep {
		fmt.Fprintln(stderr, "torture: logs and histories are in", site.Dir)
	}
	return good, errors.Join(err, site.Close())
}
