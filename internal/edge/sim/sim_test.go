package sim_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/edgetest"
	"github.com/berth-host/berth/internal/edge/sim"
)

func session(n byte) berth.EdgeSession {
	id := "0192aaaa-0000-7000-8000-00000000000" + string('0'+rune(n))
	s := berth.EdgeSession{ServiceID: id, OrderID: id, Status: berth.Active, LocalASN: 64500, ASN: 4200000101 + uint32(n), Password: "Kx7-example", Export: berth.ExportDefault}
	s.V4 = berth.EdgeLink{
		Local: netip.AddrFrom4([4]byte{192, 0, 2, 2 * n}), Peer: netip.AddrFrom4([4]byte{192, 0, 2, 2*n + 1}), Limit: 5,
		Prefixes: []berth.EdgePrefix{{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, 113, 4 * n}), 30)}},
	}
	s.V6 = berth.EdgeLink{
		Local: netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 2 * n}), Peer: netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 2*n + 1}), Limit: 5,
		Prefixes: []berth.EdgePrefix{{Prefix: netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0xa0, n << 4}), 44), Longest: 48}},
	}
	return s
}

func TestSuite(t *testing.T) {
	edgetest.Run(t, func(t *testing.T) *edgetest.Subject {
		now := func() int64 { return time.Now().UnixMicro() }
		e := sim.New(sim.Options{Now: now})
		return &edgetest.Subject{
			Edge: e, Session: func(n int) berth.EdgeSession { return session(byte(n)) }, Connect: e.Connect,
			Also: func(s berth.EdgeSession, more ...netip.Prefix) {
				for _, l := range s.Links() {
					more = append(more, l.Prefixes[0].Prefix)
				}
				e.Announce(s.ServiceID, more...)
			},
			Message: func(s berth.EdgeSession) string { return e.Message(s.ServiceID) }, Away: e.Away, Now: now,
			Other: func() berth.Edge { return e },
		}
	})
}

// In the demo every session comes up by itself, once.
func TestEager(t *testing.T) {
	e := sim.New(sim.Options{Now: func() int64 { return 1 }, Eager: true})
	for range 3 {
		e.Apply(t.Context(), edgetest.Carrying(session(0), session(1)))
	}
	e.Disconnect(session(1).ServiceID)
	state, err := e.State(t.Context())
	if err != nil || len(state.Links) != 4 || state.Links[1].Phase != berth.EdgeEstablished || state.Links[2].Phase != berth.EdgeActive {
		t.Errorf("got %v and %+v, want the first up", err, state)
	}
	if got := e.Configured(); got != 1 {
		t.Errorf("got %d reconfigurations, want 1", got)
	}
}
