package worker

import (
	"context"
	"sync/atomic"
	"time"
)

// crewRest is how long a goroutine of the crew waits for its next piece of work. Those that a burst has left over end
// after it.
const crewRest = 5 * time.Second

// crew runs pieces of work at the same time, each on a goroutine that may have done others before. An order's walk goes
// deep, through the kinds, the drivers and their libraries: on a goroutine of its own its stack is grown, which means
// copied, several times over for every order.
type crew struct {
	work  chan func()
	shift atomic.Pointer[context.Context] // while it lasts members wait for more; nil for never
}

// run begins a piece of work at once: on a goroutine that waits for one, or on a new one.
func (c *crew) run(do func()) {
	select {
	case c.work <- do:
	default:
		go c.member(do)
	}
}

func (c *crew) member(do func()) {
	do()
	shift := c.shift.Load()
	if shift == nil {
		return
	}
	rest := time.NewTimer(crewRest)
	defer rest.Stop()
	for {
		select {
		case do = <-c.work:
			do()
			rest.Reset(crewRest)
		case <-rest.C:
			return
		case <-(*shift).Done():
			return
		}
	}
}
