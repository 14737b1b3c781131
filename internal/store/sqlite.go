package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	begin:      "BEGIN IMMEDIATE", // a transaction that reads first and writes later fails at once when it lost a race
	rows:       func(s *statement) string { return "VALUES (?" + strings.Repeat(", ?", max(0, len(s.fields)-1)) + ")" },
	fromRows:   func(*statement) string { return "" },
	row:        func(*statement, int) string { return "?" }, // nameless: a $1 is looked up by name at every binding
	any:        func(keys int) string { return "IN (?" + strings.Repeat(", ?", max(0, keys-1)) + ")" },
	end:        func(*statement) string { return "" }, // see sqliteWriter.send
	among:      func(query string) string { return "IN (" + query + ")" },
	jsonObject: "json_object",
	share:      "1", // one transaction writes at a time
	own:        "1",
	keyOrder:   "WITHOUT ROWID", // the row is in its key's tree: a tenth more orders/s, a tenth less space
	hotRows:    "WITHOUT ROWID",
	versioned:  "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'",
	snapshot:   &sql.TxOptions{ReadOnly: true}, // deferred; its first read fixes what it sees
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
	_ = e.writer.close()
	e.writer = nil
}

// sqliteTx is an open transaction: the engine itself, whose turn somebody holds.
type sqliteTx sqlite

// release has nothing to wait for: what can be read of a file is on its disk.
func (t *sqliteTx) release() error {
	t.rollback()
	return nil
}

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
	var found []berth.Batch
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
func verdict(found []berth.Batch) (committed bool, err error) {
	if len(found) != 1 {
		return false, fmt.Errorf("%d rows of one batch", len(found))
	}
	return !found[0].Void, nil
}

// sqliteAgain tells whether a statement's error may go away by running the transaction again: a unique key that was
// taken by another call or process, an order that its holder doesn't know as it is, or another process that held the file for too long.
func sqliteAgain(err error) bool {
	if errors.Is(err, errMoved) {
		return true
	}
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
		err = errors.Join(err, e.writer.close())
	}
	if e.sweeper != nil {
		err = errors.Join(err, e.sweeper.close())
	}
	return err
}
