package httpapi

import (
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// buyNetwork orders the documented network and returns the service's id.
func (s *shop) buyNetwork() string {
	s.t.Helper()
	r := s.post(createNetwork, `{"user_id":"`+buyer+`","network_id":"`+network+`","billing_cycle":"monthly"}`)
	if r.status != 200 || r.json["status"] != "completed" {
		s.t.Fatalf("buying a network: %d %s", r.status, r.raw)
	}
	return text(r.json["id"])
}

func TestNetworkDetail(t *testing.T) {
	s := openShop(t)
	id := s.buyNetwork()
	got := s.get(detailNetwork + "?id=" + id)
	for _, c := range []struct {
		path []string
		want any
	}{
		{[]string{"asn"}, 4200000100.0}, {[]string{"upstream_asn"}, 64500.0}, {[]string{"status"}, "active"}, {[]string{"state"}, "up"},
		{[]string{"password"}, madePassword[:16]}, {[]string{"export"}, "default"}, {[]string{"multihop"}, 0.0},
		{[]string{"billing_cycle"}, "monthly"}, {[]string{"expire_date"}, "2025-12-23 15:30:24"}, {[]string{"network_id"}, network},
	} {
		if v := got.at(append([]string{"data"}, c.path...)...); v != c.want {
			t.Errorf("%v: got %v, want %v", c.path, v, c.want)
		}
	}
	links, _ := got.at("data", "links").([]any)
	link, _ := links[0].(map[string]any)
	if len(links) != 1 || link["your_address"] != "10.99.0.1" || link["upstream_address"] != "10.99.0.0" || link["accepted"] != 1.0 || link["filtered"] != 0.0 {
		t.Errorf("got the links %v", links)
	}
	prefixes, _ := got.at("data", "prefixes").([]any)
	if prefix, _ := prefixes[0].(map[string]any); len(prefixes) != 1 || prefix["prefix"] != "198.18.0.0/24" || prefix["longest"] != 24.0 || prefix["status"] != "active" {
		t.Errorf("got the prefixes %v", prefixes)
	}
	for _, config := range []string{"bird", "frr"} {
		if text := text(got.at("data", "config", config)); !strings.Contains(text, madePassword[:16]) || !strings.Contains(text, "4200000100") {
			t.Errorf("got the configuration %s", text)
		}
	}
	// A key that may only read gets everything but the password.
	read := s.do(ask{method: "GET", path: detailNetwork + "?id=" + id, key: readKey})
	if read.status != 200 || read.at("data", "password") != nil || strings.Contains(read.raw, madePassword[:16]) ||
		!strings.Contains(text(read.at("data", "config", "bird")), noPasswordOfYours) {
		t.Errorf("with a key that reads: got %d %s", read.status, read.raw)
	}
	if got := s.do(ask{method: "GET", path: detailNetwork + "?id=" + id, key: strangers}); got.status != 404 {
		t.Errorf("somebody else: got %d %s", got.status, got.raw)
	}
	if got := s.get(detailNetwork + "?id=" + s.buy()); got.status != 404 {
		t.Errorf("a server: got %d %s", got.status, got.raw)
	}
	list, _ := s.get(networksList).json["data"].([]any)
	if one, _ := list[0].(map[string]any); len(list) != 1 || one["id"] != id || one["asn"] != 4200000100.0 {
		t.Errorf("got the list %v", list)
	}
}

// What isn't known now is unknown, and neither up nor down.
func TestNetworkOfAnEdgeThatIsAway(t *testing.T) {
	s := openShop(t)
	id := s.buyNetwork()
	s.edge.Away(true)
	got := s.get(detailNetwork + "?id=" + id)
	links, _ := got.at("data", "links").([]any)
	if link, _ := links[0].(map[string]any); got.at("data", "state") != "unknown" || link["state"] != "unknown" || link["accepted"] != nil {
		t.Errorf("got %s", got.raw)
	}
	changed := s.post(rotatePassword, `{"id":"`+id+`"}`)
	if changed.status != 200 || changed.json["status"] != "processing" {
		t.Errorf("a new password: got %d %s", changed.status, changed.raw)
	}
	if got := s.post(clearTrip, `{"id":"`+id+`"}`); got.status != 503 {
		t.Errorf("a trip: got %d %s", got.status, got.raw)
	}
	s.proved()
}

func TestNetworkRenewal(t *testing.T) {
	s := openShop(t)
	id := s.buyNetwork()
	before := s.balance(buyer)
	body := `{"user_id":"` + buyer + `","id":"` + id + `"}`
	got := s.post(renewNetwork, body)
	want := "networkId=" + network + ", name=Anonymous ASN, billing_cycle=monthly, expiration_date=2026-01-23 15:30:24"
	if got.status != 200 || got.json["status"] != "completed" || got.json["amount"] != "10.00" || got.json["metadata"] != want {
		t.Errorf("got %d %s, want %s", got.status, got.raw, want)
	}
	if now := s.balance(buyer); now == before {
		t.Errorf("got a balance of %s as before", now)
	}
	record := s.get(listOrder + "?order_id=" + text(got.json["id"])).json["data"].([]any)[0].(map[string]any)
	if record["service_id"] != id || record["server_id"] != nil || record["order_type"] != berth.KindRenew {
		t.Errorf("in the list: got %v", record)
	}
	checkError(t, "no id", s.post(renewNetwork, `{"user_id":"`+buyer+`"}`), 422, berth.InvalidParameter, "id")
	checkError(t, "a server", s.post(renewNetwork, `{"user_id":"`+buyer+`","id":"`+s.buy()+`"}`), 404, berth.NotFound, "id")
	checkError(t, "a network as a server", s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+id+`","hours":"1"}`), 404, berth.NotFound, "server_id")
	if got := s.post(autoNetwork, `{"id":"`+id+`","auto_renew":"1"}`); got.status != 200 || got.at("data", "auto_renew") != 1.0 {
		t.Errorf("auto_renew: got %d %s", got.status, got.raw)
	}
	s.proved()
}

func TestNetworkTripsAndPrefixes(t *testing.T) {
	s := openShop(t)
	id := s.buyNetwork()
	if got := s.post(clearTrip, `{"id":"`+id+`"}`); got.status != 200 || got.json["status"] != "active" {
		t.Errorf("got %d %s", got.status, got.raw)
	}
	added := s.post(prefixes, `{"id":"`+id+`","prefix":"198.18.0.0/25","longest":26}`)
	list, _ := added.at("data", "prefixes").([]any)
	if added.status != 200 || len(list) != 2 || added.json["status"] != "active" {
		t.Errorf("got %d %s", added.status, added.raw)
	}
	checkError(t, "not a prefix", s.post(prefixes, `{"id":"`+id+`","prefix":"x"}`), 422, berth.InvalidParameter, "prefix")
	checkError(t, "foreign", s.post(prefixes, `{"id":"`+id+`","prefix":"185.1.1.0/24"}`), 422, berth.InvalidParameter, "prefix")
	checkError(t, "bought", s.post(prefixes, `{"id":"`+id+`","prefix":"198.18.0.0/24","action":"remove"}`), 422, berth.InvalidParameter, "prefix")
	removed := s.post(prefixes, `{"id":"`+id+`","prefix":"198.18.0.0/25","action":"remove"}`)
	if list, _ := removed.at("data", "prefixes").([]any); removed.status != 200 || len(list) != 1 {
		t.Errorf("got %d %s", removed.status, removed.raw)
	}
	s.clock.advance(3 * time.Second)
	rotated := s.post(rotatePassword, `{"id":"`+id+`"}`)
	if rotated.status != 200 || len(text(rotated.at("data", "password"))) != 16 {
		t.Errorf("got %d %s", rotated.status, rotated.raw)
	}
	s.proved()
}

// What has the router reconfigured is rationed by the session, whoever asks and with however many keys.
func TestASessionIsChangedSeldom(t *testing.T) {
	s := openShop(t)
	busy, other := s.buyNetwork(), s.buyNetwork()
	for i := range sessionBurst {
		if got := s.post([]string{clearTrip, rotatePassword}[i%2], `{"id":"`+busy+`"}`); got.status != 200 {
			t.Fatalf("change %d: got %d %s", i, got.status, got.raw)
		}
	}
	for _, path := range []string{clearTrip, rotatePassword} {
		checkError(t, "too often", s.post(path, `{"id":"`+busy+`"}`), 429, berth.RateLimited, "")
	}
	if got := s.post(clearTrip, `{"id":"`+other+`"}`); got.status != 200 {
		t.Errorf("another session: got %d %s", got.status, got.raw)
	}
	s.clock.advance(10 * time.Second)
	if got := s.post(clearTrip, `{"id":"`+busy+`"}`); got.status != 200 {
		t.Errorf("after a while: got %d %s", got.status, got.raw)
	}
}
