package sim_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/servertest"
	"github.com/berth-host/berth/internal/provision/sim"
)

func TestSuite(t *testing.T) {
	servertest.Run(t, func(t *testing.T) *servertest.Subject {
		var clock atomic.Int64
		clock.Store(time.Now().UnixMicro())
		p := open(t, "", sim.Options{Now: clock.Load, SlowFor: 200 * time.Millisecond, Installation: "here"})
		d := sim.Driver{Provider: p}
		like := func(name string) func(berth.ServerSpec) berth.ServerSpec {
			return func(s berth.ServerSpec) berth.ServerSpec {
				s.Name = name
				return s
			}
		}
		larger := named("box")
		larger.PlanID, larger.Cores, larger.Disk = "7", 4, 80
		inspect := func(ref string) berth.Machine {
			m, _ := d.Inspect(background, ref)
			return m
		}
		return &servertest.Subject{
			Driver: d, Spec: named("box"), Larger: larger, Now: clock.Load, Elapse: func(until int64) { clock.Store(until) }, Missing: "sim-9999",
			Refused: like(sim.NameRefuse), Lost: like(sim.NameLost), Late: like(sim.NameSlow),
			Machines: func() (n int) {
				all, err := p.Machines()
				for _, m := range all {
					if !m.Refused && !m.Gone {
						n++
					}
				}
				if err != nil {
					t.Error(err)
				}
				return n
			},
			Running: func(ref string) bool { return inspect(ref).Running },
			Plan:    func(ref string) string { return inspect(ref).PlanID },
		}
	})
}

// A journal that was written before machines could be stopped is read as it was meant.
func TestOldJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	old := `{"no":1,"order":"a","sort":"server","name":"box","plan":"5","cores":2,"ram":6442450944,"disk":40,"location":"Slovenia"}
{"no":2,"order":"b","sort":"server","name":"sim-refuse","refused":true}
`
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	d := sim.Driver{Provider: open(t, path, sim.Options{Installation: "here"})}
	m, out := d.Inspect(background, "sim-1")
	if out.Verdict != berth.Done || !m.Running || m.Suspended || m.CreatedAt != 0 || m.PlanID != "5" {
		t.Errorf("got %s, %+v, want a machine that runs, of unknown age", out.Verdict, m)
	}
	if out := d.Power(background, "sim-1", berth.PowerStop); out.Verdict != berth.Done {
		t.Errorf("got %s (%v)", out.Verdict, out.Reason)
	}
	want(t, "find", d.Find(background, ref("a", 2)), berth.Done, "sim-1")
	raw, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(raw), old) || strings.Count(string(raw), "\n") != 3 {
		t.Errorf("got the journal %s, %v", raw, err)
	}
}

// A deleted machine is gone for good: its order makes no other.
func TestDeleted(t *testing.T) {
	p := open(t, "", sim.Options{})
	want(t, "create", p.Create(background, ref("a", 1), named("box")), berth.Done, "sim-1")
	want(t, "delete", p.Delete(background, "sim-1"), berth.Done, "")
	want(t, "find", p.Find(background, ref("a", 2)), berth.Absent, "")
	want(t, "create again", p.Create(background, ref("a", 3), named("box")), berth.Refused, "")
}
