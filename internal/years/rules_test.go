package years

import (
	"slices"

	"github.com/berth-host/berth"
)

// patience is how long a thing may be as it should not be, while everything is up: refusals are tried again for hours.
const patience = 36 * berth.Hour

// watch judges what a write has just done to a service.
func (w *world) watch(c change) {
	s, was := c.after, c.before
	w.note("%s %s %d %d\n", s.ID, s.Status, s.ExpiresAt, w.now())
	if s.ExpiresAt != was.ExpiresAt {
		w.paid[s.ID] = s.UpdatedAt
	}
	if s.Noticed != was.Noticed {
		w.tally("told")
		w.told[s.ID] = s.Noticed
	}
	if was.Status == berth.Suspended && was.Held == berth.HeldByOperator && s.Held != was.Held && s.Status != berth.Terminated && !w.lifted[s.ID] {
		w.object("held", "%s isn't held any more, though no operator has lifted that", s.ID)
	}
	switch {
	case was.Status == berth.Active && s.Status == berth.Suspended && s.Held == berth.HeldByExpiry:
		w.tally("suspended")
		inTime := s.ExpiresAt-w.lifeOf(s).NoticeDays*day-patience > w.undisturbed
		if told := w.told[s.ID]; told != s.ExpiresAt && inTime && s.ExpiresAt <= s.UpdatedAt && s.ExpiresAt-w.paid[s.ID] > 6*day {
			w.object("told", "%s is suspended, but its owner was told of %d and not of %d", s.ID, told, s.ExpiresAt)
		}
	case was.Status == berth.Suspended && s.Status == berth.Active:
		w.tally("resumed")
	case was.Status != berth.Terminated && s.Status == berth.Terminated && was.Status != "":
		w.tally("terminated")
		w.living--
		until := max(was.SuspendedAt, was.ExpiresAt) + w.lifeOf(s).DeleteDays*day
		if !w.deleting[s.ID] && s.UpdatedAt < until {
			w.object("kept", "%s is deleted at %d, but was to be kept until %d", s.ID, s.UpdatedAt, until)
		}
	}
}

func (w *world) lifeOf(s berth.Service) berth.Life {
	c, _ := w.books.Catalogue(background)
	return c.LifeOf(&s)
}

// judge looks at every service that lives: what must not last, must not be so twice in patience.
func (w *world) judge() {
	persists := map[string]int64{}
	lasts := func(rule string, s berth.Service, is bool) {
		if !is || s.OpenOrder != "" {
			return
		}
		key := rule + " " + s.ID
		since, known := w.persists[key]
		if !known || since < w.undisturbed {
			since = w.now()
		}
		persists[key] = since
		if w.now()-since > patience && w.now() >= max(w.away, w.unreachable) {
			w.object(rule, "%s lasts since %d: %+v", s.ID, since, s)
		}
	}
	for _, c := range w.customers {
		wallet, _, _ := w.books.Wallet(background, c.id)
		c.services = slices.DeleteFunc(c.services, func(id string) bool {
			s, ok, _ := w.books.Service(background, id)
			if !ok {
				o, _, _ := w.books.Order(background, id)
				if o.State == berth.Refunded {
					w.living--
				}
				return o.State == berth.Refunded
			}
			life := w.lifeOf(s)
			expired := w.now() > s.ExpiresAt+life.GraceHours*berth.Hour
			lasts("paid", s, s.Status == berth.Active && expired)
			lasts("suspended", s, s.Status == berth.Suspended && s.Held == berth.HeldByExpiry && s.ExpiresAt > w.now())
			lasts("money", s, s.Status == berth.Suspended && s.Held == berth.HeldByExpiry && s.AutoRenew && wallet.Balance >= price(s) && !c.out(w.now()))
			return s.Status == berth.Terminated
		})
	}
	w.persists = persists
}

// price is more than any renewal costs: what the wallet must hold for it to be certain.
func price(s berth.Service) int64 {
	if s.Sort == berth.NetworkService {
		return s.Price
	}
	return s.Price*s.Hours/720 + 1
}

// final judges all orders, the books and the machines, once nothing goes wrong any more.
func (w *world) final() {
	orders, err := w.books.Orders(background, berth.OrderFilter{Limit: 1 << 30})
	if err != nil {
		panic(err)
	}
	slices.Reverse(orders) // by age
	latest, renewals := map[string]berth.Order{}, map[string]int{}
	owners := map[string]*customer{}
	for _, c := range w.customers {
		owners[c.id] = c
	}
	for _, o := range orders {
		if o.State != berth.Completed {
			if o.State == berth.Paid {
				w.object("books", "order %s is still %s", o.ID, o.State)
			}
			continue
		}
		if before, ok := latest[o.ServiceID]; ok && o.Kind == berth.KindRenew && o.Versions != manual {
			w.renewal(before, o)
			if owners[o.UserID].out(o.CreatedAt) {
				w.object("barred", "order %s renews %s at the cost of a user who is suspended", o.ID, o.ServiceID)
			}
			renewals[o.ServiceID]++
			if renewals[o.ServiceID] > len(w.decided[o.ServiceID]) {
				w.object("once", "order %s is the %dth renewal of %s, which was due %d times", o.ID, renewals[o.ServiceID], o.ServiceID, len(w.decided[o.ServiceID]))
			}
		}
		latest[o.ServiceID] = o
	}
	w.judgeMachines(orders)
	r, err := berth.Verify(background, w.books, berth.Head{}, nil)
	if err != nil || r.Wrong > 0 {
		w.object("books", "verify: %v, %d findings: %+v", err, r.Wrong, r.Findings[:min(3, len(r.Findings))])
	}
	w.tallies["orders"] = len(orders)
}

// renewal judges an order of the clock's by the one before it: it continues that one's expiry, which nothing else does,
// and not before its instant.
func (w *world) renewal(before, o berth.Order) {
	w.tally("renewed")
	period := o.Hours * berth.Hour
	if o.Cycle == berth.Monthly {
		period = 28 * day
	} else if o.Cycle == berth.Yearly {
		period = 365 * day
	}
	if o.Hours != before.Hours || o.Cycle != before.Cycle {
		w.object("same", "order %s renews by %d hours what was bought for %d", o.ID, o.Hours, before.Hours)
	}
	if o.CreatedAt < before.ExpiresAt-min(72*berth.Hour, period/2) {
		w.object("early", "order %s of %d renews what expires at %d only", o.ID, o.CreatedAt, before.ExpiresAt)
	}
}

// judgeMachines compares the provider with the books.
func (w *world) judgeMachines(orders []berth.Order) {
	all, err := w.machines.Machines()
	if err != nil {
		panic(err)
	}
	for _, m := range all {
		s, ok, _ := w.books.Service(background, m.Order)
		gone := s.Status == berth.Terminated && s.Provider == "sim"
		switch {
		case !ok:
			w.object("machines", "machine %d of order %s has no service", m.No, m.Order)
		case m.Gone != gone:
			w.object("machines", "machine %d of a service that is %s: gone %v", m.No, s.Status, m.Gone)
		case s.Provider == "sim" && s.Status == berth.Active && m.Suspended:
			w.object("machines", "machine %d of an active service stands still", m.No)
		case s.Provider == "sim" && s.Status == berth.Suspended && !m.Suspended && !w.unwilling[s.ProviderRef]:
			w.object("machines", "machine %d of a suspended service runs", m.No)
		}
	}
	if len(all) == 0 {
		w.object("machines", "there are none, of %d orders", len(orders))
	}
}
