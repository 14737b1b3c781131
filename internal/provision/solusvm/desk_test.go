package solusvm_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/solusvm"
	"github.com/berth-host/berth/internal/provision/solusvm/solusfake"
	"github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/store"
)

const (
	installation = "0192aaaa-0000-7000-8000-000000000001"
	anna         = "user-anna"
	funds        = 1_000_000
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// shop is an installation whose only provider is the fake panel. Time is the test's own: an order that waits is due as
// soon as the test says so.
type shop struct {
	*testing.T
	clock  atomic.Int64
	panel  *solusfake.Panel
	url    string
	driver *solusvm.Driver
	store  *store.Store
	desk   *berth.Desk
}

// open opens a shop. Whatever a test does, the panel must have nothing to complain of and the books must be in order.
func open(t *testing.T, panel solusfake.Options, edit ...func(*solusvm.Options)) *shop {
	t.Helper()
	s := &shop{T: t}
	s.clock.Store(time.Now().UnixMicro())
	panel.Now = func() time.Time { return time.UnixMicro(s.clock.Load()) }
	s.panel = solusfake.New(panel)
	server := httptest.NewServer(s.panel)
	t.Cleanup(server.Close)
	s.url = server.URL + "/api/v1/"
	s.driver = s.process(edit...)
	memory := store.NewMemory(s.clock.Load)
	s.store = memory.Open(store.Options{Now: s.clock.Load, Log: quiet})
	t.Cleanup(func() {
		for _, complaint := range s.panel.Complaints() {
			t.Errorf("the panel complains: %s", complaint)
		}
		if report, err := berth.Verify(context.Background(), s.store, berth.Head{}, nil); err != nil || report.Wrong != 0 {
			t.Errorf("verify: got %v and %+v", err, report.Findings)
		}
		s.store.Close()
	})
	ring, err := seal.ParseRing(seal.Generate(1))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Unlock(t.Context(), s.store, ring)
	if err != nil {
		t.Fatal(err)
	}
	s.desk = berth.NewDesk(berth.Desk{Store: s.store, Sealer: sealer, Policy: berth.DefaultPolicy(), Replica: "a", Now: s.clock.Load,
		Servers: map[string]berth.ServerDriver{"panel": s.driver}, NewPassword: func() string { return "sEcr3t-generated" }})
	c := berth.Catalogue{Currency: "EUR", Locations: []berth.Location{{Name: "Slovenia"}}, Images: []berth.Image{{ID: 13, Name: "Debian"}}}
	for i, id := range []int64{5, 7} {
		n := int64(i + 1)
		c.Plans = append(c.Plans, berth.Plan{ID: fmt.Sprint("plan-", id), ExternalID: id, Name: "Plan", Cores: 2 * n, RAM: 6 << 30 * n, Disk: 40 * n,
			Price: 1000 * n, Images: []int64{13}, Offers: []berth.Offer{{Location: "Slovenia", Providers: []string{"panel"}, Capacity: berth.Unlimited}}})
	}
	if _, err := s.desk.ApplyCatalogue(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.CreateUser(t.Context(), berth.User{ID: anna, Username: "anna"}, ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.desk.Transfer(t.Context(), berth.Transfer{UserID: anna, Amount: funds, Ref: "first"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// process is a driver of its own, as another process has it: it remembers nothing.
func (s *shop) process(edit ...func(*solusvm.Options)) *solusvm.Driver {
	s.Helper()
	o := solusvm.Options{BaseURL: s.url, Token: "token", Installation: installation, User: 9, Now: s.clock.Load,
		Poll: time.Millisecond, SendTimeout: 5 * time.Second}
	for _, e := range edit {
		e(&o)
	}
	d, err := solusvm.New(o)
	if err != nil {
		s.Fatal(err)
	}
	return d
}

// impatient is for tests of calls that are never answered.
func impatient(o *solusvm.Options) { o.SendTimeout = 300 * time.Millisecond }

// place pays for a server, and makes the first attempt.
func (s *shop) place() berth.Order {
	s.Helper()
	r, err := s.desk.Place(context.Background(), &berth.Request{Kind: berth.KindNewServer, UserID: anna, KeyOwnerID: anna, PlanID: "5", ImageID: 13, Name: "box"})
	if err != nil {
		s.Fatal(err)
	}
	return s.attempt(r.Order)
}

// attempt is one call of the driver, and its settling.
func (s *shop) attempt(o berth.Order) berth.Order {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out := s.desk.Fulfil(ctx, o)
	if out.Reason != nil && strings.Contains(out.Reason.Error(), "sEcr3t") {
		s.Errorf("the reason holds the password: %v", out.Reason)
	}
	r, err := s.desk.Settle(context.Background(), o, out)
	if err != nil {
		s.Fatal(err)
	}
	s.panel.Settle()
	return r.Order
}

// claim waits until an order is due, and takes its lease.
func (s *shop) claim(o berth.Order) berth.Order {
	s.Helper()
	s.clock.Store(max(s.clock.Load(), o.DueAt))
	taken, err := s.desk.Claim(context.Background(), []string{o.ID})
	if err != nil || len(taken) != 1 {
		s.Fatalf("claim: got %d orders, %v", len(taken), err)
	}
	return taken[0]
}

// finish makes attempts until the order is settled.
func (s *shop) finish(o berth.Order, attempts int) berth.Order {
	s.Helper()
	for range attempts {
		if o.State != berth.Paid {
			return o
		}
		o = s.attempt(s.claim(o))
	}
	return o
}

func (s *shop) balance() int64 {
	s.Helper()
	w, _, err := s.store.Wallet(context.Background(), anna)
	if err != nil {
		s.Fatal(err)
	}
	return w.Balance
}

// machines are the panel's servers with the mark of an order.
func (s *shop) machines(o berth.Order) (found []solusfake.Server) {
	for _, m := range s.panel.Servers() {
		if m.Description == berth.Mark(installation, o.ID) {
			found = append(found, m)
		}
	}
	return found
}

func (s *shop) creates(o berth.Order) int { return s.panel.Creates(berth.Mark(installation, o.ID)) }

// wantWhole checks the rule of all rules: one paid order has exactly one machine, or none and its money back.
func (s *shop) wantWhole(o berth.Order, sold int) {
	s.Helper()
	made := s.machines(o)
	paid := int64(funds - 1000*sold)
	switch {
	case o.State == berth.Completed && len(made) == 1 && fmt.Sprint(made[0].ID) == o.ProviderRef && made[0].Status == "started" && s.balance() == paid:
	case o.State == berth.Refunded && len(made) == 0 && s.balance() == paid+1000:
	default:
		s.Errorf("got the order %s with machine %q, at the panel %+v, a balance of %d", o.State, o.ProviderRef, made, s.balance())
	}
}

// Every fault, met by the create of a paid order.
func TestEveryFaultOfTheCreate(t *testing.T) {
	refusals := map[solusfake.Fault]bool{
		{Kind: "status", Code: 403}: true, {Kind: "status", Code: 404}: true, {Kind: "status", Code: 422}: true,
		{Kind: "task-failed", Made: true}: true,
	}
	later := map[solusfake.Fault]bool{
		{Kind: "status", Code: 409}: true, {Kind: "status", Code: 423}: true,
		{Kind: "limit", Code: 3}: true, {Kind: "limit-date", Code: 3}: true,
	}
	for _, fault := range solusfake.Faults() {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			s := open(t, solusfake.Options{}, impatient)
			s.panel.Fail("POST servers", fault)
			begun := s.clock.Load()
			o := s.place()
			if o.Doubt == (refusals[fault] || later[fault]) {
				t.Errorf("after the fault: got %s with doubt %v", o.State, o.Doubt)
			}
			if fault.Kind == "limit" && o.DueAt != begun+3*berth.Second {
				t.Errorf("got it due after %d us, want the 3 s that the panel asked for", o.DueAt-begun)
			}
			o = s.finish(o, 20)
			wanted, creates := berth.Completed, 2
			switch {
			case refusals[fault]:
				wanted, creates = berth.Refunded, 1
			case fault.Made:
				creates = 1
			case fault.Kind == "drop-unread":
				creates = 1 // the lost one has no name
			}
			if o.State != wanted || s.creates(o) != creates {
				t.Errorf("got %s after %d creates, want %s after %d", o.State, s.creates(o), wanted, creates)
			}
			s.wantWhole(o, 1)
			// What wasn't made for certain is sent again at once; after a doubt the grace goes by.
			if waited := s.clock.Load() - begun; o.State == berth.Completed && !fault.Made && (waited >= 60*berth.Second) == later[fault] {
				t.Errorf("it took %d s", waited/berth.Second)
			}
		})
	}
}

// Every fault, met by the look for what an unclear create has left.
func TestEveryFaultOfTheLook(t *testing.T) {
	for _, made := range []bool{true, false} {
		for _, fault := range solusfake.Faults() {
			if fault.Made {
				continue // reading makes nothing
			}
			t.Run(fmt.Sprintf("%s, made %v", fault, made), func(t *testing.T) {
				t.Parallel()
				s := open(t, solusfake.Options{}, impatient)
				s.panel.Fail("POST servers", solusfake.Fault{Kind: "status", Code: 502, Made: made})
				s.panel.Fail("GET servers", fault)
				s.panel.Fail("GET servers/{id}", solusfake.Fault{}, fault)
				o := s.place()
				// Go's client asks again by itself when a connection it had kept turns out to be closed, which only
				// reading calls allow, so a drop may go unnoticed. Nothing else may settle the order.
				dropped := fault.Kind == "drop" || fault.Kind == "drop-unread" || fault.Kind == "half"
				if o = s.attempt(s.claim(o)); o.State != berth.Paid && !dropped {
					t.Errorf("got %s, want it open while nobody can look", o.State)
				}
				o = s.finish(o, 20)
				if o.State != berth.Completed {
					t.Errorf("got %s, want completed", o.State)
				}
				s.wantWhole(o, 1)
			})
		}
	}
}

// Random faults everywhere, many orders on one panel.
func TestRandomFaults(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := open(t, solusfake.Options{Seed: seed, Rate: 5, Busy: []int{409, 422, 423}[seed%3]}, impatient)
			for n := 1; n <= 3; n++ {
				before := s.balance()
				o := s.finish(s.place(), 25)
				if o.State == berth.Paid {
					s.panel.Calm()
					o = s.finish(o, 20)
				}
				made, paid := s.machines(o), before-s.balance()
				if !(o.State == berth.Completed && len(made) == 1 && paid == 1000 || o.State == berth.Refunded && len(made) == 0 && paid == 0) {
					t.Errorf("order %d: got %s, %d machines, %d paid", n, o.State, len(made), paid)
				}
			}
		})
	}
}

// A double is never handed over: a person decides.
func TestDoubleIsHeld(t *testing.T) {
	s := open(t, solusfake.Options{})
	s.panel.Fail("POST servers", solusfake.Fault{Kind: "twice"})
	o := s.finish(s.place(), 5)
	if made := s.machines(o); o.State != berth.Paid || len(made) != 2 || s.creates(o) != 1 {
		t.Fatalf("got %s with %d machines after %d creates, want it held with both", o.State, len(made), s.creates(o))
	}
	out := s.driver.Find(t.Context(), berth.Ref{Order: o.ID, Attempt: 9})
	if out.Verdict != berth.Unresolved || !strings.Contains(out.Reason.Error(), "2 machines carry the mark of this order (493, 494)") {
		t.Errorf("got %s, %v", out.Verdict, out.Reason)
	}
	receipt, err := s.desk.Resolve(t.Context(), o.ID, berth.Resolution{Adopt: "494"})
	if err != nil || receipt.Order.State != berth.Completed || receipt.Order.ServerNo != 494 {
		t.Errorf("adopt: got %s, %v", receipt.Order.State, err)
	}
}

// An earlier create that comes through later than anybody can count on: the second attempt sees both.
func TestCreateThatCameLate(t *testing.T) {
	s := open(t, solusfake.Options{})
	s.panel.Fail("POST servers", solusfake.Fault{Kind: "drop"})
	o := s.place()
	o = s.attempt(s.claim(o)) // nothing there, the grace isn't over
	o = s.claim(o)
	// Behind the back of the driver, between its look and its create: the proxy delivers the first one after all.
	other := berth.Ref{Order: o.ID, Attempt: 1}
	s.desk.Servers["panel"] = intruder{s.driver, func() {
		s.process().Create(context.Background(), other, berth.ServerSpec{Name: "box", PlanID: "5", ImageID: 13, Location: "Slovenia", Password: "another"})
	}}
	if o = s.attempt(o); o.State != berth.Paid || !o.Doubt || len(s.machines(o)) != 2 {
		t.Errorf("got %s with %d machines, want it held for a person", o.State, len(s.machines(o)))
	}
}

// intruder has something happen just before a create.
type intruder struct {
	*solusvm.Driver
	before func()
}

func (i intruder) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	i.before()
	return i.Driver.Create(ctx, ref, spec)
}

// The order knows when the first process's attempt ended: another waits for the grace from there on, and a third no longer.
func TestTakenOverByAnotherProcess(t *testing.T) {
	s := open(t, solusfake.Options{})
	s.panel.Fail("POST servers", solusfake.Fault{Kind: "status", Code: 502})
	o := s.place()
	s.desk.Servers["panel"] = s.process()
	begun := s.claim(o)
	at := s.clock.Load()
	o = s.attempt(begun)
	// The attempt was over a second before, clocks may be 2 s apart, and the grace is 60 s.
	if wait := o.DueAt - at; o.State != berth.Paid || wait != 61*berth.Second || s.creates(o) != 1 {
		t.Errorf("got %s, a wait of %d us and %d creates, want 61 s and 1", o.State, wait, s.creates(o))
	}
	s.desk.Servers["panel"] = s.process()
	if o = s.attempt(s.claim(o)); o.State != berth.Completed || s.creates(o) != 2 {
		t.Errorf("got %s after %d creates, want the second after the wait", o.State, s.creates(o))
	}
	s.wantWhole(o, 1)
}

// A panel that can't be reached got nothing, and a wrong token is the operator's to mend: the money stays.
func TestPanelAway(t *testing.T) {
	s := open(t, solusfake.Options{})
	good := s.desk.Servers["panel"]
	s.desk.Servers["panel"] = s.process(func(o *solusvm.Options) { o.BaseURL = "http://127.0.0.1:1/api/v1/" })
	o := s.place()
	if o.State != berth.Paid || o.Doubt || !strings.Contains(o.Note, "can't be reached") {
		t.Errorf("away: got %s with doubt %v, want it to wait", o.State, o.Doubt)
	}
	driver := s.desk.Servers["panel"]
	if out := driver.Create(t.Context(), berth.Ref{Order: "x", Attempt: 1}, berth.ServerSpec{PlanID: "5", ImageID: 13, Location: "Slovenia"}); !out.Away {
		t.Errorf("away: got %+v, want the gate to hear of it", out)
	}
	if out := driver.Find(t.Context(), berth.Ref{Order: "x", Attempt: 2}); !out.Away {
		t.Errorf("away, asked for a server: got %+v, want the gate to hear of it", out)
	}
	s.desk.Servers["panel"] = s.process(func(o *solusvm.Options) { o.Token = "wrong" })
	if o = s.finish(o, 5); o.State != berth.Paid || s.balance() != funds-1000 {
		t.Errorf("a wrong token: got %s", o.State)
	}
	s.desk.Servers["panel"] = good
	o = s.finish(o, 5)
	s.wantWhole(o, 1)
	if o.State != berth.Completed || s.creates(o) != 1 {
		t.Errorf("got %s after %d creates, want the first to be sent now", o.State, s.creates(o))
	}
}

// What the panel doesn't sell is refused by it; what the settings don't map waits for the operator.
func TestWrongMapping(t *testing.T) {
	s := open(t, solusfake.Options{}, func(o *solusvm.Options) { o.Images = map[int64]int64{13: 101} }) // an image, not a version
	o := s.finish(s.place(), 3)
	if o.State != berth.Refunded {
		t.Errorf("an image's id: got %s, want the panel's refusal", o.State)
	}
	s.wantWhole(o, 1)
	s.desk.Servers["panel"] = s.process(func(o *solusvm.Options) { o.Plans = map[string]int64{"5": 77} })
	if o = s.finish(s.place(), 3); o.State != berth.Refunded {
		t.Errorf("an unknown plan: got %s, want the panel's refusal", o.State)
	}
	out := s.driver.Create(t.Context(), berth.Ref{Order: "x", Attempt: 1}, berth.ServerSpec{PlanID: "5", ImageID: 13, Location: "Atlantis"})
	if out.Verdict != berth.Waiting || !strings.Contains(out.Reason.Error(), "berth provider check") {
		t.Errorf("an unknown location: got %s, %v", out.Verdict, out.Reason)
	}
	if len(s.panel.Servers()) != 0 {
		t.Errorf("got %+v", s.panel.Servers())
	}
}

// A machine of another installation on the same panel is not this one's.
func TestAnotherInstallation(t *testing.T) {
	s := open(t, solusfake.Options{})
	staging := s.process(func(o *solusvm.Options) { o.Installation = "staging" })
	spec := berth.ServerSpec{Name: "box", PlanID: "5", ImageID: 13, Location: "Slovenia", Password: "another"}
	if out := staging.Create(t.Context(), berth.Ref{Order: "the-order", Attempt: 1}, spec); out.Verdict != berth.Done {
		t.Fatalf("got %s, %v", out.Verdict, out.Reason)
	}
	if out := s.driver.Find(t.Context(), berth.Ref{Order: "the-order", Attempt: 1}); out.Verdict != berth.Absent {
		t.Errorf("find: got %s %s", out.Verdict, out.ProviderRef)
	}
	if out := s.driver.Delete(t.Context(), "493"); out.Verdict != berth.Refused {
		t.Errorf("delete: got %s, want it refused", out.Verdict)
	}
	if out := staging.Delete(t.Context(), "493"); out.Verdict != berth.Done || len(s.panel.Servers()) != 0 {
		t.Errorf("its own: got %s, %v", out.Verdict, out.Reason)
	}
}

var _ http.Handler = (*solusfake.Panel)(nil)
