package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/berth-host/berth/internal/provision/solusvm/solusfake"
)

type fakeSolusVMCmd struct {
	Listen string `default:"127.0.0.1:8443" help:"Address of this machine to listen at." placeholder:"ADDR"`
	Token  string `default:"token" help:"API token that calls must carry. It guards nothing." placeholder:"TOKEN"`
	Faults bool   `help:"Let one call in ten go wrong, as panels and proxies do on bad days."`
	Seed   uint64 `default:"1" help:"Which faults: the same seed gives the same ones." placeholder:"N"`
}

// Run serves a SolusVM 2 panel without machines until it's told to stop. What it made is gone then.
func (c *fakeSolusVMCmd) Run(s *session) error {
	address, err := netip.ParseAddrPort(c.Listen)
	if err != nil || !address.Addr().IsLoopback() {
		return usageError{fmt.Errorf("--listen: %q is not an address of this machine alone, such as 127.0.0.1:8443", c.Listen)}
	}
	o := solusfake.Options{Token: c.Token, Seed: c.Seed}
	if c.Faults {
		o.Rate = 10
	}
	listening, err := new(net.ListenConfig).Listen(s.ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	// A fault may leave a client without an answer for as long as it likes; its own deadline ends it.
	server := &http.Server{Handler: solusfake.New(o), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(s.ctx, func() { _ = server.Close() })
	defer stop()
	writeText(s.out, "ready http://%s/api/v1/\n", listening.Addr())
	if err := server.Serve(listening); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the panel: %w", err)
	}
	return nil
}
