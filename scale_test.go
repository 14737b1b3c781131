package berth_test

import (
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// local is a documented date, which is naive local time of the provider's zone.
func local(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateTime, text, zone(t, "Europe/Ljubljana"))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// The provider's three documented answers are one run over one wallet; their dates tell when each was made.
func TestDocumentedSequence(t *testing.T) {
	for _, tt := range []struct {
		credit           string
		difference, paid int64
		then, last       int64 // balances after the plan change and after the extension
	}{
		{berth.ScaleNone, 2476, 5475, 332878, 332876},
		{berth.ScaleProrated, 1404, 4403, 333950, 333948},
	} {
		s := newShop(t, func(d *berth.Desk) {
			d.Policy.ScaleCredit, d.Policy.Zone = tt.credit, zone(t, "Europe/Ljubljana")
		})
		s.credit(anna, 339652-s.balance(anna))

		s.at(local(t, "2025-11-18 19:50:04")) // 720 hours before the expiry that the plan change starts from
		first := s.buy(server("5"))
		checkOrder(t, "1: new server", first.Order, 1299, 0, 339652, 720)
		if s.balance(anna) != 338353 {
			t.Errorf("1: got balance %d, want 338353", s.balance(anna))
		}

		// The third answer's server has had three months so far; what they cost is no part of the sequence.
		s.at(local(t, "2025-11-21 14:40:30"))
		s.credit(anna, 3897)
		s.at(local(t, "2025-11-21 14:40:31"))
		old := server("5")
		old.Hours = 3 * 720
		third := s.buy(old)

		s.at(local(t, "2025-11-24 01:24:39"))
		change := s.place(berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: first.Order.ServiceID, PlanID: "7"})
		checkOrder(t, "2: change plan", change.Order, tt.paid, tt.difference, 338353, 720)
		changed := s.settle(change.Order)
		if v := changed.Service; v.PlanID != "7" || v.Price != 2999 || v.Disk != 80 || v.Hours != 720 || v.OpenOrder != "" ||
			v.ExpiresAt != local(t, "2026-01-17 19:50:04").UnixMicro() {
			t.Errorf("2: got service %+v, want plan 7 until 2026-01-17 19:50:04", v)
		}
		if s.balance(anna) != tt.then {
			t.Errorf("2: got balance %d, want %d", s.balance(anna), tt.then)
		}

		extend := s.place(berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: third.Order.ServiceID, Hours: 1})
		checkOrder(t, "3: extend", extend.Order, 2, 0, tt.then, 1)
		if v := extend.Service; v.ExpiresAt != local(t, "2026-02-19 15:40:31").UnixMicro() || v.Hours != 1 ||
			extend.Order.State != berth.Completed {
			t.Errorf("3: got service %+v (order %s), want it until 2026-02-19 15:40:31, done at once", v, extend.Order.State)
		}
		if s.balance(anna) != tt.last {
			t.Errorf("3: got balance %d, want %d", s.balance(anna), tt.last)
		}
		s.verified()
	}
}

func checkOrder(t *testing.T, what string, o berth.Order, amount, difference, before, hours int64) {
	t.Helper()
	if o.Amount != amount || o.Difference != difference || o.BalanceBefore != before || o.Hours != hours || o.Currency != "EUR" {
		t.Errorf("%s: got amount %d with difference %d, balance before %d, %d hours of %s; want %d, %d, %d, %d of EUR", what,
			o.Amount, o.Difference, o.BalanceBefore, o.Hours, o.Currency, amount, difference, before, hours)
	}
}

// change is a request of anna's to move a server to a plan.
func change(id, plan string, hours int64) berth.Request {
	return berth.Request{Kind: berth.KindScale, UserID: anna, KeyOwnerID: anna, ServerID: id, PlanID: plan, Hours: hours}
}

// extend is a request of anna's for more hours of a server.
func extend(id string, hours int64) berth.Request {
	return berth.Request{Kind: berth.KindRenew, UserID: anna, KeyOwnerID: anna, ServerID: id, Hours: hours}
}

func TestChangeToTheSamePlanExtends(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	before := s.service(id)
	for i, plan := range []string{"5", "plan-" + string(rune('a'+5))} {
		receipt := s.place(change(id, plan, 10))
		if o := receipt.Order; o.Kind != berth.KindRenew || o.State != berth.Completed || o.Amount != 18 || o.Difference != 0 {
			t.Errorf("plan %s: got %s order, %s, of %d, want a completed extension at 0.18", plan, o.Kind, o.State, o.Amount)
		}
		if got, want := s.service(id).ExpiresAt, before.ExpiresAt+int64(i+1)*10*berth.Hour; got != want {
			t.Errorf("plan %s: got expiry %d, want %d", plan, got, want)
		}
	}
	s.verified()
}

// A plan that isn't sold any more goes on for who has it, at the price of the last purchase.
func TestRetiredPlan(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	c := goods()
	c.Plans[1].Price = 720
	s.apply(c)
	if o := s.place(extend(id, 0)).Order; o.Amount != 720 || o.Price != 720 {
		t.Errorf("a plan with a new price: got %d, want the price of the day, 720", o.Amount)
	}
	c.Plans = append(c.Plans[:1:1], c.Plans[2:]...)
	s.apply(c)
	if o := s.place(extend(id, 0)).Order; o.Amount != 720 {
		t.Errorf("a retired plan: got %d, want the price of the last purchase, 720", o.Amount)
	}
	if o := s.place(change(id, "5", 1)).Order; o.Kind != berth.KindRenew || o.Amount != 1 {
		t.Errorf("a change to the retired plan that it has: got %s at %d, want an extension at 1", o.Kind, o.Amount)
	}
	r := change(id, "5", 0)
	if _, err := s.Place(background, &r); refusal(err) != "invalid_parameter plan_id" {
		t.Errorf("the same without hours: got %v, want invalid_parameter plan_id", err)
	}
	again := server("5")
	if _, err := s.Place(background, &again); refusal(err) != "not_found plan_id" {
		t.Errorf("a new server of a retired plan: got %v, want not_found plan_id", err)
	}
	s.verified()
}

// What is credited for the old plan is what was paid for it, whatever the catalogue says today.
func TestOldPriceIsTheServices(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID // at 12.99
	c := goods()
	c.Plans[1].Price = 2899
	s.apply(c)
	r := change(id, "7", 720) // 29.99, with all 720 hours left
	e, err := s.Quote(background, &r)
	if err != nil || e.Difference != 2999-1299 || e.Amount != 2999+2999-1299 {
		t.Errorf("got difference %d of %d, %v, want 1700 of 4699", e.Difference, e.Amount, err)
	}
}

func TestMoveToACheaperPlan(t *testing.T) {
	s := newShop(t)
	c := goods()
	c.Plans[0].Disk = 160 // plan 3, the cheapest
	s.apply(c)
	id := s.buy(server("7")).Order.ServiceID
	before := s.service(id)
	o := s.buy(change(id, "3", 100)).Order
	if o.Difference != 0 || o.Amount != 83 {
		t.Errorf("got difference %d of %d, want 0 of 83: nothing is paid out", o.Difference, o.Amount)
	}
	if v := s.service(id); v.ExpiresAt != before.ExpiresAt+100*berth.Hour || v.Price != 599 || v.Disk != 160 {
		t.Errorf("got %+v, want plan 3 with 100 hours more", v)
	}
	s.verified()
}

// Hours are added to the present expiry, also to one that has passed while the server still runs; after a suspension
// they begin now.
func TestExpiryThatHasPassed(t *testing.T) {
	s := newShop(t)
	r := server("5")
	r.Hours = 10
	id := s.buy(r).Order.ServiceID
	bought := s.service(id).ExpiresAt
	s.pass(12 * time.Hour)
	if got := s.place(extend(id, 1)).Order.ExpiresAt; got != bought+berth.Hour {
		t.Errorf("running: got %d, want %d", got, bought+berth.Hour)
	}
	r2 := change(id, "7", 5)
	e, err := s.Quote(background, &r2)
	if err != nil || e.Difference != 0 || e.Terms.ExpiresAt != bought+6*berth.Hour {
		t.Errorf("plan change: got difference %d until %d, %v, want 0 until %d", e.Difference, e.Terms.ExpiresAt, err, bought+6*berth.Hour)
	}
	if err := s.store.Write(background, berth.Need{Services: []string{id}}, func(b *berth.Book) error {
		v, _ := b.Service(id)
		v.Status, v.Held, v.SuspendedAt = berth.Suspended, berth.HeldByExpiry, b.Now()
		b.PutService(v)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	o := s.place(extend(id, 1)).Order
	if o.ExpiresAt != o.CreatedAt+berth.Hour {
		t.Errorf("suspended: got %d, want an hour from now, %d", o.ExpiresAt, o.CreatedAt+berth.Hour)
	}
	free := s.buy(server("13"))
	if free.Order.Amount != 0 || s.service(free.Order.ServiceID).Price != 0 {
		t.Errorf("a free plan: got %d", free.Order.Amount)
	}
	s.verified()
}

// A refused change leaves the service as it was, the money included.
func TestRefusedChange(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	before, balance := s.service(id), s.balance(anna)
	receipt := s.place(change(id, "7", 0))
	if got := s.service(id).OpenOrder; got != receipt.Order.ID {
		t.Errorf("while it's open: got open order %q, want %q", got, receipt.Order.ID)
	}
	receipt, err := s.Settle(background, receipt.Order, berth.Outcome{Verdict: berth.Refused})
	if err != nil || receipt.Order.State != berth.Refunded {
		t.Fatalf("got %s, %v, want refunded", receipt.Order.State, err)
	}
	after := s.service(id)
	after.UpdatedAt = before.UpdatedAt
	if after != before || s.balance(anna) != balance {
		t.Errorf("got %+v and balance %d, want %+v and %d", after, s.balance(anna), before, balance)
	}
	s.verified()
}
