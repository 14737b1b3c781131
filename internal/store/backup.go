package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/berth-host/berth"
)

// BackupOptions say how a copy of an SQLite database is made.
type BackupOptions struct {
	// Accept looks at the finished copy before it gets its name; an error leaves nothing behind. nil accepts any.
	Accept func(ctx context.Context, r berth.Reader, b Backup) error
	// Migrate brings a restored copy to this program's schema; the file that it's restored from stays as it is.
	Migrate bool
	// Progress is told what is being done, and how much of how much is done; nil for nobody.
	Progress func(what string, done, total int64)
}

// Backup is what a copy of an SQLite database holds.
type Backup struct {
	Size    int64 // bytes
	Schema  int64 // version of its schema
	Program int64 // version of this program's schema
	// Tables and Report are there when the two versions are the same: another schema can't be read.
	Tables []TableRows
	Report *berth.Report
}

// Rows is how many rows all tables have.
func (b Backup) Rows() int64 { return totalRows(b.Tables) }

// ErrNotSQLite is returned for a database of another kind, which has tools of its own for this.
var ErrNotSQLite = errors.New("this is for SQLite only")

// MakeBackup copies the SQLite database that url names into a new file at path, beside a busy server: everything as it
// is at one instant. The copy is complete, on the disk and checked when the file has its name; until then, and after
// an error, there is no such file.
func MakeBackup(ctx context.Context, url, path string, o BackupOptions) (Backup, error) {
	source, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return Backup{}, ErrNotSQLite
	}
	if _, err := os.Stat(source); err != nil {
		return Backup{}, fmt.Errorf("there is no database at %s", source)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return Backup{}, fmt.Errorf("there is a file %s already: a backup never replaces one", path)
	}
	return copyFile(ctx, sqliteDSN(source, "query_only(1)"), path, o, func(part string) error { return place(part, path) })
}

// Restore copies a backup at path into a new SQLite database. The database must not exist; it has its name when it is
// complete, on the disk and checked. The backup is only read.
func Restore(ctx context.Context, path, url string, o BackupOptions) (Backup, error) {
	target, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return Backup{}, ErrNotSQLite
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return Backup{}, fmt.Errorf("there is no backup at %s", path)
	}
	if err := vacant(target); err != nil {
		return Backup{}, err
	}
	return copyFile(ctx, snapshotDSN(path), target, o, func(part string) error { return settle(ctx, part, target) })
}

// vacant refuses a place where a database is, or where one has left commits behind: SQLite would replay them into
// whatever gets the name.
func vacant(target string) error {
	if info, err := os.Lstat(target); err == nil && (info.Size() > 0 || !info.Mode().IsRegular()) {
		return fmt.Errorf("there is a database at %s already: a restore never replaces one. Name another place, or move it away, with all files whose names begin like its own but the key", target)
	}
	if hasLog(target) {
		return fmt.Errorf("the log of another database is at %s-wal or %s-journal: move it away first", target, target)
	}
	return nil
}

// settle gives a restored copy its name, while nobody serves or migrates a database of that name.
func settle(ctx context.Context, part, target string) error {
	unlock, err := lockServe(target)
	if err != nil {
		return err
	}
	defer unlock()
	release, err := waitLock(ctx, target+".migrate")
	if err != nil {
		return err
	}
	defer release()
	if err := vacant(target); err != nil { // again, now that it stays so
		return err
	}
	if info, err := os.Lstat(target); err == nil && info.Size() == 0 {
		if err := os.Remove(target); err != nil {
			return err
		}
	}
	return place(part, target)
}

// copyFile makes a checked copy under a name of its own and hands it to finish.
func copyFile(ctx context.Context, dsn, path string, o BackupOptions, finish func(part string) error) (b Backup, err error) {
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	part, err := makePart(path)
	if err != nil {
		return b, err
	}
	defer dropPart(part)
	if err := copyPages(ctx, dsn, part, func(done, total int64) { o.Progress("Copying", done, total) }); err != nil {
		return b, err
	}
	if b, err = inspect(ctx, part, o); err != nil {
		return b, err
	}
	if err := ctx.Err(); err != nil {
		return b, err
	}
	return b, finish(part)
}

// inspect checks a copy: the file first, then its schema, then its books, then whatever the caller wants of it.
func inspect(ctx context.Context, part string, o BackupOptions) (b Backup, err error) {
	o.Progress("Checking", 0, 0)
	if b, err = examine(ctx, part); err != nil {
		return b, err
	}
	if b.Schema < b.Program && o.Migrate {
		if _, _, err := migrateSQLite(ctx, part); err != nil {
			return b, err
		}
		if err := syncFile(part); err != nil {
			return b, err
		}
		b.Schema = b.Program
	}
	info, err := os.Stat(part)
	if err != nil {
		return b, err
	}
	b.Size = info.Size()
	r, err := openCopy(part)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if b.Schema == b.Program {
		if err := b.read(ctx, r, o); err != nil {
			return b, err
		}
	}
	if o.Accept != nil {
		return b, o.Accept(ctx, r, b)
	}
	return b, nil
}

// examine refuses a file that is damaged, and one that this program knows nothing of.
func examine(ctx context.Context, part string) (b Backup, err error) {
	if b.Program, err = programVersion(); err != nil {
		return b, err
	}
	r, err := openCopy(part)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.intact(ctx); err != nil {
		return b, err
	}
	if b.Schema, err = schemaVersion(ctx, r.db, r.dialect); err != nil {
		return b, err
	}
	if b.Schema == 0 {
		return b, errors.New("it holds no database of Berth")
	}
	if b.Schema > b.Program {
		return b, newerSchema(b.Schema, b.Program)
	}
	return b, nil
}

// read counts the rows of a copy and proves its books.
func (b *Backup) read(ctx context.Context, r *sqlReader, o BackupOptions) error {
	tx, err := r.db.BeginTx(ctx, r.dialect.snapshot)
	if err != nil {
		return err
	}
	b.Tables, _, err = countTables(ctx, tx)
	if err = errors.Join(err, tx.Rollback()); err != nil {
		return err
	}
	report, err := berth.Verify(ctx, r, berth.Head{}, func(done, total int64) { o.Progress("Verifying", done, total) })
	b.Report = &report
	return err
}
