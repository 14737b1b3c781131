package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// Keys, passwords, Content-Types and everything else of a client's making stay out of the log, of errors and of what
// the observer is told, whatever goes wrong.
func TestSecretsStaySecret(t *testing.T) {
	const (
		key         = "k/ey+with=chars;x"
		wrong       = "wrong-key-that-is-secret"
		password    = "Pa55word-of-root"
		contentType = "text/secret-content-type"
		word        = "secret-word"
	)
	seen := &observations{}
	s := openShop(t, func(o *settings) { o.options.Observer = seen })
	s.addKey(key, berth.APIKey{UserID: buyer, Scopes: []berth.Scope{berth.ScopeOrder, berth.ScopeRead}})
	types := http.Header{"Content-Type": {key, contentType}, "X-Other": {word}, "User-Agent": {word}, "Idempotency-Key": {word}}
	order := func(more string) string {
		return `{"user_id":"` + buyer + `","plan_id":"5","os_image_id":13,"password":"` + password + `"` + more + `}`
	}
	server := text(s.do(ask{method: "POST", path: createOrder, key: key, header: types, body: order("")}).at("server_status", "new_id"))
	asks := []ask{
		{method: "POST", path: createOrder, key: key, header: types, body: order("")},
		{method: "POST", path: createOrder, key: key, header: types, body: order(`,"hours":0`)},
		{method: "POST", path: createOrder, key: key, header: types, body: order(`,"name_server":"sim-refuse"`)},
		{method: "POST", path: createOrder, key: key, header: types, body: order(`,"password":"` + password + `"`)},
		{method: "POST", path: createOrder, key: key, header: types, body: "{" + order("")},
		{method: "POST", path: createOrder, key: key, header: types, body: password},
		{method: "POST", path: createOrder, key: key, header: types, body: key + "&" + key},
		{method: "POST", path: createOrder, key: key, header: types, body: "password=%" + password},
		{method: "POST", path: createOrder, key: key, header: types, body: strings.Repeat(password, maxBody)},
		{method: "POST", path: createOrder, key: wrong, header: types, body: order("")},
		{method: "POST", path: createOrder, key: wrong + key, header: types, body: order("")},
		{method: "GET", path: listPlan + "?key=" + word, key: key, header: types},
		{method: "GET", path: detailServer + "?id=" + server + "&password=" + password, key: key, header: types},
		{method: "GET", path: "/API/" + word + "?" + word, key: key, header: types},
		{method: strings.ToUpper(word), path: createOrder + "?" + word, key: key, header: types},
		{method: "POST", path: quoteOrder, key: key, header: types, body: order("")},
	}
	for _, a := range asks {
		got := s.do(a)
		for _, secret := range []string{key, wrong, contentType, word, strings.ToUpper(word)} {
			shown := strings.Contains(got.raw+fmt.Sprint(got.header), secret)
			if echoed := strings.Contains(a.body, key+"&"+key) && secret == key; shown && !echoed {
				t.Errorf("%s %s: the answer shows %q: %s", a.method, a.path, secret, got.raw)
			}
		}
		if got.status != 200 && strings.Contains(got.raw, password) {
			t.Errorf("%s %s: the error shows the password: %s", a.method, a.path, got.raw)
		}
	}
	// A fault deep in the business may not show them either.
	s.handler = New(Options{Desk: s.desk, Ready: s.worker.Ready, Log: s.slog(), Observer: seen,
		Place: func(_ context.Context, r *berth.Request) (berth.Receipt, error) { panic("a fault at " + r.UserID) }})
	s.do(ask{method: "POST", path: createOrder, key: key, header: types, body: order("")})

	written := s.log.String() + strings.Join(seen.all(), "\n")
	for _, secret := range []string{key, wrong, password, contentType, word, strings.ToUpper(word), "berth.APIKey"} {
		if strings.Contains(written, secret) {
			t.Errorf("log or metrics show %q:\n%s", secret, written)
		}
	}
	if n := len(s.log.lines(t)); n != len(asks)+2 {
		t.Errorf("there are %d log lines for %d requests", n, len(asks)+2)
	}
}

// observations is an Observer that writes down what it's told.
type observations struct {
	mu   sync.Mutex
	list []string
}

func (o *observations) Answered(method, route, code string, status int, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, fmt.Sprintf("%s %s %s %d %v", method, route, code, status, took > 0))
}

func (o *observations) all() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.list)
}

func TestObserver(t *testing.T) {
	seen := &observations{}
	s := openShop(t, func(o *settings) { o.options.Observer = seen })
	s.post(createOrder+"/", documentedOrder)
	s.post(createOrder, `{"user_id":"`+buyer+`","plan_id":"99","os_image_id":13}`)
	s.do(ask{method: "GET", path: "/wp-login.php"})
	s.do(ask{method: "BREW", path: createOrder})
	s.do(ask{method: "HEAD", path: "/healthz"})
	s.do(ask{method: "GET", path: listPlan})
	want := []string{
		"POST /API/orders/create_order ok 200 true",
		"POST /API/orders/create_order not_found 404 true",
		"GET unmatched not_found 404 true",
		"other /API/orders/create_order method_not_allowed 405 true",
		"HEAD /healthz ok 200 true",
		"GET /API/plans/list_plan unauthorized 401 true",
	}
	if got := seen.all(); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// One line a request, with what an operator needs to find it again.
func TestLogLine(t *testing.T) {
	s := openShop(t, func(o *settings) { o.options.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	got := s.do(ask{method: "POST", path: createOrder, key: buyerKey, body: documentedOrder, header: http.Header{"X-Forwarded-For": {"198.51.100.9"}}})
	s.post(createOrder, `{"user_id":"`+buyer+`","plan_id":"5","os_image_id":13,"hours":0}`)
	s.do(ask{method: "GET", path: "/unknown"})
	lines := s.log.lines(t)
	if len(lines) != 3 {
		t.Fatalf("there are %d lines, want 3", len(lines))
	}
	for name, want := range map[string]any{
		"level": "INFO", "msg": "request", "method": "POST", "route": createOrder, "status": 200.0, "code": "ok",
		"request_id": got.header.Get("X-Request-Id"), "user_id": buyer, "key_id": s.keys[buyerKey].ID,
		"order_id": got.json["order_id"], "client": "198.51.100.9",
	} {
		if lines[0][name] != want {
			t.Errorf("%s: got %v, want %v", name, lines[0][name], want)
		}
	}
	if lines[1]["code"] != "invalid_parameter" || lines[1]["parameter"] != "hours" || lines[1]["order_id"] != nil {
		t.Errorf("the refusal's line is %v", lines[1])
	}
	if lines[2]["route"] != "unmatched" || lines[2]["user_id"] != nil {
		t.Errorf("the line of an unknown path is %v", lines[2])
	}
}

func TestRequestIDs(t *testing.T) {
	at := time.UnixMilli(1469918176385)
	id := newRequestID(at)
	if !regexp.MustCompile("^[0-7][0-9A-HJKMNP-TV-Z]{25}$").MatchString(id) {
		t.Errorf("%q is no ULID", id)
	}
	if id[:10] != "01ARYZ6S41" { // the example of the format's description
		t.Errorf("the time is written %s, want 01ARYZ6S41", id[:10])
	}
	seen := map[string]bool{}
	for range 10_000 {
		seen[newRequestID(at)] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("10,000 ids are %d", len(seen))
	}
}

// A client's own request id isn't taken over.
func TestForeignRequestID(t *testing.T) {
	s := openShop(t)
	got := s.do(ask{method: "GET", path: "/healthz", header: http.Header{"X-Request-Id": {"made-up"}}})
	if got.header.Get("X-Request-Id") == "made-up" || strings.Contains(s.log.String(), "made-up") {
		t.Error("the client's X-Request-Id was taken over")
	}
}
