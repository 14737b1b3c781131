package main

import (
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// at makes an operation between two instants.
func at(call, back int64, o operation) operation {
	o.call, o.back = call, back
	return o
}

func took(amount, before int64) operation {
	return operation{sort: debit, amount: amount, seen: before, known: true}
}
func gave(amount, after int64) operation {
	return operation{sort: credit, amount: amount, seen: after, known: true}
}
func saw(balance int64) operation { return operation{sort: read, seen: balance, known: true} }

// TestCheckBites holds hand-made histories of a wallet that starts with 100 against the check: those that a correct
// wallet can have pass, and every fault that Berth could have is found.
func TestCheckBites(t *testing.T) {
	quiet := operation{sort: debit, amount: 10}   // nobody was told of its balance
	refund := operation{sort: credit, amount: 10} // neither
	for _, c := range []struct {
		name    string
		history []operation
		want    porcupine.CheckResult
	}{
		{"nothing", nil, porcupine.Ok},
		{"one after the other", []operation{at(1, 2, took(10, 100)), at(3, 4, saw(90)), at(5, 6, gave(5, 95)), at(7, 8, saw(95))}, porcupine.Ok},
		{"two at a time, in either order", []operation{at(1, 9, took(10, 70)), at(1, 9, took(30, 100)), at(10, 11, saw(60))}, porcupine.Ok},
		{"a read beside a debit sees before", []operation{at(1, 9, took(10, 100)), at(2, 3, saw(100))}, porcupine.Ok},
		{"a read beside a debit sees after", []operation{at(1, 9, took(10, 100)), at(2, 3, saw(90))}, porcupine.Ok},
		{"a debit and its refund, unseen", []operation{at(1, 9, quiet), at(1, 9, refund), at(4, 5, saw(90)), at(10, 11, saw(100))}, porcupine.Ok},
		{"short of money", []operation{at(1, 2, took(95, 100)), at(3, 4, operation{sort: short, amount: 10})}, porcupine.Ok},
		{"a debit that was answered late", []operation{at(1, 20, took(10, 90)), at(2, 3, took(10, 100)), at(4, 5, saw(80))}, porcupine.Ok},

		{"a lost update", []operation{at(1, 9, took(10, 100)), at(1, 9, took(30, 100)), at(10, 11, saw(70))}, porcupine.Illegal},
		{"a lost update that nobody reads", []operation{at(1, 9, took(10, 100)), at(1, 9, took(30, 100))}, porcupine.Illegal},
		{"a double debit", []operation{at(1, 2, took(10, 100)), at(3, 4, saw(80))}, porcupine.Illegal},
		{"a double debit before the next order", []operation{at(1, 2, took(10, 100)), at(3, 4, took(10, 80))}, porcupine.Illegal},
		{"a lost debit", []operation{at(1, 2, took(10, 100)), at(3, 4, saw(100))}, porcupine.Illegal},
		{"a stale read", []operation{at(1, 2, took(10, 100)), at(3, 4, saw(90)), at(5, 6, saw(100))}, porcupine.Illegal},
		{"a stale read after the answer, at another server", []operation{at(1, 2, took(10, 100)), at(3, 8, took(10, 90)), at(4, 5, saw(100))}, porcupine.Illegal},
		{"a read of the future", []operation{at(1, 2, saw(90)), at(3, 4, took(10, 100))}, porcupine.Illegal},
		{"reads that go back", []operation{at(1, 20, took(10, 100)), at(2, 3, saw(90)), at(4, 5, saw(100))}, porcupine.Illegal},
		{"a lost credit", []operation{at(1, 2, gave(50, 150)), at(3, 4, saw(100))}, porcupine.Illegal},
		{"a lost refund", []operation{at(1, 9, quiet), at(1, 9, refund), at(10, 11, saw(90))}, porcupine.Illegal},
		{"a double refund", []operation{at(1, 9, quiet), at(1, 9, refund), at(10, 11, saw(110))}, porcupine.Illegal},
		{"below zero", []operation{at(1, 2, operation{sort: debit, amount: 101})}, porcupine.Illegal},
		{"refused although there was money", []operation{at(1, 2, took(10, 100)), at(3, 4, operation{sort: short, amount: 90})}, porcupine.Illegal},
		{"another order than in real time", []operation{at(1, 2, took(10, 90)), at(3, 4, took(10, 100))}, porcupine.Illegal},
	} {
		if got := check(100, c.history, time.Minute); got.result != c.want || (got.suspect == nil) != (c.want == porcupine.Ok) {
			t.Errorf("%s: got %s, suspect %v; want %s", c.name, got.result, got.suspect, c.want)
		}
	}
}

// TestWindows cuts only where nothing is under way, and loses nothing.
func TestWindows(t *testing.T) {
	history := []operation{at(5, 6, saw(90)), at(1, 4, took(10, 100)), at(2, 3, saw(100)), at(6, 8, saw(90)), at(9, 9, saw(90))}
	got := windows(history)
	var lengths []int
	for _, w := range got {
		lengths = append(lengths, len(w))
	}
	// The third begins at the very instant at which the second ends: they may have overlapped.
	if len(got) != 3 || lengths[0] != 2 || lengths[1] != 2 || lengths[2] != 1 {
		t.Fatalf("got windows of %v operations, want 2, 2 and 1", lengths)
	}
	if found := check(100, history, time.Minute); found.result != porcupine.Ok || found.windows != 3 || found.operations != 5 {
		t.Errorf("got %+v, want all 5 operations in 3 windows", found)
	}
}

// TestEarlyRefundsAreFound is a history as kills make it: many refunds under way at once, each with what the books say
// of it. The search has to stay short, and a single wrong figure has to be found in it.
func TestEarlyRefundsAreFound(t *testing.T) {
	const n = 400
	var history []operation
	balance := int64(1_000_000)
	for i := range int64(n) {
		history = append(history, at(i, 3*n, took(1299, balance)))
		balance -= 1299
	}
	for i := range int64(n) {
		balance += 1299
		history = append(history, at(n-i, 4*n+i, gave(1299, balance)))
	}
	if got := check(1_000_000, history, 20*time.Second); got.result != porcupine.Ok {
		t.Errorf("got %s, want it found to be right", got.result)
	}
	history[n/2].seen++
	if got := check(1_000_000, history, 20*time.Second); got.result != porcupine.Illegal {
		t.Errorf("got %s with one wrong balance, want it found", got.result)
	}
}

// TestEndlessSearchIsUndecided: the time is bounded, and what isn't decided isn't right.
func TestEndlessSearchIsUndecided(t *testing.T) {
	var history []operation
	for i := range int64(40) { // 2 to the power of 40 sets of debits, all of which have to be tried
		history = append(history, at(1, 100, operation{sort: debit, amount: 1 << i}))
	}
	history = append(history, at(1, 100, saw(7)))
	if got := check(1<<42, history, 50*time.Millisecond); got.result != porcupine.Unknown || len(got.suspect) != 41 {
		t.Errorf("got %s, want it undecided", got.result)
	}
}
