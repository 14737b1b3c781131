package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fill makes pgbench's tables.
func (c *cluster) fill(ctx context.Context, db string, scale int) error {
	cmd := exec.CommandContext(ctx, c.pgbench, "-i", "-q", "-s", strconv.Itoa(scale), db) // #nosec G204 -- PostgreSQL's own program
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgbench -i: %w\n%s", err, out)
	}
	return nil
}

// errStalled means that the machine was so busy with other things that no transaction came to its end.
var errStalled = errors.New("pgbench has done no transaction")

// tpcb runs pgbench's TPC-B: prepared, with as many clients. On a machine that stalls it tries a few times, each longer
// than the one before: a machine that runs other tests may do nothing for seconds.
func (c *cluster) tpcb(ctx context.Context, db, dir string, clients int, period time.Duration) (r result, err error) {
	for try := range 4 {
		if r, err = c.tpcbOnce(ctx, db, dir, clients, period*time.Duration(1+4*try)); !errors.Is(err, errStalled) {
			break
		}
	}
	return r, err
}

// tpcbOnce takes the rate from what pgbench prints, and the percentiles from its log.
func (c *cluster) tpcbOnce(ctx context.Context, db, dir string, clients int, period time.Duration) (r result, err error) {
	logs := filepath.Join(dir, "pgbench")
	threads := min(clients, 2)
	// #nosec G204 -- PostgreSQL's own program
	cmd := exec.CommandContext(ctx, c.pgbench, "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(threads),
		"-T", strconv.Itoa(int(max(1, (period+time.Second/2)/time.Second))), "-l", "--log-prefix="+logs, db)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return r, fmt.Errorf("pgbench: %w\n%s", err, out)
	}
	if strings.Contains(string(out), "processed: 0\n") {
		return r, errStalled
	}
	_, text, _ := strings.Cut(string(out), "tps = ")
	text, _, _ = strings.Cut(text, " ")
	if r.rate, err = strconv.ParseFloat(text, 64); err != nil {
		return r, fmt.Errorf("pgbench doesn't say its rate:\n%s", out)
	}
	r.p50, r.p99, err = pgbenchTimes(logs)
	return r, err
}

// pgbenchTimes reads pgbench's logs, whose third column is a transaction's time in microseconds, and removes them.
func pgbenchTimes(prefix string) (p50, p99 float64, err error) {
	paths, err := filepath.Glob(prefix + ".*")
	if err != nil || len(paths) == 0 {
		return 0, 0, errors.New("pgbench has written no log")
	}
	var times []float64
	for _, path := range paths {
		f, err := os.Open(path) // #nosec G304 -- pgbench wrote it just now
		if err != nil {
			return 0, 0, err
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			columns := strings.Fields(lines.Text())
			if len(columns) < 3 {
				continue
			}
			if t, err := strconv.ParseFloat(columns[2], 64); err == nil { // "failed" stands there for those that did
				times = append(times, t/1000)
			}
		}
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			return 0, 0, err
		}
	}
	if len(times) == 0 {
		return 0, 0, errors.New("pgbench's log is empty")
	}
	slices.Sort(times)
	return times[len(times)/2], times[len(times)*99/100], nil
}
