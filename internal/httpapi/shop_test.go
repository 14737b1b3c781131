package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata" // the zone of the documented dates, also where the system has no zones

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/keeper"
	simedge "github.com/berth-host/berth/internal/edge/sim"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/store"
	"github.com/berth-host/berth/internal/worker"
)

// canary is in every key and password of the tests: scripts/secretscan looks for it in all that they log and print.
const canary = "s3cr3tcanary"

// The users, keys and products of the tests. The first user and the product are the documented ones.
const (
	buyer     = "user12345-6789-0123-4567-890123456789"
	subUser   = "sub-account-of-the-buyer"
	stranger  = "somebody-else"
	buyerKey  = canary + "-key-of-the-buyer"
	readKey   = canary + "-key-that-may-only-read"
	strangers = canary + "-key-of-somebody-else"
	network   = "net12345-6789-0123-4567-890123456789"

	madePassword = canary + "12345678" // 20 letters and digits, as they are made
)

// shop is the whole thing behind the handler: memory store, desk, worker and simulated provider.
type shop struct {
	t       *testing.T
	handler http.Handler
	desk    *berth.Desk
	worker  *worker.Worker
	clock   *clock
	gate    *gate
	edge    *simedge.Edge // of the documented network
	log     *logBuffer    // of the requests
	rest    *logBuffer    // of everything else
	document
	keys map[string]berth.APIKey // by value
}

// clock is a clock that moves when it's told to, and a microsecond at every look.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() int64              { return c.now.Add(1) }
func (c *clock) advance(d time.Duration) { c.now.Add(d.Microseconds()) }
func (c *clock) set(at time.Time)        { c.now.Store(at.UnixMicro()) }

// ljubljana is the zone of the documented dates.
var ljubljana = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Ljubljana")
	if err != nil {
		panic(err)
	}
	return zone
}()

// local reads a date as the documents write it.
func local(t *testing.T, date string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateTime, date, ljubljana)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// settings are what a test may want otherwise.
type settings struct {
	options Options
	policy  berth.Policy
	start   string // local time at which the shop opens; clocks don't go back
}

func openShop(t *testing.T, change ...func(*settings)) *shop {
	t.Helper()
	s := &shop{t: t, clock: &clock{}, log: &logBuffer{also: artifact(t, "log")}, rest: &logBuffer{also: artifact(t, "log")}, keys: map[string]berth.APIKey{}, document: loadDocument(t)}
	o := settings{policy: berth.DefaultPolicy(), start: "2025-11-23 15:30:24"}
	o.policy.Zone, o.policy.ScaleCredit = ljubljana, berth.ScaleNone
	for _, f := range change {
		f(&o)
	}
	s.clock.set(local(t, o.start))
	quiet := slog.New(slog.NewJSONHandler(s.rest, nil))
	rows, err := store.Open(context.Background(), "memory:", store.Options{Now: s.clock.Now, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	provider, err := sim.Open("", sim.Options{Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	s.gate = &gate{Driver: sim.Driver{Provider: provider}}
	seals := sealer(t, rows)
	s.edge = simedge.New(simedge.Options{Now: s.clock.Now, Eager: true})
	keeps := keeper.New(keeper.Options{Edge: s.edge, Site: berth.EdgeSite{Provider: "edge", ASN: 64500}, Rows: rows.EdgeRows,
		Open: seals.Open, Now: s.clock.Now, Log: quiet, Gap: 1})
	s.desk = berth.NewDesk(berth.Desk{
		Store: rows, Servers: map[string]berth.ServerDriver{"sim": s.gate}, Networks: map[string]berth.NetworkDriver{"sim": provider, "edge": keeps},
		Sealer: seals, Policy: o.policy, Replica: "test", Now: s.clock.Now,
		NewPassword: func() string { return madePassword },
	})
	s.worker = worker.New(s.desk, worker.Options{Log: quiet})
	o.options.Desk, o.options.Log = s.desk, slog.New(slog.NewJSONHandler(s.log, nil))
	if o.options.Place == nil {
		o.options.Place = s.worker.Place
	}
	o.options.Change = s.worker.Change
	if o.options.Ready == nil {
		o.options.Ready = s.worker.Ready
	}
	s.handler = New(o.options)
	s.stock()
	return s
}

func sealer(t *testing.T, rows berth.Store) berth.Sealer {
	t.Helper()
	ring, err := seal.ParseRing(seal.Generate(1))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Unlock(context.Background(), rows, ring)
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

// stock fills the shop: the demo's catalogue, users with the documented balance, and keys.
func (s *shop) stock() {
	ctx := context.Background()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	for _, pool := range []berth.Pool{
		{Name: "asns", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000100, Last: 4200000999}}},
		{Name: "links", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.99.0.0/20"}}},
		{Name: "prefixes", Kind: berth.PrefixPool, Ranges: []berth.Range{{CIDR: "198.18.0.0/15", Length: 24}}},
	} {
		_, err := s.desk.AddPool(ctx, pool)
		must(err)
	}
	_, err := s.desk.ApplyCatalogue(ctx, catalogue())
	must(err)
	for _, u := range []berth.User{
		{ID: buyer, Username: "demo_user", Email: "demo@example.com", Superuser: true},
		{ID: subUser, Username: "sub_user", ParentID: buyer},
		{ID: stranger, Username: "stranger"},
	} {
		_, err := s.desk.CreateUser(ctx, u, "EUR")
		must(err)
	}
	s.credit(buyer, 339652)
	s.addKey(buyerKey, berth.APIKey{UserID: buyer, Scopes: everyScope})
	s.addKey(readKey, berth.APIKey{UserID: buyer, Scopes: []berth.Scope{berth.ScopeRead}})
	s.addKey(strangers, berth.APIKey{UserID: stranger, Scopes: everyScope})
}

func (s *shop) credit(user string, minor int64) {
	s.t.Helper()
	ref := time.UnixMicro(s.clock.Now()).Format(time.RFC3339Nano)
	if _, _, err := s.desk.Transfer(context.Background(), berth.Transfer{UserID: user, Amount: minor, Ref: ref}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) addKey(value string, k berth.APIKey) {
	s.t.Helper()
	k.Hash = berth.HashKey(value)
	k, err := s.desk.CreateKey(context.Background(), k)
	if err != nil {
		s.t.Fatal(err)
	}
	s.keys[value] = k
}

var everyScope = []berth.Scope{berth.ScopeOrder, berth.ScopeRead, berth.ScopeManage}

func catalogue() berth.Catalogue {
	plan := func(id string, external int64, price, cores, ram, disk int64) berth.Plan {
		return berth.Plan{
			ID: id, ExternalID: external, Type: "vps", Name: "VPS " + id, Cores: cores, RAM: ram << 30, Disk: disk, DiskType: "ssd",
			Price: price, Images: []int64{2, 6, 13}, Applications: []int64{3},
			Offers: []berth.Offer{{Location: "Slovenia", Providers: []string{"sim"}, Capacity: berth.Unlimited}},
		}
	}
	small, large, rare, twofold := plan("small", 5, 1299, 2, 6, 40), plan("large", 7, 2999, 4, 12, 80), plan("rare", 8, 100, 2, 6, 40), plan("twofold", 9, 100, 1, 1, 10)
	rare.Offers[0].Capacity = 1
	twofold.Offers = append(twofold.Offers, berth.Offer{Location: "Iceland", Providers: []string{"sim"}, Capacity: berth.Unlimited})
	twofold.Offers[0].Location = "Norway"
	return berth.Catalogue{
		Currency:     "EUR",
		Plans:        []berth.Plan{small, large, rare, twofold},
		Images:       []berth.Image{{ID: 2, Name: "Debian 12"}, {ID: 6, Name: "Ubuntu 24.04"}, {ID: 13, Name: "AlmaLinux 9"}},
		Applications: []berth.Application{{ID: 3, Name: "Panel", LoginLink: "https://{{hostname}}:8443/"}},
		Locations:    []berth.Location{{Name: "Slovenia"}, {Name: "Iceland"}, {Name: "Norway"}},
		Networks: []berth.NetworkProduct{
			{ID: network, Name: "Anonymous ASN", Description: "Setup. Get your own AS number.", Provider: "edge", Monthly: 1000, Yearly: 10000,
				Peers: berth.Peers{ASNs: "asns", Links: []string{"links"}, Prefixes: []string{"prefixes"}, Export: berth.ExportDefault}},
			{ID: "net-yearly", Name: "Yearly only", Provider: "sim", Monthly: berth.NotOffered, Yearly: 5000},
		},
	}
}

// logBuffer is what was logged. A copy goes to also.
type logBuffer struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	also io.Writer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Write(p)
	return l.also.Write(p)
}

// artifact is a file that `go test -artifacts` keeps, so that scripts/secretscan finds in it what was logged.
func artifact(t *testing.T, name string) io.Writer {
	t.Helper()
	file, err := os.CreateTemp(t.ArtifactDir(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// lines are the logged lines so far.
func (l *logBuffer) lines(t *testing.T) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		lines = append(lines, m)
	}
	return lines
}

// ask is a request of a test.
type ask struct {
	method, path string
	body         string
	key          string      // the x-api-key header, left out when ""
	header       http.Header // further headers
	from         string      // the client's address; 192.0.2.1 when ""
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	raw    string
	json   map[string]any
}

// do sends a request, and holds it and its answer against the OpenAPI document.
func (s *shop) do(a ask) reply {
	s.t.Helper()
	if a.from == "" {
		a.from = "192.0.2.1"
	}
	r := httptest.NewRequest(a.method, a.path, strings.NewReader(a.body))
	r.RemoteAddr = a.from + ":12345"
	for name, values := range a.header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if a.key != "" {
		r.Header.Set("x-api-key", a.key)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	got := reply{status: w.Code, header: w.Header(), raw: w.Body.String()}
	r.Body = io.NopCloser(strings.NewReader(a.body))
	s.document.check(s.t, r, got)
	if strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal([]byte(got.raw), &got.json); err != nil {
			s.t.Fatalf("%s %s: answer %q: %v", a.method, a.path, got.raw, err)
		}
	}
	return got
}

const (
	createOrder   = "/API/orders/create_order"
	createNetwork = "/API/orders/create_order_network"
	quoteOrder    = "/API/orders/quote"
	listOrder     = "/API/orders/list_order"
	detailServer  = "/API/services/detail_server"
	infoUser      = "/API/info_user"
	listPlan      = "/API/plans/list_plan"
	calculate     = "/API/calculate_price"
	actions       = "/API/services/servers_actions"
	resetPassword = "/API/services/reset_password"
	reinstall     = "/API/services/reinstall_server"
	renameServer  = "/API/services/rename_server"
	deleteServer  = "/API/services/delete_server"
	autoRenew     = "/API/services/auto_renew"
	vncServer     = "/API/services/vnc_server"
	usageServer   = "/API/services/usage_server"
	detailDisk    = "/API/services/detail_disk"

	networksList   = "/API/networks/list"
	detailNetwork  = "/API/networks/detail"
	rotatePassword = "/API/networks/rotate_password"
	prefixes       = "/API/networks/prefixes"
	clearTrip      = "/API/networks/clear_trip"
	renewNetwork   = "/API/networks/renew"
	autoNetwork    = "/API/networks/auto_renew"
)

// post sends JSON with the buyer's key, and get a query.
func (s *shop) post(path, body string) reply {
	s.t.Helper()
	header := http.Header{"Content-Type": {"application/json"}}
	if !strings.HasPrefix(body, "{") {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return s.do(ask{method: "POST", path: path, body: body, key: buyerKey, header: header})
}

func (s *shop) get(path string) reply {
	s.t.Helper()
	return s.do(ask{method: "GET", path: path, key: buyerKey})
}

// documentedOrder is the body of the documented purchase.
const documentedOrder = `{"user_id": "` + buyer + `", "plan_id": "5", "os_image_id": "13", "location": "Slovenia", "name_server": "testServerAPI"}`

// buy places the documented order, and returns the server's id.
func (s *shop) buy() string {
	s.t.Helper()
	r := s.post(createOrder, documentedOrder)
	if r.status != 200 {
		s.t.Fatalf("buying a server: %d %s", r.status, r.raw)
	}
	return text(r.at("server_status", "new_id"))
}

// balance is the buyer's balance as info_user tells it.
func (s *shop) balance(user string) string {
	s.t.Helper()
	r := s.get(infoUser + "?user_id=" + user)
	if r.status != 200 {
		s.t.Fatalf("balance: %d %s", r.status, r.raw)
	}
	return text(r.at("user", "balance"))
}

// at is a member of the answer, by path; nil when it isn't there.
func (r reply) at(path ...string) any {
	var v any = r.json
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func (r reply) code() string { return text(r.json["code"]) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

// slog is a logger into the shop's log.
func (s *shop) slog() *slog.Logger { return slog.New(slog.NewJSONHandler(s.log, nil)) }
