package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
)

// faults are what was really done to the processes and the network.
type faults struct {
	replicas, databases      int // SIGKILL
	unready                  int // of the replicas, those that were killed while they started
	stops                    int // SIGSTOP
	cuts, stalls, halfCloses int64
}

func (f faults) kills() int { return f.replicas + f.databases }

// verdict is what came of a run.
type verdict struct {
	acknowledged int
	lost         int // acknowledged, and not in the books, or refunded without a reason, or completed with nothing made
	doubled      int // charged or made once more than it was ordered
	refused      int // by the provider
	short        int // for lack of money
	unknown      int // orders of which some request got no certain answer
	resolved     int // those of them that came to one truth
	placed       int // those of them that a request without an answer had placed
	wallets      int
	linearizable int
	undecided    int // wallets whose check took too long
	operations   int
	problems     []string
}

func (v *verdict) blame(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

// good is true when nothing is wrong. A history that couldn't be decided in time is no proof, and a run without one is
// as good as none.
func (v *verdict) good() bool {
	return len(v.problems) == 0 && v.lost == 0 && v.doubled == 0 && v.unknown == v.resolved && v.linearizable == v.wallets && v.wallets > 0
}

// judge holds what was told against what exists.
func judge(w witness, limit time.Duration) verdict {
	var v verdict
	var acknowledged []load.Acknowledged
	named, sent := w.byName(), map[string]bool{}
	for _, p := range w.placed {
		sent[p.Name] = true
		v.judgeOrder(&w, p, named[p.Name])
		if p.Failure == "" {
			acknowledged = append(acknowledged, p.Acknowledged)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if extra := len(named[name]) - 1; extra > 0 {
			v.doubled += extra
			v.blame("%s was ordered once, and there are %d orders of it", name, extra+1)
		}
		if !sent[name] {
			v.doubled++
			v.blame("there is an order of %q, which nobody ordered", name)
		}
	}
	v.judgeMachines(&w)
	for _, g := range w.credits {
		if _, happened := w.posted[g.ref]; !happened && g.certain {
			v.lost++
			v.blame("the credit %s was acknowledged and isn't in the books", g.ref)
		}
	}
	w.Credits = w.allGiven()
	v.problems = append(v.problems, load.Check(acknowledged, w.World)...)
	v.judgeHistories(w.histories(), limit)
	return v
}

// expected are the codes that may stand for an answer that tells nothing: none came, the database was away, or another
// server was still at work under the key.
var expected = []string{"connection", "timeout", string(berth.Unavailable), string(berth.InProgress)}

// judgeOrder judges what one order's client was told. orders are those of its name in the books.
func (v *verdict) judgeOrder(w *witness, p load.Placed, orders []berth.Order) {
	for _, code := range p.Doubts {
		if !slices.Contains(expected, code) {
			v.blame("%s was once answered with %s", p.Name, code)
		}
	}
	if len(p.Doubts) > 0 || p.Unsure {
		v.unknown++
	}
	if len(p.Doubts) > 0 && !p.Unsure && len(orders) <= 1 {
		v.resolved++
	}
	if len(p.Doubts) > 0 && p.Replayed {
		v.placed++
	}
	switch {
	case p.Failure == "":
		v.acknowledged++
		o, ok := w.Orders[p.OrderID]
		switch {
		case !ok, o.State == berth.Refunded && (p.Completed || !refuses(p.Name)):
			v.lost++ // load.Check says more
		case o.Name != p.Name:
			v.blame("%s was answered with the order of %s", p.Name, o.Name)
		}
		if _, err := berth.ParseMinor(p.BalanceBefore); err != nil {
			v.blame("%s was answered with the balance %q", p.Name, p.BalanceBefore)
		}
	case p.Failure == string(berth.ProviderRefused):
		v.refused++
		if !refuses(p.Name) {
			v.blame("%s was refused by the provider, which had no reason to", p.Name)
		}
		if len(orders) == 0 || orders[0].State != berth.Refunded {
			v.blame("%s was refused by the provider, and the books have %d orders of it, none refunded", p.Name, len(orders))
		}
	case p.Failure == string(berth.InsufficientBalance):
		v.short++
		if p.UserID != poor {
			v.blame("%s was refused for lack of money, and %s has plenty", p.Name, p.UserID)
		}
	case !p.Unsure:
		v.blame("%s ended with %s", p.Name, p.Failure)
	}
}

// judgeMachines counts what was made too often, and what was paid and never made.
func (v *verdict) judgeMachines(w *witness) {
	made := map[string]map[int64]bool{}
	for _, m := range w.Machines {
		if made[m.Order] == nil {
			made[m.Order] = map[int64]bool{}
		}
		made[m.Order][m.No] = true
	}
	for id, o := range w.Orders {
		n := len(made[id])
		if o.State == berth.Completed && n == 0 {
			v.lost++
		}
		v.doubled += max(0, n-1)
	}
}

// judgeHistories checks every wallet's history, two at a time.
func (v *verdict) judgeHistories(histories map[string][]operation, limit time.Duration) {
	users := slices.Sorted(maps.Keys(histories))
	found := make([]finding, len(users))
	turns := make(chan struct{}, 2)
	var checks sync.WaitGroup
	for i, user := range users {
		checks.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			found[i] = check(opening(user), histories[user], limit)
		})
	}
	checks.Wait()
	for i, f := range found {
		v.wallets++
		v.operations += f.operations
		switch f.result {
		case porcupine.Ok:
			v.linearizable++
			continue
		case porcupine.Illegal:
			v.blame("the history of wallet %s is not linearizable, within %d operations from %v on", users[i], len(f.suspect), time.Duration(f.suspect[0].call))
		default:
			v.undecided++
			v.blame("whether the history of wallet %s is linearizable could not be decided within %v", users[i], limit)
		}
	}
}

// enough tells what is missing for a proof: faults that didn't happen, or hit nothing.
func (v *verdict) enough(f faults, kills int, shared bool) (missing []string) {
	want := func(what string, got, least int) {
		if got < least {
			missing = append(missing, fmt.Sprintf("only %d %s, want %d at least: too little happened for a proof", got, what, least))
		}
	}
	want("kills", f.kills(), kills)
	want("kills of a server that was ready", f.replicas-f.unready, f.replicas/4)
	want("stops", f.stops, max(1, kills/(4*dozen)))
	want("cut connections", int(f.cuts), kills)
	want("stalls", int(f.stalls), max(1, kills/8))
	want("half-closed connections", int(f.halfCloses), max(1, kills/4))
	want("orders acknowledged", v.acknowledged, 20*kills)
	want("orders refused by the provider", v.refused, 1)
	want("orders refused for lack of money", v.short, 1)
	want("orders that were placed by a request without an answer", v.placed, kills)
	if shared {
		want("kills of the database", f.databases, max(1, kills/(2*dozen)))
	}
	return missing
}

// print ends with the line of counts.
func (v *verdict) print(w io.Writer, e engine, f faults) {
	const most = 20
	for i, p := range v.problems {
		if i == most {
			fmt.Fprintf(w, "WRONG: and %d more\n", len(v.problems)-most)
			break
		}
		fmt.Fprintln(w, "WRONG:", p)
	}
	word := "passed"
	if !v.good() {
		word = "FAILED"
	}
	fmt.Fprintf(w, "torture %s: %s: %d kills (%d replica, %d database), %d stops, %d cuts, %d stalls, %d half-closes; "+
		"%d acknowledged, %d lost, %d doubled, %d unknown then %d resolved (%d had been placed); wallets linearizable %d/%d (%d operations)\n",
		e, word, f.kills(), f.replicas, f.databases, f.stops, f.cuts, f.stalls, f.halfCloses,
		v.acknowledged, v.lost, v.doubled, v.unknown, v.resolved, v.placed, v.linearizable, v.wallets, v.operations)
}
