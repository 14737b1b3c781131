package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/provision/sim"
)

// TestTwoProviders sells a plan from a provider without capacity and, after it, one that has some: every order over
// HTTP is answered with the second one's machine, and without the second all money comes back.
func TestTwoProviders(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, engine.open(t))
			full := filepath.Join(t.TempDir(), "full")
			offers := func(list string) {
				text := strings.Replace(catalogue, "provider: sim", "providers: ["+list+"]", 1)
				goods := filepath.Join(t.TempDir(), "catalogue.yaml")
				if err := os.WriteFile(goods, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				s.must(t, "catalogue", "apply", goods)
			}
			text := strings.Replace(config, "JOURNAL", s.machines, 1) + "    calls: 4\n  full: {driver: sim, journal: " + full + ", full: true}\n"
			if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			offers("full, sim")
			url := s.serve(t, "").url(t)
			buy := func(orders int) load.Report {
				report, err := load.Run(t.Context(), load.Traffic{URLs: []string{url}, Buyers: []load.Buyer{s.buyer}, Orders: orders, Clients: 8})
				if err != nil {
					t.Fatal(err)
				}
				return report
			}
			if report := buy(40); report.Completed != 40 {
				t.Errorf("got %+v, want 40 completed", report)
			}
			var list []struct {
				Provider string   `json:"provider"`
				Next     []string `json:"next_providers"`
				Refused  int64    `json:"refused_before"`
			}
			if err := json.Unmarshal([]byte(s.must(t, "--json", "order", "list")), &list); err != nil || len(list) == 0 {
				t.Fatalf("got %d orders, %v", len(list), err)
			}
			for _, o := range list {
				if o.Provider != "sim" || o.Refused != 1 || len(o.Next) != 0 {
					t.Errorf("got %+v, want it made by sim after one refusal", o)
				}
			}
			if w := s.audit(t, nil); len(w.Machines) != 40 {
				t.Errorf("got %d machines, want 40", len(w.Machines))
			}
			offers("full")
			if report := buy(5); report.Completed != 0 || report.Errors["provider_refused"] != 5 {
				t.Errorf("with the full one alone: got %+v, want 5 refused", report)
			}
			s.audit(t, nil)
			p, err := sim.Open(full, sim.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if asked, err := p.Machines(); err != nil || len(asked) != 45 {
				t.Errorf("the full one was asked %d times, %v, want 45", len(asked), err)
			}
		})
	}
}
