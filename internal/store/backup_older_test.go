package store

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
)

// atVersion makes an SQLite database as an older program has left it.
func atVersion(t *testing.T, version int64) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "older.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectSQLite3, db, rendered{sqliteDialect}, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	return path
}

// A backup of an older program is told apart; its copy can be migrated, and the backup stays as it was. One of a newer
// program is refused.
func TestRestoreOtherSchemas(t *testing.T) {
	newest, err := programVersion()
	if err != nil {
		t.Fatal(err)
	}
	older := atVersion(t, 1)
	target := func() string { return "sqlite:" + filepath.Join(t.TempDir(), "berth.db") }
	b, err := Restore(t.Context(), older, target(), BackupOptions{})
	if err != nil || b.Schema != 1 || b.Program != newest || b.Report != nil {
		t.Errorf("as it is: got %+v, %v, want version 1 unproven", b, err)
	}
	url := target()
	b, err = Restore(t.Context(), older, url, BackupOptions{Migrate: true})
	if err != nil || b.Schema != newest || b.Report == nil {
		t.Errorf("migrated: got %+v, %v, want version %d proven", b, err, newest)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(strings.TrimPrefix(url, "sqlite:")), "*part*"))
	if err != nil || len(left) > 0 {
		t.Errorf("got %v, %v left", left, err)
	}
	s, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if b, err = Restore(t.Context(), older, target(), BackupOptions{}); err != nil || b.Schema != 1 {
		t.Errorf("the backup afterwards: got %+v, %v, want version 1 still", b, err)
	}

	newer := rawDB(t, "sqlite", older)
	_, err = newer.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
	if err := errors.Join(err, newer.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), older, target(), BackupOptions{Migrate: true}); err == nil || !strings.Contains(err.Error(), "use a newer berth") {
		t.Errorf("of a newer program: got %v", err)
	}
}
