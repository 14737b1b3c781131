package store

import (
	"sync"

	"github.com/berth-host/berth"
)

// pgLanes is how many batches a server has under way on PostgreSQL. With one at a time the server waits while the
// database works and the other way round; a third only made batches smaller.
const pgLanes = 2

// lane is where a write queues. What moves money waits for the locks of wallets, and for nothing else so long as they
// are few; what completes, leases and sweeps hardly ever touches the same rows, and needs not wait for that.
func (s *Store) lane(need berth.Need) *batcher {
	if len(need.Wallets) > 0 {
		return s.lanes[len(s.lanes)-1]
	}
	return s.lanes[0]
}

// sharedIDs makes the ids of all lanes: of two batches the later one has the higher id, in whichever lane each runs, and
// also while the clock is set back.
type sharedIDs struct {
	mu  sync.Mutex
	ids berth.IDs
}

func (s *sharedIDs) at(instant int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids.At(instant)
}

// traffic is what all lanes of a store have under way, so that each can judge whether a batch is worth beginning.
type traffic struct {
	mu    sync.Mutex
	calls int
	ended chan struct{} // closed when a batch ends, and then made anew
}

func newTraffic() *traffic { return &traffic{ended: make(chan struct{})} }

// begin notes a batch of so many calls.
func (t *traffic) begin(calls int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls += calls
}

// end notes the end of one.
func (t *traffic) end(calls int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls -= calls
	close(t.ended)
	t.ended = make(chan struct{})
}

// now is how many calls run in batches, and what is closed when the first of these ends.
func (t *traffic) now() (calls int, ended <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls, t.ended
}
