package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience of the tests: far beyond what anything here takes on a loaded machine.
const testDeadline = 60 * time.Second

// variables is the environment of a run.
type variables map[string]string

func (v variables) getenv(name string) string { return v[name] }

// result is what a finished command left.
type result struct {
	code     int
	out, err string
}

// call runs a command to its end.
func call(t *testing.T, env variables, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testDeadline)
	defer cancel()
	var out bytes.Buffer
	errs := &text{also: artifact(t)}
	code := run(ctx, args, env.getenv, stdio{strings.NewReader(""), &out, errs})
	return result{code, out.String(), errs.String()}
}

// must runs a command that has to succeed, and returns what it printed.
func must(t *testing.T, env variables, args ...string) string {
	t.Helper()
	r := call(t, env, args...)
	if r.code != exitDone {
		t.Fatalf("berth %s: got exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// decoded runs a command with --json and decodes what it printed.
func decoded[T any](t *testing.T, env variables, args ...string) T {
	t.Helper()
	var v T
	text := must(t, env, append([]string{"--json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("berth --json %s: %v in\n%s", strings.Join(args, " "), err, text)
	}
	return v
}

// newDatabase is a migrated SQLite database, as --db takes it.
func newDatabase(t *testing.T) string {
	t.Helper()
	db := "sqlite:" + filepath.Join(t.TempDir(), "berth.db")
	must(t, nil, "migrate", "--db", db)
	return db
}

// server is a 'serve' or 'demo' that runs.
type server struct {
	t      *testing.T
	url    string
	cancel func()
	done   chan struct{}
	code   int
	after  *text // what was printed behind the ready line
	log    *text
}

// text collects what a server writes while a test reads it. A copy goes to also.
type text struct {
	mu   sync.Mutex
	b    bytes.Buffer
	also io.Writer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b.Write(p)
	return t.also.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// artifact is a file that `go test -artifacts` keeps. Everything goes there that a server or a command says beside its
// results, and scripts/secretscan looks for secrets in it.
func artifact(t *testing.T) io.Writer {
	t.Helper()
	file, err := os.CreateTemp(t.ArtifactDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// start runs 'serve' or 'demo' on a free port until the test ends, and returns once it's ready.
func start(t *testing.T, env variables, args ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, writer := io.Pipe()
	s := &server{t: t, cancel: cancel, done: make(chan struct{}), after: &text{also: io.Discard}, log: &text{also: artifact(t)}}
	args = append(args, "--listen", "127.0.0.1:0")
	go func() {
		defer close(s.done)
		s.code = run(ctx, args, env.getenv, stdio{strings.NewReader(""), writer, s.log})
		writer.Close()
	}()
	t.Cleanup(func() { s.stop() })
	ready := make(chan string, 1)
	go func() {
		r := bufio.NewReader(out)
		line, err := r.ReadString('\n')
		if err == nil {
			ready <- line
		}
		io.Copy(s.after, r)
	}()
	select {
	case line := <-ready:
		url, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
		if !ok {
			t.Fatalf("got %q, want the ready line", line)
		}
		s.url = url
	case <-s.done:
		t.Fatalf("berth %s: ended with exit code %d\n%s", strings.Join(args, " "), s.code, s.log)
	case <-time.After(testDeadline):
		t.Fatalf("berth %s: not ready\n%s", strings.Join(args, " "), s.log)
	}
	return s
}

// stop ends the server as SIGTERM does, and returns its exit code.
func (s *server) stop() int {
	s.cancel()
	select {
	case <-s.done:
	case <-time.After(testDeadline):
		s.t.Fatalf("the server does not stop\n%s", s.log)
	}
	return s.code
}

// answer is an answer over HTTP.
type answer struct {
	status int
	header http.Header
	body   map[string]any
}

// post sends an order with the documented key and the headers given as pairs.
func (s *server) post(path, body string, headers ...string) answer {
	s.t.Helper()
	a, err := post(http.DefaultClient, s.url+path, body, headers...)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func post(client *http.Client, url, body string, headers ...string) (answer, error) {
	return send(client, http.MethodPost, url, body, headers...)
}

func send(client *http.Client, method, url, body string, headers ...string) (answer, error) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("x-api-key", demoKey)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	if err := json.NewDecoder(response.Body).Decode(&a.body); err != nil {
		return a, fmt.Errorf("status %d: %w", a.status, err)
	}
	return a, nil
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(testDeadline); !holds(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// The documented orders, the first with a password that scripts/secretscan knows.
const (
	serverOrder  = `{"user_id": "user12345-6789-0123-4567-890123456789", "plan_id": "5", "os_image_id": "13", "location": "Slovenia", "name_server": "testServerAPI", "password": "s3cr3tcanary-of-root"}`
	networkOrder = `{"user_id": "user12345-6789-0123-4567-890123456789", "network_id": "net12345-6789-0123-4567-890123456789", "billing_cycle": "yearly"}`
	orderPath    = "/API/orders/create_order"
	networkPath  = "/API/orders/create_order_network"
)

func TestExitCodes(t *testing.T) {
	absent := "sqlite:" + filepath.Join(t.TempDir(), "absent.db")
	for _, c := range []struct {
		name string
		args []string
		code int
		want string // somewhere in what it printed
	}{
		{"version", []string{"version"}, 0, "berth "},
		{"help", []string{"--help"}, 0, "Usage: berth <command>"},
		{"help of a command", []string{"serve", "--help"}, 0, "(BERTH_METRICS_LISTEN)"},
		{"no command", nil, 2, "berth --help"},
		{"unknown command", []string{"sink"}, 2, "sink"},
		{"unknown flag", []string{"user", "list", "--colour"}, 2, "--colour"},
		{"missing flag", []string{"wallet", "credit", "--user", "u"}, 2, "--amount"},
		{"bad database", []string{"user", "list", "--db", "mysql://h/b"}, 2, "--db: a database is sqlite:PATH or postgres://"},
		{"bad setting", []string{"serve", "--patience", "soon"}, 2, `--patience: "soon" is not a duration`},
		{"absent file", []string{"user", "list", "--config", "/nonexistent.yaml"}, 2, "no such file"},
		{"absent database", []string{"user", "list", "--db", absent}, 1, "there is no database"},
		{"two decisions", []string{"order", "resolve", "x", "--adopt", "1", "--refund"}, 2, "--adopt"},
		{"no decision", []string{"order", "resolve", "x"}, 2, "--refund"},
		{"bad kind", []string{"order", "list", "--kind", "boat"}, 2, "--kind"},
	} {
		r := call(t, nil, c.args...)
		if r.code != c.code || !strings.Contains(r.out+r.err, c.want) {
			t.Errorf("%s: got exit code %d and\n%s%s\nwant %d and %q", c.name, r.code, r.out, r.err, c.code, c.want)
		}
	}
}

func TestOldSchemaIsRefused(t *testing.T) {
	db := "sqlite:" + filepath.Join(t.TempDir(), "berth.db")
	touch(t, sqlitePath(db))
	r := call(t, nil, "user", "list", "--db", db)
	if r.code != exitFailed || !strings.Contains(r.err, "berth migrate") {
		t.Errorf("got exit code %d and %q, want 1 and the remedy", r.code, r.err)
	}
	if got := must(t, nil, "migrate", "--db", db); !strings.Contains(got, "from version 0 to") {
		t.Errorf("got %q", got)
	}
	again := decoded[map[string]int64](t, nil, "migrate", "--db", db)
	if again["from"] != again["to"] || again["to"] < 1 {
		t.Errorf("got %v from a second migration, want no change", again)
	}
	must(t, nil, "user", "list", "--db", db)
}

func TestErrorsAsJSON(t *testing.T) {
	r := call(t, nil, "--json", "user", "suspend", "nobody", "--db", newDatabase(t))
	var e struct{ Error, Code, Field string }
	if err := json.Unmarshal([]byte(r.err), &e); err != nil || r.code != exitFailed {
		t.Fatalf("got exit code %d and %q: %v", r.code, r.err, err)
	}
	if e.Code != "not_found" || e.Field != "user" || e.Error == "" {
		t.Errorf("got %+v, want not_found of user", e)
	}
}
