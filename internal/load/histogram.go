package load

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets whose width is at most 1/64 of their value, so that a percentile is off by
// no more than that, and ten million orders take the memory of one. It is owned by one goroutine.
type histogram struct {
	buckets [(64 - fine) << fine]uint32
	count   uint64
	longest time.Duration
}

const fine = 6 // bits of a duration that count beside its magnitude

func bucket(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < 1<<fine {
		return int(v)
	}
	shift := bits.Len64(v) - fine - 1
	return shift<<fine + int(v>>shift) // #nosec G115 -- less than 2<<fine
}

// middle is the duration that a bucket stands for.
func middle(b int) time.Duration {
	if b < 2<<fine {
		return time.Duration(b)
	}
	shift := b>>fine - 1
	return time.Duration(b-shift<<fine)<<shift + time.Duration(1)<<shift/2
}

func (h *histogram) add(d time.Duration) {
	h.buckets[bucket(d)]++
	h.count++
	h.longest = max(h.longest, d)
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.count += other.count
	h.longest = max(h.longest, other.longest)
}

// quantile is the duration that a share of all, such as 0.99, doesn't exceed; 0 when nothing was counted.
func (h *histogram) quantile(share float64) time.Duration {
	rank := uint64(share * float64(h.count))
	if rank >= h.count {
		return h.longest
	}
	for i, n := range h.buckets {
		if uint64(n) > rank {
			return min(middle(i), h.longest)
		}
		rank -= uint64(n)
	}
	return h.longest
}
