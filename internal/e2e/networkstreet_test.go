package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
roas: ROAS
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
    limit_v6: 5
    export: default
  - id: net-2
    name: Public ASN
    provider: edge
    monthly: "10.00"
    yearly: "100.00"
    asns: public-asns
    links: [links, links6]
    prefixes: [pa, pa6]
    export: default
`

// edgePools are the arguments of 'berth pool add'. Four orders of net-1 are all that there are numbers for.
var edgePools = [][]string{
	{"private-asns", "--kind", "asn", "--numbers", "4200000101-4200000104"},
	{"public-asns", "--kind", "asn", "--numbers", "210123-210125"},
	{"links", "--kind", "link", "--cidr", "10.99.0.0/28"},
	{"links6", "--kind", "link", "--cidr", "2001:db8:99::/124"},
	{"pa", "--kind", "prefix", "--cidr", "203.0.113.0/24", "--length", "30"},
	{"pa6", "--kind", "prefix", "--cidr", "2001:db8:a000::/36", "--length", "44"},
}

// edgeROAs is the operator's copy of RPKI, as rpki-client writes it.
const edgeROAs = `{"roas": [{"prefix": "185.1.1.0/24", "maxLength": 24, "asn": 210123, "ta": "ripe", "expires": 4102444800}]}`

// street is a shop, its edge in a network of its own, and customers beyond it.
type street struct {
	*shop
	*testing.T
	lab    *lab.Lab
	server *process
	url    string
}

// openStreet makes a street in network namespaces.
func openStreet(t *testing.T, settings string, more ...string) *street {
	t.Helper()
	l := lab.Namespaces(t)
	s := &street{shop: openShop(t, "sqlite:"+filepath.Join(t.TempDir(), "berth.db")), T: t, lab: l}
	s.furnish(edgeCatalogue, edgePools, settings, more...)
	return s
}

// furnish has the shop sell networks, and opens it.
func (s *street) furnish(goods string, pools [][]string, settings string, more ...string) {
	s.Helper()
	dir := filepath.Dir(s.config)
	sold, roas := filepath.Join(dir, "edge-catalogue.yaml"), filepath.Join(dir, "roas.json")
	text := strings.NewReplacer(append(more, "SOCKET", s.lab.Socket, "MAIN", s.lab.Main, "INCLUDE", s.lab.Include, "ROAS", roas)...).Replace(settings)
	for path, content := range map[string]string{s.config: text, sold: goods, roas: edgeROAs} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			s.Fatal(err)
		}
	}
	s.must(s.T, "catalogue", "apply", sold)
	for _, pool := range pools {
		s.must(s.T, append([]string{"pool", "add"}, pool...)...)
	}
	var key struct{ Key string }
	if err := json.Unmarshal([]byte(s.must(s.T, "--json", "key", "create", "--user", "buyer", "--scope", "order,read,manage")), &key); err != nil {
		s.Fatal(err)
	}
	s.buyer.Key = key.Key
	s.open()
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

// order orders a network for a year.
func (s *street) order(network string) bareOrder {
	s.Helper()
	var o bareOrder
	s.ask("POST", "/API/orders/create_order_network", `{"user_id":"buyer","network_id":"`+network+`","billing_cycle":"yearly"}`, &o)
	return o
}

// buy is an order that must be completed at once.
func (s *street) buy(network string) (id string, d detail) {
	s.Helper()
	o := s.order(network)
	if o.Status != "completed" || o.Amount != "100.00" {
		s.Fatalf("got %+v, want it completed for 100.00", o)
	}
	return o.ID, s.detail(o.ID)
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
	Links                   []link
	Prefixes                []prefix
	Config                  struct{ BIRD, FRR string }
}

// link is a session's part in one family. What is null there is empty here.
type link struct {
	Ours               string `json:"upstream_address"`
	Yours              string `json:"your_address"`
	State, Since       string
	Accepted, Filtered *int64
	Tripped            bool
}

// String is for the messages of tests.
func (l link) String() string {
	routes := "no routes"
	if l.Accepted != nil && l.Filtered != nil {
		routes = fmt.Sprintf("%d routes accepted and %d filtered", *l.Accepted, *l.Filtered)
	}
	return fmt.Sprintf("%s is %s since %s with %s", l.Yours, l.State, l.Since, routes)
}

type prefix struct{ Prefix, Evidence, Status string }

func (s *street) detail(id string) detail {
	s.Helper()
	var a struct{ Data detail }
	if got := s.ask("GET", "/API/networks/detail?id="+id, "", &a); got != 200 {
		s.Fatalf("detail: got %d", got)
	}
	return a.Data
}

// bought is what came with the service from pools.
func (d detail) bought() (all []string) {
	for _, p := range d.Prefixes {
		all = append(all, p.Prefix)
	}
	return all
}

// since is from when each part is as it is.
func (d detail) since() (all []string) {
	for _, l := range d.Links {
		all = append(all, l.Since)
	}
	return all
}

// routes reports whether all parts are up, and each has this many routes that passed the filter and that didn't.
func (d detail) routes(accepted, filtered int64) bool {
	for _, l := range d.Links {
		if l.State != "up" || l.Accepted == nil || l.Filtered == nil || *l.Accepted != accepted || *l.Filtered != filtered {
			return false
		}
	}
	return d.Status == "active" && d.State == "up"
}

// tripped reports whether the limit has shut all parts.
func (d detail) tripped() bool {
	for _, l := range d.Links {
		if l.State != "tripped" || !l.Tripped || l.Accepted != nil {
			return false
		}
	}
	return d.Status == "active" && d.State == "tripped"
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

// announcing is a customer's configuration with more to announce than it came with.
func announcing(text string, prefixes ...string) string {
	var b strings.Builder
	b.WriteString(text)
	for i, p := range prefixes {
		family := "ipv4"
		if strings.Contains(p, ":") {
			family = "ipv6"
		}
		fmt.Fprintf(&b, "protocol static more%d { %s; route %s unreachable; }\n", i, family, p)
	}
	return b.String()
}

// packets reports whether there is anything to pass them: on loopback there are sessions only.
func (s *street) packets() bool { return s.lab.Internet != "" }

// pings reports whether the first address of each prefix answers the Internet.
func (s *street) pings(prefixes ...string) bool {
	return !slices.ContainsFunc(prefixes, func(p string) bool {
		return !s.lab.Ping(s.T, netip.MustParsePrefix(p).Addr().Next().String())
	})
}

func (s *street) within(limit time.Duration, what string, holds func() bool) {
	s.Helper()
	until(s.T, limit, what, holds)
}

// kernel waits until the edge's kernel has exactly these routes to customers.
func (s *street) kernel(what string, want ...string) {
	s.Helper()
	if !s.packets() {
		return
	}
	slices.Sort(want)
	var got []string
	same := false
	defer func() {
		if !same {
			s.Logf("the edge's kernel has %v, want %v", got, want)
		}
	}()
	s.within(10*time.Second, what, func() bool {
		got = s.lab.KernelRoutes(s.T)
		slices.Sort(got)
		same = slices.Equal(got, want)
		return same
	})
}

// up waits until all parts of a session are up, their prefix and nothing else announced, and packets pass. Number and
// password are as they were.
func (s *street) up(id string, was detail) {
	s.Helper()
	var d detail
	up := false
	defer func() {
		if !up {
			s.Logf("AS%d is %s and %s: %v", d.ASN, d.Status, d.State, d.Links)
		}
	}()
	s.within(20*time.Second, "the sessions are up", func() bool {
		d = s.detail(id)
		up = d.routes(1, 0) && d.ASN == was.ASN && d.Password == was.Password
		return up
	})
	if s.packets() {
		s.within(15*time.Second, "pings", func() bool { return s.pings(was.bought()...) })
	}
}

// suspended waits until a session is shut and the service is suspended.
func (s *street) suspended(id, why string) {
	s.Helper()
	s.within(15*time.Second, why, func() bool { d := s.detail(id); return d.Status == "suspended" && d.State == "suspended" })
}

// expire has a service expire now, and the clock look at it. Nobody serves meanwhile. Cycles are months at least and the
// program's clock is the machine's, so this is the one thing that no command brings about.
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

// proved ends a test: what the customer has left, the books, and what the edge really carries.
func (s *street) proved(balance string) {
	s.Helper()
	var user struct{ User struct{ Balance string } }
	if s.ask("GET", "/API/info_user?user_id=buyer", "", &user); user.User.Balance != balance {
		s.Errorf("got a balance of %s, want %s", user.User.Balance, balance)
	}
	s.settled(s.T)
	s.must(s.T, "verify")
	s.must(s.T, "reconcile", "--config", s.config)
}
