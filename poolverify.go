package berth

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// claims is what an audit knows of who has which items, and of the items that it has seen.
type claims struct {
	pools  map[string]Pool
	owners map[string]claim  // by item
	values map[string]string // of live items, by kind of number: item
}

type claim struct {
	owner, what, cidr, address, peering string
}

func (a *audit) claims(o *Order, s *Service) {
	c := &a.claimed
	if c.owners == nil {
		c.owners, c.values, c.pools = map[string]claim{}, map[string]string{}, map[string]Pool{}
	}
	if !o.Makes() {
		return
	}
	switch {
	case s != nil && s.Status != Terminated:
		c.add(s.Allotment, claim{s.ID, "service", s.CIDR, s.Address, s.Peering})
	case s == nil && o.State == Paid:
		c.add(o.Allotment, claim{o.ID, "order", o.CIDR, o.Allotment.address(), o.Peering})
	}
}

func (c *claims) add(a Allotment, by claim) {
	for id := range strings.FieldsSeq(a.Items) {
		c.owners[id] = by
	}
}

// unmet tells of what somebody says they have and no pool knows of.
func (a *audit) unmet() {
	for _, id := range slices.Sorted(maps.Keys(a.claimed.owners)) {
		by := a.claimed.owners[id]
		a.found(by.what, by.owner, "has item %s, which no pool ever gave", id)
	}
}

// Pool notes a pool for the items that follow.
func (a *audit) Pool(p Pool) error {
	if a.claimed.pools == nil {
		a.claimed.pools = map[string]Pool{}
	}
	a.claimed.pools[p.Name] = p
	return nil
}

// Item holds an item against its pool and against who says that they have it.
func (a *audit) Item(i Item) error {
	c := &a.claimed
	p, ok := c.pools[i.Pool]
	want := p.item(i.Place)
	switch {
	case !ok:
		a.found("item", i.ID, "is of a pool that does not exist")
	case i.ID != want.ID || i.Value != want.Value:
		a.found("item", i.ID, "says %s, but this place of the pool is %s", quoted(i.Value), cmp.Or(want.Value, "none"))
	case i.Place >= p.Next:
		a.found("item", i.ID, "was given, but the pool says that nothing from place %d on was", p.Next)
	}
	by, claimed := c.owners[i.ID]
	delete(c.owners, i.ID)
	if i.Owner == "" {
		if claimed {
			a.found(by.what, by.owner, "has item %s, which nobody has by the pool", i.ID)
		}
		return nil
	}
	a.report.Items++
	space := p.Kind.space() + " " + i.Value
	if other, twice := c.values[space]; twice {
		a.found("item", i.ID, "is live, and so is item %s with the same value %s", other, i.Value)
	}
	if c.values == nil {
		c.values = map[string]string{}
	}
	c.values[space] = i.ID
	switch {
	case !claimed:
		a.found("item", i.ID, "is live for %s, but no service and no open order of this id has it", i.Owner)
	case by.owner != i.Owner:
		a.found("item", i.ID, "is live for %s, but %s %s has it", i.Owner, by.what, by.owner)
	case p.Kind == AddressPool && (Allotment{CIDR: by.cidr}.address() != i.Value || by.address != i.Value):
		a.found(by.what, by.owner, "has item %s, which is %s, but its address is %s", i.ID, i.Value, quoted(by.address))
	case p.Kind != AddressPool && by.peering != "" && !carries(by.peering, p.Kind, i):
		a.found(by.what, by.owner, "has item %s, which is %s, but its session doesn't", i.ID, i.Value)
	}
	return nil
}

// carries reports whether a session is made of an item that its service has.
func carries(peering string, kind PoolKind, i Item) bool {
	p, ok, err := ReadPeering(peering)
	switch {
	case err != nil || !ok:
		return false // it has one that can't be read
	case kind == ASNPool:
		return p.ASN == uint32FromASN(i.Value)
	case kind == LinkPool:
		return p.V4 == i.Value || p.V6 == i.Value
	}
	return slices.ContainsFunc(p.Prefixes, func(b BoughtPrefix) bool { return b.Prefix == i.Value && b.Detail == i.ID })
}
