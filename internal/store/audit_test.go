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
func (l *ledger) Order(o berth.Order, entries, sum int64, s *berth.Service) error {
	service := "no service"
	if s != nil {
		service = fmt.Sprintf("%s %s %v", s.ID, s.Address, s.AutoRenew)
	}
	return l.note("order %s %s: %d make %d, %s", o.ID, o.Number, entries, sum, service)
}
func (l *ledger) Stray(what, id string) error { return l.note("stray %s %s", what, id) }
func (l *ledger) Stock(s berth.Stock) error {
	return l.note("stock %s %d %d", s.Key, s.Used, s.Counted)
}
func (l *ledger) Progress(done, total int64) { l.done, l.total = done, total }

// TestAudit hands over everything once, in order, as of one instant, whatever is written meanwhile.
func TestAudit(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		order := func(id, service string, state berth.State) berth.Order {
			return berth.Order{ID: id, Number: "n" + id, State: state, Terms: berth.Terms{ServiceID: service, StockKey: "plan@x"}}
		}
		write(t, e, &berth.Changes{Batch: "1",
			Wallets: berth.Change[berth.Wallet]{Insert: []berth.Wallet{{UserID: "B", Balance: 70, Seq: 3}, {UserID: "a", Balance: 9}}},
			Entries: []berth.Entry{{UserID: "B", Seq: 1, Amount: 100, Ref: "r"}, {UserID: "B", Seq: 2, Amount: -50, OrderID: "o1"},
				{UserID: "B", Seq: 3, Amount: 20, OrderID: "o1"}, {UserID: "ghost", Seq: 1, Amount: 5, OrderID: "o9"}},
			Orders: berth.Change[berth.Order]{Insert: []berth.Order{order("o1", "o1", berth.Completed), order("o2", "o2", berth.Paid), order("o3", "o1", berth.Completed)}},
			Services: berth.Change[berth.Service]{Insert: []berth.Service{
				{ID: "o1", StockKey: "plan@x", Status: berth.Active, AutoRenew: true, Result: berth.Result{Address: "192.0.2.1"}}, {ID: "o8", StockKey: "plan@x"}}},
			Stock: berth.Change[berth.Stock]{Insert: []berth.Stock{{Key: "plan@x", Used: 2}}},
		})
		meanwhile := &berth.Changes{Batch: "2", Wallets: berth.Change[berth.Wallet]{Update: []berth.Wallet{{UserID: "B", Balance: 1, Seq: 4}}},
			Entries: []berth.Entry{{UserID: "B", Seq: 4, Amount: -69, OrderID: "o4"}},
			Orders:  berth.Change[berth.Order]{Insert: []berth.Order{order("o4", "o4", berth.Paid)}}}
		want := []string{
			`entry B/1 100 of "B" with 70`, `entry B/2 -50 of "B" with 70`, `entry B/3 20 of "B" with 70`, `entry ghost/1 5 of "" with 0`,
			"wallet B 70: 3 make 70", "wallet a 9: 0 make 0",
			"order o1 no1: 2 make -30, o1 192.0.2.1 true", "order o2 no2: 0 make 0, no service", "order o3 no3: 0 make 0, o1 192.0.2.1 true",
			"stray entry ghost/1", "stray service o8",
			"stock plan@x 2 3",
		}
		l := &ledger{during: func() error { return tryWrite(e, meanwhile) }}
		if err := e.Audit(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(l.lines, want) {
			t.Errorf("got  %q\nwant %q", l.lines, want)
		}
		if l.done != l.total || l.done != 9 {
			t.Errorf("progress: got %d of %d, want 9 of 9", l.done, l.total)
		}
		after := &ledger{}
		if err := e.Audit(t.Context(), after); err != nil {
			t.Fatal(err)
		}
		if len(after.lines) != len(want)+2 {
			t.Errorf("the next audit: got %q, want two more lines", after.lines)
		}
		// Whoever has seen enough ends it.
		cut := &ledger{failAt: want[5]}
		if err := e.Audit(t.Context(), cut); err == nil || err.Error() != "enough" || len(cut.lines) != 7 { // one entry came in meanwhile
			t.Errorf("an audit that is ended: got %v after %d lines, want its error after 7", err, len(cut.lines))
		}
	})
}
