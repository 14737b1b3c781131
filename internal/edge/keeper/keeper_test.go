package keeper_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/keeper"
	"github.com/berth-host/berth/internal/edge/sim"
)

// rows is a database of network services, and counts how often it was read.
type rows struct {
	mu    sync.Mutex
	all   berth.EdgeRows
	reads int
	err   error
}

func (r *rows) read(context.Context, string) (berth.EdgeRows, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads++
	return berth.EdgeRows{Orders: slices.Clone(r.all.Orders), Services: slices.Clone(r.all.Services)}, r.err
}

func (r *rows) change(with func(*berth.EdgeRows)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	with(&r.all)
}

func id(n int) string { return fmt.Sprintf("0192aaaa-0000-7000-8000-%012d", n) }

func peering(n int) string {
	return fmt.Sprintf(`{"asn":%d,"v4":"10.99.%d.%d/31","prefixes":[{"prefix":"203.0.113.0/24","evidence":"pool"}],"password":"sealed"}`,
		4200000101+n, n/100, n%100*2)
}

func order(n int) berth.Order {
	o := berth.Order{ID: id(n), Kind: berth.KindNetwork, State: berth.Paid}
	o.ServiceID, o.Provider, o.Peering = id(n), "edge", peering(n)
	return o
}

func service(n int, edit ...func(*berth.Service)) berth.Service {
	s := berth.Service{ID: id(n), Sort: berth.NetworkService, Status: berth.Active, Provider: "edge", Peering: peering(n)}
	for _, change := range edit {
		change(&s)
	}
	return s
}

func keep(r *rows) (*keeper.Keeper, *sim.Edge) {
	now := func() int64 { return time.Now().UnixMicro() }
	edge := sim.New(sim.Options{Now: now, Eager: true})
	return keeper.New(keeper.Options{
		Edge: edge, Site: berth.EdgeSite{Provider: "edge", ASN: 64500}, Rows: r.read, Now: now,
		Open: func(row, sealed string) (string, error) { return "Kx7" + row[len(row)-3:], nil },
	}), edge
}

// 200 orders at once are a few reconfigurations, and each is answered by a round that has seen it.
func TestManyOrdersAreFewRounds(t *testing.T) {
	r := &rows{}
	k, edge := keep(r)
	var all sync.WaitGroup
	const orders = 200
	for n := range orders {
		all.Go(func() {
			r.change(func(e *berth.EdgeRows) { e.Orders = append(e.Orders, order(n)) })
			out := k.Activate(t.Context(), berth.Ref{Order: id(n), Attempt: 1}, berth.NetworkSpec{ServiceID: id(n)})
			if out.Verdict != berth.Done || out.ProviderRef != id(n) || out.Address == "" {
				t.Errorf("order %d: got %+v, want it done", n, out)
			}
		})
	}
	all.Wait()
	if got := edge.Configured(); got > orders/10 {
		t.Errorf("got %d reconfigurations of %d orders, want a tenth at most", got, orders)
	}
	if state, err := edge.State(t.Context()); err != nil || len(state.Links) != orders {
		t.Errorf("got %d sessions, %v, want %d", len(state.Links), err, orders)
	}
}

// What a row says of a session, and what its task says.
func TestRowsToSessions(t *testing.T) {
	r := &rows{}
	k, edge := keep(r)
	phases := func() map[string]berth.EdgePhase {
		if out := k.Refresh(t.Context()); out.Verdict != berth.Done {
			t.Fatalf("got %+v, want done", out)
		}
		state, err := edge.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]berth.EdgePhase{}
		for _, l := range state.Links {
			got[l.ServiceID] = l.Phase
		}
		return got
	}
	task := func(do string) func(*berth.Service) { return func(s *berth.Service) { s.Task.Do = do } }
	suspended := func(s *berth.Service) { s.Status, s.Held = berth.Suspended, berth.HeldByExpiry }
	for _, c := range []struct {
		name string
		s    berth.Service
		want berth.EdgePhase // "" for not carried
	}{
		{"active", service(1), berth.EdgeEstablished},
		{"to be suspended", service(1, task(berth.TaskSuspend)), berth.EdgeOff},
		{"suspended", service(1, suspended), berth.EdgeOff},
		{"to be resumed", service(1, suspended, task(berth.TaskResume)), berth.EdgeEstablished},
		{"to be deleted", service(1, suspended, task(berth.TaskDelete)), ""},
		{"of another edge", service(1, func(s *berth.Service) { s.Provider = "other" }), ""},
		{"without a session", service(1, func(s *berth.Service) { s.Peering = "" }), ""},
		{"that waits for its number", service(1, func(s *berth.Service) { s.Peering = `{"v4":"10.99.0.0/31"}` }), ""},
		{"a number alone", service(1, func(s *berth.Service) { s.Peering = `{"asn":4200000101}` }), ""},
	} {
		r.change(func(e *berth.EdgeRows) { e.Services = []berth.Service{c.s} })
		if got := phases()[id(1)]; got != c.want {
			t.Errorf("a service %s: got %q, want %q", c.name, got, c.want)
		}
	}
	r.change(func(e *berth.EdgeRows) { e.Services = []berth.Service{service(1)} })
	phases()
	// An order that has become a service since is one session.
	r.change(func(e *berth.EdgeRows) {
		e.Services, e.Orders = []berth.Service{service(1, suspended)}, []berth.Order{order(1), order(2)}
	})
	if got := phases(); len(got) != 2 || got[id(1)] != berth.EdgeOff || got[id(2)] != berth.EdgeEstablished {
		t.Errorf("an order and its service: got %v", got)
	}
	if got, want := edge.Message(id(1)), "order "+id(1)+" expired, suspended"; got != want {
		t.Errorf("got the message %q, want %q", got, want)
	}
}

// An edge that's away keeps orders waiting; rows that can't be read or understood change nothing at the edge.
func TestTrouble(t *testing.T) {
	r := &rows{all: berth.EdgeRows{Orders: []berth.Order{order(1)}}}
	k, edge := keep(r)
	ask := func() berth.Outcome {
		return k.Activate(t.Context(), berth.Ref{Order: id(1), Attempt: 2}, berth.NetworkSpec{ServiceID: id(1)})
	}
	edge.Away(true)
	if out := ask(); out.Verdict != berth.Waiting || out.Until <= time.Now().UnixMicro() {
		t.Errorf("an edge that's away: got %+v, want waiting", out)
	}
	edge.Away(false)
	if out := ask(); out.Verdict != berth.Done {
		t.Errorf("an edge that's back: got %+v, want done", out)
	}
	if out := k.Find(t.Context(), berth.Ref{}); out.Verdict != berth.Absent {
		t.Errorf("got %+v, want absent", out)
	}
	r.change(func(e *berth.EdgeRows) {
		e.Services = []berth.Service{service(2, func(s *berth.Service) { s.Peering = "{" })}
	})
	if out := ask(); out.Verdict != berth.Waiting {
		t.Errorf("a row that can't be understood: got %+v, want waiting", out)
	}
	r.change(func(e *berth.EdgeRows) { e.Services = nil })
	r.err = errors.New("no database")
	if out := ask(); out.Verdict != berth.Waiting || !errors.Is(out.Reason, r.err) {
		t.Errorf("no database: got %+v, want waiting", out)
	}
	if state, err := edge.State(t.Context()); err != nil || len(state.Links) != 1 || state.Links[0].Phase != berth.EdgeEstablished {
		t.Errorf("meanwhile: got %+v, %v, want the session up", state, err)
	}
	r.err = nil
	// Two with one neighbour: one of them is refused, and the other carried.
	r.change(func(e *berth.EdgeRows) {
		twin := order(3)
		twin.Peering = order(1).Peering
		e.Orders = append(e.Orders, twin)
	})
	if out := k.Activate(t.Context(), berth.Ref{Order: id(3), Attempt: 1}, berth.NetworkSpec{ServiceID: id(3)}); out.Verdict != berth.Refused {
		t.Errorf("a neighbour that another session has: got %+v, want refused", out)
	}
}

// The edge is looked at for its own sake, too: what was changed by nobody's call is applied, and a state too old is unknown.
func TestRun(t *testing.T) {
	r := &rows{}
	now := func() int64 { return time.Now().UnixMicro() }
	edge := sim.New(sim.Options{Now: now, Eager: true})
	k := keeper.New(keeper.Options{Edge: edge, Site: berth.EdgeSite{Provider: "edge", ASN: 64500}, Rows: r.read, Now: now,
		Open: func(string, string) (string, error) { return "", nil }, Every: 5 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { k.Run(ctx) })
	defer running.Wait()
	defer cancel()
	r.change(func(e *berth.EdgeRows) { e.Services = append(e.Services, service(1)) })
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); ; <-tick.C {
		if state, err := edge.State(t.Context()); err == nil && len(state.Links) == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the edge didn't get the session within 10 s")
		}
	}
	edge.Away(true)
	if state := k.State(t.Context()); !state.Stale {
		t.Errorf("an edge that's away: got %+v, want a stale state", state)
	}
	if out := k.ClearTrip(t.Context(), id(1)); out.Verdict != berth.Unresolved {
		t.Errorf("an edge that's away: got %+v, want unresolved", out)
	}
}

// What one caller sees is what all others are told for a moment, so that one who hangs up hides nothing from them.
func TestStateForWhoeverHangsUp(t *testing.T) {
	r := &rows{}
	r.all.Services = []berth.Service{service(1)}
	k, _ := keep(r)
	k.Refresh(t.Context())
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	k.State(gone)
	if state := k.State(t.Context()); state.Stale || len(state.Links) != 1 || state.Links[0].Phase != berth.EdgeEstablished {
		t.Errorf("got %+v, want the session seen", state)
	}
}

// That an order becomes a service is no change of what the edge carries.
func TestCompletionChangesNothing(t *testing.T) {
	r := &rows{}
	r.all = berth.EdgeRows{Orders: []berth.Order{order(1)}, Services: []berth.Service{service(2)}}
	k, _ := keep(r)
	before, err := k.Config(t.Context())
	r.change(func(e *berth.EdgeRows) { e.Orders, e.Services = nil, []berth.Service{service(1), service(2)} })
	after, again := k.Config(t.Context())
	if err != nil || again != nil || len(after.Sessions) != 2 || !reflect.DeepEqual(before, after) {
		t.Errorf("got %v (%v) after %v (%v), want the same", after, again, before, err)
	}
}
