package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
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
// settings are for a cluster that is started here.
func openCluster(ctx context.Context, settings map[string]string) (*cluster, error) {
	c := &cluster{admin: os.Getenv(pgtest.Variable)}
	bin, err := pgtest.BinDir()
	if err != nil {
		return nil, err
	}
	c.pgbench = filepath.Join(bin, "pgbench")
	if c.admin == "" {
		if c.own, err = pgtest.Launch(pgtest.Options{Settings: settings}); err != nil {
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

// drop removes a database that was made here, before the end.
func (c *cluster) drop(ctx context.Context, database string) error {
	u, err := url.Parse(database)
	if err != nil {
		return errors.New("the database's URL can't be read")
	}
	name := strings.TrimPrefix(u.Path, "/")
	at := slices.Index(c.names, name)
	if at < 0 {
		return fmt.Errorf("the database %s wasn't made here", name)
	}
	c.names = slices.Delete(c.names, at, at+1)
	return c.execute(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
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
