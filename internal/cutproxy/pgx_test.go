package cutproxy_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/berth-host/berth/internal/cutproxy"
	"github.com/berth-host/berth/internal/pgtest"
)

// What pgx does when the connection is cut after the server has executed a
// statement and before the answer arrives. The rules on writes (always in an
// explicit transaction; what an error says about repeating is not believed; an
// error at COMMIT is unknown) follow from these cases. The ones marked FAULT
// show why; when one of them fails after an upgrade the driver was mended, and
// the rules may be looked at again.
//
// Each case writes its own mark into a table, and the number of rows with that
// mark is what the database says happened.
var pgxCases = []struct {
	name string
	// write writes the mark through db or pool. Its error is what the
	// program would act upon.
	write func(ctx context.Context, through *clients, mark string) error
	// pattern is what the cut waits for; "" is the mark itself.
	pattern string
	// open: the write is in a transaction that isn't committed yet, so the
	// server has executed when its backend is idle inside it.
	open bool
	// simple: the simple query protocol, where a query without arguments is
	// one message; otherwise pgx prepares it first, which executes nothing.
	simple bool

	wantRows  int
	wantErr   bool
	wantClaim bool // the error claims that repeating is safe
}{
	{name: "FAULT: database/sql Exec without arguments, no transaction: runs twice and says nothing",
		write: func(ctx context.Context, c *clients, mark string) error {
			return discard(c.db.ExecContext(ctx, insert(mark)))
		},
		wantRows: 2},
	{name: "database/sql Exec with arguments, no transaction",
		write: func(ctx context.Context, c *clients, mark string) error {
			return discard(c.db.ExecContext(ctx, insertArg, mark))
		},
		wantRows: 1, wantErr: true},
	{name: "FAULT: database/sql Exec with arguments in the simple protocol, no transaction: runs twice too", simple: true,
		write: func(ctx context.Context, c *clients, mark string) error {
			return discard(c.db.ExecContext(ctx, insertArg, mark))
		},
		wantRows: 2},
	{name: "FAULT: database/sql RETURNING in the simple protocol, no transaction: runs twice too", simple: true,
		write: func(ctx context.Context, c *clients, mark string) error {
			return c.db.QueryRowContext(ctx, insert(mark)+returning).Scan(new(int64))
		},
		wantRows: 2},
	{name: "database/sql RETURNING with arguments, no transaction",
		write: func(ctx context.Context, c *clients, mark string) error {
			return c.db.QueryRowContext(ctx, insertArg+returning, mark).Scan(new(int64))
		},
		wantRows: 1, wantErr: true},
	{name: "database/sql Exec without arguments in a transaction: never repeated", open: true,
		write: func(ctx context.Context, c *clients, mark string) error {
			return inTx(ctx, c.db, func(tx *sql.Tx) error { return discard(tx.ExecContext(ctx, insert(mark))) })
		},
		wantRows: 0, wantErr: true},
	{name: "database/sql Exec with arguments in a transaction", open: true,
		write: func(ctx context.Context, c *clients, mark string) error {
			return inTx(ctx, c.db, func(tx *sql.Tx) error { return discard(tx.ExecContext(ctx, insertArg, mark)) })
		},
		wantRows: 0, wantErr: true},
	{name: "database/sql RETURNING in a transaction", open: true, simple: true,
		write: func(ctx context.Context, c *clients, mark string) error {
			return inTx(ctx, c.db, func(tx *sql.Tx) error {
				return tx.QueryRowContext(ctx, insert(mark)+returning).Scan(new(int64))
			})
		},
		wantRows: 0, wantErr: true},
	{name: "FAULT: database/sql COMMIT: committed, and the error claims that it never was sent", pattern: "commit",
		write: func(ctx context.Context, c *clients, mark string) error {
			return inTx(ctx, c.db, func(tx *sql.Tx) error { return discard(tx.ExecContext(ctx, insertArg, mark)) })
		},
		wantRows: 1, wantErr: true, wantClaim: true},
	{name: "FAULT: pgxpool Exec without arguments: the error claims that it never was sent",
		write: func(ctx context.Context, c *clients, mark string) error {
			return discard(c.pool.Exec(ctx, insert(mark)))
		},
		wantRows: 1, wantErr: true, wantClaim: true},
	{name: "pgxpool Exec with arguments",
		write: func(ctx context.Context, c *clients, mark string) error {
			return discard(c.pool.Exec(ctx, insertArg, mark))
		},
		wantRows: 1, wantErr: true},
	{name: "pgxpool RETURNING with arguments",
		write: func(ctx context.Context, c *clients, mark string) error {
			return c.pool.QueryRow(ctx, insertArg+returning, mark).Scan(new(int64))
		},
		wantRows: 1, wantErr: true},
	{name: "pgxpool Exec in a transaction", open: true,
		write: func(ctx context.Context, c *clients, mark string) error {
			return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error { return discard(tx.Exec(ctx, insertArg, mark)) })
		},
		wantRows: 0, wantErr: true},
	{name: "FAULT: pgxpool COMMIT: committed, and the error claims that it never was sent", pattern: "commit",
		write: func(ctx context.Context, c *clients, mark string) error {
			return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error { return discard(tx.Exec(ctx, insertArg, mark)) })
		},
		wantRows: 1, wantErr: true, wantClaim: true},
}

const (
	insertArg = "insert into marks (mark) values ($1)"
	returning = " returning id"
)

// insert is a write without arguments, the mark within its text.
func insert(mark string) string { return "insert into marks (mark) values ('" + mark + "')" }

// clients are the two ways in which a Go program talks to pgx.
type clients struct {
	db   *sql.DB
	pool *pgxpool.Pool
}

func TestCutAnswerOnPgx(t *testing.T) {
	direct := pgtest.Database(t)
	watch := connect(t, direct)
	if _, err := watch.Exec(t.Context(), "create table marks (id bigint generated always as identity primary key, mark text not null)"); err != nil {
		t.Fatal(err)
	}
	for i, c := range pgxCases {
		t.Run(c.name, func(t *testing.T) {
			proxy, through := cutproxy.Before(t, direct)
			if c.simple {
				through = with(t, through, "default_query_exec_mode", "simple_protocol")
			}
			ours := open(t, through)
			mark := "mark-" + string(rune('a'+i))
			pattern := c.pattern
			if pattern == "" {
				pattern = mark
			}
			cut := proxy.Arm(pattern, func(ctx context.Context) (bool, error) {
				return executed(ctx, watch, mark, c.open)
			})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			err := c.write(ctx, ours, mark)
			cut.Wait(t)

			if got := err != nil; got != c.wantErr {
				t.Errorf("got error %v, want one: %v", err, c.wantErr)
			}
			var claims interface{ SafeToRetry() bool }
			if got := errors.As(err, &claims) && claims.SafeToRetry(); got != c.wantClaim {
				t.Errorf("got %v for \"%v\" claiming that a repeat is safe, want %v", got, err, c.wantClaim)
			}
			if got := settled(t, direct, mark); got != c.wantRows {
				t.Errorf("got %d rows, want %d", got, c.wantRows)
			}
		})
	}
}

// executed tells by a connection of its own whether the server has done the
// write: its row is to be seen or, in an open transaction where nobody else can
// see it, its backend has written and waits for the next statement.
func executed(ctx context.Context, watch *pgx.Conn, mark string, open bool) (bool, error) {
	query, args := "select exists (select from marks where mark = $1)", []any{mark}
	if open {
		query, args = `select exists (select from pg_stat_activity
			where datname = current_database() and backend_xid is not null and state = 'idle in transaction')`, nil
	}
	var done bool
	err := watch.QueryRow(ctx, query, args...).Scan(&done)
	return done, err
}

// settled counts the rows of mark once no transaction can change it any more:
// the cut backend may still be rolling back.
func settled(t *testing.T, dsn, mark string) (rows int) {
	t.Helper()
	conn := connect(t, dsn)
	err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "lock table marks in exclusive mode"); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), "select count(*) from marks where mark = $1", mark).Scan(&rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// connect opens one connection that ends with the test.
func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// open opens both clients with a connection each, so that what is cut is a
// statement and not the connecting.
func open(t *testing.T, dsn string) *clients {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if err := errors.Join(db.PingContext(t.Context()), pool.Ping(t.Context())); err != nil {
		t.Fatal(err)
	}
	return &clients{db: db, pool: pool}
}

// with adds a parameter to a URL.
func with(t *testing.T, rawURL, name, value string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal("the database's address is no URL")
	}
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}

// inTx is what a write should look like.
func inTx(ctx context.Context, db *sql.DB, write func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := write(tx); err != nil {
		tx.Rollback() // on a connection that is gone; the first error is the one that matters
		return err
	}
	return tx.Commit()
}

// discard drops the result of an Exec.
func discard[T any](_ T, err error) error { return err }
