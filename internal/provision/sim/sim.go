// Package sim is a simulated provider of servers and networks. It keeps what it made in a journal that every process
// of an installation shares, as a real provider would keep its machines: an order finds its machine again after any
// crash, and a test can count them.
//
// It behaves by the ports' contracts, and misbehaves on request: a server whose name begins with one of the words
// below makes it do what real providers do on bad days.
package sim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// Names of servers that make the provider misbehave, for trying out and for tests.
const (
	NameRefuse = "sim-refuse" // refuses for certain: the money goes back
	NameSlow   = "sim-slow"   // takes Options.SlowFor before the machine is there
	NameLost   = "sim-lost"   // makes the machine, but the first answer is lost
	NameWait   = "sim-wait"   // accepts and is done at the second look
)

// Options of a provider.
type Options struct {
	Delay   time.Duration // that every call takes
	SlowFor time.Duration // that a server named NameSlow takes; 30 s when 0
	Full    bool          // no capacity: every new server is refused
	Now     func() int64  // microseconds UTC

	Installation string // whose machines these are; a journal belongs to one installation
}

// Provider is a berth.ServerDriver and a berth.NetworkDriver.
type Provider struct {
	journal *journal
	options Options
}

var (
	_ berth.ServerDriver  = (*Provider)(nil)
	_ berth.NetworkDriver = (*Provider)(nil)
)

// Open opens the provider whose world is the journal at path, and creates it where it's missing. An empty path keeps
// the world in memory.
func Open(path string, o Options) (*Provider, error) {
	if o.SlowFor == 0 {
		o.SlowFor = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = func() int64 { return time.Now().UnixMicro() }
	}
	j, err := openJournal(path)
	if err != nil {
		return nil, err
	}
	return &Provider{journal: j, options: o}, nil
}

// Close closes the journal.
func (p *Provider) Close() error { return p.journal.close() }

// Create makes a server, once for an order however often it's called.
func (p *Provider) Create(ctx context.Context, ref berth.Ref, spec berth.ServerSpec) berth.Outcome {
	wait := p.options.Delay
	if strings.HasPrefix(spec.Name, NameSlow) {
		wait += p.options.SlowFor
	}
	if err := pause(ctx, wait); err != nil {
		return unresolved(err)
	}
	address, _, _ := strings.Cut(spec.CIDR, "/")
	m, isNew, err := p.journal.make(ref.Order, Machine{
		Sort: berth.ServerService, Name: spec.Name, Plan: spec.PlanID, Cores: spec.Cores, RAM: spec.RAM, Disk: spec.Disk,
		Location: spec.Location, Image: spec.ImageID, Refused: p.options.Full || strings.HasPrefix(spec.Name, NameRefuse), Created: p.options.Now(),
		Address: address,
	})
	switch {
	case err != nil:
		return unresolved(err)
	case isNew && strings.HasPrefix(spec.Name, NameLost):
		return unresolved(errors.New("simulated: the answer was lost"))
	case isNew && strings.HasPrefix(spec.Name, NameWait):
		return berth.Outcome{Verdict: berth.Waiting, Until: p.options.Now() + berth.Second}
	}
	return m.outcome()
}

// Find tells what Create or Activate made for an order. A refused order has made nothing and never will: asked
// again, Create says so.
func (p *Provider) Find(ctx context.Context, ref berth.Ref) berth.Outcome {
	if err := pause(ctx, p.options.Delay); err != nil {
		return unresolved(err)
	}
	m, ok, err := p.journal.byOrder(ref.Order)
	return found(m, ok && !m.Refused && !m.Gone, err)
}

// Resize gives a server the figures of spec, at once and whoever asks, as most providers do. Driver.Resize is the one
// that heeds which order is the later.
func (p *Provider) Resize(ctx context.Context, ref berth.Ref, providerRef string, spec berth.ServerSpec) berth.Outcome {
	return p.resize(ctx, ref, providerRef, spec, true)
}

func (p *Provider) resize(ctx context.Context, ref berth.Ref, providerRef string, spec berth.ServerSpec, heedless bool) berth.Outcome {
	if err := pause(ctx, p.options.Delay); err != nil {
		return unresolved(err)
	}
	m, ok, err := p.journal.change(providerRef, func(m *Machine) {
		if heedless || m.Planned <= ref.Order {
			m.Plan, m.Cores, m.RAM, m.Disk, m.Planned = spec.PlanID, spec.Cores, spec.RAM, spec.Disk, ref.Order
		}
	})
	switch {
	case err == nil && !ok:
		return noSuch()
	case err == nil && m.Planned > ref.Order:
		return unresolved(errors.New("simulated: a later order has changed the plan of this server"))
	}
	return found(m, ok, err)
}

// Describe reads a machine by the provider's own id.
func (p *Provider) Describe(ctx context.Context, providerRef string) berth.Outcome {
	if err := pause(ctx, p.options.Delay); err != nil {
		return unresolved(err)
	}
	m, ok, err := p.journal.byID(providerRef)
	return found(m, ok, err)
}

// Activate sets up a network service, once for an order.
func (p *Provider) Activate(ctx context.Context, ref berth.Ref, spec berth.NetworkSpec) berth.Outcome {
	if err := pause(ctx, p.options.Delay); err != nil {
		return unresolved(err)
	}
	m, _, err := p.journal.make(ref.Order, Machine{Sort: berth.NetworkService, Plan: spec.Product})
	if err != nil {
		return unresolved(err)
	}
	return m.outcome()
}

// Machines lists everything that was ever made or refused, in the order of making, as it is now.
func (p *Provider) Machines() ([]Machine, error) { return p.journal.all() }

func found(m Machine, ok bool, err error) berth.Outcome {
	switch {
	case err != nil:
		return unresolved(err)
	case !ok:
		return berth.Outcome{Verdict: berth.Absent}
	}
	return m.outcome()
}

func (m Machine) outcome() berth.Outcome {
	if m.Refused {
		return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("simulated: refused")}
	}
	if m.Gone {
		return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("simulated: the machine of this order was deleted")}
	}
	return berth.Outcome{Verdict: berth.Done, Result: berth.Result{
		ProviderRef: m.id(), ServerNo: m.No, Address: m.address(),
	}}
}

func (m Machine) id() string { return fmt.Sprintf("sim-%d", m.No) }

// address is what Berth gave it, or counts through 10.0.0.0/8; the provider has no network.
func (m Machine) address() string {
	if m.Sort != berth.ServerService || m.Address != "" {
		return m.Address
	}
	n := uint32(m.No)                                                   // #nosec G115 -- an address needs 24 bits of it
	return fmt.Sprintf("10.%d.%d.%d", byte(n>>16), byte(n>>8), byte(n)) // #nosec G115 -- one byte after the other
}

func unresolved(err error) berth.Outcome {
	return berth.Outcome{Verdict: berth.Unresolved, Reason: err}
}

// pause waits as long as a call takes; a call that is cut short has no certain answer.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
