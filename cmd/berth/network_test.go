package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The demo's network gives a number and a session, which comes up.
func TestDemoSellsASession(t *testing.T) {
	s := start(t, nil, "demo")
	id, _ := s.post(networkPath, networkOrder).body["id"].(string)
	var data map[string]any
	await(t, "the session", func() bool {
		data, _ = s.get("/API/networks/detail?id=" + id)["data"].(map[string]any)
		return data["state"] == "up"
	})
	config, _ := data["config"].(map[string]any)
	bird, _ := config["bird"].(string)
	if data["asn"] != 4200000100.0 || !strings.Contains(bird, "local 10.99.0.1 as 4200000100") {
		t.Errorf("got %v", data)
	}
	s.stop()
}

const sponsoredCatalogue = `
currency: EUR
networks:
  - id: net-1
    name: Registered ASN
    provider: edge
    yearly: "100.00"
    sponsored: true
    links: [links]
`

// A person completes a registration and refuses another; what a customer brings waits for a person, too.
func TestPersonsDecideOnNetworks(t *testing.T) {
	shop := sqliteShop(t)
	folder := t.TempDir()
	config, goods := filepath.Join(folder, "berth.yaml"), filepath.Join(folder, "catalogue.yaml")
	for path, text := range map[string]string{config: "providers:\n  edge: {driver: sim-edge, asn: 210500}\n", goods: sponsoredCatalogue} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must(t, nil, "catalogue", "apply", goods, "--db", shop.db)
	must(t, nil, "pool", "add", "links", "--kind", "link", "--cidr", "10.99.0.0/24", "--db", shop.db)
	if got := decoded[checkView](t, nil, "provider", "check", "--db", shop.db, "--config", config); !got.OK || len(got.Providers) != 1 || !got.Providers[0].Checked {
		t.Errorf("check: got %+v", got)
	}
	s := start(t, nil, "serve", "--db", shop.db, "--config", config, "--metrics-listen", "off", "--patience", "20s")
	order := func() string {
		t.Helper()
		a := s.post(networkPath, strings.Replace(networkOrder, "net12345-6789-0123-4567-890123456789", "net-1", 1), "x-api-key", shop.key)
		if a.status != 200 || a.body["status"] != "processing" {
			t.Fatalf("got status %d and %v, want it processing", a.status, a.body)
		}
		return a.body["id"].(string)
	}
	began := time.Now()
	first, second := order(), order()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("two orders that wait for a person were answered after %s: they needn't wait out the patience", took)
	}
	if r := call(t, nil, "order", "complete", first, "--asn", "210500", "--db", shop.db, "--config", config); r.code == exitDone || !strings.Contains(r.err, "providers.edge.asn") {
		t.Errorf("the edge's own number: got exit code %d and %s", r.code, r.err)
	}
	if r := call(t, nil, "order", "complete", first, "--asn", "0", "--db", shop.db, "--config", config); r.code != exitUsage || !strings.Contains(r.err, "--asn") {
		t.Errorf("no number: got exit code %d and %s", r.code, r.err)
	}
	done := decoded[orderView](t, nil, "order", "complete", first, "--asn", "210123", "--db", shop.db, "--config", config)
	if done.State != "completed" || done.Service == nil || done.Service.Status != "active" {
		t.Errorf("complete: got %+v", done)
	}
	if got := decoded[orderView](t, nil, "order", "refuse", second, "--db", shop.db); got.State != "refunded" {
		t.Errorf("refuse: got %+v", got)
	}
	manager := decoded[keyView](t, nil, "key", "create", "--user", demoUser, "--scope", "manage", "--db", shop.db).Value
	add := `{"id": "` + first + `", "prefix": "185.1.4.0/24", "letter": "LOA of November"}`
	if a := s.post("/API/networks/prefixes", add, "x-api-key", manager); a.status != 200 {
		t.Fatalf("prefixes: got status %d and %v", a.status, a.body)
	}
	show := decoded[serviceStateView](t, nil, "service", "show", first, "--db", shop.db)
	if show.Session == nil || show.Session.ASN != 210123 || len(show.Session.Prefixes) != 1 || !show.Session.Prefixes[0].Pending {
		t.Errorf("show: got %+v", show.Session)
	}
	if page := must(t, nil, "service", "show", first, "--db", shop.db); !strings.Contains(page, "waits for 'berth service prefix approve'") {
		t.Errorf("show: got\n%s", page)
	}
	waiting := decoded[[]waitingView](t, nil, "service", "prefix", "list", "--db", shop.db)
	if len(waiting) != 1 || waiting[0].Service != first || waiting[0].Detail != "LOA of November" || waiting[0].ASN != 210123 || waiting[0].Read != show.Session.Prefixes[0].Read {
		t.Fatalf("prefixes that wait: got %+v", waiting)
	}
	approve := []string{"service", "prefix", "approve", first, "185.1.4.0/24", "--by", "Olga", "--db", shop.db, "--read"}
	longer := strings.Replace(add, `"letter"`, `"longest": 24, "letter"`, 1)
	if a := s.post("/API/networks/prefixes", longer, "x-api-key", manager); a.status != 200 {
		t.Fatalf("prefixes: got status %d and %v", a.status, a.body)
	}
	if r := call(t, nil, append(approve, waiting[0].Read)...); r.code == exitDone || !strings.Contains(r.err, "service prefix list") {
		t.Errorf("what isn't as it was read: got exit code %d and %s", r.code, r.err)
	}
	waiting = decoded[[]waitingView](t, nil, "service", "prefix", "list", "--db", shop.db)
	if page := must(t, nil, "service", "prefix", "list", "--db", shop.db); !strings.Contains(page, waiting[0].Read) || !strings.Contains(page, "LOA of November") {
		t.Errorf("prefixes that wait: got\n%s", page)
	}
	show = decoded[serviceStateView](t, nil, append(approve, waiting[0].Read)...)
	if p := show.Session.Prefixes[0]; p.Pending || !strings.Contains(p.Detail, "approved by Olga") {
		t.Errorf("approve: got %+v", p)
	}
	show = decoded[serviceStateView](t, nil, "service", "session", first, "--limit-v4", "50", "--export", "default", "--db", shop.db)
	if show.Session.LimitV4 != 50 || show.Session.LimitV6 != 0 || show.Session.Export != "default" {
		t.Errorf("session: got %+v", show.Session)
	}
	for code, args := range map[int][]string{exitUsage: {"service", "session", first}, exitFailed: {"service", "session", first, "--export", "all"}} {
		if r := call(t, nil, append(args, "--db", shop.db)...); r.code != code || !strings.Contains(r.err, "export") {
			t.Errorf("%v: got exit code %d and %s", args, r.code, r.err)
		}
	}
	s.stop()
	must(t, nil, "verify", "--db", shop.db)
}
