package store_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/store"
	"github.com/berth-host/berth/internal/storetest"
)

// TestEngines holds every engine to what a store must do.
func TestEngines(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		storetest.Run(t, func(testing.TB) storetest.Database {
			m := store.NewMemory(func() int64 { return time.Now().UnixMicro() })
			return storetest.Database{Open: func(_ testing.TB, o store.Options) *store.Store { return m.Open(o) }}
		})
	})
	for name, url := range map[string]func(t testing.TB) string{
		"sqlite":   func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "berth.db") },
		"postgres": pgtest.Database,
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t testing.TB) storetest.Database { return migrated(t, url(t)) })
		})
	}
}

// migrated is the database that a URL names, at this program's schema.
func migrated(t testing.TB, url string) storetest.Database {
	t.Helper()
	if _, _, err := store.Migrate(context.Background(), url); err != nil {
		t.Fatal(err)
	}
	return storetest.Database{Parallel: strings.HasPrefix(url, "postgres"), Open: func(t testing.TB, o store.Options) *store.Store {
		t.Helper()
		s, err := store.Open(context.Background(), url, o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}}
}
