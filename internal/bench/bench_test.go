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

// TestBench measures everything for a moment, to see that the page comes out. What the figures are says nothing.
func TestBench(t *testing.T) {
	bin, err := pgtest.BinDir()
	require.Present(t, "PostgreSQL's server", err == nil)
	require.Program(t, filepath.Join(bin, "pgbench"), "--version")
	out := filepath.Join(t.TempDir(), "docs", "benchmarks.md")
	p := plan{rounds: 1, engines: []string{postgres, sqlite}, period: 100 * time.Millisecond, warmUp: 20 * time.Millisecond,
		clients: []int{1, 64}, wallets: []int{1, 3}, scale: 1}
	if err := run(t.Context(), p, out); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| PostgreSQL | 1 | 64 |", "| PostgreSQL | 3 | 1 |", "| SQLite | 1 | 64 |", "| SQLite | 3 | 64 |",
		"PostgreSQL, one wallet, 64 clients", "SQLite, 64 clients: the server's memory", "from start to ready",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(string(page), " 0 writes") || strings.Contains(string(page), "| 0 | 0.00 |") {
		t.Errorf("something was measured as nothing:\n%s", page)
	}
}

func TestAims(t *testing.T) {
	sound := func() *bench {
		b := &bench{plan: plan{engines: []string{postgres, sqlite}, clients: []int{1, 64, 256}, wallets: []int{1}},
			tps:   map[int][]result{1: {{rate: 1000, p50: 1}}, 64: {{rate: 4000}}},
			taken: map[trial][]result{}, ready: map[string][]float64{}, peak: map[string][]float64{}}
		for _, engine := range b.engines {
			b.taken[trial{engine, 1, 1}] = []result{{p50: 2.5}}
			b.taken[trial{engine, 64, 1}] = []result{{rate: 8000}}
			b.ready[engine], b.peak[engine] = []float64{999}, []float64{149e6}
		}
		return b
	}
	for _, c := range []struct {
		name   string
		spoil  func(*bench)
		missed string // in the text of the one aim that isn't reached
	}{
		{"all reached", func(*bench) {}, ""},
		{"slow PostgreSQL", func(b *bench) { b.taken[trial{postgres, 64, 1}][0].rate = 7999 }, "PostgreSQL, one wallet, 64 clients"},
		{"slow SQLite", func(b *bench) { b.taken[trial{sqlite, 64, 1}][0].rate = 5999 }, "SQLite, one wallet, 64 clients"},
		{"slow alone", func(b *bench) { b.taken[trial{postgres, 1, 1}][0].p50 = 2.51 }, "PostgreSQL, one client"},
		{"large", func(b *bench) { b.peak[sqlite][0] = 150e6 }, "SQLite, 256 clients: the server's memory"},
		{"late", func(b *bench) { b.ready[postgres][0] = 1000 }, "PostgreSQL: from start to ready"},
	} {
		b := sound()
		c.spoil(b)
		var missed []string
		for _, a := range b.aims() {
			if !a.reached {
				missed = append(missed, a.text)
			}
		}
		switch {
		case c.missed == "" && len(missed) > 0, c.missed != "" && (len(missed) != 1 || !strings.Contains(missed[0], c.missed)):
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
