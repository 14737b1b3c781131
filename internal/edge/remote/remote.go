// Package remote is an edge that is elsewhere: an agent beside its router asks for what it is to carry, applies it there, and
// reports. What it reported stands in one row of the database, so that any server may hear the agent and any other be the one
// that waits for it.
package remote

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

var (
	_ berth.Edge        = (*Edge)(nil)
	_ berth.TripClearer = (*Edge)(nil)
)

// Path is where agents ask; the provider's name follows.
const Path = "/edge/v1/sync/"

// KeyHeader has the edge's key, which opens nothing else.
const KeyHeader = "X-Edge-Key"

// LeastKey and MostKey are how long a key must be at least and may be at most.
const (
	LeastKey = 32
	MostKey  = 512
)

// mostReport is the limit of a report in bytes: some hundred for each of many sessions.
const mostReport = 8 << 20

// Report is what an agent says.
type Report struct {
	Version string          `json:"version"`       // of what it applied last, "" for nothing yet
	Has     string          `json:"has,omitempty"` // of what it was told last and is about to apply
	Verdict berth.Verdict   `json:"verdict"`       // what came of it
	Reason  string          `json:"reason,omitempty"`
	Refused []Refusal       `json:"refused,omitempty"`
	State   berth.EdgeState `json:"state"`
	Cleared []string        `json:"cleared,omitempty"` // trips that it has cleared since its last report
}

// Refusal is a session that the router can't carry.
type Refusal struct {
	ServiceID string `json:"service_id"`
	Reason    string `json:"reason"`
}

// Order is what an agent is told: Config only when it neither carries nor has this version.
type Order struct {
	Version string            `json:"version"`
	Config  *berth.EdgeConfig `json:"config,omitempty"`
	Clear   []string          `json:"clear,omitempty"` // services whose trip is to be cleared
}

// Edge is the server's side of one remote edge.
type Edge struct {
	provider string
	key      [sha256.Size]byte
	now      func() int64
	meta     func(ctx context.Context, name string) (string, bool, error)
	store    berth.Store // nil where nobody serves
	config   func(context.Context) (c berth.EdgeConfig, mark string, err error)
	wait     time.Duration

	mu    sync.Mutex
	given []given // what this process told the agent last, the newest at the end
	known wanted  // what the rows said when they were last read whole
}

// New makes the server's side. Key is what the agent shows; a short one is refused.
func New(provider, key string, now func() int64) (*Edge, error) {
	if len(key) < LeastKey || len(key) > MostKey {
		return nil, fmt.Errorf("the key of the edge has %d characters; it needs %d at least, and %d at most", len(key), LeastKey, MostKey)
	}
	return &Edge{provider: provider, key: sha256.Sum256([]byte(key)), now: now, wait: 4 * time.Second}, nil
}

// Read lets the edge tell what its agent reported.
func (e *Edge) Read(meta func(ctx context.Context, name string) (string, bool, error)) { e.meta = meta }

// Serve lets it hear its agent: store is written to, and config is what the edge is to carry by the rows of that moment, with
// their mark (berth.Reader.EdgeMark).
func (e *Edge) Serve(store berth.Store, config func(context.Context) (c berth.EdgeConfig, mark string, err error)) {
	e.store, e.meta, e.config = store, store.Meta, config
}

// row is what stands in the database.
type row struct {
	Report
	HeardAt int64    `json:"heard_at"`
	Clear   []string `json:"clear,omitempty"`
}

func (e *Edge) name() string { return "edge/" + e.provider }

func (e *Edge) row(ctx context.Context) (r row, err error) {
	if e.meta == nil {
		return r, errors.New("this edge has no database")
	}
	text, ok, err := e.meta(ctx, e.name())
	if err != nil || !ok {
		return r, err
	}
	return r, json.Unmarshal([]byte(text), &r)
}

// write changes the row.
func (e *Edge) write(ctx context.Context, change func(*row)) error {
	if e.store == nil {
		return errors.New("only a running server hears the agent of an edge")
	}
	return e.store.Write(ctx, berth.Need{Meta: []string{e.name()}}, func(b *berth.Book) error {
		var r row
		if text, ok := b.Meta(e.name()); ok {
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				return err
			}
		}
		change(&r)
		text, err := json.Marshal(r)
		b.PutMeta(e.name(), string(text))
		return err
	})
}

// Version names what an edge is to carry.
func Version(c berth.EdgeConfig) string {
	text, _ := json.Marshal(c) // all of its fields have a form
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

var errUnheard = errors.New("the agent of the edge has not applied it yet")

// Apply waits until the agent has applied what is desired now, or what it was told later. See berth.Edge: the turn at the
// router is the agent's, which asks within it (internal/edge/agent).
func (e *Edge) Apply(ctx context.Context, desired func(context.Context) (berth.EdgeConfig, error)) berth.EdgeOutcome {
	config, err := desired(ctx)
	if err != nil {
		return berth.EdgeOutcome{Verdict: berth.Unresolved, Reason: err}
	}
	version := Version(config)
	carried := e.carried(version, time.Now())
	waited, err := e.until(ctx, func(r row) bool { return carried(r.Version) && !r.old(e.now()) })
	if err != nil {
		return berth.EdgeOutcome{Verdict: berth.Unresolved, Reason: err}
	}
	r, err := e.row(ctx)
	if err != nil || !carried(r.Version) {
		return berth.EdgeOutcome{Verdict: berth.Unresolved, Reason: errors.Join(errUnheard, err)}
	}
	out := berth.EdgeOutcome{Verdict: r.Verdict, Changed: waited}
	if r.Reason != "" {
		out.Reason = errors.New(r.Reason)
	}
	for _, refused := range r.Refused {
		out.Refused = append(out.Refused, berth.EdgeRefusal{ServiceID: refused.ServiceID, Reason: errors.New(refused.Reason)})
	}
	return out
}

// until looks at the row until something holds, for some seconds at most. Waited says that it didn't at once.
func (e *Edge) until(ctx context.Context, holds func(row) bool) (waited bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.wait)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ; ; waited = true {
		r, err := e.row(ctx)
		switch {
		case err != nil && ctx.Err() != nil: // the time is over, and not the database away
			return waited, errUnheard
		case err != nil:
			return waited, err
		case holds(r):
			return waited, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return waited, errUnheard
		}
	}
}

func (r row) old(now int64) bool { return now-r.HeardAt > berth.EdgeFresh }

// State is what the agent reported last. See berth.Edge.
func (e *Edge) State(ctx context.Context) (berth.EdgeState, error) {
	r, err := e.row(ctx)
	switch {
	case err != nil:
		return berth.EdgeState{Stale: true}, err
	case r.old(e.now()):
		return r.State.Unknown(), errors.New("the agent of the edge was not heard lately")
	}
	if !r.State.Stale { // the clocks of two machines differ: what counts is when this side heard it
		r.State.SeenAt = r.HeardAt
	}
	return r.State, nil
}

// ClearTrip has the agent clear a trip, in the name of the owner that it was told with the sessions. See berth.TripClearer.
func (e *Edge) ClearTrip(ctx context.Context, _, serviceID string) berth.EdgeOutcome {
	err := e.write(ctx, func(r *row) {
		if !slices.Contains(r.Clear, serviceID) {
			r.Clear = append(r.Clear, serviceID)
		}
	})
	if err == nil {
		_, err = e.until(ctx, func(r row) bool { return !slices.Contains(r.Clear, serviceID) })
	}
	if err != nil {
		return berth.EdgeOutcome{Verdict: berth.Unresolved, Reason: err}
	}
	return berth.EdgeOutcome{Verdict: berth.Done, Changed: true}
}

// serve hears the agent, which has shown its key, and tells it what the edge is to carry now.
func (e *Edge) serve(w http.ResponseWriter, r *http.Request) {
	var report Report
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostReport))
	if err == nil {
		err = json.Unmarshal(raw, &report)
	}
	if r.Method != http.MethodPost || err != nil {
		http.Error(w, "send a report as JSON by POST", http.StatusBadRequest)
		return
	}
	order, err := e.hear(r.Context(), report)
	if err != nil {
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(order)
}

// An agent reports every second. A report with news is written down at once, one with other counts of routes after recount,
// and any other after rewrite.
const (
	recount = 2 * berth.Second
	rewrite = 10 * berth.Second
)

// news tells whether a report says anything but other counts.
func news(old, now Report) bool {
	same := func(a, b berth.EdgeLinkState) bool {
		return a.ServiceID == b.ServiceID && a.IPv6 == b.IPv6 && a.Phase == b.Phase && a.Tripped == b.Tripped && a.Suspended == b.Suspended
	}
	return old.Version != now.Version || old.Verdict != now.Verdict || old.Reason != now.Reason || old.State.Stale != now.State.Stale ||
		!slices.Equal(old.Refused, now.Refused) || !slices.EqualFunc(old.State.Links, now.State.Links, same)
}

// due tells whether a report without news is to be written down all the same.
func (r row) due(now Report, at int64) bool {
	counts := func(a, b berth.EdgeLinkState) bool {
		return a.Accepted == b.Accepted && a.Filtered == b.Filtered && a.Exported == b.Exported
	}
	return r.HeardAt+rewrite < at || r.HeardAt+recount < at && !slices.EqualFunc(r.State.Links, now.State.Links, counts)
}

// hear writes a report down and answers it.
func (e *Edge) hear(ctx context.Context, report Report) (Order, error) {
	if e.config == nil {
		return Order{}, errors.New("nobody serves")
	}
	cleared, has := report.Cleared, report.Has
	report.Cleared, report.Has = nil, ""
	now, err := e.row(ctx)
	if err == nil && (len(cleared) > 0 || now.due(report, e.now()) || news(now.Report, report)) {
		err = e.write(ctx, func(r *row) {
			r.Report, r.HeardAt = report, e.now()
			r.Clear = slices.DeleteFunc(r.Clear, func(id string) bool { return slices.Contains(cleared, id) })
		})
		if err == nil {
			now, err = e.row(ctx)
		}
	}
	if err != nil {
		return Order{}, err
	}
	asked := time.Now()
	desired, err := e.desired(ctx)
	if err != nil {
		return Order{}, err
	}
	order := Order{Version: desired.version, Clear: now.Clear}
	e.give(order.Version, asked)
	// What it has counts, and not what it carries: the rows may be back to that by now.
	if order.Version != cmp.Or(has, report.Version) {
		order.Config = &desired.config
	}
	return order, nil
}
