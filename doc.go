// Package berth is the business of Berth, an order server for hosting providers: it takes an order, pays it from a
// prepaid wallet, makes the thing that was bought exist, and answers with it. Money lives in a database, machines
// live in somebody else's system, and no transaction spans the two. Everything here follows from that.
//
// Nine concepts carry the system:
//
//   - Order: what someone bought, at what price, in which state.
//   - Kind: how one sort of order is priced (Quote), done (Fulfil) and recorded (Deliver, or Release).
//   - Wallet and Entry: a balance, and the append-only double-entry lines that explain it. Only Book.Post moves money.
//   - Store: the database, in two verbs: reads, and Write, which loads, decides and appends.
//   - Driver: a port to the world (ServerDriver, NetworkDriver). Every call carries a Ref, the order's id.
//   - Service: what the customer owns afterwards.
//   - Event: a row that says "this happened", written in the transaction that made it true.
//   - Error: a code, a sentence for people, and a cause for the log.
//   - Money: int64 minor units of one currency, rounded once, in Quote.
//
// A Desk is every entrance to them.
//
// # States of an order
//
//	            Place                        Settle(done)
//	(nothing) ---------> paid ------------------------------------> completed
//	                     |  ^
//	                     |  | Settle(waiting, unresolved): postponed, with a time of the next try
//	                     |  | Claim: the lease ran out, or that time has come; Attempt + 1, first Find
//	                     +--+
//	                     |   Settle(refused, and no earlier attempt in doubt), or an operator's Resolve
//	                     +--------------------------------------------> refunded
//
// There is no job table: a paid order is work to do, and the lease on its row says who does it. An extension has
// nothing to do in the world and is completed by Place itself.
//
// # Rules of the package
//
// It imports the standard library only, and every arrow between packages points here; no adapter imports another.
// It starts no goroutine, reads no clock and makes no random number: instants and ids come from the Book, so that a
// simulation decides what happens when.
package berth
