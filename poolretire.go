package berth

import (
	"context"
	"slices"
)

// RetireItems has items from first to last never be given again (values; last may be "" for one): what is free or rests is kept
// back at once, as ReserveItems keeps it; what a service has stays with it, and is kept back when that ends. ReserveItems
// with reserve false brings all of them back. It returns how many items a service still has.
func (d *Desk) RetireItems(ctx context.Context, pool, first, last string) (live int64, err error) {
	if last == "" {
		last = first
	}
	var count int64
	err = d.Store.Write(ctx, Need{Pools: []PoolNeed{{Name: pool}}}, func(b *Book) error {
		count = 0
		p, err := livePool(b, pool)
		if err != nil {
			return err
		}
		s, err := spanOf(p, first, last)
		if err != nil {
			return err
		}
		left := []Span{s}
		for place := s.First; place <= s.Last && place < p.Next; place++ {
			if i, _ := b.Item(ItemID(pool, place)); i.Owner != "" {
				i.FreeAt = Forever
				b.PutItem(i)
				count++
				left = without(left, Span{place, place})
			}
		}
		for _, free := range left {
			if err := keepBack(b, p, free, true); err != nil {
				return err
			}
			p.reserve(free)
		}
		b.PutPool(p)
		b.Announce(Event{Name: EventPoolChanged, Detail: pool + ": retired " + first + " to " + last})
		return nil
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// reserve adds a span to those that are kept back.
func (p *Pool) reserve(s Span) {
	p.Reserved = append(without(p.Reserved, s), s)
	slices.SortFunc(p.Reserved, func(a, b Span) int { return int(min(1, max(-1, a.First-b.First))) })
}

// keepForGood keeps an item back that nobody has any more, until an operator releases it.
func keepForGood(b *Book, i Item) {
	i.FreeAt = Forever
	b.PutItem(i)
	if p, ok := b.Pool(i.Pool); ok {
		p.reserve(Span{i.Place, i.Place})
		b.PutPool(p)
	}
}
