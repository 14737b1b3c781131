package remote

import (
	"testing"

	"github.com/berth-host/berth"
)

// Counts of routes are as old as recount at most, and what says nothing new is written seldom.
func TestReportsAreWrittenDown(t *testing.T) {
	const heard = 1_790_000_000_000_000
	reported := func(accepted int64) Report {
		return Report{State: berth.EdgeState{SeenAt: heard, Links: []berth.EdgeLinkState{{ServiceID: "a", Phase: berth.EdgeEstablished, Accepted: accepted}}}}
	}
	was := row{Report: reported(0), HeardAt: heard}
	for _, c := range []struct {
		name     string
		accepted int64
		after    int64
		want     bool
	}{
		{"another count at once", 1, berth.Second, false},
		{"another count", 1, recount + 1, true},
		{"the same", 0, recount + 1, false},
		{"the same for long", 0, rewrite + 1, true},
	} {
		if got := was.due(reported(c.accepted), heard+c.after); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
