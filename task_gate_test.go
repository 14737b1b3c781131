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

	// A process that died at its attempt: postponed, too, and fenced.
	dead := s.asks(berth.TaskRequest{Operator: true, ServerID: taken[0].ID, Task: berth.Task{Do: berth.TaskStart}})
	s.pass(6 * time.Second)
	gate.rooms = map[string]int{"sim": 0}
	if taken, _, err := s.ClaimServices(background, []string{dead.ID}); err != nil || len(taken) != 0 {
		t.Fatalf("without room: got %d, %v", len(taken), err)
	}
	if v := s.service(dead.ID); v.Attempt != dead.Attempt+1 || v.Holder != "" || !v.Doubt {
		t.Errorf("got %+v, want the dead one's attempt fenced and in doubt", v.Lease)
	}
	gate.rooms = nil
	s.pass(6 * time.Second)
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
