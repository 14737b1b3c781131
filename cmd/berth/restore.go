package main

import (
	"github.com/berth-host/berth/internal/store"
)

type restoreCmd struct {
	databaseFlags
	From          string `required:"" help:"The backup. It is only read." placeholder:"FILE"`
	SecretKeyFile string `help:"${help_secret_key_file}" placeholder:"FILE"`
	Migrate       bool   `help:"Bring the restored database to this program's schema, when the backup's is older."`
	WithoutKey    bool   `help:"Restore although the secret key at hand isn't the one that the backup needs."`
	Force         bool   `help:"Restore even when the books are not in order, or can't be proven because the schema isn't this program's."`
}

// Run makes an SQLite database from a backup. The database must not exist; it comes to be when all is proven.
func (c *restoreCmd) Run(s *session) error {
	loaded, err := c.settings(s)
	if err != nil {
		return err
	}
	if err := copiesFiles(loaded.DB, "pg_restore"); err != nil {
		return err
	}
	return copyDatabase(s, &loaded, c.SecretKeyFile, copying{
		what: "Restored", path: sqlitePath(loaded.DB), force: c.Force, withoutKey: c.WithoutKey, migrate: c.Migrate, needsTheKeys: true,
		make: func(o store.BackupOptions) (store.Backup, error) { return store.Restore(s.ctx, c.From, loaded.DB, o) },
	})
}
