package main

import (
	"fmt"
	"io"

	"github.com/berth-host/berth/internal/settings"
	"github.com/berth-host/berth/internal/store"
)

type migrateCmd struct{ databaseFlags }

// Run brings the database to this program's schema. Any number of processes may do it at once: a lock orders them.
func (c *migrateCmd) Run(s *session) error {
	loaded, err := c.settings(s)
	if err != nil {
		return err
	}
	from, to, err := store.Migrate(s.ctx, loaded.DB)
	if err != nil {
		return fmt.Errorf("migrate the database %s: %w", settings.MaskURL(loaded.DB), err)
	}
	return s.show(map[string]int64{"from": from, "to": to}, func(w io.Writer) {
		if from == to {
			row(w, fmt.Sprintf("The schema is at version %d already.", to))
			return
		}
		row(w, fmt.Sprintf("The schema went from version %d to %d.", from, to))
	})
}
