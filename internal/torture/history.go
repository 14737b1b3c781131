package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// sort is what an operation does to a wallet.
type sort string

// The sorts of operation on a wallet.
const (
	debit  sort = "debit"  // an order takes its amount
	credit sort = "credit" // an operator's credit, or the refund of an order
	read   sort = "read"   // somebody is told the balance
	short  sort = "short"  // an order is refused because the balance is below its amount
)

// operation is one thing that happened to a wallet at a single instant, which nobody knows; it lies between call and
// back. Amounts are minor units, instants nanoseconds since the run began.
type operation struct {
	sort   sort
	amount int64
	// seen is the balance that was told of: just before a debit, just after a credit, at a read. Where nobody was told
	// any, known is false, and any balance will do.
	seen       int64
	known      bool
	call, back int64
	what       string // for people
}

// step applies an operation to a balance. It's false when the operation can't have happened there: what was told of it
// would be wrong. A wallet never goes below zero.
func (o operation) step(balance int64) (after int64, ok bool) {
	switch o.sort {
	case debit:
		return balance - o.amount, balance >= o.amount && (!o.known || o.seen == balance)
	case credit:
		return balance + o.amount, !o.known || o.seen == balance+o.amount
	case read:
		return balance, o.seen == balance
	case short:
		return balance, balance < o.amount
	}
	return balance, false
}

// change is what the operation adds to the balance, wherever it happened.
func (o operation) change() int64 {
	switch o.sort {
	case debit:
		return -o.amount
	case credit:
		return o.amount
	}
	return 0
}

func (o operation) String() string {
	seen := "?"
	if o.known {
		seen = fmt.Sprint(o.seen)
	}
	return fmt.Sprintf("%s %d at %s, %v to %v (%s)", o.sort, o.amount, seen,
		time.Duration(o.call).Round(time.Millisecond), time.Duration(o.back).Round(time.Millisecond), o.what)
}

// walletModel is the wallet that Berth has to be: a register that starts with a balance, in which every operation
// happens at one instant.
func walletModel(start int64) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return start },
		Step: func(state, input, _ any) (bool, any) {
			after, ok := input.(operation).step(state.(int64))
			return ok, after
		},
	}
}

// finding is what came of one wallet's history.
type finding struct {
	result     porcupine.CheckResult
	operations int
	windows    int
	suspect    []operation // the window in which it isn't linearizable, or can't be told
}

// check looks for an order of all operations that is possible in real time and in which each tells the truth. It stops
// at the limit, and the result is then Unknown.
//
// The history is cut wherever no operation is under way. Everything before such an instant has happened by then, so the
// balance there is known without knowing the order: it is the start and all changes. The search takes time and memory
// by the square of a window's length, so that cutting makes long runs possible; it changes no result.
func check(start int64, history []operation, limit time.Duration) finding {
	found := finding{result: porcupine.Ok, operations: len(history)}
	deadline := time.Now().Add(limit)
	for _, window := range windows(history) {
		left := time.Until(deadline)
		if left <= 0 {
			found.result, found.suspect = porcupine.Unknown, window
			return found
		}
		before := start
		list := make([]porcupine.Operation, len(window))
		for i, o := range window {
			list[i] = porcupine.Operation{Input: o, Call: o.call, Return: o.back}
			start += o.change()
		}
		found.windows++
		if found.result = porcupine.CheckOperationsTimeout(walletModel(before), list, left); found.result != porcupine.Ok {
			found.suspect = window
			return found
		}
	}
	return found
}

// windows cuts a history at the instants at which nothing is under way.
func windows(history []operation) (list [][]operation) {
	sorted := slices.SortedFunc(slices.Values(history), func(a, b operation) int { return cmp.Compare(a.call, b.call) })
	from, last := 0, int64(0)
	for i, o := range sorted {
		if i > from && o.call > last {
			list = append(list, sorted[from:i])
			from = i
		}
		last = max(last, o.back)
	}
	if from < len(sorted) {
		list = append(list, sorted[from:])
	}
	return list
}
