package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/settings"
)

// opener makes a driver out of its settings. What it returns is a berth.ServerDriver, a berth.NetworkDriver or both,
// and may be an io.Closer.
type opener func() (any, error)

// readDriver reads what a provider's driver wants to know, and returns how to open it; nil when there's no driver of
// this name. It is the list of all drivers.
func readDriver(name string, r *settings.Reading) opener {
	switch name {
	case "sim":
		path := r.Required("journal")
		o := sim.Options{Delay: r.Duration("delay", 0), SlowFor: r.Duration("slow_for", 0), Now: wallClock}
		return func() (any, error) { return sim.Open(path, o) }
	}
	return nil
}

// providersOf judges the providers of the settings and opens none.
func providersOf(s *settings.Settings, getenv func(string) string) (map[string]opener, error) {
	openers := map[string]opener{}
	for _, name := range s.ProviderNames() {
		p := s.Providers[name]
		r := s.Read(name, getenv)
		openers[name] = readDriver(p.Driver, r)
		if openers[name] == nil {
			return nil, usageError{fmt.Errorf("line %d: providers.%s.driver: there is no driver %q; there is sim", p.Line, name, p.Driver)}
		}
		if err := r.Done(); err != nil {
			return nil, usageError{err}
		}
	}
	return openers, nil
}

// providers are the open drivers by the names that catalogue and orders know.
type providers struct {
	servers  map[string]berth.ServerDriver
	networks map[string]berth.NetworkDriver
	closers  []io.Closer
}

func openProviders(openers map[string]opener) (*providers, error) {
	p := &providers{servers: map[string]berth.ServerDriver{}, networks: map[string]berth.NetworkDriver{}}
	for name, open := range openers {
		driver, err := open()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("provider %s: %w", name, err), p.close())
		}
		if server, ok := driver.(berth.ServerDriver); ok {
			p.servers[name] = server
		}
		if network, ok := driver.(berth.NetworkDriver); ok {
			p.networks[name] = network
		}
		if c, ok := driver.(io.Closer); ok {
			p.closers = append(p.closers, c)
		}
	}
	return p, nil
}

func (p *providers) close() error {
	var errs []error
	for _, c := range p.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// unknownProviders lists what the catalogue sells from providers that aren't configured: its orders would wait.
func (p *providers) unknownProviders(c *berth.Catalogue) (names []string) {
	for _, name := range providersNamed(c) {
		_, server := p.servers[name]
		_, network := p.networks[name]
		if !server && !network {
			names = append(names, name)
		}
	}
	return names
}
