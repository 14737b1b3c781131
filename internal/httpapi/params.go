package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/berth-host/berth"
)

// kind tells how a value was written on the wire. Clients write numbers as strings and the reverse, so a kind only
// rules out what can't be meant: an object where a name belongs, true where a number belongs.
type kind uint8

const (
	absent     kind = iota
	textKind        // JSON string, or any value of a form or query
	numberKind      // JSON number, its text exactly as written: nothing ever becomes a float
	boolKind        // true or false
	nullKind        // its text is ""
	nestedKind      // object or array, its text the raw JSON
)

// param is one parameter as it came in, decoded from its escapes but not judged.
type param struct {
	name, text string
	kind       kind
}

// empty reports what the wire calls absent: not sent, null, or "". Nothing else has an empty text.
func (v param) empty() bool { return v.text == "" }

// params are the parameters of one request, every name once, known to the endpoint or not.
type params struct{ list []param }

// find is the parameter of this name, or one of kind absent. A scan beats a map here: requests have about ten
// parameters, and names mostly differ in length.
func (p params) find(name string) param {
	for i := range p.list {
		if p.list[i].name == name {
			return p.list[i]
		}
	}
	return param{name: name}
}

// present reports whether the name was sent at all, be it with null or "". A server_id that is present and empty
// must be refused, or a panel's renewal without an id would buy a new server.
func (p params) present(name string) bool { return p.find(name).kind != absent }

// given reports whether the name was sent with a value. This is the usual question: null and "" count as absent.
func (p params) given(name string) bool { return !p.find(name).empty() }

// decode takes the parameters out of a request: those of the query for GET and HEAD and for an empty body, those of
// the body otherwise, and then the query is ignored. Which of the two forms a body has is told from its first byte:
// it gets no header, because clients send a wrong Content-Type or none, and one that is known in the field sends its
// API key there. Every error has the code malformed_request. Values are judged later, by a reader.
func decode(method string, body []byte, rawQuery string) (params, error) {
	if method == http.MethodGet || method == http.MethodHead {
		return decodeForm(rawQuery, "query")
	}
	// One copy as a string: every name and value without an escape is then a piece of it.
	text := string(trimStart(body))
	switch {
	case text == "":
		return decodeForm(rawQuery, "query")
	case text[0] == '{' || text[0] == '[':
		return decodeJSON(text)
	case strings.HasPrefix(text, "--"):
		return params{}, malformed("The body looks like multipart/form-data, which isn't accepted: " +
			"send a JSON object or application/x-www-form-urlencoded.")
	}
	return decodeForm(text, "body")
}

// byteOrderMark is U+FEFF in UTF-8. Some editors put it in front of a file that curl then sends.
const byteOrderMark = "\xef\xbb\xbf"

// trimStart cuts white space and one byte order mark off the front.
func trimStart(body []byte) []byte {
	body = trimSpace(body)
	if len(body) >= len(byteOrderMark) && string(body[:len(byteOrderMark)]) == byteOrderMark {
		body = trimSpace(body[len(byteOrderMark):])
	}
	return body
}

// trimSpace cuts off the white space of JSON, which has four characters (bytes.TrimSpace knows more of them).
func trimSpace(body []byte) []byte {
	for len(body) > 0 && isSpace(body[0]) {
		body = body[1:]
	}
	return body
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// nameSet finds the name that comes twice. Up to 16 names it needs no memory of its own; beyond that it takes a map,
// since 64 KiB hold about ten thousand names and comparing each with each would take the better part of a second.
type nameSet struct {
	few  [16]string
	n    int
	many map[string]struct{}
}

// add reports whether the name is new.
func (s *nameSet) add(name string) bool {
	if s.many != nil {
		_, known := s.many[name]
		s.many[name] = struct{}{}
		return !known
	}
	for _, known := range s.few[:s.n] {
		if known == name {
			return false
		}
	}
	if s.n < len(s.few) {
		s.few[s.n] = name
		s.n++
		return true
	}
	s.many = make(map[string]struct{}, 4*len(s.few))
	for _, known := range s.few {
		s.many[known] = struct{}{}
	}
	s.many[name] = struct{}{}
	return true
}

func malformed(format string, args ...any) *berth.Error {
	return berth.Errorf(berth.MalformedRequest, format, args...)
}

// twice is the refusal of a name that comes more than once: which of its values is meant can't be known.
func twice(name, where string) *berth.Error {
	e := malformed("The %s has the parameter %s twice; send it once.", where, echo(name))
	if echoable(name) {
		e.Parameter = name
	}
	return e
}

// echo is how an error text repeats something that a client sent: as it is while it's short and printable, by its
// length otherwise. Only names, ids and integers are for echo; a password or any free text isn't.
func echo(s string) string {
	if echoable(s) {
		return s
	}
	return fmt.Sprintf("(%d bytes not shown)", len(s))
}

func echoable(s string) bool {
	return s != "" && len(s) <= maxID && utf8.ValidString(s) && printableText(s)
}

// printableText reports whether all is letters, marks, digits, punctuation, symbols and plain blanks.
func printableText(s string) bool {
	for _, c := range s {
		if !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}

// hasControl reports whether s, which is valid UTF-8, holds a control character: U+0000 to U+001F, U+007F to U+009F.
func hasControl(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 0x20 || c == 0x7f || c == 0xc2 && s[i+1] < 0xa0 {
			return true
		}
	}
	return false
}
