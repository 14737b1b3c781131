// Package simulate runs the whole service under thousands of seeds of faults: desks, workers and batchers of several
// replicas over one memory database and one simulated provider, as they are, with packages of tests alone.
//
//	clients ---> replicas (worker -> desk -> store's batcher) ---> fault ---> memory database
//	operator --> commands (desk)                                     |
//	                                                                 +-----> simulated provider
//
// A run lasts about a minute of simulated time. Calls fail before they happen and after, stall past leases and
// deadlines, arrive late and twice; replicas die at any of them and start again, are paused and cut off; clocks drift
// and jump. Then the faults end, time passes, and what must hold for any order and any coin is checked (books.go's
// rules, which are also checked in between). Run them with `make sim`; a seed that fails is run again, with its trace,
// by
//
//	go test ./internal/simulate -run TestSeeds -seed N -v
//
// # How a run is the same every time
//
// Each run is a bubble of testing/synctest, whose clock stands still until every goroutine waits. The seeded
// scheduler is the plan of package fault: every call of a port, every client and every accident draws from its own
// name, by the seed, how long it takes, in nanoseconds. So no two of them happen at one instant, everything that
// happens, happens alone, and the runtime has no choice left that matters. The code under test needs no clock, no
// lock and no goroutine of another sort than it has in production.
package simulate
