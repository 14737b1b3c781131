package httpapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// readOrder reads a new server's parameters the way an endpoint does.
func readOrder(p params) ([]byte, error) {
	r := p.reader()
	r.id("user_id", required)
	r.oneOf("type_payment", optional, "balance")
	r.boolean("auto_renew", optional)
	r.text("versions", optional)
	r.id("plan_id", required)
	r.id("os_image_id", optional)
	r.integer("application_id", optional, 1, 1<<31)
	r.text("location", optional)
	r.printable("name_server", optional, 1, 100)
	r.integer("rental_duration", optional, 1, 87600, "hours")
	r.printable("password", optional, 6, 128)
	return r.canonical(nil), r.err()
}

func mustDecode(t *testing.T, body string) params {
	t.Helper()
	p, err := decode("POST", []byte(body), "")
	if err != nil {
		t.Fatalf("%.100s: %v", body, err)
	}
	return p
}

// getters are the getters under test, each for a parameter called v, with what they give as text.
var getters = map[string]func(*reader) string{
	"text":          func(r *reader) string { return r.text("v", required) },
	"optional text": func(r *reader) string { return r.text("v", optional) },
	"short text":    func(r *reader) string { return r.textUpTo("v", required, 3) },
	"printable":     func(r *reader) string { return r.printable("v", required, 2, 4) },
	"id":            func(r *reader) string { return r.id("v", required) },
	"word":          func(r *reader) string { return r.oneOf("v", required, "monthly", "yearly") },
	"hours":         func(r *reader) string { return fmt.Sprint(r.integer("v", required, 1, 87600)) },
	"any integer":   func(r *reader) string { return fmt.Sprint(r.integer("v", required, 0, 1<<63-1)) },
	"optional int":  func(r *reader) string { return fmt.Sprint(r.integer("v", optional, 1, 9)) },
	"bool":          func(r *reader) string { return fmt.Sprint(r.boolean("v", required)) },
	"optional bool": func(r *reader) string { return fmt.Sprint(r.boolean("v", optional)) },
	"money":         func(r *reader) string { return fmt.Sprint(r.money("v", required)) },
	"list":          func(r *reader) string { return fmt.Sprintf("%q", r.list("v", required, 3)) },
	"optional list": func(r *reader) string { return fmt.Sprintf("%q", r.list("v", optional, 3)) },
}

const (
	missing    = "v is required and must not be empty."
	notText    = "v must be a text, not an object or array."
	notBool    = "v must be 1, 0, true or false."
	badHours   = "v must be a whole number from 1 to 87600, written in digits only."
	badInteger = "v must be a whole number from 0 to 9223372036854775807, written in digits only."
	badMoney   = "v must be an amount such as 5 or 12.99, with at most two decimals and not above 100000000000."
	badWord    = "v must be monthly or yearly."
	badItem    = "v must have texts of at most 255 bytes, without control characters, as items."
	badList    = "v must be an array of texts; what it holds isn't valid JSON."
	control    = "v must not hold control characters."
)

// getterCase is a value as JSON, "" for not sent, and what the getter gives for it or the message of the refusal.
type getterCase struct{ getter, value, want string }

func TestTextsOverJSON(t *testing.T) {
	long, fits := strings.Repeat("x", 256), strings.Repeat("ä", 127)+"x"
	runGetters(t, []getterCase{
		{"text", `"Slovenia"`, "Slovenia"},
		{"text", `5`, "5"},
		{"text", `-1.50e3`, "-1.50e3"}, // as written
		{"text", `" a "`, " a "},
		{"text", `"žä\ud83d\ude00"`, "žä😀"},
		{"text", `"` + fits + `"`, fits},
		{"text", `"` + long + `"`, "v must not be longer than 255 bytes."},
		{"text", `"a\u0000b"`, control},
		{"text", `"a\n"`, control},
		{"text", `"\u007f"`, control},
		{"text", `"\u0085"`, control},
		{"text", `""`, missing},
		{"text", `null`, missing},
		{"text", ``, missing},
		{"text", `true`, "v must be a text, not true or false."},
		{"text", `{"a":1}`, notText},
		{"text", `[]`, notText},
		{"text", `["a"]`, notText},
		{"optional text", `""`, ""},
		{"optional text", `null`, ""},
		{"optional text", ``, ""},
		{"optional text", `{}`, notText},
		{"short text", `"abc"`, "abc"},
		{"short text", `"äö"`, "v must not be longer than 3 bytes."},
	})
}

func TestPrintablesIDsAndWordsOverJSON(t *testing.T) {
	long := strings.Repeat("x", 65)
	runGetters(t, []getterCase{
		{"printable", `"a"`, "v must have 2 to 4 printable characters."},
		{"printable", `"äöüß"`, "äöüß"},
		{"printable", `"äöüßx"`, "v must have 2 to 4 printable characters."},
		{"printable", `"a\u202eb"`, "v must have 2 to 4 printable characters."},
		{"printable", `"a\u0000b"`, control},
		{"printable", `"a #="`, "a #="},
		{"printable", `{}`, notText},

		{"id", `"user12345-6789"`, "user12345-6789"},
		{"id", `5`, "5"},
		{"id", `"007"`, "007"}, // never parsed or padded
		{"id", `"5.0"`, "5.0"},
		{"id", `5.0`, "v must be a text or a whole number."},
		{"id", `1e3`, "v must be a text or a whole number."},
		{"id", `-5`, "v must be a text or a whole number."},
		{"id", `false`, "v must be a text, not true or false."},
		{"id", `"` + long[:64] + `"`, long[:64]},
		{"id", `"` + long + `"`, "v must have at most 64 printable characters."},
		{"id", `"a\u2028"`, "v must have at most 64 printable characters."},
		{"id", `"a\u0001"`, control},

		{"word", `"yearly"`, "yearly"},
		{"word", `"Yearly"`, badWord},
		{"word", `1`, badWord},
		{"word", `["yearly"]`, badWord},
		{"word", `null`, missing},
	})
}

func TestIntegersOverJSON(t *testing.T) {
	runGetters(t, []getterCase{
		{"hours", `720`, "720 true"},
		{"hours", `"720"`, "720 true"},
		{"hours", `87600`, "87600 true"},
		{"hours", `0`, badHours},
		{"hours", `87601`, badHours},
		{"hours", `5.0`, badHours},
		{"hours", `"5.0"`, badHours},
		{"hours", `1e3`, badHours},
		{"hours", `"1e3"`, badHours},
		{"hours", `-5`, badHours},
		{"hours", `-0`, badHours},
		{"hours", `"-5"`, badHours},
		{"hours", `"+5"`, badHours},
		{"hours", `" 5"`, badHours},
		{"hours", `"5 "`, badHours},
		{"hours", `"5\u0000"`, badHours},
		{"hours", `"007"`, badHours},
		{"hours", `"1_000"`, badHours},
		{"hours", `"0x10"`, badHours},
		{"hours", `"٥"`, badHours},
		{"hours", `"abc"`, badHours},
		{"hours", `true`, badHours},
		{"hours", `[5]`, badHours},
		{"hours", `{"a":5}`, badHours},
		{"hours", `null`, missing},
		{"any integer", `0`, "0 true"},
		{"any integer", `9223372036854775807`, "9223372036854775807 true"},
		{"any integer", `9223372036854775808`, badInteger},
		{"any integer", `"` + strings.Repeat("9", 5000) + `"`, badInteger},
		{"optional int", ``, "0 false"},
		{"optional int", `""`, "0 false"},
		{"optional int", `null`, "0 false"},
	})
}

func TestBooleansAndMoneyOverJSON(t *testing.T) {
	runGetters(t, []getterCase{
		{"bool", `1`, "true true"},
		{"bool", `"1"`, "true true"},
		{"bool", `true`, "true true"},
		{"bool", `"true"`, "true true"},
		{"bool", `0`, "false true"},
		{"bool", `"0"`, "false true"},
		{"bool", `false`, "false true"},
		{"bool", `"false"`, "false true"},
		{"bool", `2`, notBool},
		{"bool", `1.0`, notBool},
		{"bool", `"yes"`, notBool},
		{"bool", `"TRUE"`, notBool},
		{"bool", `[1]`, notBool},
		{"bool", `null`, missing},
		{"optional bool", ``, "false false"},
		{"optional bool", `""`, "false false"},

		{"money", `"5.00"`, "500 true"},
		{"money", `5`, "500 true"},
		{"money", `5.5`, "550 true"},
		{"money", `12.99`, "1299 true"},
		{"money", `"0.01"`, "1 true"},
		{"money", `100000000000`, "10000000000000 true"},
		{"money", `100000000000.01`, badMoney},
		{"money", `5.555`, badMoney},
		{"money", `1e2`, badMoney},
		{"money", `-5`, badMoney},
		{"money", `"5,00"`, badMoney},
		{"money", `".5"`, badMoney},
		{"money", `"5."`, badMoney},
		{"money", `true`, badMoney},
		{"money", `[5]`, badMoney},
		{"money", `""`, missing},
	})
}

func TestListsOverJSON(t *testing.T) {
	long := strings.Repeat("x", 256)
	runGetters(t, []getterCase{
		{"list", `["com","net"]`, `["com" "net"]`},
		{"list", `[ "com" , 5 ] `, `["com" "5"]`},
		{"list", `"[\"com\", \"net\"]"`, `["com" "net"]`},
		{"list", `" [\"com\"] "`, `["com"]`},
		{"list", `"com"`, `["com"]`},
		{"list", `5`, `["5"]`},
		{"list", `"com,net"`, `["com,net"]`},
		{"list", `["a","b","c","d"]`, "v must not have more than 3 items."},
		{"list", `["a",""]`, "v must not have empty items."},
		{"list", `["a",null]`, "v must not have empty items."},
		{"list", `["a",["b"]]`, badItem},
		{"list", `["a",{"b":1}]`, badItem},
		{"list", `["a",true]`, badItem},
		{"list", `["a\u0000"]`, badItem},
		{"list", `"a\u0000"`, badItem},
		{"list", `["` + long + `"]`, badItem},
		{"list", `true`, badItem},
		{"list", `"[\"com\""`, badList},
		{"list", `"[\"com\"] x"`, badList},
		{"list", `"[{\"a\":1,\"a\":1}]"`, badList},
		{"list", `{"a":"com"}`, "v must be an array of texts, not an object."},
		{"list", `[]`, missing},
		{"list", `"[]"`, missing},
		{"list", `""`, missing},
		{"optional list", `[]`, `[]`},
		{"optional list", ``, `[]`},
	})
}

func runGetters(t *testing.T, tests []getterCase) {
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %.40s", tt.getter, tt.value), func(t *testing.T) {
			body := `{"other":[1],"v":` + tt.value + `}`
			if tt.value == "" {
				body = `{"other":[1]}`
			}
			checkGetter(t, mustDecode(t, body), tt.getter, tt.want)
		})
	}
}

// checkGetter compares the getter's value, or its refusal's message, and that a refusal gives nothing but zero.
func checkGetter(t *testing.T, p params, getter, want string) {
	t.Helper()
	r := p.reader()
	got := getters[getter](r)
	if err := r.err(); err != nil {
		zero := getters[getter](params{}.reader())
		if got != zero {
			t.Errorf("a refused getter gave %q, want %q", got, zero)
		}
		e := berth.AsError(err)
		if e.Code != berth.InvalidParameter || e.Parameter != "v" {
			t.Errorf("got code %s and parameter %q, want invalid_parameter and v", e.Code, e.Parameter)
		}
		got = e.Message
	}
	if got != want {
		t.Errorf("got %.300q, want %.300q", got, want)
	}
}

// In a form every value is text; what a form can say must mean the same there.
func TestGettersOverForms(t *testing.T) {
	tests := []struct{ getter, value, want string }{
		{"text", "a b&=#ž", "a b&=#ž"},
		{"text", "null", "null"},
		{"text", "", missing},
		{"text", "a\x00", control},
		{"hours", "720", "720 true"},
		{"hours", "7 20", badHours},
		{"hours", "+5", badHours},
		{"bool", "1", "true true"},
		{"bool", "false", "false true"},
		{"bool", "on", notBool},
		{"money", "5.00", "500 true"},
		{"list", `["com","net"]`, `["com" "net"]`},
		{"list", "com", `["com"]`},
		{"list", `[com]`, badList},
		{"word", "monthly", "monthly"},
		{"id", "5.0", "5.0"},
	}
	for _, tt := range tests {
		t.Run(tt.getter+" "+tt.value, func(t *testing.T) {
			p := mustDecode(t, "other=1&v="+url.QueryEscape(tt.value))
			checkGetter(t, p, tt.getter, tt.want)
		})
	}
}

func TestTheFirstRefusalInReadingOrderIsKept(t *testing.T) {
	p := mustDecode(t, `{"c":"x","b":"","a":[],"d":"ok"}`)
	r := p.reader()
	if err := r.err(); err != nil {
		t.Fatalf("before reading: %v", err)
	}
	if got := r.text("d", required); got != "ok" || r.err() != nil {
		t.Fatalf("got %q and %v", got, r.err())
	}
	r.text("b", optional)
	r.integer("c", required, 1, 9)
	r.text("a", required)
	r.text("b", required)
	r.refuse("e", "e excludes d.")
	if got := berth.AsError(r.err()).Parameter; got != "c" {
		t.Errorf("the refusal names %q, want c", got)
	}
	r = p.reader()
	r.refuse("e", "%s excludes d.", "e")
	r.text("a", required)
	if got := r.err().Error(); got != "invalid_parameter: e excludes d." {
		t.Errorf("got %q", got)
	}
}

func TestAliases(t *testing.T) {
	tests := []struct{ body, want string }{
		{`{"rental_duration":720}`, "720"},
		{`{"hours":"5"}`, "5"},
		{`{"hours":5,"rental_duration":"5"}`, "5"},
		{`{"hours":5,"rental_duration":null}`, "5"},
		{`{"hours":"","rental_duration":6}`, "6"},
		{`{}`, "rental_duration is required and must not be empty."},
		{`{"hours":""}`, "rental_duration is required and must not be empty."},
		{`{"hours":5,"rental_duration":6}`, "rental_duration and hours differ; send only one of them."},
		{`{"hours":[5],"rental_duration":6}`, "rental_duration and hours differ; send only one of them."},
		{`{"hours":0}`, "hours must be a whole number from 1 to 9, written in digits only."},
		{`{"hours":5,"rental_duration":0}`, "rental_duration must be a whole number from 1 to 9, written in digits only."},
		{`{"hours":720}`, "hours must be a whole number from 1 to 9, written in digits only."},
	}
	for _, tt := range tests {
		r := mustDecode(t, tt.body).reader()
		most := int64(9)
		if tt.want == "720" {
			most = 720
		}
		n, ok := r.integer("rental_duration", required, 1, most, "hours")
		got := fmt.Sprint(n)
		if !ok {
			e := berth.AsError(r.err())
			if got = e.Message; !strings.HasPrefix(got, e.Parameter+" ") {
				t.Errorf("%s: parameter %q isn't what the message %q begins with", tt.body, e.Parameter, got)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.body, got, tt.want)
		}
	}
}

// No refusal may repeat a value: it may be a password, and texts of errors are logged.
func TestRefusalsDoNotRepeatValues(t *testing.T) {
	for _, value := range []string{`"hunter2\u0000"`, `["hunter2"]`, `{"hunter2":"hunter2"}`, `"hunter2` + strings.Repeat("x", 300) + `"`} {
		for name, getter := range getters {
			r := mustDecode(t, `{"v":`+value+`}`).reader()
			getter(r)
			if err := r.err(); err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, body := range []string{`{"password":"hunter2\q"}`, `{"password":"hunter2`, `password=hunter2%zz`, "password=hunter2\xff", `{"password":hunter2}`} {
		if _, err := decode("POST", []byte(body), ""); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want an error without the value", body, err)
		}
	}
}

// Whatever a client may encode, the text arrives as it was.
func TestTextsArriveUnchanged(t *testing.T) {
	for _, text := range []string{`"\/`, "a\u2028b", "😀", "%41+ &=;#", "=\u00a0", "<script>&'", "\\u0041"} {
		asJSON, err := json.Marshal(map[string]string{"v": text})
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{string(asJSON), url.Values{"v": {text}}.Encode()} {
			r := mustDecode(t, body).reader()
			if got := r.text("v", required); got != text || r.err() != nil {
				t.Errorf("%s: got %q and %v, want %q", body, got, r.err(), text)
			}
		}
	}
	if got, want := mustDecode(t, orderForm).find("password"), mustDecode(t, orderJSON).find("password"); !reflect.DeepEqual(got, want) {
		t.Errorf("the form's password is %v, the object's %v", got, want)
	}
}
