package simulate

import (
	"context"
	"fmt"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/fault"
	"github.com/berth-host/berth/internal/worker"
)

// task is a change of a server that a client asked for, and what it was told.
type task struct {
	berth.TaskRequest
	receipt berth.TaskReceipt
	told    bool // there was an answer, and no refusal
}

// change asks for a change of a server; false when the client has none.
func (c *client) change() bool {
	d := c.dice
	user := users[d.Below(len(users))]
	servers := c.own(user.ID)
	if len(servers) == 0 {
		return false
	}
	t := &task{TaskRequest: berth.TaskRequest{UserID: user.ID, ServerID: servers[d.Below(len(servers))]}}
	t.Do = []string{berth.TaskStart, berth.TaskStop, berth.TaskRestart, berth.TaskStop, berth.TaskDelete}[d.Below(5)]
	if d.OneIn(20) { // somebody else's, where it isn't by chance the same
		t.UserID = users[d.Below(len(users))].ID
	}
	c.tasks = append(c.tasks, t)
	w, died, ok := c.world.replicas[d.Below(len(c.world.replicas))].alive()
	if !ok {
		return true
	}
	said := c.changeAt(w, died, t)
	time.Sleep(1 + d.Under(20*time.Millisecond)) // on the way back
	c.world.tally("task: " + said)
	c.world.note(fmt.Sprintf("c%d", c.index), fmt.Sprintf("%s of %s: %s", t.Do, t.ServerID, said))
	return true
}

func (c *client) changeAt(w *worker.Worker, died chan struct{}, t *task) (said string) {
	ctx, leave := context.WithCancel(context.Background())
	if c.dice.OneIn(6) {
		ctx, leave = context.WithTimeout(context.Background(), 1+c.dice.Under(10*time.Second))
	}
	defer leave()
	type result struct {
		receipt berth.TaskReceipt
		err     error
	}
	got := make(chan result, 1)
	go func() {
		receipt, err := w.Change(ctx, t.TaskRequest)
		got <- result{receipt, err}
	}()
	select {
	case r := <-got:
		if r.err != nil {
			return string(code(r.err))
		}
		t.receipt, t.told = r.receipt, true
		return r.receipt.Verdict.String()
	case <-died:
		return "none"
	}
}

// tasks are the services with a task.
func (w *world) tasks() (list []berth.Service) {
	all, _ := w.books.Services(context.Background(), "", 1<<30)
	for _, s := range all {
		if s.Task.Do != "" {
			list = append(list, s)
		}
	}
	return list
}

// judgeTasks holds what clients were told of their tasks against how the servers are at the end.
func (w *world) judgeTasks() {
	for _, c := range w.clients {
		for _, t := range c.tasks {
			s, ok, _ := w.books.Service(context.Background(), t.ServerID)
			switch {
			case !ok || !t.told:
			case t.receipt.Service.UserID != t.UserID || s.UserID != t.UserID:
				w.object("owner", "user %s had %s done to server %s of %s", t.UserID, t.Do, s.ID, s.UserID)
			case t.Do == berth.TaskDelete && t.receipt.Verdict == berth.Done && s.Status != berth.Terminated:
				w.object("acknowledged", "server %s was told to be deleted and is %s", s.ID, s.Status)
			}
		}
	}
}

// enterTask notes that a process begins a call about a server, and objects when it may not.
func (l *leases) enterTask(p *fault.Process, provider, providerRef string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	steady, honest := time.Since(l.database) > quiet, time.Since(l.clocks) > honestFor
	if row, ok := l.serviceOf(provider, providerRef); honest && (!ok || row.Holder != p.Name) {
		l.world.object("task lease", "%s begins a task of server %s, which %q holds", p.Name, row.ID, row.Holder)
	}
	machine := provider + "/" + providerRef
	for other, n := range l.tasks[machine] {
		if n > 0 && !other.Dead() && steady && honest {
			l.world.object("task lease", "%s begins a task of %s while %s works on it", p.Name, machine, other.Name)
		}
	}
	if l.tasks[machine] == nil {
		l.tasks[machine] = map[*fault.Process]int{}
	}
	l.tasks[machine][p]++
}

func (l *leases) leaveTask(p *fault.Process, provider, providerRef string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tasks[provider+"/"+providerRef][p]--
}

func (l *leases) serviceOf(provider, providerRef string) (berth.Service, bool) {
	all, _ := l.world.books.Services(context.Background(), "", 1<<30)
	for _, s := range all {
		if s.Provider == provider && s.ProviderRef == providerRef && s.Sort == berth.ServerService {
			return s, true
		}
	}
	return berth.Service{}, false
}

func (d leased) watchTask(providerRef string, call func() berth.Outcome) berth.Outcome {
	p, l := d.Process, &d.replica.world.leases
	if p.Dead() {
		return berth.Outcome{} // nobody hears of it
	}
	l.enterTask(p, d.provider, providerRef)
	defer l.leaveTask(p, d.provider, providerRef)
	return call()
}

func (d leased) Power(ctx context.Context, providerRef string, action berth.PowerAction) berth.Outcome {
	return d.watchTask(providerRef, func() berth.Outcome { return d.Driver.Power(ctx, providerRef, action) })
}

func (d leased) Delete(ctx context.Context, providerRef string) berth.Outcome {
	return d.watchTask(providerRef, func() berth.Outcome { return d.Driver.Delete(ctx, providerRef) })
}
