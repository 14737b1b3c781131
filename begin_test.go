package berth_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// What a person completes after weeks is paid from then on, by calendar in the operator's zone; order and service say the
// same, and so does the event.
func TestAPeriodBeginsWhenAPersonCompletesIt(t *testing.T) {
	const layout = "2006-01-02 15:04"
	ljubljana := zone(t, "Europe/Ljubljana")
	for _, c := range []struct {
		ordered, completed, cycle, want string
		next                            string // after another cycle
	}{
		{"2026-01-02 10:00", "2026-02-06 12:00", berth.Monthly, "2026-03-06 12:00", "2026-04-06 12:00"},
		{"2026-01-02 10:00", "2026-01-31 23:30", berth.Monthly, "2026-02-28 23:30", "2026-03-31 23:30"},
		{"2026-01-15 10:00", "2026-03-15 02:30", berth.Monthly, "2026-04-15 02:30", "2026-05-15 02:30"}, // over the change to summer time
		{"2027-12-31 10:00", "2028-02-29 10:00", berth.Yearly, "2029-02-28 10:00", "2030-02-28 10:00"},
		{"2026-01-31 10:00", "2026-01-31 10:00", berth.Monthly, "2026-02-28 10:00", "2026-03-31 10:00"},
	} {
		t.Run(c.completed+" "+c.cycle, func(t *testing.T) {
			p := newPeered(t, 1, func(d *berth.Desk) { d.Policy.Zone = ljubljana })
			at := func(text string) time.Time {
				instant, err := time.ParseInLocation(layout, text, ljubljana)
				if err != nil {
					t.Fatal(err)
				}
				return instant
			}
			local := func(instant int64) string { return time.UnixMicro(instant).In(ljubljana).Format(layout) }
			p.at(at(c.ordered))
			r, err := p.buy("sponsored", c.cycle)
			if err != nil || r.Order.State != berth.Paid {
				t.Fatalf("got %s, %v, want it paid", r.Order.State, err)
			}
			p.at(at(c.completed))
			done, err := p.Resolve(background, r.Order.ID, berth.Resolution{ASN: 210123})
			if err != nil {
				t.Fatal(err)
			}
			s, stored := p.service(r.Order.ID), p.order(r.Order.ID)
			if got := local(s.ExpiresAt); got != c.want || done.Order.ExpiresAt != s.ExpiresAt || stored.ExpiresAt != s.ExpiresAt || stored.BeginsAt == 0 {
				t.Errorf("got a service until %s, an order until %s and %s, begun at %d, want all until %s", got, local(done.Order.ExpiresAt),
					local(stored.ExpiresAt), stored.BeginsAt, c.want)
			}
			p.ticks()
			if s = p.service(s.ID); s.Status != berth.Active || s.Noticed != 0 {
				t.Errorf("it was born %s, told of its end %d", s.Status, s.Noticed)
			}
			if _, err = p.Place(background, &berth.Request{Kind: berth.KindRenew, Sort: berth.NetworkService, UserID: anna, ServerID: s.ID}); err != nil {
				t.Fatal(err)
			}
			if got := local(p.service(s.ID).ExpiresAt); got != c.next {
				t.Errorf("renewed: got %s, want %s", got, c.next)
			}
			p.proved()
			if !slices.ContainsFunc(p.told(s.ID), func(e berth.PlacedEvent) bool {
				return e.Name == berth.EventServiceSet && strings.HasPrefix(e.Detail, "paid from ") && strings.Contains(e.Detail, strings.Replace(c.want, " ", "T", 1))
			}) {
				t.Errorf("no event says until when: %+v", p.told(s.ID))
			}
		})
	}
}

// told are the events of a service.
func (s *shop) told(id string) (list []berth.PlacedEvent) {
	s.Helper()
	s.happened(id) // seals
	events, err := s.store.Events(background, berth.Place{}, 1_000_000)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range events {
		if e.ServiceID == id {
			list = append(list, e)
		}
	}
	return list
}

// An order that is adopted is completed by a person, too; one that completes by itself keeps its dates, however late.
func TestWhoCompletesDecidesWhenItBegins(t *testing.T) {
	s := newShop(t)
	made := s.world.Create(background, berth.Ref{Order: "by hand"}, berth.ServerSpec{Name: "spare"})
	stuck, late := s.stuck(server("5")), s.place(server("5")).Order
	s.pass(40 * 24 * time.Hour)
	if _, err := s.Resolve(background, stuck.ID, berth.Resolution{Adopt: made.ProviderRef}); err != nil {
		t.Fatal(err)
	}
	if v, o := s.service(stuck.ID), s.order(stuck.ID); v.ExpiresAt != o.BeginsAt+720*berth.Hour || v.ExpiresAt != o.ExpiresAt || o.BeginsAt < stuck.CreatedAt+39*24*berth.Hour {
		t.Errorf("adopted: got until %d, its order from %d to %d, want 720 hours from the decision on", v.ExpiresAt, o.BeginsAt, o.ExpiresAt)
	}
	s.settle(late)
	if v, o := s.service(late.ID), s.order(late.ID); v.ExpiresAt != late.CreatedAt+720*berth.Hour || o.BeginsAt != 0 {
		t.Errorf("completed by itself: got until %d, begun at %d, want 720 hours from %d on", v.ExpiresAt, o.BeginsAt, late.CreatedAt)
	}
	s.verified()
}
