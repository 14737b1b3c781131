package e2e

import (
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth/internal/edge/bird/lab"
)

// TestNetworksAccess is who gets in at all: passwords, and prefixes of customers' own.
func TestNetworksAccess(t *testing.T) {
	t.Parallel()
	s := openStreet(t, edgeConfig)
	id, d := s.buy("net-2")
	customer := s.wire(d)
	customer.BIRD(t, strings.ReplaceAll(d.Config.BIRD, d.Password, "not-the-password"))
	s.barred(id, "a wrong password", customer)
	s.kernel("no route of who has a wrong password")
	customer.BIRD(t, d.Config.BIRD)
	s.up(id, d)
	d = s.rotate(id, d, customer)

	// One has a ROA, one a letter, and one nothing.
	const roa, letter, nothing = "185.1.1.0/24", "185.1.2.0/24", "185.1.3.0/24"
	for _, p := range []string{roa, letter, nothing} {
		customer.Host(t, netip.MustParsePrefix(p))
	}
	customer.BIRD(t, announcing(d.Config.BIRD, roa, letter, nothing))
	s.v4(id, "no foreign prefix passes", 1, 3)
	s.kernel("the bought prefixes alone", d.bought()...)

	if got := s.add(id, nothing, ""); got.status != 422 || got.Code != "invalid_parameter" {
		t.Errorf("no evidence: got %+v, want it refused", got)
	}
	if got := s.add(id, roa, ""); got.status != 200 || got.Status != "active" || got.of(roa) != (prefix{roa, "roa", "active"}) {
		t.Errorf("a ROA: got %+v, want it active", got)
	}
	s.v4(id, "a prefix with a ROA passes", 2, 2)
	s.kernel("the bought prefixes and the one with a ROA", append(d.bought(), roa)...)
	if got := s.add(id, letter, "LOA-7"); got.status != 200 || got.of(letter) != (prefix{letter, "letter", "pending"}) {
		t.Errorf("a letter: got %+v, want it pending", got)
	}
	if file, err := os.ReadFile(s.lab.Include); err != nil || strings.Contains(string(file), letter) || !strings.Contains(string(file), roa) {
		t.Errorf("the edge's filter has what a letter alone speaks for, or not the prefix with a ROA (%v)", err)
	}
	s.within(15*time.Second, "pings with a ROA", func() bool { return s.pings(append(d.bought(), roa)...) })
	if s.pings(letter) || s.pings(nothing) {
		t.Error("prefixes without evidence answer")
	}
	s.approve(id, letter)
	s.v4(id, "an approved letter lets it pass", 3, 1)
	s.kernel("all prefixes with evidence", append(d.bought(), roa, letter)...)
	// What the API returns now announces them by itself.
	customer.BIRD(t, s.detail(id).Config.BIRD)
	s.v4(id, "nothing else is announced", 3, 0)
	s.within(15*time.Second, "pings of all", func() bool { return s.pings(append(d.bought(), roa, letter)...) })
	s.proved("9999900.00")
}

// approve does as an operator would: reads the letter that waits, and approves what was read.
func (s *street) approve(id, prefix string) {
	s.Helper()
	var waiting []struct {
		Service string `json:"service_id"`
		Prefix  string
		Read    string
	}
	if err := json.Unmarshal([]byte(s.must(s.T, "--json", "service", "prefix", "list")), &waiting); err != nil {
		s.Fatal(err)
	}
	if len(waiting) != 1 || waiting[0].Service != id || waiting[0].Prefix != prefix {
		s.Fatalf("got %+v, want %s of %s alone to wait", waiting, prefix, id)
	}
	s.must(s.T, "service", "prefix", "approve", id, prefix, "--read", waiting[0].Read, "--by", "Ada")
}

// v4 waits for the routes of the IPv4 part, which are more than the other's.
func (s *street) v4(id, what string, accepted, filtered int64) {
	s.Helper()
	// A letter's approval comes from another process, and the edge is looked after every ten seconds.
	s.within(20*time.Second, what, func() bool {
		d := s.detail(id)
		d.Links = d.Links[:1]
		return strings.Contains(d.Links[0].Yours, ".") && d.routes(accepted, filtered)
	})
}

// added is the answer to a prefix.
type added struct {
	status       int
	Status, Code string
	Data         struct{ Prefixes []prefix }
}

func (a added) of(name string) prefix {
	for _, p := range a.Data.Prefixes {
		if p.Prefix == name {
			return p
		}
	}
	return prefix{}
}

func (s *street) add(id, name, letter string) (a added) {
	s.Helper()
	body := `{"id":"` + id + `","prefix":"` + name + `"`
	if letter != "" {
		body += `,"letter":"` + letter + `"`
	}
	a.status = s.ask("POST", "/API/networks/prefixes", body+"}", &a)
	return a
}

// rotate gives a session a new password: it's down until the customer has it, too.
func (s *street) rotate(id string, was detail, customer *lab.Customer) detail {
	s.Helper()
	var a struct {
		Status string
		Data   struct{ Password string }
	}
	if got := s.ask("POST", "/API/networks/rotate_password", `{"id":"`+id+`"}`, &a); got != 200 || a.Status != "active" {
		s.Fatalf("rotate_password: got %d %s", got, a.Status)
	}
	now := s.detail(id)
	if a.Data.Password != now.Password || len(now.Password) != len(was.Password) || now.Password == was.Password {
		s.Error("the new password is the old one, or not the one that was told")
	}
	s.within(10*time.Second, "the session is down", func() bool { return s.detail(id).State == "down" })
	s.barred(id, "the old password", customer)
	customer.BIRD(s.T, now.Config.BIRD)
	s.up(id, now)
	return now
}

// barred waits until the edge's kernel has refused a customer several times for his password: time in which a router with the
// right one would long be up.
func (s *street) barred(id, what string, customer *lab.Customer) {
	s.Helper()
	before := s.lab.WrongPasswords(s.T)
	s.within(30*time.Second, what+" is refused six times", func() bool {
		if d := s.detail(id); d.State == "up" {
			s.Fatalf("with %s: the session is up", what)
		}
		return s.lab.WrongPasswords(s.T) >= before+6
	})
	if out := customer.Ask(s.T, "show protocols"); strings.Contains(out, "Established") {
		s.Errorf("with %s: the customer's router says %s", what, out)
	}
}
