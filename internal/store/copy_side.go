package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/berth-host/berth"
)

// moverName is the application_name of a move's own connections.
const moverName = "berth move"

// commitWait bounds the answer of a move's COMMIT, which otherwise waits for ever for a standby that is away.
const commitWait = time.Minute

// moveSettings are what a move's connections tell PostgreSQL: a copy takes as long as it takes, but a lock that
// somebody else holds means that the database is in use.
var moveSettings = map[string]string{
	"lock_timeout":                        "10s",
	"statement_timeout":                   "0",
	"idle_in_transaction_session_timeout": "0",
	"application_name":                    moverName,
	"jit":                                 "off",
}

// side is one of the two databases of a move: one connection with one transaction, which keeps everybody else from
// writing until it ends.
type side struct {
	url     string
	dialect *dialect
	db      *sql.DB
	conn    *sql.Conn
	tx      *sql.Tx       // nil outside of begin and commit
	notices *atomic.Int64 // that a PostgreSQL server has sent; nil on SQLite
	unlock  func()
	name    string // that servers of this database give their sessions, on PostgreSQL
	force   bool   // whether somebody serves it isn't asked
}

// openSide locks the database that url names against serving, and connects. Its schema must be this program's.
func openSide(ctx context.Context, url string, force bool) (*side, error) {
	s := &side{url: url, unlock: func() {}, force: force}
	var err error
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		err = s.openSQLite(ctx, rest)
	case "postgres", "postgresql":
		err = s.openPostgres(ctx)
	default:
		err = fmt.Errorf("a database is moved from and to sqlite:PATH or postgres://..., not %q", scheme)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *side) openSQLite(ctx context.Context, path string) (err error) {
	s.dialect = sqliteDialect
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no database at %s", path)
	}
	if s.unlock, err = lockServe(path); err != nil {
		s.unlock = func() {}
		return err
	}
	if s.db, err = sql.Open("sqlite", sqliteDSN(path)); err != nil {
		return err
	}
	if err := (&sqlReader{db: s.db, dialect: s.dialect}).checkSchema(ctx); err != nil {
		return err
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return fmt.Errorf("open the SQLite database: %w", err)
	}
	for _, p := range sqlitePragmas {
		var got string
		if err := s.conn.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil || got != p.want {
			return fmt.Errorf("SQLite has %s = %q instead of %s; the file must be on a local disk: %w", p.name, got, p.want, err)
		}
	}
	return nil
}

// openPostgres connects. The driver answers a lost connection by asking the server, over another one, to cancel what
// the first is doing, which would turn a COMMIT that waits for its standby into one that never was on it. So after
// the pool's one connection is made nothing dials any more.
func (s *side) openPostgres(ctx context.Context) error {
	config, err := parsePostgres(s.url)
	if err != nil {
		return err
	}
	s.dialect, s.notices = postgresDialect, &atomic.Int64{}
	s.name = config.RuntimeParams["application_name"]
	for name, value := range moveSettings {
		config.RuntimeParams[name] = value
	}
	var made atomic.Bool
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) { s.notices.Add(1) }
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if made.Load() {
			return nil, errors.New("the connection to the database was lost")
		}
		return pgDialer.DialContext(ctx, network, address)
	}
	s.db = stdlib.OpenDB(*config)
	s.db.SetMaxOpenConns(1)
	if err := s.db.PingContext(ctx); err != nil {
		return err
	}
	made.Store(true)
	if err := (&sqlReader{db: s.db, dialect: s.dialect}).checkSchema(ctx); err != nil {
		return err
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	return s.unserved(ctx)
}

// partingWait is how long sessions may take to end that their clients have closed already.
const partingWait = 3 * time.Second

// unserved refuses a PostgreSQL database that other sessions of Berth are connected to. There is no lock file here:
// what is connected is what the server tells.
func (s *side) unserved(ctx context.Context) error {
	if s.force {
		return nil
	}
	late := time.NewTimer(partingWait)
	defer late.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		// Within a transaction the server would show the same sessions again and again.
		if _, err := s.conn.ExecContext(ctx, "SELECT pg_stat_clear_snapshot()"); err != nil {
			return fmt.Errorf("look who else is connected: %w", err)
		}
		var sessions int64
		var from string
		err := s.conn.QueryRowContext(ctx, `SELECT count(*), coalesce(string_agg(DISTINCT coalesce(host(client_addr), 'local'), ', '), '')
			FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('berth', $1, '`+moverName+`')
			AND pid <> pg_backend_pid()`, s.name).Scan(&sessions, &from)
		if err != nil {
			return fmt.Errorf("look who else is connected: %w", err)
		}
		if sessions == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return fmt.Errorf("sessions of berth are connected to this database (%d, from %s): stop every server and command of it first", sessions, from)
		}
	}
}

// begin opens the transaction that nobody else writes beside. It isn't bound to ctx, which database/sql would answer
// by a rollback at any moment, also in the middle of a COMMIT; the statements are.
func (s *side) begin(ctx context.Context) (err error) {
	lasting := context.WithoutCancel(ctx)
	if s.notices == nil {
		if s.tx, err = s.conn.BeginTx(lasting, nil); err != nil { // BEGIN IMMEDIATE: see sqliteDSN
			return fmt.Errorf("somebody else writes to the database: %w", err)
		}
		return nil
	}
	if s.tx, err = s.conn.BeginTx(lasting, &sql.TxOptions{Isolation: sql.LevelRepeatableRead}); err != nil {
		return err
	}
	// First of all, since the snapshot is taken by the first statement that reads.
	// Plain reads go on; a server that starts now waits with its first write, and gives up.
	if _, err := s.tx.ExecContext(ctx, "LOCK TABLE "+tableNames()+" IN EXCLUSIVE MODE"); err != nil {
		return fmt.Errorf("somebody else writes to the database, or it is both source and target: %w", err)
	}
	return s.unserved(ctx) // who came between the first look and the lock
}

// commit ends the transaction. After an error nobody knows whether it happened.
func (s *side) commit() error {
	tx := s.tx
	s.tx = nil
	if s.notices == nil {
		return tx.Commit()
	}
	err := s.conn.Raw(func(c any) error {
		return c.(*stdlib.Conn).Conn().PgConn().Conn().SetDeadline(time.Now().Add(commitWait))
	})
	before := s.notices.Load()
	if err = errors.Join(err, tx.Commit()); err == nil && s.notices.Load() != before {
		// So the server says that somebody ended its waiting for the standby.
		err = errors.New("the commit came with a warning: it may not have reached the standby")
	}
	return err
}

// close gives up what wasn't committed, and lets others in.
func (s *side) close() (err error) {
	if s.tx != nil {
		_ = s.tx.Rollback() // fails only with the connection, whose end does the same
		s.tx = nil
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	if s.db != nil {
		err = s.db.Close()
	}
	s.unlock()
	return err
}

// empty reports whether no table has a row but the one that the migrations make: the head of a chain without links.
func (s *side) empty(ctx context.Context) (bool, error) {
	for _, t := range copyTables {
		rest := ""
		if t.name == meta.name {
			rest = " WHERE name <> '" + berth.MetaChain + "' OR value <> '" + berth.Head{}.String() + "'"
		}
		var there int64
		// #nosec G202 -- words of this package
		err := s.tx.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+t.name+rest+" LIMIT 1) AS t").Scan(&there)
		if err != nil {
			return false, fmt.Errorf("look into %s: %w", t.name, err)
		}
		if there > 0 {
			return false, nil
		}
	}
	return true, nil
}

// clear makes room for the source's rows: what the migrations have put there.
func (s *side) clear(ctx context.Context) error {
	_, err := s.tx.ExecContext(ctx, "DELETE FROM meta")
	return err
}

// load writes all rows of a stream into its table.
func (s *side) load(ctx context.Context, rows *rowStream) error {
	if s.notices == nil {
		return s.insert(ctx, rows)
	}
	columns := strings.Split(names(rows.table.insert.fields), ", ")
	return s.conn.Raw(func(c any) error {
		_, err := c.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{rows.table.name}, columns, rows)
		return err
	})
}

// insert is load by one prepared statement.
func (s *side) insert(ctx context.Context, rows *rowStream) error {
	st, err := s.tx.PrepareContext(ctx, s.dialect.render(rows.table.insert, 0))
	if err != nil {
		return err
	}
	defer st.Close()
	for rows.Next() {
		if _, err := st.ExecContext(ctx, rows.values...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// mark writes a row of meta within the transaction. No digest of a batch covers meta, so it needs no batch.
func (s *side) mark(ctx context.Context, name, value string) error {
	_, err := s.tx.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}

// marked reads the mark that a move has left, "" for none.
func (s *side) marked(ctx context.Context) (mark string, err error) {
	err = s.tx.QueryRowContext(ctx, "SELECT coalesce(max(value), '') FROM meta WHERE name = '"+berth.MetaMoved+"'").Scan(&mark)
	return mark, err
}
