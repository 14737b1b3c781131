// Package fault makes a store and its drivers misbehave, by script or by seed: a call fails before it happens or
// after, stalls, is refused, or happens twice, and the process that made it may die or be paused at any of them.
//
//	desk, worker -> Store -> batcher -> Engine -> database
//	             -> Driver -> provider
//
// Each arrow is a port, and what crosses it is a Call. A Process carries its calls by their Fate, which a Plan
// decides: a Script, rule by rule, for a test of one case, or a Seed, by chance that can be repeated, for thousands.
// Time is that of the time package; in a bubble of testing/synctest it costs nothing.
//
// Beside faults, which Berth must survive, there are switches (Broken) that break the code itself, so that a test can
// show what each of its checks would notice.
package fault

import (
	"errors"
	"sync"
	"time"
)

// Verb is what a call asks for.
type Verb string

// The verbs: of the desk towards its store, of the batcher towards its engine, of the desk towards a provider.
const (
	Write Verb = "write"
	Read  Verb = "read"

	Begin   Verb = "begin"
	Commit  Verb = "commit"
	Resolve Verb = "resolve"

	Create   Verb = "create"
	Activate Verb = "activate"
	Resize   Verb = "resize"
	Find     Verb = "find"
	Describe Verb = "describe"
	Power    Verb = "power"
	Delete   Verb = "delete"
)

// Call is one call of a process to the other side of a port.
type Call struct {
	From    string // the process
	Verb    Verb
	Subject string // what it is about: rows, a batch, an order
	Nth     int    // how many calls alike this process made before
}

// Fate is what becomes of a call. The zero Fate goes well at once.
type Fate struct {
	Stall   time.Duration // before it happens; a caller that gives up meanwhile doesn't withdraw it
	Lost    Loss
	Refused bool          // the other side says no for certain; nothing happens
	Back    time.Duration // before its answer arrives
	Twice   time.Duration // above 0: it happens once more, that much later, and nobody hears of it
	Dies    bool          // the process dies: before sending a lost request, otherwise when it has happened
}

// Loss is what gets lost of a call.
type Loss int

// The losses. The caller can't tell them apart.
const (
	Nothing Loss = iota
	Request      // it never happens
	Answer       // it happens
)

// Plan decides the fate of calls. It's asked by many goroutines at once.
type Plan interface {
	Fate(Call) Fate
}

// What a caller sees of a fate, for its log.
var (
	errLost  = errors.New("fault: the connection broke")
	errDead  = errors.New("fault: this process is dead")
	errNever = errors.New("fault: refused")
)

// Script is a plan of single rules: the first that fits a call decides its fate, and a call that no rule fits goes
// well.
type Script struct {
	mu    sync.Mutex
	rules []Rule
}

// Rule is the fate of calls that look like its Call; an empty field of which fits anything.
type Rule struct {
	Call
	Fate
	Times int // how many calls it holds for, any number when 0
}

// NewScript makes a plan of these rules.
func NewScript(rules ...Rule) *Script { return &Script{rules: rules} }

// Fate takes the first rule that fits.
func (s *Script) Fate(c Call) Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.rules {
		r := &s.rules[i]
		if !r.fits(c) || r.Times < 0 {
			continue
		}
		if r.Times == 1 {
			r.Times = -1 // used up
		} else if r.Times > 1 {
			r.Times--
		}
		return r.Fate
	}
	return Fate{}
}

func (r *Rule) fits(c Call) bool {
	return (r.From == "" || r.From == c.From) && (r.Verb == "" || r.Verb == c.Verb) &&
		(r.Subject == "" || r.Subject == c.Subject) && (r.Nth == 0 || r.Nth == c.Nth)
}
