package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/pgtest"
)

// newPostgres makes a migrated database and opens it.
func newPostgres(t *testing.T) (*postgres, *pgx.Conn) {
	t.Helper()
	return openedPostgres(t, pgtest.Database(t), Options{})
}

func openedPostgres(t *testing.T, url string, o Options) (*postgres, *pgx.Conn) {
	t.Helper()
	if _, _, err := migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return openEngine(t, openPostgres, url, o).(*postgres), rawConn(t, url)
}

// rawConn is somebody else's connection to the database.
func rawConn(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func mustExec(t testing.TB, c *pgx.Conn, text string, args ...any) {
	t.Helper()
	if _, err := c.Exec(context.Background(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// until waits for a condition that the database tells.
func until(t testing.TB, c *pgx.Conn, text string, args ...any) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		var ok bool
		if err := c.QueryRow(context.Background(), text, args...).Scan(&ok); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if ok {
			return
		}
	}
	t.Fatalf("never true: %s", text)
}

func oneMeta(batch, name string) *berth.Changes {
	return &berth.Changes{Batch: batch, Meta: berth.Change[berth.Meta]{Insert: []berth.Meta{{Name: name, Value: "x"}}}}
}

func wantFailure(t *testing.T, err error, code string, again bool) {
	t.Helper()
	var f *failure
	var pg *pgconn.PgError
	if !errors.As(err, &f) || f.again != again || !errors.As(err, &pg) || pg.Code != code {
		t.Errorf("got %v, want a certain failure with %s and again %t", err, code, again)
	}
}

// TestWriterSettings reads back what a writing connection has told the server, and looks at the plan of the lookup
// of idempotency keys on an empty table.
func TestWriterSettings(t *testing.T) {
	e, _ := newPostgres(t)
	w, err := e.writers.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.writers.put(w)
	show := func(text string) string {
		results, err := w.conn.Exec(t.Context(), text).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, row := range results[0].Rows {
			lines = append(lines, string(row[0]))
		}
		return strings.Join(lines, "\n")
	}
	for _, settings := range []map[string]string{pgSettings, pgPlanning} {
		for name, want := range settings {
			if got := show("SHOW " + name); got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
		}
	}
	for _, name := range []string{"idempotency_keys", "orders", "wallets"} {
		if plan := show("EXPLAIN EXECUTE load_" + name + " (ARRAY['a', 'b'])"); !strings.Contains(plan, "Index Scan using "+name) {
			t.Errorf("the plan of a lookup in %s has no index:\n%s", name, plan)
		}
	}
}

// TestCatalogueWaits applies a catalogue while a batch of another process that goes by the old one is open: it comes after
// that batch, so that what the batch sold is counted.
func TestCatalogueWaits(t *testing.T) {
	e, other := newPostgres(t)
	s := over(e, Options{Lanes: 2}.complete())
	loaded, release := make(chan struct{}), make(chan struct{})
	sold, applied := make(chan error, 1), make(chan error, 1)
	go func() {
		sold <- s.Write(context.Background(), berth.Need{Catalogue: true, Wallets: []string{"u"}}, func(b *berth.Book) error {
			close(loaded)
			<-release
			b.PutMeta("sold", "by the old version")
			return nil
		})
	}()
	<-loaded
	go func() {
		applied <- s.Write(context.Background(), berth.Need{Catalogue: true}, func(b *berth.Book) error {
			_, err := b.ApplyCatalogue(berth.Catalogue{Currency: "EUR"})
			return err
		})
	}()
	for waiting := false; !waiting; {
		row := other.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND NOT granted)")
		if err := row.Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-applied:
			t.Fatalf("the new version came before the batch that goes by the old one: %v", err)
		default:
		}
	}
	close(release)
	if err := errors.Join(<-sold, <-applied); err != nil {
		t.Error(err)
	}
	if c, err := s.Catalogue(t.Context()); err != nil || c.Version != 1 {
		t.Errorf("got %v %v, want version 1", c, err)
	}
}

// TestLockTimeouts meets a lock that somebody holds: while loading, while writing, and while resolving.
func TestLockTimeouts(t *testing.T) {
	e, other := newPostgres(t)
	write(t, e, &berth.Changes{Batch: "1", Wallets: berth.Change[berth.Wallet]{Insert: []berth.Wallet{{UserID: "u"}}}})
	mustExec(t, other, "BEGIN")
	mustExec(t, other, "SELECT * FROM wallets WHERE user_id = 'u' FOR UPDATE")
	mustExec(t, other, "INSERT INTO meta (name, value) VALUES ('taken', '')")
	mustExec(t, other, "INSERT INTO batches (id, at, void, look_at) VALUES ('open', 0, 0, 0)")

	// All three wait at once: each for three seconds.
	loading, writing, resolving := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() {
		tx, _, _, err := e.begin(context.Background(), berth.Need{Wallets: []string{"u"}})
		if err == nil {
			tx.rollback()
		}
		loading <- err
	}()
	go func() { writing <- tryWrite(e, oneMeta("2", "taken")) }()
	go func() {
		_, err := e.resolve(context.Background(), "open", 0)
		resolving <- err
	}()
	var pg *pgconn.PgError
	if err := <-loading; !errors.As(err, &pg) || pg.Code != "55P03" {
		t.Errorf("load: got %v, want a lock time-out", err)
	}
	wantFailure(t, <-writing, "55P03", true)
	if err := <-resolving; err == nil {
		t.Error("resolve while the commit is open: got an answer, want an error")
	}
	mustExec(t, other, "COMMIT")
	if committed, err := e.resolve(t.Context(), "open", 0); !committed || err != nil {
		t.Errorf("resolve afterwards: got %t %v, want that it was committed", committed, err)
	}
	rows, _ := read(t, e, berth.Need{Wallets: []string{"u"}})
	if len(rows.Wallets) != 1 {
		t.Errorf("load afterwards: got %+v, want the wallet", rows.Wallets)
	}
	wantFailure(t, tryWrite(e, oneMeta("3", "taken")), "23505", true)
}

// TestDeadlock lets the engine find a deadlock: it locks in its order, somebody else in another.
func TestDeadlock(t *testing.T) {
	e, other := newPostgres(t)
	write(t, e, &berth.Changes{Batch: "1", Wallets: berth.Change[berth.Wallet]{Insert: []berth.Wallet{{UserID: "a"}, {UserID: "b"}}}})
	mustExec(t, other, "SET deadlock_timeout = '60s'") // so that it's the engine who finds it
	mustExec(t, other, "BEGIN")
	mustExec(t, other, "SELECT * FROM wallets WHERE user_id = 'b' FOR UPDATE")
	tx, _, _, err := e.begin(t.Context(), berth.Need{Wallets: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := other.Exec(context.Background(), "SELECT * FROM wallets WHERE user_id = 'a' FOR UPDATE")
		waiting <- err
	}()
	until(t, rawConn(t, other.Config().ConnString()), "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'", int64(other.PgConn().PID()))
	err = tx.commit(t.Context(), &berth.Changes{Batch: "2", Wallets: berth.Change[berth.Wallet]{Update: []berth.Wallet{{UserID: "b", Balance: 1}}}})
	wantFailure(t, err, "40P01", true)
	if err := <-waiting; err != nil {
		t.Errorf("the other side: %v", err)
	}
	mustExec(t, other, "ROLLBACK")
	write(t, e, &berth.Changes{Batch: "3"})
}

// TestLostConnections ends the engine's connections at every stage.
func TestLostConnections(t *testing.T) {
	e, other := newPostgres(t)
	ctx, some := t.Context(), berth.Need{Meta: []string{"a"}} // a transaction that loads nothing begins with its commit
	write(t, e, oneMeta("1", "a"))
	end := func() {
		mustExec(t, other, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'berth' AND datname = current_database() AND pid <> pg_backend_pid()")
	}
	end()
	if _, _, _, err := e.begin(ctx, some); err == nil {
		t.Error("begin on a dead connection: got no error")
	}
	tx, _, _, err := e.begin(ctx, some)
	if err != nil {
		t.Fatalf("begin once more: %v", err)
	}
	end()
	// The server said that it ends the connection, before it read anything of this; if that doesn't arrive the fate
	// is unknown. Either way nothing may be there.
	if err := tx.commit(ctx, oneMeta("2", "b")); err == nil {
		t.Error("commit on a dead connection: got no error")
	}
	if committed, err := e.resolve(ctx, "2", 0); committed || err != nil {
		t.Errorf("resolve: got %t %v, want that it was not committed", committed, err)
	}
	tx, _, _, err = e.begin(ctx, some)
	if err != nil {
		t.Fatal(err)
	}
	end()
	tx.rollback()
	write(t, e, oneMeta("3", "c"))
	for name, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if _, ok, err := e.Meta(ctx, name); ok != want || err != nil {
			t.Errorf("%s: got %t %v, want %t", name, ok, err, want)
		}
	}
}

// TestStandbyGone commits while the synchronous standby is away: the commit has no end, so its fate is unknown, and
// it must not be hurried along by cancelling it: it would count as committed without being on the standby.
func TestStandbyGone(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{})
	url := server.Database(t)
	e, other := openedPostgres(t, url, Options{Deadline: time.Second})
	patient := openEngine(t, openPostgres, url, Options{Deadline: 20 * time.Second})
	ctx := t.Context()
	write(t, e, oneMeta("before", "before"))
	write(t, patient, oneMeta("patient", "patient")) // so that it has a connection
	standby := func(name string) {
		mustExec(t, other, "ALTER SYSTEM SET synchronous_standby_names = '"+name+"'")
		mustExec(t, other, "SELECT pg_reload_conf()")
		until(t, other, "SELECT current_setting('synchronous_standby_names') = $1", name)
	}
	mustExec(t, other, "SET synchronous_commit = local") // for this test's own statements
	standby("gone")
	defer standby("") // or else a failed test would wait for ever for its commits
	untilHanging(t, other)
	started := time.Now()
	err := tryWrite(e, oneMeta("hanging", "hanging"))
	var f *failure
	if err == nil || errors.As(err, &f) {
		t.Fatalf("got %v, want an error that isn't certain", err)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("the commit ended after %s, want about one second", took)
	}
	const waits = "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database() AND query = 'COMMIT'"
	until(t, other, waits)
	if _, ok, err := e.Meta(ctx, "hanging"); ok || err != nil {
		t.Errorf("its row: got %t %v, want that it isn't seen yet", ok, err)
	}
	// A cancelled COMMIT would be over by now: the driver sends its cancel request when it closes the connection.
	// Resolving takes three seconds, until the lock that the COMMIT still holds times out.
	if committed, err := e.resolve(ctx, "hanging", 0); err == nil {
		t.Errorf("resolve: got %t, want an error as long as the commit waits", committed)
	}
	until(t, other, waits)
	cancelledCommit(t, e, patient, other)
	standby("")
	until(t, other, "SELECT count(*) = 1 FROM meta WHERE name = 'hanging'")
	if committed, err := e.resolve(ctx, "hanging", 0); !committed || err != nil {
		t.Errorf("resolve after the standby is back: got %t %v, want that it was committed", committed, err)
	}
	write(t, e, oneMeta("after", "after"))
}

// cancelledCommit has an administrator cancel a commit that waits for the standby. PostgreSQL then commits with a mere
// warning: the commit must not count, and nobody may be told what it wrote before the standby has it.
func cancelledCommit(t *testing.T, e, patient engine, other *pgx.Conn) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- tryWrite(patient, oneMeta("cancelled", "cancelled")) }()
	until(t, other, "SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database() AND query = 'COMMIT'")
	until(t, other, `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database()
		AND query = 'COMMIT' ORDER BY query_start DESC LIMIT 1`)
	err := <-done
	var f *failure
	if err == nil || errors.As(err, &f) {
		t.Errorf("a cancelled commit: got %v, want an error that isn't certain", err)
	}
	until(t, other, "SELECT count(*) = 1 FROM meta WHERE name = 'cancelled'") // it can be seen all the same
	reading, rows, _, err := e.begin(t.Context(), berth.Need{Meta: []string{"cancelled"}})
	if err != nil || len(rows.Meta) != 1 {
		t.Fatalf("reading it under a lock: got %v %v", rows.Meta, err)
	}
	if err := reading.release(); err == nil {
		t.Error("what a cancelled commit wrote was told before the standby has it")
	}
}

// untilHanging waits until commits wait for the standby: the server's processes read new settings one by one. The
// commit that waits first is over once the standby is back.
func untilHanging(t *testing.T, c *pgx.Conn) {
	t.Helper()
	probe := rawConn(t, c.Config().ConnString())
	for try := range 1000 {
		over := make(chan error, 1)
		go func() {
			_, err := probe.Exec(context.Background(), "INSERT INTO counters (name, value) VALUES ($1, 0)", fmt.Sprint("probe ", try))
			over <- err
		}()
		for len(over) == 0 {
			var hanging bool
			if err := c.QueryRow(context.Background(), "SELECT coalesce(wait_event = 'SyncRep', false) FROM pg_stat_activity WHERE pid = $1",
				int64(probe.PgConn().PID())).Scan(&hanging); err != nil {
				t.Fatal(err)
			}
			if hanging {
				t.Cleanup(func() {
					if err := <-over; err != nil {
						t.Errorf("the commit that waited first: %v", err)
					}
				})
				return
			}
		}
		if err := <-over; err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("commits don't wait for the standby")
}

// TestReadOnlyServer opens a server that takes no writes, as a demoted one is.
func TestReadOnlyServer(t *testing.T) {
	at := pgtest.Database(t)
	e, other := openedPostgres(t, at, Options{})
	write(t, e, oneMeta("1", "a"))
	mustExec(t, other, fmt.Sprintf("ALTER DATABASE %s SET default_transaction_read_only = on", other.Config().Database))
	if _, err := openPostgres(t.Context(), at, Options{}.complete()); err == nil || !strings.Contains(err.Error(), "read only") {
		t.Errorf("got %v, want a refusal", err)
	}
	write(t, e, oneMeta("2", "b")) // a connection from before goes on
}

// TestSeveralHosts opens a URL whose first host is down.
func TestSeveralHosts(t *testing.T) {
	at, err := url.Parse(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	at.Host = "127.0.0.1:1," + at.Host
	at.RawQuery += "&target_session_attrs=read-write&connect_timeout=2"
	e, _ := openedPostgres(t, at.String(), Options{})
	write(t, e, oneMeta("1", "a"))
	if _, ok, err := e.Meta(t.Context(), "a"); !ok || err != nil {
		t.Errorf("got %t %v, want what was written", ok, err)
	}
}

// TestMigratedMeanwhile writes over a connection that was made before its tables got new columns, as a later program's
// migration brings them: the server refuses rows of the old type, and the write goes through on a new connection.
func TestMigratedMeanwhile(t *testing.T) {
	e, other := newPostgres(t)
	s := over(e, Options{}.complete())
	put := func(value string) error {
		return s.Write(t.Context(), berth.Need{Meta: []string{"known"}}, func(b *berth.Book) error {
			b.PutMeta("known", value)
			return nil
		})
	}
	for i, value := range []string{"before", "after", "again"} {
		if err := put(value); err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		for _, table := range []string{"meta", "batches"} {
			mustExec(t, other, fmt.Sprintf("ALTER TABLE %s ADD COLUMN new_%d TEXT NOT NULL DEFAULT ''", table, i))
		}
	}
	if got, _, err := s.Meta(t.Context(), "known"); err != nil || got != "again" {
		t.Errorf("got %q, %v, want the last value", got, err)
	}

	tx, _, _, err := e.begin(t.Context(), berth.Need{})
	if err != nil {
		t.Fatal(err)
	}
	wantFailure(t, tx.commit(t.Context(), oneMeta("b", "more")), pgMigrated, true)
}
