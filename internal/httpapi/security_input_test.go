package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// notTheClients are names under which a client might set what isn't its own to set: those of the books' rows, of the
// answers, of other programs of this sort, and of libraries that turn JSON into objects.
var notTheClients = []string{
	"amount", "price", "monthly_price", "total_cost", "balance", "balance_before", "balance_after", "currency", "difference",
	"upgrade_difference", "discount", "coupon", "voucher", "free", "status", "state", "kind", "type", "type_order", "order_type",
	"superuser", "is_superuser", "isActive", "is_active", "active", "role", "admin", "is_admin", "scope", "scopes", "email_verified",
	"username", "email", "parent_id", "owner_id", "owner", "key_owner_id", "account", "id", "order_id", "service_id", "new_id", "order_number",
	"id_solusvm", "server_no", "solusvm_uuid", "provider", "provider_ref", "stock_key", "stock", "capacity", "catalogue_version",
	"cores", "cpu_cores", "vcpu", "ram", "disk", "disk_type", "primary_ip", "extra_ips", "address", "login_link", "app_login_link",
	"metadata", "description", "product", "hours_purchased", "rental_duration_hours", "expires_at", "expire_date", "expiration_date",
	"created_at", "updated_at", "answer_by", "lease", "holder", "attempt", "due_at", "doubt", "note", "refund", "paid", "completed",
	"idempotency_key", "Idempotency-Key", "x-api-key", "api_key", "debug", "test", "sandbox", "force", "dry_run", "callback", "webhook",
	"request_id", "canonical", "invalid", "replayed", "user[superuser]", "data[amount]", "__proto__", "constructor", "_method", "$where",
}

// worthHaving is what each of them is sent with.
const worthHaving = "0"

// Ids and instants differ from run to run; nothing else does.
var differing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{12}\b|_[0-9A-Z]{8}\b|\b[0-9]{16}\b|v1:[A-Za-z0-9+/]+`)

func masked(text string) string { return differing.ReplaceAllString(text, "*") }

// API3:2023 broken object property level authorization, the half called mass assignment: whatever is sent besides the
// endpoint's own parameters changes nothing, neither in the answer nor in the books. The same request with and without
// comes out the same.
func TestAPI3MassAssignment(t *testing.T) {
	for _, a := range keyedRoutes(t) {
		t.Run(a.path, func(t *testing.T) {
			for _, good := range a.good {
				for _, asForm := range []bool{false, true} {
					plain, loaded := openEstate(t), openEstate(t)
					owner := plain.parties[0]
					if masked(plain.books()) != masked(loaded.books()) {
						t.Fatal("two shops that should be equal aren't; the comparison is worth nothing")
					}
					want := plain.as(owner).try(a.route, plain.fill(good, owner), asForm)
					owner = loaded.parties[0]
					parameters := loaded.fill(good, owner)
					for _, name := range notTheClients {
						if a.knows[name] == "" {
							parameters[name] = worthHaving
						}
					}
					// encoding/json would take these for the parameters themselves.
					for name := range a.knows {
						parameters[strings.ToUpper(name)], parameters[strings.ToUpper(name[:1])+name[1:]] = worthHaving, worthHaving
					}
					got := loaded.as(owner).try(a.route, parameters, asForm)
					if want.status != 200 || got.status != 200 || masked(got.raw) != masked(want.raw) {
						t.Errorf("%s, as form %v: got %d %s, want %d %s", good, asForm, got.status, got.raw, want.status, want.raw)
					}
					if masked(plain.books()) != masked(loaded.books()) {
						t.Errorf("%s, as form %v: the books became\n%s\nwant\n%s", good, asForm, masked(loaded.books()), masked(plain.books()))
					}
				}
			}
		})
	}
}

// The other half, excessive exposure: an answer has only members that the document describes for this endpoint, and
// nothing of the insides.
func TestAPI3Exposure(t *testing.T) {
	d := loadDocument(t)
	for _, a := range keyedRoutes(t) {
		operation, err := json.Marshal(d.spec.Paths.Value(a.path).GetOperation(a.method).Responses.Value("200"))
		if err != nil {
			t.Fatal(err)
		}
		described := d.members(t, string(operation))
		for _, good := range a.good {
			s := openEstate(t)
			owner := s.parties[0]
			got := s.as(owner).try(a.route, s.fill(good, owner), false)
			names := map[string]bool{}
			collect(got.json, names)
			for name := range names {
				if !described[name] {
					t.Errorf("%s %s: the answer has the member %s, which the document doesn't describe", a.path, good, name)
				}
			}
			private := []string{"sim-", `"v1:`, "ash\":", "holder", "lease", "attempt", "provider", "stock_key", `"test"`, berth.HashKey(buyerKey), s.keys[buyerKey].ID}
			if a.path != createOrder && a.path != resetPassword && a.path != detailNetwork && a.path != rotatePassword {
				private = append(private, canary)
			}
			for _, word := range private {
				if strings.Contains(got.raw, word) {
					t.Errorf("%s %s: the answer shows %q: %s", a.path, good, word, got.raw)
				}
			}
		}
	}
}

// members are the names of all properties that a part of the document describes, references included.
func (d document) members(t *testing.T, part string) map[string]bool {
	t.Helper()
	names, seen, rest := map[string]bool{}, map[string]bool{}, []string{part}
	reference := regexp.MustCompile(`"#/components/schemas/([^"]+)"`)
	for len(rest) > 0 {
		var v any
		if err := json.Unmarshal([]byte(rest[0]), &v); err != nil {
			t.Fatal(err)
		}
		collect(v, names)
		for _, found := range reference.FindAllStringSubmatch(rest[0], -1) {
			if !seen[found[1]] {
				seen[found[1]] = true
				schema, err := json.Marshal(d.spec.Components.Schemas[found[1]].Value)
				if err != nil {
					t.Fatal(err)
				}
				rest = append(rest, string(schema))
			}
		}
		rest = rest[1:]
	}
	return names
}

// collect notes the names of all members, however deep.
func collect(v any, names map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			names[name] = true
			collect(member, names)
		}
	case []any:
		for _, item := range v {
			collect(item, names)
		}
	}
}

// hostile are values, as JSON, for each sort of parameter: too long, of another type, of another language. All of
// them must be refused.
func hostile(of sort) []string {
	long := `"` + strings.Repeat("x", 60_000) + `"`
	values := []string{long, `["a"]`, `{"$ne":null}`, `{"a":{"b":{"c":1}}}`, `"a\u0000b"`, `"a\nb"`, `"\u001b[2J"`, `"\u0085"`}
	switch of {
	case number:
		values = append(values, `-1`, `"-1"`, `99999999999999999999`, `"99999999999999999999"`, `9223372036854775808`, `1e9`, `1e400`,
			`"0x10"`, `"0b1"`, `"1_0"`, `" 1"`, `"1 "`, `"+1"`, `"NaN"`, `"Infinity"`, `"١٢"`, `"1;DROP TABLE orders"`, `true`)
	case acting, owned, goods:
		values = append(values, `"`+strings.Repeat("x", 65)+`"`, `-1`, `1.5`, `1e3`, `true`,
			`"' OR '1'='1"`, `"1; DROP TABLE users; --"`, `"../../../etc/passwd"`, `"%00"`, `"${jndi:ldap://127.0.0.1/a}"`, `"{{7*7}}"`, `"<script>alert(1)</script>"`, `"*"`, `"_%"`)
	case choice:
		values = append(values, `"`+strings.Repeat("x", 256)+`"`)
	case secret:
		values = append(values, `"`+strings.Repeat("x", 129)+`"`, `"short"`, `false`)
	case phrase:
		values = append(values, `"`+strings.Repeat("x", 256)+`"`, `true`)
	}
	return values
}

// API4:2023 unrestricted resource consumption, by value: nothing hostile gets through, costs a fault, or comes back at
// length.
func TestAPI4HostileValues(t *testing.T) {
	for _, a := range keyedRoutes(t) {
		t.Run(a.path, func(t *testing.T) {
			s := openEstate(t)
			owner, before := s.parties[0], s.books()
			for _, good := range a.good {
				for name := range s.fill(good, owner) {
					for _, value := range hostile(a.knows[name]) {
						s.hostileValue(a, good, name, value)
					}
				}
			}
			if s.books() != before {
				t.Error("what was refused changed something")
			}
		})
	}
	// A text that is short enough for its limit, but too long to be repeated.
	s := openEstate(t)
	parameters := s.fill(`{"user_id":"USER","plan_id":"5","os_image_id":"13"}`, s.parties[0])
	parameters["location"] = strings.Repeat("x", 255)
	got := s.as(s.parties[0]).try(route{method: "POST", path: createOrder}, parameters, false)
	checkError(t, "a long location", got, 404, berth.NotFound, "location")
	if strings.Contains(got.raw, strings.Repeat("x", 65)) {
		t.Errorf("the refusal repeats all of a long location: %s", got.raw)
	}
}

func (e *estate) hostileValue(a attacked, good, name, value string) {
	e.t.Helper()
	owner := e.parties[0]
	parameters := e.fill(good, owner)
	var decoded any
	if err := json.Unmarshal([]byte(value), &decoded); err != nil {
		decoded = value // 1e400 is valid JSON, but no Go number
	}
	parameters[name] = decoded
	request := e.as(owner).request(a.route, parameters, false)
	if a.method == http.MethodPost {
		parameters[name] = json.RawMessage(value)
		request.body = e.as(owner).request(a.route, parameters, false).body
	}
	got := e.do(request)
	at := fmt.Sprintf("%s with %s %.60s", a.path, name, value)
	if a.path == listPlan && got.status == 200 && strings.Contains(got.raw, `"data":[]`) {
		return // there is no such sort of plan
	}
	switch got.status {
	case 400, 403, 404, 413, 422:
	default:
		e.t.Errorf("%s: got %d %.300s, want a refusal", at, got.status, got.raw)
		return
	}
	checkError(e.t, at, got, got.status, berth.Code(got.code()), text(got.json["parameter"]))
	if len(got.raw) > 1000 || strings.ContainsAny(got.raw, "\x00\x1b\u0085") {
		e.t.Errorf("%s: the refusal has %d bytes, and repeats too much: %.300q", at, len(got.raw), got.raw)
	}
}

// By size and shape of the body or query. Each must be answered quickly, and the books be as before.
func TestAPI4HostileBodies(t *testing.T) {
	many := func(each, between string, n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(each, i))
		}
		return strings.Join(list, between)
	}
	bodies := map[string]struct {
		body   string
		status int
	}{
		"a byte too many":      {strings.Repeat("x", maxBody+1), 413},
		"far too many":         {strings.Repeat("x", 4<<20), 413},
		"deep arrays":          {`{"x":` + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) + `}`, 400},
		"deep objects":         {strings.Repeat(`{"x":`, 10_000) + "1" + strings.Repeat("}", 10_000), 400},
		"unclosed arrays":      {`{"x":` + strings.Repeat("[", 60_000), 400},
		"9,000 names":          {"{" + many(`"%d":1`, ",", 6_000) + "}", 422},
		"names that are alike": {"{" + strings.Repeat(`"x":1,`, 6_000) + `"x":1}`, 400},
		"long and alike":       {`{"` + strings.Repeat("x", 20_000) + `":1,"` + strings.Repeat("x", 20_000) + `":1}`, 400},
		"a form of many names": {many("%d=1", "&", 8_000), 422},
		"a form of percents":   {strings.Repeat("%41", 20_000) + "=1", 422},
		"broken percents":      {strings.Repeat("%", 60_000), 400},
		"ampersands":           {strings.Repeat("&", 60_000), 422},
		"escapes":              {`{"x":"` + strings.Repeat(`\u0041`, 10_000) + `"}`, 422},
		"half of a character":  {`{"x":"` + strings.Repeat(`\ud800`, 10_000) + `"}`, 400},
		"digits":               {`{"x":` + strings.Repeat("9", 60_000) + `}`, 422},
		"invalid UTF-8":        {"{\"x\":\"" + strings.Repeat("\xff", 10_000) + "\"}", 400},
		"packed":               {"\x1f\x8b\x08\x00\x00\x00\x00\x00", 400},
		"XML":                  {`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, 422},
		"multipart":            {"--x\r\nContent-Disposition: form-data; name=\"user_id\"\r\n\r\n" + buyer + "\r\n--x--", 400},
	}
	s := openEstate(t)
	owner, before := s.parties[0], s.books()
	for _, a := range keyedRoutes(t) {
		for name, tt := range bodies {
			request := ask{method: a.method, path: a.path, body: tt.body, key: owner.key, header: http.Header{"Content-Encoding": {"gzip"}}}
			if a.method == http.MethodGet { // what comes in a query is bounded by the limit of headers
				request.body = ""
				if len(tt.body) > 30<<10 || strings.ContainsFunc(tt.body, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '"' }) {
					continue
				}
				request.path += "?" + tt.body
			}
			began := time.Now()
			got := s.do(request)
			if took := time.Since(began); took > 5*time.Second { // it takes milliseconds
				t.Errorf("%s, %s: the answer took %s", a.path, name, took)
			}
			if got.status != tt.status && (a.method != http.MethodGet || got.status >= 500) {
				t.Errorf("%s, %s: got %d %.200s, want %d", a.path, name, got.status, got.raw, tt.status)
			}
			if got.status != 200 && len(got.raw) > 1000 {
				t.Errorf("%s, %s: the refusal has %d bytes", a.path, name, len(got.raw))
			}
		}
	}
	if s.books() != before {
		t.Error("what was refused changed something")
	}
}

// By number: a page has an end, and so has what one key may ask.
func TestAPI4PagesAndRates(t *testing.T) {
	s := openEstate(t)
	owner := s.parties[0]
	for range mostOrdersAPage {
		if got := s.post(createNetwork, networkOrder); got.status != 200 {
			t.Fatal(got.raw)
		}
		s.credit(buyer, 10_000)
	}
	for query, want := range map[string]int{"": ordersAPage, "&per_page=100": mostOrdersAPage, "&page=2&per_page=100": 2, "&page=2147483647&per_page=100": 0} {
		got := s.get(listOrder + "?user_id=" + buyer + query)
		if list, ok := got.json["data"].([]any); !ok || len(list) != want {
			t.Errorf("%s: got %d orders, want %d", query, len(list), want)
		}
	}
	checkError(t, "a larger page", s.get(listOrder+"?user_id="+buyer+"&per_page=101"), 422, berth.InvalidParameter, "per_page")
	for query, want := range map[string]int{"": ordersAPage, "?per_page=100": mostOrdersAPage, "?page=2&per_page=100": 1, "?page=2147483647&per_page=100": 0} {
		got := s.get(networksList + query)
		if list, ok := got.json["data"].([]any); !ok || len(list) != want {
			t.Errorf("%s: got %d network services, want %d", query, len(list), want)
		}
	}
	checkError(t, "a larger page of networks", s.get(networksList+"?per_page=101"), 422, berth.InvalidParameter, "per_page")
	checkError(t, "no page", s.get(networksList+"?page=0"), 422, berth.InvalidParameter, "page")
	for _, a := range keyedRoutes(t) {
		limited := openEstate(t, func(o *settings) { o.options.RatePerKey, o.options.BurstPerKey = 1, 4 })
		request := limited.as(owner).request(a.route, limited.fill(a.good[0], limited.parties[0]), false)
		var statuses []int
		var before string
		for range 5 {
			before = limited.books()
			statuses = append(statuses, limited.do(request).status)
		}
		// The two orders of the estate were made with the same key.
		second := map[bool]int{false: 200, true: 404}[a.path == deleteServer] // what is deleted is unknown
		if want := []int{200, second, 429, 429, 429}; !slices.Equal(statuses, want) || limited.books() != before {
			t.Errorf("%s: got %v, want %v, and nothing done by the last", a.path, statuses, want)
		}
	}
}

// Every number that a client may choose has an end that the books can bear.
func TestAPI4LargestOrders(t *testing.T) {
	s := openEstate(t)
	owner := s.parties[1] // with less than a thousand
	for _, good := range []string{
		`{"user_id":"USER","plan_id":"5","os_image_id":"13","hours":"87600"}`,
		`{"user_id":"USER","server_id":"SERVER","hours":"87600"}`,
		`{"user_id":"USER","server_id":"SERVER","plan_id":"7","hours":"87600"}`,
	} {
		parameters := s.fill(good, owner)
		if got := s.as(owner).try(route{method: "POST", path: createOrder}, parameters, false); got.status != 402 {
			t.Errorf("%s: got %d %s, want it priced and not paid", good, got.status, got.raw)
		}
		more := maps.Clone(parameters)
		more["hours"] = "87601"
		checkError(t, good, s.as(owner).try(route{method: "POST", path: createOrder}, more, false), 422, berth.InvalidParameter, "hours")
	}
}
