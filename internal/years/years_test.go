package years

import (
	"flag"
	"maps"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 1, "how many seeds to run")
	first = flag.Uint64("first", 1, "the first of them")
	seed  = flag.Uint64("seed", 0, "run this seed alone")
)

// play runs a seed from the beginning to the end.
func play(t *testing.T, seed uint64, broken Switch, s size) *world {
	t.Helper()
	w := open(seed, broken, s)
	defer func() {
		if err := w.books.Close(); err != nil {
			t.Error(err)
		}
		if err := w.machines.Close(); err != nil {
			t.Error(err)
		}
	}()
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // nearly all of the heap stays
	w.live()
	w.final()
	return w
}

// TestYears lives through ten years of thousands of services: no rule may be broken.
func TestYears(t *testing.T) {
	from, count := *first, *seeds
	if *seed != 0 {
		from, count = *seed, 1
	}
	whole := size{services: 1000, days: 3653}
	if testing.Short() {
		whole = size{services: 300, days: 800}
	}
	for s := from; s < from+uint64(count); s++ {
		start := time.Now()
		w := play(t, s, Sound, whole)
		t.Logf("seed %d: %.1f s, %d writes, trace %016x", s, time.Since(start).Seconds(), w.transactions, w.digest.Sum64())
		for _, what := range slices.Sorted(maps.Keys(w.tallies)) {
			t.Logf("%9d %s", w.tallies[what], what)
		}
		for _, o := range w.objections {
			t.Errorf("seed %d: %s", s, o)
		}
		if !testing.Short() {
			w.eventful(t)
		}
	}
}

// eventful fails unless every sort of thing happened: rules that hold where nothing happens prove nothing.
func (w *world) eventful(t *testing.T) {
	t.Helper()
	for _, what := range []string{"told", "suspended", "resumed", "terminated", "renewed", "death", "write lost", "answer lost", "nobody served",
		"provider away", "user suspended", "user let in", "renewal: placed", "renewal: replayed", "renewal: not covered", "renewal: busy", "suspension refused",
		"resumption refused", "deletion refused"} {
		if w.tallies[what] == 0 {
			t.Errorf("seed %d: there never was %q", w.seed, what)
		}
	}
}

// TestReplay runs a seed twice: nothing may differ.
func TestReplay(t *testing.T) {
	small := size{services: 60, days: 300}
	once, again, other := play(t, 7, Sound, small), play(t, 7, Sound, small), play(t, 8, Sound, small)
	if once.digest.Sum64() != again.digest.Sum64() || once.transactions != again.transactions {
		t.Errorf("got %d writes with trace %016x, then %d with %016x", once.transactions, once.digest.Sum64(), again.transactions, again.digest.Sum64())
	}
	if once.digest.Sum64() == other.digest.Sum64() {
		t.Error("two seeds have the same trace")
	}
}
