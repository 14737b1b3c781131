package httpapi

import (
	"context"
	"sync"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
)

// gate is a server driver whose calls a test can hold up, and whose outcomes it can replace.
type gate struct {
	sim.Driver
	mu      sync.Mutex
	closed  chan struct{} // nil while open
	arrived chan struct{}
	instead *berth.Outcome
}

// shut holds up all calls from now on. arrived gets a value for each; reopen lets them through.
func (g *gate) shut() (arrived <-chan struct{}, reopen func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	closed := make(chan struct{})
	g.closed, g.arrived = closed, make(chan struct{}, 100)
	return g.arrived, sync.OnceFunc(func() {
		g.mu.Lock()
		g.closed = nil
		g.mu.Unlock()
		close(closed)
	})
}

func (g *gate) answer(out berth.Outcome) {
	g.mu.Lock()
	g.instead = &out
	g.mu.Unlock()
}

// answerItself ends the answers that replace the driver's own.
func (g *gate) answerItself() {
	g.mu.Lock()
	g.instead = nil
	g.mu.Unlock()
}

func (g *gate) pass() *berth.Outcome {
	g.mu.Lock()
	closed, arrived := g.closed, g.arrived
	g.mu.Unlock()
	if closed != nil {
		arrived <- struct{}{}
		<-closed
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.instead
}

func (g *gate) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	if out := g.pass(); out != nil {
		return *out
	}
	return g.Driver.Create(ctx, ref, spec)
}

func (g *gate) Resize(ctx context.Context, ref berth.Ref, providerRef string, spec berth.ServerSpec) berth.Outcome {
	if out := g.pass(); out != nil {
		return *out
	}
	return g.Driver.Resize(ctx, ref, providerRef, spec)
}

func (g *gate) Power(ctx context.Context, providerRef string, action berth.PowerAction) berth.Outcome {
	if out := g.pass(); out != nil {
		return *out
	}
	return g.Driver.Power(ctx, providerRef, action)
}

func (g *gate) ResetPassword(ctx context.Context, providerRef, proposed string) (string, berth.Outcome) {
	if out := g.pass(); out != nil {
		return out.Password, *out
	}
	return g.Driver.ResetPassword(ctx, providerRef, proposed)
}

func (g *gate) Usage(ctx context.Context, providerRef string) (berth.Usage, berth.Outcome) {
	if out := g.pass(); out != nil {
		return berth.Usage{}, *out
	}
	return g.Driver.Usage(ctx, providerRef)
}

// OpenConsole is what the simulated provider can't do.
func (g *gate) OpenConsole(context.Context, string) (address, password string, out berth.Outcome) {
	if out := g.pass(); out != nil {
		return out.LoginLink, out.Password, *out
	}
	return "wss://panel.example/vnc?token=abc", "once", berth.Outcome{Verdict: berth.Done}
}
