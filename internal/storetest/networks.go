package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

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
	mine, err := s.Networks(ctx, "nils")
	if must(t, err); !slices.Equal(ids(mine), []string{"network-d", "network-c", "network-a"}) {
		t.Errorf("networks of nils: got %v", ids(mine))
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
