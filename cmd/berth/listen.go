package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The limits of a connection. Headers of a client that means well come at once and are small; the body is 64 KiB at
// most. The answer has its own limit, which follows from the patience.
const (
	headerTimeout  = 10 * time.Second
	requestTimeout = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeader      = 32 << 10
	// answerSlack is what an answer may take beyond the patience: the writes before and after it.
	answerSlack = 30 * time.Second
)

// listener is one HTTP server on one address.
type listener struct {
	name   string
	server *http.Server
	net    net.Listener
	tls    bool
	failed chan error // gets the error that ended it, if any
}

// listen opens an address. Nothing is answered before serve.
func listen(name, address string, h http.Handler, answer time.Duration, log *slog.Logger, config *tls.Config) (*listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; choose another address", name, err)
	}
	return &listener{
		name: name, net: l, tls: config != nil, failed: make(chan error, 1),
		server: &http.Server{
			Handler: h, TLSConfig: config, ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout, WriteTimeout: answer,
			IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, DisableGeneralOptionsHandler: true,
			ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
	}, nil
}

// serve answers from now on, in a goroutine of its own.
func (l *listener) serve() {
	go func() {
		var err error
		if l.tls {
			err = l.server.ServeTLS(l.net, "", "")
		} else {
			err = l.server.Serve(l.net)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			l.failed <- fmt.Errorf("%s: %w", l.name, err)
		}
	}()
}

// url is the address that was really opened, with the port that the system chose for :0.
func (l *listener) url() string {
	if l.tls {
		return "https://" + l.net.Addr().String()
	}
	return "http://" + l.net.Addr().String()
}

// stop takes no more connections and waits for the answers under way; those that outlast ctx are cut.
func (l *listener) stop(ctx context.Context) {
	if l.server.Shutdown(ctx) != nil {
		_ = l.server.Close()
	}
	_ = l.net.Close() // Shutdown closes only what was served
}
