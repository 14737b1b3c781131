package berth_test

import (
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/storetest"
)

// keyed is a request under an idempotency key.
func keyed(r berth.Request, key string) berth.Request {
	r.IdempotencyKey, r.Canonical = key, []byte(r.Kind+r.PlanID+r.Name)
	return r
}

// try places a request and returns what it was refused with.
func (s *shop) try(r berth.Request) (berth.Receipt, string) {
	receipt, err := s.Place(background, &r)
	return receipt, refusal(err)
}

func TestReplay(t *testing.T) {
	s := newShop(t)
	r := keyed(server("5"), "k")
	first := s.place(r)
	if _, got := s.try(r); got != "in_progress" {
		t.Errorf("while the first request waits: got %q, want in_progress", got)
	}
	done := s.settle(first.Order)
	again, got := s.try(r)
	if got != "" || !again.Replayed || again.Order != done.Order || again.Password != first.Password || again.Password == "" {
		t.Errorf("afterwards: got %+v, %s, want the order as it stands, with its password", again, got)
	}
	other := keyed(server("7"), "k")
	if _, got := s.try(other); got != "idempotency_mismatch" {
		t.Errorf("another request: got %q, want idempotency_mismatch", got)
	}
	wrong := keyed(server(""), "k")
	if _, got := s.try(wrong); got != "idempotency_mismatch" {
		t.Errorf("another request that is wrong as well: got %q, want idempotency_mismatch, which comes first", got)
	}
	if s.balance(anna) != 100_000-1299 || s.verified().Orders != 1 {
		t.Errorf("got balance %d, want one order's debit", s.balance(anna))
	}
}

// Replays of the other kinds tell how the order stands today, with the service that it changed.
func TestReplayOfOtherKinds(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	for _, r := range []berth.Request{
		keyed(extend(id, 1), "renew"), keyed(change(id, "7", 1), "scale"),
		keyed(berth.Request{Kind: berth.KindNetwork, UserID: anna, KeyOwnerID: anna, NetworkID: "net", Cycle: berth.Monthly}, "net"),
	} {
		first := s.buy(r)
		again, got := s.try(r)
		if got != "" || !again.Replayed || again.Order != first.Order || again.Service != first.Service || again.Password != "" {
			t.Errorf("%s: got %+v, %s, want %+v", r.Kind, again, got, first)
		}
	}
	s.verified()
}

func TestReplayOfARefund(t *testing.T) {
	s := newShop(t)
	r := keyed(server("5"), "k")
	receipt := s.place(r)
	if _, err := s.Settle(background, receipt.Order, berth.Outcome{Verdict: berth.Refused}); err != nil {
		t.Fatal(err)
	}
	again, got := s.try(r)
	if got != "" || !again.Replayed || again.Order.State != berth.Refunded || s.balance(anna) != 100_000 {
		t.Errorf("got %s order, %s, balance %d, want the refunded one again", again.Order.State, got, s.balance(anna))
	}
}

// While its request may wait the key is taken; it's free to be replayed as soon as nobody can be waiting.
func TestKeyInProgress(t *testing.T) {
	s := newShop(t)
	r := keyed(server("5"), "dies")
	dying := s.place(r).Order
	s.clock.Store(dying.DueAt - 1)
	if _, got := s.try(r); got != "in_progress" {
		t.Errorf("at the end of the lease: got %q, want in_progress", got)
	}
	s.clock.Store(dying.DueAt)
	if again, got := s.try(r); got != "" || !again.Replayed || again.Order.State != berth.Paid {
		t.Errorf("the lease ran out, so its process died: got %+v, %s, want the paid order", again.Order, got)
	}

	r = keyed(server("5"), "lives")
	o := s.place(r).Order
	for last := o.AnswerBy - berth.Second; s.clock.Load() < last; {
		s.clock.Store(min(s.clock.Load()+4*berth.Second, last))
		kept, err := s.Hold(background, []berth.Order{o})
		if err != nil || len(kept) != 1 {
			t.Fatalf("hold: got %d, %v", len(kept), err)
		}
	}
	s.clock.Store(o.AnswerBy - 1)
	again := r
	if _, err := s.Place(background, &again); refusal(err) != "in_progress" || berth.AsError(err).RetryAfter == 0 {
		t.Errorf("at the end of the patience: got %v, want in_progress with Retry-After", err)
	}
	s.clock.Store(o.AnswerBy)
	if again, got := s.try(r); got != "" || !again.Replayed || again.Order.DueAt <= s.clock.Load() {
		t.Errorf("after the patience: got %q, want the order while its lease holds", got)
	}
	s.verified()
}

func TestSameKeyInOneBatch(t *testing.T) {
	s := newShop(t)
	call := func(r berth.Request) func() error {
		return func() error { _, err := s.Place(background, &r); return err }
	}
	errs := storetest.Together(t, s.store, call(keyed(server("5"), "k")), call(keyed(server("5"), "k")),
		call(keyed(server("7"), "k")), call(keyed(extend("x", 1), "k")))
	for i, want := range []string{"", "in_progress", "idempotency_mismatch", "idempotency_mismatch"} {
		if got := refusal(errs[i]); got != want {
			t.Errorf("call %d: got %q, want %q", i+1, got, want)
		}
	}
	// An extension is done in its first write, but its sender has no answer before the batch's end.
	id := s.buy(server("5")).Order.ServiceID
	errs = storetest.Together(t, s.store, call(keyed(extend(id, 1), "e")), call(keyed(extend(id, 1), "e")))
	if refusal(errs[0]) != "" || refusal(errs[1]) != "in_progress" {
		t.Errorf("an extension twice in one batch: got %v and %v, want none and in_progress", errs[0], errs[1])
	}
	if r := s.verified(); r.Orders != 3 {
		t.Errorf("got %d orders, want 3", r.Orders)
	}
}

func TestRefusalsAreNotKept(t *testing.T) {
	s := newShop(t)
	r := keyed(server("5"), "k")
	r.UserID, r.KeyOwnerID = bert, bert
	if _, got := s.try(r); got != "insufficient_balance" {
		t.Fatalf("got %q, want insufficient_balance", got)
	}
	wrong := keyed(server("99"), "k")
	wrong.UserID, wrong.KeyOwnerID = bert, bert
	if _, got := s.try(wrong); got != "not_found plan_id" {
		t.Errorf("got %q, want not_found", got)
	}
	wrong.Hours = -1
	if _, got := s.try(wrong); got != "invalid_parameter hours" {
		t.Errorf("got %q, want invalid_parameter hours", got)
	}
	s.credit(bert, 1299)
	if receipt, got := s.try(r); got != "" || receipt.Replayed {
		t.Errorf("with the money there: got %s, want a new order", got)
	}
	if _, got := s.try(wrong); got != "idempotency_mismatch" {
		t.Errorf("the key is used now: got %q, want idempotency_mismatch", got)
	}
	s.verified()
}

// The namespace of a key is who owns the API key, not who pays.
func TestKeysOfOtherOwners(t *testing.T) {
	s := newShop(t)
	s.buy(keyed(server("5"), "k"))
	theirs := keyed(server("5"), "k")
	theirs.KeyOwnerID = bert
	if receipt, got := s.try(theirs); got != "" || receipt.Replayed {
		t.Errorf("another owner: got %q, replayed %v, want a new order", got, receipt.Replayed)
	}
	none := server("5")
	none.Canonical = []byte("x")
	for range 2 {
		if receipt, got := s.try(none); got != "" || receipt.Replayed {
			t.Errorf("no key: got %q, replayed %v, want a new order every time", got, receipt.Replayed)
		}
	}
	if r := s.verified(); r.Orders != 4 {
		t.Errorf("got %d orders, want 4", r.Orders)
	}
}

func TestExpiredKey(t *testing.T) {
	s := newShop(t)
	r := keyed(server("5"), "k")
	first := s.buy(r).Order
	s.clock.Store(first.CreatedAt + 48*berth.Hour - 1)
	if again, got := s.try(r); got != "" || again.Order.ID != first.ID {
		t.Errorf("within the window: got %s, %s, want the first order", again.Order.ID, got)
	}
	s.clock.Store(first.CreatedAt + 48*berth.Hour)
	second, got := s.try(r)
	if got != "" || second.Replayed || second.Order.ID == first.ID {
		t.Errorf("after the window: got %+v, %s, want a new order", second, got)
	}
	s.settle(second.Order)
	if again, got := s.try(r); got != "" || again.Order.ID != second.Order.ID {
		t.Errorf("the key anew: got %s, %s, want the second order", again.Order.ID, got)
	}
	s.verified()
}
