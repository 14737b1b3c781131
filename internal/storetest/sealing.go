package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// seal seals until nothing waits, and returns how many batches that were.
func seal(t testing.TB, s *store.Store) (sealed int) {
	t.Helper()
	for {
		done, err := s.Seal(context.Background())
		must(t, err)
		sealed += done.Sealed
		if done.Sealed == 0 {
			return sealed
		}
	}
}

// follow reads all events from a place on, a few at a time.
func follow(t testing.TB, s *store.Store, from berth.Place) (list []berth.PlacedEvent, end berth.Place) {
	t.Helper()
	for end = from; ; {
		part, err := s.Events(context.Background(), end, 3)
		must(t, err)
		if len(part) == 0 {
			return list, end
		}
		list = append(list, part...)
		end = berth.Place{Seq: part[len(part)-1].Seq, N: part[len(part)-1].N}
	}
}

// sealing seals some batches, and then some more.
func sealing(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	if r := verified(t, s); r.Head != (berth.Head{}) || r.Unsealed != 0 {
		t.Errorf("an empty database: got head %v and %d unsealed", r.Head, r.Unsealed)
	}
	fund(t, s, "anna", 100)
	must(t, buy(s, "anna", 1)())
	if list, _ := follow(t, s, berth.Place{}); len(list) != 0 {
		t.Errorf("got %d events before anything was sealed", len(list))
	}
	if r := verified(t, s); r.Head.Seq != 0 || r.Unsealed != 2 {
		t.Errorf("got head %v and %d unsealed, want none and 2", r.Head, r.Unsealed)
	}
	if n := seal(t, s); n != 2 {
		t.Errorf("got %d batches sealed, want 2", n)
	}
	first := verified(t, s)
	if first.Head.Seq != 2 || first.Unsealed != 0 {
		t.Errorf("got head %v and %d unsealed, want 2 and none", first.Head, first.Unsealed)
	}
	early, at := follow(t, s, berth.Place{})
	must(t, buy(s, "anna", 2)())
	must(t, buy(s, "anna", 3)())
	if n := seal(t, s); n != 2 {
		t.Errorf("got %d batches sealed, want 2", n)
	}
	if late, _ := follow(t, s, at); len(early) != 1 || len(late) != 2 || late[0].Amount != 2 || late[1].Amount != 3 {
		t.Errorf("got the events %+v and then %+v, want one and two", early, late)
	}
	if r := verified(t, s); r.Head.Seq != 4 || r.Head.Hash == first.Head.Hash {
		t.Errorf("got head %v after %v", r.Head, first.Head)
	}
	r, err := berth.Verify(context.Background(), s, first.Head, nil)
	if must(t, err); r.Wrong != 0 {
		t.Errorf("since %v: got %+v", first.Head, r.Findings)
	}
	r, err = berth.Verify(context.Background(), s, berth.Head{Seq: 2, Hash: r.Head.Hash}, nil)
	if must(t, err); r.Wrong != 1 {
		t.Errorf("since a head that never was: got %d findings, want 1", r.Wrong)
	}
}

// sealBusy seals from two processes while both are written to and somebody follows the events.
func sealBusy(t *testing.T, d Database) {
	stores := []*store.Store{open(t, d, store.Options{}), open(t, d, store.Options{})}
	fund(t, stores[0], "anna", 1_000_000)
	fund(t, stores[0], "bert", 1_000_000)
	const writers, each = 4, 25
	var writing, beside sync.WaitGroup
	stop := make(chan struct{})
	for i := range writers {
		writing.Go(func() {
			s, user := stores[i%2], []string{"anna", "bert"}[i/2]
			for range each {
				var o berth.Order
				err := write(s, berth.Need{Wallets: []string{user}}, func(b *berth.Book) (err error) {
					o, err = order(b, user, 1)
					return err
				})
				if err == nil {
					err = write(s, berth.Need{Orders: []string{o.ID}}, func(b *berth.Book) error {
						now, _ := b.Order(o.ID)
						now.State = berth.Completed
						announce(b, berth.EventOrderCompleted, now)
						b.PutService(delivered(now))
						b.PutOrder(now)
						return nil
					})
				}
				if err != nil {
					t.Errorf("beside the sealer: %v", err)
					return
				}
			}
		})
	}
	var seen []berth.PlacedEvent
	var at berth.Place
	for i := range 2 {
		beside.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					seal(t, stores[i])
				}
			}
		})
	}
	beside.Go(func() {
		for {
			part, end := follow(t, stores[1], at)
			seen, at = append(seen, part...), end
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	writing.Wait()
	close(stop)
	beside.Wait()
	seal(t, stores[0])
	part, _ := follow(t, stores[0], at)
	checkFollowed(t, append(seen, part...), writers*each)
	if r := verified(t, stores[1]); r.Unsealed != 0 || r.Head.Seq < each {
		t.Errorf("got head %v and %d unsealed", r.Head, r.Unsealed)
	}
}

// checkFollowed holds what a follower saw against what happened: of each order both events, once, in their order.
func checkFollowed(t *testing.T, seen []berth.PlacedEvent, orders int) {
	t.Helper()
	paid, completed := map[string]bool{}, map[string]bool{}
	for _, e := range seen {
		switch e.Name {
		case berth.EventOrderPaid:
			if paid[e.OrderID] {
				t.Errorf("order %s was seen paid twice", e.OrderID)
			}
			paid[e.OrderID] = true
		case berth.EventOrderCompleted:
			if completed[e.OrderID] || !paid[e.OrderID] {
				t.Errorf("order %s was seen completed twice, or before it was paid", e.OrderID)
			}
			completed[e.OrderID] = true
		}
	}
	if len(paid) != orders || len(completed) != orders {
		t.Errorf("the follower saw %d orders paid and %d completed, want %d", len(paid), len(completed), orders)
	}
}

// sealLost loses the answers of the sealer's commits, and the commits themselves.
func sealLost(t *testing.T, d Database) {
	armed := &faults{}
	s := open(t, d, store.Options{Faults: armed})
	fund(t, s, "anna", 100)
	must(t, buy(s, "anna", 1)())
	for _, f := range []faults{{before: times(1)}, {begin: times(1)}} {
		*armed = f
		if done, err := s.Seal(context.Background()); err == nil || done.Sealed != 0 {
			t.Errorf("got %+v %v, want an error", done, err)
		}
		*armed = faults{}
		if r := verified(t, s); r.Head.Seq != 0 || r.Unsealed != 2 {
			t.Errorf("got head %v and %d unsealed, want nothing sealed", r.Head, r.Unsealed)
		}
	}
	armed.after = times(1)
	if _, err := s.Seal(context.Background()); !berth.IsCode(err, berth.Unavailable) {
		t.Errorf("got %v (cause: %v), want unavailable", err, errors.Unwrap(err))
	}
	must(t, buy(s, "anna", 1)())
	if n := seal(t, s); n != 1 {
		t.Errorf("got %d batches sealed after a lost answer, want the one that came later", n)
	}
	if r := verified(t, s); r.Head.Seq != 3 || r.Unsealed != 0 {
		t.Errorf("got head %v and %d unsealed, want 3 and none", r.Head, r.Unsealed)
	}
}
