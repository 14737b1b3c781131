package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

func TestListOrder(t *testing.T) {
	s := openShop(t)
	var ids []string
	for i := range 5 {
		body := networkOrder
		if i%2 == 1 {
			body = documentedOrder
		}
		path := map[bool]string{true: createOrder, false: createNetwork}[i%2 == 1]
		got := s.post(path, body)
		ids = append([]string{text(got.at("data", "id"))}, ids...)
	}
	list := func(query string) string {
		t.Helper()
		got := s.get(listOrder + "?user_id=" + buyer + query)
		data, ok := got.json["data"].([]any)
		if !ok {
			t.Fatalf("%s: got %d %s, want an array", query, got.status, got.raw)
		}
		var found []string
		for _, order := range data {
			found = append(found, order.(map[string]any)["id"].(string))
		}
		return strings.Join(found, " ")
	}
	newest := func(numbers ...int) string {
		var picked []string
		for _, i := range numbers {
			picked = append(picked, ids[i])
		}
		return strings.Join(picked, " ")
	}
	for query, want := range map[string]string{
		"":                                  newest(0, 1, 2, 3, 4),
		"&page=1":                           newest(0, 1, 2, 3, 4),
		"&page=2":                           "",
		"&page=2147483647&per_page=100":     "",
		"&per_page=2":                       newest(0, 1),
		"&per_page=2&page=2":                newest(2, 3),
		"&per_page=2&page=3":                newest(4),
		"&type_order=network":               newest(0, 2, 4),
		"&order_type=network":               newest(0, 2, 4),
		"&order_type=network&type_order=":   newest(0, 2, 4),
		"&type_order=new_server&per_page=1": newest(1),
		"&type_order=dedicated_server":      "",
		"&type_order=addon":                 "",
		"&order_id=" + ids[3]:               newest(3),
	} {
		if got := list(query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	if got := s.get(listOrder + "?user_id=" + subUser); !strings.Contains(got.raw, `"data":[]`) {
		t.Errorf("without orders: got %s, want an empty array", got.raw)
	}
}

// An order as list_order shows it is the same as data of its answer.
func TestListOrderShowsWhatTheAnswerShowed(t *testing.T) {
	s := openShop(t)
	for path, body := range map[string]string{createOrder: documentedOrder, createNetwork: networkOrder} {
		answer := s.post(path, body)
		listed := s.get(listOrder + "?order_id=" + text(answer.at("data", "id"))).json["data"].([]any)[0]
		got, _ := json.Marshal(listed)
		want, _ := json.Marshal(answer.json["data"])
		if string(got) != string(want) {
			t.Errorf("list_order shows\n%s\nthe answer showed\n%s", got, want)
		}
	}
}

func TestDetailServer(t *testing.T) {
	s := openShop(t)
	server := s.buy()
	for _, query := range []string{"?id=" + server, "?server_id=" + server, "?id=" + server + "&server_id=" + server, "?user_id=" + buyer + "&id=" + server} {
		got := s.get(detailServer + query)
		for name, want := range map[string]any{
			"id": server, "cpu_cores": 2.0, "ram": 6442450944.0, "disk": 40.0, "disk_type": "ssd", "name": "testServerAPI",
			"auto_renew": 0.0, "extra_ips": nil, "status": "active", "plan_id": 5.0, "location": "Slovenia", "os_image_id": 13.0,
			"rental_duration_hours": 720.0, "owner_id": buyer, "created_at": "2025-11-23 15:30:24",
			"expire_date": "2025-12-23 15:30:24", "metadata": "", "cpu": nil, "ramD": nil, "diskD": nil,
		} {
			if got.at("data", name) != want {
				t.Errorf("%s: %s is %v, want %v", query, name, got.at("data", name), want)
			}
		}
		if got.json["os_image_id"] != 13.0 {
			t.Errorf("%s: os_image_id at the root is %v, want 13", query, got.json["os_image_id"])
		}
		if strings.Contains(got.raw, "password") {
			t.Errorf("%s: there's a password in %s", query, got.raw)
		}
	}
	app := s.post(createOrder, `{"user_id":"`+buyer+`","plan_id":"5","application_id":3,"auto_renew":1}`)
	got := s.get(detailServer + "?id=" + text(app.at("server_status", "new_id")))
	if image, ok := got.json["os_image_id"]; !ok || image != nil || got.at("data", "os_image_id") != nil {
		t.Errorf("an application's os_image_id: got %s, want null", got.raw)
	}
	if got.at("data", "metadata") != "username=root,app_login_link=https://{{hostname}}:8443/" || got.at("data", "auto_renew") != 1.0 {
		t.Errorf("got %s", got.raw)
	}
}

// A password is answered by the order that made it, and by nothing else unless the operator keeps passwords.
func TestKeptPasswords(t *testing.T) {
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			s := openShop(t, func(o *settings) { o.policy.KeepPassword = keep })
			const password = "Root#Secret1"
			bought := s.post(createOrder, `{"user_id":"`+buyer+`","plan_id":"5","os_image_id":13,"password":"`+password+`"}`)
			server := text(bought.at("server_status", "new_id"))
			answers := map[string]reply{
				"extension":     s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+server+`","hours":1}`),
				"plan change":   s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+server+`","plan_id":7}`),
				"detail_server": s.get(detailServer + "?id=" + server),
			}
			for name, got := range answers {
				if found := strings.Contains(got.raw, password); found != keep {
					t.Errorf("%s: has the password: %v, want %v: %s", name, found, keep, got.raw)
				}
			}
			if list := s.get(listOrder + "?user_id=" + buyer); strings.Contains(list.raw, password) {
				t.Errorf("list_order has the password: %s", list.raw)
			}
			data, _ := json.Marshal(bought.json["data"])
			if strings.Contains(string(data), password) {
				t.Errorf("data has the password: %s", data)
			}
		})
	}
}

func TestInfoUser(t *testing.T) {
	s := openShop(t)
	s.buy()
	got := s.get(infoUser + "?user_id=" + buyer)
	for name, want := range map[string]any{
		"id": buyer, "username": "demo_user", "email": "demo@example.com", "userTelegram": nil, "balance": "3383.53",
		"createdAt": "2025-11-23 15:30:24", "isActive": 1.0, "superuser": 1.0, "notification_days_before": 3.0,
		"notification_preference": "email", "email_verified": false,
	} {
		if got.at("user", name) != want || got.at("data", name) != want {
			t.Errorf("%s: got %v, want %v", name, got.at("user", name), want)
		}
	}
}

func TestListPlan(t *testing.T) {
	s := openShop(t)
	got := s.get(listPlan + "?type=vps")
	plans := got.json["data"].([]any)
	if len(plans) != 4 {
		t.Fatalf("got %d plans, want 4", len(plans))
	}
	plan := plans[0].(map[string]any)
	for name, want := range map[string]any{
		"id": "small", "external_id": 5.0, "name": "VPS small", "price": 12.99, "currency": "EUR",
		"params":                      `{"vcpu":2,"ram":6442450944,"disk":40}`,
		"available_os_image_versions": `[{"id":2,"name":"Debian 12"},{"id":6,"name":"Ubuntu 24.04"},{"id":13,"name":"AlmaLinux 9"}]`,
		"available_applications":      `[{"id":3,"name":"Panel"}]`,
	} {
		if plan[name] != want {
			t.Errorf("%s: got %v, want %v", name, plan[name], want)
		}
	}
	if !strings.Contains(got.raw, `"price":1,`) {
		t.Errorf("a price of 1.00 isn't written as 1: %s", got.raw)
	}
	if got := s.get(listPlan + "?type=none"); !strings.Contains(got.raw, `"data":[]`) {
		t.Errorf("no such type: got %s, want an empty array", got.raw)
	}
	if got := s.get(listPlan); len(got.json["data"].([]any)) != 4 {
		t.Errorf("without a type: got %s", got.raw)
	}
}

// Before a catalogue was applied there's nothing to list, and nothing breaks.
func TestListPlanWithoutCatalogue(t *testing.T) {
	s := openShop(t)
	desk := *s.desk
	desk.Store = emptyCatalogue{s.desk.Store}
	s.handler = New(Options{Desk: &desk, Place: s.worker.Place, Ready: s.worker.Ready, Log: s.slog()})
	if got := s.get(listPlan); got.status != 200 || !strings.Contains(got.raw, `"data":[]`) {
		t.Errorf("got %d %s", got.status, got.raw)
	}
}

type emptyCatalogue struct{ berth.Store }

func (emptyCatalogue) Catalogue(context.Context) (*berth.Catalogue, error) {
	return &berth.Catalogue{}, nil
}

func TestQuote(t *testing.T) {
	s := openShop(t)
	server := s.buy()
	s.credit(subUser, 1000)
	before := s.balance(buyer)
	user := `{"user_id":"` + buyer + `",`
	tests := []struct {
		body string
		want map[string]any
	}{
		{documentedOrder, map[string]any{
			"type": "new_server", "amount": 12.99, "balance_before": "3383.53", "balance_after": "3370.54", "enough": true,
			"hours_purchased": "720", "upgrade_difference": 0.0, "plan_id": "5", "currency": "EUR", "location": "Slovenia",
			"server_id": nil, "network_id": nil, "expire_date": "2025-12-23 15:30:24", "quoted_at": "2025-11-23 15:30:24"}},
		{user + `"server_id":"` + server + `","hours":1}`, map[string]any{
			"type": "renew_server", "amount": 0.02, "hours_purchased": "1", "server_id": server, "plan_id": "5",
			"expire_date": "2025-12-23 16:30:24"}},
		{user + `"server_id":"` + server + `","plan_id":"7","hours":1}`, map[string]any{
			"type": "scale_server", "amount": 30.03, "upgrade_difference": 29.99, "plan_id": "7"}},
		{user + `"server_id":"` + server + `","plan_id":"5","hours":720}`, map[string]any{
			"type": "renew_server", "amount": 12.99, "plan_id": "5"}},
		{networkOrder, map[string]any{
			"type": "network", "amount": 100.0, "hours_purchased": nil, "plan_id": nil, "network_id": network,
			"billing_cycle": "yearly", "expire_date": "2026-11-23 15:30:24", "location": nil}},
		{strings.Replace(documentedOrder, buyer, subUser, 1), map[string]any{
			"enough": false, "balance_before": "10.00", "balance_after": nil, "amount": 12.99}},
	}
	for _, tt := range tests {
		got := s.post(quoteOrder, tt.body)
		for name, want := range tt.want {
			if got.at("data", name) != want {
				t.Errorf("%s: %s is %v, want %v", tt.body, name, got.at("data", name), want)
			}
		}
		if got.status != 200 || got.json["success"] != true {
			t.Errorf("%s: got %d %s", tt.body, got.status, got.raw)
		}
	}
	if got := s.balance(buyer); got != before {
		t.Errorf("the quotes changed the balance from %s to %s", before, got)
	}
	if orders := s.get(listOrder + "?user_id=" + buyer).json["data"].([]any); len(orders) != 1 {
		t.Errorf("there are %d orders, want only the one bought", len(orders))
	}
}

func TestCalculatePrice(t *testing.T) {
	s := openShop(t)
	tests := []struct{ body, want string }{ // want: pieces of data, as written
		{`{"hours":"720","monthly_price":"5.00"}`,
			`"monthly_price":5,"hours_purchased":720,"hourly_rate":0.0069,"total_cost":5,"purchase_date":"2025-11-23 15:30:24","expiration_date":"2025-12-23 15:30:24","hours_in_month":720,"time_components":{"whole_hours":720,"minutes":0,"decimal_hours":720}`},
		{"hours=720&monthly_price=5.00&renewal_date=2025-06-24+23%3A19%3A55", `"purchase_date":"2025-06-24 23:19:55","expiration_date":"2025-07-24 23:19:55"`},
		{`{"hours":1,"monthly_price":12.99}`, `"hourly_rate":0.018,"total_cost":0.02,`},
		{`{"hours":1,"monthly_price":29.99}`, `"hourly_rate":0.0417,"total_cost":0.04,`},
		{`{"hours":"1.5","monthly_price":720}`, `"hours_purchased":1.5,"hourly_rate":1,"total_cost":1.5,`},
		{`{"hours":1.75,"monthly_price":720}`, `"time_components":{"whole_hours":1,"minutes":45,"decimal_hours":1.75}`},
		{`{"hours":0.999999,"monthly_price":1}`, `"time_components":{"whole_hours":0,"minutes":59,"decimal_hours":0.999999}`},
		{`{"hours":1,"monthly_price":0.01}`, `"hourly_rate":0,"total_cost":0.01,`}, // what isn't free costs at least a cent
		{`{"hours":1,"monthly_price":0}`, `"monthly_price":0,"hours_purchased":1,"hourly_rate":0,"total_cost":0,`},
		{`{"hours":360,"monthly_price":"0.01"}`, `"total_cost":0.01,`},       // half a cent, half up
		{`{"hours":359.999999,"monthly_price":0.03}`, `"total_cost":0.01,`},  // just below 1.5 cents
		{`{"hours":360,"monthly_price":0.03}`, `"total_cost":0.02,`},         // 1.5 cents
		{`{"hours":720,"monthly_price":"12.345678"}`, `"total_cost":12.35,`}, // more decimals than money has
		{`{"hours":87600,"monthly_price":100000000000}`, `"total_cost":12166666666666.67,`},
		{`{"hours":24,"monthly_price":10,"renewal_date":"2026-03-28 12:00:00"}`, `"expiration_date":"2026-03-29 13:00:00"`}, // summer time begins
	}
	for _, tt := range tests {
		got := s.post(calculate, tt.body)
		if got.status != 200 || !strings.Contains(got.raw, tt.want) {
			t.Errorf("%s: got %d %s, want %s in it", tt.body, got.status, got.raw, tt.want)
		}
		if got.json["timestamp"] != "2025-11-23 15:30:24" {
			t.Errorf("timestamp is %v", got.json["timestamp"])
		}
	}
}
