package berth_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// scripted is a provider of servers that answers as told and notes what it was asked.
type scripted struct {
	answers map[string][]berth.Outcome // by verb; the last one stays
	asked   []string
	spec    berth.ServerSpec
}

func (d *scripted) answer(verb string, ref berth.Ref) berth.Outcome {
	d.asked = append(d.asked, verb)
	left := d.answers[verb]
	if len(left) == 0 {
		return berth.Outcome{Verdict: berth.Unresolved, Reason: errors.New("not told")}
	}
	if len(left) > 1 {
		d.answers[verb] = left[1:]
	}
	return left[0]
}

func (d *scripted) Create(_ context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	d.spec = spec
	return d.answer("create", ref)
}
func (d *scripted) Find(_ context.Context, ref berth.Ref) berth.Outcome { return d.answer("find", ref) }
func (d *scripted) Resize(_ context.Context, ref berth.Ref, _ string, spec berth.ServerSpec) berth.Outcome {
	d.spec = spec
	return d.answer("resize", ref)
}
func (d *scripted) Describe(_ context.Context, id string) berth.Outcome {
	return d.answer("describe "+id, berth.Ref{})
}

// scriptedShop sells the machines of a scripted provider.
func scriptedShop(t *testing.T, answers map[string][]berth.Outcome) (*shop, *scripted) {
	d := &scripted{answers: answers}
	return newShop(t, func(desk *berth.Desk) { desk.Servers = map[string]berth.ServerDriver{"sim": d} }), d
}

func says(verdicts ...berth.Verdict) (list []berth.Outcome) {
	for _, v := range verdicts {
		out := berth.Outcome{Verdict: v}
		if v == berth.Done {
			out.Result = berth.Result{ProviderRef: "machine", Address: "192.0.2.1"}
		}
		list = append(list, out)
	}
	return list
}

// claim takes the lease of an order that must be due.
func (s *shop) claim(id string) berth.Order {
	s.Helper()
	taken, err := s.Claim(background, []string{id})
	if err != nil || len(taken) != 1 {
		s.Fatalf("claim: got %d orders, %v, want 1", len(taken), err)
	}
	return taken[0]
}

// attempts places an order and attempts it until it is settled, each time when it's due, and returns it with what the
// driver was asked.
func (s *shop) attempts(most int, r berth.Request) berth.Order {
	s.Helper()
	o := s.place(r).Order
	for range most {
		if o = s.settle(o).Order; o.State != berth.Paid {
			return o
		}
		s.clock.Store(o.DueAt)
		o = s.claim(o.ID)
	}
	return o
}

func TestAttempts(t *testing.T) {
	const paid, completed, refunded = berth.Paid, berth.Completed, berth.Refunded
	for _, tt := range []struct {
		name         string
		create, find []berth.Outcome
		asked        string
		state        berth.State
		attempt      int64
		doubt        bool
	}{
		{"done", says(berth.Done), nil, "create", completed, 1, false},
		{"refused", says(berth.Refused), nil, "create", refunded, 1, false},
		{"unanswered, then found", says(berth.Unresolved), says(berth.Done), "create find", completed, 2, false},
		{"unanswered, then absent, then made", says(berth.Unresolved, berth.Done), says(berth.Absent), "create find create", completed, 2, false},
		{"unanswered, then absent, then refused", says(berth.Unresolved, berth.Refused), says(berth.Absent), "create find create", refunded, 2, false},
		{"unanswered twice, then found", says(berth.Unresolved), says(berth.Unresolved, berth.Done), "create find find", completed, 3, false},
		{"waiting, then found", says(berth.Waiting), says(berth.Waiting, berth.Done), "create find find", completed, 3, false},
		{"waiting, then failed there, then refused", says(berth.Waiting, berth.Refused), says(berth.Absent), "create find create", refunded, 2, false},
		{"never answered", says(berth.Unresolved), says(berth.Unresolved), "create find find find", paid, 5, true},
		{"found as refused, which no driver may say", says(berth.Unresolved), says(berth.Refused), "create find find find", paid, 5, true},
	} {
		s, d := scriptedShop(t, map[string][]berth.Outcome{"create": tt.create, "find": tt.find})
		o := s.attempts(4, server("5"))
		if asked := strings.Join(d.asked, " "); asked != tt.asked || o.State != tt.state || o.Attempt != tt.attempt || o.Doubt != tt.doubt {
			t.Errorf("%s: got %q, %s at attempt %d, doubt %v; want %q, %s at %d, %v", tt.name, asked, o.State, o.Attempt, o.Doubt,
				tt.asked, tt.state, tt.attempt, tt.doubt)
		}
		want := int64(100_000 - 1299)
		if tt.state == refunded {
			want += 1299
		}
		if got := s.balance(anna); got != want {
			t.Errorf("%s: got balance %d, want %d", tt.name, got, want)
		}
		_, made, err := s.store.Service(background, o.ID)
		if err != nil || made != (tt.state == completed) {
			t.Errorf("%s: got a service: %v, %v", tt.name, made, err)
		}
		s.verified()
	}
}

// A change has nothing to find; what was refused after an unanswered attempt is for a person to decide.
func TestAttemptsOfAChange(t *testing.T) {
	for _, tt := range []struct {
		name   string
		resize []berth.Outcome
		asked  string
		state  berth.State
		note   string
	}{
		{"done", says(berth.Done), "resize", berth.Completed, ""},
		{"unanswered, then done", says(berth.Unresolved, berth.Done), "resize resize", berth.Completed, ""},
		{"refused", says(berth.Refused), "resize", berth.Refunded, ""},
		{"unanswered, then refused", says(berth.Unresolved, berth.Refused), "resize resize resize resize", berth.Paid, "refused after an unresolved attempt"},
	} {
		s, d := scriptedShop(t, map[string][]berth.Outcome{"create": says(berth.Done), "resize": tt.resize})
		id := s.buy(server("5")).Order.ServiceID
		d.asked = nil
		o := s.attempts(4, change(id, "7", 0))
		if asked := strings.Join(d.asked, " "); asked != tt.asked || o.State != tt.state || !strings.HasPrefix(o.Note, tt.note) {
			t.Errorf("%s: got %q, %s, note %q; want %q, %s, %q", tt.name, asked, o.State, o.Note, tt.asked, tt.state, tt.note)
		}
		if open := s.service(id).OpenOrder; (open == o.ID) != (tt.state == berth.Paid) {
			t.Errorf("%s: got open order %q of a service whose order is %s", tt.name, open, o.State)
		}
		s.verified()
	}
}

func TestWhatDriversAreTold(t *testing.T) {
	s, d := scriptedShop(t, map[string][]berth.Outcome{"create": says(berth.Done), "resize": says(berth.Done)})
	r := server("5")
	r.Name, r.Password, r.ImageID, r.ApplicationID = "box", "s#cr=t&,", 0, 1
	receipt := s.buy(r)
	want := berth.ServerSpec{Name: "box", PlanID: "5", Cores: 2, RAM: 6 << 30, Disk: 40, Application: 1, Location: here,
		Password: "s#cr=t&,", UserID: anna}
	if d.spec != want || receipt.Password != r.Password {
		t.Errorf("create: got %+v, want %+v", d.spec, want)
	}
	if strings.Contains(s.order(receipt.Order.ID).Password, "s#cr") {
		t.Errorf("the password is stored in clear")
	}
	v := s.service(receipt.Order.ServiceID)
	if v.ProviderRef != "machine" || v.Address != "192.0.2.1" || v.ServerNo != 1 || v.ApplicationID != 1 || v.Status != berth.Active {
		t.Errorf("got service %+v, want what the driver said, with the first number of Berth's own", v)
	}
	if no := s.buy(server("5")).Order.ServerNo; no != 2 {
		t.Errorf("the next server: got number %d, want 2", no)
	}
	s.buy(change(v.ID, "7", 0))
	if d.spec.Disk != 80 || d.spec.PlanID != "7" || d.spec.Password != "" {
		t.Errorf("resize: got %+v, want plan 7's figures and no password", d.spec)
	}
	generated := s.buy(server("5"))
	if generated.Password != "generatedPassword123" || !strings.HasPrefix(generated.Order.Name, "server-") {
		t.Errorf("got password %q and name %q, want generated ones", generated.Password, generated.Order.Name)
	}
	s.verified()
}

// A provider that is gone from the settings, or a kind from a newer program: the order waits, no money moves.
func TestWhatNobodyCanFulfil(t *testing.T) {
	s := newShop(t)
	for what, o := range map[string]berth.Order{
		"provider": {Kind: berth.KindNewServer, Terms: berth.Terms{Provider: "gone"}},
		"network":  {Kind: berth.KindNetwork, Terms: berth.Terms{Provider: "gone"}},
		"change":   {Kind: berth.KindScale, Terms: berth.Terms{Provider: "gone"}},
		"kind":     {Kind: "balloon"},
		"password": {Kind: berth.KindNewServer, Terms: berth.Terms{Provider: "sim", Password: "sealed by somebody else"}},
	} {
		if out := s.Fulfil(background, o); out.Verdict != berth.Waiting || out.Until <= s.clock.Load() || out.Reason == nil {
			t.Errorf("%s: got %v until %d because of %v, want waiting", what, out.Verdict, out.Until, out.Reason)
		}
	}
}

func TestPostponement(t *testing.T) {
	s, _ := scriptedShop(t, nil)
	o := s.place(server("5")).Order
	until := s.clock.Load() + 90*berth.Second
	for _, tt := range []struct {
		name string
		out  berth.Outcome
		due  func(now int64) int64
	}{
		{"waiting", berth.Outcome{Verdict: berth.Waiting, Until: until}, func(int64) int64 { return until }},
		{"waiting in the past", berth.Outcome{Verdict: berth.Waiting, Until: 5}, func(now int64) int64 { return now + berth.Second }},
		{"unresolved", berth.Outcome{}, func(now int64) int64 { return now + 4*berth.Second }}, // at attempt 3
		{"absent, which only Find may say", berth.Outcome{Verdict: berth.Absent}, func(now int64) int64 { return now + 8*berth.Second }},
	} {
		receipt, err := s.Settle(background, o, tt.out)
		if err != nil {
			t.Fatal(err)
		}
		o = receipt.Order
		if want := tt.due(o.UpdatedAt); o.DueAt != want || o.Holder != "" || o.State != berth.Paid {
			t.Errorf("%s: got due at %d, held by %q, want %d and nobody", tt.name, o.DueAt, o.Holder, want)
		}
		s.clock.Store(o.DueAt)
		o = s.claim(o.ID)
	}
	for range 8 { // it backs off to five minutes, and no further
		receipt, err := s.Settle(background, o, berth.Outcome{})
		if err != nil {
			t.Fatal(err)
		}
		o = receipt.Order
		want := 300 * berth.Second
		if o.Attempt <= 8 {
			want = berth.Second << (o.Attempt - 1)
		}
		if pause := o.DueAt - o.UpdatedAt; pause != want {
			t.Errorf("attempt %d: got a pause of %d, want %d", o.Attempt, pause, want)
		}
		s.clock.Store(o.DueAt)
		o = s.claim(o.ID)
	}
}

// A row that a machine with a wrong clock has written takes the whole batch ahead of the clock, and nobody's lease from him.
func TestALeaseEndsByTheClock(t *testing.T) {
	s := newShop(t)
	mine := s.place(server("5")).Order
	s.pass(time.Hour)
	ahead := s.place(server("5")).Order
	s.pass(-time.Hour)
	s.clock.Store(mine.DueAt - 1)
	both := []string{mine.ID, ahead.ID}
	if taken, err := s.Claim(background, both); err != nil || len(taken) != 0 {
		t.Errorf("before the lease ends: got %d taken, %v, want none", len(taken), err)
	}
	s.clock.Store(mine.DueAt)
	if taken, err := s.Claim(background, both); err != nil || len(taken) != 1 || taken[0].ID != mine.ID {
		t.Errorf("when it ends: got %d taken, %v, want the one whose lease is over", len(taken), err)
	}
}

func TestLeases(t *testing.T) {
	s := newShop(t)
	o := s.place(server("5")).Order
	if o.Attempt != 1 || o.Holder != "test" || o.DueAt != o.CreatedAt+5*berth.Second || o.AnswerBy != o.CreatedAt+25*berth.Second {
		t.Errorf("got lease %+v, want the first attempt for 5 s", o.Lease)
	}
	if taken, err := s.Claim(background, []string{o.ID, "none"}); err != nil || len(taken) != 0 {
		t.Errorf("claim while it's held: got %d, %v, want none", len(taken), err)
	}
	s.clock.Store(o.DueAt - 1)
	if due, err := s.store.Due(background, s.clock.Load(), 9); err != nil || len(due) != 0 {
		t.Errorf("before its end: got %v due, %v", due, err)
	}
	if taken, err := s.Claim(background, []string{o.ID}); err != nil || len(taken) != 0 {
		t.Errorf("claim just before its end: got %d, %v, want none", len(taken), err)
	}
	s.clock.Store(o.DueAt)
	if due, err := s.store.Due(background, s.clock.Load(), 9); err != nil || !slices.Equal(due, []string{o.ID}) {
		t.Errorf("at its end: got %v due, %v, want the order", due, err)
	}
	second := s.claim(o.ID)
	if second.Attempt != 2 || !second.Doubt || second.DueAt <= s.clock.Load() {
		t.Errorf("got %+v, want attempt 2 in doubt about the first", second.Lease)
	}
	if kept, err := s.Hold(background, []berth.Order{o}); err != nil || len(kept) != 0 {
		t.Errorf("hold of the lost lease: got %d, %v, want none", len(kept), err)
	}
	late, err := s.Settle(background, o, berth.Outcome{Verdict: berth.Refused})
	if err != nil || late.Order.State != berth.Paid || late.Order.Attempt != 2 || s.balance(anna) != 100_000-1299 {
		t.Errorf("late settle of attempt 1: got %s, %v, want it to change nothing", late.Order.State, err)
	}
	other := s.Desk
	stranger := berth.NewDesk(berth.Desk{Store: s.store, Sealer: other.Sealer, Policy: other.Policy, Replica: "stranger", Now: s.clock.Load})
	if kept, err := stranger.Hold(background, []berth.Order{second}); err != nil || len(kept) != 0 {
		t.Errorf("hold by another process: got %d, %v, want none", len(kept), err)
	}
	if kept, err := s.Hold(background, []berth.Order{second}); err != nil || len(kept) != 1 || kept[0].DueAt < second.DueAt {
		t.Errorf("hold: got %+v, %v, want it renewed", kept, err)
	}
	waits, err := s.Settle(background, second, berth.Outcome{Verdict: berth.Waiting, Until: s.clock.Load() + 9*berth.Second})
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Store(waits.Order.DueAt)
	if third := s.claim(o.ID); third.Attempt != 3 {
		t.Errorf("got attempt %d, want 3", third.Attempt)
	}
	done := s.buy(server("5")).Order
	if taken, err := s.Claim(background, []string{done.ID}); err != nil || len(taken) != 0 {
		t.Errorf("claim of a settled order: got %d, %v, want none", len(taken), err)
	}
	if again, err := s.Settle(background, done, berth.Outcome{Verdict: berth.Refused}); err != nil || again.Order.State != berth.Completed {
		t.Errorf("settle of a settled order: got %s, %v, want it to stay", again.Order.State, err)
	}
	s.verified()
}

// Only an attempt that ended without a word is in doubt; one that was postponed for a task isn't.
func TestDoubt(t *testing.T) {
	s := newShop(t)
	o := s.place(server("5")).Order
	receipt, err := s.Settle(background, o, berth.Outcome{Verdict: berth.Waiting, Until: s.clock.Load() + berth.Second})
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Store(receipt.Order.DueAt)
	o = s.claim(o.ID)
	if o.Doubt {
		t.Errorf("after waiting: got doubt")
	}
	if receipt, err = s.Settle(background, o, berth.Outcome{Verdict: berth.Refused}); err != nil || receipt.Order.State != berth.Refunded {
		t.Errorf("refused without doubt: got %s, %v, want refunded", receipt.Order.State, err)
	}
	s.verified()
	s.pass(time.Second)
}
