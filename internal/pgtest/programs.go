package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// systemRoot is where Debian's packages put each major version of PostgreSQL.
// They don't put it on PATH, where only a client may be found.
const systemRoot = "/usr/lib/postgresql"

// ErrNoPrograms says that PostgreSQL's server programs are not installed.
var ErrNoPrograms = errors.New("no initdb and postgres below " + systemRoot + "/*/bin: install Debian's package postgresql")

// BinDir returns the folder with the programs of the newest PostgreSQL on this
// machine (postgres, initdb, and with Debian's packages pgbench, pg_dump and
// psql too), or ErrNoPrograms.
func BinDir() (string, error) { return newestBin(systemRoot) }

// newestBin compares versions as numbers, since by letters 9.6 is newer than 15.
func newestBin(root string) (string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return "", ErrNoPrograms
	}
	best, newest := "", -1.0
	for _, entry := range entries {
		version, err := strconv.ParseFloat(strings.TrimSpace(entry.Name()), 64)
		bin := filepath.Join(root, entry.Name(), "bin")
		if err != nil || version <= newest || !isServer(bin) {
			continue
		}
		best, newest = bin, version
	}
	if best == "" {
		return "", ErrNoPrograms
	}
	return best, nil
}

// isServer tells a server's folder from one that a client package left behind.
func isServer(bin string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(bin, program))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}
