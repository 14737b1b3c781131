package fault

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/berth-host/berth"
)

// Maker is a provider of servers and networks.
type Maker interface {
	berth.ServerDriver
	berth.NetworkDriver
}

// Provider stands before a simulated provider, on its side of the connection. It keeps the contract that drivers
// give, whatever becomes of the calls: while one is under way that may still make something, Find isn't certain; what
// was refused stays refused; and a change of a server that arrives after a later order's is dropped. It is shared by
// all processes.
type Provider struct {
	inner Maker

	mu       sync.Mutex
	underway map[string]int    // messages by order that may still arrive and change something
	refused  map[string]bool   // orders that were refused for certain
	changed  map[string]bool   // orders whose change of a server was made
	newest   map[string]string // the order that changed a server last
	gone     map[string]bool   // orders whose server was deleted
	made     int
}

// NewProvider stands before inner, whose calls must take no time.
func NewProvider(inner Maker) *Provider {
	return &Provider{inner: inner, underway: map[string]int{}, refused: map[string]bool{}, changed: map[string]bool{}, newest: map[string]string{}, gone: map[string]bool{}}
}

// Refused reports whether an order was refused for certain.
func (w *Provider) Refused(order string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused[order]
}

// Changed reports whether an order's change of a server was made.
func (w *Provider) Changed(order string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed[order]
}

// Forbid makes sure that nothing exists for an order and nothing will, as an operator does before a refund. It
// reports false when that can't be had: something exists, or a call is under way.
func (w *Provider) Forbid(ctx context.Context, order string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.underway[order] > 0 || w.changed[order] || w.inner.Find(ctx, berth.Ref{Order: order}).Verdict == berth.Done {
		return false
	}
	w.refused[order] = true
	return true
}

// arrive is one message's arrival. A forgetful provider may do now what it refused before.
func (w *Provider) arrive(ctx context.Context, verb Verb, order string, a arrival, forgetful bool, do func() berth.Outcome) berth.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !a.more {
		w.underway[order]--
	}
	if w.gone[order] { // a copy of what was done long ago
		return berth.Outcome{Verdict: berth.Refused, Reason: errNever}
	}
	if w.refused[order] && !forgetful || a.refused && (verb == Resize || w.inner.Find(ctx, berth.Ref{Order: order}).Verdict != berth.Done) {
		w.refused[order] = true
		return berth.Outcome{Verdict: berth.Refused, Reason: errNever}
	}
	out := do()
	switch {
	case out.Verdict == berth.Refused:
		w.refused[order] = true
	case verb == Resize && out.Verdict == berth.Done:
		w.changed[order] = true
	}
	return out
}

// Driver is the provider as one process reaches it.
type Driver struct {
	Provider *Provider
	Process  *Process
}

var (
	_ Maker   = Driver{}
	_ changer = Driver{}
)

// Create makes a server.
func (d Driver) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	return d.change(ctx, Create, ref, func(ref berth.Ref) berth.Outcome {
		return d.Provider.inner.Create(context.WithoutCancel(ctx), ref, spec)
	})
}

// Activate makes a network service.
func (d Driver) Activate(ctx context.Context, ref berth.Ref, spec berth.NetworkSpec) berth.Outcome {
	return d.change(ctx, Activate, ref, func(ref berth.Ref) berth.Outcome {
		return d.Provider.inner.Activate(context.WithoutCancel(ctx), ref, spec)
	})
}

// Resize changes a server.
func (d Driver) Resize(ctx context.Context, ref berth.Ref, providerRef string, spec berth.ServerSpec) berth.Outcome {
	w := d.Provider
	return d.change(ctx, Resize, ref, func(ref berth.Ref) berth.Outcome {
		// Ids sort by age. No code on Berth's side could tell that an old change is still to arrive.
		if ref.Order < w.newest[providerRef] && d.Process.Broken != ChangesOvertake {
			return unresolved(errors.New("fault: a later order has changed this server"))
		}
		w.newest[providerRef] = ref.Order
		return w.inner.Resize(context.WithoutCancel(ctx), ref, providerRef, spec)
	})
}

// change sends a message that changes the provider's world, maybe late, maybe twice.
func (d Driver) change(ctx context.Context, verb Verb, ref berth.Ref, do func(berth.Ref) berth.Outcome) berth.Outcome {
	w := d.Provider
	w.count(ref.Order, +1)
	var answer berth.Outcome
	err := d.Process.carry(ctx, verb, ref.Order, message{
		late: true, twice: true,
		lapse: func() { w.count(ref.Order, -1) },
		happen: func(a arrival) error {
			said := w.arrive(context.WithoutCancel(ctx), verb, ref.Order, a, d.Process.Broken == AbsentTooEarly,
				func() berth.Outcome { return do(d.identity(ref)) })
			if !a.copy { // nobody waits for the answer to a copy
				answer = said
			}
			return nil
		},
	})
	if err != nil { // and answer belongs to a message that may still arrive
		return d.Process.Broken.outcome(verb, ref.Order, unresolved(err))
	}
	return d.Process.Broken.outcome(verb, ref.Order, answer)
}

func (w *Provider) count(order string, delta int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.underway[order] += delta
}

// identity is what the provider knows an order by. It is called under the lock.
func (d Driver) identity(ref berth.Ref) berth.Ref {
	if d.Process.Broken == NoIdentity {
		d.Provider.made++
		ref.Order = fmt.Sprintf("%s#%d", ref.Order, d.Provider.made)
	}
	return ref
}

// Find tells what was made for an order.
func (d Driver) Find(ctx context.Context, ref berth.Ref) berth.Outcome {
	return d.look(ctx, Find, ref.Order, func(ctx context.Context) berth.Outcome {
		w := d.Provider
		w.mu.Lock()
		defer w.mu.Unlock()
		switch {
		case d.Process.Broken == AbsentTooEarly:
			return berth.Outcome{Verdict: berth.Absent}
		case w.underway[ref.Order] > 0:
			return unresolved(errors.New("fault: an earlier call is still under way"))
		}
		return w.inner.Find(ctx, ref)
	})
}

// Describe reads what the provider has under an id of its own.
func (d Driver) Describe(ctx context.Context, providerRef string) berth.Outcome {
	return d.look(ctx, Describe, providerRef, func(ctx context.Context) berth.Outcome {
		return d.Provider.inner.Describe(ctx, providerRef)
	})
}

func (d Driver) look(ctx context.Context, verb Verb, subject string, do func(context.Context) berth.Outcome) berth.Outcome {
	var out berth.Outcome
	err := d.Process.carry(ctx, verb, subject, message{lapse: nothing, happen: func(a arrival) error {
		if a.refused {
			return errNever
		}
		out = do(context.WithoutCancel(ctx))
		return nil
	}})
	if err != nil {
		out = unresolved(err)
	}
	return d.Process.Broken.outcome(verb, subject, out)
}

func unresolved(err error) berth.Outcome {
	return berth.Outcome{Verdict: berth.Unresolved, Reason: err}
}
