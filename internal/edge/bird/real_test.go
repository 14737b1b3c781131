package bird_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/bird"
	"github.com/berth-host/berth/internal/edge/bird/lab"
	"github.com/berth-host/berth/internal/edge/edgetest"
	"github.com/berth-host/berth/internal/process"
)

var peerMessage = regexp.MustCompile(`(?m)^.*Message:\s+(.*?)\s*$`)

// also is a customer's configuration that announces more than was bought. What the customer was sent stays as it is.
func also(s berth.EdgeSession, more ...netip.Prefix) string {
	var b strings.Builder
	b.WriteString(s.BIRDConfig())
	for i, p := range more {
		fmt.Fprintf(&b, "protocol static more%d { ipv4; route %s unreachable; }\n", i, p)
	}
	return b.String()
}

// The suite needs no rights: all routers are on loopback addresses.
func TestSuite(t *testing.T) {
	edgetest.Run(t, func(t *testing.T) *edgetest.Subject {
		t.Parallel()
		l := lab.Loopback(t)
		routers := map[string]*lab.Customer{}
		options := l.Options()
		// Longer than a busy machine keeps BIRD from its turn, and shorter than the test's patience with a frozen one.
		options.Timeout = 5 * time.Second
		return &edgetest.Subject{
			Edge: bird.New(options), Session: l.Session,
			Connect: func(s berth.EdgeSession) {
				if routers[s.ServiceID] == nil {
					routers[s.ServiceID] = l.Customer(t, s)
				}
				routers[s.ServiceID].BIRD(t, s.BIRDConfig())
			},
			Also: func(s berth.EdgeSession, more ...netip.Prefix) { routers[s.ServiceID].BIRD(t, also(s, more...)) },
			Message: func(s berth.EdgeSession) string {
				m := peerMessage.FindStringSubmatch(routers[s.ServiceID].Ask(t, `show protocols all "upstream*"`))
				if m == nil {
					return ""
				}
				return m[1]
			},
			Away:    l.Freeze,
			Revived: func() { l.KillEdge(); l.StartEdge(t) },
			Now:     func() int64 { return time.Now().UnixMicro() },
			Other:   func() berth.Edge { return bird.New(options) },
		}
	})
}

// One of fifty sessions changes, and forty-nine don't notice.
func TestOthersStayUp(t *testing.T) {
	t.Parallel()
	const sessions = 50
	l := lab.Loopback(t)
	d := bird.New(l.Options())
	var all []berth.EdgeSession
	conf := "router id 127.0.0.2;\nprotocol device {}\nprotocol static { ipv4; }\n"
	for n := range sessions {
		s := l.Session(n)
		all = append(all, s)
		// One router plays all customers: the sessions, not the routers, are what is counted here.
		conf += fmt.Sprintf("protocol bgp up%d { local %s port %d as %d; neighbor %s port %d as %d; password \"%s\"; multihop 2; strict bind on; connect delay time 1; ipv4 { import none; export none; }; }\n",
			n, s.V4.Peer, s.PeerPort, s.ASN, s.V4.Local, s.LocalPort, s.LocalASN, s.Password)
	}
	apply := func(sessions ...berth.EdgeSession) {
		t.Helper()
		if out := d.Apply(t.Context(), edgetest.Carrying(sessions...)); out.Verdict != berth.Done || len(out.Refused) > 0 {
			t.Fatalf("got %s (%v), %d refused", out.Verdict, out.Reason, len(out.Refused))
		}
	}
	up := func(except string) map[string]int64 {
		state, err := d.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		since := map[string]int64{}
		for _, link := range state.Links {
			if link.Phase == berth.EdgeEstablished && link.ServiceID != except {
				since[link.ServiceID] = link.Since
			}
		}
		return since
	}
	changed := all[sessions-1]
	apply(all[:sessions-1]...)
	l.Customer(t, all[0]).BIRD(t, conf)
	until(t, "49 sessions", func() bool { return len(up("")) == sessions-1 })
	before := up("")

	same := func(what string) {
		t.Helper()
		after := up(changed.ServiceID)
		if len(after) != len(before) {
			t.Errorf("%s: got %d of %d others up", what, len(after), len(before))
		}
		for id, since := range before {
			if after[id] != since {
				t.Errorf("%s: %s is up since %d, want %d", what, id, after[id], since)
			}
		}
	}
	apply(all...)
	same("one is added")
	until(t, "the fiftieth", func() bool { return len(up("")) == sessions })
	same("one came up")
	changed.Password = "another-password"
	apply(append([]berth.EdgeSession{changed}, all[:sessions-1]...)...)
	same("one has another password")
	changed.Status = berth.Suspended
	apply(append([]berth.EdgeSession{changed}, all[:sessions-1]...)...)
	same("one is suspended")
	apply(all[:sessions-1]...)
	same("one is gone")
}

func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	if err := process.Until(t.Context(), 20*time.Second, what, condition); err != nil {
		t.Fatal(err)
	}
}
