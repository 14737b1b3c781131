package berth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Perform does what a leased task asks of the world and returns what the driver said. It writes nothing; the outcome
// belongs into Finish. Only the holder of the lease calls it, outside any transaction.
func (d *Desk) Perform(ctx context.Context, s Service) Outcome {
	driver, ok := d.driver(&s)
	if !ok {
		return Outcome{Verdict: Waiting, Until: d.Now() + unconfigured, Reason: errNoProvider(s)}
	}
	password := ""
	if s.Task.Password != "" {
		var err error
		if password, err = d.Sealer.Open(TaskRow(s.ID), s.Task.Password); err != nil {
			return Outcome{Verdict: Waiting, Until: d.Now() + unconfigured, Reason: err}
		}
	}
	var out Outcome
	switch gone, err := d.another(ctx, driver, s); {
	case err != nil:
		return Outcome{Verdict: Waiting, Until: d.Now() + unconfigured, Reason: err}
	case gone:
		out = Outcome{Verdict: Absent}
	default:
		out = perform(ctx, driver, s, password)
	}
	switch {
	case out.Verdict == Absent && s.Task.Do == TaskDelete:
		out = Outcome{Verdict: Done}
	case out.Verdict == Absent:
		out = Outcome{Verdict: Refused, Reason: errors.New("the provider has no such server")}
	case out.Verdict == Done && !printable(out.Password, 255):
		out = Outcome{Verdict: Unresolved, Reason: unusable("the new password is not at most 255 printable characters")}
	case out.LoginLink != "" && !isLink(out.LoginLink):
		out.LoginLink = "" // the application has one of its own in the catalogue
	}
	return d.overheard(out, TaskRow(s.ID), s.Task.Password)
}

// another reports whether the machine of a service's id is another one's by now, so that its own is gone. A panel that was
// restored from a backup gives its ids a second time, and one customer must never delete, enter or stop what another one
// pays for. The machine's mark tells, and the database whose it is: an operator may have adopted one with an old mark.
func (d *Desk) another(ctx context.Context, driver any, s Service) (bool, error) {
	inspector, able := driver.(Inspector)
	if !able {
		return false, nil
	}
	m, out := inspector.Inspect(ctx, s.ProviderRef)
	if out.Verdict != Done || m.Order == "" || m.Order == s.ID {
		return false, nil // what the provider doesn't tell now, its answer to the task will
	}
	other, ok, err := d.Store.Service(ctx, m.Order)
	if err != nil || ok {
		return ok && other.Status != Terminated && other.Provider == s.Provider && other.ProviderRef == s.ProviderRef, err
	}
	o, ok, err := d.Store.Order(ctx, m.Order)
	return ok && o.State == Paid && o.Provider == s.Provider, err
}

func errNoProvider(s Service) error {
	return fmt.Errorf("provider %q of service %s is not in the settings", s.Provider, s.ID)
}

// perform calls the ability. A driver that has lost it since the task was asked for refuses.
func perform(ctx context.Context, driver any, s Service, password string) Outcome {
	switch s.Task.Do {
	case TaskStart, TaskStop, TaskRestart:
		if a, ok := driver.(Powerer); ok {
			return a.Power(ctx, s.ProviderRef, PowerAction(s.Task.Do))
		}
	case TaskSuspend:
		if a, ok := driver.(Suspender); ok {
			return a.Suspend(ctx, s.ProviderRef)
		}
	case TaskResume:
		if a, ok := driver.(Suspender); ok {
			return a.Resume(ctx, s.ProviderRef)
		}
	case TaskReinstall:
		if a, ok := driver.(Reinstaller); ok {
			return a.Reinstall(ctx, s.ProviderRef, ServerSpec{
				Name: s.Name, PlanID: s.PlanID, Cores: s.Cores, RAM: s.RAM, Disk: s.Disk, ImageID: s.Task.ImageID,
				Application: s.Task.ApplicationID, Location: s.Location, UserID: s.UserID, Password: password,
			})
		}
	case TaskResetPassword:
		if a, ok := driver.(PasswordResetter); ok {
			told, out := a.ResetPassword(ctx, s.ProviderRef, password)
			out.Password = told
			return out
		}
	case TaskRename:
		if a, ok := driver.(Renamer); ok {
			return a.Rename(ctx, s.ProviderRef, s.Task.Name)
		}
	case TaskDelete:
		if a, ok := driver.(Deleter); ok {
			return a.Delete(ctx, s.ProviderRef)
		}
	}
	return Outcome{Verdict: Refused, Reason: fmt.Errorf("provider %q is not able to %s", s.Provider, s.Task.Do)}
}

// Finish records the outcome of an attempt: the change is made, refused, or postponed. An outcome whose attempt is no
// longer the service's changes nothing; the receipt shows the service as it is now.
func (d *Desk) Finish(ctx context.Context, s Service, out Outcome) (TaskReceipt, error) {
	need := Need{Services: []string{s.ID}}
	if out.Verdict == Done && forgetsPassword(s.Task.Do) {
		need.Orders = []string{s.ID}
	}
	if out.Verdict == Done && s.Task.Do == TaskDelete && s.StockKey != "" {
		need.Stock = []string{s.StockKey}
	}
	var receipt TaskReceipt
	err := d.Store.Write(ctx, need, func(b *Book) error {
		now, ok := b.Service(s.ID)
		if !ok {
			return Unknown("server_id", "Unknown server.")
		}
		task := now.Task
		// The holder is a part of the match: once it has finished, the clock may have set the next task.
		mine := now.Attempt == s.Attempt && now.Holder == s.Holder && task.Do != ""
		if mine {
			d.finish(b, &now, out)
			now = putService(b, now)
		}
		receipt = TaskReceipt{Service: now, Verdict: Waiting}
		switch {
		case now.Task.Do != "" && now.Task.First == s.Task.First: // it goes on
		case now.Attempt == s.Attempt: // this attempt ended it, now or in a write whose answer was lost
			receipt.Verdict, receipt.Password = out.Verdict, out.Password
		default:
			receipt.Verdict = Unresolved
		}
		return nil
	})
	if err != nil {
		return TaskReceipt{}, err
	}
	return receipt, nil
}

// forgetsPassword tells whether a task makes the password untrue that the server's order still tells.
func forgetsPassword(do string) bool {
	return do == TaskDelete || do == TaskResetPassword || do == TaskReinstall
}

func (d *Desk) finish(b *Book, s *Service, out Outcome) {
	switch {
	case out.Verdict == Done:
		announceTask(b, EventTaskDone, *s)
		d.record(b, s, out, "")
	case out.Verdict == Refused && s.Task.Do == TaskDelete && s.Doubt:
		// An earlier call may still arrive and delete it: a server that is about to vanish must not count as kept. Whoever
		// makes sure that the machine is gone ends this, too.
		s.postpone(b, b.Now()+slowest, noteRefusedInDoubt)
		return
	case out.Verdict == Refused || out.Verdict == Absent:
		announceTask(b, EventTaskRefused, *s)
		d.refused(b, s)
		return
	case out.Verdict == Waiting:
		s.postpone(b, soonest(b, out), whyWaiting(out))
		return
	default:
		s.Doubt = true
		s.postpone(b, b.Now()+backOff(s.Attempt-s.Task.First+1), noteOf(out))
		return
	}
	s.Task, s.Lease = Task{}, Lease{Attempt: s.Attempt}
	lookNow(b, s)
}

// refused ends a task that the provider certainly refused. What isn't paid counts as suspended all the same, and goes on
// to its deletion; a machine that can't be resumed or deleted stays what it is, and that is tried again.
func (d *Desk) refused(b *Book, s *Service) {
	do := s.Task.Do
	switch {
	case do == TaskSuspend && s.Held == HeldByExpiry && s.ExpiresAt <= b.Now():
		d.record(b, s, Outcome{}, refusedProvider)
	case s.Status != Suspended:
		s.Held = ""
	}
	s.Task, s.Lease = Task{}, Lease{Attempt: s.Attempt}
	lookNow(b, s)
	if s.Status == Suspended && (do == TaskResume || do == TaskDelete) {
		s.DueAt += afterRefusal
	}
}

func (s *Service) postpone(b *Book, until int64, note string) {
	if s.putOff(until, note) {
		announceTask(b, EventTaskPostponed, *s)
	}
}

// record writes down what a done task has made of the service. But is what the provider did not do.
func (d *Desk) record(b *Book, s *Service, out Outcome, but string) {
	t := s.Task
	switch t.Do {
	case TaskStart, TaskRestart:
		s.Stopped = false
	case TaskStop:
		s.Stopped = true
	case TaskSuspend:
		if s.Status != Suspended {
			s.SuspendedAt = b.Now()
			announceLife(b, EventServiceSuspended, *s, s.Held, but)
		}
		s.Status = Suspended
	case TaskResume:
		if s.Status == Suspended {
			announceLife(b, EventServiceResumed, *s, but)
		}
		s.Status, s.Held, s.SuspendedAt, s.Warned = Active, "", 0, 0
	case TaskReinstall:
		s.ImageID, s.ApplicationID, s.LoginLink, s.Stopped = t.ImageID, t.ApplicationID, out.LoginLink, false
	case TaskRename:
		s.Name = t.Name
	case TaskDelete:
		announceLife(b, EventServiceEnded, *s, s.Held, but)
		s.Status, s.Held, s.SuspendedAt, s.Warned = Terminated, "", 0, 0
		occupy(b, s.StockKey, -1)
		vacate(b, *s)
		if but != "" {
			withhold(b, *s)
		}
	}
	if forgetsPassword(t.Do) {
		d.forgetPassword(b, s, t)
	}
}

func announceLife(b *Book, name string, s Service, words ...string) {
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	b.Announce(Event{Name: name, UserID: s.UserID, ServiceID: s.ID, Detail: strings.Join(words, "; ")})
}

// forgetPassword drops the password that the server's order tells. A reinstallation under that same one keeps it.
func (d *Desk) forgetPassword(b *Book, s *Service, t Task) {
	o, ok := b.Order(s.ID)
	if !ok || o.Password == "" {
		return
	}
	if t.Do == TaskReinstall {
		old, err := d.Sealer.Open(passwordRow(o.ID), o.Password)
		now, failed := d.Sealer.Open(TaskRow(s.ID), t.Password)
		if err == nil && failed == nil && old == now {
			return
		}
	}
	o.Password = ""
	b.PutOrder(o)
}

// SetAutoRenew says whether a server or a network service of the user's is extended from the balance when it expires. It
// touches nothing at the provider, so it waits for nobody.
func (d *Desk) SetAutoRenew(ctx context.Context, userID, serverID string, on bool) (Service, error) {
	var set Service
	err := d.Store.Write(ctx, Need{Services: []string{serverID}}, func(b *Book) error {
		s, made := b.Service(serverID)
		network := s.Sort == NetworkService
		if !made { // its order may be at work on it, and says of what sort it will be
			o, _ := b.Order(serverID)
			network = o.Kind == KindNetwork
		}
		var err error
		if network {
			s, err = ownNetwork(b, userID, serverID)
		} else {
			s, err = ownServer(b, &Request{UserID: userID, ServerID: serverID})
		}
		if err != nil {
			return err
		}
		if set = s; s.AutoRenew == on {
			return nil
		}
		s.AutoRenew = on
		b.Announce(Event{Name: EventServiceSet, UserID: s.UserID, ServiceID: s.ID,
			Detail: map[bool]string{true: "auto_renew on", false: "auto_renew off"}[on]})
		lookNow(b, &s)
		set = putService(b, s)
		return nil
	})
	if err != nil {
		return Service{}, err
	}
	return set, nil
}
