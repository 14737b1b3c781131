package berth_test

import (
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

var updateGolden = flag.Bool("update", false, "write the golden files of customers' configurations")

func edgeSession(id string) berth.EdgeSession {
	return berth.EdgeSession{
		ServiceID: id, OrderID: id, Status: berth.Active, LocalASN: 64500, ASN: 4200000101, Password: "Kx7-example", Export: berth.ExportDefault,
		V4: berth.EdgeLink{
			Local: netip.MustParseAddr("10.99.0.0"), Peer: netip.MustParseAddr("10.99.0.1"), Limit: 10,
			Prefixes: []berth.EdgePrefix{{Prefix: netip.MustParsePrefix("203.0.113.0/24")}},
		},
	}
}

func TestEdgeSessionCheck(t *testing.T) {
	v6 := berth.EdgeLink{Local: netip.MustParseAddr("2001:db8::"), Peer: netip.MustParseAddr("2001:db8::1"), Limit: 1}
	for _, c := range []struct {
		names string // what the refusal names; "" for none
		edit  func(s *berth.EdgeSession)
	}{
		{"", func(s *berth.EdgeSession) {}},
		{"", func(s *berth.EdgeSession) { s.Password = "" }},
		{"", func(s *berth.EdgeSession) { s.V4, s.V6 = berth.EdgeLink{}, v6 }},
		{"", func(s *berth.EdgeSession) { s.Notice, s.Description = "\"\n;", "\"\n;" }},
		{"", func(s *berth.EdgeSession) { s.V4.Prefixes[0].Longest = 32 }},
		{"ServiceID", func(s *berth.EdgeSession) { s.ServiceID = "" }},
		{"ServiceID", func(s *berth.EdgeSession) { s.ServiceID = "--" }},
		{"ServiceID", func(s *berth.EdgeSession) { s.ServiceID = "A1" }},
		{"ServiceID", func(s *berth.EdgeSession) { s.ServiceID = "a_4 { }" }},
		{"OrderID", func(s *berth.EdgeSession) { s.OrderID = "a\nconfigure" }},
		{"OrderID", func(s *berth.EdgeSession) { s.OrderID = strings.Repeat("a", 49) }},
		{"Status", func(s *berth.EdgeSession) { s.Status = berth.Terminated }},
		{"ASN", func(s *berth.EdgeSession) { s.ASN = 0 }},
		{"ASN", func(s *berth.EdgeSession) { s.ASN = s.LocalASN }},
		{"Password", func(s *berth.EdgeSession) { s.Password = `a"; disabled; #` }},
		{"Password", func(s *berth.EdgeSession) { s.Password = "a b" }},
		{"Password", func(s *berth.EdgeSession) { s.Password = "é" }},
		{"Password", func(s *berth.EdgeSession) { s.Password = strings.Repeat("a", 81) }},
		{"Multihop", func(s *berth.EdgeSession) { s.Multihop = 256 }},
		{"Export", func(s *berth.EdgeSession) { s.Export = "all" }},
		{"V4 and V6", func(s *berth.EdgeSession) { s.V4 = berth.EdgeLink{} }},
		{"V4", func(s *berth.EdgeSession) { s.V4.Local = netip.Addr{} }},
		{"V4", func(s *berth.EdgeSession) { s.V4.Peer = netip.MustParseAddr("2001:db8::1") }},
		{"V4", func(s *berth.EdgeSession) { s.V4.Peer = s.V4.Local }},
		{"V4", func(s *berth.EdgeSession) { s.V4.Peer = netip.MustParseAddr("224.0.0.1") }},
		{"V6", func(s *berth.EdgeSession) { s.V6 = v6; s.V6.Peer = netip.MustParseAddr("::ffff:192.0.2.1") }},
		{"V6", func(s *berth.EdgeSession) { s.V6 = v6; s.V6.Peer = netip.MustParseAddr("fe80::1%eth0") }},
		{"Limit", func(s *berth.EdgeSession) { s.V4.Limit = 0 }},
		{"203.0.113.1/24", func(s *berth.EdgeSession) { s.V4.Prefixes[0].Prefix = netip.MustParsePrefix("203.0.113.1/24") }},
		{"2001:db8::/32", func(s *berth.EdgeSession) { s.V4.Prefixes[0].Prefix = netip.MustParsePrefix("2001:db8::/32") }},
		{"/23", func(s *berth.EdgeSession) { s.V4.Prefixes[0].Longest = 23 }},
		{"/33", func(s *berth.EdgeSession) { s.V4.Prefixes[0].Longest = 33 }},
	} {
		s := edgeSession("a-1")
		c.edit(&s)
		err := s.Check()
		if (err == nil) != (c.names == "") || err != nil && !strings.Contains(err.Error(), c.names) {
			t.Errorf("got %v, want one that names %q", err, c.names)
		}
		if err != nil && s.Password != "" && strings.Contains(err.Error(), s.Password) {
			t.Errorf("a password in %v", err)
		}
	}
}

func TestCarried(t *testing.T) {
	a, dashes, twin, b := edgeSession("a-1"), edgeSession("a1"), edgeSession("c-1"), edgeSession("b-1")
	dashes.V4.Peer, b.V4.Peer = netip.MustParseAddr("10.99.0.9"), netip.MustParseAddr("10.99.0.3")
	for range 2 {
		carried, refused := berth.EdgeConfig{Sessions: []berth.EdgeSession{twin, b, dashes, a}}.Carried()
		if len(carried) != 2 || carried[0].ServiceID != "a-1" || carried[1].ServiceID != "b-1" {
			t.Errorf("got %+v carried, want a-1 and b-1", carried)
		}
		if len(refused) != 2 || refused[0].ServiceID != "a1" || refused[1].ServiceID != "c-1" || !strings.Contains(refused[1].Reason.Error(), "a-1") {
			t.Errorf("got %+v refused, want a1 and c-1", refused)
		}
	}
}

func TestEdgeText(t *testing.T) {
	for text, want := range map[string]string{
		"order 1 expired, suspended": "order 1 expired, suspended", "": "", "  x  ": "x", "a\"b\\c\nd{e}f;g#h": "a.b.c.d.e.f.g.h", "é¥\x00": "...",
		"twelve bytes and more": "twelve bytes",
	} {
		length := 80
		if strings.HasPrefix(text, "twelve") {
			length = 12
		}
		if got := berth.EdgeText(text, length); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	s := edgeSession("a-1")
	for notice, want := range map[string]string{"": "order a-1 suspended", " ": "order a-1 suspended", "unpaid": "unpaid"} {
		s.Notice = notice
		if got := s.Shutdown(); got != want {
			t.Errorf("%q: got %q, want %q", notice, got, want)
		}
	}
}

// What was not heard lately is unknown, neither up nor down.
func TestEdgeStateAt(t *testing.T) {
	links := []berth.EdgeLinkState{{ServiceID: "a", Phase: berth.EdgeEstablished, Accepted: 3, Since: 5}, {ServiceID: "b", Phase: berth.EdgeOff, Tripped: true}}
	const seen = 1_000_000_000
	for _, c := range []struct {
		state berth.EdgeState
		now   int64
		stale bool
	}{
		{berth.EdgeState{SeenAt: seen, Links: links}, seen, false},
		{berth.EdgeState{SeenAt: seen, Links: links}, seen - 5, false}, // another clock
		{berth.EdgeState{SeenAt: seen, Links: links}, seen + berth.EdgeFresh, false},
		{berth.EdgeState{SeenAt: seen, Links: links}, seen + berth.EdgeFresh + 1, true},
		{berth.EdgeState{SeenAt: seen, Links: links, Stale: true}, seen, true},
		{berth.EdgeState{}, seen, true},
	} {
		got := c.state.At(c.now)
		if got.Stale != c.stale || got.SeenAt != c.state.SeenAt || len(got.Links) != len(c.state.Links) {
			t.Errorf("at %d: got %+v of %+v", c.now, got, c.state)
		}
		for i, l := range got.Links {
			want := links[i]
			if c.stale {
				want.Phase = berth.EdgeUnknown
			}
			if l != want {
				t.Errorf("at %d: got %+v, want %+v", c.now, l, want)
			}
		}
	}
	if links[0].Phase != berth.EdgeEstablished {
		t.Error("the state itself was changed")
	}
}

// An agent beside the router is sent this as JSON: nothing may get lost on the way.
func TestEdgeConfigTravels(t *testing.T) {
	s := edgeSession("a-1")
	s.V6 = berth.EdgeLink{
		Local: netip.MustParseAddr("2001:db8::"), Peer: netip.MustParseAddr("2001:db8::1"), Limit: 7,
		Prefixes: []berth.EdgePrefix{{Prefix: netip.MustParsePrefix("2001:db8:a000::/44"), Longest: 48}},
	}
	none := edgeSession("b-1")
	none.V4.Prefixes = nil
	sent := berth.EdgeConfig{Owner: "i/edge", Sessions: []berth.EdgeSession{s, none}}
	text, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var got berth.EdgeConfig
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, sent) {
		t.Errorf("got %v and %+v, want %+v", err, got, sent)
	}
	state := berth.EdgeState{SeenAt: 5, Owner: "i/edge", Links: []berth.EdgeLinkState{{ServiceID: "a-1", IPv6: true, Phase: berth.EdgeOff, Tripped: true, TrippedAt: 4, Message: "x"}}}
	var back berth.EdgeState
	if text, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, state) {
		t.Errorf("got %v and %+v, want %+v", err, back, state)
	}
}

func TestCustomerConfigurations(t *testing.T) {
	plain, both, far := edgeSession("a-1"), edgeSession("a-1"), edgeSession("a-1")
	both.Export = berth.ExportFull
	both.V6 = berth.EdgeLink{
		Local: netip.MustParseAddr("2001:db8:99::"), Peer: netip.MustParseAddr("2001:db8:99::1"), Limit: 10,
		Prefixes: []berth.EdgePrefix{{Prefix: netip.MustParsePrefix("2001:db8:a000::/44"), Longest: 48}},
	}
	far.Password, far.Multihop, far.LocalPort, far.PeerPort, far.Export = "", 2, 1790, 1791, berth.ExportNone
	far.V4, far.V6 = berth.EdgeLink{}, both.V6
	far.V6.Prefixes = nil
	for name, s := range map[string]berth.EdgeSession{"plain": plain, "both": both, "far": far} {
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		for ending, got := range map[string]string{".bird.conf": s.BIRDConfig(), ".frr.conf": s.FRRConfig()} {
			path := "testdata/customer/" + name + ending
			if *updateGolden {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant %s:\n%s", got, path, want)
			}
		}
	}
}
