package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"

	sqlite3 "modernc.org/sqlite"
)

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
	// The cache is small (4 MB): a commit that has split a page, as nearly each has, ends with SQLite's walk through all of it.
	conn, err := openSQLiteConn(sqliteDSN(path, "wal_autocheckpoint(0)", "cache_size(-4000)", "journal_size_limit(67108864)"))
	if err != nil {
		return nil, err
	}
	return &sqliteWriter{conn: conn, prepared: map[preparedKey]driver.Stmt{}}, nil
}

// close ends the statements first: with one that is left SQLite keeps the connection half open, and the write-ahead log
// stays beside the database.
func (w *sqliteWriter) close() (err error) {
	for _, st := range w.prepared {
		err = errors.Join(err, st.Close())
	}
	return errors.Join(err, w.conn.Close())
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
			_ = conn.Close()
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
		done, err := st.(driver.StmtExecContext).ExecContext(context.Background(), w.args[:args])
		if err == nil && do.exact {
			if n, _ := done.RowsAffected(); n != 1 {
				err = errMoved
			}
		}
		if err != nil {
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
