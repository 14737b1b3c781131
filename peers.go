package berth

import (
	"fmt"
	"slices"
)

// Peers is what a network product gives beside its name: a number, links to the edge, prefixes, and the rules of the
// session. All of it is optional, and the defaults let nothing pass: a session without prefixes accepts none and is sent none.
// The product's Provider names the edge.
type Peers struct {
	ASNs      string     // the pool that the customer's number comes from
	Links     []string   // the pools of the links, at most one of each IP version
	Prefixes  []string   // pools of prefixes that the customer may announce, one from each
	LimitV4   int64      // routes received above which the session is shut; DefaultPeerLimit when 0
	LimitV6   int64      //
	Export    EdgeExport // what the customer is sent; "" for ExportNone
	Multihop  int64      // hops to the customer's router; 0 for a direct link
	Sponsored bool       // a person registers the number: the order waits until an operator hands one over
}

// DefaultPeerLimit is how many routes a customer may send where the product says nothing: more than anybody who bought a
// prefix or two needs, and few enough that a leaked table is cut off at once.
const DefaultPeerLimit int64 = 20

// mostRoutes is the highest limit: several times what the Internet has.
const mostRoutes int64 = 10_000_000

// pools are those that every order of the product takes one item of, the number's first.
func (p *Peers) pools() []string {
	var names []string
	if p.ASNs != "" {
		names = append(names, p.ASNs)
	}
	return append(append(names, p.Links...), p.Prefixes...)
}

// any reports whether there is anything of it: a product without is its provider's affair alone.
func (p *Peers) any() bool { return p.ASNs != "" || len(p.Links) > 0 || p.Sponsored }

// check refuses what makes no session, by the names of the catalogue file.
func (p *Peers) check(name string) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("network %q: "+format, append([]any{name}, args...)...)
	}
	for i, pool := range p.pools() {
		if pool == "" || slices.Contains(p.pools()[:i], pool) {
			return refuse("pool %q is empty or named twice; an order takes one item of each", pool)
		}
	}
	switch {
	case p.Sponsored && p.ASNs != "":
		return refuse("it is sponsored, so its number doesn't come from a pool: leave asns out")
	case len(p.Links) > 0 && p.ASNs == "" && !p.Sponsored:
		return refuse("it has links and no number: give asns, the pool of its AS numbers")
	case len(p.Links) > 2:
		return refuse("links are at most two pools, one for IPv4 and one for IPv6")
	case len(p.Prefixes) > 0 && len(p.Links) == 0:
		return refuse("it has prefixes and no session to announce them over: give links")
	case p.Export != "" && !p.Export.known():
		return refuse("export is %q, but must be none, default or full", p.Export)
	case p.Multihop < 0 || p.Multihop > 255:
		return refuse("multihop is %d, but must be between 0 and 255", p.Multihop)
	}
	for _, limit := range []int64{p.LimitV4, p.LimitV6} {
		if limit < 0 || limit > mostRoutes {
			return refuse("a limit is %d, but must be between 1 and %d", limit, mostRoutes)
		}
	}
	return nil
}
