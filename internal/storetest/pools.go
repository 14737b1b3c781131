package storetest

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// fifty is a pool of fifty numbers, and one that has to rest for a while.
func fifty() berth.Pool {
	return berth.Pool{Name: "fifty", Kind: berth.ASNPool, Ranges: []berth.Range{{First: 4200000100, Last: 4200000149}}, Rest: 10 * berth.Second}
}

// addPool writes a pool as it is.
func addPool(t *testing.T, s *store.Store, p berth.Pool) {
	t.Helper()
	must(t, write(s, berth.Need{Pools: []berth.PoolNeed{{Name: p.Name}}}, func(b *berth.Book) error {
		b.PutPool(p)
		return nil
	}))
}

// sell is a call that takes an item of a pool and an order that has it. Its need may leave the pool out, as that of a
// call does that only learns of it in its decide.
func sell(s *store.Store, user, pool string, named bool, sold *string) func() error {
	need := berth.Need{Wallets: []string{user}}
	if named {
		need.Pools = []berth.PoolNeed{{Name: pool, Take: 1}}
	}
	return func() error {
		return write(s, need, func(b *berth.Book) error {
			if _, ok := b.Peek(pool); !ok {
				return berth.Errorf(berth.OutOfStock, "none is left")
			}
			o, err := order(b, user, 1)
			if err != nil {
				return err
			}
			i, _ := b.Take(pool, o.ID)
			o.Items = i.ID
			b.PutOrder(o)
			*sold = i.Value
			return nil
		})
	}
}

// giveBack ends the order that has an item, as its refund does.
func giveBack(t *testing.T, s *store.Store, id string) {
	t.Helper()
	must(t, write(s, berth.Need{Items: []string{id}}, func(b *berth.Book) error {
		i, ok := b.Item(id)
		o, found := b.Order(i.Owner)
		if !ok || !found {
			return nil // the first runs
		}
		b.Free(id, o.ID)
		b.Free(id, o.ID) // harmless
		_, err := b.Post(berth.Entry{UserID: o.UserID, Amount: o.Amount, Contra: berth.AccountSales, OrderID: o.ID})
		o.State = berth.Refunded
		announce(b, berth.EventOrderRefunded, o)
		b.PutOrder(o)
		return err
	}))
}

// poolRace has two hundred orders at once on a pool of fifty, over the stores in turn, half of them without the pool in
// their need.
func poolRace(t *testing.T, s ...*store.Store) {
	t.Helper()
	fund(t, s[0], "anna", 1000)
	addPool(t, s[0], fifty())
	var values [200]string
	said := crowd(len(values), func(i int) error { return sell(s[i%len(s)], "anna", "fifty", i%4 < 2, &values[i])() })
	same(t, "answers", said, map[berth.Code]int{"": 50, berth.OutOfStock: 150})
	got := slices.Compact(slices.Sorted(slices.Values(values[:])))
	if len(got) != 51 || got[1] != "4200000100" || got[50] != "4200000149" {
		t.Errorf("got the values %v, want fifty, each once", got)
	}
	if minor, _ := balance(t, s[0], "anna"); minor != 950 {
		t.Errorf("got balance %d, want 950", minor)
	}
	if r := verified(t, s[0]); r.Items != 50 {
		t.Errorf("verify: got %d items, want 50", r.Items)
	}
}

func poolOfFifty(t *testing.T, d Database) { poolRace(t, open(t, d, store.Options{})) }

func poolShared(t *testing.T, d Database) {
	poolRace(t, open(t, d, store.Options{}), open(t, d, store.Options{}), open(t, d, store.Options{}))
}

// poolRest gives items back: the lowest free one comes first, and none before it has rested.
func poolRest(t *testing.T, d Database) {
	var clock atomic.Int64
	clock.Store(1_700_000_000 * berth.Second)
	s := open(t, d, store.Options{Now: clock.Load})
	fund(t, s, "anna", 1000)
	p := fifty()
	p.Ranges[0].Last = p.Ranges[0].First + 2
	addPool(t, s, p)
	take := func(want string) {
		t.Helper()
		var got string
		err := sell(s, "anna", "fifty", true, &got)()
		if want == "" && code(err) != berth.OutOfStock || want != "" && (err != nil || got != want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	counts := func(live, resting int64) {
		t.Helper()
		list, err := s.Pools(context.Background(), clock.Load())
		if must(t, err); len(list) != 1 || list[0].Live != live || list[0].Resting != resting {
			t.Errorf("got %+v, want %d live and %d resting", list, live, resting)
		}
	}
	take("4200000100")
	take("4200000101")
	giveBack(t, s, "fifty/1")
	giveBack(t, s, "fifty/0")
	counts(0, 2)
	take("4200000102") // the other two rest
	take("")
	clock.Add(9 * berth.Second)
	take("")
	clock.Add(2 * berth.Second)
	counts(1, 0)
	take("4200000100") // the lowest first
	take("4200000101")
	take("")
	counts(3, 0)
	// An owner that isn't the present one frees nothing.
	must(t, write(s, berth.Need{}, func(b *berth.Book) error { b.Free("fifty/0", "somebody"); return nil }))
	must(t, write(s, berth.Need{}, func(b *berth.Book) error { b.Free("fifty/9", "somebody"); b.Free("none/1", "x"); return nil }))
	counts(3, 0)
	list, err := s.PoolItems(context.Background(), "fifty", 0, 1)
	if must(t, err); len(list) != 1 || list[0].Value != "4200000101" || list[0].Last == "" || list[0].Owner == list[0].Last {
		t.Errorf("got items %+v, want the second with its owner before", list)
	}
	verified(t, s)
}

// poolUndone has a call that takes and is refused, and two that take in one batch.
func poolUndone(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 1000)
	addPool(t, s, fifty())
	var one, two string
	refused := berth.Errorf(berth.Forbidden, "no")
	errs := Together(t, s, sell(s, "anna", "fifty", true, &one), func() error {
		return write(s, berth.Need{Pools: []berth.PoolNeed{{Name: "fifty", Take: 1}}}, func(b *berth.Book) error {
			b.Take("fifty", "nobody")
			return refused
		})
	}, sell(s, "anna", "fifty", true, &two))
	expect(t, errs, "", berth.Forbidden, "")
	if one != "4200000100" || two != "4200000101" {
		t.Errorf("got %s and %s, want what the refused call had was given on", one, two)
	}
	var none string
	if err := sell(s, "anna", "missing", true, &none)(); code(err) != berth.OutOfStock {
		t.Errorf("a pool that isn't there: got %v, want out of stock", err)
	}
	verified(t, s)
}

// poolColumns writes rows with every field filled, and reads them back outside a write and in one.
func poolColumns(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	f := &filler{n: 3000}
	for round := range 2 {
		p, i := full[berth.Pool](f), full[berth.Item](f)
		p.Name, p.Kind, p.CreatedAt, p.Live, p.Resting = "full", berth.AddressPool, 7, 0, 0
		p.Ranges = []berth.Range{{CIDR: "203.0.113.0/24", Gateway: "203.0.113.1", Length: 5, First: 6, Last: 7}, {}}
		p.Reserved = []berth.Span{{First: 1, Last: int64(round)}}
		i.ID, i.Pool, i.Place, i.Value = "full/3", "full", 3, "203.0.113.3"
		p.Live = 1 // as counted
		must(t, write(s, berth.Need{Pools: []berth.PoolNeed{{Name: "full"}}, Items: []string{i.ID}}, func(b *berth.Book) error {
			b.PutPool(p)
			b.PutItem(i)
			p.UpdatedAt, i.UpdatedAt = b.Now(), b.Now()
			return nil
		}))
		pools, err := s.Pools(context.Background(), 0)
		must(t, err)
		same(t, "pools", pools, []berth.Pool{p})
		items, err := s.PoolItems(context.Background(), "full", -1, 10)
		must(t, err)
		same(t, "items", items, []berth.Item{i})
		must(t, write(s, berth.Need{}, func(b *berth.Book) error {
			gotPool, ok := b.Pool("full")
			gotItem, _ := b.Item(i.ID)
			if !ok {
				return nil // the first run
			}
			p.Live = 0
			same(t, "loaded pool", gotPool, p)
			same(t, "loaded item", gotItem, i)
			return nil
		}))
	}
}

// faultyPools are faults of pools and of who has what of them.
func faultyPools() []planted {
	give := func(b *berth.Book, edit func(o *berth.Order, i *berth.Item)) error {
		if _, ok := b.Peek("fifty"); !ok {
			return nil // the first run
		}
		o, err := order(b, "anna", 1)
		i, _ := b.Take("fifty", o.ID)
		o.Items = i.ID
		edit(&o, &i)
		b.PutOrder(o)
		b.PutItem(i)
		return err
	}
	return []planted{
		{"a pool", "", "", 0, func(b *berth.Book) error { b.PutPool(fifty()); return nil }},
		{"an item of an order", "", "", 0, func(b *berth.Book) error { return give(b, func(*berth.Order, *berth.Item) {}) }},
		{"an item of nobody who says so", "item", "no service and no open order of this id has it", 1, func(b *berth.Book) error {
			return give(b, func(o *berth.Order, _ *berth.Item) { o.Items = "" })
		}},
		{"an item of somebody else", "item", "but order", 1, func(b *berth.Book) error {
			return give(b, func(_ *berth.Order, i *berth.Item) { i.Owner = "somebody" })
		}},
		{"an item that was freed under its order", "order", "which nobody has by the pool", 1, func(b *berth.Book) error {
			return give(b, func(_ *berth.Order, i *berth.Item) { i.Owner, i.FreeAt = "", berth.Forever })
		}},
		{"an item that no pool gave", "order", "which no pool ever gave", 1, func(b *berth.Book) error {
			o, err := order(b, "anna", 1)
			o.Items = "fifty/49"
			b.PutOrder(o)
			return err
		}},
		{"an item with another value", "item", "this place of the pool is", 1, func(b *berth.Book) error {
			return give(b, func(_ *berth.Order, i *berth.Item) { i.Value = "77" })
		}},
		{"an item that is live twice", "item", "is live, and so is item", 1, func(b *berth.Book) error {
			p := fifty()
			p.Name, p.Next = "other", 1
			b.PutPool(p)
			o, err := order(b, "anna", 1)
			o.Items = "other/0"
			b.PutOrder(o)
			b.PutItem(berth.Item{ID: "other/0", Pool: "other", Value: "4200000100", Owner: o.ID})
			return err
		}},
		{"an item of no pool", "item", "of a pool that does not exist", 2, func(b *berth.Book) error {
			b.PutItem(berth.Item{ID: "ghost/0", Pool: "ghost", Value: "1", Owner: "ghost"})
			return nil
		}},
		{"an address that its service doesn't have", "service", "but its address is 203.0.113.9", 1, func(b *berth.Book) error {
			b.PutPool(berth.Pool{Name: "net", Kind: berth.AddressPool, Ranges: []berth.Range{{CIDR: "203.0.113.0/24", Gateway: "203.0.113.1"}}, Next: 9})
			o, err := add(b, berth.Completed, 1)
			v := delivered(o)
			v.Items, v.CIDR, v.Address = "net/8", "203.0.113.8/24", "203.0.113.9"
			b.PutService(v)
			b.PutItem(berth.Item{ID: "net/8", Pool: "net", Place: 8, Value: "203.0.113.8", Owner: o.ID})
			return err
		}},
		{"a terminated service that keeps its item", "item", "no service and no open order of this id has it", 1, func(b *berth.Book) error {
			if _, ok := b.Peek("fifty"); !ok {
				return nil
			}
			o, err := add(b, berth.Completed, 1)
			v := delivered(o)
			i, _ := b.Take("fifty", o.ID)
			v.Items, v.Status = i.ID, berth.Terminated
			b.PutService(v)
			return err
		}},
	}
}

// auditPools plants what an audit must find in pools.
func auditPools(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	fund(t, s, "anna", 100)
	finds(t, s, faultyPools())
}

// poolLost loses the answer of the commit that takes an item: it is taken once.
func poolLost(t *testing.T, d Database) {
	armed := &faults{}
	s := open(t, d, store.Options{Faults: armed})
	var got string
	fund(t, s, "anna", 1000)
	addPool(t, s, fifty())
	for n := range 3 {
		armed.after = times(1)
		must(t, sell(s, "anna", "fifty", n%2 == 0, &got)())
	}
	if got != "4200000102" {
		t.Errorf("got %s as the third, want each once", got)
	}
	list, err := s.PoolItems(context.Background(), "fifty", -1, 100)
	if must(t, err); len(list) != 3 {
		t.Errorf("got %d items, want 3", len(list))
	}
	verified(t, s)
}
