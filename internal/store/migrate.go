package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the database that a URL names to this program's schema and returns the versions before and after.
// A SQLite file is made when it isn't there. Several processes may call it at once: one does the work, the others
// wait for it. It refuses a database that a newer program has migrated.
func migrate(ctx context.Context, url string) (from, to int64, err error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		return migrateSQLite(ctx, rest)
	case "postgres", "postgresql":
		return migratePostgres(ctx, url)
	}
	return 0, 0, fmt.Errorf("a database is named by sqlite:PATH or postgres://..., not by %q", scheme)
}

func migrateSQLite(ctx context.Context, file string) (from, to int64, err error) {
	// SQLite's own locks end with each transaction, so the whole is locked by a file beside the database.
	release, err := waitLock(ctx, file+".migrate")
	if err != nil {
		return 0, 0, err
	}
	defer release()
	// Made here so that nobody else may read it: it holds what customers bought.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the operator names the database
	if err != nil {
		return 0, 0, fmt.Errorf("make the database file: %w", err)
	}
	_ = f.Close()
	db, err := sql.Open("sqlite", sqliteDSN(file))
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	want, err := programVersion()
	if err != nil {
		return 0, 0, err
	}
	// An older program that goes on serving would write rows that this one's don't go with, and nothing would tell it.
	if from, err = schemaVersion(ctx, db, sqliteDialect); err == nil && from > 0 && from < want {
		var served func()
		if served, err = lockServe(file); err == nil {
			defer served()
		}
	}
	if err != nil {
		return 0, 0, err
	}
	return migrateWith(ctx, db, sqliteDialect, goose.DialectSQLite3)
}

// waitLock takes a file's lock as soon as it's free.
func waitLock(ctx context.Context, file string) (release func(), err error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		release, err = flock(file, syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("another process is migrating: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
}

func migratePostgres(ctx context.Context, url string) (from, to int64, err error) {
	config, err := parsePostgres(url)
	if err != nil {
		return 0, 0, err
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	// Tried every second for five minutes: a migration may have much to do.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300), lock.WithUnlockTimeout(1, 60))
	if err != nil {
		return 0, 0, err
	}
	return migrateWith(ctx, db, postgresDialect, goose.DialectPostgres, goose.WithSessionLocker(locker))
}

// migrateWith runs what is missing, each migration in a transaction of its own.
func migrateWith(ctx context.Context, db *sql.DB, d *dialect, name goose.Dialect, options ...goose.ProviderOption) (from, to int64, err error) {
	if to, err = programVersion(); err != nil {
		return 0, 0, err
	}
	// Nothing to do takes no lock: that is every start but the first.
	if from, err = schemaVersion(ctx, db, d); err != nil || from == to {
		return from, from, err
	}
	if from > to {
		return from, from, newerSchema(from, to)
	}
	options = append(options, goose.WithDisableGlobalRegistry(true))
	p, err := goose.NewProvider(name, db, rendered{d}, options...)
	if err != nil {
		return from, from, err
	}
	if _, err := p.Up(ctx); err != nil {
		return from, from, fmt.Errorf("migrate: %w", err)
	}
	return from, to, nil
}

// programVersion is the version of this program's schema: the number of its newest migration.
func programVersion() (version int64, err error) {
	list, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(list) == 0 {
		return 0, fmt.Errorf("the program has no migrations: %w", err)
	}
	return goose.NumericComponent(list[len(list)-1])
}

// schemaVersion is the version of a database's schema, 0 for an empty database.
func schemaVersion(ctx context.Context, db *sql.DB, d *dialect) (version int64, err error) {
	var tables int64
	if err := db.QueryRowContext(ctx, d.versioned).Scan(&tables); err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	if tables == 0 {
		return 0, nil
	}
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version").Scan(&version)
	return version, err
}

// checkSchema refuses a database whose schema isn't this program's.
func (r *sqlReader) checkSchema(ctx context.Context) error {
	want, err := programVersion()
	if err != nil {
		return err
	}
	got, err := schemaVersion(ctx, r.db, r.dialect)
	switch {
	case err != nil:
		return err
	case got < want:
		return errOldSchema
	case got > want:
		return newerSchema(got, want)
	}
	return nil
}

func newerSchema(got, want int64) error {
	return fmt.Errorf("the database schema has version %d, this program knows %d: use a newer berth", got, want)
}

// rendered is the folder of migrations in one dialect's words.
type rendered struct{ dialect *dialect }

// postgresLines are for PostgreSQL alone.
var postgresLines = regexp.MustCompile(`(?m)^\{postgresql\} (.*)$`)

var textType = regexp.MustCompile(`\bTEXT\b`)

// Open renders a migration: every TEXT gets the dialect's order, and the marks behind a table its storage.
func (r rendered) Open(name string) (fs.File, error) {
	f, err := migrations.Open(path.Join("migrations", name))
	if err != nil || path.Ext(name) != ".sql" {
		return f, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	d := r.dialect
	text = postgresLines.ReplaceAll(text, []byte(d.postgresLine))
	text = textType.ReplaceAll(text, []byte("TEXT"+d.collate))
	words := strings.NewReplacer(" {key order}", spaced(d.keyOrder), " {hot rows}", spaced(d.hotRows),
		"{json object}", d.jsonObject, "{in a week}", strconv.FormatInt(time.Now().AddDate(0, 0, 7).UnixMicro(), 10)).Replace(string(text))
	return renderedFile{strings.NewReader(words), info}, nil
}

func spaced(words string) string {
	if words == "" {
		return ""
	}
	return " " + words
}

type renderedFile struct {
	*strings.Reader
	info fs.FileInfo
}

func (f renderedFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f renderedFile) Close() error               { return nil }
