package berth_test

import (
	"testing"

	"github.com/berth-host/berth"
)

// The arithmetic of every kind, at both ends of a range and beyond them.
func TestPlacesOfPools(t *testing.T) {
	addresses := func(cidr, gateway string) berth.Pool {
		return berth.Pool{Name: "p", Kind: berth.AddressPool, Ranges: []berth.Range{{CIDR: cidr, Gateway: gateway}}}
	}
	links := func(cidr string) berth.Pool {
		return berth.Pool{Name: "p", Kind: berth.LinkPool, Ranges: []berth.Range{{CIDR: cidr}}}
	}
	prefixes := func(cidr string, length int) berth.Pool {
		return berth.Pool{Name: "p", Kind: berth.PrefixPool, Ranges: []berth.Range{{CIDR: cidr, Length: length}}}
	}
	numbers := berth.Pool{Name: "p", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000100, Last: 4200000149}, {First: 64512, Last: 64513}}}
	for _, c := range []struct {
		name        string
		pool        berth.Pool
		size, spare int64
		values      map[int64]string
		none        []string
	}{
		{"addresses", addresses("203.0.113.0/24", "203.0.113.1"), 256, 253, map[int64]string{0: "203.0.113.0", 10: "203.0.113.10", 255: "203.0.113.255"},
			[]string{"203.0.114.0", "203.0.112.255", "2001:db8::1", "203.0.113.7/32", "", "x"}},
		{"two addresses", addresses("203.0.113.6/31", "203.0.113.7"), 2, 1, map[int64]string{0: "203.0.113.6", 1: "203.0.113.7"}, []string{"203.0.113.8"}},
		{"addresses of IPv6", addresses("2001:db8:0:1::/64", "2001:db8:0:1::1"), 1 << 40, 1<<40 - 2,
			map[int64]string{2: "2001:db8:0:1::2", 1<<40 - 1: "2001:db8:0:1:0:ff:ffff:ffff"}, []string{"2001:db8:0:1:0:100::", "2001:db8:0:2::", "2001:db8::"}},
		{"links", links("10.99.0.0/24"), 128, 128, map[int64]string{0: "10.99.0.0/31", 1: "10.99.0.2/31", 127: "10.99.0.254/31"},
			[]string{"10.99.0.1/31", "10.99.0.0", "10.99.0.0/30", "10.99.1.0/31"}},
		{"links of IPv6", links("2001:db8:ffff::/112"), 1 << 15, 1 << 15, map[int64]string{3: "2001:db8:ffff::6/127"}, []string{"2001:db8:ffff::7/127"}},
		{"prefixes", prefixes("2001:db8:a000::/36", 44), 256, 256, map[int64]string{0: "2001:db8:a000::/44", 1: "2001:db8:a010::/44", 255: "2001:db8:aff0::/44"},
			[]string{"2001:db8:a008::/44", "2001:db8:a000::/48", "2001:db8:b000::/44"}},
		{"prefixes of IPv4", prefixes("198.51.100.0/22", 24), 4, 4, map[int64]string{3: "198.51.103.0/24"}, []string{"198.51.104.0/24"}},
		{"a prefix as a whole", prefixes("2001:db8::/32", 32), 1, 1, map[int64]string{0: "2001:db8::/32"}, nil},
		{"numbers of two ranges", numbers, 52, 52, map[int64]string{0: "4200000100", 49: "4200000149", 50: "64512", 51: "64513"},
			[]string{"4200000150", "4200000099", "64511", "64514", "-1", "4200000100.0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.pool.Size(); got != c.size {
				t.Errorf("got %d places, want %d", got, c.size)
			}
			if got := c.pool.Spare(); got != c.spare {
				t.Errorf("got %d to give, want %d", got, c.spare)
			}
			for place, value := range c.values {
				if got, ok := c.pool.Place(value); !ok || got != place {
					t.Errorf("%s: got place %d, %v, want %d", value, got, ok, place)
				}
				if got := c.pool.At(place); got != value {
					t.Errorf("place %d: got %q, want %q", place, got, value)
				}
			}
			for _, value := range c.none {
				if place, ok := c.pool.Place(value); ok {
					t.Errorf("%q: got place %d, want none", value, place)
				}
			}
			if got := c.pool.At(c.size); got != "" {
				t.Errorf("beyond the end: got %q", got)
			}
		})
	}
}
