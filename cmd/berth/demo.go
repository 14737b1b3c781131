package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
	"github.com/berth-host/berth/internal/settings"
	"github.com/berth-host/berth/internal/store"
)

type demoCmd struct {
	settingFlags
	Folder string `help:"Where the key and the simulated machines are kept; beside the SQLite file by default." placeholder:"DIR" type:"path"`
}

// files are what a demo keeps outside of its database.
type files struct {
	key      string
	machines string // journal of the simulated provider
	remove   func() // at the end of a demo that nobody named a database for
}

// Run serves a sample shop. It takes nothing from the environment that names a database or a key, and no settings
// file: a demo must never reach an operator's own.
func (c *demoCmd) Run(s *session) error {
	flags := c.given()
	loaded, err := settings.Load(settings.Sources{Flags: flags, Getenv: demoEnvironment(s.getenv)})
	if err != nil {
		return usageError{err}
	}
	for name, text := range map[string]string{"metrics_listen": "off", "zone": "Europe/Ljubljana", "failed_keys_per_minute": "0"} {
		if !loaded.Given(name) { // the zone is that of the documented examples
			if err := loaded.Override(name, text); err != nil {
				return err
			}
		}
	}
	f, err := c.files(&loaded, flags)
	if err != nil {
		return err
	}
	defer f.remove()
	if err := refuseOldSchema(s, &loaded); err != nil {
		return err
	}
	st, err := openStation(s, &loaded)
	if err != nil {
		return err
	}
	if err := st.prepareDemo(s, f); err != nil {
		return errors.Join(err, st.close())
	}
	return st.run(s.ctx, func(base string) {
		writeText(s.out, "ready %s\n\nOrder a server (paste this into another terminal):\n\n%s\n\nThe end: Ctrl-C.\n", base, demoOrder(reachable(base)))
	})
}

// demoEnvironment hides the variables that belong to a real installation.
func demoEnvironment(getenv func(string) string) func(string) string {
	return func(name string) string {
		if name == settings.Variable("db") || name == settings.Variable("secret_key_file") {
			return ""
		}
		return getenv(name)
	}
}

// files finds the places of a demo's files: a new folder that is removed at the end, the folder of the SQLite file
// that --db names, or for another database a folder in the user's configuration that the database's address names.
func (c *demoCmd) files(loaded *settings.Settings, flags map[string]string) (files, error) {
	_, named := flags["db"]
	path := sqlitePath(loaded.DB)
	switch {
	case !named || inMemory(loaded.DB):
		folder, err := os.MkdirTemp("", "berth-demo-")
		if err != nil {
			return files{}, fmt.Errorf("make a folder for the demo: %w", err)
		}
		if !named {
			loaded.DB = "sqlite:" + filepath.Join(folder, "berth.db")
		}
		return inFolder(folder, func() { _ = os.RemoveAll(folder) }), nil
	case c.Folder != "":
		return inFolder(c.Folder, func() {}), os.MkdirAll(c.Folder, 0o700)
	case path != "":
		return files{key: path + ".key", machines: path + ".machines", remove: func() {}}, nil
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return files{}, usageError{fmt.Errorf("--folder: say where the demo may keep its key and its machines: %w", err)}
	}
	sum := sha256.Sum256([]byte(settings.MaskURL(loaded.DB)))
	folder := filepath.Join(base, "berth", fmt.Sprintf("demo-%x", sum[:6]))
	return inFolder(folder, func() {}), os.MkdirAll(folder, 0o700)
}

func inFolder(folder string, remove func()) files {
	return files{key: filepath.Join(folder, "secret.key"), machines: filepath.Join(folder, "machines"), remove: remove}
}

// refuseOldSchema refuses an SQLite file that holds something else than this program's schema. openStation would
// migrate it, and a demo migrates nothing but an empty database.
func refuseOldSchema(s *session, loaded *settings.Settings) error {
	path := sqlitePath(loaded.DB)
	if info, err := os.Stat(path); path == "" || err != nil || info.Size() == 0 {
		return nil
	}
	db, err := store.Open(s.ctx, loaded.DB, store.Options{})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return db.Close()
}

// prepareDemo makes the database the demo's, and seeds it once.
func (st *station) prepareDemo(s *session, f files) error {
	toSeed, err := claimForDemo(s.ctx, st.store)
	if err != nil {
		return err
	}
	sealer, err := keySource{file: f.key}.unlock(s.ctx, st.store)
	if err != nil {
		return err
	}
	openers := map[string]opener{
		"sim": simulated(f.machines, sim.Options{Now: wallClock}),
		// Every customer of the demo has a router, which comes up as soon as its session is there.
		demoEdge: simulatedEdge(berth.EdgeSite{Provider: demoEdge, ASN: demoASN}, true),
	}
	if err := st.equip(s.ctx, st.store, sealer, openers); err != nil {
		return err
	}
	if !toSeed {
		return nil
	}
	return seed(s.ctx, st.desk)
}

// reachable is an address that a client on this machine can use: a server that listens everywhere is asked at the
// loopback address.
func reachable(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsUnspecified() {
		return base
	}
	return strings.Replace(base, u.Host, net.JoinHostPort("localhost", u.Port()), 1)
}
