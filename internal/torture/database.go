package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/berth-host/berth/internal/cutproxy"
	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/process"
)

// engine is a sort of database.
type engine string

// The engines under test.
const (
	sqlite   engine = "sqlite"
	postgres engine = "postgres"
)

// database is what the replicas work on.
type database struct {
	url     string         // the way that no proxy is on: for commands, and for looking at it
	cluster *pgtest.Server // nil for SQLite, which is no process of its own
}

// openDatabase makes an empty one; pgtest.ErrNoPrograms where there's no PostgreSQL.
func openDatabase(e engine, s *process.Site) (*database, error) {
	if e == sqlite {
		return &database{url: "sqlite:" + s.Path("berth.db")}, nil
	}
	cluster, err := pgtest.Launch(pgtest.Options{})
	if err != nil {
		return nil, err
	}
	dsn, err := cluster.MakeDatabase()
	if err != nil {
		return nil, errors.Join(err, cluster.Close())
	}
	return &database{url: dsn, cluster: cluster}, nil
}

// replicas is how many may work on it.
func (d *database) replicas() int {
	if d.cluster == nil {
		return 1
	}
	return 2
}

// through puts a proxy before the database and returns the URL through it. SQLite is a file, and has none.
func (d *database) through() (*cutproxy.Proxy, string, error) {
	if d.cluster == nil {
		return nil, d.url, nil
	}
	u, err := url.Parse(d.url)
	if err != nil {
		return nil, "", errors.New("the database's address is no URL") // not repeated: it holds a password
	}
	p, err := cutproxy.Open(net.JoinHostPort("127.0.0.1", strconv.Itoa(d.cluster.Port())))
	if err != nil {
		return nil, "", err
	}
	u.Host = p.Addr()
	return p, u.String(), nil
}

// crash ends the database with SIGKILL and starts it again when down is over.
func (d *database) crash(ctx context.Context, down func(context.Context)) error {
	if err := d.cluster.Kill(); err != nil {
		return err
	}
	down(ctx)
	if err := d.cluster.Restart(); err != nil {
		return fmt.Errorf("start PostgreSQL after SIGKILL: %w", err)
	}
	return nil
}

func (d *database) close() error {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Close()
}
