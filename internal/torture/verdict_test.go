package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/provision/sim"
)

var began = time.Now()

func second(n int) time.Time { return began.Add(time.Duration(n) * time.Second) }

// sound is a run in which everything went right: an order that was answered at its second request, one that went on and
// was refused later, one that was refused at once, one without money, a credit whose first answer was lost, and reads.
func sound() witness {
	order := func(id, name, user string, state berth.State, before int64) berth.Order {
		return berth.Order{ID: id, Kind: berth.KindNewServer, UserID: user, State: state, Amount: 1299, BalanceBefore: before,
			Terms: berth.Terms{ServiceID: id, Name: name}}
	}
	placed := func(at int, id, name, user, failure, before string) load.Placed {
		p := load.Placed{Name: name, Failure: failure, BalanceBefore: before, Requests: 1, Sent: second(at), Last: second(at), Answered: second(at + 1)}
		p.UserID, p.Key = user, "key of "+name
		if failure == "" {
			p.OrderID, p.ServerID, p.Amount, p.Completed = id, id, "12.99", true
		}
		return p
	}
	refuse := sim.NameRefuse
	w := witness{
		began: began, ended: second(100),
		placed: []load.Placed{
			placed(1, "a", "hot-1", hot, "", "10000000.00"),
			placed(3, "b", refuse+"-2", hot, "", "9999987.01"),
			placed(7, "c", refuse+"-3", hot, "provider_refused", ""),
			placed(9, "d", "poor-4", poor, "", "50.00"),
			placed(11, "e", "poor-5", poor, "", "37.01"),
			placed(13, "f", "poor-6", poor, "", "24.02"),
			placed(15, "", "poor-7", poor, "insufficient_balance", ""),
		},
		reads: []told{
			{hot, second(2), second(3), 999_998_701}, {hot, second(6), second(6), 1_000_000_000 - 1299},
			{poor, second(20), second(21), 1103 + 5000},
		},
		credits: []given{{user: poor, ref: "credit-1", amount: 5000, asked: second(17), back: second(19), certain: true}},
		settled: map[string]time.Time{"b": second(5)},
		World: load.World{
			Orders: map[string]berth.Order{
				"a": order("a", "hot-1", hot, berth.Completed, 1_000_000_000), "b": order("b", refuse+"-2", hot, berth.Refunded, 999_998_701),
				"c": order("c", refuse+"-3", hot, berth.Refunded, 999_998_701), "d": order("d", "poor-4", poor, berth.Completed, 5000),
				"e": order("e", "poor-5", poor, berth.Completed, 3701), "f": order("f", "poor-6", poor, berth.Completed, 2402),
			},
			Wallets:  map[string]berth.Wallet{hot: {UserID: hot, Balance: 999_998_701}, poor: {UserID: poor, Balance: 1103 + 5000}},
			Machines: []load.Machine{{No: 1, Order: "a"}, {No: 2, Order: "d"}, {No: 3, Order: "e"}, {No: 4, Order: "f"}},
		},
		refunds: map[string]berth.Entry{"b": {OrderID: "b", Amount: 1299, Balance: 999_998_701}, "c": {OrderID: "c", Amount: 1299, Balance: 999_998_701}},
		posted:  map[string]berth.Entry{"credit-1": {Ref: "credit-1", Amount: 5000, Balance: 6103}},
	}
	w.placed[0].Requests, w.placed[0].Doubts, w.placed[0].Replayed = 2, []string{"connection"}, true
	w.placed[1].Completed = false
	return w
}

// TestJudgeBites plants every fault that the verdict has to find.
func TestJudgeBites(t *testing.T) {
	change := func(w *witness, id string, f func(*berth.Order)) {
		o := w.Orders[id]
		f(&o)
		w.Orders[id] = o
	}
	for _, c := range []struct {
		fault         string
		plant         func(*witness)
		lost, doubled int
		want          string // in one of the problems
	}{
		{"none", func(*witness) {}, 0, 0, ""},
		{"order lost", func(w *witness) { delete(w.Orders, "a") }, 1, 0, "order a was acknowledged and doesn't exist"},
		{"refunded although completed", func(w *witness) { change(w, "a", func(o *berth.Order) { o.State = berth.Refunded }) }, 1, 0, "order a was acknowledged and is refunded"},
		{"refunded without a reason", func(w *witness) {
			w.placed[0].Completed = false
			change(w, "a", func(o *berth.Order) { o.State = berth.Refunded })
		}, 1, 0, "order a is refunded and has 1 machines"},
		{"paid and nothing made", func(w *witness) { w.Machines = w.Machines[1:] }, 1, 0, "order a is completed and has 0 machines"},
		{"made twice", func(w *witness) { w.Machines = append(w.Machines, load.Machine{No: 9, Order: "a"}) }, 0, 1, "order a is completed and has 2 machines"},
		{"ordered twice", func(w *witness) {
			o := w.Orders["a"]
			o.ID = "a2"
			w.Orders["a2"] = o
		}, 1, 1, "hot-1 was ordered once, and there are 2 orders of it"},
		{"ordered by nobody", func(w *witness) { change(w, "a", func(o *berth.Order) { o.Name = "hot-9" }) }, 0, 1, `"hot-9", which nobody ordered`},
		{"never settled", func(w *witness) { change(w, "a", func(o *berth.Order) { o.State = berth.Paid }) }, 0, 0, "order a is not settled"},
		{"somebody else's order", func(w *witness) { w.placed[0].OrderID = "d" }, 0, 0, "hot-1 was answered with the order of poor-4"},
		{"refused and kept the money", func(w *witness) { delete(w.Orders, "c") }, 0, 0, "the books have 0 orders of it"},
		{"refused without a reason", func(w *witness) {
			w.placed[2].Name = "hot-3"
			change(w, "c", func(o *berth.Order) { o.Name = "hot-3" })
		}, 0, 0, "hot-3 was refused by the provider, which had no reason to"},
		{"no money for the rich", func(w *witness) { w.placed[6].UserID = hot }, 0, 0, "hot has plenty"},
		{"no money although there was", func(w *witness) { w.placed[6].Last = second(22); w.placed[6].Answered = second(23) }, 0, 0, "the history of wallet poor is not linearizable"},
		{"an internal error", func(w *witness) { w.placed[0].Doubts = []string{"internal"} }, 0, 0, "hot-1 was once answered with internal"},
		{"another refusal", func(w *witness) { w.placed[6].Failure = "not_found" }, 0, 0, "poor-7 ended with not_found"},
		{"credit lost", func(w *witness) { delete(w.posted, "credit-1") }, 1, 0, "credit-1 was acknowledged and isn't in the books"},
		{"money lost", func(w *witness) { w.Wallets[hot] = berth.Wallet{UserID: hot, Balance: 1} }, 0, 0, "the wallet of hot holds 0.01"},
		{"a balance that can't be", func(w *witness) { w.placed[0].BalanceBefore = "9999999.00" }, 0, 0, "the history of wallet hot is not linearizable"},
		{"no balance", func(w *witness) { w.placed[0].BalanceBefore = "" }, 0, 0, `hot-1 was answered with the balance ""`},
		{"a stale read", func(w *witness) { w.reads[1].balance = 1_000_000_000 }, 0, 0, "the history of wallet hot is not linearizable"},
		{"a refund after the client saw it", func(w *witness) { w.reads[1].balance = 1_000_000_000 - 2*1299 }, 0, 0, "the history of wallet hot is not linearizable"},
	} {
		w := sound()
		c.plant(&w)
		got := judge(w, time.Minute)
		if c.fault == "none" {
			if !got.good() || len(got.problems) > 0 || got.acknowledged != 5 || got.refused != 1 || got.short != 1 ||
				got.unknown != 1 || got.resolved != 1 || got.placed != 1 || got.linearizable != 2 || got.operations != 13 {
				t.Errorf("of a sound run: got %+v", got)
			}
			continue
		}
		if got.good() || got.lost != c.lost || got.doubled != c.doubled {
			t.Errorf("%s: got good %v, %d lost and %d doubled; want %d and %d", c.fault, got.good(), got.lost, got.doubled, c.lost, c.doubled)
		}
		if !slices.ContainsFunc(got.problems, func(text string) bool { return strings.Contains(text, c.want) }) {
			t.Errorf("%s: got %q, want one with %q", c.fault, got.problems, c.want)
		}
	}
}

// TestLateRequests: a client may be refused for lack of money while an earlier request of it is still on its way. When
// that one finds money, the order exists all the same; nothing is wrong with it.
func TestLateRequests(t *testing.T) {
	w := sound()
	w.placed[6].Requests, w.placed[6].Doubts = 2, []string{"timeout"}
	w.Orders["g"] = berth.Order{ID: "g", Kind: berth.KindNewServer, UserID: poor, State: berth.Completed, Amount: 1299, BalanceBefore: 6103,
		Terms: berth.Terms{ServiceID: "g", Name: "poor-7"}}
	w.Machines = append(w.Machines, load.Machine{No: 5, Order: "g"})
	w.Wallets[poor] = berth.Wallet{UserID: poor, Balance: 6103 - 1299}
	if got := judge(w, time.Minute); !got.good() {
		t.Errorf("got %+v, want nothing wrong", got)
	}
	// Nobody was answered at all: it may exist or not.
	for _, exists := range []bool{true, false} {
		w.placed[6].Failure, w.placed[6].Unsure = "timeout", true
		if !exists {
			delete(w.Orders, "g")
			w.Machines = w.Machines[:4]
			w.Wallets[poor] = berth.Wallet{UserID: poor, Balance: 6103}
		}
		got := judge(w, time.Minute)
		if len(got.problems) > 0 || got.lost+got.doubled != 0 || got.unknown != 2 || got.resolved != 1 || got.good() {
			t.Errorf("exists %v: got %+v, want nothing wrong but that one is never resolved", exists, got)
		}
	}
}

// TestTooLittleIsNoProof: a run in which the faults didn't happen has proved nothing.
func TestTooLittleIsNoProof(t *testing.T) {
	full := faults{replicas: 22, databases: 2, unready: 5, stops: 2, cuts: 300, stalls: 9, halfCloses: 100}
	v := verdict{acknowledged: 5000, refused: 5, short: 5, placed: 50}
	if missing := v.enough(full, 24, true); len(missing) != 0 {
		t.Errorf("got %q, want a proof", missing)
	}
	for what, f := range map[string]faults{
		"kills":                             {replicas: 21, databases: 2, stops: 2, cuts: 300, stalls: 9, halfCloses: 100},
		"kills of a server that was ready":  {replicas: 22, databases: 2, unready: 18, stops: 2, cuts: 300, stalls: 9, halfCloses: 100},
		"kills of the database":             {replicas: 24, stops: 2, cuts: 300, stalls: 9, halfCloses: 100},
		"stops":                             {replicas: 22, databases: 2, cuts: 300, stalls: 9, halfCloses: 100},
		"cut connections":                   {replicas: 22, databases: 2, stops: 2, stalls: 9, halfCloses: 100},
		"stalls":                            {replicas: 22, databases: 2, stops: 2, cuts: 300, halfCloses: 100},
		"half-closed connections":           {replicas: 22, databases: 2, stops: 2, cuts: 300, stalls: 9},
		"orders acknowledged, want 480":     {},
		"placed by a request without":       {},
		"orders refused by the provider":    {},
		"orders refused for lack of money,": {},
	} {
		tried := v
		if f == (faults{}) {
			f, tried = full, verdict{}
		}
		if got := strings.Join(tried.enough(f, 24, true), "\n"); !strings.Contains(got, what) {
			t.Errorf("%s: got %q, want it named", what, got)
		}
	}
}

func TestLine(t *testing.T) {
	var out strings.Builder
	v := judge(sound(), time.Minute)
	v.print(&out, sqlite, faults{replicas: 3, databases: 1, stops: 2, cuts: 4, stalls: 5, halfCloses: 6})
	want := "torture sqlite: passed: 4 kills (3 replica, 1 database), 2 stops, 4 cuts, 5 stalls, 6 half-closes; " +
		"5 acknowledged, 0 lost, 0 doubled, 1 unknown then 1 resolved (1 had been placed); wallets linearizable 2/2 (13 operations)\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	out.Reset()
	for range 30 {
		v.blame("bad")
	}
	v.print(&out, sqlite, faults{})
	if got := out.String(); strings.Count(got, "WRONG: bad\n") != 20 || !strings.Contains(got, "WRONG: and 10 more\n") || !strings.Contains(got, "torture sqlite: FAILED: 0 kills") {
		t.Errorf("got %q, want the first 20 of 30 problems and a failure", got)
	}
}
