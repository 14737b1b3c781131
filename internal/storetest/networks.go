package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/berth-host/berth"
	keys "github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/store"
)

// carrier is an edge that carries whatever it's asked to.
type carrier struct{}

func (carrier) Activate(_ context.Context, _ berth.Ref, spec berth.NetworkSpec) berth.Outcome {
	return berth.Outcome{Verdict: berth.Done, Result: berth.Result{ProviderRef: spec.ServiceID}}
}

func (carrier) Find(context.Context, berth.Ref) berth.Outcome {
	return berth.Outcome{Verdict: berth.Absent}
}

func (carrier) Describe(context.Context, string) berth.Outcome {
	return berth.Outcome{Verdict: berth.Absent}
}

// networkOrders: 200 orders at once on 50 numbers are 50 that complete, 50 numbers and 50 debits, and 150 refusals that cost
// nothing. Each takes a link and a prefix, too.
func networkOrders(t *testing.T, d Database) {
	const orders, numbers, price = 200, 50, 1000
	ctx := context.Background()
	s := open(t, d, store.Options{})
	ring, err := keys.ParseRing(keys.Generate(1))
	must(t, err)
	sealer, err := keys.Unlock(ctx, s, ring)
	must(t, err)
	clock := func() int64 { now, err := s.Clock(ctx); must(t, err); return now }
	desk := berth.NewDesk(berth.Desk{Store: s, Networks: map[string]berth.NetworkDriver{"edge": carrier{}}, Sealer: sealer,
		Policy: berth.DefaultPolicy(), Replica: "test", Now: clock, NewPassword: keys.Password})
	for _, pool := range []berth.Pool{
		{Name: "numbers", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000100, Last: 4200000100 + numbers - 1}}},
		{Name: "links", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.99.0.0/22"}}},
		{Name: "prefixes", Kind: berth.PrefixPool, Ranges: []berth.Range{{CIDR: "198.18.0.0/15", Length: 24}}},
	} {
		_, err := desk.AddPool(ctx, pool)
		must(t, err)
	}
	_, err = desk.ApplyCatalogue(ctx, berth.Catalogue{Currency: "EUR", Networks: []berth.NetworkProduct{{ID: "asn", Name: "ASN", Provider: "edge",
		Monthly: price, Yearly: berth.NotOffered, Peers: berth.Peers{ASNs: "numbers", Links: []string{"links"}, Prefixes: []string{"prefixes"}}}}})
	must(t, err)
	fund(t, s, "anna", orders*price)
	calls := make([]func() error, orders)
	for i := range calls {
		calls[i] = func() error {
			r, err := desk.Place(ctx, &berth.Request{Kind: berth.KindNetwork, UserID: "anna", NetworkID: "asn", Cycle: berth.Monthly})
			if err == nil {
				r, err = desk.Settle(ctx, r.Order, desk.Fulfil(ctx, r.Order))
			}
			if err == nil && r.Order.State != berth.Completed {
				err = fmt.Errorf("an order is %s", r.Order.State)
			}
			return err
		}
	}
	var completed, soldOut int
	for _, err := range Together(t, s, calls...) {
		switch {
		case err == nil:
			completed++
		case code(err) == berth.OutOfStock:
			soldOut++
		default:
			t.Error(err)
		}
	}
	rows, err := s.EdgeRows(ctx, "edge")
	must(t, err)
	given := map[uint32]bool{}
	for _, v := range rows.Services {
		p, _, err := berth.ReadPeering(v.Peering)
		must(t, err)
		given[p.ASN] = true
	}
	left, entries := balance(t, s, "anna")
	if completed != numbers || soldOut != orders-numbers || len(given) != numbers || left != (orders-numbers)*price || entries != numbers+1 {
		t.Errorf("got %d completed, %d sold out, %d numbers, %d left in %d entries; want %d, %d, %d, %d, %d",
			completed, soldOut, len(given), left, entries, numbers, orders-numbers, numbers, (orders-numbers)*price, numbers+1)
	}
	verified(t, s)
}

// resealedOrders: a network order that waits for its edge while the secret key is changed completes with the new key alone.
func resealedOrders(t *testing.T, d Database) {
	ctx := context.Background()
	s := open(t, d, store.Options{})
	first, err := keys.ParseRing(keys.Generate(1))
	must(t, err)
	both, err := first.Newer()
	must(t, err)
	second, err := both.Newest()
	must(t, err)
	site := berth.EdgeSite{Provider: "edge", ASN: 64500}
	at := func(ring *keys.Ring) (*berth.Desk, *keys.Sealer) {
		sealer, err := keys.Unlock(ctx, s, ring)
		must(t, err)
		return berth.NewDesk(berth.Desk{Store: s, Networks: map[string]berth.NetworkDriver{"edge": carrier{}}, Sealer: sealer, Policy: berth.DefaultPolicy(),
			Replica: "test", Now: func() int64 { now, err := s.Clock(ctx); must(t, err); return now }, NewPassword: func() string { return "of-the-session-it-is" }}), sealer
	}
	opens := func(when string, sealer *keys.Sealer) {
		t.Helper()
		rows, err := s.EdgeRows(ctx, "edge")
		must(t, err)
		c, err := rows.Config(site, sealer.Open)
		if err != nil || len(c.Sessions) != 1 || c.Sessions[0].Password != "of-the-session-i" {
			t.Errorf("%s: got %d sessions, %v, want one with its password", when, len(c.Sessions), err)
		}
	}
	desk, sealer := at(first)
	for _, pool := range []berth.Pool{{Name: "numbers", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000100, Last: 4200000109}}},
		{Name: "links", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: "10.99.0.0/24"}}}} {
		_, err := desk.AddPool(ctx, pool)
		must(t, err)
	}
	_, err = desk.ApplyCatalogue(ctx, berth.Catalogue{Currency: "EUR", Networks: []berth.NetworkProduct{{ID: "asn", Name: "ASN", Provider: "edge",
		Monthly: 10, Yearly: berth.NotOffered, Peers: berth.Peers{ASNs: "numbers", Links: []string{"links"}}}}})
	must(t, err)
	fund(t, s, "anna", 10)
	r, err := desk.Place(ctx, &berth.Request{Kind: berth.KindNetwork, UserID: "anna", NetworkID: "asn", Cycle: berth.Monthly})
	must(t, err)
	r, err = desk.Settle(ctx, r.Order, berth.Outcome{Verdict: berth.Waiting, Until: desk.Now() + berth.Hour, Away: true})
	must(t, err)
	opens("before", sealer)
	desk, sealer = at(both)
	resealed := 0
	must(t, desk.Reseal(ctx, sealer, func(done int) { resealed = done }))
	must(t, sealer.Reseal(ctx, s))
	if resealed != 1 {
		t.Errorf("got %d passwords sealed anew, want that of the order", resealed)
	}
	desk, sealer = at(second)
	opens("while it waits", sealer)
	// Its holder of before knows an older row, and takes the new one all the same.
	if r, err = desk.Settle(ctx, r.Order, desk.Fulfil(ctx, r.Order)); err != nil || r.Order.State != berth.Completed {
		t.Fatalf("got %s, %v, want completed", r.Order.State, err)
	}
	opens("once it is done", sealer)
	verified(t, s)
}

// networks reads the network services of users and of edges, among servers.
func networks(t *testing.T, s *store.Store) {
	ctx := context.Background()
	const peering = `{"asn":4200000101,"v4":"10.99.0.0/31","prefixes":[{"prefix":"203.0.113.0/24","evidence":"pool"}]}`
	put := func(id, user, provider, sort string, status berth.Status) error {
		return write(s, berth.Need{Services: []string{id}}, func(b *berth.Book) error {
			v := berth.Service{ID: id, Sort: sort, UserID: user, Provider: provider, Status: status}
			if sort == berth.NetworkService {
				v.Peering, v.CycleDay = peering, 31
			}
			b.PutService(v)
			return nil
		})
	}
	must(t, put("network-a", "nils", "edge", berth.NetworkService, berth.Active))
	must(t, put("network-b", "olga", "edge", berth.NetworkService, berth.Suspended))
	must(t, put("network-c", "nils", "edge", berth.NetworkService, berth.Terminated))
	must(t, put("network-d", "nils", "other", berth.NetworkService, berth.Active))
	must(t, put("network-e", "nils", "edge", berth.ServerService, berth.Active))
	var placed []string
	for _, v := range []struct {
		kind, provider string
		state          berth.State
	}{{berth.KindNetwork, "edge", berth.Paid}, {berth.KindNetwork, "other", berth.Paid}, {berth.KindNewServer, "edge", berth.Paid},
		{berth.KindNetwork, "edge", berth.Completed}, {berth.KindNetwork, "edge", berth.Paid}} {
		must(t, write(s, berth.Need{}, func(b *berth.Book) error {
			o := berth.Order{ID: b.NewID(), Kind: v.kind, UserID: "nils", State: v.state, Currency: "EUR",
				Lease: berth.Lease{Attempt: 1, DueAt: berth.Forever}, CreatedAt: b.Now()}
			o.Number, o.ServiceID, o.Provider = o.ID, o.ID, v.provider
			if v.kind == berth.KindNetwork {
				o.Peering = peering
			}
			announce(b, berth.EventOrderPaid, o)
			b.PutOrder(o)
			placed = append(placed, o.ID)
			return nil
		}))
	}
	ids := func(rows []berth.Service) (list []string) {
		for _, r := range rows {
			list = append(list, r.ID)
			if r.Peering != peering || r.CycleDay != 31 {
				t.Errorf("%s: got the session %s and the day %d, want %s and 31", r.ID, r.Peering, r.CycleDay, peering)
			}
		}
		return list
	}
	for _, page := range []struct {
		limit, offset int
		want          []string
	}{{9, 0, []string{"network-d", "network-c", "network-a"}}, {2, 0, []string{"network-d", "network-c"}}, {2, 2, []string{"network-a"}}, {2, 4, nil}} {
		mine, err := s.Networks(ctx, "nils", page.limit, page.offset)
		if must(t, err); !slices.Equal(ids(mine), page.want) {
			t.Errorf("networks of nils, %d after %d: got %v, want %v", page.limit, page.offset, ids(mine), page.want)
		}
	}
	rows, err := s.EdgeRows(ctx, "edge")
	if must(t, err); !slices.Equal(ids(rows.Services), []string{"network-a", "network-b"}) {
		t.Errorf("services of the edge: got %v", ids(rows.Services))
	}
	var orders []string
	for _, o := range rows.Orders {
		if orders = append(orders, o.ID); o.Peering != peering {
			t.Errorf("order %s: got the session %s", o.ID, o.Peering)
		}
	}
	if want := []string{placed[0], placed[4]}; fmt.Sprint(orders) != fmt.Sprint(want) {
		t.Errorf("orders of the edge: got %v, want %v", orders, want)
	}
}
