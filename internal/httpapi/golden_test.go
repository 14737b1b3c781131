package httpapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// example is a documented example: what is sent, and what is answered.
type example struct {
	Method, Path string
	Request      map[string]any
	Response     map[string]any
}

func readExample(t *testing.T, name string) example {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "wire", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var e example
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// compare holds an answer against a documented one: each documented name must be there, with the documented JSON
// type. Where the example shows null, a text may be (its fields are those that are filled for some products only).
func compare(t *testing.T, at string, got, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s is %s, want an object", at, typeOf(got))
			return
		}
		for name, value := range want {
			member, ok := got[name]
			if !ok {
				t.Errorf("%s.%s is missing", at, name)
				continue
			}
			if name == "solusvm_uuid" && member == nil {
				continue // a text or null, as the driver has one or not
			}
			compare(t, at+"."+name, member, value)
		}
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) == 0 {
			t.Errorf("%s is not an array with items", at)
			return
		}
		compare(t, at+"[0]", got[0], want[0])
	case nil:
		if got != nil && typeOf(got) != "text" {
			t.Errorf("%s is %s, want null or a text", at, typeOf(got))
		}
	default:
		if typeOf(got) != typeOf(want) {
			t.Errorf("%s is %s, want %s", at, typeOf(got), typeOf(want))
		}
	}
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "text"
	case []any:
		return "array"
	}
	return "object"
}

// The documented examples, with the documented requests where there are some, sent as JSON and as a form.
func TestDocumentedExamples(t *testing.T) {
	for _, asForm := range []bool{false, true} {
		t.Run(fmt.Sprintf("form %v", asForm), func(t *testing.T) {
			s := openShop(t)
			server := s.buy()
			order := text(s.post(createOrder, documentedOrder).json["order_id"])
			s.post(createNetwork, networkOrder)
			tests := []struct {
				example string
				request map[string]any // instead of the documented one
			}{
				{"create_order_new_server", nil},
				{"create_order_scale_extend_hours", map[string]any{"user_id": buyer, "server_id": server, "hours": "1"}},
				{"create_order_scale_change_plan", map[string]any{"user_id": buyer, "server_id": server, "plan_id": "7"}},
				{"create_order_network", nil},
				{"list_order", map[string]any{"user_id": buyer, "page": "1", "type_order": "new_server"}},
				{"list_order_network", map[string]any{"user_id": buyer, "page": "1", "order_type": "network"}},
				{"order_by_id", map[string]any{"order_id": order}},
				{"list_plan", nil},
				{"calculate_price", nil},
				{"info_user", nil},
			}
			for _, tt := range tests {
				e := readExample(t, tt.example)
				if tt.request == nil {
					tt.request = e.Request
				}
				got := s.send(e.Method, e.Path, tt.request, asForm)
				if got.status != 200 {
					t.Errorf("%s: got %d %s", tt.example, got.status, got.raw)
					continue
				}
				compare(t, tt.example, got.json, e.Response)
				if got.json["success"] != true || text(got.json["message"]) == "" || got.json["data"] == nil {
					t.Errorf("%s: got %s, want success, message and data too", tt.example, got.raw)
				}
			}
		})
	}
}

// send sends parameters as a query, JSON or a form.
func (s *shop) send(method, path string, parameters map[string]any, asForm bool) reply {
	s.t.Helper()
	values := url.Values{}
	for name, v := range parameters {
		values.Set(name, fmt.Sprint(v))
	}
	if method == "GET" {
		return s.get(path + "?" + values.Encode())
	}
	if asForm {
		return s.post(path, values.Encode())
	}
	body, err := json.Marshal(parameters)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.post(path, string(body))
}

const networkOrder = `{"user_id": "` + buyer + `", "network_id": "` + network + `", "billing_cycle": "yearly"}`

// The documented purchase, to the values that the documents give a rule for.
func TestNewServer(t *testing.T) {
	s := openShop(t)
	got := s.post(createOrder, documentedOrder)
	if got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
	for name, want := range map[string]any{
		"success": true, "amount": 12.99, "balance_before": "3396.52", "type": "new_server", "plan_id": "5",
		"password": madePassword, "hours_purchased": "720", "upgrade_difference": 0.0,
	} {
		if got.json[name] != want {
			t.Errorf("%s: got %v, want %v", name, got.json[name], want)
		}
	}
	for name, want := range map[string]any{
		"name": "testServerAPI", "metadata": "password=" + madePassword, "status": "active", "id_solusvm": 1.0,
	} {
		if member := got.at("server_status", name); member != want {
			t.Errorf("server_status.%s: got %v, want %v", name, member, want)
		}
	}
	if id := text(got.at("server_status", "new_id")); id == "" || len(id) > 50 {
		t.Errorf("server_status.new_id is %q, want 1 to 50 characters", id)
	}
	if got.at("server_status", "primary_ip") == nil {
		t.Errorf("server_status.primary_ip is null, want an address")
	}
	for name, want := range map[string]any{
		"id": got.json["order_id"], "user_id": buyer, "server_id": got.at("server_status", "new_id"), "service_id": berth.ZeroID,
		"order_type": "new_server", "status": "completed", "name_server": "testServerAPI", "plan_id": "5", "os_image_id": "13",
		"versions": nil, "location": "Slovenia", "rental_duration_hours": 720.0, "amount": "12.99", "currency": "EUR",
		"metadata": nil, "domain_name": nil, "created_at": "2025-11-23 15:30:24", "username": "demo_user",
	} {
		if member := got.at("data", name); member != want {
			t.Errorf("data.%s: got %v, want %v", name, member, want)
		}
	}
	if n := len(got.json["data"].(map[string]any)); n != 23 {
		t.Errorf("data has %d fields, want 23", n)
	}
	if !strings.HasPrefix(text(got.at("data", "order_number")), "CLOUD_20251123153024_") {
		t.Errorf("order_number is %v", got.at("data", "order_number"))
	}
	// Amounts are written without trailing zeros, as numbers; that can't be told from the decoded value.
	for _, want := range []string{`"amount":12.99,`, `"upgrade_difference":0,`} {
		if !strings.Contains(got.raw, want) {
			t.Errorf("the answer lacks %s: %s", want, got.raw)
		}
	}
}

func TestNetworkOrder(t *testing.T) {
	s := openShop(t)
	got := s.post(createNetwork, networkOrder)
	metadata := "networkId=" + network + ", name=Anonymous ASN, billing_cycle=yearly, expiration_date=2026-11-23 15:30:24"
	for name, want := range map[string]any{
		"status": "completed", "metadata": metadata, "amount": "100.00", "currency": "EUR", "success": true,
	} {
		if got.json[name] != want {
			t.Errorf("%s: got %v, want %v", name, got.json[name], want)
		}
	}
	if _, ok := got.json["server_status"]; ok {
		t.Error("the answer has server_status")
	}
	for name, want := range map[string]any{
		"server_id": nil, "rental_duration_hours": 1.0, "metadata": metadata, "order_type": "network",
		"description": "Setup. Get your own AS number.", "name_server": nil, "plan_id": nil, "os_image_id": nil, "location": nil,
	} {
		if member := got.at("data", name); member != want {
			t.Errorf("data.%s: got %v, want %v", name, member, want)
		}
	}
	if id := got.at("data", "service_id"); id == nil || id == berth.ZeroID {
		t.Errorf("data.service_id is %v, want the service", id)
	}
	got = s.post(createNetwork, strings.Replace(networkOrder, "yearly", "monthly", 1))
	if got.json["amount"] != "10.00" || !strings.HasSuffix(text(got.json["metadata"]), "expiration_date=2025-12-23 15:30:24") {
		t.Errorf("monthly: got %s", got.raw)
	}
}

// The three documented answers are one run over one wallet: 12.99, then 54.75, then 0.02, to the cent.
func TestTheDocumentedSequence(t *testing.T) {
	tests := []struct {
		credit             string
		difference, amount float64
		after              string // balance after the plan change
	}{
		{berth.ScaleNone, 24.76, 54.75, "3328.78"},
		{berth.ScaleProrated, 14.04, 44.03, "3339.50"},
	}
	for _, tt := range tests {
		t.Run(tt.credit, func(t *testing.T) {
			s := openShop(t, func(o *settings) { o.policy.ScaleCredit, o.start = tt.credit, "2025-11-18 12:00:00" })
			// The server whose plan is changed: 2,139,925 seconds of its 720 hours are left then.
			s.clock.set(local(t, "2025-11-18 19:50:04"))
			first := s.post(createOrder, documentedOrder)
			scaled := text(first.at("server_status", "new_id"))

			// A server for the extension, paid from what the wallet gets for it on top of the documented balance. It
			// expires as documented, 3 x 720 hours after its purchase.
			s.clock.set(local(t, "2025-11-21 14:40:31"))
			s.credit(buyer, 3*1299)
			extended := text(s.post(createOrder, `{"user_id":"`+buyer+`","plan_id":5,"os_image_id":2,"hours":2160}`).at("server_status", "new_id"))

			s.clock.set(local(t, "2025-11-24 01:24:39"))
			second := s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+scaled+`","plan_id":"7"}`)
			s.clock.set(local(t, "2025-11-24 01:32:36"))
			third := s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+extended+`","hours":"1"}`)

			check := func(step string, got, want any) {
				t.Helper()
				if got != want {
					t.Errorf("%s: got %v, want %v", step, got, want)
				}
			}
			check("1 amount", first.json["amount"], 12.99)
			check("1 balance_before", first.json["balance_before"], "3396.52")
			check("2 amount", second.json["amount"], tt.amount)
			check("2 upgrade_difference", second.json["upgrade_difference"], tt.difference)
			check("2 balance_before", second.json["balance_before"], "3383.53")
			check("2 type", second.json["type"], "scale_server")
			check("2 plan_id", second.json["plan_id"], "7")
			check("2 password", second.json["password"], nil)
			check("2 hours_purchased", second.json["hours_purchased"], "720")
			check("2 record's plan_id", second.at("server_status", "plan_id"), 7.0)
			check("2 expire_date", second.at("server_status", "expire_date"), "2026-01-17 19:50:04")
			check("2 updated_at", second.at("server_status", "updated_at"), "2025-11-24 01:24:39")
			check("2 cpu_cores", second.at("server_status", "cpu_cores"), 4.0)
			check("2 ram", second.at("server_status", "ram"), float64(12<<30))
			check("2 metadata", second.at("server_status", "metadata"), "")
			check("3 amount", third.json["amount"], 0.02)
			check("3 balance_before", third.json["balance_before"], tt.after)
			check("3 type", third.json["type"], "renew_server")
			check("3 plan_id", third.json["plan_id"], 5.0)
			check("3 password", third.json["password"], nil)
			check("3 hours_purchased", third.json["hours_purchased"], "1")
			check("3 rental_duration_hours", third.at("server_status", "rental_duration_hours"), 1.0)
			check("3 id", third.at("server_status", "id"), extended)
			check("3 expire_date", third.at("server_status", "expire_date"), "2026-02-19 15:40:31")
			if tt.credit == berth.ScaleNone {
				check("in the end", s.balance(buyer), "3328.76")
			}
		})
	}
}

// The bodies that a known panel sends, all of them forms.
func TestThePanelsForms(t *testing.T) {
	s := openShop(t)
	first := "user_id=" + buyer + "&type_payment=balance&auto_renew=1&"
	purchase := first + "rental_duration=720&name_server=pan-el123&password=p%23%3D%26x+y%25&plan_id=5&versions=panel-tag&os_image_id=13"
	got := s.post(createOrder, purchase)
	if got.status != 200 {
		t.Fatalf("purchase: got %d %s", got.status, got.raw)
	}
	check := func(step string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %v, want %v", step, got, want)
		}
	}
	check("password", got.json["password"], "p#=&x y%")
	check("metadata", got.at("server_status", "metadata"), "password=p#=&x y%")
	check("name", got.at("server_status", "name"), "pan-el123")
	check("versions", got.at("data", "versions"), "panel-tag")
	server := text(got.at("server_status", "new_id"))

	app := s.post(createOrder, strings.Replace(purchase, "os_image_id=13", "application_id=3", 1))
	link := "https://{{hostname}}:8443/"
	check("application's metadata", app.at("server_status", "metadata"), "password=p#=&x y%,username=root,app_login_link="+link)
	check("application's link", app.at("server_status", "app_login_link"), link)
	check("application's os_image_id", app.at("data", "os_image_id"), nil)

	renewal := s.post(createOrder, first+"server_id="+server+"&rental_duration=24")
	check("renewal", renewal.json["type"], "renew_server")
	check("renewal's hours", renewal.json["hours_purchased"], "24")
	check("renewal leaves auto_renew", renewal.at("server_status", "auto_renew"), 1.0)

	upgrade := s.post(createOrder, first+"server_id="+server+"&plan_id=7")
	check("upgrade", upgrade.json["type"], "scale_server")

	domain := s.post(createOrder, "user_id="+buyer+"&domain_name=example.com&domain_suffix=com&vyear=1&password=x&auto_renew=0&type_payment=crypto")
	check("domain's status", domain.status, 404)
	check("domain's parameter", domain.json["parameter"], "domain_name")
}

// What a password may hold that metadata can't carry.
func TestPasswordsThatMetadataCannotCarry(t *testing.T) {
	s := openShop(t)
	for password, metadata := range map[string]string{
		"plain=pass": "password=plain=pass",
		"with,comma": "",
		" leading":   "",
		"trailing ":  "",
		"in ner":     "password=in ner",
		`"<&>"\é`:    `password="<&>"\é`,
	} {
		body, _ := json.Marshal(map[string]any{"user_id": buyer, "plan_id": "5", "os_image_id": 13, "password": password})
		got := s.post(createOrder, string(body))
		if got.json["password"] != password || got.at("server_status", "metadata") != metadata {
			t.Errorf("%q: got password %q and metadata %q, want %q", password, got.json["password"],
				got.at("server_status", "metadata"), metadata)
		}
	}
}
