package worker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/worker"
)

// slow makes a process look every ten seconds, so that hours pass quickly, and gives it all abilities.
func slow(o *office) func(*worker.Options, *berth.Desk) {
	return func(w *worker.Options, d *berth.Desk) {
		w.Scan = 10 * time.Second
		d.Servers["sim"] = sim.Driver{Provider: o.world}
	}
}

// paidOnce checks that every service's expiry is that of its orders, one an hour.
func (o *office) paidOnce(p *process, ids []string) {
	o.Helper()
	orders, err := p.store.Orders(background, berth.OrderFilter{Kind: berth.KindRenew, Limit: 100_000})
	if err != nil {
		o.Fatal(err)
	}
	renewals := map[string]int64{}
	for _, r := range orders {
		renewals[r.ServiceID]++
	}
	for _, id := range ids {
		s := p.service(id)
		bought := s.CreatedAt + (1+renewals[id])*berth.Hour
		if left := s.ExpiresAt - clock(); s.ExpiresAt != bought || left < berth.Hour/2-berth.Hour/60 || left > 3*berth.Hour/2 {
			o.Errorf("%s: %d renewals, bought until %d, expires at %d, %d s from now", id, renewals[id], bought, s.ExpiresAt, left/berth.Second)
		}
	}
}

// Several processes renew many services, one period after the other, while one of them is stopped and another has no
// database for a while. Then the money ends, and comes back.
func TestRenewals(t *testing.T) {
	inOffice(t, func(o *office) {
		a, b, c := o.process("a", nil, slow(o)).run(), o.process("b", nil, slow(o)).run(), o.process("c", nil, slow(o)).run()
		var ids []string
		for i := range 20 {
			r := server(fmt.Sprint("box-", i))
			r.Hours, r.AutoRenew = 1, true
			got := <-a.ask(background, r)
			if got.err != nil || got.Order.State != berth.Completed {
				t.Fatalf("got %s, %v", got.Order.State, got.err)
			}
			ids = append(ids, got.Order.ServiceID)
		}
		elapse(100 * time.Minute)
		o.paidOnce(a, ids)
		b.away.Store(true)
		c.stop()
		elapse(61 * time.Minute)
		b.away.Store(false)
		elapse(time.Minute)
		o.paidOnce(a, ids)

		w, _, err := a.store.Wallet(background, anna)
		if err != nil {
			t.Fatal(err)
		}
		transfer := func(ref string, amount int64) {
			t.Helper()
			if _, _, err := a.desk.Transfer(background, berth.Transfer{UserID: anna, Amount: amount, Ref: ref}); err != nil {
				t.Fatal(err)
			}
		}
		transfer("away", -w.Balance)
		elapse(3 * time.Hour)
		for i, m := range o.machines() {
			if s := a.service(ids[i]); s.Status != berth.Suspended || !m.Suspended {
				t.Errorf("without money: got a service that is %s, machine %+v", s.Status, m)
			}
		}
		transfer("back", 10_000)
		elapse(time.Minute)
		for i, m := range o.machines() {
			s := a.service(ids[i])
			if left := s.ExpiresAt - clock(); s.Status != berth.Active || m.Suspended || left < berth.Hour*58/60 || left > berth.Hour {
				t.Errorf("with money: got a service that is %s, %d s left, machine %+v", s.Status, left/berth.Second, m)
			}
		}
	})
}
