package berth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

// ticks does what a worker does, until nothing is due. Each look takes a millisecond, since no two writes of a service
// have the same instant.
func (s *shop) ticks() {
	s.Helper()
	for range 50 {
		s.pass(time.Millisecond)
		ids, err := s.Store.DueServices(background, s.clock.Load(), 100)
		if err != nil {
			s.Fatal(err)
		}
		if len(ids) == 0 {
			return
		}
		tasks, renewals, err := s.ClaimServices(background, ids)
		if err != nil {
			s.Fatal(err)
		}
		for _, v := range renewals {
			if _, err := s.RenewDue(background, v); err != nil && !berth.IsCode(err, berth.Busy) {
				s.Fatalf("renew: %v", err)
			}
		}
		for _, v := range tasks {
			s.finishes(v)
		}
	}
	s.Fatal("there is always something due")
}

// until moves to an instant in steps, as short as those of a worker who comes by every hour.
func (s *shop) until(instant time.Time) {
	s.Helper()
	for s.clock.Load() < instant.UnixMicro() {
		s.clock.Store(min(s.clock.Load()+hour.Microseconds(), instant.UnixMicro()))
		s.ticks()
	}
}

// about tells whether an instant is another, to some seconds.
func about(got int64, want time.Time) bool {
	d := got - want.UnixMicro()
	return max(d, -d) < 20*berth.Second
}

// happened are the events of a service by name, without those of its tasks, and with what is owed.
func (s *shop) happened(id string) (list []string) {
	s.Helper()
	for more := true; more; {
		done, err := s.store.Seal(background)
		if err != nil {
			s.Fatal(err)
		}
		more = done.More
	}
	events, err := s.store.Events(background, berth.Place{}, 1_000_000)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range events {
		name, service := strings.CutPrefix(e.Name, "service.")
		if e.ServiceID != id || slices.Contains([]string{"asked", "taken", "done", "waiting", "set"}, name) || strings.HasSuffix(e.Name, ".paid") {
			continue
		}
		if service && e.Amount != 0 {
			name = fmt.Sprint(name, " ", e.Amount)
		}
		if e.Detail != "" && !strings.Contains(name, " ") && service {
			name += ": " + e.Detail
		}
		list = append(list, name)
	}
	return list
}

// are checks the events of a service.
func (s *shop) are(id string, want ...string) {
	s.Helper()
	if got := s.happened(id); !slices.Equal(got, want) {
		s.Errorf("got events %q, want %q", got, want)
	}
}

func (s *shop) is(id string, status berth.Status, at string) berth.Service {
	s.Helper()
	v := s.service(id)
	if v.Status != status {
		s.Errorf("%s: got a service that is %s, want %s: %+v", at, v.Status, status, v)
	}
	return v
}

// renewing is a request for a server of anna's that renews itself.
func renewing(plan string, hours int64) berth.Request {
	r := server(plan)
	r.AutoRenew, r.Hours = true, hours
	return r
}

func TestLife(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("9")).Order.ServiceID
	end := opened.Add(720 * hour)
	s.until(end.Add(-3*day - hour))
	if v := s.is(id, berth.Active, "before the notice"); v.Noticed != 0 {
		t.Errorf("told early: %d", v.Noticed)
	}
	s.until(end.Add(-3 * day))
	if v := s.is(id, berth.Active, "after the notice"); v.Noticed != v.ExpiresAt || v.DueAt != v.ExpiresAt {
		t.Errorf("got %+v, want it told, and looked at when it expires", v)
	}
	s.until(end.Add(-time.Minute))
	s.is(id, berth.Active, "before the expiry")
	s.until(end)
	v := s.is(id, berth.Suspended, "at the expiry")
	if v.Held != berth.HeldByExpiry || v.SuspendedAt < v.ExpiresAt || !s.machine().Suspended {
		t.Errorf("got %+v and machine %+v", v, s.machine())
	}
	gone := time.UnixMicro(v.SuspendedAt).Add(14 * day)
	s.until(gone.Add(-time.Minute))
	s.is(id, berth.Suspended, "before the deletion")
	s.until(gone)
	v = s.is(id, berth.Terminated, "at last")
	if v.DueAt != 0 || v.Held != "" || v.SuspendedAt != 0 || !s.machine().Gone || s.used("plan-j", here) != 0 {
		t.Errorf("got %+v, machine %+v, %d in stock", v, s.machine(), s.used("plan-j", here))
	}
	s.are(id, "order.completed", "notice 1000", "suspended: expiry", "last_notice 1000", "terminated: expiry")
	s.verified()
}

func TestAutoRenewal(t *testing.T) {
	s := newShop(t)
	id, short := s.buy(renewing("5", 720)).Order.ServiceID, s.buy(renewing("5", 10)).Order.ServiceID
	s.until(opened.Add(4 * hour))
	if got := s.service(short).ExpiresAt; !about(got, opened.Add(10*hour)) {
		t.Errorf("ten hours: renewed in the first half of them, until %d", got)
	}
	s.until(opened.Add(5 * hour))
	if v := s.service(short); !about(v.ExpiresAt, opened.Add(20*hour)) {
		t.Errorf("ten hours: got %+v, want it renewed after five", v)
	}
	if _, err := s.SetAutoRenew(background, anna, short, false); err != nil {
		t.Fatal(err)
	}
	c := goods()
	c.Plans[1].Price = 2000 // the price of the day
	s.apply(c)
	end := opened.Add(720 * hour)
	s.until(end.Add(-25 * hour))
	before := s.balance(anna)
	s.until(end.Add(-24 * hour))
	if v := s.service(id); !about(v.ExpiresAt, end.Add(720*hour)) || s.balance(anna) != before-2000 || v.Price != 2000 {
		t.Errorf("got %+v and balance %d, want another month for 2,000 less than %d", v, s.balance(anna), before)
	}
	c.Plans = c.Plans[2:] // what is no longer sold goes on at its last price
	s.apply(c)
	s.until(end.Add(720*hour - 24*hour))
	if v := s.service(id); !about(v.ExpiresAt, end.Add(1440*hour)) || s.balance(anna) != before-4000 {
		t.Errorf("got %+v and balance %d", v, s.balance(anna))
	}
	s.are(id, "order.completed", "notice 2000", "order.completed", "notice 2000", "order.completed")
	s.is(short, berth.Terminated, "what isn't renewed any more")
	s.verified()
}

// Without money: announced, tried again, suspended; a credit brings it back at once, and it goes on from then.
func TestNotCovered(t *testing.T) {
	s := newShop(t)
	r := renewing("5", 720)
	r.UserID, r.KeyOwnerID = bert, bert
	s.credit(bert, 1299)
	id := s.buy(r).Order.ServiceID
	end := opened.Add(720 * hour)
	s.until(end.Add(-hour))
	s.are(id, "order.completed", "notice 1299", "renewal_failed 1299", "renewal_failed 1299", "renewal_failed 1299", "renewal_failed 1299")
	s.credit(bert, 1000) // not enough: it is tried at once, and fails
	s.until(end.Add(hour))
	s.is(id, berth.Suspended, "without money")
	s.until(end.Add(2*hour + 30*time.Minute))
	due := s.service(id).DueAt
	s.credit(bert, 299)
	if now := s.service(id).DueAt; now >= due {
		t.Errorf("after the credit it is looked at at %d, as before (%d)", now, due)
	}
	s.ticks()
	v := s.is(id, berth.Active, "after the credit")
	if at := s.clock.Load() + (720 * hour).Microseconds(); v.ExpiresAt > at || v.ExpiresAt < at-minuteOf || v.Held != "" || s.machine().Suspended || s.balance(bert) != 0 {
		t.Errorf("got %+v, want a month from now (%d) and nothing left of %d", v, at, s.balance(bert))
	}
	got := s.happened(id)
	if last := got[len(got)-4:]; !slices.Equal(last, []string{"suspended: expiry", "renewal_failed 1299", "order.completed", "resumed"}) {
		t.Errorf("got events %q", got)
	}
	s.verified()
}

const minuteOf = 60 * berth.Second

// A suspended server that its owner pays for runs again; what an operator holds doesn't, and isn't renewed.
func TestHolds(t *testing.T) {
	s := newShop(t)
	held, expired := s.buy(renewing("5", 720)).Order.ServiceID, s.buy(server("5")).Order.ServiceID
	operator := func(do, id string) {
		t.Helper()
		if _, err := s.Ask(background, berth.TaskRequest{Operator: true, Later: true, ServerID: id, Task: berth.Task{Do: do}}); err != nil {
			t.Fatal(err)
		}
		s.ticks()
	}
	operator(berth.TaskSuspend, held)
	if v := s.is(held, berth.Suspended, "held"); v.Held != berth.HeldByOperator {
		t.Errorf("got %+v", v)
	}
	s.until(opened.Add(720*hour + hour))
	s.is(expired, berth.Suspended, "expired")
	for _, id := range []string{held, expired} {
		s.place(berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id, Hours: 240})
	}
	s.ticks()
	s.is(expired, berth.Active, "paid")
	if v := s.is(held, berth.Suspended, "paid and held"); v.Held != berth.HeldByOperator {
		t.Errorf("got %+v", v)
	}
	operator(berth.TaskResume, expired) // harmless
	operator(berth.TaskSuspend, expired)
	s.until(opened.Add(960*hour + 13*day))
	s.is(held, berth.Suspended, "thirteen days after its expiry")
	operator(berth.TaskResume, expired) // but it isn't paid
	if v := s.is(expired, berth.Suspended, "resumed, not paid"); v.Held != berth.HeldByExpiry {
		t.Errorf("got %+v", v)
	}
	s.until(opened.Add(960*hour + 14*day + 2*hour))
	s.is(held, berth.Terminated, "two weeks after its expiry")
	if got := s.happened(held); !slices.Equal(got, []string{"order.completed", "suspended: operator", "notice 1299", "order.completed", "notice 433", "last_notice 433", "terminated: operator"}) {
		t.Errorf("got events %q", got)
	}
	s.verified()
}

// lossy loses one write, before it happens or after.
type lossy struct {
	berth.Store
	next, after bool
}

func (l *lossy) Write(ctx context.Context, need berth.Need, decide func(*berth.Book) error) error {
	lose := l.next
	l.next = false
	if lose && !l.after {
		return berth.TryAgain(errors.New("lost"))
	}
	err := l.Store.Write(ctx, need, decide)
	if lose && err == nil {
		return berth.TryAgain(errors.New("its answer was lost"))
	}
	return err
}

// Every write of the clock's is lost once before it happens and once after: nothing is done twice, and nothing forgotten.
func TestLifeCrashes(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, stage := range []string{"claim", "renew", "fail", "suspend", "perform"} {
			t.Run(fmt.Sprint(stage, " ", after), func(t *testing.T) {
				l := &lossy{after: after}
				s := newShop(t, func(d *berth.Desk) {
					l.Store = d.Store
					d.Store = l
				})
				r := renewing("5", 720)
				if stage == "fail" {
					s.credit(anna, 1299-100_000)
				} else if stage != "renew" && stage != "claim" {
					r.AutoRenew = false
				}
				id := s.buy(r).Order.ServiceID
				end := opened.Add(720 * hour)
				if r.AutoRenew {
					end = end.Add(-day)
				}
				s.until(end.Add(-time.Minute))
				s.at(end.Add(time.Second))
				l.next = stage == "claim" || stage == "suspend"
				tasks, renewals, err := s.ClaimServices(background, []string{id})
				if lost := stage == "claim" || stage == "suspend"; lost != (err != nil) {
					t.Fatalf("claim: got %v", err)
				}
				l.next = stage == "renew"
				for _, v := range renewals {
					if stage == "fail" { // the second of its two writes
						s.Store = &second{Store: l, after: after}
					}
					_, _ = s.RenewDue(background, v)
				}
				for _, v := range tasks {
					out := s.Perform(background, v)
					l.next = true
					_, _ = s.Finish(background, v, out)
				}
				s.Store = l
				s.until(end.Add(hour))
				orders, err := s.store.Orders(background, berth.OrderFilter{Kind: berth.KindRenew})
				if err != nil {
					t.Fatal(err)
				}
				v := s.service(id)
				switch stage {
				case "claim", "renew":
					if len(orders) != 1 || !about(v.ExpiresAt, opened.Add(1440*hour)) {
						t.Errorf("got %d renewals, %+v", len(orders), v)
					}
				case "fail":
					if got := s.happened(id); len(orders) != 0 || !slices.Contains(got, "renewal_failed 1299") {
						t.Errorf("got %d renewals, %q", len(orders), got)
					}
				default:
					if v.Status != berth.Suspended || v.Task.Do != "" || !s.machine().Suspended {
						t.Errorf("got %+v, want it suspended", v)
					}
				}
				s.verified()
			})
		}
	}
}

// second loses its second write.
type second struct {
	berth.Store
	after bool
	n     int
}

func (l *second) Write(ctx context.Context, need berth.Need, decide func(*berth.Book) error) error {
	if l.n++; l.n == 2 && !l.after {
		return berth.TryAgain(errors.New("lost"))
	}
	err := l.Store.Write(ctx, need, decide)
	if l.n == 2 && err == nil {
		return berth.TryAgain(errors.New("its answer was lost"))
	}
	return err
}

// Several processes on one due service, each with a list that may be old: one order.
func TestRenewedOnce(t *testing.T) {
	s := newShop(t)
	other := berth.NewDesk(*s.Desk)
	other.Replica = "other"
	id := s.buy(renewing("5", 720)).Order.ServiceID
	s.until(opened.Add(695 * hour))
	s.at(opened.Add(696*hour + time.Second))
	_, first, err := s.ClaimServices(background, []string{id})
	_, again, failed := other.ClaimServices(background, []string{id})
	if err != nil || failed != nil || len(first) != 1 || len(again) != 0 {
		t.Fatalf("claims: got %d and %d, %v, %v, want 1 and 0", len(first), len(again), err, failed)
	}
	receipt, err := other.RenewDue(background, first[0])
	if err != nil || receipt.Order.State != berth.Completed {
		t.Fatalf("renew: got %+v, %v", receipt.Order, err)
	}
	if again, err := s.RenewDue(background, first[0]); err != nil || !again.Replayed || again.Order.ID != receipt.Order.ID {
		t.Errorf("again: got %+v, %v, want the same order", again.Order, err)
	}
	s.pass(49 * hour) // the key is forgotten
	for more := true; more; {
		if more, err = s.Sweep(background); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.RenewDue(background, first[0]); refusal(err) != "busy" {
		t.Errorf("much later: got %v, want busy", err)
	}
	now := s.service(id)
	if _, err := s.SetAutoRenew(background, anna, id, false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RenewDue(background, now); refusal(err) != "busy" {
		t.Errorf("not wanted any more: got %v, want busy", err)
	}
	if got := s.balance(anna); got != 100_000-2*1299 {
		t.Errorf("got balance %d, want one purchase and one renewal", got)
	}
	s.verified()
}

// A server that was off for a week renews one period at a time, each an order.
func TestAWeekOff(t *testing.T) {
	s := newShop(t)
	id := s.buy(renewing("5", 24)).Order.ServiceID
	s.at(opened.Add(8*day + 3*hour))
	s.ticks()
	v := s.is(id, berth.Active, "after a week")
	if !about(v.ExpiresAt, opened.Add(9*day)) {
		t.Errorf("expires %d hours after it was bought, want 216", (v.ExpiresAt-opened.UnixMicro())/berth.Hour)
	}
	orders, err := s.store.Orders(background, berth.OrderFilter{Kind: berth.KindRenew})
	if err != nil || len(orders) != 8 || s.balance(anna) != 100_000-9*43 {
		t.Errorf("got %d renewals and balance %d, %v, want 8", len(orders), s.balance(anna), err)
	}
	s.verified()
}
