package guard

import (
	"sync"

	"github.com/berth-host/berth"
)

// leave ends a turn. What is said of it counts once.
func (g *Guard) leave(p *provider, probe bool) func(berth.Verdict) {
	var once sync.Once
	return func(v berth.Verdict) {
		once.Do(func() {
			g.mu.Lock() // first: who gets the slot sees what is judged here
			defer g.mu.Unlock()
			g.judge(p, v, probe)
			p.ended = g.options.Now()
			<-p.slots
		})
	}
}

// judge lets a verdict bear on the circuit. Waiting is the word of a provider that can be reached and has no time: it ends
// the suspicion of a probe, and a row of failures it neither breaks nor lengthens. (One that couldn't be reached is told
// as Unresolved, whatever its order makes of it.)
func (g *Guard) judge(p *provider, v berth.Verdict, probe bool) {
	switch {
	case v == berth.Unasked:
		p.probing = p.probing && !probe
	case v == berth.Unresolved && probe && p.open:
		p.probing = false
		g.open(p)
	case v == berth.Unresolved && !p.open:
		g.failed(p)
	case v == berth.Unresolved: // a call from before the circuit opened
	case v != berth.Waiting || probe:
		p.failures = 0
		if p.open {
			g.close(p)
		}
	}
}

// failed counts a failure. A few orders that no provider can ever give a certain answer for come up every few minutes,
// and must not add up to a provider that is away.
func (g *Guard) failed(p *provider) {
	now := g.options.Now()
	if now-p.failed > g.options.Within.Microseconds() {
		p.failures = 0
	}
	p.failures, p.failed = p.failures+1, now
	if p.failures >= g.options.After {
		g.open(p)
	}
}

func (g *Guard) open(p *provider) {
	first := !p.open
	p.open, p.until = true, g.after(p.pause)
	if first {
		g.shut.Add(1)
		g.options.Log.Error("a provider gives no certain answers: it is spared, and tried again after a pause",
			"provider", p.name, "calls", p.failures, "pause", p.pause.String())
	} else {
		g.options.Log.Warn("a provider still gives no certain answer", "provider", p.name, "pause", p.pause.String())
	}
	p.pause = min(2*p.pause, g.options.Longest)
}

func (g *Guard) close(p *provider) {
	p.open, p.probing, p.pause = false, false, g.options.Pause
	g.shut.Add(-1)
	g.options.Log.Info("a provider answers again", "provider", p.name)
}
