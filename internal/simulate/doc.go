// Package simulate runs the whole service under thousands of seeds of faults: desks, workers and batchers of several
// replicas, as they are, over one memory database and one simulated provider. It consists of tests alone.
//
//	clients ---> replicas (worker -> desk -> store's batcher) ---> fault ---> memory database
//	operator --> commands (desk)                                     |
//	                                                                 +-----> simulated provider
//
// A run lasts about a minute of simulated time. Calls fail before they happen and after, stall past leases and
// deadlines, arrive late and twice; replicas die at any of them and start again, are paused and cut off; clocks drift
// and jump. Then the faults end, time passes, and everything must have come to one truth. Run thousands by `make sim`;
// a seed that fails is run again, with its trace, by
//
//	go test ./internal/simulate -run TestSeeds -seed N -v
//
// # The rules
//
// Each has a test that breaks the code on purpose and is found out by it (TestBroken).
//
//	books                what Verify proves, at any time
//	money                a wallet holds what was credited less its orders that weren't refunded
//	acknowledged         what anybody was told is so: an order, its state, its machine, a credit
//	refused              what was refused for certain was not done
//	answer               a client that asks on under one key gets a certain answer
//	one order a key      within the key's window, whoever asks where and how often
//	one order a request  also without a key
//	one transfer a key   an operator's credit is posted once
//	one machine          for an order, however often the provider is asked
//	machines             each belongs to an order
//	delivered            a completed server is the machine that its order made
//	figures              and has the size that was paid for
//	refund               an order is refunded when, and only when, the provider refused it for certain
//	stock, capacity      what is counted is what is sold, and that is never more than there is
//	lease                no two processes work on an order in one attempt, nor when the first one's lease holds
//	fence                an attempt's outcome doesn't count once a newer one began
//	clock                a process whose clock is off begins nothing
//	stuck                once the faults end every order is settled
//
// # How a run is the same every time
//
// Each run is a bubble of testing/synctest, whose clock stands still until every goroutine waits. The seeded
// scheduler is the plan of package fault: every call of a port, every client and every accident draws from its own
// name, by the seed, how long it takes, in nanoseconds. So no two of them happen at one instant, everything that
// happens, happens alone, and the runtime has no choice left that matters. The code under test needs no clock, no
// lock and no goroutine of another sort than it has in production.
package simulate
