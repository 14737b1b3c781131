package fault

import (
	"context"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

// idleLimit is how long the database lets a transaction sit idle before it ends it, as servers are set to do: the
// commit of a process that was paused for longer finds nothing to commit.
const idleLimit = 3 * time.Second

// Engine is a process's connection to its database. It implements the Faults of package store.
type Engine struct{ Process *Process }

// Begin opens a transaction.
func (e Engine) Begin(ctx context.Context, need berth.Need, begin func() error) error {
	subject := "" // each lane's come one after the other, so that they can be counted
	switch {
	case need.Unsealed:
		subject = "seal"
	case len(need.Wallets) > 0:
		subject = "money"
	}
	return e.Process.carry(ctx, Begin, subject, message{lapse: nothing, happen: func(a arrival) error {
		if a.refused {
			return errNever
		}
		return begin()
	}})
}

// Commit ends a transaction, one way or the other.
func (e Engine) Commit(ctx context.Context, batch string, commit func() error, rollback func()) error {
	t := &transaction{commit: commit, rollback: rollback}
	t.mu.Lock()
	t.idle = time.AfterFunc(idleLimit, t.lapse)
	t.mu.Unlock()
	carry := func(ctx context.Context) error {
		return e.Process.carry(ctx, Commit, batch, message{happen: t.happen, lapse: t.lapse, late: true})
	}
	if e.Process.Broken == AnswersEarly {
		go carry(context.WithoutCancel(ctx))
		return nil
	}
	return carry(ctx)
}

// Resolve asks for the fate of a commit. Its lost answers matter: asking writes, and the next who asks finds that.
func (e Engine) Resolve(ctx context.Context, batch string, resolve func() (bool, error)) (committed bool, err error) {
	switch e.Process.Broken {
	case UnknownIsFailed:
		return false, nil
	case UnknownIsCommitted:
		return true, nil
	}
	err = e.Process.carry(ctx, Resolve, batch, message{lapse: nothing, happen: func(a arrival) (err error) {
		if a.refused {
			return errNever
		}
		committed, err = resolve()
		return err
	}})
	return committed, err
}

func nothing() {}

// transaction is one that waits for its commit.
type transaction struct {
	commit   func() error
	rollback func()
	idle     *time.Timer

	mu    sync.Mutex
	ended bool
}

func (t *transaction) end() (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, t.ended = !t.ended, true
	t.idle.Stop()
	return first
}

func (t *transaction) lapse() {
	if t.end() {
		t.rollback()
	}
}

func (t *transaction) happen(a arrival) error {
	switch {
	case !t.end():
		return errLost
	case a.refused:
		t.rollback()
		return raceLost{}
	}
	return t.commit()
}

// raceLost is a certain refusal by the database that may go away.
type raceLost struct{}

func (raceLost) Error() string { return "fault: somebody else was faster" }
func (raceLost) Again() bool   { return true }
