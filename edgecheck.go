package berth

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// What may stand in an edge's configuration. All of it ends up as text in a file that a router reads, and in lines on its
// control socket: a quote or a line's end in the wrong place would be a command. So each field that others have a hand in is
// held to what no syntax gives a meaning to, here, once for all drivers and for the samples that customers get.

// Check says what keeps a session from being carried by any edge, naming the field.
func (s EdgeSession) Check() error {
	switch {
	case !plainID(s.ServiceID):
		return fmt.Errorf("session: ServiceID %q: only a-z, 0-9 and -, 48 characters at most", s.ServiceID)
	case !plainID(s.OrderID):
		return fmt.Errorf("session: OrderID %q: only a-z, 0-9 and -, 48 characters at most", s.OrderID)
	case s.Status != Active && s.Status != Suspended:
		return fmt.Errorf("session: Status %q: active or suspended", s.Status)
	case s.LocalASN == 0 || s.ASN == 0 || s.LocalASN == s.ASN:
		return fmt.Errorf("session: LocalASN %d and ASN %d: two different numbers, not 0", s.LocalASN, s.ASN)
	case !plainPassword(s.Password):
		return fmt.Errorf("session: Password: only letters, digits and . _ -, 80 characters at most (it has %d)", len(s.Password))
	case s.Multihop < 0 || s.Multihop > 255:
		return fmt.Errorf("session: Multihop %d: 0 to 255", s.Multihop)
	case !s.Export.known():
		return fmt.Errorf("session: Export %q: none, default or full", s.Export)
	case !s.V4.Used() && !s.V6.Used():
		return fmt.Errorf("session: V4 and V6: one of them must have addresses")
	}
	if err := s.V4.check("session: V4", 32); err != nil {
		return err
	}
	return s.V6.check("session: V6", 128)
}

func (l EdgeLink) check(name string, bits int) error {
	if !l.Used() {
		return nil
	}
	for _, a := range []netip.Addr{l.Local, l.Peer} {
		if !a.IsValid() || a.Is4In6() || a.BitLen() != bits || a.Zone() != "" || a.IsUnspecified() || a.IsMulticast() {
			return fmt.Errorf("%s: %s is no address of this family for a session", name, a)
		}
	}
	if l.Local == l.Peer {
		return fmt.Errorf("%s: both ends are %s", name, l.Local)
	}
	if l.Limit < 1 || l.Limit > 10_000_000 {
		return fmt.Errorf("%s: Limit %d: 1 to 10000000", name, l.Limit)
	}
	for _, p := range l.Prefixes {
		if !p.Prefix.IsValid() || p.Prefix.Addr().BitLen() != bits || p.Prefix.Addr().Is4In6() || p.Prefix != p.Prefix.Masked() {
			return fmt.Errorf("%s: %s is no prefix of this family", name, p.Prefix)
		}
		if p.Longest != 0 && (p.Longest < p.Prefix.Bits() || p.Longest > bits) {
			return fmt.Errorf("%s: %s with parts down to /%d", name, p.Prefix, p.Longest)
		}
	}
	return nil
}

// Links are the session's parts that are used, IPv4 first.
func (s EdgeSession) Links() []EdgeLink {
	var used []EdgeLink
	for _, l := range []EdgeLink{s.V4, s.V6} {
		if l.Used() {
			used = append(used, l)
		}
	}
	return used
}

// Carried parts the sessions that an edge can carry, in order of their services' ids, from those that it can't. Of two
// with one service, or one neighbour, or ids that differ in dashes only, the first is carried.
func (c EdgeConfig) Carried() (carried []EdgeSession, refused []EdgeRefusal) {
	sessions := slices.Clone(c.Sessions)
	slices.SortStableFunc(sessions, func(a, b EdgeSession) int { return cmp.Compare(a.ServiceID, b.ServiceID) })
	ids, peers := map[string]bool{}, map[netip.Addr]string{}
	for _, s := range sessions {
		err := s.Check()
		id := strings.ReplaceAll(s.ServiceID, "-", "")
		if err == nil && ids[id] {
			err = fmt.Errorf("session: ServiceID %s: another session has it", s.ServiceID)
		}
		for _, l := range s.Links() {
			if other := peers[l.Peer]; err == nil && other != "" {
				err = fmt.Errorf("the neighbour %s is service %s already", l.Peer, other)
			}
		}
		if err != nil {
			refused = append(refused, EdgeRefusal{ServiceID: s.ServiceID, Reason: err})
			continue
		}
		ids[id] = true
		for _, l := range s.Links() {
			peers[l.Peer] = s.ServiceID
		}
		carried = append(carried, s)
	}
	return carried, refused
}

// Shutdown is what the customer's router is told (RFC 9003) when the session is suspended.
func (s EdgeSession) Shutdown() string {
	if text := EdgeText(s.Notice, 120); text != "" {
		return text
	}
	return "order " + s.OrderID + " suspended"
}

// EdgeText is free text as a router's configuration and control socket can hold it: printable ASCII without quotes and
// what is special elsewhere, cut to a length in bytes.
func EdgeText(text string, length int) string {
	safe := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune("\"'`\\{};#", r) {
			return '.'
		}
		return r
	}, text)
	return strings.TrimSpace(safe[:min(len(safe), length)])
}

func plainID(id string) bool {
	if id == "" || len(id) > 48 || strings.Trim(id, "-") == "" {
		return false
	}
	return only(id, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' })
}

func plainPassword(password string) bool {
	return len(password) <= 80 && only(password, func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
	})
}

func only(text string, allowed func(rune) bool) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !allowed(r) })
}
