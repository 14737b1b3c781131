package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/cutproxy"
	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/store"
)

// newURL is the address of an empty database of an engine.
func newURL(t testing.TB, engine string) string {
	t.Helper()
	if engine == "postgres" {
		return pgtest.Database(t)
	}
	return "sqlite:" + filepath.Join(t.TempDir(), "berth.db")
}

// openURL migrates and opens a database.
func openURL(t testing.TB, url string) *store.Store {
	t.Helper()
	if _, _, err := store.Migrate(context.Background(), url); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(context.Background(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// oddText has whatever a careless copy would trip over.
const oddText = "ä'\"\\, \t\n\\N €\U0001F600"

// sell takes an order and delivers it, with everything that belongs to that.
func sell(s *store.Store, user string, n int) error {
	need := berth.Need{Wallets: []string{user}, Stock: []string{"plan@here"}, Counters: []string{"server_no"},
		Pools: []berth.PoolNeed{{Name: "net", Take: 1}}}
	return s.Write(context.Background(), need, func(b *berth.Book) error {
		o := berth.Order{ID: b.NewID(), Kind: berth.KindNewServer, UserID: user, State: berth.Completed, Amount: int64(n), Currency: "EUR",
			CreatedAt: b.Now(), Terms: berth.Terms{Name: oddText, StockKey: "plan@here", Hours: 720, AutoRenew: n%2 == 0, Password: "v1:sealed"}}
		o.Number, o.ServiceID = "N-"+o.ID, o.ID
		o.Result = berth.Result{ProviderRef: "machine-" + o.ID, ServerNo: b.Next("server_no"), Address: "2001:db8::1"}
		if i, ok := b.Take("net", o.ID); ok {
			o.Allotment = berth.Allotment{Items: i.ID, CIDR: i.Value + "/64", Gateway: "2001:db8::1", MAC: "52:54:00:00:00:02"}
			o.Address = i.Value
		}
		if _, err := b.Post(berth.Entry{UserID: user, Amount: -o.Amount, Contra: berth.AccountSales, OrderID: o.ID, Note: oddText}); err != nil {
			return err
		}
		b.PutKey(berth.Key{ID: berth.KeyID(user, fmt.Sprint("api/", o.ID)), Mark: "mark", OrderID: o.ID, ExpiresAt: b.Now() + berth.Hour})
		for _, name := range []string{berth.EventOrderPaid, berth.EventOrderCompleted} {
			b.Announce(berth.Event{Name: name, UserID: user, OrderID: o.ID, ServiceID: o.ID, Detail: o.Kind, Amount: o.Amount})
		}
		b.PutService(berth.Service{ID: o.ID, UserID: user, Status: berth.Active, Name: oddText, StockKey: o.StockKey, Allotment: o.Allotment,
			Result: o.Result, CreatedAt: b.Now(), Lease: berth.Lease{DueAt: b.Now()}})
		row, _ := b.Stock("plan@here")
		row.Used++
		b.PutStock(row)
		b.PutOrder(o)
		return nil
	})
}

// filled is a database of an engine with rows in every table, a part of its batches in the chain and a part not yet.
func filled(t testing.TB, engine string, sold int) (url string) {
	t.Helper()
	url = newURL(t, engine)
	fill(t, url, sold)
	return url
}

func fill(t testing.TB, url string, sold int) {
	t.Helper()
	s := openURL(t, url)
	defer s.Close()
	err := s.Write(t.Context(), berth.Need{Catalogue: true, Users: []string{"anna"}}, func(b *berth.Book) error {
		b.PutUser(berth.User{ID: "anna", Username: oddText, Active: true, CreatedAt: b.Now()})
		b.OpenWallet("anna", "EUR")
		b.PutStock(berth.Stock{Key: "plan@here", Capacity: 1 << 40})
		b.PutMeta("odd", oddText)
		b.PutPool(berth.Pool{Name: "net", Kind: berth.AddressPool, Location: oddText, Ranges: []berth.Range{{CIDR: "2001:db8::/64", Gateway: "2001:db8::1"}},
			Reserved: []berth.Span{{First: 5, Last: 9}}})
		b.PutAPIKey(berth.APIKey{ID: "key", UserID: "anna", Hash: "hash", Scopes: []berth.Scope{berth.ScopeOrder, berth.ScopeRead},
			Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}})
		if _, err := b.ApplyCatalogue(berth.Catalogue{Currency: "EUR"}); err != nil {
			return err
		}
		_, err := b.Post(berth.Entry{UserID: "anna", Amount: 1_000_000_00, Contra: berth.AccountDeposits, Ref: "opening"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range sold {
		if err := sell(s, "anna", i+1); err != nil {
			t.Fatal(err)
		}
		if i == sold/2 {
			if _, err := s.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// rawDB opens a database behind Berth's back.
func rawDB(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, name := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", "file:"+path
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// dump is all rows of all tables that the database itself knows of, each as one text, sorted.
func dump(t testing.TB, url string) map[string][]string {
	t.Helper()
	db := rawDB(t, url)
	defer db.Close()
	list := "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_name <> 'goose_db_version'"
	if strings.HasPrefix(url, "sqlite:") {
		list = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'"
	}
	tables := map[string][]string{}
	for _, row := range query(t, db, list) {
		name := strings.TrimPrefix(strings.SplitN(row, "=", 2)[1], "string ")
		tables[name] = query(t, db, "SELECT * FROM "+name)
	}
	return tables
}

func query(t testing.TB, db *sql.DB, text string) (list []string) {
	t.Helper()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		parts := make([]string, len(columns))
		for i := range values {
			parts[i] = fmt.Sprintf("%s=%T %v", columns[i], values[i], values[i])
		}
		slices.Sort(parts) // a column that a migration added stands elsewhere
		list = append(list, strings.Join(parts, "\x00"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// sameDumps compares two dumps; the mark of a move is no difference.
func sameDumps(t testing.TB, what string, got, want map[string][]string) {
	t.Helper()
	if names := slices.Sorted(maps.Keys(want)); !slices.Equal(slices.Sorted(maps.Keys(got)), names) || len(names) < 10 {
		t.Errorf("%s: got tables %v, want %v", what, slices.Sorted(maps.Keys(got)), names)
	}
	isMark := func(row string) bool { return strings.Contains(row, "name=string "+berth.MetaMoved+"\x00") }
	for name := range want {
		g, w := slices.DeleteFunc(slices.Clone(got[name]), isMark), slices.DeleteFunc(slices.Clone(want[name]), isMark)
		if !slices.Equal(g, w) {
			t.Errorf("%s: table %s differs: got %d rows, want %d\ngot  %.300q\nwant %.300q", what, name, len(g), len(w), g, w)
		}
	}
}

// markOf is the mark of a move in a database.
func markOf(t testing.TB, url string) string {
	t.Helper()
	s := openURL(t, url)
	defer s.Close()
	mark, _, err := s.Meta(t.Context(), berth.MetaMoved)
	if err != nil {
		t.Fatal(err)
	}
	return mark
}

// TestMove moves in all directions, and compares the two databases row by row.
func TestMove(t *testing.T) {
	for _, from := range []string{"sqlite", "postgres"} {
		url := filled(t, from, 30)
		for _, to := range []string{"sqlite", "postgres"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				before := dump(t, url)
				target := newURL(t, to)
				var seen []string
				moved, err := store.Move(t.Context(), url, target, store.MoveOptions{Mark: "to the test", Progress: func(what string, done, total int64) {
					if !slices.Contains(seen, what) {
						seen = append(seen, what)
					}
					if done > total {
						t.Errorf("%s: %d of %d", what, done, total)
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				after := dump(t, target)
				sameDumps(t, "the target", after, before)
				sameDumps(t, "the source", dump(t, url), before)
				var rows int
				for name := range after {
					if len(after[name]) == 0 {
						t.Errorf("the table %s is empty: the test shows nothing of it", name)
					}
					rows += len(after[name])
				}
				if moved.Rows() != int64(rows) || !moved.Migrated || moved.Existing || moved.Report.Head.Seq == 0 || moved.Report.Unsealed == 0 {
					t.Errorf("got %+v, want %d rows, a chain and a tail", moved, rows)
				}
				if want := []string{"Verifying the source", "Copying", "Reading back", "Verifying the target"}; !slices.Equal(seen, want) {
					t.Errorf("got progress of %q, want %q", seen, want)
				}
				if got := markOf(t, url); got != "to the test" {
					t.Errorf("got the mark %q", got)
				}
				if _, err := store.Move(t.Context(), url, newURL(t, to), store.MoveOptions{}); err == nil || !strings.Contains(err.Error(), "moved already: to the test") {
					t.Errorf("a second move: got %v", err)
				}
				if mark, err := store.Unmark(t.Context(), url); mark != "to the test" || err != nil {
					t.Errorf("unmark: got %q, %v", mark, err)
				}
				// The copy goes on by itself: its chain continues, its numbers too.
				s := openURL(t, target)
				defer s.Close()
				if err := sell(s, "anna", 7); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Seal(t.Context()); err != nil {
					t.Fatal(err)
				}
				if r, err := berth.Verify(t.Context(), s, moved.Report.Head, nil); err != nil || r.Wrong > 0 || r.Unsealed > 0 {
					t.Errorf("the target's books: got %+v, %v", r, err)
				}
			})
		}
	}
}

// TestMoveInterrupted stops a move at each of its steps. Nothing is in the target then, and the source serves on.
func TestMoveInterrupted(t *testing.T) {
	stop := errors.New("stopped by the test")
	for _, c := range []struct{ from, to string }{{"sqlite", "postgres"}, {"postgres", "sqlite"}} {
		url := filled(t, c.from, 400)
		before := dump(t, url)
		for _, at := range []string{"Verifying the source", "Copying", "Reading back"} {
			t.Run(c.from+" to "+c.to+" "+at, func(t *testing.T) {
				target := newURL(t, c.to)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				_, err := store.Move(ctx, url, target, store.MoveOptions{Mark: "x", Progress: func(what string, done, _ int64) {
					if what == at && done >= 1000 {
						cancel(stop)
					}
				}})
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("got %v, want %v", err, context.Canceled)
				}
				if got := markOf(t, url); got != "" {
					t.Errorf("the source is marked: %q", got)
				}
				sameDumps(t, "the source", dump(t, url), before)
				s := openURL(t, target)
				s.Close()
				if rows := dump(t, target); len(rows["meta"]) != 1 || len(rows["orders"])+len(rows["users"])+len(rows["batches"]) > 0 {
					t.Errorf("the target holds %d orders and meta %q, want what a migration makes", len(rows["orders"]), rows["meta"])
				}
			})
		}
		// And afterwards it goes through.
		if _, err := store.Move(t.Context(), url, newURL(t, c.to), store.MoveOptions{}); err != nil {
			t.Errorf("at last: %v", err)
		}
	}
}

// TestMoveLostCommit loses the answer of the target's COMMIT. A second move finds out what happened.
func TestMoveLostCommit(t *testing.T) {
	url := filled(t, "sqlite", 5)
	target := pgtest.Database(t)
	proxy, through := cutproxy.Before(t, target)
	openURL(t, target).Close()
	watch := rawDB(t, target)
	cut := proxy.Arm("Q\x00\x00\x00\x0bcommit\x00", func(ctx context.Context) (there bool, err error) {
		err = watch.QueryRowContext(ctx, "SELECT count(*) > 0 FROM orders").Scan(&there)
		return there, err
	})
	_, err := store.Move(t.Context(), url, through, store.MoveOptions{Mark: "away"})
	cut.Wait(t)
	if err == nil || !strings.Contains(err.Error(), "not known") || !strings.Contains(err.Error(), "Run the same command again") {
		t.Fatalf("got %v, want doubt and the remedy", err)
	}
	if got := markOf(t, url); got != "" {
		t.Errorf("the source is marked: %q", got)
	}
	moved, err := store.Move(t.Context(), url, target, store.MoveOptions{Mark: "away"})
	if err != nil || !moved.Existing {
		t.Fatalf("again: got %+v, %v, want the copy found", moved, err)
	}
	sameDumps(t, "the target", dump(t, target), dump(t, url))
	if got := markOf(t, url); got != "away" {
		t.Errorf("got the mark %q", got)
	}
}

// TestMoveRefused has all that a move refuses before it touches anything.
func TestMoveRefused(t *testing.T) {
	lite, pg := filled(t, "sqlite", 3), filled(t, "postgres", 3)
	old := "sqlite:" + filepath.Join(t.TempDir(), "old.db")
	openURL(t, old).Close()
	change(t, old, "UPDATE goose_db_version SET version_id = version_id - 1 WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
	wrong := filled(t, "sqlite", 3)
	change(t, wrong, "UPDATE wallets SET balance = balance + 1")
	served := filled(t, "sqlite", 3)
	server, err := store.Open(t.Context(), served, store.Options{Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, c := range []struct{ name, from, to, want string }{
		{"onto itself", lite, lite, "the same database"},
		{"an absent source", "sqlite:/nonexistent/berth.db", pg, "the source: there is no database at"},
		{"an unknown kind", "memory:", lite, "is moved from and to sqlite:PATH or postgres://"},
		{"a served source", served, newURL(t, "sqlite"), "another process serves"},
		{"a served target", lite, served, "the target: another process serves"},
		{"an older source", old, newURL(t, "sqlite"), "berth migrate"},
		{"an older target", lite, old, "the target: the database schema is older"},
		{"a target of its own", lite, filled(t, "sqlite", 2), "holds rows of its own"},
		{"a target of as many rows", lite, filled(t, "postgres", 3), "holds rows of its own"},
		{"books that are wrong", wrong, newURL(t, "sqlite"), "its books are not in order"},
	} {
		if _, err := store.Move(t.Context(), c.from, c.to, store.MoveOptions{Mark: "x"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if got := markOf(t, lite) + markOf(t, pg) + markOf(t, wrong); got != "" {
		t.Errorf("a source is marked: %q", got)
	}
	other, err := store.Open(t.Context(), pg, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Clock(t.Context()); err != nil { // connected
		t.Fatal(err)
	}
	if _, err := store.Move(t.Context(), pg, newURL(t, "sqlite"), store.MoveOptions{}); err == nil || !strings.Contains(err.Error(), "sessions of berth are connected") {
		t.Errorf("beside another session: got %v", err)
	}
	if _, err := store.Move(t.Context(), pg, newURL(t, "sqlite"), store.MoveOptions{Force: true}); err != nil {
		t.Errorf("by force: got %v", err)
	}
	other.Close()
}

// TestMoveLocks holds that nobody writes to a source while it's copied: what came too late would be missing.
func TestMoveLocks(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		url := filled(t, engine, 3)
		var tried error
		_, err := store.Move(t.Context(), url, newURL(t, "sqlite"), store.MoveOptions{Mark: "x", Progress: func(what string, _, _ int64) {
			if what == "Copying" && tried == nil {
				tried = writeBeside(t, url)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if tried == nil || !strings.Contains(tried.Error(), "lock") {
			t.Errorf("%s: a write beside the copy: got %v, want it to wait for the lock", engine, tried)
		}
	}
}

// writeBeside tries to write as another program would, without much patience.
func writeBeside(t *testing.T, url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if strings.HasPrefix(url, "sqlite:") {
		_, err := rawDB(t, url).ExecContext(ctx, "INSERT INTO batches (id, at, void) VALUES ('late', 1, 0)")
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "SET lock_timeout = '50ms'"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "INSERT INTO batches (id, at, void) VALUES ('late', 1, 0)")
	return err
}

func change(t testing.TB, url, text string) {
	t.Helper()
	db := rawDB(t, url)
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
