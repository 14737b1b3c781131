package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// farConfig is the settings of a shop whose edge is elsewhere.
const farConfig = `
lease: 2s
patience: 4s
metrics_listen: "off"
providers:
  edge:
    driver: remote
    asn: 64500
    key_file: KEY
`

// TestEdgeAgent is the same for an edge elsewhere: 'berth edge-agent' keeps BIRD there, by what it hears from the server.
func TestEdgeAgent(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "edge.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("edge", 10)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openStreet(t, farConfig, "KEY", key)
	if o := s.order("net-1"); o.Status != "processing" {
		t.Fatalf("without an agent: got %+v, want it processing", o)
	}
	agent := start(t, nil, "edge-agent", "--server", s.url, "--provider", "edge", "--key-file", key, "--socket", s.lab.Socket,
		"--config", s.lab.Main, "--include", s.lab.Include, "--every", "200ms")
	var all struct{ Data []bareOrder }
	s.within(30*time.Second, "the order completes", func() bool {
		return s.ask("GET", "/API/orders/list_order?user_id=buyer", "", &all) == 200 && all.Data[0].Status == "completed"
	})
	// This customer runs FRR, and takes its configuration as it is, too.
	early := s.detail(all.Data[0].ID)
	s.wire(early).FRR(t, early.Config.FRR)
	id, d := s.buy("net-1")
	s.wire(d).BIRD(t, d.Config.BIRD)
	s.up(all.Data[0].ID, early)
	s.up(id, d)
	s.kernel("both customers' routes", append(early.bought(), d.bought()...)...)
	if r := s.run(t, "provider", "check", "--config", s.config); r.code != 0 {
		t.Errorf("provider check: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if code := agent.stop(t); code != 0 {
		t.Errorf("the agent: got exit code %d at SIGTERM", code)
	}
	if !s.pings(d.bought()...) {
		t.Error("the session went down with the agent")
	}
	s.proved("9999800.00")
}
