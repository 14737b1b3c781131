package libvirt_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/provision/libvirt"
	"github.com/berth-host/berth/internal/provision/servertest"
)

// booted waits with a new password until the guest's agent is there: a server is made long before it has booted.
type booted struct{ addressed }

func (b booted) ResetPassword(ctx context.Context, id, proposed string) (given string, out berth.Outcome) {
	err := process.Until(ctx, process.Patience, "the agent in the guest", func() bool {
		given, out = b.Driver.ResetPassword(ctx, id, proposed)
		return out.Verdict != berth.Refused || !strings.Contains(out.Reason.Error(), "qemu-guest-agent")
	})
	if err != nil {
		return "", berth.Outcome{Verdict: berth.Unresolved, Reason: err}
	}
	return given, out
}

// testSuite is what every driver must pass. Each of its tests has an installation of its own on the node.
func testSuite(t *testing.T, n node) {
	opened := 0
	servertest.Run(t, func(t *testing.T) *servertest.Subject {
		opened++
		now := time.Now().UnixMicro()
		d := n.with(t, func(o *libvirt.Options) {
			o.Installation, o.Grace = fmt.Sprintf("suite-%d", opened), 100*time.Millisecond
			o.Now = func() int64 { return now }
		})
		machines := func() (all []berth.Machine) {
			err := d.Machines(context.Background(), func(m berth.Machine) error { all = append(all, m); return nil })
			if err != nil {
				t.Error(err)
			}
			return all
		}
		inspect := func(id string) berth.Machine {
			m, _ := d.Inspect(context.Background(), id)
			return m
		}
		t.Cleanup(func() {
			for _, m := range machines() {
				if out := d.Delete(context.Background(), m.ProviderRef); out.Verdict != berth.Done {
					t.Errorf("delete %s: got %s (%v)", m.ProviderRef, out.Verdict, out.Reason)
				}
			}
		})
		larger := spec("box")
		larger.PlanID, larger.Cores, larger.Disk = "7", 2, 2
		return &servertest.Subject{
			Driver: booted{d}, Spec: spec("box"), Larger: larger, Missing: "00000000-0000-8000-8000-000000000000",
			Refused: func(s berth.ServerSpec) berth.ServerSpec { s.ImageID = 99; return s },
			Now:     func() int64 { return now }, Elapse: func(until int64) { now = until },
			Machines: func() int { return len(machines()) },
			Running:  func(id string) bool { return inspect(id).Running },
			Plan:     func(id string) string { return inspect(id).PlanID },
		}
	})
}
