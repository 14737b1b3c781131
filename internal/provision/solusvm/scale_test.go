package solusvm_test

import (
	"context"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/solusvm/solusfake"
)

// Every fault, met by each call of a paid plan change: it ends with the new plan, or with the old one and the money back.
func TestEveryFaultOfAPlanChange(t *testing.T) {
	for _, route := range []string{"GET servers/{id}", "PATCH servers/{id}", "POST servers/{id}/resize", "GET tasks/{id}"} {
		for _, fault := range solusfake.Faults() {
			if fault.Kind == "task-failed" && route != "POST servers/{id}/resize" {
				continue // makes no task
			}
			t.Run(route+" "+fault.String(), func(t *testing.T) {
				t.Parallel()
				s := open(t, solusfake.Options{}, impatient)
				bought := s.place()
				before := s.balance()
				s.panel.Fail(route, fault)
				r, err := s.desk.Place(context.Background(), &berth.Request{Kind: berth.KindScale, UserID: anna, KeyOwnerID: anna,
					ServerID: bought.ServiceID, PlanID: "7", Hours: 720})
				if err != nil {
					t.Fatal(err)
				}
				o := s.finish(s.attempt(r.Order), 20)
				service, _, err := s.store.Service(context.Background(), bought.ServiceID)
				if err != nil {
					t.Fatal(err)
				}
				now := s.panel.Servers()[0]
				switch {
				case o.State == berth.Completed && now.Plan == 7 && service.PlanID == "7" && s.balance() == before-o.Amount:
				case o.State == berth.Refunded && now.Plan == 5 && service.PlanID == "5" && s.balance() == before:
				default:
					t.Errorf("got %s (%s), the plan %d at the panel and %s in the books, and %d paid of %d", o.State, o.Note, now.Plan, service.PlanID,
						before-s.balance(), o.Amount)
				}
				// The order of the machine still finds it.
				if out := s.driver.Find(t.Context(), berth.Ref{Order: bought.ID, Attempt: 2}); out.Verdict != berth.Done || out.ProviderRef != bought.ProviderRef {
					t.Errorf("find: got %s %q (%v)", out.Verdict, out.ProviderRef, out.Reason)
				}
			})
		}
	}
}
