package berth

// The one clock of every kind of service. Nothing here knows servers from networks, except what asks their drivers.
//
//	          notice_days before the expiry       expiry + grace_hours        suspension + delete_days
//	active ---------------------------------> told -------------------> suspended ----------------> terminated
//	  ^  told is the field Noticed: the status    (task suspend)            |        (task delete)
//	  |  stays active                                                       |
//	  +---------------------------------------------------------------------+
//	        paid for again, unless an operator holds it (task resume)
//
// A day before its deletion its owner is told that, too: the field Warned.
//
// DueAt is the next instant at which anything happens to a service; a worker then has look decide what, under the lock
// of the row. Everybody else only says when to look: early is harmless, and costs a write.

const (
	minute = 60 * Second
	day    = 24 * Hour
	// Until a task that the provider certainly refused is tried again.
	afterRefusal = Hour
	lastNotice   = day // from the word that a server will be deleted to its deletion
)

// advance says when to look at a service that was just paid for: whoever has changed its expiry calls it before the
// service is written. It needs nothing but the service, since a settle on the hot path loads no catalogue.
//
// Nothing happens in the first half of what is paid, so that nobody who buys an hour is told at once that it ends: no
// notice before the half of the time that is left, no renewal before the half of the period.
func advance(b *Book, s *Service) {
	if s.Task.Do != "" || s.Status != Active {
		lookNow(b, s)
		return
	}
	half := min(b.Now()+(s.ExpiresAt-b.Now())/2, s.ExpiresAt-s.period()/2)
	s.DueAt = max(b.Now(), half)
}

// lookNow has the clock look at a service at once, after anything but a payment. While a task is under way DueAt is that
// task's lease, and nothing is decided until it has ended: Finish comes back here.
func lookNow(b *Book, s *Service) {
	switch {
	case s.Status == Terminated:
		s.DueAt = 0
	case s.Task.Do == "":
		s.DueAt = b.Now()
	}
}

// period is how long the last purchase lasts, at least.
func (s *Service) period() int64 {
	switch {
	case s.Sort == ServerService:
		return s.Hours * Hour
	case s.Cycle == Yearly:
		return 365 * day
	}
	return 28 * day
}

// renewing tells whether the clock renews a service at all. What an operator holds isn't renewed: its owner would pay
// for nothing.
func renewing(s *Service) bool {
	return s.AutoRenew && s.Status != Terminated && s.Held != HeldByOperator
}

// look moves a service on: it sets the next task, or DueAt. It tells whether a renewal has to be placed first, which is
// an order of its own (RenewDue) and no matter of this row alone. Tried says that it wasn't placed for want of money.
func (d *Desk) look(b *Book, s *Service, tried bool) (renew bool) {
	c, ok := b.Catalogue()
	switch {
	case !ok:
		return false // once more, with the catalogue
	case s.Status == Terminated:
		s.DueAt = 0
		return false
	case s.OpenOrder != "": // it knows better what the service will be
		s.DueAt = b.Now() + minute
		return false
	}
	now, life := b.Now(), c.LifeOf(s)
	ends := s.ExpiresAt + life.GraceHours*Hour
	next := Forever
	happens := func(at int64) bool { // or will
		if at > now {
			next = min(next, at)
		}
		return at <= now
	}
	if s.ExpiresAt > now {
		if s.Status == Suspended && s.Held == HeldByExpiry {
			return d.bring(b, s, TaskResume, tried)
		}
		if at, told := noticeOf(b, s, life); told && happens(at) {
			s.Noticed = s.ExpiresAt
			_, amount := c.extension(s, s.Hours)
			b.Announce(Event{Name: EventServiceNotice, UserID: s.UserID, ServiceID: s.ID, Amount: amount, Detail: s.Product})
		}
	}
	if renewing(s) && happens(s.ExpiresAt-min(life.RenewHours*Hour, s.period()/2)) {
		if !tried {
			s.DueAt = now + minute // should the process that places it die
			return true
		}
		happens(now + life.RetryHours*Hour)
	}
	switch {
	case s.Status == Active && happens(ends):
		s.Held = HeldByExpiry
		return d.bring(b, s, TaskSuspend, tried)
	case s.Status == Suspended && life.DeleteDays != Never && happens(deletion(b, c, s, max(s.SuspendedAt, ends), life.DeleteDays*day)):
		return d.bring(b, s, TaskDelete, tried)
	case s.Status == Suspended:
		happens(s.ExpiresAt)
	}
	if next == Forever { // kept until somebody does something, which comes by here again
		next = now + 30*day
	}
	s.DueAt = next
	return false
}

// deletion is the next instant on the way to the deletion of a suspended service: that of its last notice, then that of
// the deletion itself. Nothing goes without that notice, however near something else has brought the instant at once:
// another policy, a plan that left the catalogue, weeks without a running server in which nobody could pay, a clock that
// jumped, a restored copy that doesn't know the last payments.
func deletion(b *Book, c *Catalogue, s *Service, from, delay int64) (at int64) {
	at = from + delay
	ahead := min(delay, lastNotice)
	switch {
	case at-ahead > b.Now():
		s.Warned = 0 // it was put off, or paid for while an operator holds it
		return at - ahead
	case s.Warned == 0:
		s.Warned = b.Now()
		_, amount := c.extension(s, s.Hours)
		b.Announce(Event{Name: EventServiceLastNotice, UserID: s.UserID, ServiceID: s.ID, Amount: amount, Detail: s.Product})
	}
	return max(at, s.Warned+ahead-min(ahead, Hour)) // an hour less: a notice that was late by moments puts nothing off
}

// reconsider turns a suspension that hasn't come about yet into its contrary when the service was paid meanwhile: an
// attempt may have been made, and whatever it did, a resumption mends it.
func reconsider(b *Book, s *Service) {
	switch {
	case s.Task.Do != TaskSuspend || s.Held != HeldByExpiry || s.ExpiresAt <= b.Now():
	case s.Task.First == 0: // nobody has tried
		s.Task, s.Held = Task{}, ""
	default:
		s.Task.Do = TaskResume
	}
}

// noticeOf is when to tell the owner of a service that it expires, unless that was done. The user's own wish counts
// before the policy. Nobody is told in the first half of all the time that was ever paid.
func noticeOf(b *Book, s *Service, life Life) (at int64, tell bool) {
	if s.Noticed == s.ExpiresAt {
		return 0, false
	}
	days := life.NoticeDays
	if u, ok := b.User(s.UserID); ok && u.NoticeDays > 0 {
		days = min(u.NoticeDays, MaxNoticeDays)
	}
	return s.ExpiresAt - min(days*day, (s.ExpiresAt-s.CreatedAt)/2), days > 0
}

// bring has a task done by whoever takes it first. Where the driver has no such ability it counts as done here, and an
// operator hears of it.
func (d *Desk) bring(b *Book, s *Service, do string, tried bool) (renew bool) {
	s.Task, s.DueAt = Task{Do: do}, b.Now()
	if !d.lacks(s, do) {
		return false
	}
	d.record(b, s, Outcome{}, notAtProvider)
	s.Task = Task{}
	return d.look(b, s, tried) // the next stage may be due as well
}

// What the detail of an event says when the provider did not do it.
const (
	notAtProvider   = "the provider can't: an operator must"
	refusedProvider = "the provider refused: an operator must"
)

// lacks tells whether the driver of a service certainly has no such ability. Of a provider that isn't in the settings
// nothing is known; the task then waits for it.
func (d *Desk) lacks(s *Service, do string) bool {
	driver, ok := d.driver(s)
	return ok && !able(driver, do)
}

// driver is the one of a service, of whichever sort.
func (d *Desk) driver(s *Service) (driver any, ok bool) {
	if s.Sort == NetworkService {
		driver, ok = d.Networks[s.Provider]
		return driver, ok
	}
	driver, ok = d.Servers[s.Provider]
	return driver, ok
}
