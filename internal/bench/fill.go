package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// A large installation is made by copying the rows of one order that Berth itself has placed, with what differs from
// order to order put in its place: so the rows are as the program writes them, whatever columns they have, and the
// books are right ('berth verify' holds for them). They are made within the database, 100,000 orders at a time.
//
// The orders are spread over the last 40 hours: none has left its idempotency window, so all keys and sealed passwords
// are still there, which is more than an installation of that many orders usually holds. Every second order is the
// reseller's, the rest is spread over the accounts. 32 orders share the batch of their payment and that of their end.
const (
	fillChunk  = 100_000
	fillBatch  = 32
	fillSpan   = 40 * time.Hour
	fillNumber = 1_000_000_000 // the first machine's number; the simulated provider's own stay below
	mostRows   = 100_000_000
)

// words is what the engines say differently in the statements that fill.
type words struct {
	hex, pad string // of a number %s with %d digits
	stamp    string // date and time of microseconds %s
}

var fillWords = map[string]words{
	postgres: {hex: "lpad(to_hex(%s), %d, '0')", pad: "lpad(CAST(%s AS TEXT), %d, '0')",
		stamp: "to_char(to_timestamp(%s / 1000000) AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS')"},
	sqlite: {hex: "printf('%%0%[2]dx', %[1]s)", pad: "printf('%%0%[2]dd', %[1]s)",
		stamp: "strftime('%%Y%%m%%d%%H%%M%%S', %s / 1000000, 'unixepoch')"},
}

// filler fills one database.
type filler struct {
	words
	db       *sql.DB
	hot      string
	accounts int
	rows     int

	// of the order that is copied
	order, paid, settled string // its id, and those of its two batches
	created              int64  // microseconds UTC
}

// fill makes rows more orders in the database of a shop whose server is stopped and has taken an order, and brings
// the statistics up to date, as the database's own upkeep would in time.
func (s *shop) fill(ctx context.Context, engine string, rows, accounts int) error {
	if rows < 1 || rows > mostRows || accounts > 10_000 {
		return fmt.Errorf("-rows: %d orders can't be made; 1 to %d can", rows, mostRows)
	}
	db, err := openForFilling(ctx, s.db)
	if err != nil {
		return err
	}
	defer db.Close()
	f := &filler{words: fillWords[engine], db: db, hot: s.hot, accounts: accounts, rows: rows}
	if err := f.look(ctx); err != nil {
		return err
	}
	began := time.Now()
	for from := 0; from < rows; from += fillChunk {
		if err := f.chunk(ctx, from, min(from+fillChunk, rows)-1); err != nil {
			return err
		}
		if done := from + fillChunk; done%1_000_000 == 0 {
			say("  %s: %d million orders after %v", engine, done/1_000_000, time.Since(began).Round(time.Second))
		}
	}
	if err := f.inTransaction(ctx, f.wallets()); err != nil {
		return err
	}
	// Batches that nobody has made a digest of are older than the chain, so the chain begins anew behind them: the server
	// that starts next anchors it, for which it reads all of them. With very many that would last into what is measured.
	if rows <= provable {
		err := f.inTransaction(ctx, "UPDATE batches SET seq = -1, hash = ''", "UPDATE meta SET value = '0:' WHERE name = 'chain'")
		if err != nil {
			return err
		}
	}
	return f.upkeep(ctx, engine)
}

// openForFilling connects without waiting for the disk: what is filled wrongly is filled anew.
func openForFilling(ctx context.Context, url string) (*sql.DB, error) {
	driver, name := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", "file:"+path+"?_pragma=synchronous(0)&_pragma=cache_size(-400000)&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if driver == "pgx" {
		if _, err := db.ExecContext(ctx, "SET synchronous_commit = off"); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// look finds the order to copy.
func (f *filler) look(ctx context.Context) error {
	err := f.db.QueryRowContext(ctx, "SELECT id, created_at FROM orders WHERE state = 'completed' ORDER BY id DESC LIMIT 1").Scan(&f.order, &f.created)
	if err != nil {
		return fmt.Errorf("find an order to copy: %w", err)
	}
	for name, batch := range map[string]*string{"order.paid": &f.paid, "order.completed": &f.settled} {
		err := f.db.QueryRowContext(ctx, "SELECT batch FROM events WHERE order_id = '"+f.order+"' AND name = '"+name+"'").Scan(batch)
		if err != nil {
			return fmt.Errorf("find the batch of the event %s: %w", name, err)
		}
	}
	return nil
}

// The expressions over s.i, the number of an order from 0. mix scatters the numbers below 2^32, each to another one.
const mix = "((%s) * 2654435761 %% 4294967296)"

// instant is when an order happened, microseconds UTC.
func (f *filler) instant(i string) string {
	step := int64(fillSpan/time.Microsecond) / int64(f.rows)
	return fmt.Sprintf("(%d + (%s) * %d)", f.created-step*int64(f.rows), i, max(step, 1))
}

// id is a UUID of version 7, as berth.IDs makes them, for an instant and a number; kind keeps sorts apart.
func (f *filler) id(i, kind string) string {
	at := f.instant(i)
	ms := fmt.Sprintf(f.hex, at+" / 1000", 12)
	return "(substr(" + ms + ", 1, 8) || '-' || substr(" + ms + ", 9, 4) || '-7' || " + fmt.Sprintf(f.hex, at+" % 1000 * 4", 3) +
		" || '-" + kind + "-' || " + fmt.Sprintf(f.hex, fmt.Sprintf(mix, i), 8) + " || " + fmt.Sprintf(f.hex, "("+i+") % 65536", 4) + ")"
}

// text puts the expressions for names in brackets.
func (f *filler) text(template string) string {
	block := fmt.Sprintf("s.i / %d * %d", fillBatch, fillBatch)
	alone := fmt.Sprintf("s.i / 2 %% %d", max(f.accounts, 1))
	return strings.NewReplacer(
		"[id]", f.id("s.i", "8000"),
		"[paid]", f.id(block, "8001"), "[settled]", f.id(block, "8002"),
		"[user]", "(CASE WHEN s.i % 2 = 0 OR "+fmt.Sprint(f.accounts)+" = 0 THEN '"+f.hot+"' ELSE 'account-' || "+fmt.Sprintf(f.pad, "("+alone+")", 4)+" END)",
		"[nth]", fmt.Sprintf("(CASE WHEN %d = 0 THEN s.i WHEN s.i %% 2 = 0 THEN s.i / 2 ELSE s.i / 2 / %d END + 1)", f.accounts, max(f.accounts, 1)),
		"[place]", fmt.Sprintf("(s.i %% %d)", fillBatch),
		"[mix]", fmt.Sprintf(f.hex, fmt.Sprintf(mix, "s.i"), 8), "[mix2]", fmt.Sprintf(f.hex, fmt.Sprintf(mix, "s.i + 7919"), 8),
		"[hex]", fmt.Sprintf(f.hex, "s.i", 8),
		"[stamp]", fmt.Sprintf(f.stamp, f.instant("s.i")),
		"[number]", fmt.Sprintf("(s.i + %d)", fillNumber), "[digits]", fmt.Sprintf(f.pad, "s.i", 8),
		"[template]", f.order, "[paid batch]", f.paid, "[settled batch]", f.settled,
	).Replace(template)
}

// copies tells for each table which rows are copied and what is put into them. Instants are moved by the distance
// of the two orders, and every other column is copied as it is.
var copies = []struct {
	table, from string
	columns     map[string]string
}{
	{"orders", "orders AS t JOIN wallets AS w ON w.user_id = [user] WHERE t.id = '[template]'", map[string]string{
		"id": "[id]", "service_id": "[id]", "user_id": "[user]", "number": "'CLOUD_' || [stamp] || '_' || [digits]",
		"name": "'server-' || [hex]", "provider_ref": "'sim-' || [number]", "server_no": "[number]",
		"balance_before": "w.balance - ([nth] - 1) * t.amount", "wake_at": "0"}},
	{"services", "services AS t WHERE t.id = '[template]'", map[string]string{
		"id": "[id]", "user_id": "[user]", "name": "'server-' || [hex]", "provider_ref": "'sim-' || [number]", "server_no": "[number]",
		"expires_at": "t.expires_at", "due_at": "t.due_at"}}, // as the order's terms say, and not before the measurement is over
	{"entries", "entries AS t JOIN wallets AS w ON w.user_id = [user] WHERE t.order_id = '[template]'", map[string]string{
		"user_id": "[user]", "order_id": "[id]", "seq": "w.seq + [nth]", "balance": "w.balance + [nth] * t.amount", "batch": "[paid]"}},
	{"events", "events AS t WHERE t.order_id = '[template]'", map[string]string{
		"batch": "CASE WHEN t.batch = '[paid batch]' THEN [paid] ELSE [settled] END", "n": fmt.Sprintf("t.n * %d + [place]", fillBatch),
		"user_id": "[user]", "order_id": "[id]", "service_id": "[id]"}},
	{"idempotency_keys", "idempotency_keys AS t WHERE t.order_id = '[template]' ORDER BY 1", map[string]string{
		"id": "[mix] || [mix2] || [hex]", "order_id": "[id]"}},
	{"batches", "batches AS t WHERE [place] = 0 AND t.id IN ('[paid batch]', '[settled batch]')", map[string]string{
		"id": "CASE WHEN t.id = '[paid batch]' THEN [paid] ELSE [settled] END",
		// Nobody has made their digests, so they are like batches from before there was a chain.
		"digest": "''", "seq": "-1", "hash": "''", "look_at": "0"}},
}

// chunk makes the orders from and to, with all that belongs to them.
func (f *filler) chunk(ctx context.Context, from, to int) error {
	var statements []string
	for _, c := range copies {
		columns, err := f.columns(ctx, c.table)
		if err != nil {
			return err
		}
		values := make([]string, len(columns))
		for i, name := range columns {
			switch put, ok := c.columns[name]; {
			case ok:
				values[i] = put
			case name == "at" || name == "answer_by" || strings.HasSuffix(name, "_at"):
				values[i] = fmt.Sprintf("CASE WHEN t.%s > 0 THEN t.%s + %s - %d ELSE 0 END", name, name, f.instant("s.i"), f.created)
			default:
				values[i] = "t." + name
			}
		}
		statements = append(statements, f.text(fmt.Sprintf("INSERT INTO %s (%s) WITH RECURSIVE s(i) AS (SELECT CAST(%d AS BIGINT)"+
			" UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT %s FROM s CROSS JOIN %s",
			c.table, strings.Join(columns, ", "), from, to, strings.Join(values, ", "), c.from)))
	}
	return f.inTransaction(ctx, statements...)
}

// columns are a table's, in its order.
func (f *filler) columns(ctx context.Context, table string) ([]string, error) {
	rows, err := f.db.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0") // #nosec G202 -- one of the names above
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	return names, rows.Err()
}

// wallets brings the balances to where the last entries left them.
func (f *filler) wallets() string {
	last := "(SELECT e.%s FROM entries AS e WHERE e.user_id = wallets.user_id ORDER BY e.seq DESC LIMIT 1)"
	return fmt.Sprintf("UPDATE wallets SET balance = "+last+", seq = "+last+" WHERE wallets.seq > 0", "balance", "seq")
}

func (f *filler) inTransaction(ctx context.Context, statements ...string) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, text := range statements {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%w\n%s", err, text)
		}
	}
	return tx.Commit()
}

// upkeep does what the database's own would do later, in the middle of a measurement.
func (f *filler) upkeep(ctx context.Context, engine string) error {
	conn, err := f.db.Conn(ctx) // not a transaction: none of these can be part of one
	if err != nil {
		return err
	}
	defer conn.Close()
	if engine == sqlite {
		_, err := conn.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
		return err
	}
	if _, err := conn.ExecContext(ctx, "VACUUM (ANALYZE)"); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "CHECKPOINT")
	return err
}

// roomFor refuses to fill a disk: size is what an order takes in bytes, tables, indexes and the log on the way.
func roomFor(dir string, rows int, size int64) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Clean(dir), &disk); err != nil {
		return err
	}
	free, need := int64(disk.Bavail)*disk.Bsize, int64(rows)*size // #nosec G115 -- a disk has fewer than 2^63 blocks
	if free < need {
		return fmt.Errorf("%d orders need about %d GB in %s, and %d GB are free: take fewer with -rows", rows, need/1e9, dir, free/1e9)
	}
	return nil
}
