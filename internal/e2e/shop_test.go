package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/store"
)

// shop is an installation with one customer, made with the operator's own commands.
type shop struct {
	db       string
	as       []string // a command line that runs the program as somebody else; empty for the test's own user
	env      []string
	config   string // settings file
	machines string // journal of the simulated provider
	buyer    load.Buyer
}

// The customer's money: enough for every test.
const (
	credit      = "10000000.00"
	creditMinor = int64(1_000_000_000)
)

// config is the settings of a shop. Lease and patience are short, so that a test sees what follows a crash; a call of
// the provider takes a while, so that a crash hits every phase of an order.
const config = `
lease: 1s
patience: 3s
call_timeout: 10s
metrics_listen: "off"
providers:
  sim:
    driver: sim
    journal: JOURNAL
    delay: 4ms
`

const catalogue = `
currency: EUR
locations: [Slovenia]
images: [{id: 13, name: Debian 12}]
plans:
  - {external_id: 5, name: VPS, cores: 2, ram: 6GiB, disk: 40, price: "12.99", images: [13], offers: [{location: Slovenia, provider: sim}]}
`

// engines are the databases that every test of servers runs on, each with an empty database.
var engines = []struct {
	name   string
	open   func(t *testing.T) string
	shared bool // several servers may work on it
}{
	{"sqlite", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "berth.db") }, false},
	{"postgres", func(t *testing.T) string { return pgtest.Database(t) }, true},
}

// openShop makes a shop on an empty database, with the key file that SQLite has beside it.
func openShop(t *testing.T, db string) *shop {
	t.Helper()
	if strings.HasPrefix(db, "sqlite:") {
		return openShopWith(t, db)
	}
	return openShopWith(t, db, secretKey(t))
}

// secretKey is a setting with a new secret key.
func secretKey(t *testing.T) string {
	t.Helper()
	return "BERTH_SECRET_KEY=" + strings.TrimSpace(command(t, nil, "secrets", "generate").out)
}

// openShopWith makes a shop with these settings in the environment.
func openShopWith(t *testing.T, db string, env ...string) *shop {
	t.Helper()
	s := &shop{db: db, env: env}
	s.found(t, t.TempDir())
	return s
}

// found makes the shop: its files in a folder, its database, and its customer. Its user must be able to read the folder.
func (s *shop) found(t *testing.T, dir string) {
	t.Helper()
	s.config, s.machines = filepath.Join(dir, "berth.yaml"), filepath.Join(dir, "machines")
	goods := filepath.Join(dir, "catalogue.yaml")
	for path, text := range map[string]string{s.config: strings.Replace(config, "JOURNAL", s.machines, 1), goods: catalogue} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.must(t, "migrate")
	s.must(t, "catalogue", "apply", goods)
	s.must(t, "user", "create", "--id", "buyer", "--name", "Buyer")
	s.must(t, "wallet", "credit", "--user", "buyer", "--amount", credit, "--ref", "opening")
	var key struct {
		Key string `json:"key"`
	}
	if err := json.Unmarshal([]byte(s.must(t, "--json", "key", "create", "--user", "buyer")), &key); err != nil {
		t.Fatal(err)
	}
	s.buyer = load.Buyer{UserID: "buyer", Key: key.Key}
}

// pool gives the shop's servers addresses from a pool, instead of the provider's own.
func (s *shop) pool(t *testing.T) {
	t.Helper()
	settings := strings.Replace(config, "driver: sim\n", "driver: sim\n    pool: public\n", 1)
	if err := os.WriteFile(s.config, []byte(strings.Replace(settings, "JOURNAL", s.machines, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must(t, "pool", "add", "public", "--cidr", "10.0.0.0/8", "--gateway", "10.0.0.1", "--rest", "2s")
}

// run runs an operator's command on the shop's database.
func (s *shop) run(t *testing.T, args ...string) result {
	t.Helper()
	return commandAs(t, s.as, s.env, append(args, "--db", s.db)...)
}

// must is run for a command that has to succeed; it returns the output.
func (s *shop) must(t *testing.T, args ...string) string {
	t.Helper()
	r := s.run(t, args...)
	if r.code != 0 {
		t.Fatalf("berth %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// serve starts a server of the shop, on an address of its own when none is given.
func (s *shop) serve(t *testing.T, address string, more ...string) *process {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	return startAs(t, s.as, s.env, append([]string{"serve", "--config", s.config, "--db", s.db, "--listen", address}, more...)...)
}

// read opens the shop's database for looking at it.
func (s *shop) read(t *testing.T) berth.Reader {
	t.Helper()
	db, err := store.Open(t.Context(), s.db, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// settled waits until no order is under way. A server must be running.
func (s *shop) settled(t *testing.T) {
	t.Helper()
	db := s.read(t)
	var last error
	// When nothing but orders whose first answer is lost is left, their provider looks dead: it's spared for 2 s, then 4, 8 and
	// so on, until one of them is found.
	until(t, 4*patience, "settling all orders", func() bool {
		backlog, err := db.Backlog(t.Context())
		if err != nil && last == nil {
			last = err
			t.Logf("read the backlog: %v", err)
		}
		return err == nil && backlog.Unsettled == 0
	})
}

// audit proves the shop's books with 'verify', and holds what was acknowledged against orders, machines and wallet.
func (s *shop) audit(t *testing.T, acknowledged []load.Acknowledged) load.World {
	t.Helper()
	if r := s.run(t, "verify"); r.code != 0 {
		t.Errorf("verify: exit code %d\n%s%s", r.code, r.out, r.err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w, err := load.Read(ctx, s.read(t))
	if err != nil {
		t.Fatal(err)
	}
	w.Credits = map[string]int64{"buyer": creditMinor}
	provider, err := sim.Open(s.machines, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	made, err := provider.Machines()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range made {
		if !m.Refused {
			w.Machines = append(w.Machines, load.Machine{No: m.No, Order: m.Order})
		}
	}
	wrong := load.Check(acknowledged, w)
	for _, text := range wrong[:min(len(wrong), 20)] {
		t.Error(text)
	}
	if more := len(wrong) - 20; more > 0 {
		t.Errorf("... and %d more", more)
	}
	return w
}

// count is the number of orders in each state.
func count(w load.World) map[berth.State]int {
	states := map[berth.State]int{}
	for _, o := range w.Orders {
		states[o.State]++
	}
	return states
}

// pass lets time go by. It stands where an instant is chosen by chance, and never for something that will happen.
func pass(d time.Duration) { <-time.After(d) }
