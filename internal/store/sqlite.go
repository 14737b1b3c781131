package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	sqlite3 "modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"

	"github.com/berth-host/berth"
)

// sqliteBusy is how long a statement waits for another process's transaction, such as an operator's command beside
// the server. It is below the batcher's deadline, so that the wait ends with a clear error.
const sqliteBusy = 8 * time.Second

// sqlite is the engine over one file on a local disk. One connection writes, and whoever holds the turn owns it; the
// readers have a pool of their own, and checkpoints a third connection.
type sqlite struct {
	*sqlReader
	path    string
	turn    chan struct{} // full while somebody may write
	writer  *sqliteWriter // owned by the holder of the turn; nil until it's needed and after a failure
	closed  bool          // owned by the holder of the turn
	sweeper *sqliteSweeper
	unlock  func()
}

var sqliteDialect = &dialect{
	begin:     "BEGIN IMMEDIATE", // a transaction that reads first and writes later fails at once when it lost a race
	rows:      func(f []field) string { return "VALUES (?" + strings.Repeat(", ?", max(0, len(f)-1)) + ")" },
	fromRows:  func([]field) string { return "" },
	row:       func(string) string { return "?" }, // nameless: a $1 is looked up by name at every binding
	any:       func(keys int) string { return "IN (?" + strings.Repeat(", ?", max(0, keys-1)) + ")" },
	keyOrder:  "WITHOUT ROWID", // the row is in its key's tree: a tenth more orders/s, a tenth less space
	hotRows:   "WITHOUT ROWID",
	versioned: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'",
	snapshot:  &sql.TxOptions{ReadOnly: true}, // deferred; its first read fixes what it sees
}

// openSQLite opens the database file at path, which must exist and be migrated.
func openSQLite(ctx context.Context, path string, o Options) (engine, error) {
	e := &sqlite{path: path, turn: make(chan struct{}, 1), unlock: func() {}}
	if err := e.open(ctx, o); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *sqlite) open(ctx context.Context, o Options) (err error) {
	if _, err := os.Stat(e.path); err != nil {
		return fmt.Errorf("there is no database at %s: 'berth migrate' makes one", e.path)
	}
	if o.Serve {
		unlock, err := lockServe(e.path)
		if err != nil {
			return err
		}
		e.unlock = unlock
	}
	db, err := sql.Open("sqlite", sqliteDSN(e.path, "query_only(1)"))
	if err != nil {
		return err
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	e.sqlReader = &sqlReader{db: db, dialect: sqliteDialect, tries: 1}
	e.clock = func(ctx context.Context) (int64, error) {
		// The database has no clock but this machine's; the read shows that it answers.
		_, err := e.number(ctx, currentVersion.template)
		return o.Now(), err
	}
	if err := e.checkSchema(ctx); err != nil {
		return err
	}
	if e.writer, err = openSQLiteWriter(e.path); err != nil {
		return err
	}
	e.sweeper, err = startSQLiteSweeper(e.path, e.turn, sweepPages)
	return err
}

// sqliteDSN names the file with all settings that a connection needs, and pragmas of its own.
func sqliteDSN(path string, pragmas ...string) string {
	q := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}}
	for _, p := range append(pragmas, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		fmt.Sprintf("busy_timeout(%d)", sqliteBusy.Milliseconds())) {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// sqlitePragmas are read back from each connection, because a driver may silently ignore what it doesn't know, and
// money depends on them: WAL and FULL make a commit durable before it's answered.
var sqlitePragmas = []struct{ name, want string }{
	{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}, {"busy_timeout", fmt.Sprint(sqliteBusy.Milliseconds())},
}

// begin takes the turn and loads. Waiting for other processes is bounded by busy_timeout.
func (e *sqlite) begin(ctx context.Context, need berth.Need) (_ tx, rows berth.Rows, version int64, err error) {
	w, err := e.take(ctx)
	if err != nil {
		return nil, berth.Rows{}, 0, err
	}
	if err = w.run(sqlBegin); err != nil {
		e.release()
		return nil, berth.Rows{}, 0, err
	}
	for _, s := range loads(&need, &rows, &version) {
		if err = w.do(s); err != nil {
			e.undo()
			e.release()
			return nil, berth.Rows{}, 0, err
		}
	}
	return (*sqliteTx)(e), rows, version, nil
}

// take waits for the turn and returns the writing connection.
func (e *sqlite) take(ctx context.Context) (*sqliteWriter, error) {
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the writing connection: %w", ctx.Err())
	}
	if e.closed {
		e.release()
		return nil, errors.New("the database is closed")
	}
	if e.writer == nil {
		w, err := openSQLiteWriter(e.path)
		if err != nil {
			e.release()
			return nil, err
		}
		e.writer = w
	}
	return e.writer, nil
}

func (e *sqlite) release() { <-e.turn }

// undo ends the transaction without a trace. A connection that can't even do that is closed, which does.
func (e *sqlite) undo() {
	if err := e.writer.run(sqlRollback); err != nil {
		e.drop()
	}
}

func (e *sqlite) drop() {
	e.writer.conn.Close()
	e.writer = nil
}

// sqliteTx is an open transaction: the engine itself, whose turn somebody holds.
type sqliteTx sqlite

func (t *sqliteTx) rollback() {
	e := (*sqlite)(t)
	e.undo()
	e.release()
}

func (t *sqliteTx) commit(_ context.Context, c *berth.Changes) error {
	e := (*sqlite)(t)
	defer e.release()
	steps, err := appends(c)
	for i := 0; err == nil && i < len(steps); i++ {
		err = e.writer.do(steps[i])
	}
	if err != nil {
		e.undo()
		return &failure{cause: err, again: sqliteAgain(err)}
	}
	return e.finish()
}

// finish commits. After an error the fate is unknown: the disk may have the transaction or not. A new connection
// reads the file afresh, so that what is found out later is what is on the disk.
func (e *sqlite) finish() error {
	err := e.writer.run(sqlCommit)
	if err != nil {
		e.undo()
		if e.writer != nil {
			e.drop()
		}
		return fmt.Errorf("commit: %w", err)
	}
	e.sweeper.commits.Add(1)
	return nil
}

func (e *sqlite) resolve(ctx context.Context, batch string, at int64) (committed bool, err error) {
	w, err := e.take(ctx)
	if err != nil {
		return false, err
	}
	defer e.release()
	if err := w.run(sqlBegin); err != nil {
		return false, err
	}
	var found []batchRow
	for _, s := range doubts(batch, at, &found) {
		if err := w.do(s); err != nil {
			e.undo()
			return false, err
		}
	}
	if err := e.finish(); err != nil {
		return false, err
	}
	return verdict(found)
}

// verdict reads the answer of doubts.
func verdict(found []batchRow) (committed bool, err error) {
	if len(found) != 1 {
		return false, fmt.Errorf("%d rows of one batch", len(found))
	}
	return !found[0].void, nil
}

// sqliteAgain tells whether a statement's error may go away by running the transaction again: a unique key that was
// taken by another call or process, or another process that held the file for too long.
func sqliteAgain(err error) bool {
	var e *sqlite3.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case sqlitecode.SQLITE_CONSTRAINT_UNIQUE, sqlitecode.SQLITE_CONSTRAINT_PRIMARYKEY:
		return true
	}
	return e.Code()&0xff == sqlitecode.SQLITE_BUSY
}

// close waits for the writer and leaves the file without a write-ahead log.
func (e *sqlite) close() (err error) {
	e.turn <- struct{}{}
	defer e.release()
	if e.closed {
		return nil
	}
	e.closed = true
	defer e.unlock()
	if e.sqlReader != nil {
		err = e.sqlReader.close()
	}
	if e.writer != nil {
		err = errors.Join(err, e.writer.conn.Close())
	}
	if e.sweeper != nil {
		err = errors.Join(err, e.sweeper.close())
	}
	return err
}

// sqliteWriter is the connection that writes. It speaks to the driver itself instead of through database/sql: there
// is no pool here that could give a statement to another connection or repeat it, and a batch's arguments reuse one
// slice.
type sqliteWriter struct {
	conn     driver.Conn
	prepared map[preparedKey]driver.Stmt
	args     []driver.NamedValue
	row      sqliteRow
}

type preparedKey struct {
	statement *statement
	keys      int
}

// keySizes are the lengths that a list of keys is filled up to, so that a handful of prepared statements serves all.
var keySizes = [...]int{1, 4, 16, 64}

func openSQLiteWriter(path string) (*sqliteWriter, error) {
	// No automatic checkpoint: it would run inside a commit and make that one slow. See sqliteSweeper.
	conn, err := openSQLiteConn(sqliteDSN(path, "wal_autocheckpoint(0)", "cache_size(-16000)", "journal_size_limit(67108864)"))
	if err != nil {
		return nil, err
	}
	return &sqliteWriter{conn: conn, prepared: map[preparedKey]driver.Stmt{}}, nil
}

// openSQLiteConn opens one connection and reads its settings back.
func openSQLiteConn(dsn string) (driver.Conn, error) {
	conn, err := (&sqlite3.Driver{}).Open(dsn)
	if err != nil {
		return nil, fmt.Errorf("open the SQLite database: %w", err)
	}
	for _, p := range sqlitePragmas {
		got, err := sqlitePragma(conn, p.name)
		if err == nil && got[0] != p.want {
			err = fmt.Errorf("SQLite has %s = %s instead of %s; the file must be on a local disk", p.name, got[0], p.want)
		}
		if err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// sqlitePragma reads a pragma's row as text.
func sqlitePragma(conn driver.Conn, pragma string) ([]string, error) {
	answer, err := conn.(driver.QueryerContext).QueryContext(context.Background(), "PRAGMA "+pragma, nil)
	if err != nil {
		return nil, fmt.Errorf("PRAGMA %s: %w", pragma, err)
	}
	defer answer.Close()
	row := make([]driver.Value, len(answer.Columns()))
	if err := answer.Next(row); err != nil {
		return nil, fmt.Errorf("PRAGMA %s: %w", pragma, err)
	}
	texts := make([]string, len(row))
	for i, v := range row {
		texts[i] = fmt.Sprint(v)
	}
	return texts, nil
}

// run executes a statement that takes and answers nothing.
func (w *sqliteWriter) run(s *statement) error {
	st, err := w.prepare(s, 0)
	if err == nil {
		_, err = st.(driver.StmtExecContext).ExecContext(context.Background(), nil)
	}
	return err
}

// prepare returns the statement for lists of so many keys. It is never done with a context that can end: the driver
// would start a goroutine for each call, and an interrupted connection is of no use.
func (w *sqliteWriter) prepare(s *statement, keys int) (driver.Stmt, error) {
	key := preparedKey{s, keys}
	if st := w.prepared[key]; st != nil {
		return st, nil
	}
	st, err := w.conn.(driver.ConnPrepareContext).PrepareContext(context.Background(), sqliteDialect.render(s, keys))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	w.prepared[key] = st
	return st, nil
}

// do runs a step: lists of keys in parts, rows one by one.
func (w *sqliteWriter) do(s step) error {
	do, n := s.statement(), s.rows()
	if do.any {
		for from := 0; from < n; {
			size := keySizes[len(keySizes)-1]
			for _, fits := range keySizes {
				if fits >= n-from {
					size = fits
					break
				}
			}
			for i := range size {
				w.bindText(i, s.text(min(from+i, n-1), 0)) // filled up with the last one
			}
			if err := w.send(s, size, size); err != nil {
				return err
			}
			from += size
		}
		return nil
	}
	for row := range n {
		for i, f := range do.fields {
			if f.text {
				w.bindText(i, s.text(row, i))
			} else {
				w.bindNumber(i, s.number(row, i))
			}
		}
		if err := w.send(s, 0, len(do.fields)); err != nil {
			return err
		}
	}
	return nil
}

// bindText and bindNumber set an argument. Many columns of a batch hold the same in every row, and a value that is
// there already needn't be allocated again.
func (w *sqliteWriter) bindText(i int, text string) {
	if w.room(i); w.args[i].Value != any(text) {
		w.args[i].Value = text
	}
}

func (w *sqliteWriter) bindNumber(i int, n int64) {
	if w.room(i); w.args[i].Value != any(n) {
		w.args[i].Value = n
	}
}

func (w *sqliteWriter) room(i int) {
	if i == len(w.args) {
		w.args = append(w.args, driver.NamedValue{Ordinal: i + 1})
	}
}

// send executes the step's statement with the bound arguments and hands its rows over.
func (w *sqliteWriter) send(s step, keys, args int) error {
	do := s.statement()
	st, err := w.prepare(do, keys)
	if err != nil {
		return err
	}
	if len(do.result) == 0 {
		if _, err := st.(driver.StmtExecContext).ExecContext(context.Background(), w.args[:args]); err != nil {
			return fmt.Errorf("%s: %w", do.name, err)
		}
		return nil
	}
	answer, err := st.(driver.StmtQueryContext).QueryContext(context.Background(), w.args[:args])
	if err != nil {
		return fmt.Errorf("%s: %w", do.name, err)
	}
	defer answer.Close()
	if len(w.row) < len(do.result) {
		w.row = make(sqliteRow, len(do.result))
	}
	for {
		switch err := answer.Next(w.row[:len(do.result)]); {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", do.name, err)
		}
		if err := s.take(w.row); err != nil {
			return err
		}
	}
}

// sqliteRow is one row as the driver gives it.
type sqliteRow []driver.Value

func (r sqliteRow) text(i int) (string, error) {
	if s, ok := r[i].(string); ok {
		return s, nil
	}
	return "", fmt.Errorf("%T instead of TEXT", r[i])
}

func (r sqliteRow) number(i int) (int64, error) {
	if n, ok := r[i].(int64); ok {
		return n, nil
	}
	return 0, fmt.Errorf("%T instead of BIGINT", r[i])
}
