package store

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/berth-host/berth"
)

// dueShop is a store with a clock that the test sets, over a database that the test can look into.
type dueShop struct {
	*Store
	t   *testing.T
	now int64
	db  *sql.DB
	at  string
	of  func(t *testing.T, at string) engine
}

func onDueShop(t *testing.T, test func(*testing.T, *dueShop)) {
	for _, kind := range sqlEngines {
		t.Run(kind.name, func(t *testing.T) {
			at := kind.url(t)
			if _, _, err := migrate(t.Context(), migrateURL(kind.name, at)); err != nil {
				t.Fatal(err)
			}
			d := &dueShop{t: t, now: 1_000_000, at: at, db: rawDB(t, kind.name, at)}
			d.of = func(t *testing.T, at string) engine { return openEngine(t, kind.open, at, Options{}.complete()) }
			d.Store = d.process()
			test(t, d)
		})
	}
}

// process is one more process that works on the database.
func (d *dueShop) process() *Store {
	return over(d.of(d.t, d.at), Options{Now: func() int64 { return d.now }}.complete())
}

// place places orders in one write, leased for 5 microseconds.
func (d *dueShop) place(n int) (ids []string) {
	d.t.Helper()
	must(d.t, d.Write(context.Background(), berth.Need{}, func(b *berth.Book) error {
		ids = nil
		for range n {
			o := berth.Order{ID: b.NewID(), Kind: "k", UserID: "u", State: berth.Paid, CreatedAt: b.Now(), Lease: berth.Lease{Attempt: 1, DueAt: b.Now() + 5}}
			o.Number = o.ID
			b.Announce(berth.Event{Name: berth.EventOrderPaid, OrderID: o.ID})
			ids = append(ids, b.PutOrder(o).ID)
		}
		return nil
	}))
	return ids
}

// change changes an order of a process.
func (d *dueShop) change(s *Store, id string, edit func(*berth.Order)) {
	d.t.Helper()
	d.now++
	must(d.t, s.Write(context.Background(), berth.Need{Orders: []string{id}}, func(b *berth.Book) error {
		o, _ := b.Order(id)
		edit(&o)
		b.PutOrder(o)
		return nil
	}))
}

func (d *dueShop) seal(s *Store) {
	d.t.Helper()
	_, err := s.Seal(d.t.Context())
	must(d.t, err)
}

// count is the number of rows that a condition selects.
func (d *dueShop) count(from string) (n int) {
	d.t.Helper()
	must(d.t, d.db.QueryRowContext(d.t.Context(), "SELECT count(*) FROM "+from).Scan(&n))
	return n
}

func (d *dueShop) wantDue(at int64, want ...string) {
	d.t.Helper()
	got, err := d.Due(d.t.Context(), at, 10)
	if must(d.t, err); !slices.Equal(got, want) {
		d.t.Errorf("due at %d: got %v, want %v", at, got, want)
	}
}

// wantBacklog compares the count of paid orders.
func (d *dueShop) wantBacklog(want int64) {
	d.t.Helper()
	b, err := d.Backlog(d.t.Context())
	if must(d.t, err); b.Unsettled != want {
		d.t.Errorf("got %d orders unsettled, want %d", b.Unsettled, want)
	}
}

// wantFindable audits: every paid order is to be found, and none that is settled.
func (d *dueShop) wantFindable() {
	d.t.Helper()
	var l strayList
	if must(d.t, d.Audit(d.t.Context(), &l)); l.ids != nil {
		d.t.Errorf("got strays %v, want none", l.ids)
	}
}

// strayList is an Auditor that only keeps the strays.
type strayList struct {
	olderBatches
	ids []string
}

func (l *strayList) Stray(what, id, _ string) error {
	l.ids = append(l.ids, what+" "+id)
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestDueOfLiving settles orders in the process that placed them: none of them is ever in the index of due orders, and
// their batch leaves its own with the sealer's next run.
func TestDueOfLiving(t *testing.T) {
	onDueShop(t, func(t *testing.T, d *dueShop) {
		ids := d.place(3)
		placed := d.now
		d.wantDue(placed + 4)
		d.wantDue(placed+5, ids...)
		d.wantBacklog(3)
		done := func(o *berth.Order) { o.State, o.Lease = berth.Completed, berth.Lease{} }
		d.change(d.Store, ids[0], done)
		d.change(d.Store, ids[1], done)
		d.seal(d.Store)
		d.wantDue(placed+5, ids[2])
		d.wantBacklog(1)
		if n := d.count("batches WHERE look_at > 0"); n != 1 {
			t.Errorf("with one order left: got %d batches to look at, want 1", n)
		}
		d.change(d.Store, ids[2], done)
		d.seal(d.Store)
		if n := d.count("batches WHERE look_at > 0"); n != 0 {
			t.Errorf("with no order left: got %d batches to look at, want none", n)
		}
		d.wantDue(placed + 100)
		d.wantBacklog(0)
		if n := d.count("orders WHERE wake_at > 0"); n != 0 {
			t.Errorf("got %d orders in the index of due ones, want none", n)
		}
		before := d.count("batches WHERE seq > 0")
		d.seal(d.Store)
		if after := d.count("batches WHERE seq > 0"); after != before {
			t.Errorf("an idle database was sealed")
		}
		d.wantFindable()
	})
}

// TestDueOfOthers renews, postpones and takes over orders: each is due when its row says so, whoever has placed it.
func TestDueOfOthers(t *testing.T) {
	onDueShop(t, func(t *testing.T, d *dueShop) {
		ids := d.place(3)
		placed := d.now
		d.change(d.Store, ids[0], func(o *berth.Order) { o.DueAt = placed + 50 })
		d.wantDue(placed+5, ids[1], ids[2])
		d.wantDue(placed+50, ids[1], ids[2], ids[0])
		d.wantBacklog(3)

		// The process dies; another takes over what it finds, and in the end the batch leaves the index.
		other := d.process()
		d.now = placed + 10
		d.change(other, ids[1], func(o *berth.Order) { o.Attempt, o.DueAt = 2, placed+30 })
		d.seal(other)
		d.wantDue(placed+20, ids[2])
		d.change(other, ids[2], func(o *berth.Order) { o.State = berth.Refunded })
		d.seal(other)
		if n := d.count("batches WHERE look_at > 0"); n != 0 {
			t.Errorf("got %d batches to look at, want none: no order of them is as it was placed", n)
		}
		d.wantDue(placed + 20)
		d.wantDue(placed+50, ids[1], ids[0])
		d.wantBacklog(2)
		d.wantFindable()
	})
}

// TestDueWithoutChain finds the head of the chain unreadable: nothing is sealed, and in the end the batches leave their
// index all the same.
func TestDueWithoutChain(t *testing.T) {
	onDueShop(t, func(t *testing.T, d *dueShop) {
		first, left := d.place(1), d.place(2)
		done := func(o *berth.Order) { o.State, o.Lease = berth.Completed, berth.Lease{} }
		d.change(d.Store, first[0], done)
		d.change(d.Store, left[0], done)
		_, err := d.db.ExecContext(t.Context(), "UPDATE meta SET value = 'nonsense' WHERE name = 'chain'")
		must(t, err)
		d.now += 100
		for n := range chainless + 1 {
			if _, err := d.Seal(t.Context()); err == nil {
				t.Fatal("it was sealed without a head")
			}
			if open := d.count("batches WHERE look_at > 0"); open != 2 && n < chainless || open != 1 && n == chainless {
				t.Fatalf("after %d runs that failed: got %d batches to look at, want 2, and 1 in the end", n+1, open)
			}
		}
		d.wantDue(d.now, left[1])
		d.change(d.Store, left[1], done)
		for range 2 {
			if _, err := d.Seal(t.Context()); err == nil {
				t.Fatal("it was sealed without a head")
			}
		}
		if open := d.count("batches WHERE look_at > 0"); open != 0 {
			t.Errorf("got %d batches to look at, want none", open)
		}
		d.wantFindable()
	})
}

// TestOlderProgramCannotCommit writes a batch as a program of the schema before does: nobody would find its orders.
func TestOlderProgramCannotCommit(t *testing.T) {
	_, other := newPostgres(t)
	for _, text := range []string{
		"INSERT INTO batches (id, at, void, digest, seq, hash) VALUES ('b', 0, 0, '', 0, '')",
		"INSERT INTO orders (id, number, kind, user_id, amount, service_id, stock_key, created_at, terms, state, attempt, holder, due_at, answer_by," +
			" doubt, progress, provider_ref, server_no, server_uuid, address, login_link, password, updated_at)" +
			" VALUES ('o', 'n', 'k', 'u', 1, 's', '', 0, '{}', 'paid', 1, '', 0, 0, 0, '', '', 0, '', '', '', '', 0)",
	} {
		var pg *pgconn.PgError
		if _, err := other.Exec(t.Context(), text); !errors.As(err, &pg) || pg.Code != "23502" {
			t.Errorf("got %v, want a refusal for a column that is missing", err)
		}
	}
}

// TestServedFileIsNotMigrated leaves an SQLite file of an older schema alone while somebody serves it.
func TestServedFileIsNotMigrated(t *testing.T) {
	file := filepath.Join(t.TempDir(), "berth.db")
	_, _, err := migrate(t.Context(), "sqlite:"+file)
	must(t, err)
	release, err := lockServe(file)
	must(t, err)
	if _, _, err := migrate(t.Context(), "sqlite:"+file); err != nil {
		t.Errorf("nothing to do: got %v", err)
	}
	_, err = rawDB(t, "sqlite", file).ExecContext(t.Context(), "DELETE FROM goose_db_version WHERE version_id >= 8")
	must(t, err)
	if _, _, err := migrate(t.Context(), "sqlite:"+file); err == nil || !strings.Contains(err.Error(), "serves") {
		t.Errorf("while it is served: got %v, want a refusal", err)
	}
	release()
	if _, _, err := migrate(t.Context(), "sqlite:"+file); err == nil || strings.Contains(err.Error(), "serves") {
		t.Errorf("afterwards: got %v, want the migration itself to be tried", err) // which finds its columns there already
	}
}
