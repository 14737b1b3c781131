package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/require"
)

// sample is a language of the documented clients.
type sample struct {
	extension string
	program   string
	probe     []string // what must succeed for the program to be of use
	arguments []string // before the file
	call      string   // the printed function is never called: this calls it and prints its result as the last line
}

// samples are the languages. Python is the system's own, because the one on PATH may be another without the module.
var samples = []sample{
	{"sh", "sh", []string{"-c", "command -v curl"}, nil, ""},
	{"js", "node", []string{"-e", "process.exit(typeof fetch === 'function' ? 0 : 1)"}, nil,
		"makeRequest().then(data => console.log(JSON.stringify(data)));"},
	{"py", "/usr/bin/python3", []string{"-c", "import requests"}, nil, "print(json.dumps(make_request('your_api_key_here')))"},
	{"php", "php", []string{"-r", "exit(extension_loaded('curl') ? 0 : 1);"}, nil, "echo json_encode(makeRequest('your_api_key_here'));"},
}

// clientHost is the host in the files of the clients, as the demo has it by default.
const clientHost = "http://127.0.0.1:8080"

// run runs a documented client against a server, and returns what the client made of the answer.
func (s sample) run(t *testing.T, file, url string) map[string]any {
	t.Helper()
	path := require.Program(t, s.program, s.probe...)
	text, err := os.ReadFile(filepath.Join("testdata", "clients", file+"."+s.extension))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), clientHost) {
		t.Fatalf("the client has no %s", clientHost)
	}
	script := filepath.Join(t.TempDir(), file+"."+s.extension)
	if err := os.WriteFile(script, []byte(strings.ReplaceAll(string(text), clientHost, url)+"\n"+s.call+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append(s.arguments, script)...)
	cmd.Env = environment()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the client ended with %v\n%s", err, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var data map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &data); err != nil {
		t.Fatalf("the client printed %q, and no JSON object at its end: %v\n%s", out, err, errs.String())
	}
	return data
}

// TestDocumentedClients runs the clients that the provider prints against the demo: each buys a server and a network
// from the wallet of 3396.52.
func TestDocumentedClients(t *testing.T) {
	demo := start(t, nil, "demo", "--listen", "127.0.0.1:0")
	url := demo.url(t)
	balance := int64(339652)
	for _, s := range samples {
		t.Run(s.extension+" server", func(t *testing.T) {
			got := s.run(t, "server", url)
			checkServer(t, got, balance)
			balance -= 1299
		})
		t.Run(s.extension+" network", func(t *testing.T) {
			checkNetwork(t, s.run(t, "network", url))
			balance -= 10000
		})
	}
}

// checkServer holds an answer against the documented one: the names, the types, and the values that can be known.
func checkServer(t *testing.T, got map[string]any, balance int64) {
	t.Helper()
	for name, want := range map[string]any{
		"success": true, "amount": 12.99, "balance_before": decimal(balance), "type": "new_server", "plan_id": "5",
		"hours_purchased": "720", "upgrade_difference": 0.0,
	} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s: got %#v, want %#v", name, got[name], want)
		}
	}
	password, _ := got["password"].(string)
	if id, _ := got["order_id"].(string); id == "" || len(password) < 6 {
		t.Errorf("got order %v with password %q, want both", got["order_id"], password)
	}
	status, _ := got["server_status"].(map[string]any)
	if id, _ := status["new_id"].(string); id == "" || len(id) > 50 {
		t.Errorf("got new_id %v, want 1 to 50 characters", status["new_id"])
	}
	if n, ok := status["id_solusvm"].(float64); !ok || n < 1 {
		t.Errorf("got id_solusvm %v, want a number", status["id_solusvm"])
	}
	if address, _ := status["primary_ip"].(string); address == "" || status["name"] != "testServerAPI" || status["metadata"] != "password="+password {
		t.Errorf("got %v, want an address, the name ordered, and the password in metadata", status)
	}
}

func checkNetwork(t *testing.T, got map[string]any) {
	t.Helper()
	metadata, _ := got["metadata"].(string)
	const want = "networkId=net12345-6789-0123-4567-890123456789, name=Anonymous ASN, billing_cycle=yearly, expiration_date="
	if id, _ := got["id"].(string); id == "" || got["status"] != "completed" || got["amount"] != "100.00" || got["currency"] != "EUR" ||
		!strings.HasPrefix(metadata, want) || len(metadata) != len(want)+len("2026-11-23 15:30:24") {
		t.Errorf("got %v, want a completed order of 100.00 EUR with metadata %s...", got, want)
	}
}
