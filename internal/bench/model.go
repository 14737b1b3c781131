package main

import "math"

// The model says what more machines would bring: one with PostgreSQL, the others with a Berth each, the clients
// elsewhere. It knows two limits. Processors: an order costs each side so much, and each batch so much on top. And turns:
// a server has one batch at a time in which money moves, and those that touch the same wallet wait for each other wherever
// they run. Each order is in one of them. (What completes orders has a lane of its own, and its batches are shorter.)

// costs are what the model is made of, measured on one machine at one client and at busyClients.
type costs struct {
	cores  float64 // of each machine
	writes float64 // of an order

	// Microseconds of processor time: of an order, and of a batch on top of its orders.
	server, database           float64
	serverBatch, databaseBatch float64
	client                     float64 // of an order, where clients share the machine

	size  float64 // writes in a batch of any lane, for each connected client
	share float64 // of the connected clients whose orders are in one batch
	turn  float64 // microseconds that a batch of one order takes on an idle machine, from load to commit
	more  float64 // and for each further order, where server, database and clients share the machine
	trip  float64 // microseconds of a round trip between two machines
}

// tripGuess is a round trip within one data centre, microseconds. It's the one figure that isn't measured.
const tripGuess = 200

// fitCosts takes an order's cost apart by two measurements in which batches had different sizes.
func fitCosts(alone, busy result, cores int) costs {
	one, many := alone.where.money, busy.where.money
	c := costs{cores: float64(cores), writes: busy.where.writes, client: busy.client, trip: tripGuess,
		size: busy.where.size / busyClients, share: many.size / busyClients, turn: 1000 * one.time}
	if further := many.size - one.size; further > 0 {
		c.more = max(0, 1000*(many.time-one.time)/further)
	}
	fit := func(atOne, atMany float64) (order, batch float64) {
		if more := alone.where.batches - busy.where.batches; more > 0 {
			batch = max(0, (atOne-atMany)/more)
		}
		batch = min(batch, atMany/max(busy.where.batches, 1e-9)) // nothing costs less than nothing
		return atMany - batch*busy.where.batches, batch
	}
	c.server, c.serverBatch = fit(alone.own, busy.own)
	c.database, c.databaseBatch = fit(alone.db, busy.db)
	return c
}

// estimate is what the model says of so many machines.
type estimate struct {
	rate  float64 // orders a second
	limit string  // what they come up against
	size  float64 // orders in a batch
}

// estimate is of a number of machines (1: server, database and clients together; more: one with the database, a server
// on each other one) and of clients in all. hot: they all order from one wallet.
func (c costs) estimate(machines, clients int, hot bool) estimate {
	servers := max(1, machines-1)
	each := float64(clients) / float64(servers)
	e := estimate{size: max(1, c.share*each), rate: math.Inf(1)}
	batches := c.writes / max(1, c.size*each)
	server, database := c.server+batches*c.serverBatch, c.database+batches*c.databaseBatch
	bound := func(rate float64, limit string) {
		if rate < e.rate {
			e.rate, e.limit = rate, limit
		}
	}
	processors := c.cores * 1e6
	more := c.more
	if machines == 1 {
		bound(processors/(server+database+c.client), "the processors")
	} else {
		more = c.database / c.writes // nobody takes the processor from the database's one process
		bound(processors/database, "the database's processors")
		bound(float64(servers)*processors/server, "the servers' processors")
	}
	turn := c.turn + (e.size-1)*more
	if machines > 1 {
		turn += 2 * c.trip
	}
	if perServer := e.size / turn * 1e6; hot {
		bound(perServer, "turns on the wallet")
	} else {
		bound(float64(servers)*perServer, "turns of the servers' batches")
	}
	return e
}

// levels is how deep a B-tree over rows is when a page holds so many keys.
func levels(rows, perPage float64) int {
	n := 1
	for pages := math.Ceil(rows / perPage); pages > 1; pages = math.Ceil(pages / perPage) {
		n++
	}
	return n
}
