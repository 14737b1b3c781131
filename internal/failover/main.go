// Command failover proves that Berth on a replicated PostgreSQL loses no order:
//
//	failover -berth bin/berth -deploy deploy
//
// It starts three machines' worth of PostgreSQL, Patroni and etcd on ports of their own on 127.0.0.1, with the settings
// that deploy/patroni ships, two `berth serve` on them, and clients that order without a pause. Then it does to the
// cluster what happens to clusters (scenarios.go), and at the end holds what clients were told against the books and
// the simulated provider's machines (verdict.go). The last line counts; the exit code is 1 when anything was lost,
// doubled or not as it should be.
//
//	machine.go    etcd, Patroni and PostgreSQL of one machine: crash, freeze, thaw
//	cluster.go    the three as Patroni sees them
//	shop.go       berth: its commands, its two servers
//	traffic.go    the clients
//	scenarios.go  what is done, and what must come of it
//	verdict.go    what came of it all
//
// It needs Debian's patroni and etcd-server (scripts/failover-setup) and about four minutes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/process"
)

// whole bounds the run: when a wait of its own bounds is endless after all, this one isn't.
const whole = 10 * time.Minute

// patience bounds every wait that has no better bound.
const patience = process.Patience

const loopback = "127.0.0.1"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments; it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("failover", flag.ContinueOnError)
	flags.SetOutput(stderr)
	program := flags.String("berth", "bin/berth", "the program to test")
	deploy := flags.String("deploy", "deploy", "folder with the settings to test, patroni/ in it")
	only := flags.String("only", "", "run only the scenario whose name begins so")
	keep := flags.Bool("keep", false, "keep the folder with all logs")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, whole)
	defer cancel()

	s, err := process.Open(process.Options{Prefix: "berth-failover-", Keep: *keep, Unprivileged: true})
	if err != nil {
		fmt.Fprintln(stderr, "failover:", err)
		return 1
	}
	t := &trial{site: s, out: stdout, began: time.Now(), only: *only}
	err = t.play(ctx, *program, *deploy)
	if ctx.Err() != nil {
		err = fmt.Errorf("stopped: %w", context.Cause(ctx))
	}
	if err != nil {
		fmt.Fprintln(stderr, "failover:", err)
	}
	good := err == nil && t.verdict.good()
	if !good && !errors.Is(ctx.Err(), context.Canceled) { // who interrupts a run wants to see no logs
		s.ShowLogs(stderr)
	}
	if closing := s.Close(); closing != nil {
		fmt.Fprintln(stderr, "failover:", closing)
	}
	if *keep {
		fmt.Fprintln(stderr, "failover: the logs are in", s.Dir)
	}
	if !good {
		return 1
	}
	return 0
}

// trial is one run.
type trial struct {
	site    *process.Site
	out     io.Writer
	began   time.Time
	only    string
	cluster *cluster
	shop    *shop
	traffic *traffic
	probed  []load.Acknowledged // what the probes were told
	verdict verdict
}

// say prints a line of the course of things.
func (t *trial) say(format string, args ...any) {
	fmt.Fprintf(t.out, "%6.1fs  %s\n", time.Since(t.began).Seconds(), fmt.Sprintf(format, args...))
}

// play is the whole run, from the first process to the verdict.
func (t *trial) play(ctx context.Context, program, deploy string) error {
	var err error
	if t.cluster, err = newCluster(t.site, filepath.Join(deploy, "patroni")); err != nil {
		return err
	}
	t.say("three machines: etcd, Patroni and PostgreSQL each")
	if err := t.cluster.start(ctx); err != nil {
		return err
	}
	if t.shop, err = openShop(ctx, t.site, t.cluster, program, filepath.Join(deploy, "catalogue.example.yaml")); err != nil {
		return err
	}
	if err := t.shop.serve(ctx); err != nil {
		return err
	}
	t.say("two berths serve: %s", t.shop.addresses())
	if t.traffic, err = startTraffic(ctx, t.site, t.shop); err != nil {
		return err
	}
	if err := t.scenarios(ctx); err != nil {
		if ctx.Err() != nil {
			return err
		}
		// What was acknowledged until then is to be looked for all the more.
		t.verdict.blame("%v", err)
	}
	acknowledged, report, err := t.traffic.stop()
	if err != nil {
		return err
	}
	acknowledged = append(acknowledged, t.probed...)
	t.say("clients stopped: %d orders acknowledged, %d requests repeated, %d failed", len(acknowledged), report.Repeats, report.Failed)
	err = t.judge(ctx, acknowledged, report)
	t.verdict.print(t.out)
	return err
}
