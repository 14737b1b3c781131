package httpapi

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// API1:2023 broken object level authorization. Everybody asks for everybody else, and for what belongs to everybody
// else: a key acts for its own user and that user's sub-accounts, in this direction only, and what it can't see it
// can't tell from what isn't there.
func TestAPI1ObjectsOfOthers(t *testing.T) {
	for _, a := range keyedRoutes(t) {
		t.Run(a.path, func(t *testing.T) {
			s := openEstate(t)
			before, tried := s.books(), 0
			for _, asks := range s.parties {
				for _, victim := range s.parties {
					for _, good := range a.good {
						tried += s.attack(a, good, asks, victim)
					}
				}
			}
			if tried < 20 {
				t.Errorf("only %d attacks were tried", tried)
			}
			if s.books() != before {
				t.Error("what was refused changed something")
			}
		})
	}
}

// attack sends a good request of one party in which another takes part, where that must be refused.
func (e *estate) attack(a attacked, good string, asks, victim party) (tried int) {
	e.t.Helper()
	own, foreign := e.fill(good, asks), e.fill(good, victim)
	mayAct := victim.user == asks.user || victim.parent == asks.user
	for name, sort := range a.knows {
		if own[name] == nil || own[name] == foreign[name] {
			continue
		}
		_, named := own["user_id"]
		switch {
		case sort == acting && !mayAct:
			tried += e.refusedAlike(a, asks, victim, own, name, 403, berth.Forbidden)
		// With a user_id only that user's own will do: a parent's request for itself doesn't reach a sub-account's.
		case sort == owned && (named || !mayAct):
			tried += e.refusedAlike(a, asks, victim, own, name, 404, berth.NotFound)
		case sort == owned && mayAct:
			own[name] = foreign[name]
			if got := e.as(asks).try(a.route, own, false); got.status != 200 {
				e.t.Errorf("%s asks for %s of its sub-account: got %d %s", asks.user, name, got.status, got.raw)
			}
		}
	}
	return tried
}

// refusedAlike tries one parameter with the victim's value, and with one that names nothing. Both must be refused in
// the same words, so that ids can't be probed, and nothing of the victim's may be in the answer.
func (e *estate) refusedAlike(a attacked, asks, victim party, own map[string]any, name string, status int, code berth.Code) int {
	e.t.Helper()
	var words []string
	for _, value := range []any{e.fill(`{"user_id":"USER","server_id":"SERVER","id":"SERVER","order_id":"ORDER"}`, victim)[name], "018f0000-0000-7000-8000-000000000000"} {
		for _, asForm := range []bool{false, true} {
			parameters := maps.Clone(own)
			parameters[name] = value
			got := e.as(asks).try(a.route, parameters, asForm)
			checkError(e.t, fmt.Sprintf("%s asks %s with %s %v", asks.user, a.path, name, value), got, status, code, name)
			words = append(words, strings.ReplaceAll(text(got.json["message"]), fmt.Sprint(value), "VALUE"))
			shown := strings.ReplaceAll(got.raw, fmt.Sprint(value), "")
			for _, private := range []string{victim.server, victim.order, "of " + victim.user, "name of", "1000.00", canary} {
				if strings.Contains(shown, private) {
					e.t.Errorf("%s asks %s with %s %v: the answer shows %q: %s", asks.user, a.path, name, value, private, got.raw)
				}
			}
		}
	}
	if len(slices.Compact(words)) != 1 {
		e.t.Errorf("%s %s: the words differ between what is somebody's and what isn't there: %q", a.path, name, words)
	}
	return len(words)
}

// An Idempotency-Key of somebody else's replays nothing: neither a stranger's, nor the parent's to a sub-account, nor
// the other way round.
func TestAPI1ReplaysOfOthers(t *testing.T) {
	s := openEstate(t)
	keyed := func(p party, user string) reply {
		a := s.as(p).request(route{method: "POST", path: createOrder}, map[string]any{"user_id": user, "plan_id": "5", "os_image_id": "13"}, false)
		a.header["Idempotency-Key"] = []string{"the-same"}
		return s.do(a)
	}
	first := map[string]bool{}
	for _, p := range s.parties {
		got := keyed(p, p.user)
		if got.status != 200 || got.header.Get("Idempotency-Replayed") != "" || first[text(got.json["order_id"])] {
			t.Errorf("%s: got %d %v %s, want an order of its own", p.user, got.status, got.header, got.raw)
		}
		first[text(got.json["order_id"])] = true
	}
	checkError(t, "the parent's key with a sub-account's user_id", keyed(s.parties[0], subUser), 422, berth.IdempotencyMismatch, "")
}

// API2:2023 broken authentication. No endpoint answers without a key that holds, whatever is wrong with it, and none
// takes a key from anywhere but its header.
func TestAPI2KeysThatDontHold(t *testing.T) {
	s := openEstate(t)
	owner := s.parties[0]
	both := everyScope
	s.addKey(canary+"-expired", berth.APIKey{UserID: buyer, Scopes: both, ExpiresAt: s.clock.Now() + berth.Second})
	s.addKey(canary+"-revoked", berth.APIKey{UserID: buyer, Scopes: both})
	s.addKey(canary+"-elsewhere", berth.APIKey{UserID: buyer, Scopes: both, Addresses: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}})
	for _, lacks := range everyScope {
		others := slices.DeleteFunc(slices.Clone(everyScope), func(scope berth.Scope) bool { return scope == lacks })
		s.addKey(canary+"-without-"+string(lacks), berth.APIKey{UserID: buyer, Scopes: others})
	}
	if _, err := s.desk.RevokeKey(context.Background(), s.keys[canary+"-revoked"].ID); err != nil {
		t.Fatal(err)
	}
	s.clock.advance(2 * time.Second)
	generated := berth.KeyValue([32]byte{7})
	bad := map[string]http.Header{
		"none":                nil,
		"empty":               {"X-Api-Key": {""}},
		"unknown":             {"X-Api-Key": {canary + "-nobody's"}},
		"unknown, plausible":  {"X-Api-Key": {generated}},
		"a wrong checksum":    {"X-Api-Key": {generated[:len(generated)-1] + "9"}},
		"endless":             {"X-Api-Key": {strings.Repeat(buyerKey, 500)}},
		"part of one":         {"X-Api-Key": {buyerKey[:len(buyerKey)-1]}},
		"more than one":       {"X-Api-Key": {buyerKey + "x"}},
		"two of them":         {"X-Api-Key": {buyerKey, strangers}},
		"two in one":          {"X-Api-Key": {buyerKey + ", " + strangers}},
		"the hash of one":     {"X-Api-Key": {berth.HashKey(buyerKey)}},
		"the id of one":       {"X-Api-Key": {s.keys[buyerKey].ID}},
		"expired":             {"X-Api-Key": {canary + "-expired"}},
		"revoked":             {"X-Api-Key": {canary + "-revoked"}},
		"as bearer":           {"Authorization": {"Bearer " + buyerKey}},
		"as basic":            {"Authorization": {"Basic " + buyerKey}},
		"as cookie":           {"Cookie": {"x-api-key=" + buyerKey}},
		"under another name":  {"Api-Key": {buyerKey}, "X-Api-Token": {buyerKey}, "X-Auth-Token": {buyerKey}},
		"as content type":     {"Content-Type": {buyerKey}},
		"for a trusted proxy": {"X-Remote-User": {buyer}, "X-Forwarded-User": {buyer}, "X-Forwarded-For": {"127.0.0.1"}},
	}
	for _, a := range keyedRoutes(t) {
		before := s.books()
		request := s.as(owner).request(a.route, s.fill(a.good[0], owner), false)
		messages := map[string]bool{}
		for name, header := range bad {
			attempt := request
			attempt.key, attempt.header = "", header
			got := s.do(attempt)
			checkError(t, a.path+" with a key that is "+name, got, 401, berth.Unauthorized, "")
			messages[text(got.json["message"])] = true
		}
		attempt := request
		attempt.key, attempt.header = "", nil
		attempt.path += map[bool]string{true: "&", false: "?"}[strings.Contains(attempt.path, "?")] + "x-api-key=" + buyerKey + "&api_key=" + buyerKey
		checkError(t, a.path+" with a key in the query", s.do(attempt), 401, berth.Unauthorized, "")
		if len(messages) != 1 {
			t.Errorf("%s: the words tell what is wrong with a key: %v", a.path, messages)
		}
		for key, want := range map[string]string{canary + "-elsewhere": "from this address", canary + "-without-" + string(a.scope): "lacks the scope"} {
			attempt := request
			attempt.key = key
			got := s.do(attempt)
			checkError(t, a.path+" with the key "+key, got, 403, berth.Forbidden, "")
			if !strings.Contains(text(got.json["message"]), want) {
				t.Errorf("%s: got %s, want a word about %s", a.path, got.raw, want)
			}
			attempt.header = http.Header{"X-Forwarded-For": {"198.51.100.7"}, "X-Real-Ip": {"198.51.100.7"}, "Forwarded": {"for=198.51.100.7"}}
			checkError(t, a.path+" with a made-up address", s.do(attempt), 403, berth.Forbidden, "")
		}
		if s.books() != before {
			t.Errorf("%s: what was refused changed something", a.path)
		}
	}
}

// A suspended user's keys change nothing, neither for that user nor for a sub-account, nor do the parent's keys for a
// suspended sub-account.
func TestAPI2SuspendedUsers(t *testing.T) {
	const parent, sub = 0, 1
	for _, tt := range []struct {
		name                     string
		suspended, asks, forWhom int
	}{
		{"a suspended user", parent, parent, parent},
		{"a suspended parent for its sub-account", parent, parent, sub},
		{"a suspended sub-account", sub, sub, sub},
		{"a parent for its suspended sub-account", sub, parent, sub},
	} {
		s := openEstate(t)
		if _, err := s.desk.SuspendUser(context.Background(), s.parties[tt.suspended].user, true); err != nil {
			t.Fatal(err)
		}
		s.clock.advance(time.Second)
		before := s.books()
		for _, a := range keyedRoutes(t) {
			for _, good := range a.good {
				got := s.as(s.parties[tt.asks]).try(a.route, s.fill(good, s.parties[tt.forWhom]), false)
				if a.scope != berth.ScopeRead {
					checkError(t, tt.name+" asks "+a.path, got, 403, berth.Forbidden, "")
				} else if got.status != 200 {
					t.Errorf("%s asks %s: got %d %s, want reads to go on", tt.name, a.path, got.status, got.raw)
				}
			}
		}
		if s.books() != before {
			t.Errorf("%s: what was refused changed something", tt.name)
		}
	}
}

// API5:2023 broken function level authorization. What operators do isn't reachable over HTTP at all: this package
// calls none of the desk's functions for it. Nor does it write into the store by itself.
func TestAPI5OperatorsFunctions(t *testing.T) {
	// And Place and Change, which come through Options.
	allowed := []string{"Quote", "Reveal", "SetAutoRenew", "OpenConsole", "Usage", "DiskSize", "Session", "RotatePassword", "ChangePrefix", "ClearTrip"}
	var functions []string
	desk := reflect.TypeFor[*berth.Desk]()
	for i := range desk.NumMethod() {
		functions = append(functions, desk.Method(i).Name)
	}
	if len(functions) < 15 {
		t.Fatalf("the desk has the functions %v: are these still all?", functions)
	}
	writers := []string{"Write"}
	files := 0
	for name, file := range parsed(t) {
		files++
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, _ := s.X.(*ast.SelectorExpr)
			switch {
			case of != nil && of.Sel.Name == "Desk" && slices.Contains(functions, s.Sel.Name) && !slices.Contains(allowed, s.Sel.Name):
				t.Errorf("%s calls Desk.%s, which isn't for clients", name, s.Sel.Name)
			case of != nil && (of.Sel.Name == "Store" || of.Sel.Name == "rows") && slices.Contains(writers, s.Sel.Name):
				t.Errorf("%s writes into the store", name)
			case of == nil && slices.Contains(functions, s.Sel.Name) && s.Sel.Name != "Place" && !slices.Contains(allowed, s.Sel.Name):
				t.Errorf("%s: %s is the name of an operator's function", name, s.Sel.Name)
			}
			return true
		})
	}
	if files < 10 {
		t.Errorf("only %d files were looked at", files)
	}
}

// parsed are the files of this package that aren't tests.
func parsed(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// A superuser's flag, a parent's place or an operator's word give a key nothing: there are three scopes and no others.
func TestAPI5NoSuperuser(t *testing.T) {
	s := openEstate(t)
	super := s.parties[0] // the flag is set, see shop.stock
	if u, _, err := s.desk.Store.User(context.Background(), super.user); err != nil || !u.Superuser {
		t.Fatalf("the buyer is no superuser any more: %v", err)
	}
	before := s.books()
	for _, path := range []string{
		"/API/users/create", "/API/users/suspend", "/API/users/list", "/API/keys/create", "/API/keys/list", "/API/keys/revoke",
		"/API/wallet/credit", "/API/wallet/debit", "/API/recharge", "/API/catalogue/apply", "/API/orders/resolve", "/API/orders/refund",
		"/API/orders/retry", "/API/admin", "/admin", "/API/config", "/API/secrets", "/API/verify", "/API/on_payment_status",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			got := s.do(ask{method: method, path: path, key: super.key, body: `{"user_id":"` + buyer + `","amount":"1000.00"}`})
			checkError(t, method+" "+path, got, 404, berth.NotFound, "")
		}
	}
	for _, a := range keyedRoutes(t) {
		attempt := s.as(super).request(a.route, s.fill(a.good[0], super), false)
		for _, header := range []string{"X-Http-Method-Override", "X-Original-Url", "X-Rewrite-Url", "X-Admin", "X-Superuser", "X-Scope", "X-User-Id"} {
			attempt.header.Set(header, "/API/wallet/credit")
		}
		attempt.key = readKey
		got := s.do(attempt)
		if a.scope != berth.ScopeRead {
			checkError(t, a.path+" with a key for reading", got, 403, berth.Forbidden, "")
		}
		if !slices.Contains(everyScope, a.scope) {
			t.Errorf("%s has the scope %s, which these tests don't know", a.path, a.scope)
		}
	}
	if s.books() != before {
		t.Error("what was refused changed something")
	}
	foreign := s.as(super).try(route{method: "GET", path: infoUser}, map[string]any{"user_id": stranger}, false)
	checkError(t, "a superuser asks for a stranger", foreign, 403, berth.Forbidden, "user_id")
}
