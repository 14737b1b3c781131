package lab

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"github.com/berth-host/berth/internal/provision/libvirt"
)

// Pool gives the addresses of the lab's network from 203.0.113.10 on, in memory.
type Pool struct {
	Size int // how many there are; 100 when 0

	mu    sync.Mutex
	given map[string]int
}

// Take gives an order the lowest free address, the same one when it asks again.
func (p *Pool) Take(ctx context.Context, order string) (libvirt.Lease, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, ok := p.given[order]
	if !ok {
		used := map[int]bool{}
		for _, other := range p.given {
			used[other] = true
		}
		for used[n] {
			n++
		}
		if n >= p.Size && p.Size > 0 || n >= 100 {
			return libvirt.Lease{}, libvirt.ErrNoAddress
		}
		if p.given == nil {
			p.given = map[string]int{}
		}
		p.given[order] = n
	}
	last := byte(10 + n) // #nosec G115 -- below 110
	return libvirt.Lease{
		Address: netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, 113, last}), 24),
		Gateway: netip.MustParseAddr(gateway),
		MAC:     net.HardwareAddr{0x52, 0x54, 0, 0, 0, last},
	}, ctx.Err()
}

// Release takes an address back.
func (p *Pool) Release(ctx context.Context, order string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.given, order)
	return ctx.Err()
}

// Given lists the orders that have an address.
func (p *Pool) Given() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	orders := []string{}
	for order := range p.given {
		orders = append(orders, order)
	}
	return orders
}
