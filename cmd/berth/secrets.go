package main

import (
	"context"
	"fmt"
	"io"

	"github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/store"
)

type secretsCmds struct {
	Generate secretsGenerateCmd `cmd:"" help:"Print a new key, as BERTH_SECRET_KEY takes it."`
	Rotate   secretsRotateCmd   `cmd:"" help:"Seal everything anew with the newest key. With a key file it makes that key first."`
}

type secretsGenerateCmd struct {
	Number int `name:"number" default:"1" help:"Number of the key; the highest seals." placeholder:"N"`
}

func (c *secretsGenerateCmd) Run(s *session) error {
	if c.Number < 1 || c.Number > 999_999 {
		return usageError{fmt.Errorf("--number: %d is not between 1 and 999999", c.Number)}
	}
	key := seal.Generate(c.Number)
	return s.show(map[string]string{"key": key}, func(w io.Writer) { row(w, key) })
}

type secretsRotateCmd struct {
	databaseFlags
	SecretKeyFile string `help:"${help_secret_key_file}" placeholder:"FILE"`
	DropOld       bool   `help:"Take the old keys out of the key file afterwards. Older backups of the database then open no more."`
}

// rotation is the result of a rotate.
type rotation struct {
	Key      int  `json:"key"`      // number of the key that seals now
	Resealed int  `json:"resealed"` // passwords sealed anew
	Dropped  bool `json:"dropped"`  // the old keys are gone from the key file
}

// Run seals all passwords anew.
//
// With BERTH_SECRET_KEY, or a key file on PostgreSQL, the operator brings the new key and restarts every server with
// both first, so servers may run meanwhile. With SQLite's key file the command makes the key, and no server may run:
// it wouldn't know the new one.
func (c *secretsRotateCmd) Run(s *session) error {
	loaded, err := c.settings(s)
	if err != nil {
		return err
	}
	if c.SecretKeyFile != "" {
		loaded.SecretKeyFile = c.SecretKeyFile
	}
	if err := exists(loaded.DB); err != nil {
		return err
	}
	source, err := keySourceOf(&loaded, s.getenv)
	if err != nil {
		return err
	}
	makeKey := source.text == "" && sqlitePath(loaded.DB) != ""
	if c.DropOld && !makeKey {
		return usageError{fmt.Errorf("--drop-old: the keys of %s are your own to keep; take the old ones out yourself, once this command is done", source)}
	}
	db, err := store.Open(s.ctx, loaded.DB, store.Options{Serve: makeKey})
	if err != nil {
		return err
	}
	defer db.Close()
	sealer, err := source.unlock(s.ctx, db)
	if err != nil {
		return err
	}
	ring, err := nextRing(s.ctx, db, sealer, source, makeKey)
	if err != nil {
		return err
	}
	result, err := reseal(s, db, ring)
	if err != nil {
		return err
	}
	if c.DropOld {
		newest, err := ring.Newest()
		if err == nil {
			err = seal.WriteFile(source.file, newest)
		}
		if err != nil {
			return err
		}
		result.Dropped = true
	}
	return s.show(result, func(w io.Writer) {
		row(w, fmt.Sprintf("%d passwords are sealed with key %d now.", result.Resealed, result.Key))
		if !result.Dropped {
			row(w, "The old keys are needed for older backups of the database only.")
		}
	})
}

// nextRing is the ring to rotate to. Where the command makes the key it's one key more, unless a rotation was cut
// short after it had made its key; the file holds both before anything is sealed with the new one.
func nextRing(ctx context.Context, db *store.Store, sealer *seal.Sealer, source keySource, makeKey bool) (*seal.Ring, error) {
	newest := sealer.Versions()[0]
	if !makeKey {
		if len(sealer.Versions()) < 2 {
			return nil, fmt.Errorf("%s holds one key: put a new one in front ('berth secrets generate --number %d', then NEW,OLD), restart every server with it, and rotate again",
				source, newest+1)
		}
		return sealer.Ring, nil
	}
	if check, err := sealer.CheckVersion(ctx, db); err != nil || check < newest {
		return sealer.Ring, err
	}
	ring, err := sealer.Newer()
	if err != nil {
		return nil, err
	}
	return ring, seal.WriteFile(source.file, ring)
}

// reseal seals everything with the ring's newest key: the check value last, so that a rotation cut short is seen.
func reseal(s *session, db *store.Store, ring *seal.Ring) (rotation, error) {
	sealer, err := seal.Unlock(s.ctx, db, ring)
	if err != nil {
		return rotation{}, err
	}
	result := rotation{Key: ring.Versions()[0]}
	desk := deskFor(db, sealer)
	bar := newProgress(s.err, "Sealing anew")
	err = desk.Reseal(s.ctx, sealer, func(done int) {
		result.Resealed = done
		bar.at(int64(done), 0)
	})
	bar.end()
	if err != nil {
		return result, err
	}
	return result, sealer.Reseal(s.ctx, db)
}
