package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/settings"
	"github.com/berth-host/berth/internal/store"
)

// office is an open database with a desk over it, for an operator's command: no worker, no provider, no secret key.
type office struct {
	settings settings.Settings
	store    *store.Store
	desk     *berth.Desk
}

// open opens the database of a command. It never migrates: a schema that isn't this program's is refused.
func (f *databaseFlags) open(s *session) (*office, error) {
	loaded, err := f.settings(s)
	if err != nil {
		return nil, err
	}
	if err := exists(loaded.DB); err != nil {
		return nil, err
	}
	db, err := store.Open(s.ctx, loaded.DB, store.Options{Log: slog.New(slog.NewTextHandler(s.err, nil))})
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", settings.MaskURL(loaded.DB), err)
	}
	desk := berth.NewDesk(berth.Desk{Store: unmoved{db}, Policy: loaded.Policy(), Replica: "command", Now: wallClock,
		Edges: edgeNumbers(&loaded)})
	return &office{settings: loaded, store: db, desk: desk}, nil
}

// close closes the database. What a command wrote is durable already, so there's nothing to fail.
func (o *office) close() { _ = o.store.Close() }

// do opens the database for one step of work.
func (f *databaseFlags) do(s *session, step func(ctx context.Context, o *office) error) error {
	o, err := f.open(s)
	if err != nil {
		return err
	}
	defer o.close()
	return step(s.ctx, o)
}

// sqlitePath is the file of an SQLite database, "" for another engine.
func sqlitePath(db string) string {
	path, _ := strings.CutPrefix(db, "sqlite:")
	if path == db {
		return ""
	}
	return path
}

// inMemory reports whether a database lives in the process alone: for trying out, nothing is ever written to a disk.
func inMemory(db string) bool { return strings.HasPrefix(db, "memory:") }

// exists refuses an SQLite file that isn't there: a command in the wrong folder would make an empty database.
func exists(db string) error {
	path := sqlitePath(db)
	if path == "" {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s: name it with --db, or make it with 'berth migrate'", path)
	}
	return nil
}

// wallClock is the machine's clock in microseconds UTC.
func wallClock() int64 { return time.Now().UnixMicro() }
