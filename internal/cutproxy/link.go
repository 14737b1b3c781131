package cutproxy

import (
	"net"
	"sync"
)

// link is one connection through the proxy.
type link struct {
	proxy          *Proxy
	client, server *net.TCPConn
	number         int // 1, 2, 3... in the order of opening

	muted    chan struct{} // closed when answers are thrown away
	answered chan struct{} // closed when an answer was thrown away
	closed   chan struct{} // closed when both sides are

	muteOnce, answerOnce, closeOnce sync.Once

	// What the client sent lately and the cut for which it is kept; under
	// the proxy's lock.
	looking *Cut
	recent  []byte
}

func newLink(p *Proxy, client, server *net.TCPConn) *link {
	return &link{proxy: p, client: client, server: server,
		muted: make(chan struct{}), answered: make(chan struct{}), closed: make(chan struct{})}
}

// mute makes the client hear nothing any more.
func (l *link) mute() { l.muteOnce.Do(func() { close(l.muted) }) }

// close closes both sides. What was withheld is lost.
func (l *link) close() {
	l.closeOnce.Do(func() {
		close(l.closed)
		_ = l.client.Close()
		_ = l.server.Close()
	})
}

// requests carries bytes from the client to the server and looks for the armed
// pattern in them.
func (l *link) requests() {
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.client.Read(buffer)
		if n > 0 {
			if cut := l.proxy.triggered(l, buffer[:n]); cut != nil {
				// Muted before the server can have seen the request, so
				// that no answer to it can slip through.
				l.mute()
				l.proxy.running.Go(func() { l.proxy.carry(cut, l) })
			}
			if !l.mayAsk() {
				return
			}
			_, _ = l.server.Write(buffer[:n]) // to a server that is gone: answers tells the client
		}
		if err != nil {
			_ = l.server.CloseWrite()
			return
		}
	}
}

// mayAsk waits while the requests are stalled; false when the connection was
// closed meanwhile. A client that has given up waits, too: what it said is
// still on its way.
func (l *link) mayAsk() bool {
	l.proxy.mu.Lock()
	gate := l.proxy.requests
	l.proxy.mu.Unlock()
	select {
	case <-gate:
		return true
	case <-l.closed:
		return false
	}
}

// answers carries bytes from the server to the client, when it may.
func (l *link) answers() {
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(buffer)
		pass := l.passable()
		if !pass {
			l.answerOnce.Do(func() { close(l.answered) })
		}
		if pass && n > 0 {
			if _, err := l.client.Write(buffer[:n]); err != nil {
				l.close() // nobody is left to whom a long answer could go
			}
		}
		if err != nil {
			// The end is an answer too. A muted client hears of it when
			// whoever muted it closes.
			if pass {
				_ = l.client.CloseWrite()
			}
			return
		}
	}
}

// passable waits while the proxy is stalled. It tells whether the client may
// have the answer.
func (l *link) passable() bool {
	l.proxy.mu.Lock()
	gate := l.proxy.answers
	l.proxy.mu.Unlock()
	select {
	case <-l.muted:
		return false
	default:
	}
	select {
	case <-gate:
		return true
	case <-l.muted:
	case <-l.closed:
	}
	return false
}
