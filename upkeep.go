package berth

import (
	"context"
	"math"
	"slices"
)

// Sweep drops what is no longer needed: idempotency keys whose window is over, and the sealed passwords of orders of
// that age, unless the operator keeps passwords. It does a bounded part and reports whether there is more.
func (d *Desk) Sweep(ctx context.Context) (more bool, err error) {
	refs, err := d.Store.ExpiredKeys(ctx, d.Now(), takeAtMost)
	if err != nil {
		return false, err
	}
	if len(refs) > 0 {
		err = d.Store.Write(ctx, Need{Keys: refs}, func(b *Book) error {
			for _, ref := range refs {
				b.DropKey(ref)
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	if d.Policy.KeepPassword {
		return len(refs) == takeAtMost, nil
	}
	passwords, err := d.sweepPasswords(ctx)
	return passwords || len(refs) == takeAtMost, err
}

// sweepPasswords walks the orders by id, which is by age, from where the last sweep ended. An order that isn't
// settled yet still needs its password: it is passed over, and the next sweep begins before it.
func (d *Desk) sweepPasswords(ctx context.Context) (more bool, err error) {
	from, _, err := d.Store.Meta(ctx, MetaSwept)
	if err != nil {
		return false, err
	}
	orders, err := d.Store.Passwords(ctx, from, takeAtMost)
	if err != nil {
		return false, err
	}
	var ids []string
	swept, whole := from, true
	for _, o := range orders {
		if o.CreatedAt+d.Policy.KeyWindow > d.Now() {
			break
		}
		if o.State == Paid {
			whole = false
			continue
		}
		if ids = append(ids, o.ID); whole {
			swept = o.ID
		}
	}
	if len(ids) == 0 {
		return false, nil
	}
	err = d.Store.Write(ctx, Need{Orders: ids, Meta: []string{MetaSwept}}, func(b *Book) error {
		for _, id := range ids {
			if o, ok := b.Order(id); ok {
				o.Password = ""
				b.PutOrder(o)
			}
		}
		b.Meta(MetaSwept)
		b.PutMeta(MetaSwept, swept)
		return nil
	})
	return len(ids) == takeAtMost, err
}

// Reseal opens every sealed password with old and seals it anew with the desk's own Sealer, and calls progress with
// the number done so far. A server may run meanwhile as long as it knows both keys.
func (d *Desk) Reseal(ctx context.Context, old Sealer, progress func(done int)) error {
	done, err := d.resealOrders(ctx, old, progress)
	if err == nil {
		// Before services: an order that completes meanwhile takes along what it gets here, or is among the services.
		done, err = d.resealOpen(ctx, old, done, progress)
	}
	if err != nil {
		return err
	}
	return d.resealTasks(ctx, old, done, progress)
}

// resealOrders does so with the root passwords that orders tell.
func (d *Desk) resealOrders(ctx context.Context, old Sealer, progress func(done int)) (done int, err error) {
	for after := ""; ; {
		orders, err := d.Store.Passwords(ctx, after, takeAtMost)
		if err != nil || len(orders) == 0 {
			return done, err
		}
		ids := make([]string, len(orders))
		for i := range orders {
			ids[i] = orders[i].ID
		}
		err = d.Store.Write(ctx, Need{Orders: ids}, func(b *Book) error {
			for _, id := range ids {
				o, ok := b.Order(id)
				if !ok || o.Password == "" {
					continue
				}
				var err error
				if o.Password, err = d.reseal(old, passwordRow(id), o.Password, "order "+id); err != nil {
					return err
				}
				b.PutOrder(o)
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		after, done = ids[len(ids)-1], done+len(ids)
		progress(done)
	}
}

// resealOpen does the same with the sessions of network orders that aren't done: an edge may be away for days, and the old
// key is gone by the time that it is back. There are few of them at any time. Those placed meanwhile have the new key.
func (d *Desk) resealOpen(ctx context.Context, old Sealer, done int, progress func(done int)) (int, error) {
	open, err := d.Store.Orders(ctx, OrderFilter{Kind: KindNetwork, State: Paid, Limit: math.MaxInt32})
	if err != nil {
		return done, err
	}
	for part := range slices.Chunk(open, takeAtMost) {
		var need Need
		for i := range part {
			need.Orders = append(need.Orders, part[i].ID)
		}
		var sealed int
		err := d.Store.Write(ctx, need, func(b *Book) error {
			sealed = 0
			for _, id := range need.Orders {
				o, _ := b.Order(id)
				p, _, err := ReadPeering(o.Peering)
				if err != nil {
					return err
				}
				if p.Password == "" || o.State != Paid {
					continue
				}
				if p.Password, err = d.reseal(old, PeeringRow(o.ServiceID), p.Password, "network order "+id); err != nil {
					return err
				}
				o.Peering, o.Resealed = p.text(), true
				b.PutOrder(o)
				sealed++
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		if sealed > 0 {
			done += sealed
			progress(done)
		}
	}
	return done, nil
}

// resealTasks does the same with the passwords that services have: those of tasks, which are few and gone within moments,
// and those of sessions. No index leads to them, and all services are looked through.
func (d *Desk) resealTasks(ctx context.Context, old Sealer, done int, progress func(done int)) error {
	for after := ""; ; {
		page, err := d.Store.Services(ctx, after, takeAtMost)
		if err != nil || len(page) == 0 {
			return err
		}
		var ids []string
		for i := range page {
			if page[i].Task.Password != "" || page[i].Peering != "" {
				ids = append(ids, page[i].ID)
			}
		}
		after = page[len(page)-1].ID
		if len(ids) == 0 {
			continue
		}
		err = d.Store.Write(ctx, Need{Services: ids}, func(b *Book) error {
			for _, id := range ids {
				s, ok := b.Service(id)
				if !ok {
					continue
				}
				var err error
				if s.Task.Password != "" {
					if s.Task.Password, err = d.reseal(old, TaskRow(id), s.Task.Password, "server "+id); err != nil {
						return err
					}
				}
				if err := d.resealSession(old, &s); err != nil {
					return err
				}
				b.PutService(s)
			}
			return nil
		})
		if err != nil {
			return err
		}
		done += len(ids)
		progress(done)
	}
}

// resealSession seals the password of a service's session anew.
func (d *Desk) resealSession(old Sealer, s *Service) error {
	p, ok, err := ReadPeering(s.Peering)
	if err != nil || !ok || p.Password == "" {
		return err
	}
	if p.Password, err = d.reseal(old, PeeringRow(s.ID), p.Password, "network service "+s.ID); err == nil {
		s.Peering = p.text()
	}
	return err
}

func (d *Desk) reseal(old Sealer, row, sealed, whose string) (string, error) {
	text, err := old.Open(row, sealed)
	if err != nil {
		return "", Errorf(Internal, "The password of %s does not open with the keys given.", whose).Because(err)
	}
	return d.Sealer.Seal(row, text), nil
}
