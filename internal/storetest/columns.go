package storetest

import (
	"context"
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// filler gives every field of a row a value of its own, so that no column can be lost or taken for another.
type filler struct{ n int64 }

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d é'\"\\%%_;--", f.n))
	case reflect.Int64:
		v.SetInt(f.n)
	case reflect.Bool:
		v.SetBool(f.n%2 == 0)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	}
}

// full is a row with every field filled.
func full[R any](f *filler) (row R) {
	f.fill(reflect.ValueOf(&row).Elem())
	return row
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// rowsOf are the rows that a columns test writes.
type rowsOf struct {
	user    berth.User
	order   berth.Order
	service berth.Service
	key     berth.APIKey
	stock   berth.Stock
	mark    berth.Key
	entry   berth.Entry
}

func filled(f *filler) (r rowsOf) {
	r.user, r.order, r.service = full[berth.User](f), full[berth.Order](f), full[berth.Service](f)
	r.key, r.stock, r.mark = full[berth.APIKey](f), full[berth.Stock](f), full[berth.Key](f)
	r.order.State, r.order.Doubt, r.order.AutoRenew, r.order.Resealed = berth.Paid, true, true, false
	r.key.Scopes = []berth.Scope{berth.ScopeOrder, berth.ScopeRead}
	r.key.Addresses = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	r.mark.ExpiresAt = berth.Forever
	r.entry = berth.Entry{UserID: r.user.ID, Amount: 77, Contra: "contra", OrderID: "order", Ref: "ref", Note: "note é"}
	return r
}

// put writes the rows and notes what the book filled in.
func (r *rowsOf) put(s *store.Store, wallet bool) error {
	need := berth.Need{Users: []string{r.user.ID}, Wallets: []string{r.user.ID}, Orders: []string{r.order.ID},
		Services: []string{r.service.ID}, APIKeys: []string{r.key.ID}, Stock: []string{r.stock.Key}, Keys: []string{r.mark.ID}}
	return write(s, need, func(b *berth.Book) error {
		b.PutUser(r.user)
		r.order = b.PutOrder(r.order)
		b.PutService(r.service)
		b.PutAPIKey(r.key)
		b.PutStock(r.stock)
		b.PutKey(r.mark)
		r.service.UpdatedAt, r.stock.UpdatedAt = b.Now(), b.Now()
		if wallet {
			b.OpenWallet(r.user.ID, "CHF")
		}
		w, err := b.Post(r.entry)
		r.entry.Seq, r.entry.Balance, r.entry.At = w.Seq, w.Balance, b.Now()
		return err
	})
}

// check reads every row back, outside a write and under the lock.
func (r *rowsOf) check(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	user, _, err := s.User(ctx, r.user.ID)
	must(t, err)
	same(t, "user", user, r.user)
	o, _, err := s.Order(ctx, r.order.ID)
	must(t, err)
	same(t, "order", o, r.order)
	service, _, err := s.Service(ctx, r.service.ID)
	must(t, err)
	same(t, "service", service, r.service)
	key, _, err := s.KeyByHash(ctx, r.key.Hash)
	must(t, err)
	same(t, "API key", key, r.key)
	stock, err := s.Stock(ctx)
	must(t, err)
	want := r.stock
	want.Counted = 0
	same(t, "stock", stock, []berth.Stock{want})
	entries, err := s.Entries(ctx, r.user.ID, 0, 1)
	if must(t, err); len(entries) != 1 {
		t.Fatalf("got %d entries, want 1", len(entries))
	}
	if entries[0].Batch == "" {
		t.Errorf("entry: got no batch")
	}
	entries[0].Batch = ""
	same(t, "entry", entries[0], r.entry)
	r.checkLoaded(t, s, want)
}

// checkLoaded reads the rows as a decide does.
func (r *rowsOf) checkLoaded(t *testing.T, s *store.Store, stock berth.Stock) {
	t.Helper()
	must(t, write(s, berth.Need{}, func(b *berth.Book) error {
		user, ok := b.User(r.user.ID)
		o, _ := b.Order(r.order.ID)
		service, _ := b.Service(r.service.ID)
		key, _ := b.APIKey(r.key.ID)
		held, _ := b.Stock(r.stock.Key)
		mark, _ := b.Key(r.mark.ID)
		w, _ := b.Wallet(r.user.ID)
		if !ok {
			return nil // the first run; the next one has the rows
		}
		same(t, "loaded user", user, r.user)
		same(t, "loaded order", o, r.order)
		same(t, "loaded service", service, r.service)
		same(t, "loaded API key", key, r.key)
		same(t, "loaded stock", held, stock)
		same(t, "loaded idempotency key", mark, r.mark)
		same(t, "loaded wallet", w, berth.Wallet{UserID: r.user.ID, Currency: "CHF", Balance: r.entry.Balance,
			Seq: r.entry.Seq, UpdatedAt: r.entry.At})
		return nil
	}))
}

// columns writes rows with every field filled, reads them back, changes all that may change, and reads again.
func columns(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	r := filled(&filler{n: 1000})
	must(t, r.put(s, true))
	r.check(t, s)

	next := filled(&filler{n: 2000})
	// What is never changed after it was written: identities, and the terms of an order but for who makes it.
	next.user.ID, next.user.ParentID, next.user.CreatedAt = r.user.ID, r.user.ParentID, r.user.CreatedAt
	changed := r.order
	changed.State, changed.Lease, changed.Result = berth.Completed, next.order.Lease, next.order.Result
	changed.Password = next.order.Password
	changed.Provider, changed.Others, changed.Moves = next.order.Provider, next.order.Others, next.order.Moves
	changed.BeginsAt, changed.ExpiresAt = next.order.BeginsAt, next.order.ExpiresAt
	changed.Resealed, changed.Peering = true, next.order.Peering
	next.order = changed
	next.service.ID, next.service.Sort, next.service.UserID = r.service.ID, r.service.Sort, r.service.UserID
	next.service.CreatedAt = r.service.CreatedAt
	next.key.ID, next.key.UserID, next.key.CreatedAt, next.key.Hash = r.key.ID, r.key.UserID, r.key.CreatedAt, r.key.Hash
	next.stock.Key, next.mark.ID, next.entry.UserID = r.stock.Key, r.mark.ID, r.user.ID
	next.mark.ExpiresAt = berth.Forever - 1
	must(t, next.put(s, false))
	next.check(t, s)
}
