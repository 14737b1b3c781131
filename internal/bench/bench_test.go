package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/require"
)

// TestBench measures everything for a moment, to see that the pages come out. What the figures are says nothing.
func TestBench(t *testing.T) {
	bin, err := pgtest.BinDir()
	require.Present(t, "PostgreSQL's server", err == nil)
	require.Program(t, filepath.Join(bin, "pgbench"), "--version")
	out := pages{filepath.Join(t.TempDir(), "docs", "benchmarks.md"), filepath.Join(t.TempDir(), "scaling.md")}
	if err := os.WriteFile(out.scaling, []byte("before\n"+measuredBegin+"\nold\n"+measuredEnd+"\nbehind\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := plan{rounds: 1, engines: []string{postgres, sqlite}, period: 200 * time.Millisecond, warmUp: 20 * time.Millisecond,
		clients: []int{1, 64, 65}, wallets: []int{1, 3}, scale: 1, rows: 100}
	if err := run(t.Context(), p, out); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(out.benchmarks)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| PostgreSQL | 1 | 64 |", "| PostgreSQL | 3 | 1 |", "| SQLite | 1 | 64 |", "| SQLite | 3 | 64 |",
		"PostgreSQL, one wallet, 64 clients", "PostgreSQL, 3 wallets, 64 clients: at least 2.0", "one wallet, the aim beyond, 64 clients: at least 4.0",
		"SQLite, 65 clients: the server's memory", "from start to ready", "SQLite, sent at half of the most: p99",
		"PostgreSQL: with 100 orders in the tables at least 85 %", "## Where the time of an order goes",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(string(page), " 0 writes") || strings.Contains(string(page), "| 0 | 0.00 |") || strings.Contains(string(page), "NaN") {
		t.Errorf("something was measured as nothing:\n%s", page)
	}
	scaling, err := os.ReadFile(out.scaling)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n" + measuredBegin + "\nMeasured by", measuredEnd + "\nbehind\n", "| orders |", "| 10 |", "One machine, 1 wallets, 65 clients"} {
		if !strings.Contains(string(scaling), want) {
			t.Errorf("the page lacks %q:\n%s", want, scaling)
		}
	}
	if strings.Contains(string(scaling), "old") || strings.Contains(string(scaling), "NaN") || strings.Contains(string(scaling), "Inf") {
		t.Errorf("the figures weren't replaced, or are none:\n%s", scaling)
	}
}

func TestAims(t *testing.T) {
	sound := func() *bench {
		b := newBench(plan{engines: []string{postgres, sqlite}, clients: []int{1, 64, 256}, wallets: []int{1, 1000}}, "")
		b.tps = map[int][]result{1: {{rate: 1000, p50: 1}}, 64: {{rate: 4000}}}
		for _, engine := range b.engines {
			b.taken[trial{engine, 1, 1}] = []result{{p50: 2}}
			b.taken[trial{engine, 64, 1}] = []result{{rate: 16000, where: phases{lag: 1000}}}
			b.taken[trial{engine, 64, 1000}] = []result{{rate: 8000}}
			b.half[engine] = []result{{rate: 8000, p99: 19.9}}
			b.ready[engine], b.peak[engine] = []float64{999}, []float64{149e6}
			b.grown[engine] = growth{rows: 10_000_000, empty: []result{{rate: 1000}}, filled: []result{{rate: 850}}}
		}
		return b
	}
	for _, c := range []struct {
		name   string
		spoil  func(*bench)
		missed []string // begin the texts of the aims that aren't reached
	}{
		{"all reached", func(*bench) {}, nil},
		{"not 4 times", func(b *bench) { b.taken[trial{postgres, 64, 1}][0].rate = 15999 }, []string{"PostgreSQL, one wallet, the aim beyond"}},
		{"slow PostgreSQL", func(b *bench) { b.taken[trial{postgres, 64, 1}][0].rate = 9999 },
			[]string{"PostgreSQL, one wallet, 64 clients", "PostgreSQL, one wallet, the aim beyond"}},
		{"slow SQLite", func(b *bench) { b.taken[trial{sqlite, 64, 1}][0].rate = 9999 },
			[]string{"SQLite, one wallet, 64 clients", "SQLite, one wallet, the aim beyond"}},
		{"slow with many wallets", func(b *bench) { b.taken[trial{postgres, 64, 1000}][0].rate = 7999 }, []string{"PostgreSQL, 1000 wallets"}},
		{"slow alone", func(b *bench) { b.taken[trial{postgres, 1, 1}][0].p50 = 2.01 }, []string{"PostgreSQL, one client"}},
		{"slow at half", func(b *bench) { b.half[sqlite][0].p99 = 20 }, []string{"SQLite, sent at half"}},
		{"slow when full", func(b *bench) { b.grown[sqlite].filled[0].rate = 849 }, []string{"SQLite: with 10000000 orders"}},
		{"sealed late", func(b *bench) { b.taken[trial{sqlite, 64, 1}][0].where.lag = 2000 }, []string{"SQLite: every batch in the hash chain"}},
		{"large", func(b *bench) { b.peak[sqlite][0] = 150e6 }, []string{"SQLite, 256 clients: the server's memory"}},
		{"late", func(b *bench) { b.ready[postgres][0] = 1000 }, []string{"PostgreSQL: from start to ready"}},
	} {
		b := sound()
		c.spoil(b)
		var missed []string
		for _, a := range b.aims() {
			if !a.reached {
				missed = append(missed, a.text)
			}
		}
		if !slices.EqualFunc(missed, c.missed, strings.HasPrefix) {
			t.Errorf("%s: got %q missed, want %q", c.name, missed, c.missed)
		}
	}
}

func TestNumbers(t *testing.T) {
	if got, err := numbers("1,64,256"); err != nil || !slices.Equal(got, []int{1, 64, 256}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{"", "1,", "a", "0", "-1", "1 64"} {
		if got, err := numbers(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v: got %v, want %v", c.values, got, c.want)
		}
	}
	if got, want := middle([]result{{rate: 1, p50: 9}, {rate: 5, p50: 1}, {rate: 2, p50: 2}}), (result{rate: 2, p50: 2}); got != want {
		t.Errorf("got %+v, want the median of each figure: %+v", got, want)
	}
}

func TestPgbenchTimes(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "log")
	for name, text := range map[string]string{
		".1": "0 0 1000 0 1700000000 1\n1 0 3000 0 1700000000 2\n", ".1.1": "0 0 2000 0 1700000000 3\n0 1 failed 0 1700000000 4\n",
	} {
		if err := os.WriteFile(prefix+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p50, p99, err := pgbenchTimes(prefix)
	if err != nil || p50 != 2 || p99 != 3 {
		t.Errorf("got p50 %v, p99 %v, %v; want 2 and 3", p50, p99, err)
	}
	if _, _, err := pgbenchTimes(prefix); err == nil {
		t.Error("the logs of one measurement were counted to the next")
	}
}

// TestProcessFigures reads its own.
func TestProcessFigures(t *testing.T) {
	pid := os.Getpid()
	before := cpu(pid, false)
	for start := time.Now(); cpu(pid, false) == before; {
		if time.Since(start) > 30*time.Second {
			t.Fatal("working uses no processor time")
		}
	}
	if got := parentOf(pid); got != os.Getppid() {
		t.Errorf("got parent %d, want %d", got, os.Getppid())
	}
	if got := peak(pid); got < 1<<20 || got > 1<<40 {
		t.Errorf("got a peak of %d bytes of memory", got)
	}
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	if got := parentOf(child.Process.Pid); got != pid {
		t.Errorf("got parent %d of a child, want %d", got, pid)
	}
}

func TestSyncRate(t *testing.T) {
	rate, err := syncRate(t.TempDir(), 50*time.Millisecond)
	if err != nil || rate <= 0 {
		t.Errorf("got %v, %v; want a rate", rate, err)
	}
	if machine() == "" {
		t.Error("got no description of the machine")
	}
}
