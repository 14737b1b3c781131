package worker

import (
	"context"
	"slices"
	"sync"
	"time"
)

// crewRest is how long a goroutine of the crew waits for its next piece of work. Those that a burst has left over end
// after it.
const crewRest = 5 * time.Second

// crew runs pieces of work at the same time, each on a goroutine that may have done others before. An order's walk goes
// deep, through the kinds, the drivers and their libraries: on a goroutine of its own its stack is grown, which means
// copied, several times over for every order. The member that has rested least goes first, since the collector takes the
// stack of one that rests for long.
type crew struct {
	mu      sync.Mutex
	resting []*member
	shift   context.Context // while it lasts members rest; nil for never
}

// member is one goroutine.
type member struct{ work chan func() }

// open lets members rest until ctx ends.
func (c *crew) open(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift = ctx
}

// run begins a piece of work at once.
func (c *crew) run(do func()) {
	c.mu.Lock()
	if n := len(c.resting); n > 0 {
		m := c.resting[n-1]
		c.resting = c.resting[:n-1]
		c.mu.Unlock()
		m.work <- do
		return
	}
	c.mu.Unlock()
	go c.live(&member{make(chan func(), 1)}, do)
}

// live is a member's life.
func (c *crew) live(m *member, do func()) {
	rest := time.NewTimer(crewRest)
	defer rest.Stop()
	for {
		do()
		do = nil // it holds a whole request
		shift := c.rest(m)
		if shift == nil {
			return
		}
		rest.Reset(crewRest)
		select {
		case do = <-m.work:
			continue
		case <-rest.C:
		case <-shift.Done():
		}
		if c.gone(m) {
			return
		}
		do = <-m.work // it was called meanwhile
	}
}

// rest puts a member in line, unless nobody rests.
func (c *crew) rest(m *member) (shift context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shift != nil {
		c.resting = append(c.resting, m)
	}
	return c.shift
}

// gone takes a member out of the line; it's false when it isn't there any more.
func (c *crew) gone(m *member) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.resting, m)
	if i < 0 {
		return false
	}
	c.resting = slices.Delete(c.resting, i, i+1)
	return true
}
