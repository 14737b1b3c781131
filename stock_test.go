package berth_test

import (
	"context"
	"sync"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/storetest"
)

// crowd runs a call n times at once and counts what was said.
func crowd(n int, call func(i int) error) map[string]int {
	var mu sync.Mutex
	said := map[string]int{}
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-start
			err := call(i)
			mu.Lock()
			said[refusal(err)]++
			mu.Unlock()
		})
	}
	close(start)
	done.Wait()
	return said
}

func TestSevenOfAThousandOrders(t *testing.T) {
	s := newShop(t)
	s.credit(bert, 7*1299+1298)
	said := crowd(1000, func(int) error {
		r := server("5")
		r.UserID = bert
		receipt, err := s.Place(background, &r)
		if err == nil {
			_, err = s.Settle(background, receipt.Order, s.Fulfil(background, receipt.Order))
		}
		return err
	})
	if said[""] != 7 || said["insufficient_balance"] != 993 || s.balance(bert) != 1298 {
		t.Errorf("got %v and balance %d, want 7 orders, 993 refusals and 1298", said, s.balance(bert))
	}
	machines, err := s.world.Machines()
	if r := s.verified(); err != nil || len(machines) != 7 || r.Settled[berth.Completed] != 7 {
		t.Errorf("got %d machines, %v, %v, want 7 and 7 completed orders", len(machines), err, r.Settled)
	}
}

// A request under one key, sent by a thousand at once, is one order.
func TestOneKeyAThousandTimes(t *testing.T) {
	s := newShop(t)
	said := crowd(1000, func(int) error {
		r := keyed(server("5"), "k")
		_, err := s.Place(background, &r)
		return err
	})
	if said[""] != 1 || said["in_progress"] != 999 || s.verified().Orders != 1 {
		t.Errorf("got %v, want one order and 999 in progress", said)
	}
}

func TestTheLastOneIsSoldOnce(t *testing.T) {
	s := newShop(t)
	said := crowd(1000, func(int) error {
		r := server("9")
		_, err := s.Place(background, &r)
		return err
	})
	if said[""] != 1 || said["out_of_stock plan_id"] != 999 {
		t.Errorf("got %v, want one order and 999 out of stock", said)
	}
	if r := s.verified(); r.Orders != 1 || s.entries(anna) != 2 || s.used("plan-"+string(rune('a'+9)), here) != 1 {
		t.Errorf("got %d orders by %d entries, want 1, and no money moved for the others", r.Orders, s.entries(anna))
	}
}

func TestStockIsGivenBack(t *testing.T) {
	s := newShop(t)
	nine := "plan-" + string(rune('a'+9))
	o := s.place(server("9")).Order
	if _, got := s.try(server("9")); got != "out_of_stock plan_id" || s.used(nine, here) != 1 {
		t.Errorf("while it's ordered: got %q with %d used", got, s.used(nine, here))
	}
	if _, err := s.Settle(background, o, berth.Outcome{Verdict: berth.Refused}); err != nil || s.used(nine, here) != 0 {
		t.Errorf("after the refund: got %d used, %v, want 0", s.used(nine, here), err)
	}
	s.verified()
	id := s.buy(server("9")).Order.ServiceID
	if s.used(nine, here) != 1 {
		t.Errorf("sold again: got %d used, want 1", s.used(nine, here))
	}
	s.verified()

	// Moving away gives it back once the machine has moved, and not before.
	away := s.place(change(id, "7", 0)).Order
	if s.used(nine, here) != 1 {
		t.Errorf("while moving away: got %d used, want 1", s.used(nine, here))
	}
	s.settle(away)
	if s.used(nine, here) != 0 {
		t.Errorf("moved away: got %d used, want 0", s.used(nine, here))
	}
	s.verified()

	// Moving there takes it at once, and a refusal gives it back.
	c := goods()
	c.Plans[4].Disk = 80
	s.apply(c)
	there := s.place(change(id, "9", 0)).Order
	if _, got := s.try(server("9")); got != "out_of_stock plan_id" {
		t.Errorf("while moving there: got %q, want out of stock", got)
	}
	if _, err := s.Settle(background, there, berth.Outcome{Verdict: berth.Refused}); err != nil || s.used(nine, here) != 0 {
		t.Errorf("refused: got %d used, %v, want 0", s.used(nine, here), err)
	}
	s.buy(change(id, "9", 0))
	if s.used(nine, here) != 1 {
		t.Errorf("moved there: got %d used, want 1", s.used(nine, here))
	}
	s.place(extend(id, 5)) // takes none
	if s.used(nine, here) != 1 {
		t.Errorf("extended: got %d used, want 1", s.used(nine, here))
	}
	s.verified()
}

// limited is the goods with a limit on plan 5.
func limited(capacity int64) berth.Catalogue {
	c := goods()
	c.Plans[1].Offers[0].Capacity = capacity
	return c
}

const five = "plan-f" // plan 5

func TestLimitIntroducedLater(t *testing.T) {
	s := newShop(t)
	s.buy(server("5"))
	open := s.place(server("5")).Order
	back := s.place(server("5")).Order
	if _, err := s.Settle(background, back, berth.Outcome{Verdict: berth.Refused}); err != nil {
		t.Fatal(err)
	}
	s.apply(limited(3))
	if s.used(five, here) != 2 {
		t.Errorf("got %d used, want 2: a server and an open order", s.used(five, here))
	}
	s.buy(server("5"))
	if _, got := s.try(server("5")); got != "out_of_stock plan_id" {
		t.Errorf("the fourth of three: got %q, want out of stock", got)
	}
	s.apply(limited(4)) // a limit that only changes keeps its count
	s.buy(server("5"))
	if s.used(five, here) != 4 {
		t.Errorf("raised: got %d used, want 4", s.used(five, here))
	}
	s.apply(limited(1)) // fewer than there are: nothing more is sold, nothing is taken away
	if _, got := s.try(server("5")); got != "out_of_stock plan_id" || s.used(five, here) != 4 {
		t.Errorf("lowered: got %q with %d used, want out of stock with 4", got, s.used(five, here))
	}
	// Without a limit nothing is counted, and what happened meanwhile counts when it comes back.
	s.apply(goods())
	s.buy(server("5"))
	if _, err := s.Settle(background, open, berth.Outcome{Verdict: berth.Refused}); err != nil {
		t.Fatal(err)
	}
	if s.used(five, here) != 4 {
		t.Errorf("without a limit: got %d used, want the 4 of before, untouched", s.used(five, here))
	}
	s.buy(server("5"))
	s.verified()
	s.apply(limited(9))
	if s.used(five, here) != 5 {
		t.Errorf("limited again: got %d used, want 5", s.used(five, here))
	}
	// The same for an offer that is gone for a while.
	gone := limited(9)
	gone.Plans = append(gone.Plans[:1:1], gone.Plans[2:]...)
	s.apply(gone)
	s.apply(limited(9))
	if s.used(five, here) != 5 {
		t.Errorf("offered again: got %d used, want 5", s.used(five, here))
	}
	s.verified()
}

// A limit that comes while orders do: whatever the order of things, the count is right and the limit kept.
func TestLimitIntroducedAmongOrders(t *testing.T) {
	s := newShop(t)
	s.credit(anna, 1_000_000)
	start := make(chan struct{})
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			<-start
			for i := range 25 {
				r := server("5")
				receipt, err := s.Place(background, &r)
				if refusal(err) == "out_of_stock plan_id" {
					continue
				}
				if err != nil {
					t.Errorf("place: %v", err)
					return
				}
				out := berth.Outcome{Verdict: berth.Done, Result: berth.Result{ProviderRef: receipt.Order.ID}}
				if i%3 == 0 {
					out = berth.Outcome{Verdict: berth.Refused}
				}
				if _, err := s.Settle(background, receipt.Order, out); err != nil {
					t.Errorf("settle: %v", err)
				}
			}
		})
	}
	for i := range 3 {
		done.Go(func() {
			<-start
			for range 4 {
				if _, err := s.ApplyCatalogue(background, limited(100)); err != nil {
					t.Errorf("apply %d: %v", i, err)
				}
			}
		})
	}
	close(start)
	done.Wait()
	s.verified()
	used := s.used(five, here)
	r, ok := s.try(server("5"))
	if sold := ok == ""; sold != (used < 100) {
		t.Errorf("with %d used of 100: got %q", used, ok)
	} else if sold && s.used(five, here) != used+1 {
		t.Errorf("after order %s: got %d used, want %d", r.Order.ID, s.used(five, here), used+1)
	}
}

// failing is a store whose writes fail from a number on.
type failing struct {
	berth.Store
	left int
}

func (f *failing) Write(ctx context.Context, need berth.Need, decide func(*berth.Book) error) error {
	if f.left--; f.left < 0 {
		return berth.Errorf(berth.Unavailable, "the database is away")
	}
	return f.Store.Write(ctx, need, decide)
}

// An apply that dies before it has counted leaves its offers sold out, and the next one counts.
func TestApplyThatDies(t *testing.T) {
	s := newShop(t)
	s.buy(server("5"))
	dying := *s.Desk
	dying.Store = &failing{Store: s.store, left: 1}
	if _, err := dying.ApplyCatalogue(background, limited(3)); refusal(err) != "unavailable" {
		t.Fatalf("got %v, want unavailable", err)
	}
	if _, got := s.try(server("5")); got != "out_of_stock plan_id" {
		t.Errorf("before it's counted: got %q, want out of stock", got)
	}
	if r, err := berth.Verify(background, s.store, berth.Head{}, nil); err != nil || r.Wrong != 1 || r.Findings[0].What != "stock" {
		t.Errorf("verify: got %+v, %v, want the stock row", r.Findings, err)
	}
	s.apply(limited(3))
	s.buy(server("5"))
	if s.used(five, here) != 2 {
		t.Errorf("got %d used, want 2", s.used(five, here))
	}
	s.verified()
}

// Orders of one batch around the new limit: who came before it counts, who comes after it finds it sold out until all
// are counted.
func TestLimitWithinABatch(t *testing.T) {
	s := newShop(t)
	order := func() error { r := server("5"); _, err := s.Place(background, &r); return err }
	release := storetest.Hold(t, s.store)
	errs := make([]error, 3)
	var done sync.WaitGroup
	for i, call := range []func() error{order, func() error { _, err := s.ApplyCatalogue(background, limited(2)); return err }, order} {
		done.Go(func() { errs[i] = call() })
		storetest.Await(t, "the call to wait", func() bool { return s.store.Queued() == i+1 })
	}
	release()
	done.Wait()
	if refusal(errs[0]) != "" || errs[1] != nil || refusal(errs[2]) != "out_of_stock plan_id" || s.used(five, here) != 1 {
		t.Errorf("got %v with %d used, want the first order taken and counted, the last refused", errs, s.used(five, here))
	}
	s.verified()
}

// passing is a store in which something happens just after stock was counted.
type passing struct {
	berth.Store
	happens []func() // one after each count
}

func (p *passing) Stock(ctx context.Context) ([]berth.Stock, error) {
	rows, err := p.Store.Stock(ctx)
	if len(p.happens) > 0 {
		p.happens[0]()
		p.happens = p.happens[1:]
	}
	return rows, err
}

// A count that is outdated by the time that it would be noted is not noted: here another apply has counted and sold
// the last one in between.
func TestStockChangesWhileCounted(t *testing.T) {
	s := newShop(t)
	s.buy(server("5"))
	s.buy(server("5"))
	order := func(want string) func() {
		return func() {
			if _, got := s.try(server("5")); got != want {
				t.Errorf("got %q with %d used, want %q", got, s.used(five, here), want)
			}
		}
	}
	slow := *s.Desk
	slow.Store = &passing{Store: s.store, happens: []func(){func() {}, func() {
		s.apply(limited(3))
		order("")()
	}, order("out_of_stock plan_id")}}
	if _, err := slow.ApplyCatalogue(background, limited(3)); err != nil {
		t.Fatal(err)
	}
	if s.used(five, here) != 3 {
		t.Errorf("got %d used, want 3", s.used(five, here))
	}
	s.verified()
}
