package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/bird/lab"
)

// edgeConfig is the settings of a shop whose networks are sessions of a real BIRD.
const edgeConfig = `
lease: 2s
patience: 3s
metrics_listen: "off"
providers:
  edge:
    driver: bird
    asn: 64500
    socket: SOCKET
    config: MAIN
    include: INCLUDE
`

const edgeCatalogue = `
currency: EUR
networks:
  - id: net-1
    name: Anonymous ASN
    provider: edge
    monthly: "10.00"
    yearly: "100.00"
    asns: private-asns
    links: [links, links6]
    prefixes: [pa, pa6]
    limit_v4: 5
    export: default
`

// farConfig is the settings of a shop whose edge is elsewhere.
const farConfig = `
lease: 2s
patience: 10s
metrics_listen: "off"
providers:
  edge:
    driver: remote
    asn: 64500
    key_file: KEY
`

// street is a shop, its edge in a network of its own, and customers beyond it.
type street struct {
	*shop
	*testing.T
	lab    *lab.Lab
	server *process
	url    string
}

func openStreet(t *testing.T, settings string, more ...string) *street {
	t.Helper()
	l := lab.Namespaces(t)
	s := &street{shop: openShop(t, "sqlite:"+filepath.Join(t.TempDir(), "berth.db")), T: t, lab: l}
	text := strings.NewReplacer(append(more, "SOCKET", l.Socket, "MAIN", l.Main, "INCLUDE", l.Include)...).Replace(settings)
	goods := filepath.Join(filepath.Dir(s.config), "edge-catalogue.yaml")
	for path, content := range map[string]string{s.config: text, goods: edgeCatalogue} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.must(t, "catalogue", "apply", goods)
	for _, pool := range [][]string{
		{"private-asns", "--kind", "asn", "--numbers", "4200000101-4200000103"},
		{"links", "--kind", "link", "--cidr", "10.99.0.0/28"},
		{"links6", "--kind", "link", "--cidr", "2001:db8:99::/124"},
		{"pa", "--kind", "prefix", "--cidr", "203.0.113.0/24", "--length", "30"},
		{"pa6", "--kind", "prefix", "--cidr", "2001:db8:a000::/36", "--length", "44"},
	} {
		s.must(t, append([]string{"pool", "add"}, pool...)...)
	}
	var key struct{ Key string }
	if err := json.Unmarshal([]byte(s.must(t, "--json", "key", "create", "--user", "buyer", "--scope", "order,read,manage")), &key); err != nil {
		t.Fatal(err)
	}
	s.buyer.Key = key.Key
	s.open()
	return s
}

func (s *street) open() {
	s.Helper()
	s.server = s.shop.serve(s.T, "")
	s.url = s.server.url(s.T)
}

// ask sends a request, and reads the answer into one.
func (s *street) ask(method, path, body string, answer any) int {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("x-api-key", s.buyer.Key)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer got.Body.Close()
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(got.Body); err != nil {
		s.Fatal(err)
	}
	if err := json.Unmarshal(raw.Bytes(), answer); err != nil {
		s.Fatalf("%s %s: %v in %s", method, path, err, raw.String())
	}
	return got.StatusCode
}

type bareOrder struct{ ID, Status, Amount, Metadata, Code string }

func (s *street) buy() bareOrder {
	s.Helper()
	var o bareOrder
	s.ask("POST", "/API/orders/create_order_network", `{"user_id":"buyer","network_id":"net-1","billing_cycle":"yearly"}`, &o)
	return o
}

func (s *street) renew(id string) {
	s.Helper()
	var o bareOrder
	if got := s.ask("POST", "/API/networks/renew", `{"user_id":"buyer","id":"`+id+`"}`, &o); got != 200 || o.Status != "completed" || o.Amount != "100.00" {
		s.Fatalf("renew: got %d %+v, want it completed", got, o)
	}
}

// detail is what the customer gets to see.
type detail struct {
	Status, State, Password string
	ASN                     int64
	Links                   []struct {
		Ours     string `json:"upstream_address"`
		Yours    string `json:"your_address"`
		State    string
		Accepted *int64
	}
	Prefixes []struct{ Prefix string }
	Config   struct{ BIRD, FRR string }
}

func (s *street) detail(id string) detail {
	s.Helper()
	var a struct{ Data detail }
	if got := s.ask("GET", "/API/networks/detail?id="+id, "", &a); got != 200 {
		s.Fatalf("detail: got %d", got)
	}
	return a.Data
}

// wire lays the cable to a customer of these addresses, and gives the first address of each prefix to a host there.
func (s *street) wire(d detail) *lab.Customer {
	s.Helper()
	var session berth.EdgeSession
	for _, l := range d.Links {
		link := berth.EdgeLink{Local: netip.MustParseAddr(l.Ours), Peer: netip.MustParseAddr(l.Yours)}
		for _, p := range d.Prefixes {
			if prefix := netip.MustParsePrefix(p.Prefix); prefix.Addr().Is4() == link.Peer.Is4() {
				link.Prefixes = append(link.Prefixes, berth.EdgePrefix{Prefix: prefix})
			}
		}
		if link.Peer.Is4() {
			session.V4 = link
		} else {
			session.V6 = link
		}
	}
	return s.lab.Customer(s.T, session)
}

func (s *street) pings(d detail) bool {
	for _, p := range d.Prefixes {
		if !s.lab.Ping(s.T, netip.MustParsePrefix(p.Prefix).Addr().Next().String()) {
			return false
		}
	}
	return true
}

func (s *street) within(limit time.Duration, what string, holds func() bool) {
	s.Helper()
	until(s.T, limit, what, holds)
}

// expire has a service expire now, and the clock look at it. Nobody serves meanwhile.
func (s *street) expire(id string) {
	s.Helper()
	if code := s.server.stop(s.T); code != 0 {
		s.Fatalf("stop: exit code %d", code)
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(s.db, "sqlite:"))
	if err != nil {
		s.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		s.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE services SET expires_at = $1, due_at = 1 WHERE id = $2", time.Now().UnixMicro(), id); err != nil {
		s.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		s.Fatal(err)
	}
	s.open()
}

// TestNetworks is a network order from the money to the packet: a customer's BIRD that starts from what the API returned,
// unchanged, and everything that happens to the service afterwards.
func TestNetworks(t *testing.T) {
	t.Parallel()
	s := openStreet(t, edgeConfig)
	s.must(t, "provider", "check", "--config", s.config)
	o := s.buy()
	if o.Status != "completed" || o.Amount != "100.00" {
		t.Fatalf("got %+v, want it completed", o)
	}
	d := s.detail(o.ID)
	if d.ASN != 4200000101 || len(d.Password) != 16 || len(d.Links) != 2 || len(d.Prefixes) != 2 || d.State != "down" {
		t.Fatalf("got %+v", d)
	}
	customer := s.wire(d)
	if s.pings(d) {
		t.Fatal("the customer's addresses answer before there is a session")
	}
	customer.BIRD(t, d.Config.BIRD)
	s.up(o.ID, d)

	s.expire(o.ID)
	s.within(15*time.Second, "the suspension", func() bool { now := s.detail(o.ID); return now.Status == "suspended" && now.State == "suspended" })
	for _, protocol := range []string{"upstream4", "upstream6"} {
		s.within(10*time.Second, "the text at the customer's router", func() bool {
			return strings.Contains(customer.Ask(t, "show protocols all "+protocol), "order "+o.ID+" expired, suspended")
		})
	}
	if s.pings(d) {
		t.Error("the customer's addresses answer although the session is suspended")
	}
	s.renew(o.ID)
	s.up(o.ID, d)

	// Killed in the middle of everything: the sessions don't even notice.
	s.server.signal(syscall.SIGKILL)
	s.server.wait(t, patience)
	if !s.pings(d) {
		t.Error("the session went down with the server")
	}
	s.open()
	s.up(o.ID, d)

	// No payment lifts what the operator did.
	s.must(t, "service", "suspend", o.ID)
	s.within(15*time.Second, "the operator's suspension", func() bool { now := s.detail(o.ID); return now.Status == "suspended" && now.State == "suspended" })
	s.renew(o.ID)
	if now := s.detail(o.ID); now.Status != "suspended" || now.State != "suspended" {
		t.Errorf("a payment made it %s and %s", now.Status, now.State)
	}
	if s.must(t, "service", "resume", o.ID); s.detail(o.ID).ASN != d.ASN {
		t.Error("the number changed")
	}
	s.up(o.ID, d)
	s.away()
	s.end(o.ID, d)
}

// up waits until both sessions are up, their prefix accepted, and packets pass.
func (s *street) up(id string, was detail) {
	s.Helper()
	s.within(20*time.Second, "the sessions are up", func() bool {
		d := s.detail(id)
		for _, l := range d.Links {
			if l.State != "up" || l.Accepted == nil || *l.Accepted != 1 {
				return false
			}
		}
		return d.State == "up" && d.Status == "active" && d.ASN == was.ASN && d.Password == was.Password
	})
	s.within(15*time.Second, "pings", func() bool { return s.pings(was) })
}

// away has the edge's BIRD dead while a customer orders: that order goes on by itself.
func (s *street) away() {
	s.Helper()
	s.lab.KillEdge()
	o := s.buy()
	if o.Status != "processing" {
		s.Fatalf("without an edge: got %+v, want it processing", o)
	}
	s.lab.StartEdge(s.T)
	s.within(30*time.Second, "the order completes", func() bool {
		var a struct{ Data []bareOrder }
		return s.ask("GET", "/API/orders/list_order?order_id="+o.ID, "", &a) == 200 && a.Data[0].Status == "completed"
	})
	if d := s.detail(o.ID); d.ASN != 4200000102 {
		s.Errorf("got AS%d, want 4200000102", d.ASN)
	}
}

// end terminates a service: nothing of it is left at the edge, and its number rests.
func (s *street) end(id string, d detail) {
	s.Helper()
	s.must(s.T, "service", "delete", id)
	s.within(15*time.Second, "the end", func() bool { return s.detail(id).Status == "terminated" })
	file, err := os.ReadFile(s.lab.Include)
	if err != nil || strings.Contains(string(file), id) || strings.Contains(string(file), d.Password) {
		s.Errorf("the edge's file still has the service: %v", err)
	}
	if s.pings(d) {
		s.Error("the addresses answer after the end")
	}
	if o := s.buy(); o.Status != "completed" {
		s.Errorf("the last number: got %+v", o)
	}
	if o := s.buy(); o.Code != "out_of_stock" {
		s.Errorf("a number that rests: got %+v, want it out of stock", o)
	}
	// Three orders and two renewals.
	var user struct{ User struct{ Balance string } }
	if s.ask("GET", "/API/info_user?user_id=buyer", "", &user); user.User.Balance != "9999500.00" {
		s.Errorf("got a balance of %s, want 9999500.00", user.User.Balance)
	}
	s.settled(s.T)
	s.must(s.T, "verify")
	s.must(s.T, "reconcile", "--config", s.config)
}

// TestEdgeAgent is the same for an edge elsewhere: 'berth edge-agent' keeps BIRD there, by what it hears from the server.
func TestEdgeAgent(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "edge.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("edge", 10)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openStreet(t, farConfig, "KEY", key)
	if o := s.buy(); o.Status != "processing" {
		t.Fatalf("without an agent: got %+v, want it processing", o)
	}
	agent := start(t, nil, "edge-agent", "--server", s.url, "--provider", "edge", "--key-file", key, "--socket", s.lab.Socket,
		"--config", s.lab.Main, "--include", s.lab.Include, "--every", "200ms")
	s.within(30*time.Second, "the order completes", func() bool {
		var a struct{ Data []bareOrder }
		return s.ask("GET", "/API/orders/list_order?user_id=buyer", "", &a) == 200 && a.Data[0].Status == "completed"
	})
	// This customer runs FRR, and takes its configuration as it is, too.
	var all struct{ Data []bareOrder }
	s.ask("GET", "/API/orders/list_order?user_id=buyer", "", &all)
	early := s.detail(all.Data[0].ID)
	s.wire(early).FRR(t, early.Config.FRR)
	s.up(all.Data[0].ID, early)
	o := s.buy()
	if o.Status != "completed" {
		t.Fatalf("with an agent: got %+v, want it completed", o)
	}
	d := s.detail(o.ID)
	s.wire(d).BIRD(t, d.Config.BIRD)
	s.up(o.ID, d)
	if r := s.run(t, "provider", "check", "--config", s.config); r.code != 0 {
		t.Errorf("provider check: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	if code := agent.stop(t); code != 0 {
		t.Errorf("the agent: got exit code %d at SIGTERM", code)
	}
	if !s.pings(d) {
		t.Error("the session went down with the agent")
	}
	s.must(t, "verify")
}
