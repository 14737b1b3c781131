package berth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// rows is a database whose audit hands over what a test says.
type rows struct {
	berth.Reader
	feed func(a berth.Auditor)
}

func (r rows) Audit(_ context.Context, a berth.Auditor) error { r.feed(a); return nil }

// audited is one thing that an audit hands over, and the finding that it makes: what, id and a part of the text; ""
// for none.
type audited struct {
	name string
	feed func(berth.Auditor)
	want string
}

// entries hands over entries of wallets.
func entries(list ...berth.Entry) func(berth.Auditor) {
	return func(a berth.Auditor) {
		for _, e := range list {
			_ = a.Entry(berth.Wallet{UserID: e.UserID}, e)
		}
	}
}

func entry(user string, seq, amount, balance int64) berth.Entry {
	return berth.Entry{UserID: user, Seq: seq, Amount: amount, Balance: balance, Ref: "r"}
}

func auditedMoney() []audited {
	unnamed := entry("a", 1, 5, 5)
	unnamed.Ref = ""
	return []audited{
		{"entries in order", entries(entry("a", 1, 5, 5), entry("a", 2, -5, 0), entry("b", 1, 7, 7)), ""},
		{"a gap", entries(entry("a", 1, 5, 5), entry("a", 3, 1, 6)), "entry a/3 one is missing"},
		{"a wallet that begins in the middle", entries(entry("b", 1, 5, 5), entry("a", 2, 1, 1)), "entry a/2 one is missing"},
		{"an entry twice", entries(entry("a", 1, 5, 5), entry("a", 1, 0, 5)), "entry a/1 follows entry 1"},
		{"a balance that doesn't follow", entries(entry("a", 1, 5, 5), entry("a", 2, 1, 7)), "entry a/2 says the balance became 0.07, but 0.05 and 0.01 make 0.06"},
		{"a first balance from nowhere", entries(entry("a", 1, 5, 6)), "entry a/1 says the balance became"},
		{"below zero", entries(entry("a", 1, -5, -5)), "entry a/1 left the wallet below zero: -0.05"},
		{"an entry of nothing", entries(unnamed), "entry a/1 neither an order nor a reference"},

		{"a wallet", func(a berth.Auditor) { _ = a.Wallet(berth.Wallet{UserID: "a", Balance: 5, Seq: 2}, 2, 5) }, ""},
		{"a wrong balance", func(a berth.Auditor) { _ = a.Wallet(berth.Wallet{UserID: "a", Balance: 6, Seq: 2}, 2, 5) }, "wallet a holds 0.06, but its entries sum to 0.05"},
		{"a wrong count", func(a berth.Auditor) { _ = a.Wallet(berth.Wallet{UserID: "a", Balance: 5, Seq: 3}, 2, 5) }, "wallet a counts 3 entries, but has 2"},
		{"a stray", func(a berth.Auditor) { _ = a.Stray("service", "s") }, "service s belongs to no order"},
		{"stock", func(a berth.Auditor) { _ = a.Stock(berth.Stock{Key: "k", Capacity: 5, Used: 3, Counted: 3}) }, ""},
		{"stock without a limit", func(a berth.Auditor) { _ = a.Stock(berth.Stock{Key: "k", Capacity: berth.Unlimited, Counted: 3}) }, ""},
		{"wrong stock", func(a berth.Auditor) { _ = a.Stock(berth.Stock{Key: "k", Capacity: 5, Used: 2, Counted: 3}) }, "stock k counts 2 used, but 3 services"},
	}
}

func auditedOrders() []audited {
	made := func(state berth.State, amount int64) berth.Order {
		return berth.Order{ID: "o", Kind: berth.KindNewServer, UserID: "a", State: state, Amount: amount, Terms: berth.Terms{ServiceID: "o"}}
	}
	changed := func(state berth.State) berth.Order {
		o := made(state, 5)
		o.ID, o.Kind = "p", berth.KindScale
		return o
	}
	service := func(open string) *berth.Service {
		return &berth.Service{ID: "o", UserID: "a", OpenOrder: open, Result: berth.Result{ProviderRef: "m"}}
	}
	theirs, empty := service(""), service("")
	theirs.UserID, empty.ProviderRef = "b", ""
	one := func(o berth.Order, n, sum int64, s *berth.Service) func(berth.Auditor) {
		return func(a berth.Auditor) { _ = a.Order(o, n, sum, s) }
	}
	return []audited{
		{"paid", one(made(berth.Paid, 5), 1, -5, nil), ""},
		{"completed", one(made(berth.Completed, 5), 1, -5, service("")), ""},
		{"completed, and another order works on it", one(made(berth.Completed, 5), 1, -5, service("p")), ""},
		{"refunded", one(made(berth.Refunded, 5), 2, 0, nil), ""},
		{"free", one(made(berth.Paid, 0), 0, 0, nil), ""},
		{"a change on its way", one(changed(berth.Paid), 1, -5, service("p")), ""},
		{"a change that is done", one(changed(berth.Completed), 1, -5, service("")), ""},
		{"not paid", one(made(berth.Paid, 5), 0, 0, nil), "order o is paid at 0.05 and must have 1 entries that sum to -0.05; it has 0 that sum to 0.00"},
		{"paid twice", one(made(berth.Completed, 5), 2, -10, service("")), "order o it has 2 that sum to -0.10"},
		{"paid too much", one(made(berth.Completed, 5), 1, -6, service("")), "order o it has 1 that sum to -0.06"},
		{"refunded without money", one(made(berth.Refunded, 5), 1, -5, nil), "order o is refunded at 0.05 and must have 2 entries"},
		{"refunded and kept out of the books", one(made(berth.Refunded, 5), 0, 0, nil), "order o is refunded at 0.05 and must have 2 entries"},
		{"money for a free order", one(made(berth.Completed, 0), 2, 0, service("")), "order o must have 0 entries"},
		{"completed without its service", one(made(berth.Completed, 5), 1, -5, nil), "order o is completed, but its service"},
		{"a change of nothing", one(changed(berth.Paid), 1, -5, nil), "order p is paid, but its service"},
		{"a service before its time", one(made(berth.Paid, 5), 1, -5, service("")), "service o exists, but order o, which makes it, is paid"},
		{"a service that was refunded", one(made(berth.Refunded, 5), 2, 0, service("")), "service o exists, but order o, which makes it, is refunded"},
		{"a service of another user", one(made(berth.Completed, 5), 1, -5, theirs), "service o belongs to another user"},
		{"a change that its service doesn't know", one(changed(berth.Paid), 1, -5, service("")), "service o does not know of its open order p"},
		{"a service that is held for nothing", one(changed(berth.Completed), 1, -5, service("p")), "service o is held by order p, which is completed"},
		{"a service without a machine", one(made(berth.Completed, 5), 1, -5, empty), "service o has nothing at its provider"},
	}
}

// Each fault is found once, under the right name, and what is right isn't.
func TestVerifyFindsEachFault(t *testing.T) {
	for _, tt := range append(auditedMoney(), auditedOrders()...) {
		r, err := berth.Verify(background, rows{feed: tt.feed}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.want == "" {
			if r.Wrong != 0 || len(r.Findings) != 0 {
				t.Errorf("%s: got %+v, want nothing", tt.name, r.Findings)
			}
			continue
		}
		if r.Wrong != 1 || len(r.Findings) != 1 {
			t.Errorf("%s: got %d findings, %+v, want one", tt.name, r.Wrong, r.Findings)
			continue
		}
		f := r.Findings[0]
		what, rest, _ := strings.Cut(tt.want, " ")
		id, text, _ := strings.Cut(rest, " ")
		if f.What != what || f.ID != id || !strings.Contains(f.Text, text) {
			t.Errorf("%s: got %+v, want %s %s: %s", tt.name, f, what, id, text)
		}
	}
}

func TestVerifyReport(t *testing.T) {
	s := newShop(t)
	s.buy(server("5"))
	s.place(server("5"))
	refused := s.place(server("5")).Order
	if _, err := s.Settle(background, refused, berth.Outcome{Verdict: berth.Refused}); err != nil {
		t.Fatal(err)
	}
	var last [2]int64
	r, err := berth.Verify(background, s.store, func(done, total int64) { last = [2]int64{done, total} })
	if err != nil {
		t.Fatal(err)
	}
	want := berth.Report{Wallets: 2, Entries: 5, Orders: 3, Balance: 100_000 - 2*1299,
		Settled: map[berth.State]int64{berth.Paid: 1, berth.Completed: 1, berth.Refunded: 1}}
	if fmt.Sprint(r) != fmt.Sprint(want) || last[0] != last[1] {
		t.Errorf("got %+v at %v, want %+v", r, last, want)
	}
	many, err := berth.Verify(background, rows{feed: func(a berth.Auditor) {
		for i := range berth.MaxFindings + 5 {
			_ = a.Stray("entry", fmt.Sprint(i))
		}
	}}, nil)
	if err != nil || many.Wrong != berth.MaxFindings+5 || len(many.Findings) != berth.MaxFindings {
		t.Errorf("got %d of %d findings, %v", len(many.Findings), many.Wrong, err)
	}
}
