package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/pgtest"
)

// shop is a database with the demo's user, catalogue and balance, but with a key of its own: what 'serve' takes.
type shop struct {
	t      *testing.T
	db     string
	config string // settings with the simulated provider
	key    string
}

// newShop sets a shop up by the commands that an operator would use.
func newShop(t *testing.T, db string) *shop {
	t.Helper()
	must(t, nil, "migrate", "--db", db)
	must(t, nil, "catalogue", "apply", "demo.yaml", "--db", db)
	must(t, nil, "user", "create", "--id", demoUser, "--db", db)
	must(t, nil, "wallet", "credit", "--user", demoUser, "--amount", "3396.52", "--ref", "opening", "--db", db)
	folder := t.TempDir()
	s := &shop{t: t, db: db, config: filepath.Join(folder, "berth.yaml")}
	writeFile(t, s.config, "metrics_listen: \"off\"\npatience: 2s\nproviders:\n  edge:\n    driver: sim-edge\n    asn: 64500\n  sim:\n    driver: sim\n    slow_for: 1s\n    journal: "+filepath.Join(folder, "machines")+"\n")
	s.key = decoded[keyView](t, nil, "key", "create", "--user", demoUser, "--db", db).Value
	return s
}

func sqliteShop(t *testing.T) *shop {
	return newShop(t, "sqlite:"+filepath.Join(t.TempDir(), "berth.db"))
}

// serve starts a server with the simulated provider; further flags may be given.
func (s *shop) serve(env variables, flags ...string) *server {
	s.t.Helper()
	return start(s.t, env, append([]string{"serve", "--db", s.db, "--config", s.config}, flags...)...)
}

// order places the documented order under another name.
func (s *shop) order(at *server, name string, headers ...string) answer {
	s.t.Helper()
	return at.post(orderPath, strings.Replace(serverOrder, "testServerAPI", name, 1), append(headers, "x-api-key", s.key)...)
}

func TestServeTakesOrders(t *testing.T) {
	shop := sqliteShop(t)
	s := shop.serve(nil)
	if a := shop.order(s, "first"); a.status != 200 || a.body["amount"] != 12.99 {
		t.Errorf("got status %d and %v", a.status, a.body)
	}
	plantDemoKey(t, shop.db) // behind the server's back
	if a := s.post(orderPath, serverOrder); a.status != 401 {
		t.Errorf("the demo's key: got status %d, want 401", a.status)
	}
	if s.stop() != exitDone {
		t.Errorf("got exit code %d\n%s", s.code, s.log)
	}
	if _, err := http.Get(s.url + "/healthz"); err == nil {
		t.Error("the stopped server answers")
	}
	if strings.Contains(s.log.String(), shop.key) || strings.Contains(s.log.String(), demoKey) {
		t.Error("a key is in the log")
	}
}

// A stop waits for what was taken: the request gets its machine, not an error.
func TestServeStopsGracefully(t *testing.T) {
	shop := sqliteShop(t)
	s := shop.serve(nil)
	done := make(chan answer, 1)
	go func() {
		a, err := post(http.DefaultClient, s.url+orderPath, strings.Replace(serverOrder, "testServerAPI", "sim-slow", 1), "x-api-key", shop.key)
		if err != nil {
			t.Error(err)
		}
		done <- a
	}()
	await(t, "the order", func() bool {
		return len(decoded[[]orderView](t, nil, "order", "list", "--state", "paid", "--db", shop.db)) == 1
	})
	s.cancel()
	a := <-done
	status, _ := a.body["server_status"].(map[string]any)
	if a.status != 200 || status["primary_ip"] == nil {
		t.Errorf("got status %d and %v, want the server", a.status, a.body)
	}
	if s.stop() != exitDone || !strings.Contains(s.log.String(), `"msg":"stopped"`) {
		t.Errorf("got exit code %d\n%s", s.code, s.log)
	}
}

// An order that outlasts the patience and the stop is finished by the next server.
func TestServeGoesOnAfterAStop(t *testing.T) {
	shop := sqliteShop(t)
	s := shop.serve(nil, "--patience", "100ms", "--shutdown-timeout", "1s", "--lease", "1s")
	a := shop.order(s, "sim-slow", "Idempotency-Key", "slow")
	if status, _ := a.body["server_status"].(map[string]any); a.status != 200 || status["status"] != "provisioning" {
		t.Errorf("got status %d and %v, want provisioning", a.status, a.body)
	}
	if s.stop() != exitDone {
		t.Errorf("got exit code %d\n%s", s.code, s.log)
	}
	s = shop.serve(nil)
	await(t, "the order's end", func() bool {
		return len(decoded[[]orderView](t, nil, "order", "list", "--state", "completed", "--db", shop.db)) == 1
	})
	again := shop.order(s, "sim-slow", "Idempotency-Key", "slow")
	if again.body["order_id"] != a.body["order_id"] || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got %v, want the replay of %v", again.body, a.body)
	}
}

func TestServeRefuses(t *testing.T) {
	demo := "sqlite:" + filepath.Join(t.TempDir(), "demo.db")
	start(t, nil, "demo", "--db", demo).stop()
	withKey := sqliteShop(t).db
	plantDemoKey(t, withKey)
	sealed := sqliteShop(t).db
	start(t, nil, "serve", "--db", sealed, "--metrics-listen", "off").stop()
	served := sqliteShop(t)
	served.serve(nil)
	busy := served.serveOn(t)
	lost := sqliteShop(t).db
	start(t, nil, "serve", "--db", lost, "--metrics-listen", "off").stop()
	if err := os.Remove(sqlitePath(lost) + ".key"); err != nil {
		t.Fatal(err)
	}
	open := sqliteShop(t).db
	writeFile(t, sqlitePath(open)+".key", generated(t))
	if err := os.Chmod(sqlitePath(open)+".key", 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, db string
		env      variables
		flags    []string
		code     int
		want     string
	}{
		{"the demo's database", demo, nil, nil, 1, "this database was seeded by 'berth demo'"},
		{"the demo's key", withKey, nil, nil, 1, "printed in public documents: revoke it with 'berth key revoke "},
		{"a wrong key", sealed, variables{"BERTH_SECRET_KEY": generated(t)}, nil, 1, "the secret key is not the one that this database was sealed with"},
		{"a bad key", sealed, variables{"BERTH_SECRET_KEY": "hunter2"}, nil, 1, "BERTH_SECRET_KEY: secret key, entry 1: a key is 32 random bytes"},
		{"a lost key", lost, nil, nil, 1, "is missing, and the database is sealed"},
		{"an open key file", open, nil, nil, 1, "others may read it (mode 0644); run 'chmod 600"},
		{"PostgreSQL without a key", "postgres://h/b", nil, nil, 2, "BERTH_SECRET_KEY is not set"},
		{"a second server", served.db, nil, nil, 1, "another process serves"},
		{"a taken address", sealed, nil, []string{"--listen", busy}, 1, "listen: "},
		{"taken metrics", sealed, nil, []string{"--metrics-listen", busy}, 1, "metrics_listen: "},
		{"no certificate", sealed, nil, []string{"--tls-cert", "/nonexistent", "--tls-key", "/nonexistent"}, 1, "tls_cert and tls_key: "},
	} {
		args := append([]string{"serve", "--db", c.db, "--metrics-listen", "off", "--listen", "127.0.0.1:0"}, c.flags...)
		r := call(t, c.env, args...)
		if r.code != c.code || !strings.Contains(r.err, c.want) || strings.Contains(r.err, "hunter2") {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", c.name, r.code, r.err, c.code, c.want)
		}
		if strings.Contains(r.out, "ready") {
			t.Errorf("%s: the server said that it's ready", c.name)
		}
	}
	// Once the key is revoked the database is as good as any.
	keys := decoded[[]keyView](t, nil, "key", "list", "--db", withKey)
	must(t, nil, "key", "revoke", keys[0].ID, "--db", withKey)
	start(t, nil, "serve", "--db", withKey, "--metrics-listen", "off")
}

// serveOn takes an address for the length of the test.
func (s *shop) serveOn(t *testing.T) string {
	t.Helper()
	l, err := listen("test", "127.0.0.1:0", http.NotFoundHandler(), 0, quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.net.Close() })
	return l.net.Addr().String()
}

func TestServeWithoutProvidersWaits(t *testing.T) {
	shop := sqliteShop(t)
	s := start(t, nil, "serve", "--db", shop.db, "--metrics-listen", "off", "--patience", "100ms")
	if log := s.log.String(); !strings.Contains(log, "no providers are configured") || !strings.Contains(log, `"provider":"sim"`) {
		t.Errorf("got the log\n%s\nwant a warning", log)
	}
	a := shop.order(s, "waiting")
	if status, _ := a.body["server_status"].(map[string]any); a.status != 200 || status["status"] != "provisioning" {
		t.Errorf("got status %d and %v, want an order that waits", a.status, a.body)
	}
}

func TestMetricsAreServed(t *testing.T) {
	shop := sqliteShop(t)
	s := shop.serve(nil, "--metrics-listen", "127.0.0.1:0")
	shop.order(s, "first")
	shop.order(s, "sim-refuse")
	_, rest, _ := strings.Cut(s.log.String(), `"msg":"metrics are served","url":"`)
	url, _, _ := strings.Cut(rest, `"`)
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`berth_orders_settled_total{kind="new_server",outcome="completed"} 1`,
		`berth_orders_settled_total{kind="new_server",outcome="refunded"} 1`,
		`berth_driver_call_seconds_count{kind="new_server",provider="sim",verdict="refused"} 1`,
		`berth_refusals_total{code="provider_refused"} 1`,
		`berth_http_answer_seconds_count{code="ok",method="POST",route="/API/orders/create_order"} 1`,
		"berth_queue_writes ", `berth_batch_writes_count{lane="wallets"}`, "berth_orders_unsettled ", "go_goroutines",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is missing", want)
		}
	}
	if a, err := http.Get(s.url + "/metrics"); err != nil || a.StatusCode != 404 {
		t.Errorf("/metrics is at the API's address, too: %v", err)
	}
}

// Several servers work on one PostgreSQL at once.
func TestServeOnPostgreSQL(t *testing.T) {
	shop := newShop(t, pgtest.Database(t))
	env := variables{"BERTH_SECRET_KEY": generated(t)}
	one, two := shop.serve(env), shop.serve(env)
	first := shop.order(one, "first", "Idempotency-Key", "k")
	again := shop.order(two, "first", "Idempotency-Key", "k")
	if first.status != 200 || again.body["order_id"] != first.body["order_id"] || again.body["password"] != first.body["password"] {
		t.Errorf("got %v from the second server, want %v", again.body, first.body)
	}
	if one.stop() != exitDone || two.stop() != exitDone {
		t.Errorf("got exit codes %d and %d", one.code, two.code)
	}
	must(t, nil, "verify", "--db", shop.db)
}

func TestLogIsJSON(t *testing.T) {
	shop := sqliteShop(t)
	s := shop.serve(nil)
	shop.order(s, "first")
	s.stop()
	requests := 0
	for _, line := range strings.Split(strings.TrimSpace(s.log.String()), "\n") {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if fields["route"] == orderPath {
			requests++
		}
	}
	if requests != 1 {
		t.Errorf("got %d lines about one request\n%s", requests, s.log)
	}
}
