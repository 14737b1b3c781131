package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// fraud is something that somebody does to the database behind Berth's back.
type fraud struct {
	name string
	sql  string // statements; ORDER is the order that batch 3 of the chain has made, LAST that of batch 7
}

func (f fraud) statements(order, last string) []string {
	return strings.Split(strings.NewReplacer("ORDER", order, "LAST", last).Replace(f.sql), ";")
}

// An order that never was, and one that was cheaper, with all that belongs to it.
const (
	neverWas = "DELETE FROM orders WHERE id = 'LAST'; DELETE FROM events WHERE order_id = 'LAST'; DELETE FROM entries WHERE order_id = 'LAST';" +
		" UPDATE wallets SET balance = balance + 5, seq = seq - 1 WHERE user_id = 'anna'"
	cheaper = "UPDATE orders SET amount = 1 WHERE id = 'ORDER'; UPDATE events SET amount = 1 WHERE order_id = 'ORDER';" +
		" UPDATE wallets SET balance = balance + 4 WHERE user_id = 'anna'; UPDATE entries SET amount = -1 WHERE order_id = 'ORDER';" +
		" UPDATE entries SET balance = balance + 4 WHERE user_id = 'anna' AND seq >= 2"
)

// frauds change each thing that the books must prove, one by one, and then several so that they fit each other.
func frauds() []fraud {
	update := func(table, column, value, where string) fraud {
		return fraud{table + "." + column, "UPDATE " + table + " SET " + column + " = " + value + " WHERE " + where}
	}
	const entry, event, order, batch = "order_id = 'ORDER'", "order_id = 'ORDER'", "id = 'ORDER'", "seq = 3"
	return []fraud{
		update("entries", "amount", "amount - 1", entry),
		update("entries", "balance", "balance + 1", entry),
		update("entries", "contra", "'elsewhere'", entry),
		update("entries", "order_id", "''", entry),
		update("entries", "ref", "'ref'", entry),
		update("entries", "note", "'note'", entry),
		update("entries", "at", "at + 1", entry),
		update("entries", "batch", "'other'", entry),
		update("entries", "user_id", "'bert'", entry),
		update("entries", "seq", "seq + 100", entry),
		update("events", "name", "'order.waiting'", event),
		update("events", "amount", "amount + 1", event),
		update("events", "user_id", "'bert'", event),
		update("events", "order_id", "''", event),
		update("events", "service_id", "'s'", event),
		update("events", "detail", "'renew_server'", event),
		update("events", "at", "at + 1", event),
		update("events", "n", "n + 100", event),
		update("events", "batch", "'other'", event),
		update("orders", "amount", "amount + 1", order),
		update("orders", "user_id", "'bert'", order),
		update("orders", "state", "'refunded'", order),
		update("orders", "kind", "'network'", order),
		update("orders", "wake_at", "wake_at + 7", order),
		{"an open order that nobody would look for", "UPDATE batches SET look_at = 0"},
		update("batches", "digest", "'d'", batch),
		update("batches", "hash", "'h'", batch),
		update("batches", "id", "'i'", batch),
		update("batches", "seq", "0", batch),
		update("batches", "seq", "-1", batch),
		update("batches", "seq", "100", batch),
		update("batches", "void", "1", batch),
		update("wallets", "balance", "balance + 1", "user_id = 'anna'"),
		update("meta", "value", "'1:'", "name = 'chain'"),
		{"a wallet that is gone", "DELETE FROM wallets WHERE user_id = 'anna'"},
		{"a batch that hides from the sealer", "UPDATE batches SET seq = -2 WHERE id = '9'"},
		{"an old batch that was changed, with its wallet", "UPDATE entries SET amount = amount + 1, balance = balance + 1 WHERE user_id = 'old';" +
			" UPDATE wallets SET balance = balance + 1 WHERE user_id = 'old'"},
		{"an old batch more", "INSERT INTO batches (id, at, void, digest, seq, hash, look_at) VALUES ('00', 0, 0, '', -1, '', 0)"},
		{"an old batch less", "DELETE FROM batches WHERE id = '0'"},
		{"an order that is gone", "DELETE FROM orders WHERE id = 'ORDER'"},
		{"an event that is gone", "DELETE FROM events WHERE order_id = 'ORDER' AND name = 'order.paid'"},
		{"a batch that is gone", "DELETE FROM batches WHERE seq = 3"},
		{"the last batch is gone", "DELETE FROM batches WHERE seq = (SELECT max(seq) FROM batches)"},
		{"two batches that change places", "UPDATE batches SET seq = 100 WHERE seq = 3; UPDATE batches SET seq = 3 WHERE seq = 4;" +
			" UPDATE batches SET seq = 4 WHERE seq = 100"},
		{"an order that never was", neverWas},
		{"a cheaper order", cheaper},
	}
}

// TestTampering edits a database behind Berth's back, each time another row, and each time verify finds it out.
func TestTampering(t *testing.T) {
	for _, kind := range sqlEngines {
		t.Run(kind.name, func(t *testing.T) {
			at := kind.url(t)
			if _, _, err := migrate(t.Context(), migrateURL(kind.name, at)); err != nil {
				t.Fatal(err)
			}
			o := Options{}.complete()
			s := over(openEngine(t, kind.open, at, o), o)
			db := rawDB(t, kind.name, at)
			exec(t, db, "INSERT INTO wallets VALUES ('old', 'EUR', 7, 1, 0)", // from before there was a chain
				"INSERT INTO entries VALUES ('old', 1, 7, 7, 'deposits', '', 'r', '', 0, '0')",
				"INSERT INTO batches (id, at, void, look_at) VALUES ('0', 0, 0, 0)")
			order, last := tamperShop(t, s)
			exec(t, db, "INSERT INTO batches (id, at, void, digest, seq, hash, look_at) VALUES ('9', 0, 0, '"+berth.NewDigest().Sum()+"', 0, '', 0)") // and not sealed yet
			head := clean(t, s, berth.Head{}, "the shop").Head
			exec(t, db, "CREATE TABLE copies (of TEXT)")
			for _, table := range fraudTables {
				exec(t, db, "CREATE TABLE copy_"+table+" AS SELECT * FROM "+table)
			}
			restore := func() {
				for _, table := range fraudTables {
					exec(t, db, "DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM copy_"+table)
				}
			}
			for _, f := range frauds() {
				exec(t, db, f.statements(order, last)...)
				if r, err := berth.Verify(t.Context(), s, berth.Head{}, nil); err != nil || r.Wrong == 0 {
					t.Errorf("%s: got %d findings and %v", f.name, r.Wrong, err)
				}
				restore()
			}
			clean(t, s, head, "what was restored")
			for _, f := range forgeries() {
				exec(t, db, f.statements(order, last)...)
				rechain(t, db, s)
				clean(t, s, berth.Head{}, f.name)
				if r, err := berth.Verify(t.Context(), s, head, nil); err != nil || r.Wrong != 1 || r.Findings[0].What != "chain" {
					t.Errorf("%s, against the head noted before: got %+v and %v, want the chain", f.name, r.Findings, err)
				}
				restore()
			}
		})
	}
}

// fraudTables are the tables that the frauds change.
var fraudTables = []string{"wallets", "entries", "events", "orders", "batches", "meta"}

// exec runs statements in one transaction.
func exec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, text := range statements {
		if _, err := tx.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// clean is verify's report, which must find nothing.
func clean(t *testing.T, s *Store, since berth.Head, what string) berth.Report {
	t.Helper()
	r, err := berth.Verify(t.Context(), s, since, nil)
	if err != nil || r.Wrong != 0 {
		t.Errorf("%s: got %+v and %v, want nothing", what, r.Findings, err)
	}
	return r
}

// tamperShop makes two wallets and some orders, and seals them. It returns the order of the third batch and that of
// the last.
func tamperShop(t *testing.T, s *Store) (third, last string) {
	t.Helper()
	write := func(need berth.Need, decide func(*berth.Book) error) {
		if err := s.Write(context.Background(), need, decide); err != nil {
			t.Fatal(err)
		}
	}
	for _, user := range []string{"anna", "bert"} {
		write(berth.Need{}, func(b *berth.Book) error {
			b.OpenWallet(user, "EUR")
			_, err := b.Post(berth.Entry{UserID: user, Amount: 1000, Contra: berth.AccountDeposits, Ref: "fund"})
			return err
		})
	}
	for n := range 5 {
		write(berth.Need{Wallets: []string{"anna"}}, func(b *berth.Book) error {
			o := berth.Order{ID: b.NewID(), Kind: berth.KindNewServer, UserID: "anna", State: berth.Paid, Amount: 5, CreatedAt: b.Now()}
			o.Number, o.ServiceID = o.ID, o.ID
			if n == 0 {
				third = o.ID
			}
			last = o.ID
			b.PutOrder(o)
			b.Announce(berth.Event{Name: berth.EventOrderPaid, UserID: o.UserID, OrderID: o.ID, Amount: o.Amount, Detail: o.Kind})
			_, err := b.Post(berth.Entry{UserID: "anna", Amount: -o.Amount, Contra: berth.AccountSales, OrderID: o.ID})
			return err
		})
	}
	if done, err := s.Seal(t.Context()); err != nil || done.Sealed != 7 {
		t.Fatalf("got %+v %v, want 7 batches sealed", done, err)
	}
	return third, last
}

// forgeries are frauds by somebody who knows Berth and makes the whole chain fit again.
func forgeries() []fraud {
	return []fraud{
		{"a cheaper order and a new chain", cheaper},
		{"an order that never was and a new chain", neverWas},
		{"a shorter chain", neverWas + "; DELETE FROM batches WHERE seq = 7"},
	}
}

// rechain makes digests and chain fit what stands in the database.
func rechain(t *testing.T, db *sql.DB, s *Store) {
	t.Helper()
	f := &forger{digests: map[string]string{}}
	if err := s.Audit(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	head := f.older.anchor.Head()
	for _, b := range f.batches {
		head = head.Next(b.ID, f.digests[b.ID])
		exec(t, db, fmt.Sprintf("UPDATE batches SET digest = '%s', hash = '%s', seq = %d WHERE id = '%s'", f.digests[b.ID], head.Hash, head.Seq, b.ID))
	}
	exec(t, db, "UPDATE meta SET value = '"+head.String()+"' WHERE name = 'chain'")
}

// forger reads what a forger needs to know.
type forger struct {
	ledger
	digests map[string]string
	batches []berth.Batch
	older   olderBatches
}

func (f *forger) Batch(b berth.Batch, digest string) error {
	f.digests[b.ID] = digest
	return f.older.Batch(b, digest)
}

func (f *forger) Sealed(b berth.Batch) error {
	f.batches = append(f.batches, b)
	return nil
}
