package remote

import (
	"slices"
	"time"
)

// given is a version that the agent was told, and when the rows were last asked for that it was made of.
type given struct {
	version string
	at      time.Time
}

// forgotten is after how long it doesn't count that the agent was told another version: it has gone to another server with it.
const forgotten = 15 * time.Second

// mostGiven is how many are remembered: the agent reports one before it's told the next.
const mostGiven = 16

// give notes what the agent is told.
func (e *Edge) give(version string, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if last := len(e.given) - 1; last >= 0 && e.given[last].version == version {
		e.given[last].at = at
		return
	}
	e.given = append(e.given, given{version, at})
	e.given = slices.Delete(e.given, 0, max(0, len(e.given)-mostGiven))
}

// carried is the question whether an agent that reported a version carries what was wanted at an instant.
//
// It does with any version that was made of later rows, too: where orders come faster than the agent asks, it never reports
// just the one that somebody waits for. And it need not do so with the very version that is wanted, if it was told another
// since: that one may be at the router by now. What another process told it isn't known here; then the same version counts.
func (e *Edge) carried(version string, wanted time.Time) func(reported string) bool {
	return func(reported string) bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		last := len(e.given) - 1
		if reported == version && (last < 0 || e.given[last].version == version || time.Since(e.given[last].at) > forgotten) {
			return true
		}
		return slices.ContainsFunc(e.given, func(g given) bool { return g.version == reported && !g.at.Before(wanted) })
	}
}
