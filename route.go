package berth

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// A plan may have several providers at a location, in order. An order is with one of them at a time, and its route is
// stored with it:
//
//	Place: the first that can be called now -> certainly refused, nothing in doubt -> the next one -> ... -> refund
//
// Only a certain refusal moves an order. On doubt it stays, whatever others could do: two providers that each make a
// machine for one order is what must never happen. So at any time all providers before the present one have refused for
// good, and those after it have never heard of the order.

// Gate stands before all providers of a process: it knows which of them are worth a call now, and lets only so many call
// one at the same time. Implementations are safe for concurrent use and make no calls of their own.
type Gate interface {
	// Enter waits for a turn at a provider, at most as long as ctx lasts. With a turn, leave is not nil and is called
	// once with what came of it, Unasked for a turn that wasn't used. Without one nothing may be called before the instant
	// until (microseconds UTC).
	Enter(ctx context.Context, provider string) (leave func(Verdict), until int64)
	// Shut are the providers that aren't to be called now, each with the instant from which it may be tried again; nil
	// when there are none.
	Shut() map[string]int64
	// Rooms tells how many more orders may be taken over for a provider, below 0 for one that is full and gets nothing
	// done; one that isn't named has no limit.
	Rooms() map[string]int
}

// Unasked is what a gate hears of a turn in which nothing was called. No outcome has it.
const Unasked Verdict = -1

const (
	clocksApart = 2 * Second // at most, between two processes: each may be off by one from the database's
	crowded     = Second     // until an order is looked at again whose provider has enough to do
	stuck       = 5 * Second // the same for one that gets nothing done: looking costs a write
)

func (d *Desk) shut() map[string]int64 {
	if d.Gate == nil {
		return nil
	}
	return d.Gate.Shut()
}

func (d *Desk) rooms() map[string]int {
	if d.Gate == nil {
		return nil
	}
	return d.Gate.Rooms()
}

// NotCalled is the outcome of an attempt that the gate didn't let through.
func NotCalled(until int64) Outcome {
	return Outcome{Verdict: Waiting, Until: until, Idle: true, Reason: errors.New("the provider is not called at present")}
}

// checkRoute judges the providers of an offer.
func checkRoute(providers []string) error {
	if len(providers) == 0 {
		return errors.New("provider is missing")
	}
	for i, name := range providers {
		switch {
		case name == "":
			return errors.New("provider is missing: its name is empty")
		case len(providers) > 1 && strings.Contains(name, ","):
			return errors.New("the name of a provider among several holds no comma")
		case slices.Contains(providers[:i], name):
			return errors.New("provider " + quoted(name) + " is named twice")
		}
	}
	return nil
}

// route chooses among providers: the first that isn't avoided, or the first of all when every one is. The others follow
// in their order, those that were passed over last: they haven't refused anything.
func route(providers []string, avoid map[string]int64) (first, others string) {
	if len(providers) == 1 {
		return providers[0], ""
	}
	open := make([]string, 0, len(providers))
	var passed []string
	for _, name := range providers {
		if _, shut := avoid[name]; shut {
			passed = append(passed, name)
		} else {
			open = append(open, name)
		}
	}
	open = append(open, passed...)
	return open[0], strings.Join(open[1:], ",")
}

// move takes an order on to its next provider after a certain refusal, and takes the lease of the first attempt there;
// false when none is left. One whose pool is empty is none. What the order has from the pool of the provider that refused
// goes back: nothing of it exists there. When the process dies before its call, the next attempt is in doubt and begins
// with Find, like any other.
func (d *Desk) move(b *Book, o *Order, avoid map[string]int64) bool {
	for o.Others != "" {
		next, others := route(strings.Split(o.Others, ","), avoid)
		o.Others = others
		// By what the order has: the settings may name another pool than when it was placed.
		if pool := d.Pools[next]; pool != poolOf(o.Items) {
			if spare(b, pool, o.Location) != nil {
				continue
			}
			vacate(b, Service{ID: o.ServiceID, Allotment: o.Allotment})
			o.Allotment = allot(b, pool, o.ServiceID)
		}
		o.Provider, o.Attempt, o.Moves = next, o.Attempt+1, o.Moves+1
		o.Lease = Lease{Attempt: o.Attempt, Holder: d.Replica, DueAt: b.Now() + d.Policy.Lease, AnswerBy: o.AnswerBy}
		o.Asked = Asked{First: o.Attempt}
		announce(b, EventOrderMoved, *o)
		return true
	}
	return false
}

// Moved reports whether the order went on to another provider by the settle of attempt before, which is then this
// process's to go on with. Nobody else can have taken that attempt: the settle itself did.
func (o *Order) Moved(before Order) bool {
	return o.State == Paid && o.Moves == before.Moves+1 && o.Attempt == before.Attempt+1 && o.First == o.Attempt && o.Holder == before.Holder
}

// first is the attempt that may be the first that the order's provider hears of: it needn't ask what others did.
func (o *Order) first() int64 { return max(1, o.First) }

// ref is the order's identity at its provider, for the present attempt.
func (o *Order) ref() Ref {
	return Ref{Order: o.ID, Attempt: o.Attempt - o.first() + 1, Quiet: o.Quiet}
}

// heed notes what the end of an attempt tells later ones: that the provider still has never heard of the order, or from
// when on this attempt isn't calling any more. An attempt that only looked changes neither.
func heed(b *Book, o *Order, out Outcome) {
	switch {
	case !out.Idle:
		o.Quiet = max(o.Quiet, b.Now()+clocksApart)
	case o.Attempt == o.first() && !o.Doubt:
		o.First = o.Attempt + 1
	}
}

// admit decides on a due order by its provider: it may be taken, and takes one of the provider's rooms; or it waits until
// an instant; or it is left as it is, 0, because others of its provider were just taken, and more may be in a moment.
// room is what is left of rooms.
func admit(provider string, now int64, shut map[string]int64, rooms, room map[string]int) (until int64, may bool) {
	if until, ok := shut[provider]; ok {
		return max(until, now+Second), false
	}
	all, limited := rooms[provider]
	switch {
	case !limited:
		return 0, true
	case room[provider] > 0:
		room[provider]--
		return 0, true
	case all > 0:
		return 0, false
	case all < 0:
		return now + stuck, false
	}
	return now + crowded, false
}
