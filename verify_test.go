package berth_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// rows is a database whose audit hands over what a test says.
type rows struct {
	berth.Reader
	feed func(a berth.Auditor)
}

func (r rows) Audit(_ context.Context, a berth.Auditor) error {
	_ = a.Chain("0:")
	r.feed(a)
	return nil
}

// audited is one thing that an audit hands over, and the finding that it makes: what, id and a part of the text; ""
// for none.
type audited struct {
	name  string
	feed  func(berth.Auditor)
	want  string
	since berth.Head
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
		{name: "entries in order", feed: entries(entry("a", 1, 5, 5), entry("a", 2, -5, 0), entry("b", 1, 7, 7))},
		{name: "a gap", feed: entries(entry("a", 1, 5, 5), entry("a", 3, 1, 6)), want: "entry a/3 one is missing"},
		{name: "a wallet that begins in the middle", feed: entries(entry("b", 1, 5, 5), entry("a", 2, 1, 1)), want: "entry a/2 one is missing"},
		{name: "an entry twice", feed: entries(entry("a", 1, 5, 5), entry("a", 1, 0, 5)), want: "entry a/1 follows entry 1"},
		{name: "a balance that doesn't follow", feed: entries(entry("a", 1, 5, 5), entry("a", 2, 1, 7)), want: "entry a/2 says the balance became 0.07, but 0.05 and 0.01 make 0.06"},
		{name: "a first balance from nowhere", feed: entries(entry("a", 1, 5, 6)), want: "entry a/1 says the balance became"},
		{name: "below zero", feed: entries(entry("a", 1, -5, -5)), want: "entry a/1 left the wallet below zero: -0.05"},
		{name: "an entry of nothing", feed: entries(unnamed), want: "entry a/1 neither an order nor a reference"},

		{name: "a wallet", feed: func(a berth.Auditor) { _ = a.Wallet(berth.Wallet{UserID: "a", Balance: 5, Seq: 2}, 2, 5) }},
		{name: "a wrong balance", feed: func(a berth.Auditor) { _ = a.Wallet(berth.Wallet{UserID: "a", Balance: 6, Seq: 2}, 2, 5) }, want: "wallet a holds 0.06, but its entries sum to 0.05"},
		{name: "a wrong count", feed: func(a berth.Auditor) { _ = a.Wallet(berth.Wallet{UserID: "a", Balance: 5, Seq: 3}, 2, 5) }, want: "wallet a counts 3 entries, but has 2"},
		{name: "a stray", feed: func(a berth.Auditor) { _ = a.Stray("service", "s", "order") }, want: "service s belongs to no order"},
		{name: "stock", feed: func(a berth.Auditor) { _ = a.Stock(berth.Stock{Key: "k", Capacity: 5, Used: 3, Counted: 3}) }},
		{name: "stock without a limit", feed: func(a berth.Auditor) { _ = a.Stock(berth.Stock{Key: "k", Capacity: berth.Unlimited, Counted: 3}) }},
		{name: "wrong stock", feed: func(a berth.Auditor) { _ = a.Stock(berth.Stock{Key: "k", Capacity: 5, Used: 2, Counted: 3}) }, want: "stock k counts 2 used, but 3 services"},
	}
}

// referring is what refers to an order whose events are right.
func referring(o berth.Order, n, sum int64, s *berth.Service) berth.Referring {
	r := berth.Referring{Entries: n, Sum: sum, Service: s, Paid: 1, Agreed: true}
	switch o.State {
	case berth.Completed:
		r.Completed = 1
	case berth.Refunded:
		r.Refunded = 1
	}
	return r
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
	theirs, empty, lost := service(""), service(""), service("")
	theirs.UserID, empty.ProviderRef = "b", ""
	lost.Task.Do = berth.TaskStop
	one := func(o berth.Order, n, sum int64, s *berth.Service) func(berth.Auditor) {
		return func(a berth.Auditor) { _ = a.Order(o, referring(o, n, sum, s)) }
	}
	return []audited{
		{name: "paid", feed: one(made(berth.Paid, 5), 1, -5, nil)},
		{name: "completed", feed: one(made(berth.Completed, 5), 1, -5, service(""))},
		{name: "completed, and another order works on it", feed: both(one(made(berth.Completed, 5), 1, -5, service("p")), one(changed(berth.Paid), 1, -5, service("p")))},
		{name: "held by no order", feed: one(made(berth.Completed, 5), 1, -5, service("p")), want: "service o is held by order p, which is none of its own"},
		{name: "refunded", feed: one(made(berth.Refunded, 5), 2, 0, nil)},
		{name: "free", feed: one(made(berth.Paid, 0), 0, 0, nil)},
		{name: "a change on its way", feed: both(one(changed(berth.Paid), 1, -5, service("p")), one(made(berth.Completed, 5), 1, -5, service("p")))},
		{name: "a change that is done", feed: one(changed(berth.Completed), 1, -5, service(""))},
		{name: "not paid", feed: one(made(berth.Paid, 5), 0, 0, nil), want: "order o is paid at 0.05 and must have 1 entries that sum to -0.05; it has 0 that sum to 0.00"},
		{name: "paid twice", feed: one(made(berth.Completed, 5), 2, -10, service("")), want: "order o it has 2 that sum to -0.10"},
		{name: "paid too much", feed: one(made(berth.Completed, 5), 1, -6, service("")), want: "order o it has 1 that sum to -0.06"},
		{name: "refunded without money", feed: one(made(berth.Refunded, 5), 1, -5, nil), want: "order o is refunded at 0.05 and must have 2 entries"},
		{name: "refunded and kept out of the books", feed: one(made(berth.Refunded, 5), 0, 0, nil), want: "order o is refunded at 0.05 and must have 2 entries"},
		{name: "money for a free order", feed: one(made(berth.Completed, 0), 2, 0, service("")), want: "order o must have 0 entries"},
		{name: "completed without its service", feed: one(made(berth.Completed, 5), 1, -5, nil), want: "order o is completed, but its service"},
		{name: "a change of nothing", feed: one(changed(berth.Paid), 1, -5, nil), want: "order p is paid, but its service"},
		{name: "a service before its time", feed: one(made(berth.Paid, 5), 1, -5, service("")), want: "service o exists, but order o, which makes it, is paid"},
		{name: "a service that was refunded", feed: one(made(berth.Refunded, 5), 2, 0, service("")), want: "service o exists, but order o, which makes it, is refunded"},
		{name: "a service of another user", feed: one(made(berth.Completed, 5), 1, -5, theirs), want: "service o belongs to another user"},
		{name: "a change that its service doesn't know", feed: one(changed(berth.Paid), 1, -5, service("")), want: "service o does not know of its open order p"},
		{name: "a service that is held for nothing", feed: one(changed(berth.Completed), 1, -5, service("p")), want: "service o is held by order p, which is completed"},
		{name: "a service without a machine", feed: one(made(berth.Completed, 5), 1, -5, empty), want: "service o has nothing at its provider"},
		{name: "a task that nobody takes up", feed: one(made(berth.Completed, 5), 1, -5, lost), want: "service o has a task (stop) that can't be done"},
	}
}

// both hands over two things.
func both(feeds ...func(berth.Auditor)) func(berth.Auditor) {
	return func(a berth.Auditor) {
		for _, feed := range feeds {
			feed(a)
		}
	}
}

func auditedEvents() []audited {
	told := func(state berth.State, change func(*berth.Referring)) func(berth.Auditor) {
		o := berth.Order{ID: "o", Kind: berth.KindRenew, UserID: "a", State: state, Amount: 5, Terms: berth.Terms{ServiceID: "s"}}
		s := &berth.Service{ID: "s", UserID: "a", Result: berth.Result{ProviderRef: "m"}}
		sum, n := int64(-5), int64(1)
		switch state {
		case berth.Paid:
			s.OpenOrder = "o"
		case berth.Refunded:
			sum, n = 0, 2
		}
		r := referring(o, n, sum, s)
		change(&r)
		return func(a berth.Auditor) { _ = a.Order(o, r) }
	}
	return []audited{
		{name: "events as they should be", feed: told(berth.Completed, func(*berth.Referring) {})},
		{name: "never announced", feed: told(berth.Completed, func(r *berth.Referring) { r.Paid = 0 }), want: "order o 0 times paid"},
		{name: "announced twice", feed: told(berth.Paid, func(r *berth.Referring) { r.Paid = 2 }), want: "order o 2 times paid"},
		{name: "completed in secret", feed: told(berth.Completed, func(r *berth.Referring) { r.Completed = 0 }), want: "order o is completed, but"},
		{name: "paid again", feed: told(berth.Paid, func(r *berth.Referring) { r.Completed = 1 }), want: "order o is paid, but"},
		{name: "refunded in secret", feed: told(berth.Refunded, func(r *berth.Referring) { r.Refunded = 0 }), want: "order o is refunded, but"},
		{name: "both", feed: told(berth.Completed, func(r *berth.Referring) { r.Refunded = 1 }), want: "order o is completed, but"},
		{name: "completed twice", feed: told(berth.Completed, func(r *berth.Referring) { r.Completed = 2 }), want: "order o 2 times completed"},
		{name: "another amount", feed: told(berth.Completed, func(r *berth.Referring) { r.Agreed = false }), want: "order o has another user, amount or kind"},
	}
}

// chained are batches of a chain in order, each with what change makes of it, and the head behind the last.
func chained(n int, change func(b *berth.Batch)) (list []berth.Batch, head berth.Head) {
	for i := range n {
		b := berth.Batch{ID: fmt.Sprint("b", i+1), Digest: fmt.Sprint("d", i+1)}
		head = head.Next(b.ID, b.Digest)
		b.Link = berth.Link(head)
		change(&b)
		list = append(list, b)
	}
	return list, head
}

func auditedChain() []audited {
	empty := berth.NewDigest().Sum()
	batch := func(b berth.Batch, digest string) func(berth.Auditor) {
		return func(a berth.Auditor) { _ = a.Batch(b, digest) }
	}
	_, head := chained(5, func(*berth.Batch) {})
	_, early := chained(2, func(*berth.Batch) {})
	// chain hands over a chain of five with one of them changed, or left out when change makes its id empty.
	chain := func(at string, change func(b *berth.Batch)) func(berth.Auditor) {
		return func(a berth.Auditor) {
			list, head := chained(5, func(b *berth.Batch) {
				if b.ID == at {
					change(b)
				}
			})
			_ = a.Chain(head.String())
			for _, b := range list {
				if b.ID != "" {
					_ = a.Sealed(b)
				}
			}
		}
	}
	same := func(*berth.Batch) {}
	anew := func(a berth.Auditor) { // somebody who changed the second and made the rest of the chain fit
		var head berth.Head
		var list []berth.Batch
		for i := range 5 {
			b := berth.Batch{ID: fmt.Sprint("b", i+1), Digest: fmt.Sprint("d", i+1)}
			if i == 1 {
				b.Digest = "other"
			}
			head = head.Next(b.ID, b.Digest)
			b.Link = berth.Link(head)
			list = append(list, b)
		}
		_ = a.Chain(head.String())
		for _, b := range list {
			_ = a.Sealed(b)
		}
	}
	return []audited{
		{name: "a batch", feed: batch(berth.Batch{ID: "b", Digest: "d"}, "d")},
		{name: "a void batch", feed: batch(berth.Batch{ID: "b", Void: true}, empty)},
		{name: "a batch from before the chain", feed: batch(berth.Batch{ID: "b", Link: berth.Link{Seq: berth.BeforeSeal}}, "any")},
		{name: "another digest", feed: batch(berth.Batch{ID: "b", Digest: "d"}, "e"), want: "batch b has other entries or events"},
		{name: "another digest of a sealed one", feed: batch(berth.Batch{ID: "b", Digest: "d", Link: berth.Link{Seq: 7}}, "e"), want: "batch b has other entries or events"},
		{name: "a void batch with rows", feed: batch(berth.Batch{ID: "b", Void: true}, "e"), want: "batch b never happened"},
		{name: "a void batch in the chain", feed: batch(berth.Batch{ID: "b", Void: true, Link: berth.Link{Seq: 7}}, empty), want: "batch b never happened"},
		{name: "a batch that hides among the old ones", feed: func(a berth.Auditor) {
			_ = a.Batch(berth.Batch{ID: "a", Digest: "d"}, "d")
			_ = a.Batch(berth.Batch{ID: "b", Link: berth.Link{Seq: berth.BeforeSeal}}, "any")
		}, want: "batch b says that it is older"},
		{name: "a chain", feed: chain("", same)},
		{name: "a chain and its head", feed: chain("", same), since: head},
		{name: "a chain and an early head", feed: chain("", same), since: early},
		{name: "a changed digest", feed: chain("b3", func(b *berth.Batch) { b.Digest = "x" }), want: "chain 3 has a hash that does not follow"},
		{name: "a changed id", feed: chain("b3", func(b *berth.Batch) { b.ID = "x" }), want: "chain 3 has a hash that does not follow"},
		{name: "a missing batch at the end", feed: chain("b5", func(b *berth.Batch) { b.ID = "" }), want: "chain 4 does not end where its head says"},
		{name: "a chain made anew", feed: anew},
		{name: "a chain made anew behind a noted head", feed: anew, since: early, want: "chain 2 is not the head that was noted"},
		{name: "a shortened chain", feed: func(a berth.Auditor) {
			list, early := chained(2, same)
			_ = a.Chain(early.String())
			for _, b := range list {
				_ = a.Sealed(b)
			}
		}, since: head, want: "chain 5 was noted as a head, but the chain ends at 2"},
	}
}

// TestHead reads heads as they're printed.
func TestHead(t *testing.T) {
	_, head := chained(3, func(*berth.Batch) {})
	for _, h := range []berth.Head{head, {}} {
		if got, err := berth.ParseHead(h.String()); got != h || err != nil {
			t.Errorf("got %v %v, want %v", got, err, h)
		}
	}
	for _, text := range []string{"", "3", "3:", "0:" + head.Hash, "-1:" + head.Hash, "3:" + head.Hash[2:], "x:" + head.Hash, head.String() + "z", head.String() + "00"} {
		if got, err := berth.ParseHead(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

// TestDigest changes each field that a digest is about, one by one: none may be without effect.
func TestDigest(t *testing.T) {
	e := berth.Entry{UserID: "u", Seq: 1, Amount: 2, Balance: 3, Contra: "c", OrderID: "o", Ref: "r", Note: "n", At: 4}
	v := berth.Event{N: 1, At: 2, Name: "n", UserID: "u", OrderID: "o", ServiceID: "s", Amount: 3, Detail: "d"}
	seen := map[string]string{}
	add := func(what string, c berth.Changes) {
		digest := c.Digest()
		if earlier, ok := seen[digest]; ok {
			t.Errorf("%s has the digest of %s", what, earlier)
		}
		seen[digest] = what
	}
	add("nothing", berth.Changes{})
	add("the entry", berth.Changes{Entries: []berth.Entry{e}})
	add("the event", berth.Changes{Events: []berth.Event{v}})
	add("both", berth.Changes{Entries: []berth.Entry{e}, Events: []berth.Event{v}})
	add("the entry twice", berth.Changes{Entries: []berth.Entry{e, e}})
	for i := range reflect.TypeFor[berth.Entry]().NumField() {
		changed := e
		if name := touch(reflect.ValueOf(&changed).Elem(), i); name != "Batch" {
			add("entry with another "+name, berth.Changes{Entries: []berth.Entry{changed}})
		}
	}
	for i := range reflect.TypeFor[berth.Event]().NumField() {
		changed := v
		if name := touch(reflect.ValueOf(&changed).Elem(), i); name != "Batch" {
			add("event with another "+name, berth.Changes{Events: []berth.Event{changed}})
		}
	}
	moved := e
	moved.Ref, moved.Note = "rn", ""
	add("entry with a letter moved to the field before", berth.Changes{Entries: []berth.Entry{moved}})
	other := e
	other.UserID = "t"
	one, two := berth.Changes{Entries: []berth.Entry{e, other}}, berth.Changes{Entries: []berth.Entry{other, e}}
	if one.Digest() != two.Digest() {
		t.Error("the order in which wallets were touched is part of the digest, and can't be told from the rows")
	}
}

// touch changes field i of a struct of texts and numbers and returns its name.
func touch(v reflect.Value, i int) string {
	switch f := v.Field(i); f.Kind() {
	case reflect.String:
		f.SetString(f.String() + "x")
	case reflect.Int64:
		f.SetInt(f.Int() + 1)
	}
	return v.Type().Field(i).Name
}

// Each fault is found once, under the right name, and what is right isn't.
func TestVerifyFindsEachFault(t *testing.T) {
	for _, tt := range slices.Concat(auditedMoney(), auditedOrders(), auditedClocks(), auditedEvents(), auditedChain()) {
		r, err := berth.Verify(background, rows{feed: tt.feed}, tt.since, nil)
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
	r, err := berth.Verify(background, s.store, berth.Head{}, func(done, total int64) { last = [2]int64{done, total} })
	if err != nil {
		t.Fatal(err)
	}
	want := berth.Report{Wallets: 2, Entries: 5, Orders: 3, Balance: 100_000 - 2*1299, Unsealed: r.Unsealed,
		Settled: map[berth.State]int64{berth.Paid: 1, berth.Completed: 1, berth.Refunded: 1}}
	if fmt.Sprint(r) != fmt.Sprint(want) || last[0] != last[1] {
		t.Errorf("got %+v at %v, want %+v", r, last, want)
	}
	many, err := berth.Verify(background, rows{feed: func(a berth.Auditor) {
		for i := range berth.MaxFindings + 5 {
			_ = a.Stray("entry", fmt.Sprint(i), "order")
		}
	}}, berth.Head{}, nil)
	if err != nil || many.Wrong != berth.MaxFindings+5 || len(many.Findings) != berth.MaxFindings {
		t.Errorf("got %d of %d findings, %v", len(many.Findings), many.Wrong, err)
	}
}
