package storetest

import (
	"sync"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// twoLanes buys and completes at the same time through a store that has a lane for each: neither waits for the other's
// queue, both see what the other has committed, and what both change is changed by one after the other.
func twoLanes(t *testing.T, d Database) {
	s := open(t, d, store.Options{Lanes: 2})
	fund(t, s, "anna", 1000)
	must(t, write(s, berth.Need{}, func(b *berth.Book) error {
		b.PutStock(berth.Stock{Key: "both", Capacity: berth.Unlimited})
		return nil
	}))

	release := Hold(t, s) // the lane that moves no money
	behind := make(chan error, 1)
	go func() {
		behind <- write(s, berth.Need{Stock: []string{"both"}}, func(*berth.Book) error { return nil })
	}()
	Await(t, "a write to queue behind the one that is held", func() bool { return s.Queued() == 1 })
	if d.Parallel {
		must(t, buy(s, "anna", 1)())
	}
	release()
	must(t, <-behind)

	const each = 50
	var running sync.WaitGroup
	touch := func(b *berth.Book) {
		row, _ := b.Stock("both")
		row.Used++
		b.PutStock(row)
	}
	for range 4 {
		running.Go(func() {
			for range each {
				var o berth.Order
				err := write(s, berth.Need{Wallets: []string{"anna"}, Stock: []string{"both"}}, func(b *berth.Book) (err error) {
					touch(b)
					o, err = order(b, "anna", 1)
					return err
				})
				if err == nil {
					err = write(s, berth.Need{Orders: []string{o.ID}, Stock: []string{"both"}}, func(b *berth.Book) error {
						now, ok := b.Order(o.ID)
						if !ok {
							t.Errorf("order %s isn't there for the lane that completes it", o.ID)
						}
						touch(b)
						now.State = berth.Completed
						announce(b, berth.EventOrderCompleted, now)
						b.PutService(delivered(now))
						b.PutOrder(now)
						return nil
					})
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	rows, err := s.Stock(t.Context())
	if must(t, err); len(rows) != 1 || rows[0].Used != 2*4*each {
		t.Errorf("got %+v, want %d used: one lane wrote over the other", rows, 2*4*each)
	}
	if r := verified(t, s); r.Settled[berth.Completed] != 4*each {
		t.Errorf("got %v orders, want %d completed", r.Settled, 4*each)
	}
}
