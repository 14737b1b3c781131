package servertest

import (
	"context"
	"testing"

	"github.com/berth-host/berth"
)

func resize(t *testing.T, s *Subject) {
	made := s.make(t, first)
	for attempt := int64(1); attempt < 4; attempt++ {
		out := s.repeat(t, "resize", func(ctx context.Context) berth.Outcome {
			return s.Driver.Resize(ctx, berth.Ref{Order: second, Attempt: attempt}, made.ProviderRef, s.Larger)
		})
		if out.ProviderRef != made.ProviderRef || s.Plan(made.ProviderRef) != s.Larger.PlanID {
			t.Errorf("attempt %d: got %q on plan %s, want %s", attempt, out.ProviderRef, s.Plan(made.ProviderRef), s.Larger.PlanID)
		}
	}
	if out := s.Driver.Resize(within(t), berth.Ref{Order: second, Attempt: 1}, s.Missing, s.Larger); out.Verdict != berth.Refused {
		t.Errorf("a machine that isn't there: got %s (%v), want refused", out.Verdict, out.Reason)
	}
	// The order still finds its machine.
	if out := s.Driver.Find(within(t), berth.Ref{Order: first, Attempt: 2}); out.Verdict != berth.Done || out.ProviderRef != made.ProviderRef {
		t.Errorf("find: got %s %q (%v)", out.Verdict, out.ProviderRef, out.Reason)
	}
	s.wantMachines(t, 1)
}

// A call of an order that arrives after a later order's changes nothing.
func oldResize(t *testing.T, s *Subject) {
	made := s.make(t, first)
	for _, change := range []struct {
		order string
		spec  berth.ServerSpec
	}{{third, s.Larger}} {
		s.repeat(t, "resize", func(ctx context.Context) berth.Outcome {
			return s.Driver.Resize(ctx, berth.Ref{Order: change.order, Attempt: 1}, made.ProviderRef, change.spec)
		})
	}
	small := s.Spec
	small.Disk = s.Larger.Disk
	out := s.Driver.Resize(within(t), berth.Ref{Order: second, Attempt: 1}, made.ProviderRef, small)
	if plan := s.Plan(made.ProviderRef); plan != s.Larger.PlanID || out.Verdict == berth.Refused {
		t.Errorf("got %s and plan %s, want the later order's %s", out.Verdict, plan, s.Larger.PlanID)
	}
}

// able skips a test of what the driver can't do.
func able[T any](t *testing.T, s *Subject) T {
	a, ok := s.Driver.(T)
	if !ok {
		t.Skip("not able to")
	}
	return a
}

func remove(t *testing.T, s *Subject) {
	d := able[berth.Deleter](t, s)
	made, other := s.make(t, first), s.make(t, second)
	for range 2 {
		s.repeat(t, "delete", func(ctx context.Context) berth.Outcome { return d.Delete(ctx, made.ProviderRef) })
		s.wantMachines(t, 1)
	}
	if out := s.Driver.Describe(within(t), made.ProviderRef); out.Verdict != berth.Absent {
		t.Errorf("the deleted one: got %s, want absent", out.Verdict)
	}
	if out := s.Driver.Describe(within(t), other.ProviderRef); out.Verdict != berth.Done {
		t.Errorf("the other one: got %s (%v)", out.Verdict, out.Reason)
	}
}

func power(t *testing.T, s *Subject) {
	d := able[berth.Powerer](t, s)
	made := s.make(t, first)
	for _, step := range []struct {
		action  berth.PowerAction
		running bool
	}{{berth.PowerStart, true}, {berth.PowerStop, false}, {berth.PowerStop, false}, {berth.PowerStart, true}, {berth.PowerStart, true},
		{berth.PowerRestart, true}} {
		out := s.repeat(t, string(step.action), func(ctx context.Context) berth.Outcome { return d.Power(ctx, made.ProviderRef, step.action) })
		if out.ProviderRef != made.ProviderRef || s.Running(made.ProviderRef) != step.running {
			t.Errorf("%s: got running %v, want %v", step.action, s.Running(made.ProviderRef), step.running)
		}
	}
	if out := d.Power(within(t), made.ProviderRef, "explode"); out.Verdict != berth.Refused {
		t.Errorf("no action: got %s, want refused", out.Verdict)
	}
	if out := d.Power(within(t), s.Missing, berth.PowerStart); out.Verdict != berth.Refused {
		t.Errorf("no machine: got %s, want refused", out.Verdict)
	}
}

func suspend(t *testing.T, s *Subject) {
	d := able[berth.Suspender](t, s)
	made := s.make(t, first)
	for range 2 {
		s.repeat(t, "suspend", func(ctx context.Context) berth.Outcome { return d.Suspend(ctx, made.ProviderRef) })
		if s.Running(made.ProviderRef) {
			t.Error("it runs while it is suspended")
		}
	}
	if p, ok := s.Driver.(berth.Powerer); ok {
		if out := p.Power(within(t), made.ProviderRef, berth.PowerStart); out.Verdict == berth.Done && s.Running(made.ProviderRef) {
			t.Error("its owner could start it while it was suspended")
		}
	}
	for range 2 {
		s.repeat(t, "resume", func(ctx context.Context) berth.Outcome { return d.Resume(ctx, made.ProviderRef) })
		if !s.Running(made.ProviderRef) {
			t.Error("it doesn't run after it was resumed")
		}
	}
}

func reinstall(t *testing.T, s *Subject) {
	d := able[berth.Reinstaller](t, s)
	made := s.make(t, first)
	spec := s.Spec
	spec.Password = "another-passw0rd"
	out := s.repeat(t, "reinstall", func(ctx context.Context) berth.Outcome { return d.Reinstall(ctx, made.ProviderRef, spec) })
	if out.ProviderRef != made.ProviderRef || !s.Running(made.ProviderRef) {
		t.Errorf("got %q, running %v", out.ProviderRef, s.Running(made.ProviderRef))
	}
	if out := d.Reinstall(within(t), s.Missing, spec); out.Verdict != berth.Refused {
		t.Errorf("no machine: got %s, want refused", out.Verdict)
	}
}

func password(t *testing.T, s *Subject) {
	d := able[berth.PasswordResetter](t, s)
	made := s.make(t, first)
	s.repeat(t, "reset the password", func(ctx context.Context) berth.Outcome {
		_, out := d.ResetPassword(ctx, made.ProviderRef, "proposed-passw0rd")
		return out
	})
	if given, out := d.ResetPassword(within(t), s.Missing, "proposed-passw0rd"); out.Verdict != berth.Refused || given != "" {
		t.Errorf("no machine: got %s and %q, want refused", out.Verdict, given)
	}
}

func rename(t *testing.T, s *Subject) {
	d := able[berth.Renamer](t, s)
	made := s.make(t, first)
	for range 2 {
		s.repeat(t, "rename", func(ctx context.Context) berth.Outcome { return d.Rename(ctx, made.ProviderRef, "another-name") })
	}
	if i, ok := s.Driver.(berth.Inspector); ok {
		if m, out := i.Inspect(within(t), made.ProviderRef); out.Verdict != berth.Done || m.Name != "another-name" {
			t.Errorf("got %s, the name %q", out.Verdict, m.Name)
		}
	}
	if out := d.Rename(within(t), s.Missing, "another-name"); out.Verdict != berth.Refused {
		t.Errorf("no machine: got %s, want refused", out.Verdict)
	}
}

func console(t *testing.T, s *Subject) {
	d := able[berth.Console](t, s)
	made := s.make(t, first)
	if url, password, out := d.OpenConsole(within(t), made.ProviderRef); out.Verdict != berth.Done || url == "" || password == "" {
		t.Errorf("got %s (%v), the address %q", out.Verdict, out.Reason, url)
	}
	if url, _, out := d.OpenConsole(within(t), s.Missing); out.Verdict != berth.Refused || url != "" {
		t.Errorf("no machine: got %s, want refused", out.Verdict)
	}
}

func usage(t *testing.T, s *Subject) {
	d := able[berth.Meter](t, s)
	made := s.make(t, first)
	u, out := d.Usage(within(t), made.ProviderRef)
	if out.Verdict != berth.Done || len(u.CPU) == 0 {
		t.Fatalf("got %s (%v) and %d points", out.Verdict, out.Reason, len(u.CPU))
	}
	for _, series := range [][]berth.Sample{u.CPU, u.Memory, u.Disk, u.Network} {
		for i, point := range series {
			if point.At <= 0 || point.In < 0 || point.Out < 0 || i > 0 && point.At <= series[i-1].At {
				t.Errorf("got %+v after %+v, want later points", point, series[max(0, i-1)])
			}
		}
	}
	if _, out := d.Usage(within(t), s.Missing); out.Verdict != berth.Refused {
		t.Errorf("no machine: got %s, want refused", out.Verdict)
	}
}

func inspect(t *testing.T, s *Subject) {
	d := able[berth.Inspector](t, s)
	made, other := s.make(t, first), s.make(t, second)
	m, out := d.Inspect(within(t), made.ProviderRef)
	if out.Verdict != berth.Done || m.Result != made.Result || m.Order != first || m.Installation == "" || !m.Running || m.Suspended || m.Busy {
		t.Errorf("got %s (%v), %+v", out.Verdict, out.Reason, m)
	}
	if m.Cores != s.Spec.Cores || m.RAM != s.Spec.RAM || m.Disk != s.Spec.Disk || m.PlanID != "" && m.PlanID != s.Spec.PlanID || m.CreatedAt <= 0 {
		t.Errorf("got the figures %+v, want %+v", m, s.Spec)
	}
	if _, out := d.Inspect(within(t), s.Missing); out.Verdict != berth.Absent {
		t.Errorf("no machine: got %s, want absent", out.Verdict)
	}
	seen := map[string]berth.Machine{}
	err := d.Machines(within(t), func(m berth.Machine) error {
		if _, twice := seen[m.ProviderRef]; twice {
			t.Errorf("%s was handed out twice", m.ProviderRef)
		}
		seen[m.ProviderRef] = m
		return nil
	})
	if err != nil || len(seen) != 2 || seen[made.ProviderRef] != m || seen[other.ProviderRef].Order != second {
		t.Errorf("all machines: got %v and %+v", err, seen)
	}
	stop := context.Canceled
	if err := d.Machines(within(t), func(berth.Machine) error { return stop }); err != stop {
		t.Errorf("an error of each: got %v, want it", err)
	}
}
