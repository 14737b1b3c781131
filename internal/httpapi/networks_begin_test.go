package httpapi

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// A registration that took five weeks: afterwards nothing that a customer reads names the date that the order began with.
func TestADateThatBeganAnew(t *testing.T) {
	s := openShop(t, func(o *settings) { o.policy.KeyWindow = 100 * 24 * berth.Hour })
	goods := catalogue()
	goods.Networks = append(goods.Networks, berth.NetworkProduct{ID: "net-registered", Name: "Registered ASN", Provider: "edge", Monthly: 1000,
		Yearly: 10000, Peers: berth.Peers{Sponsored: true, Links: []string{"links"}}})
	if _, err := s.desk.ApplyCatalogue(context.Background(), goods); err != nil {
		t.Fatal(err)
	}
	order := ask{method: "POST", path: createNetwork, key: buyerKey, header: map[string][]string{"Idempotency-Key": {"once"}},
		body: `{"user_id":"` + buyer + `","network_id":"net-registered","billing_cycle":"monthly"}`}
	placed := s.do(order)
	id := text(placed.json["id"])
	if placed.status != 200 || placed.json["status"] != "processing" || !strings.HasSuffix(text(placed.json["metadata"]), "expiration_date=2025-12-23 15:30:24") {
		t.Fatalf("got %d %s, want it processing", placed.status, placed.raw)
	}
	s.clock.advance(35 * 24 * time.Hour)
	if _, err := s.desk.Resolve(context.Background(), id, berth.Resolution{ASN: 210123}); err != nil {
		t.Fatal(err)
	}
	const until = "2026-01-28 15:30:24"
	replayed := s.do(order)
	listed, _ := s.get(listOrder + "?order_id=" + id).json["data"].([]any)
	one, _ := listed[0].(map[string]any)
	services, _ := s.get(networksList).json["data"].([]any)
	service, _ := services[0].(map[string]any)
	for where, got := range map[string]any{
		"the replay": replayed.json["metadata"], "the replay's data": replayed.at("data", "metadata"), "list_order": one["metadata"],
		"networks/list": service["expire_date"], "networks/detail": s.get(detailNetwork+"?id="+id).at("data", "expire_date"),
	} {
		if !strings.HasSuffix(text(got), until) {
			t.Errorf("%s: got %v, want it until %s", where, got, until)
		}
	}
	if replayed.json["status"] != "completed" || service["status"] != "active" {
		t.Errorf("got %s, %v", replayed.raw, service)
	}
	s.proved()
}
