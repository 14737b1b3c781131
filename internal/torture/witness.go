package main

import (
	"context"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/store"
)

// witness is everything that is known after a run: what clients and the operator were told, and what exists.
type witness struct {
	began, ended time.Time
	placed       []load.Placed
	reads        []told
	credits      []given
	settled      map[string]time.Time // by order

	load.World
	refunds map[string]berth.Entry // by order
	posted  map[string]berth.Entry // credits, by reference
}

// readBooks reads what exists. Nothing may be under way any more.
func readBooks(ctx context.Context, db *store.Store, b *shop) (w witness, err error) {
	if w.World, err = load.Read(ctx, db); err != nil {
		return w, err
	}
	if w.Machines, err = b.machines(); err != nil {
		return w, err
	}
	w.refunds, w.posted = map[string]berth.Entry{}, map[string]berth.Entry{}
	for user := range b.buyers {
		if err := w.readEntries(ctx, db, user); err != nil {
			return w, err
		}
	}
	return w, nil
}

// readEntries reads a wallet's entries, the newest first, in pages.
func (w *witness) readEntries(ctx context.Context, db *store.Store, user string) error {
	const page = 1000
	for before := int64(0); ; {
		entries, err := db.Entries(ctx, user, before, page)
		if err != nil {
			return err
		}
		for _, e := range entries {
			switch {
			case e.OrderID == "":
				w.posted[e.Ref] = e
			case e.Amount > 0:
				w.refunds[e.OrderID] = e
			}
			before = e.Seq
		}
		if len(entries) < page {
			return nil
		}
	}
}

// byName finds orders by the name of their server, which tells an order of this run apart whatever its fate.
func (w *witness) byName() map[string][]berth.Order {
	named := map[string][]berth.Order{}
	for _, o := range w.Orders {
		named[o.Name] = append(named[o.Name], o)
	}
	return named
}

// allGiven sums up what each wallet was given: credits that were answered for, and those that weren't and happened.
func (w *witness) allGiven() map[string]int64 {
	sums := map[string]int64{}
	for user := range w.Wallets {
		sums[user] = opening(user)
	}
	for _, g := range w.credits {
		if _, happened := w.posted[g.ref]; happened || g.certain {
			sums[g.user] += g.amount
		}
	}
	return sums
}

// histories tells what happened to each wallet. What clients were told is taken as they were told it. The books are
// asked for what nobody was told:
//
//   - whether an order without an answer was made after all;
//   - the balance before the debit of an order that was refused, as the books note it with the order;
//   - the balance after a refund, as its entry has it. A refund happens at any instant from its order's first request
//     to the answer which says so; of an order that was acknowledged before, to when a client saw it refunded.
func (w *witness) histories() map[string][]operation {
	all := map[string][]operation{}
	for user := range w.Wallets {
		all[user] = nil
	}
	add := func(user string, o operation, call, back time.Time) {
		o.call, o.back = int64(call.Sub(w.began)), int64(back.Sub(w.began))
		all[user] = append(all[user], o)
	}
	named := w.byName()
	price := int64(0) // of every order that the poor wallet pays for; a refusal doesn't tell it
	for _, p := range w.placed {
		if amount, err := berth.ParseMinor(p.Amount); err == nil && p.UserID == poor && p.Failure == "" {
			price = amount
		}
	}
	for _, p := range w.placed {
		o, exists := berth.Order{}, false
		if orders := named[p.Name]; len(orders) > 0 {
			o, exists = orders[0], true
		}
		w.addOrder(p, o, exists, price, add)
	}
	for _, g := range w.credits {
		op, back := operation{sort: credit, amount: g.amount, seen: g.balance, known: g.known, what: g.ref}, g.back
		if !g.known {
			e, happened := w.posted[g.ref]
			if !happened {
				continue
			}
			op.seen, op.known = e.Balance, true
		}
		if !g.certain {
			back = w.ended
		}
		add(g.user, op, g.asked, back)
	}
	for _, r := range w.reads {
		add(r.user, operation{sort: read, seen: r.balance, known: true, what: "info_user"}, r.asked, r.back)
	}
	return all
}

// addOrder adds what one order did to its wallet. o is the order as it stands in the books, if it does.
func (w *witness) addOrder(p load.Placed, o berth.Order, exists bool, price int64, add func(string, operation, time.Time, time.Time)) {
	paid := operation{sort: debit, amount: o.Amount, seen: o.BalanceBefore, known: true, what: p.Name}
	refund := operation{sort: credit, amount: o.Amount, seen: w.refunds[o.ID].Balance, known: true, what: "refund of " + p.Name}
	switch {
	case p.Failure == "":
		paid.amount, _ = berth.ParseMinor(p.Amount) // judge finds what is no amount
		paid.seen, _ = berth.ParseMinor(p.BalanceBefore)
		add(p.UserID, paid, p.Sent, p.Answered)
		if exists && o.State == berth.Refunded {
			back, seen := w.settled[o.ID]
			if !seen {
				back = w.ended
			}
			add(p.UserID, refund, p.Sent, back)
		}
	case p.Failure == string(berth.ProviderRefused):
		if exists {
			add(p.UserID, paid, p.Sent, p.Answered)
			add(p.UserID, refund, p.Sent, p.Answered)
		}
	case p.Failure == string(berth.InsufficientBalance) && price > 0:
		add(p.UserID, operation{sort: short, amount: price, what: p.Name}, p.Last, p.Answered)
		fallthrough
	default:
		// An earlier request of it, which got no answer, may have been on its way for longer than the one that was
		// refused, and may have found more money.
		if exists {
			add(p.UserID, paid, p.Sent, w.ended)
			if o.State == berth.Refunded {
				add(p.UserID, refund, p.Sent, w.ended)
			}
		}
	}
}
