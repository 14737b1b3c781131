package solusvm_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/servertest"
	"github.com/berth-host/berth/internal/provision/solusvm"
	"github.com/berth-host/berth/internal/provision/solusvm/solusfake"
)

func spec(plan string, n int64) berth.ServerSpec {
	return berth.ServerSpec{Name: "box", PlanID: plan, Cores: 2 * n, RAM: 6 << 30 * n, Disk: 40 * n, ImageID: 13, Location: "Slovenia", Password: "sEcr3t-chosen"}
}

func TestSuite(t *testing.T) {
	for _, busy := range []int{409, 422, 423} {
		t.Run(fmt.Sprint("busy is ", busy), func(t *testing.T) {
			servertest.Run(t, func(t *testing.T) *servertest.Subject {
				s := open(t, solusfake.Options{Busy: busy}, func(o *solusvm.Options) { o.SendTimeout = 5 * time.Second })
				meets := func(f solusfake.Fault) func(berth.ServerSpec) berth.ServerSpec {
					return func(spec berth.ServerSpec) berth.ServerSpec {
						s.panel.Fail("POST servers", f)
						return spec
					}
				}
				machine := func(ref string) (found solusfake.Server) {
					for _, m := range s.panel.Servers() {
						if strconv.FormatInt(m.ID, 10) == ref {
							found = m
						}
					}
					return found
				}
				larger := spec("7", 2)
				return &servertest.Subject{
					Driver: s.driver, Spec: spec("5", 1), Larger: larger, Now: s.clock.Load, Missing: "999999",
					Elapse: func(until int64) { s.clock.Store(max(until, s.clock.Load())) }, Settle: s.panel.Settle,
					Refused:  meets(solusfake.Fault{Kind: "status", Code: 422}),
					Lost:     meets(solusfake.Fault{Kind: "status", Code: 502, Made: true}),
					Late:     meets(solusfake.Fault{Kind: "late", Made: true}),
					Machines: func() int { return len(s.panel.Servers()) },
					Running:  func(ref string) bool { return machine(ref).Status == "started" },
					Plan:     func(ref string) string { return strconv.FormatInt(machine(ref).Plan, 10) },
				}
			})
		})
	}
}
