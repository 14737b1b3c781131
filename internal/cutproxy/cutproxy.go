// Package cutproxy is a TCP proxy for tests that lose answers on purpose. It
// stands between a client and its server and can make real what a distributed
// program fears most: the server did what it was asked, and the client will
// never hear of it.
//
// It knows no protocol: a connection is bytes from the client (requests) and
// bytes from the server (answers). Only tests and the programs that test may
// import it.
package cutproxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// patience bounds the waiting for a server to have executed something.
const patience = 20 * time.Second

// Proxy forwards connections from its own address to a target. All methods may
// be used by several goroutines.
type Proxy struct {
	target   string
	listener net.Listener
	stop     context.CancelFunc // ends a cut's polling
	ctx      context.Context
	running  sync.WaitGroup

	mu       sync.Mutex
	links    map[*link]struct{}
	opened   int
	armed    *Cut // waits for its pattern; nil most of the time
	answers  gate
	requests gate
	over     bool
}

// gate is a channel that is closed while bytes of one direction may pass.
type gate chan struct{}

func newGate() gate {
	g := make(gate)
	close(g)
	return g
}

// shut makes the gate one that nothing passes.
func (g *gate) shut() {
	select {
	case <-*g:
		*g = make(gate)
	default: // shut already
	}
}

// open lets everything pass that has waited.
func (g gate) open() {
	select {
	case <-g:
	default:
		close(g)
	}
}

// Start makes a proxy in front of target ("127.0.0.1:5432") that is closed when
// the test ends.
func Start(t testing.TB, target string) *Proxy {
	t.Helper()
	p, err := Open(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Open is Start for a program without a test: the caller calls Close.
func Open(target string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, listener: listener, links: map[*link]struct{}{}, answers: newGate(), requests: newGate()}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.running.Go(p.accept)
	return p, nil
}

// Before makes a proxy in front of the server that rawURL names and returns
// the URL that leads through it: for postgres:// and http:// addresses alike.
// The test fails when the URL has no host and port.
func Before(t testing.TB, rawURL string) (*Proxy, string) {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" || u.Port() == "" {
		// Not printed: it may hold a password.
		t.Fatal("the proxy wants a URL with host and port")
	}
	p := Start(t, u.Host)
	u.Host = p.Addr()
	return p, u.String()
}

// Addr is the address that clients dial.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut is one planned loss of an answer, see Arm.
type Cut struct {
	pattern  string
	executed func(context.Context) (bool, error)
	done     chan struct{}
	err      error // valid once done is closed
}

// Arm plans one cut. The first bytes of any client that hold pattern are
// passed on, and from then on that client gets no answer. executed is asked
// again and again until it says that the server has done what it was told (it
// must look by another way than through the proxy); then both sides are closed.
// Other connections go on, and the next one that holds the pattern is not cut.
// A nil executed closes as soon as the server has sent its (lost) answer.
//
// The test must call Wait: without it a cut that never happened passes.
func (p *Proxy) Arm(pattern string, executed func(context.Context) (bool, error)) *Cut {
	c := &Cut{pattern: pattern, executed: executed, done: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = c
	return c
}

// Wait returns when the connection has been cut. The test fails when no client
// ever sent the pattern, or when the server did not execute it in time.
func (c *Cut) Wait(t testing.TB) {
	t.Helper()
	if err := c.wait(patience + 5*time.Second); err != nil {
		t.Fatal(err)
	}
}

func (c *Cut) wait(limit time.Duration) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	select {
	case <-c.done:
		return c.err
	case <-deadline.C:
		return fmt.Errorf("cutproxy: no client sent %q", c.pattern)
	}
}

// Stall withholds all answers from now on, on new connections too, without
// closing anything, as a network does that has stopped passing packets one
// way. Requests still reach the server. Resume delivers what was withheld. It
// returns how many connections were open.
func (p *Proxy) Stall() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.shut()
	return len(p.links)
}

// StallRequests is Stall for the other way: the server hears nothing, and after
// Resume it hears also what was said by clients that have given up since.
func (p *Proxy) StallRequests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests.shut()
	return len(p.links)
}

// Resume ends a Stall, in both directions.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.open()
	p.requests.open()
}

// Choice picks connections: it is asked once for each that is open, the oldest
// first. Nil picks all.
type Choice func() bool

// HalfClose ends the answers of connections that are open now: their clients
// read the end of the stream, while what they write still reaches the server.
// It returns how many there were.
func (p *Proxy) HalfClose(choose Choice) int {
	links := p.open(choose)
	for _, l := range links {
		l.mute()
		_ = l.client.CloseWrite()
	}
	return len(links)
}

// HalfCloseRequests is HalfClose for the other way: the server reads the end of
// the stream, and what it answers still reaches its client.
func (p *Proxy) HalfCloseRequests(choose Choice) int {
	links := p.open(choose)
	for _, l := range links {
		_ = l.server.CloseWrite()
	}
	return len(links)
}

// CutAll closes every connection that is open now, on both sides, and returns
// how many there were. New connections are taken.
func (p *Proxy) CutAll() int { return p.CutSome(nil) }

// CutSome is CutAll for those that are chosen.
func (p *Proxy) CutSome(choose Choice) int {
	links := p.open(choose)
	for _, l := range links {
		l.close()
	}
	return len(links)
}

// Close cuts everything, takes no more connections and returns when nothing of
// the proxy runs any more. The end of the test calls it too.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	p.stop()
	_ = p.listener.Close()
	p.CutAll()
	p.running.Wait()
}

// open lists the connections that are open now and chosen, in the order in
// which they were opened: a choice by a seeded generator depends on it.
func (p *Proxy) open(choose Choice) []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	links := slices.SortedFunc(maps.Keys(p.links), func(a, b *link) int { return a.number - b.number })
	if choose == nil {
		return links
	}
	return slices.DeleteFunc(links, func(*link) bool { return !choose() })
}

// accept takes connections until the listener is closed.
func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client.(*net.TCPConn)) })
	}
}

// serve is the life of one connection.
func (p *Proxy) serve(client *net.TCPConn) {
	server, err := (&net.Dialer{}).DialContext(p.ctx, "tcp", p.target)
	if err != nil {
		_ = client.Close() // what a client of a dead server sees
		return
	}
	l := newLink(p, client, server.(*net.TCPConn))
	p.mu.Lock()
	over := p.over
	if !over {
		p.opened++
		l.number = p.opened
		p.links[l] = struct{}{}
	}
	p.mu.Unlock()
	if !over {
		// A side that has said all may still listen: both directions end
		// before the connection does.
		ended := make(chan struct{})
		go func() { l.answers(); close(ended) }()
		l.requests()
		<-ended
	}
	l.close()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// triggered hands out the armed cut when the bytes that the client of l sent
// since it was armed hold its pattern: once.
func (p *Proxy) triggered(l *link, request []byte) *Cut {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.looking != p.armed {
		// Bytes from before the arming don't count: an earlier COMMIT on
		// this connection is not the one that was meant.
		l.looking, l.recent = p.armed, nil
	}
	if p.armed == nil {
		return nil
	}
	c := p.armed
	l.recent = append(l.recent, request...)
	if !bytes.Contains(l.recent, []byte(c.pattern)) {
		// The pattern may arrive in two pieces.
		l.recent = l.recent[max(0, len(l.recent)-len(c.pattern)+1):]
		return nil
	}
	p.armed = nil
	return c
}

// carry ends the cut c on l once the server has executed.
func (p *Proxy) carry(c *Cut, l *link) {
	c.err = p.await(c, l)
	l.close()
	close(c.done)
}

// await asks whether the server has executed, until it has.
func (p *Proxy) await(c *Cut, l *link) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if c.executed == nil {
		select {
		case <-l.answered:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("cutproxy: the server didn't answer %q within %v", c.pattern, patience)
		}
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := c.executed(ctx)
		if done {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("cutproxy: the server didn't execute %q within %v", c.pattern, patience), err)
		}
	}
}
