package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth/internal/require"
)

// decimal writes cents as the wire does.
func decimal(cents int64) string {
	text := strconv.FormatInt(cents, 10)
	return text[:len(text)-2] + "." + text[len(text)-2:]
}

// pasted is the command that the demo prints below its ready line: from "curl" to the next blank line, and false
// while it isn't all there.
func pasted(output string) (string, bool) {
	_, text, begun := strings.Cut(output, "\ncurl ")
	text, _, whole := strings.Cut(text, "\n\n")
	return "curl -s " + text, begun && whole
}

// buy runs a shell command that is a curl of an order and returns its answer.
func buy(t *testing.T, script string) map[string]any {
	t.Helper()
	require.Program(t, "curl", "--version")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Env = environment()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, errs.String())
	}
	var data map[string]any
	if err := json.Unmarshal(out, &data); err != nil {
		t.Fatalf("got %q, want JSON: %v", out, err)
	}
	return data
}

// TestDemoIsReadyAtOnce starts it as a newcomer does. The best of a few starts counts: other tests may be running.
func TestDemoIsReadyAtOnce(t *testing.T) {
	best := time.Hour
	for range 5 {
		demo := start(t, nil, "demo", "--listen", "127.0.0.1:0")
		demo.url(t)
		best = min(best, time.Since(demo.began))
		demo.kill()
		if best < time.Second {
			break
		}
	}
	if best >= time.Second {
		t.Errorf("ready after %v, want less than a second", best)
	}
}

func TestPastedCurlOrders(t *testing.T) {
	demo := start(t, nil, "demo", "--listen", "127.0.0.1:0")
	url := demo.url(t)
	var script string
	until(t, patience, "the printed curl command", func() (whole bool) {
		script, whole = pasted(demo.output())
		return whole
	})
	checkServer(t, buy(t, script), 339652)

	t.Run("README", func(t *testing.T) {
		readme, err := os.ReadFile("../../README.md")
		if err != nil {
			t.Fatal(err)
		}
		_, block, ok := strings.Cut(string(readme), "\ncurl -X POST")
		block, _, closed := strings.Cut(block, "\n```")
		if !ok || !closed || !strings.Contains(block, clientHost) {
			t.Fatalf("README.md has no block with a curl command for %s", clientHost)
		}
		got := buy(t, "curl -s -X POST"+strings.ReplaceAll(block, clientHost, url))
		if got["success"] != true {
			t.Errorf("got %v, want an order", got)
		}
	})
}

// TestDemoKeepsItsDatabase seeds a database once, keeps what happened in it, and refuses a foreign one.
func TestDemoKeepsItsDatabase(t *testing.T) {
	db := "sqlite:" + t.TempDir() + "/demo.db"
	for i, balance := range []int64{339652, 339652 - 1299} {
		demo := start(t, nil, "demo", "--listen", "127.0.0.1:0", "--db", db)
		checkServer(t, samples[0].run(t, "server", demo.url(t)), balance)
		if i == 0 {
			demo.kill() // a demo that crashed is kept like one that was stopped
		} else if code := demo.stop(t); code != 0 {
			t.Errorf("got exit code %d at SIGTERM, want 0", code)
		}
	}
	if got := command(t, nil, "verify", "--db", db); got.code != 0 {
		t.Errorf("verify: got exit code %d: %s%s", got.code, got.out, got.err)
	}
	// Its key is printed in public documents: nobody may order from it for real.
	if got := command(t, nil, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off", "--db", db); got.code == 0 || !strings.Contains(got.err, "demo") {
		t.Errorf("serve on the demo's database: got exit code %d: %s", got.code, got.err)
	}
	foreign := "sqlite:" + t.TempDir() + "/foreign.db"
	if got := command(t, nil, "migrate", "--db", foreign); got.code != 0 {
		t.Fatalf("migrate: %s", got.err)
	}
	if got := command(t, nil, "user", "create", "--name", "someone", "--currency", "EUR", "--db", foreign); got.code != 0 {
		t.Fatalf("user create: %s", got.err)
	}
	if got := command(t, nil, "demo", "--listen", "127.0.0.1:0", "--db", foreign); got.code == 0 {
		t.Errorf("demo on a foreign database: got exit code 0: %s", got.err)
	}
}
