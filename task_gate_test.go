package berth_test

import (
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// Due tasks of a provider that isn't called now, or has enough to do, are postponed without an attempt.
func TestTasksDueWhileShut(t *testing.T) {
	gate := &openGate{}
	s := newShop(t, func(d *berth.Desk) { d.Gate = gate })
	var ids []string
	for range 3 {
		id := s.buy(server("5")).Order.ServiceID
		ids = append(ids, id)
		s.asks(berth.TaskRequest{Operator: true, Later: true, ServerID: id, Task: berth.Task{Do: berth.TaskStop}})
	}
	gate.shut = map[string]int64{"sim": s.clock.Load() + 30*berth.Second}
	if taken, _, err := s.ClaimServices(background, ids); err != nil || len(taken) != 0 {
		t.Fatalf("while it's shut: got %d, %v, want none", len(taken), err)
	}
	for _, id := range ids {
		if v := s.service(id); v.DueAt != gate.shut["sim"] || v.Attempt != 0 || v.Task.Do != berth.TaskStop || v.Doubt {
			t.Errorf("got %+v, want it postponed until %d", v.Lease, gate.shut["sim"])
		}
	}
	s.pass(31 * time.Second)
	gate.shut, gate.rooms = nil, map[string]int{"sim": 1}
	taken, _, err := s.ClaimServices(background, ids)
	if err != nil || len(taken) != 1 {
		t.Fatalf("with room for one: got %d, %v", len(taken), err)
	}
	s.finishes(taken[0])
	gate.rooms = nil

	// An attempt whose lease ran out: it still counts when it ends after all, and is in doubt once another is made.
	ask := berth.TaskRequest{Operator: true, ServerID: taken[0].ID, Task: berth.Task{Do: berth.TaskStart}}
	for _, dead := range []bool{false, true} {
		gate.rooms = map[string]int{"sim": 0}
		v := s.asks(ask)
		s.pass(6 * time.Second)
		if taken, _, err := s.ClaimServices(background, []string{v.ID}); err != nil || len(taken) != 0 {
			t.Fatalf("without room: got %d, %v", len(taken), err)
		}
		if now := s.service(v.ID); now.Attempt != v.Attempt || now.Holder != v.Holder || now.DueAt <= s.clock.Load() {
			t.Errorf("got %+v, want the same attempt, looked at later", now.Lease)
		}
		gate.rooms = nil
		s.pass(6 * time.Second)
		if dead {
			if v, err = s.one(v.ID); err != nil || !v.Doubt {
				t.Fatalf("taken over: got %+v, %v, want it in doubt", v.Lease, err)
			}
		}
		if got := s.finishes(v); got.Verdict != berth.Done {
			t.Errorf("in the end: got %s", got.Verdict)
		}
	}
	for _, v := range s.due() {
		s.finishes(v)
	}
	for _, id := range ids {
		if v := s.service(id); v.Task.Do != "" {
			t.Errorf("in the end: got %+v", v.Task)
		}
	}
	s.verified()
}

// one claims one task.
func (s *shop) one(id string) (berth.Service, error) {
	s.Helper()
	taken, _, err := s.ClaimServices(background, []string{id})
	if len(taken) != 1 {
		s.Fatalf("got %d taken, %v, want one", len(taken), err)
	}
	return taken[0], err
}

// due claims what is due.
func (s *shop) due() []berth.Service {
	s.Helper()
	ids, err := s.store.DueServices(background, s.clock.Load(), 100)
	if err != nil {
		s.Fatal(err)
	}
	taken, _, err := s.ClaimServices(background, ids)
	if err != nil {
		s.Fatal(err)
	}
	return taken
}
