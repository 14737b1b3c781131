package fault

import (
	"context"
	"strings"

	"github.com/berth-host/berth"
)

// changer is what a provider must be able to do for servers to be changed.
type changer interface {
	berth.Powerer
	berth.Deleter
	Inspect(ctx context.Context, providerRef string) (berth.Machine, berth.Outcome)
}

// Power starts, stops or restarts a server. Repeating is harmless, and what comes late overtakes.
func (d Driver) Power(ctx context.Context, providerRef string, action berth.PowerAction) berth.Outcome {
	return d.act(ctx, Power, providerRef, func(ctx context.Context, inner changer) berth.Outcome {
		return inner.Power(ctx, providerRef, action)
	})
}

// Inspect reads a server.
func (d Driver) Inspect(ctx context.Context, providerRef string) (m berth.Machine, out berth.Outcome) {
	out = d.look(ctx, Describe, providerRef, func(ctx context.Context) berth.Outcome {
		inner, able := d.Provider.inner.(changer)
		if !able {
			return berth.Outcome{Verdict: berth.Refused, Reason: errNever}
		}
		m, out = inner.Inspect(ctx, providerRef)
		return out
	})
	return m, out
}

// Delete deletes a server. A message of its order's that arrives afterwards makes nothing.
func (d Driver) Delete(ctx context.Context, providerRef string) berth.Outcome {
	return d.act(ctx, Delete, providerRef, func(ctx context.Context, inner changer) berth.Outcome {
		m, _ := inner.Inspect(ctx, providerRef)
		out := inner.Delete(ctx, providerRef)
		if order, _, _ := strings.Cut(m.Order, "#"); out.Verdict == berth.Done && order != "" {
			d.Provider.gone[order] = true
		}
		return out
	})
}

// act sends a message about a server, maybe late, maybe twice. What was refused doesn't happen by its copy either.
func (d Driver) act(ctx context.Context, verb Verb, providerRef string, do func(context.Context, changer) berth.Outcome) berth.Outcome {
	inner, able := d.Provider.inner.(changer)
	if !able {
		return berth.Outcome{Verdict: berth.Refused, Reason: errNever}
	}
	var answer berth.Outcome
	refused := false
	err := d.Process.carry(ctx, verb, providerRef, message{
		late: true, twice: true, lapse: nothing,
		happen: func(a arrival) error {
			d.Provider.mu.Lock()
			defer d.Provider.mu.Unlock()
			if refused = refused || a.refused; refused {
				if !a.copy {
					answer = berth.Outcome{Verdict: berth.Refused, Reason: errNever}
				}
				return nil
			}
			out := do(context.WithoutCancel(ctx), inner)
			if !a.copy { // nobody waits for the answer to a copy
				answer = out
			}
			return nil
		},
	})
	if err != nil {
		return d.Process.Broken.outcome(verb, providerRef, unresolved(err))
	}
	return d.Process.Broken.outcome(verb, providerRef, answer)
}
