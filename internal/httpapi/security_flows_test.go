package httpapi

import (
	"context"
	"fmt"
	"go/ast"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// race sends requests at the same time, and counts the answers by status.
func (e *estate) race(n int, request func(i int) ask) (statuses map[int]int, answers []reply) {
	e.t.Helper()
	answers = make([]reply, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			answers[i] = e.do(request(i))
		})
	}
	close(start)
	all.Wait()
	statuses = map[int]int{}
	for _, a := range answers {
		statuses[a.status]++
	}
	return statuses, answers
}

// runners is how many requests a race has.
const runners = 40

// API6:2023 unrestricted access to sensitive business flows. Requests that race each other get no more than one after
// the other: a wallet pays what is in it, the last one in stock is sold once, and a key makes one order.
func TestAPI6Races(t *testing.T) {
	s := openEstate(t, func(o *settings) { o.policy.Patience = 60 * berth.Second })
	poor, rich := s.parties[1], s.parties[0] // of the sub-account's 1,000.00 an order took 12.99 and a network 100.00
	create := route{method: "POST", path: createOrder}

	s.asking = poor
	got, _ := s.race(runners, func(i int) ask {
		return s.request(create, map[string]any{"user_id": poor.user, "plan_id": "5", "os_image_id": "13", "hours": "10080"}, i%2 == 0) // 181.86
	})
	if want := map[int]int{200: 4, 402: runners - 4}; !maps.Equal(got, want) {
		t.Errorf("overdraft: got %v, want %v", got, want)
	}
	if got := s.balance(poor.user); got != "159.57" {
		t.Errorf("overdraft: the balance is %s, want 159.57", got)
	}
	s.asking = rich
	got, _ = s.race(runners, func(int) ask {
		return s.request(create, map[string]any{"user_id": rich.user, "plan_id": "8", "os_image_id": "13"}, false)
	})
	if want := map[int]int{200: 1, 409: runners - 1}; !maps.Equal(got, want) {
		t.Errorf("the last in stock: got %v, want %v", got, want)
	}
	before := s.balance(rich.user)
	_, answers := s.race(runners, func(int) ask {
		a := s.request(create, map[string]any{"user_id": rich.user, "plan_id": "5", "os_image_id": "13"}, false)
		a.header["Idempotency-Key"] = []string{"once"}
		return a
	})
	orders := map[string]bool{}
	for _, a := range answers {
		if a.status == 200 {
			orders[text(a.json["order_id"])] = true
		} else if a.code() != string(berth.InProgress) {
			t.Errorf("one key: got %d %s, want the order or in_progress", a.status, a.raw)
		}
	}
	if len(orders) != 1 || minor(t, before)-minor(t, s.balance(rich.user)) != 1299 {
		t.Errorf("one key made the orders %v, and the balance went from %s to %s", orders, before, s.balance(rich.user))
	}
	// Extensions of one server all count, each once; a change of plan keeps others out while it is under way.
	before = s.balance(rich.user)
	expiry := s.expiry(rich.server)
	got, _ = s.race(runners, func(int) ask {
		return s.request(create, map[string]any{"user_id": rich.user, "server_id": rich.server, "hours": "720"}, false)
	})
	if paid := minor(t, before) - minor(t, s.balance(rich.user)); got[200] != runners || paid != runners*1299 || s.expiry(rich.server)-expiry != runners*720*berth.Hour {
		t.Errorf("extensions: got %v, paid %d, and the expiry moved by %d hours", got, paid, (s.expiry(rich.server)-expiry)/berth.Hour)
	}
	got, _ = s.race(runners, func(int) ask {
		return s.request(create, map[string]any{"user_id": rich.user, "server_id": rich.server, "plan_id": "7", "hours": "1"}, false)
	})
	if got[200]+got[409] != runners || got[200] == 0 { // those that come later extend
		t.Errorf("changes of plan: got %v", got)
	}
	s.proved()
}

// expiry is a server's.
func (e *estate) expiry(server string) int64 {
	e.t.Helper()
	v, ok, err := e.desk.Store.Service(context.Background(), server)
	if err != nil || !ok {
		e.t.Fatal(ok, err)
	}
	return v.ExpiresAt
}

func minor(t *testing.T, amount string) int64 {
	t.Helper()
	n, err := berth.ParseMinor(amount)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Money comes back once, and only from what was paid: neither a repeat nor an order that costs nothing mints any.
func TestAPI6NoMoneyIsMade(t *testing.T) {
	s := openEstate(t)
	owner := s.parties[0]
	create := route{method: "POST", path: createOrder}
	before := s.balance(buyer)
	for _, good := range []string{
		`{"user_id":"USER","plan_id":"5","os_image_id":"13","name_server":"sim-refuse","amount":"-100"}`,
		`{"user_id":"USER","plan_id":"5","os_image_id":"13","name_server":"sim-refuse","hours":"87600"}`,
	} {
		request := s.as(owner).request(create, s.fill(good, owner), false)
		request.header["Idempotency-Key"] = []string{good}
		for range 5 {
			if got := s.do(request); got.status != 502 {
				t.Errorf("%s: got %d %s, want the provider's refusal", good, got.status, got.raw)
			}
		}
	}
	if got := s.balance(buyer); got != before {
		t.Errorf("refunds changed the balance from %s to %s", before, got)
	}
	// The smallest orders cost something, forwards and backwards.
	for range 10 {
		s.as(owner).try(create, s.fill(`{"user_id":"USER","server_id":"SERVER","plan_id":"7","hours":"1"}`, owner), false)
		s.as(owner).try(create, s.fill(`{"user_id":"USER","server_id":"SERVER","plan_id":"5","hours":"1"}`, owner), false)
		after := s.balance(buyer)
		if minor(t, after) >= minor(t, before) {
			t.Errorf("the balance went from %s to %s", before, after)
		}
		before = after
	}
	s.proved()
}

// API7:2023 server side request forgery: no parameter and no header makes Berth call anybody. There is nothing in this
// package that could, and nothing does.
func TestAPI7NothingIsFetched(t *testing.T) {
	callers := map[string][]string{
		"http": {"Get", "Post", "PostForm", "Head", "Client", "DefaultClient", "Transport", "DefaultTransport", "NewRequest", "NewRequestWithContext", "Redirect"},
		"net":  {"Dial", "DialTimeout", "DialTCP", "Dialer", "LookupHost", "LookupIP", "LookupAddr", "Resolver"},
		"exec": {"Command", "CommandContext"},
		"os":   {"Open", "ReadFile", "Create", "WriteFile", "OpenFile"},
	}
	for name, file := range parsed(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if of, ok := s.X.(*ast.Ident); ok && slices.Contains(callers[of.Name], s.Sel.Name) {
					t.Errorf("%s uses %s.%s", name, of.Name, s.Sel.Name)
				}
			}
			return true
		})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan struct{}, 1000)
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
			called <- struct{}{}
		}
	}()
	bait := "http://" + l.Addr().String() + "/bait"
	s := openEstate(t)
	for _, a := range keyedRoutes(t) {
		for name, sort := range a.knows {
			parameters := s.fill(a.good[0], s.parties[0])
			if sort == phrase || sort == secret || parameters[name] == nil {
				parameters[name] = bait
			}
			for _, more := range []string{"callback_url", "webhook", "url", "image_url", "redirect_uri"} {
				parameters[more] = bait
			}
			request := s.as(s.parties[0]).request(a.route, parameters, false)
			for _, header := range []string{"Host", "X-Forwarded-Host", "X-Forwarded-For", "Forwarded", "Referer", "Origin", "X-Callback-Url", "Location"} {
				request.header.Set(header, bait)
			}
			if got := s.do(request); got.header.Get("Location") != "" || got.status >= 500 {
				t.Errorf("%s with %s %s: got %d %v", a.path, name, bait, got.status, got.header)
			}
		}
	}
	l.Close()
	<-accepting
	if n := len(called); n > 0 {
		t.Errorf("%d connections were made to an address that a client gave", n)
	}
}

// poisons are answers of a provider that went mad, or was taken over.
var poisons = map[string]berth.Result{
	"control characters": {ProviderRef: "vm\x1b[2J\r\nX-Poison: 1", Address: "192.0.2.1"},
	"HTML as address":    {ProviderRef: "vm-poison", Address: "<script>poison()</script>"},
	"a script as link":   {ProviderRef: "vm-poison", LoginLink: "javascript:poison()"},
	"HTML in the link":   {ProviderRef: "vm-poison", LoginLink: `https://poison.example/"><script>`},
	"more metadata":      {ProviderRef: "vm-poison", Address: "192.0.2.1,password=poison"},
	"endless":            {ProviderRef: strings.Repeat("poison", 1<<20), Address: "192.0.2.1"},
	"a huge number":      {ProviderRef: "vm-poison", ServerNo: 1 << 62},
	"nothing":            {},
}

// API10:2023 unsafe consumption of APIs. What a provider answers is judged before it is kept or passed on: the client
// hears that the order goes on, nobody is refunded or served twice, and the log stays readable.
func TestAPI10ProviderAnswers(t *testing.T) {
	for name, result := range poisons {
		t.Run(name, func(t *testing.T) {
			s := openEstate(t, func(o *settings) { o.policy.Patience = berth.Second / 5 })
			owner := s.parties[0]
			s.gate.answer(berth.Outcome{Verdict: berth.Done, Result: result})
			before := s.balance(buyer)
			order := map[string]any{"user_id": buyer, "plan_id": "5", "application_id": "3", "name_server": "mine"}
			got := s.as(owner).try(route{method: "POST", path: createOrder}, order, false)
			if got.status != 200 || got.at("server_status", "status") != "provisioning" || got.at("server_status", "primary_ip") != nil {
				t.Errorf("got %d %s, want it provisioning", got.status, got.raw)
			}
			id := text(got.json["order_id"])
			seen := got.raw + s.get(listOrder+"?order_id="+id).raw + s.get(detailServer+"?id="+id).raw + s.books() + s.log.String() + s.rest.String()
			if len(seen) > 100_000 || strings.Contains(seen, "poison") || strings.ContainsAny(seen, "\x1b\r") {
				t.Errorf("%d bytes were kept, shown or logged, with the provider's own among them", len(seen))
			}
			if !strings.Contains(s.rest.String(), "the provider says that it is done, but") {
				t.Errorf("the log doesn't say what is wrong: %s", s.rest.String())
			}
			if paid := minor(t, before) - minor(t, s.balance(buyer)); paid != 1299 {
				t.Errorf("the order cost %d", paid)
			}
			s.gate.answerItself()
			s.clock.advance(time.Hour)
			taken, err := s.desk.Claim(context.Background(), []string{id})
			if err != nil || len(taken) != 1 {
				t.Fatal(taken, err)
			}
			receipt, err := s.desk.Settle(context.Background(), taken[0], s.desk.Fulfil(context.Background(), taken[0]))
			if err != nil || receipt.Order.State != berth.Completed {
				t.Errorf("once the provider is sane again: got %s, %v", receipt.Order.State, err)
			}
			s.proved()
		})
	}
}

// A provider that repeats the request it refuses doesn't bring the password into the log, nor anything else at length.
func TestAPI10ProviderReasons(t *testing.T) {
	s := openEstate(t)
	owner := s.parties[0]
	password := canary + "-of&root"
	s.gate.answer(berth.Outcome{Verdict: berth.Refused, Reason: fmt.Errorf("422 {\"rootPassword\":%q}\x1b[2J%s", password, strings.Repeat("x", 1<<20))})
	order := map[string]any{"user_id": buyer, "plan_id": "5", "os_image_id": "13", "password": password}
	got := s.as(owner).try(route{method: "POST", path: createOrder}, order, false)
	checkError(t, "refused", got, http.StatusBadGateway, berth.ProviderRefused, "")
	logged := s.log.String() + s.rest.String()
	if !strings.Contains(logged, "rootPassword") || strings.Contains(logged+got.raw, canary) || len(logged) > 20_000 || strings.Contains(logged, "\x1b") {
		t.Errorf("%d bytes were logged, or the password: %.2000s", len(logged), logged)
	}
	s.proved()
}
