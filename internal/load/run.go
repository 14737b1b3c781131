package load

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	mathrand "math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// How long a repeat waits: briefly at first, since a server that was restarted is back soon.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = 250 * time.Millisecond
)

// run is one Run on its way.
type run struct {
	Traffic
	id        string // begins every Idempotency-Key of this run
	targets   []target
	lines     [][]byte // the first line of requests, by target
	templates []template
	journal   *journal

	start     time.Time
	next      atomic.Int64 // orders handed out
	completed atomic.Int64
	going     atomic.Int64
	failed    atomic.Int64
}

// tally is what one client has counted.
type tally struct {
	completed histogram // answer times of completed orders
	going     int
	failures  map[string]int
	repeats   int
	replayed  int
	last      time.Time // the last answer
}

// Run sends the traffic and returns when every order was answered or given up. When ctx ends it sends no new order and
// repeats none, and waits for the answers that are due. An error means that nothing was sent, or that the journal
// couldn't be written; failures of orders are in the Report.
func Run(ctx context.Context, t Traffic) (Report, error) {
	r, err := prepare(t)
	if err != nil {
		return Report{}, err
	}
	r.start = time.Now()
	stop := r.watch()
	tallies := make([]tally, r.Clients)
	var clients sync.WaitGroup
	for i := range tallies {
		clients.Go(func() { r.drive(ctx, i, &tallies[i]) })
	}
	clients.Wait()
	stop()
	return r.report(tallies), r.journal.close()
}

func prepare(t Traffic) (*run, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	var random [6]byte
	rand.Read(random[:])
	r := &run{Traffic: t, id: "load-" + hex.EncodeToString(random[:]) + "-", journal: newJournal(t.Journal)}
	for _, text := range t.URLs {
		s, err := parseTarget(text)
		if err != nil {
			return nil, err
		}
		r.targets = append(r.targets, s)
		r.lines = append(r.lines, s.firstLine(t.Want.path()))
	}
	var err error
	r.templates, err = t.templates()
	return r, err
}

// drive is one client: it takes orders until there are none left.
func (r *run) drive(ctx context.Context, number int, sum *tally) {
	sum.failures = map[string]int{}
	at := number % len(r.targets)
	c := &client{server: r.targets[at], timeout: r.Timeout, roots: r.Roots}
	defer c.close()
	var buf []byte
	for ctx.Err() == nil {
		n := r.next.Add(1) - 1
		due, ok := r.due(n)
		if !ok || !sleepUntil(ctx, due) {
			return
		}
		q, key := r.templates[int(n)%len(r.templates)], ""
		if !r.NoIdempotencyKey {
			key = r.id + strconv.FormatInt(n, 10)
		}
		var o outcome
		p := Placed{Acknowledged: Acknowledged{UserID: r.Buyers[int(n)%len(r.Buyers)].UserID, Key: key}}
		before := firstPause // the next repeat
		for {
			buf = q.write(buf[:0], r.lines[at], key)
			p.sending(q.numbered(buf, n))
			o = judge(c.exchange(ctx, buf))
			if c.conn == nil && o.failure != "" { // it broke: perhaps another server is there
				at = (at + 1) % len(r.targets)
				c.server = r.targets[at]
			}
			if !o.unsure || !r.Retry || !wait(ctx, before) {
				break
			}
			p.Doubts = append(p.Doubts, o.failure)
			sum.repeats++
			before = min(2*before, lastPause)
		}
		r.count(sum, o, due, &p)
		if o.unsure && !r.Retry {
			wait(ctx, before) // a server that's down would use up all orders at once
		}
	}
}

// due is when order n is to be sent, and false when there's no such order.
func (r *run) due(n int64) (time.Time, bool) {
	due := time.Now()
	select {
	case <-r.Enough:
		return due, false
	default:
	}
	if r.Rate > 0 {
		due = r.start.Add(time.Duration(float64(n) / r.Rate * float64(time.Second)))
	}
	return due, (r.Orders == 0 || n < int64(r.Orders)) && (r.Duration == 0 || due.Sub(r.start) < r.Duration)
}

// count notes the end of an order. Its time runs from when it was due: at a given rate an order that had to wait for a
// free connection has waited, and leaving that out would flatter a server that stalls.
func (r *run) count(sum *tally, o outcome, due time.Time, p *Placed) {
	sum.last = time.Now()
	if o.repeat {
		sum.replayed++
	}
	p.Answered, p.Failure, p.Unsure, p.Replayed = sum.last, o.failure, o.unsure, o.repeat
	switch {
	case o.failure != "":
		sum.failures[o.failure]++
		r.failed.Add(1)
	case o.going:
		sum.going++
		r.going.Add(1)
	default:
		sum.completed.add(sum.last.Sub(due))
		r.completed.Add(1)
	}
	if o.failure == "" {
		p.OrderID, p.ServerID, p.Amount, p.Completed, p.BalanceBefore = o.orderID, o.serverID, o.amount, !o.going, o.before
		r.journal.write(p.Acknowledged)
	}
	if r.Each != nil {
		r.Each(*p)
	}
}

// sending notes that a request of an order goes out.
func (p *Placed) sending(name string) {
	p.Name, p.Last = name, time.Now()
	if p.Requests++; p.Requests == 1 {
		p.Sent = p.Last
	}
}

// sleepUntil waits for an instant and no shorter: an order's time runs from when it was due, so one that is sent early
// would count as fast. It is false when ctx ended first.
func sleepUntil(ctx context.Context, at time.Time) bool {
	d := time.Until(at)
	return d <= 0 || pause(ctx, d)
}

// wait pauses for about d, a little more or less, so that clients that failed together don't come back together.
func wait(ctx context.Context, d time.Duration) bool {
	return pause(ctx, d/2+time.Duration(mathrand.Int64N(int64(d)))) // #nosec G404 -- it only has to differ from client to client
}

// pause is false when ctx ended before the time was over.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
