package sim

import (
	"context"
	"errors"
	"fmt"

	"github.com/berth-host/berth"
)

var (
	_ berth.Deleter          = (*Provider)(nil)
	_ berth.Powerer          = (*Provider)(nil)
	_ berth.Suspender        = (*Provider)(nil)
	_ berth.Reinstaller      = (*Provider)(nil)
	_ berth.PasswordResetter = (*Provider)(nil)
	_ berth.Renamer          = (*Provider)(nil)
	_ berth.Meter            = (*Provider)(nil)
	_ berth.ServerDriver     = Driver{}
	_ berth.Inspector        = Driver{}
)

func noSuch() berth.Outcome {
	return berth.Outcome{Verdict: berth.Refused, Reason: errors.New("simulated: no such server")}
}

// change edits a server. A refusal leaves it as it was.
func (p *Provider) change(ctx context.Context, providerRef string, edit func(m *Machine) error) berth.Outcome {
	if err := pause(ctx, p.options.Delay); err != nil {
		return unresolved(err)
	}
	var refusal error
	m, ok, err := p.journal.change(providerRef, func(m *Machine) {
		before := *m
		if refusal = edit(m); refusal != nil {
			*m = before
		}
	})
	switch {
	case err == nil && !ok:
		return noSuch()
	case refusal != nil:
		return berth.Outcome{Verdict: berth.Refused, Reason: refusal}
	}
	return found(m, ok, err)
}

// Delete deletes a server.
func (p *Provider) Delete(ctx context.Context, providerRef string) berth.Outcome {
	out := p.change(ctx, providerRef, func(m *Machine) error {
		m.Gone = true
		return nil
	})
	if out.Verdict == berth.Refused { // it's gone already, which found says of one that was deleted just now, too
		return berth.Outcome{Verdict: berth.Done}
	}
	return out
}

// Power starts, stops or restarts a server.
func (p *Provider) Power(ctx context.Context, providerRef string, action berth.PowerAction) berth.Outcome {
	return p.change(ctx, providerRef, func(m *Machine) error {
		switch {
		case action == berth.PowerStop:
			m.Off = true
		case action != berth.PowerStart && action != berth.PowerRestart:
			return fmt.Errorf("simulated: there is no power action %q", string(action))
		case m.Suspended:
			return errors.New("simulated: the server is suspended")
		default:
			m.Off = false
		}
		return nil
	})
}

// Suspend keeps a server from running.
func (p *Provider) Suspend(ctx context.Context, providerRef string) berth.Outcome {
	return p.change(ctx, providerRef, func(m *Machine) error {
		m.Suspended = true
		return nil
	})
}

// Resume ends a suspension. The server then runs, unless it was stopped before.
func (p *Provider) Resume(ctx context.Context, providerRef string) berth.Outcome {
	return p.change(ctx, providerRef, func(m *Machine) error {
		m.Suspended = false
		return nil
	})
}

// Reinstall installs an image anew.
func (p *Provider) Reinstall(ctx context.Context, providerRef string, spec berth.ServerSpec) berth.Outcome {
	return p.change(ctx, providerRef, func(m *Machine) error {
		m.Image, m.Off = spec.ImageID, false
		m.Passwords++
		return nil
	})
}

// ResetPassword takes the proposed password.
func (p *Provider) ResetPassword(ctx context.Context, providerRef, proposed string) (string, berth.Outcome) {
	out := p.change(ctx, providerRef, func(m *Machine) error {
		m.Passwords++
		return nil
	})
	if out.Verdict != berth.Done {
		return "", out
	}
	return proposed, out
}

// Rename gives a server another name.
func (p *Provider) Rename(ctx context.Context, providerRef, name string) berth.Outcome {
	return p.change(ctx, providerRef, func(m *Machine) error {
		m.Name = name
		return nil
	})
}

// Usage makes up the last hour of a server that runs, always the same for the same server and time.
func (p *Provider) Usage(ctx context.Context, providerRef string) (berth.Usage, berth.Outcome) {
	m, out := p.inspect(ctx, providerRef)
	if out.Verdict == berth.Absent {
		return berth.Usage{}, noSuch()
	}
	var u berth.Usage
	if out.Verdict != berth.Done || m.Off || m.Suspended {
		return u, out
	}
	const every = 5 * 60 * berth.Second
	end := p.options.Now() / every * every
	for at := end - 11*every; at <= end; at += every {
		wave := float64((at/every + m.No) % 10)
		u.CPU = append(u.CPU, berth.Sample{At: at, In: 5 + wave})
		u.Memory = append(u.Memory, berth.Sample{At: at, In: float64(m.RAM) * (0.3 + wave/100)})
		u.Disk = append(u.Disk, berth.Sample{At: at, In: 1024 * wave, Out: 2048 * wave})
		u.Network = append(u.Network, berth.Sample{At: at, In: 4096 * wave, Out: 512 * wave})
	}
	return u, out
}

func (p *Provider) inspect(ctx context.Context, providerRef string) (Machine, berth.Outcome) {
	if err := pause(ctx, p.options.Delay); err != nil {
		return Machine{}, unresolved(err)
	}
	m, ok, err := p.journal.byID(providerRef)
	return m, found(m, ok, err)
}

// Inspect reads a server as it is now.
func (p *Provider) Inspect(ctx context.Context, providerRef string) (berth.Machine, berth.Outcome) {
	m, out := p.inspect(ctx, providerRef)
	if out.Verdict != berth.Done {
		return berth.Machine{}, out
	}
	return p.machine(m), out
}

func (p *Provider) machine(m Machine) berth.Machine {
	return berth.Machine{
		Result: m.outcome().Result, Installation: p.options.Installation, Order: m.Order, Name: m.Name, PlanID: m.Plan,
		Cores: m.Cores, RAM: m.RAM, Disk: m.Disk, Running: !m.Off && !m.Suspended, Suspended: m.Suspended, CreatedAt: m.Created,
	}
}

// Driver is a provider with all that the ports ask for: it heeds the order of plan changes, and hands out the servers
// that there are. Provider.Machines is what tests count, with everything that was ever refused or deleted.
type Driver struct{ *Provider }

// Resize gives a server the figures of spec. Ids of orders sort by age: after a later order's call nothing changes.
func (d Driver) Resize(ctx context.Context, ref berth.Ref, providerRef string, spec berth.ServerSpec) berth.Outcome {
	return d.resize(ctx, ref, providerRef, spec, false)
}

// Machines hands out the servers that exist.
func (d Driver) Machines(ctx context.Context, each func(berth.Machine) error) error {
	all, err := d.Provider.Machines()
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Sort != berth.ServerService || m.Refused || m.Gone {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := each(d.machine(m)); err != nil {
			return err
		}
	}
	return nil
}
