package berth_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/store"
)

var background = context.Background()

// shop is a desk over a store in memory and a simulated provider, at a time that the test sets.
type shop struct {
	*berth.Desk
	testing.TB
	store *store.Store
	world *sim.Provider
	clock atomic.Int64
}

// opened is the instant at which every shop opens.
var opened = time.Date(2025, 11, 18, 12, 0, 0, 0, time.UTC)

// Locations and users of the shop.
const (
	here, elsewhere = "Slovenia", "Croatia"
	anna, bert      = "user-anna", "user-bert"
)

// newShop opens a shop with two users, anna with 1,000.00 and bert with nothing, and the goods below.
func newShop(t testing.TB, edit ...func(*berth.Desk)) *shop {
	t.Helper()
	s := &shop{TB: t}
	s.at(opened)
	var err error
	if s.store, err = store.Open(background, "memory:", store.Options{Now: s.clock.Load}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.store.Close() })
	if s.world, err = sim.Open("", sim.Options{Now: s.clock.Load}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.world.Close() })
	ring, err := seal.ParseRing(seal.Generate(1))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Unlock(background, s.store, ring)
	if err != nil {
		t.Fatal(err)
	}
	d := berth.Desk{
		Store: s.store, Sealer: sealer, Policy: berth.DefaultPolicy(), Replica: "test", Now: s.clock.Load,
		Servers:     map[string]berth.ServerDriver{"sim": s.world},
		Networks:    map[string]berth.NetworkDriver{"sim": s.world},
		NewPassword: func() string { return "generatedPassword123" },
	}
	for _, change := range edit {
		change(&d)
	}
	s.Desk = berth.NewDesk(d)
	s.apply(goods())
	for _, id := range []string{anna, bert} {
		if _, err := s.CreateUser(background, berth.User{ID: id, Username: id}, ""); err != nil {
			t.Fatal(err)
		}
	}
	s.credit(anna, 100_000)
	return s
}

// goods is the catalogue of the shop.
func goods() berth.Catalogue {
	offers := func(capacity int64, locations ...string) (list []berth.Offer) {
		for _, l := range locations {
			list = append(list, berth.Offer{Location: l, Providers: []string{"sim"}, Capacity: capacity})
		}
		return list
	}
	plan := func(id int64, price, disk int64, offers []berth.Offer) berth.Plan {
		return berth.Plan{ID: "plan-" + string(rune('a'+id)), ExternalID: id, Type: "vps", Name: "Plan", Cores: 2, RAM: 6 << 30,
			Disk: disk, DiskType: "ssd", Price: price, Images: []int64{2, 13}, Applications: []int64{1}, Offers: offers}
	}
	return berth.Catalogue{
		Currency: "EUR",
		Plans: []berth.Plan{
			plan(3, 599, 20, offers(berth.Unlimited, here)),
			plan(5, 1299, 40, offers(berth.Unlimited, here)),
			plan(7, 2999, 80, offers(berth.Unlimited, here)),
			plan(8, 3999, 80, offers(berth.Unlimited, elsewhere)),
			plan(9, 1000, 40, offers(1, here)), // one is left
			plan(11, 6999, 160, offers(berth.Unlimited, here, elsewhere)),
			plan(12, 6999, 160, []berth.Offer{{Location: here, Providers: []string{"other"}, Capacity: berth.Unlimited}}),
			plan(13, 0, 40, offers(berth.Unlimited, here)), // free
		},
		Images:       []berth.Image{{ID: 2, Name: "Ubuntu"}, {ID: 6, Name: "Rocky"}, {ID: 13, Name: "Debian"}},
		Applications: []berth.Application{{ID: 1, Name: "Panel", LoginLink: "https://{{ hostname }}/"}, {ID: 4, Name: "Shop"}},
		Locations:    []berth.Location{{Name: here}, {Name: elsewhere}},
		Networks: []berth.NetworkProduct{
			{ID: "net", Name: "Anonymous ASN", Description: "A number", Provider: "sim", Monthly: 1000, Yearly: 10000},
			{ID: "net-monthly", Name: "Transit", Provider: "sim", Monthly: 500, Yearly: berth.NotOffered},
		},
	}
}

func (s *shop) at(instant time.Time)       { s.clock.Store(instant.UnixMicro()) }
func (s *shop) pass(elapsed time.Duration) { s.clock.Add(elapsed.Microseconds()) }

func (s *shop) apply(c berth.Catalogue) *berth.Catalogue {
	s.Helper()
	applied, err := s.ApplyCatalogue(background, c)
	if err != nil {
		s.Fatal(err)
	}
	return applied
}

func (s *shop) credit(user string, minor int64) {
	s.Helper()
	ref := "credit " + time.Duration(s.entries(user)).String()
	if _, _, err := s.Transfer(background, berth.Transfer{UserID: user, Amount: minor, Ref: ref}); err != nil {
		s.Fatal(err)
	}
}

func (s *shop) entries(user string) int {
	s.Helper()
	list, err := s.store.Entries(background, user, 0, 1_000_000)
	if err != nil {
		s.Fatal(err)
	}
	return len(list)
}

func (s *shop) balance(user string) int64 {
	s.Helper()
	w, ok, err := s.store.Wallet(background, user)
	if err != nil || !ok {
		s.Fatalf("wallet of %s: got %v, %v", user, ok, err)
	}
	return w.Balance
}

// server is a request of anna's for a new server of a plan.
func server(plan string) berth.Request {
	return berth.Request{Kind: berth.KindNewServer, UserID: anna, KeyOwnerID: anna, PlanID: plan, ImageID: 13, Location: here}
}

// place places an order that must be taken.
func (s *shop) place(r berth.Request) berth.Receipt {
	s.Helper()
	receipt, err := s.Place(background, &r)
	if err != nil {
		s.Fatalf("place %s: %v (cause: %v)", r.Kind, err, errors.Unwrap(err))
	}
	return receipt
}

// settle does what an order asks of the world, and records the outcome.
func (s *shop) settle(o berth.Order) berth.Receipt {
	s.Helper()
	receipt, err := s.Settle(background, o, s.Fulfil(background, o))
	if err != nil {
		s.Fatalf("settle: %v (cause: %v)", err, errors.Unwrap(err))
	}
	return receipt
}

// buy places an order and fulfils it.
func (s *shop) buy(r berth.Request) berth.Receipt {
	s.Helper()
	receipt := s.place(r)
	if receipt.Order.State == berth.Paid {
		receipt = s.settle(receipt.Order)
	}
	if receipt.Order.State != berth.Completed {
		s.Fatalf("buy %s: got an order that is %s", r.Kind, receipt.Order.State)
	}
	return receipt
}

func (s *shop) service(id string) berth.Service {
	s.Helper()
	v, ok, err := s.store.Service(background, id)
	if err != nil || !ok {
		s.Fatalf("service %s: got %v, %v", id, ok, err)
	}
	return v
}

func (s *shop) order(id string) berth.Order {
	s.Helper()
	o, ok, err := s.store.Order(background, id)
	if err != nil || !ok {
		s.Fatalf("order %s: got %v, %v", id, ok, err)
	}
	return o
}

// used is the count of a plan's stock row.
func (s *shop) used(plan, location string) int64 {
	s.Helper()
	rows, err := s.store.Stock(background)
	if err != nil {
		s.Fatal(err)
	}
	i := slices.IndexFunc(rows, func(r berth.Stock) bool { return r.Key == berth.StockKey(plan, location) })
	if i < 0 {
		s.Fatalf("there is no stock row of %s at %s", plan, location)
	}
	return rows[i].Used
}

// verified ends every test that moved money: the books must add up.
func (s *shop) verified() berth.Report {
	s.Helper()
	r, err := berth.Verify(background, s.store, berth.Head{}, nil)
	if err != nil || r.Wrong != 0 {
		s.Errorf("verify: got %v and %d findings, want none: %+v", err, r.Wrong, r.Findings)
	}
	return r
}

// refusal is an error's code and parameter: "not_found plan_id", "" for none.
func refusal(err error) string {
	if err == nil {
		return ""
	}
	e := berth.AsError(err)
	if e.Parameter == "" {
		return string(e.Code)
	}
	return string(e.Code) + " " + e.Parameter
}
