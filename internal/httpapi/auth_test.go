package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

func TestPresentedKey(t *testing.T) {
	tests := []struct {
		values []string
		want   string
	}{
		{nil, ""},
		{[]string{"k"}, "k"},
		{[]string{" \tk  "}, "k"},
		{[]string{"a b"}, "a b"},
		{[]string{"k", "k "}, "k"},
		{[]string{"k", "l"}, ""},
		{[]string{"k", ""}, ""},
		{[]string{""}, ""},
		{[]string{"  "}, ""},
	}
	for _, tt := range tests {
		if got := presentedKey(tt.values); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.values, got, tt.want)
		}
	}
}

// Whatever is wrong with a key, the answer is the same.
func TestUnauthorized(t *testing.T) {
	s := openShop(t)
	good := berth.KeyValue([32]byte{1, 2, 3})
	s.addKey(good, berth.APIKey{UserID: buyer, Scopes: []berth.Scope{berth.ScopeRead}})
	s.addKey("expiring", berth.APIKey{UserID: buyer, Scopes: []berth.Scope{berth.ScopeRead}, ExpiresAt: s.clock.Now() + berth.Hour})
	s.addKey("to be revoked", berth.APIKey{UserID: buyer, Scopes: []berth.Scope{berth.ScopeRead}})
	for _, key := range []string{good, "expiring", "to be revoked", " " + good + "\t"} {
		if got := s.do(ask{method: "GET", path: listPlan, key: key}); got.status != 200 {
			t.Fatalf("%q: got %d %s, want 200", key, got.status, got.raw)
		}
	}
	if _, err := s.desk.RevokeKey(context.Background(), s.keys["to be revoked"].ID); err != nil {
		t.Fatal(err)
	}
	s.clock.advance(2 * time.Hour)
	messages := map[string]bool{}
	for name, values := range map[string][]string{
		"none":                nil,
		"empty":               {""},
		"blank":               {"  "},
		"unknown":             {"nobody's key"},
		"unknown with prefix": {good[:len(good)-1] + "b"},
		"too long":            {fmt.Sprintf("%0300d", 1)},
		"two different":       {buyerKey, readKey},
		"expired":             {"expiring"},
		"revoked":             {"to be revoked"},
		"of other case":       {"YOUR_API_KEY_HERE"},
	} {
		got := s.do(ask{method: "GET", path: listPlan, header: http.Header{"X-Api-Key": values}})
		checkError(t, name, got, 401, berth.Unauthorized, "")
		messages[text(got.json["message"])] = true
	}
	if len(messages) != 1 {
		t.Errorf("the texts differ: %v", messages)
	}
	for name, a := range map[string]ask{
		"query":  {method: "GET", path: listPlan + "?x-api-key=" + buyerKey + "&api_key=" + buyerKey},
		"bearer": {method: "GET", path: listPlan, header: http.Header{"Authorization": {"Bearer " + buyerKey}}},
		"cookie": {method: "GET", path: listPlan, header: http.Header{"Cookie": {"x-api-key=" + buyerKey}}},
		"body":   {method: "POST", path: calculate, body: `{"x-api-key":"` + buyerKey + `"}`},
	} {
		checkError(t, name, s.do(a), 401, berth.Unauthorized, "")
	}
	for _, path := range []string{"/healthz", "/readyz", "/docs", "/openapi.json"} {
		if got := s.do(ask{method: "GET", path: path}); got.status != 200 {
			t.Errorf("%s without a key: got %d", path, got.status)
		}
	}
}

// A revoked key and a suspended user are refused within a second; reads go on for a suspended user.
func TestRevocationAndSuspension(t *testing.T) {
	s := openShop(t)
	order := func(user string) reply {
		return s.post(createOrder, `{"user_id":"`+user+`","plan_id":"5","os_image_id":"13"}`)
	}
	suspend := func(user string, yes bool) {
		if _, err := s.desk.SuspendUser(context.Background(), user, yes); err != nil {
			t.Fatal(err)
		}
		s.clock.advance(time.Second)
	}
	s.credit(subUser, 10000)
	if got := order(buyer); got.status != 200 {
		t.Fatal(got.raw)
	}
	suspend(buyer, true)
	checkError(t, "suspended", order(buyer), 403, berth.Forbidden, "")
	checkError(t, "for a sub-account", order(subUser), 403, berth.Forbidden, "")
	if got := s.get(listOrder + "?user_id=" + buyer); got.status != 200 {
		t.Errorf("a suspended user's read: got %d %s", got.status, got.raw)
	}
	if got := s.get(infoUser + "?user_id=" + buyer); got.at("user", "isActive") != 0.0 {
		t.Errorf("isActive is %v, want 0", got.at("user", "isActive"))
	}
	suspend(buyer, false)
	suspend(subUser, true)
	checkError(t, "suspended sub-account", order(subUser), 403, berth.Forbidden, "")
	if got := order(buyer); got.status != 200 {
		t.Errorf("after the suspension: got %d %s", got.status, got.raw)
	}
	if _, err := s.desk.RevokeKey(context.Background(), s.keys[buyerKey].ID); err != nil {
		t.Fatal(err)
	}
	s.clock.advance(time.Second)
	checkError(t, "revoked", order(buyer), 401, berth.Unauthorized, "")
}

func TestScopesAndAddresses(t *testing.T) {
	s := openShop(t)
	s.addKey("orders only", berth.APIKey{UserID: buyer, Scopes: []berth.Scope{berth.ScopeOrder}})
	s.addKey("from home", berth.APIKey{UserID: buyer, Scopes: []berth.Scope{berth.ScopeRead},
		Addresses: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/32")}})
	for _, r := range routes() {
		if r.scope == open {
			continue
		}
		for key, scope := range map[string]berth.Scope{readKey: berth.ScopeRead, "orders only": berth.ScopeOrder} {
			got := s.do(ask{method: r.method, path: r.path, key: key})
			if refused := got.status == 403; refused == (scope == r.scope) {
				t.Errorf("%s with scope %s: got %d %s", r.path, scope, got.status, got.raw)
			}
			if got.status == 403 {
				checkError(t, r.path, got, 403, berth.Forbidden, "")
			}
		}
	}
	for from, want := range map[string]int{"198.51.100.7": 200, "198.51.101.7": 403, "[2001:db8::1]": 200, "[2001:db9::1]": 403, "[::ffff:198.51.100.7]": 200} {
		if got := s.do(ask{method: "GET", path: listPlan, key: "from home", from: from}); got.status != want {
			t.Errorf("from %s: got %d, want %d", from, got.status, want)
		}
	}
}

// A key acts for its user and the sub-accounts, each paying from the own wallet.
func TestSubAccounts(t *testing.T) {
	s := openShop(t)
	s.credit(subUser, 5000)
	got := s.post(createOrder, `{"user_id":"`+subUser+`","plan_id":"5","os_image_id":"13"}`)
	if got.status != 200 || got.json["balance_before"] != "50.00" || got.at("data", "username") != "sub_user" {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
	if balance := s.balance(buyer); balance != "3396.52" {
		t.Errorf("the parent's balance is %s", balance)
	}
	id := text(got.json["order_id"])
	for _, query := range []string{"?order_id=" + id, "?order_id=" + id + "&user_id=" + subUser, "?user_id=" + subUser} {
		list, _ := s.get(listOrder + query).json["data"].([]any)
		if len(list) != 1 || list[0].(map[string]any)["username"] != "sub_user" {
			t.Errorf("list_order%s: got %v", query, list)
		}
	}
	if got := s.get(detailServer + "?id=" + text(got.at("server_status", "new_id"))); got.at("data", "owner_id") != subUser {
		t.Errorf("detail_server: got %s", got.raw)
	}
	// The sub-account's own key doesn't act for its parent.
	s.addKey("of the sub-account", berth.APIKey{UserID: subUser, Scopes: []berth.Scope{berth.ScopeRead}})
	checkError(t, "for the parent", s.do(ask{method: "GET", path: infoUser + "?user_id=" + buyer, key: "of the sub-account"}), 403, berth.Forbidden, "user_id")
}

func TestFailedKeysAreLimitedByAddress(t *testing.T) {
	s := openShop(t, func(o *settings) { o.options.FailedKeysPerMinute = 3 })
	try := func(from, key string) reply { return s.do(ask{method: "GET", path: listPlan, key: key, from: from}) }
	if got := try("192.0.2.1", buyerKey); got.status != 200 {
		t.Fatal(got.raw)
	}
	for i := range 3 {
		checkError(t, "wrong", try("192.0.2.1", fmt.Sprint("wrong", i)), 401, berth.Unauthorized, "")
	}
	limited := try("192.0.2.1", "wrong again")
	checkError(t, "limited", limited, 429, berth.RateLimited, "")
	if got := limited.header.Get("Retry-After"); got != "20" {
		t.Errorf("Retry-After is %s, want 20: three a minute", got)
	}
	// A key that was good before is still served there; any key is served elsewhere.
	if got := try("192.0.2.1", buyerKey); got.status != 200 {
		t.Errorf("a known key: got %d", got.status)
	}
	if got := try("192.0.2.2", readKey); got.status != 200 {
		t.Errorf("another address: got %d", got.status)
	}
	s.clock.advance(20 * time.Second)
	checkError(t, "after the wait", try("192.0.2.1", "wrong"), 401, berth.Unauthorized, "")
	checkError(t, "and again", try("192.0.2.1", "wrong"), 429, berth.RateLimited, "")
	// Of IPv6 a whole /64 counts as one address.
	for i := range 3 {
		checkError(t, "IPv6", try(fmt.Sprintf("[2001:db8::%d]", i+1), "wrong"), 401, berth.Unauthorized, "")
	}
	checkError(t, "IPv6 neighbour", try("[2001:db8::99]", "wrong"), 429, berth.RateLimited, "")
	checkError(t, "another IPv6 network", try("[2001:db8:1::1]", "wrong"), 401, berth.Unauthorized, "")
}

func TestRatePerKey(t *testing.T) {
	s := openShop(t, func(o *settings) { o.options.RatePerKey, o.options.BurstPerKey = 2, 3 })
	for range 3 {
		if got := s.get(listPlan); got.status != 200 {
			t.Fatal(got.raw)
		}
	}
	got := s.get(listPlan)
	checkError(t, "limited", got, 429, berth.RateLimited, "")
	if after := got.header.Get("Retry-After"); after != "1" {
		t.Errorf("Retry-After is %s, want 1", after)
	}
	if got := s.do(ask{method: "GET", path: listPlan, key: readKey}); got.status != 200 {
		t.Errorf("another key: got %d", got.status)
	}
	s.clock.advance(500 * time.Millisecond)
	if got := s.get(listPlan); got.status != 200 {
		t.Errorf("half a second later: got %d", got.status)
	}
}

func TestLimiterForgets(t *testing.T) {
	l := newLimiter[int](1, 2)
	for i := range maxBuckets + 100 {
		if _, ok := l.take(i, 0); !ok {
			t.Fatalf("the first token of %d was refused", i)
		}
	}
	if n := len(l.buckets); n > maxBuckets {
		t.Errorf("it remembers %d buckets, want %d at most", n, maxBuckets)
	}
	var none *limiter[int]
	for range 100 {
		if _, ok := none.take(1, 0); !ok {
			t.Fatal("no limit refused")
		}
	}
}

func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:1", nil, "192.0.2.1"},
		{"192.0.2.1:1", []string{"198.51.100.1"}, "192.0.2.1"}, // not from a proxy
		{"10.0.0.1:1", nil, "10.0.0.1"},
		{"10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"}, // the left one is made up
		{"10.0.0.1:1", []string{"203.0.113.9", "198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"198.51.100.1, 10.2.3.4"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"10.9.9.9, 10.2.3.4"}, "10.9.9.9"},
		{"10.0.0.1:1", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"198.51.100.1, unknown, 10.2.3.4"}, "10.2.3.4"},
		{"10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"[fd00::1]:1", []string{"2001:db8::7"}, "2001:db8::7"},
		{"[fd00::1]:1", []string{"[2001:db8::7]:80"}, "2001:db8::7"},
		{"[fd00::1]:1", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"[fe80::1%eth0]:1", nil, "fe80::1"},
		{"@", nil, "invalid IP"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = tt.remote, tt.forwarded
		if got := clientAddress(r, proxies).String(); got != tt.want {
			t.Errorf("%s and %q: got %s, want %s", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}

func TestCache(t *testing.T) {
	var now int64 = 1
	var loads int
	var answer error
	c := newCache(func() int64 { return now }, func(_ context.Context, key string) (string, bool, error) {
		loads++
		return "value of " + key, key != "absent", answer
	})
	find := func(key string) (string, bool, error) { return c.find(context.Background(), key) }
	check := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	for range 3 {
		v, ok, err := find("a")
		check("value", v, "value of a")
		check("ok", ok && err == nil, true)
	}
	check("loads within a second", loads, 1)
	now += freshFor
	find("a")
	check("loads after a second", loads, 2)
	now -= 10 * berth.Second
	find("a")
	check("loads after the clock was set back", loads, 3)
	for range 2 {
		_, ok, _ := find("absent")
		check("absent", ok, false)
	}
	check("loads of what is absent", loads, 5)
	check("knows a", c.knows("a"), true)
	check("knows what is absent", c.knows("absent"), false)

	answer = errors.New("away")
	now += freshFor
	for range 3 {
		_, ok, err := find("a")
		check("error", !ok && err == answer, true)
	}
	check("loads of what failed", loads, 6)
	now += failedFor
	answer = nil
	_, ok, err := find("a")
	check("after the failure", ok && err == nil, true)

	for i := range maxCached + 10 {
		find(fmt.Sprint(i))
	}
	if n := len(c.cells); n > maxCached {
		t.Errorf("it keeps %d rows, want %d at most", n, maxCached)
	}
}

// A row with a mark is kept for as long as the mark stays, and no longer than keptFor.
func TestCacheByMark(t *testing.T) {
	var now int64 = 1
	var rows, marks int
	var mark string
	var away error
	c := newMarked(func() int64 { return now }, func(_ context.Context, name string) (string, bool, error) {
		marks++
		return mark, mark != "", away
	}, func(context.Context, string) (int, bool, error) {
		rows++
		return rows, true, nil
	})
	tests := []struct {
		name        string
		after       int64
		mark        string
		away        error
		rows, marks int // read so far
	}{
		{"at first", 0, "", nil, 1, 1},
		{"at once again", freshFor - 1, "", nil, 1, 1},
		{"a second later", 1, "", nil, 1, 2},
		{"changed, and not yet looked", 1, "a", nil, 1, 2},
		{"changed, a second later", freshFor, "a", nil, 2, 3},
		{"the same a minute later", keptFor - 1, "a", nil, 2, 4},
		{"the same for too long", 1, "a", nil, 3, 4},
		{"the database away", freshFor, "a", errors.New("away"), 3, 5},
		{"the clock set back", -2 * freshFor, "a", nil, 4, 6},
	}
	for _, tt := range tests {
		now, mark, away = now+tt.after, tt.mark, tt.away
		got, ok, err := c.find(context.Background(), "a")
		if err != tt.away || ok != (tt.away == nil) || ok && got != tt.rows {
			t.Errorf("%s: got %d, %v, %v", tt.name, got, ok, err)
		}
		if rows != tt.rows || marks != tt.marks {
			t.Errorf("%s: read %d rows and %d marks, want %d and %d", tt.name, rows, marks, tt.rows, tt.marks)
		}
	}
}

// Those who want the same row at once share one load, and its end isn't that of the request that began it.
func TestCacheLoadsOnce(t *testing.T) {
	var mu sync.Mutex
	loads := 0
	release := make(chan struct{})
	c := newCache(func() int64 { return 1 }, func(ctx context.Context, _ string) (int, bool, error) {
		mu.Lock()
		loads++
		mu.Unlock()
		<-release
		return 7, true, ctx.Err()
	})
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if v, ok, err := c.find(gone, "a"); v != 7 || !ok || err != nil {
				t.Errorf("got %d, %v, %v", v, ok, err)
			}
		})
	}
	close(release)
	all.Wait()
	if loads != 1 {
		t.Errorf("it was loaded %d times", loads)
	}
}

// The database away is neither a wrong key nor a fault of the client.
func TestKeysWithoutDatabase(t *testing.T) {
	s := openShop(t)
	away := berth.Errorf(berth.Unavailable, "The database doesn't answer.").Because(errors.New("connection refused"))
	rows := failingReader{s.desk.Store, away}
	desk := *s.desk
	desk.Store = rows
	s.handler = New(Options{Desk: &desk, Place: s.worker.Place, Ready: func(context.Context) error { return away }, Log: s.slog()})
	checkError(t, "key", s.get(listPlan), 503, berth.Unavailable, "")
	ready := s.do(ask{method: "GET", path: "/readyz"})
	checkError(t, "readyz", ready, 503, berth.Unavailable, "")
	if got := s.do(ask{method: "GET", path: "/healthz"}); got.status != 200 {
		t.Errorf("healthz: got %d", got.status)
	}
	lines := s.log.lines(t)
	if cause := text(lines[0]["cause"]); cause != "connection refused" {
		t.Errorf("logged cause %q", cause)
	}
}

type failingReader struct {
	berth.Store
	err error
}

func (f failingReader) KeyByHash(context.Context, string) (berth.APIKey, bool, error) {
	return berth.APIKey{}, false, f.err
}
