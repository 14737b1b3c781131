package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A row of 46 columns costs the database more than its bytes do: each column of each row is bound, formed, and read
// again by itself. So fields that no statement ever asks for stand together in one column, as a JSON object by their
// names; those with the zero value are left out, so what has nothing to tell is "{}". Whoever looks into the database reads them with its JSON functions.

// pack makes one column of several.
func pack[R any](name string, columns ...column[R]) column[R] {
	return words(name, func(r *R) wordList { return packed[R]{columns, r} })
}

// packed are the fields of one row that are kept in one column.
type packed[R any] struct {
	columns []column[R]
	row     *R
}

func (p packed[R]) join() string {
	b := make([]byte, 0, 512)
	b = append(b, '{')
	for i := range p.columns {
		c := &p.columns[i]
		if c.isText() {
			if s := c.getText(p.row); s != "" {
				b = quote(member(b, c.name), s)
			}
		} else if n := c.getNumber(p.row); n != 0 {
			b = strconv.AppendInt(member(b, c.name), n, 10)
		}
	}
	return string(append(b, '}'))
}

// member begins a member of an object.
func member(b []byte, name string) []byte {
	if len(b) > 1 {
		b = append(b, ',')
	}
	return append(append(append(b, '"'), name...), '"', ':')
}

// quote writes a text. Most need nothing but the quotes.
func quote(b []byte, s string) []byte {
	if !plain(s) {
		text, _ := json.Marshal(s) // a string always has a form
		return append(b, text...)
	}
	return append(append(append(b, '"'), s...), '"')
}

func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			return false
		}
	}
	return true
}

// split reads what join wrote, and the same in any other JSON form, as a migration or a person may have left it.
func (p packed[R]) split(text string) error {
	for i := range p.columns {
		if c := &p.columns[i]; !c.isText() {
			c.setNumber(p.row, 0)
		} else if err := c.setText(p.row, ""); err != nil {
			return err
		}
	}
	if text == "" || p.scan(text) { // "" stands for a row that an outer join didn't find
		return nil
	}
	var members map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		return fmt.Errorf("it must be a JSON object: %w", err)
	}
	for name, value := range members {
		if err := p.set(name, value); err != nil {
			return fmt.Errorf("member %s: %w", name, err)
		}
	}
	return nil
}

func (p packed[R]) set(name string, value any) error {
	for i := range p.columns {
		c := &p.columns[i]
		if c.name != name {
			continue
		}
		switch v := value.(type) {
		case string:
			if c.isText() {
				return c.setText(p.row, v)
			}
		case json.Number:
			if n, err := v.Int64(); err == nil && !c.isText() {
				c.setNumber(p.row, n)
				return nil
			}
		}
		return fmt.Errorf("%v has the wrong type", value)
	}
	return fmt.Errorf("this program doesn't know it")
}

// scan reads join's own form: members in the order of the columns, texts without escapes. It gives up on any other,
// which split then reads the slow way.
func (p packed[R]) scan(text string) bool {
	if len(text) < 2 || text[0] != '{' {
		return false
	}
	rest, next := text[1:], 0
	for rest != "}" {
		if rest[0] == ',' {
			rest = rest[1:]
		}
		name, after, ok := cutText(rest)
		if !ok || len(after) < 2 || after[0] != ':' {
			return false
		}
		for next < len(p.columns) && p.columns[next].name != name {
			next++
		}
		if next == len(p.columns) {
			return false
		}
		if rest, ok = p.value(&p.columns[next], after[1:]); !ok || rest == "" {
			return false
		}
		next++
	}
	return true
}

// value reads the value that text begins with into a column.
func (p packed[R]) value(c *column[R], text string) (rest string, ok bool) {
	if c.isText() {
		s, rest, ok := cutText(text)
		return rest, ok && c.setText(p.row, s) == nil
	}
	end := strings.IndexAny(text, ",}")
	if end < 0 {
		return "", false
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	if err != nil {
		return "", false
	}
	c.setNumber(p.row, n)
	return text[end:], true
}

// cutText cuts a text in quotes off, unless it has an escape in it.
func cutText(text string) (s, rest string, ok bool) {
	if text == "" || text[0] != '"' {
		return "", "", false
	}
	end := strings.IndexByte(text[1:], '"') + 1
	if end == 0 || strings.IndexByte(text[:end], '\\') >= 0 {
		return "", "", false
	}
	return text[1:end], text[end+1:], true
}
