package berth

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

// The customer's side of a session: complete configurations for a router that has nothing else to do. A customer who runs a
// router already takes the parts that belong to the session. Both announce the bought prefixes and nothing else by
// themselves, and both hold the session's password: they are for its owner alone.

// BIRDConfig is the whole configuration of the customer's router when it runs BIRD 2. The session must pass Check.
func (s EdgeSession) BIRDConfig() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# BIRD 2, for AS%d: service %s\n", s.ASN, s.ServiceID)
	fmt.Fprintf(&b, "router id %s;\n\nprotocol device {}\n", s.routerID())
	for _, l := range s.Links() {
		v, all := l.family()
		fmt.Fprintf(&b, "\n# What you announce over IPv%s: the routes here, whether they lead anywhere or not.\n", v)
		fmt.Fprintf(&b, "protocol static announce%s {\n  ipv%s;\n", v, v)
		for _, p := range l.Prefixes {
			fmt.Fprintf(&b, "  route %s unreachable;\n", p.Prefix)
		}
		fmt.Fprintf(&b, "}\n\n# What you are sent goes to the kernel.\nprotocol kernel {\n  ipv%s { import none; export where source = RTS_BGP; };\n}\n\n", v)
		fmt.Fprintf(&b, "protocol bgp upstream%s {\n  local %s%s as %d;\n", v, l.Peer, birdPort(s.PeerPort), s.ASN)
		fmt.Fprintf(&b, "  neighbor %s%s as %d;\n", l.Local, birdPort(s.LocalPort), s.LocalASN)
		if s.Password != "" {
			fmt.Fprintf(&b, "  password \"%s\";\n", s.Password)
		}
		if s.Multihop > 0 {
			fmt.Fprintf(&b, "  multihop %d;\n", s.Multihop)
		} else {
			b.WriteString("  direct;\n  ttl security on;\n")
		}
		if s.PeerPort != 0 {
			// A port of its own is for a router that shares its machine with others: each listens at its own address, and
			// nowhere else.
			b.WriteString("  strict bind on;\n")
		}
		b.WriteString("  connect delay time 1;\n")
		switch s.Export {
		case ExportNone:
			fmt.Fprintf(&b, "  ipv%s { import none;", v)
		case ExportDefault:
			fmt.Fprintf(&b, "  ipv%s { import where net = %s;", v, all)
		default:
			fmt.Fprintf(&b, "  ipv%s { import all;", v)
		}
		b.WriteString(" export where source = RTS_STATIC; };\n}\n")
	}
	return b.String()
}

// FRRConfig is the whole configuration (frr.conf) of the customer's router when it runs FRR 8 or newer with zebra and
// bgpd. A port of its own other than 179 is an option of bgpd, of which a line tells. The session must pass Check.
func (s EdgeSession) FRRConfig() string {
	var b strings.Builder
	fmt.Fprintf(&b, "! FRR, for AS%d: service %s\n", s.ASN, s.ServiceID)
	if s.PeerPort != 0 {
		// No line of a configuration says where bgpd listens.
		fmt.Fprintf(&b, "! Start bgpd with -p %d", s.PeerPort)
		for _, l := range s.Links() {
			fmt.Fprintf(&b, " -l %s", l.Peer)
		}
		b.WriteString("\n")
	}
	b.WriteString("frr defaults traditional\nservice integrated-vtysh-config\n!\n")
	for _, l := range s.Links() {
		v, all := l.family()
		word := map[string]string{"4": "ip", "6": "ipv6"}[v]
		for i, p := range l.Prefixes {
			fmt.Fprintf(&b, "%s prefix-list ANNOUNCE%s seq %d permit %s", word, v, 5*(i+1), p.Prefix)
			if p.Longest > p.Prefix.Bits() {
				fmt.Fprintf(&b, " le %d", p.Longest)
			}
			b.WriteString("\n")
		}
		// An empty list would permit everything, so its end is written down.
		fmt.Fprintf(&b, "%s prefix-list ANNOUNCE%s seq 5000 deny %s le %d\n", word, v, all, l.Peer.BitLen())
		switch s.Export {
		case ExportNone:
			fmt.Fprintf(&b, "%s prefix-list TAKE%s seq 5 deny %s le %d\n!\n", word, v, all, l.Peer.BitLen())
		case ExportDefault:
			fmt.Fprintf(&b, "%s prefix-list TAKE%s seq 5 permit %s\n!\n", word, v, all)
		default:
			fmt.Fprintf(&b, "%s prefix-list TAKE%s seq 5 permit %s le %d\n!\n", word, v, all, l.Peer.BitLen())
		}
	}
	s.frrRouter(&b)
	return b.String()
}

func (s EdgeSession) frrRouter(b *strings.Builder) {
	fmt.Fprintf(b, "router bgp %d\n bgp router-id %s\n", s.ASN, s.routerID())
	// A network is announced without a route to it, and a session carries the family that it is written under only.
	b.WriteString(" no bgp network import-check\n no bgp default ipv4-unicast\n")
	for _, l := range s.Links() {
		fmt.Fprintf(b, " neighbor %s remote-as %d\n", l.Local, s.LocalASN)
		if s.LocalPort != 0 {
			fmt.Fprintf(b, " neighbor %s port %d\n", l.Local, s.LocalPort)
		}
		if s.Password != "" {
			fmt.Fprintf(b, " neighbor %s password %s\n", l.Local, s.Password)
		}
		if s.Multihop > 0 {
			fmt.Fprintf(b, " neighbor %s ebgp-multihop %d\n", l.Local, s.Multihop)
		} else {
			fmt.Fprintf(b, " neighbor %s ttl-security hops 1\n", l.Local)
		}
		fmt.Fprintf(b, " neighbor %s update-source %s\n", l.Local, l.Peer)
	}
	for _, l := range s.Links() {
		v, _ := l.family()
		fmt.Fprintf(b, " !\n address-family ipv%s unicast\n", v)
		for _, p := range l.Prefixes {
			fmt.Fprintf(b, "  network %s\n", p.Prefix)
		}
		fmt.Fprintf(b, "  neighbor %s activate\n", l.Local)
		fmt.Fprintf(b, "  neighbor %s prefix-list TAKE%s in\n", l.Local, v)
		fmt.Fprintf(b, "  neighbor %s prefix-list ANNOUNCE%s out\n exit-address-family\n", l.Local, v)
	}
	b.WriteString("exit\n!\n")
}

// routerID is the customer's IPv4 address on the link, or its ASN in the shape of one where there is none: it must only
// be unique and not 0.
func (s EdgeSession) routerID() string {
	if s.V4.Used() {
		return s.V4.Peer.String()
	}
	var id [4]byte
	binary.BigEndian.PutUint32(id[:], s.ASN)
	return netip.AddrFrom4(id).String()
}

// family is the link's IP version, and the prefix that means everything in it.
func (l EdgeLink) family() (version, everything string) {
	if l.Peer.Is4() {
		return "4", "0.0.0.0/0"
	}
	return "6", "::/0"
}

func birdPort(port uint16) string {
	if port == 0 {
		return ""
	}
	return fmt.Sprintf(" port %d", port)
}
