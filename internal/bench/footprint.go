package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// footprint is what an order leaves behind and asks for, measured at 64 clients on one wallet.
type footprint struct {
	disk   float64 // bytes by which tables and indexes grow
	log    float64 // bytes written to PostgreSQL's log; on SQLite all that the server writes
	trips  float64 // round trips to the database, by a relay in between; 0 on SQLite
	wire   float64 // bytes to and from the database
	tables []tableSize
}

// tableSize is a table's part of disk, with its indexes.
type tableSize struct {
	name  string
	bytes float64
}

// footprint measures one engine, on a database of its own.
func (b *bench) footprint(ctx context.Context, engine string) (f footprint, err error) {
	s, err := b.open(ctx, engine, "footprint")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.stop(ctx)) }()
	// The disk is looked at while the server is stopped: what SQLite's log alone holds is in the file then.
	if err := s.stop(ctx); err != nil {
		return f, err
	}
	diskBefore, err := s.disk(ctx)
	if err != nil {
		return f, err
	}
	if err := s.start(ctx); err != nil {
		return f, err
	}
	logBefore, err := s.log(ctx)
	if err != nil {
		return f, err
	}
	t := traffic{clients: busyClients, wallets: 1, period: b.period}
	m, err := s.measure(ctx, t)
	if err != nil {
		return f, err
	}
	logAfter, logErr := s.log(ctx)
	stopErr := s.stop(ctx)
	diskAfter, diskErr := s.disk(ctx)
	if err := errors.Join(logErr, stopErr, diskErr); err != nil {
		return f, err
	}
	made := max(m.orders, 1)
	f.disk, f.log = (diskAfter-diskBefore)/made, (logAfter-logBefore)/made
	if engine == sqlite {
		return f, nil
	}
	if f.tables, err = s.tables(ctx, made); err != nil {
		return f, err
	}
	f.trips, f.wire, err = s.relayed(ctx, t)
	return f, err
}

// relayed counts the round trips of a shop's server, which is stopped, by running it behind a relay. What the server asks for itself,
// for its leases and its readiness, is among them.
func (s *shop) relayed(ctx context.Context, t traffic) (trips, wire float64, err error) {
	direct := s.db
	r, through, err := openRelay(direct)
	if err != nil {
		return 0, 0, err
	}
	s.db = through
	if err = s.start(ctx); err == nil {
		var m result
		n, carried := r.trips.Load(), r.bytes.Load()
		if m, err = s.measure(ctx, t); err == nil {
			trips, wire = float64(r.trips.Load()-n)/max(m.orders, 1), float64(r.bytes.Load()-carried)/max(m.orders, 1)
		}
		err = errors.Join(err, s.stop(ctx))
	}
	s.db = direct
	return trips, wire, errors.Join(err, r.close())
}

// query asks a PostgreSQL shop's database.
func (s *shop) query(ctx context.Context, text string, places ...any) error {
	conn, err := pgx.Connect(ctx, s.db)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return conn.QueryRow(ctx, text).Scan(places...)
}

// disk is the size of a shop's database in bytes.
func (s *shop) disk(ctx context.Context) (size float64, err error) {
	path, ok := strings.CutPrefix(s.db, "sqlite:")
	if !ok {
		return size, s.query(ctx, "SELECT pg_database_size(current_database())::float8", &size)
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return float64(info.Size()), nil
}

// log is how many bytes were written so far: to PostgreSQL's log, which other databases of the cluster share, or by
// the server that runs on SQLite.
func (s *shop) log(ctx context.Context) (written float64, err error) {
	if strings.HasPrefix(s.db, "sqlite:") {
		return writtenBy(s.server.Process.Pid), nil
	}
	return written, s.query(ctx, "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8", &written)
}

// writtenBy is what a process has sent to disks, in bytes.
func writtenBy(pid int) float64 {
	n, _ := strconv.ParseFloat(field(filepath.Join("/proc", strconv.Itoa(pid), "io"), "write_bytes"), 64)
	return n
}

// tables are the largest ones, each with what it takes of an order.
func (s *shop) tables(ctx context.Context, orders float64) ([]tableSize, error) {
	conn, err := pgx.Connect(ctx, s.db)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT relname, pg_total_relation_size(oid)::float8 FROM pg_class"+
		" WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT 6")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t tableSize, err error) {
		err = row.Scan(&t.name, &t.bytes)
		t.bytes /= max(orders, 1)
		return t, err
	})
}
