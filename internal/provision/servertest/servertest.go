// Package servertest is what every driver of servers must pass: the promises of berth.ServerDriver and of the
// abilities beside it.
package servertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// Subject is a driver under test, with a world of its own that is empty.
type Subject struct {
	Driver berth.ServerDriver
	Spec   berth.ServerSpec // of a server that can be made
	Larger berth.ServerSpec // of the plan that it can be moved to

	// What the world does to the next create of the spec that is returned. nil where it can't be brought about.
	Refused func(berth.ServerSpec) berth.ServerSpec // it is refused for certain
	Lost    func(berth.ServerSpec) berth.ServerSpec // it is made, and its answer lost
	Late    func(berth.ServerSpec) berth.ServerSpec // it is made when its caller has left

	Machines func() int              // how many there are for real
	Elapse   func(until int64)       // time passes up to this instant
	Settle   func()                  // waits until the world has ended what it was asked for; nil for at once
	Now      func() int64            // microseconds UTC
	Missing  string                  // an id that the provider never gave
	Running  func(ref string) bool   // the machine runs, for real
	Plan     func(ref string) string // the machine's plan (external id), for real
}

// orders sort by their age, as every order's id does.
const (
	first  = "0192aaaa-0000-7000-8000-00000000000a"
	second = "0192aaaa-0000-7000-8000-00000000000b"
	third  = "0192aaaa-0000-7000-8000-00000000000c"
)

// Run runs the suite. open opens a new subject, whose world is empty.
func Run(t *testing.T, open func(t *testing.T) *Subject) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *Subject)
	}{
		{"a create repeated with one ref", repeated}, {"find", find}, {"refused", refused}, {"a lost answer", lost},
		{"cancelled", cancelled}, {"late", late}, {"creates at the same time", concurrent}, {"describe", describe},
		{"resize", resize}, {"an old resize", oldResize}, {"delete", remove}, {"power", power}, {"suspend", suspend},
		{"reinstall", reinstall}, {"password", password}, {"rename", rename}, {"console", console}, {"usage", usage},
		{"inspect", inspect},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// fulfil makes attempts as the desk does, from the given one on, until the order is settled: an attempt in which nothing
// was sent leaves the next where it was, and each knows since when the earlier ones have been over.
func (s *Subject) fulfil(t *testing.T, order string, attempt int64, spec berth.ServerSpec) berth.Outcome {
	t.Helper()
	var out berth.Outcome
	quiet := s.Now()
	for range 30 {
		ref := berth.Ref{Order: order, Attempt: attempt}
		if attempt > 1 {
			ref.Quiet = quiet
		}
		out = berth.Outcome{Verdict: berth.Absent}
		if attempt > 1 {
			out = s.Driver.Find(within(t), ref)
		}
		if out.Verdict == berth.Absent {
			if out = s.Driver.Create(within(t), ref, spec); !out.Idle {
				quiet = s.Now()
			}
		}
		if attempt > 1 || !out.Idle {
			attempt++
		}
		if out.Verdict == berth.Done || out.Verdict == berth.Refused {
			return out
		}
		if s.Settle != nil {
			s.Settle()
		}
		s.Elapse(max(out.Until, s.Now()+berth.Second))
	}
	t.Fatalf("order %s: got %s (%v) after all attempts", order, out.Verdict, out.Reason)
	return out
}

func (s *Subject) make(t *testing.T, order string) berth.Outcome {
	t.Helper()
	out := s.fulfil(t, order, 1, s.Spec)
	if out.Verdict != berth.Done || out.ProviderRef == "" {
		t.Fatalf("create: got %s %q (%v)", out.Verdict, out.ProviderRef, out.Reason)
	}
	return out
}

// repeat calls until it's done, for the calls that answer Waiting while the provider is at work.
func (s *Subject) repeat(t *testing.T, what string, call func(context.Context) berth.Outcome) berth.Outcome {
	t.Helper()
	var out berth.Outcome
	for range 20 {
		if out = call(within(t)); out.Verdict != berth.Waiting {
			break
		}
		s.Elapse(max(out.Until, s.Now()+berth.Second))
	}
	if out.Verdict != berth.Done {
		t.Fatalf("%s: got %s (%v), want done", what, out.Verdict, out.Reason)
	}
	return out
}

func (s *Subject) wantMachines(t *testing.T, want int) {
	t.Helper()
	if got := s.Machines(); got != want {
		t.Errorf("got %d machines, want %d", got, want)
	}
}

func repeated(t *testing.T, s *Subject) {
	made := s.make(t, first)
	for attempt := int64(2); attempt < 5; attempt++ {
		again := s.Driver.Create(within(t), berth.Ref{Order: first, Attempt: attempt}, s.Spec)
		if again.Verdict != berth.Done || again.Result != made.Result {
			t.Errorf("attempt %d: got %s %+v, want %+v", attempt, again.Verdict, again.Result, made.Result)
		}
	}
	s.wantMachines(t, 1)
}

func find(t *testing.T, s *Subject) {
	if out := s.Driver.Find(within(t), berth.Ref{Order: first, Attempt: 1}); out.Verdict != berth.Absent {
		t.Errorf("before: got %s (%v), want absent", out.Verdict, out.Reason)
	}
	made := s.make(t, first)
	other := s.make(t, second)
	if other.ProviderRef == made.ProviderRef {
		t.Errorf("two orders got the machine %q", made.ProviderRef)
	}
	if out := s.Driver.Find(within(t), berth.Ref{Order: first, Attempt: 2}); out.Verdict != berth.Done || out.Result != made.Result {
		t.Errorf("got %s %+v (%v), want %+v", out.Verdict, out.Result, out.Reason, made.Result)
	}
}

func refused(t *testing.T, s *Subject) {
	if s.Refused == nil {
		t.Skip("can't be brought about")
	}
	out := s.Driver.Create(within(t), berth.Ref{Order: first, Attempt: 1}, s.Refused(s.Spec))
	if out.Verdict != berth.Refused || out.Reason == nil {
		t.Errorf("got %s (%v), want refused with its reason", out.Verdict, out.Reason)
	}
	if out := s.Driver.Find(within(t), berth.Ref{Order: first, Attempt: 2}); out.Verdict == berth.Done {
		t.Errorf("find: got %s", out.Verdict)
	}
	s.wantMachines(t, 0)
}

func lost(t *testing.T, s *Subject) {
	if s.Lost == nil {
		t.Skip("can't be brought about")
	}
	spec := s.Lost(s.Spec)
	if out := s.Driver.Create(within(t), berth.Ref{Order: first, Attempt: 1}, spec); out.Verdict != berth.Unresolved {
		t.Errorf("got %s (%v), want unresolved", out.Verdict, out.Reason)
	}
	if out := s.fulfil(t, first, 2, spec); out.Verdict != berth.Done {
		t.Errorf("then: got %s (%v)", out.Verdict, out.Reason)
	}
	s.wantMachines(t, 1)
}

func cancelled(t *testing.T, s *Subject) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if out := s.Driver.Create(ctx, berth.Ref{Order: first, Attempt: 1}, s.Spec); out.Verdict != berth.Unresolved && out.Verdict != berth.Waiting {
		t.Errorf("got %s (%v), want no certain answer", out.Verdict, out.Reason)
	}
	if out := s.Driver.Find(ctx, berth.Ref{Order: first, Attempt: 2}); out.Verdict != berth.Unresolved && out.Verdict != berth.Waiting {
		t.Errorf("find: got %s (%v), want no certain answer", out.Verdict, out.Reason)
	}
	if out := s.fulfil(t, first, 3, s.Spec); out.Verdict != berth.Done {
		t.Errorf("then: got %s (%v)", out.Verdict, out.Reason)
	}
	s.wantMachines(t, 1)
}

func late(t *testing.T, s *Subject) {
	if s.Late == nil {
		t.Skip("can't be brought about")
	}
	spec := s.Late(s.Spec)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	out := s.Driver.Create(ctx, berth.Ref{Order: first, Attempt: 1}, spec)
	if out.Verdict != berth.Unresolved && out.Verdict != berth.Waiting {
		t.Errorf("got %s (%v), want no certain answer", out.Verdict, out.Reason)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it returned %s after its context had ended", took)
	}
	if s.Settle != nil {
		s.Settle()
	}
	if out := s.fulfil(t, first, 2, spec); out.Verdict != berth.Done {
		t.Errorf("then: got %s (%v)", out.Verdict, out.Reason)
	}
	s.wantMachines(t, 1)
}

func concurrent(t *testing.T, s *Subject) {
	const orders = 8
	var running sync.WaitGroup
	outs := make([]berth.Outcome, orders)
	for i := range outs {
		running.Go(func() {
			outs[i] = s.Driver.Create(within(t), berth.Ref{Order: fmt.Sprintf("0192aaaa-0000-7000-8000-0000000000%02d", i), Attempt: 1}, s.Spec)
		})
	}
	running.Wait()
	seen := map[string]bool{}
	for i, out := range outs {
		if out.Verdict != berth.Done || seen[out.ProviderRef] {
			t.Errorf("order %d: got %s %q (%v)", i, out.Verdict, out.ProviderRef, out.Reason)
		}
		seen[out.ProviderRef] = true
	}
	s.wantMachines(t, orders)
}

func describe(t *testing.T, s *Subject) {
	made := s.make(t, first)
	if out := s.Driver.Describe(within(t), made.ProviderRef); out.Verdict != berth.Done || out.Result != made.Result {
		t.Errorf("got %s %+v, want %+v", out.Verdict, out.Result, made.Result)
	}
	for _, ref := range []string{s.Missing, "", "../" + made.ProviderRef, made.ProviderRef + "?x=1", "no such machine"} {
		if out := s.Driver.Describe(within(t), ref); out.Verdict != berth.Absent {
			t.Errorf("%q: got %s (%v), want absent", ref, out.Verdict, out.Reason)
		}
	}
}
