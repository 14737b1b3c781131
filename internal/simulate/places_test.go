package simulate

import (
	"context"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/guard"
)

// at is a provider by its name.
func (w *world) place(name string) place {
	for _, p := range w.places {
		if p.name == name {
			return p
		}
	}
	return place{}
}

// forbid makes sure that nothing exists for an order at any provider, and nothing will: an order may go on to the next
// one while the operator is still looking at the first.
func (w *world) forbid(order string) bool {
	sure := true
	for _, p := range w.places {
		sure = p.provider.Forbid(context.Background(), order) && sure
	}
	return sure
}

// changed reports whether an order's change of a server was made.
func (w *world) changed(order string) bool {
	for _, p := range w.places {
		if p.provider.Changed(order) {
			return true
		}
	}
	return false
}

// judgeRoute holds the providers that an order was with against what they said: it leaves one only when that refused.
func (w *world) judgeRoute(o berth.Order, at string) {
	if at != "" && at != o.Provider {
		w.object("route", "order %s is with %s, but its machine is at %s", o.ID, o.Provider, at)
	}
	refused := int64(0)
	for _, p := range w.places {
		if p.name != o.Provider && p.provider.Refused(o.ID) {
			refused++
		}
	}
	if o.Moves > 0 {
		w.tally("moved: " + string(o.State))
	}
	if o.Moves > refused {
		w.object("route", "order %s left %d providers, but %d refused it", o.ID, o.Moves, refused)
	}
}

// watched is a process's guard, which counts what it keeps back.
type watched struct {
	*guard.Guard
	world *world
}

func (g watched) Enter(ctx context.Context, provider string) (func(berth.Verdict), int64) {
	leave, until := g.Guard.Enter(ctx, provider)
	if leave == nil {
		g.world.tally("turn: none")
	}
	return leave, until
}

func (g watched) Shut() map[string]int64 {
	shut := g.Guard.Shut()
	if len(shut) > 0 {
		g.world.tally("shut")
	}
	return shut
}
