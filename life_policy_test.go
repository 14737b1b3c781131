package berth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// The policy is that of the plan, then that of the catalogue; a user's own wish for notices goes before both.
func TestLifePolicies(t *testing.T) {
	s := newShop(t)
	c := goods()
	c.Life = berth.Life{NoticeDays: 1, RenewHours: 2, GraceHours: 5, DeleteDays: berth.Never, RetryHours: 1}
	c.Plans[0].Life = &berth.Life{NoticeDays: 10, DeleteDays: 0, RetryHours: 1}
	s.apply(c)
	of, own := s.buy(server("5")).Order.ServiceID, s.buy(server("3")).Order.ServiceID
	end := opened.Add(720 * hour)
	s.until(end.Add(-9 * day))
	if told := s.service(own).Noticed != 0; !told || s.service(of).Noticed != 0 {
		t.Errorf("nine days before: told of the plan's %v, of the other's %d", told, s.service(of).Noticed)
	}
	s.until(end.Add(4 * hour))
	s.is(of, berth.Active, "in grace")
	s.is(own, berth.Terminated, "no days between")
	s.until(end.Add(5 * hour))
	s.is(of, berth.Suspended, "after grace")
	s.until(end.Add(400 * day))
	s.is(of, berth.Suspended, "after a year")
	s.verified()

	err := s.store.Write(background, berth.Need{Users: []string{anna}}, func(b *berth.Book) error {
		u, _ := b.User(anna)
		u.NoticeDays = 20
		b.PutUser(u)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r := server("5")
	r.Hours = 8760
	wished := s.buy(r).Order.ServiceID
	end = time.UnixMicro(s.service(wished).ExpiresAt)
	s.until(end.Add(-20*day - hour))
	early := s.service(wished).Noticed
	s.until(end.Add(-20 * day))
	if early != 0 || s.service(wished).Noticed == 0 {
		t.Errorf("the user's own wish: told %d before its instant and %d then", early, s.service(wished).Noticed)
	}
}

func TestLifeRefused(t *testing.T) {
	for want, edit := range map[string]func(c *berth.Catalogue){
		"life: notice_days is 61":             func(c *berth.Catalogue) { c.Life.NoticeDays = 61 },
		"life: renew_hours is -1":             func(c *berth.Catalogue) { c.Life.RenewHours = -1 },
		"life: delete_days is -2":             func(c *berth.Catalogue) { c.Life.DeleteDays = -2 },
		`plan "Plan": life: retry_hours is 0`: func(c *berth.Catalogue) { c.Plans[1].Life = &berth.Life{} },
		`network "Transit": life: grace_hours is 9000, but`: func(c *berth.Catalogue) {
			c.Networks[1].Life = &berth.Life{GraceHours: 9000, RetryHours: 1}
		},
	} {
		c := goods()
		c.Life = berth.DefaultLife()
		edit(&c)
		if _, err := berth.NewCatalogue(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	c, err := berth.NewCatalogue(goods())
	if err != nil || c.Life != berth.DefaultLife() {
		t.Errorf("left out: got %+v, %v, want the default", c.Life, err)
	}
}
