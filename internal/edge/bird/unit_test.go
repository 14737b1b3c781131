package bird

import (
	"flag"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/edgetest"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path) // #nosec G304 -- a golden file
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant %s:\n%s", got, path, want)
	}
}

func session(id string) berth.EdgeSession {
	return berth.EdgeSession{
		ServiceID: id, OrderID: "order-" + id, Status: berth.Active, LocalASN: 64500, ASN: 4200000101, Password: "Kx7-example", Export: berth.ExportDefault,
		V4: berth.EdgeLink{
			Local: netip.MustParseAddr("10.99.0.0"), Peer: netip.MustParseAddr("10.99.0.1"), Limit: 10,
			Prefixes: []berth.EdgePrefix{{Prefix: netip.MustParsePrefix("203.0.113.0/24")}},
		},
	}
}

// every is a configuration with everything that a session may have.
func every() []berth.EdgeSession {
	plain, both, odd, none := session("a-1"), session("b-1"), session("c-1"), session("d-1")
	both.Description = "box \"1\";\n}\nprotocol bgp evil {"
	both.V4.Peer, both.Export = netip.MustParseAddr("10.99.0.3"), berth.ExportFull
	both.V4.Prefixes = []berth.EdgePrefix{
		{Prefix: netip.MustParsePrefix("203.0.113.128/25"), Longest: 26}, {Prefix: netip.MustParsePrefix("192.0.2.0/24")}, {Prefix: netip.MustParsePrefix("192.0.2.0/24")},
	}
	both.V6 = berth.EdgeLink{
		Local: netip.MustParseAddr("2001:db8:99::"), Peer: netip.MustParseAddr("2001:db8:99::1"), Limit: 100,
		Prefixes: []berth.EdgePrefix{{Prefix: netip.MustParsePrefix("2001:db8:a000::/44"), Longest: 48}},
	}
	odd.Status, odd.Password, odd.Multihop, odd.LocalPort, odd.PeerPort = berth.Suspended, "", 2, 1790, 1791
	odd.V4.Peer = netip.MustParseAddr("10.99.0.5")
	none.V4.Peer, none.V4.Prefixes, none.Export = netip.MustParseAddr("10.99.0.7"), nil, berth.ExportNone
	return []berth.EdgeSession{none, odd, both, plain}
}

func TestRender(t *testing.T) {
	carried, refused := berth.EdgeConfig{Sessions: every()}.Carried()
	if len(refused) != 0 {
		t.Fatalf("got %v refused", refused)
	}
	trips := map[string]trip{"svc_b1_6": {at: 1700000000000000, reason: "Automatic shutdown: Route limit exceeded"}, "svc_c1_4": {at: 0, reason: "x"}, "svc_gone_4": {at: 1}}
	text := mark(render(edgetest.Owner, carried), trips)
	golden(t, "testdata/orders.conf", text)

	blocks := readFile(text)
	var got []string
	for _, n := range []string{"svc_a1_4", "svc_b1_4", "svc_b1_6", "svc_c1_4", "svc_d1_4"} {
		b := blocks[n]
		if b == nil {
			t.Fatalf("%s isn't read back", n)
		}
		line := n + " " + b.service + " " + b.order
		if b.suspended {
			line += " suspended"
		}
		if b.trip != nil {
			line += " tripped " + b.trip.reason
		}
		got = append(got, line)
	}
	want := []string{
		"svc_a1_4 a-1 order-a-1", "svc_b1_4 b-1 order-b-1", "svc_b1_6 b-1 order-b-1 tripped Automatic shutdown: Route limit exceeded",
		"svc_c1_4 c-1 order-c-1 suspended tripped x", "svc_d1_4 d-1 order-d-1",
	}
	if !slices.Equal(got, want) || len(blocks) != len(want) {
		t.Errorf("read back: got %q, want %q", got, want)
	}
	if got := mark(text, nil); got != render(edgetest.Owner, carried) {
		t.Errorf("without trips: got\n%s", got)
	}
	shuffled := every()
	slices.Reverse(shuffled)
	slices.Reverse(shuffled[1].V4.Prefixes)
	if again, _ := (berth.EdgeConfig{Sessions: shuffled}).Carried(); render(edgetest.Owner, again) != render(edgetest.Owner, carried) {
		t.Error("another order of the same gives another text")
	}
}

// A reply as BIRD 2.0.12 gives it: one up, one shut by its limit, one that had been, one that was told off, one suspended, one of a
// stranger whose message looks like a line of BIRD's.
func TestProtocols(t *testing.T) {
	text, err := os.ReadFile("testdata/protocols.txt")
	if err != nil {
		t.Fatal(err)
	}
	var r reply
	end := false
	for text := range strings.Lines(string(text)) {
		if end {
			t.Fatalf("a line after the end: %q", text)
		}
		var read line
		if read, end, err = parseLine(strings.TrimRight(text, "\n"), r.code); err != nil {
			t.Fatal(err)
		}
		r.code, r.lines = read.code, append(r.lines, read)
	}
	if !end {
		t.Fatal("the reply doesn't end")
	}
	got := readProtocols(r)
	want := []protocol{
		{name: "svc_a1_4", up: true, since: "2026-11-21 19:08:14", info: "Established", phase: berth.EdgeEstablished, message: "an old one", lastError: "Received: Administrative shutdown", accepted: 1, filtered: 2, exported: 3},
		{name: "svc_b1_4", down: true, since: "19:08:19.123", info: "Automatic shutdown: Route limit exceeded", phase: berth.EdgeOff, lastError: "Automatic shutdown: Route limit exceeded", limitHit: true},
		{name: "svc_b1_6", up: true, since: "2026-11-21 19:08:20", info: "Established", phase: berth.EdgeEstablished, limitHit: true},
		{name: "svc_c1_6", since: "2026-11-21", info: "Active        Received: Administrative shutdown", phase: berth.EdgeActive, message: "Receive limit:  3 [HIT]", lastError: "Received: Administrative shutdown"},
		{name: "svc_d1_4", down: true, since: "2026-11-21 19:08:33.250", phase: berth.EdgeOff, message: "order d expired"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	for i, tripped := range []bool{false, true, false, false, false} {
		if i < len(got) && got[i].tripped() != tripped {
			t.Errorf("%s: got tripped %v", got[i].name, !tripped)
		}
	}
	if got[0].reason() != "" || got[1].reason() != want[1].lastError || got[3].reason() != want[3].lastError || got[4].reason() != "" {
		t.Errorf("got the reasons %q, %q, %q, %q", got[0].reason(), got[1].reason(), got[3].reason(), got[4].reason())
	}
}

func TestInstant(t *testing.T) {
	zone := time.FixedZone("", 3600)
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, zone)
	for _, c := range []struct {
		since string
		want  time.Time
	}{
		{"2026-11-20 09:08:07", time.Date(2026, 11, 20, 9, 8, 7, 0, zone)},
		{"2026-11-20 09:08:07.250", time.Date(2026, 11, 20, 9, 8, 7, 250e6, zone)},
		{"2026-11-01", time.Date(2026, 11, 1, 0, 0, 0, 0, zone)},
		{"09:08:07.250", time.Date(2026, 11, 21, 9, 8, 7, 250e6, zone)},
		{"23:08:07", time.Date(2026, 11, 20, 23, 8, 7, 0, zone)}, // before midnight
		{"Nov21", time.UnixMicro(0)}, {"", time.UnixMicro(0)},
	} {
		if got := instant(c.since, zone, now); got != c.want.UnixMicro() {
			t.Errorf("%q: got %v, want %v", c.since, time.UnixMicro(got).In(zone), c.want)
		}
	}
}

func TestSubstitute(t *testing.T) {
	const main, ours, candidate = "/etc/bird/bird.conf", "/etc/bird/berth/orders.conf", "/etc/bird/berth/orders.conf.check"
	for _, c := range []struct {
		text, want string
		ok         bool
	}{
		{`include "/etc/bird/berth/orders.conf";`, `include "` + candidate + `";`, true},
		{`include "berth/orders.conf";`, `include "` + candidate + `";`, true},
		{"include \"peers/*.conf\";\n  include \"./berth/orders.conf\" ;", "include \"/etc/bird/peers/*.conf\";\n  include \"" + candidate + "\" ;", true},
		{`# include "berth/orders.conf";`, `# include "berth/orders.conf";`, false},
		{`include "berth/*.conf";`, `include "/etc/bird/berth/*.conf";`, false},
		{`print "include ", "x";`, `print "include ", "x";`, false},
	} {
		if got, ok := substitute(c.text, main, ours, candidate); got != c.want || ok != c.ok {
			t.Errorf("%s: got %v and %s, want %v and %s", c.text, ok, got, c.ok, c.want)
		}
	}
}

// Whatever a socket says, it is read or refused, and nothing that was read can break a file.
func FuzzReply(f *testing.F) {
	text, err := os.ReadFile("testdata/protocols.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("0001 BIRD 2.0.12 ready.\n9001 syntax error\n")
	f.Fuzz(func(t *testing.T, text string) {
		var r reply
		for line := range strings.Lines(text) {
			l, _, err := parseLine(strings.TrimRight(line, "\n"), r.code)
			if err != nil {
				continue
			}
			r.code, r.lines = l.code, append(r.lines, l)
		}
		trips := map[string]trip{}
		for _, p := range readProtocols(r) {
			trips["svc_a1_4"] = trip{at: 1, reason: p.reason()}
		}
		before := render(edgetest.Owner, []berth.EdgeSession{session("a-1")})
		if got := mark(mark(before, trips), nil); got != before {
			t.Errorf("a reason has changed the file: got\n%s", got)
		}
	})
}
