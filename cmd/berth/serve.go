package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

type serveCmd struct {
	settingFlags
	Config     *string `help:"Settings file (BERTH_CONFIG)." placeholder:"FILE"`
	CPUProfile string  `name:"cpu-profile" help:"Write what the processor does into this file until the server stops, for 'go tool pprof'." placeholder:"FILE"`
}

// Run serves the API until it's told to stop.
func (c *serveCmd) Run(s *session) error {
	loaded, err := loadSettings(s, c.Config, c.given())
	if err != nil {
		return err
	}
	openers, err := providersOf(&loaded, s.getenv)
	if err != nil {
		return err
	}
	source, err := keySourceOf(&loaded, s.getenv)
	if err != nil {
		return usageError{err}
	}
	stopProfile, err := profile(c.CPUProfile)
	if err != nil {
		return err
	}
	defer stopProfile()
	st, err := openStation(s, &loaded)
	if err != nil {
		return err
	}
	if err := st.prepare(s, source, openers); err != nil {
		return errors.Join(err, st.close())
	}
	return st.run(s.ctx, func(url string) { writeText(s.out, "ready %s\n", url) })
}

// profile writes a profile of the processor's time into a file until it is stopped; without a file it does nothing.
func profile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, fmt.Errorf("--cpu-profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

// prepare makes sure that this database may be served from, with this key and these providers.
func (st *station) prepare(s *session, source keySource, openers map[string]opener) error {
	if err := claimForServing(s.ctx, st.store); err != nil {
		return err
	}
	if err := refuseDemoKey(s.ctx, st.store); err != nil {
		return err
	}
	sealer, err := source.unlock(s.ctx, st.store)
	if err != nil {
		return err
	}
	if err := st.equip(s.ctx, withoutDemoKey{st.store}, sealer, openers); err != nil {
		return err
	}
	if len(openers) == 0 {
		st.log.Warn("no providers are configured: orders of servers and networks are taken, paid and wait. " +
			"Give a settings file with providers (--config)")
	}
	catalogue, err := st.store.Catalogue(s.ctx)
	if err != nil {
		return err
	}
	for _, name := range st.providers.unknownProviders(catalogue) {
		st.log.Warn("the catalogue sells from a provider that is not configured: its orders are paid and wait", "provider", name)
	}
	return errors.Join(st.warnOfPools(s.ctx), st.warnOfNetworkPools(s.ctx, catalogue))
}

// withoutDemoKey is the store of a real server: the demo's documented key opens nothing there, even when somebody
// puts it into the database behind the server's back.
type withoutDemoKey struct{ *store.Store }

// KeyByHash finds an API key, but never the demo's.
func (s withoutDemoKey) KeyByHash(ctx context.Context, hash string) (berth.APIKey, bool, error) {
	if hash == berth.HashKey(demoKey) {
		return berth.APIKey{}, false, nil
	}
	return s.Store.KeyByHash(ctx, hash)
}
