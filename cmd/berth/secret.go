package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/settings"
)

// secretVariable holds the secret key; it isn't among the settings, so that no settings file ever holds it.
const secretVariable = "BERTH_SECRET_KEY"

// keySource is where a secret key comes from: the variable, or else a file.
type keySource struct {
	text string // of the variable, "" when it isn't set
	file string // "" where there's no file to fall back to
}

// String names the place. The key itself is never printed.
func (k keySource) String() string {
	if k.text != "" {
		return secretVariable
	}
	return k.file
}

// keySourceOf finds it: BERTH_SECRET_KEY, the file of the settings, or the one beside the SQLite file. A database
// that several machines share has no place for a file.
func keySourceOf(s *settings.Settings, getenv func(string) string) (keySource, error) {
	k := keySource{text: getenv(secretVariable), file: s.SecretKeyFile}
	if path := sqlitePath(s.DB); k.file == "" && path != "" {
		k.file = path + ".key"
	}
	if k.text == "" && k.file == "" {
		return k, errors.New(secretVariable + " is not set: passwords are sealed with it. Make one with 'berth secrets generate', " +
			"keep it where every server of this database gets it, and set " + secretVariable + " to it")
	}
	return k, nil
}

// ring reads the key. A key file that is missing is made, unless the database was sealed before: then the key is
// lost or somewhere else, and a new one would only hide that.
func (k keySource) ring(ctx context.Context, r berth.Reader) (*seal.Ring, error) {
	if k.text != "" {
		ring, err := seal.ParseRing(k.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", secretVariable, err)
		}
		return ring, nil
	}
	ring, err := seal.ReadFile(k.file)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	if _, sealed, err := r.Meta(ctx, berth.MetaSecretCheck); err != nil {
		return nil, err
	} else if sealed {
		return nil, fmt.Errorf("the key file %s is missing, and the database is sealed: put the file back, or set %s", k.file, secretVariable)
	}
	return seal.CreateFile(k.file)
}

// unlock proves the key against the database. A wrong one is refused before anything is sealed with it.
func (k keySource) unlock(ctx context.Context, s berth.Store) (*seal.Sealer, error) {
	ring, err := k.ring(ctx, s)
	if err != nil {
		return nil, err
	}
	sealer, err := seal.Unlock(ctx, s, ring)
	if errors.Is(err, seal.ErrWrongKey) {
		return nil, fmt.Errorf("%w; give the right one (this one is from %s)", err, k)
	}
	return sealer, err
}
