package simulate

import (
	"io"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/berth-host/berth/internal/fault"
)

// mostSeeds is how many seeds a broken rule may take to show.
const mostSeeds = 2000

// TestBroken breaks the code on purpose, one switch at a time: some seed must break the rule that is there for it.
func TestBroken(t *testing.T) {
	for _, c := range []struct {
		rule   string
		broken fault.Switch
	}{
		{"books", fault.RefundsTwice},
		{"money", fault.RefundsTwice},
		{"one order a key", fault.ForgetsKeys},
		{"one transfer a key", fault.ForgetsKeys},
		{"one order a request", fault.UnknownIsFailed},
		{"refused", fault.UnknownIsFailed},
		{"acknowledged", fault.UnknownIsCommitted},
		{"acknowledged", fault.AnswersEarly},
		{"machines", fault.AnswersEarly},
		{"answer", fault.NeverReplays},
		{"stuck", fault.NothingIsDue},
		{"stuck", fault.NothingSeals},
		{"stock", fault.KeepsStock},
		{"capacity", fault.Oversells},
		{"lease", fault.KeepsAttempt},
		{"lease", fault.DropsRenewals},
		{"fence", fault.AnyAttempt},
		{"clock", fault.ClocksAgree},
		{"refund", fault.UnresolvedIsRefused},
		{"refund", fault.ForgetsDoubt},
		{"refund", fault.AbsentTooEarly},
		{"refund", fault.RefusedIsDone},
		{"delivered", fault.RefusedIsDone},
		{"one machine", fault.NoIdentity},
		{"figures", fault.ChangesOvertake},
		{"task stuck", fault.NothingIsDue},
		{"task lease", fault.DropsRenewals},
		{"deleted", fault.RefusedIsDone},
	} {
		t.Run(c.rule+"/"+string(c.broken), func(t *testing.T) {
			var bitten atomic.Uint64
			parallel(mostSeeds, func(s uint64) bool {
				r := play(t, s, c.broken, io.Discard)
				if slices.ContainsFunc(r.objections, func(o objection) bool { return o.rule == c.rule }) {
					bitten.Store(s)
				}
				return bitten.Load() == 0
			})
			if bitten.Load() == 0 {
				t.Errorf("none of %d seeds broke the rule", mostSeeds)
			}
			t.Logf("seed %d", bitten.Load())
		})
	}
}
