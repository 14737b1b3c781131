package berth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// Whoever may not order pays for nothing: a suspended user's service isn't renewed, and goes its way. Letting the user in has
// it tried at once, suspended or not.
func TestSuspendedUsersPayForNothing(t *testing.T) {
	s := newShop(t)
	s.credit(bert, 100_000)
	buy := func(r berth.Request) string {
		r.UserID, r.KeyOwnerID = bert, bert
		return s.buy(r).Order.ServiceID
	}
	id, network := buy(renewing("5", 720)), buy(berth.Request{Kind: berth.KindNetwork, NetworkID: "net", Cycle: berth.Monthly, AutoRenew: true})
	manual := buy(server("5"))
	before, end := s.balance(bert), opened.Add(720*hour)
	bar := func(suspend bool) {
		t.Helper()
		if _, err := s.SuspendUser(background, bert, suspend); err != nil {
			t.Fatal(err)
		}
	}
	s.until(end.Add(-25 * hour))
	bar(true)
	s.until(end.Add(-11 * hour))
	if got := s.balance(bert); got != before {
		t.Errorf("%d were taken from a suspended user", before-got)
	}
	s.are(id, "order.completed", "notice 1299", "renewal_failed 1299", "renewal_failed 1299", "renewal_failed 1299")
	if i := slices.IndexFunc(s.told(id), func(e berth.PlacedEvent) bool { return e.Name == berth.EventRenewalFailed }); s.told(id)[i].Detail != string(berth.Forbidden) {
		t.Errorf("got %+v, want it to say why", s.told(id)[i])
	}
	bar(false)
	s.ticks()
	if v := s.service(id); !about(v.ExpiresAt, end.Add(720*hour)) || s.balance(bert) != before-1299-1000 {
		t.Errorf("let in again: got %+v and %d, want another month of both for 2,299 less than %d", v, s.balance(bert), before)
	}

	bar(true)
	before = s.balance(bert)
	s.until(time.UnixMicro(s.service(network).ExpiresAt).Add(hour))
	for _, one := range []string{id, network} {
		if v := s.is(one, berth.Suspended, "barred, and not renewed"); v.Held != berth.HeldByExpiry {
			t.Errorf("got %+v", v)
		}
	}
	s.credit(bert, 5) // by the operator: it lets nobody in
	s.ticks()
	s.is(id, berth.Suspended, "credited, and still barred")
	s.pass(30 * time.Minute)
	bar(false)
	s.ticks()
	for _, one := range []string{id, network} {
		s.is(one, berth.Active, "let in again")
	}
	if got, want := s.balance(bert), before+5-1299-1000; got != want {
		t.Errorf("got a balance of %d, want %d: each renewed once", got, want)
	}
	s.is(manual, berth.Terminated, "what renews by hand")

	bar(true)
	bar(true) // harmless
	s.until(time.UnixMicro(s.service(id).ExpiresAt).Add(15 * day))
	s.is(id, berth.Terminated, "never let in again")
	s.verified()
}
