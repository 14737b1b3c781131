package berth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// holding is a driver whose suspensions and deletions are scripted.
type holding struct{ *scripted }

func (d holding) Suspend(context.Context, string) berth.Outcome {
	return d.answer("suspend", berth.Ref{})
}
func (d holding) Resume(context.Context, string) berth.Outcome {
	return d.answer("resume", berth.Ref{})
}
func (d holding) Delete(context.Context, string) berth.Outcome {
	return d.answer("delete", berth.Ref{})
}

// heldShop sells machines of such a driver; one is bought for a month.
func heldShop(t *testing.T, answers map[string][]berth.Outcome) (*shop, string) {
	answers["create"] = says(berth.Done)
	s, d := scriptedShop(t, answers)
	s.Servers["sim"] = holding{d}
	return s, s.buy(server("5")).Order.ServiceID
}

// What a provider lacks or refuses holds nothing up: the service goes on here, and the events say so.
func TestLifeWithoutTheProvider(t *testing.T) {
	for _, tt := range []struct {
		name       string
		answers    map[string][]berth.Outcome
		bare       bool
		terminated bool
		want       string // words of the events
	}{
		{"no abilities", map[string][]berth.Outcome{}, true, true, "suspended: expiry; the provider can't|terminated: expiry; the provider can't"},
		{"suspension refused", map[string][]berth.Outcome{"suspend": says(berth.Refused), "delete": says(berth.Done)}, false, true,
			"suspended: expiry; the provider refused|terminated: expiry"},
		{"no such machine", map[string][]berth.Outcome{"suspend": says(berth.Absent), "delete": says(berth.Absent)}, false, true,
			"suspended: expiry; the provider refused|terminated: expiry"},
		{"deletion refused", map[string][]berth.Outcome{"suspend": says(berth.Done), "delete": says(berth.Refused)}, false, false, "suspended: expiry|refused"},
		{"deletion refused once", map[string][]berth.Outcome{"suspend": says(berth.Done), "delete": says(berth.Refused, berth.Done)}, false, true,
			"suspended: expiry|refused|terminated: expiry"},
		{"no answer", map[string][]berth.Outcome{"suspend": says(berth.Unresolved, berth.Waiting, berth.Done), "delete": says(berth.Unresolved, berth.Done)}, false, true,
			"suspended: expiry|terminated: expiry"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, id := heldShop(t, tt.answers)
			if tt.bare {
				s.Servers["sim"] = s.Servers["sim"].(holding).scripted
			}
			s.until(opened.Add(720*hour + 14*day + 3*hour))
			if v := s.service(id); (v.Status == berth.Terminated) != tt.terminated {
				t.Errorf("got %+v", v)
			}
			got := strings.Join(s.happened(id), "|")
			for _, want := range strings.Split(tt.want, "|") {
				if !strings.Contains(got, want) {
					t.Errorf("got events %q, want %q among them", got, want)
				}
			}
			s.verified()
		})
	}
}

// A provider that isn't in the settings keeps the clock waiting: nothing is known of what it can.
func TestLifeOfALostProvider(t *testing.T) {
	s, id := heldShop(t, map[string][]berth.Outcome{"suspend": says(berth.Done)})
	driver := s.Servers["sim"]
	delete(s.Servers, "sim")
	s.until(opened.Add(740 * hour))
	if v := s.service(id); v.Status != berth.Active || v.Task.Do != berth.TaskSuspend {
		t.Errorf("got %+v, want a task that waits", v)
	}
	s.Servers["sim"] = driver
	s.until(opened.Add(741 * hour))
	s.is(id, berth.Suspended, "once it is back")
}

// What is paid while its suspension has no answer yet is resumed, whatever came of that; one that nobody has begun is
// forgotten.
func TestPaidInTheNickOfTime(t *testing.T) {
	for begun, want := range map[string]string{"asked": "suspend resume", "leased": "resume", "set": ""} {
		s, id := heldShop(t, map[string][]berth.Outcome{"suspend": says(berth.Unresolved), "resume": says(berth.Done)})
		d := s.Servers["sim"].(holding)
		s.until(opened.Add(719 * hour))
		if begun == "set" { // by a renewal that wasn't covered
			s.credit(anna, -s.balance(anna))
			if _, err := s.SetAutoRenew(background, anna, id, true); err != nil {
				t.Fatal(err)
			}
		}
		s.at(opened.Add(720*hour + time.Second))
		tasks, renewals, err := s.ClaimServices(background, []string{id})
		if err != nil || len(tasks)+len(renewals) != 1 {
			t.Fatalf("%s: got %d tasks, %d renewals, %v", begun, len(tasks), len(renewals), err)
		}
		switch begun {
		case "asked":
			s.finishes(tasks[0])
		case "set":
			if _, err := s.RenewDue(background, renewals[0]); err != nil || s.service(id).Task.Do != berth.TaskSuspend {
				t.Fatalf("renew: got %v and %+v", err, s.service(id).Task)
			}
			s.credit(anna, 10_000)
		}
		s.place(berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id})
		s.until(opened.Add(721 * hour))
		v := s.is(id, berth.Active, "paid")
		if got := strings.Join(d.asked[1:], " "); v.Held != "" || v.Task.Do != "" || got != want {
			t.Errorf("%s: got %+v after %q, want %q asked", begun, v, got, want)
		}
		s.verified()
	}
}

// While an order works on a service the clock waits, and goes on afterwards by what the order made of it.
func TestLifeWaitsForOrders(t *testing.T) {
	s := newShop(t)
	id := s.buy(server("5")).Order.ServiceID
	s.until(opened.Add(719 * hour))
	o := s.place(berth.Request{Kind: berth.KindScale, UserID: anna, ServerID: id, PlanID: "7", Hours: 1}).Order
	s.until(opened.Add(730 * hour))
	if v := s.is(id, berth.Active, "under way"); v.DueAt <= s.clock.Load() {
		t.Errorf("got %+v, want it looked at later", v)
	}
	s.settle(o)
	s.until(opened.Add(731 * hour))
	s.is(id, berth.Suspended, "moved for an hour that is over")
	s.verified()
}

// Networks have the same clock, by calendar months; what their driver can't is a person's.
func TestLifeOfANetwork(t *testing.T) {
	s := newShop(t)
	s.Networks["sim"] = noAbilities{s.Networks["sim"]}
	r := berth.Request{Kind: berth.KindNetwork, UserID: anna, KeyOwnerID: anna, NetworkID: "net", Cycle: berth.Monthly, AutoRenew: true}
	id := s.buy(r).Order.ServiceID
	second := time.Date(2026, 1, 18, 12, 0, 0, 0, time.UTC)
	s.until(second.Add(-31*day - 25*hour))
	s.until(second.Add(-31*day - 24*hour))
	if v := s.service(id); !about(v.ExpiresAt, second) || s.balance(anna) != 98_000 {
		t.Errorf("got %+v and balance %d, want it renewed until %d", v, s.balance(anna), second.UnixMicro())
	}
	if _, err := s.Place(background, &berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id}); refusal(err) != "not_found server_id" {
		t.Errorf("extended as a server: got %q", refusal(err))
	}
	s.credit(anna, -s.balance(anna))
	s.until(second)
	s.is(id, berth.Suspended, "without money")
	s.until(second.Add(14*day + hour))
	s.is(id, berth.Terminated, "at last")
	got := s.happened(id)
	if last := got[len(got)-1]; last != "terminated: expiry; the provider can't: an operator must" {
		t.Errorf("got events %q", got)
	}
	s.verified()
}

type noAbilities struct{ berth.NetworkDriver }

// What verify knows of the clock.
func TestVerifyKnowsTheClock(t *testing.T) {
	for want, spoil := range map[string]func(v *berth.Service){
		"but its orders paid for it until":      func(v *berth.Service) { v.ExpiresAt += berth.Hour },
		"paid for it until":                     func(v *berth.Service) { v.ExpiresAt -= berth.Hour },
		"the clock will never look at it":       func(v *berth.Service) { v.DueAt = 0 },
		"there is something left to do: a look": func(v *berth.Service) { v.Status = berth.Terminated },
	} {
		s := newShop(t)
		id := s.buy(server("13")).Order.ServiceID
		s.buy(server("13"))
		s.place(berth.Request{Kind: berth.KindRenew, UserID: anna, ServerID: id, Hours: 5})
		s.verified()
		err := s.store.Write(background, berth.Need{Services: []string{id}}, func(b *berth.Book) error {
			v, _ := b.Service(id)
			spoil(&v)
			b.PutService(v)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := berth.Verify(background, s.store, berth.Head{}, nil)
		if err != nil || r.Wrong != 1 || !strings.Contains(r.Findings[0].Text, want) || r.Findings[0].ID != id {
			t.Errorf("%s: got %v and %+v", want, err, r.Findings)
		}
	}
}
