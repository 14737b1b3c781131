package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/berth-host/berth"
)

// The tests of the security_*_test.go files attack every endpoint by the OWASP API Security Top 10 (2023). What they
// attack comes from one table, which must have a row for every route and a word about every parameter, so that a new
// endpoint can't be forgotten.

// sort says what a parameter names, and with that, what can be tried with it.
type sort string

const (
	acting sort = "user that the call acts for"
	owned  sort = "thing that belongs to a user"
	goods  sort = "thing that anyone may buy"
	number sort = "number"
	phrase sort = "free text"
	secret sort = "password"
	choice sort = "one of a few words"
)

// exposed is what one endpoint offers to an attacker.
type exposed struct {
	path  string
	knows map[string]sort // every parameter, under each of its names
	// good are requests that succeed, as JSON objects of texts; together they use every parameter. USER stands for
	// the user who asks, SERVER and ORDER for what belongs to that user.
	good []string
}

// attackSurface is the table. Routes that need no key have no parameters; their rows are empty on purpose.
func attackSurface() []exposed {
	newServer := map[string]sort{
		"user_id": acting, "plan_id": goods, "os_image_id": number, "application_id": number, "location": phrase,
		"name_server": phrase, "rental_duration": number, "hours": number, "password": secret, "type_payment": choice,
		"auto_renew": choice, "versions": phrase, "server_id": owned, "domain_name": phrase,
	}
	lines := map[string]sort{"user_id": acting, "network_id": goods, "billing_cycle": choice, "type_payment": choice, "auto_renew": choice, "versions": phrase}
	both := maps.Clone(newServer)
	maps.Copy(both, lines)
	serverOrders := []string{
		`{"user_id":"USER","plan_id":"5","os_image_id":"13"}`,
		`{"user_id":"USER","plan_id":"5","application_id":"3","location":"Slovenia","name_server":"mine","rental_duration":"24",
			"password":"` + canary + `-of-root","type_payment":"balance","auto_renew":"1","versions":"tag"}`,
		`{"user_id":"USER","server_id":"SERVER","hours":"24"}`,
		`{"user_id":"USER","server_id":"SERVER","plan_id":"7","rental_duration":"24"}`,
	}
	networkOrders := []string{`{"user_id":"USER","network_id":"` + network + `","billing_cycle":"monthly","type_payment":"balance","auto_renew":"0","versions":"tag"}`}
	return []exposed{
		{createOrder, newServer, serverOrders},
		{createNetwork, lines, networkOrders},
		{quoteOrder, both, append(slices.Clone(serverOrders), networkOrders...)},
		{listOrder, map[string]sort{"user_id": acting, "order_id": owned, "page": number, "per_page": number, "type_order": choice, "order_type": choice}, []string{
			`{"user_id":"USER","page":"1","per_page":"10","type_order":"new_server"}`,
			`{"user_id":"USER","order_type":"network"}`,
			`{"user_id":"USER","order_id":"ORDER"}`,
			`{"order_id":"ORDER"}`,
		}},
		{detailServer, map[string]sort{"user_id": acting, "server_id": owned, "id": owned}, []string{
			`{"server_id":"SERVER"}`,
			`{"id":"SERVER","user_id":"USER"}`,
		}},
		{infoUser, map[string]sort{"user_id": acting}, []string{`{"user_id":"USER"}`}},
		{listPlan, map[string]sort{"user_id": acting, "type": choice}, []string{`{}`, `{"user_id":"USER","type":"vps"}`}},
		{calculate, map[string]sort{"user_id": acting, "hours": number, "monthly_price": number, "renewal_date": phrase}, []string{
			`{"hours":"720","monthly_price":"5.00"}`,
			`{"user_id":"USER","hours":"0.5","monthly_price":"5","renewal_date":"2025-12-01 00:00:00"}`,
		}},
		{actions, map[string]sort{"user_id": acting, "server_id": owned, "id": owned, "action": choice, "force": choice}, []string{
			`{"user_id":"USER","server_id":"SERVER","action":"restart","force":"true"}`,
			`{"user_id":"USER","id":"SERVER","action":"stop"}`,
			`{"user_id":"USER","server_id":"SERVER","action":"delete"}`,
		}},
		{resetPassword, map[string]sort{"user_id": acting, "server_id": owned, "id": owned}, []string{
			`{"user_id":"USER","server_id":"SERVER"}`, `{"user_id":"USER","id":"SERVER"}`,
		}},
		{reinstall, map[string]sort{"user_id": acting, "server_id": owned, "id": owned, "os_id": number, "application_id": number, "password": secret}, []string{
			`{"user_id":"USER","server_id":"SERVER","os_id":"6","password":"` + canary + `-anew"}`,
			`{"user_id":"USER","id":"SERVER","application_id":"3"}`,
		}},
		{renameServer, map[string]sort{"user_id": acting, "server_id": owned, "id": owned, "name": phrase, "name_server": phrase}, []string{
			`{"user_id":"USER","server_id":"SERVER","name":"another"}`,
			`{"user_id":"USER","id":"SERVER","name_server":"another"}`,
		}},
		{autoRenew, map[string]sort{"user_id": acting, "server_id": owned, "id": owned, "auto_renew": choice}, []string{
			`{"user_id":"USER","server_id":"SERVER","auto_renew":"1"}`, `{"user_id":"USER","id":"SERVER","auto_renew":"0"}`,
		}},
		{vncServer, map[string]sort{"user_id": acting, "server_id": owned, "id": owned}, []string{
			`{"user_id":"USER","server_id":"SERVER"}`, `{"id":"SERVER"}`,
		}},
		{usageServer, map[string]sort{"user_id": acting, "server_id": owned, "id": owned, "specification": choice}, []string{
			`{"user_id":"USER","server_id":"SERVER","specification":"cpu"}`, `{"id":"SERVER","specification":"disks"}`,
			`{"id":"SERVER","specification":"network"}`, `{"id":"SERVER","specification":"memory"}`,
		}},
		{detailDisk, map[string]sort{"user_id": acting, "server_id": owned, "id": owned}, []string{
			`{"user_id":"USER","server_id":"SERVER"}`, `{"id":"SERVER"}`,
		}},
		{networksList, map[string]sort{"user_id": acting, "page": number, "per_page": number}, []string{`{"user_id":"USER"}`, `{"page":"1","per_page":"10"}`}},
		{detailNetwork, map[string]sort{"user_id": acting, "id": owned}, []string{`{"id":"ORDER"}`, `{"id":"ORDER","user_id":"USER"}`}},
		{rotatePassword, map[string]sort{"user_id": acting, "id": owned}, []string{`{"id":"ORDER","user_id":"USER"}`}},
		{clearTrip, map[string]sort{"user_id": acting, "id": owned}, []string{`{"id":"ORDER"}`, `{"id":"ORDER","user_id":"USER"}`}},
		{prefixes, map[string]sort{"user_id": acting, "id": owned, "action": choice, "prefix": phrase, "longest": number, "letter": phrase}, []string{
			`{"id":"ORDER","user_id":"USER","action":"add","prefix":"PREFIX.0/25","longest":"26","letter":"mine"}`,
			`{"id":"ORDER","user_id":"USER","prefix":"PREFIX.128/25"}`,
		}},
		{autoNetwork, map[string]sort{"user_id": acting, "id": owned, "auto_renew": choice}, []string{`{"id":"ORDER","user_id":"USER","auto_renew":"1"}`}},
		{renewNetwork, map[string]sort{"user_id": acting, "id": owned, "type_payment": choice, "versions": phrase}, []string{
			`{"user_id":"USER","id":"ORDER","type_payment":"balance","versions":"tag"}`,
		}},
		{deleteServer, map[string]sort{"user_id": acting, "server_id": owned, "id": owned}, []string{
			`{"user_id":"USER","server_id":"SERVER"}`, `{"user_id":"USER","id":"SERVER"}`,
		}},
		{"/openapi.json", nil, nil},
		{"/docs", nil, nil},
		{"/healthz", nil, nil},
		{"/readyz", nil, nil},
	}
}

// keyedRoutes are the routes that need a key, each with its row.
func keyedRoutes(t *testing.T) (list []attacked) {
	t.Helper()
	for _, e := range attackSurface() {
		i := slices.IndexFunc(routes(), func(r route) bool { return r.path == e.path })
		if i < 0 {
			t.Fatalf("there is no route %s any more: take it out of the table", e.path)
		}
		if r := routes()[i]; r.scope != open {
			list = append(list, attacked{r, e.knows, e.good})
		}
	}
	return list
}

// attacked is a route with its row.
type attacked struct {
	route
	knows map[string]sort
	good  []string
}

// Every route has a row, every documented parameter and every one that an endpoint reads has a word in it, and the
// good requests are good. Without this the tests below might attack nothing.
func TestEveryRouteIsAttacked(t *testing.T) {
	d := loadDocument(t)
	table := map[string]exposed{}
	for _, e := range attackSurface() {
		if _, twice := table[e.path]; twice {
			t.Errorf("%s has two rows", e.path)
		}
		table[e.path] = e
	}
	seen := map[string]int{}
	for _, r := range routes() {
		e, ok := table[r.path]
		seen[r.path]++
		switch {
		case !ok:
			t.Errorf("%s %s: the security tests have no row for it: add one to attackSurface", r.method, r.path)
		case seen[r.path] > 1:
			t.Errorf("%s has two methods: the table must tell them apart", r.path)
		case r.scope == open:
			if len(e.good)+len(e.knows) > 0 {
				t.Errorf("%s needs no key, but has parameters: its row and the tests must deal with that", r.path)
			}
		case len(e.good) == 0 || e.knows["user_id"] != acting:
			t.Errorf("%s: the row lacks good requests, or user_id, which every endpoint with a key reads", r.path)
		}
		for _, name := range documented(d.spec.Paths.Value(r.path).GetOperation(r.method)) {
			if e.knows[name] == "" {
				t.Errorf("%s: the row doesn't know the documented parameter %s", r.path, name)
			}
		}
	}
	for _, a := range keyedRoutes(t) {
		used := map[string]bool{}
		for _, good := range a.good {
			s := openEstate(t)
			read := s.reads(a.path)
			parameters := s.fill(good, s.parties[0])
			for name := range parameters {
				used[name] = true
			}
			for _, name := range everyName(t) { // an endpoint that reads one that it shouldn't know is found below
				if a.knows[name] == "" {
					parameters[name] = "1"
				}
			}
			if got := s.as(s.parties[0]).try(a.route, parameters, false); got.status != 200 {
				t.Errorf("%s %s: got %d %s, want a request that succeeds", a.path, good, got.status, got.raw)
			}
			for _, name := range read() {
				if a.knows[name] == "" {
					t.Errorf("%s: the endpoint reads %s, of which the row doesn't know", a.path, name)
				}
			}
		}
		for name, sort := range a.knows {
			if !used[name] && name != "domain_name" && sort != choice {
				t.Errorf("%s: no good request uses %s", a.path, name)
			}
		}
	}
}

// documented are the parameters of an operation: those of its query, and the members of its JSON body.
func documented(o *openapi3.Operation) (names []string) {
	for _, p := range o.Parameters {
		if p.Value.In == "query" {
			names = append(names, p.Value.Name)
		}
	}
	if o.RequestBody == nil {
		return names
	}
	var walk func(*openapi3.Schema)
	walk = func(s *openapi3.Schema) {
		names = slices.AppendSeq(names, maps.Keys(s.Properties))
		for _, part := range slices.Concat(s.OneOf, s.AnyOf, s.AllOf) {
			walk(part.Value)
		}
	}
	walk(o.RequestBody.Value.Content["application/json"].Schema.Value)
	return names
}

// everyName is every parameter's name that stands anywhere in this package where one is read.
func everyName(t *testing.T) (names []string) {
	t.Helper()
	readers := []string{"id", "text", "textUpTo", "printable", "oneOf", "integer", "boolean", "money", "list", "decimal", "take",
		"number", "hours", "free", "present", "given", "find"}
	for _, file := range parsed(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			of, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains(readers, of.Sel.Name) {
				return true
			}
			for _, argument := range call.Args {
				if literal, ok := argument.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					names = append(names, strings.Trim(literal.Value, `"`))
				}
			}
			return true
		})
	}
	if len(names) < 20 {
		t.Fatalf("only the names %v were found", names)
	}
	return names
}

// reads makes the handler note which parameters the endpoint of a path asks for, aliases under their first name.
func (s *estate) reads(path string) (names func() []string) {
	served := s.handler.(*server)
	var read []string
	for i, r := range served.routes[path] {
		serve := r.serve
		served.routes[path][i].serve = func(s *server, c *call) (any, error) {
			defer func() {
				for _, f := range c.in.taken {
					read = append(read, f.name)
				}
			}()
			return serve(s, c)
		}
	}
	return func() []string { return read }
}

// estate is a shop with the people who can be robbed: two customers, each with two sub-accounts. Everybody has a key,
// money, a server and a network.
type estate struct {
	*shop
	parties []party
	asking  party
}

type party struct {
	user, parent, key string
	server, order     string // of the order that made the server, and the network's order, whose id its service has
	prefix            string // the first three bytes of the network's own
}

func openEstate(t *testing.T, change ...func(*settings)) *estate {
	t.Helper()
	unlimited := func(o *settings) { o.options.FailedKeysPerMinute = -1 }
	e := &estate{shop: openShop(t, append([]func(*settings){unlimited}, change...)...)}
	e.parties = []party{
		{user: buyer, key: buyerKey},
		{user: subUser, parent: buyer, key: canary + "-key-of-the-sub-account"},
		{user: "sub-2", parent: buyer, key: canary + "-key-of-sub-2"},
		{user: stranger, key: strangers},
		{user: "sub-3", parent: stranger, key: canary + "-key-of-sub-3"},
	}
	for i := range e.parties {
		p := &e.parties[i]
		if p.user == "sub-2" || p.user == "sub-3" {
			if _, err := e.desk.CreateUser(context.Background(), berth.User{ID: p.user, ParentID: p.parent, Username: "name of " + p.user}, "EUR"); err != nil {
				t.Fatal(err)
			}
		}
		if p.user != buyer && p.user != stranger {
			e.addKey(p.key, berth.APIKey{UserID: p.user, Scopes: everyScope})
		}
		e.credit(p.user, 100_000)
		bought := e.as(*p).try(route{method: "POST", path: createOrder}, e.fill(`{"user_id":"USER","plan_id":"5","os_image_id":"13","name_server":"of `+p.user+`"}`, *p), false)
		network := e.as(*p).try(route{method: "POST", path: createNetwork}, e.fill(`{"user_id":"USER","network_id":"`+network+`","billing_cycle":"yearly"}`, *p), false)
		if bought.status != 200 || network.status != 200 {
			t.Fatalf("%s can't buy: %s %s", p.user, bought.raw, network.raw)
		}
		p.server, p.order, p.prefix = text(bought.at("server_status", "new_id")), text(network.json["id"]), fmt.Sprint("198.18.", i)
	}
	return e
}

// as makes the next tries those of a party.
func (e *estate) as(p party) *estate {
	e.asking = p
	return e
}

// fill is a good request of a party's own.
func (e *estate) fill(good string, p party) map[string]any {
	var parameters map[string]any
	if err := json.Unmarshal([]byte(strings.NewReplacer("USER", p.user, "SERVER", p.server, "ORDER", p.order, "PREFIX", p.prefix).Replace(good)), &parameters); err != nil {
		e.t.Fatal(err)
	}
	return parameters
}

// try sends parameters with the key of who asks: as a query, as JSON or as a form.
func (e *estate) try(r route, parameters map[string]any, asForm bool) reply {
	e.t.Helper()
	return e.do(e.request(r, parameters, asForm))
}

func (e *estate) request(r route, parameters map[string]any, asForm bool) ask {
	a := ask{method: r.method, path: r.path, key: e.asking.key, header: http.Header{"Content-Type": {"application/json"}}}
	values := url.Values{}
	for name, v := range parameters {
		values.Set(name, fmt.Sprint(v))
	}
	switch {
	case r.method == http.MethodGet:
		a.path += "?" + values.Encode()
	case asForm:
		a.body, a.header = values.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		if r.path == quoteOrder { // two sorts of order in one schema: more than the validator can read out of a form
			a.header = http.Header{}
		}
	default:
		body, err := json.Marshal(parameters)
		if err != nil {
			e.t.Fatal(err)
		}
		a.body = string(body)
	}
	return a
}

// books is everything that the shop has written down about money, orders and services: what an attack that failed
// must not have changed.
func (s *shop) books() string {
	s.t.Helper()
	ctx, rows := context.Background(), s.desk.Store
	var out strings.Builder
	users, err := rows.Users(ctx)
	for _, u := range users {
		wallet, _, walletErr := rows.Wallet(ctx, u.ID)
		orders, ordersErr := rows.Orders(ctx, berth.OrderFilter{UserID: u.ID, Limit: 10_000})
		keys, keysErr := rows.APIKeys(ctx, u.ID)
		if walletErr != nil || ordersErr != nil || keysErr != nil {
			s.t.Fatal(walletErr, ordersErr, keysErr)
		}
		fmt.Fprintf(&out, "%+v\n%+v\n%d keys\n", u, wallet, len(keys))
		for _, o := range orders {
			service, _, err := rows.Service(ctx, o.ServiceID)
			if err != nil {
				s.t.Fatal(err)
			}
			fmt.Fprintf(&out, "%+v\n%+v\n", o, service)
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return out.String()
}

// proved holds the shop's books against themselves.
func (s *shop) proved() {
	s.t.Helper()
	if r, err := berth.Verify(context.Background(), s.desk.Store, berth.Head{}, nil); err != nil || r.Wrong != 0 {
		s.t.Errorf("the books are wrong: %v, %d findings: %+v", err, r.Wrong, r.Findings)
	}
}

// source is a file of this package or of its documentation.
func source(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
