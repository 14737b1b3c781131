package libvirt_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/libvirt"
)

// disks are the names of the files in the storage folder.
func (n node) disks(t testing.TB) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(n.lab.Storage)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// empty checks that nothing is left on the node.
func (n node) empty(t testing.TB) {
	t.Helper()
	if m, disks := n.machines(t), n.disks(t); len(m)+len(disks) > 0 {
		t.Errorf("got machines %v and disks %v, want none left", m, disks)
	}
}

func testCreate(t *testing.T, n node) {
	ctx := t.Context()
	is(t, "find before", n.Find(ctx, ref("a")), berth.Absent)
	outs := make([]berth.Outcome, 4)
	var group sync.WaitGroup
	for i := range outs {
		group.Go(func() { outs[i] = n.Create(ctx, ref("a"), spec("box")) })
	}
	group.Wait()
	for i, out := range outs {
		// Two at once may be in each other's way, but never for certain.
		if out.Verdict != berth.Done && out.Verdict != berth.Unresolved {
			t.Errorf("create %d of 4 at once: got %s (%v)", i+1, out.Verdict, out.Reason)
		}
	}
	again := n.Create(ctx, ref("a"), spec("other name"))
	is(t, "create again", again, berth.Done)
	for i, out := range outs {
		if out.Verdict == berth.Done && out.Result != again.Result {
			t.Errorf("create %d of 4 at once: got %+v, want %+v", i+1, out.Result, again.Result)
		}
	}
	other := n.Create(ctx, ref("b"), spec("box"))
	is(t, "another order", other, berth.Done)
	if other.ProviderRef == again.ProviderRef || other.Address == again.Address {
		t.Errorf("got %+v and %+v, want two servers", again.Result, other.Result)
	}
	found := n.Find(ctx, ref("a"))
	is(t, "find", found, berth.Done)
	described := n.Describe(ctx, again.ProviderRef)
	is(t, "describe", described, berth.Done)
	if found.Result != again.Result || described.Result != again.Result {
		t.Errorf("got %+v found and %+v described, want %+v", found.Result, described.Result, again.Result)
	}
	is(t, "rename", n.Rename(ctx, again.ProviderRef, "new\nname <&>"), berth.Done)
	m, out := n.Inspect(ctx, again.ProviderRef)
	is(t, "inspect", out, berth.Done)
	created := m.CreatedAt
	want := berth.Machine{Result: again.Result, Installation: "lab", Order: "a", Name: "new name <&>", PlanID: "5", Cores: 1,
		RAM: 128 << 20, Disk: 1, Running: true, CreatedAt: created}
	if m != want || time.Since(time.UnixMicro(created)) > time.Hour {
		t.Errorf("got  %+v\nwant %+v, made just now", m, want)
	}
	if all := n.machines(t); len(all) != 2 || all["a"] != m || all["b"].ProviderRef != other.ProviderRef {
		t.Errorf("got %+v, want the servers of a and b", all)
	}
	_, reset := n.ResetPassword(ctx, again.ProviderRef, "new")
	is(t, "a new password before an agent runs in the guest", reset, berth.Refused)
	is(t, "delete", n.Delete(ctx, again.ProviderRef), berth.Done)
	is(t, "find what is deleted", n.Find(ctx, ref("a")), berth.Absent)
	is(t, "describe what is deleted", n.Describe(ctx, again.ProviderRef), berth.Absent)
	is(t, "start what is deleted", n.Power(ctx, again.ProviderRef, berth.PowerStart), berth.Refused)
	is(t, "resize what is deleted", n.Resize(ctx, ref("c"), again.ProviderRef, spec("box")), berth.Refused)
	is(t, "delete the other", n.Delete(ctx, other.ProviderRef), berth.Done)
	is(t, "delete it again", n.Delete(ctx, other.ProviderRef), berth.Done)
	n.empty(t)
}

func testRefusals(t *testing.T, n node) {
	ctx := t.Context()
	large := filepath.Join(filepath.Dir(n.lab.Image.Path), "large.qcow2")
	if out, err := exec.Command("qemu-img", "create", "-q", "-f", "qcow2", large, "5G").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d := n.with(t, func(o *libvirt.Options) {
		o.Images = map[int64]libvirt.Image{1: n.lab.Image, 2: {Path: large}, 3: {Path: large + ".missing"}}
	})
	if err := n.Ready(ctx); err != nil {
		t.Errorf("got %v, want a node that is ready", err)
	}
	if err := d.Ready(ctx); err == nil || !strings.Contains(err.Error(), "image 3") || strings.Contains(err.Error(), "image 2") {
		t.Errorf("got %v, want image 3 missing", err)
	}
	nowhere := n.with(t, func(o *libvirt.Options) { o.Storage += "/none" })
	if err := nowhere.Ready(ctx); err == nil {
		t.Error("a node without its storage folder is ready")
	}
	is(t, "a storage folder that isn't there", nowhere.Create(ctx, ref("a"), spec("box")), berth.Unresolved)
	is(t, "with it", n.Delete(ctx, n.Create(ctx, ref("a"), spec("box")).ProviderRef), berth.Done)
	for what, edit := range map[string]func(*berth.ServerSpec){
		"an unknown image":                func(s *berth.ServerSpec) { s.ImageID = 4 },
		"an image that isn't on the node": func(s *berth.ServerSpec) { s.ImageID = 3 },
		"an image larger than the disk":   func(s *berth.ServerSpec) { s.ImageID = 2 },
		"an application":                  func(s *berth.ServerSpec) { s.ImageID, s.Application = 0, 1 },
		"no cores":                        func(s *berth.ServerSpec) { s.Cores = 0 },
		"no disk":                         func(s *berth.ServerSpec) { s.Disk = 0 },
		"a disk beyond all measure":       func(s *berth.ServerSpec) { s.Disk = 1 << 40 },
		"no password":                     func(s *berth.ServerSpec) { s.Password = "" },
	} {
		s := spec("box")
		edit(&s)
		is(t, what, d.Create(ctx, ref(what), s), berth.Refused)
		is(t, what+", asked again", d.Create(ctx, ref(what), s), berth.Refused)
	}
	for _, id := range []string{"", "x", "00000000-0000-8000-8000-000000000000", "../../etc/passwd", "00000000000080008000000000000000"} {
		is(t, "start "+id, d.Power(ctx, id, berth.PowerStart), berth.Refused)
		is(t, "suspend "+id, d.Suspend(ctx, id), berth.Refused)
		is(t, "describe "+id, d.Describe(ctx, id), berth.Absent)
		is(t, "delete "+id, d.Delete(ctx, id), berth.Done)
	}
	for what, edit := range map[string]func(*berth.ServerSpec){
		"no address":           func(s *berth.ServerSpec) { s.CIDR = "" },
		"an address of no net": func(s *berth.ServerSpec) { s.CIDR = "203.0.113.9" },
		"no gateway":           func(s *berth.ServerSpec) { s.Gateway = "" },
		"no MAC address":       func(s *berth.ServerSpec) { s.MAC = "52:54" },
	} {
		s := n.pool.Spec("a", spec("box"))
		edit(&s)
		is(t, what, d.Driver.Create(ctx, ref("a"), s), berth.Refused)
	}
	n.empty(t)
}

// testHalfMade lets the start fail, which leaves disks and a domain: Create completes them, or its refusal removes them.
func testHalfMade(t *testing.T, n node) {
	ctx := t.Context()
	broken := n.with(t, func(o *libvirt.Options) {
		image := n.lab.Image
		image.Kernel += ".missing"
		o.Images = map[int64]libvirt.Image{1: image}
	})
	is(t, "a start that fails", broken.Create(ctx, ref("a"), spec("box")), berth.Unresolved)
	is(t, "find what never ran", n.Find(ctx, ref("a")), berth.Absent)
	if m := n.machines(t)["a"]; !m.Busy || m.Running {
		t.Errorf("got %+v, want a server that is busy being made", m)
	}
	out := n.Create(ctx, ref("a"), spec("box"))
	is(t, "create it with the kernel", out, berth.Done)
	if m := n.machines(t)["a"]; m.Busy || !m.Running {
		t.Errorf("got %+v, want a server that runs", m)
	}
	is(t, "delete", n.Delete(ctx, out.ProviderRef), berth.Done)

	is(t, "a start that fails again", broken.Create(ctx, ref("b"), spec("box")), berth.Unresolved)
	if len(n.disks(t)) != 2 {
		t.Errorf("got disks %v, want what the failed start has left", n.disks(t))
	}
	other := n.with(t, func(o *libvirt.Options) { o.Images = map[int64]libvirt.Image{2: n.lab.Image} })
	is(t, "the image is gone from the settings", other.Create(ctx, ref("b"), spec("box")), berth.Refused)
	n.empty(t)
}

func testResize(t *testing.T, n node) {
	ctx := t.Context()
	out := n.Create(ctx, ref("10"), spec("box"))
	is(t, "create", out, berth.Done)
	id := out.ProviderRef
	is(t, "stop", n.with(t, func(o *libvirt.Options) { o.Grace = time.Millisecond }).Power(ctx, id, berth.PowerStop), berth.Done)
	figures := func(cores, mib, gb int64) berth.ServerSpec {
		s := spec("box")
		s.Cores, s.RAM, s.Disk, s.PlanID = cores, mib<<20, gb, "7"
		return s
	}
	check := func(what string, cores, mib, gb int64) {
		t.Helper()
		m := n.machines(t)["10"]
		if m.Cores != cores || m.RAM != mib<<20 || m.Disk != gb || m.Running {
			t.Errorf("%s: got %d cores, %d bytes, %d GB, running %t; want %d, %d MiB, %d, stopped", what, m.Cores, m.RAM, m.Disk, m.Running, cores, mib, gb)
		}
	}
	is(t, "up", n.Resize(ctx, ref("30"), id, figures(4, 512, 3)), berth.Done)
	check("up", 4, 512, 3)
	is(t, "up again", n.Resize(ctx, ref("30"), id, figures(4, 512, 3)), berth.Done)
	is(t, "an older order's call", n.Resize(ctx, ref("20"), id, figures(8, 1024, 9)), berth.Done)
	check("an older order's call", 4, 512, 3)
	is(t, "a smaller disk", n.Resize(ctx, ref("40"), id, figures(1, 128, 2)), berth.Refused)
	check("a smaller disk", 4, 512, 3)
	is(t, "down", n.Resize(ctx, ref("50"), id, figures(2, 256, 3)), berth.Done)
	check("down", 2, 256, 3)
	if m := n.machines(t)["10"]; m.PlanID != "7" || m.Order != "10" {
		t.Errorf("got plan %s and order %s, want 7 and 10", m.PlanID, m.Order)
	}
	is(t, "delete", n.Delete(ctx, id), berth.Done)
	n.empty(t)
}

func testSuspend(t *testing.T, n node) {
	ctx := t.Context()
	d := n.with(t, func(o *libvirt.Options) { o.Grace = time.Millisecond })
	out := d.Create(ctx, ref("a"), spec("box"))
	is(t, "create", out, berth.Done)
	id := out.ProviderRef
	check := func(what string, running, suspended bool) {
		t.Helper()
		if m := n.machines(t)["a"]; m.Running != running || m.Suspended != suspended {
			t.Errorf("%s: got running %t and suspended %t, want %t and %t", what, m.Running, m.Suspended, running, suspended)
		}
	}
	is(t, "resume what isn't suspended", d.Resume(ctx, id), berth.Done)
	check("resume what isn't suspended", true, false)
	is(t, "suspend", d.Suspend(ctx, id), berth.Done)
	is(t, "suspend again", d.Suspend(ctx, id), berth.Done)
	check("suspend", false, true)
	is(t, "start", d.Power(ctx, id, berth.PowerStart), berth.Refused)
	is(t, "restart", d.Power(ctx, id, berth.PowerRestart), berth.Refused)
	is(t, "stop", d.Power(ctx, id, berth.PowerStop), berth.Done)
	is(t, "reinstall", d.Reinstall(ctx, id, spec("box")), berth.Refused)
	is(t, "find", d.Find(ctx, ref("a")), berth.Done)
	check("all that its owner may try", false, true)
	usage, used := d.Usage(ctx, id)
	is(t, "usage", used, berth.Done)
	if len(usage.CPU) != 0 {
		t.Errorf("got usage %+v of a server that doesn't run", usage)
	}
	is(t, "resume", d.Resume(ctx, id), berth.Done)
	check("resume", true, false)
	is(t, "restart", d.Power(ctx, id, berth.PowerRestart), berth.Done)
	check("restart", true, false)
	is(t, "delete", d.Delete(ctx, id), berth.Done)
	n.empty(t)
}

// testOthers has a second installation on the same node, and a domain of nobody's.
func testOthers(t *testing.T, n node) {
	ctx := t.Context()
	copied := n.with(t, func(o *libvirt.Options) { o.Installation = "staging" })
	mine := n.Create(ctx, ref("a"), spec("box"))
	is(t, "create", mine, berth.Done)
	is(t, "find by another installation", copied.Find(ctx, ref("a")), berth.Absent)
	is(t, "reinstall by another installation", copied.Reinstall(ctx, mine.ProviderRef, spec("box")), berth.Refused)
	m, out := copied.Inspect(ctx, mine.ProviderRef)
	is(t, "inspect by another installation", out, berth.Done)
	if m.Installation != "lab" {
		t.Errorf("got installation %q, want lab", m.Installation)
	}
	broken := errors.New("stop here")
	if err := n.Machines(ctx, func(berth.Machine) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of each", err)
	}
	short, cancel := context.WithCancel(ctx)
	cancel()
	is(t, "a call that was given up", n.Delete(short, mine.ProviderRef), berth.Unresolved)
	is(t, "find after it", n.Find(ctx, ref("a")), berth.Done)
	is(t, "delete", n.Delete(ctx, mine.ProviderRef), berth.Done)
	n.empty(t)
}
