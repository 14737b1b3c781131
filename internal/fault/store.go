package fault

import (
	"context"
	"slices"
	"strings"

	"github.com/berth-host/berth"
)

// Store is a process's store: its writes wait, and they and its reads fail, by the process's plan.
type Store struct {
	berth.Store
	Process *Process
}

var _ berth.Store = Store{}

// Write writes. What fails is unavailable to the caller, who knows nothing then.
func (s Store) Write(ctx context.Context, need berth.Need, decide func(*berth.Book) error) error {
	var answer error
	err := s.Process.carry(ctx, Write, rowsOf(need), message{lapse: nothing, happen: func(a arrival) error {
		if a.refused || s.Process.Dead() { // the queue is full, or there's none any more
			return errNever
		}
		answer = s.Store.Write(ctx, need, s.Process.Broken.decide(need, decide))
		return nil
	}})
	if err != nil {
		return berth.TryAgain(err)
	}
	return answer
}

// rowsOf names what a write is about.
func rowsOf(n berth.Need) string {
	var parts []string
	for _, list := range []struct {
		what string
		ids  []string
	}{{"order", n.Orders}, {"wallet", n.Wallets}, {"service", n.Services}, {"key", n.Keys}, {"meta", n.Meta}, {"stock", n.Stock}} {
		if len(list.ids) > 0 {
			ids := slices.Sorted(slices.Values(list.ids))
			parts = append(parts, list.what+" "+strings.Join(ids, ","))
		}
	}
	return strings.Join(parts, " ")
}

// read lets a read through, or not. One that goes well takes no time.
func (s Store) read(ctx context.Context, what string) error {
	p := s.Process
	c := p.number(Read, what)
	if !p.awake(c) {
		return berth.TryAgain(errDead)
	}
	f := p.Plan.Fate(c)
	if f == (Fate{}) {
		return nil
	}
	if !sleep(ctx, f.Stall) {
		return berth.TryAgain(context.Cause(ctx))
	}
	if f.Lost != Nothing || f.Refused {
		p.trace(c, said(f))
	}
	if f.Dies {
		p.trace(c, "dies after")
		p.Kill()
	}
	if !p.awake(c) || f.Lost != Nothing || f.Refused {
		return berth.TryAgain(errLost)
	}
	return nil
}

// Order reads an order.
func (s Store) Order(ctx context.Context, id string) (o berth.Order, ok bool, err error) {
	if err = s.read(ctx, "order"); err == nil {
		o, ok, err = s.Store.Order(ctx, id)
	}
	return o, ok, err
}

// Meta reads a fact about the installation.
func (s Store) Meta(ctx context.Context, name string) (value string, ok bool, err error) {
	if err = s.read(ctx, "meta"); err == nil {
		value, ok, err = s.Store.Meta(ctx, name)
	}
	return value, ok, err
}

// Stock lists the stock rows.
func (s Store) Stock(ctx context.Context) (rows []berth.Stock, err error) {
	if err = s.read(ctx, "stock"); err == nil {
		rows, err = s.Store.Stock(ctx)
	}
	return rows, err
}

// Due lists due orders.
func (s Store) Due(ctx context.Context, now int64, limit int) (ids []string, err error) {
	if err = s.read(ctx, "due"); err == nil && s.Process.Broken != NothingIsDue {
		ids, err = s.Store.Due(ctx, now, limit)
	}
	return ids, err
}

// DueServices lists services that have to be looked at.
func (s Store) DueServices(ctx context.Context, now int64, limit int) (ids []string, err error) {
	if err = s.read(ctx, "due services"); err == nil && s.Process.Broken != NothingIsDue {
		ids, err = s.Store.DueServices(ctx, now, limit)
	}
	return ids, err
}

// Networks lists a user's network services.
func (s Store) Networks(ctx context.Context, userID string, limit, offset int) (services []berth.Service, err error) {
	if err = s.read(ctx, "networks"); err == nil {
		services, err = s.Store.Networks(ctx, userID, limit, offset)
	}
	return services, err
}

// EdgeRows is what an edge is to carry.
func (s Store) EdgeRows(ctx context.Context, provider string) (rows berth.EdgeRows, err error) {
	if err = s.read(ctx, "edge rows"); err == nil {
		rows, err = s.Store.EdgeRows(ctx, provider)
	}
	return rows, err
}

// EdgeMark changes with it.
func (s Store) EdgeMark(ctx context.Context, provider string) (mark string, err error) {
	if err = s.read(ctx, "edge mark"); err == nil {
		mark, err = s.Store.EdgeMark(ctx, provider)
	}
	return mark, err
}

// ExpiredKeys lists idempotency keys whose window is over.
func (s Store) ExpiredKeys(ctx context.Context, now int64, limit int) (ids []string, err error) {
	if err = s.read(ctx, "expired keys"); err == nil {
		ids, err = s.Store.ExpiredKeys(ctx, now, limit)
	}
	return ids, err
}

// Passwords lists orders with a sealed password.
func (s Store) Passwords(ctx context.Context, after string, limit int) (orders []berth.Order, err error) {
	if err = s.read(ctx, "passwords"); err == nil {
		orders, err = s.Store.Passwords(ctx, after, limit)
	}
	return orders, err
}

// Backlog counts what isn't settled.
func (s Store) Backlog(ctx context.Context) (b berth.Backlog, err error) {
	if err = s.read(ctx, "backlog"); err == nil {
		b, err = s.Store.Backlog(ctx)
	}
	return b, err
}

// Seal puts batches into the chain. What fails is below, at the engine.
func (s Store) Seal(ctx context.Context) (berth.Sealing, error) {
	sealer, ok := s.Store.(interface {
		Seal(context.Context) (berth.Sealing, error)
	})
	if !ok || s.Process.Broken == NothingSeals {
		return berth.Sealing{}, nil
	}
	return sealer.Seal(ctx)
}

// Clock is the database's time.
func (s Store) Clock(ctx context.Context) (now int64, err error) {
	if err = s.read(ctx, "clock"); err == nil && s.Process.Broken == ClocksAgree {
		return s.Process.Now(), nil
	}
	if err == nil {
		now, err = s.Store.Clock(ctx)
	}
	return now, err
}
