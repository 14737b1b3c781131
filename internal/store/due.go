package store

import (
	"context"
	"sync"

	"github.com/berth-host/berth"
)

// How the database finds the orders that are paid and not settled.
//
// Nearly every order is settled within a moment by the process that placed it, and nobody ever looks for it. An index over
// all paid orders would be written twice for each of them all the same, and on PostgreSQL any index that a settle changes
// has all others of the row written anew as well. So:
//
//   - an order that was changed since it was placed (taken over, its lease renewed, postponed) stands in the index
//     orders_due, by wake_at;
//   - for those that are still as they were placed their batch answers: look_at of its row is when the first of their
//     leases runs out, and the index batches_open leads to it.
//
// Whoever has seen the last order of a batch change takes the batch out of that index: the process that placed them knows
// by itself, and tells the database when it seals (openBatches). When it dies first, the orders are found by the batch, and
// whoever seals finds that none is left. Clearing look_at needs no lock: an order is never again as it was placed.

// fresh reports whether an order is paid and still as it was placed.
func fresh(o *berth.Order) bool { return o.State == berth.Paid && o.UpdatedAt == o.CreatedAt }

// wakeAt is where an order stands in orders_due, 0 for nowhere.
func wakeAt(o *berth.Order) int64 {
	if o.State != berth.Paid || fresh(o) {
		return 0
	}
	return max(1, o.DueAt)
}

// lookAt is when somebody has to look after the orders that a batch places, 0 for never.
func lookAt(c *berth.Changes) (at int64) {
	for i := range c.Orders.Insert {
		if o := &c.Orders.Insert[i]; fresh(o) && (at == 0 || o.DueAt < at) {
			at = max(1, o.DueAt)
		}
	}
	return at
}

// paidOrders selects columns (of t) of all paid orders, without a look at any other: those in orders_due, and those that
// their batches answer for. Each part may have a condition more.
func (d *dialect) paidOrders(columns, woken, looked string) string {
	batches := d.among("SELECT b.id FROM batches AS b WHERE b.look_at > 0" + looked)
	placed := d.among("SELECT e.order_id FROM events AS e WHERE e.name = '" + berth.EventOrderPaid + "' AND e.batch " + batches)
	return "SELECT " + columns + " FROM orders AS t WHERE t.wake_at > 0 AND t.state = 'paid'" + woken +
		" UNION ALL SELECT " + columns + " FROM orders AS t WHERE t.state = 'paid' AND t.wake_at = 0 AND t.id " + placed
}

// dueOrders are the $2 that are longest due at $1.
func (d *dialect) dueOrders() string {
	return "SELECT id FROM (SELECT p.id, p.due_at FROM (" + d.paidOrders("t.id, t.due_at", " AND t.wake_at <= $1", " AND b.look_at <= $1") +
		") AS p WHERE p.due_at <= $1 ORDER BY p.due_at, p.id LIMIT $2) AS d"
}

// lacksPlace is what an audit says of an order that nobody would find.
const lacksPlace = "true place among the due orders"

// auditUnfound are orders that are due some day and that nobody would find, or that are found although they are settled.
func (d *dialect) auditUnfound() string {
	return "SELECT id FROM orders WHERE wake_at <> CASE WHEN state <> 'paid' THEN 0 WHEN due_at > 1 THEN due_at ELSE 1 END" +
		" AND NOT (state = 'paid' AND wake_at = 0 AND id IN (" + d.paidOrders("t.id", "", "") + ")) ORDER BY id"
}

// settledBatches are those to look at at $1 of whose orders none is fresh any more.
const settledBatches = "SELECT id FROM batches WHERE look_at > 0 AND look_at <= $1 AND NOT EXISTS (" +
	"SELECT 1 FROM events AS e JOIN orders AS o ON o.id = e.order_id AND o.state = 'paid' AND o.wake_at = 0" +
	" WHERE e.batch = batches.id AND e.name = '" + berth.EventOrderPaid + "') ORDER BY look_at, id LIMIT $2"

func (r *sqlReader) Due(ctx context.Context, now int64, limit int) ([]string, error) {
	return r.ids(ctx, r.dialect.dueOrders(), now, limit)
}

func (r *sqlReader) settled(ctx context.Context, now int64) ([]string, error) {
	return r.ids(ctx, settledBatches, now, sealAtMost)
}

// mostOpen bounds how many fresh orders a process remembers.
const mostOpen = 20_000

// openBatches knows which batches of this process have fresh orders, and which have none any more.
type openBatches struct {
	mu   sync.Mutex
	of   map[string]*openBatch // by order
	over []string              // ids of batches whose look_at is to be cleared

	behind []string // of those, what the sealer failed to clear
	failed int      // its last runs, in a row
	idle   int      // its runs that found nothing to seal
}

type openBatch struct {
	id   string
	left int // fresh orders
}

// committed notes what a commit has done. It comes before anybody is told of the commit; when another process changes one of
// its orders all the same, or this one has changed it already, the batch is left to whoever looks when the leases have run out.
func (b *openBatches) committed(c *berth.Changes) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range c.Orders.Update {
		b.changed(c.Orders.Update[i].ID)
	}
	for i := range c.Held {
		b.changed(c.Held[i].ID)
	}
	if lookAt(c) == 0 {
		return
	}
	if len(b.of) >= mostOpen { // those are left to whoever looks when the leases have run out
		clear(b.of)
	}
	batch := &openBatch{id: c.Batch}
	for i := range c.Orders.Insert {
		if o := &c.Orders.Insert[i]; fresh(o) {
			b.of[o.ID] = batch
			batch.left++
		}
	}
}

func (b *openBatches) changed(order string) {
	batch := b.of[order]
	if batch == nil {
		return
	}
	delete(b.of, order)
	if batch.left--; batch.left == 0 {
		b.over = append(b.over, batch.id)
	}
}

// turn reports whether a run of the sealer that finds nothing to seal clears batches all the same: every tenth does.
func (b *openBatches) turn() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.idle++
	return b.idle%10 == 0
}

// take returns the batches that are over, as many as one run of the sealer clears, and forgets them.
func (b *openBatches) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.over), sealAtMost)
	ids := b.over[:n:n]
	b.over = b.over[n:]
	return ids
}

// chainless is how often in a row the sealer may fail before batches are cleared without it: at five runs a second, the
// time after which a failover is over.
const chainless = 150

// sealed notes how a run of the sealer ended that was to clear batches. After a failure everything is forgotten: perhaps
// it's another primary that answers next, without what this process remembers. Whoever looks when the leases have run out
// finds what is to be cleared. When runs go on failing they are left to the next one, which clears them by themselves.
func (b *openBatches) sealed(ids []string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.failed = 0
		return
	}
	clear(b.of)
	b.over, b.behind = nil, nil
	if b.failed++; b.failed >= chainless {
		b.behind = ids
	}
}

// takeBehind returns what the chain has kept from being cleared for long.
func (b *openBatches) takeBehind() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := b.behind
	b.behind = nil
	return ids
}
