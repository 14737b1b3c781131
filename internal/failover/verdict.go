package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/store"
)

// verdict is what came of a run.
type verdict struct {
	counts
	unknown, resolved int // orders whose first answer said "not known", and those of them that came to one truth
	gaps              []gap
	problems          []string
}

// gap is the longest time without an acknowledged order.
type gap struct {
	scenario string
	length   time.Duration
}

// counts are the orders that clients were told of.
type counts struct {
	acknowledged int
	lost         int // acknowledged, and not in the books, or refunded, or completed with nothing made
	doubled      int // charged or made once more than it was ordered
}

func (v *verdict) blame(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

func (v *verdict) good() bool {
	return len(v.problems) == 0 && v.lost == 0 && v.doubled == 0 && v.unknown == v.resolved && v.acknowledged > 0
}

// print ends with the line of counts.
func (v *verdict) print(w io.Writer) {
	const most = 20
	for i, p := range v.problems {
		if i == most {
			fmt.Fprintf(w, "WRONG: and %d more\n", len(v.problems)-most)
			break
		}
		fmt.Fprintln(w, "WRONG:", p)
	}
	var gaps []string
	for _, g := range v.gaps {
		gaps = append(gaps, fmt.Sprintf("%s %.1f s", g.scenario, g.length.Seconds()))
	}
	word := "failover: passed"
	if !v.good() {
		word = "failover: FAILED"
	}
	fmt.Fprintf(w, "%s: %d acknowledged, %d lost, %d doubled, %d unknown then %d resolved; without orders: %s\n",
		word, v.acknowledged, v.lost, v.doubled, v.unknown, v.resolved, strings.Join(gaps, ", "))
}

// addProbes judges the orders that were placed while none could be written: the first answer had to be that the
// outcome isn't known, and the end one order.
func (v *verdict) addProbes(all []*probe) {
	for _, p := range all {
		v.unknown++
		if p.status != http.StatusServiceUnavailable || p.code != string(berth.Unavailable) || !p.retry {
			v.blame("order %s was answered with %d %q (Retry-After: %v) while COMMIT hung, not with 503 unavailable", p.key, p.status, p.code, p.retry)
		}
		for _, broken := range p.unanswers {
			v.blame("order %s got no answer: %s", p.key, broken)
		}
		if p.resolved && len(p.orders) == 1 {
			v.resolved++
		}
	}
}

// acknowledgements are the probes' orders in the form of the others.
func acknowledgements(all []*probe) (list []load.Acknowledged) {
	for _, p := range all {
		for _, a := range p.orders {
			list = append(list, a)
		}
	}
	return list
}

// judge stops the servers when everything is settled, and holds what clients were told against the books and the
// provider's machines.
func (t *trial) judge(ctx context.Context, acknowledged []load.Acknowledged, report load.Report) error {
	// Orders that were acknowledged as known only later; each was unknown to its client until then.
	t.verdict.unknown += report.Replayed
	t.verdict.resolved += report.Replayed
	for code, n := range report.Errors {
		t.verdict.blame("%d orders ended with %s, and nobody had a reason to refuse any", n, code)
	}
	db, err := t.openBooks(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	err = process.Until(ctx, patience, "every order settled", func() bool {
		b, err := db.Backlog(ctx)
		return err == nil && b.Unsettled == 0
	})
	if err != nil {
		t.verdict.blame("%v", err)
	}
	if err := t.shop.close(ctx); err != nil {
		t.verdict.blame("%v", err)
	}
	faults, err := t.shop.faults()
	if err != nil {
		return err
	}
	t.verdict.problems = append(t.verdict.problems, faults...)
	if out, err := t.shop.berth(ctx, "verify"); err != nil {
		t.verdict.blame("berth verify: %v", err)
	} else {
		t.say("berth verify: %s", strings.ReplaceAll(strings.TrimSpace(out), "\n", " "))
	}
	world, err := load.Read(ctx, db)
	if err != nil {
		return err
	}
	if world.Machines, err = machines(t.shop.journal()); err != nil {
		return err
	}
	if world.Credits, err = t.shop.credits(); err != nil {
		return err
	}
	t.verdict.counts = count(acknowledged, world)
	t.verdict.problems = append(t.verdict.problems, load.Check(acknowledged, world)...)
	return nil
}

// openBooks opens Berth's database as its commands do.
func (t *trial) openBooks(ctx context.Context) (*store.Store, error) {
	url := strings.Replace(databaseURL(t.cluster.hosts()), "berth@", "berth:"+t.cluster.machines[0].passwords["berth"]+"@", 1)
	return store.Open(ctx, url, store.Options{})
}

// machines reads what the simulated provider made.
func machines(journal string) (list []load.Machine, err error) {
	p, err := sim.Open(journal, sim.Options{})
	if err != nil {
		return nil, err
	}
	all, err := p.Machines()
	for _, m := range all {
		list = append(list, load.Machine{No: m.No, Order: m.Order})
	}
	return list, errors.Join(err, p.Close())
}

// count holds what clients were told against what exists.
//
// An order in the books that nobody was told of counts as doubled: every client asked under its key until it was told
// of an order, so one more than that was charged without having been ordered.
func count(acknowledged []load.Acknowledged, w load.World) (c counts) {
	made := map[string]map[int64]bool{}
	for _, m := range w.Machines {
		if made[m.Order] == nil {
			made[m.Order] = map[int64]bool{}
		}
		made[m.Order][m.No] = true
	}
	told, keys := map[string]bool{}, map[string]string{}
	for _, a := range acknowledged {
		if first, ok := keys[a.Key]; ok && first != a.OrderID {
			c.doubled++
		}
		keys[a.Key] = a.OrderID
		if told[a.OrderID] {
			continue
		}
		told[a.OrderID] = true
		o, ok := w.Orders[a.OrderID]
		if !ok || o.State == berth.Refunded || o.State == berth.Completed && len(made[a.OrderID]) == 0 {
			c.lost++
		}
	}
	for id := range w.Orders {
		if !told[id] {
			c.doubled++
		}
	}
	for _, numbers := range made {
		c.doubled += len(numbers) - 1
	}
	c.acknowledged = len(told)
	return c
}
