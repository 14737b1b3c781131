package store

import (
	"slices"

	"github.com/berth-host/berth"
)

// progress is the column of an order that tells how it gets on. Nearly every order is done at its first attempt by its
// first provider, and there is nothing to tell: the column is empty then. The provider and what its pool
// gave stand in the terms, where they are written once; an order that has moved on has its present ones here, and that is the one that counts.
// So have the expiry of an order that a person completed, and the session of one whose password was sealed anew.
type progress struct{ order *berth.Order }

// The columns that are packed in it: an order that never moved has only the first few, and the last ones are rare.
var (
	moved = []column[berth.Order]{
		text("note", func(r *berth.Order) *string { return &r.Note }),
		number("first", func(r *berth.Order) *int64 { return &r.First }),
		number("quiet", func(r *berth.Order) *int64 { return &r.Quiet }),
		number("moves", func(r *berth.Order) *int64 { return &r.Moves }),
		text("provider", func(r *berth.Order) *string { return &r.Provider }),
		text("others", func(r *berth.Order) *string { return &r.Others }),
		text("items", func(r *berth.Order) *string { return &r.Items }),
		text("cidr", func(r *berth.Order) *string { return &r.CIDR }),
		text("gateway", func(r *berth.Order) *string { return &r.Gateway }),
		text("mac", func(r *berth.Order) *string { return &r.MAC }),
	}
	unmoved = moved[:3]
	begun   = []column[berth.Order]{
		number("begins_at", func(r *berth.Order) *int64 { return &r.BeginsAt }),
		number("expires_at", func(r *berth.Order) *int64 { return &r.ExpiresAt }),
	}
	resealed = []column[berth.Order]{
		flag("resealed", func(r *berth.Order) *bool { return &r.Resealed }),
		text("peering", func(r *berth.Order) *string { return &r.Peering }),
	}
	progressing = slices.Concat(moved, begun, resealed)
)

func (p progress) join() string {
	o := p.order
	var told []column[berth.Order]
	switch {
	case o.Moves > 0:
		told = moved
	case o.Note != "" || o.First != 0 || o.Quiet != 0:
		told = unmoved
	}
	if o.BeginsAt != 0 {
		told = slices.Concat(told, begun)
	}
	if o.Resealed {
		told = slices.Concat(told, resealed)
	}
	if told == nil {
		return ""
	}
	return packed[berth.Order]{told, o}.join()
}

// split comes after the terms were read, for the columns are in that order.
func (p progress) split(text string) error {
	o := p.order
	if text == "" {
		o.Note, o.First, o.Quiet, o.Moves, o.BeginsAt, o.Resealed = "", 0, 0, 0, 0, false
		return nil
	}
	var read berth.Order
	if err := (packed[berth.Order]{progressing, &read}).split(text); err != nil {
		return err
	}
	o.Note, o.First, o.Quiet, o.Moves = read.Note, read.First, read.Quiet, read.Moves
	o.BeginsAt, o.Resealed = read.BeginsAt, read.Resealed
	if read.Moves > 0 {
		o.Provider, o.Others, o.Allotment = read.Provider, read.Others, read.Allotment
	}
	if read.BeginsAt != 0 {
		o.ExpiresAt = read.ExpiresAt
	}
	if read.Resealed {
		o.Peering = read.Peering
	}
	return nil
}
