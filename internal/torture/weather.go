package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/berth-host/berth/internal/cutproxy"
)

// weather is what happens to the network: each proxy has faults of its own until clear is called.
type weather struct {
	ctx     context.Context
	stop    context.CancelFunc
	blowing sync.WaitGroup

	cuts       atomic.Int64 // connections that were cut
	stalls     atomic.Int64 // stalls of a proxy with open connections
	halfCloses atomic.Int64 // connections that were half-closed
}

func newWeather(ctx context.Context) *weather {
	w := &weather{}
	w.ctx, w.stop = context.WithCancel(ctx)
	return w
}

// over lets a wind blow over a proxy.
func (w *weather) over(p *cutproxy.Proxy, plan *wind) {
	w.blowing.Go(func() {
		defer p.Resume()
		for {
			g := plan.next()
			if !pass(w.ctx, g.after) {
				return
			}
			w.blow(p, g, plan.chance)
		}
	})
}

// blow is one gust. Only what hit an open connection is counted.
func (w *weather) blow(p *cutproxy.Proxy, g gust, chance *rand.Rand) {
	some := func() bool { return chance.Float64() < g.share }
	switch g.fault {
	case cut:
		w.cuts.Add(int64(p.CutSome(some)))
	case halfClose:
		if g.requests {
			w.halfCloses.Add(int64(p.HalfCloseRequests(some)))
		} else {
			w.halfCloses.Add(int64(p.HalfClose(some)))
		}
	case stall:
		withhold := p.Stall
		if g.requests {
			withhold = p.StallRequests
		}
		if withhold() > 0 {
			w.stalls.Add(1)
		}
		pass(w.ctx, g.long)
		if g.ends {
			w.cuts.Add(int64(p.CutAll()))
		}
		p.Resume()
	}
}

// clear ends all faults: what is withheld gets through.
func (w *weather) clear() {
	w.stop()
	w.blowing.Wait()
}

// pass lets time go by; false when ctx ended first. It stands where an instant is chosen by chance, and never for
// something that will happen.
func pass(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
