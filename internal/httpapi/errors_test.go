package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// allCodes is the error contract's table.
var allCodes = map[berth.Code]int{
	berth.MalformedRequest: 400, berth.Unauthorized: 401, berth.InsufficientBalance: 402, berth.Forbidden: 403,
	berth.NotFound: 404, berth.MethodNotAllowed: 405, berth.InProgress: 409, berth.OutOfStock: 409, berth.Busy: 409,
	berth.TooLarge: 413, berth.InvalidParameter: 422, berth.IdempotencyMismatch: 422, berth.NotSupported: 422,
	berth.RateLimited: 429, berth.Internal: 500, berth.ProviderRefused: 502, berth.Unavailable: 503,
}

func TestStatusOfEachCode(t *testing.T) {
	for code, want := range allCodes {
		if got := status(code); got != want {
			t.Errorf("%s: got %d, want %d", code, got, want)
		}
	}
	if got := status("anything else"); got != 500 {
		t.Errorf("an unknown code: got %d, want 500", got)
	}
}

// checkError holds an answer against the error contract.
func checkError(t *testing.T, name string, got reply, status int, code berth.Code, parameter string) {
	t.Helper()
	if got.status != status || got.code() != string(code) || text(got.json["parameter"]) != parameter {
		t.Errorf("%s: got %d %s, want %d %s and parameter %q", name, got.status, got.raw, status, code, parameter)
		return
	}
	if got.json["success"] != false || text(got.json["message"]) == "" {
		t.Errorf("%s: got %s, want success false and a message", name, got.raw)
	}
	if parameter != "" && !strings.Contains(text(got.json["message"]), parameter) {
		t.Errorf("%s: the message %q doesn't name %s", name, got.json["message"], parameter)
	}
	if _, ok := got.json["server_status"]; ok {
		t.Errorf("%s: an error must not have server_status: %s", name, got.raw)
	}
	if got.header.Get("X-Request-Id") == "" || got.header.Get("X-Request-Id") != got.json["request_id"] {
		t.Errorf("%s: header X-Request-Id is %q, request_id %v", name, got.header.Get("X-Request-Id"), got.json["request_id"])
	}
	switch code {
	case berth.InProgress, berth.Busy, berth.RateLimited, berth.Unavailable:
		if got.header.Get("Retry-After") == "" {
			t.Errorf("%s: there's no Retry-After", name)
		}
	}
}

// refused is a POST and what it must be refused with.
type refused struct {
	path, body string
	status     int
	code       berth.Code
	parameter  string
}

// checkRefusals sends each, and makes sure that nothing was charged.
func (s *shop) checkRefusals(tests []refused) {
	s.t.Helper()
	before := s.balance(buyer)
	for _, tt := range tests {
		checkError(s.t, tt.path+" "+tt.body, s.post(tt.path, tt.body), tt.status, tt.code, tt.parameter)
	}
	if got := s.balance(buyer); got != before {
		s.t.Errorf("the refusals changed the balance from %s to %s", before, got)
	}
}

// user begins a body of the buyer's.
const user = `"user_id":"` + buyer + `",`

func TestRefusalsOfNewServers(t *testing.T) {
	s := openShop(t)
	s.checkRefusals([]refused{
		{createOrder, `{}`, 422, berth.InvalidParameter, "user_id"},
		{createOrder, `{"user_id":""}`, 422, berth.InvalidParameter, "user_id"},
		{createOrder, `{"user_id":null}`, 422, berth.InvalidParameter, "user_id"},
		{createOrder, `{"user_id":["` + buyer + `"]}`, 422, berth.InvalidParameter, "user_id"},
		{createOrder, `{"user_id":"` + strings.Repeat("x", 65) + `"}`, 422, berth.InvalidParameter, "user_id"},
		{createOrder, `{"user_id":"` + stranger + `","plan_id":"5","os_image_id":"13"}`, 403, berth.Forbidden, "user_id"},
		{createOrder, `{"user_id":"nobody","plan_id":"5","os_image_id":"13"}`, 403, berth.Forbidden, "user_id"},

		{createOrder, `{` + user + `"os_image_id":"13"}`, 422, berth.InvalidParameter, "plan_id"},
		{createOrder, `{` + user + `"plan_id":"5"}`, 422, berth.InvalidParameter, "os_image_id"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","application_id":3}`, 422, berth.InvalidParameter, "os_image_id"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"x"}`, 422, berth.InvalidParameter, "os_image_id"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":0}`, 422, berth.InvalidParameter, "os_image_id"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":13.0}`, 422, berth.InvalidParameter, "os_image_id"},
		{createOrder, `{` + user + `"plan_id":5.0,"os_image_id":13}`, 422, berth.InvalidParameter, "plan_id"},
		{createOrder, `{` + user + `"plan_id":"9","os_image_id":"13"}`, 422, berth.InvalidParameter, "location"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","name_server":"` + strings.Repeat("n", 101) + `"}`, 422, berth.InvalidParameter, "name_server"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","name_server":"a\u0000b"}`, 422, berth.InvalidParameter, "name_server"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","password":"short"}`, 422, berth.InvalidParameter, "password"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","password":"` + strings.Repeat("p", 129) + `"}`, 422, berth.InvalidParameter, "password"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","rental_duration":0}`, 422, berth.InvalidParameter, "rental_duration"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","rental_duration":-1}`, 422, berth.InvalidParameter, "rental_duration"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","hours":87601}`, 422, berth.InvalidParameter, "hours"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","hours":99999999999999999999}`, 422, berth.InvalidParameter, "hours"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","hours":1e3}`, 422, berth.InvalidParameter, "hours"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","rental_duration":720,"hours":24}`, 422, berth.InvalidParameter, "rental_duration"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","type_payment":"crypto"}`, 422, berth.InvalidParameter, "type_payment"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","auto_renew":2}`, 422, berth.InvalidParameter, "auto_renew"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","versions":"` + strings.Repeat("v", 256) + `"}`, 422, berth.InvalidParameter, "versions"},
		{createOrder, `{` + user + `"plan_id":"99","os_image_id":"13"}`, 404, berth.NotFound, "plan_id"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"99"}`, 404, berth.NotFound, "os_image_id"},
		{createOrder, `{` + user + `"plan_id":"5","application_id":"99"}`, 404, berth.NotFound, "application_id"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","location":"Atlantis"}`, 404, berth.NotFound, "location"},
		// All 422 come before all 404, in the order of the table.
		{createOrder, `{` + user + `"plan_id":"99","os_image_id":"x","location":"Atlantis"}`, 422, berth.InvalidParameter, "os_image_id"},
		{createOrder, `{` + user + `"plan_id":"99","os_image_id":"13","password":"p","location":[]}`, 422, berth.InvalidParameter, "location"},
		{createOrder, `{` + user + `"os_image_id":"13","location":[]}`, 422, berth.InvalidParameter, "plan_id"},
	})
}

func TestRefusalsOfEverythingElse(t *testing.T) {
	s := openShop(t)
	server := s.buy()
	s.checkRefusals([]refused{
		// A server_id that's there but empty must never buy a new server.
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","server_id":""}`, 422, berth.InvalidParameter, "server_id"},
		{createOrder, `{` + user + `"plan_id":"5","os_image_id":"13","server_id":null}`, 422, berth.InvalidParameter, "server_id"},
		{createOrder, `{` + user + `"server_id":""}`, 422, berth.InvalidParameter, "server_id"},
		{createOrder, "user_id=" + buyer + "&server_id=&hours=24", 422, berth.InvalidParameter, "server_id"},
		{createOrder, "user_id=" + buyer + "&server_id&plan_id=5&os_image_id=13", 422, berth.InvalidParameter, "server_id"},
		{createOrder, `{` + user + `"server_id":"` + server + `","plan_id":""}`, 422, berth.InvalidParameter, "plan_id"},
		{createOrder, `{` + user + `"server_id":"` + server + `","plan_id":null}`, 422, berth.InvalidParameter, "plan_id"},
		{createOrder, `{` + user + `"server_id":"` + server + `","plan_id":"5"}`, 422, berth.InvalidParameter, "plan_id"},
		{createOrder, `{` + user + `"server_id":"` + server + `","hours":0}`, 422, berth.InvalidParameter, "hours"},
		{createOrder, `{` + user + `"server_id":"` + server + `","rental_duration":"0"}`, 422, berth.InvalidParameter, "rental_duration"},
		{createOrder, `{` + user + `"server_id":"` + server + `","hours":1,"rental_duration":2}`, 422, berth.InvalidParameter, "hours"},
		{createOrder, `{` + user + `"server_id":"unknown","hours":1}`, 404, berth.NotFound, "server_id"},
		{createOrder, `{` + user + `"server_id":"` + server + `","plan_id":"99"}`, 404, berth.NotFound, "plan_id"},
		{createOrder, `{` + user + `"server_id":"` + server + `","plan_id":"9","hours":1}`, 422, berth.InvalidParameter, "plan_id"},
		{createOrder, `{"user_id":"` + subUser + `","server_id":"` + server + `","hours":1}`, 404, berth.NotFound, "server_id"},
		{createOrder, `{` + user + `"domain_name":"example.com","plan_id":"5","os_image_id":"13"}`, 404, berth.NotFound, "domain_name"},

		{createNetwork, `{` + user + `"billing_cycle":"yearly"}`, 422, berth.InvalidParameter, "network_id"},
		{createNetwork, `{` + user + `"network_id":"` + network + `"}`, 422, berth.InvalidParameter, "billing_cycle"},
		{createNetwork, `{` + user + `"network_id":"` + network + `","billing_cycle":"weekly"}`, 422, berth.InvalidParameter, "billing_cycle"},
		{createNetwork, `{` + user + `"network_id":"net-yearly","billing_cycle":"monthly"}`, 422, berth.InvalidParameter, "billing_cycle"},
		{createNetwork, `{` + user + `"network_id":"unknown","billing_cycle":"monthly"}`, 404, berth.NotFound, "network_id"},

		{quoteOrder, `{}`, 422, berth.InvalidParameter, "user_id"},
		{quoteOrder, `{` + user + `"plan_id":"99","os_image_id":"13"}`, 404, berth.NotFound, "plan_id"},
		{quoteOrder, `{` + user + `"network_id":""}`, 422, berth.InvalidParameter, "network_id"},
		{quoteOrder, `{` + user + `"server_id":""}`, 422, berth.InvalidParameter, "server_id"},
		{quoteOrder, `{` + user + `"domain_name":"example.com"}`, 404, berth.NotFound, "domain_name"},

		{calculate, `{"monthly_price":5}`, 422, berth.InvalidParameter, "hours"},
		{calculate, `{"hours":1}`, 422, berth.InvalidParameter, "monthly_price"},
		{calculate, `{"hours":0,"monthly_price":5}`, 422, berth.InvalidParameter, "hours"},
		{calculate, `{"hours":87600.000001,"monthly_price":5}`, 422, berth.InvalidParameter, "hours"},
		{calculate, `{"hours":-1,"monthly_price":5}`, 422, berth.InvalidParameter, "hours"},
		{calculate, `{"hours":"1e3","monthly_price":5}`, 422, berth.InvalidParameter, "hours"},
		{calculate, `{"hours":true,"monthly_price":5}`, 422, berth.InvalidParameter, "hours"},
		{calculate, `{"hours":1,"monthly_price":"1,50"}`, 422, berth.InvalidParameter, "monthly_price"},
		{calculate, `{"hours":1,"monthly_price":1,"renewal_date":"tomorrow"}`, 422, berth.InvalidParameter, "renewal_date"},
		{calculate, `{"hours":1,"monthly_price":1,"renewal_date":"2025-02-30 00:00:00"}`, 422, berth.InvalidParameter, "renewal_date"},
		{calculate, `{"hours":1,"monthly_price":1,"renewal_date":"2025-2-3 00:00:00"}`, 422, berth.InvalidParameter, "renewal_date"},
		{calculate, `{"hours":1,"monthly_price":1,"user_id":"` + stranger + `"}`, 403, berth.Forbidden, "user_id"},
	})
}

func TestRefusalsOfReads(t *testing.T) {
	s := openShop(t)
	server := s.buy()
	order := text(s.get(listOrder + "?user_id=" + buyer).json["data"].([]any)[0].(map[string]any)["id"])
	networkService := text(s.post(createNetwork, networkOrder).at("data", "service_id"))
	tests := []struct {
		key, path string
		status    int
		code      berth.Code
		parameter string
	}{
		{buyerKey, listOrder, 422, berth.InvalidParameter, "user_id"},
		{buyerKey, listOrder + "?order_id=", 422, berth.InvalidParameter, "user_id"},
		{buyerKey, listOrder + "?user_id=" + stranger, 403, berth.Forbidden, "user_id"},
		{buyerKey, listOrder + "?user_id=" + buyer + "&page=0", 422, berth.InvalidParameter, "page"},
		{buyerKey, listOrder + "?user_id=" + buyer + "&page=x", 422, berth.InvalidParameter, "page"},
		{buyerKey, listOrder + "?user_id=" + buyer + "&per_page=101", 422, berth.InvalidParameter, "per_page"},
		{buyerKey, listOrder + "?user_id=" + buyer + "&type_order=nothing", 422, berth.InvalidParameter, "type_order"},
		{buyerKey, listOrder + "?user_id=" + buyer + "&order_type=nothing", 422, berth.InvalidParameter, "order_type"},
		{buyerKey, listOrder + "?user_id=" + buyer + "&order_type=network&type_order=addon", 422, berth.InvalidParameter, "type_order"},
		{buyerKey, listOrder + "?user_id=" + buyer + "&user_id=" + buyer, 400, berth.MalformedRequest, "user_id"},
		{buyerKey, listOrder + "?user_id=%zz", 400, berth.MalformedRequest, ""},
		{buyerKey, listOrder + "?order_id=unknown", 404, berth.NotFound, "order_id"},
		{strangers, listOrder + "?order_id=" + order, 404, berth.NotFound, "order_id"},
		{buyerKey, listOrder + "?user_id=" + subUser + "&order_id=" + order, 404, berth.NotFound, "order_id"},
		{buyerKey, detailServer, 422, berth.InvalidParameter, "server_id"},
		{buyerKey, detailServer + "?id=unknown", 404, berth.NotFound, "id"},
		{buyerKey, detailServer + "?server_id=unknown", 404, berth.NotFound, "server_id"},
		{buyerKey, detailServer + "?server_id=" + networkService, 404, berth.NotFound, "server_id"},
		{buyerKey, detailServer + "?server_id=a&id=b", 422, berth.InvalidParameter, "id"},
		{strangers, detailServer + "?id=" + server, 404, berth.NotFound, "id"},
		{buyerKey, detailServer + "?user_id=" + subUser + "&id=" + server, 404, berth.NotFound, "id"},
		{buyerKey, infoUser, 422, berth.InvalidParameter, "user_id"},
		{buyerKey, infoUser + "?user_id=" + stranger, 403, berth.Forbidden, "user_id"},
		{buyerKey, listPlan + "?user_id=" + stranger, 403, berth.Forbidden, "user_id"},
		{buyerKey, listPlan + "?type=%00", 422, berth.InvalidParameter, "type"},
	}
	for _, tt := range tests {
		checkError(t, tt.path, s.do(ask{method: "GET", path: tt.path, key: tt.key}), tt.status, tt.code, tt.parameter)
	}
}

// A refusal of the balance tells amount and balance; one of stock comes before it.
func TestOutOfStockAndInsufficientBalance(t *testing.T) {
	s := openShop(t)
	sub := func(plan string) reply {
		return s.post(createOrder, `{"user_id":"`+subUser+`","plan_id":"`+plan+`","os_image_id":"13"}`)
	}
	poor := sub("5")
	checkError(t, "no money", poor, 402, berth.InsufficientBalance, "")
	if message := text(poor.json["message"]); !strings.Contains(message, "12.99") || !strings.Contains(message, "0.00") {
		t.Errorf("the message %q lacks amount or balance", message)
	}
	last := s.post(createOrder, `{"user_id":"`+buyer+`","plan_id":"8","os_image_id":"13"}`)
	if last.status != 200 {
		t.Fatalf("the last one in stock: %d %s", last.status, last.raw)
	}
	checkError(t, "no stock", sub("8"), 409, berth.OutOfStock, "plan_id")
	checkError(t, "no stock for a quote", s.post(quoteOrder, `{"user_id":"`+subUser+`","plan_id":"8","os_image_id":"13"}`), 409, berth.OutOfStock, "plan_id")
}

func TestProviderRefuses(t *testing.T) {
	s := openShop(t)
	before := s.balance(buyer)
	order := strings.Replace(documentedOrder, "testServerAPI", "sim-refuse", 1)
	withKey := ask{method: "POST", path: createOrder, body: order, key: buyerKey, header: http.Header{"Idempotency-Key": {"k1"}}}
	first := s.do(withKey)
	checkError(t, "refused", first, 502, berth.ProviderRefused, "")
	if !strings.Contains(text(first.json["message"]), "12.99 EUR") {
		t.Errorf("the message %q doesn't say what was returned", first.json["message"])
	}
	again := s.do(withKey)
	checkError(t, "refused, again", again, 502, berth.ProviderRefused, "")
	if again.header.Get("Idempotency-Replayed") != "true" || again.json["message"] != first.json["message"] {
		t.Errorf("the repeat wasn't answered as the first: %v %s", again.header, again.raw)
	}
	if got := s.balance(buyer); got != before {
		t.Errorf("the balance went from %s to %s", before, got)
	}
	orders := s.get(listOrder + "?user_id=" + buyer).json["data"].([]any)
	if len(orders) != 1 || orders[0].(map[string]any)["status"] != "refunded" {
		t.Errorf("list_order shows %v, want one refunded order", orders)
	}
	server := text(orders[0].(map[string]any)["server_id"])
	if got := s.get(detailServer + "?id=" + server); got.at("data", "status") != "terminated" {
		t.Errorf("detail_server: got %s, want the status terminated", got.raw)
	}
}

// What Place itself can fail with.
func TestFaultsBehindTheHandler(t *testing.T) {
	tests := []struct {
		name   string
		place  func(context.Context, *berth.Request) (berth.Receipt, error)
		status int
		code   berth.Code
		cause  string // in the log
	}{
		{"unavailable", func(context.Context, *berth.Request) (berth.Receipt, error) {
			return berth.Receipt{}, berth.Errorf(berth.Unavailable, "The queue is full.")
		}, 503, berth.Unavailable, ""},
		{"unknown error", func(context.Context, *berth.Request) (berth.Receipt, error) {
			return berth.Receipt{}, errors.New("disk on fire")
		}, 500, berth.Internal, "disk on fire"},
		{"wrapped", func(context.Context, *berth.Request) (berth.Receipt, error) {
			return berth.Receipt{}, fmt.Errorf("placing: %w", fault(errors.New("disk on fire")))
		}, 500, berth.Internal, "disk on fire"},
		{"deadline", func(context.Context, *berth.Request) (berth.Receipt, error) {
			return berth.Receipt{}, fmt.Errorf("write: %w", context.DeadlineExceeded)
		}, 503, berth.Unavailable, "deadline exceeded"},
		{"panic", func(context.Context, *berth.Request) (berth.Receipt, error) {
			panic("no such luck")
		}, 500, berth.Internal, "no such luck"},
		{"not supported", func(context.Context, *berth.Request) (berth.Receipt, error) {
			return berth.Receipt{}, berth.Errorf(berth.NotSupported, "This provider can't do that.")
		}, 422, berth.NotSupported, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := openShop(t, func(o *settings) { o.options.Place = tt.place })
			got := s.post(createOrder, documentedOrder)
			checkError(t, tt.name, got, tt.status, tt.code, "")
			if tt.cause != "" && strings.Contains(got.raw, tt.cause) {
				t.Errorf("the answer shows the cause: %s", got.raw)
			}
			lines := s.log.lines(t)
			line := lines[len(lines)-1]
			if !strings.Contains(text(line["cause"]), tt.cause) {
				t.Errorf("the log's cause is %q, want %q in it", line["cause"], tt.cause)
			}
			if tt.name == "panic" && !strings.Contains(text(line["cause"]), "errors_test.go") {
				t.Errorf("the log lacks the stack: %v", line["cause"])
			}
			if (line["level"] == "ERROR") != (tt.status >= 500) {
				t.Errorf("logged at %v", line["level"])
			}
		})
	}
}

// Place gets a deadline somewhat beyond the patience.
func TestPlaceGetsADeadline(t *testing.T) {
	var left time.Duration
	s := openShop(t, func(o *settings) {
		o.options.Headroom = 5 * time.Second
		o.options.Place = func(ctx context.Context, _ *berth.Request) (berth.Receipt, error) {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return berth.Receipt{}, berth.Errorf(berth.Unavailable, "no")
		}
	})
	s.post(createOrder, documentedOrder)
	if left < 25*time.Second || left > 30*time.Second {
		t.Errorf("Place may take %s, want between the patience of 25 s and 5 s more", left)
	}
}
