package httpapi

import (
	"slices"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

func TestDecodeJSON(t *testing.T) {
	got, err := decodeJSON(`{ "a" : "x" ,"b":-12.50E+3,"c":true,"d":false,"e":null,"f": [1, {"g":[]} ] ,"h":{"i":1}  ,"":0}` + "\r\n\t ")
	if err != nil {
		t.Fatal(err)
	}
	want := []param{
		{"a", "x", textKind},
		{"b", "-12.50E+3", numberKind},
		{"c", "true", boolKind},
		{"d", "false", boolKind},
		{"e", "", nullKind},
		{"f", `[1, {"g":[]} ]`, nestedKind},
		{"h", `{"i":1}`, nestedKind},
		{"", "0", numberKind},
	}
	if !slices.Equal(got.list, want) {
		t.Errorf("got %v, want %v", got.list, want)
	}
	for _, empty := range []string{"{}", "{ }", "{\n} "} {
		if got, err := decodeJSON(empty); err != nil || len(got.list) != 0 {
			t.Errorf("%q: got %v and %v, want nothing", empty, got, err)
		}
	}
}

func TestDecodeJSONStrings(t *testing.T) {
	tests := []struct{ raw, want string }{
		{``, ""},
		{`plain`, "plain"},
		{`\"\\\/\b\f\n\r\t`, "\"\\/\b\f\n\r\t"},
		{`\u0041\u00e9\u20AC\u0000`, "Aé€\x00"},
		{`x\ud83d\ude00y`, "x😀y"},
		{`\uDBFF\uDFFF`, "\U0010ffff"},
		{`\ufffd`, "\ufffd"}, // the replacement character itself is a character like any other
		{`ž😀`, "ž😀"},
		{"\u007f\u2028", "\x7f\u2028"}, // no control characters to JSON; the reader refuses the first
		{`a\\`, `a\`},
	}
	for _, tt := range tests {
		got, err := decodeJSON(`{"v":"` + tt.raw + `"}`)
		if err != nil || got.find("v").text != tt.want {
			t.Errorf("%s: got %q and %v, want %q", tt.raw, got.find("v").text, err, tt.want)
		}
		// Names are decoded by the same rules.
		got, err = decodeJSON(`{"` + tt.raw + `":1}`)
		if err != nil || !got.present(tt.want) {
			t.Errorf("name %s: got %v and %v, want %q", tt.raw, got.list, err, tt.want)
		}
	}
}

func TestDecodeJSONRefuses(t *testing.T) {
	const (
		early   = "it ends too early"
		after   = "has text after its JSON object"
		bad     = "unexpected character at offset"
		deep    = "nests deeper than 16 levels"
		utf8    = "isn't valid UTF-8"
		unicode = `a \u escape is half of a surrogate pair`
		double  = "twice"
	)
	tests := map[string][]string{
		early: {`{`, `{ `, `{"`, `{"a`, `{"a\`, `{"a\u00`, `{"a"`, `{"a":`, `{"a": `, `{"a":1`, `{"a":1,`, `{"a":"`, `{"a":"\n`,
			`{"a":t`, `{"a":[`, `{"a":[1`, `{"a":[1,`, `{"a":{"b":1}`, `{"a":-`, `{"a":1.`, `{"a":1e+`, `{"a":"\ud800\u`},
		after: {`{}}`, `{} {}`, `{},`, `{}x`, "{}\x00", "{}\f", `{"a":1}"b"`},
		bad: {`{,}`, `{"a"}`, `{"a",1}`, `{"a":}`, `{"a":1,}`, `{"a":1;"b":2}`, `{"a":1 "b":2}`, `{a:1}`, `{'a':1}`, `{1:2}`, `{null:1}`,
			`{"a":01}`, `{"a":+1}`, `{"a":.5}`, `{"a":5.}`, `{"a":1e}`, `{"a":0x1}`, `{"a":1_0}`, `{"a":NaN}`, `{"a":-Infinity}`, `{"a":--1}`,
			`{"a":tru}`, `{"a":True}`, `{"a":nullx}`, `{"a":'x'}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":[1}`, `{"a":{"b":1]}`, `{"a":{"b"}}`,
			`{"a":"\x41"}`, `{"a":"\u00g0"}`, `{"a":"\U0041"}`, `{"a":"\'"}`, "{\"a\":\"x\ny\"}", "{\"a\":\"\x00\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\\n\t\"}", "{\"a\t\":1}",
			`{/**/"a":1}`, "{\u00a0\"a\":1}", "{\"a\":\u2028 1}", "{\ufeff}", `{"a":"\ud800\uzzzz"}`},
		deep: {`{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`,
			strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17),
			`{"a":` + strings.Repeat("[", 60000),
			`{"a":` + strings.Repeat(`[{"b":`, 8) + "{}" + strings.Repeat("}]", 8) + `}`},
		utf8: {"{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"\xc3\":1}", "{\"a\":\"\xc0\xaf\"}", "{}\x80", "{\"a\":[\"\xf8\"]}"},
		unicode: {`{"a":"\ud800"}`, `{"a":"\udc00"}`, `{"a":"\ud800x"}`, `{"a":"\ud800\n"}`, `{"a":"\ud800\ud800"}`, `{"a":"\udc00\ud800"}`,
			`{"a":"\ud800\u0041"}`, `{"\ud800":1}`, `{"a":["\ud800"]}`},
		double: {`{"a":1,"a":1}`, `{"a":1,"b":2,"a":null}`, `{"hours":1,"\u0068ours":2}`, `{"":1,"":2}`, `{"x":{"a":1,"a":2}}`,
			`{"x":[{"y":{"a":1,"b":[],"a":2}}]}`, `{"\ud83d\ude00":1,"😀":2}`},
	}
	for want, bodies := range tests {
		for _, body := range bodies {
			got, err := decodeJSON(body)
			e := berth.AsError(err)
			if err == nil || e.Code != berth.MalformedRequest || !strings.Contains(e.Message, want) {
				t.Errorf("%.60q: got %v, want %q", body, err, want)
			}
			if len(got.list) != 0 {
				t.Errorf("%.60q: refused, yet it gave %v", body, got.list)
			}
		}
	}
}

// Equal names in different objects are different names.
func TestDecodeJSONAcceptsEqualNamesInDifferentObjects(t *testing.T) {
	for _, body := range []string{
		`{"a":{"a":{"a":1}},"b":{"a":1}}`,
		`{"x":[{"a":1},{"a":2}]}`,
		`{"a":1,"A":2,"a ":3}`,
		strings.Repeat(`{"a":`, 16) + "1" + strings.Repeat("}", 16), // the deepest allowed
		`{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`,
	} {
		if _, err := decodeJSON(body); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}
