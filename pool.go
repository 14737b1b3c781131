package berth

import (
	"net/netip"
	"strings"
)

// PoolKind is what a pool holds.
type PoolKind string

// The kinds of pool. All of them live by the same rules; only what an item is called differs.
const (
	AddressPool PoolKind = "address" // addresses of servers
	ASNPool     PoolKind = "asn"     // AS numbers
	LinkPool    PoolKind = "link"    // networks of two: a /31 or a /127 each
	PrefixPool  PoolKind = "prefix"  // networks of one length
)

// Pool is what an operator has to give to services, one item each: the lowest free one, to one service at a time. An
// item that is freed rests before it's given again. Items have places 0, 1, 2... through the pool's ranges in the order
// in which these were added, so a place never changes its meaning. An item has a row once it was given; places from Next
// on never were, and have none.
//
// Whoever gives, frees or reserves an item holds the lock of the pool's row.
type Pool struct {
	Name      string
	Kind      PoolKind
	Location  string  // the one that it serves, "" for any
	Ranges    []Range // only ever appended to
	Reserved  []Span  // places that are kept back, sorted and apart
	MAC       string  // of addresses: how the MAC addresses of servers begin, such as "52:54"
	Rest      int64   // microseconds
	Next      int64   // the lowest place that was never given or passed over
	RemovedAt int64   // microseconds UTC, 0 while it is in use. Its name stays taken: old services have items of it
	CreatedAt int64
	UpdatedAt int64

	Live, Resting int64 // items, as counted by Reader.Pools; not stored
}

// Item is one thing of a pool that was given before. Live is one that has an Owner.
type Item struct {
	ID        string // by ItemID
	Pool      string
	Place     int64
	Value     string // 203.0.113.10, 4200000101, 10.99.0.2/31
	Owner     string // the service that has it; until that exists, the order that makes it, which has the same id
	Last      string // the owner before
	FreeAt    int64  // the instant from which it may be given again; Forever when it's reserved. With an owner 0, or Forever: it is to be retired
	TakenAt   int64
	UpdatedAt int64
}

// Allotment is what a service has from pools. The zero value is nothing: its provider chooses the address.
type Allotment struct {
	Items   string // ids of the items, separated by blanks
	CIDR    string // the server's address with the length of its network, 203.0.113.10/24
	Gateway string
	MAC     string
}

// address is the allotted address alone, "" for none.
func (a Allotment) address() string {
	address, _, _ := strings.Cut(a.CIDR, "/")
	return address
}

// Rests that pools have when nothing else is said. Numbers stay in routers and registries for months; an address is
// forgotten by its neighbours within minutes.
const (
	restOfNumbers   = 90 * 24 * Hour
	restOfAddresses = Hour
)

// PoolNeed is a pool that a write needs, and how many free items each of its callers may take.
type PoolNeed struct {
	Name string
	Take int64
}

// Pool reads a pool by name, a removed one, too.
func (b *Book) Pool(name string) (Pool, bool) {
	return b.pools.read(name, func() { b.missing.Pools = append(b.missing.Pools, PoolNeed{Name: name}) })
}

// PutPool writes a pool.
func (b *Book) PutPool(p Pool) {
	p.UpdatedAt, p.Live, p.Resting = b.now, 0, 0
	b.pools.put(b, p.Name, p)
}

// Item reads an item by id; false when it was never given.
func (b *Book) Item(id string) (Item, bool) {
	return b.items.read(id, func() { b.missing.Items = append(b.missing.Items, id) })
}

// PutItem writes an item. Whoever does so has read its pool, and so holds its lock.
func (b *Book) PutItem(i Item) {
	i.UpdatedAt = b.now
	b.items.put(b, i.ID, i)
}

// Peek is the item that Take would give, without its owner; false when the pool has none left, or isn't there.
func (b *Book) Peek(pool string) (Item, bool) {
	free, asked := b.free[pool]
	if !asked {
		b.missing.Pools = append(b.missing.Pools, PoolNeed{pool, 1})
		return Item{}, false
	}
	p, ok := b.Pool(pool)
	if !ok || p.RemovedAt != 0 {
		return Item{}, false
	}
	for _, id := range free.ids[free.next:] {
		if i, ok := b.Item(id); ok && i.Owner == "" && i.FreeAt <= b.now {
			return i, true
		}
	}
	if free.more { // callers of this batch have taken what was loaded for them all
		b.missing.Pools = append(b.missing.Pools, PoolNeed{pool, int64(len(free.ids)) + 1})
		return Item{}, false
	}
	place, ok := p.unused(p.Next)
	if !ok {
		return Item{}, false
	}
	return p.item(place), true
}

// Take gives the pool's lowest free item to an owner. False when there is none.
func (b *Book) Take(pool, owner string) (Item, bool) {
	i, ok := b.Peek(pool)
	if !ok {
		return i, false
	}
	i.Owner, i.FreeAt, i.TakenAt = owner, 0, b.now
	b.PutItem(i)
	b.pass(b.free[pool], i.ID)
	p, _ := b.Pool(pool)
	p.Next = max(p.Next, i.Place+1)
	b.PutPool(p) // in any case: its UpdatedAt tells whether anything was taken since somebody counted
	return i, true
}

// Free takes an item back from its owner and lets it rest, or keeps it back when it was to be retired. What somebody else has by now, or nobody, stays as it is, so
// freeing twice is harmless.
func (b *Book) Free(id, owner string) {
	p, _ := b.Pool(poolOf(id))
	i, ok := b.Item(id)
	if !ok || i.Owner != owner || owner == "" {
		return
	}
	retired := i.FreeAt == Forever
	i.Owner, i.Last, i.FreeAt = "", owner, b.now+p.Rest
	if b.PutItem(i); retired {
		keepForGood(b, i)
	}
}

// freeList is what was loaded of a pool's free items that were given before.
type freeList struct {
	ids  []string // by place
	next int      // those before are taken
	more bool     // there may be more
}

// pass goes past an item that was taken from the list, until that is undone.
func (b *Book) pass(free *freeList, id string) {
	at := free.next
	for at < len(free.ids) && free.ids[at] != id {
		at++
	}
	if at < len(free.ids) {
		before := free.next
		b.undo = append(b.undo, func() { free.next = before })
		free.next = at + 1
	}
}

// fillPools takes over what was loaded of pools. Of a pool that nobody wanted items of there's no list.
func (b *Book) fillPools(need Need, rows Rows) {
	if len(need.Pools) == 0 && len(need.Items) == 0 {
		return
	}
	names, ids := make([]string, len(need.Pools)), append([]string(nil), need.Items...)
	b.free = make(map[string]*freeList, len(need.Pools))
	wanted := make(map[string]int64, len(need.Pools))
	for i, n := range need.Pools {
		if names[i] = n.Name; n.Take > 0 {
			b.free[n.Name], wanted[n.Name] = &freeList{}, n.Take
		}
	}
	for _, i := range rows.Free {
		ids = append(ids, i.ID)
		if list := b.free[i.Pool]; list != nil {
			list.ids = append(list.ids, i.ID)
			list.more = int64(len(list.ids)) >= wanted[i.Pool]
		}
	}
	b.pools.fill(names, rows.Pools, func(r *Pool) string { return r.Name })
	b.items.fill(ids, append(rows.Items, rows.Free...), func(r *Item) string { return r.ID })
}

// spare refuses an order whose provider's pool has nothing left for it, before any money moves. Without a pool there is
// nothing to refuse.
func spare(b *Book, pool, location string) error {
	if pool == "" {
		return nil
	}
	_, left := b.Peek(pool)
	if p, _ := b.Pool(pool); left && p.Kind == AddressPool && (p.Location == "" || p.Location == location) {
		return nil
	}
	return &Error{Code: OutOfStock, Parameter: "location", Message: "No address is left for a server at " + quoted(location) + "."}
}

// allot takes an address for a server from a pool. An order that spare didn't refuse gets one.
func allot(b *Book, pool, owner string) Allotment {
	if pool == "" {
		return Allotment{}
	}
	i, ok := b.Take(pool, owner)
	p, _ := b.Pool(pool)
	r, _, known := p.rangeOf(i.Place)
	address, err := netip.ParseAddr(i.Value)
	if !ok || !known || err != nil {
		return Allotment{} // spare has seen one, so this is a run that lacks a row and is repeated
	}
	return Allotment{
		Items: i.ID, CIDR: netip.PrefixFrom(address, r.prefix().Bits()).String(), Gateway: r.Gateway, MAC: macOf(p.MAC, address),
	}
}

// vacate frees what a service has from pools, which then rests. It is called in the write that ends a service for good:
// when the order that would have made it is refunded, and by whoever sets a service Terminated. Not before its machine
// is gone: an address that a machine still has must not be given to another. Repeating is harmless.
func vacate(b *Book, s Service) {
	for id := range strings.FieldsSeq(s.Items) {
		b.Free(id, s.ID)
	}
}

// withhold keeps what was just freed from ever being given by itself: the machine is still there, and only the operator who
// removes it knows when it isn't any more. Releasing the item by hand ends that.
func withhold(b *Book, s Service) {
	for id := range strings.FieldsSeq(s.Items) {
		if i, ok := b.Item(id); ok && i.Owner == "" && i.Last == s.ID {
			keepForGood(b, i)
		}
	}
}
