package e2e

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/berth-host/berth/internal/edge/bird/lab"
)

// What customers do to a session and what becomes of it: steps of the tests in namespaces and on loopback.

// foreign has a customer announce what he didn't buy beside what he did. It's counted, and goes nowhere.
func (s *street) foreign(id string, was detail, customer *lab.Customer) {
	s.Helper()
	customer.BIRD(s.T, announcing(was.Config.BIRD, "198.51.100.0/24", "2001:db8:b000::/48"))
	s.within(10*time.Second, "one route accepted and one filtered", func() bool { return s.detail(id).routes(1, 1) })
	s.kernel("the bought prefixes alone", was.bought()...)
	if s.packets() && !s.pings(was.bought()...) {
		s.Error("the bought prefixes don't answer beside foreign ones")
	}
}

// tooMany are 20 prefixes of each family: the limit is 5.
func tooMany() (all []string) {
	for i := range 20 {
		all = append(all, fmt.Sprintf("198.51.%d.0/24", i), fmt.Sprintf("2001:db8:b0%02x::/48", i))
	}
	return all
}

// trip has a customer send more routes than his limit. The session stays shut whatever the edge is told of others, and comes
// back when it's let up again, once the customer has mended his router. It returns the other customer's order, who came
// meanwhile.
func (s *street) trip(id string, was detail, customer *lab.Customer) (other string, others detail) {
	s.Helper()
	customer.BIRD(s.T, announcing(was.Config.BIRD, tooMany()...))
	var first detail
	s.within(10*time.Second, "the limit shuts the session", func() bool { first = s.detail(id); return first.tripped() })
	s.kernel("no route of who sends too many")
	if s.packets() && s.pings(was.bought()...) {
		s.Error("the prefixes answer although the session is shut")
	}

	// Another order reconfigures the edge, and comes up, which takes longer than this one would.
	other, others = s.buy("net-1")
	s.wire(others).BIRD(s.T, others.Config.BIRD)
	s.up(other, others)
	if now := s.detail(id); !now.tripped() || !slices.Equal(now.since(), first.since()) {
		s.Errorf("after another order: got %s with %v, want it tripped as before: %v", now.State, now.Links, first.Links)
	}
	s.kernel("the other's routes alone", others.bought()...)

	s.clearTrip(id)
	later := func(now, before string) bool { return now > before }
	s.within(20*time.Second, "it trips again, since nothing has changed", func() bool {
		now := s.detail(id)
		return now.tripped() && slices.EqualFunc(now.since(), first.since(), later)
	})
	s.kernel("the other's routes alone still", others.bought()...)

	customer.BIRD(s.T, was.Config.BIRD)
	if now := s.detail(id); !now.tripped() {
		s.Errorf("the routes were withdrawn: got %s, want it tripped until somebody clears it", now.State)
	}
	s.clearTrip(id)
	s.up(id, was)
	others = s.detail(other)
	s.kernel("everybody's routes", append(was.bought(), others.bought()...)...)
	return other, others
}

func (s *street) clearTrip(id string) {
	s.Helper()
	var a struct{ Status, Code string }
	if got := s.ask("POST", "/API/networks/clear_trip", `{"id":"`+id+`"}`, &a); got != 200 || a.Status != "active" {
		s.Fatalf("clear_trip: got %d %+v", got, a)
	}
}

// runOut has a service expire, which its router is told, and brings it back with a payment. Nobody else notices.
func (s *street) runOut(id string, was detail, customer *lab.Customer, other string, others detail) {
	s.Helper()
	s.expire(id)
	s.suspended(id, "the suspension of who hasn't paid")
	for _, l := range was.Links {
		protocol := "upstream4"
		if strings.Contains(l.Yours, ":") {
			protocol = "upstream6"
		}
		s.within(10*time.Second, "the text at the customer's router", func() bool {
			return strings.Contains(customer.Ask(s.T, "show protocols all "+protocol), "order "+id+" expired, suspended")
		})
	}
	s.kernel("the other's routes alone", others.bought()...)
	if s.packets() && (s.pings(was.bought()...) || !s.pings(others.bought()...)) {
		s.Error("the suspended one answers, or the other doesn't")
	}
	s.renew(id)
	s.up(id, was)
	if now := s.detail(other); !now.routes(1, 0) || !slices.Equal(now.since(), others.since()) {
		s.Errorf("the other: got %s with %v, want it as it was: %v", now.State, now.Links, others.Links)
	}
}
