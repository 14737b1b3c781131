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
		pause := firstPause
		for {
			buf = q.write(buf[:0], r.lines[at], key)
			o = judge(c.exchange(ctx, buf))
			if c.conn == nil && o.failure != "" { // it broke: perhaps another server is there
				at = (at + 1) % len(r.targets)
				c.server = r.targets[at]
			}
			if !o.unsure || !r.Retry || !wait(ctx, pause) {
				break
			}
			sum.repeats++
			pause = min(2*pause, lastPause)
		}
		r.count(sum, o, due, r.Buyers[int(n)%len(r.Buyers)].UserID, key)
		if o.unsure && !r.Retry {
			wait(ctx, pause) // a server that's down would use up all orders at once
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
func (r *run) count(sum *tally, o outcome, due time.Time, userID, key string) {
	sum.last = time.Now()
	if o.repeat {
		sum.replayed++
	}
	switch {
	case o.failure != "":
		sum.failures[o.failure]++
		r.failed.Add(1)
		return
	case o.going:
		sum.going++
		r.going.Add(1)
	default:
		sum.completed.add(sum.last.Sub(due))
		r.completed.Add(1)
	}
	r.journal.write(Acknowledged{
		OrderID: o.orderID, ServerID: o.serverID, UserID: userID, Key: key, Amount: o.amount, Completed: !o.going,
	})
}

// sleepUntil waits for an instant; false when ctx ended first.
func sleepUntil(ctx context.Context, at time.Time) bool {
	d := time.Until(at)
	return d <= 0 || wait(ctx, d)
}

// wait pauses for about d, a little more or less, so that clients that failed together don't come back together.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= lastPause {
		d = d/2 + time.Duration(mathrand.Int64N(int64(d))) // #nosec G404 -- it only has to differ from client to client
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
