// Package years lives through ten simulated years of thousands of services in seconds: several replicas over one memory
// database and one simulated provider, customers who pay, forget to, change their minds and come back, and a world in
// which calls get lost, providers refuse or are away for a week, and nobody serves for a week. It consists of tests alone.
//
// A run is one goroutine that moves a clock of its own on, so a seed is always the same run. Replicas do in it what a
// worker does (list what is due, claim it, place renewals, perform tasks, record outcomes), with lists that are old by
// the time they are used, and they die between any two of these. Every write may be lost before it happens, or happen
// without an answer.
//
// # The rules
//
// Each has a test that breaks the code on purpose and is found out by it (TestBroken).
//
//	books       what Verify proves, at the end
//	once        a period is renewed once: the clock's orders of a service each continue another expiry
//	early       and none before its instant
//	same        for as long as the last purchase
//	paid        no service is active for long beyond its paid time and grace
//	suspended   none is suspended for long while it's paid, unless an operator holds it
//	money       nor while its owner wants it renewed, isn't suspended, and the wallet covers that
//	barred      the clock renews nothing at the cost of a suspended user
//	told        nobody's service is suspended who wasn't told before
//	kept        nothing is deleted before its time, unless its owner asked for that
//	held        a payment never lifts an operator's hold
//	machines    the machine of a terminated service is gone, and no other is; a suspended one stands still
//
// Run more seeds by -seeds N, and one that failed again by
//
//	go test ./internal/years -run TestYears -seed N -v
package years
