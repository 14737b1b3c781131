package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/berth-host/berth"
)

// TestMigrateTogether lets several processes' worth of migrations loose on one empty database.
func TestMigrateTogether(t *testing.T) {
	want, err := programVersion()
	if err != nil || want < 1 {
		t.Fatalf("the program's version: got %d %v", want, err)
	}
	for _, kind := range sqlEngines {
		t.Run(kind.name, func(t *testing.T) {
			at := kind.url(t)
			type answer struct {
				from, to int64
				err      error
			}
			answers := make(chan answer)
			for range 4 {
				go func() {
					from, to, err := migrate(context.Background(), migrateURL(kind.name, at))
					answers <- answer{from, to, err}
				}()
			}
			for range 4 {
				if got := <-answers; got.err != nil || got.to != want || got.from > want {
					t.Errorf("got %+v, want version %d", got, want)
				}
			}
			if from, to, err := migrate(t.Context(), migrateURL(kind.name, at)); from != want || to != want || err != nil {
				t.Errorf("again: got %d %d %v, want %d", from, to, err, want)
			}
			e := openEngine(t, kind.open, at, Options{})
			write(t, e, &berth.Changes{Batch: "1"})
		})
	}
}

// TestSchemaVersion opens databases whose schema isn't this program's.
func TestSchemaVersion(t *testing.T) {
	for _, kind := range sqlEngines {
		t.Run(kind.name, func(t *testing.T) {
			ctx, at := t.Context(), kind.url(t)
			if kind.name == "sqlite" { // an empty file
				release, err := flock(at, 0x2)
				if err != nil {
					t.Fatal(err)
				}
				release()
			}
			if _, err := kind.open(ctx, at, Options{}.complete()); !errors.Is(err, errOldSchema) {
				t.Errorf("an empty database: got %v, want %v", err, errOldSchema)
			}
			_, version, err := migrate(ctx, migrateURL(kind.name, at))
			if err != nil {
				t.Fatal(err)
			}
			db := rawDB(t, kind.name, at)
			for _, c := range []struct {
				by   int64
				want string
			}{{-1, "older than this program"}, {+7, "use a newer berth"}} {
				if _, err := db.Exec("UPDATE goose_db_version SET version_id = $1 WHERE version_id = $2", version+c.by, version); err != nil {
					t.Fatal(err)
				}
				if _, err := kind.open(ctx, at, Options{}.complete()); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("version %d: got %v, want %q", version+c.by, err, c.want)
				}
				if c.by > 0 {
					if _, _, err := migrate(ctx, migrateURL(kind.name, at)); err == nil || !strings.Contains(err.Error(), c.want) {
						t.Errorf("migrate version %d: got %v, want %q", version+c.by, err, c.want)
					}
				}
				if _, err := db.Exec("UPDATE goose_db_version SET version_id = $1 WHERE version_id = $2", version, version+c.by); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// rawDB is a connection that knows nothing of engines.
func rawDB(t testing.TB, name, at string) *sql.DB {
	t.Helper()
	var db *sql.DB
	var err error
	if name == "sqlite" {
		db, err = sql.Open("sqlite", sqliteDSN(at))
	} else {
		config, err := parsePostgres(at)
		if err != nil {
			t.Fatal(err)
		}
		db = stdlib.OpenDB(*config)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// TestColumns compares the tables' descriptions with what the migrations made.
func TestColumns(t *testing.T) {
	described := map[string][]field{}
	for _, s := range statements {
		if table, ok := strings.CutPrefix(s.name, "insert_"); ok {
			described[table] = s.fields
		}
	}
	if len(described) != 15 {
		t.Errorf("got %d tables, want 15", len(described))
	}
	for _, kind := range sqlEngines {
		t.Run(kind.name, func(t *testing.T) {
			at := kind.url(t)
			if _, _, err := migrate(t.Context(), migrateURL(kind.name, at)); err != nil {
				t.Fatal(err)
			}
			db := rawDB(t, kind.name, at)
			text := "SELECT name, lower(type) FROM pragma_table_info($1)"
			if kind.name == "postgres" {
				text = "SELECT column_name::text, data_type || coalesce(' ' || collation_name, '') FROM information_schema.columns WHERE table_name = $1"
			}
			for table, fields := range described {
				rows, err := db.Query(text, table)
				if err != nil {
					t.Fatal(err)
				}
				var got, want []string
				for rows.Next() {
					var name, kind string
					if err := rows.Scan(&name, &kind); err != nil {
						t.Fatal(err)
					}
					got = append(got, name+" "+kind)
				}
				if err := rows.Err(); err != nil {
					t.Fatal(err)
				}
				for _, f := range fields {
					switch {
					case !f.text:
						want = append(want, f.name+" bigint")
					case kind.name == "postgres":
						want = append(want, f.name+" text C")
					default:
						want = append(want, f.name+" text")
					}
				}
				slices.Sort(got)
				slices.Sort(want)
				same(t, table, got, want)
			}
		})
	}
}

// TestRendered reads the migrations as goose does: no mark may be left in them.
func TestRendered(t *testing.T) {
	for _, d := range []*dialect{sqliteDialect, postgresDialect} {
		list, err := fs.Glob(rendered{d}, "*.sql")
		if err != nil || len(list) == 0 {
			t.Fatalf("got %v %v, want the migrations", list, err)
		}
		for _, name := range list {
			text, err := fs.ReadFile(rendered{d}, name)
			if err != nil {
				t.Fatal(err)
			}
			_, body, _ := strings.Cut(string(text), "CREATE TABLE")
			if strings.ContainsAny(body, "{}") || strings.Contains(body, " ;") {
				t.Errorf("%s is not fully rendered:\n%s", name, body)
			}
		}
	}
}

// TestSecretURL gives URLs with a password that can't work: the password must not be in the error.
func TestSecretURL(t *testing.T) {
	const secret = "hunter2-geheim"
	for _, at := range []string{
		"postgres://berth:" + secret + "@127.0.0.1:1/berth?sslmode=disable&connect_timeout=1",
		"postgres://berth:" + secret + "@127.0.0.1:port/berth",
		"postgres://berth:" + secret + "@127.0.0.1:1/berth?sslmode=" + secret,
		"postgres://berth:" + secret + "%ZZ@127.0.0.1/berth",
		"postgres://berth:" + url.QueryEscape(secret+"@:/") + "@127.0.0.1:1,127.0.0.1:2/berth?target_session_attrs=read-write&connect_timeout=1",
	} {
		_, err := openPostgres(t.Context(), at, Options{}.complete())
		_, _, err2 := migrate(t.Context(), at)
		for _, err := range []error{err, err2} {
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want an error without the password", err)
			}
		}
	}
	if _, _, err := migrate(t.Context(), "mysql://"+secret); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("another scheme: got %v, want an error without the rest", err)
	}
	if _, _, err := migrate(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "no/such/folder/x.db")); err == nil {
		t.Error("a folder that isn't there: got no error")
	}
}
