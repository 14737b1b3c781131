package storetest

import (
	"context"
	"testing"

	"github.com/berth-host/berth"
	keys "github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/store"
)

// suspendedUser: the clock renews nothing for a suspended user, notes what waits, and is woken when the user is let in.
func suspendedUser(t *testing.T, d Database) {
	ctx := context.Background()
	s := open(t, d, store.Options{})
	ring, err := keys.ParseRing(keys.Generate(1))
	must(t, err)
	sealer, err := keys.Unlock(ctx, s, ring)
	must(t, err)
	desk := berth.NewDesk(berth.Desk{Store: s, Networks: map[string]berth.NetworkDriver{"edge": carrier{}}, Sealer: sealer, Policy: berth.DefaultPolicy(),
		Replica: "test", Now: func() int64 { now, err := s.Clock(ctx); must(t, err); return now }, NewPassword: keys.Password})
	_, err = desk.ApplyCatalogue(ctx, berth.Catalogue{Currency: "EUR", Networks: []berth.NetworkProduct{{ID: "line", Name: "Line", Provider: "edge", Monthly: 10, Yearly: berth.NotOffered}}})
	must(t, err)
	fund(t, s, "anna", 30)
	r, err := desk.Place(ctx, &berth.Request{Kind: berth.KindNetwork, UserID: "anna", NetworkID: "line", Cycle: berth.Monthly, AutoRenew: true})
	must(t, err)
	_, err = desk.Settle(ctx, r.Order, desk.Fulfil(ctx, r.Order))
	must(t, err)
	service := func() berth.Service {
		t.Helper()
		v, ok, err := s.Service(ctx, r.Order.ServiceID)
		if must(t, err); !ok {
			t.Fatal("there is no service")
		}
		return v
	}
	renew := func(want int64) {
		t.Helper()
		_, err := desk.RenewDue(ctx, service())
		must(t, err)
		if left, _ := balance(t, s, "anna"); left != want {
			t.Errorf("got %d left, want %d", left, want)
		}
	}
	suspend := func(yes bool) {
		t.Helper()
		_, err := desk.SuspendUser(ctx, "anna", yes)
		must(t, err)
	}
	suspend(true)
	renew(20)
	if v := service(); v.DueAt <= desk.Now() || v.ExpiresAt != r.Order.ExpiresAt {
		t.Errorf("got %+v, want it looked at later", v)
	}
	suspend(false)
	if v := service(); v.DueAt > desk.Now() {
		t.Errorf("got it looked at at %d, want at once: it is %d", v.DueAt, desk.Now())
	}
	renew(10)
	verified(t, s)
}
