package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/require"
)

// TestSpeed finds out when an order has become much slower, on any machine and beside anything: only ratios of one
// moment are looked at, the best of three counts, and the floors are far below what a quiet machine reaches. It ends
// with the first round that is good.
func TestSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: the speed, which takes 15 seconds")
	}
	bin, err := pgtest.BinDir()
	require.Present(t, "PostgreSQL's server", err == nil)
	require.Program(t, filepath.Join(bin, "pgbench"), "--version")
	const rounds, rows = 3, 20_000
	p := plan{rounds: rounds, engines: []string{postgres, sqlite}, period: time.Second, warmUp: 200 * time.Millisecond,
		clients: []int{busyClients}, wallets: []int{1, 100}, scale: 10}
	b, err := prepare(t.Context(), p, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	for _, engine := range p.engines {
		t.Run(engine, func(t *testing.T) {
			shops := map[bool]*shop{}
			defer func() {
				for _, s := range shops { // proves the books, those of the copied orders, too
					if err := s.stop(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}()
			for _, filled := range []bool{false, true} {
				if shops[filled], err = b.open(t.Context(), engine, map[bool]string{true: "filled", false: "empty"}[filled]); err != nil {
					t.Fatal(err)
				}
			}
			g := growth{rows: rows}
			if err := b.fillShop(t.Context(), shops[true], engine, &g); err != nil {
				t.Fatal(err)
			}
			ratio, grown := 0.0, 0.0
			for range rounds {
				if ratio >= floors[engine] && grown >= growthFloor {
					break
				}
				beside, err := b.cluster.tpcb(t.Context(), b.tpcb, b.dir, busyClients, p.period)
				if err != nil {
					t.Fatal(err)
				}
				rate := map[bool]float64{}
				for filled, s := range shops {
					r, err := s.measure(t.Context(), traffic{clients: busyClients, wallets: 1, warmUp: p.warmUp, period: p.period})
					if err != nil {
						t.Fatal(err)
					}
					rate[filled] = r.rate
				}
				ratio, grown = max(ratio, rate[false]/beside.rate), max(grown, rate[true]/rate[false])
				t.Logf("%.0f orders/s, %.0f with %d in the tables, beside %.0f transactions/s of pgbench", rate[false], rate[true], rows, beside.rate)
			}
			if ratio < floors[engine] {
				t.Errorf("orders on one wallet reach %.2f times pgbench's rate; below %.2f something has become much slower", ratio, floors[engine])
			}
			if grown < growthFloor {
				t.Errorf("with %d orders in the tables %.2f of the rate is left; below %.2f something reads whole tables", rows, grown, growthFloor)
			}
		})
	}
}
