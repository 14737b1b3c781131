package main

import (
	"fmt"
	"slices"
)

// floors are the least parts of pgbench's rate that orders on one wallet at 64 clients may fall to before a test
// fails: about half of what docs/benchmarks.md says, because a test's machine does other things at the same time. What
// they catch is an order that costs twice as much as before. Raise them when the page's figures have risen for good.
var floors = map[string]float64{postgres: 1.0, sqlite: 1.0}

// growthFloor is the least part of its speed that a test's installation may keep with its tables filled. A statement
// that reads a table from end to end takes much more of it.
const growthFloor = 0.6

// The promises.
const (
	hotAim    = 2.5 // times pgbench's rate, one wallet
	hotHope   = 4   // what we are after
	spreadAim = 2   // times pgbench's rate, many wallets on PostgreSQL
	aloneAim  = 2   // times pgbench's p50 at one client, at most
	growthAim = 0.85
	halfAim   = 20   // ms, p99 at half of the most
	sealAim   = 1000 // ms from a batch to its place in the hash chain, at most
	sizeAim   = 150  // MB
	readyAim  = 1000 // ms
)

// aim is a promise about speed or size, and what came of it.
type aim struct {
	text    string
	got     string
	reached bool
}

func (b *bench) writeAims(line func(string, ...any)) {
	line("## What we aim at\n")
	line("| aim | measured | reached |")
	line("|---|---|---|")
	for _, a := range b.aims() {
		yes := "yes"
		if !a.reached {
			yes = "**no**"
		}
		line("| %s | %s | %s |", a.text, a.got, yes)
	}
	line(`
What limits: at one client round trips and two durable writes; at 256 the processors, which server, database and clients
share; in between the turns of the batches too. The ratio to pgbench is the median of each round's own. [scaling.md](scaling.md) takes it apart. Figures of
a busy machine move by a tenth from run to run; compare ratios of one run.`)
}

// aims are judged by the medians. What this run hasn't measured is left out.
func (b *bench) aims() []aim {
	var aims []aim
	aims = append(aims, b.rateAims()...)
	aims = append(aims, b.timeAims()...)
	for _, engine := range b.engines {
		if g, ok := b.grown[engine]; ok {
			aims = append(aims, aim{fmt.Sprintf("%s: with %d orders in the tables at least %.0f %% of the rate with none", engine, g.rows, 100*growthAim),
				fmt.Sprintf("%.0f %% (%.0f against %.0f)", 100*g.ratio(), middle(g.filled).rate, middle(g.empty).rate), g.ratio() >= growthAim})
		}
	}
	for _, engine := range b.engines {
		size := median(b.peak[engine]) / 1e6
		aims = append(aims, aim{fmt.Sprintf("%s, %d clients: the server's memory below %d MB", engine, slices.Max(b.clients), sizeAim),
			fmt.Sprintf("%.0f MB at the most", size), size < sizeAim})
	}
	for _, engine := range b.engines {
		ms := median(b.ready[engine])
		aims = append(aims, aim{fmt.Sprintf("%s: from start to ready below 1 s", engine), fmt.Sprintf("%.0f ms", ms), ms < readyAim})
	}
	return aims
}

// rateAims compare orders a second with pgbench's transactions.
func (b *bench) rateAims() (aims []aim) {
	busy := median(b.beside(busyClients))
	if busy == 0 {
		return nil
	}
	add := func(engine string, wallets int, name string, want float64) {
		t := trial{engine, busyClients, wallets}
		r, ratio := middle(b.taken[t]), b.times(t)
		if r.rate == 0 {
			return
		}
		aims = append(aims, aim{fmt.Sprintf("%s, %s, %d clients: at least %.1f times pgbench's rate", engine, name, busyClients, want),
			fmt.Sprintf("%.2f times (%.0f against %.0f)", ratio, r.rate, busy), ratio >= want})
	}
	for _, engine := range b.engines {
		add(engine, 1, "one wallet", hotAim)
		if most := b.accounts(); most > 1 && engine == postgres {
			add(engine, most, fmt.Sprintf("%d wallets", most), spreadAim)
		}
	}
	for _, engine := range b.engines {
		add(engine, 1, "one wallet, the aim beyond", hotHope)
	}
	return aims
}

// timeAims are about how long an order takes.
func (b *bench) timeAims() (aims []aim) {
	alone := middle(b.tps[1])
	for _, engine := range b.engines {
		p50 := middle(b.taken[trial{engine, 1, 1}]).p50
		if alone.p50 == 0 || p50 == 0 {
			continue
		}
		aims = append(aims, aim{fmt.Sprintf("%s, one client: p50 at most %d times pgbench's", engine, aloneAim),
			fmt.Sprintf("%.2f times (%.2f ms against %.2f ms)", p50/alone.p50, p50, alone.p50), p50 <= aloneAim*alone.p50})
	}
	for _, engine := range b.engines {
		if r := middle(b.half[engine]); r.rate > 0 {
			aims = append(aims, aim{fmt.Sprintf("%s, sent at half of the most: p99 below %d ms", engine, halfAim),
				fmt.Sprintf("%.2f ms at %.0f orders/s", r.p99, r.rate), r.p99 < halfAim})
		}
	}
	for _, engine := range b.engines {
		late := 0.0
		for t, results := range b.taken {
			if t.engine == engine {
				late = max(late, middle(results).where.lag)
			}
		}
		if late > 0 {
			aims = append(aims, aim{fmt.Sprintf("%s: every batch in the hash chain within %d ms, under any of these loads", engine, sealAim),
				fmt.Sprintf("none later than %.0f ms", late), late <= sealAim})
		}
	}
	return aims
}
