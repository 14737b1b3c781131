package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/pgtest"
)

// sqlEngines are the two engines of this file's tests: how to get a migrated database, and how to open one.
var sqlEngines = []struct {
	name string
	url  func(testing.TB) string
	open func(context.Context, string, Options) (engine, error)
}{
	{"sqlite", func(t testing.TB) string { return filepath.Join(t.TempDir(), "berth.db") },
		func(ctx context.Context, url string, o Options) (engine, error) { return openSQLite(ctx, url, o) }},
	{"postgres", func(t testing.TB) string { return pgtest.Database(t) },
		func(ctx context.Context, url string, o Options) (engine, error) { return openPostgres(ctx, url, o) }},
}

// migrateURL is the URL as migrate takes it.
func migrateURL(name, url string) string {
	if name == "sqlite" {
		return "sqlite:" + url
	}
	return url
}

// onBoth runs a test on both engines, each with an empty migrated database.
func onBoth(t *testing.T, test func(t *testing.T, e engine)) {
	for _, kind := range sqlEngines {
		t.Run(kind.name, func(t *testing.T) {
			url := kind.url(t)
			if _, _, err := migrate(t.Context(), migrateURL(kind.name, url)); err != nil {
				t.Fatal(err)
			}
			test(t, openEngine(t, kind.open, url, Options{}))
		})
	}
}

func openEngine(t testing.TB, open func(context.Context, string, Options) (engine, error), url string, o Options) engine {
	t.Helper()
	e, err := open(context.Background(), url, o.complete())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// write runs one transaction that loads nothing.
func write(t testing.TB, e engine, c *berth.Changes) {
	t.Helper()
	if err := tryWrite(e, c); err != nil {
		t.Fatal(err)
	}
}

func tryWrite(e engine, c *berth.Changes) error {
	ctx := context.Background()
	tx, _, _, err := e.begin(ctx, berth.Need{})
	if err != nil {
		return err
	}
	return tx.commit(ctx, c)
}

// read loads a need and rolls back.
func read(t testing.TB, e engine, need berth.Need) (berth.Rows, int64) {
	t.Helper()
	tx, rows, version, err := e.begin(context.Background(), need)
	if err != nil {
		t.Fatal(err)
	}
	tx.rollback()
	return rows, version
}

// filled is a row in which every field that is stored has a value of its own: a column that is missing or mixed up
// with another shows.
func filled[R any](seed int64) R {
	var row R
	fill(reflect.ValueOf(&row).Elem(), &seed)
	return row
}

func fill(v reflect.Value, n *int64) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%06d-ä'\"\\,", *n))
	case reflect.Int64:
		v.SetInt(*n * 1_000_000_007)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Counted" { // the only one that isn't stored
				fill(v.Field(i), n)
			}
		}
	case reflect.Slice:
		switch v.Interface().(type) {
		case []berth.Scope:
			v.Set(reflect.ValueOf([]berth.Scope{berth.ScopeOrder, berth.ScopeManage}))
		case []netip.Prefix:
			v.Set(reflect.ValueOf([]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}))
		default:
			panic("no value for " + v.Type().String())
		}
	default:
		panic("no value for " + v.Kind().String())
	}
}

func both[R any](a, b R) []R { return []R{a, b} }

// changed returns the row with every field new except those that identify it.
func changed[R any](old R, seed int64, keep ...string) R {
	next := filled[R](seed)
	for _, name := range keep {
		reflect.ValueOf(&next).Elem().FieldByName(name).Set(reflect.ValueOf(old).FieldByName(name))
	}
	return next
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// TestRoundTrip writes every table in full, changes it in full and compares what comes back.
func TestRoundTrip(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		first := &berth.Changes{Batch: "batch-1", Now: 1,
			Users:    berth.Change[berth.User]{Insert: both(filled[berth.User](100), filled[berth.User](200))},
			Wallets:  berth.Change[berth.Wallet]{Insert: both(filled[berth.Wallet](300), filled[berth.Wallet](400))},
			Orders:   berth.Change[berth.Order]{Insert: both(filled[berth.Order](500), filled[berth.Order](600))},
			Services: berth.Change[berth.Service]{Insert: both(filled[berth.Service](700), filled[berth.Service](800))},
			APIKeys:  berth.Change[berth.APIKey]{Insert: both(filled[berth.APIKey](900), filled[berth.APIKey](1000))},
			Stock:    berth.Change[berth.Stock]{Insert: both(filled[berth.Stock](1100), filled[berth.Stock](1200))},
			Counters: berth.Change[berth.Counter]{Insert: both(filled[berth.Counter](1300), filled[berth.Counter](1400))},
			Meta:     berth.Change[berth.Meta]{Insert: both(filled[berth.Meta](1500), filled[berth.Meta](1600))},
			Keys:     berth.Change[berth.Key]{Insert: both(filled[berth.Key](1700), filled[berth.Key](1800))},
			Entries:  both(filled[berth.Entry](1900), filled[berth.Entry](2000)),
			Events:   both(filled[berth.Event](2100), filled[berth.Event](2200)),
		}
		write(t, e, first)
		need := needOf(first)
		got, version := read(t, e, need)
		same(t, "after the insert", got, rowsOf(first))
		same(t, "catalogue", version, int64(0))

		// The first row of each table changes in all that may change, the second stays.
		u, w, o, s, k := first.Users.Insert[0], first.Wallets.Insert[0], first.Orders.Insert[0], first.Services.Insert[0], first.APIKeys.Insert[0]
		next := berth.Order{ID: o.ID, Number: o.Number, Kind: o.Kind, UserID: o.UserID, Amount: o.Amount, Difference: o.Difference,
			BalanceBefore: o.BalanceBefore, Currency: o.Currency, CatalogueVersion: o.CatalogueVersion, Terms: o.Terms, CreatedAt: o.CreatedAt,
			State: berth.Refunded, Lease: filled[berth.Lease](2300), Result: filled[berth.Result](2400), UpdatedAt: 2500}
		next.Password, next.Doubt = "resealed", false
		second := &berth.Changes{Batch: "batch-2", Now: 2,
			Users:    berth.Change[berth.User]{Update: []berth.User{changed(u, 3100, "ID", "ParentID", "CreatedAt")}},
			Wallets:  berth.Change[berth.Wallet]{Update: []berth.Wallet{changed(w, 3300, "UserID", "Currency")}},
			Orders:   berth.Change[berth.Order]{Update: []berth.Order{next}},
			Services: berth.Change[berth.Service]{Update: []berth.Service{changed(s, 3700, "ID", "Sort", "UserID", "CreatedAt")}},
			APIKeys:  berth.Change[berth.APIKey]{Update: []berth.APIKey{changed(k, 3900, "ID", "UserID", "Hash", "CreatedAt")}},
			Stock:    berth.Change[berth.Stock]{Update: []berth.Stock{changed(first.Stock.Insert[0], 4100, "Key")}},
			Counters: berth.Change[berth.Counter]{Update: []berth.Counter{changed(first.Counters.Insert[0], 4300, "Name")}},
			Meta:     berth.Change[berth.Meta]{Update: []berth.Meta{changed(first.Meta.Insert[0], 4500, "Name")}},
			Keys:     berth.Change[berth.Key]{Update: []berth.Key{changed(first.Keys.Insert[0], 4700, "ID")}},
			Dropped:  []string{first.Keys.Insert[1].ID},
		}
		second.Users.Update[0].Active = false
		write(t, e, second)
		want := rowsOf(first)
		want.Users[0], want.Wallets[0], want.Orders[0] = second.Users.Update[0], second.Wallets.Update[0], next
		want.Services[0], want.APIKeys[0] = second.Services.Update[0], second.APIKeys.Update[0]
		want.Stock[0], want.Counters[0], want.Meta[0] = second.Stock.Update[0], second.Counters.Update[0], second.Meta.Update[0]
		want.Keys = second.Keys.Update
		got, _ = read(t, e, need)
		same(t, "after the update", got, want)
		checkReads(t, ctx, e, want, first)
	})
}

// checkReads compares what the Reader says with the rows.
func checkReads(t *testing.T, ctx context.Context, e engine, want berth.Rows, first *berth.Changes) {
	for i := range 2 {
		single(t, "User", want.Users[i])(e.User(ctx, want.Users[i].ID))
		single(t, "Wallet", want.Wallets[i])(e.Wallet(ctx, want.Wallets[i].UserID))
		single(t, "Order", want.Orders[i])(e.Order(ctx, want.Orders[i].ID))
		single(t, "Service", want.Services[i])(e.Service(ctx, want.Services[i].ID))
		single(t, "KeyByHash", want.APIKeys[i])(e.KeyByHash(ctx, want.APIKeys[i].Hash))
		single(t, "Meta", want.Meta[i].Value)(e.Meta(ctx, want.Meta[i].Name))
		whole(t, "Entries", first.Entries[i:i+1])(e.Entries(ctx, first.Entries[i].UserID, 0, 10))
	}
	reversed := slices.Clone(want.APIKeys)
	slices.Reverse(reversed)
	whole(t, "APIKeys", reversed)(e.APIKeys(ctx, ""))
	whole(t, "Users", []berth.User{want.Users[1], want.Users[0]})(e.Users(ctx)) // by name
	whole(t, "Stock", want.Stock)(e.Stock(ctx))
	if _, ok, err := e.Order(ctx, "nobody's"); ok || err != nil {
		t.Errorf("an unknown order: got %t %v, want false and no error", ok, err)
	}
}

func single[R any](t *testing.T, what string, want R) func(R, bool, error) {
	return func(got R, ok bool, err error) {
		t.Helper()
		if err != nil || !ok {
			t.Errorf("%s: got %t %v", what, ok, err)
		}
		same(t, what, got, want)
	}
}

func whole[R any](t *testing.T, what string, want []R) func([]R, error) {
	return func(got []R, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		same(t, what, got, want)
	}
}

// needOf names everything that changes insert.
func needOf(c *berth.Changes) berth.Need {
	need := berth.Need{Catalogue: true}
	for i := range 2 {
		need.Users = append(need.Users, c.Users.Insert[i].ID)
		need.Wallets = append(need.Wallets, c.Wallets.Insert[i].UserID)
		need.Orders = append(need.Orders, c.Orders.Insert[i].ID)
		need.Services = append(need.Services, c.Services.Insert[i].ID)
		need.APIKeys = append(need.APIKeys, c.APIKeys.Insert[i].ID)
		need.Stock = append(need.Stock, c.Stock.Insert[i].Key)
		need.Counters = append(need.Counters, c.Counters.Insert[i].Name)
		need.Meta = append(need.Meta, c.Meta.Insert[i].Name)
		need.Keys = append(need.Keys, c.Keys.Insert[i].ID)
	}
	need.Users = append(need.Users, "~absent")
	return need
}

func rowsOf(c *berth.Changes) berth.Rows {
	return berth.Rows{
		Users: slices.Clone(c.Users.Insert), Wallets: slices.Clone(c.Wallets.Insert), Orders: slices.Clone(c.Orders.Insert),
		Services: slices.Clone(c.Services.Insert), APIKeys: slices.Clone(c.APIKeys.Insert), Stock: slices.Clone(c.Stock.Insert),
		Counters: slices.Clone(c.Counters.Insert), Meta: slices.Clone(c.Meta.Insert), Keys: slices.Clone(c.Keys.Insert),
	}
}

// TestAnyText writes texts and numbers of every sort, in lists of every length.
func TestAnyText(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		n := 0
		rapid.Check(t, func(t *rapid.T) {
			n++
			names := rapid.SliceOfNDistinct(rapid.StringMatching(`[^\x00]{0,40}`), 1, 150, rapid.ID[string]).Draw(t, "names")
			slices.Sort(names)
			var c berth.Changes
			c.Batch = fmt.Sprintf("any-%d", n)
			need := berth.Need{}
			var want []berth.Counter
			for _, name := range names {
				row := berth.Counter{Name: fmt.Sprintf("%05d %s", n, name), Value: rapid.Int64().Draw(t, "value")}
				want, need.Counters = append(want, row), append(need.Counters, row.Name)
			}
			c.Counters.Insert = slices.Clone(want)
			slices.Reverse(c.Counters.Insert)
			if err := tryWrite(e, &c); err != nil {
				t.Fatal(err)
			}
			tx, rows, _, err := e.begin(context.Background(), need)
			if err != nil {
				t.Fatal(err)
			}
			tx.rollback()
			if !reflect.DeepEqual(rows.Counters, want) {
				t.Fatalf("got %+v\nwant %+v", rows.Counters, want)
			}
		})
	})
}

// TestCatalogue writes two versions and reads them.
func TestCatalogue(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		if got, err := e.Catalogue(t.Context()); err != nil || got.Version != 0 {
			t.Fatalf("before the first: got %+v %v, want version 0", got, err)
		}
		var want []*berth.Catalogue
		for version := range int64(2) {
			c, err := berth.NewCatalogue(berth.Catalogue{Version: version + 1, AppliedAt: 1000 + version, Currency: "EUR",
				Locations: []berth.Location{{Name: "Slovenia"}}, Images: []berth.Image{{ID: 2, Name: "Debian 12"}},
				Plans: []berth.Plan{{ID: "p", ExternalID: 5, Type: "vps", Name: fmt.Sprintf("Plan %d", version), Cores: 2, RAM: 6 << 30, Disk: 40,
					Price: 1299, Images: []int64{2}, Offers: []berth.Offer{{Location: "Slovenia", Providers: []string{"sim"}, Capacity: 3}}}}})
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, c)
			write(t, e, &berth.Changes{Batch: fmt.Sprintf("c%d", version), Catalogue: c})
		}
		if _, version := read(t, e, berth.Need{Catalogue: true}); version != 2 {
			t.Errorf("current version: got %d, want 2", version)
		}
		for i, c := range want {
			got, err := e.catalogueAt(t.Context(), int64(i+1))
			if err != nil {
				t.Fatal(err)
			}
			same(t, "catalogue", got, c)
		}
		got, err := e.Catalogue(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "current catalogue", got, want[1])
		if plan, ok := got.Plan("5"); !ok || plan.Name != "Plan 1" {
			t.Errorf("plan 5: got %+v, want the second version's", plan)
		}
	})
}

// TestFates resolves a batch that was committed, one that never was, and the latter again.
func TestFates(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		write(t, e, &berth.Changes{Batch: "was", Now: 5, Meta: berth.Change[berth.Meta]{Insert: []berth.Meta{{Name: "a", Value: "1"}}}})
		for _, c := range []struct {
			batch string
			want  bool
		}{{"was", true}, {"was", true}, {"never", false}, {"never", false}} {
			if got, err := e.resolve(ctx, c.batch, 9); err != nil || got != c.want {
				t.Errorf("resolve %s: got %t %v, want %t", c.batch, got, err, c.want)
			}
		}
		// What was resolved as never committed can't be committed any more.
		err := tryWrite(e, &berth.Changes{Batch: "never", Meta: berth.Change[berth.Meta]{Insert: []berth.Meta{{Name: "b", Value: "2"}}}})
		var f *failure
		if !errors.As(err, &f) {
			t.Errorf("commit after its end: got %v, want a failure", err)
		}
		if _, ok, _ := e.Meta(ctx, "b"); ok {
			t.Error("its row was written")
		}
	})
}

// TestRefusals writes what the schema refuses: nothing of the batch may be there, and the engine goes on.
func TestRefusals(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		order := filled[berth.Order](100)
		write(t, e, &berth.Changes{Batch: "1", Orders: berth.Change[berth.Order]{Insert: []berth.Order{order}},
			Wallets: berth.Change[berth.Wallet]{Insert: []berth.Wallet{{UserID: "u", Balance: 5}}}})
		twin := filled[berth.Order](900)
		twin.Number = order.Number
		for _, c := range []struct {
			name    string
			changes berth.Changes
			again   bool
		}{
			{"a number twice", berth.Changes{Orders: berth.Change[berth.Order]{Insert: []berth.Order{twin}}}, true},
			{"an id twice", berth.Changes{Orders: berth.Change[berth.Order]{Insert: []berth.Order{order}}}, true},
			{"a balance below zero", berth.Changes{Wallets: berth.Change[berth.Wallet]{Update: []berth.Wallet{{UserID: "u", Balance: -1}}}}, false},
			{"a batch twice", berth.Changes{Batch: "1"}, true},
		} {
			if c.changes.Batch == "" {
				c.changes.Batch = c.name
			}
			c.changes.Meta.Insert = []berth.Meta{{Name: c.name, Value: "x"}}
			err := tryWrite(e, &c.changes)
			var f *failure
			if !errors.As(err, &f) || f.again != c.again {
				t.Errorf("%s: got %#v, want a failure with again %t", c.name, err, c.again)
			}
			if _, ok, err := e.Meta(t.Context(), c.name); ok || err != nil {
				t.Errorf("%s: something of the batch was written (%t %v)", c.name, ok, err)
			}
			write(t, e, &berth.Changes{Batch: "after " + c.name})
		}
	})
}

// TestClose looks for goroutines and files that a closed engine leaves behind.
func TestClose(t *testing.T) {
	for _, kind := range sqlEngines {
		t.Run(kind.name, func(t *testing.T) {
			url := kind.url(t)
			before := goleak.IgnoreCurrent()
			if _, _, err := migrate(t.Context(), migrateURL(kind.name, url)); err != nil {
				t.Fatal(err)
			}
			e, err := kind.open(t.Context(), url, Options{Serve: true}.complete())
			if err != nil {
				t.Fatal(err)
			}
			write(t, e, &berth.Changes{Batch: "1"})
			if _, err := e.Users(t.Context()); err != nil {
				t.Error(err)
			}
			if err := e.Audit(t.Context(), &ledger{}); err != nil {
				t.Error(err)
			}
			if err := e.close(); err != nil {
				t.Error(err)
			}
			goleak.VerifyNone(t, before)
			if left, _ := filepath.Glob(url + "-*"); len(left) > 0 {
				t.Errorf("%v are left beside the database", left)
			}
		})
	}
}
