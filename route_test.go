package berth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
)

// rival is a provider whose every create goes as the test says; nil goes to a simulated world of its own.
type rival struct {
	*sim.Provider
	create func() berth.Outcome
	refs   []berth.Ref
	finds  int
}

func (r *rival) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	r.refs = append(r.refs, ref)
	if r.create != nil {
		return r.create()
	}
	return r.Provider.Create(ctx, ref, spec)
}

func (r *rival) Find(ctx context.Context, ref berth.Ref) berth.Outcome {
	r.finds++
	return r.Provider.Find(ctx, ref)
}

func tells(v berth.Verdict) func() berth.Outcome {
	return func() berth.Outcome { return berth.Outcome{Verdict: v} }
}

// openGate lets everybody in, except where the test has shut.
type openGate struct {
	shut  map[string]int64
	rooms map[string]int
}

func (g *openGate) Enter(context.Context, string) (func(berth.Verdict), int64) {
	return func(berth.Verdict) {}, 0
}
func (g *openGate) Shut() map[string]int64 { return g.shut }
func (g *openGate) Rooms() map[string]int  { return g.rooms }

// newMall is a shop whose plan 5 is made by the providers a, b and c, in that order.
func newMall(t *testing.T) (s *shop, a, b, c *rival, gate *openGate) {
	t.Helper()
	gate = &openGate{}
	servers := map[string]berth.ServerDriver{}
	open := func(name string) *rival {
		p, err := sim.Open("", sim.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		r := &rival{Provider: p}
		servers[name] = r
		return r
	}
	a, b, c = open("a"), open("b"), open("c")
	s = newShop(t, func(d *berth.Desk) { d.Servers, d.Gate, d.Pools = servers, gate, map[string]string{} })
	catalogue := goods()
	for i, p := range catalogue.Plans {
		if p.ExternalID == 5 || p.ExternalID == 9 {
			catalogue.Plans[i].Offers[0].Providers = []string{"a", "b", "c"}
		}
	}
	s.apply(catalogue)
	return s, a, b, c, gate
}

func (s *shop) settleWith(o berth.Order, v berth.Verdict) berth.Order {
	s.Helper()
	receipt, err := s.Settle(background, o, berth.Outcome{Verdict: v})
	if err != nil {
		s.Fatal(err)
	}
	return receipt.Order
}

// A certain refusal moves the order on; the first attempt at each provider is the first there, and asks nobody.
func TestWalkOverProviders(t *testing.T) {
	s, a, b, c, _ := newMall(t)
	a.create, b.create = tells(berth.Refused), tells(berth.Refused)
	placed := s.place(server("5")).Order
	if placed.Provider != "a" || placed.Others != "b,c" || placed.Moves != 0 {
		t.Errorf("placed: got %s, then %q", placed.Provider, placed.Others)
	}
	o := placed
	for i, name := range []string{"b", "c"} {
		next := s.settle(o).Order
		if next.Provider != name || !next.Moved(o) || next.Moves != int64(i+1) || next.State != berth.Paid || next.Doubt ||
			next.Holder != "test" || next.DueAt != next.UpdatedAt+5*berth.Second || next.AnswerBy != placed.AnswerBy {
			t.Fatalf("refusal %d: got %+v at %s, want it leased for %s", i+1, next.Lease, next.Provider, name)
		}
		if late := s.settle(o).Order; late.Provider != name || late.Attempt != next.Attempt {
			t.Errorf("the settle repeated: got %s, attempt %d", late.Provider, late.Attempt)
		}
		o = next
	}
	done := s.settle(o).Order
	if v := s.service(done.ServiceID); done.State != berth.Completed || v.Provider != "c" || done.Provider != "c" {
		t.Errorf("got %s by %s, its service by %s, want c", done.State, done.Provider, v.Provider)
	}
	for name, r := range map[string]*rival{"a": a, "b": b, "c": c} {
		if r.finds != 0 || r.refs[0].Attempt != 1 || r.refs[0].Quiet != 0 {
			t.Errorf("%s: got %d looks and %+v, want a first attempt", name, r.finds, r.refs)
		}
	}
	if _, err := s.store.Seal(background); err != nil {
		t.Fatal(err)
	}
	events, err := s.store.Events(background, berth.Place{}, 100)
	moved := 0
	for _, e := range events {
		if e.Name == berth.EventOrderMoved && e.OrderID == o.ID {
			moved++
		}
	}
	if err != nil || moved != 2 {
		t.Errorf("got %d events of moving, %v, want 2", moved, err)
	}
	s.verified()
}

// All of them refuse: the money goes back once, and so does the stock.
func TestAllProvidersRefuse(t *testing.T) {
	s, a, b, c, _ := newMall(t)
	a.create, b.create, c.create = tells(berth.Refused), tells(berth.Refused), tells(berth.Refused)
	o := s.place(server("9")).Order
	for range 3 {
		o = s.settle(o).Order
	}
	if o.State != berth.Refunded || s.balance(anna) != 100_000 || s.entries(anna) != 3 || s.used("plan-j", here) != 0 {
		t.Errorf("got %s, a balance of %d in %d entries, %d of stock", o.State, s.balance(anna), s.entries(anna), s.used("plan-j", here))
	}
	if len(a.refs)+len(b.refs)+len(c.refs) != 3 {
		t.Errorf("got %d, %d and %d creates", len(a.refs), len(b.refs), len(c.refs))
	}
	s.verified()
}

// Without a certain answer the order stays, whatever comes; and what refuses after a doubt moves it only once the look
// has cleared the doubt.
func TestNoSecondProviderOnDoubt(t *testing.T) {
	s, a, b, _, _ := newMall(t)
	a.create = tells(berth.Unresolved)
	o := s.settle(s.place(server("5")).Order).Order
	if o.Provider != "a" || !o.Doubt || o.Others != "b,c" {
		t.Fatalf("got %s with doubt %v", o.Provider, o.Doubt)
	}
	s.clock.Store(o.DueAt)
	o = s.claim(o.ID)
	if still := s.settleWith(o, berth.Refused); still.Provider != "a" || still.State != berth.Paid || still.Moved(o) {
		t.Errorf("refused in doubt: got %s at %s, want it to stay", still.State, still.Provider)
	}
	s.clock.Store(s.order(o.ID).DueAt)
	a.create = tells(berth.Refused)
	o = s.settle(s.claim(o.ID)).Order
	if o.Provider != "b" || o.Doubt || o.Quiet != 0 || a.finds != 1 || len(b.refs) != 0 {
		t.Errorf("refused after the look: got %+v at %s, %d looks", o.Lease, o.Provider, a.finds)
	}
	if o = s.settle(o).Order; o.State != berth.Completed || b.finds != 0 {
		t.Errorf("got %s after %d looks at the second", o.State, b.finds)
	}
	s.verified()
}

// A process dies between the refusal and its call of the next provider: whoever takes over can't know that, and looks.
func TestCrashAfterTheMove(t *testing.T) {
	s, a, b, _, _ := newMall(t)
	a.create = tells(berth.Refused)
	moved := s.settle(s.place(server("5")).Order).Order
	other := berth.NewDesk(berth.Desk{Store: s.store, Servers: s.Servers, Sealer: s.Sealer, Policy: s.Policy, Replica: "other", Now: s.clock.Load})
	if taken, err := other.Claim(background, []string{moved.ID}); err != nil || len(taken) != 0 {
		t.Fatalf("before the lease is over: got %d, %v", len(taken), err)
	}
	s.clock.Store(moved.DueAt)
	taken, err := other.Claim(background, []string{moved.ID})
	if err != nil || len(taken) != 1 {
		t.Fatalf("got %d, %v", len(taken), err)
	}
	o := taken[0]
	want := moved.DueAt + s.Policy.CallTimeout + 2*berth.Second
	if o.Provider != "b" || !o.Doubt || o.Quiet != want {
		t.Errorf("got %s, doubt %v, quiet from %d, want b in doubt and quiet from %d", o.Provider, o.Doubt, o.Quiet, want)
	}
	receipt, err := other.Settle(background, o, other.Fulfil(background, o))
	if err != nil || receipt.Order.State != berth.Completed || b.finds != 1 || len(b.refs) != 1 || b.refs[0].Quiet != want {
		t.Errorf("got %s, %v, %d looks and %+v", receipt.Order.State, err, b.finds, b.refs)
	}
	if late := s.settleWith(moved, berth.Refused); late.State != berth.Completed {
		t.Errorf("a late word of the first process: got %s", late.State)
	}
	s.verified()
}

// Providers that aren't called now are passed over, and asked last: they have refused nothing.
func TestPassedOver(t *testing.T) {
	s, a, b, c, gate := newMall(t)
	for _, tt := range []struct{ shut, provider, others string }{
		{"", "a", "b,c"}, {"a", "b", "c,a"}, {"a b", "c", "a,b"}, {"b", "a", "c,b"}, {"a b c", "a", "b,c"},
	} {
		gate.shut = map[string]int64{}
		for name := range strings.FieldsSeq(tt.shut) {
			gate.shut[name] = s.clock.Load() + berth.Second
		}
		if o := s.place(server("5")).Order; o.Provider != tt.provider || o.Others != tt.others {
			t.Errorf("shut %q: got %s, then %s; want %s, then %s", tt.shut, o.Provider, o.Others, tt.provider, tt.others)
		}
	}
	gate.shut = map[string]int64{"b": s.clock.Load() + berth.Second}
	a.create, b.create, c.create = tells(berth.Refused), tells(berth.Refused), tells(berth.Refused)
	o := s.place(server("5")).Order
	for _, want := range []string{"c", "b"} { // b is all that is left, so it is b
		if o = s.settle(o).Order; o.Provider != want || o.State != berth.Paid {
			t.Fatalf("got %s at %s, want %s", o.State, o.Provider, want)
		}
	}
	if o = s.settle(o).Order; o.State != berth.Refunded {
		t.Errorf("got %s, want it refunded once all have refused", o.State)
	}
	s.verified()
}

// Due orders of a provider that isn't called now are postponed without an attempt, and are not in doubt for it.
func TestDueWhileShut(t *testing.T) {
	s, a, _, _, gate := newMall(t)
	first := s.settleWith(s.place(server("5")).Order, berth.Waiting)
	idle, err := s.Settle(background, s.place(server("5")).Order, berth.NotCalled(s.clock.Load()+berth.Second))
	if err != nil {
		t.Fatal(err)
	}
	s.pass(2 * time.Second)
	until := s.clock.Load() + 30*berth.Second
	gate.shut = map[string]int64{"a": until}
	if taken, err := s.Claim(background, []string{first.ID, idle.Order.ID}); err != nil || len(taken) != 0 {
		t.Fatalf("got %d, %v", len(taken), err)
	}
	for _, id := range []string{first.ID, idle.Order.ID} {
		if o := s.order(id); o.Attempt != 1 || o.Doubt || o.DueAt != until || o.Holder != "" {
			t.Errorf("got %+v, want it postponed until %d", o.Lease, until)
		}
	}
	gate.shut, gate.rooms = nil, map[string]int{"a": 1}
	s.clock.Store(until)
	untouched := s.order(idle.Order.ID)
	taken, err := s.Claim(background, []string{first.ID, idle.Order.ID})
	if err != nil || len(taken) != 1 || s.order(idle.Order.ID) != untouched {
		t.Fatalf("with room for one: got %d, %v, and the other %+v, want it left as it was", len(taken), err, s.order(idle.Order.ID).Lease)
	}
	s.settle(taken[0])
	for room, wait := range map[int]int64{0: berth.Second, -1: 5 * berth.Second} {
		gate.rooms["a"] = room
		if taken, err := s.Claim(background, []string{idle.Order.ID}); err != nil || len(taken) != 0 {
			t.Fatalf("without room: got %d, %v", len(taken), err)
		}
		o := s.order(idle.Order.ID)
		if o.DueAt != o.UpdatedAt+wait || o.Attempt != 1 || o.Doubt {
			t.Errorf("room %d: got %+v, want it postponed for %d us", room, o.Lease, wait)
		}
		s.clock.Store(o.DueAt)
	}
	gate.rooms["a"] = 1
	o := s.settle(s.claim(idle.Order.ID)).Order
	// Of the second the provider had never heard, so nobody looked for it.
	if o.State != berth.Completed || a.finds != 1 || a.refs[1].Attempt != 1 {
		t.Errorf("got %s after %d looks and %+v, want one for the first order alone", o.State, a.finds, a.refs)
	}
	s.verified()
}

// A person's refund is the end of an order, whoever else could make it.
func TestResolveEndsTheWalk(t *testing.T) {
	s, _, b, _, _ := newMall(t)
	o := s.settleWith(s.place(server("5")).Order, berth.Unresolved)
	receipt, err := s.Resolve(background, o.ID, berth.Resolution{Refund: true})
	if err != nil || receipt.Order.State != berth.Refunded || s.balance(anna) != 100_000 || len(b.refs) != 0 {
		t.Errorf("got %s, %v and a balance of %d", receipt.Order.State, err, s.balance(anna))
	}
	s.verified()
}

// A plan change stays with the service's provider, wherever that stands in the list of the new plan.
func TestScaleStaysWithItsProvider(t *testing.T) {
	s, a, b, _, _ := newMall(t)
	a.create = tells(berth.Refused)
	o := s.settle(s.place(server("5")).Order).Order
	id := s.settle(o).Order.ServiceID
	if _, err := s.Place(background, new(change(id, "7", 0))); refusal(err) != "not_found plan_id" {
		t.Errorf("to a plan of another provider: got %v", err)
	}
	c := goods()
	for i := range c.Plans {
		c.Plans[i].Offers[0].Providers = []string{"a", "b"}
	}
	s.apply(c)
	changed := s.place(change(id, "7", 0)).Order
	if changed.Provider != "b" || changed.Others != "" {
		t.Errorf("got %s, then %q, want b alone", changed.Provider, changed.Others)
	}
	if changed = s.settle(changed).Order; changed.State != berth.Completed || len(b.refs) != 1 {
		t.Errorf("got %s", changed.State)
	}
	s.verified()
}
