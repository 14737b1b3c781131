package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/require"
)

// few are the kills of the short run: as many as fit into ten seconds, with one of the database and one stop.
const few = 6

// passable is good, except that one wallet's history may stay undecided: the search is exponential at worst, and on a busy
// machine more of a history is under way at once. The long run takes nothing undecided.
func passable(v verdict) bool {
	return len(v.problems) == v.undecided && v.undecided <= 1 && v.linearizable+v.undecided == v.wallets && v.wallets > 1 &&
		v.lost == 0 && v.doubled == 0 && v.unknown == v.resolved
}

// TestShort is the whole of it in short, with the real program on both engines.
func TestShort(t *testing.T) {
	program := filepath.Join(t.TempDir(), "berth")
	build := exec.Command("go", "build", "-o", program, "github.com/berth-host/berth/cmd/berth")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	for _, e := range []engine{sqlite, postgres} {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			site, err := process.Open(process.Options{Prefix: "berth-torture-test-"})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := site.Close(); err != nil {
					t.Error(err)
				}
			}()
			var out bytes.Buffer
			run := &trial{engine: e, program: program, kills: few, seed: uint64(time.Now().UnixNano()), limit: 20 * time.Second, out: &out, site: site}
			v, err := run.play(ctx)
			if errors.Is(err, pgtest.ErrNoPrograms) {
				require.Present(t, "a PostgreSQL server ("+err.Error()+")", false)
			}
			if err == nil {
				v.print(&out, e, run.faults)
			}
			if t.Log(out.String()); err != nil || !passable(v) {
				t.Errorf("got %v, want nothing lost, doubled or told wrongly", err)
				var logs strings.Builder
				site.ShowLogs(&logs)
				t.Log(logs.String())
			}
		})
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		args  string
		kills map[engine]int // nil for a refusal
	}{
		{"", map[engine]int{sqlite: 90, postgres: 130}},
		{"-kills 7 -engines postgres -seed 5 -keep", map[engine]int{postgres: 7}},
		{"-engines mysql", nil},
		{"-kills -1", nil},
		{"-what", nil},
	} {
		var said strings.Builder
		o, err := parse(strings.Fields(c.args), &said)
		if (err != nil) != (c.kills == nil) || (said.Len() > 0) != (err != nil) {
			t.Errorf("%s: got %v, having said %q", c.args, err, said.String())
		}
		if c.kills == nil {
			continue
		}
		if len(o.engines) != len(c.kills) || o.seed == 0 || strings.Contains(c.args, "-seed") && (o.seed != 5 || !o.keep) {
			t.Errorf("%s: got %+v", c.args, o)
		}
		for e, want := range c.kills {
			if got := o.killsOn(e); got != want {
				t.Errorf("%s: got %d kills on %s, want %d", c.args, got, e, want)
			}
		}
	}
}
