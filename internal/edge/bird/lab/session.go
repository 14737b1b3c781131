package lab

import (
	"fmt"
	"net/netip"

	"github.com/berth-host/berth"
)

// Session is the n-th customer's session, from 0 to 99, as an order would make it: private numbers, a /31 and a /127 of the
// lab's own, a prefix of 203.0.113.0/24 and one of 2001:db8:a000::/36. On loopback it's IPv4 only.
func (l *Lab) Session(n int) berth.EdgeSession {
	s := berth.EdgeSession{
		ServiceID: fmt.Sprintf("0192aaaa-0000-7000-8000-%012x", n), OrderID: fmt.Sprintf("0192aaaa-0000-7000-8000-%012x", n),
		Status: berth.Active, LocalASN: 64500, ASN: 4200000101 + uint32(n), Password: fmt.Sprintf("Kx7-example.%d", n), // #nosec G115 -- a small number
		Export: berth.ExportDefault,
		V4: berth.EdgeLink{
			Local: netip.AddrFrom4([4]byte{10, 99, 0, byte(2 * n)}), Peer: netip.AddrFrom4([4]byte{10, 99, 0, byte(2*n + 1)}), // #nosec G115 -- the same
			Limit: 5, Prefixes: []berth.EdgePrefix{{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(4 * (n % 64))}), 30)}}, // #nosec G115 -- the same
		},
	}
	if l.spaces == nil {
		s.LocalPort, s.PeerPort = l.Ports()
		s.Multihop = 2
		s.V4.Local, s.V4.Peer = netip.AddrFrom4([4]byte{127, 0, 2, byte(n + 1)}), netip.AddrFrom4([4]byte{127, 0, 1, byte(n + 1)}) // #nosec G115 -- the same
		return s
	}
	s.V6 = berth.EdgeLink{
		Local: netip.MustParseAddr(fmt.Sprintf("2001:db8:99::%x", 2*n)), Peer: netip.MustParseAddr(fmt.Sprintf("2001:db8:99::%x", 2*n+1)),
		Limit: 5, Prefixes: []berth.EdgePrefix{{Prefix: netip.MustParsePrefix(fmt.Sprintf("2001:db8:a0%02x::/44", 16*(n%16))), Longest: 48}},
	}
	return s
}
