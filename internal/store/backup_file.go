package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	sqlite3 "modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"
)

// backupPages is how many pages are copied between two looks at whether to go on: some megabytes.
const backupPages = 1024

// snapshotDSN names a file that is read and never written to. One at rest is read as a whole that can't change, which
// works in a folder that can't be written to and leaves nothing there; beside a write-ahead log SQLite itself must
// see to it that all commits are read.
func snapshotDSN(path string) string {
	q := url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", fmt.Sprintf("busy_timeout(%d)", sqliteBusy.Milliseconds())}}
	if !hasLog(path) {
		q.Set("immutable", "1")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// hasLog reports whether commits may be in a file beside the database.
func hasLog(path string) bool {
	for _, log := range []string{path + "-wal", path + "-journal"} {
		if _, err := os.Lstat(log); err == nil {
			return true
		}
	}
	return false
}

// copyPages copies the SQLite database that dsn names, as it is at one instant, into the empty file at path. It is
// SQLite's own online backup: others read and write the original meanwhile, and the copy is on the disk at the end.
func copyPages(ctx context.Context, dsn, path string, progress func(done, total int64)) (err error) {
	conn, err := (&sqlite3.Driver{}).Open(dsn)
	if err != nil {
		return fmt.Errorf("open the SQLite database: %w", err)
	}
	defer conn.Close()
	// Without a transaction around it the copy would begin anew at every commit beside it. The first read fixes what
	// the transaction sees.
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, "BEGIN", nil); err != nil {
		return err
	}
	if _, err := sqlitePragma(conn, "user_version"); err != nil {
		return unreadable(err)
	}
	// A crash leaves an unfinished copy, which is of no use anyway: so no journal, and one sync at the end.
	q := url.Values{"mode": {"rw"}, "_pragma": {"journal_mode(OFF)", "synchronous(OFF)"}}
	b, err := conn.(interface {
		NewBackup(uri string) (*sqlite3.Backup, error)
	}).NewBackup("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode())
	if err != nil {
		return fmt.Errorf("open the copy: %w", err)
	}
	for more := true; more && err == nil; {
		if err = ctx.Err(); err == nil {
			more, err = b.Step(backupPages)
		}
		progress(int64(b.PageCount()-b.Remaining()), int64(b.PageCount()))
	}
	if ended := b.Finish(); err == nil {
		err = ended
	}
	if err != nil {
		return fmt.Errorf("copy the database: %w", unreadable(err))
	}
	return syncFile(path)
}

// unreadable says in words what SQLite says of a file that isn't what it should be.
func unreadable(err error) error {
	var e *sqlite3.Error
	if errors.As(err, &e) && (e.Code()&0xff == sqlitecode.SQLITE_CORRUPT || e.Code()&0xff == sqlitecode.SQLITE_NOTADB) {
		return fmt.Errorf("the file is damaged, or no SQLite database: %w", err)
	}
	return err
}

// syncFile waits until a file, or a folder's list of names, is on the disk.
func syncFile(path string) error {
	f, err := os.Open(path) // #nosec G304 -- a file that this package made, or its folder
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// openCopy opens a copy for reading. Nobody else has it open.
func openCopy(path string) (*sqlReader, error) {
	db, err := sql.Open("sqlite", snapshotDSN(path))
	if err != nil {
		return nil, err
	}
	r := &sqlReader{db: db, dialect: sqliteDialect, tries: 1}
	r.clock = func(context.Context) (int64, error) { return time.Now().UnixMicro(), nil }
	return r, nil
}

// intact reads every page and every index, and refuses a file in which anything is out of place.
func (r *sqlReader) intact(ctx context.Context) error {
	var found string
	if err := r.db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return unreadable(err)
	}
	if found != "ok" {
		return fmt.Errorf("the file is damaged: %s", found)
	}
	return nil
}

// makePart makes an empty file beside path that only its owner may read: a copy has all that customers bought.
func makePart(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*") // CreateTemp gives 0600
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// dropPart removes what is left of an unfinished copy, with the files that SQLite and a migration put beside one.
func dropPart(part string) {
	for _, name := range []string{part, part + "-wal", part + "-shm", part + "-journal", part + ".migrate", part + ".lock"} {
		_ = os.Remove(name)
	}
}

// place gives a finished copy its name, which must be free until this very moment.
func place(part, path string) error {
	err := os.Link(part, path) // unlike a rename it never replaces a file
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s has come to be meanwhile, and nothing is ever replaced", path)
	case errors.Is(err, syscall.EPERM), errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.EMLINK):
		// A file system without links, as on some backup media.
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s has come to be meanwhile, and nothing is ever replaced", path)
		}
		err = os.Rename(part, path)
	}
	if err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}
