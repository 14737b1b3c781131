package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berth-host/berth/internal/pgtest"
)

// cluster is the PostgreSQL that pgbench and Berth are measured on.
type cluster struct {
	admin    string         // URL of its maintenance database
	own      *pgtest.Server // nil for a cluster that somebody else runs
	pgbench  string         // path of the program
	versions string
	main     int      // process number of the postmaster; 0 when the cluster isn't on this machine
	names    []string // databases made here
}

// openCluster finds or starts a cluster, and refuses one that doesn't wait for its disk: its figures would say nothing.
func openCluster(ctx context.Context) (*cluster, error) {
	c := &cluster{admin: os.Getenv(pgtest.Variable)}
	bin, err := pgtest.BinDir()
	if err != nil {
		return nil, err
	}
	c.pgbench = filepath.Join(bin, "pgbench")
	if c.admin == "" {
		if c.own, err = pgtest.Launch(pgtest.Options{}); err != nil {
			return nil, err
		}
		c.admin = c.own.DSN()
	}
	if err := c.check(ctx); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *cluster) check(ctx context.Context) error {
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		value, err := c.ask(ctx, "SHOW "+setting)
		if err != nil {
			return err
		}
		if value != "on" {
			return fmt.Errorf("%s of the cluster is %s: what isn't durable isn't measured", setting, value)
		}
	}
	var err error
	if c.versions, err = c.ask(ctx, "SHOW server_version"); err != nil {
		return err
	}
	backend, err := c.ask(ctx, "SELECT pg_backend_pid()::text")
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(backend)
	c.main = parentOf(pid)
	return err
}

func (c *cluster) ask(ctx context.Context, question string) (answer string, err error) {
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	return answer, conn.QueryRow(ctx, question).Scan(&answer)
}

// database makes an empty database and returns its URL.
func (c *cluster) database(ctx context.Context) (string, error) {
	u, err := url.Parse(c.admin)
	if err != nil {
		return "", errors.New(pgtest.Variable + " must be a URL such as postgres://user:password@127.0.0.1:5432/postgres")
	}
	var random [6]byte
	rand.Read(random[:])
	name := "berth_bench_" + hex.EncodeToString(random[:])
	if err := c.execute(ctx, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		return "", err
	}
	c.names = append(c.names, name)
	u.Path = "/" + name
	return u.String(), nil
}

// execute runs one statement that can't be part of a transaction, on a connection of its own.
func (c *cluster) execute(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// close removes what was made.
func (c *cluster) close() error {
	if c.own != nil {
		return c.own.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var errs []error
	for _, name := range c.names {
		errs = append(errs, c.execute(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"))
	}
	return errors.Join(errs...)
}

// result is one measurement: orders, or pgbench's transactions.
type result struct {
	rate     float64 // a second
	p50, p99 float64 // milliseconds
	own, db  float64 // microseconds of processor time an order: the server's, and PostgreSQL's
}

// fill makes pgbench's tables.
func (c *cluster) fill(ctx context.Context, db string, scale int) error {
	cmd := exec.CommandContext(ctx, c.pgbench, "-i", "-q", "-s", strconv.Itoa(scale), db) // #nosec G204 -- PostgreSQL's own program
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgbench -i: %w\n%s", err, out)
	}
	return nil
}

// tpcb runs pgbench's TPC-B: prepared, with as many clients. Its log gives the percentiles.
func (c *cluster) tpcb(ctx context.Context, db, dir string, clients int, period time.Duration) (r result, err error) {
	logs := filepath.Join(dir, "pgbench")
	threads := min(clients, 2)
	// #nosec G204 -- PostgreSQL's own program
	cmd := exec.CommandContext(ctx, c.pgbench, "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(threads),
		"-T", strconv.Itoa(int(max(1, (period+time.Second/2)/time.Second))), "-l", "--log-prefix="+logs, db)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return r, fmt.Errorf("pgbench: %w\n%s", err, out)
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
