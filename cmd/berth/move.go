package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/settings"
	"github.com/berth-host/berth/internal/store"
)

type moveCmd struct {
	From   string `required:"" help:"The database that everything is in. Nobody may serve it." placeholder:"URL"`
	To     string `required:"" xor:"what" help:"The database that everything is copied into: an empty one, or an SQLite file that isn't there yet." placeholder:"URL"`
	Unmark bool   `required:"" xor:"what" help:"Take back that --from was moved: it may be served again, because its copy was given up."`
	Force  bool   `help:"PostgreSQL: go on although sessions of berth are connected. What they write meanwhile may be lost."`
}

// moveView is a finished move as the command shows it.
type moveView struct {
	From     string           `json:"from"`
	To       string           `json:"to"`
	Rows     int64            `json:"rows"`
	Tables   map[string]int64 `json:"tables"`
	Books    *booksView       `json:"books"`
	Migrated bool             `json:"migrated"`
	Resumed  bool             `json:"resumed"`
	Mark     string           `json:"mark"`
}

// Run moves a database: copy, proof, and a mark on the source, so that the two are never served side by side.
func (c *moveCmd) Run(s *session) error {
	from, err := namedDatabase("--from", c.From)
	if err != nil {
		return err
	}
	if c.Unmark {
		return c.unmark(s, from)
	}
	to, err := namedDatabase("--to", c.To)
	if err != nil {
		return err
	}
	view := moveView{From: settings.MaskURL(from), To: settings.MaskURL(to), Tables: map[string]int64{}}
	view.Mark = "to " + view.To + " at " + time.Now().UTC().Format(time.RFC3339)
	bars := &steps{out: s.err}
	moved, err := store.Move(s.ctx, from, to, store.MoveOptions{Mark: view.Mark, Force: c.Force, Progress: bars.at})
	bars.end()
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", view.From, view.To, err)
	}
	view.Rows, view.Books, view.Migrated, view.Resumed = moved.Rows(), viewBooks(moved.Report), moved.Migrated, moved.Existing
	for _, t := range moved.Tables {
		view.Tables[t.Table] = t.Rows
	}
	return s.show(view, func(w io.Writer) {
		row(w, "Moved", view.From)
		row(w, "To", view.To)
		row(w, "Rows", fmt.Sprintf("%d, equal on both sides one by one", view.Rows))
		view.Books.table(w)
		row(w, "Next", "Serve the target, with the same secret key. The source is kept as it was, but 'berth serve' refuses it from now on.")
	})
}

// namedDatabase checks the address of a database. A file's is made absolute, since it's written down.
func namedDatabase(flag, url string) (string, error) {
	if _, err := settings.Load(settings.Sources{Flags: map[string]string{"db": url}}); err != nil {
		return "", spelled(err, flag)
	}
	if inMemory(url) {
		return "", usageError{fmt.Errorf("%s: a database in memory ends with its process", flag)}
	}
	path := sqlitePath(url)
	if path == "" {
		return url, nil
	}
	path, err := filepath.Abs(path)
	return "sqlite:" + path, err
}

func (c *moveCmd) unmark(s *session, url string) error {
	if err := exists(url); err != nil {
		return err
	}
	mark, err := store.Unmark(s.ctx, url)
	if err != nil {
		return fmt.Errorf("%s: %w", settings.MaskURL(url), err)
	}
	return s.show(map[string]string{"was": mark}, func(w io.Writer) {
		row(w, settings.MaskURL(url)+" was moved "+mark+". It may be served again; its copy must not be.")
	})
}

// movedAway is what a database says that was moved.
func movedAway(mark string) error {
	return errors.New("this database was moved " + mark + ". Use that one; or, when it was given up, 'berth move --unmark --from' this one")
}

// refuseMoved refuses a database that was moved away; the need of its write names berth.MetaMoved.
func refuseMoved(b *berth.Book) error {
	if mark, _ := b.Meta(berth.MetaMoved); mark != "" {
		return movedAway(mark)
	}
	return nil
}

// unmoved is a command's store: what is written to a database that was moved would be missing where it is now.
type unmoved struct{ *store.Store }

// Write refuses a database that was moved away, in the same transaction.
func (u unmoved) Write(ctx context.Context, need berth.Need, decide func(*berth.Book) error) error {
	return u.Store.Write(ctx, need.And(berth.Need{Meta: []string{berth.MetaMoved}}), func(b *berth.Book) error {
		if err := refuseMoved(b); err != nil {
			return err
		}
		return decide(b)
	})
}
