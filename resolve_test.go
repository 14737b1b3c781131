package berth_test

import (
	"testing"

	"github.com/berth-host/berth"
)

// stuck is an order that no certain answer came for, at rest.
func (s *shop) stuck(r berth.Request) berth.Order {
	s.Helper()
	receipt, err := s.Settle(background, s.place(r).Order, berth.Outcome{Verdict: berth.Unresolved})
	if err != nil {
		s.Fatal(err)
	}
	return receipt.Order
}

func TestResolveByRefund(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	balance := s.balance(anna)
	for _, r := range []berth.Request{server("5"), change(id, "7", 0), {Kind: berth.KindNetwork, UserID: anna, NetworkID: "net", Cycle: berth.Yearly}} {
		o := s.stuck(r)
		receipt, err := s.Resolve(background, o.ID, berth.Resolution{Refund: true})
		if err != nil || receipt.Order.State != berth.Refunded || s.balance(anna) != balance {
			t.Errorf("%s: got %s, balance %d, %v, want refunded and %d", r.Kind, receipt.Order.State, s.balance(anna), err, balance)
		}
		if receipt.Order.Attempt != o.Attempt+1 {
			t.Errorf("%s: got attempt %d, want %d, which fences the attempt before", r.Kind, receipt.Order.Attempt, o.Attempt+1)
		}
		if late, err := s.Settle(background, o, berth.Outcome{Verdict: berth.Done}); err != nil || late.Order.State != berth.Refunded {
			t.Errorf("%s: a late answer: got %s, %v, want the refund to stay", r.Kind, late.Order.State, err)
		}
	}
	if s.service(id).OpenOrder != "" {
		t.Errorf("the service is still held by a refunded order")
	}
	s.verified()
}

func TestResolveByAdoption(t *testing.T) {
	s := newShop(t)
	made := s.world.Create(background, berth.Ref{Order: "by hand"}, berth.ServerSpec{Name: "spare"})
	owned := s.buy(server("5")).Order
	line := s.world.Activate(background, berth.Ref{Order: "by hand too"}, berth.NetworkSpec{})
	o := s.stuck(server("5"))
	if _, err := s.Resolve(background, o.ID, berth.Resolution{Adopt: "sim-99"}); refusal(err) != "not_found" {
		t.Errorf("an unknown machine: got %v, want not_found", err)
	}
	if _, err := s.Resolve(background, o.ID, berth.Resolution{Adopt: owned.ProviderRef}); refusal(err) != "busy" || s.order(o.ID).State != berth.Paid {
		t.Errorf("a machine of another service: got %v, want busy", err)
	}
	receipt, err := s.Resolve(background, o.ID, berth.Resolution{Adopt: made.ProviderRef})
	if err != nil || receipt.Order.State != berth.Completed {
		t.Fatalf("got %s, %v, want completed", receipt.Order.State, err)
	}
	if v := s.service(o.ServiceID); v.ProviderRef != made.ProviderRef || v.Address != made.Address || v.ServerNo != made.ServerNo {
		t.Errorf("got service %+v, want the adopted machine %+v", v, made.Result)
	}
	net := s.stuck(berth.Request{Kind: berth.KindNetwork, UserID: anna, NetworkID: "net", Cycle: berth.Yearly})
	if receipt, err = s.Resolve(background, net.ID, berth.Resolution{Adopt: line.ProviderRef}); err != nil || receipt.Order.State != berth.Completed {
		t.Errorf("a network: got %s, %v, want completed", receipt.Order.State, err)
	}
	s.verified()
}

func TestResolveRefusals(t *testing.T) {
	s := newShop(t)
	refund := berth.Resolution{Refund: true}
	if _, err := s.Resolve(background, "none", refund); refusal(err) != "not_found order_id" {
		t.Errorf("unknown order: got %v, want not_found", err)
	}
	done := s.buy(server("5")).Order
	if _, err := s.Resolve(background, done.ID, refund); refusal(err) != "busy" {
		t.Errorf("settled order: got %v, want busy", err)
	}
	working := s.place(server("5")).Order
	for _, r := range []berth.Resolution{refund, {Adopt: done.ProviderRef}} {
		if _, err := s.Resolve(background, working.ID, r); refusal(err) != "busy" {
			t.Errorf("%+v of an order that a process works on: got %v, want busy", r, err)
		}
	}
	if _, err := s.Retry(background, working.ID); refusal(err) != "busy" {
		t.Errorf("retry of it: got %v, want busy", err)
	}
	s.clock.Store(working.DueAt) // the process died
	if receipt, err := s.Resolve(background, working.ID, refund); err != nil || receipt.Order.State != berth.Refunded {
		t.Errorf("after the lease: got %v, want refunded", err)
	}
	o := s.stuck(server("5"))
	blind := berth.NewDesk(berth.Desk{Store: s.store, Sealer: s.Sealer, Policy: s.Policy, Now: s.clock.Load})
	if _, err := blind.Resolve(background, o.ID, berth.Resolution{Adopt: "sim-1"}); refusal(err) != "not_found" {
		t.Errorf("a provider that isn't in the settings: got %v, want not_found", err)
	}
	mute, _ := scriptedShop(t, nil)
	silent := mute.stuck(server("5"))
	if _, err := mute.Resolve(background, silent.ID, berth.Resolution{Adopt: "x"}); refusal(err) != "unavailable" {
		t.Errorf("a provider that doesn't answer: got %v, want unavailable", err)
	}
	if s.order(o.ID) != o || s.balance(anna) != 100_000-2*1299 {
		t.Errorf("refused decisions changed the order")
	}
	s.verified()
}

func TestRetry(t *testing.T) {
	s := newShop(t)
	o := s.stuck(server("5"))
	if _, err := s.Retry(background, "none"); refusal(err) != "not_found order_id" {
		t.Errorf("unknown order: got %v, want not_found", err)
	}
	if _, err := s.Retry(background, s.buy(server("5")).Order.ID); refusal(err) != "busy" {
		t.Errorf("settled order: got %v, want busy", err)
	}
	due, err := s.Retry(background, o.ID)
	if err != nil || due.DueAt != due.UpdatedAt || due.Attempt != 1 {
		t.Fatalf("got %+v, %v, want it due now", due.Lease, err)
	}
	s.clock.Store(due.DueAt)
	if receipt := s.settle(s.claim(o.ID)); receipt.Order.State != berth.Completed {
		t.Errorf("got %s, want completed", receipt.Order.State)
	}
	s.verified()
}
