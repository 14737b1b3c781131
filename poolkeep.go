package berth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// What only operators do with pools. Each is one write.

// mostSpan is how many items are reserved, or given free, at once: those that were given before are written one by one.
const mostSpan = 4096

// AddPool makes a pool, or adds ranges to the one of that name. Of a pool that is there, nothing else is changed: what p
// says of location, MAC and rest must be as it is, or the zero value. No item of any pool is in another one, too, whoever
// adds at the same time.
//
// Errors are InvalidParameter and name the field: name, kind, cidr, gateway, length, numbers, mac, rest or location.
func (d *Desk) AddPool(ctx context.Context, p Pool) (Pool, error) {
	if err := judgePool(&p); err != nil {
		return Pool{}, err
	}
	for _, r := range p.Ranges {
		if edge, asn, own := d.ownNumber(r); own && p.Kind == ASNPool {
			return Pool{}, Invalid("numbers", "AS%d is the operator's own: the edge %s speaks with it (providers.%s.asn in the settings), and no customer can have it. Leave it out.", asn, edge, edge)
		}
	}
	var made Pool
	err := d.Store.Write(ctx, Need{Meta: []string{MetaPools, MetaPrefixes}, Pools: []PoolNeed{{Name: p.Name}}}, func(b *Book) error {
		names, _ := b.Meta(MetaPools)
		var others []Pool
		for name := range strings.FieldsSeq(names) {
			if other, ok := b.Pool(name); ok && name != p.Name && other.RemovedAt == 0 {
				others = append(others, other)
			}
		}
		old, there := b.Pool(p.Name)
		if there {
			if err := extends(old, p); err != nil {
				return err
			}
		}
		made = p
		if there {
			made = old
			made.Ranges = slices.Concat(old.Ranges, p.Ranges)
		} else {
			made.complete(b.Now())
		}
		from := len(made.Ranges) - len(p.Ranges)
		err := apart(made, from, others)
		// Nobody minds how MAC addresses begin, so a new pool gets the next beginning that is its own.
		for second := 0x54; made.MAC == "" && made.Kind == AddressPool; second++ {
			made.MAC = fmt.Sprintf("52:%02x", second)
			if err = apart(made, from, others); refusesMAC(err) && second < 0xff {
				made.MAC = ""
			}
		}
		if err == nil {
			err = announcedByNobody(b, p)
		}
		if err != nil {
			return err
		}
		b.PutPool(made)
		if !there {
			names = strings.TrimSpace(names + " " + p.Name)
		}
		b.PutMeta(MetaPools, names) // written in any case, so that two who add at the same time meet at this row
		b.Announce(Event{Name: EventPoolChanged, Detail: p.Name + ": added"})
		return nil
	})
	if err != nil {
		return Pool{}, err
	}
	return made, nil
}

func refusesMAC(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Parameter == "mac"
}

// complete gives a new pool what its operator left out.
func (p *Pool) complete(now int64) {
	p.Reserved, p.Next, p.RemovedAt, p.CreatedAt = nil, 0, 0, now
	if p.Rest == 0 {
		p.Rest = restOfNumbers
		if p.Kind == AddressPool {
			p.Rest = restOfAddresses
		}
	}
}

// judgePool judges what can be judged without reading anything.
func judgePool(p *Pool) error {
	plain := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c) {
			return c
		}
		return -1
	}, p.Name)
	switch {
	case p.Name == "" || len(p.Name) > 64 || plain != p.Name:
		return Invalid("name", "The name of a pool is 1 to 64 letters, digits, dots, underscores and hyphens.")
	case p.Kind != AddressPool && p.Kind != ASNPool && p.Kind != LinkPool && p.Kind != PrefixPool:
		return Invalid("kind", "The kind of a pool is address, asn, link or prefix.")
	case p.Name == sponsoredPool && p.Kind != ASNPool: // it can't be removed, and no registration could be completed any more
		return Invalid("kind", "The pool %s holds the AS numbers that were registered for single customers; choose another name.", p.Name)
	case !printable(p.Location, 100):
		return Invalid("location", "The location must be at most 100 printable characters, as the catalogue names it.")
	case p.Rest < 0 || p.Rest > 10*365*24*Hour:
		return Invalid("rest", "The rest must be between 0 and ten years.")
	case p.MAC != "" && p.Kind != AddressPool:
		return Invalid("mac", "Only a pool of addresses makes MAC addresses.")
	case p.MAC != "" && !isMACBegin(p.MAC):
		return Invalid("mac", "MAC addresses begin with two bytes that don't say 'to many', such as 52:54; the address's four follow.")
	case len(p.Ranges) == 0 && p.Kind == ASNPool:
		return Invalid("numbers", "Give the range of numbers, such as 4200000100-4200000199.")
	case len(p.Ranges) == 0:
		return Invalid("cidr", "Give the block of addresses, such as 203.0.113.0/24.")
	}
	for _, r := range p.Ranges {
		if err := judgeRange(p.Kind, r); err != nil {
			return err
		}
	}
	return nil
}

func judgeRange(k PoolKind, r Range) error {
	if k == ASNPool {
		if r.CIDR != "" || r.First < 1 || r.Last < r.First || r.Last > maxASN {
			return Invalid("numbers", "AS numbers are given as FIRST-LAST, between 1 and %d, such as 4200000100-4200000199.", maxASN)
		}
		if flaw := judgeASN(r.First, r.Last); flaw != "" {
			return Invalid("numbers", "%s.", flaw)
		}
		return nil
	}
	block, err := netip.ParsePrefix(r.CIDR)
	switch {
	case err != nil || block.Addr().Is4In6():
		return Invalid("cidr", "%s is not a block of addresses such as 203.0.113.0/24 or 2001:db8::/64.", quoted(r.CIDR))
	case block != block.Masked():
		return Invalid("cidr", "%s is an address within a block; the block is %s.", r.CIDR, block.Masked())
	case nobodyHas(k, block.Addr()):
		return Invalid("cidr", "%s holds addresses that no server can have.", r.CIDR)
	case k == LinkPool && block.Bits() >= block.Addr().BitLen():
		return Invalid("cidr", "%s is one address; a link has two.", r.CIDR)
	case k != PrefixPool && r.Length != 0:
		return Invalid("length", "Only a pool of prefixes has a length.")
	case k == PrefixPool && (r.Length < block.Bits() || r.Length > block.Addr().BitLen()):
		return Invalid("length", "Give the length of each prefix, between %d and %d.", block.Bits(), block.Addr().BitLen())
	}
	return judgeGateway(k, r, block)
}

// nobodyHas reports whether addresses like this one are of no use in a pool of a kind. Links may be on the loopback: an edge
// and its customers on one machine need no rights at all, which is how a session is tried.
func nobodyHas(k PoolKind, a netip.Addr) bool {
	return a.IsMulticast() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsLoopback() && k != LinkPool
}

func judgeGateway(k PoolKind, r Range, block netip.Prefix) error {
	if k != AddressPool {
		if r.Gateway != "" {
			return Invalid("gateway", "Only a pool of addresses has a gateway.")
		}
		return nil
	}
	gateway, err := netip.ParseAddr(r.Gateway)
	switch {
	case r.Gateway == "":
		return Invalid("gateway", "Give the gateway of %s, the router's address in it.", r.CIDR)
	case err != nil || gateway.Zone() != "":
		return Invalid("gateway", "%s is not an address.", quoted(r.Gateway))
	case !block.Contains(gateway):
		return Invalid("gateway", "The gateway %s lies outside of %s; servers of this range could not reach it.", r.Gateway, r.CIDR)
	case block.Bits() == block.Addr().BitLen():
		return Invalid("cidr", "%s is one address, and that is the gateway's.", r.CIDR)
	}
	return nil
}

// extends refuses what isn't a further range of a pool that is there.
func extends(old, p Pool) error {
	switch {
	case old.RemovedAt != 0:
		return Invalid("name", "There was a pool %s, and services of that time remember it; choose another name.", p.Name)
	case old.Kind != p.Kind:
		return Invalid("kind", "The pool %s is of kind %s; a pool of kind %s needs a name of its own.", p.Name, old.Kind, p.Kind)
	case p.Location != "" && p.Location != old.Location:
		return Invalid("location", "The pool %s has another location; leave it out to add a range, or 'pool change' it.", p.Name)
	case p.MAC != "" && p.MAC != old.MAC:
		return Invalid("mac", "The pool %s has MAC addresses with %s; leave it out to add a range.", p.Name, old.MAC)
	case p.Rest != 0 && p.Rest != old.Rest:
		return Invalid("rest", "The pool %s has another rest; leave it out to add a range, or 'pool change' it.", p.Name)
	}
	return nil
}

// apart refuses new ranges (from place from on in p's list) that have something in common with any other.
func apart(p Pool, from int, others []Pool) error {
	field := "cidr"
	if p.Kind == ASNPool {
		field = "numbers"
	}
	for n := from; n < len(p.Ranges); n++ {
		r := p.Ranges[n]
		if first := p.Ranges[0]; p.Kind != ASNPool && first.prefix().Addr().Is4() != r.prefix().Addr().Is4() {
			return Invalid("cidr", "The pool %s holds addresses of the other IP version; %s needs a pool of its own.", p.Name, r.CIDR)
		}
		if first := p.Ranges[0]; p.Kind == ASNPool && nobodys(first.First) != nobodys(r.First) {
			are := map[bool]string{true: "for private use", false: "public"}[nobodys(first.First)]
			return Invalid("numbers", "The numbers of the pool %s are %s; %s needs a pool of its own.", p.Name, are, r)
		}
		for _, other := range p.Ranges[:n] {
			if err := together(p, p, r, other, field); err != nil {
				return err
			}
		}
		for _, q := range others {
			for _, other := range q.Ranges {
				if err := together(p, q, r, other, field); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func together(p, q Pool, r, other Range, field string) error {
	if p.Kind.space() == q.Kind.space() && overlap(r, other) {
		return Invalid(field, "%s overlaps with %s of the pool %s; nothing may be in two ranges.", r, other, q.Name)
	}
	if p.Kind == AddressPool && q.Kind == AddressPool && strings.EqualFold(p.MAC, q.MAC) && p.MAC != "" && sameMAC(r, other) {
		return Invalid("mac", "Servers of %s could get the same MAC addresses as those of %s in the pool %s; give another beginning, or a pool of its own.", r, other, q.Name)
	}
	return nil
}

// String is the range as an operator writes it.
func (r Range) String() string {
	if r.CIDR == "" {
		return fmt.Sprintf("%d-%d", r.First, r.Last)
	}
	return r.CIDR
}

// ChangePool changes the rest (microseconds) or the location of a pool; nil leaves it. What rests already goes on as it was
// told to, and what was given elsewhere stays given.
func (d *Desk) ChangePool(ctx context.Context, name string, rest *int64, location *string) (Pool, error) {
	var changed Pool
	err := d.Store.Write(ctx, Need{Pools: []PoolNeed{{Name: name}}}, func(b *Book) error {
		p, err := livePool(b, name)
		if err != nil {
			return err
		}
		if rest != nil {
			p.Rest = *rest
		}
		if location != nil {
			p.Location = *location
		}
		if err := judgePool(&p); err != nil {
			return err
		}
		b.PutPool(p)
		b.Announce(Event{Name: EventPoolChanged, Detail: name + ": changed"})
		changed = p
		return nil
	})
	if err != nil {
		return Pool{}, err
	}
	return changed, nil
}

// ReserveItems keeps the items from first to last back (values, such as addresses; last may be "" for one), or with
// reserve false gives back what was reserved or retired, and lets what rests be given at once. What a service has is never
// touched: the refusal says whose it is. It returns how many items that are.
func (d *Desk) ReserveItems(ctx context.Context, pool, first, last string, reserve bool) (int64, error) {
	var count int64
	if last == "" {
		last = first
	}
	err := d.Store.Write(ctx, Need{Pools: []PoolNeed{{Name: pool}}}, func(b *Book) error {
		p, err := livePool(b, pool)
		if err != nil {
			return err
		}
		s, err := spanOf(p, first, last)
		if err != nil {
			return err
		}
		if err := keepBack(b, p, s, reserve); err != nil {
			return err
		}
		p.Reserved = without(p.Reserved, s)
		if reserve {
			p.reserve(s)
		}
		b.PutPool(p)
		word := map[bool]string{true: "reserved ", false: "released "}[reserve]
		b.Announce(Event{Name: EventPoolChanged, Detail: pool + ": " + word + first + " to " + last})
		count = s.Last - s.First + 1
		return nil
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

func livePool(b *Book, name string) (Pool, error) {
	p, ok := b.Pool(name)
	if !ok || p.RemovedAt != 0 {
		return p, Unknown("pool", "There is no pool %s; 'pool list' shows all.", quoted(name))
	}
	return p, nil
}

func spanOf(p Pool, first, last string) (s Span, err error) {
	for _, end := range []struct {
		value string
		to    *int64
	}{{first, &s.First}, {last, &s.Last}} {
		place, ok := p.Place(end.value)
		if !ok {
			return s, Invalid("item", "%s is not of the pool %s.", quoted(end.value), p.Name)
		}
		*end.to = place
	}
	if s.Last < s.First {
		return s, Invalid("item", "%s comes before %s in the pool; give the lower one first.", last, first)
	}
	if min(s.Last, p.Next-1)-s.First >= mostSpan {
		return s, Invalid("item", "These are more than %d that were given before; do it in parts.", mostSpan)
	}
	return s, nil
}

// keepBack judges and writes the items of a span that were given or passed over before; the others have no rows.
func keepBack(b *Book, p Pool, s Span, reserve bool) error {
	for place := s.First; place <= s.Last && place < p.Next; place++ {
		i, ok := b.Item(ItemID(p.Name, place))
		if i.Owner != "" && i.FreeAt == Forever && !reserve { // it isn't to be retired any more
			i.FreeAt = 0
			b.PutItem(i)
			continue
		}
		if i.Owner != "" {
			return &Error{Code: Busy, Parameter: "item", Message: fmt.Sprintf("%s belongs to service %s; it can be taken back when that is terminated, and 'pool retire' does so by itself.", i.Value, i.Owner)}
		}
		r, n, _ := p.rangeOf(place)
		if !ok && r.skipped(p.Kind, n) {
			continue
		}
		if !ok {
			i = p.item(place)
		}
		i.FreeAt = 0
		if reserve {
			i.FreeAt = Forever
		}
		b.PutItem(i)
	}
	return nil
}

// without cuts a span out of a list of spans.
func without(list []Span, cut Span) (left []Span) {
	for _, s := range list {
		if s.First < cut.First {
			left = append(left, Span{s.First, min(s.Last, cut.First-1)})
		}
		if s.Last > cut.Last {
			left = append(left, Span{max(s.First, cut.Last+1), s.Last})
		}
	}
	return left
}

// RemovePool ends a pool that nobody has anything of, and of which nothing rests. Its name stays taken.
func (d *Desk) RemovePool(ctx context.Context, name string) (Pool, error) {
	if name == sponsoredPool { // its name couldn't be used again, and so no registration completed
		return Pool{}, Invalid("pool", "The pool %s holds the numbers that were registered for single customers, and stays.", name)
	}
	for range mostCounts {
		pools, err := d.Store.Pools(ctx, d.Now())
		if err != nil {
			return Pool{}, err
		}
		at := slices.IndexFunc(pools, func(p Pool) bool { return p.Name == name && p.RemovedAt == 0 })
		if at < 0 {
			return Pool{}, Unknown("pool", "There is no pool %s; 'pool list' shows all.", quoted(name))
		}
		p := pools[at]
		if p.Live > 0 {
			return p, &Error{Code: Busy, Parameter: "pool", Message: fmt.Sprintf("%d items of the pool %s belong to services; it can be removed when those are terminated.", p.Live, name)}
		}
		if p.Resting > 0 {
			return p, &Error{Code: Busy, Parameter: "pool", Message: fmt.Sprintf("%d items of the pool %s rest; wait, or release them with 'pool release'.", p.Resting, name)}
		}
		removed, err := d.removePool(ctx, p)
		if err != nil || removed.RemovedAt != 0 {
			return removed, err
		}
	}
	return Pool{}, Errorf(Unavailable, "The pool changed faster than its items could be counted: take it out of the settings first.")
}

// removePool removes a pool unless something was taken of it since it was counted, which would have written its row.
func (d *Desk) removePool(ctx context.Context, counted Pool) (Pool, error) {
	var removed Pool
	err := d.Store.Write(ctx, Need{Pools: []PoolNeed{{Name: counted.Name}}}, func(b *Book) error {
		p, err := livePool(b, counted.Name)
		if err != nil {
			return err
		}
		if removed = p; p.UpdatedAt != counted.UpdatedAt {
			return nil
		}
		p.RemovedAt = b.Now()
		b.PutPool(p)
		b.Announce(Event{Name: EventPoolChanged, Detail: p.Name + ": removed"})
		removed = p
		return nil
	})
	if err != nil {
		return Pool{}, err
	}
	return removed, nil
}
