package store

import (
	"context"
	"fmt"

	"github.com/berth-host/berth"
)

// sealAtMost is how many batches one run of the sealer takes.
const sealAtMost = 1000

// Seal puts batches that were committed into the hash chain, by their ids: a batch that follows from another has a later id,
// and is never seen without it. It runs beside the write path, in a transaction of its own that has no row in batches.
//
// Whoever has locked the head of the chain is the sealer, so any number of processes may call it at once. A commit
// whose fate is unknown needs no care: the next run reads the head afresh.
func (s *Store) Seal(ctx context.Context) (berth.Sealing, error) {
	if any, err := s.anyUnsealed(ctx); err != nil || !any { // an idle database isn't written to
		return berth.Sealing{}, err
	}
	anchor, err := s.anchor(ctx)
	if err != nil {
		return berth.Sealing{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Deadline)
	defer cancel()
	t, rows, _, err := s.engine.begin(ctx, berth.Need{Meta: []string{berth.MetaChain}, Unsealed: true})
	if err != nil {
		return berth.Sealing{}, berth.TryAgain(err)
	}
	if len(rows.Unsealed) == 0 {
		if err := t.release(); err != nil {
			return berth.Sealing{}, berth.TryAgain(err)
		}
		return berth.Sealing{}, nil
	}
	c, done, err := link(rows, anchor)
	if err != nil {
		t.rollback()
		return berth.Sealing{}, err
	}
	if err := t.commit(ctx, c); err != nil {
		return berth.Sealing{}, berth.TryAgain(err)
	}
	return done, nil
}

// anchor reads what the first link follows, as long as there is none: one whole audit, once in the life of a database.
func (s *Store) anchor(ctx context.Context) (berth.Head, error) {
	text, _, err := s.Meta(ctx, berth.MetaChain)
	if err != nil || text != (berth.Head{}).String() {
		return berth.Head{}, err
	}
	old := &olderBatches{}
	if err := s.Audit(ctx, old); err != nil {
		return berth.Head{}, err
	}
	return old.anchor.Head(), nil
}

// olderBatches is an Auditor that only looks at the batches from before the chain.
type olderBatches struct{ anchor berth.Anchor }

func (o *olderBatches) Batch(b berth.Batch, digest string) error {
	if b.Seq == berth.BeforeSeal && !b.Void {
		o.anchor.Add(b.ID, digest)
	}
	return nil
}

func (*olderBatches) Entry(berth.Wallet, berth.Entry) error    { return nil }
func (*olderBatches) Wallet(berth.Wallet, int64, int64) error  { return nil }
func (*olderBatches) Order(berth.Order, berth.Referring) error { return nil }
func (*olderBatches) Stray(string, string, string) error       { return nil }
func (*olderBatches) Chain(string) error                       { return nil }
func (*olderBatches) Sealed(berth.Batch) error                 { return nil }
func (*olderBatches) Stock(berth.Stock) error                  { return nil }
func (*olderBatches) Pool(berth.Pool) error                    { return nil }
func (*olderBatches) Item(berth.Item) error                    { return nil }
func (*olderBatches) Progress(int64, int64)                    {}

// link gives each batch its place.
func link(rows berth.Rows, anchor berth.Head) (*berth.Changes, berth.Sealing, error) {
	if len(rows.Meta) != 1 {
		return nil, berth.Sealing{}, fmt.Errorf("the database has no head of its chain")
	}
	head, err := berth.ParseHead(rows.Meta[0].Value)
	if err != nil {
		return nil, berth.Sealing{}, err
	}
	if head.Seq == 0 {
		head = anchor
	}
	c := &berth.Changes{Sealed: rows.Unsealed}
	done := berth.Sealing{Sealed: len(rows.Unsealed), Oldest: rows.Unsealed[0].At, More: len(rows.Unsealed) == sealAtMost}
	for i := range c.Sealed {
		b := &c.Sealed[i]
		head = head.Next(b.ID, b.Digest)
		b.Link = berth.Link(head)
		done.Oldest = min(done.Oldest, b.At)
	}
	c.Meta.Update = []berth.Meta{{Name: berth.MetaChain, Value: head.String()}}
	return c, done, nil
}
