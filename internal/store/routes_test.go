package store

import (
	"io"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// TestOldCatalogue reads a version from when an offer had one provider.
func TestOldCatalogue(t *testing.T) {
	c, err := readCatalogue(`{"Currency":"EUR","Plans":[{"ID":"p","Offers":[{"Location":"here","Provider":"sim","Capacity":3}]},
		{"ID":"q","Offers":[{"Location":"here","Providers":["a","b"],"Capacity":-1}]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "offer", c.Plans[0].Offers, []berth.Offer{{Location: "here", Providers: []string{"sim"}, Capacity: 3}})
	same(t, "new offer", c.Plans[1].Offers, []berth.Offer{{Location: "here", Providers: []string{"a", "b"}, Capacity: berth.Unlimited}})
	if _, err := readCatalogue(`{"Plans":7}`); err == nil {
		t.Errorf("got no error of a damaged version")
	}
}

// TestProgress checks that an order about which there is nothing to tell costs no byte more than its empty note did.
func TestProgress(t *testing.T) {
	for text, o := range map[string]berth.Order{
		"":                       {Terms: berth.Terms{Provider: "a", Others: "b,c"}},
		`{"note":"n","quiet":5}`: {Terms: berth.Terms{Provider: "a", Others: "b"}, Lease: berth.Lease{Note: "n"}, Asked: berth.Asked{Quiet: 5}},
		`{"first":3,"moves":2,"provider":"c","others":"d"}`:         {Terms: berth.Terms{Provider: "c", Others: "d", Moves: 2}, Asked: berth.Asked{First: 3}},
		`{"begins_at":7,"expires_at":9}`:                            {Terms: berth.Terms{Provider: "a", Others: "b", BeginsAt: 7, ExpiresAt: 9}},
		`{"note":"n","resealed":1,"peering":"p"}`:                   {Terms: berth.Terms{Provider: "a", Others: "b", Resealed: true, Peering: "p"}, Lease: berth.Lease{Note: "n"}},
		`{"begins_at":7,"expires_at":9,"resealed":1,"peering":"p"}`: {Terms: berth.Terms{Provider: "a", BeginsAt: 7, ExpiresAt: 9, Resealed: true, Peering: "p"}},
	} {
		if got := (progress{&o}).join(); got != text {
			t.Errorf("got %s, want %s", got, text)
		}
		got := berth.Order{Terms: berth.Terms{Provider: "a", Others: o.Others, Moves: 9, BeginsAt: 9, Resealed: true}, Lease: berth.Lease{Note: "old"}, Asked: berth.Asked{First: 9, Quiet: 9}}
		if err := (progress{&got}).split(text); err != nil || got != o {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, o)
		}
	}
}

// TestMigrateRoutes keeps what an older database says of its orders.
func TestMigrateRoutes(t *testing.T) {
	for _, kind := range sqlEngines {
		t.Run(kind.name, func(t *testing.T) {
			at := kind.url(t)
			if _, _, err := migrate(t.Context(), migrateURL(kind.name, at)); err != nil {
				t.Fatal(err)
			}
			e := openEngine(t, kind.open, at, Options{})
			want := []berth.Order{{ID: "a", Number: "1", State: berth.Paid, Terms: berth.Terms{Provider: "sim"}, Lease: berth.Lease{Attempt: 3, Note: `it "waits"`}},
				{ID: "b", Number: "2", State: berth.Completed, Terms: berth.Terms{Provider: "sim"}}}
			write(t, e, &berth.Changes{Batch: "1", Orders: berth.Change[berth.Order]{Insert: want}})
			dialect := sqliteDialect
			if kind.name != "sqlite" {
				dialect = postgresDialect
			}
			f, err := rendered{dialect}.Open("00006_routes.sql")
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(f)
			if err != nil {
				t.Fatal(err)
			}
			// As it was before, and then the migration again.
			db := rawDB(t, kind.name, at)
			for _, do := range append([]string{
				"ALTER TABLE orders RENAME COLUMN progress TO note", `UPDATE orders SET note = 'it "waits"' WHERE id = 'a'`,
			}, strings.SplitAfter(string(text), ";\n")...) {
				if _, err := db.Exec(do); err != nil {
					t.Fatal(err)
				}
			}
			for _, o := range want {
				got, ok, err := openEngine(t, kind.open, at, Options{}).Order(t.Context(), o.ID)
				if err != nil || !ok || got != o {
					t.Errorf("got %+v, %v, want %+v", got, err, o)
				}
			}
		})
	}
}
