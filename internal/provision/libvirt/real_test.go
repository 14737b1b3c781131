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
	"github.com/berth-host/berth/internal/provision/libvirt/lab"
)

const password = "Correct-Horse '\"$: 9"

func spec(name string) berth.ServerSpec {
	return berth.ServerSpec{Name: name, PlanID: "5", Cores: 1, RAM: 128 << 20, Disk: 1, ImageID: 1, Location: "Slovenia", Password: password}
}

func ref(order string) berth.Ref { return berth.Ref{Order: order, Attempt: 1} }

// addressed is a driver whose orders get their addresses from a pool, as the desk gives them.
type addressed struct {
	*libvirt.Driver
	pool *lab.Pool
}

func (a addressed) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	return a.Driver.Create(ctx, ref, a.pool.Spec(ref.Order, spec))
}

// node is a lab with a driver on it.
type node struct {
	addressed
	lab *lab.Lab
}

func (n node) with(t testing.TB, edit func(*libvirt.Options)) addressed {
	t.Helper()
	o := n.lab.Options()
	edit(&o)
	d, err := libvirt.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return addressed{d, n.pool}
}

// machines are the node's, by their orders.
func (n node) machines(t testing.TB) map[string]berth.Machine {
	t.Helper()
	found := map[string]berth.Machine{}
	err := n.Machines(t.Context(), func(m berth.Machine) error {
		if _, twice := found[m.Order]; twice {
			return fmt.Errorf("order %s has two machines", m.Order)
		}
		found[m.Order] = m
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// is checks a verdict.
func is(t testing.TB, what string, got berth.Outcome, want berth.Verdict) {
	t.Helper()
	if got.Verdict != want {
		t.Fatalf("%s: got %s (%v), want %s", what, got.Verdict, got.Reason, want)
	}
}

// TestRealLibvirt is everything against a real daemon with real guests.
func TestRealLibvirt(t *testing.T) {
	if testing.Short() {
		t.Skip("starts virtual machines")
	}
	l := lab.Start(t)
	n := node{lab: l}
	n.pool = &lab.Pool{}
	n.addressed = n.with(t, func(*libvirt.Options) {})
	t.Run("guest", func(t *testing.T) { testGuest(t, n) })
	t.Run("create", func(t *testing.T) { testCreate(t, n) })
	t.Run("refusals", func(t *testing.T) { testRefusals(t, n) })
	t.Run("half made", func(t *testing.T) { testHalfMade(t, n) })
	t.Run("resize", func(t *testing.T) { testResize(t, n) })
	t.Run("suspend", func(t *testing.T) { testSuspend(t, n) })
	t.Run("other domains", func(t *testing.T) { testOthers(t, n) })
	t.Run("suite", func(t *testing.T) { testSuite(t, n) })
	t.Run("lost answers", func(t *testing.T) { testLostAnswers(t, n) })
	if left := n.machines(t); len(left) != 0 {
		t.Errorf("got machines %v, want none left", left)
	}
}

// testGuest is the life of one server as its owner sees it from inside.
func testGuest(t *testing.T, n node) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	out := n.Create(ctx, ref("order-1"), spec("Box No.1!"))
	is(t, "create", out, berth.Done)
	if out.Address != "203.0.113.10" || out.ServerUUID != out.ProviderRef || out.ProviderRef == "" {
		t.Fatalf("got %+v, want a server at 203.0.113.10", out.Result)
	}
	id := out.ProviderRef
	// inside runs a command in the guest, once it lets one in with the password.
	inside := func(password, command string) string {
		t.Helper()
		out, err := n.lab.WaitFor(ctx, out.Address, password, command)
		if err != nil {
			t.Fatalf("%s: %v (%s)", command, err, out)
		}
		return out
	}
	const figures = "hostname; nproc; echo $(( $(cat /sys/block/vda/size) / 2097152 )); awk '/MemTotal/ {print ($2 > 150000)}' /proc/meminfo"
	if got := inside(password, figures); got != "box-no.1\n1\n1\n0" {
		t.Errorf("got host, cores, GB and whether it has more than 150 MB: %q", got)
	}
	took := time.Since(begin)
	t.Logf("logged in %v after the order", took.Round(time.Millisecond))
	if took > time.Minute {
		t.Errorf("the login took %v, want less than a minute", took)
	}
	if _, err := n.lab.Run(ctx, out.Address, "wrong", "true"); err == nil {
		t.Error("a wrong password lets one in")
	}
	boot := func() string { return inside(password, "cat /proc/sys/kernel/random/boot_id") }

	inside(password, "echo kept >/mnt/file && sync")
	first := boot()
	begin = time.Now()
	is(t, "stop", n.Power(ctx, id, berth.PowerStop), berth.Done)
	if took := time.Since(begin); took > 9*time.Second {
		t.Errorf("the stop took %v: the guest was cut off and didn't shut down", took)
	}
	is(t, "stop again", n.Power(ctx, id, berth.PowerStop), berth.Done)
	if m := n.machines(t)["order-1"]; m.Running {
		t.Error("it runs after a stop")
	}
	is(t, "start", n.Power(ctx, id, berth.PowerStart), berth.Done)
	is(t, "start again", n.Power(ctx, id, berth.PowerStart), berth.Done)
	if got := inside(password, "cat /mnt/file"); got != "kept" {
		t.Errorf("after stop and start: got %q, want the file kept", got)
	}
	if boot() == first {
		t.Error("stop and start: the guest hasn't booted anew")
	}

	usage, used := n.Usage(ctx, id)
	is(t, "usage", used, berth.Done)
	if len(usage.CPU) != 1 || len(usage.Memory) != 1 || usage.Memory[0].In < 1<<20 || len(usage.Disk) != 1 || len(usage.Network) != 1 {
		t.Errorf("got usage %+v, want one sample of each", usage)
	}

	const secret = "by the agent"
	var reset string
	var changed berth.Outcome
	err := process.Until(ctx, 30*time.Second, "the agent in the guest", func() bool {
		reset, changed = n.ResetPassword(ctx, id, secret)
		return changed.Verdict != berth.Refused
	})
	if err != nil {
		t.Fatal(err, changed.Reason)
	}
	is(t, "reset the password", changed, berth.Done)
	if got := inside(secret, "hostname"); reset != secret || got != "box-no.1" {
		t.Errorf("with the new password %q: got %q, want the server", reset, got)
	}
	if _, err := n.lab.Run(ctx, out.Address, password, "true"); err == nil {
		t.Error("the password of before lets one in")
	}

	large := spec("Box No.1!")
	large.Cores, large.RAM, large.Disk, large.PlanID = 2, 256<<20, 2, "7"
	is(t, "resize", n.Resize(ctx, ref("order-2"), id, large), berth.Done)
	if got := inside(password, figures); !strings.HasSuffix(got, "\n2\n2\n1") {
		t.Errorf("after the resize: got %q, want 2 cores, 2 GB and more memory", got)
	}

	again := spec("second")
	again.Password = "another one"
	is(t, "reinstall", n.Reinstall(ctx, id, again), berth.Done)
	if got := inside(again.Password, figures+"; ls /mnt"); got != "second\n2\n2\n1\nlost+found" {
		t.Errorf("after the reinstallation: got %q, want an empty disk and the figures of before", got)
	}
	if _, err := n.lab.Run(ctx, out.Address, password, "true"); err == nil {
		t.Error("the password of before the reinstallation lets one in")
	}

	is(t, "delete", n.Delete(ctx, id), berth.Done)
	is(t, "delete again", n.Delete(ctx, id), berth.Done)
	is(t, "find after that", n.Find(ctx, ref("order-1")), berth.Absent)
	if _, err := n.lab.Run(ctx, out.Address, again.Password, "true"); err == nil {
		t.Error("the deleted guest lets one in")
	}
}
