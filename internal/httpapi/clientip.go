package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
)

// clientAddress is the address that a request came from. X-Forwarded-For is believed only as far as trusted proxies
// wrote it: every proxy appends the address it was called from, so the list is read from its end, and the first
// address that isn't a trusted proxy is the client. What stands left of it is the client's own invention.
//
// It is the zero Addr, which is in no allow list, when the connection has no address at all.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	client := address(r.RemoteAddr)
	if len(trusted) == 0 || !within(trusted, client) {
		return client
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := address(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			return client // the last proxy that could be told apart
		}
		client = hop
		if !within(trusted, client) {
			return client
		}
	}
	return client
}

// address reads an address with or without a port; IPv4 in IPv6 is IPv4, and a zone is dropped.
func address(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	addr, _ := netip.ParseAddr(strings.Trim(text, "[]"))
	return addr.Unmap().WithZone("")
}

func within(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// neighbourhood is what failed keys are counted by: the address, or the /64 of IPv6, of which every customer of an
// access provider has one.
func neighbourhood(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	p, err := addr.Prefix(64)
	if err != nil {
		return addr
	}
	return p.Addr()
}
