package httpapi

import (
	"math"
	"sync"

	"github.com/berth-host/berth"
)

// limiter is one token bucket for each K: a bucket holds up to burst tokens and gains rate of them a second. It
// remembers a bounded number of buckets, so that many addresses can't eat the memory. A limit here holds for this
// process, not over several.
type limiter[K comparable] struct {
	rate, burst float64

	mu      sync.Mutex
	buckets map[K]bucket
}

type bucket struct {
	tokens float64
	at     int64 // microseconds
}

// maxBuckets bounds a limiter at about 10 MB.
const maxBuckets = 100_000

// newLimiter makes a limiter, or nil, which limits nothing, for a rate that isn't positive.
func newLimiter[K comparable](rate, burst float64) *limiter[K] {
	if rate <= 0 {
		return nil
	}
	return &limiter[K]{rate: rate, burst: max(burst, 1), buckets: make(map[K]bucket)}
}

// take takes a token of k's bucket. When there is none it returns the whole seconds after which there will be.
func (l *limiter[K]) take(k K, now int64) (wait int, ok bool) {
	return l.draw(k, now, 1)
}

// peek is take without taking.
func (l *limiter[K]) peek(k K, now int64) (wait int, ok bool) {
	return l.draw(k, now, 0)
}

func (l *limiter[K]) draw(k K, now int64, tokens float64) (wait int, ok bool) {
	if l == nil {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.buckets[k]
	if !known {
		b = bucket{tokens: l.burst, at: now}
	}
	b = l.filled(b, now)
	if b.tokens < 1 {
		l.buckets[k] = b
		return int(math.Ceil((1 - b.tokens) / l.rate)), false
	}
	if tokens > 0 {
		if !known {
			l.makeRoom(now)
		}
		b.tokens -= tokens
		l.buckets[k] = b
	}
	return 0, true
}

// filled is the bucket with what it gained until now. A clock that was set back gains nothing and loses nothing.
func (l *limiter[K]) filled(b bucket, now int64) bucket {
	if gained := now - b.at; gained > 0 {
		b.tokens = min(l.burst, b.tokens+l.rate*float64(gained)/float64(berth.Second))
	}
	b.at = now
	return b
}

// makeRoom forgets buckets when there are too many: of a few random ones the full ones, which are as good as
// forgotten, or else the first.
func (l *limiter[K]) makeRoom(now int64) {
	if len(l.buckets) < maxBuckets {
		return
	}
	seen := 0
	for k, b := range l.buckets {
		if seen == 0 || l.filled(b, now).tokens >= l.burst {
			delete(l.buckets, k)
		}
		if seen++; seen == 16 {
			return
		}
	}
}
