package solusvm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// creation is the body of the create. Here the plan is called `plan`; the resize calls it `plan_id`.
type creation struct {
	Name            string    `json:"name"`
	Plan            int64     `json:"plan"`
	Location        int64     `json:"location"`
	OS              int64     `json:"os,omitempty"`
	Application     int64     `json:"application,omitempty"`
	ApplicationData *struct{} `json:"application_data,omitempty"`
	User            int64     `json:"user,omitempty"`
	Password        string    `json:"password"`
	Description     string    `json:"description"`
}

// maxLooks bounds the memory of a panel that is away for long. An order that is forgotten is looked for once more.
const maxLooks = 10_000

// quietBefore is the instant from which no attempt before this one can have a create under way; 0 when there was none.
// Whoever calls with no word on earlier attempts gets the latest that it can be: an attempt has its order's lease before
// it calls, so all earlier ones had begun by now, and send nothing later than that after their beginning.
func (d *Driver) quietBefore(ref berth.Ref) int64 {
	switch {
	case ref.Attempt <= 1:
		return 0
	case ref.Quiet != 0:
		return ref.Quiet
	}
	return d.after(lookTimeout + d.options.SendTimeout)
}

// foundAbsent notes that this attempt may create; mayCreate uses the note up.
func (d *Driver) foundAbsent(ref berth.Ref) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.absent) >= maxLooks {
		clear(d.absent)
	}
	d.absent[ref.Order] = ref.Attempt
}

func (d *Driver) mayCreate(ref berth.Ref) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	attempt, noted := d.absent[ref.Order]
	delete(d.absent, ref.Order)
	return noted && attempt == ref.Attempt || ref.Attempt <= 1
}

// Create sends the create once and follows the machine until it runs, as long as ctx lets it; then it is Waiting. The
// first attempt of an order sends at once, a later one only after its own Find said Absent; without that it looks first.
//
// Refused is the panel's own 403, 404 or 422, or a machine whose creation failed and that was deleted again. 429, 409,
// 423 and a panel that can't be reached made nothing: Waiting. Everything else is Unresolved, 401 too.
func (d *Driver) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	if !d.mayCreate(ref) {
		if out := d.Find(ctx, ref); out.Verdict != berth.Absent {
			return out
		}
		d.mayCreate(ref)
	}
	made, sent, out := d.create(ctx, ref, spec)
	if made.ID == 0 {
		out.Idle = !sent // the next attempt sends again, and waits for nothing
		return out
	}
	if out = d.follow(ctx, made, ref.Order); out.Verdict != berth.Done {
		return out
	}
	if ref.Attempt > 1 {
		// An earlier create may have come through after all, later than anybody could count on. Better a person
		// looks before the customer gets either of the two.
		if all, err := d.marked(ctx, ref.Order); err == nil && len(all) > 1 {
			return double(all)
		}
	}
	return out
}

// create sends the create. sent is false when it certainly didn't reach the panel's books: a repeat is harmless then.
func (d *Driver) create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) (made server, sent bool, out berth.Outcome) {
	ctx, cancel := context.WithTimeout(ctx, d.options.SendTimeout)
	defer cancel()
	body, err := d.creation(ctx, ref, spec)
	if err != nil {
		return made, false, d.unprepared(err)
	}
	if err := ctx.Err(); err != nil {
		return made, false, d.waiting("no time was left to send the create")
	}
	err = d.client.do(ctx, call{method: http.MethodPost, path: "servers", in: body, secret: spec.Password}, &made)
	if err == nil && made.ID > 0 {
		return made, true, out
	}
	if err == nil {
		err = &callError{what: "POST servers", cause: errors.New("a success without an id")}
	}
	out = d.outcome(err)
	return server{}, out.Verdict != berth.Waiting && out.Verdict != berth.Refused, out
}

// creation is the body of the create for an order.
func (d *Driver) creation(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) (creation, error) {
	c := creation{
		Name: hostname(spec.Name, ref.Order), User: d.options.User, Password: spec.Password,
		Description: berth.Mark(d.options.Installation, ref.Order),
	}
	var err error
	if c.Plan, err = d.planID(spec.PlanID); err != nil {
		return c, err
	}
	if spec.Application != 0 {
		c.Application, c.ApplicationData = spec.Application, &struct{}{}
	} else {
		c.OS = d.osID(spec.ImageID)
	}
	c.Location, err = d.locationID(ctx, spec.Location)
	return c, err
}

// unmapped is a value of the catalogue that the panel has nothing for: the operator's to mend, so the order waits.
type unmapped string

func (u unmapped) Error() string {
	return string(u) + "; 'berth provider check' shows what doesn't match"
}

// unprepared is the outcome of a call that wasn't sent.
func (d *Driver) unprepared(err error) berth.Outcome {
	if errors.As(err, new(unmapped)) {
		return berth.Outcome{Verdict: berth.Waiting, Until: d.after(time.Minute), Reason: err}
	}
	out := d.outcome(err)
	if out.Verdict == berth.Refused || out.Verdict == berth.Unresolved && !unauthorized(err) {
		out = berth.Outcome{Verdict: berth.Waiting, Until: d.after(d.options.Poll), Reason: err}
	}
	return out
}

func unauthorized(err error) bool {
	var e *callError
	return errors.As(err, &e) && e.status == http.StatusUnauthorized
}

func (d *Driver) planID(external string) (int64, error) {
	if id, ok := d.options.Plans[external]; ok {
		return id, nil
	}
	id, err := strconv.ParseInt(external, 10, 64)
	if err != nil {
		return 0, unmapped(fmt.Sprintf("the plan %q has no id at the panel", external))
	}
	return id, nil
}

func (d *Driver) osID(image int64) int64 {
	if id, ok := d.options.Images[image]; ok {
		return id
	}
	return image
}

// locationID looks a location up by its name. The panel's list is kept: a location that isn't in it is asked for anew.
func (d *Driver) locationID(ctx context.Context, name string) (int64, error) {
	if id, ok := d.options.Locations[name]; ok {
		return id, nil
	}
	d.mu.Lock()
	id, ok := d.locations[name]
	d.mu.Unlock()
	if ok {
		return id, nil
	}
	found := map[string]int64{}
	var twice bool
	err := pages(ctx, d.client, "locations", nil, func(l named) int64 { return int64(l.ID) }, func(l named) error {
		_, known := found[l.Name]
		twice = twice || known && l.Name == name
		found[l.Name] = int64(l.ID)
		return nil
	})
	switch {
	case err != nil:
		return 0, err
	case twice:
		return 0, unmapped(fmt.Sprintf("the panel has several locations %q", name))
	case found[name] == 0:
		return 0, unmapped(fmt.Sprintf("the panel has no location %q", name))
	}
	d.mu.Lock()
	d.locations = found
	d.mu.Unlock()
	return found[name], nil
}

type named struct {
	ID   number `json:"id"`
	Name string `json:"name"`
}

// hostname is a server's name as the panel takes it.
func hostname(name, order string) string {
	clean := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.':
			return c
		}
		return '-'
	}, name)
	if clean = strings.Trim(clean[:min(len(clean), 63)], "-."); clean != "" {
		return clean
	}
	if order == "" {
		return "server"
	}
	id := strings.ReplaceAll(order, "-", "")
	return "ord-" + id[max(0, len(id)-12):]
}

// Find looks for machines with the order's mark on all pages of the list, and follows the one there is like Create.
// Several are Unresolved: a person decides which of them the order gets.
//
// Absent rests on this: there is an instant from which no earlier attempt is calling, and so none sends a create. Grace
// after that instant whatever was sent shows in the list. Until then Find answers Waiting, which sends nothing.
//
// A process that is stopped between its last look at the clock and the write to its connection is beyond any such
// count, as is a proxy that delivers a request later. What they make is found by the next Create, or as a machine
// that nobody pays for.
func (d *Driver) Find(ctx context.Context, ref berth.Ref) berth.Outcome {
	begun, quiet := d.options.Now(), d.quietBefore(ref)
	all, err := d.marked(ctx, ref.Order)
	ready := quiet + d.options.Grace.Microseconds()
	switch {
	case err != nil:
		return d.lookFailed(err)
	case len(all) > 1:
		return double(all)
	case len(all) == 1:
		return d.follow(ctx, all[0], ref.Order)
	case quiet > 0 && begun < ready:
		return berth.Outcome{Verdict: berth.Waiting, Until: ready, Reason: errors.New("nothing carries the mark of the order yet")}
	case d.options.Now() > begun+lookTimeout.Microseconds():
		return d.waiting("reading the list took too long to count on it")
	}
	d.foundAbsent(ref)
	return berth.Outcome{Verdict: berth.Absent}
}

// lookFailed is the outcome of a call that only read. Nothing it says is a word on the order.
func (d *Driver) lookFailed(err error) berth.Outcome {
	out := d.outcome(err)
	if out.Verdict == berth.Refused {
		out.Verdict = berth.Unresolved
	}
	return out
}

func double(all []server) berth.Outcome {
	ids := make([]string, len(all))
	for i, s := range all {
		ids[i] = s.ID.text()
	}
	return berth.Outcome{Verdict: berth.Unresolved, Reason: fmt.Errorf(
		"%d machines carry the mark of this order (%s): delete all but one in the panel, or adopt one and delete the others", len(all), strings.Join(ids, ", "))}
}

// marked are the servers with an order's mark. The list is read to its end, however early one is found.
func (d *Driver) marked(ctx context.Context, order string) (all []server, err error) {
	query := url.Values{}
	if d.options.User != 0 {
		query.Set("filter[user_id]", strconv.FormatInt(d.options.User, 10))
	}
	mark := berth.Mark(d.options.Installation, order)
	err = d.list(ctx, query, func(s server) error {
		if text, _ := readNote(s.Description); text == mark {
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

// list hands out all servers.
func (d *Driver) list(ctx context.Context, query url.Values, each func(server) error) error {
	return pages(ctx, d.client, "servers", query, func(s server) int64 { return int64(s.ID) }, each)
}

// follow waits until a new server runs.
func (d *Driver) follow(ctx context.Context, s server, order string) berth.Outcome {
	id := s.ID.text()
	for {
		var err error
		if s, err = d.server(ctx, id); err != nil {
			var e *callError
			if errors.As(err, &e) && e.gone() {
				return berth.Outcome{Verdict: berth.Unresolved, Reason: fmt.Errorf("the new server %s is gone: %w", id, err)}
			}
			if unauthorized(err) {
				return d.outcome(err)
			}
			return berth.Outcome{Verdict: berth.Waiting, Until: d.after(d.options.Poll), Reason: fmt.Errorf("the new server %s can't be read: %w", id, err)}
		}
		status := s.Status
		if !s.IsProcessing {
			if status == statusStarted && !s.IsSuspended {
				return done(s)
			}
			if out, settled := d.stuck(ctx, s, order); settled {
				return out
			}
		}
		if d.pause(ctx) != nil {
			return d.waiting("the new server " + id + " is " + status)
		}
	}
}

// stuck judges a new server that neither runs nor is being made. One whose creation failed is deleted: nobody has
// ever had it, and the order must not come to exist after it was refused.
func (d *Driver) stuck(ctx context.Context, s server, order string) (out berth.Outcome, settled bool) {
	t, known, err := d.creationTask(ctx, s)
	if err != nil {
		return berth.Outcome{Verdict: berth.Waiting, Until: d.after(d.options.Poll), Reason: err}, true
	}
	ended, well := t.ended()
	switch {
	case !known || s.IsSuspended:
		return berth.Outcome{Verdict: berth.Unresolved, Reason: fmt.Errorf("the new server %s is %q, and nothing tells why", s.ID.text(), s.Status)}, true
	case ended && well && s.Status == statusStopped:
		return d.waitFor(d.Power(ctx, s.ID.text(), berth.PowerStart)), true
	case !ended || well: // starting, restarting, or a word that isn't known
		return out, false
	}
	now, err := d.server(ctx, s.ID.text())
	if text, _ := readNote(now.Description); err != nil || now.IsProcessing || now.Status == statusStarted || text != berth.Mark(d.options.Installation, order) {
		return d.waiting("the new server " + s.ID.text() + " changed while it was judged"), true
	}
	reason := fmt.Errorf("the panel could not make the server: its task %s: %s", t.Status, t.Output)
	if gone := d.Delete(ctx, s.ID.text()); gone.Verdict != berth.Done {
		return berth.Outcome{Verdict: berth.Waiting, Until: d.after(d.options.Poll), Reason: reason}, true
	}
	return berth.Outcome{Verdict: berth.Refused, Reason: reason}, true
}

// waitFor turns what came of a step on the way into an answer for the whole.
func (d *Driver) waitFor(step berth.Outcome) berth.Outcome {
	if step.Verdict == berth.Done {
		return step
	}
	return berth.Outcome{Verdict: berth.Waiting, Until: max(step.Until, d.after(d.options.Poll)), Reason: step.Reason}
}

// creationTask is the latest task that made a server. A panel that doesn't know the filter would list those of others;
// where it says whose a task is, that is checked.
func (d *Driver) creationTask(ctx context.Context, s server) (latest task, known bool, err error) {
	query := url.Values{"filter[compute_resource_vm_id]": {s.ID.text()}, "filter[action]": {"vm-create"}}
	err = pages(ctx, d.client, "tasks", query, func(t task) int64 { return int64(t.ID) }, func(t task) error {
		if t.Action == "vm-create" && (t.VM == 0 || t.VM == s.ID) && t.ID > latest.ID {
			latest, known = t, true
		}
		return nil
	})
	return latest, known, err
}
