package berth

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Range is a part of a pool: a block of addresses, or numbers from First to Last.
type Range struct {
	CIDR    string `json:"cidr,omitempty"`
	Gateway string `json:"gateway,omitempty"` // of addresses
	Length  int    `json:"length,omitempty"`  // of the items of a prefix pool
	First   int64  `json:"first,omitempty"`   // AS numbers
	Last    int64  `json:"last,omitempty"`
}

// Span is places from First to Last.
type Span struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// mostItems is how many items of one range are ever used: a /64 has more addresses than a place can count.
const mostItems int64 = 1 << 40

// maxASN is the largest number that 32 bits hold.
const maxASN int64 = 1<<32 - 1

// ItemID is the id of an item: the pool's name and the place in it.
func ItemID(pool string, place int64) string { return pool + "/" + strconv.FormatInt(place, 10) }

// poolOf is the pool of an item. Pools have no slash in their names.
func poolOf(id string) string {
	name, _, _ := strings.Cut(id, "/")
	return name
}

// space names what may not be given twice: addresses, links and prefixes are all parts of one, AS numbers of another.
func (k PoolKind) space() string {
	if k == ASNPool {
		return "as"
	}
	return "ip"
}

// prefix is the range's block. A range is judged when it's added, so it always has one, unless it's of numbers.
func (r Range) prefix() netip.Prefix {
	p, _ := netip.ParsePrefix(r.CIDR)
	return p
}

// width is the length in bits of one item's own prefix.
func (r Range) width(k PoolKind) int {
	all := r.prefix().Addr().BitLen()
	switch k {
	case LinkPool:
		return all - 1
	case PrefixPool:
		return r.Length
	}
	return all
}

// size is how many places a range has.
func (r Range) size(k PoolKind) int64 {
	if k == ASNPool {
		return r.Last - r.First + 1
	}
	free := r.width(k) - r.prefix().Bits()
	if free >= 40 {
		return mostItems
	}
	return 1 << max(0, free)
}

// value is item i of a range.
func (r Range) value(k PoolKind, i int64) string {
	if k == ASNPool {
		return strconv.FormatInt(r.First+i, 10)
	}
	width := r.width(k)
	address := r.prefix().Addr()
	address = plus(address, i, address.BitLen()-width)
	if k == AddressPool {
		return address.String()
	}
	return netip.PrefixFrom(address, width).String()
}

// index is the inverse of value; false when the range has no such item.
func (r Range) index(k PoolKind, value string) (int64, bool) {
	if k == ASNPool {
		n, err := strconv.ParseInt(value, 10, 64)
		return n - r.First, err == nil && n >= r.First && n <= r.Last
	}
	text, width := value, r.width(k)
	if k != AddressPool {
		var length string
		if text, length, _ = strings.Cut(value, "/"); length != strconv.Itoa(width) {
			return 0, false
		}
	}
	address, err := netip.ParseAddr(text)
	if err != nil || !r.prefix().Contains(address) {
		return 0, false
	}
	i := minus(address, r.prefix().Addr(), address.BitLen()-width)
	return i, i >= 0 && i < r.size(k) && plus(r.prefix().Addr(), i, address.BitLen()-width) == address
}

// skipped reports whether item i is never given: the ends of an IPv4 network, which hosts may not have, IPv6's first
// address, which is any router's, and the gateway.
func (r Range) skipped(k PoolKind, i int64) bool {
	if k != AddressPool {
		return false
	}
	p := r.prefix()
	free := p.Addr().BitLen() - p.Bits()
	if free > 1 && (i == 0 || p.Addr().Is4() && i == r.size(k)-1) {
		return true
	}
	gateway, ok := r.index(k, r.Gateway)
	return ok && gateway == i
}

// plus is the address n<<shift further on.
func plus(a netip.Addr, n int64, shift int) netip.Addr {
	raw := a.As16()
	hi, lo := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	step := uint64(n) // #nosec G115 -- never below 0
	stepHi, stepLo, carry := uint64(0), uint64(0), uint64(0)
	if shift < 64 {
		stepHi, stepLo = step>>(64-shift), step<<shift
	} else {
		stepHi = step << (shift - 64)
	}
	lo, carry = bits.Add64(lo, stepLo, 0)
	hi, _ = bits.Add64(hi, stepHi, carry)
	binary.BigEndian.PutUint64(raw[:8], hi)
	binary.BigEndian.PutUint64(raw[8:], lo)
	if a.Is4() {
		return netip.AddrFrom16(raw).Unmap()
	}
	return netip.AddrFrom16(raw)
}

// minus is (a-b)>>shift, or -1 when that is beyond what a place counts.
func minus(a, b netip.Addr, shift int) int64 {
	rawA, rawB := a.As16(), b.As16()
	lo, borrow := bits.Sub64(binary.BigEndian.Uint64(rawA[8:]), binary.BigEndian.Uint64(rawB[8:]), 0)
	hi, _ := bits.Sub64(binary.BigEndian.Uint64(rawA[:8]), binary.BigEndian.Uint64(rawB[:8]), borrow)
	if shift >= 64 {
		hi, lo = 0, hi>>(shift-64)
	} else {
		hi, lo = hi>>shift, lo>>shift|hi<<(64-shift)
	}
	if hi != 0 || lo >= 1<<62 {
		return -1
	}
	return int64(lo) // #nosec G115 -- below 2^62
}

// Size is how many places a pool has, those that are never given included.
func (p *Pool) Size() (n int64) {
	for _, r := range p.Ranges {
		n += r.size(p.Kind)
	}
	return n
}

// rangeOf finds the range of a place, and the index in it.
func (p *Pool) rangeOf(place int64) (r Range, index int64, ok bool) {
	for _, r := range p.Ranges {
		n := r.size(p.Kind)
		if place < n {
			return r, place, place >= 0
		}
		place -= n
	}
	return Range{}, 0, false
}

// item is what stands at a place, the zero Item beyond the end.
func (p *Pool) item(place int64) Item {
	r, i, ok := p.rangeOf(place)
	if !ok {
		return Item{}
	}
	return Item{ID: ItemID(p.Name, place), Pool: p.Name, Place: place, Value: r.value(p.Kind, i)}
}

// At is the value at a place, whether it's ever given or not; "" beyond the end.
func (p *Pool) At(place int64) string { return p.item(place).Value }

// Place finds the place of a value; false when it isn't of this pool.
func (p *Pool) Place(value string) (int64, bool) {
	var before int64
	for _, r := range p.Ranges {
		if i, ok := r.index(p.Kind, value); ok {
			return before + i, true
		}
		before += r.size(p.Kind)
	}
	return 0, false
}

// reserved reports whether a place is kept back.
func (p *Pool) reserved(place int64) bool {
	return slices.ContainsFunc(p.Reserved, func(s Span) bool { return s.First <= place && place <= s.Last })
}

// unused is the lowest place from a place on that can be given; false at the end of the pool.
func (p *Pool) unused(place int64) (int64, bool) {
	for {
		for _, s := range p.Reserved { // they are sorted and apart
			if s.First <= place && place <= s.Last {
				place = s.Last + 1
			}
		}
		r, i, ok := p.rangeOf(place)
		if !ok {
			return 0, false
		}
		if !r.skipped(p.Kind, i) {
			return place, true
		}
		place++
	}
}

// Spare is how many items can be given at this moment. Live and Resting must have been counted.
func (p *Pool) Spare() int64 {
	n := p.Size() - p.Live - p.Resting
	for _, s := range p.Reserved {
		n -= s.Last - s.First + 1
	}
	var before int64
	for _, r := range p.Ranges {
		size := r.size(p.Kind)
		// What is skipped stands at the ends, or is the gateway.
		ends := []int64{0, size - 1}
		if gateway, ok := r.index(p.Kind, r.Gateway); ok {
			ends = append(ends, gateway)
		}
		slices.Sort(ends)
		for _, i := range slices.Compact(ends) {
			if r.skipped(p.Kind, i) && !p.reserved(before+i) {
				n--
			}
		}
		before += size
	}
	return max(0, n)
}

// macOf is the MAC address of a server with an address: the two bytes that the pool's begin with, and the last four of
// the address, so that two servers of IPv4 never have the same one.
func macOf(begin string, address netip.Addr) string {
	raw := address.As16()
	return fmt.Sprintf("%s:%02x:%02x:%02x:%02x", strings.ToLower(begin), raw[12], raw[13], raw[14], raw[15])
}

// isMACBegin reports whether text is the first two bytes of a MAC address of a single host.
func isMACBegin(text string) bool {
	first, second, two := strings.Cut(text, ":")
	a, err := strconv.ParseUint(first, 16, 8)
	_, errB := strconv.ParseUint(second, 16, 8)
	return two && len(first) == 2 && len(second) == 2 && err == nil && errB == nil && a&1 == 0 // the last bit says "to many"
}

// The numbers that aren't anybody's to announce, with what they are for (RFC 7607, 6793, 5398, 6996, 7300 and IANA).
var reservedASN = []struct {
	first, last int64
	what        string
}{
	{0, 0, "no AS number"}, {23456, 23456, "AS_TRANS"}, {64496, 64511, "for documentation"}, {64512, 65534, privateASN},
	{65535, 65535, "reserved"}, {65536, 65551, "for documentation"}, {65552, 131071, "reserved"},
	{4200000000, 4294967294, privateASN}, {4294967295, 4294967295, "reserved"},
}

const privateASN = "for private use"

// judgeASN refuses a range of AS numbers that nobody may have. Private numbers are for a pool of their own: they are
// taken out of paths where public ones are not.
func judgeASN(first, last int64) string {
	for _, r := range reservedASN {
		switch {
		case last < r.first || first > r.last:
		case r.what == privateASN && first >= r.first && last <= r.last:
		case r.what == privateASN:
			return fmt.Sprintf("%d to %d mixes numbers for private use (%d to %d) with others; give them in ranges of their own", first, last, r.first, r.last)
		default:
			return fmt.Sprintf("%d to %d holds numbers that are %s (%d to %d)", first, last, r.what, r.first, r.last)
		}
	}
	return ""
}

// overlap reports whether two ranges have a number or an address in common.
func overlap(a, b Range) bool {
	if a.CIDR == "" || b.CIDR == "" {
		return a.CIDR == b.CIDR && a.First <= b.Last && b.First <= a.Last
	}
	return a.prefix().Overlaps(b.prefix())
}

// sameMAC reports whether servers of two ranges of addresses, of pools whose MAC addresses begin alike, could get the same
// one. Both run around the same circle of four bytes.
func sameMAC(a, b Range) bool {
	tail := func(r Range) uint32 {
		raw := r.prefix().Addr().As16()
		return binary.BigEndian.Uint32(raw[12:])
	}
	apart := func(from, to Range) bool { return int64(tail(to)-tail(from)) >= from.size(AddressPool) }
	return !apart(a, b) || !apart(b, a)
}
