package httpapi

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// spoken are the headers that an answer may have. Anything else tells more than it should, or promises something:
// which program answers and how old it is (Server, X-Powered-By), that other sites' scripts may read along
// (Access-Control-*), a session (Set-Cookie), another place (Location).
var spoken = []string{"Content-Type", "Content-Length", "Date", "X-Request-Id", "Cache-Control", "X-Content-Type-Options",
	"Retry-After", "Allow", "Idempotency-Replayed", "Content-Security-Policy", "Connection"}

// API8:2023 security misconfiguration: over a real connection, whatever is asked and however it ends.
func TestAPI8Headers(t *testing.T) {
	s := openEstate(t)
	address := "http://" + s.serve()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func(method, path, body, key string) *http.Response {
		t.Helper()
		r, err := http.NewRequest(method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", key)
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Access-Control-Request-Method", "POST")
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	var answers []*http.Response
	for _, r := range routes() {
		for _, key := range []string{buyerKey, "", canary + "-wrong"} {
			answers = append(answers, send(r.method, r.path, "{}", key), send(http.MethodOptions, r.path, "", key), send(http.MethodTrace, r.path, "", key))
		}
	}
	answers = append(answers, send("POST", createOrder, documentedOrder, buyerKey), send("POST", createOrder, strings.Repeat("x", maxBody+1), buyerKey),
		send("GET", "/nothing", "", ""))
	statuses := map[int]bool{}
	for _, a := range answers {
		at := fmt.Sprintf("%s %s: %d", a.Request.Method, a.Request.URL.Path, a.StatusCode)
		statuses[a.StatusCode] = true
		for name := range a.Header {
			if !slices.Contains(spoken, name) {
				t.Errorf("%s has the header %s: %v", at, name, a.Header[name])
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", at, name, got, want)
			}
		}
		isPage := a.Request.URL.Path == "/docs" && a.StatusCode == 200
		if policy := a.Header.Get("Content-Security-Policy"); isPage != strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: the policy of its content is %q", at, policy)
		}
		if isJSON := a.Header.Get("Content-Type") == jsonType; isJSON == isPage {
			t.Errorf("%s is %s", at, a.Header.Get("Content-Type"))
		}
		text := body(t, a)
		for _, telltale := range []string{runtime.Version(), "goroutine", ".go:", "net/http", "sqlite", "postgres"} {
			if a.StatusCode != 200 && strings.Contains(strings.ToLower(text), strings.ToLower(telltale)) {
				t.Errorf("%s shows %q: %s", at, telltale, text)
			}
		}
	}
	for _, status := range []int{200, 401, 404, 405, 413, 422} {
		if !statuses[status] {
			t.Errorf("no answer was a %d", status)
		}
	}
}

// Nothing is served that nobody means to serve.
func TestAPI8NoDebugRoutes(t *testing.T) {
	s := openEstate(t)
	for _, path := range []string{
		"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/debug/requests", "/metrics", "/status", "/server-status", "/env", "/version",
		"/actuator", "/actuator/env", "/swagger", "/swagger/index.html", "/swagger.json", "/graphql", "/console", "/phpinfo.php", "/wp-login.php",
		"/.env", "/.git/config", "/.git/HEAD", "/.well-known/security.txt", "/berth.db", "/berth.db.key", "/berth.yaml", "/backup", "/static/", "/favicon.ico",
		"/API/debug", "/API/test", "/API/v1/orders/create_order", "/v1/orders", "/API/orders/create_order.json", "/API/orders/create_order/1",
	} {
		for _, method := range []string{"GET", "POST"} {
			checkError(t, method+" "+path, s.do(ask{method: method, path: path, key: buyerKey}), 404, berth.NotFound, "")
		}
	}
	for name, file := range parsed(t) {
		for _, spec := range file.Imports {
			if path := strings.Trim(spec.Path.Value, `"`); path == "net/http/pprof" || path == "expvar" { // they serve themselves
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

// API9:2023 improper inventory management: what is served, what is described to programs and what is described to
// people is the same. (That the routes are those of openapi.json is TestTheDocumentIsValidAndDescribesTheRoutes.)
func TestAPI9Inventory(t *testing.T) {
	s := openEstate(t)
	manual, page := source(t, "../../docs/api.md"), s.get("/docs").raw
	for _, r := range routes() {
		for what, text := range map[string]string{"docs/api.md": manual, "the page /docs": page} {
			if !strings.Contains(text, r.path) {
				t.Errorf("%s doesn't tell of %s %s", what, r.method, r.path)
			}
		}
	}
}
