package libvirt

import (
	"context"
	"fmt"
	"time"

	lv "github.com/digitalocean/go-libvirt"

	"github.com/berth-host/berth"
)

// Inspect reads one server: Done, Absent or Unresolved.
func (d *Driver) Inspect(ctx context.Context, providerRef string) (berth.Machine, berth.Outcome) {
	id, ok := parseUUID(providerRef)
	if !ok {
		return berth.Machine{}, berth.Outcome{Verdict: berth.Absent}
	}
	var found berth.Machine
	out := d.change(ctx, func(s *session) (berth.Outcome, error) {
		m, ok, err := s.machine(id)
		if err != nil || !ok {
			return berth.Outcome{Verdict: berth.Absent}, err
		}
		found, err = s.inspect(m)
		return m.done(), err
	})
	if out.Verdict != berth.Done {
		return berth.Machine{}, out
	}
	return found, out
}

// Machines hands every domain of the node to each, other programs' too.
func (d *Driver) Machines(ctx context.Context, each func(berth.Machine) error) error {
	var theirs error // of each, and none of libvirt's
	err := d.with(ctx, func(s *session) error {
		domains, _, err := s.l.ConnectListAllDomains(1, 0)
		if err != nil {
			return err
		}
		for _, dom := range domains {
			m, err := s.machineOf(dom)
			var found berth.Machine
			if err == nil {
				found, err = s.inspect(m)
			}
			if is(err, lv.ErrNoDomain) {
				continue // deleted since it was listed
			}
			if err != nil {
				return fmt.Errorf("domain %s: %w", dom.Name, err)
			}
			if theirs = each(found); theirs != nil {
				return nil
			}
		}
		return nil
	})
	if theirs != nil {
		return theirs
	}
	return err
}

// inspect tells of a domain what it really has, the disk's size included.
func (s *session) inspect(m machine) (berth.Machine, error) {
	owner, order, _ := berth.ReadMark(m.note.Mark)
	found := berth.Machine{
		Result: m.done().Result, Installation: owner, Order: order, Name: m.title, PlanID: m.note.Plan,
		Cores: m.cores, RAM: m.memory << 10, Running: m.running, Suspended: m.note.Suspended,
		Busy: owner != "" && m.note.Created == 0, CreatedAt: m.note.Created,
	}
	if m.disk == "" {
		return found, nil
	}
	_, capacity, err := s.disk(m)
	if is(err, lv.ErrNoStorageVol, lv.ErrNoStoragePool) {
		return found, nil // a server whose disk is lost is one without a disk
	}
	found.Disk = int64(capacity >> 30) // #nosec G115 -- a disk's size
	return found, err
}

// window is how long Usage looks: libvirt has counters only, and no history.
const window = time.Second

// Usage looks at a running server's counters for a second and tells the load of that second.
func (d *Driver) Usage(ctx context.Context, providerRef string) (berth.Usage, berth.Outcome) {
	var usage berth.Usage
	out := d.onExisting(ctx, providerRef, func(s *session, m machine) (berth.Outcome, error) {
		if !m.running {
			return m.done(), nil
		}
		begin := time.Now()
		first, err := s.counters(m)
		if err != nil {
			return berth.Outcome{}, err
		}
		timer := time.NewTimer(window)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return berth.Outcome{}, ctx.Err()
		}
		second, err := s.counters(m)
		if err != nil {
			return berth.Outcome{}, err
		}
		usage = second.since(first, time.Since(begin).Seconds(), s.now())
		return m.done(), nil
	})
	return usage, out
}

// counters of a running domain since its start.
type counters struct {
	cpu              float64 // seconds
	memory           float64 // bytes now
	read, written    float64
	received, sent   float64
	hasDisk, hasCard bool
}

func (s *session) counters(m machine) (c counters, err error) {
	_, _, _, _, nanoseconds, err := s.l.DomainGetInfo(m.dom)
	if err != nil {
		return c, err
	}
	c.cpu = float64(nanoseconds) / 1e9
	stats, err := s.l.DomainMemoryStats(m.dom, uint32(lv.DomainMemoryStatNr), 0)
	if err != nil {
		return c, err
	}
	c.memory = usedMemory(stats)
	if m.disk != "" {
		_, read, _, written, _, err := s.l.DomainBlockStats(m.dom, m.disk)
		if err != nil {
			return c, err
		}
		c.read, c.written, c.hasDisk = float64(read), float64(written), true
	}
	if m.mac != "" {
		received, _, _, _, sent, _, _, _, err := s.l.DomainInterfaceStats(m.dom, m.mac)
		if err != nil {
			return c, err
		}
		c.received, c.sent, c.hasCard = float64(received), float64(sent), true
	}
	return c, nil
}

// usedMemory is what the guest uses where its balloon driver tells, otherwise what it takes of the node.
func usedMemory(stats []lv.DomainMemoryStat) float64 {
	kib := map[lv.DomainMemoryStatTags]uint64{}
	for _, stat := range stats {
		kib[lv.DomainMemoryStatTags(stat.Tag)] = stat.Val
	}
	if available, usable := kib[lv.DomainMemoryStatAvailable], kib[lv.DomainMemoryStatUsable]; available > usable && usable > 0 {
		return float64(available-usable) * 1024
	}
	return float64(kib[lv.DomainMemoryStatRss]) * 1024
}

// since is the usage between two looks, at the instant of the second.
func (c counters) since(first counters, seconds float64, at int64) berth.Usage {
	rate := func(now, then float64) float64 { return max(0, now-then) / seconds }
	u := berth.Usage{
		CPU:    []berth.Sample{{At: at, In: 100 * rate(c.cpu, first.cpu)}},
		Memory: []berth.Sample{{At: at, In: c.memory}},
	}
	if c.hasDisk {
		u.Disk = []berth.Sample{{At: at, In: rate(c.read, first.read), Out: rate(c.written, first.written)}}
	}
	if c.hasCard {
		u.Network = []berth.Sample{{At: at, In: rate(c.received, first.received), Out: rate(c.sent, first.sent)}}
	}
	return u
}
