package keeper

import (
	"context"
	"errors"
	"time"

	"github.com/berth-host/berth"
)

// lookEvery is how long a state that was read is told again: many who look at once are one look at the edge.
const lookEvery = 2 * time.Second

// lookTime is how long a look at the edge may take.
const lookTime = 5 * time.Second

// Activate has the edge carry an order's session. The order is in the database already, so there's nothing to hand over.
func (k *Keeper) Activate(ctx context.Context, ref berth.Ref, spec berth.NetworkSpec) berth.Outcome {
	return k.outcome(ctx, spec.ServiceID, ref.Attempt)
}

// Find says that there is nothing to find out: what an earlier attempt did is what the next round does, or undoes.
func (k *Keeper) Find(context.Context, berth.Ref) berth.Outcome {
	return berth.Outcome{Verdict: berth.Absent}
}

// Describe tells whether a service is carried.
func (k *Keeper) Describe(ctx context.Context, providerRef string) berth.Outcome {
	out := k.outcome(ctx, providerRef, 1)
	if out.Verdict == berth.Done && out.Address == "" {
		return berth.Outcome{Verdict: berth.Absent}
	}
	return out
}

// Suspend has the edge shut a session: the task on the service's row says so.
func (k *Keeper) Suspend(ctx context.Context, providerRef string) berth.Outcome {
	return k.task(ctx, providerRef)
}

// Resume has the edge let a session come up again.
func (k *Keeper) Resume(ctx context.Context, providerRef string) berth.Outcome {
	return k.task(ctx, providerRef)
}

// Delete has the edge forget a session.
func (k *Keeper) Delete(ctx context.Context, providerRef string) berth.Outcome {
	return k.task(ctx, providerRef)
}

// task has a round. What the edge refuses to carry isn't up either, which is what these tasks want; a resumption that it
// refuses shows in the log, and in the session's state.
func (k *Keeper) task(ctx context.Context, serviceID string) berth.Outcome {
	out := k.outcome(ctx, serviceID, 1)
	if out.Verdict == berth.Refused {
		return berth.Outcome{Verdict: berth.Done}
	}
	return out
}

// Refresh has a round.
func (k *Keeper) Refresh(ctx context.Context) berth.Outcome { return k.outcome(ctx, "", 1) }

// Session is a service's session. See berth.Sessions.
func (k *Keeper) Session(s berth.Service) (berth.EdgeSession, bool, error) {
	return k.o.Site.Session(s, k.o.Open)
}

// ClearTrip lets a session come up again. See berth.Sessions.
func (k *Keeper) ClearTrip(ctx context.Context, serviceID string) berth.Outcome {
	edge, able := k.o.Edge.(berth.TripClearer)
	if !able {
		return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("this edge remembers no trips")}
	}
	out := edge.ClearTrip(ctx, k.o.Owner, serviceID)
	k.mu.Lock()
	k.looking, k.looked = nil, time.Time{} // whoever asks next wants to see it, and not what a look saw that began before
	k.mu.Unlock()
	return berth.Outcome{Verdict: out.Verdict, Reason: out.Reason}
}

// State is what the edge was seen to do. See berth.Sessions. Whoever's ctx ends before the edge answers is told what was known
// last, with every phase unknown.
func (k *Keeper) State(ctx context.Context) berth.EdgeState {
	k.mu.Lock()
	if k.looking == nil && time.Since(k.looked) <= lookEvery {
		defer k.mu.Unlock()
		return k.state
	}
	l := k.looking
	if l == nil {
		l = &look{done: make(chan struct{})}
		k.looking = l
		go k.look(context.WithoutCancel(ctx), l)
	}
	known := k.state
	k.mu.Unlock()
	select {
	case <-l.done:
		return l.state
	case <-ctx.Done():
		return known.Unknown()
	}
}

// look is one look at the edge, for all who ask meanwhile; done is closed when the state is known.
type look struct {
	done  chan struct{}
	state berth.EdgeState
}

// look asks the edge. What it says is told to everybody, so that one of them has hung up is no reason to call it silent: ctx
// doesn't end with anybody's, and the look has a time of its own.
func (k *Keeper) look(ctx context.Context, l *look) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	l.state, _ = k.o.Edge.State(ctx) // an error makes it stale, which is all that its readers want to know
	k.mu.Lock()
	if k.looking == l {
		k.looking, k.state, k.looked = nil, l.state, time.Now()
	}
	k.mu.Unlock()
	close(l.done)
}
