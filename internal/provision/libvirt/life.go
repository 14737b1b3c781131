package libvirt

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	lv "github.com/digitalocean/go-libvirt"

	"github.com/berth-host/berth"
)

var errSuspended = errors.New("the server is suspended; resume it first")

// defineAndStart writes the domain and starts it.
func (d *Driver) defineAndStart(s *session, m machine, image Image) (machine, error) {
	text, err := d.define(m, image, filepath.Join(d.o.Storage, diskName(m.id)), filepath.Join(d.o.Storage, seedName(m.id)))
	if err != nil {
		return m, err
	}
	if m.dom, err = s.l.DomainDefineXML(text); err != nil {
		return m, fmt.Errorf("define: %w", err)
	}
	m.running = true
	return m, s.start(m.dom)
}

// Power starts, stops or restarts a server. A stop lets the guest shut down, and cuts it off after the grace; what was
// stopped stays so when the node restarts.
func (d *Driver) Power(ctx context.Context, providerRef string, action berth.PowerAction) berth.Outcome {
	return d.onExisting(ctx, providerRef, func(s *session, m machine) (berth.Outcome, error) {
		if m.note.Suspended && action != berth.PowerStop {
			return refused(errSuspended), nil
		}
		switch action {
		case berth.PowerStop:
			if err := s.l.DomainSetAutostart(m.dom, 0); err != nil {
				return berth.Outcome{}, err
			}
			return m.done(), d.stop(s, m)
		case berth.PowerRestart:
			if err := d.stop(s, m); err != nil {
				return berth.Outcome{}, err
			}
			return d.run(s, m)
		case berth.PowerStart:
			return d.run(s, m)
		}
		return refused(fmt.Errorf("%q is no power action", action)), nil
	})
}

// run starts a server, and takes that back when it was suspended at the same time: a suspension first writes itself
// down and then stops the server, so that one of the two sees the other.
func (d *Driver) run(s *session, m machine) (berth.Outcome, error) {
	if err := s.start(m.dom); err != nil {
		return berth.Outcome{}, err
	}
	now, err := s.machineOf(m.dom)
	if err != nil {
		return berth.Outcome{}, err
	}
	if now.note.Suspended {
		return refused(errSuspended), d.cut(s, m)
	}
	return m.done(), nil
}

// stop shuts a server down: the guest is asked, and cut off when it hasn't done so within the grace, which is at most
// half of the time that the call has left.
func (d *Driver) stop(s *session, m machine) error {
	running, err := s.running(m.dom)
	if err != nil || !running {
		return err
	}
	grace := d.o.Grace
	if deadline, ok := s.ctx.Deadline(); ok {
		grace = min(grace, time.Until(deadline)/2)
	}
	// By the power button and not by the agent: one that hangs would hold the call longer than the grace.
	if err := s.l.DomainShutdownFlags(m.dom, lv.DomainShutdownAcpiPowerBtn); err != nil && !is(err, lv.ErrOperationInvalid) {
		return fmt.Errorf("shut down: %w", err)
	}
	limit := time.NewTimer(grace)
	defer limit.Stop()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if running, err := s.running(m.dom); err != nil || !running {
				return err
			}
		case <-limit.C:
			return s.destroy(m.dom)
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

// cut ends a server at once and for good.
func (d *Driver) cut(s *session, m machine) error {
	if err := s.l.DomainSetAutostart(m.dom, 0); err != nil {
		return err
	}
	return s.destroy(m.dom)
}

// destroy pulls the plug. A domain that doesn't run is as it should be.
func (s *session) destroy(dom lv.Domain) error {
	err := s.l.DomainDestroyFlags(dom, 0)
	if is(err, lv.ErrOperationInvalid) {
		if running, asked := s.running(dom); asked == nil && !running {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("pull the plug: %w", err)
	}
	return nil
}

// Suspend stops a server and keeps it from being started.
func (d *Driver) Suspend(ctx context.Context, providerRef string) berth.Outcome {
	return d.onExisting(ctx, providerRef, func(s *session, m machine) (berth.Outcome, error) {
		if !m.note.Suspended {
			m.note.Suspended = true
			if err := s.setNote(m); err != nil {
				return berth.Outcome{}, err
			}
		}
		if err := s.l.DomainSetAutostart(m.dom, 0); err != nil {
			return berth.Outcome{}, err
		}
		return m.done(), d.stop(s, m)
	})
}

// Resume starts a suspended server. One that isn't suspended stays as it is: its owner may have stopped it.
func (d *Driver) Resume(ctx context.Context, providerRef string) berth.Outcome {
	return d.onExisting(ctx, providerRef, func(s *session, m machine) (berth.Outcome, error) {
		if !m.note.Suspended {
			return m.done(), nil
		}
		// Started before that is written down: a call that dies in between is repeated whole.
		if err := s.start(m.dom); err != nil {
			return berth.Outcome{}, err
		}
		m.note.Suspended = false
		return m.done(), s.setNote(m)
	})
}

// Reinstall puts a new disk of the same size under the server and starts it. Address, cores and memory stay.
func (d *Driver) Reinstall(ctx context.Context, providerRef string, spec berth.ServerSpec) berth.Outcome {
	return d.onExisting(ctx, providerRef, func(s *session, m machine) (berth.Outcome, error) {
		if m.order(d.o.Installation) == "" {
			return refused(errors.New("the server wasn't made by this installation; its disks are not known")), nil
		}
		if m.note.Suspended {
			return refused(errSuspended), nil
		}
		spec.Cores, spec.RAM, spec.Disk = m.cores, m.memory<<10, m.note.Disk
		image, why := d.image(spec)
		if why != nil {
			return refused(why), nil
		}
		base, why, err := s.base(image, spec.Disk)
		if why != nil {
			return refused(why), nil
		}
		if err != nil {
			return berth.Outcome{}, err
		}
		if spec.Name != "" {
			m.title = spec.Name
		}
		m.note.Image = spec.ImageID
		if err := s.destroy(m.dom); err != nil {
			return berth.Outcome{}, err
		}
		pool, err := s.pool(d.o.Storage)
		if err != nil {
			return berth.Outcome{}, err
		}
		if err := s.discard(pool, diskName(m.id)); err != nil {
			return berth.Outcome{}, err
		}
		if err := s.overlay(pool, diskName(m.id), base, gigabytes(spec.Disk)); err != nil {
			return berth.Outcome{}, err
		}
		if err := s.replace(pool, seedName(m.id), d.seed(m.id, m.title, m.note, crypt(spec.Password, newSalt()))); err != nil {
			return berth.Outcome{}, err
		}
		m, err = d.defineAndStart(s, m, image)
		return m.done(), err
	})
}

// ResetPassword gives root the proposed password through the guest's agent, as a hash. Without an agent in the guest
// nothing but a reinstallation sets one, so it's refused.
func (d *Driver) ResetPassword(ctx context.Context, providerRef, proposed string) (string, berth.Outcome) {
	out := d.onExisting(ctx, providerRef, func(s *session, m machine) (berth.Outcome, error) {
		if !m.running {
			return refused(errors.New("the server doesn't run; start it first")), nil
		}
		err := s.l.DomainSetUserPassword(m.dom, lv.OptString{"root"}, lv.OptString{crypt(proposed, newSalt())}, lv.DomainPasswordEncrypted)
		if is(err, lv.ErrAgentUnresponsive, lv.ErrArgumentUnsupported, lv.ErrOperationUnsupported) {
			return refused(fmt.Errorf("the package qemu-guest-agent doesn't answer in the server: %w", err)), nil
		}
		return m.done(), err
	})
	if out.Verdict != berth.Done {
		return "", out
	}
	return proposed, out
}

// Rename changes the domain's title. The guest's own host name is its owner's.
func (d *Driver) Rename(ctx context.Context, providerRef, name string) berth.Outcome {
	return d.onExisting(ctx, providerRef, func(s *session, m machine) (berth.Outcome, error) {
		return m.done(), s.l.DomainSetMetadata(m.dom, int32(lv.DomainMetadataTitle), lv.OptString{title(name)}, nil, nil, lv.DomainAffectConfig)
	})
}

// Delete removes a server with its disks. Of a domain that wasn't made here the disks stay.
func (d *Driver) Delete(ctx context.Context, providerRef string) berth.Outcome {
	id, ok := parseUUID(providerRef)
	if !ok {
		return berth.Outcome{Verdict: berth.Done}
	}
	return d.change(ctx, func(s *session) (berth.Outcome, error) {
		m, _, err := s.machine(id)
		if err != nil {
			return berth.Outcome{}, err
		}
		m.id = id
		return m.done(), d.remove(s, id)
	})
}

// remove undoes what make does, backwards: what is gone is gone. The domain goes last, since it alone tells what it was;
// without its disks it can't run any more.
func (d *Driver) remove(s *session, id lv.UUID) error {
	dom, err := s.l.DomainLookupByUUID(id)
	there := err == nil
	if err != nil && !is(err, lv.ErrNoDomain) {
		return err
	}
	if there {
		if err := s.destroy(dom); err != nil && !is(err, lv.ErrNoDomain) {
			return err
		}
	}
	pool, err := s.pool(d.o.Storage)
	if err != nil {
		return err
	}
	for _, name := range []string{diskName(id), seedName(id)} {
		if err := s.discard(pool, name); err != nil {
			return err
		}
	}
	if !there {
		return nil
	}
	const everything = lv.DomainUndefineManagedSave | lv.DomainUndefineSnapshotsMetadata | lv.DomainUndefineCheckpointsMetadata | lv.DomainUndefineNvram
	if err := s.l.DomainUndefineFlags(dom, everything); err != nil && !is(err, lv.ErrNoDomain) {
		return fmt.Errorf("undefine: %w", err)
	}
	return nil
}
