package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/process"
)

// How much is ordered: enough that something is always under way, and little enough that three PostgreSQL, etcd and
// two servers on one small machine aren't starved of the processor, which would look like a failure to each other.
const (
	ordersPerSecond = 150
	clients         = 24
)

// traffic is the clients that order all the time. Each order has an Idempotency-Key of its own and is repeated under
// it, at either server, until it's answered.
type traffic struct {
	pulse   pulse
	journal string
	cancel  context.CancelFunc
	ended   chan struct{}
	report  load.Report
	err     error
}

func startTraffic(ctx context.Context, s *process.Site, b *shop) (*traffic, error) {
	t := &traffic{journal: s.Path("acknowledged"), ended: make(chan struct{})}
	file, err := os.OpenFile(t.journal, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, t.cancel = context.WithCancel(ctx)
	t.pulse.beat(0, time.Now())
	go func() {
		defer close(t.ended)
		defer file.Close()
		t.report, t.err = load.Run(ctx, load.Traffic{
			URLs: b.urls(), Buyers: b.buyers, Duration: whole, Clients: clients, Rate: ordersPerSecond, Retry: true, Journal: file,
			Watch: func(p load.Progress) { t.pulse.beat(p.Completed, time.Now()) },
		})
	}()
	return t, nil
}

// stop lets every order that was sent be answered, and returns what was acknowledged.
func (t *traffic) stop() ([]load.Acknowledged, load.Report, error) {
	t.cancel()
	<-t.ended
	if t.err != nil {
		return nil, t.report, t.err
	}
	file, err := os.Open(t.journal)
	if err != nil {
		return nil, t.report, err
	}
	defer file.Close()
	acknowledged, err := load.ReadJournal(file)
	return acknowledged, t.report, err
}

// flows waits until n more orders than now are completed.
func (t *traffic) flows(ctx context.Context, n int) error {
	from, _ := t.pulse.read()
	return process.Until(ctx, patience, fmt.Sprintf("%d more orders completed", n), func() bool {
		count, _ := t.pulse.read()
		return count >= from+n
	})
}

// pulse measures the longest time in which no order was completed. It is as exact as it's often told, a fifth of a
// second. An answer that an order goes on without its request doesn't count: it may come when nothing can be written.
type pulse struct {
	mu      sync.Mutex
	count   int
	last    time.Time // when count was last seen to grow
	longest time.Duration
}

// beat tells that so many orders are completed by now.
func (p *pulse) beat(count int, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.last.IsZero() {
		p.longest = max(p.longest, now.Sub(p.last))
	}
	if count > p.count || p.last.IsZero() {
		p.count, p.last = count, now
	}
}

// forget begins a new measurement.
func (p *pulse) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.longest = 0
}

func (p *pulse) read() (count int, longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count, p.longest
}
