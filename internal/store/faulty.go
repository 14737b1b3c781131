package store

import (
	"context"
	"errors"

	"github.com/berth-host/berth"
)

// Faults stands between the batcher and its engine, so that a test decides what becomes of each call: it holds the
// call up, keeps it from happening, or loses its answer. Any error that a method returns is what the batcher gets.
type Faults interface {
	// Begin calls begin once or not at all, before it returns. A transaction that was begun although Begin returns
	// an error is rolled back. need tells whose it is: the sealer's, or that of one lane or the other.
	Begin(ctx context.Context, need berth.Need, begin func() error) error
	// Commit sees to it that either commit or rollback is called, once: maybe long after Commit has returned, since
	// a commit whose caller has given up may still happen. An error with a method Again() bool stands for a certain
	// refusal by the database, one without for an answer that never came.
	Commit(ctx context.Context, batch string, commit func() error, rollback func()) error
	// Resolve calls resolve as often as it likes, before it returns.
	Resolve(ctx context.Context, batch string, resolve func() (committed bool, err error)) (committed bool, err error)
}

// faulty is an engine with Faults in front.
type faulty struct {
	engine
	faults Faults
}

func (e faulty) begin(ctx context.Context, need berth.Need) (t tx, rows berth.Rows, version int64, err error) {
	err = e.faults.Begin(ctx, need, func() (err error) {
		t, rows, version, err = e.engine.begin(ctx, need)
		return err
	})
	if err != nil {
		if t != nil {
			t.rollback()
		}
		return nil, berth.Rows{}, 0, err
	}
	return faultyTx{t, e.faults}, rows, version, nil
}

func (e faulty) resolve(ctx context.Context, batch string, at int64) (bool, error) {
	return e.faults.Resolve(ctx, batch, func() (bool, error) { return e.engine.resolve(ctx, batch, at) })
}

type faultyTx struct {
	tx
	faults Faults
}

func (t faultyTx) commit(ctx context.Context, c *berth.Changes) error {
	err := t.faults.Commit(ctx, c.Batch, func() error { return t.tx.commit(ctx, c) }, t.tx.rollback)
	var refusal interface{ Again() bool }
	if errors.As(err, &refusal) {
		return &failure{cause: err, again: refusal.Again()}
	}
	return err
}
