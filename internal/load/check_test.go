package load

import (
	"slices"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// sound is a world in which everything is right, and what was acknowledged in it.
func sound() ([]Acknowledged, World) {
	order := func(id, kind string, state berth.State, amount int64) berth.Order {
		return berth.Order{ID: id, Kind: kind, UserID: "u", State: state, Amount: amount, Terms: berth.Terms{ServiceID: "s-" + id}}
	}
	w := World{
		Orders: map[string]berth.Order{
			"a": order("a", berth.KindNewServer, berth.Completed, 1299),
			"b": order("b", berth.KindNetwork, berth.Completed, 10000),
			"c": order("c", berth.KindNewServer, berth.Refunded, 1299),
			"d": order("d", berth.KindRenew, berth.Completed, 2),
		},
		Wallets:  map[string]berth.Wallet{"u": {UserID: "u", Balance: 20000 - 1299 - 10000 - 2}, "idle": {UserID: "idle"}},
		Machines: []Machine{{1, "a"}, {2, "b"}, {1, "a"}}, // machine 1 was changed
		Credits:  map[string]int64{"u": 20000},
	}
	return []Acknowledged{
		{OrderID: "a", ServerID: "s-a", UserID: "u", Key: "k1", Amount: "12.99", Completed: true},
		{OrderID: "b", UserID: "u", Key: "k2", Amount: "100.00"},
		{OrderID: "d", UserID: "u", Amount: "0.02", Completed: true},
		{OrderID: "c", ServerID: "s-c", UserID: "u", Key: "k3", Amount: "12.99"}, // went on, and was refused then
	}, w
}

// TestCheckBites plants every fault that Check promises to find.
func TestCheckBites(t *testing.T) {
	change := func(w *World, id string, f func(*berth.Order)) {
		o := w.Orders[id]
		f(&o)
		w.Orders[id] = o
	}
	for _, c := range []struct {
		fault string
		plant func(*[]Acknowledged, *World)
		want  string // in one of the findings
	}{
		{"none", func(*[]Acknowledged, *World) {}, ""},
		{"lost order", func(_ *[]Acknowledged, w *World) { delete(w.Orders, "b") }, "order b was acknowledged and doesn't exist"},
		{"refunded although acknowledged", func(_ *[]Acknowledged, w *World) { change(w, "a", func(o *berth.Order) { o.State = berth.Refunded }) }, "order a was acknowledged and is refunded"},
		{"left behind", func(_ *[]Acknowledged, w *World) { change(w, "a", func(o *berth.Order) { o.State = berth.Paid }) }, "order a is not settled"},
		{"refunded although completed", func(a *[]Acknowledged, _ *World) { (*a)[3].Completed = true }, "order c was acknowledged and is refunded"},
		{"someone else's", func(_ *[]Acknowledged, w *World) { change(w, "a", func(o *berth.Order) { o.UserID = "v" }) }, "to user u and belongs to v"},
		{"another server", func(a *[]Acknowledged, _ *World) { (*a)[0].ServerID = "s-x" }, "with server s-x and made s-a"},
		{"another price", func(a *[]Acknowledged, _ *World) { (*a)[0].Amount = "12.98" }, "at 12.98 and cost 12.99"},
		{"charged twice for a key", func(a *[]Acknowledged, _ *World) { (*a)[1].Key = "k1" }, "key k1 was answered with order a and with b"},
		{"answered twice", func(a *[]Acknowledged, _ *World) {
			*a = append(*a, Acknowledged{OrderID: "a", UserID: "u", Key: "k9", Amount: "12.99"})
		}, "order a was acknowledged for k1 and for k9"},
		{"answered twice without keys", func(a *[]Acknowledged, _ *World) { *a = append(*a, (*a)[2]) }, "order d was acknowledged for line 3 and for line 5"},
		{"two machines", func(_ *[]Acknowledged, w *World) { w.Machines = append(w.Machines, Machine{3, "a"}) }, "order a is completed and has 2 machines, not 1"},
		{"no machine", func(_ *[]Acknowledged, w *World) { w.Machines = w.Machines[1:2] }, "order a is completed and has 0 machines, not 1"},
		{"machine for a refunded order", func(_ *[]Acknowledged, w *World) { w.Machines = append(w.Machines, Machine{3, "c"}) }, "order c is refunded and has 1 machines, not 0"},
		{"machine for a renewal", func(_ *[]Acknowledged, w *World) { w.Machines = append(w.Machines, Machine{3, "d"}) }, "order d is completed and has 1 machines, not 0"},
		{"stray machine", func(_ *[]Acknowledged, w *World) { w.Machines = append(w.Machines, Machine{3, "x"}) }, "machine 3 was made for order x, which doesn't exist"},
		{"money lost", func(_ *[]Acknowledged, w *World) { w.Wallets["u"] = berth.Wallet{UserID: "u", Balance: 8698} }, "the wallet of u holds 86.98"},
		{"money from nowhere", func(_ *[]Acknowledged, w *World) { w.Wallets["idle"] = berth.Wallet{UserID: "idle", Balance: 1} }, "the wallet of idle holds 0.01"},
		{"wallet gone", func(_ *[]Acknowledged, w *World) { delete(w.Wallets, "u") }, "the wallet of u is gone"},
	} {
		a, w := sound()
		c.plant(&a, &w)
		got := Check(a, w)
		if c.want == "" && len(got) > 0 {
			t.Errorf("%s: got %q, want nothing", c.fault, got)
		}
		if c.want != "" && !slices.ContainsFunc(got, func(text string) bool { return strings.Contains(text, c.want) }) {
			t.Errorf("%s: got %q, want one with %q", c.fault, got, c.want)
		}
	}
}
