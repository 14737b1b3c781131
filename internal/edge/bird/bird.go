// Package bird drives BIRD 2 as an edge:
//
//	bird.go       Apply, ClearTrip and State
//	file.go       the include file with all sessions, and what is read back of it
//	activate.go   from a text to the configuration in force: check, write, shut with a message, reconfigure
//	control.go    BIRD's control socket
//	protocols.go  what BIRD tells of its sessions
//
// The operator's bird.conf stays his: it includes one file, which is Berth's, and defines what that file uses (docs/drivers/bird.md).
package bird

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

var (
	_ berth.Edge        = (*Driver)(nil)
	_ berth.TripClearer = (*Driver)(nil)
)

// Options of a driver; a router is one driver. Berth runs beside BIRD, on the same machine.
type Options struct {
	Socket  string         // BIRD's control socket; /run/bird/bird.ctl when empty
	Main    string         // the operator's configuration; /etc/bird/bird.conf when empty
	Include string         // our file, which Main includes by name; /etc/bird/berth/orders.conf when empty
	Program string         // /usr/sbin/bird when empty
	Zone    *time.Location // BIRD's time zone; the machine's when nil
	Timeout time.Duration  // of one command to BIRD; 10 s when 0
	Now     func() time.Time
}

// Driver drives one BIRD.
type Driver struct {
	o Options

	turn chan struct{} // held by who changes the edge

	// Under turn: the file that BIRD has certainly read, as it was then.
	read os.FileInfo

	mu   sync.Mutex
	last berth.EdgeState // what was read last
}

// New makes a driver. It touches nothing yet.
func New(o Options) *Driver {
	for _, d := range []struct {
		field *string
		usual string
	}{{&o.Socket, "/run/bird/bird.ctl"}, {&o.Main, "/etc/bird/bird.conf"}, {&o.Include, "/etc/bird/berth/orders.conf"}, {&o.Program, "/usr/sbin/bird"}} {
		if *d.field == "" {
			*d.field = d.usual
		}
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Driver{o: o, turn: make(chan struct{}, 1)}
}

// Apply makes BIRD carry these sessions. See berth.Edge.
func (d *Driver) Apply(ctx context.Context, desired func(context.Context) (berth.EdgeConfig, error)) berth.EdgeOutcome {
	var refused []berth.EdgeRefusal
	out := d.change(ctx, func(ctx context.Context) (decide, error) {
		config, err := desired(ctx)
		if err != nil {
			return nil, err
		}
		var carried []berth.EdgeSession
		carried, refused = config.Carried()
		return func(e *edge) (plan, error) { return d.whole(e, config.Owner, carried) }, nil
	})
	out.Refused = refused
	return out
}

// whole plans that the file has these sessions and no others.
func (d *Driver) whole(e *edge, owner string, carried []berth.EdgeSession) (plan, error) {
	if err := d.owned(e, owner); err != nil {
		return plan{}, err
	}
	if said := ownerSaid(e.text); len(carried) == 0 && len(readFile(e.text)) == 0 && said != "" && said != berth.EdgeText(owner, mostOwner) {
		// Nobody has a session here yet. Two who both write their name there would have BIRD read it again and again.
		return plan{text: e.text}, nil
	}
	notices := map[string]string{}
	for _, s := range carried {
		for _, l := range s.Links() {
			if s.Status == berth.Suspended {
				notices[name(s.ServiceID, l.Peer.Is6())] = s.Shutdown()
			}
		}
	}
	return plan{text: mark(render(owner, carried), e.trips), notices: notices}, nil
}

// owned refuses a file with sessions of another owner: to write it anew would shut them all.
func (d *Driver) owned(e *edge, owner string) error {
	theirs := ownerOf(e.text)
	if theirs == "" || theirs == berth.EdgeText(owner, mostOwner) {
		return nil
	}
	return fault{fmt.Errorf("%s holds sessions of the owner %q, and this is %q: another installation or another provider of the settings "+
		"has this edge, or the provider's name or the database is not the one that it was. Nothing was changed. "+
		"If it's meant that these sessions are taken over, delete the line that begins with %q from that file",
		d.o.Include, theirs, berth.EdgeText(owner, mostOwner), ownerWord)}
}

// ClearTrip lets a session come up again. See berth.TripClearer.
func (d *Driver) ClearTrip(ctx context.Context, owner, serviceID string) berth.EdgeOutcome {
	return d.change(ctx, func(context.Context) (decide, error) {
		return func(e *edge) (plan, error) {
			if err := d.owned(e, owner); err != nil {
				return plan{}, err
			}
			cleared := false
			for _, n := range []string{name(serviceID, false), name(serviceID, true)} {
				if _, tripped := e.trips[n]; tripped {
					delete(e.trips, n)
					cleared = true
				}
			}
			// A trip that isn't in the file yet leaves the text as it is; the reconfiguration alone ends it.
			return plan{text: mark(e.text, e.trips), force: cleared}, nil
		}, nil
	})
}

// State reads how the sessions are. See berth.Edge.
func (d *Driver) State(ctx context.Context) (berth.EdgeState, error) {
	state, err := d.state(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		return d.last.Unknown(), err
	}
	if state.SeenAt >= d.last.SeenAt {
		d.last = state
	}
	return state, nil
}

func (d *Driver) state(ctx context.Context) (berth.EdgeState, error) {
	c, err := dial(ctx, d.o.Socket, d.o.Timeout)
	if err != nil {
		return berth.EdgeState{}, err
	}
	defer c.close()
	running, err := protocols(ctx, c)
	if err != nil {
		return berth.EdgeState{}, err
	}
	// The file is read second: whatever BIRD runs by then, its names are in there.
	text, err := d.readInclude()
	if err != nil {
		return berth.EdgeState{}, err
	}
	now := d.o.Now()
	state := berth.EdgeState{SeenAt: now.UnixMicro(), Owner: ownerOf(text)}
	blocks := readFile(text)
	for _, s := range servicesOf(text) {
		for _, ipv6 := range []bool{false, true} {
			n := name(s, ipv6)
			if p, ok := running[n]; ok && blocks[n] != nil {
				state.Links = append(state.Links, d.link(p, blocks[n], ipv6, now))
			}
		}
	}
	return state, nil
}

// link is a session's state, of what BIRD says and what the file has noted.
func (d *Driver) link(p protocol, b *block, ipv6 bool, now time.Time) berth.EdgeLinkState {
	l := berth.EdgeLinkState{
		ServiceID: b.service, IPv6: ipv6, Phase: p.phase, Since: instant(p.since, d.o.Zone, now),
		Suspended: b.suspended, LastError: p.reason(),
	}
	if p.phase == berth.EdgeEstablished {
		l.Accepted, l.Filtered, l.Exported = p.accepted, p.filtered, p.exported
		return l
	}
	if p.message != "" && !p.down {
		l.Message = berth.EdgeText(p.message, 200)
	}
	switch {
	case b.trip != nil:
		l.Tripped, l.TrippedAt, l.LastError = true, b.trip.at, b.trip.reason
		l.Since = b.trip.at // BIRD makes what is shut anew with every reconfiguration, and counts from there
	case p.tripped():
		l.Tripped, l.TrippedAt = true, l.Since
	}
	return l
}

// protocols asks for all sessions, by their names.
func protocols(ctx context.Context, c *control) (map[string]protocol, error) {
	// With a pattern: a bare name that BIRD doesn't know would be an error of syntax.
	r, err := c.ask(ctx, `show protocols all "svc_*"`)
	var no *refusal
	if errors.As(err, &no) && no.reply.code == codeNoMatch {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all := map[string]protocol{}
	for _, p := range readProtocols(r) {
		all[p.name] = p
	}
	return all, nil
}

// readInclude reads our file; one that isn't there is empty.
func (d *Driver) readInclude() (string, error) {
	text, err := os.ReadFile(d.o.Include)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the sessions: %w", err)
	}
	return string(text), nil
}
