package store

import (
	"github.com/berth-host/berth"
)

// auditBatches reads every batch with all that names it, in one stream: the rows of three tables under the names of
// one, because a connection has one answer open at a time. Within a batch its own row comes first, then the entries by
// user and number, then the events by place, as a digest wants them.
const auditBatches = "SELECT batch, part, n, a, b, c, d, e, i, j, k FROM (" +
	"SELECT id AS batch, 0 AS part, '' AS who, 0 AS n, digest AS a, hash AS b, '' AS c, '' AS d, '' AS e, seq AS i, void AS j, at AS k FROM batches" +
	" UNION ALL SELECT batch, 1, user_id, seq, user_id, contra, order_id, ref, note, amount, balance, at FROM entries" +
	" UNION ALL SELECT batch, 2, '', n, user_id, name, order_id, service_id, detail, amount, 0, at FROM events" +
	") AS t ORDER BY batch, part, who, n"

// batchStream puts the rows of auditBatches together.
type batchStream struct {
	to     berth.Auditor
	digest *berth.Digest
	batch  berth.Batch
	begun  bool // batch is one whose rows are being read
	known  bool // it has a row
}

// turn ends the batch whose rows came last.
func (s *batchStream) turn() error {
	if !s.begun {
		return nil
	}
	sum := s.digest.Sum()
	if !s.known {
		return s.to.Stray("batch", s.batch.ID, "commit")
	}
	return s.to.Batch(s.batch, sum)
}

func (s *auditing) batches() error {
	var batch, a, b, c, d, e string
	var part, n, i, j, k int64
	stream := &batchStream{to: s.to, digest: berth.NewDigest()}
	err := s.each(auditBatches, []any{&batch, &part, &n, &a, &b, &c, &d, &e, &i, &j, &k}, func() error {
		s.progress()
		if !stream.begun || stream.batch.ID != batch {
			if err := stream.turn(); err != nil {
				return err
			}
			stream.batch, stream.begun, stream.known = berth.Batch{ID: batch}, true, part == 0
		}
		switch part {
		case 0:
			stream.batch = berth.Batch{ID: batch, At: k, Void: j != 0, Digest: a, Link: berth.Link{Seq: i, Hash: b}}
		case 1:
			stream.digest.Entry(&berth.Entry{UserID: a, Seq: n, Amount: i, Balance: j, Contra: b, OrderID: c, Ref: d, Note: e, At: k})
		default:
			stream.digest.Event(&berth.Event{N: n, At: k, Name: b, UserID: a, OrderID: c, ServiceID: d, Amount: i, Detail: e})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return stream.turn()
}

// chain hands the head over, and the sealed batches in the order of the chain.
func (s *auditing) chain() error {
	var m berth.Meta
	err := s.each("SELECT "+meta.selectList("t")+" FROM meta AS t WHERE name = '"+berth.MetaChain+"'", meta.places(&m), func() error {
		return s.to.Chain(m.Value)
	})
	if err != nil {
		return err
	}
	var b berth.Batch
	return s.each("SELECT "+batches.selectList("t")+" FROM batches AS t WHERE seq > 0 ORDER BY seq", batches.places(&b), func() error {
		s.progress()
		return s.to.Sealed(b)
	})
}
