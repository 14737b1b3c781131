package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/keeper"
	"github.com/berth-host/berth/internal/edge/remote"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/settings"
)

// opener makes a driver out of its settings, for the installation of this id. What it returns is a berth.ServerDriver,
// a berth.NetworkDriver or both, and may be an io.Closer; or it is an edgeAt.
type opener func(installation string) (any, error)

// readDriver reads what the driver of a provider wants to know, and returns how to open it; nil when there's no driver of
// this name. It is the list of all drivers.
func readDriver(name, driver string, r *settings.Reading) (opener, error) {
	switch driver {
	case "sim":
		path := r.Required("journal")
		r.Text("pool", "") // the desk's affair: see settings.Pools
		return simulated(path, sim.Options{Delay: r.Duration("delay", 0), SlowFor: r.Duration("slow_for", 0),
			Full: r.Bool("full", false), Now: wallClock}), nil
	case "solusvm":
		return readSolusVM(r)
	case "libvirt":
		return readLibvirt(r)
	case "bird":
		return readBIRD(name, r)
	case "remote":
		return readRemoteEdge(name, r)
	case "sim-edge":
		return readSimulatedEdge(name, r)
	}
	return nil, nil
}

const knownDrivers = "sim, solusvm, libvirt, bird, remote and sim-edge"

func simulated(path string, o sim.Options) opener {
	return func(installation string) (any, error) {
		o.Installation = installation
		p, err := sim.Open(path, o)
		return sim.Driver{Provider: p}, err
	}
}

// callsAtOnce is how many calls a provider gets at the same time unless its settings say otherwise.
const callsAtOnce = 16

// callLimits are the limits of all providers, by their names. They were judged by providersOf.
func callLimits(s *settings.Settings) map[string]int {
	limits := map[string]int{}
	for _, name := range s.ProviderNames() {
		limits[name] = s.Read(name, nil).Count("calls", callsAtOnce)
	}
	return limits
}

// providersOf judges the providers of the settings and opens none.
func providersOf(s *settings.Settings, getenv func(string) string) (map[string]opener, error) {
	openers := map[string]opener{}
	for _, name := range s.ProviderNames() {
		p := s.Providers[name]
		r := s.Read(name, getenv)
		open, err := readDriver(name, p.Driver, r)
		r.Count("calls", callsAtOnce) // every provider has it, whatever its driver
		switch {
		case err != nil:
			return nil, usageError{fmt.Errorf("line %d: providers.%s.%w", p.Line, name, err)}
		case open == nil:
			return nil, usageError{fmt.Errorf("line %d: providers.%s.driver: there is no driver %q; there are %s", p.Line, name, p.Driver, knownDrivers)}
		}
		if err := r.Done(); err != nil {
			return nil, usageError{err}
		}
		openers[name] = open
	}
	return openers, nil
}

// providers are the open drivers by the names that catalogue and orders know.
type providers struct {
	servers  map[string]berth.ServerDriver
	networks map[string]berth.NetworkDriver
	edges    map[string]edgeAt // they become networks once there is a database to keep them by: see keepEdges
	keepers  []*keeper.Keeper
	closers  []io.Closer
}

// facts is where the installation's id is read.
type facts interface {
	Meta(ctx context.Context, name string) (string, bool, error)
}

// openProviders opens drivers for the installation whose database this is. One that was never served from has no id
// yet; a driver that marks its machines with it then says so.
func openProviders(ctx context.Context, db facts, openers map[string]opener) (*providers, error) {
	p := &providers{servers: map[string]berth.ServerDriver{}, networks: map[string]berth.NetworkDriver{}, edges: map[string]edgeAt{}}
	installation := ""
	if len(openers) > 0 {
		var err error
		if installation, _, err = db.Meta(ctx, berth.MetaInstallation); err != nil {
			return nil, err
		}
	}
	for name, open := range openers {
		driver, err := open(installation)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("provider %s: %w", name, err), p.close())
		}
		if server, ok := driver.(berth.ServerDriver); ok {
			p.servers[name] = server
		}
		if network, ok := driver.(berth.NetworkDriver); ok {
			p.networks[name] = network
		}
		if edge, ok := driver.(edgeAt); ok {
			p.edges[name] = edge
			if elsewhere, ok := edge.Edge.(*remote.Edge); ok {
				elsewhere.Read(db.Meta)
			}
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
		_, edge := p.edges[name]
		if !server && !network && !edge {
			names = append(names, name)
		}
	}
	return names
}
