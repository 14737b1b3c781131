package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// modelTolerance is how far the model's figure for one machine may be from what was measured.
const modelTolerance = 0.25

// keysOfPage is how many keys of 36 characters a page of PostgreSQL's holds, nine tenths full: 52 bytes each with
// what stands around them.
const keysOfPage = 141

// writeScaling is the measured part of docs/scaling.md.
func (b *bench) writeScaling(line func(string, ...any)) {
	line("Measured by `make bench` on %s; one wallet, %d clients. Processor time is of the whole process, per complete order.\n", machine(), busyClients)
	line("| engine | processor us: server | PostgreSQL | client | bytes on disk | bytes of log | round trips | bytes to and from the database |")
	line("|---|--:|--:|--:|--:|--:|--:|--:|")
	for _, engine := range b.engines {
		r, f := middle(b.taken[trial{engine, busyClients, 1}]), b.left[engine]
		db, trips, wire := "", "", ""
		if engine == postgres {
			db, trips, wire = fmt.Sprintf("%.0f", r.db), fmt.Sprintf("%.2f", f.trips), fmt.Sprintf("%.0f", f.wire)
		}
		line("| %s | %.0f | %s | %.0f | %.0f | %.0f | %s | %s |", engine, r.own, db, r.client, f.disk, f.log, trips, wire)
	}
	line("")
	if f := b.left[postgres]; len(f.tables) > 0 {
		line("Of that on PostgreSQL's disk, with their indexes:\n")
		line("| table | bytes an order |")
		line("|---|--:|")
		for _, t := range f.tables {
			line("| %s | %.0f |", t.name, t.bytes)
		}
		line("")
		line("| orders | GB on disk | levels of an index over ids |")
		line("|--:|--:|--:|")
		for _, n := range []float64{1e6, 1e7, 1e8} {
			line("| %.0f million | %.1f | %d |", n/1e6, n*f.disk/1e9, levels(n, keysOfPage))
		}
		line("")
	}
	b.writeModel(line)
}

// writeModel prints the model's table and holds it against the measurement that it wasn't made from.
func (b *bench) writeModel(line func(string, ...any)) {
	most := slices.Max(b.clients)
	if !slices.Contains(b.engines, postgres) || !slices.Contains(b.clients, 1) || !slices.Contains(b.clients, busyClients) {
		return
	}
	of := func(wallets int) costs {
		return fitCosts(middle(b.taken[trial{postgres, 1, wallets}]), middle(b.taken[trial{postgres, busyClients, wallets}]), runtime.NumCPU())
	}
	many := b.accounts()
	hot, spread := of(1), of(many)
	line("The model, of machines with %d cores each, with %d clients to a server and %d us for a round trip between machines:\n", runtime.NumCPU(), most, tripGuess)
	line("| machines | orders/s, one wallet | limited by | orders/s, %d wallets | limited by |", many)
	line("|--:|--:|---|--:|---|")
	for _, machines := range []int{1, 3, 10} {
		clients := most * max(1, machines-1)
		h, s := hot.estimate(machines, clients, true), spread.estimate(machines, clients, false)
		line("| %d | %.0f | %s | %.0f | %s |", machines, h.rate, h.limit, s.rate, s.limit)
	}
	line("")
	for _, c := range b.modelChecks() {
		line("- %s", c)
	}
}

// modelChecks hold the model against what was measured at the most clients, which it doesn't know: it is made from one
// client and from busyClients.
func (b *bench) modelChecks() (lines []string) {
	most := slices.Max(b.clients)
	for _, wallets := range b.wallets {
		alone, busy := middle(b.taken[trial{postgres, 1, wallets}]), middle(b.taken[trial{postgres, busyClients, wallets}])
		measured := middle(b.taken[trial{postgres, most, wallets}]).rate
		if most <= busyClients || alone.rate == 0 || busy.rate == 0 || measured == 0 {
			continue
		}
		e := fitCosts(alone, busy, runtime.NumCPU()).estimate(1, most, wallets == 1)
		verdict := "within"
		if off := e.rate/measured - 1; off < -modelTolerance || off > modelTolerance {
			verdict = "**not within**"
		}
		lines = append(lines, fmt.Sprintf("One machine, %d wallets, %d clients: the model says %.0f orders/s, measured were %.0f (%+.0f %%): %s the tolerance of %.0f %%.",
			wallets, most, e.rate, measured, 100*(e.rate/measured-1), verdict, 100*modelTolerance))
	}
	return lines
}

// The lines between which the measured part of a page stands.
const (
	measuredBegin = "<!-- measured: begin -->"
	measuredEnd   = "<!-- measured: end -->"
)

// putMeasured replaces the measured part of the page at path.
func putMeasured(path, measured string) error {
	text, err := os.ReadFile(path) // #nosec G304 -- the page that was named
	if err != nil {
		return err
	}
	head, rest, begins := strings.Cut(string(text), measuredBegin+"\n")
	_, tail, ends := strings.Cut(rest, measuredEnd)
	if !begins || !ends {
		return errors.New(path + " has no lines " + measuredBegin + " and " + measuredEnd + " to put the figures between")
	}
	page := head + measuredBegin + "\n" + measured + "\n" + measuredEnd + tail
	return os.WriteFile(path, []byte(page), 0o644) // #nosec G306 G703 -- a page for everybody, where the caller wants it
}
