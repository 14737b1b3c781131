package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/berth-host/berth"
)

// The values of the meta row berth.MetaDemo.
const (
	demoSeeding = "seeding" // begun; a seeding that was cut short is gone through again
	demoSeeded  = "seeded"
)

var (
	errDemoDatabase = errors.New("this database was seeded by 'berth demo', whose API key is printed in public documents; serve another one")
	errForeign      = errors.New("this database is in use: the demo seeds an empty one and keeps one that it seeded, and this is neither")
)

// claimForServing marks a database as one that orders are served from, once, and refuses one of the demo's. Both
// claims write the row of the installation, so that of two processes that start together one sees the other.
func claimForServing(ctx context.Context, s berth.Store) error {
	return s.Write(ctx, berth.Need{Meta: []string{berth.MetaDemo, berth.MetaInstallation, berth.MetaMoved}}, func(b *berth.Book) error {
		if err := refuseMoved(b); err != nil {
			return err
		}
		if _, demo := b.Meta(berth.MetaDemo); demo {
			return errDemoDatabase
		}
		if _, known := b.Meta(berth.MetaInstallation); !known {
			b.PutMeta(berth.MetaInstallation, b.NewID())
		}
		return nil
	})
}

// claimForDemo marks an empty database as the demo's, and reports whether it's still to be seeded.
func claimForDemo(ctx context.Context, s berth.Store) (bool, error) {
	users, err := s.Users(ctx)
	if err != nil {
		return false, err
	}
	var state string
	err = s.Write(ctx, berth.Need{Meta: []string{berth.MetaDemo, berth.MetaInstallation, berth.MetaMoved}, Catalogue: true}, func(b *berth.Book) error {
		if err := refuseMoved(b); err != nil {
			return err
		}
		var demo bool
		if state, demo = b.Meta(berth.MetaDemo); demo {
			return nil
		}
		_, installed := b.Meta(berth.MetaInstallation)
		catalogue, _ := b.Catalogue()
		if installed || len(users) > 0 || catalogue.Version > 0 {
			return errForeign
		}
		b.PutMeta(berth.MetaInstallation, b.NewID())
		b.PutMeta(berth.MetaDemo, demoSeeding)
		return nil
	})
	if err != nil {
		return false, err
	}
	return state != demoSeeded, nil
}

// finishSeeding notes that the demo's database is complete.
func finishSeeding(ctx context.Context, s berth.Store) error {
	return s.Write(ctx, berth.Need{Meta: []string{berth.MetaDemo}}, func(b *berth.Book) error {
		b.PutMeta(berth.MetaDemo, demoSeeded)
		return nil
	})
}

// refuseDemoKey refuses a database in which the demo's documented key opens anything: anybody knows it.
func refuseDemoKey(ctx context.Context, r berth.Reader) error {
	key, ok, err := r.KeyByHash(ctx, berth.HashKey(demoKey))
	if err != nil {
		return err
	}
	if ok && key.RevokedAt == 0 {
		return fmt.Errorf("the API key %s (%s) is the demo's, which is printed in public documents: revoke it with 'berth key revoke %s'",
			key.ID, key.Name, key.ID)
	}
	return nil
}
