package berth

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Peering is what a network service with a session carries. It stands as JSON in one field of the order that makes the
// service, and later of the service: no statement ever asks for its parts, and no server's row has anything of it.
type Peering struct {
	ASN      uint32         `json:"asn,omitempty"` // 0 while an operator has to hand one over
	V4       string         `json:"v4,omitempty"`  // the link, 10.99.0.0/31: its lower address is the edge's
	V6       string         `json:"v6,omitempty"`
	Prefixes []BoughtPrefix `json:"prefixes,omitempty"`
	LimitV4  int64          `json:"limit_v4,omitempty"`
	LimitV6  int64          `json:"limit_v6,omitempty"`
	Export   EdgeExport     `json:"export,omitempty"`
	Multihop int64          `json:"multihop,omitempty"`
	Password string         `json:"password,omitempty"` // the session's, sealed under PeeringRow
}

// BoughtPrefix is a prefix that the customer may announce, and why.
type BoughtPrefix struct {
	Prefix   string `json:"prefix"`
	Longest  int    `json:"longest,omitempty"` // parts of it down to this length, 0 for the prefix alone
	Evidence string `json:"evidence"`          // EvidencePool and so on
	Detail   string `json:"detail,omitempty"`  // the pool's item, the letter's name, or who approved it
	Pending  bool   `json:"pending,omitempty"` // waits for an operator and isn't in any filter yet
	At       int64  `json:"at,omitempty"`      // microseconds UTC
}

// Why a prefix may be announced.
const (
	EvidencePool   = "pool"   // it is the operator's own
	EvidenceROA    = "roa"    // a ROA names the prefix and the number
	EvidenceIRR    = "irr"    // a routing registry does
	EvidenceLetter = "letter" // a letter of authority, and an operator who has looked at it
)

// peerPasswordLength is that of a session's password. Some routers take 16 characters at most.
const peerPasswordLength = 16

// PeeringRow is the row name under which a session's password is sealed.
func PeeringRow(serviceID string) string { return "peerings/" + serviceID }

// ReadPeering reads what a service or an order has of a session; false when it has none. What can't be read is an error,
// and no reason to take a session down.
func ReadPeering(text string) (p Peering, ok bool, err error) {
	if text == "" {
		return p, false, nil
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, false, fmt.Errorf("a session's terms can't be read: %w", err)
	}
	return p, true, nil
}

func (p Peering) text() string {
	text, _ := json.Marshal(p) // #nosec G117 -- the password in it is sealed; all fields have a form
	return string(text)
}

// Linked reports whether there is a session to carry, as opposed to a number alone.
func (p *Peering) Linked() bool { return p.V4 != "" || p.V6 != "" }

// left refuses an order when one of the product's pools has nothing left, before any money moves.
func (p *Peers) left(b *Book, product string) error {
	soldOut := &Error{Code: OutOfStock, Parameter: "network_id", Message: "The network " + product + " is out of stock."}
	empty, twice := false, false
	var links [2]bool                // whether there is one of IPv4, and of IPv6
	for _, name := range p.pools() { // all of them in any case: what isn't loaded yet is then loaded at once
		next, left := b.Peek(name)
		pool, _ := b.Pool(name)
		empty = empty || !left || pool.Kind != p.kindOf(name)
		if p.kindOf(name) == LinkPool {
			family := &links[0]
			if strings.Contains(next.Value, ":") {
				family = &links[1]
			}
			twice, *family = twice || *family, true
		}
	}
	switch {
	case empty:
		return soldOut
	case twice:
		return &Error{Code: OutOfStock, Parameter: "network_id", Message: "The network " + product + " can't be ordered: two of its pools of links are of one IP version. Its operator has to take one out."}
	}
	return nil
}

// kindOf is the kind that one of the product's pools must have.
func (p *Peers) kindOf(pool string) PoolKind {
	switch {
	case pool == p.ASNs:
		return ASNPool
	case slices.Contains(p.Links, pool):
		return LinkPool
	}
	return PrefixPool
}

// uint32FromASN reads a number as pools write it.
func uint32FromASN(value string) uint32 {
	asn, _ := strconv.ParseUint(value, 10, 32)
	return uint32(asn)
}

// take gives a new service what the product promises. An order that left didn't refuse gets all of it.
func (p *Peers) take(b *Book, owner string) (items string, made Peering) {
	made = Peering{LimitV4: p.LimitV4, LimitV6: p.LimitV6, Export: p.Export, Multihop: p.Multihop}
	var ids []string
	for _, name := range p.pools() {
		i, ok := b.Take(name, owner)
		if !ok {
			continue // this run lacks a row and is repeated
		}
		ids = append(ids, i.ID)
		switch {
		case name == p.ASNs:
			made.ASN = uint32FromASN(i.Value)
		case p.kindOf(name) == PrefixPool:
			made.Prefixes = append(made.Prefixes, BoughtPrefix{Prefix: i.Value, Evidence: EvidencePool, Detail: i.ID, At: b.Now()})
		case strings.Contains(i.Value, ":"):
			made.V6 = i.Value
		default:
			made.V4 = i.Value
		}
	}
	return strings.Join(ids, " "), made
}

// Limits are how many routes the session may receive over IPv4 and IPv6 before it's shut; 0 where it has no link.
func (p *Peering) Limits() (v4, v6 int64) {
	if p.V4 != "" {
		v4 = cmp.Or(p.LimitV4, DefaultPeerLimit)
	}
	if p.V6 != "" {
		v6 = cmp.Or(p.LimitV6, DefaultPeerLimit)
	}
	return v4, v6
}

// link is a session's part in one family. The lower address of a link is the edge's.
func (p *Peering) link(network string, limit int64) (EdgeLink, error) {
	if network == "" {
		return EdgeLink{}, nil
	}
	block, err := netip.ParsePrefix(network)
	if err != nil {
		return EdgeLink{}, fmt.Errorf("the link %q is no network", network)
	}
	l := EdgeLink{Local: block.Addr(), Peer: block.Addr().Next(), Limit: int(limit)}
	for _, bought := range p.Prefixes {
		prefix, err := netip.ParsePrefix(bought.Prefix)
		if err != nil {
			return l, fmt.Errorf("the prefix %q is none", bought.Prefix)
		}
		if !bought.Pending && prefix.Addr().Is4() == l.Local.Is4() {
			l.Prefixes = append(l.Prefixes, EdgePrefix{Prefix: prefix, Longest: bought.Longest})
		}
	}
	return l, nil
}

// EdgeSite is what an edge says of itself to every session: whose it is, and where it listens.
type EdgeSite struct {
	Provider string // its name in catalogue and orders
	ASN      uint32 // the operator's
	Port     uint16 // of BGP at the edge and at the customers', 0 for 179
	PeerPort uint16
}

// EdgeRows is all that the database says of one edge at one instant: Reader.EdgeRows reads it.
type EdgeRows struct {
	Orders   []Order   // paid network orders, by id
	Services []Service // its network services that aren't terminated, by id
	Mark     string    // what Reader.EdgeMark said at that instant
}

// Config is all that an edge shall carry by these rows. Open opens sealed passwords. An error says that a row can't be
// understood: then nothing must be applied, since what is left out would be shut.
func (r EdgeRows) Config(site EdgeSite, open func(row, sealed string) (string, error)) (EdgeConfig, error) {
	var c EdgeConfig
	add := func(s Service) error {
		session, carried, err := site.Session(s, open)
		if err == nil && carried {
			c.Sessions = append(c.Sessions, session)
		}
		if err != nil {
			return fmt.Errorf("service %s: %w", s.ID, err)
		}
		return nil
	}
	made := make(map[string]bool, len(r.Services))
	for _, s := range r.Services {
		made[s.ID] = true
		if err := add(s); err != nil {
			return c, err
		}
	}
	for _, o := range r.Orders {
		if o.Kind != KindNetwork || o.Provider != site.Provider || o.State != Paid || made[o.ServiceID] {
			continue
		}
		s := Service{ID: o.ServiceID, Status: Active, Product: o.Product, Provider: o.Provider, Peering: o.Peering}
		if err := add(s); err != nil {
			return c, err
		}
	}
	// In one order, whether a session is an order's still or a service's: that one completes changes nothing at the edge.
	slices.SortFunc(c.Sessions, func(a, b EdgeSession) int { return strings.Compare(a.ServiceID, b.ServiceID) })
	return c, nil
}

// Session is the session of a network service as an edge is to carry it; false when it is to carry none. A task that is
// under way counts as done: what it asks of the edge is that the edge carries what the row says.
func (site EdgeSite) Session(s Service, open func(row, sealed string) (string, error)) (session EdgeSession, carried bool, err error) {
	p, ok, err := ReadPeering(s.Peering)
	if err != nil || !ok || !p.Linked() || p.ASN == 0 || s.Status == Terminated || s.Task.Do == TaskDelete || s.Provider != site.Provider {
		return session, false, err
	}
	session = EdgeSession{
		ServiceID: s.ID, OrderID: s.ID, Description: s.Product, Status: Active, LocalASN: site.ASN, ASN: p.ASN,
		Multihop: int(p.Multihop), LocalPort: site.Port, PeerPort: site.PeerPort, Export: p.Export,
	}
	if session.Export == "" {
		session.Export = ExportNone
	}
	if s.Task.Do == TaskSuspend || s.Status == Suspended && s.Task.Do != TaskResume {
		session.Status, session.Notice = Suspended, "order "+s.ID+" expired, suspended"
		if s.Held != HeldByExpiry {
			session.Notice = "order " + s.ID + " suspended by the operator"
		}
	}
	if p.Password != "" {
		if session.Password, err = open(PeeringRow(s.ID), p.Password); err != nil {
			return session, false, err
		}
	}
	v4, v6 := p.Limits()
	if session.V4, err = p.link(p.V4, v4); err != nil {
		return session, false, err
	}
	session.V6, err = p.link(p.V6, v6)
	return session, true, err
}
