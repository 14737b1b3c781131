package solusvm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// change is a call that changes a server: what makes it needless, how it's sent, and what a failed task means.
type change struct {
	already func(s server) bool // nil when a repeat repeats
	method  string
	path    string // behind servers/ID
	in      any
	secret  string
	failed  berth.Verdict // of a task that failed and left the server as it was
}

// change brings a server into another state: nothing when it's there already, Waiting while the panel is at work on
// it, and otherwise one call whose task is followed.
func (d *Driver) change(ctx context.Context, providerRef string, c change) berth.Outcome {
	id, ok := serverID(providerRef)
	if !ok {
		return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("that is no server's id at this panel")}
	}
	s, err := d.server(ctx, id)
	switch {
	case err != nil:
		return d.outcome(err)
	case s.IsProcessing:
		return d.waiting("the panel is at work on the server " + id)
	case c.already != nil && c.already(s):
		return done(s)
	}
	return d.carryOut(ctx, id, c)
}

func (d *Driver) carryOut(ctx context.Context, id string, c change) berth.Outcome {
	var t task
	if err := d.client.do(ctx, call{method: c.method, path: "servers/" + id + c.path, in: c.in, secret: c.secret}, &t); err != nil {
		return d.busyOr(ctx, id, err)
	}
	if t.ID == 0 {
		return berth.Outcome{Verdict: berth.Unresolved, Reason: errors.New("the panel accepted the call without naming its task")}
	}
	t, out, ended := d.followTask(ctx, t)
	if !ended {
		return out
	}
	s, err := d.server(ctx, id)
	if err != nil {
		return d.lookFailed(err)
	}
	_, well := t.ended()
	if well && (c.already == nil || c.already(s)) || c.already != nil && c.already(s) {
		return done(s)
	}
	if well {
		return d.waiting("the task is done, and the server " + id + " doesn't show it yet")
	}
	return berth.Outcome{Verdict: c.failed, Reason: fmt.Errorf("the panel's task %s: %s", t.Status, t.Output)}
}

// busyOr tells invalid from busy where panels use one status for both: while the server is being worked on, nothing
// was refused for good.
func (d *Driver) busyOr(ctx context.Context, id string, err error) berth.Outcome {
	out := d.outcome(err)
	var e *callError
	if errors.As(err, &e) && e.status == http.StatusUnprocessableEntity {
		s, err := d.server(ctx, id)
		if err != nil {
			return d.lookFailed(err)
		}
		if s.IsProcessing {
			return d.waiting("the panel is at work on the server " + id)
		}
	}
	return out
}

// followTask waits for a task's end. When it can't, the outcome says why.
func (d *Driver) followTask(ctx context.Context, t task) (task, berth.Outcome, bool) {
	for {
		if ended, _ := t.ended(); ended {
			return t, berth.Outcome{}, true
		}
		if d.pause(ctx) != nil {
			return t, d.waiting("the panel's task is " + t.Status), false
		}
		id := t.ID
		if err := d.get(ctx, "tasks/"+id.text(), &t); err != nil {
			return t, berth.Outcome{Verdict: berth.Waiting, Until: d.after(d.options.Poll), Reason: err}, false
		}
		if t.ID != id {
			return t, d.waiting("the panel's answer is about another task"), false
		}
	}
}

// Delete deletes a server, unless it carries the mark of another installation.
func (d *Driver) Delete(ctx context.Context, providerRef string) berth.Outcome {
	id, ok := serverID(providerRef)
	if !ok {
		return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("that is no server's id at this panel")}
	}
	s, err := d.server(ctx, id)
	switch {
	case isGone(err):
		return berth.Outcome{Verdict: berth.Done}
	case err != nil:
		return d.outcome(err)
	case s.IsProcessing:
		return d.waiting("the panel is at work on the server " + id)
	}
	text, _ := readNote(s.Description)
	if owner, _, marked := berth.ReadMark(text); marked && owner != d.options.Installation {
		return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("the server carries the mark of another installation")}
	}
	var t task
	if err := d.client.do(ctx, call{method: http.MethodDelete, path: "servers/" + id}, &t); isGone(err) {
		return berth.Outcome{Verdict: berth.Done}
	} else if err != nil {
		return d.busyOr(ctx, id, err)
	}
	if t.ID != 0 {
		ended, out, ok := d.followTask(ctx, t)
		if !ok {
			return out
		}
		if _, well := ended.ended(); !well {
			return berth.Outcome{Verdict: berth.Unresolved, Reason: fmt.Errorf("the panel's task %s: %s", ended.Status, ended.Output)}
		}
	}
	if _, err = d.server(ctx, id); isGone(err) {
		return berth.Outcome{Verdict: berth.Done}
	}
	return d.waiting("the server " + id + " is not gone yet")
}

func isGone(err error) bool {
	var e *callError
	return errors.As(err, &e) && e.gone()
}

// Power starts, stops or restarts a server.
func (d *Driver) Power(ctx context.Context, providerRef string, action berth.PowerAction) berth.Outcome {
	c := change{method: http.MethodPost, path: "/" + string(action), in: struct{}{}, failed: berth.Refused}
	switch action {
	case berth.PowerStart:
		c.already = func(s server) bool { return s.Status == statusStarted }
	case berth.PowerStop:
		c.already = func(s server) bool { return s.Status == statusStopped }
	case berth.PowerRestart:
	default:
		return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("there is no such power action")}
	}
	return d.change(ctx, providerRef, c)
}

// Suspend keeps a server from running.
func (d *Driver) Suspend(ctx context.Context, providerRef string) berth.Outcome {
	return d.change(ctx, providerRef, change{method: http.MethodPost, path: "/suspend", in: struct{}{}, failed: berth.Refused,
		already: func(s server) bool { return s.IsSuspended }})
}

// Resume ends a suspension.
func (d *Driver) Resume(ctx context.Context, providerRef string) berth.Outcome {
	return d.change(ctx, providerRef, change{method: http.MethodPost, path: "/resume", in: struct{}{}, failed: berth.Refused,
		already: func(s server) bool { return !s.IsSuspended }})
}

// Reinstall installs an image anew. A repeat installs it again.
func (d *Driver) Reinstall(ctx context.Context, providerRef string, spec berth.ServerSpec) berth.Outcome {
	var in struct {
		OS              int64     `json:"os,omitempty"`
		Application     int64     `json:"application,omitempty"`
		ApplicationData *struct{} `json:"application_data,omitempty"`
		Password        string    `json:"password,omitempty"`
	}
	in.Password = spec.Password
	if spec.Application != 0 {
		in.Application, in.ApplicationData = spec.Application, &struct{}{}
	} else {
		in.OS = d.osID(spec.ImageID)
	}
	return d.change(ctx, providerRef, change{method: http.MethodPost, path: "/reinstall", in: in, secret: spec.Password, failed: berth.Unresolved})
}

// ResetPassword has the panel make a new password: it doesn't take one. It is "" where the panel tells its owner only.
func (d *Driver) ResetPassword(ctx context.Context, providerRef, proposed string) (string, berth.Outcome) {
	id, ok := serverID(providerRef)
	if !ok {
		return "", berth.Outcome{Verdict: berth.Refused, Reason: errors.New("that is no server's id at this panel")}
	}
	s, err := d.server(ctx, id)
	if err != nil {
		return "", d.outcome(err)
	}
	if s.IsProcessing {
		return "", d.waiting("the panel is at work on the server " + id)
	}
	var answer struct {
		task
		Password string `json:"password"`
	}
	if err := d.client.do(ctx, call{method: http.MethodPost, path: "servers/" + id + "/reset_password"}, &answer); err != nil {
		return "", d.busyOr(ctx, id, err)
	}
	if answer.Password == "" && answer.ID != 0 && answer.Status != "" {
		t, out, ended := d.followTask(ctx, answer.task)
		if !ended {
			return "", out
		}
		if _, well := t.ended(); !well {
			return "", berth.Outcome{Verdict: berth.Refused, Reason: fmt.Errorf("the panel's task %s: %s", t.Status, t.Output)}
		}
	}
	return answer.Password, done(s)
}

// Rename gives a server another name; characters that a host's name can't have become hyphens.
func (d *Driver) Rename(ctx context.Context, providerRef, name string) berth.Outcome {
	id, ok := serverID(providerRef)
	if !ok {
		return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("that is no server's id at this panel")}
	}
	s, err := d.server(ctx, id)
	if name = hostname(name, ""); err != nil {
		return d.outcome(err)
	} else if s.Name == name {
		return done(s)
	}
	return d.patch(ctx, id, map[string]string{"name": name})
}

func (d *Driver) patch(ctx context.Context, id string, fields map[string]string) berth.Outcome {
	var s server
	if err := d.client.do(ctx, call{method: http.MethodPatch, path: "servers/" + id, in: fields}, &s); err != nil {
		return d.busyOr(ctx, id, err)
	}
	if s.ID.text() != id {
		return berth.Outcome{Verdict: berth.Unresolved, Reason: errors.New("the panel's answer to a change is about another server")}
	}
	return done(s)
}

// note is what a plan change leaves in the description, behind the mark: which order is changing the plan, and when
// its last call began.
type note struct {
	order string
	at    int64 // seconds
}

const noteWord = " berth-plan-by:"

// readNote splits a description into what was there first, such as the mark, and the note of a plan change.
func readNote(description string) (text string, n note) {
	text, rest, found := strings.Cut(description, noteWord)
	if !found {
		return text, note{}
	}
	order, at, _ := strings.Cut(rest, "@")
	n.order = order
	n.at, _ = strconv.ParseInt(at, 10, 64) // a note that somebody edited counts from 1970
	return text, n
}

func (n note) behind(text string) string {
	return text + noteWord + n.order + "@" + strconv.FormatInt(n.at, 10)
}

// Resize moves a server to the plan of spec.
//
// The panel can't tell an old call from a new one, so every call writes its order and the time into the server's
// description before it asks for the plan, and none asks later than lookTimeout and SendTimeout after its beginning.
// Order ids sort by time: a call that finds the note of a later order changes nothing. One that finds the note of an
// earlier order waits until that order's last call is over for certain and Grace has passed, so nothing of it is still
// under way when the plan is changed or found to be right. As with Find, this doesn't bind a process that is stopped
// in the instant between its look at the clock and its write to the connection.
func (d *Driver) Resize(ctx context.Context, ref berth.Ref, providerRef string, spec berth.ServerSpec) berth.Outcome {
	begun := d.options.Now()
	id, ok := serverID(providerRef)
	if !ok {
		return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("that is no server's id at this panel")}
	}
	plan, err := d.planID(spec.PlanID)
	if err != nil {
		return d.unprepared(err)
	}
	s, err := d.server(ctx, id)
	if err != nil {
		return d.outcome(err)
	}
	text, last := readNote(s.Description)
	reach := lookTimeout + d.options.SendTimeout
	over := last.at*berth.Second + (reach + d.options.Grace).Microseconds()
	switch {
	case last.order > ref.Order:
		return berth.Outcome{Verdict: berth.Unresolved, Reason: errors.New("a later order has changed the plan of this server")}
	case s.IsProcessing:
		return d.waiting("the panel is at work on the server " + id)
	case last.order != "" && last.order != ref.Order && begun < over:
		return berth.Outcome{Verdict: berth.Waiting, Until: over, Reason: errors.New("an earlier plan change must be over for certain")}
	case int64(s.Plan.ID) == plan:
		return done(s)
	}
	mine := note{ref.Order, d.options.Now()/berth.Second + 1}
	if out := d.patch(ctx, id, map[string]string{"description": mine.behind(text)}); out.Verdict != berth.Done {
		return d.unsentResize(out)
	}
	// The rest of the time that this call may still send in.
	left := reach - time.Duration(d.options.Now()-begun)*time.Microsecond
	if left < d.options.SendTimeout || ctx.Err() != nil {
		return d.waiting("no time was left to ask for the plan")
	}
	in := struct {
		PlanID       int64 `json:"plan_id"`
		PreserveDisk bool  `json:"preserve_disk"`
	}{plan, spec.Disk <= int64(s.Specifications.Disk)}
	return d.carryOut(ctx, id, change{method: http.MethodPost, path: "/resize", in: in, failed: berth.Refused,
		already: func(s server) bool { return int64(s.Plan.ID) == plan }})
}

// unsentResize is the outcome when the note couldn't be written: the plan is as it was, but the money goes back only
// on the panel's own refusal.
func (d *Driver) unsentResize(out berth.Outcome) berth.Outcome {
	if out.Verdict == berth.Unresolved {
		out.Verdict, out.Until = berth.Waiting, d.after(d.options.Poll)
	}
	return out
}
