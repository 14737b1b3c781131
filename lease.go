package berth

import "context"

// Lease says who may work on something now: on a paid order, or on a service's task. Attempt is the fencing number:
// taking the lease raises it, and an outcome that carries an older one changes nothing.
type Lease struct {
	Attempt  int64
	Holder   string // the process that holds it, "" when nobody does
	DueAt    int64  // the instant from which any process may take it: end of the lease, or time of the next try
	AnswerBy int64  // until then the request that placed the order may be waiting for its answer
	Doubt    bool   // an attempt ended without a certain answer; no refund until Find has told
	Note     string // why it waits: a word for the operator, never a driver's text
}

// due reports whether any process may take it. Another's lease ends by the clock, and not by the batch's instant: that one is
// ahead when another row of the batch was written by a machine whose clock was, and says nothing of how long the holder
// has been at work.
func (l *Lease) due(b *Book) bool {
	if l.Holder != "" {
		return l.DueAt <= b.Clock()
	}
	return l.DueAt <= b.Now()
}

// take writes an attempt of this process down.
func (d *Desk) take(b *Book, l *Lease) {
	l.abandoned()
	l.Attempt, l.Holder, l.DueAt = l.Attempt+1, d.Replica, b.Now()+d.Policy.Lease
}

// abandoned reports whether the last holder ended without a word when its lease ran out: its call may or may not have
// happened, and that is noted.
func (l *Lease) abandoned() bool {
	l.Doubt = l.Doubt || l.Holder != ""
	return l.Holder != ""
}

// prolong renews a lease that is still this process's, and tells whether it is.
func (d *Desk) prolong(b *Book, l *Lease, attempt int64) bool {
	mine := l.Attempt == attempt && l.Holder == d.Replica
	if mine {
		l.DueAt = b.Now() + d.Policy.Lease
	}
	return mine
}

// putOff gives a lease back until an instant, and tells whether the reason is another than before.
func (l *Lease) putOff(until int64, note string) (news bool) {
	news = l.Note != note
	l.Holder, l.DueAt, l.Note = "", until, note
	return news
}

// inParts does something about many rows in as few writes as may be, and returns what each write returned of them.
func inParts[R any](ctx context.Context, d *Desk, rows []R, need func([]R) Need, each func(*Book, R) (R, bool)) (done []R, err error) {
	for len(rows) > 0 {
		part := rows[:min(len(rows), takeAtMost)]
		rows = rows[len(part):]
		var written []R
		err = d.Store.Write(ctx, need(part), func(b *Book) error {
			written = written[:0]
			for _, row := range part {
				if now, ok := each(b, row); ok {
					written = append(written, now)
				}
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		done = append(done, written...)
	}
	return done, nil
}
