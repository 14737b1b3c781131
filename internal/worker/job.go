package worker

import (
	"context"
	"time"

	"github.com/berth-host/berth"
)

// job is what a lease is for: an order, or the task of a service. Both keep the same rules, which are in worker.go and
// run.go; here is what differs.
type job struct {
	order   *berth.Order   // nil for a task
	service *berth.Service // nil for an order
}

// jobKey names a job among all that this process holds. A service has the id of the order that made it.
type jobKey struct {
	task bool
	id   string
}

// ending is what came of a job: a receipt of its own sort. Receipts are two kilobytes, and go through channels.
type ending struct {
	order *berth.Receipt     // nil for a task
	task  *berth.TaskReceipt // nil for an order
}

// noEnding is what is known of a job whose lease was lost.
func noEnding() ending { return ending{&berth.Receipt{}, &berth.TaskReceipt{}} }

func orderJob(o berth.Order) job  { return job{order: &o} }
func taskJob(s berth.Service) job { return job{service: &s} }

func (j *job) isTask() bool { return j.service != nil }

func (j *job) key() jobKey {
	if j.isTask() {
		return jobKey{true, j.service.ID}
	}
	return jobKey{false, j.order.ID}
}

func (j *job) attempt() int64 {
	if j.isTask() {
		return j.service.Attempt
	}
	return j.order.Attempt
}

// subject is the log's name for the id of a job.
func (j *job) subject() string {
	if j.isTask() {
		return "service"
	}
	return "order"
}

// labels are what logs and metrics know a job by.
func (j *job) labels() (provider, kind string) {
	if j.isTask() {
		return j.service.Provider, j.service.Task.Do
	}
	return j.order.Provider, j.order.Kind
}

// limit is how long the driver's call may take. A reinstallation is followed to its end within one call: few providers can
// tell one that is done from one that was never begun, and a repeat would begin it anew.
func (w *Worker) limit(j job) time.Duration {
	limit := time.Duration(w.desk.Policy.CallTimeout) * time.Microsecond
	if j.isTask() && j.service.Task.Do == berth.TaskReinstall {
		return 10 * limit
	}
	return limit
}

// perform calls the driver.
func (w *Worker) perform(ctx context.Context, j job) berth.Outcome {
	if j.isTask() {
		return w.desk.Perform(ctx, *j.service)
	}
	return w.desk.Fulfil(ctx, *j.order)
}

// record writes an outcome down, and tells whether that was the end of the job.
func (w *Worker) record(j job, out berth.Outcome) (e ending, over bool, err error) {
	if j.isTask() {
		r, err := w.desk.Finish(context.Background(), *j.service, out)
		return ending{task: &r}, r.Verdict != berth.Waiting, err
	}
	r, err := w.desk.Settle(context.Background(), *j.order, out)
	return ending{order: &r}, r.Order.State != berth.Paid, err
}

// ended tells the observer how a job ended.
func (w *Worker) ended(j job, e ending) {
	if j.isTask() {
		w.options.Observe.Changed(j.service.Task.Do, e.task.Verdict.String())
		return
	}
	w.options.Observe.Settled(j.order.Kind, string(e.order.Order.State))
}

// source is one sort of work that lies in the database.
type source struct {
	due   func(ctx context.Context, now int64, limit int) ([]string, error)
	claim func(ctx context.Context, ids []string) (jobs []job, renewals []berth.Service, err error)
	task  bool
}

func (w *Worker) dueOrders() source {
	return source{due: w.desk.Store.Due, claim: func(ctx context.Context, ids []string) ([]job, []berth.Service, error) {
		orders, err := w.desk.Claim(ctx, ids)
		return jobsOf(orders, orderJob), nil, err
	}}
}

func (w *Worker) dueServices() source {
	return source{task: true, due: w.desk.Store.DueServices, claim: func(ctx context.Context, ids []string) ([]job, []berth.Service, error) {
		services, renewals, err := w.desk.ClaimServices(ctx, ids)
		return jobsOf(services, taskJob), renewals, err
	}}
}

func jobsOf[R any](rows []R, of func(R) job) []job {
	jobs := make([]job, len(rows))
	for i, r := range rows {
		jobs[i] = of(r)
	}
	return jobs
}

// keep renews the leases of jobs and returns those that are still this process's.
func (w *Worker) keep(ctx context.Context, jobs []job) (kept []job, err error) {
	var orders []berth.Order
	var services []berth.Service
	for _, j := range jobs {
		if j.isTask() {
			services = append(services, *j.service)
		} else {
			orders = append(orders, *j.order)
		}
	}
	keptOrders, err := w.desk.Hold(ctx, orders)
	keptServices, failed := w.desk.HoldServices(ctx, services)
	if err == nil {
		err = failed
	}
	return append(jobsOf(keptOrders, orderJob), jobsOf(keptServices, taskJob)...), err
}

// Change asks for a change of a server and brings it about, and returns when that has ended or the patience is over,
// whichever comes first: the receipt's verdict is Waiting while it goes on without its request. ctx is the client's
// presence; when the client leaves, the task goes on, too.
func (w *Worker) Change(ctx context.Context, r berth.TaskRequest) (berth.TaskReceipt, error) {
	p := w.placement(w.desk.Policy.Patience, func(p *placement) {
		start := time.Now() // the lease begins later than this
		s, err := w.desk.Ask(context.Background(), r)
		if err != nil {
			p.failed <- err
			return
		}
		p.pursue(w, taskJob(s), ending{task: &berth.TaskReceipt{Service: s, Verdict: berth.Waiting}}, start)
	})
	e, outwaited, err := w.await(ctx, p)
	switch {
	case err != nil:
		return berth.TaskReceipt{}, err
	case outwaited:
		return w.latestTask(*e.task), nil
	}
	return *e.task, nil
}

// latestTask is how a task stands now: another process may have ended it.
func (w *Worker) latestTask(r berth.TaskReceipt) berth.TaskReceipt {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if now, ok, err := w.desk.Store.Service(ctx, r.Service.ID); err == nil && ok {
		if now.Task.First != r.Service.Task.First {
			r.Verdict = berth.Unresolved
		}
		r.Service = now
	}
	return r
}
