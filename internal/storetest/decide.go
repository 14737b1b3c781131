package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// spoil changes a row of every sort, as a decide might before it finds that it must refuse.
func spoil(b *berth.Book) error {
	if _, err := order(b, "anna", 50); err != nil {
		return err
	}
	b.PutUser(berth.User{ID: "spoilt"})
	b.OpenWallet("spoilt", "EUR")
	b.PutService(berth.Service{ID: "spoilt"})
	b.PutAPIKey(berth.APIKey{ID: "spoilt", Hash: "spoilt"})
	b.PutStock(berth.Stock{Key: "spoilt"})
	b.PutMeta("spoilt", "1")
	b.PutKey(berth.Key{ID: "spoilt", ExpiresAt: berth.Forever})
	b.DropKey("old")
	b.Next("numbers")
	b.Announce(berth.Event{Name: "spoilt"})
	_, err := b.ApplyCatalogue(berth.Catalogue{Currency: "EUR"})
	return err
}

// undone runs a spoiling decide between two that go through, in one batch, and looks for anything that stayed of it.
func undone(t *testing.T, d Database, end func() error, want berth.Code) {
	seen := &batches{}
	s := open(t, d, store.Options{Observe: seen})
	fund(t, s, "anna", 100)
	must(t, write(s, berth.Need{}, func(b *berth.Book) error {
		b.PutKey(berth.Key{ID: "old", ExpiresAt: 1})
		return nil
	}))
	need := berth.Need{Wallets: []string{"anna"}, Counters: []string{"numbers"}, Keys: []string{"spoilt", "old"},
		Meta: []string{"spoilt"}, Services: []string{"spoilt"}, Stock: []string{"spoilt"}, APIKeys: []string{"spoilt"},
		Users: []string{"spoilt"}, Catalogue: true}
	var before, number int64
	var left []string
	errs := Together(t, s, buy(s, "anna", 1),
		func() error {
			return write(s, need, func(b *berth.Book) error {
				if err := spoil(b); err != nil {
					return err
				}
				return end()
			})
		},
		func() error {
			return write(s, need, func(b *berth.Book) error {
				w, _ := b.Wallet("anna")
				before, number, left = w.Balance, b.Next("numbers"), remains(b)
				_, err := order(b, "anna", 2)
				return err
			})
		})
	expect(t, errs, "", want, "")
	Await(t, "the report of a batch of all 3 calls", func() bool { return seen.last() == 3 })
	if before != 99 || number != 1 || len(left) != 0 {
		t.Errorf("the next caller: got balance %d, number %d and rows %v, want 99, 1 and none", before, number, left)
	}
	if got, _ := balance(t, s, "anna"); got != 97 {
		t.Errorf("got balance %d, want 97", got)
	}
	must(t, write(s, need, func(b *berth.Book) error { left = remains(b); return nil }))
	if len(left) != 0 {
		t.Errorf("the database keeps %v of an undone decide", left)
	}
	if keys, err := s.ExpiredKeys(context.Background(), 1, 10); err != nil || !slices.Equal(keys, []string{"old"}) {
		t.Errorf("expired keys: got %v, %v, want [old]: its drop was undone", keys, err)
	}
	verified(t, s)
}

// remains names the rows that spoil would have left.
func remains(b *berth.Book) (left []string) {
	_, user := b.User("spoilt")
	_, service := b.Service("spoilt")
	_, key := b.APIKey("spoilt")
	_, stock := b.Stock("spoilt")
	_, meta := b.Meta("spoilt")
	_, idempotent := b.Key("spoilt")
	c, _ := b.Catalogue()
	for what, there := range map[string]bool{"user": user, "service": service, "API key": key, "stock": stock,
		"meta": meta, "idempotency key": idempotent, "catalogue": c != nil && c.Version != 0} {
		if there {
			left = append(left, what)
		}
	}
	return left
}

func refusalIsUndone(t *testing.T, d Database) {
	undone(t, d, func() error { return berth.Errorf(berth.OutOfStock, "none left") }, berth.OutOfStock)
}

func panicIsUndone(t *testing.T, d Database) {
	undone(t, d, func() error { panic("a fault in a decide") }, berth.Internal)
}

// missingRows reads rows that no need has named, each found in the one before.
func missingRows(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	must(t, write(s, berth.Need{}, func(b *berth.Book) error {
		b.PutMeta("first", "second")
		b.PutStock(berth.Stock{Key: "second", Capacity: 3})
		b.PutService(berth.Service{ID: "third", Name: "at last"})
		return nil
	}))
	var runs int
	var name string
	var left int64
	errs := Together(t, s, buy(s, "anna", 1), func() error {
		return write(s, berth.Need{}, func(b *berth.Book) error {
			runs++
			second, _ := b.Meta("first")
			row, _ := b.Stock(second)
			if row.Capacity == 3 {
				found, _ := b.Service("third")
				name = found.Name
			}
			o, err := order(b, "anna", 10) // the wallet is missing in the first run
			left = o.Amount
			return err
		})
	}, buy(s, "anna", 2))
	expect(t, errs, "", "", "")
	if name != "at last" || runs != 4 || left != 10 {
		t.Errorf("got %q in %d runs, order of %d; want the service in the fourth run, and the order", name, runs, left)
	}
	if got, entries := balance(t, s, "anna"); got != 87 || entries != 4 {
		t.Errorf("got balance %d by %d entries, want 87 by 4: what a run with missing rows did is undone", got, entries)
	}
}

// missingForEver is a decide that names a new row in every run.
func missingForEver(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	runs := 0
	errs := Together(t, s, buy(s, "anna", 1), func() error {
		return write(s, berth.Need{}, func(b *berth.Book) error {
			runs++
			b.Meta(fmt.Sprint("row ", runs))
			return nil
		})
	}, buy(s, "anna", 2))
	expect(t, errs, "", berth.Internal, "")
	if runs != 4 {
		t.Errorf("got %d runs, want 4: rows are loaded three times at most", runs)
	}
	if got, _ := balance(t, s, "anna"); got != 97 {
		t.Errorf("got balance %d, want 97", got)
	}
}

func absentRows(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	runs := 0
	must(t, write(s, berth.Need{Users: []string{"nobody"}, Wallets: []string{"nobody"}, Orders: []string{"none"},
		Services: []string{"none"}, APIKeys: []string{"none"}, Stock: []string{"none"}, Counters: []string{"none"},
		Meta: []string{"none"}, Keys: []string{"none"}, Catalogue: true}, func(b *berth.Book) error {
		runs++
		_, user := b.User("nobody")
		_, wallet := b.Wallet("nobody")
		_, o := b.Order("none")
		_, service := b.Service("none")
		_, key := b.APIKey("none")
		_, stock := b.Stock("none")
		_, meta := b.Meta("none")
		_, idempotent := b.Key("none")
		c, known := b.Catalogue()
		if user || wallet || o || service || key || stock || meta || idempotent {
			t.Errorf("a row that doesn't exist was found")
		}
		if !known || c.Version != 0 || len(c.Plans) != 0 {
			t.Errorf("catalogue: got %+v, %v, want the empty version 0", c, known)
		}
		return nil
	}))
	if runs != 1 {
		t.Errorf("got %d runs, want 1: a row that doesn't exist is loaded, too", runs)
	}
}

// oneBatch proves that what a caller did is seen by the next, and that all are one commit.
func oneBatch(t *testing.T, d Database) {
	seen := &batches{}
	s := open(t, d, store.Options{Observe: seen})
	fund(t, s, "anna", 100)
	var numbers [20]int64
	var balances [20]int64
	var runs atomic.Int64
	calls := make([]func() error, len(numbers))
	for i := range calls {
		calls[i] = func() error {
			return write(s, berth.Need{Wallets: []string{"anna"}, Counters: []string{"n"}}, func(b *berth.Book) error {
				runs.Add(1)
				numbers[i] = b.Next("n")
				w, err := b.Post(berth.Entry{UserID: "anna", Amount: -1, Contra: berth.AccountCorrection, Ref: "x"})
				balances[i] = w.Balance
				return err
			})
		}
	}
	expect(t, Together(t, s, calls...), make([]berth.Code, len(calls))...)
	for i := range numbers {
		if numbers[i] != int64(i+1) || balances[i] != int64(99-i) {
			t.Errorf("call %d: got number %d and balance %d, want %d and %d", i, numbers[i], balances[i], i+1, 99-i)
		}
	}
	list, err := s.Entries(context.Background(), "anna", 0, 20)
	must(t, err)
	for _, e := range list {
		if e.Batch != list[0].Batch || e.At != list[0].At {
			t.Errorf("entry %d: got batch %s at %d, want %s at %d", e.Seq, e.Batch, e.At, list[0].Batch, list[0].At)
		}
	}
	if runs.Load() != 20 {
		t.Errorf("got %d runs, want 20", runs.Load())
	}
	Await(t, "the report of a batch of all 20 calls", func() bool { return seen.last() == 20 })
}

// once is a decide that makes an order under an idempotency key.
func once(s *store.Store, id string, replayed *atomic.Int64) func() error {
	return func() error {
		var again bool
		err := write(s, berth.Need{Wallets: []string{"anna"}, Keys: []string{id}}, func(b *berth.Book) error {
			_, known := b.Key(id)
			switch {
			case known && b.KeyInFlight(id):
				return berth.Errorf(berth.InProgress, "still running")
			case known:
				again = true
				return nil
			}
			o, err := order(b, "anna", 1)
			b.PutKey(berth.Key{ID: id, Mark: "m", OrderID: o.ID, ExpiresAt: b.Now() + berth.Hour})
			return err
		})
		if err == nil && again {
			replayed.Add(1)
		}
		return err
	}
}

func keyTwice(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	var replayed atomic.Int64
	expect(t, Together(t, s, once(s, "k", &replayed), once(s, "k", &replayed), once(s, "other", &replayed)),
		"", berth.InProgress, "")
	must(t, once(s, "k", &replayed)()) // its first sender has its answer by now
	if got, entries := balance(t, s, "anna"); got != 98 || entries != 3 || replayed.Load() != 1 {
		t.Errorf("got balance %d by %d entries and %d replays, want 98 by 3 and 1", got, entries, replayed.Load())
	}
}

// keyDroppedAndUsed sweeps a key in the batch in which a client uses it anew.
func keyDroppedAndUsed(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	must(t, write(s, berth.Need{}, func(b *berth.Book) error {
		b.PutKey(berth.Key{ID: "k", Mark: "old", ExpiresAt: 1})
		b.PutKey(berth.Key{ID: "gone", Mark: "old", ExpiresAt: 1})
		return nil
	}))
	sweep := func() error {
		return write(s, berth.Need{Keys: []string{"k", "gone"}}, func(b *berth.Book) error {
			b.DropKey("k")
			b.DropKey("gone")
			return nil
		})
	}
	var replayed atomic.Int64
	expect(t, Together(t, s, sweep, once(s, "k", &replayed), sweep), "", "", "")
	must(t, sweep()) // by a list that was read before the key was used anew
	must(t, once(s, "k", &replayed)())
	if got, _ := balance(t, s, "anna"); got != 99 || replayed.Load() != 1 {
		t.Errorf("got balance %d and %d replays, want 99 and 1: the new key was lost with the old one", got, replayed.Load())
	}
	if keys, err := s.ExpiredKeys(context.Background(), 1, 10); err != nil || len(keys) != 0 {
		t.Errorf("expired keys: got %v, %v, want none", keys, err)
	}
}
