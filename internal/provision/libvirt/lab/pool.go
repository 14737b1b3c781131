package lab

import (
	"fmt"
	"sync"

	"github.com/berth-host/berth"
)

// Pool gives orders the addresses of the lab's network from 203.0.113.10 on, as a desk's pool does: each its own, the
// same one again when it's asked again.
type Pool struct {
	mu    sync.Mutex
	given map[string]int
}

// Spec is a spec with the address of an order.
func (p *Pool) Spec(order string, spec berth.ServerSpec) berth.ServerSpec {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, ok := p.given[order]
	if !ok {
		if p.given == nil {
			p.given = map[string]int{}
		}
		n = len(p.given) % 240 // nothing is left of an order so long ago
		p.given[order] = n
	}
	last := 10 + n
	spec.CIDR, spec.Gateway = fmt.Sprintf("203.0.113.%d/24", last), Gateway
	spec.MAC = fmt.Sprintf("52:54:cb:00:71:%02x", last)
	return spec
}
