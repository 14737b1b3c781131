package libvirt

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	lv "github.com/digitalocean/go-libvirt"

	"github.com/berth-host/berth"
)

// session is one connection for one call of the driver. libvirt's client knows no contexts and doesn't reconnect; a
// connection that begins and ends with the call needs neither, and costs 4 ms.
type session struct {
	ctx  context.Context
	l    *lv.Libvirt
	now  func() int64
	conn *bound
}

// bound is a connection that ends with its context. Closing it is what wakes a caller that waits for an answer, and
// refusing to write keeps a process that was paused from going on with what has been given up.
type bound struct {
	net.Conn
	ctx  context.Context
	once sync.Once
	lost chan struct{} // closed when no answer can come any more
}

func (b *bound) Write(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.Conn.Write(p)
}

func (b *bound) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if err != nil {
		b.once.Do(func() { close(b.lost) })
	}
	return n, err
}

// dialed hands a connection to the client, which wants to dial by itself.
type dialed struct{ conn net.Conn }

func (d dialed) Dial() (net.Conn, error) { return d.conn, nil }

// with connects, runs f and disconnects, all within ctx.
func (d *Driver) with(ctx context.Context, f func(*session) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // closes the connection, whatever state it is in
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", d.o.Socket)
	if err != nil {
		return fmt.Errorf("connect to libvirt: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	b := &bound{Conn: conn, ctx: ctx, lost: make(chan struct{})}
	s := &session{ctx: ctx, l: lv.NewWithDialer(dialed{b}), now: d.o.Now, conn: b}
	err = s.l.ConnectToURI(lv.ConnectURI(d.o.URI))
	if err == nil {
		if err = f(s); err == nil {
			_ = s.l.ConnectClose() // a courtesy: the end of the connection says the same
		}
	}
	if cause := ctx.Err(); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("libvirt: %w (%v)", cause, err)
	}
	if err != nil {
		return fmt.Errorf("libvirt: %w", err)
	}
	return nil
}

// change runs a call whose outcome is certain unless there's an error.
func (d *Driver) change(ctx context.Context, f func(*session) (berth.Outcome, error)) berth.Outcome {
	var out berth.Outcome
	err := d.with(ctx, func(s *session) (err error) {
		out, err = f(s)
		return err
	})
	if err != nil {
		return berth.Outcome{Verdict: berth.Unresolved, Reason: err}
	}
	return out
}

// onExisting runs a call on a server that must be there, and refuses when it isn't.
func (d *Driver) onExisting(ctx context.Context, providerRef string, f func(*session, machine) (berth.Outcome, error)) berth.Outcome {
	id, ok := parseUUID(providerRef)
	if !ok {
		return refused(errNoServer)
	}
	return d.change(ctx, func(s *session) (berth.Outcome, error) {
		m, ok, err := s.machine(id)
		if err != nil {
			return berth.Outcome{}, err
		}
		if !ok {
			return refused(errNoServer), nil
		}
		out, err := f(s, m)
		if is(err, lv.ErrNoDomain) { // deleted meanwhile
			return refused(errNoServer), nil
		}
		return out, err
	})
}

var errNoServer = errors.New("there is no such server on this node")

// is reports whether an error is libvirt's, with one of these numbers.
func is(err error, numbers ...lv.ErrorNumber) bool {
	var e lv.Error
	return errors.As(err, &e) && slices.Contains(numbers, lv.ErrorNumber(e.Code)) // #nosec G115 -- libvirt's numbers are small
}

// machine reads a domain by its UUID; false when there's none.
func (s *session) machine(id lv.UUID) (m machine, ok bool, err error) {
	dom, err := s.l.DomainLookupByUUID(id)
	if err == nil {
		m, err = s.machineOf(dom)
	}
	if is(err, lv.ErrNoDomain) {
		return machine{}, false, nil
	}
	return m, err == nil, err
}

func (s *session) machineOf(dom lv.Domain) (machine, error) {
	x, err := s.read(dom, lv.DomainXMLInactive)
	if err != nil {
		return machine{}, err
	}
	running, err := s.running(dom)
	return x.machine(dom, running), err
}

// read is a domain's XML: as it will be at its next start with lv.DomainXMLInactive, as it is now with 0.
func (s *session) read(dom lv.Domain, flags lv.DomainXMLFlags) (x domainXML, err error) {
	text, err := s.l.DomainGetXMLDesc(dom, flags)
	if err != nil {
		return x, err
	}
	return parseDomain(text)
}

func (s *session) running(dom lv.Domain) (bool, error) {
	state, _, err := s.l.DomainGetState(dom, 0)
	if err != nil {
		return false, err
	}
	switch lv.DomainState(state) {
	case lv.DomainRunning, lv.DomainBlocked, lv.DomainPaused, lv.DomainShutdown, lv.DomainPmsuspended:
		return true, nil
	}
	return false, nil
}

// start starts a domain, and lets it start with the node from now on.
func (s *session) start(dom lv.Domain) error {
	_, err := s.l.DomainCreateWithFlags(dom, 0)
	if is(err, lv.ErrOperationInvalid) {
		if running, asked := s.running(dom); asked == nil && running {
			err = nil // somebody was faster
		}
	}
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return s.l.DomainSetAutostart(dom, 1)
}

// made notes that a server was started once, and is Done.
func (s *session) made(m machine) (berth.Outcome, error) {
	m.note.Created = s.now()
	return m.done(), s.setNote(m)
}

// setNote writes what we note in a domain. Only the lasting definition has it: that is the one we read.
func (s *session) setNote(m machine) error {
	err := s.l.DomainSetMetadata(m.dom, int32(lv.DomainMetadataElement), lv.OptString{m.note.element("")},
		lv.OptString{notePrefix}, lv.OptString{noteSpace}, lv.DomainAffectConfig)
	if err != nil {
		return fmt.Errorf("write the domain's metadata: %w", err)
	}
	return nil
}

// setFigures changes cores and memory in the lasting definition. What is there may never be more than the maximum, so
// the order of the two depends on where it goes.
func (s *session) setFigures(m machine, cores, memory int64) error {
	flags := []uint32{uint32(lv.DomainVCPUConfig), uint32(lv.DomainVCPUConfig | lv.DomainVCPUMaximum)}
	if cores > m.cores {
		slices.Reverse(flags)
	}
	for _, f := range flags {
		if err := s.l.DomainSetVcpusFlags(m.dom, uint32(cores), f); err != nil { // #nosec G115 -- at most maxCores
			return fmt.Errorf("set the cores: %w", err)
		}
	}
	for _, f := range []lv.DomainMemoryModFlags{lv.DomainMemConfig | lv.DomainMemMaximum, lv.DomainMemConfig} {
		if err := s.l.DomainSetMemoryFlags(m.dom, uint64(memory), uint32(f)); err != nil { // #nosec G115 -- judged before
			return fmt.Errorf("set the memory: %w", err)
		}
	}
	return nil
}

// parseUUID reads a UUID as libvirt writes it; false for anything else.
func parseUUID(text string) (id lv.UUID, ok bool) {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(raw) != len(id) {
		return id, false
	}
	id = lv.UUID(raw)
	return id, formatUUID(id) == strings.ToLower(text)
}

func formatUUID(id lv.UUID) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
