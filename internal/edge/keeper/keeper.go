// Package keeper keeps one edge as the database says: it is the berth.NetworkDriver of network services with sessions, over an
// Edge and over the rows.
//
// There is no list of what has changed. A round reads all that the edge is to carry and applies the whole of it; whatever
// was lost on the way, by a crash or between two processes, the next round mends. Callers that arrive while a round runs share
// the one after it, which reads the rows after all of them came: 200 orders are a few rounds.
package keeper

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

var (
	_ berth.Sessions  = (*Keeper)(nil)
	_ berth.Suspender = (*Keeper)(nil)
	_ berth.Deleter   = (*Keeper)(nil)
)

// Options of a keeper; Edge, Site, Rows, Open and Now are required. Rows is read while no other process changes the edge, and so
// must not wait for anybody who does.
type Options struct {
	Edge berth.Edge
	Site berth.EdgeSite
	// Owner is whose sessions they are, see berth.EdgeOwner. Every server of one installation says the same.
	Owner string
	Rows  func(ctx context.Context, provider string) (berth.EdgeRows, error)
	Open  func(row, sealed string) (string, error) // opens sealed passwords
	Now   func() int64                             // microseconds UTC
	Log   *slog.Logger                             // nil for nobody

	Every   time.Duration // between two rounds that nobody asked for, 10 s when 0
	Gap     time.Duration // between the ends of a round and the begin of the next, 50 ms when 0
	Timeout time.Duration // of a round, 20 s when 0
}

// Keeper keeps one edge. Its methods may be called at once from anywhere; without Run it does only what is asked for.
type Keeper struct {
	o Options

	mu      sync.Mutex
	next    *round // what arrived since the last round began; nil for nothing
	working bool   // some goroutine goes through the rounds
	rounds  int
	told    string // what was logged last of the edge's trouble

	looking *look // nil while nobody asks the edge for its state
	looked  time.Time
	state   berth.EdgeState
}

// round is one application of the whole, and what came of it; done is closed when that is known.
type round struct {
	done    chan struct{}
	config  berth.EdgeConfig
	out     berth.EdgeOutcome
	refused map[string]error // by service
}

// New makes a keeper. It touches nothing yet.
func New(o Options) *Keeper {
	for _, d := range []struct {
		field *time.Duration
		usual time.Duration
	}{{&o.Every, 10 * time.Second}, {&o.Gap, 50 * time.Millisecond}, {&o.Timeout, 20 * time.Second}} {
		if *d.field == 0 {
			*d.field = d.usual
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Keeper{o: o}
}

// Run has a round at once and then every few seconds, until ctx ends: so an edge that was away, one that was changed by
// hand, a trip that happened, and what other processes wrote are all found, by the same step.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(k.o.Every)
	defer tick.Stop()
	for {
		_, _ = k.share(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Rounds is how many rounds there have been.
func (k *Keeper) Rounds() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rounds
}

// share waits for a round that begins after this call.
func (k *Keeper) share(ctx context.Context) (*round, error) {
	k.mu.Lock()
	r := k.queue()
	k.mu.Unlock()
	select {
	case <-r.done:
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// queue is the round that is to begin next. The lock is held.
func (k *Keeper) queue() *round {
	if k.next == nil {
		k.next = &round{done: make(chan struct{})}
	}
	if !k.working {
		k.working = true
		go k.work()
	}
	return k.next
}

// work goes through rounds until nobody waits for one.
func (k *Keeper) work() {
	for first := true; ; first = false {
		if !first { // the first caller of all doesn't wait; those behind it are gathered
			time.Sleep(k.o.Gap)
		}
		k.mu.Lock()
		r := k.next
		k.next = nil
		if r == nil {
			k.working = false
			k.mu.Unlock()
			return
		}
		k.rounds++
		k.mu.Unlock()
		k.turn(r)
		close(r.done)
	}
}

// turn is one round. The rows are read in the edge's own turn: other processes keep it, too, and rows that were read before
// theirs was over may be older than what they have applied.
func (k *Keeper) turn(r *round) {
	ctx, cancel := context.WithTimeout(context.Background(), k.o.Timeout)
	defer cancel()
	r.out = k.o.Edge.Apply(ctx, func(ctx context.Context) (c berth.EdgeConfig, err error) {
		r.config, err = k.Config(ctx)
		return r.config, err
	})
	r.refused = make(map[string]error, len(r.out.Refused))
	for _, refusal := range r.out.Refused {
		r.refused[refusal.ServiceID] = refusal.Reason
	}
	k.tell(r.out)
}

// Config is what the edge is to carry by the rows of this moment.
func (k *Keeper) Config(ctx context.Context) (berth.EdgeConfig, error) {
	c, _, err := k.Marked(ctx)
	return c, err
}

// Marked is Config with the mark of the rows that it was made of: see berth.Reader.EdgeMark.
func (k *Keeper) Marked(ctx context.Context) (c berth.EdgeConfig, mark string, err error) {
	rows, err := k.o.Rows(ctx, k.o.Site.Provider)
	if err != nil {
		return c, "", err
	}
	c, err = rows.Config(k.o.Site, k.o.Open)
	c.Owner = k.o.Owner
	return c, rows.Mark, err
}

// tell logs the edge's trouble when it's another than before.
func (k *Keeper) tell(out berth.EdgeOutcome) {
	text := ""
	if out.Reason != nil {
		text = out.Reason.Error()
	}
	for _, refusal := range out.Refused {
		text += "; service " + refusal.ServiceID + ": " + refusal.Reason.Error()
	}
	k.mu.Lock()
	news := text != k.told
	k.told = text
	k.mu.Unlock()
	switch {
	case news && text != "":
		k.o.Log.Warn("an edge doesn't carry everything", "provider", k.o.Site.Provider, "verdict", out.Verdict.String(), "reason", text)
	case news:
		k.o.Log.Info("an edge carries everything", "provider", k.o.Site.Provider)
	}
}

var errWhole = errors.New("the edge refuses the whole: its operator has to mend it")

// outcome has a round, and says what came of one service in it. An edge that's away or that refuses the whole leaves nothing in
// doubt: whatever it did, a later round makes it what the rows say then. So it's Waiting, and never Unresolved.
func (k *Keeper) outcome(ctx context.Context, serviceID string, attempt int64) berth.Outcome {
	r, err := k.share(ctx)
	until := k.o.Now() + min(12, max(1, attempt))*5*berth.Second
	switch {
	case err != nil:
		return berth.Outcome{Verdict: berth.Waiting, Until: until, Reason: err}
	case r.out.Verdict == berth.Refused:
		return berth.Outcome{Verdict: berth.Waiting, Until: until, Reason: errors.Join(errWhole, r.out.Reason)}
	case r.out.Verdict != berth.Done:
		return berth.Outcome{Verdict: berth.Waiting, Until: until, Reason: r.out.Reason}
	case r.refused[serviceID] != nil:
		return berth.Outcome{Verdict: berth.Refused, Reason: r.refused[serviceID]}
	}
	return berth.Outcome{Verdict: berth.Done, Result: resultOf(r.config, serviceID)}
}

// resultOf is what an order gets to know: the service is known by its own id here, and its address is the customer's end.
func resultOf(c berth.EdgeConfig, serviceID string) berth.Result {
	result := berth.Result{ProviderRef: serviceID}
	for _, s := range c.Sessions {
		if links := s.Links(); s.ServiceID == serviceID && len(links) > 0 {
			result.Address = links[0].Peer.String()
		}
	}
	return result
}
