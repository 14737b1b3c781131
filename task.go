package berth

import (
	"context"
	"maps"
)

// What is to be done about a service stands on its own row, and there is no job table: a service with a task is work to
// do, as a paid order is. Its lease keeps the same rules.
//
//	none -> asked (Ask leases it to the asking process; the clock (life.go) leaves it to whoever comes first)
//	asked -> asked: Finish(waiting or unresolved) postpones, ClaimServices takes the lease, Attempt + 1
//	asked -> none: Finish(done) records the change, Finish(refused) changes nothing
//
// No task touches money, and every ability of a driver is harmless to repeat, so nothing has to be found out before a
// later attempt. Only a deletion that is refused after an attempt without a certain answer goes on.

// Task is what is to be done about a service. The zero value is nothing.
type Task struct {
	Do            string // TaskStart and so on, "" for nothing
	First         int64  // the attempt that the task began with: Attempt goes on counting over all tasks of a service
	ImageID       int64  // reinstall: 0 when an application is installed
	ApplicationID int64
	Name          string // rename
	Password      string // reinstall and reset_password: root's, sealed under TaskRow
}

// What can be done about a service, by the wire's words where it has some.
const (
	TaskStart         = "start"
	TaskStop          = "stop"
	TaskRestart       = "restart"
	TaskSuspend       = "suspend"
	TaskResume        = "resume"
	TaskReinstall     = "reinstall"
	TaskResetPassword = "reset_password" // #nosec G101 -- a name, not a password
	TaskRename        = "rename"
	TaskDelete        = "delete"
)

// TaskRow is the row name under which a task's password is sealed.
func TaskRow(serviceID string) string { return "services/" + serviceID }

// TaskRequest asks for a change of a server.
type TaskRequest struct {
	UserID   string // its owner, unless an operator asks
	Operator bool   // whoever owns it, and also suspend and resume
	Later    bool   // it isn't leased to this process but left to the first that comes, and nobody knows yet what the driver can
	ServerID string
	Task     // Password in clear, "" to have one made; First is the desk's
}

// TaskReceipt is what came of an attempt.
type TaskReceipt struct {
	Service  Service // as it is now
	Verdict  Verdict // Done or Refused once the task has ended, Waiting while it goes on, Unresolved when another process ended it
	Password string  // root's new one in clear, after a reset
}

// Ask writes a task down, leased to this process. Whoever asks then calls Perform and Finish. Refusals: NotFound for a
// server that isn't the user's, NotSupported when its driver lacks the ability, Busy while anything is under way on it,
// InvalidParameter for what can't be had of it.
func (d *Desk) Ask(ctx context.Context, r TaskRequest) (Service, error) {
	if refusal := checkTask(&r); refusal != nil {
		return Service{}, refusal
	}
	made := r.Password == "" && (r.Do == TaskResetPassword || r.Do == TaskReinstall)
	if made {
		r.Password = d.NewPassword()
	}
	need := Need{Services: []string{r.ServerID}, Catalogue: r.Do == TaskReinstall}
	if r.Do == TaskReinstall && made {
		need.Orders = []string{r.ServerID}
	}
	var asked Service
	err := d.Store.Write(ctx, need, func(b *Book) error {
		s, err := d.askable(b, r)
		if err != nil {
			return err
		}
		s.Task = r.Task
		s.Task.First = s.Attempt + 1
		if r.Password != "" {
			password := r.Password
			if made && r.Do == TaskReinstall { // the customer goes on with the password that is known
				if password, err = d.present(b, s.ID, password); err != nil {
					return err
				}
			}
			s.Task.Password = d.Sealer.Seal(TaskRow(s.ID), password)
		}
		if r.Do == TaskSuspend {
			s.Held = HeldByOperator
		}
		s.Lease = Lease{Attempt: s.Attempt + 1, Holder: d.Replica, DueAt: b.Now() + d.Policy.Lease}
		if r.Later {
			s.Task.First, s.Lease = 0, Lease{Attempt: s.Attempt - 1, DueAt: b.Now()}
		}
		announceTask(b, EventTaskAsked, s)
		asked = putService(b, s)
		return nil
	})
	if err != nil {
		return Service{}, err
	}
	return asked, nil
}

// checkTask judges what can be judged without reading anything.
func checkTask(r *TaskRequest) *Error {
	switch r.Do {
	case TaskStart, TaskStop, TaskRestart, TaskResetPassword, TaskReinstall, TaskRename, TaskDelete:
	case TaskSuspend, TaskResume:
		if !r.Operator {
			return Errorf(Forbidden, "Only the operator suspends and resumes servers.")
		}
	default:
		return Invalid("action", "action must be start, stop, restart or delete.")
	}
	switch {
	case r.ServerID == "":
		return Invalid("server_id", "server_id is required.")
	case r.Do == TaskReinstall && r.ImageID == 0 && r.ApplicationID == 0:
		return Invalid("os_id", "os_id is required, unless application_id is given instead.")
	case r.Do == TaskReinstall && r.ImageID != 0 && r.ApplicationID != 0:
		return Invalid("os_id", "Give os_id or application_id, not both.")
	case r.Do == TaskRename && !fits(r.Name, 100):
		return Invalid("name", "name must be 1 to 100 printable characters.")
	case r.Password != "" && (!printable(r.Password, 128) || len([]rune(r.Password)) < 6):
		return Invalid("password", "password must be 6 to 128 printable characters.")
	}
	return nil
}

// askable is the server that a task may be written on.
func (d *Desk) askable(b *Book, r TaskRequest) (Service, error) {
	if r.Operator {
		s, _ := b.Service(r.ServerID)
		if s.Sort == NetworkService {
			return s, d.askableNetwork(s, r)
		}
		r.UserID = s.UserID
	}
	s, err := ownServer(b, &Request{ServerID: r.ServerID, UserID: r.UserID})
	if err != nil {
		return s, err
	}
	if !r.Later {
		if err := d.ability(s, r.Do); err != nil {
			return s, err
		}
	}
	if s.Status == Suspended {
		switch r.Do {
		case TaskDelete, TaskRename, TaskSuspend, TaskResume:
		default: // or its owner would get it to run again
			return s, Invalid("server_id", "This server is suspended: until that ends it can't %s.", wordOf(r.Do))
		}
	}
	if r.Do == TaskReinstall {
		if err := installable(b, s, r.Task); err != nil {
			return s, err
		}
	}
	return s, idle(s)
}

// askableNetwork judges what an operator asks of a network: it can be suspended, resumed and ended, and nothing else.
func (d *Desk) askableNetwork(s Service, r TaskRequest) error {
	switch {
	case s.Status == Terminated:
		return Unknown("server_id", "This network is terminated.")
	case r.Do != TaskSuspend && r.Do != TaskResume && r.Do != TaskDelete:
		return Errorf(NotSupported, "A network can be suspended, resumed and deleted, and nothing else.")
	}
	if !r.Later {
		if err := d.ability(s, r.Do); err != nil {
			return err
		}
	}
	return idle(s)
}

func wordOf(do string) string {
	switch do {
	case TaskResetPassword:
		return "get a new password"
	case TaskReinstall:
		return "be reinstalled"
	}
	return do
}

// installable refuses an image that the server's plan doesn't offer. A plan that is gone leaves what is there already.
func installable(b *Book, s Service, t Task) error {
	c, ok := b.Catalogue()
	if !ok {
		return nil
	}
	images, applications := []int64{s.ImageID}, []int64{s.ApplicationID}
	if plan, ok := c.Plan(s.PlanID); ok {
		images, applications = plan.Images, plan.Applications
	}
	switch {
	case t.ImageID != 0 && !contains(images, t.ImageID):
		return Unknown("os_id", "Unknown image for this server's plan: os_id %d.", t.ImageID)
	case t.ApplicationID != 0 && !contains(applications, t.ApplicationID):
		return Unknown("application_id", "Unknown application for this server's plan: application_id %d.", t.ApplicationID)
	}
	return nil
}

// present is the password that the server was made with, as long as its order still tells, and otherwise the new one.
func (d *Desk) present(b *Book, serviceID, otherwise string) (string, error) {
	o, ok := b.Order(serviceID)
	if !ok || o.Password == "" {
		return otherwise, nil
	}
	text, err := d.Sealer.Open(passwordRow(o.ID), o.Password)
	if err != nil {
		return "", Errorf(Internal, "An internal error occurred; it has been logged.").Because(err)
	}
	return text, nil
}

// ability refuses a task that the service's driver has no method for.
func (d *Desk) ability(s Service, do string) error {
	driver, ok := d.driver(&s)
	if !ok {
		return TryAgain(errNoProvider(s))
	}
	if !able(driver, do) {
		return notAble()
	}
	return nil
}

// able tells whether a driver, of servers or of networks, has the method for a task.
func able(driver any, do string) (able bool) {
	switch do {
	case TaskStart, TaskStop, TaskRestart:
		_, able = driver.(Powerer)
	case TaskSuspend, TaskResume:
		_, able = driver.(Suspender)
	case TaskReinstall:
		_, able = driver.(Reinstaller)
	case TaskResetPassword:
		_, able = driver.(PasswordResetter)
	case TaskRename:
		_, able = driver.(Renamer)
	case TaskDelete:
		_, able = driver.(Deleter)
	}
	return able
}

func notAble() *Error {
	return Errorf(NotSupported, "The provider of this server can't do that.")
}

// ClaimServices looks at services whose DueAt has come: it moves them on (life.go), and takes the lease of those that
// have a task to be done now, of each provider as many as its gate has room for. Due are those that have to be renewed: they belong into RenewDue. What somebody else took
// meanwhile is left out of both.
func (d *Desk) ClaimServices(ctx context.Context, ids []string) (taken, due []Service, _ error) {
	ids = ids[:min(len(ids), takeAtMost)]
	shut, rooms := d.shut(), d.rooms()
	var tasks, renewals []Service
	err := d.Store.Write(ctx, Need{Services: ids, Catalogue: true}, func(b *Book) error {
		tasks, renewals = tasks[:0], renewals[:0]
		room := maps.Clone(rooms)
		for _, id := range ids {
			s, ok := b.Service(id)
			if !ok || s.DueAt == 0 || !s.due(b) {
				continue
			}
			reconsider(b, &s)
			if s.Task.Do == "" && d.look(b, &s, false) {
				renewals = append(renewals, putService(b, s))
				continue
			}
			if s.Task.Do == "" || s.DueAt > b.Now() {
				if s.DueAt != 0 { // it was looked at: nobody does so again at once
					s.DueAt = max(s.DueAt, b.Now()+Second)
				}
				b.PutService(s)
				continue
			}
			if until, may := admit(s.Provider, b.Now(), shut, rooms, room); !may {
				s.passOver(b, until)
				b.PutService(s)
				continue
			}
			d.take(b, &s.Lease)
			if s.Task.First == 0 { // nobody has tried yet
				s.Task.First = s.Attempt
			}
			announceTask(b, EventTaskTaken, s)
			tasks = append(tasks, putService(b, s))
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return tasks, renewals, nil
}

// passOver postpones a due task without an attempt, because its provider isn't to be called now or has enough to do. All
// services of a slow provider may be due at once: were they taken, they would wait in the places of everybody else's work.
func (s *Service) passOver(b *Book, until int64) {
	until = max(until, b.Now()+stuck)
	if s.Holder != "" { // its call may go on, and what comes of it counts, since nobody else tries
		s.DueAt = until
		return
	}
	s.postpone(b, until, noteNotAsked)
}

// HoldServices renews the leases of tasks that this process is working on, and returns those that are still its own.
func (d *Desk) HoldServices(ctx context.Context, held []Service) (kept []Service, err error) {
	need := func(part []Service) (n Need) {
		for i := range part {
			n.Services = append(n.Services, part[i].ID)
		}
		return n
	}
	return inParts(ctx, d, held, need, func(b *Book, mine Service) (Service, bool) {
		s, ok := b.Service(mine.ID)
		if !ok || s.Task.Do == "" || !d.prolong(b, &s.Lease, mine.Attempt) {
			return s, false
		}
		return putService(b, s), true
	})
}

// putService writes a service and returns it as it was written.
func putService(b *Book, s Service) Service {
	b.PutService(s)
	s.UpdatedAt = b.Now()
	return s
}

func announceTask(b *Book, name string, s Service) {
	b.Announce(Event{Name: name, UserID: s.UserID, ServiceID: s.ID, Detail: s.Task.Do})
}
