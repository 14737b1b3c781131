package berth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// suspended is a service of anna's that was suspended at its expiry, and when.
func (s *shop) suspended() (id string, at time.Time) {
	s.Helper()
	id = s.buy(server("5")).Order.ServiceID
	s.until(time.UnixMicro(s.service(id).ExpiresAt).Add(hour))
	return id, time.UnixMicro(s.is(id, berth.Suspended, "at its expiry").SuspendedAt)
}

// Nothing is deleted out of the blue: whatever brings the instant of a deletion nearer at once, the owner is told and has
// most of a day to pay.
func TestNothingIsDeletedUnannounced(t *testing.T) {
	for name, sudden := range map[string]func(s *shop, from time.Time){
		"no server ran for a month": func(s *shop, from time.Time) { s.at(from.Add(30 * day)) },
		"another policy": func(s *shop, from time.Time) {
			s.until(from.Add(10 * day))
			c := goods()
			c.Life = berth.DefaultLife()
			c.Life.DeleteDays = 2
			s.apply(c)
			s.until(from.Add(13*day - hour)) // its next look, which the old policy has set
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			id, from := s.suspended()
			sudden(s, from)
			s.ticks()
			told := time.UnixMicro(s.clock.Load())
			s.is(id, berth.Suspended, "at once")
			s.until(told.Add(22 * hour))
			v := s.is(id, berth.Suspended, "most of a day later")
			if got := s.happened(id); v.Warned == 0 || !slices.Contains(got, "last_notice 1299") {
				t.Errorf("got %+v and %q, want its owner told", v, got)
			}
			s.until(told.Add(25 * hour))
			s.is(id, berth.Terminated, "a day later")
			s.verified()
		})
	}
}

// What is paid for after the last notice stays, and gets another one when it has to.
func TestLastNoticeIsOver(t *testing.T) {
	s := newShop(t)
	id, from := s.suspended()
	s.until(from.Add(13*day + hour))
	if v := s.is(id, berth.Suspended, "after the last notice"); v.Warned == 0 {
		t.Errorf("got %+v, want it told", v)
	}
	s.place(berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id, Hours: 24})
	s.ticks()
	if v := s.is(id, berth.Active, "paid"); v.Warned != 0 {
		t.Errorf("got %+v, want the notice forgotten", v)
	}
	again := time.UnixMicro(s.service(id).ExpiresAt)
	s.until(again.Add(14*day - hour))
	s.is(id, berth.Suspended, "before the second deletion")
	s.until(again.Add(14*day + 2*hour))
	s.is(id, berth.Terminated, "after it")

	// The same while an operator holds it: the expiry moves, the suspension stays.
	id, from = s.suspended()
	if _, err := s.Ask(background, berth.TaskRequest{Operator: true, Later: true, ServerID: id, Task: berth.Task{Do: berth.TaskSuspend}}); err != nil {
		t.Fatal(err)
	}
	s.until(from.Add(13*day + hour))
	if v := s.service(id); v.Warned == 0 {
		t.Errorf("held: got %+v, want it told", v)
	}
	s.place(berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id, Hours: 240})
	s.ticks()
	if v := s.is(id, berth.Suspended, "held and paid"); v.Warned != 0 {
		t.Errorf("held and paid: got %+v, want the notice forgotten", v)
	}
	s.verified()
}

// What can't be deleted keeps its address, which nobody else may get while the machine has it.
func TestAddressOfWhatCannotBeDeleted(t *testing.T) {
	s := newShop(t, func(d *berth.Desk) {
		d.Servers["sim"] = struct{ berth.ServerDriver }{d.Servers["sim"]} // without any ability
		d.Pools = map[string]string{"sim": "one"}
	})
	s.addPool(berth.Pool{Name: "one", Kind: berth.AddressPool, Ranges: []berth.Range{{CIDR: "192.0.2.0/30", Gateway: "192.0.2.1"}}})
	id := s.buy(server("5")).Order.ServiceID
	s.until(time.UnixMicro(s.service(id).ExpiresAt).Add(15 * day))
	if v := s.is(id, berth.Terminated, "though the provider can't"); v.Address != "192.0.2.2" {
		t.Fatalf("got the address %s", v.Address)
	}
	s.pass(365 * day)
	if _, err := s.Place(background, new(server("5"))); refusal(err) != "out_of_stock location" {
		t.Errorf("another server: got %v, want out of stock", err)
	}
	if _, err := s.ReserveItems(background, "one", "192.0.2.2", "", false); err != nil {
		t.Fatal(err)
	}
	if got := s.buy(server("5")).Order.CIDR; got != "192.0.2.2/30" {
		t.Errorf("released by hand: got %s", got)
	}
	s.verified()
}
