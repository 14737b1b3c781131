package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/berth-host/berth"
)

// ledger writes down what an audit hands over.
type ledger struct {
	lines       []string
	during      func() error // called at the first entry
	failAt      string
	done, total int64
}

func (l *ledger) note(format string, args ...any) error {
	line := fmt.Sprintf(format, args...)
	l.lines = append(l.lines, line)
	if line == l.failAt {
		return errors.New("enough")
	}
	if len(l.lines) == 1 && l.during != nil {
		return l.during()
	}
	return nil
}

func (l *ledger) Entry(w berth.Wallet, e berth.Entry) error {
	return l.note("entry %s/%d %d of %q with %d", e.UserID, e.Seq, e.Amount, w.UserID, w.Balance)
}
func (l *ledger) Wallet(w berth.Wallet, entries, sum int64) error {
	return l.note("wallet %s %d: %d make %d", w.UserID, w.Balance, entries, sum)
}
func (l *ledger) Order(o berth.Order, r berth.Referring) error {
	service := "no service"
	if s := r.Service; s != nil {
		service = fmt.Sprintf("%s %s %v", s.ID, s.Address, s.AutoRenew)
	}
	events := fmt.Sprintf("%d %d %d", r.Paid, r.Completed, r.Refunded)
	if r.Agreed {
		events += " agreed"
	}
	return l.note("order %s %s: %d make %d, %s, %s", o.ID, o.Number, r.Entries, r.Sum, service, events)
}
func (l *ledger) Stray(what, id, lacks string) error {
	return l.note("stray %s %s %s", what, id, lacks)
}
func (l *ledger) Batch(b berth.Batch, digest string) error {
	return l.note("batch %s %d %v %v", b.ID, b.Seq, b.Void, digest == b.Digest)
}
func (l *ledger) Chain(head string) error    { return l.note("chain %s", head) }
func (l *ledger) Sealed(b berth.Batch) error { return l.note("sealed %d %s", b.Seq, b.ID) }
func (l *ledger) Stock(s berth.Stock) error {
	return l.note("stock %s %d %d", s.Key, s.Used, s.Counted)
}
func (l *ledger) Pool(p berth.Pool) error    { return l.note("pool %s %d", p.Name, p.Next) }
func (l *ledger) Item(i berth.Item) error    { return l.note("item %s %s %q", i.ID, i.Value, i.Owner) }
func (l *ledger) Progress(done, total int64) { l.done, l.total = done, total }

// TestAudit hands over everything once, in order, as of one instant, whatever is written meanwhile.
func TestAudit(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		order := func(id, service string, state berth.State) berth.Order {
			return berth.Order{ID: id, Kind: "k", UserID: "B", Number: "n" + id, State: state, Terms: berth.Terms{ServiceID: service, StockKey: "plan@x"}}
		}
		event := func(n int64, name, order string, amount int64) berth.Event {
			return berth.Event{Batch: "1", N: n, Name: "order." + name, UserID: "B", OrderID: order, Amount: amount, Detail: "k"}
		}
		write(t, e, &berth.Changes{Batch: "1",
			Wallets: berth.Change[berth.Wallet]{Insert: []berth.Wallet{{UserID: "B", Balance: 70, Seq: 3}, {UserID: "a", Balance: 9}}},
			Entries: []berth.Entry{{UserID: "B", Seq: 1, Amount: 100, Ref: "r", Batch: "1"}, {UserID: "B", Seq: 2, Amount: -50, OrderID: "o1", Batch: "1"},
				{UserID: "B", Seq: 3, Amount: 20, OrderID: "o1", Batch: "1"}, {UserID: "ghost", Seq: 1, Amount: 5, OrderID: "o9", Batch: "1"}},
			Orders: berth.Change[berth.Order]{Insert: []berth.Order{order("o1", "o1", berth.Completed), order("o2", "o2", berth.Paid), order("o3", "o1", berth.Completed)}},
			Services: berth.Change[berth.Service]{Insert: []berth.Service{
				{ID: "o1", StockKey: "plan@x", Status: berth.Active, AutoRenew: true, Result: berth.Result{Address: "192.0.2.1"}}, {ID: "o8", StockKey: "plan@x"}}},
			Stock: berth.Change[berth.Stock]{Insert: []berth.Stock{{Key: "plan@x", Used: 2}}},
			Events: []berth.Event{event(0, "paid", "o1", 0), event(1, "completed", "o1", 0), event(2, "paid", "o2", 5),
				event(3, "paid", "o3", 0), event(4, "refunded", "o3", 1), event(5, "paid", "o9", 0)},
		})
		write(t, e, &berth.Changes{Sealed: []berth.Batch{{ID: "1", LookAt: 1, Link: berth.Link{Seq: 1, Hash: "h"}}}})
		if _, err := e.resolve(t.Context(), "0", 0); err != nil {
			t.Fatal(err)
		}
		meanwhile := &berth.Changes{Batch: "2", Wallets: berth.Change[berth.Wallet]{Update: []berth.Wallet{{UserID: "B", Balance: 1, Seq: 4}}},
			Entries: []berth.Entry{{UserID: "B", Seq: 4, Amount: -69, OrderID: "o4", Batch: "2"}},
			Orders:  berth.Change[berth.Order]{Insert: []berth.Order{order("o4", "o4", berth.Paid)}},
			Events:  []berth.Event{{Batch: "2", Name: "order.paid", UserID: "B", OrderID: "o4", Detail: "k"}}}
		want := []string{
			`entry B/1 100 of "B" with 70`, `entry B/2 -50 of "B" with 70`, `entry B/3 20 of "B" with 70`, `entry ghost/1 5 of "" with 0`,
			"wallet B 70: 3 make 70", "wallet a 9: 0 make 0",
			"order o1 no1: 2 make -30, o1 192.0.2.1 true, 1 1 0 agreed", "order o2 no2: 0 make 0, no service, 1 0 0",
			"order o3 no3: 0 make 0, o1 192.0.2.1 true, 1 0 1",
			"stray entry ghost/1 order", "stray event 1/5 order", "stray service o8 order",
			"batch 0 0 true false", "batch 1 1 false true", "chain 0:", "sealed 1 1",
			"stock plan@x 2 3",
		}
		l := &ledger{during: func() error { return tryWrite(e, meanwhile) }}
		if err := e.Audit(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(l.lines, want) {
			t.Errorf("got  %q\nwant %q", l.lines, want)
		}
		if l.done != l.total || l.done != 22 {
			t.Errorf("progress: got %d of %d, want 22 of 22", l.done, l.total)
		}
		after := &ledger{}
		if err := e.Audit(t.Context(), after); err != nil {
			t.Fatal(err)
		}
		if len(after.lines) != len(want)+3 {
			t.Errorf("the next audit: got %q, want three more lines", after.lines)
		}
		// Whoever has seen enough ends it.
		cut := &ledger{failAt: want[5]}
		if err := e.Audit(t.Context(), cut); err == nil || err.Error() != "enough" || len(cut.lines) != 7 { // one entry came in meanwhile
			t.Errorf("an audit that is ended: got %v after %d lines, want its error after 7", err, len(cut.lines))
		}
	})
}
