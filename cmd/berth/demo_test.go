package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/require"
)

// balance reads the demo user's balance as a client does.
func (s *server) balance() string {
	s.t.Helper()
	return s.get("/API/info_user?user_id=" + demoUser)["user"].(map[string]any)["balance"].(string)
}

func (s *server) get(path string) map[string]any {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("x-api-key", demoKey)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil || response.StatusCode != 200 {
		s.t.Fatalf("%s: got status %d, %v, %v", path, response.StatusCode, body, err)
	}
	return body
}

func TestDemoKnowsTheDocumentedExamples(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	s := start(t, nil, "demo")
	if got := s.balance(); got != "3396.52" {
		t.Errorf("got a balance of %s, want 3396.52", got)
	}
	bought := s.post(orderPath, serverOrder)
	status, _ := bought.body["server_status"].(map[string]any)
	if bought.status != 200 || bought.body["amount"] != 12.99 || bought.body["balance_before"] != "3396.52" || status["primary_ip"] == nil {
		t.Errorf("got status %d and %v", bought.status, bought.body)
	}
	network := s.post(networkPath, networkOrder)
	if network.status != 200 || network.body["status"] != "completed" || network.body["amount"] != "100.00" {
		t.Errorf("got status %d and %v", network.status, network.body)
	}
	for _, c := range []struct{ old, new string }{
		{`"os_image_id": "13"`, `"os_image_id": 2`}, {`"os_image_id": "13"`, `"os_image_id": 6`},
		{`"os_image_id": "13"`, `"application_id": 1`}, {`"plan_id": "5"`, `"plan_id": 7`},
	} {
		if a := s.post(orderPath, strings.Replace(serverOrder, c.old, c.new, 1)); a.status != 200 {
			t.Errorf("%s: got status %d and %v", c.new, a.status, a.body)
		}
	}
	if a := s.post(networkPath, strings.Replace(networkOrder, "yearly", "monthly", 1)); a.status != 200 || a.body["amount"] != "10.00" {
		t.Errorf("got status %d and %v, want a month for 10.00", a.status, a.body)
	}
	// 12.99 four times, 29.99, 100.00 and 10.00.
	if got := s.balance(); got != "3204.57" {
		t.Errorf("got a balance of %s, want 3204.57", got)
	}
	if got := s.stop(); got != exitDone {
		t.Errorf("got exit code %d\n%s", got, s.log)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("the temporary demo left %v, %v", left, err)
	}
}

// The printed command works as it is pasted.
func TestDemoPrintsACommandToPaste(t *testing.T) {
	bash := require.Program(t, "bash")
	require.Program(t, "curl")
	s := start(t, nil, "demo")
	await(t, "the command", func() bool { return strings.Contains(s.after.String(), "}'\n") })
	_, command, _ := strings.Cut(s.after.String(), "curl ")
	command, _, _ = strings.Cut(command, "\n\n")
	out, err := exec.Command(bash, "-c", "curl -s "+command).Output()
	var body map[string]any
	if err != nil || json.Unmarshal(out, &body) != nil || body["success"] != true || body["plan_id"] != "5" {
		t.Errorf("got %s, %v from\ncurl %s", out, err, command)
	}
}

func TestDemoKeepsWhatItSeeded(t *testing.T) {
	db := "sqlite:" + filepath.Join(t.TempDir(), "shop.db")
	s := start(t, nil, "demo", "--db", db)
	first := s.post(orderPath, serverOrder, "Idempotency-Key", "one")
	s.stop()
	for _, file := range []string{".key", ".machines"} {
		if _, err := os.Stat(sqlitePath(db) + file); err != nil {
			t.Errorf("the demo keeps its files beside the database: %v", err)
		}
	}
	must(t, nil, "wallet", "credit", "--user", demoUser, "--amount", "1.00", "--ref", "tip", "--db", db)

	s = start(t, nil, "demo", "--db", db)
	if got := s.balance(); got != "3384.53" {
		t.Errorf("got a balance of %s after a restart, want 3384.53", got)
	}
	again := s.post(orderPath, serverOrder, "Idempotency-Key", "one")
	if again.header.Get("Idempotency-Replayed") != "true" || again.body["password"] != first.body["password"] || again.body["order_id"] != first.body["order_id"] {
		t.Errorf("got %v after the restart, want the first order again", again.body)
	}
	s.stop()
	if got := must(t, nil, "verify", "--db", db); !strings.Contains(got, "The books are in order.") {
		t.Errorf("got\n%s", got)
	}
}

func TestDemoRefusesOtherDatabases(t *testing.T) {
	used := newDatabase(t)
	must(t, nil, "user", "create", "--db", used)
	sold := newDatabase(t)
	must(t, nil, "catalogue", "apply", exampleCatalogue, "--db", sold)
	served := newDatabase(t)
	start(t, nil, "serve", "--db", served, "--metrics-listen", "off").stop()
	foreign := "sqlite:" + filepath.Join(t.TempDir(), "notes.txt")
	writeFile(t, sqlitePath(foreign), "not a database at all, but long enough to be mistaken for one by its size alone\n")
	for name, c := range map[string]struct{ db, want string }{
		"one with a user": {used, "this database is in use"}, "one with a catalogue": {sold, "this database is in use"},
		"a served one": {served, "this database is in use"}, "another file": {foreign, "notes.txt"},
	} {
		before, err := os.ReadFile(sqlitePath(c.db))
		if err != nil {
			t.Fatal(err)
		}
		r := call(t, nil, "demo", "--db", c.db, "--listen", "127.0.0.1:0")
		if r.code != exitFailed || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got exit code %d and %q, want 1 and %q", name, r.code, r.err, c.want)
		}
		if after, err := os.ReadFile(sqlitePath(c.db)); err != nil || string(after) != string(before) {
			t.Errorf("%s: the demo changed it: %v", name, err)
		}
	}
	for _, db := range []string{used, sold} {
		if _, err := os.Stat(sqlitePath(db) + ".key"); err == nil {
			t.Error("the demo left a key beside a database that it refused")
		}
	}
	migrated := newDatabase(t) // but empty
	start(t, nil, "demo", "--db", migrated)
}

// The demo never looks at what belongs to a real installation.
func TestDemoIgnoresTheInstallation(t *testing.T) {
	folder := t.TempDir()
	real := filepath.Join(folder, "real.db")
	config := filepath.Join(folder, "berth.yaml")
	writeFile(t, config, "listen: nonsense\n")
	env := variables{"BERTH_DB": "sqlite:" + real, "BERTH_CONFIG": config, "BERTH_SECRET_KEY": "1:nonsense",
		"BERTH_SECRET_KEY_FILE": filepath.Join(folder, "real.key"), "BERTH_ZONE": "UTC"}
	s := start(t, env, "demo")
	if got := s.post(orderPath, serverOrder); got.status != 200 {
		t.Errorf("got status %d and %v", got.status, got.body)
	}
	if _, err := os.Stat(real); err == nil {
		t.Error("the demo made the database that BERTH_DB names")
	}
}

func TestDemoInMemory(t *testing.T) {
	s := start(t, nil, "demo", "--db", "memory:")
	if got := s.post(orderPath, serverOrder); got.status != 200 {
		t.Errorf("got status %d and %v", got.status, got.body)
	}
}

// A seeding that was cut short is gone through again.
func TestDemoSeedsAgainAfterACut(t *testing.T) {
	ctx := t.Context()
	db := newDatabase(t)
	o, err := (&databaseFlags{DB: &db}).open(&session{ctx: ctx, getenv: variables{}.getenv, stdio: stdio{err: os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	if toSeed, err := claimForDemo(ctx, o.store); !toSeed || err != nil {
		t.Fatalf("got %v, %v", toSeed, err)
	}
	if err := seed(ctx, o.desk); err != nil {
		t.Fatal(err)
	}
	if toSeed, err := claimForDemo(ctx, o.store); toSeed || err != nil {
		t.Errorf("a seeded database: got %v, %v", toSeed, err)
	}
	if err := seed(ctx, o.desk); err != nil { // as if the last row had been missing
		t.Errorf("the second seeding: %v", err)
	}
	o.close()
	if got := decoded[statementView](t, nil, "wallet", "statement", "--user", demoUser, "--db", db); got.Balance != "3396.52" || len(got.Entries) != 1 {
		t.Errorf("got %+v, want one opening balance", got)
	}
}

func TestDemoOnPostgreSQL(t *testing.T) {
	db := pgtest.Database(t)
	env := variables{}
	folder := t.TempDir()
	s := start(t, env, "demo", "--db", db, "--folder", folder)
	if got := s.post(orderPath, serverOrder); got.status != 200 {
		t.Errorf("got status %d and %v", got.status, got.body)
	}
	s.stop()
	r := call(t, variables{"BERTH_SECRET_KEY": generated(t)}, "serve", "--db", db, "--listen", "127.0.0.1:0")
	if r.code != exitFailed || !strings.Contains(r.err, "seeded by 'berth demo'") {
		t.Errorf("got exit code %d and %q", r.code, r.err)
	}
	if s = start(t, env, "demo", "--db", db, "--folder", folder); s.balance() != "3383.53" {
		t.Errorf("got a balance of %s after a restart, want 3383.53", s.balance())
	}
}

// generated is a new secret key.
func generated(t *testing.T, args ...string) string {
	t.Helper()
	return strings.TrimSpace(must(t, nil, append([]string{"secrets", "generate"}, args...)...))
}

func TestReachable(t *testing.T) {
	for _, c := range []struct{ base, want string }{
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080"}, {"http://[::]:8080", "http://localhost:8080"},
		{"https://0.0.0.0:1", "https://localhost:1"}, {"http://[::1]:8080", "http://[::1]:8080"},
	} {
		if got := reachable(c.base); got != c.want {
			t.Errorf("%s: got %s, want %s", c.base, got, c.want)
		}
	}
}
