package berth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
)

// task is a request of anna's.
func task(do, id string) berth.TaskRequest {
	return berth.TaskRequest{UserID: anna, ServerID: id, Task: berth.Task{Do: do}}
}

// asks writes a task down that must be taken.
func (s *shop) asks(r berth.TaskRequest) berth.Service {
	s.Helper()
	v, err := s.Ask(background, r)
	if err != nil {
		s.Fatalf("ask to %s: %v (cause: %v)", r.Do, err, errors.Unwrap(err))
	}
	return v
}

// finishes does what a task asks of the world, and records the outcome.
func (s *shop) finishes(v berth.Service) berth.TaskReceipt {
	s.Helper()
	receipt, err := s.Finish(background, v, s.Perform(background, v))
	if err != nil {
		s.Fatalf("finish: %v (cause: %v)", err, errors.Unwrap(err))
	}
	return receipt
}

// changes asks and finishes.
func (s *shop) changes(r berth.TaskRequest) berth.TaskReceipt {
	s.Helper()
	return s.finishes(s.asks(r))
}

func (s *shop) machine() sim.Machine {
	s.Helper()
	all, err := s.world.Machines()
	if err != nil || len(all) != 1 {
		s.Fatalf("got %d machines, %v, want 1", len(all), err)
	}
	return all[0]
}

func TestTasks(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	operator := func(do string) berth.TaskRequest {
		r := task(do, id)
		r.UserID, r.Operator = "", true
		return r
	}
	rename := task(berth.TaskRename, id)
	rename.Name = "mail"
	image, application := task(berth.TaskReinstall, id), task(berth.TaskReinstall, id)
	image.ImageID, application.ApplicationID = 2, 1
	for _, tt := range []struct {
		request berth.TaskRequest
		is      func(v berth.Service, m sim.Machine) bool
	}{
		{task(berth.TaskStop, id), func(v berth.Service, m sim.Machine) bool { return v.Stopped && m.Off }},
		{task(berth.TaskStart, id), func(v berth.Service, m sim.Machine) bool { return !v.Stopped && !m.Off }},
		{task(berth.TaskStop, id), func(v berth.Service, m sim.Machine) bool { return v.Stopped && m.Off }},
		{task(berth.TaskRestart, id), func(v berth.Service, m sim.Machine) bool { return !v.Stopped && !m.Off }},
		{rename, func(v berth.Service, m sim.Machine) bool { return v.Name == "mail" && m.Name == "mail" }},
		{image, func(v berth.Service, m sim.Machine) bool { return v.ImageID == 2 && m.Image == 2 }},
		{operator(berth.TaskSuspend), func(v berth.Service, m sim.Machine) bool {
			return v.Status == berth.Suspended && v.Held == berth.HeldByOperator && m.Suspended
		}},
		{operator(berth.TaskResume), func(v berth.Service, m sim.Machine) bool {
			return v.Status == berth.Active && v.Held == "" && !m.Suspended
		}},
		{application, func(v berth.Service, m sim.Machine) bool { return v.ImageID == 0 && v.ApplicationID == 1 }},
		{task(berth.TaskResetPassword, id), func(berth.Service, sim.Machine) bool { return true }},
		{task(berth.TaskDelete, id), func(v berth.Service, m sim.Machine) bool { return v.Status == berth.Terminated && m.Gone }},
	} {
		before := s.service(id)
		got := s.changes(tt.request)
		now := s.service(id)
		if got.Verdict != berth.Done || !tt.is(now, s.machine()) || got.Service != now {
			t.Errorf("%s: got %s, %+v, machine %+v", tt.request.Do, got.Verdict, now, s.machine())
		}
		if want := (berth.Lease{Attempt: before.Attempt + 1, DueAt: now.DueAt}); now.Task != (berth.Task{}) || now.Lease != want {
			t.Errorf("%s: got %+v and %+v left, want nothing", tt.request.Do, now.Task, now.Lease)
		}
		if told := got.Password != ""; told != (tt.request.Do == berth.TaskResetPassword) {
			t.Errorf("%s: got the password %q", tt.request.Do, got.Password)
		}
	}
	if got := s.balance(anna); got != 100_000-1299 {
		t.Errorf("got balance %d, want it as after the purchase", got)
	}
	s.verified()
}

func TestTaskRefusals(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	suspended, gone, moving, fresh := s.buy(server("5")).Order.ServiceID, s.buy(server("5")).Order.ServiceID, s.buy(server("5")).Order.ServiceID, s.place(server("5")).Order.ID
	hold := task(berth.TaskSuspend, suspended)
	hold.Operator = true
	s.changes(hold)
	s.changes(task(berth.TaskDelete, gone))
	s.place(berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: moving, PlanID: "7"})
	with := func(r berth.TaskRequest, edit func(r *berth.TaskRequest)) berth.TaskRequest {
		edit(&r)
		return r
	}
	install := task(berth.TaskReinstall, id)
	for _, tt := range []struct {
		name    string
		request berth.TaskRequest
		want    string
	}{
		{"no action", task("explode", id), "invalid_parameter action"},
		{"no server", task(berth.TaskStop, ""), "invalid_parameter server_id"},
		{"an unknown server", task(berth.TaskStop, "nobody's"), "not_found server_id"},
		{"another user's", with(task(berth.TaskDelete, id), func(r *berth.TaskRequest) { r.UserID = bert }), "not_found server_id"},
		{"a deleted one", task(berth.TaskStart, gone), "not_found server_id"},
		{"one that is being made", task(berth.TaskStart, fresh), "busy server_id"},
		{"one that changes its plan", task(berth.TaskStop, moving), "busy server_id"},
		{"a customer suspends", task(berth.TaskSuspend, id), "forbidden"},
		{"a customer resumes", task(berth.TaskResume, suspended), "forbidden"},
		{"start of a suspended one", task(berth.TaskStart, suspended), "invalid_parameter server_id"},
		{"a new password of a suspended one", task(berth.TaskResetPassword, suspended), "invalid_parameter server_id"},
		{"neither image nor application", install, "invalid_parameter os_id"},
		{"both", with(install, func(r *berth.TaskRequest) { r.ImageID, r.ApplicationID = 2, 1 }), "invalid_parameter os_id"},
		{"an image of no plan", with(install, func(r *berth.TaskRequest) { r.ImageID = 99 }), "not_found os_id"},
		{"an image of another plan", with(install, func(r *berth.TaskRequest) { r.ImageID = 6 }), "not_found os_id"},
		{"an application of another plan", with(install, func(r *berth.TaskRequest) { r.ApplicationID = 4 }), "not_found application_id"},
		{"a short password", with(install, func(r *berth.TaskRequest) { r.ImageID, r.Password = 2, "abc" }), "invalid_parameter password"},
		{"no name", task(berth.TaskRename, id), "invalid_parameter name"},
		{"a name in two lines", with(task(berth.TaskRename, id), func(r *berth.TaskRequest) { r.Name = "a\nb" }), "invalid_parameter name"},
	} {
		if _, err := s.Ask(background, tt.request); refusal(err) != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, refusal(err), tt.want)
		}
	}
	if v := s.service(id); v.Task != (berth.Task{}) || v.Attempt != 0 {
		t.Errorf("got %+v, want nothing of it all", v)
	}
	// A driver that can do nothing but the verbs that every driver has.
	bare, _ := scriptedShop(t, map[string][]berth.Outcome{"create": says(berth.Done)})
	made := bare.buy(server("5")).Order.ServiceID
	for _, do := range []string{berth.TaskStart, berth.TaskResetPassword, berth.TaskDelete} {
		if _, err := bare.Ask(background, task(do, made)); refusal(err) != "not_supported" {
			t.Errorf("%s of a driver without: got %q, want not_supported", do, refusal(err))
		}
	}
}

// While a task is under way nothing else is begun, and only a deletion stops an extension.
func TestTasksAndOrders(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	for _, tt := range []struct{ do, renew, scale string }{
		{berth.TaskStop, "", "busy server_id"}, {berth.TaskDelete, "busy server_id", "busy server_id"},
	} {
		v := s.asks(task(tt.do, id))
		_, second := s.Ask(background, task(berth.TaskRestart, id))
		_, renewed := s.Place(background, &berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id, Hours: 1})
		_, scaled := s.Place(background, &berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: id, PlanID: "7"})
		if refusal(second) != "busy server_id" || refusal(renewed) != tt.renew || refusal(scaled) != tt.scale {
			t.Errorf("during %s: got %q, renewal %q, plan change %q", tt.do, refusal(second), refusal(renewed), refusal(scaled))
		}
		if now := s.service(id); now.Task != v.Task || now.Lease != v.Lease {
			t.Errorf("during %s: got %+v, %+v, want the task as it was", tt.do, now.Task, now.Lease)
		}
		if got := s.finishes(v); got.Verdict != berth.Done {
			t.Errorf("%s: got %s", tt.do, got.Verdict)
		}
	}
	if _, err := s.Place(background, &berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id}); refusal(err) != "not_found server_id" {
		t.Errorf("extending what is gone: got %q", refusal(err))
	}
	s.verified()
}

// A deletion frees the stock, forgets the password, and gives nothing back.
func TestDeletion(t *testing.T) {
	s := newShop(t)
	receipt := s.buy(server("9"))
	if _, err := s.Ask(background, task(berth.TaskDelete, receipt.Order.ServiceID)); err != nil {
		t.Fatal(err)
	}
	v := s.service(receipt.Order.ServiceID)
	s.finishes(v)
	if again := s.finishes(v); again.Verdict != berth.Done { // its first answer was lost
		t.Errorf("finished once more: got %s, want done", again.Verdict)
	}
	if o := s.order(receipt.Order.ID); o.Password != "" || o.State != berth.Completed {
		t.Errorf("got an order that is %s with password %q, want it completed and none", o.State, o.Password)
	}
	if s.used("plan-j", here) != 0 || s.balance(anna) != 99_000 {
		t.Errorf("got %d used and balance %d, want 0 and 99,000", s.used("plan-j", here), s.balance(anna))
	}
	s.buy(server("9"))
	s.verified()
}

// The root password that is told stays true: a reset makes the order forget the old one, and a reinstallation goes on
// with it while it's known.
func TestTaskPasswords(t *testing.T) {
	var used []string
	s := newShop(t)
	s.Servers["sim"] = reinstalling{s.world, &used}
	r := server("5")
	r.Password = "chosen-at-first"
	id := s.buy(r).Order.ServiceID
	install := task(berth.TaskReinstall, id)
	install.ImageID = 2
	s.changes(install)
	if s.order(id).Password == "" {
		t.Errorf("a reinstallation under the same password forgot it")
	}
	if got := s.changes(task(berth.TaskResetPassword, id)); got.Password != "generatedPassword123" || s.order(id).Password != "" {
		t.Errorf("reset: got %q, and the order's is %q", got.Password, s.order(id).Password)
	}
	s.changes(install)
	install.Password = "chosen-afterwards"
	s.changes(install)
	if got := strings.Join(used, " "); got != "chosen-at-first generatedPassword123 chosen-afterwards" {
		t.Errorf("reinstalled under %q", got)
	}
}

type reinstalling struct {
	*sim.Provider
	used *[]string
}

func (d reinstalling) Reinstall(ctx context.Context, ref string, spec berth.ServerSpec) berth.Outcome {
	*d.used = append(*d.used, spec.Password)
	return d.Provider.Reinstall(ctx, ref, spec)
}

// powered is a driver whose power actions are scripted.
type powered struct {
	*scripted
}

func (d powered) Power(_ context.Context, _ string, action berth.PowerAction) berth.Outcome {
	return d.answer(string(action), berth.Ref{})
}

func TestTaskAttempts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		stop    []berth.Outcome
		asked   int
		verdict berth.Verdict
		stopped bool
	}{
		{"done", says(berth.Done), 1, berth.Done, true},
		{"refused", says(berth.Refused), 1, berth.Refused, false},
		{"no such server", says(berth.Absent), 1, berth.Refused, false},
		{"waiting, then done", says(berth.Waiting, berth.Waiting, berth.Done), 3, berth.Done, true},
		{"unanswered, then done", says(berth.Unresolved, berth.Done), 2, berth.Done, true},
		{"unanswered, then refused", says(berth.Unresolved, berth.Refused), 2, berth.Refused, false},
		{"never answered", says(berth.Unresolved), 5, berth.Waiting, false},
	} {
		s, d := scriptedShop(t, map[string][]berth.Outcome{"create": says(berth.Done), "stop": tt.stop})
		s.Servers["sim"] = powered{d}
		id := s.buy(server("5")).Order.ServiceID
		d.asked = nil
		v := s.asks(task(berth.TaskStop, id))
		var got berth.TaskReceipt
		for range 5 {
			if got = s.finishes(v); got.Verdict != berth.Waiting {
				break
			}
			s.clock.Store(got.Service.DueAt)
			taken, _, err := s.ClaimServices(background, []string{id})
			if err != nil || len(taken) != 1 {
				t.Fatalf("%s: claim: got %d, %v", tt.name, len(taken), err)
			}
			v = taken[0]
		}
		if got.Verdict != tt.verdict || len(d.asked) != tt.asked || s.service(id).Stopped != tt.stopped {
			t.Errorf("%s: got %s after %d calls, stopped %v; want %s, %d, %v", tt.name, got.Verdict, len(d.asked), s.service(id).Stopped,
				tt.verdict, tt.asked, tt.stopped)
		}
		s.verified()
	}
}

// A deletion that is refused after one that may still arrive doesn't count as refused; without doubt it does.
func TestDeletionInDoubt(t *testing.T) {
	s, d := scriptedShop(t, map[string][]berth.Outcome{"create": says(berth.Done), "delete": says(berth.Refused, berth.Unresolved, berth.Refused, berth.Absent)})
	s.Servers["sim"] = deleted{d}
	id := s.buy(server("5")).Order.ServiceID
	if got := s.changes(task(berth.TaskDelete, id)); got.Verdict != berth.Refused || got.Service.Status != berth.Active || got.Service.Task.Do != "" {
		t.Errorf("refused at once: got %s, %+v", got.Verdict, got.Service)
	}
	got := s.changes(task(berth.TaskDelete, id))
	for i, want := range []berth.Verdict{berth.Waiting, berth.Waiting, berth.Done} {
		if got.Verdict != want {
			t.Errorf("attempt %d: got %s, want %s", i+1, got.Verdict, want)
		}
		if want == berth.Done {
			break
		}
		s.clock.Store(got.Service.DueAt)
		taken, _, err := s.ClaimServices(background, []string{id})
		if err != nil || len(taken) != 1 {
			t.Fatalf("claim: got %d, %v", len(taken), err)
		}
		got = s.finishes(taken[0])
	}
	s.verified()
}

type deleted struct{ *scripted }

func (d deleted) Delete(context.Context, string) berth.Outcome {
	return d.answer("delete", berth.Ref{})
}

// The back-off is that of the task's own attempts, however many the service has seen.
func TestTaskBackOff(t *testing.T) {
	s, d := scriptedShop(t, map[string][]berth.Outcome{"create": says(berth.Done), "start": says(berth.Done), "stop": says(berth.Unresolved)})
	s.Servers["sim"] = powered{d}
	id := s.buy(server("5")).Order.ServiceID
	for range 9 {
		s.changes(task(berth.TaskStart, id))
	}
	v := s.changes(task(berth.TaskStop, id)).Service
	if wait := v.DueAt - v.UpdatedAt; wait != berth.Second || !v.Doubt || v.Holder != "" {
		t.Errorf("got another attempt after %d µs, doubt %v, holder %q; want after a second", wait, v.Doubt, v.Holder)
	}
}

// An outcome of an attempt whose lease was taken over changes nothing.
func TestTaskFencing(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	late := s.asks(task(berth.TaskStop, id))
	s.pass(6 * time.Second)
	taken, _, err := s.ClaimServices(background, []string{id})
	if err != nil || len(taken) != 1 || taken[0].Attempt != late.Attempt+1 || !taken[0].Doubt {
		t.Fatalf("claim: got %+v, %v", taken, err)
	}
	if kept, err := s.HoldServices(background, []berth.Service{late, taken[0]}); err != nil || len(kept) != 1 || kept[0].Attempt != taken[0].Attempt {
		t.Errorf("hold: got %+v, %v, want the second lease alone", kept, err)
	}
	got, err := s.Finish(background, late, berth.Outcome{Verdict: berth.Refused})
	if err != nil || got.Verdict != berth.Waiting || s.service(id).Task.Do != berth.TaskStop {
		t.Errorf("late: got %s, %v, want it to go on", got.Verdict, err)
	}
	s.finishes(taken[0])
	got, err = s.Finish(background, late, berth.Outcome{Verdict: berth.Refused})
	if err != nil || got.Verdict != berth.Unresolved || !s.service(id).Stopped {
		t.Errorf("after the end: got %s, %v, want no word of its own", got.Verdict, err)
	}
	if again, _, err := s.ClaimServices(background, []string{id}); err != nil || len(again) != 0 {
		t.Errorf("claim of nothing: got %d, %v", len(again), err)
	}
}

func TestSetAutoRenew(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	for _, on := range []bool{true, true, false} {
		if v, err := s.SetAutoRenew(background, anna, id, on); err != nil || v.AutoRenew != on || s.service(id) != v {
			t.Errorf("set to %v: got %v, %v", on, v.AutoRenew, err)
		}
	}
	if _, err := s.SetAutoRenew(background, bert, id, true); refusal(err) != "not_found server_id" || s.service(id).AutoRenew {
		t.Errorf("another user's: got %q", refusal(err))
	}
}
