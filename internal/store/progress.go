package store

import "github.com/berth-host/berth"

// progress is the column of an order that tells how it gets on. Nearly every order is done at its first attempt by its
// first provider, and there is nothing to tell: the column is empty then. The provider and what its pool
// gave stand in the terms, where they are written once; an order that has moved on has its present ones here, and that is the one that counts.
type progress struct{ order *berth.Order }

// The columns that are packed in it: an order that never moved has only the first few.
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
)

func (p progress) join() string {
	switch o := p.order; {
	case o.Moves > 0:
		return packed[berth.Order]{moved, o}.join()
	case o.Note == "" && o.First == 0 && o.Quiet == 0:
		return ""
	}
	return packed[berth.Order]{unmoved, p.order}.join()
}

// split comes after the terms were read, for the columns are in that order.
func (p progress) split(text string) error {
	o := p.order
	if text == "" {
		o.Note, o.First, o.Quiet, o.Moves = "", 0, 0, 0
		return nil
	}
	var read berth.Order
	if err := (packed[berth.Order]{moved, &read}).split(text); err != nil {
		return err
	}
	o.Note, o.First, o.Quiet, o.Moves = read.Note, read.First, read.Quiet, read.Moves
	if read.Moves > 0 {
		o.Provider, o.Others, o.Allotment = read.Provider, read.Others, read.Allotment
	}
	return nil
}
