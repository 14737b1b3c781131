package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

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
	if behind := s.placed.takeBehind(); len(behind) > 0 {
		if err := s.look(ctx, behind); err != nil {
			return berth.Sealing{}, berth.TryAgain(err)
		}
	}
	any, err := s.anyUnsealed(ctx)
	if err != nil || !any && !s.placed.turn() { // an idle database isn't written to
		return berth.Sealing{}, err
	}
	left, err := s.settled(ctx, s.options.Now())
	if err != nil {
		return berth.Sealing{}, err
	}
	looked := append(s.placed.take(), left...)
	if !any && len(looked) == 0 {
		return berth.Sealing{}, nil
	}
	done, err := s.seal(ctx, looked)
	s.placed.sealed(looked, err)
	return done, err
}

// look clears when to look at some batches, without the chain: what holds that up may last, and must not make the look for
// due orders longer and longer.
func (s *Store) look(ctx context.Context, looked []string) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Deadline)
	defer cancel()
	t, _, _, err := s.engine.begin(ctx, berth.Need{})
	if err != nil {
		return err
	}
	return t.commit(ctx, &berth.Changes{Looked: looked})
}

// seal is one run, which also clears when to look at some batches.
func (s *Store) seal(ctx context.Context, looked []string) (berth.Sealing, error) {
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
	if len(rows.Unsealed)+len(looked) == 0 {
		if err := t.release(); err != nil {
			return berth.Sealing{}, berth.TryAgain(err)
		}
		return berth.Sealing{}, nil
	}
	c, done, err := link(rows, anchor, looked)
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

// link gives each batch its place. Of the batches that were looked at most get theirs now, in the same update.
func link(rows berth.Rows, anchor berth.Head, looked []string) (*berth.Changes, berth.Sealing, error) {
	if len(rows.Unsealed) == 0 {
		return &berth.Changes{Looked: looked}, berth.Sealing{}, nil
	}
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
	over := make(map[string]bool, len(looked))
	for _, id := range looked {
		over[id] = true
	}
	for i := range c.Sealed {
		b := &c.Sealed[i]
		head = head.Next(b.ID, b.Digest)
		b.Link = berth.Link(head)
		if over[b.ID] {
			b.LookAt = 0
			delete(over, b.ID)
		}
		done.Oldest = min(done.Oldest, b.At)
	}
	c.Looked = slices.Sorted(maps.Keys(over))
	c.Meta.Update = []berth.Meta{{Name: berth.MetaChain, Value: head.String()}}
	return c, done, nil
}
