package load

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/berth-host/berth"
)

// World is what exists after a run: the books, read from the database, and the machines, read from the provider.
type World struct {
	Orders   map[string]berth.Order // by id
	Wallets  map[string]berth.Wallet
	Machines []Machine
	Credits  map[string]int64 // what each user's wallet was given, minor units
}

// Machine is one thing that the provider has made for an order.
type Machine struct {
	No    int64
	Order string
}

// Read reads the books in one snapshot. Machines and Credits are the caller's to add: they must not come from the
// database that is checked by them.
func Read(ctx context.Context, r berth.Reader) (World, error) {
	w := World{Orders: map[string]berth.Order{}, Wallets: map[string]berth.Wallet{}}
	err := r.Audit(ctx, reading{w})
	return w, err
}

// reading keeps the orders and wallets of an audit.
type reading struct{ World }

func (w reading) Order(o berth.Order, _ berth.Referring) error {
	w.Orders[o.ID] = o
	return nil
}

func (w reading) Wallet(b berth.Wallet, _, _ int64) error {
	w.Wallets[b.UserID] = b
	return nil
}

func (reading) Entry(berth.Wallet, berth.Entry) error { return nil }
func (reading) Stray(string, string, string) error    { return nil }
func (reading) Batch(berth.Batch, string) error       { return nil }
func (reading) Chain(string) error                    { return nil }
func (reading) Sealed(berth.Batch) error              { return nil }
func (reading) Stock(berth.Stock) error               { return nil }
func (reading) Pool(berth.Pool) error                 { return nil }
func (reading) Item(berth.Item) error                 { return nil }
func (reading) Progress(int64, int64)                 {}

// Check holds what was acknowledged against what exists, when all work is done, and returns every contradiction, in
// a fixed order:
//
//   - an acknowledged order exists and is the one that was answered for; it is completed, unless it was acknowledged
//     as going on: then the provider may have refused it later;
//   - no key was answered with two orders, and no order for two keys;
//   - no order is left unsettled, a completed one that makes something has exactly one machine, any other has none;
//   - a wallet holds what it was given less its completed orders.
func Check(acknowledged []Acknowledged, w World) []string {
	var wrong []string
	found := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	checkAcknowledged(acknowledged, w, found)
	checkMachines(w, found)
	checkWallets(w, found)
	return wrong
}

func checkAcknowledged(acknowledged []Acknowledged, w World, found func(string, ...any)) {
	byKey, byOrder := map[string]string{}, map[string]string{}
	for i, a := range acknowledged {
		o, ok := w.Orders[a.OrderID]
		switch {
		case !ok:
			found("order %s was acknowledged and doesn't exist", a.OrderID)
		case o.State != berth.Completed && (a.Completed || o.State != berth.Refunded):
			found("order %s was acknowledged and is %s", a.OrderID, o.State)
		case o.UserID != a.UserID:
			found("order %s was acknowledged to user %s and belongs to %s", a.OrderID, a.UserID, o.UserID)
		case a.ServerID != "" && o.ServiceID != a.ServerID:
			found("order %s was acknowledged with server %s and made %s", a.OrderID, a.ServerID, o.ServiceID)
		}
		if minor, err := berth.ParseMinor(a.Amount); ok && (err != nil || minor != o.Amount) {
			found("order %s was acknowledged at %s and cost %s", a.OrderID, a.Amount, berth.FormatMinor(o.Amount))
		}
		key := a.Key
		if key == "" {
			key = fmt.Sprintf("line %d", i+1) // without a key every request is an order of its own
		}
		if before, ok := byKey[key]; ok && before != a.OrderID {
			found("key %s was answered with order %s and with %s", key, before, a.OrderID)
		}
		if before, ok := byOrder[a.OrderID]; ok && before != key {
			found("order %s was acknowledged for %s and for %s", a.OrderID, before, key)
		}
		byKey[key], byOrder[a.OrderID] = a.OrderID, key
	}
}

func checkMachines(w World, found func(string, ...any)) {
	made := map[string]map[int64]bool{} // a machine that was changed has several lines under one number
	for _, m := range w.Machines {
		if _, ok := w.Orders[m.Order]; !ok {
			found("machine %d was made for order %s, which doesn't exist", m.No, m.Order)
		}
		if made[m.Order] == nil {
			made[m.Order] = map[int64]bool{}
		}
		made[m.Order][m.No] = true
	}
	for _, id := range slices.Sorted(maps.Keys(w.Orders)) {
		o, want := w.Orders[id], 0
		switch {
		case o.State == berth.Paid:
			found("order %s is not settled", id)
			continue
		case o.State == berth.Completed && o.Makes():
			want = 1
		}
		if got := len(made[id]); got != want {
			found("order %s is %s and has %d machines, not %d", id, o.State, got, want)
		}
	}
}

func checkWallets(w World, found func(string, ...any)) {
	spent := map[string]int64{}
	for _, o := range w.Orders {
		if o.State != berth.Refunded {
			spent[o.UserID] += o.Amount
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.Wallets)) {
		if got, want := w.Wallets[id].Balance, w.Credits[id]-spent[id]; got != want {
			found("the wallet of %s holds %s; given %s less orders of %s is %s", id, berth.FormatMinor(got),
				berth.FormatMinor(w.Credits[id]), berth.FormatMinor(spent[id]), berth.FormatMinor(want))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.Credits)) {
		if _, ok := w.Wallets[id]; !ok {
			found("the wallet of %s is gone", id)
		}
	}
}
