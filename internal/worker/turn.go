package worker

import (
	"context"
	"time"

	"github.com/berth-host/berth"
)

// turn calls a provider when it's this call's turn: every call of a driver on behalf of an order or a service goes
// through here, so that limits and circuits have one place. It waits at the provider's gate, at most for the patience,
// then for one of the process's slots, and asks fresh right before the call whether it is still to be made; false means
// that nothing was called and nothing is to be recorded. A provider that isn't to be called now gives berth.NotCalled.
func (w *Worker) turn(provider string, fresh func() bool, call func() berth.Outcome) (out berth.Outcome, ok bool) {
	leave := func(berth.Verdict) {}
	if gate := w.desk.Gate; gate != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(w.desk.Policy.Patience)*time.Microsecond)
		pass, until := gate.Enter(ctx, provider)
		cancel()
		if pass == nil {
			return berth.NotCalled(until), fresh()
		}
		leave = pass
	}
	// The gate comes first: who waits there for one provider keeps no slot from the calls of others.
	w.slots <- struct{}{}
	defer func() { <-w.slots }()
	if !fresh() {
		leave(berth.Unasked)
		return out, false
	}
	out = call()
	leave(heard(out))
	return out, true
}

// heard is what the gate is told of a call. A provider that couldn't be reached gave no answer, although the order knows for
// certain that nothing was sent: without that, one that is switched off would never be spared, nor passed over.
func heard(out berth.Outcome) berth.Verdict {
	if out.Away {
		return berth.Unresolved
	}
	return out.Verdict
}
