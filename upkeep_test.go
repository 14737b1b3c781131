package berth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/seal"
)

// swept runs Sweep until nothing is left to do.
func (s *shop) swept() {
	s.Helper()
	for range 100 {
		more, err := s.Sweep(background)
		if err != nil {
			s.Fatal(err)
		}
		if !more {
			return
		}
	}
	s.Fatal("a sweep never ends")
}

func TestSweep(t *testing.T) {
	s := newShop(t)
	s.credit(anna, 10_000_000)
	var old []string
	for i := range 501 { // more than one sweep takes
		old = append(old, s.buy(keyed(server("5"), fmt.Sprint("k", i))).Order.ID)
	}
	s.pass(24 * time.Hour)
	young := s.buy(keyed(server("5"), "young")).Order.ID
	s.swept()
	if s.order(old[0]).Password == "" || s.order(old[500]).Password == "" {
		t.Errorf("a password was dropped within the window")
	}
	if _, got := s.try(keyed(server("5"), "k0")); got != "" || s.balance(anna) != 10_100_000-502*1299 {
		t.Errorf("within the window: got %q and balance %d, want a replay", got, s.balance(anna))
	}
	s.pass(24*time.Hour + time.Second)
	if more, err := s.Sweep(background); err != nil || !more {
		t.Errorf("the first part: got %v, %v, want more to do", more, err)
	}
	s.swept()
	for _, id := range []string{old[0], old[250], old[499], old[500]} {
		if s.order(id).Password != "" {
			t.Errorf("order %s keeps its password beyond the window", id)
		}
	}
	if s.order(young).Password == "" {
		t.Errorf("the password of an order within the window was dropped")
	}
	if left, err := s.store.ExpiredKeys(background, s.clock.Load(), 999); err != nil || len(left) != 0 {
		t.Errorf("got %d expired keys, %v, want none", len(left), err)
	}
	if again, got := s.try(keyed(server("5"), "young")); got != "" || !again.Replayed || again.Password == "" {
		t.Errorf("young: got %q, %v, want a replay with its password", got, again.Replayed)
	}
	receipt, err := s.Reveal(background, old[0])
	if err != nil || receipt.Password != "" || receipt.Order.ID != old[0] {
		t.Errorf("reveal: got %q, %v, want the order without a password", receipt.Password, err)
	}
	s.verified()
}

// An order that isn't settled yet needs its password, however old it is.
func TestSweepSparesUnsettledOrders(t *testing.T) {
	s := newShop(t)
	first := s.buy(server("5")).Order.ID
	stuck := s.stuck(server("5"))
	later := s.buy(server("5")).Order.ID
	s.pass(49 * time.Hour)
	s.swept()
	if s.order(first).Password != "" || s.order(stuck.ID).Password == "" || s.order(later).Password != "" {
		t.Errorf("got passwords %q and %q of the settled orders and %q of the unsettled one between them",
			s.order(first).Password, s.order(later).Password, s.order(stuck.ID).Password)
	}
	if receipt := s.settle(s.claim(stuck.ID)); receipt.Order.State != berth.Completed || receipt.Password == "" {
		t.Errorf("got %s with password %q, want it made with its password", receipt.Order.State, receipt.Password)
	}
	s.swept()
	if s.order(stuck.ID).Password != "" {
		t.Errorf("the walk didn't come back to the order that was spared")
	}
}

func TestSweepKeepsPasswords(t *testing.T) {
	s := newShop(t, func(d *berth.Desk) { d.Policy.KeepPassword = true })
	id := s.buy(keyed(server("5"), "k")).Order.ID
	s.pass(1000 * time.Hour)
	s.swept()
	if receipt, err := s.Reveal(background, id); err != nil || receipt.Password != "generatedPassword123" {
		t.Errorf("got %q, %v, want the password", receipt.Password, err)
	}
	if left, err := s.store.ExpiredKeys(background, s.clock.Load(), 9); err != nil || len(left) != 0 {
		t.Errorf("got %d expired keys, %v, want none", len(left), err)
	}
}

func TestReveal(t *testing.T) {
	s := newShop(t)
	if _, err := s.Reveal(background, "none"); refusal(err) != "not_found order_id" {
		t.Errorf("got %v, want not_found", err)
	}
	bought := s.buy(server("5"))
	if receipt, err := s.Reveal(background, bought.Order.ID); err != nil || receipt != bought {
		t.Errorf("got %+v, %v, want %+v", receipt, err, bought)
	}
	extended := s.place(extend(bought.Order.ServiceID, 1))
	if receipt, err := s.Reveal(background, extended.Order.ID); err != nil || receipt != extended {
		t.Errorf("got %+v, %v, want %+v", receipt, err, extended)
	}
}

// Every password is sealed anew, also beyond one part, and then opens without the old key.
func TestReseal(t *testing.T) {
	s := newShop(t)
	s.credit(anna, 10_000_000)
	old := s.Sealer.(*seal.Sealer).Ring
	var ids []string
	for range 501 {
		ids = append(ids, s.buy(server("5")).Order.ID)
	}
	waiting := s.asks(task(berth.TaskResetPassword, ids[500])) // a task has a password, too
	both, err := old.Newer()
	if err != nil {
		t.Fatal(err)
	}
	next, err := seal.Unlock(background, s.store, both)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := both.Newest()
	if err != nil {
		t.Fatal(err)
	}
	desk := *s.Desk
	desk.Sealer = next
	var done []int
	if err := desk.Reseal(background, next, func(n int) { done = append(done, n) }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(done) != "[500 501 502]" {
		t.Errorf("got progress %v, want [500 501 502]", done)
	}
	if text, err := alone.Open(berth.TaskRow(waiting.ID), s.service(waiting.ID).Task.Password); err != nil || text != "generatedPassword123" {
		t.Errorf("the task: got %q, %v with the new key alone", text, err)
	}
	for _, id := range []string{ids[0], ids[499], ids[500]} {
		if text, err := alone.Open("orders/"+id, s.order(id).Password); err != nil || text != "generatedPassword123" {
			t.Errorf("order %s: got %q, %v with the new key alone", id, text, err)
		}
	}
	stranger, err := seal.ParseRing(seal.Generate(9))
	if err != nil {
		t.Fatal(err)
	}
	before := s.order(ids[0])
	desk.Sealer = s.Sealer
	if err := desk.Reseal(background, foreign{stranger}, func(int) { t.Errorf("got progress with a wrong key") }); refusal(err) != "internal" {
		t.Errorf("with a wrong key: got %v, want internal", err)
	}
	if s.order(ids[0]) != before {
		t.Errorf("a reseal that failed changed an order")
	}
}

// foreign is a ring that belongs to another database.
type foreign struct{ *seal.Ring }

func (foreign) Mark([]byte) string { return "" }
