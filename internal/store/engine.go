package store

import (
	"context"
	"errors"

	"github.com/berth-host/berth"
)

// engine is one database under the batcher. Its two writing steps are two round trips: begin with the loads, and the
// appends with the commit.
type engine interface {
	// begin opens a transaction and loads the rows of a need, locked until the end: every list of the need comes
	// sorted and without repeats, and the idempotency keys are looked up after all locks are held. version is the
	// number of the current catalogue, 0 for none, when the need asks for it; rows.Catalogue stays nil.
	//
	// Any error means that nothing happened.
	begin(ctx context.Context, need berth.Need) (t tx, rows berth.Rows, version int64, err error)

	// resolve ends the doubt about a batch by inserting its id again in a transaction of its own: when the id is
	// there already the batch was committed; when the insert commits, the batch never can be. An error leaves the
	// doubt.
	resolve(ctx context.Context, batch string, at int64) (committed bool, err error)

	reader
	close() error
}

// reader is everything of berth.Reader that differs by engine.
type reader interface {
	berth.Reader
	// catalogueAt reads one version, which never changes. Version 0 is the empty one.
	catalogueAt(ctx context.Context, version int64) (*berth.Catalogue, error)
	// settled are the ids of batches to look at at that instant of whose orders none is as it was placed any more.
	settled(ctx context.Context, now int64) ([]string, error)
	// anyUnsealed tells whether there is a batch to seal, without a lock.
	anyUnsealed(ctx context.Context) (bool, error)
}

// tx is one open transaction. Exactly one of its methods is called, once.
type tx interface {
	// commit appends all changes and the batch's row, and commits. A certain failure, with nothing written, is a
	// *failure; any other error means that the fate is unknown.
	commit(ctx context.Context, c *berth.Changes) error
	// release ends a transaction that changed nothing. After it what was read is as durable as if it had been written
	// here: a commit that others made and that hangs for its standby must not be told to anybody yet. On an error
	// nobody may be answered from what was read.
	release() error
	// rollback gives a transaction up.
	rollback()
}

// failure is a certain refusal by the database: nothing of the transaction was written.
type failure struct {
	cause error
	again bool // it may go through when run again: lost a race, deadlock, a lock that took too long
}

func (f *failure) Error() string { return f.cause.Error() }
func (f *failure) Unwrap() error { return f.cause }

// errOldSchema is returned by open when the database has not been migrated to this binary's schema.
var errOldSchema = errors.New("the database schema is older than this program: run 'berth migrate' first")

// The schema, as measured with a prototype (batches of 32 orders, each settled in the next batch):
//   - a service is written at its order's completion, not before: 11 to 27 % more orders/s on PostgreSQL, 14 % on SQLite;
//   - an order's work is on its own row; a table of open orders of its own gained nothing, since it costs an insert and a
//     delete. It isn't in an index until its lease is renewed or somebody else has it, see due.go: an index that the
//     settle changes has PostgreSQL write all of the row's indexes anew, half of the settle's time;
//   - an entry is one row with both of its accounts: two rows cost 6 to 20 % of the database's time;
//   - idempotency keys are a table of their own with a short digest as its only key (a column with a partial unique
//     index on orders is written again by every settle);
//   - events are keyed by batch and place; wallets and stock have fillfactor 50, so that their updates stay in the page;
//   - on SQLite every table is WITHOUT ROWID: 11 % more orders/s, a tenth less space.
