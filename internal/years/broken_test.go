package years

import (
	"slices"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// Switch breaks the code on purpose, each in one place.
type Switch string

// The switches.
const (
	Sound         Switch = ""
	NothingIsDue  Switch = "nothing is due" // no service is ever looked at
	RenewsTwice   Switch = "renews twice"   // a renewal is placed again by other means than the clock's
	RenewsUnasked Switch = "renews unasked" // a renewal is placed though nobody found it due
	OtherHours    Switch = "other hours"    // a service forgets for how long it was bought
	NeverResumes  Switch = "never resumes"  // what was paid again stays suspended
	IgnoresMoney  Switch = "ignores money"  // a credit wakes nothing
	RenewsBarred  Switch = "renews barred"  // suspended users pay
	LetsWait      Switch = "lets wait"      // letting a user in wakes nothing
	TellsNobody   Switch = "tells nobody"   // notices aren't written down
	DeletesEarly  Switch = "deletes early"  // a suspension is a deletion
	PaymentLifts  Switch = "payment lifts"  // a payment ends an operator's hold
	GivesAnHour   Switch = "gives an hour"  // a renewal is an hour longer than what was paid
	KeepsMachines Switch = "keeps machines" // a deletion deletes nothing
)

// decide wraps the decide of a write.
func (s Switch) decide(need berth.Need, decide func(*berth.Book) error) func(*berth.Book) error {
	if s == Sound {
		return decide
	}
	return func(b *berth.Book) error {
		if s == IgnoresMoney && len(need.Wallets) > 0 && len(need.Services) == 0 || s == LetsWait && len(need.Users) > 0 && len(need.Services) == 0 {
			for _, name := range need.Meta {
				if text, _ := b.Meta(name); strings.HasPrefix(name, "waits/") && text != "" {
					b.PutMeta(name, "")
				}
			}
		}
		before := seen(b, need)
		if err := decide(b); err != nil {
			return err
		}
		for _, c := range changed(b, need, before) {
			if spoiled := s.spoil(b, c); spoiled != c.after {
				b.PutService(spoiled)
			}
		}
		return nil
	}
}

// spoil changes what a decide did to a service.
func (s Switch) spoil(b *berth.Book, c change) berth.Service {
	now, was := c.after, c.before
	paid := was.ID != "" && now.ExpiresAt > was.ExpiresAt
	switch {
	case s == OtherHours && paid && now.Hours > 168:
		now.Hours = 168
	case s == NeverResumes && now.Status == berth.Suspended && now.Held == berth.HeldByExpiry && now.Task.Do == berth.TaskResume:
		now.Task, now.Lease = berth.Task{}, berth.Lease{Attempt: was.Attempt, DueAt: b.Now() + 30*day}
	case s == TellsNobody && now.Noticed != was.Noticed:
		now.Noticed = was.Noticed
	case s == DeletesEarly && was.Status == berth.Active && now.Status == berth.Suspended && now.Held == berth.HeldByExpiry:
		now.Task, now.DueAt = berth.Task{Do: berth.TaskDelete}, b.Now()
	case s == PaymentLifts && paid && now.Status == berth.Suspended && now.Held == berth.HeldByOperator:
		now.Held = berth.HeldByExpiry
	case s == GivesAnHour && paid:
		now.ExpiresAt += berth.Hour
	}
	return now
}

// renew follows the renewal of a service.
func (s Switch) renew(r *replica, was berth.Service) {
	if s != RenewsTwice && s != RenewsUnasked || !r.world.dice.OneIn(5) {
		return
	}
	now, _, _ := r.world.books.Service(background, was.ID)
	if s == RenewsUnasked {
		_, _ = r.desk.RenewDue(background, now)
		return
	}
	_, _ = r.desk.Place(background, &berth.Request{Kind: berth.KindRenew, UserID: now.UserID, ServerID: now.ID, Hours: now.Hours})
}

// mostSeeds is how many seeds a broken rule may take to show.
const mostSeeds = 80

// TestBroken breaks the code on purpose, one switch at a time: the rule that is there for it must be broken.
func TestBroken(t *testing.T) {
	for _, c := range []struct {
		rule   string
		broken Switch
	}{
		{"paid", NothingIsDue},
		{"once", RenewsTwice},
		{"early", RenewsUnasked},
		{"same", OtherHours},
		{"suspended", NeverResumes},
		{"money", IgnoresMoney},
		{"barred", RenewsBarred},
		{"money", LetsWait},
		{"told", TellsNobody},
		{"kept", DeletesEarly},
		{"held", PaymentLifts},
		{"books", GivesAnHour},
		{"machines", KeepsMachines},
	} {
		t.Run(c.rule+"/"+string(c.broken), func(t *testing.T) {
			for seed := range uint64(mostSeeds) {
				w := play(t, seed+1, c.broken, size{services: 90, days: 500})
				if slices.ContainsFunc(w.objections, func(o string) bool { return strings.HasPrefix(o, c.rule+": ") }) {
					t.Logf("seed %d", seed+1)
					return
				}
			}
			t.Errorf("none of %d seeds broke the rule", mostSeeds)
		})
	}
}
