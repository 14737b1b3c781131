package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// auditBusy proves the books again and again while they are written.
func auditBusy(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 1_000_000)
	fund(t, s, "bert", 1_000_000)
	must(t, write(s, berth.Need{}, func(b *berth.Book) error {
		b.PutStock(berth.Stock{Key: "plan@here", Capacity: 1_000_000})
		return nil
	}))
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for i := range 4 {
		user := []string{"anna", "bert"}[i%2]
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := write(s, berth.Need{Wallets: []string{user}, Stock: []string{"plan@here"}}, func(b *berth.Book) error {
					o, err := order(b, user, 1)
					o.StockKey = "plan@here"
					b.PutOrder(o)
					row, _ := b.Stock("plan@here")
					row.Used++
					b.PutStock(row)
					return err
				})
				if err != nil {
					t.Errorf("beside an audit: %v", err)
					return
				}
			}
		})
	}
	var most int64
	for range 5 {
		r := verified(t, s)
		if r.Orders+2 != r.Entries || r.Balance != 2_000_000-r.Orders || r.Wallets != 2 {
			t.Errorf("got %d orders, %d entries, %d in %d wallets: not of one instant", r.Orders, r.Entries, r.Balance, r.Wallets)
		}
		most = r.Orders
	}
	close(stop)
	writers.Wait()
	if r := verified(t, s); r.Orders < most || r.Settled[berth.Paid] != r.Orders {
		t.Errorf("at the end: got %d orders, %d paid; want at least %d, all paid", r.Orders, r.Settled[berth.Paid], most)
	}
}

// planted is a fault in the books, and the finding that tells of it.
type planted struct {
	name, what, text string
	wrong            int64 // findings that it makes
	plant            func(b *berth.Book) error
}

// add takes an order of anna's and puts it into a state.
func add(b *berth.Book, state berth.State, amount int64) (berth.Order, error) {
	o, err := order(b, "anna", amount)
	switch o.State = state; state {
	case berth.Completed:
		announce(b, berth.EventOrderCompleted, o)
	case berth.Refunded:
		announce(b, berth.EventOrderRefunded, o)
	}
	return b.PutOrder(o), err
}

// addChange makes an order that changes the service of another one.
func addChange(b *berth.Book, o berth.Order) {
	o.ID, o.Kind, o.State, o.Amount = b.NewID(), berth.KindScale, berth.Paid, 0
	o.Number = o.ID
	announce(b, berth.EventOrderPaid, o)
	b.PutOrder(o)
}

// delivered is the service that an order made.
func delivered(o berth.Order) berth.Service {
	return berth.Service{ID: o.ServiceID, UserID: o.UserID, Result: berth.Result{ProviderRef: "machine"}}
}

// faultyMoney are faults of orders, entries and wallets.
func faultyMoney() []planted {
	return []planted{
		{"nothing", "", "", 0, func(b *berth.Book) error {
			o, err := add(b, berth.Completed, 5)
			b.PutService(delivered(o))
			return err
		}},
		{"an entry of no order", "entry", "belongs to no order", 1, func(b *berth.Book) error {
			_, err := b.Post(berth.Entry{UserID: "anna", Amount: -1, Contra: berth.AccountSales, OrderID: "ghost"})
			return err
		}},
		{"an order that moved nothing", "order", "has 0 that sum to 0.00", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Paid, 0)
			o.ID = b.NewID()
			o.Number, o.ServiceID, o.Amount = o.ID, o.ID, 5
			announce(b, berth.EventOrderPaid, o)
			b.PutOrder(o)
			return err
		}},
		{"a refund that returned nothing", "order", "is refunded at 0.07", 1, func(b *berth.Book) error {
			_, err := add(b, berth.Refunded, 7)
			return err
		}},
		{"a wallet that forgot its entries", "wallet", "holds 0.00, but its entries sum to 1.00", 2, func(b *berth.Book) error {
			if _, ok := b.Wallet("bert"); ok {
				b.OpenWallet("bert", "EUR")
			}
			return nil
		}},
	}
}

// faultyEvents are orders that differ from what was told of them.
func faultyEvents() []planted {
	silent := func(b *berth.Book, change func(*berth.Order)) error {
		o, err := order(b, "anna", 0)
		change(&o)
		b.PutOrder(o)
		return err
	}
	return []planted{
		{"an order that completed in silence", "order", "1 times paid, 0 times completed", 1, func(b *berth.Book) error {
			return silent(b, func(o *berth.Order) {
				o.State = berth.Completed
				b.PutService(delivered(*o))
			})
		}},
		{"an order that was refunded in silence", "order", "0 times refunded", 1, func(b *berth.Book) error {
			return silent(b, func(o *berth.Order) { o.State = berth.Refunded })
		}},
		{"an order of another kind", "order", "another user, amount or kind", 1, func(b *berth.Book) error {
			return silent(b, func(o *berth.Order) { o.Kind = berth.KindNetwork })
		}},
		{"an order of another user", "order", "another user, amount or kind", 1, func(b *berth.Book) error {
			return silent(b, func(o *berth.Order) { o.UserID = "bert" })
		}},
		{"a period that a person let begin", "", "", 0, func(b *berth.Book) error {
			o, err := add(b, berth.Completed, 1)
			o.BeginsAt, o.Hours, o.ExpiresAt = b.Now(), 5, b.Now()+5*berth.Hour
			v := delivered(o)
			v.ExpiresAt = o.ExpiresAt
			b.PutOrder(o)
			b.PutService(v)
			return err
		}},
		{"a period that began at another instant", "order", "says that its period began at", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Completed, 1)
			o.BeginsAt, o.Hours, o.ExpiresAt = b.Now()+1, 5, b.Now()+1+5*berth.Hour
			v := delivered(o)
			v.ExpiresAt = o.ExpiresAt
			b.PutOrder(o)
			b.PutService(v)
			return err
		}},
		{"a period that lasts longer than was bought", "order", "which isn't what it bought", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Completed, 1)
			o.BeginsAt, o.Hours, o.ExpiresAt = b.Now(), 5, b.Now()+6*berth.Hour
			v := delivered(o)
			v.ExpiresAt = o.ExpiresAt
			b.PutOrder(o)
			b.PutService(v)
			return err
		}},
		{"an event of no order", "event", "belongs to no order", 1, func(b *berth.Book) error {
			b.Announce(berth.Event{Name: berth.EventOrderPaid, OrderID: "ghost"})
			return nil
		}},
	}
}

// faultyServices are faults of services and stock.
func faultyServices() []planted {
	return []planted{
		{"a completed order without its service", "order", "does not exist", 1, func(b *berth.Book) error {
			_, err := add(b, berth.Completed, 1)
			return err
		}},
		{"a change of a service that isn't there", "order", "is paid, but its service", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Paid, 1)
			addChange(b, o)
			return err
		}},
		{"a service of no order", "service", "belongs to no order", 1, func(b *berth.Book) error {
			b.PutService(berth.Service{ID: "ghost", UserID: "anna"})
			return nil
		}},
		{"a service before its order is done", "service", "exists, but order", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Paid, 1)
			b.PutService(delivered(o))
			return err
		}},
		{"a service of another user", "service", "belongs to another user", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Completed, 1)
			v := delivered(o)
			v.UserID = "bert"
			b.PutService(v)
			return err
		}},
		{"a service without a machine", "service", "has nothing at its provider", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Completed, 1)
			b.PutService(berth.Service{ID: o.ID, UserID: "anna"})
			return err
		}},
		{"a task that nobody takes up", "service", "has a task (stop) that can't be done", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Completed, 1)
			v := delivered(o)
			v.Task.Do = berth.TaskStop
			b.PutService(v)
			return err
		}},
		{"a service that doesn't know its open order", "service", "does not know of its open order", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Completed, 1)
			b.PutService(delivered(o))
			addChange(b, o)
			return err
		}},
		{"a service that a settled order still holds", "service", "is held by order", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Completed, 1)
			v := delivered(o)
			v.OpenOrder = o.ID
			b.PutService(v)
			return err
		}},
		{"stock that was counted wrong", "stock", "counts 2 used, but 1", 1, func(b *berth.Book) error {
			o, err := add(b, berth.Paid, 1)
			o.StockKey = "plan@here"
			b.PutOrder(o)
			b.PutStock(berth.Stock{Key: "plan@here", Capacity: 9, Used: 2})
			b.PutStock(berth.Stock{Key: "unlimited", Capacity: berth.Unlimited, Used: 2})
			return err
		}},
	}
}

// auditFinds plants one fault after the other, and expects each to be found beside the earlier ones.
func auditFinds(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	fund(t, s, "bert", 100)
	finds(t, s, slices.Concat(faultyMoney(), faultyEvents(), faultyServices()))
}

func finds(t *testing.T, s *store.Store, list []planted) {
	t.Helper()
	for _, f := range list {
		before, err := berth.Verify(context.Background(), s, berth.Head{}, nil)
		must(t, err)
		must(t, write(s, berth.Need{Wallets: []string{"anna"}}, f.plant))
		after, err := berth.Verify(context.Background(), s, berth.Head{}, nil)
		must(t, err)
		found := slices.ContainsFunc(after.Findings, func(x berth.Finding) bool {
			return x.What == f.what && strings.Contains(x.Text, f.text) && !slices.Contains(before.Findings, x)
		})
		if after.Wrong != before.Wrong+f.wrong || found != (f.wrong > 0) {
			t.Errorf("%s: got %d findings after %d, want %d more with %q among %+v", f.name, after.Wrong, before.Wrong,
				f.wrong, f.text, after.Findings)
		}
	}
}
