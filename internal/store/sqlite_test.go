package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// newSQLite makes a migrated file and opens it.
func newSQLite(t *testing.T) *sqlite {
	t.Helper()
	path := filepath.Join(t.TempDir(), "berth.db")
	if _, _, err := migrate(t.Context(), "sqlite:"+path); err != nil {
		t.Fatal(err)
	}
	return openEngine(t, openSQLite, path, Options{}).(*sqlite)
}

func TestSQLiteFile(t *testing.T) {
	ctx := t.Context()
	// Characters that mean something in a URI must not lead to another file.
	path := filepath.Join(t.TempDir(), "a b?c#d%41&e.db")
	if _, err := openSQLite(ctx, path, Options{}.complete()); err == nil || !strings.Contains(err.Error(), "berth migrate") {
		t.Errorf("open a missing file: got %v, want an advice to migrate", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("opening made the file")
	}
	if _, _, err := migrate(ctx, "sqlite:"+path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode of the file: got %o, want 600", got)
	}
	e, err := openSQLite(ctx, path, Options{}.complete())
	if err != nil {
		t.Fatal(err)
	}
	write(t, e, &berth.Changes{Batch: "1"})
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		t.Errorf("the log holds %d bytes after the close, want none", info.Size())
	}
	if _, _, _, err := e.begin(ctx, berth.Need{}); err == nil {
		t.Error("begin after the close: got no error")
	}
	if err := e.close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

// TestSQLitePragmas opens connections that lack a setting, as if the driver had ignored it.
func TestSQLitePragmas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	whole := sqliteDSN(path)
	conn, err := openSQLiteConn(whole)
	if err != nil {
		t.Fatalf("all settings: %v", err)
	}
	conn.Close()
	for _, c := range []struct{ take, give, want string }{
		{"_pragma=synchronous%28FULL%29", "_pragma=synchronous%28NORMAL%29", "synchronous"},
		{"_pragma=foreign_keys%281%29", "", "foreign_keys"},
		{"_pragma=busy_timeout%288000%29", "", "busy_timeout"},
		{"_pragma=journal_mode%28WAL%29", "_pragma=journal_mode%28DELETE%29", "journal_mode"},
	} {
		dsn := strings.Replace(whole, c.take, c.give, 1)
		if dsn == whole {
			t.Fatalf("%s isn't in %s", c.take, whole)
		}
		conn, err := openSQLiteConn(dsn)
		if err == nil {
			conn.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %q: got %v, want a refusal that names %s", c.give, err, c.want)
		}
	}
}

// TestServeOnce opens one file for serving twice; a command beside the server may open it and write.
func TestServeOnce(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "berth.db")
	if _, _, err := migrate(ctx, "sqlite:"+path); err != nil {
		t.Fatal(err)
	}
	serve := Options{Serve: true}.complete()
	first, err := openSQLite(ctx, path, serve)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openSQLite(ctx, path, serve); err == nil || !strings.Contains(err.Error(), "serves "+path+" already") {
		t.Errorf("the second: got %v, want a refusal", err)
	}
	command := openEngine(t, openSQLite, path, Options{})
	write(t, command, &berth.Changes{Batch: "command"})
	write(t, first, &berth.Changes{Batch: "server"})
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	again, err := openSQLite(ctx, path, serve)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := again.close(); err != nil {
		t.Error(err)
	}
}

// TestSQLiteTurn waits for the turn no longer than the context allows.
func TestSQLiteTurn(t *testing.T) {
	e := newSQLite(t)
	tx, _, _, err := e.begin(t.Context(), berth.Need{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, _, err := e.begin(ctx, berth.Need{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context ended", err)
	}
	if _, err := e.resolve(ctx, "x", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("resolve: got %v, want that the context ended", err)
	}
	tx.rollback()
	write(t, e, &berth.Changes{Batch: "1"})
}

// TestSQLiteLostCommit breaks the connection under a transaction, so that COMMIT fails: the fate is unknown until
// it's resolved, and the engine goes on with a new connection.
func TestSQLiteLostCommit(t *testing.T) {
	e := newSQLite(t)
	tx, _, _, err := e.begin(t.Context(), berth.Need{})
	if err != nil {
		t.Fatal(err)
	}
	// The transaction ends behind the engine's back; its COMMIT has nothing to commit.
	e.writer.prepared[preparedKey{batches.insert, 0}], err = e.writer.prepare(sqlRollback, 0)
	if err != nil {
		t.Fatal(err)
	}
	err = tx.commit(t.Context(), &berth.Changes{Batch: "lost"})
	var f *failure
	if err == nil || errors.As(err, &f) {
		t.Fatalf("commit: got %v, want an error that isn't certain", err)
	}
	if committed, err := e.resolve(t.Context(), "lost", 1); committed || err != nil {
		t.Errorf("resolve: got %t %v, want that it was not committed", committed, err)
	}
	write(t, e, &berth.Changes{Batch: "next"})
}

// sweeping opens an engine whose log is swept from 100 pages on.
func sweeping(t *testing.T) *sqlite {
	e := newSQLite(t)
	if err := e.sweeper.close(); err != nil {
		t.Fatal(err)
	}
	var err error
	if e.sweeper, err = startSQLiteSweeper(e.path, e.turn, 100); err != nil {
		t.Fatal(err)
	}
	return e
}

// grow writes about 100 pages.
func grow(t *testing.T, e *sqlite, batch string) {
	row := berth.Meta{Name: batch, Value: strings.Repeat("x", 400_000)}
	write(t, e, &berth.Changes{Batch: batch, Meta: berth.Change[berth.Meta]{Insert: []berth.Meta{row}}})
}

func logPages(t *testing.T, e *sqlite) int64 {
	t.Helper()
	conn, err := openSQLiteConn(sqliteDSN(e.path))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	row, err := sqlitePragma(conn, "wal_checkpoint(NOOP)")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(row[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// TestSweep begins the log anew, except while somebody still reads what is only there.
func TestSweep(t *testing.T) {
	e := sweeping(t)
	close(e.sweeper.stop) // by hand, below
	<-e.sweeper.stopped
	e.sweeper.stop, e.sweeper.stopped = make(chan struct{}), make(chan struct{})
	close(e.sweeper.stopped)

	grow(t, e, "1")
	tx, err := e.db.BeginTx(t.Context(), e.dialect.snapshot)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var n int64
	if err := tx.QueryRow("SELECT count(*) FROM meta WHERE name <> 'chain'").Scan(&n); err != nil || n != 1 {
		t.Fatalf("the reader's snapshot: got %d %v, want 1 row", n, err)
	}
	grow(t, e, "2")
	if e.sweeper.sweep() {
		t.Error("sweep beside a reader: it says that it reached the end")
	}
	grow(t, e, "3")
	if got := logPages(t, e); got < 300 {
		t.Errorf("the log holds %d pages, want all of three writes: a reader needs the first", got)
	}
	if err := tx.QueryRow("SELECT count(*) FROM meta WHERE name <> 'chain'").Scan(&n); err != nil || n != 1 {
		t.Errorf("the reader's snapshot after the sweep: got %d %v, want 1 row", n, err)
	}
	tx.Rollback()
	if !e.sweeper.sweep() {
		t.Error("sweep without readers: it didn't reach the end")
	}
	grow(t, e, "4")
	if got := logPages(t, e); got > 200 {
		t.Errorf("the log holds %d pages after a sweep and one write: it didn't begin anew", got)
	}
}

// TestSweeper waits until the log has begun anew by itself, with commits going on.
func TestSweeper(t *testing.T) {
	e := sweeping(t)
	deadline := time.Now().Add(30 * time.Second)
	var most int64
	for i := 0; ; i++ {
		grow(t, e, fmt.Sprint(i))
		pages := logPages(t, e)
		if most > 200 && pages < most/2 {
			return
		}
		if most = max(most, pages); time.Now().After(deadline) {
			t.Fatalf("the log grew to %d pages and never began anew", most)
		}
	}
}
