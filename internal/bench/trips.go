package main

import (
	"errors"

	"net"
	"net/url"
	"sync"
	"sync/atomic"
)

// relay stands between a server and its database and counts round trips: how often the traffic of a connection turns
// from answers to questions. What is sent in one go, however many statements, is one. Counting on the wire leaves out
// nothing, and doesn't depend on what the server believes of itself.
type relay struct {
	listener net.Listener
	to       string
	trips    atomic.Int64
	bytes    atomic.Int64 // in both directions
	conns    sync.WaitGroup
}

// openRelay listens on a port of its own for what is meant for the server that a database's URL names, and returns
// the URL that leads through it.
func openRelay(database string) (*relay, string, error) {
	u, err := url.Parse(database)
	if err != nil || u.Port() == "" {
		return nil, "", errors.New("the database's URL has no host and port to relay to")
	}
	r := &relay{to: u.Host}
	if r.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, "", err
	}
	u.Host = r.listener.Addr().String()
	r.conns.Go(r.accept)
	return r, u.String(), nil
}

func (r *relay) accept() {
	for {
		near, err := r.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", r.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		var asking atomic.Bool
		r.conns.Go(func() {
			r.carry(far, near, func() {
				if !asking.Swap(true) {
					r.trips.Add(1)
				}
			})
		})
		r.conns.Go(func() { r.carry(near, far, func() { asking.Store(false) }) })
	}
}

// carry copies one direction. Its end is the end of both.
func (r *relay) carry(to, from net.Conn, seen func()) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			seen()
			r.bytes.Add(int64(n))
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// close ends the relay when the connections through it are closed.
func (r *relay) close() error {
	err := r.listener.Close()
	r.conns.Wait()
	return err
}
