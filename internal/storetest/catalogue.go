package storetest

import (
	"context"
	"reflect"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// goods is a catalogue with every field set.
func goods(price int64) berth.Catalogue {
	return berth.Catalogue{
		Currency: "EUR", DefaultLocation: "Slovenia",
		Plans: []berth.Plan{{
			ID: "b1f2", ExternalID: 5, Type: "vps", Name: "Plan “5”", Cores: 2, RAM: 6 << 30, Disk: 40, DiskType: "ssd",
			Price: price, Images: []int64{13}, Applications: []int64{1},
			Offers: []berth.Offer{{Location: "Slovenia", Providers: []string{"sim"}, Capacity: berth.Unlimited}},
		}},
		Images:       []berth.Image{{ID: 13, Name: "Debian 12"}},
		Applications: []berth.Application{{ID: 1, Name: "Panel", LoginLink: "https://{{ hostname }}/"}},
		Locations:    []berth.Location{{Name: "Slovenia"}},
		Networks: []berth.NetworkProduct{{ID: "net", Name: "Anonymous ASN", Description: "A number,\nof your own",
			Provider: "edge", Monthly: berth.NotOffered, Yearly: 10000}},
	}
}

// apply is a call that makes a new version of the catalogue.
func apply(s *store.Store, c berth.Catalogue, version *int64) func() error {
	return func() error {
		return write(s, berth.Need{Catalogue: true}, func(b *berth.Book) error {
			made, err := b.ApplyCatalogue(c)
			if err == nil && made != nil {
				*version = made.Version
			}
			return err
		})
	}
}

// price is a call that reads the price of plan 5.
func price(s *store.Store, minor, version *int64) func() error {
	return func() error {
		return write(s, berth.Need{}, func(b *berth.Book) error { // the need doesn't say so: it's found missing
			c, ok := b.Catalogue()
			if !ok {
				return nil
			}
			*minor, *version = 0, c.Version
			if p, ok := c.Plan("5"); ok {
				*minor = p.Price
			}
			return nil
		})
	}
}

func catalogueVersion(t *testing.T, d Database) {
	s := open(t, d, store.Options{})
	first, err := s.Catalogue(context.Background())
	if err != nil || first.Version != 0 || len(first.Plans) != 0 {
		t.Errorf("at first: got %+v, %v, want the empty version 0", first, err)
	}
	var made, minor, version int64
	must(t, apply(s, goods(1299), &made)())
	must(t, price(s, &minor, &version)())
	if made != 1 || minor != 1299 || version != 1 {
		t.Errorf("the next batch: got price %d of version %d, want 1299 of %d (made: 1)", minor, version, made)
	}

	// In one batch: the old version, then a new one, which who comes later sees.
	var before, after, old, current int64
	read := func(minor, version *int64) func() error {
		return func() error {
			return write(s, berth.Need{Catalogue: true}, func(b *berth.Book) error {
				c, _ := b.Catalogue()
				p, _ := c.Plan("b1f2")
				*minor, *version = p.Price, c.Version
				return nil
			})
		}
	}
	expect(t, Together(t, s, read(&before, &old), apply(s, goods(1500), &made), read(&after, &current)), "", "", "")
	if before != 1299 || old != 1 || after != 1500 || current != 2 {
		t.Errorf("in one batch: got %d of %d, then %d of %d, want 1299 of 1, then 1500 of 2", before, old, after, current)
	}

	bad := goods(1)
	bad.Plans[0].ExternalID = 0
	if err := apply(s, bad, &made)(); !berth.IsCode(err, berth.InvalidParameter) {
		t.Errorf("a wrong catalogue: got %v, want invalid_parameter", err)
	}
	got, err := s.Catalogue(context.Background())
	must(t, err)
	want := goods(1500)
	want.Version, want.AppliedAt = 2, got.AppliedAt
	want.Plans[0].CreatedAt, want.Plans[0].UpdatedAt = got.Plans[0].CreatedAt, got.AppliedAt
	whole, err := berth.NewCatalogue(want)
	must(t, err)
	if !reflect.DeepEqual(got, whole) || got.AppliedAt == 0 {
		t.Errorf("read again: got %+v, want %+v", got, whole)
	}
	if c := got.Plans[0].CreatedAt; c == 0 || c >= got.AppliedAt {
		t.Errorf("plan: got created at %d, want the instant of the version before %d", c, got.AppliedAt)
	}
}

// catalogueElsewhere: a version applied by one process is what the next batch of another one prices by.
func catalogueElsewhere(t *testing.T, d Database) {
	here, there := open(t, d, store.Options{}), open(t, d, store.Options{})
	var made, minor, version int64
	for i := range int64(3) {
		must(t, apply(here, goods(100+i), &made)())
		must(t, price(there, &minor, &version)())
		if minor != 100+i || version != made {
			t.Errorf("round %d: got price %d of version %d, want %d of %d", i, minor, version, 100+i, made)
		}
		here, there = there, here
	}
}
