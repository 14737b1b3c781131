package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// aim is a promise about speed or size, and what came of it.
type aim struct {
	text    string
	got     string
	reached bool
}

// page writes the result as Markdown.
func (b *bench) page(now time.Time) string {
	var w strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&w, format+"\n", args...) }
	line("# Benchmarks\n")
	line("Written by `make bench` on %s; run it to get the figures of your own machine.\n", now.UTC().Format("2006-01-02"))
	line("- Machine: %s. Server, database and clients share it.", machine())
	line("- PostgreSQL %s with its default settings, fsync and synchronous_commit on; SQLite in WAL mode with synchronous=FULL.", b.cluster.versions)
	line("- The disk makes %.0f writes of 8 KiB a second durable (fdatasync).", median(b.syncs))
	line("- %d rounds of %v for each figure, taking turns, each round on new databases; the median of the rounds counts.\n", b.rounds, b.period)
	line("An order is counted when its answer says that the machine is there: priced, charged, written, made by the")
	line("simulated driver, settled and written again, each write durable before the next step. The clients are `berth load`: one")
	line("connection each, the next order when the last is answered, each with an Idempotency-Key. The books are")
	line("proved with `berth verify` after each round. One wallet is the worst case for a database: every order waits for the same row.\n")
	b.writeOrders(line)
	b.writePgbench(line)
	b.writeAims(line)
	return w.String()
}

func (b *bench) writeOrders(line func(string, ...any)) {
	line("## Complete orders a second over HTTP\n")
	line("| engine | wallets | clients | orders/s | p50 ms | p99 ms | of pgbench's rate | processor us an order: server | PostgreSQL |")
	line("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, engine := range b.engines {
		for _, wallets := range b.wallets {
			for _, clients := range b.clients {
				r := middle(b.taken[trial{engine, clients, wallets}])
				ratio := ""
				if beside := middle(b.tps[clients]); beside.rate > 0 {
					ratio = fmt.Sprintf("%.2f", r.rate/beside.rate)
				}
				db := ""
				if engine == postgres {
					db = fmt.Sprintf("%.0f", r.db)
				}
				line("| %s | %d | %d | %.0f | %.2f | %.2f | %s | %.0f | %s |", engine, wallets, clients, r.rate, r.p50, r.p99, ratio, r.own, db)
			}
		}
	}
	line("")
}

func (b *bench) writePgbench(line func(string, ...any)) {
	line("## Beside it: pgbench\n")
	line("PostgreSQL's own benchmark (TPC-B, scale %d, `-M prepared`) on the same cluster, in the same rounds. One of its", b.scale)
	line("transactions is three updates, a select and an insert, with its balances spread over %d rows; an order is two", b.scale*10)
	line("transactions, each of them several inserts and updates, and HTTP and JSON before and after.\n")
	line("| clients | transactions/s | p50 ms | p99 ms |")
	line("|--:|--:|--:|--:|")
	for _, clients := range b.clients {
		if r := middle(b.tps[clients]); r.rate > 0 {
			line("| %d | %.0f | %.2f | %.2f |", clients, r.rate, r.p50, r.p99)
		}
	}
	line("")
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
At 64 clients the limit is the processor, which server, database and clients share: the columns above say what an order
takes of it. In the database most of that is the row of the order, with its four indexes, written at the debit and again
when it is settled; in the server it is HTTP, JSON and the collector, spread thinly. With 1,000 wallets each request also
reads its key and user, which one wallet has in memory. At one client it is round trips and two durable writes.
Figures of a busy machine move by a tenth from run to run; compare ratios of one run.`)
}

// aims are judged by the medians.
func (b *bench) aims() []aim {
	hot := func(engine string, clients int) result { return middle(b.taken[trial{engine, clients, 1}]) }
	busy, alone := middle(b.tps[64]), middle(b.tps[1])
	var aims []aim
	for _, engine := range b.engines {
		if busy.rate == 0 || hot(engine, 64).rate == 0 { // this run was about something else
			continue
		}
		want := map[string]float64{postgres: 2, sqlite: 1.5}[engine]
		ratio := hot(engine, 64).rate / busy.rate
		aims = append(aims, aim{fmt.Sprintf("%s, one wallet, 64 clients: at least %.1f times pgbench's rate", engine, want),
			fmt.Sprintf("%.2f times (%.0f against %.0f)", ratio, hot(engine, 64).rate, busy.rate), ratio >= want})
	}
	for _, engine := range b.engines {
		if alone.p50 == 0 || hot(engine, 1).p50 == 0 {
			continue
		}
		ratio := hot(engine, 1).p50 / alone.p50
		aims = append(aims, aim{fmt.Sprintf("%s, one client: p50 at most 2.5 times pgbench's", engine),
			fmt.Sprintf("%.2f times (%.2f ms against %.2f ms)", ratio, hot(engine, 1).p50, alone.p50), ratio <= 2.5})
	}
	for _, engine := range b.engines {
		size := median(b.peak[engine]) / 1e6
		aims = append(aims, aim{fmt.Sprintf("%s, %d clients: the server's memory below 150 MB", engine, slices.Max(b.clients)),
			fmt.Sprintf("%.0f MB at the most", size), size < 150})
	}
	for _, engine := range b.engines {
		ms := median(b.ready[engine])
		aims = append(aims, aim{fmt.Sprintf("%s: from start to ready below 1 s", engine), fmt.Sprintf("%.0f ms", ms), ms < 1000})
	}
	return aims
}
