package main

import (
	"fmt"
	"strings"
	"time"
)

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
	line("proved with `berth verify` after each round, and the sealer of the hash chain runs all the while. One wallet is the worst")
	line("case for a database: every order waits for the same row.\n")
	b.writeOrders(line)
	b.writePhases(line)
	b.writeHalf(line)
	b.writePgbench(line)
	b.writeGrowth(line)
	b.writeAims(line)
	return w.String()
}

func (b *bench) writeOrders(line func(string, ...any)) {
	line("## Complete orders a second over HTTP\n")
	line("| engine | wallets | clients | orders/s | p50 ms | p99 ms | of pgbench's rate | processor us an order: server | PostgreSQL | client |")
	line("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, engine := range b.engines {
		for _, wallets := range b.wallets {
			for _, clients := range b.clients {
				r := middle(b.taken[trial{engine, clients, wallets}])
				ratio := ""
				if times := b.times(trial{engine, clients, wallets}); times > 0 {
					ratio = fmt.Sprintf("%.2f", times)
				}
				db := ""
				if engine == postgres {
					db = fmt.Sprintf("%.0f", r.db)
				}
				line("| %s | %d | %d | %.0f | %.2f | %.2f | %s | %.0f | %s | %.0f |", engine, wallets, clients, r.rate, r.p50, r.p99, ratio, r.own, db, r.client)
			}
		}
	}
	line("")
}

func (b *bench) writeHalf(line func(string, ...any)) {
	line("## At half of that, whether the server keeps up or not\n")
	line("Orders sent at a fixed pace, half of the most that the same round has measured on one wallet. An order's time runs from")
	line("when it was due, so a server that stalls has all that were due meanwhile against it.\n")
	line("| engine | orders/s | p50 ms | p99 ms |")
	line("|---|--:|--:|--:|")
	for _, engine := range b.engines {
		if r := middle(b.half[engine]); r.rate > 0 {
			line("| %s | %.0f | %.2f | %.2f |", engine, r.rate, r.p50, r.p99)
		}
	}
	line("")
}

func (b *bench) writePgbench(line func(string, ...any)) {
	line("## Beside it: pgbench\n")
	line("PostgreSQL's own benchmark (TPC-B, scale %d, `-M prepared`) on the same cluster, in the same rounds. One of its", b.scale)
	line("transactions is three updates, a select and an insert, with its balances spread over %d rows; an order is two", b.scale*10)
	line("transactions, each of them several inserts and updates, and HTTP and JSON before and after. Where pgbench's %d clients do", busyClients)
	line("less than one, as on a machine that is slow to switch between processes, orders are held against the one's rate.\n")
	line("| clients | transactions/s | p50 ms | p99 ms |")
	line("|--:|--:|--:|--:|")
	for _, clients := range b.clients {
		if r := middle(b.tps[clients]); r.rate > 0 {
			line("| %d | %.0f | %.2f | %.2f |", clients, r.rate, r.p50, r.p99)
		}
	}
	line("")
}
