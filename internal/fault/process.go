package fault

import (
	"context"
	"sync"
	"time"
)

// Process is one process as the other sides of its ports know it: by the calls that it makes. It can be paused and
// killed. A killed one's goroutines may go on, but nothing that they do reaches anybody any more: every call ends at
// once with an error, and what was under way ends by its fate.
type Process struct {
	Name   string
	Plan   Plan
	Now    func() int64       // its clock, microseconds UTC
	Broken Switch             // Sound for code as it is
	Trace  func(Call, string) // told whenever something happens to a call; may be nil
	Died   func()             // called once, when the process dies; may be nil

	mu     sync.Mutex
	dead   bool
	resume time.Time
	counts map[Call]int
}

// Kill ends the process.
func (p *Process) Kill() {
	p.mu.Lock()
	died := !p.dead
	p.dead = true
	p.mu.Unlock()
	if died && p.Died != nil {
		p.Died()
	}
}

// Dead reports whether the process was killed.
func (p *Process) Dead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// Pause stops the process for a while: it sends nothing and hears nothing.
func (p *Process) Pause(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.resume) {
		p.resume = until
	}
}

// awake waits until the process isn't paused, and reports whether it lives. The calls that a pause has held go on one by
// one, each at its own moment after it: which of two that go on at one instant is first would be for the runtime to say.
func (p *Process) awake(c Call) bool {
	for {
		p.mu.Lock()
		dead, left := p.dead, time.Until(p.resume)
		p.mu.Unlock()
		if dead || left <= 0 {
			return !dead
		}
		time.Sleep(left + 1 + Draw(0, c.From, string(c.Verb), c.Subject, c.Nth).Under(time.Millisecond))
	}
}

// number counts a call among those alike.
func (p *Process) number(verb Verb, subject string) Call {
	c := Call{From: p.Name, Verb: verb, Subject: subject}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts == nil {
		p.counts = map[Call]int{}
	}
	n := p.counts[c]
	p.counts[c] = n + 1
	c.Nth = n
	return c
}

func (p *Process) trace(c Call, what string) {
	if p.Trace != nil {
		p.Trace(c, what)
	}
}

// message is a call's content. Exactly one of happen and lapse is called, happen perhaps twice.
type message struct {
	happen func(arrival) error // on the other side; its error is the answer
	lapse  func()              // it never happens
	late   bool                // it may happen after its caller has given up
	twice  bool                // it may happen twice
}

// arrival is how a message arrives.
type arrival struct {
	refused bool
	more    bool // another copy is under way
	copy    bool // this is that copy
}

// carry takes a message to the other side and its answer back, by the fate of the call. An error of its own, as
// opposed to the answer's, means that nothing is known.
func (p *Process) carry(ctx context.Context, verb Verb, subject string, m message) error {
	c := p.number(verb, subject)
	if !p.awake(c) {
		m.lapse()
		return errDead
	}
	f := p.Plan.Fate(c)
	begun := time.Now()
	if !sleep(ctx, f.Stall) {
		p.abandon(c, f, m, f.Stall-time.Since(begun))
		return context.Cause(ctx)
	}
	if f.Dies && f.Lost == Request {
		p.trace(c, "dies before")
		p.Kill()
		m.lapse()
		return errDead
	}
	err := p.arrive(c, f, m)
	waited := sleep(ctx, f.Back)
	if f.Dies {
		p.trace(c, "dies after")
		p.Kill()
	}
	if !waited {
		return context.Cause(ctx)
	}
	switch {
	case !p.awake(c):
		return errDead
	case f.Lost != Nothing:
		return errLost
	}
	return err
}

// abandon lets a message go on without its caller.
func (p *Process) abandon(c Call, f Fate, m message, left time.Duration) {
	p.trace(c, "given up")
	if !m.late {
		m.lapse()
		return
	}
	go func() {
		time.Sleep(left)
		p.trace(c, "late")
		_ = p.arrive(c, f, m)
	}()
}

func (p *Process) arrive(c Call, f Fate, m message) error {
	p.trace(c, said(f))
	if f.Lost == Request {
		m.lapse()
		return errLost
	}
	a := arrival{refused: f.Refused, more: m.twice && f.Twice > 0}
	err := m.happen(a)
	if a.more {
		go func() {
			time.Sleep(f.Twice)
			p.trace(c, "again")
			_ = m.happen(arrival{copy: true})
		}()
	}
	return err
}

// said is what becomes of a message that arrives.
func said(f Fate) string {
	switch {
	case f.Refused:
		return "refused"
	case f.Lost == Request:
		return "lost"
	case f.Lost == Answer:
		return "answer lost"
	}
	return "ok"
}

// sleep waits and reports true, or false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
