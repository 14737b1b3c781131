package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// orderJSON and orderForm are one order as the two families of known clients send it.
const (
	orderJSON = `{
"user_id": "user12345-6789-0123-4567-890123456789",
"plan_id": "5",
"os_image_id": "13",
"location": "Slovenia",
"name_server": "testServerAPI",
"password": "s3cret#=&, ok",
"rental_duration": 720,
"auto_renew": true
}`
	orderForm = "user_id=user12345-6789-0123-4567-890123456789&type_payment=balance&auto_renew=1&rental_duration=720" +
		"&name_server=testServerAPI&password=s3cret%23%3D%26%2C+ok&plan_id=5&versions=panel&os_image_id=13&location=Slovenia"
)

func TestDecodeChoosesTheParserByTheFirstByte(t *testing.T) {
	tests := []struct {
		name, method, body, query string
		want                      string // of the parameter "a", or of the error
	}{
		{"JSON", "POST", `{"a":"json"}`, "", "json"},
		{"JSON after white space", "POST", " \r\n\t{\"a\":\"json\"}\r\n ", "", "json"},
		{"JSON after a byte order mark", "POST", "\ufeff{\"a\":\"json\"}", "", "json"},
		{"JSON after white space around the mark", "POST", "\n\ufeff\n{\"a\":\"json\"}", "", "json"},
		{"form", "POST", "a=form", "", "form"},
		{"form after a byte order mark", "POST", "\ufeffa=form", "", "form"},
		{"form after white space", "POST", "\r\n a=form", "", "form"},
		{"form wins over the query", "POST", "a=form", "a=query", "form"},
		{"JSON wins over the query", "POST", `{"a":"json"}`, "a=query", "json"},
		{"a body without a hides the query", "POST", "b=form", "a=query", ""},
		{"an empty object hides the query", "POST", "{}", "a=query", ""},
		{"a bad query beside a body is not looked at", "POST", "a=form", "a=%zz", "form"},
		{"no body", "POST", "", "a=query", "query"},
		{"a body of white space", "POST", " \n", "a=query", "query"},
		{"a body of a mark alone", "POST", "\ufeff", "a=query", "query"},
		{"no body on PUT", "PUT", "", "a=query", "query"},
		{"GET", "GET", "", "a=query", "query"},
		{"GET with a body", "GET", "a=form", "a=query", "query"},
		{"HEAD with a bad body", "HEAD", "{", "a=query", "query"},
		{"nothing at all", "POST", "", "", ""},
		{"XML is a form without known names", "POST", "<a>1</a>", "", ""},

		{"array", "POST", `[{"a":1}]`, "", "malformed_request: The body is a JSON array; send a JSON object."},
		{"multipart", "POST", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n", "",
			"malformed_request: The body looks like multipart/form-data, which isn't accepted: " +
				"send a JSON object or application/x-www-form-urlencoded."},
		{"bad query on GET", "GET", "", "a=%zz",
			"malformed_request: The query has a bad percent-encoding; write % itself as %25."},
		{"name twice in the query", "GET", "", "a=1&a=1",
			"malformed_request: The query has the parameter a twice; send it once."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := decode(tt.method, []byte(tt.body), tt.query)
			got := p.find("a").text
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// The body's bytes belong to the caller, who may use the buffer again for the next request.
func TestDecodeKeepsNothingOfTheBuffer(t *testing.T) {
	body := []byte(`{"user_id":"me"}`)
	p, err := decode(http.MethodPost, body, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = 'x'
	}
	if got := p.find("user_id").text; got != "me" {
		t.Errorf("got %q after the buffer was used again, want %q", got, "me")
	}
}

func TestPresentAndGiven(t *testing.T) {
	tests := []struct {
		body           string
		present, given bool
	}{
		{`{}`, false, false},
		{`{"server_id":null}`, true, false},
		{`{"server_id":""}`, true, false},
		{`{"server_id":"x"}`, true, true},
		{`{"server_id":0}`, true, true},
		{`{"server_id":false}`, true, true},
		{`{"server_id":[]}`, true, true},
		{`{"server_ID":"x"}`, false, false}, // names are exact
		{`server_id`, true, false},
		{`server_id=`, true, false},
		{`server_id=x`, true, true},
		{`plan_id=x`, false, false},
	}
	for _, tt := range tests {
		p, err := decode(http.MethodPost, []byte(tt.body), "")
		if err != nil {
			t.Fatalf("%s: %v", tt.body, err)
		}
		if got := p.present("server_id"); got != tt.present {
			t.Errorf("%s: present is %v, want %v", tt.body, got, tt.present)
		}
		if got := p.given("server_id"); got != tt.given {
			t.Errorf("%s: given is %v, want %v", tt.body, got, tt.given)
		}
	}
}

// Beyond 16 names the set of names takes another way; both ends of both ways must find the double.
func TestNameTwiceAmongMany(t *testing.T) {
	for _, n := range []int{1, 15, 16, 17, 18, 3000} {
		for _, again := range []int{0, n / 2, n - 1} {
			var names []string
			for i := range n {
				names = append(names, fmt.Sprintf("p%d", i))
			}
			names = append(names, "") // a name like any other
			form := strings.Join(names, "=1&") + "=1"
			object := `{"` + strings.Join(names, `":1,"`) + `":1}`
			for _, body := range []string{form, object, `{"x":` + object + `}`} {
				if _, err := decode("POST", []byte(body), ""); err != nil {
					t.Fatalf("%d different names: %v", n, err)
				}
			}
			names = append(names, names[again])
			form = strings.Join(names, "=1&") + "=1"
			object = `{"` + strings.Join(names, `":1,"`) + `":1}`
			for _, body := range []string{form, object, `{"x":` + object + `}`} {
				_, err := decode("POST", []byte(body), "")
				want := fmt.Sprintf("The body has the parameter %s twice; send it once.", names[again])
				if got := berth.AsError(err); err == nil || got.Message != want || got.Parameter != names[again] {
					t.Errorf("%d names, number %d again: got %v, want %q", n, again, err, want)
				}
			}
		}
	}
}

// What a client sends comes back in an error only as a short printable name; here the names are neither.
func TestErrorsDoNotRepeatUnprintableOrLongNames(t *testing.T) {
	long := strings.Repeat("n", 65)
	for name, shown := range map[string]string{
		`a\u0000b`: "(3 bytes not shown)",
		`a\nb`:     "(3 bytes not shown)",
		`a\u202eb`: "(5 bytes not shown)",
		``:         "(0 bytes not shown)",
		long:       "(65 bytes not shown)",
		long[:64]:  long[:64],
	} {
		_, err := decode("POST", []byte(`{"`+name+`":1,"`+name+`":2}`), "")
		var e *berth.Error
		if !errors.As(err, &e) {
			t.Fatalf("%q twice: got %v, want an error", name, err)
		}
		want := "The body has the parameter " + shown + " twice; send it once."
		wantParameter := name
		if shown != name {
			wantParameter = ""
		}
		if e.Message != want || e.Parameter != wantParameter {
			t.Errorf("got %q and parameter %q, want %q and %q", e.Message, e.Parameter, want, wantParameter)
		}
	}
}

func TestHasControl(t *testing.T) {
	for c := rune(0); c < 0x2100; c++ {
		want := c < 0x20 || c >= 0x7f && c < 0xa0
		if got := hasControl("a" + string(c)); got != want {
			t.Errorf("U+%04X: got %v, want %v", c, got, want)
		}
	}
}

func BenchmarkDecodeAndRead(b *testing.B) {
	for name, body := range map[string]string{"json": orderJSON, "form": orderForm} {
		raw := []byte(body)
		b.Run("decode/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode(http.MethodPost, raw, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("decode and read/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := decode(http.MethodPost, raw, "")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := readOrder(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecodeWorst shows that the largest body allowed costs at most a few milliseconds, whatever is in it.
func BenchmarkDecodeWorst(b *testing.B) {
	const size = 64 << 10
	fill := func(open, piece, end string) string {
		return open + strings.Repeat(piece, (size-len(open)-len(end))/len(piece)) + end
	}
	var names strings.Builder
	for i := 0; names.Len() < size-16; i++ {
		fmt.Fprintf(&names, `"%x":1,`, i)
	}
	for name, body := range map[string]string{
		"many names":        "{" + names.String() + `"x":1}`,
		"many names nested": `{"x":{` + names.String() + `"x":1}}`,
		"many form names":   strings.NewReplacer(`"`, "", ":", "=", ",", "&").Replace(names.String()),
		"escapes":           fill(`{"a":"`, `\u00e9`, `"}`),
		"escaped quotes":    fill(`{"a":"`, `\"`, `"}`),
		"escaped strings":   fill(`{"a":[`, `"\n",`, `1]}`),
		"objects":           fill(`{"a":[`, `{"b":1},`, `1]}`),
		"percents":          fill("a=", "%41", ""),
	} {
		raw := []byte(body)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := decode(http.MethodPost, raw, "")
				if err != nil {
					b.Fatal(err)
				}
				_, _ = readOrder(p) // refused, of course
			}
		})
	}
}
