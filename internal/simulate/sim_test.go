package simulate

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth/internal/fault"
)

var (
	seeds = flag.Int("seeds", 1000, "how many seeds to run; a tenth with -short")
	first = flag.Uint64("first", 1, "the first of them")
	seed  = flag.Uint64("seed", 0, "run this seed alone; with -v it prints its trace")
	twice = flag.Int("twice", 100, "how many seeds to run twice and compare")
)

// play runs a seed in a bubble.
func play(t *testing.T, seed uint64, broken fault.Switch, out io.Writer) (r result) {
	defer func() {
		if p := recover(); p != nil { // goroutines that wait for each other for ever
			panic(fmt.Sprintf("seed %d: %v", seed, p))
		}
	}()
	synctest.Test(t, func(*testing.T) { r = run(seed, broken, out) })
	return r
}

// parallel runs count seeds from the first on, as many at a time as there are processors, until run returns false.
func parallel(count int, run func(seed uint64) (on bool)) {
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // each run's heap is small, and is garbage when it ends
	var next atomic.Uint64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for n := next.Add(1); n <= uint64(count); n = next.Add(1) {
				if !run(*first + n - 1) {
					return
				}
			}
		})
	}
	all.Wait()
}

// TestSeeds runs thousands of seeds over the code as it is: no rule may be broken.
func TestSeeds(t *testing.T) {
	if *seed != 0 {
		out := io.Discard
		if testing.Verbose() {
			out = os.Stdout
		}
		report(t, play(t, *seed, fault.Sound, out))
		return
	}
	count := *seeds
	if testing.Short() {
		count /= 10
	}
	var mu sync.Mutex
	var failures []result
	all, start := result{tallies: map[string]int{}}, time.Now()
	parallel(count, func(s uint64) bool {
		r := play(t, s, fault.Sound, io.Discard)
		mu.Lock()
		defer mu.Unlock()
		all.add(r)
		if len(r.objections) > 0 {
			failures = append(failures, r)
		}
		return true
	})
	t.Logf("%d seeds, %.0f a second: %d orders, %d events, traces %016x", count, float64(count)/time.Since(start).Seconds(),
		all.orders, all.events, all.trace)
	for _, what := range slices.Sorted(maps.Keys(all.tallies)) {
		t.Logf("%9d %s", all.tallies[what], what)
	}
	for _, r := range failures {
		report(t, r)
		if again := play(t, r.seed, fault.Sound, io.Discard); again.trace != r.trace {
			t.Errorf("seed %d: its trace is another when it is run again", r.seed)
		}
	}
	if count >= enough {
		all.eventful(t)
	}
}

// add sums runs up. The digests of their traces are mixed in a way that doesn't depend on the order.
func (all *result) add(r result) {
	all.events, all.orders, all.trace = all.events+r.events, all.orders+r.orders, all.trace^r.trace
	for what, n := range r.tallies {
		all.tallies[what] += n
	}
}

// enough is how many seeds see everything happen.
const enough = 500

// eventful fails unless every sort of thing happened: rules that hold where nothing happens prove nothing.
func (all *result) eventful(t *testing.T) {
	t.Helper()
	what := []string{
		"order: completed", "order: refunded", "batch of several", "commit: committed", "commit: void", "commit: unknown",
		"resolve: refund true, ok", "resolve: refund false, ok", "resolve: refund true, busy",
		"quote: ok", "retry: ok", "pool: given", "pool: given again", "pool: given back",
		"moved: completed", "moved: refunded", "turn: none", "shut",
	}
	for _, answer := range []string{"none", "completed", "completed, replayed", "refunded", "refunded, replayed", "paid", "paid, replayed",
		"in_progress", "idempotency_mismatch", "insufficient_balance", "out_of_stock", "busy", "unavailable"} {
		what = append(what, "answer: "+answer)
	}
	for _, said := range []string{"none", "done", "refused", "waiting", "unresolved", "not_found", "busy", "unavailable"} {
		what = append(what, "task: "+said)
	}
	calls := map[fault.Verb]string{
		fault.Power: "lost late again", fault.Delete: "lost late again",
		fault.Write: "lost", fault.Read: "lost", fault.Begin: "lost", fault.Commit: "lost late", fault.Resolve: "lost",
		fault.Create: "lost late again", fault.Activate: "lost late again", fault.Resize: "lost late again", fault.Find: "lost",
	}
	for verb, fates := range calls {
		for fate := range strings.FieldsSeq(fates) {
			what = append(what, string(verb)+": "+fate)
		}
		what = append(what, string(verb)+": answer lost", string(verb)+": dies after")
		if verb != fault.Read {
			what = append(what, string(verb)+": refused", string(verb)+": dies before")
		}
	}
	for _, w := range what {
		if all.tallies[w] == 0 {
			t.Errorf("in no run there was %q", w)
		}
	}
}

func report(t *testing.T, r result) {
	t.Helper()
	t.Logf("seed %d: %d events, %d orders, trace %016x", r.seed, r.events, r.orders, r.trace)
	for _, o := range r.objections {
		t.Errorf("seed %d: %s: %s", r.seed, o.rule, o.text)
	}
	if len(r.objections) > 0 {
		t.Errorf("seed %d: see its trace by: go test ./internal/simulate -run TestSeeds -seed %d -v", r.seed, r.seed)
	}
}

// TestReplay runs seeds twice, the second time with their trace: not one event may differ.
func TestReplay(t *testing.T) {
	parallel(*twice, func(s uint64) bool {
		var text strings.Builder
		once, again := play(t, s, fault.Sound, io.Discard), play(t, s, fault.Sound, &text)
		if once.trace != again.trace || once.events != again.events || strings.Count(text.String(), "\n") != once.events {
			t.Errorf("seed %d: got %d events with trace %016x, then %d with %016x", s, once.events, once.trace, again.events, again.trace)
		}
		return true
	})
	if a, b := play(t, 1, fault.Sound, io.Discard), play(t, 2, fault.Sound, io.Discard); a.trace == b.trace {
		t.Error("seeds 1 and 2 have the same trace")
	}
}
