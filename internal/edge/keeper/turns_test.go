package keeper_test

import (
	"context"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/keeper"
	"github.com/berth-host/berth/internal/edge/sim"
)

// crowded is an edge at which others have their turn first.
type crowded struct {
	*sim.Edge
	first func()
}

func (c crowded) Apply(ctx context.Context, desired func(context.Context) (berth.EdgeConfig, error)) berth.EdgeOutcome {
	c.first()
	return c.Edge.Apply(ctx, desired)
}

// What is sold while a round waits for its turn at the edge is carried by that round: its rows are read then, and not before.
func TestRowsAreReadInTurn(t *testing.T) {
	r := &rows{}
	r.all.Services = []berth.Service{service(1)}
	now := func() int64 { return time.Now().UnixMicro() }
	edge := sim.New(sim.Options{Now: now})
	k := keeper.New(keeper.Options{
		Edge: crowded{edge, func() {
			r.change(func(e *berth.EdgeRows) { e.Services = []berth.Service{service(1), service(2)} })
		}},
		Site: berth.EdgeSite{Provider: "edge", ASN: 64500}, Owner: "installation/edge", Rows: r.read, Now: now,
		Open: func(string, string) (string, error) { return "Kx7", nil },
	})
	if out := k.Refresh(t.Context()); out.Verdict != berth.Done {
		t.Fatalf("got %+v, want done", out)
	}
	state, err := edge.State(t.Context())
	if err != nil || len(state.Links) != 2 || k.Rounds() != 1 {
		t.Errorf("got %+v, %v after %d rounds, want both sessions after one", state, err, k.Rounds())
	}
	if state.Owner != "installation/edge" {
		t.Errorf("got the owner %q, want the keeper's", state.Owner)
	}
	// The edge is another's, by whatever mistake: orders wait, and nothing is shut.
	other := keeper.New(keeper.Options{Edge: edge, Site: berth.EdgeSite{Provider: "edge", ASN: 64500}, Owner: "another/edge", Now: now,
		Rows: func(context.Context, string) (berth.EdgeRows, error) { return berth.EdgeRows{}, nil }})
	if out := other.Activate(t.Context(), berth.Ref{Order: id(3), Attempt: 1}, berth.NetworkSpec{ServiceID: id(3)}); out.Verdict != berth.Waiting || out.Reason == nil {
		t.Errorf("another's edge: got %+v, want it waiting", out)
	}
	if out := other.ClearTrip(t.Context(), id(1)); out.Verdict != berth.Refused {
		t.Errorf("a trip at another's edge: got %+v, want refused", out)
	}
	if state, err := edge.State(t.Context()); err != nil || len(state.Links) != 2 {
		t.Errorf("got %+v, %v, want both sessions still", state, err)
	}
}

// slow is an edge that answers a look when it's told to.
type slow struct {
	*sim.Edge
	asked  chan struct{} // gets one for each look
	answer chan struct{} // gives one for each
}

func (s slow) State(ctx context.Context) (berth.EdgeState, error) {
	s.asked <- struct{}{}
	select {
	case <-s.answer:
		return s.Edge.State(ctx)
	case <-ctx.Done():
		return berth.EdgeState{Stale: true}, ctx.Err()
	}
}

// Who asks for the state while the edge is silent waits no longer than he wants to, whether he looks himself or another does.
func TestStateWithinItsTime(t *testing.T) {
	now := func() int64 { return time.Now().UnixMicro() }
	r := &rows{}
	r.all.Services = []berth.Service{service(1)}
	edge := slow{sim.New(sim.Options{Now: now, Eager: true}), make(chan struct{}, 9), make(chan struct{})}
	k := keeper.New(keeper.Options{Edge: edge, Site: berth.EdgeSite{Provider: "edge", ASN: 64500}, Rows: r.read, Now: now,
		Open: func(string, string) (string, error) { return "Kx7", nil }})
	k.Refresh(t.Context())
	impatient := func() berth.EdgeState {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		told := make(chan berth.EdgeState, 1)
		go func() { told <- k.State(ctx) }()
		late := time.NewTimer(3 * time.Second)
		defer late.Stop()
		select {
		case state := <-told:
			return state
		case <-late.C:
			t.Fatal("no answer within 3 s, although its caller waits 20 ms")
		}
		return berth.EdgeState{}
	}
	ask := func() chan berth.EdgeState {
		told := make(chan berth.EdgeState, 1)
		go func() { told <- k.State(t.Context()) }()
		return told
	}
	if state := impatient(); !state.Stale || state.SeenAt != 0 {
		t.Errorf("nothing is known yet: got %+v", state)
	}
	<-edge.asked
	patient := ask()
	if state := impatient(); !state.Stale {
		t.Errorf("another looks: got %+v, want it stale", state)
	}
	edge.answer <- struct{}{}
	if state := <-patient; state.Stale || len(state.Links) != 1 || state.Links[0].Phase != berth.EdgeEstablished {
		t.Errorf("got %+v, want the session up", state)
	}
	if len(edge.asked) != 0 {
		t.Errorf("got %d more looks, want one for all", len(edge.asked))
	}
	// A trip was cleared: what is seen after it counts, and not what a look sees that began before.
	k.ClearTrip(t.Context(), id(1))
	early := ask()
	<-edge.asked
	k.ClearTrip(t.Context(), id(1))
	late := ask()
	<-edge.asked
	if state := impatient(); !state.Stale || len(state.Links) != 1 || state.Links[0].Phase != berth.EdgeUnknown {
		t.Errorf("got %+v, want what was known last, and unknown", state)
	}
	edge.answer <- struct{}{}
	edge.answer <- struct{}{}
	for _, told := range []chan berth.EdgeState{early, late} {
		if state := <-told; state.Stale {
			t.Errorf("got %+v, want it fresh", state)
		}
	}
}
