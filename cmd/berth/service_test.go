package main

import (
	"strings"
	"testing"
)

func TestServices(t *testing.T) {
	shop := sqliteShop(t)
	s := shop.serve(nil)
	id, _ := shop.order(s, "box").body["order_id"].(string)
	other, _ := shop.order(s, "other").body["order_id"].(string)
	show := func() serviceStateView {
		return decoded[serviceStateView](t, nil, "service", "show", id, "--db", shop.db)
	}
	if got := show(); got.Status != "active" || got.UserID != demoUser || got.DueAt == nil || got.ExpiresAt == nil || got.Price != "12.99" || got.Held != "" {
		t.Errorf("got %+v", got)
	}
	for _, c := range []struct {
		args []string
		want int
	}{{nil, 2}, {[]string{"--user", demoUser}, 2}, {[]string{"--user", "nobody"}, 0}, {[]string{"--due"}, 0}, {[]string{"--limit", "1"}, 1}} {
		if list := decoded[[]serviceStateView](t, nil, append([]string{"service", "list", "--db", shop.db}, c.args...)...); len(list) != c.want {
			t.Errorf("%v: got %d services, want %d", c.args, len(list), c.want)
		}
	}
	for _, step := range []struct{ do, status, held string }{
		{"suspend", "suspended", "operator"}, {"resume", "active", ""}, {"delete", "terminated", ""},
	} {
		text := must(t, nil, "service", step.do, id, "--db", shop.db)
		if !strings.Contains(text, "A running server is to "+step.do) {
			t.Errorf("%s: got %q", step.do, text)
		}
		await(t, step.do, func() bool {
			got := show()
			return got.Status == step.status && got.Held == step.held && got.Task == ""
		})
	}
	if got := show(); got.DueAt != nil {
		t.Errorf("deleted, but looked at again: %+v", got)
	}
	table := must(t, nil, "service", "list", "--db", shop.db) + must(t, nil, "service", "show", other, "--db", shop.db)
	for _, want := range []string{"ID", "EXPIRES", "terminated", "other", "looked at next", "renews itself"} {
		if !strings.Contains(table, want) {
			t.Errorf("got\n%s\nwant %q in it", table, want)
		}
	}
	await(t, "the end of the service in the list of events, with its id", func() bool {
		for _, line := range strings.Split(must(t, nil, "event", "list", "--db", shop.db), "\n") {
			if strings.Contains(line, "service.terminated") {
				return strings.Contains(line, id)
			}
		}
		return false
	})
	must(t, nil, "pool", "add", "private-asns", "--kind", "asn", "--numbers", "4200000100-4200000199", "--db", shop.db)
	must(t, nil, "pool", "add", "peer-links", "--kind", "link", "--cidr", "10.99.0.0/24", "--db", shop.db)
	network, _ := s.post(networkPath, networkOrder, "x-api-key", shop.key).body["id"].(string)
	for _, c := range []struct{ do, id, want string }{
		{"show", "nothing", "no service with this id"}, {"suspend", "nothing", "no service with this id"},
		{"resume", id, "terminated already"}, {"delete", id, "terminated already"},
	} {
		if r := call(t, nil, "service", c.do, c.id, "--db", shop.db); r.code != exitFailed || !strings.Contains(r.err, c.want) {
			t.Errorf("%s %s: got exit code %d and %q, want %q", c.do, c.id, r.code, r.err, c.want)
		}
	}
	// A network is held in the same way, as for an abuse.
	must(t, nil, "service", "suspend", network, "--db", shop.db)
	await(t, "the network's suspension", func() bool {
		got := decoded[serviceStateView](t, nil, "service", "show", network, "--db", shop.db)
		return got.Status == "suspended" && got.Held == "operator"
	})
	if r := call(t, nil, "service", "list", "--limit", "0", "--db", shop.db); r.code != exitUsage {
		t.Errorf("a limit of none: got exit code %d", r.code)
	}
	must(t, nil, "verify", "--db", shop.db)
}
