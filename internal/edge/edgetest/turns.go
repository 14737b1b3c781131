package edgetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// Two processes drive the edge. One has read what is desired, and then another session is sold, which the other process is told
// to apply. Whichever ends last, the edge carries both.
func readInTurn(t *testing.T, s *Subject) {
	one, sold := s.Session(0), s.Session(1)
	var mu sync.Mutex
	desired := []berth.EdgeSession{one}
	read := func() berth.EdgeConfig {
		mu.Lock()
		defer mu.Unlock()
		return berth.EdgeConfig{Owner: Owner, Sessions: slices.Clone(desired)}
	}
	over := make(chan berth.EdgeOutcome, 1)
	out := s.Edge.Apply(within(t), func(context.Context) (berth.EdgeConfig, error) {
		old := read()
		mu.Lock()
		desired = append(desired, sold)
		mu.Unlock()
		go func() {
			over <- s.Other().Apply(within(t), func(context.Context) (berth.EdgeConfig, error) { return read(), nil })
		}()
		// One that doesn't wait for its turn is over by then. Nothing else depends on how long this is.
		enough := time.NewTimer(500 * time.Millisecond)
		defer enough.Stop()
		select {
		case o := <-over:
			over <- o
		case <-enough.C:
		}
		return old, nil
	})
	if other := <-over; out.Verdict != berth.Done || other.Verdict != berth.Done {
		t.Fatalf("got %s (%v) and %s (%v), want both done", out.Verdict, out.Reason, other.Verdict, other.Reason)
	}
	if len(s.links(t, one)) == 0 || len(s.links(t, sold)) == 0 {
		t.Errorf("got %d and %d sessions of the two: what was read earlier is applied later", len(s.links(t, one)), len(s.links(t, sold)))
	}
}

// What can't be read, and what isn't read in time, leaves the edge as it is, and in nobody's hands.
func nothingRead(t *testing.T, s *Subject) {
	one := s.started(t, 0)
	before := s.links(t, one)
	broken := errors.New("no database")
	out := s.Edge.Apply(within(t), func(context.Context) (berth.EdgeConfig, error) { return berth.EdgeConfig{}, broken })
	if out.Verdict != berth.Unresolved || !errors.Is(out.Reason, broken) || out.Changed {
		t.Errorf("a reading that fails: got %+v, want unresolved", out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	out = s.Edge.Apply(ctx, func(ctx context.Context) (berth.EdgeConfig, error) {
		<-ctx.Done()
		return berth.EdgeConfig{}, ctx.Err()
	})
	if out.Verdict != berth.Unresolved || !errors.Is(out.Reason, context.DeadlineExceeded) || out.Changed {
		t.Errorf("a reading that takes too long: got %+v, want unresolved", out)
	}
	// Whoever waits for the turn of one that takes long waits no longer than his own ctx.
	reading, end := make(chan struct{}), make(chan struct{})
	var slow sync.WaitGroup
	slow.Go(func() {
		s.Edge.Apply(within(t), func(context.Context) (berth.EdgeConfig, error) {
			close(reading)
			<-end
			return berth.EdgeConfig{}, broken
		})
	})
	<-reading
	for _, e := range []berth.Edge{s.Edge, s.Other()} {
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if out := e.Apply(short, Carrying()); out.Verdict != berth.Unresolved {
			t.Errorf("while another reads: got %+v, want unresolved", out)
		}
		cancel()
	}
	if _, err := s.Edge.State(within(t)); err != nil {
		t.Errorf("the state while another reads: got %v", err)
	}
	close(end)
	slow.Wait()
	if after := s.links(t, one); !slices.Equal(after, before) {
		t.Errorf("got %+v, want %+v still", after, before)
	}
	if out := s.apply(t, one); out.Changed {
		t.Error("the same again: got a change")
	}
}

// What another database, or another provider, has at the edge stays there.
func anotherOwner(t *testing.T, s *Subject) {
	const stranger = "other/edge"
	apply := func(owner string, sessions ...berth.EdgeSession) berth.EdgeOutcome {
		return s.Other().Apply(within(t), func(context.Context) (berth.EdgeConfig, error) {
			return berth.EdgeConfig{Owner: owner, Sessions: sessions}, nil
		})
	}
	one, theirs := s.started(t, 0), s.Session(1)
	before := s.links(t, one)
	for _, sessions := range [][]berth.EdgeSession{{theirs}, {one}, {}} {
		for _, owner := range []string{stranger, ""} {
			if out := apply(owner, sessions...); out.Verdict != berth.Refused || out.Reason == nil || out.Changed {
				t.Errorf("%d sessions of %q: got %+v, want it refused", len(sessions), owner, out)
			}
		}
	}
	if clear, able := s.Edge.(berth.TripClearer); able {
		if out := clear.ClearTrip(within(t), stranger, one.ServiceID); out.Verdict != berth.Refused || out.Reason == nil || out.Changed {
			t.Errorf("clear: got %+v, want it refused", out)
		}
	}
	if after := s.links(t, one); !slices.Equal(after, before) {
		t.Errorf("got %+v, want %+v still", after, before)
	}
	owned := func(want string) {
		t.Helper()
		if state, err := s.Edge.State(within(t)); err != nil || state.Owner != want {
			t.Errorf("got the owner %q, %v, want %q", state.Owner, err, want)
		}
	}
	owned(Owner)
	if out := s.apply(t, one); out.Changed {
		t.Error("its own again: got a change")
	}
	// Without sessions it is anybody's.
	s.apply(t)
	owned("")
	if out := apply(stranger, theirs); out.Verdict != berth.Done {
		t.Errorf("an edge without sessions: got %s (%v), want done", out.Verdict, out.Reason)
	}
	owned(stranger)
	if out := s.Edge.Apply(within(t), Carrying(one)); out.Verdict != berth.Refused {
		t.Errorf("its new owner's: got %s, want refused", out.Verdict)
	}
}
