package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/settings"
	"github.com/berth-host/berth/internal/store"
)

type backupCmd struct {
	databaseFlags
	To            string `required:"" help:"The new file. One that is there is never replaced." placeholder:"FILE"`
	SecretKeyFile string `help:"${help_secret_key_file}" placeholder:"FILE"`
	Force         bool   `help:"Keep the copy even when its books are not in order, or can't be proven because the schema isn't this program's."`
}

// Run copies an SQLite database beside a busy server, and proves the copy before it gets its name.
func (c *backupCmd) Run(s *session) error {
	loaded, err := c.settings(s)
	if err != nil {
		return err
	}
	if err := copiesFiles(loaded.DB, "pg_dump (or pg_basebackup with an archive of the log)"); err != nil {
		return err
	}
	if err := exists(loaded.DB); err != nil {
		return err
	}
	return copyDatabase(s, &loaded, c.SecretKeyFile, copying{
		what: "Backup", path: c.To, force: c.Force,
		make: func(o store.BackupOptions) (store.Backup, error) { return store.MakeBackup(s.ctx, loaded.DB, c.To, o) },
	})
}

// copiesFiles refuses databases that aren't one file.
func copiesFiles(db, tool string) error {
	switch {
	case inMemory(db):
		return errors.New("a database in memory ends with its process: there is nothing to copy")
	case sqlitePath(db) == "":
		return fmt.Errorf("this command is for SQLite. %s is on PostgreSQL, which has its own tools for this: use %s, as docs/backup.md shows",
			settings.MaskURL(db), tool)
	}
	return nil
}

// copying is what 'backup' and 'restore' do differently.
type copying struct {
	what, path            string
	force, withoutKey     bool
	migrate, needsTheKeys bool
	make                  func(store.BackupOptions) (store.Backup, error)
}

// copyView is a copy as the commands show one.
type copyView struct {
	File   string           `json:"file"`
	Bytes  int64            `json:"bytes"`
	Schema int64            `json:"schema"`
	Rows   int64            `json:"rows"`
	Tables map[string]int64 `json:"tables"`
	Books  *booksView       `json:"books"` // null when the schema isn't this program's
	Key    needView         `json:"secret_key"`
}

// booksView is what two copies of one database have in common.
type booksView struct {
	OK       bool   `json:"ok"`
	Wallets  int64  `json:"wallets"`
	Balance  string `json:"balance"`
	Entries  int64  `json:"entries"`
	Orders   int64  `json:"orders"`
	Head     string `json:"head"`
	Unsealed int64  `json:"unsealed"`
	Wrong    int64  `json:"wrong"`
}

func viewBooks(r berth.Report) *booksView {
	return &booksView{OK: r.Wrong == 0, Wallets: r.Wallets, Balance: berth.FormatMinor(r.Balance), Entries: r.Entries,
		Orders: r.Orders, Head: r.Head.String(), Unsealed: r.Unsealed, Wrong: r.Wrong}
}

// copyDatabase makes a copy, judges it, and shows what it is.
func copyDatabase(s *session, loaded *settings.Settings, keyFile string, c copying) error {
	if keyFile != "" {
		loaded.SecretKeyFile = keyFile
	}
	source, err := keySourceOf(loaded, s.getenv)
	if err != nil {
		return err
	}
	var need needView
	bars := &steps{out: s.err}
	made, err := c.make(store.BackupOptions{Migrate: c.migrate, Progress: bars.at,
		Accept: func(ctx context.Context, r berth.Reader, b store.Backup) (err error) {
			if need, err = source.needed(ctx, r); err != nil {
				return err
			}
			return c.judge(b, need)
		}})
	bars.end()
	if err != nil {
		return fmt.Errorf("%s: %w", c.path, err)
	}
	view := copyView{File: c.path, Bytes: made.Size, Schema: made.Schema, Rows: made.Rows(), Tables: map[string]int64{}, Key: need}
	for _, t := range made.Tables {
		view.Tables[t.Table] = t.Rows
	}
	if made.Report != nil {
		view.Books = viewBooks(*made.Report)
	}
	return s.show(view, func(w io.Writer) { view.table(w, c.what) })
}

// judge decides whether a copy is good enough to be kept.
func (c *copying) judge(b store.Backup, need needView) error {
	if c.needsTheKeys && need.State == keyWrong && !c.withoutKey {
		return fmt.Errorf("%s. Give the key with number %d in %s, or restore all the same with --without-key and bring the key before you serve",
			need.Problem, need.Number, need.Source)
	}
	if c.force {
		return nil
	}
	switch {
	case b.Report == nil && c.needsTheKeys:
		return fmt.Errorf("its schema has version %d, this program's %d: add --migrate to bring the restored database to it (the backup stays as it is), "+
			"or restore with the program that made it and run 'berth migrate' afterwards", b.Schema, b.Program)
	case b.Report == nil:
		return fmt.Errorf("the schema has version %d, this program's %d: back up with the program that serves it, or add --force for a copy whose books this one can't prove",
			b.Schema, b.Program)
	case b.Report.Wrong > 0:
		return fmt.Errorf("the books in it are not in order (findings: %d, the first: %s %s %s): nothing was kept. 'berth verify' lists them all; --force keeps the copy as it is",
			b.Report.Wrong, b.Report.Findings[0].What, b.Report.Findings[0].ID, b.Report.Findings[0].Text)
	}
	return nil
}

func (v copyView) table(w io.Writer, what string) {
	row(w, what, v.File)
	row(w, "Size", fmt.Sprintf("%d bytes, %d rows, schema version %d", v.Bytes, v.Rows, v.Schema))
	if v.Books == nil {
		row(w, "Books", "not proven: the schema isn't this program's. Run 'berth migrate' and 'berth verify' once it is restored.")
	} else {
		v.Books.table(w)
	}
	row(w, "Secret key", v.Key.line())
	if v.Key.Number > 0 {
		row(w, "", "The key isn't in the database. Without it every sealed password is lost: keep a copy of it, apart from the backups.")
	}
}

func (v *booksView) table(w io.Writer) {
	state := "in order"
	if !v.OK {
		state = fmt.Sprintf("NOT IN ORDER (findings: %d)", v.Wrong)
	}
	row(w, "Books", fmt.Sprintf("%s: %d wallets holding %s, %d entries, %d orders", state, v.Wallets, v.Balance, v.Entries, v.Orders))
	row(w, "Chain head", fmt.Sprintf("%s (%d batches unsealed)", v.Head, v.Unsealed))
}

// The states of a needView.
const (
	keyNone   = "none"   // the database isn't sealed yet: it was never served
	keyFits   = "fits"   // the key at hand opens the database
	keyWrong  = "wrong"  // what is at hand doesn't, or can't be read
	keyAbsent = "absent" // there's no key at hand
)

// needView tells which secret key a database needs, and whether it is at hand.
type needView struct {
	Number      int    `json:"number"`                // of the key that the database is sealed with; 0 for none
	Fingerprint string `json:"fingerprint,omitempty"` // of that key, when it's at hand
	Source      string `json:"source"`                // where the key is read from
	State       string `json:"state"`
	Problem     string `json:"problem,omitempty"`
}

// needed finds out which key a database needs. It only reads, on both sides.
func (k keySource) needed(ctx context.Context, r berth.Reader) (needView, error) {
	v := needView{Source: k.String(), State: keyNone}
	var err error
	if v.Number, err = seal.SealedWith(ctx, r); err != nil || v.Number == 0 {
		return v, err
	}
	ring, err := k.present()
	switch {
	case err != nil:
		v.State, v.Problem = keyWrong, "the secret key can't be read: "+err.Error()
		return v, nil
	case ring == nil:
		v.State = keyAbsent
		return v, nil
	}
	switch err := ring.Fits(ctx, r); {
	case errors.Is(err, seal.ErrWrongKey):
		v.State, v.Problem = keyWrong, err.Error()
	case err != nil:
		return v, err
	default:
		v.State, v.Fingerprint = keyFits, ring.Fingerprint(v.Number)
	}
	return v, nil
}

// present reads the key and never makes one; nil when there's none.
func (k keySource) present() (*seal.Ring, error) {
	if k.text != "" {
		ring, err := seal.ParseRing(k.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", secretVariable, err)
		}
		return ring, nil
	}
	ring, err := seal.ReadFile(k.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return ring, err
}

func (v needView) line() string {
	switch v.State {
	case keyFits:
		return fmt.Sprintf("number %d, fingerprint %s, in %s: it fits", v.Number, v.Fingerprint, v.Source)
	case keyWrong:
		return fmt.Sprintf("number %d. WARNING: what is in %s is not this key: %s", v.Number, v.Source, v.Problem)
	case keyAbsent:
		return fmt.Sprintf("number %d. It isn't at hand here: not in %s, nor in %s", v.Number, secretVariable, v.Source)
	}
	return "none: this database was never served"
}

// steps draws the bars of a command that does one thing after the other.
type steps struct {
	out  io.Writer
	what string
	bar  *progress
}

func (p *steps) at(what string, done, total int64) {
	if p.bar == nil || p.what != what {
		p.end()
		p.what, p.bar = what, newProgress(p.out, what)
	}
	p.bar.at(done, total)
}

func (p *steps) end() {
	if p.bar != nil {
		p.bar.end()
	}
}

// spelled gives an error about a database's address the name of the flag that it came by.
func spelled(err error, flag string) error {
	return usageError{errors.New(strings.Replace(err.Error(), "--db", flag, 1))}
}
