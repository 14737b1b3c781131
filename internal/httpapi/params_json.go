package httpapi

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxNesting is how deep objects and arrays may lie in one another; the object of the request is the first.
const maxNesting = 16

// decodeJSON reads one JSON object (RFC 8259) that begins with text's first byte. The scanner below exists beside
// encoding/json because that one silently keeps the last of two equal names, mends invalid UTF-8 and half surrogate
// pairs (so that two different passwords become one), nests to 10,000, and costs about ten times as much on what is
// the hot path of every order.
func decodeJSON(text string) (params, error) {
	if !utf8.ValidString(text) {
		return params{}, malformed("The body isn't valid UTF-8.")
	}
	if text[0] != '{' {
		return params{}, malformed("The body is a JSON array; send a JSON object.")
	}
	s := scanner{text: text}
	list := make([]param, 0, usualCount)
	if err := s.object(1, &list); err != nil {
		return params{}, err
	}
	if s.space(); s.pos < len(text) {
		return params{}, malformed("The body has text after its JSON object; send one object.")
	}
	return params{list}, nil
}

// decodeArray reads the items of a JSON array: the value of a list parameter, as itself or inside a string. Its items
// have no names.
func decodeArray(text string) ([]param, error) {
	s := scanner{text: text}
	var list []param
	if err := s.array(1, &list); err != nil {
		return nil, err
	}
	if s.space(); s.pos < len(text) {
		return nil, s.unexpected()
	}
	return list, nil
}

// scanner walks over JSON text, which is valid UTF-8 already. Its methods begin at the first byte of what they are
// named after and leave pos behind its last.
type scanner struct {
	text string
	pos  int
}

func (s *scanner) space() {
	for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
		s.pos++
	}
}

// skip steps over c, with white space before and after it, and reports whether it was there.
func (s *scanner) skip(c byte) bool {
	s.space()
	if s.pos == len(s.text) || s.text[s.pos] != c {
		return false
	}
	s.pos++
	s.space()
	return true
}

func (s *scanner) unexpected() error {
	if s.pos >= len(s.text) {
		return malformed("The body isn't valid JSON: it ends too early.")
	}
	return malformed("The body isn't valid JSON: unexpected character at offset %d.", s.pos)
}

// object scans an object and appends its members to into, which is nil for objects that lie in another value: they
// are only checked, since no parameter is an object.
func (s *scanner) object(depth int, into *[]param) error {
	if depth > maxNesting {
		return tooDeep()
	}
	s.skip('{')
	if s.skip('}') {
		return nil
	}
	var seen nameSet
	for {
		if s.pos == len(s.text) || s.text[s.pos] != '"' {
			return s.unexpected()
		}
		name, err := s.quoted()
		if err != nil {
			return err
		}
		// Compared after decoding: "hours" and "\u0068ours" are the same name.
		if !seen.add(name) {
			return twice(name, "body")
		}
		if !s.skip(':') {
			return s.unexpected()
		}
		v, err := s.value(depth)
		if err != nil {
			return err
		}
		if into != nil {
			v.name = name
			*into = append(*into, v)
		}
		if s.skip('}') {
			return nil
		}
		if !s.skip(',') {
			return s.unexpected()
		}
	}
}

// array scans an array and appends its items to into, unless that is nil.
func (s *scanner) array(depth int, into *[]param) error {
	if depth > maxNesting {
		return tooDeep()
	}
	s.skip('[')
	if s.skip(']') {
		return nil
	}
	for {
		v, err := s.value(depth)
		if err != nil {
			return err
		}
		if into != nil {
			*into = append(*into, v)
		}
		if s.skip(']') {
			return nil
		}
		if !s.skip(',') {
			return s.unexpected()
		}
	}
}

func tooDeep() error {
	return malformed("The body nests deeper than %d levels.", maxNesting)
}

// value scans any value that lies in an object or array of the given depth. It leaves the white space behind it to
// its caller.
func (s *scanner) value(depth int) (param, error) {
	if s.pos == len(s.text) {
		return param{}, s.unexpected()
	}
	start := s.pos
	switch s.text[s.pos] {
	case '"':
		text, err := s.quoted()
		return param{text: text, kind: textKind}, err
	case '{':
		err := s.object(depth+1, nil)
		return s.nested(start), err
	case '[':
		err := s.array(depth+1, nil)
		return s.nested(start), err
	case 't':
		return s.word("true", param{text: "true", kind: boolKind})
	case 'f':
		return s.word("false", param{text: "false", kind: boolKind})
	case 'n':
		return s.word("null", param{kind: nullKind})
	}
	err := s.number()
	return param{text: s.text[start:s.pos], kind: numberKind}, err
}

// nested is the object or array that ends at pos, or a little before: its closing took the white space behind along.
func (s *scanner) nested(start int) param {
	return param{text: strings.TrimRight(s.text[start:s.pos], " \t\r\n"), kind: nestedKind}
}

// word scans one of the three literal names. What follows it is judged by the caller, who wants a comma or an end.
func (s *scanner) word(word string, v param) (param, error) {
	for i := 0; i < len(word); i++ {
		if s.pos == len(s.text) || s.text[s.pos] != word[i] {
			return param{}, s.unexpected()
		}
		s.pos++
	}
	return v, nil
}

// number scans a number by the grammar, which knows no leading zero, no plus and no bare point.
func (s *scanner) number() error {
	if s.at('-') {
		s.pos++
	}
	if s.at('0') {
		s.pos++
	} else if !s.digits() {
		return s.unexpected()
	}
	if s.at('.') {
		s.pos++
		if !s.digits() {
			return s.unexpected()
		}
	}
	if s.at('e') || s.at('E') {
		s.pos++
		if s.at('+') || s.at('-') {
			s.pos++
		}
		if !s.digits() {
			return s.unexpected()
		}
	}
	return nil
}

func (s *scanner) at(c byte) bool { return s.pos < len(s.text) && s.text[s.pos] == c }

// digits steps over all digits and reports whether there was one.
func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// quoted scans a string and decodes it. Without escapes, the rule, the result is a piece of the text.
func (s *scanner) quoted() (string, error) {
	start := s.pos + 1
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			return s.text[start:i], nil
		case c == '\\':
			s.pos = i
			return s.escaped(start)
		case c < ' ':
			s.pos = i
			return "", s.unexpected()
		}
	}
	s.pos = len(s.text)
	return "", s.unexpected()
}

// escaped decodes a string whose plain part goes from start to its first escape, at pos.
func (s *scanner) escaped(start int) (string, error) {
	var out strings.Builder
	// Decoding never lengthens a text, so the way to the next quote is a fair first guess at its size.
	out.Grow(s.pos - start + max(strings.IndexByte(s.text[s.pos:], '"'), 0))
	out.WriteString(s.text[start:s.pos])
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return out.String(), nil
		case c == '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			out.WriteRune(r)
		case c < ' ':
			return "", s.unexpected()
		default:
			out.WriteByte(c)
			s.pos++
		}
	}
	return "", s.unexpected()
}

// escape decodes one escape, or the two that make a surrogate pair.
func (s *scanner) escape() (rune, error) {
	s.pos++
	if s.pos == len(s.text) {
		return 0, s.unexpected()
	}
	c := s.text[s.pos]
	if c != 'u' {
		const written, meant = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		i := strings.IndexByte(written, c)
		if i < 0 {
			return 0, s.unexpected()
		}
		s.pos++
		return rune(meant[i]), nil
	}
	first, err := s.hex()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	// Half a pair stands for no character, so no UTF-8 could hold it: it's refused like invalid UTF-8.
	if !strings.HasPrefix(s.text[s.pos:], `\u`) {
		return 0, halfPair()
	}
	s.pos++
	second, err := s.hex()
	if err != nil {
		return 0, err
	}
	r := utf16.DecodeRune(first, second)
	if r == utf8.RuneError {
		return 0, halfPair()
	}
	return r, nil
}

func halfPair() error {
	return malformed(`The body isn't valid Unicode: a \u escape is half of a surrogate pair.`)
}

// hex decodes the four digits behind the u at pos.
func (s *scanner) hex() (rune, error) {
	s.pos++
	var r rune
	for range 4 {
		if s.pos == len(s.text) {
			return 0, s.unexpected()
		}
		c := s.text[s.pos]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, s.unexpected()
		}
		r = r<<4 | rune(c)
		s.pos++
	}
	return r, nil
}
