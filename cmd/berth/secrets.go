package main

import (
	"context"
	"errors"
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
// With BERTH_SECRET_KEY the operator brings the new key and restarts every server with both first, so servers may
// run meanwhile. With a key file the command makes the key, and no server may run: it wouldn't know the new one.
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
	fromFile := source.text == ""
	if c.DropOld && !fromFile {
		return usageError{errors.New("--drop-old: the key comes from " + secretVariable + "; take the old keys out of it yourself, once this command is done")}
	}
	db, err := store.Open(s.ctx, loaded.DB, store.Options{Serve: fromFile})
	if err != nil {
		return err
	}
	defer db.Close()
	sealer, err := source.unlock(s.ctx, db)
	if err != nil {
		return err
	}
	newer := sealer.Ring
	if fromFile {
		if newer, err = nextKey(s.ctx, db, sealer); err != nil {
			return err
		}
		// The file holds both keys before anything is sealed with the new one, so a crash loses nothing.
		if err := seal.WriteFile(source.file, newer); err != nil {
			return err
		}
	} else if len(newer.Versions()) < 2 {
		return fmt.Errorf("%s holds one key: put a new one in front ('berth secrets generate --number %d', then NEW,OLD), restart every server with it, and rotate again",
			secretVariable, newer.Versions()[0]+1)
	}
	result, err := reseal(s, db, newer)
	if err != nil {
		return err
	}
	if c.DropOld {
		newest, err := newer.Newest()
		if err != nil {
			return err
		}
		if err := seal.WriteFile(source.file, newest); err != nil {
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

// nextKey is the ring to rotate to: one key more, unless a rotation was cut short after it had made its key.
func nextKey(ctx context.Context, db *store.Store, sealer *seal.Sealer) (*seal.Ring, error) {
	check, err := sealer.CheckVersion(ctx, db)
	if err != nil {
		return nil, err
	}
	if check < sealer.Versions()[0] {
		return sealer.Ring, nil
	}
	return sealer.Newer()
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
