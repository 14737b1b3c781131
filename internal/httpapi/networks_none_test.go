package httpapi

import (
	"context"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// What there is no session of has no trip to clear, and whatever is asked of a service that its order is still at work on, or that
// has ended, is refused by the name that the caller gave: id.
func TestNetworksWithoutASession(t *testing.T) {
	s := openShop(t)
	goods := catalogue()
	product := func(id string, peers berth.Peers) berth.NetworkProduct {
		return berth.NetworkProduct{ID: id, Name: "AS of " + id, Provider: "edge", Monthly: 1000, Yearly: 10000, Peers: peers}
	}
	goods.Networks = append(goods.Networks, product("net-registered", berth.Peers{Sponsored: true, Links: []string{"links"}}),
		product("net-number", berth.Peers{ASNs: "asns"}))
	if _, err := s.desk.ApplyCatalogue(context.Background(), goods); err != nil {
		t.Fatal(err)
	}
	buy := func(network, status string) string {
		got := s.post(createNetwork, `{"user_id":"`+buyer+`","network_id":"`+network+`","billing_cycle":"monthly"}`)
		if got.status != 200 || got.json["status"] != status {
			t.Fatalf("buying %s: got %d %s, want it %s", network, got.status, got.raw, status)
		}
		return text(got.json["id"])
	}
	waits, refunded, number := buy("net-registered", "processing"), buy("net-registered", "processing"), buy("net-number", "completed")
	if _, err := s.desk.Resolve(context.Background(), refunded, berth.Resolution{Refund: true}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, id  string
		status    int
		code      berth.Code
		parameter string
	}{
		{"an order that waits", waits, 409, berth.Busy, "id"},
		{"an order that was refunded", refunded, 404, berth.NotFound, "id"},
		{"a number alone", number, 422, berth.NotSupported, ""},
	} {
		for _, path := range []string{clearTrip, rotatePassword, autoNetwork} {
			body := `{"id":"` + c.id + `","auto_renew":"1"}`
			if path == autoNetwork && c.id == number {
				if got := s.post(path, body); got.status != 200 {
					t.Errorf("%s: %s: got %d %s", c.name, path, got.status, got.raw)
				}
				continue
			}
			checkError(t, c.name+": "+path, s.post(path, body), c.status, c.code, c.parameter)
		}
	}
	s.proved()
}

// Whoever has asked for a new password gets it in the answer, also when nobody can say how the session is.
func TestANewPasswordIsAnswered(t *testing.T) {
	s := openShop(t)
	id := s.buyNetwork()
	edge := s.desk.Networks["edge"]
	delete(s.desk.Networks, "edge") // it has gone from the settings
	got := s.post(rotatePassword, `{"id":"`+id+`"}`)
	if got.status != 200 || got.json["status"] != "processing" || text(got.at("data", "password")) != madePassword[:16] {
		t.Errorf("got %d %s, want the new password", got.status, got.raw)
	}
	s.desk.Networks["edge"] = edge
	s.proved()
}

// Prefixes are rationed by the session, too, and a whole list of them fits.
func TestPrefixesAreChangedSeldom(t *testing.T) {
	s := openShop(t)
	busy, other := s.buyNetwork(), s.buyNetwork()
	change := func(id string) reply {
		return s.post(prefixes, `{"id":"`+id+`","prefix":"185.1.1.0/24","action":"remove"}`)
	}
	for range filterBurst {
		if got := change(busy); got.status != 404 {
			t.Fatalf("got %d %s, want it answered", got.status, got.raw)
		}
	}
	checkError(t, "too often", change(busy), 429, berth.RateLimited, "")
	if got := change(other); got.status != 404 {
		t.Errorf("another session: got %d %s", got.status, got.raw)
	}
	s.clock.advance(time.Second)
	if got := change(busy); got.status != 404 {
		t.Errorf("after a while: got %d %s", got.status, got.raw)
	}
}
