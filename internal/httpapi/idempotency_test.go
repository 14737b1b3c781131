package httpapi

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// keyed is a POST with an Idempotency-Key.
func (s *shop) keyed(path, body, idempotencyKey string) reply {
	s.t.Helper()
	return s.do(ask{method: "POST", path: path, body: body, key: buyerKey, header: http.Header{"Idempotency-Key": {idempotencyKey}}})
}

func TestReplay(t *testing.T) {
	s := openShop(t)
	body := strings.Replace(documentedOrder, `"plan_id"`, `"password":"s3cret#=&x","plan_id"`, 1)
	first := s.keyed(createOrder, body, "k1")
	if first.status != 200 || first.header.Get("Idempotency-Replayed") != "" {
		t.Fatalf("first: got %d %v %s", first.status, first.header, first.raw)
	}
	// The same values as a form, in quotes, with unknown parameters, are the same request.
	form := "location=Slovenia&name_server=testServerAPI&os_image_id=13&plan_id=5&password=s3cret%23%3D%26x&unknown=1&user_id=" + buyer
	for name, again := range map[string]reply{
		"JSON": s.keyed(createOrder, body, "k1"), "form": s.keyed(createOrder+"/", form, `"k1"`),
	} {
		if again.status != 200 || again.header.Get("Idempotency-Replayed") != "true" || again.raw != first.raw {
			t.Errorf("%s again: got %d %q %s, want %s", name, again.status, again.header.Get("Idempotency-Replayed"), again.raw, first.raw)
		}
	}
	if got := s.balance(buyer); got != "3383.53" {
		t.Errorf("the balance is %s: not one order was paid", got)
	}
	// Its namespace is the key's user, and another key without it is another order.
	other := s.do(ask{method: "POST", path: createOrder, body: body, key: buyerKey})
	if other.json["order_id"] == first.json["order_id"] {
		t.Error("an order without the header was replayed")
	}
	// The order's figures stay; the server's status is that of today.
	server := text(first.at("server_status", "new_id"))
	if got := s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+server+`","plan_id":7}`); got.status != 200 {
		t.Fatal(got.raw)
	}
	if again := s.keyed(createOrder, body, "k1"); again.raw != first.raw {
		t.Errorf("after a plan change: got %s, want %s", again.raw, first.raw)
	}
	err := s.desk.Store.Write(context.Background(), berth.Need{Services: []string{server}}, func(b *berth.Book) error {
		sv, _ := b.Service(server)
		sv.Status = berth.Suspended
		b.PutService(sv)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if again := s.keyed(createOrder, body, "k1"); again.at("server_status", "status") != "suspended" {
		t.Errorf("after its suspension: got %s", again.raw)
	}
}

// What an Idempotency-Key stands for begins with the path, and the namespace is the key's user.
func TestWhatPlaceIsToldOfAKey(t *testing.T) {
	var got berth.Request
	s := openShop(t, func(o *settings) {
		o.options.Place = func(_ context.Context, r *berth.Request) (berth.Receipt, error) {
			got = *r
			return berth.Receipt{}, berth.Errorf(berth.Unavailable, "no")
		}
	})
	s.keyed(createOrder+"/", strings.Replace(documentedOrder, buyer, subUser, 1), "k1")
	if !strings.HasPrefix(string(got.Canonical), createOrder+"\n") || got.IdempotencyKey != "api/k1" || got.KeyOwnerID != buyer || got.UserID != subUser {
		t.Errorf("got %q, key %q of %s for %s", got.Canonical, got.IdempotencyKey, got.KeyOwnerID, got.UserID)
	}
}

func TestMismatch(t *testing.T) {
	s := openShop(t)
	s.credit(subUser, 10000)
	if got := s.keyed(createOrder, documentedOrder, "k1"); got.status != 200 {
		t.Fatal(got.raw)
	}
	for name, body := range map[string]string{
		"other plan":      strings.Replace(documentedOrder, `"5"`, `"7"`, 1),
		"other user":      strings.Replace(documentedOrder, buyer, subUser, 1),
		"a password more": strings.Replace(documentedOrder, `"plan_id"`, `"password":"abcdefg","plan_id"`, 1),
		"invalid hours":   strings.Replace(documentedOrder, `"plan_id"`, `"hours":0,"plan_id"`, 1),
		"invalid plan":    strings.Replace(documentedOrder, `"5"`, `"99"`, 1),
		"no plan":         strings.Replace(documentedOrder, `"5"`, `null`, 1),
		"a domain":        `{"user_id":"` + buyer + `","domain_name":"example.com"}`,
		"extension":       `{"user_id":"` + buyer + `","server_id":"x"}`,
		"empty server_id": `{"user_id":"` + buyer + `","server_id":""}`,
	} {
		checkError(t, name, s.keyed(createOrder, body, "k1"), 422, berth.IdempotencyMismatch, "")
	}
	checkError(t, "other path", s.keyed(createNetwork, networkOrder, "k1"), 422, berth.IdempotencyMismatch, "")
	// What comes before the key's lookup still comes before it.
	checkError(t, "no user", s.keyed(createOrder, `{}`, "k1"), 422, berth.InvalidParameter, "user_id")
	checkError(t, "foreign user", s.keyed(createOrder, `{"user_id":"`+stranger+`"}`, "k1"), 403, berth.Forbidden, "user_id")
	// Another user's key of the same name is another one.
	own := s.do(ask{method: "POST", path: createOrder, key: strangers, header: http.Header{"Idempotency-Key": {"k1"}},
		body: strings.Replace(documentedOrder, buyer, stranger, 1)})
	checkError(t, "stranger", own, 402, berth.InsufficientBalance, "")
}

// A refusal that wrote nothing doesn't use the key up.
func TestRefusalsAreNotKept(t *testing.T) {
	s := openShop(t)
	body := strings.Replace(documentedOrder, buyer, subUser, 1)
	checkError(t, "poor", s.keyed(createOrder, body, "k1"), 402, berth.InsufficientBalance, "")
	checkError(t, "unknown plan", s.keyed(createOrder, strings.Replace(body, `"5"`, `"99"`, 1), "k1"), 404, berth.NotFound, "plan_id")
	checkError(t, "bad hours", s.keyed(createOrder, strings.Replace(body, `"plan_id"`, `"hours":0,"plan_id"`, 1), "k1"), 422, berth.InvalidParameter, "hours")
	s.credit(subUser, 2000)
	got := s.keyed(createOrder, body, "k1")
	if got.status != 200 || got.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("with money: got %d %s", got.status, got.raw)
	}
}

func TestIdempotencyHeader(t *testing.T) {
	s := openShop(t)
	for name, values := range map[string][]string{
		"empty": {""}, "blank inside": {"a b"}, "not ASCII": {"ä"}, "too long": {strings.Repeat("k", 256)},
		"two": {"a", "b"}, "open quote": {`"a`},
	} {
		for _, path := range []string{createOrder, createNetwork, quoteOrder} {
			got := s.do(ask{method: "POST", path: path, body: documentedOrder, key: buyerKey, header: http.Header{"Idempotency-Key": values}})
			checkError(t, name, got, 422, berth.InvalidParameter, "Idempotency-Key")
		}
	}
	// Elsewhere it means nothing.
	if got := s.do(ask{method: "GET", path: listPlan, key: buyerKey, header: http.Header{"Idempotency-Key": {""}}}); got.status != 200 {
		t.Errorf("list_plan: got %d %s", got.status, got.raw)
	}
}

// While the first request waits for its driver a second one with its key gets in_progress, and another order on the
// same server busy. After the patience the answer says provisioning, and later ones how it went on.
func TestInProgressAndProvisioning(t *testing.T) {
	s := openShop(t, func(o *settings) { o.policy.Patience = 60 * berth.Second })
	server := s.buy()
	arrived, reopen := s.gate.shut()
	defer reopen()
	first := make(chan reply)
	go func() { first <- s.keyed(createOrder, documentedOrder, "k1") }()
	<-arrived
	checkError(t, "same key", s.keyed(createOrder, documentedOrder, "k1"), 409, berth.InProgress, "")
	go func() { first <- s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+server+`","plan_id":7}`) }()
	<-arrived
	for _, body := range []string{`"plan_id":7`, `"hours":24`} {
		checkError(t, "busy", s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+server+`",`+body+`}`), 409, berth.Busy, "server_id")
	}
	reopen()
	for range 2 {
		if got := <-first; got.status != 200 {
			t.Errorf("in the end: got %d %s", got.status, got.raw)
		}
	}
}

func TestProvisioning(t *testing.T) {
	s := openShop(t, func(o *settings) { o.policy.Patience = berth.Second / 5 })
	server := s.buy()
	s.untilSettled(server)
	arrived, reopen := s.gate.shut()
	defer reopen()
	check := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	got := s.keyed(createOrder, documentedOrder, "k1")
	<-arrived
	if got.status != 200 {
		t.Fatal(got.raw)
	}
	check("status", got.at("server_status", "status"), "provisioning")
	check("primary_ip", got.at("server_status", "primary_ip"), nil)
	check("id_solusvm", got.at("server_status", "id_solusvm"), nil)
	check("password", got.json["password"], madePassword)
	check("metadata", got.at("server_status", "metadata"), "password="+madePassword)
	check("order", got.at("data", "status"), "processing")
	id := text(got.at("server_status", "new_id"))
	detail := s.get(detailServer + "?id=" + id)
	check("detail_server", detail.at("data", "status"), "provisioning")
	check("its expiry", detail.at("data", "expire_date"), "2025-12-23 15:30:24")
	checkError(t, "an extension meanwhile", s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+id+`","hours":1}`), 409, berth.Busy, "server_id")

	change := s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+server+`","plan_id":7}`)
	<-arrived
	check("plan change", change.at("data", "status"), "processing")
	check("its server", change.at("server_status", "status"), "provisioning")
	check("its new plan", change.at("server_status", "plan_id"), 7.0)
	check("its new expiry", change.at("server_status", "expire_date"), "2026-01-22 15:30:24")
	if change.at("server_status", "primary_ip") == nil {
		t.Error("a server that is there has an address during a plan change, too")
	}

	reopen()
	s.untilSettled(text(got.json["order_id"]))
	s.untilSettled(text(change.json["order_id"]))
	again := s.keyed(createOrder, documentedOrder, "k1")
	check("replayed", again.header.Get("Idempotency-Replayed"), "true")
	check("then", again.at("server_status", "status"), "active")
	if again.at("server_status", "primary_ip") == nil {
		t.Error("the replay has no address")
	}
	check("password again", again.json["password"], madePassword)
	check("detail_server then", s.get(detailServer+"?id="+id).at("data", "status"), "active")
}

// untilSettled waits until an order is settled, by its own list_order.
func (s *shop) untilSettled(order string) {
	s.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		got := s.get(listOrder + "?order_id=" + order)
		if got.json["data"].([]any)[0].(map[string]any)["status"] != "processing" {
			return
		}
	}
	s.t.Fatalf("the order %s is still not settled", order)
}
