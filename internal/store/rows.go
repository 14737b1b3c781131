package store

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"github.com/berth-host/berth"
)

// column is one column of a table and the place of its value in the row's struct. Exactly one of text, number, flag
// and list is set; the database knows only TEXT (text, list) and BIGINT (number, flag).
type column[R any] struct {
	name   string
	text   func(*R) *string
	number func(*R) *int64
	flag   func(*R) *bool
	list   func(*R) wordList
}

// wordList is several values that are kept in one column: a list of words with commas, or packed fields.
type wordList interface {
	join() string
	split(text string) error
}

func text[R any](name string, at func(*R) *string) column[R] {
	return column[R]{name: name, text: at}
}

func number[R any](name string, at func(*R) *int64) column[R] {
	return column[R]{name: name, number: at}
}

func flag[R any](name string, at func(*R) *bool) column[R] {
	return column[R]{name: name, flag: at}
}

func words[R any](name string, at func(*R) wordList) column[R] {
	return column[R]{name: name, list: at}
}

func (c *column[R]) isText() bool { return c.text != nil || c.list != nil }

func (c *column[R]) setNumber(r *R, n int64) {
	if c.flag != nil {
		*c.flag(r) = n != 0
		return
	}
	*c.number(r) = n
}

func (c *column[R]) setText(r *R, s string) error {
	if c.list != nil {
		return c.list(r).split(s)
	}
	*c.text(r) = s
	return nil
}

func (c *column[R]) getText(r *R) string {
	if c.list != nil {
		return c.list(r).join()
	}
	return *c.text(r)
}

func (c *column[R]) getNumber(r *R) int64 {
	if c.flag == nil {
		return *c.number(r)
	}
	if *c.flag(r) {
		return 1
	}
	return 0
}

// scopes and prefixes are the lists of an API key.
type scopes struct{ at *[]berth.Scope }
type prefixes struct{ at *[]netip.Prefix }

func (s scopes) join() string {
	parts := make([]string, len(*s.at))
	for i, scope := range *s.at {
		parts[i] = string(scope)
	}
	return strings.Join(parts, ",")
}

func (s scopes) split(text string) error {
	*s.at = nil
	for part := range strings.SplitSeq(text, ",") {
		if part != "" {
			*s.at = append(*s.at, berth.Scope(part))
		}
	}
	return nil
}

func (p prefixes) join() string {
	parts := make([]string, len(*p.at))
	for i, prefix := range *p.at {
		parts[i] = prefix.String()
	}
	return strings.Join(parts, ",")
}

func (p prefixes) split(text string) error {
	*p.at = nil
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			// An allowlist that can't be read must not turn into "from anywhere".
			return fmt.Errorf("address list of an API key: %w", err)
		}
		*p.at = append(*p.at, prefix)
	}
	return nil
}

// table describes one table: the only place where its columns are listed in Go. Columns stand as key, fixed,
// changing; an update sets the changing ones alone.
type table[R any] struct {
	name     string
	columns  []column[R]
	changing []column[R] // and then the key, as an update's arguments stand
	key      func(*R) string

	load, insert, update *statement
}

// newTable describes a table. The order of inserted rows is that of their first key column, so that two processes
// that insert the same unique keys meet in one order and can't deadlock.
func newTable[R any](name string, key, fixed, changing []column[R]) *table[R] {
	t := &table[R]{name: name, columns: slices.Concat(key, fixed, changing), changing: slices.Concat(changing, key)}
	if key[0].isText() {
		t.key = key[0].getText
	}
	fields := fieldsOf(t.columns)
	t.insert = &statement{name: "insert_" + name, template: insertText(name, fields), table: name, fields: fields}
	if len(key) == 1 && key[0].isText() {
		t.load = &statement{name: "load_" + name, template: loadText(name, fields), fields: fields[:1], any: true, result: fields}
		fields = fieldsOf(t.changing)
		t.update = &statement{name: "update_" + name, template: updateText(name, fields, 1), table: name, fields: fields}
	}
	return t
}

func fieldsOf[R any](columns []column[R]) []field {
	fields := make([]field, len(columns))
	for i := range columns {
		fields[i] = field{name: columns[i].name, text: columns[i].isText()}
	}
	return fields
}

// loading is a step that loads the rows of some keys, or those that its statement selects without any.
type loading[R any] struct {
	do    *statement
	table *table[R]
	keys  []string
	into  *[]R
}

func (l *loading[R]) statement() *statement  { return l.do }
func (l *loading[R]) rows() int              { return max(1, len(l.keys)) }
func (l *loading[R]) text(row, _ int) string { return l.keys[row] }
func (l *loading[R]) number(_, _ int) int64  { return 0 }

func (l *loading[R]) take(v values) error {
	if *l.into == nil {
		*l.into = make([]R, 0, l.rows())
	}
	*l.into = append(*l.into, *new(R))
	return l.table.decode(&(*l.into)[len(*l.into)-1], v)
}

func (t *table[R]) decode(r *R, v values) error {
	for i := range t.columns {
		c := &t.columns[i]
		if !c.isText() {
			n, err := v.number(i)
			if err != nil {
				return fmt.Errorf("%s.%s: %w", t.name, c.name, err)
			}
			c.setNumber(r, n)
			continue
		}
		s, err := v.text(i)
		if err == nil {
			err = c.setText(r, s)
		}
		if err != nil {
			return fmt.Errorf("%s.%s: %w", t.name, c.name, err)
		}
	}
	return nil
}

// writing is a step that inserts or updates rows.
type writing[R any] struct {
	do      *statement
	columns []column[R] // in the order of the statement's fields
	list    []R
}

func (w *writing[R]) statement() *statement     { return w.do }
func (w *writing[R]) rows() int                 { return len(w.list) }
func (w *writing[R]) text(row, col int) string  { return w.columns[col].getText(&w.list[row]) }
func (w *writing[R]) number(row, col int) int64 { return w.columns[col].getNumber(&w.list[row]) }
func (w *writing[R]) take(values) error         { return errUnexpectedRow }

// holding is a step of an exact statement. What it answers says only that it went through.
type holding struct{ writing[berth.Held] }

func (*holding) take(values) error { return nil }

// naming is a step that only names rows by key, such as a delete.
type naming struct {
	do   *statement
	keys []string
}

func (n *naming) statement() *statement  { return n.do }
func (n *naming) rows() int              { return len(n.keys) }
func (n *naming) text(row, _ int) string { return n.keys[row] }
func (n *naming) number(_, _ int) int64  { return 0 }
func (n *naming) take(values) error      { return errUnexpectedRow }

// asking is a step that reads one number.
type asking struct {
	do   *statement
	into *int64
}

func (a *asking) statement() *statement { return a.do }
func (a *asking) rows() int             { return 1 }
func (a *asking) text(_, _ int) string  { return "" }
func (a *asking) number(_, _ int) int64 { return 0 }

func (a *asking) take(v values) (err error) {
	*a.into, err = v.number(0)
	return err
}

// load adds the loading of a need's rows of one table, unless there are none.
func load[R any](steps []step, t *table[R], keys []string, into *[]R) []step {
	if len(keys) == 0 {
		return steps
	}
	return append(steps, &loading[R]{t.load, t, keys, into})
}

// insert adds the insert of rows.
func insert[R any](steps []step, t *table[R], rows []R) []step {
	if len(rows) == 0 {
		return steps
	}
	if t.key != nil {
		less := func(i, j int) bool { return t.key(&rows[i]) < t.key(&rows[j]) }
		if !sort.SliceIsSorted(rows, less) {
			rows = slices.Clone(rows) // the caller's stay as they are
			sort.SliceStable(rows, less)
		}
	}
	return append(steps, &writing[R]{t.insert, t.columns, rows})
}

// change adds the insert of a table's new rows and the update of its changed ones.
func change[R any](steps []step, t *table[R], c berth.Change[R]) []step {
	steps = insert(steps, t, c.Insert)
	if len(c.Update) > 0 {
		steps = append(steps, &writing[R]{t.update, t.changing, c.Update})
	}
	return steps
}
