package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/berth-host/berth"
)

// FuzzDecodeJSON holds the scanner against encoding/json: the two accept the same objects and read the same values
// from them, but for what the scanner refuses on purpose, which the oracle below finds by other means.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{
		orderJSON, `{}`, `{"a":1,"a":2}`, `{"a":"\ud83d\ude00"}`, `{"a":"\ud800"}`, `{"a":[{"b":[null,true,-1.5e+3]}]}`,
		`{"a":{"b":1,"\u0062":2}}`, `[1]`, "{\"a\":\"\xff\"}", strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17),
		`{"hours":007}`, `{"v":"[\"a\"]"} x`, "\ufeff {\"a\":\"\\u0000\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text := string(trimStart(body))
		if text == "" || text[0] != '{' && text[0] != '[' {
			return
		}
		got, err := decode(http.MethodPost, body, "")
		checkDecoded(t, got, err)
		refusal := judgeJSON(text)
		switch {
		case refusal == nil && err != nil:
			t.Fatalf("%q: refused by %v", text, err)
		case refusal != nil && err == nil && !errors.Is(refusal, errHalfPair):
			t.Fatalf("%q: accepted, but %v", text, refusal)
		case err == nil:
			compareJSON(t, text, got)
		}
	})
}

// errHalfPair marks what the oracle can't tell: encoding/json shows half a surrogate pair as U+FFFD, which may also
// have been written as such.
var errHalfPair = errors.New("it may hold half a surrogate pair")

// judgeJSON says why an object must be refused, by encoding/json's lights; nil when it must be accepted.
func judgeJSON(text string) error {
	switch {
	case !utf8.ValidString(text):
		return errors.New("it isn't UTF-8")
	case !json.Valid([]byte(text)):
		return errors.New("it isn't JSON")
	case text[0] != '{':
		return errors.New("it isn't an object")
	}
	type level struct {
		names  map[string]bool // nil for an array
		atName bool
	}
	var open []level
	var doubtful bool
	tokens := json.NewDecoder(strings.NewReader(text))
	tokens.UseNumber()
	for {
		token, err := tokens.Token()
		if err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		if s, ok := token.(string); ok && strings.Contains(s, "\ufffd") {
			doubtful = true
		}
		if d, ok := token.(json.Delim); ok && (d == '}' || d == ']') {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			if in := &open[len(open)-1]; in.names != nil {
				if name, _ := token.(string); in.atName {
					if in.names[name] && !strings.Contains(name, "\ufffd") {
						return errors.New("it has a name twice")
					}
					in.names[name] = true
				}
				in.atName = !in.atName
			}
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{names: map[string]bool{}, atName: true})
		case json.Delim('['):
			open = append(open, level{})
		}
		if len(open) > maxNesting {
			return errors.New("it nests too deep")
		}
	}
	if doubtful {
		return errHalfPair
	}
	return nil
}

// compareJSON holds the members of an accepted object against encoding/json's.
func compareJSON(t *testing.T, text string, got params) {
	var want map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatalf("%q: accepted, but %v", text, err)
	}
	if len(got.list) != len(want) {
		t.Fatalf("%q: got %d members, want %d", text, len(got.list), len(want))
	}
	for _, v := range got.list {
		raw, ok := want[v.name]
		if !ok {
			t.Fatalf("%q: no member %q", text, v.name)
		}
		var s string
		wantKind, wantText := numberKind, string(raw)
		switch raw[0] {
		case '"':
			if err := json.Unmarshal(raw, &s); err != nil {
				t.Fatal(err)
			}
			wantKind, wantText = textKind, s
		case '{', '[':
			wantKind = nestedKind
		case 't', 'f':
			wantKind = boolKind
		case 'n':
			wantKind, wantText = nullKind, ""
		}
		if v.kind != wantKind || v.text != wantText {
			t.Fatalf("%q: %q is %d %q, want %d %q", text, v.name, v.kind, v.text, wantKind, wantText)
		}
	}
}

// FuzzDecodeForm holds the form decoder against net/url: the two read the same values. They differ on purpose only in
// names that come twice, in invalid UTF-8, and in a bare `;`, which net/url refuses.
func FuzzDecodeForm(f *testing.F) {
	for _, seed := range []string{
		orderForm, "", "a", "a=1&a=2", "a=%zz", "a=%ff", "&&=&", "a+b=%2B+%26", "p=x;y", "a=%00", "suffixes=%5B%22com%22%5D",
		"a=b=c&%61b=1", "user_id=u\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, form string) {
		got, err := decodeForm(form, "query")
		checkDecoded(t, got, err)
		// A bare ; is data here; written as %3B it must be the same to net/url.
		want, wantErr := url.ParseQuery(strings.ReplaceAll(form, ";", "%3B"))
		mustRefuse := wantErr != nil
		for name, values := range want {
			mustRefuse = mustRefuse || len(values) > 1 || !utf8.ValidString(name) || !utf8.ValidString(values[0])
		}
		if mustRefuse != (err != nil) {
			t.Fatalf("%q: got %v, must refuse: %v (%v)", form, err, mustRefuse, wantErr)
		}
		if err != nil {
			return
		}
		if len(got.list) != len(want) {
			t.Fatalf("%q: got %d parameters, want %d", form, len(got.list), len(want))
		}
		for _, v := range got.list {
			if w, ok := want[v.name]; !ok || w[0] != v.text || v.kind != textKind {
				t.Fatalf("%q: %q is %q, want %q", form, v.name, v.text, w)
			}
		}
	})
}

// checkDecoded holds for every input: either an error that a client may see, or parameters whose names are all
// different and over which every getter works.
func checkDecoded(t *testing.T, p params, err error) {
	if err != nil {
		var e *berth.Error
		if !errors.As(err, &e) || e.Code != berth.MalformedRequest {
			t.Fatalf("got %v, want malformed_request", err)
		}
		checkMessage(t, e)
		return
	}
	names := map[string]bool{}
	for _, v := range p.list {
		if names[v.name] {
			t.Fatalf("%q came twice", v.name)
		}
		names[v.name] = true
		if v.empty() != (v.text == "") || !p.present(v.name) || p.find(v.name) != v {
			t.Fatalf("%v isn't found as it is", v)
		}
		only := params{[]param{{"v", v.text, v.kind}}}
		for name, getter := range getters {
			r := only.reader()
			got := getter(r)
			if err := r.err(); err != nil {
				checkMessage(t, berth.AsError(err))
				if zero := getter(params{}.reader()); got != zero {
					t.Fatalf("%s of %v is refused and gives %q", name, v, got)
				}
			} else if hasControl(got) || name != "list" && name != "optional list" && len(got) > 4*maxText {
				t.Fatalf("%s of %v gives %q", name, v, got)
			}
		}
	}
}

// checkMessage holds for every refusal: one short printable sentence.
func checkMessage(t *testing.T, e *berth.Error) {
	if len(e.Message) > 300 || !utf8.ValidString(e.Message) || !printableText(e.Message) || !strings.HasSuffix(e.Message, ".") {
		t.Fatalf("message %q", e.Message)
	}
	if e.Parameter != "" && !echoable(e.Parameter) {
		t.Fatalf("parameter %q", e.Parameter)
	}
}

// FuzzIdempotencyHeader holds that whatever is accepted has the documented form, and that quoting a key, or sending
// it once more, doesn't make it another one.
func FuzzIdempotencyHeader(f *testing.F) {
	for _, seed := range [][2]string{
		{"abc", `"abc"`}, {"abc", "abd"}, {"", ""}, {`"a\"b"`, `a"b`}, {`"`, `""`}, {"a b", " ab "}, {"clé", "\x00"},
		{strings.Repeat("k", 256), `"` + strings.Repeat("k", 255) + `"`},
	} {
		f.Add(seed[0], seed[1])
	}
	quoter := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	f.Fuzz(func(t *testing.T, first, second string) {
		key, err := parseIdempotencyKey([]string{first})
		if err != nil {
			e := berth.AsError(err)
			if key != "" || e.Code != berth.InvalidParameter || e.Parameter != "Idempotency-Key" {
				t.Fatalf("%q: got %q and %v", first, key, err)
			}
			checkMessage(t, e)
			return
		}
		if len(key) < 1 || len(key) > 255 || strings.ContainsFunc(key, func(c rune) bool { return c < '!' || c > '~' }) {
			t.Fatalf("%q: accepted as %q", first, key)
		}
		quoted := `"` + quoter.Replace(key) + `"`
		if again, err := parseIdempotencyKey([]string{first, quoted, " " + quoted + " "}); again != key || err != nil {
			t.Fatalf("%q and %q: got %q and %v, want %q", first, quoted, again, err, key)
		}
		if key[0] != '"' {
			if again, err := parseIdempotencyKey([]string{key}); again != key || err != nil {
				t.Fatalf("%q: got %q and %v", key, again, err)
			}
		}
		other, otherErr := parseIdempotencyKey([]string{second})
		both, err := parseIdempotencyKey([]string{first, second})
		if want := otherErr == nil && other == key; want != (err == nil) || want && both != key {
			t.Fatalf("%q and %q: got %q and %v", first, second, both, err)
		}
	})
}
