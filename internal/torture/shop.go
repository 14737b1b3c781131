package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/provision/sim"
)

// The customers. One wallet pays for nearly half of all orders, and one is poor: it's filled and emptied all the time,
// so that orders meet its end.
const (
	hot  = "hot"
	poor = "poor"
)

var cold = []string{"cold-1", "cold-2", "cold-3"}

// opening is what each is given at the start, in minor units: the rich ones never run out.
func opening(user string) int64 {
	if user == poor {
		return 5_000
	}
	return 1_000_000_000
}

// lease is short, so that a run sees what follows a crash many times.
const lease = time.Second

// settings of the servers. A call of the provider takes a while, so that a kill hits every phase of an order.
const settings = `
lease: %v
patience: 3s
call_timeout: 10s
metrics_listen: "off"
providers:
  sim:
    driver: sim
    journal: %q
    delay: 4ms
`

const catalogue = `
currency: EUR
locations: [Slovenia]
images: [{id: 13, name: Debian 12}]
plans:
  - {external_id: 5, name: VPS, cores: 2, ram: 6GiB, disk: 40, price: "12.99", images: [13], offers: [{location: Slovenia, provider: sim}]}
`

// shop is an installation, made by the commands that an operator would use.
type shop struct {
	site    *process.Site
	db      *database
	program string
	secret  string // the secret key, "" where it's a file beside the database
	buyers  map[string]load.Buyer
}

func openShop(ctx context.Context, s *process.Site, db *database, program string) (*shop, error) {
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	b := &shop{site: s, db: db, program: program, buyers: map[string]load.Buyer{}}
	err = errors.Join(
		os.WriteFile(b.config(), fmt.Appendf(nil, settings, lease, b.journal()), 0o600),
		os.WriteFile(s.Path("catalogue.yaml"), []byte(catalogue), 0o600))
	if err != nil {
		return nil, err
	}
	if db.cluster != nil {
		key, err := b.berth(ctx, "secrets", "generate")
		if err != nil {
			return nil, err
		}
		b.secret = strings.TrimSpace(key)
	}
	for _, args := range [][]string{{"migrate"}, {"catalogue", "apply", s.Path("catalogue.yaml")}} {
		if _, err := b.berth(ctx, args...); err != nil {
			return nil, err
		}
	}
	for _, user := range append([]string{hot, poor}, cold...) {
		if err := b.addCustomer(ctx, user); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *shop) config() string { return b.site.Path("berth.yaml") }

// journal is the simulated provider's world: it isn't in the database, so the database can be held against it.
func (b *shop) journal() string { return b.site.Path("machines") }

func (b *shop) env() []string {
	env := []string{"BERTH_DB=" + b.db.url}
	if b.secret != "" {
		env = append(env, "BERTH_SECRET_KEY="+b.secret)
	}
	return env
}

// berth runs one of the program's commands on the database itself and returns what it prints.
func (b *shop) berth(ctx context.Context, args ...string) (string, error) {
	out, err := b.site.Output(ctx, b.env(), b.program, args...)
	if err != nil {
		return out, fmt.Errorf("berth %s: %w", args[0], err)
	}
	return out, nil
}

func (b *shop) addCustomer(ctx context.Context, id string) error {
	if _, err := b.berth(ctx, "user", "create", "--id", id, "--name", id); err != nil {
		return err
	}
	if _, err := b.credit(ctx, id, opening(id), "opening"); err != nil {
		return err
	}
	out, err := b.berth(ctx, "key", "create", "--json", "--user", id)
	if err != nil {
		return err
	}
	var made struct {
		Key string `json:"key"`
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Key == "" {
		return fmt.Errorf("berth key create --json printed no key: %w", err)
	}
	b.buyers[id] = load.Buyer{UserID: id, Key: made.Key}
	return nil
}

// credited is what a credit was answered with.
type credited struct {
	Balance  string `json:"balance"`
	Repeated bool   `json:"repeated"` // the reference was used before; the balance is that of today
}

// credit puts money into a wallet, once for each reference.
func (b *shop) credit(ctx context.Context, user string, amount int64, ref string) (c credited, err error) {
	out, err := b.berth(ctx, "wallet", "credit", "--json", "--user", user, "--amount", berth.FormatMinor(amount), "--ref", ref)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		return c, fmt.Errorf("berth wallet credit --json: %w", err)
	}
	return c, nil
}

// machines reads what the simulated provider has made.
func (b *shop) machines() (list []load.Machine, err error) {
	p, err := sim.Open(b.journal(), sim.Options{})
	if err != nil {
		return nil, err
	}
	all, err := p.Machines()
	for _, m := range all {
		if !m.Refused {
			list = append(list, load.Machine{No: m.No, Order: m.Order})
		}
	}
	return list, errors.Join(err, p.Close())
}
