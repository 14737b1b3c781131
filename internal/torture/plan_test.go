package main

import (
	"reflect"
	"testing"
	"time"
)

// TestPlanRepeats: the same seed makes the same plan, another one another.
func TestPlanRepeats(t *testing.T) {
	draw := func(seed uint64) (all []any) {
		plan, wind := planStrikes(seed, 2, true), planWind(seed, 0, time.Second)
		for range 100 {
			all = append(all, plan.next(), wind.next())
		}
		return all
	}
	if !reflect.DeepEqual(draw(7), draw(7)) {
		t.Error("the same seed made two plans")
	}
	if reflect.DeepEqual(draw(7), draw(8)) {
		t.Error("two seeds made the same plan")
	}
}

// TestPlanHasEverything: whatever the seed, a run of a few kills has a kill of the database and a stop, and every pause
// and stop is within its bounds.
func TestPlanHasEverything(t *testing.T) {
	for seed := range uint64(200) {
		plan := planStrikes(seed, 2, true)
		hits, stops, hit := map[target]int{}, 0, map[int]bool{}
		for plan.count < dozen/2 || stops == 0 {
			s := plan.next()
			hits[s.target]++
			hit[s.replica] = true
			if s.after < 100*time.Millisecond || s.after > 2500*time.Millisecond || s.replica < 0 || s.replica > 1 {
				t.Fatalf("seed %d: got %+v", seed, s)
			}
			if s.target == stopReplica {
				if stops++; s.long <= lease || s.long > longest {
					t.Errorf("seed %d: got a stop of %v, want one that outlasts a lease", seed, s.long)
				}
			}
		}
		if hits[killDatabase] != 1 || stops != 1 || hits[killReplica] != dozen/2-1 {
			t.Errorf("seed %d: got %v in %d kills, want one of the database and one stop", seed, hits, plan.count)
		}
	}
	plan := planStrikes(1, 1, false)
	stops := 0
	for plan.count < 10*dozen {
		switch s := plan.next(); {
		case s.target == killDatabase || s.replica != 0:
			t.Fatalf("got %+v, of one server without a database of its own", s)
		case s.target == stopReplica:
			stops++
		}
	}
	if stops != 10 {
		t.Errorf("got %d stops in 10 dozens of kills, want 10", stops)
	}
}

// TestWeatherHasEverything: of every fault there is enough, in both directions.
func TestWeatherHasEverything(t *testing.T) {
	plan := planWind(3, 0, time.Second)
	seen := map[fault]int{}
	both := map[bool]int{}
	for range 300 {
		g := plan.next()
		seen[g.fault]++
		both[g.requests]++
		if g.after < 250*time.Millisecond || g.after > 1750*time.Millisecond || g.share <= 0 || g.share > 1 || g.long <= 0 || g.long > 2*time.Second {
			t.Errorf("got %+v", g)
		}
	}
	for _, f := range []fault{cut, stall, halfClose} {
		if seen[f] != 100 {
			t.Errorf("got %d of fault %d in 300, want 100", seen[f], f)
		}
	}
	if both[true] < 100 || both[false] < 100 {
		t.Errorf("got %v requests or answers", both)
	}
}
