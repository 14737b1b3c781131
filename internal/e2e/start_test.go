package e2e

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/pgtest"
)

// TestServersStartTogether starts four servers on one empty database: one of them migrates, and all serve.
func TestServersStartTogether(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "berth.yaml")
	if err := os.WriteFile(config, []byte("metrics_listen: \"off\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &shop{db: pgtest.Database(t), config: config}
	s.env = []string{"BERTH_SECRET_KEY=" + strings.TrimSpace(command(t, nil, "secrets", "generate").out)}
	var servers []*process
	for range 4 {
		servers = append(servers, s.serve(t, ""))
	}
	for _, p := range servers {
		url := p.url(t)
		// Every one of them answers: nobody has this key.
		report, err := load.Run(t.Context(), load.Traffic{URLs: []string{url}, Buyers: []load.Buyer{{UserID: "u", Key: "k"}}, Orders: 1, Clients: 1})
		if err != nil || report.Errors["unauthorized"] != 1 {
			t.Errorf("got %+v, %v from a server that is ready, want unauthorized", report, err)
		}
	}
	for _, p := range servers {
		if code := p.stop(t); code != 0 {
			t.Errorf("got exit code %d at SIGTERM, want 0:\n%s", code, p.tail())
		}
	}
	s.must(t, "verify")
}

// TestMigrationsTogether has four processes migrate one new SQLite file.
func TestMigrationsTogether(t *testing.T) {
	t.Parallel()
	s := &shop{db: "sqlite:" + filepath.Join(t.TempDir(), "berth.db")}
	var together sync.WaitGroup
	for range 4 {
		together.Go(func() {
			if r := s.run(t, "migrate"); r.code != 0 {
				t.Errorf("migrate: exit code %d\n%s", r.code, r.err)
			}
		})
	}
	together.Wait()
	s.must(t, "verify")
}

// TestOneServerPerSQLiteFile refuses a second server, and takes the next one when the first is gone, however it went.
func TestOneServerPerSQLiteFile(t *testing.T) {
	t.Parallel()
	s := openShop(t, "sqlite:"+filepath.Join(t.TempDir(), "berth.db"))
	first := s.serve(t, "")
	url := first.url(t)
	second := s.serve(t, "")
	if code := second.wait(t, patience); code == 0 || second.isReady() || !strings.Contains(second.tail(), "serve") {
		t.Errorf("a second server ended with exit code %d: %s", code, second.tail())
	}
	// Operators work beside the first one.
	s.must(t, "wallet", "statement", "--user", "buyer")
	s.must(t, "wallet", "credit", "--user", "buyer", "--amount", "0.01", "--ref", "beside")
	s.must(t, "wallet", "debit", "--user", "buyer", "--amount", "0.01", "--ref", "beside, back")
	report, err := load.Run(t.Context(), load.Traffic{URLs: []string{url}, Buyers: []load.Buyer{s.buyer}, Orders: 10, Clients: 2})
	if err != nil || report.Completed != 10 {
		t.Errorf("got %+v, %v from the first server, want 10 orders", report, err)
	}
	first.signal(syscall.SIGKILL)
	first.wait(t, patience)
	third := s.serve(t, "")
	third.url(t)
	if code := third.stop(t); code != 0 {
		t.Errorf("got exit code %d at SIGTERM, want 0:\n%s", code, third.tail())
	}
}

// TestForeignSchemaIsRefused has every command but the migrating ones refuse a database that isn't of this program's
// schema, and all of them one that is newer.
func TestForeignSchemaIsRefused(t *testing.T) {
	t.Parallel()
	commands := [][]string{
		{"verify"}, {"user", "list"}, {"key", "list"}, {"wallet", "list"}, {"wallet", "credit", "--user", "u", "--amount", "1", "--ref", "r"},
		{"order", "list"}, {"catalogue", "show"}, {"secrets", "rotate"},
	}
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			s := &shop{db: engine.open(t)}
			driver, name := "pgx", s.db
			if path, ok := strings.CutPrefix(s.db, "sqlite:"); ok {
				driver, name = "sqlite", path
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			} else {
				s.env = []string{"BERTH_SECRET_KEY=" + strings.TrimSpace(command(t, nil, "secrets", "generate").out)}
			}
			refused := func(args []string, word string) {
				t.Helper()
				if r := s.run(t, args...); r.code == 0 || !strings.Contains(r.err, word) {
					t.Errorf("berth %s: exit code %d, %q; want a refusal with %q", strings.Join(args, " "), r.code, r.err, word)
				}
			}
			for _, args := range commands {
				refused(args, "migrate")
			}
			s.must(t, "migrate")
			s.must(t, "verify")
			db, err := sql.Open(driver, name)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, true)"); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			for _, args := range append(commands, []string{"migrate"}, []string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off"}) {
				refused(args, "newer")
			}
		})
	}
}
