package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/berth-host/berth"
)

// MoveOptions say how a move is done.
type MoveOptions struct {
	Mark  string // what the source says of itself afterwards, see berth.MetaMoved; "" leaves it as it is
	Force bool   // PostgreSQL: go on although other sessions of Berth seem to be connected
	// Progress is told what is being done, and how many rows of how many (estimated) are done; nil for nobody.
	Progress func(what string, done, total int64)
}

// Moved is a finished move.
type Moved struct {
	Tables   []TableRows
	Report   berth.Report // of the target's books, which are those of the source
	Migrated bool         // the target had no tables before
	Existing bool         // the whole copy was there already, from a move that was cut short after its commit
}

// Rows is how many rows all tables have.
func (m Moved) Rows() int64 { return totalRows(m.Tables) }

func totalRows(tables []TableRows) (total int64) {
	for _, t := range tables {
		total += t.Rows
	}
	return total
}

// Move copies everything from one database into another that is empty, proves the copy, and marks the source, so that
// it isn't served beside its copy. Neither may be served meanwhile, and nobody can write to either.
//
// The target gets everything in one transaction: after an error it is empty, and the source is as it was. Once the
// target's COMMIT was sent that may be unknown; then, and when the end of the move fails behind it, a second Move
// finds the copy in place, proves it and finishes.
func Move(ctx context.Context, from, to string, o MoveOptions) (Moved, error) {
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	m := &mover{MoveOptions: o}
	if from == to {
		return m.moved, errors.New("source and target are the same database")
	}
	err := m.run(ctx, from, to)
	return m.moved, err
}

type mover struct {
	MoveOptions
	moved          Moved
	source, target *side
	total          int64
}

func (m *mover) run(ctx context.Context, from, to string) (err error) {
	if m.source, err = openSide(ctx, from, m.Force); err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	defer func() { err = errors.Join(err, m.source.close()) }()
	books, err := m.readSource(ctx)
	if err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	if m.moved.Migrated, err = migrateEmpty(ctx, to); err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	if m.target, err = openSide(ctx, to, m.Force); err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	defer func() { err = errors.Join(err, m.target.close()) }()
	if err := m.fill(ctx); err != nil {
		return err
	}
	// From here on the target has the copy, whatever happens.
	if err := m.finish(ctx, books); err != nil {
		return fmt.Errorf("the target has the whole copy, but the move isn't finished: %w. Run the same command again, it goes on from here; until then serve neither of the two", err)
	}
	return nil
}

// readSource opens the transaction that fixes what is copied, and proves its books: what is wrong in them is to be
// found where it came to be, not in a copy.
func (m *mover) readSource(ctx context.Context) (books berth.Report, err error) {
	if err := m.source.begin(ctx); err != nil {
		return books, err
	}
	if mark, err := m.source.marked(ctx); err != nil {
		return books, err
	} else if mark != "" {
		return books, fmt.Errorf("it was moved already: %s", mark)
	}
	if m.moved.Tables, m.total, err = countTables(ctx, m.source.tx); err != nil {
		return books, err
	}
	return m.prove(ctx, m.source.url, "Verifying the source")
}

// migrateEmpty makes the tables in a database that has none at all. Any other is migrated by who knows of it.
func migrateEmpty(ctx context.Context, url string) (bool, error) {
	version, err := schemaAt(ctx, url)
	if err != nil || version > 0 {
		return false, err
	}
	_, _, err = migrate(ctx, url)
	return err == nil, err
}

// schemaAt is the version of the schema that a URL's database has, 0 when it has none or isn't there.
func schemaAt(ctx context.Context, url string) (int64, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			return 0, nil
		}
		db, err := sql.Open("sqlite", sqliteDSN(path))
		if err != nil {
			return 0, err
		}
		defer db.Close()
		return schemaVersion(ctx, db, sqliteDialect)
	}
	config, err := parsePostgres(url)
	if err != nil {
		return 0, err
	}
	config.RuntimeParams["application_name"] = moverName
	db := stdlib.OpenDB(*config)
	defer db.Close()
	return schemaVersion(ctx, db, postgresDialect)
}

// fill copies the rows and commits them, unless they are there already.
func (m *mover) fill(ctx context.Context) error {
	if err := m.target.begin(ctx); err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	empty, err := m.target.empty(ctx)
	if err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	var prints []imprint
	if empty {
		prints, err = m.copy(ctx)
	} else if err = m.sizesAlike(ctx); err == nil {
		m.moved.Existing = true
		prints, err = m.imprints(ctx, m.source.tx, "Reading the source")
	}
	if err != nil {
		return err
	}
	// What was written is read back before it's committed, so that a copy that differs never comes to be.
	back, err := m.imprints(ctx, m.target.tx, "Reading back")
	if err != nil {
		return err
	}
	for i, t := range copyTables {
		if back[i] != prints[i] {
			if !empty {
				return errNotEmpty
			}
			return fmt.Errorf("the copy of %s differs from the original (%d rows and %d): nothing was kept", t.name, back[i].rows, prints[i].rows)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.target.commit(); err != nil && empty {
		return fmt.Errorf("whether the target has the copy is not known, its answer to COMMIT was lost: %w. The source is as it was. "+
			"Run the same command again once the target answers: it copies when the target is empty, and finishes when the copy is there", err)
	}
	return nil
}

var errNotEmpty = errors.New("the target holds rows of its own: a database is moved into an empty one. Make a new one, or remove what this one holds")

// sizesAlike refuses a target that can't be a copy, before it's read.
func (m *mover) sizesAlike(ctx context.Context) error {
	counts, _, err := countTables(ctx, m.target.tx)
	if err != nil {
		return err
	}
	for i, c := range counts {
		if c != m.moved.Tables[i] {
			return errNotEmpty
		}
	}
	return nil
}

// copy writes every table into the target and returns the imprints of what was read.
func (m *mover) copy(ctx context.Context) ([]imprint, error) {
	prints := make([]imprint, len(copyTables))
	if err := m.target.clear(ctx); err != nil {
		return nil, err
	}
	step := m.counter("Copying")
	for i, t := range copyTables {
		rows, err := t.stream(ctx, m.source.tx, step)
		if err != nil {
			return nil, err
		}
		err = m.target.load(ctx, rows)
		// The stream's own error is the cause where there's one; the load only tells of it.
		print, ended := rows.end()
		if ended != nil {
			return nil, ended
		}
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", t.name, err)
		}
		prints[i] = print
	}
	return prints, nil
}

// imprints reads all tables of one side.
func (m *mover) imprints(ctx context.Context, tx *sql.Tx, what string) ([]imprint, error) {
	prints := make([]imprint, len(copyTables))
	step := m.counter(what)
	for i, t := range copyTables {
		var err error
		if prints[i], err = t.imprintOf(ctx, tx, step); err != nil {
			return nil, err
		}
	}
	return prints, nil
}

// counter counts rows and tells of every thousandth.
func (m *mover) counter(what string) func() {
	var done int64
	return func() {
		if done++; done%progressEvery == 0 || done == m.total {
			m.Progress(what, done, m.total)
		}
	}
}

// prove audits a database over connections of its own: what is committed there is what everybody sees.
func (m *mover) prove(ctx context.Context, url, what string) (berth.Report, error) {
	s, err := Open(ctx, url, Options{})
	if err != nil {
		return berth.Report{}, err
	}
	defer s.Close()
	report, err := berth.Verify(ctx, s, berth.Head{}, func(done, total int64) { m.Progress(what, done, total) })
	if err == nil && report.Wrong > 0 {
		err = fmt.Errorf("its books are not in order, %d things are wrong: 'berth verify' lists them", report.Wrong)
	}
	return report, err
}

// finish proves the target's books, compares them with the source's, and marks the source.
func (m *mover) finish(ctx context.Context, books berth.Report) (err error) {
	if m.moved.Report, err = m.prove(ctx, m.target.url, "Verifying the target"); err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	if got, want := summary(m.moved.Report), summary(books); got != want {
		return fmt.Errorf("the target's books say %s, the source's %s", got, want)
	}
	if m.Mark == "" {
		return nil
	}
	if err := m.source.mark(ctx, berth.MetaMoved, m.Mark); err != nil {
		return fmt.Errorf("mark the source as moved: %w", err)
	}
	if err := m.source.commit(); err != nil {
		return fmt.Errorf("mark the source as moved: %w", err)
	}
	return nil
}

// summary is what the books of two equal databases have in common.
func summary(r berth.Report) string {
	return strings.Join([]string{fmt.Sprint(r.Wallets, " wallets"), fmt.Sprint(r.Entries, " entries"), fmt.Sprint(r.Orders, " orders"),
		berth.FormatMinor(r.Balance) + " in all", fmt.Sprint(r.Unsealed, " unsealed batches"), "chain head " + r.Head.String()}, ", ")
}

// Unmark takes back the mark that a move has left: its source may be served again, because the target was given up.
func Unmark(ctx context.Context, url string) (mark string, err error) {
	s, err := Open(ctx, url, Options{})
	if err != nil {
		return "", err
	}
	defer s.Close()
	err = s.Write(ctx, berth.Need{Meta: []string{berth.MetaMoved}}, func(b *berth.Book) error {
		if mark, _ = b.Meta(berth.MetaMoved); mark == "" {
			return errors.New("this database isn't marked as moved")
		}
		b.PutMeta(berth.MetaMoved, "")
		return nil
	})
	return mark, err
}
