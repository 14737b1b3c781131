package berth_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// hall is what a provider has, beside how it makes servers: as many machines as a test puts there.
type hall struct {
	berth.ServerDriver
	machines map[string]berth.Machine
	inspect  map[string]berth.Machine // what Inspect says instead, when the list is old
	away     error
	refuses  bool   // to delete, suspend and resume
	meantime func() // happens while it is inspected
}

func (h *hall) Machines(_ context.Context, each func(berth.Machine) error) error {
	for _, ref := range slices.Sorted(maps.Keys(h.machines)) {
		if err := each(h.machines[ref]); err != nil {
			return err
		}
	}
	return h.away
}

func (h *hall) Inspect(_ context.Context, ref string) (berth.Machine, berth.Outcome) {
	m, ok := h.inspect[ref]
	if !ok {
		m, ok = h.machines[ref]
	}
	if h.meantime != nil {
		h.meantime()
	}
	if !ok {
		return m, berth.Outcome{Verdict: berth.Absent}
	}
	return m, berth.Outcome{Verdict: berth.Done}
}

func (h *hall) change(ref string, change func(*berth.Machine)) berth.Outcome {
	if h.refuses {
		return berth.Outcome{Verdict: berth.Unresolved, Reason: errors.New("panel is down")}
	}
	m := h.machines[ref]
	change(&m)
	h.machines[ref] = m
	return berth.Outcome{Verdict: berth.Done}
}

func (h *hall) Suspend(_ context.Context, ref string) berth.Outcome {
	return h.change(ref, func(m *berth.Machine) { m.Suspended = true })
}

func (h *hall) Resume(_ context.Context, ref string) berth.Outcome {
	return h.change(ref, func(m *berth.Machine) { m.Suspended = false })
}

func (h *hall) Power(_ context.Context, ref string, action berth.PowerAction) berth.Outcome {
	return h.change(ref, func(m *berth.Machine) { m.Running = action != berth.PowerStop })
}

func (h *hall) Delete(_ context.Context, ref string) berth.Outcome {
	if !h.refuses {
		delete(h.machines, ref)
	}
	return h.change(ref, func(*berth.Machine) {})
}

const installation = "this-installation"

// reconcileShop is a shop with servers, and a provider that has exactly their machines. It returns the services by name.
func reconcileShop(t *testing.T, names ...string) (*shop, *hall, map[string]berth.Service) {
	h := &hall{machines: map[string]berth.Machine{}, inspect: map[string]berth.Machine{}}
	s := newShop(t, func(d *berth.Desk) {
		h.ServerDriver = d.Servers["sim"]
		d.Servers = map[string]berth.ServerDriver{"sim": h}
	})
	bought := map[string]berth.Service{}
	for _, name := range names {
		r := server("5")
		r.Name = name
		o := s.buy(r).Order
		v, _, err := s.store.Service(background, o.ServiceID)
		if err != nil {
			t.Fatal(err)
		}
		bought[name] = v
		h.machines[v.ProviderRef] = berth.Machine{Result: v.Result, Installation: installation, Order: o.ID, Name: name, Cores: v.Cores,
			RAM: v.RAM, Disk: v.Disk, Running: true, CreatedAt: s.Now()}
	}
	return s, h, bought
}

// found are drifts in one line each.
func found(r berth.Reconciliation) (lines []string) {
	for _, d := range r.Drifts {
		line := fmt.Sprintf("%s %s: want %s, have %s, %s", d.Sort, d.ProviderRef, d.Want, d.Have, berth.FormatMinor(d.Price))
		if d.Repair != "" {
			line += ", " + d.Repair
		}
		if d.Done {
			line += ": done"
		}
		if d.Trouble != nil {
			line += ": " + d.Trouble.Error()
		}
		lines = append(lines, line)
	}
	return lines
}

func (s *shop) reconcile(o berth.ReconcileOptions) berth.Reconciliation {
	s.Helper()
	o.Installation, o.MinAge = installation, (24 * time.Hour).Microseconds()
	r, err := s.Reconcile(background, o)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

// TestReconcile seeds every drift and expects exactly those findings; then repairs, and expects what can't be repaired.
func TestReconcile(t *testing.T) {
	s, h, bought := reconcileShop(t, "fine", "gone", "asleep", "resized", "moved")
	if r := s.reconcile(berth.ReconcileOptions{}); len(r.Drifts) != 0 || r.Machines != 5 || r.Services != 5 || len(r.Skipped) != 0 {
		t.Fatalf("nothing drifted: got %q, %+v", found(r), r)
	}
	edit := func(name string, change func(*berth.Machine)) string {
		ref := bought[name].ProviderRef
		m := h.machines[ref]
		change(&m)
		h.machines[ref] = m
		return ref
	}
	gone := bought["gone"].ProviderRef
	delete(h.machines, gone)
	asleep := edit("asleep", func(m *berth.Machine) { m.Suspended = true })
	resized := edit("resized", func(m *berth.Machine) { m.RAM *= 2 })
	moved := edit("moved", func(m *berth.Machine) { m.Address = "192.0.2.77" })
	edit("fine", func(m *berth.Machine) { m.Cores = 0 }) // a provider that doesn't tell
	double := h.machines[bought["fine"].ProviderRef]
	double.ProviderRef = "double"
	h.machines["double"] = double
	h.machines["fresh"] = berth.Machine{Result: berth.Result{ProviderRef: "fresh"}, Installation: installation, Order: "nobody's", CreatedAt: s.Now()}
	h.machines["ageless"] = berth.Machine{Result: berth.Result{ProviderRef: "ageless"}, Installation: installation, Order: "nobody's"}
	h.machines["staging"] = berth.Machine{Result: berth.Result{ProviderRef: "staging"}, Installation: "another", Order: bought["fine"].ID}
	h.machines["unmarked"] = berth.Machine{Result: berth.Result{ProviderRef: "unmarked"}}
	under := s.place(server("5")).Order // paid, and its machine is there before it's settled
	h.machines["underway"] = berth.Machine{Result: berth.Result{ProviderRef: "underway"}, Installation: installation, Order: under.ID}
	s.pass(25 * time.Hour)

	const figures = "2 cores, 6144 MiB, 40 GB"
	lines := func(asleepDone, movedDone, doubleDone string) []string {
		return []string{
			"address " + moved + ": want " + bought["moved"].Address + ", have 192.0.2.77, 12.99, tell the customer this one" + movedDone,
			"missing " + gone + ": want gone, " + figures + ", have nothing, 12.99",
			"plan " + resized + ": want " + figures + ", have 2 cores, 12288 MiB, 40 GB, 12.99",
			"state " + asleep + ": want not suspended, have suspended, 12.99, resume it" + asleepDone,
			"unpaid ageless: want nothing: the order is unknown, have , 0 cores, 0 MiB, 0 GB, 0.00",
			"unpaid double: want nothing: the order has the machine " + bought["fine"].ProviderRef + ", have fine, 0 cores, 6144 MiB, 40 GB, 12.99, delete it" + doubleDone,
			"unpaid fresh: want nothing: the order is unknown, have , 0 cores, 0 MiB, 0 GB, 0.00",
		}
	}
	r := s.reconcile(berth.ReconcileOptions{})
	if want := lines("", "", ""); !slices.Equal(found(r), want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(found(r), "\n"), strings.Join(want, "\n"))
	}
	if r.Foreign != 2 || len(h.machines) != 10 {
		t.Errorf("got %d machines of others and %d in all, want 2 and 10: nothing may be touched", r.Foreign, len(h.machines))
	}
	h.refuses = true
	r = s.reconcile(berth.ReconcileOptions{Repair: true, Delete: true})
	if want := lines(": panel is down", ": done", ": panel is down"); !slices.Equal(found(r), want) {
		t.Errorf("with a panel that is down: got\n%s\nwant\n%s", strings.Join(found(r), "\n"), strings.Join(want, "\n"))
	}
	h.refuses = false
	s.reconcile(berth.ReconcileOptions{Repair: true})
	h.inspect["double"] = berth.Machine{Result: double.Result, Installation: installation, Order: "another's"}
	if r := s.reconcile(berth.ReconcileOptions{Delete: true}); r.Drifts[len(r.Drifts)-2].Trouble == nil || h.machines["double"].ProviderRef == "" {
		t.Errorf("a machine that has changed hands: got %q", found(r))
	}
	delete(h.inspect, "double")
	if _, kept := h.machines["double"]; !kept || h.machines[asleep].Suspended {
		t.Errorf("repair alone deleted a machine (%v), or left one suspended", !kept)
	}
	s.reconcile(berth.ReconcileOptions{Repair: true, Delete: true})
	var left []string
	for _, d := range s.reconcile(berth.ReconcileOptions{}).Drifts {
		left = append(left, d.Sort+" "+d.ProviderRef)
	}
	if want := []string{"missing " + gone, "plan " + resized, "unpaid ageless", "unpaid fresh"}; !slices.Equal(left, want) {
		t.Errorf("left for a person: got %q, want %q", left, want)
	}
	if v, _, err := s.store.Service(background, bought["moved"].ID); err != nil || v.Address != "192.0.2.77" {
		t.Errorf("got the address %q, want the machine's", v.Address)
	}
	s.verified()
}

// A machine that should run is started when that is asked for; one that runs though it was stopped is for a person, and
// neither counts while a task is under way.
func TestReconcilePower(t *testing.T) {
	s, h, bought := reconcileShop(t, "down", "up", "busy")
	turn := func(name string, running bool) string {
		ref := bought[name].ProviderRef
		m := h.machines[ref]
		m.Running = running
		h.machines[ref] = m
		return ref
	}
	s.changes(task(berth.TaskStop, bought["up"].ID))
	s.asks(task(berth.TaskStop, bought["busy"].ID))
	down, up := turn("down", false), turn("up", true)
	turn("busy", false)
	want := []string{"state " + down + ": want running, have stopped, 12.99, start it", "state " + up + ": want stopped, have running, 12.99"}
	slices.Sort(want)
	if r := s.reconcile(berth.ReconcileOptions{}); !slices.Equal(found(r), want) {
		t.Errorf("got %q, want %q", found(r), want)
	}
	s.reconcile(berth.ReconcileOptions{Repair: true})
	if !h.machines[down].Running || !h.machines[up].Running {
		t.Errorf("repaired: got %+v and %+v, want the first started and the second left", h.machines[down], h.machines[up])
	}
}

// TestReconcileIsCareful: what can't be known, or has changed meanwhile, is no drift.
func TestReconcileIsCareful(t *testing.T) {
	s, h, bought := reconcileShop(t, "a", "b")
	ref := bought["a"].ProviderRef
	now := h.machines[ref]
	old := now
	old.Suspended = true
	h.machines[ref], h.inspect[ref] = old, now
	if r := s.reconcile(berth.ReconcileOptions{Repair: true}); len(r.Drifts) != 0 {
		t.Errorf("a list that was old: got %q", found(r))
	}
	delete(h.machines, ref)
	if r := s.reconcile(berth.ReconcileOptions{}); len(r.Drifts) != 0 {
		t.Errorf("a machine that wasn't in the list, but is there: got %q", found(r))
	}
	h.machines[ref] = now
	bad := now
	bad.Address = "<script>"
	h.machines[ref], h.inspect[ref] = bad, bad
	if r := s.reconcile(berth.ReconcileOptions{Repair: true}); len(r.Drifts) != 1 || r.Drifts[0].Done || r.Drifts[0].Trouble == nil {
		t.Errorf("an address that can't be used: got %q", found(r))
	}
	h.away = errors.New("503")
	if r := s.reconcile(berth.ReconcileOptions{}); len(r.Drifts) != 0 || r.Skipped["sim"] == nil {
		t.Errorf("a provider that broke off: got %q and %v", found(r), r.Skipped)
	}
	if _, err := s.Reconcile(background, berth.ReconcileOptions{}); !berth.IsCode(err, berth.NotFound) {
		t.Errorf("without an installation's id: got %v", err)
	}
	s.Servers = map[string]berth.ServerDriver{}
	if r := s.reconcile(berth.ReconcileOptions{}); r.Skipped["sim"] == nil {
		t.Errorf("a provider that is gone from the settings: got %v", r.Skipped)
	}
}

// What a customer does while the provider answers isn't undone by a repair.
func TestRepairComesTooLate(t *testing.T) {
	s, h, bought := reconcileShop(t, "box")
	id, ref := bought["box"].ID, bought["box"].ProviderRef
	s.until(time.UnixMicro(bought["box"].ExpiresAt).Add(time.Hour))
	s.is(id, berth.Suspended, "at its expiry")
	m := h.machines[ref]
	m.Suspended, m.Running = false, true // somebody has resumed it at the provider
	h.machines[ref] = m
	h.meantime = func() {
		h.meantime = nil
		s.place(berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id, Hours: 24})
		s.ticks()
		s.is(id, berth.Active, "paid")
	}
	if got := found(s.reconcile(berth.ReconcileOptions{Repair: true})); len(got) != 0 || h.machines[ref].Suspended {
		t.Errorf("got %q and a machine that is suspended: %v, want it left alone", got, h.machines[ref].Suspended)
	}
	s.verified()
}

// again is a provider that gives one id to every server, as one does that was set back.
type again struct {
	berth.ServerDriver
	ref string
}

func (a again) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	out := a.ServerDriver.Create(ctx, ref, spec)
	out.Result.ProviderRef = a.ref
	return out
}

// TestReconcileSharedMachine gives the id of a server to another one: the machine is the one's whose order it is marked
// with, the other's is gone, and nothing is done to a machine that nobody can be told to have.
func TestReconcileSharedMachine(t *testing.T) {
	s, h, bought := reconcileShop(t, "first")
	first := bought["first"]
	h.ServerDriver = again{h.ServerDriver, first.ProviderRef}
	r := server("5")
	r.Name = "second"
	second := s.buy(r).Order.ServiceID

	m := h.machines[first.ProviderRef]
	m.Order, m.Address = second, ""
	h.machines[first.ProviderRef] = m
	got := s.reconcile(berth.ReconcileOptions{Repair: true, Delete: true})
	if len(got.Drifts) != 1 || got.Drifts[0].Sort != berth.DriftMissing || got.Drifts[0].ServiceID != first.ID ||
		got.Drifts[0].Have != "the machine of service "+second || got.Services != 2 {
		t.Errorf("marked as the second's: got %q of %d services, want the first's to be missing", found(got), got.Services)
	}
	m.Order, m.Suspended = "adopted", true
	h.machines[first.ProviderRef] = m
	got = s.reconcile(berth.ReconcileOptions{Repair: true})
	if len(got.Drifts) != 1 || got.Drifts[0].ServiceID != second || !h.machines[first.ProviderRef].Suspended {
		t.Errorf("marked as nobody's: got %q, want the second's to be missing and nothing changed", found(got))
	}
	delete(h.machines, first.ProviderRef)
	if got = s.reconcile(berth.ReconcileOptions{}); len(got.Drifts) != 2 {
		t.Errorf("without a machine: got %q, want both to miss it", found(got))
	}
}

// OpenConsole is a console of whatever has the id.
func (h *hall) OpenConsole(context.Context, string) (string, string, berth.Outcome) {
	return "wss://console.example.com/1", "secret", berth.Outcome{Verdict: berth.Done}
}

// TestTasksOnSharedMachine gives a lost server's id to another customer's: nothing that the first one asks for reaches the
// machine, and its own service can be ended all the same.
func TestTasksOnSharedMachine(t *testing.T) {
	s, h, bought := reconcileShop(t, "first")
	first := bought["first"]
	h.ServerDriver = again{h.ServerDriver, first.ProviderRef}
	second := s.buy(server("5")).Order.ServiceID
	m := h.machines[first.ProviderRef]
	m.Order = second
	h.machines[first.ProviderRef] = m

	if got := s.changes(task(berth.TaskStop, first.ID)); got.Verdict != berth.Refused || !h.machines[first.ProviderRef].Running {
		t.Errorf("stop: got %s with the machine running %v, want a refusal", got.Verdict, h.machines[first.ProviderRef].Running)
	}
	if address, _, err := s.OpenConsole(background, first); !berth.IsCode(err, berth.ProviderRefused) {
		t.Errorf("console: got %q, %v, want a refusal", address, err)
	}
	o := s.place(berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: first.ID, PlanID: "7", Hours: 1}).Order
	if o = s.settle(o).Order; o.State != berth.Refunded {
		t.Errorf("plan change: got %s, want the money back", o.State)
	}
	got := s.changes(task(berth.TaskDelete, first.ID))
	if _, there := h.machines[first.ProviderRef]; !there || got.Service.Status != berth.Terminated {
		t.Errorf("delete: got %s with the machine there %v, want the service ended alone", got.Service.Status, there)
	}
	owner, _, err := s.store.Service(background, second)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.OpenConsole(background, owner); err != nil {
		t.Errorf("the owner's console: %v", err)
	}
	if got := s.changes(task(berth.TaskDelete, second)); got.Service.Status != berth.Terminated || len(h.machines) != 1 || h.machines[first.ProviderRef].Order != "" {
		t.Errorf("the owner's deletion: got %s and %+v", got.Service.Status, h.machines)
	}
}
