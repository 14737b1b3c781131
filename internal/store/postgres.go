package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/berth-host/berth"
)

// postgres is the engine over a PostgreSQL server, or over several of which one takes writes. Writes go through a few
// connections of its own that nothing else touches, reads through a pool.
//
// No error is ever judged by what the driver says about repeating it. What counts is the stage: until COMMIT was sent
// nothing has happened; afterwards only the answer of COMMIT says what did.
type postgres struct {
	*sqlReader
	writers *pgWriters
	wait    time.Duration // for the answer of a commit
}

// catalogueLock is the number of the advisory lock on the current version of the catalogue.
const catalogueLock = "7019267256"

var postgresDialect = &dialect{
	begin:     "BEGIN ISOLATION LEVEL READ COMMITTED", // whatever the server's default is
	forUpdate: " FOR UPDATE",
	rows: func(s *statement) string {
		columns := make([]string, len(s.fields))
		for i := range s.fields {
			columns[i] = "r." + s.fields[i].name
		}
		return "SELECT " + strings.Join(columns, ", ") + pgRows(s)
	},
	fromRows: pgRows,
	row: func(s *statement, i int) string {
		if s.table == "" {
			return fmt.Sprintf("$%d", i+1)
		}
		return "r." + s.fields[i].name
	},
	any:     func(int) string { return "= ANY ($1::text[])" },
	among:   func(query string) string { return "= ANY (ARRAY(" + query + "))" }, // as a join it might be begun at its other end
	exactly: "WITH done AS (",
	end: func(s *statement) string { // see pgMoved
		return " RETURNING 1) SELECT 1 / (count(*) = cardinality($1::" + s.table + "[]))::int FROM done"
	},
	jsonObject:   "json_build_object",
	share:        "1::bigint FROM pg_advisory_xact_lock_shared(" + catalogueLock + ")",
	own:          "1::bigint FROM pg_advisory_xact_lock(" + catalogueLock + ")",
	keyOrder:     "",
	hotRows:      "WITH (fillfactor = 50)", // an update finds room in its own page, and leaves the indexes alone
	postgresLine: "$1",
	collate:      ` COLLATE "C"`,
	versioned:    "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'goose_db_version'",
	snapshot:     &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	whole:        pgWholeTables,
}

// pgRows is one array of rows of the table's own type as a source. An array a column would cost several times as much:
// the server keeps each of them in a store of its own and puts every row together from all of these.
func pgRows(s *statement) string { return " FROM unnest($1::" + s.table + "[]) AS r" }

// pgReaders is how many connections read at most. All of them stay open: with many users at once the reads come in
// bursts, and connecting costs the server ten times what a read does.
const pgReaders = 16

// openPostgres connects to the server that url names; its database must be migrated.
func openPostgres(ctx context.Context, url string, o Options) (engine, error) {
	config, err := parsePostgres(url)
	if err != nil {
		return nil, err
	}
	e := &postgres{wait: o.Deadline, writers: newPgWriters(&config.Config, o.Deadline)}
	// A reader's plan is made anew each time: one that was made while a table was empty would scan it when it's full.
	reading := config.Copy()
	reading.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	maps.Copy(reading.RuntimeParams, pgPlanning)
	db := stdlib.OpenDB(*reading)
	db.SetMaxOpenConns(pgReaders)
	db.SetMaxIdleConns(pgReaders)
	r := &sqlReader{db: db, dialect: postgresDialect, tries: 1 + pgReaders}
	r.clock = func(ctx context.Context) (int64, error) {
		return r.number(ctx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
	}
	e.sqlReader = r
	if err := e.checkSchema(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

// parsePostgres reads a URL. The driver's own errors may repeat it, with the password in it, so they are not passed on.
func parsePostgres(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database URL can't be read: it must be like postgres://user:password@host:5432/name?sslmode=disable, with special characters in the password as %XX")
	}
	if config.ValidateConnect == nil {
		// Also without target_session_attrs in the URL: a server that was demoted must not be asked for balances.
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "berth"
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 2 * time.Second
	}
	config.DialFunc = pgDialer.DialContext
	return config, nil
}

// close closes all connections. Nobody may be writing.
func (e *postgres) close() error {
	e.writers.close()
	return e.sqlReader.close()
}

// begin has nothing to ask when nothing is to be loaded: the transaction then begins with its appends, in one round trip.
func (e *postgres) begin(ctx context.Context, need berth.Need) (_ tx, rows berth.Rows, version int64, err error) {
	w, err := e.writers.take(ctx)
	if err != nil {
		return nil, berth.Rows{}, 0, err
	}
	steps := loads(&need, &rows, &version)
	if len(steps) == 0 {
		return &postgresTx{e, w, sqlBegin}, rows, version, nil
	}
	if err := w.transact(deadlineOf(ctx, e.wait), sqlBegin, steps, nil); err != nil {
		e.discard(w, err)
		return nil, berth.Rows{}, 0, err.cause
	}
	return &postgresTx{e, w, nil}, rows, version, nil
}

// deadlineOf is the context's deadline, or after wait when it has none.
func deadlineOf(ctx context.Context, wait time.Duration) time.Time {
	if at, ok := ctx.Deadline(); ok {
		return at
	}
	return time.Now().Add(wait)
}

type postgresTx struct {
	engine *postgres
	writer *pgWriter
	first  *statement // what begins the transaction, nil when it was begun
}

func (t *postgresTx) rollback() {
	if t.first != nil {
		t.engine.writers.put(t.writer)
		return
	}
	t.engine.undo(t.writer)
}

// release commits, which waits for the standby: the row locks are in the log behind what was read. A rollback would
// not wait, and tell of an order that only the primary knows yet.
func (t *postgresTx) release() error { return t.engine.finish(t.writer, t.first, nil) }

// discard ends a transaction whose statement failed. When a connection died the idle ones likely did, too, and the
// next try needs a fresh one.
func (e *postgres) discard(w *pgWriter, err *trouble) {
	if pg := err.answered(); pg != nil && pgOrdinary(pg) {
		e.undo(w)
		return
	}
	e.writers.drop(w)
	e.writers.dropIdle()
}

// undo rolls back, or closes the connection, which does.
func (e *postgres) undo(w *pgWriter) {
	if err := w.transact(time.Now().Add(e.wait), sqlRollback, nil, nil); err != nil {
		e.writers.drop(w)
		return
	}
	e.writers.put(w)
}

// commit has a deadline of its own, because no other ends it: while the synchronous standby is away COMMIT waits for
// ever, and neither statement_timeout nor a closed connection stops the server from waiting.
func (t *postgresTx) commit(_ context.Context, c *berth.Changes) error {
	steps, err := appends(c)
	if err != nil {
		t.rollback()
		return &failure{cause: err}
	}
	return t.engine.finish(t.writer, t.first, steps)
}

// finish runs the last steps of a transaction and commits. See tx.commit for its errors.
func (e *postgres) finish(w *pgWriter, first *statement, steps []step) error {
	err := w.transact(time.Now().Add(e.wait), first, steps, sqlCommit)
	if err == nil {
		e.writers.put(w)
		return nil
	}
	e.discard(w, err)
	if pg := err.answered(); pg != nil {
		return &failure{cause: err.cause, again: pgAgain(pg)}
	}
	return fmt.Errorf("commit: %w", err.cause)
}

// resolve needs one round trip. While the server still waits with the batch's COMMIT the insert waits too, and
// lock_timeout ends it.
func (e *postgres) resolve(ctx context.Context, batch string, at int64) (committed bool, err error) {
	w, err := e.writers.take(ctx)
	if err != nil {
		return false, err
	}
	var found []berth.Batch
	if err := e.finish(w, sqlBegin, doubts(batch, at, &found)); err != nil {
		return false, err
	}
	return verdict(found)
}

// lostConnection tells that a read failed because its connection is gone: it broke, or the server said that it ends it.
func lostConnection(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "57P")
	}
	var broken *net.OpError
	return errors.As(err, &broken) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// pgMoved is the server's way to refuse an exact statement whose rows aren't all there: it divides by zero, which fails
// the transaction before its COMMIT is read from the same pipeline. Nothing else here divides.
const pgMoved = "22012"

// pgMigrated is the server's way to refuse rows that lack a column which their table has got since the connection was made.
const pgMigrated = "42804"

// pgOrdinary are the refusals after which the connection is as good as before: somebody else was faster, or a check
// held. After any other it is closed, since the next one may lead to a better server.
func pgOrdinary(e *pgconn.PgError) bool {
	switch e.Code {
	case "40001", "40P01", "55P03", "57014", pgMoved:
		return true
	}
	return strings.HasPrefix(e.Code, "23")
}

// pgAgain tells whether a statement's error may go away by running the transaction again.
func pgAgain(e *pgconn.PgError) bool {
	switch e.Code {
	case "40001", // serialization failure
		"40P01",                   // deadlock
		pgMoved,                   // an order was changed by somebody else than its holder
		pgMigrated,                // a new connection knows the table as it is now
		"55P03",                   // lock_timeout
		"57014",                   // statement_timeout
		"23505",                   // a unique key that another process took
		"25006",                   // the server became a standby
		"25P03",                   // idle_in_transaction_session_timeout: this process was paused
		"57P01", "57P02", "57P03": // the server stops or starts
		return true
	}
	return false
}
