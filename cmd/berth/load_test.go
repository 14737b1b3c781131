package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/berth-host/berth/internal/load"
)

// orderServer answers every order as completed, but for users named "poor", and counts the requests of each user and
// key.
func orderServer(t *testing.T) (url string, asked func(user, key string) int) {
	var mu sync.Mutex
	requests := map[[2]string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		mu.Lock()
		requests[[2]string{body["user_id"], r.Header.Get("x-api-key")}]++
		n := len(requests)
		mu.Unlock()
		if body["user_id"] == "poor" {
			w.WriteHeader(http.StatusPaymentRequired)
			fmt.Fprint(w, `{"success":false,"message":"No.","code":"insufficient_balance"}`)
			return
		}
		fmt.Fprintf(w, `{"success":true,"order_id":"o-%d","amount":12.99,"server_status":{"new_id":"s"}}`, n)
	}))
	t.Cleanup(s.Close)
	return s.URL, func(user, key string) int {
		mu.Lock()
		defer mu.Unlock()
		return requests[[2]string{user, key}]
	}
}

func TestLoad(t *testing.T) {
	url, asked := orderServer(t)
	file := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(file, []byte("# who   with what\nann secret-a\n\npoor\tsecret-p\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(t.TempDir(), "journal")
	got := must(t, nil, "load", "--url", url, "--users", file, "--orders", "10", "--clients", "2", "--journal", journal)
	for _, want := range []string{"5 orders in", "completed orders/s", "p99.9", "insufficient_balance  5"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want it to say %q", got, want)
		}
	}
	if asked("ann", "secret-a") != 5 || asked("poor", "secret-p") != 5 {
		t.Errorf("got %d and %d requests, want 5 of each user with its key", asked("ann", "secret-a"), asked("poor", "secret-p"))
	}
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines != 5 || strings.Contains(string(text), "secret") {
		t.Errorf("got the journal %s, want 5 orders without a key", text)
	}
	// One key for all, from the environment.
	report := decoded[load.Report](t, variables{keyVariable: "secret-e"}, "load", "--url", url, "--user", "ann", "--user", "a,b", "--orders", "4")
	if report.Completed != 4 || asked("ann", "secret-e") != 2 || asked("a,b", "secret-e") != 2 {
		t.Errorf("got %+v, want 2 orders of each user", report)
	}
}

// TestLoadWithoutSuccess ends with exit code 1 when nothing was acknowledged: a script must notice.
func TestLoadWithoutSuccess(t *testing.T) {
	url, _ := orderServer(t)
	got := call(t, nil, "load", "--url", url, "--user", "poor", "--key", "k", "--orders", "3")
	if got.code != exitFailed || !strings.Contains(got.out, "insufficient_balance  3") {
		t.Errorf("got exit code %d and %s, want %d and the errors", got.code, got.out, exitFailed)
	}
}

func TestLoadMistakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("ann\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		args []string
		want string // in the message
	}{
		{[]string{}, "--user and --key"},
		{[]string{"--user", "u"}, "--user and --key"},
		{[]string{"--user", "u", "--users", file}, "give one of the two"},
		{[]string{"--users", missing}, "--users"},
		{[]string{"--users", file}, "line 1"},
		{[]string{"--user", "a", "--user", "b", "--user", "c", "--key", "k1", "--key", "k2"}, "2 keys for 3 users"},
		{[]string{"--user", "u", "--key", "k", "--clients", "0"}, "clients"},
		{[]string{"--user", "u", "--key", "k", "--url", "localhost"}, "URL"},
		{[]string{"--user", "u", "--key", "k", "--ca", missing}, "--ca"},
		{[]string{"--user", "u", "--key", "k", "--ca", file}, "no certificate"},
		{[]string{"--user", "u", "--key", "k", "--retry", "--no-idempotency-key"}, "Idempotency-Key"},
	} {
		got := call(t, nil, append([]string{"load"}, c.args...)...)
		if got.code != exitUsage || !strings.Contains(got.err, c.want) {
			t.Errorf("load %s: got exit code %d, %q; want %d with %q", strings.Join(c.args, " "), got.code, got.err, exitUsage, c.want)
		}
	}
}
