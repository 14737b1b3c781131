package pgtest

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// open connects to dsn for as long as the test runs.
func open(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// ask returns the one value that query answers.
func ask[T any](t *testing.T, conn *pgx.Conn, query string, args ...any) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func TestDatabaseIsEmptyAndGoesAway(t *testing.T) {
	cluster := open(t, Cluster(t))
	var names []string
	t.Run("two databases", func(t *testing.T) {
		for range 2 {
			conn := open(t, Database(t))
			name := ask[string](t, conn, "select current_database()")
			names = append(names, name)
			if got := ask[int](t, conn, "select count(*) from pg_class where relname = 'mark'"); got != 0 {
				t.Errorf("%s: got %d tables of another test, want an empty database", name, got)
			}
			if _, err := conn.Exec(t.Context(), "create table mark (id bigint)"); err != nil {
				t.Fatal(err)
			}
			for setting, want := range map[string]string{"fsync": "on", "synchronous_commit": "on"} {
				if got := ask[string](t, conn, "select current_setting($1)", setting); got != want {
					t.Errorf("%s: got %s, want %s", setting, got, want)
				}
			}
			// Still connected when the subtest ends: it must go all the same.
		}
	})
	if len(names) != 2 || names[0] == names[1] {
		t.Errorf("got databases %q, want two different ones", names)
	}
	if got := ask[int](t, cluster, "select count(*) from pg_database where datname = any($1)", names); got != 0 {
		t.Errorf("got %d databases after their tests, want 0", got)
	}
}

func TestNamedClusterIsUsedOrRefused(t *testing.T) {
	for _, named := range []string{
		"host=127.0.0.1 password=hunter2", "http://hunter2@127.0.0.1/", "postgres://u:hunter2@/db", "postgres://u:hunter2@127.0.0.1:x/db",
	} {
		_, err := clusterURL(named)
		if err == nil || !strings.Contains(err.Error(), "BERTH_TEST_PG must be a URL such as postgres://") {
			t.Errorf("%s: got %v, want a refusal with its remedy", named, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the password is in the error: %v", named, err)
		}
	}

	server := Start(t, Options{Relaxed: true, Settings: map[string]string{"work_mem": "5MB"}})
	t.Setenv(Variable, server.DSN())
	u, err := url.Parse(Database(t))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := url.Parse(server.DSN())
	if u.Host != want.Host {
		t.Errorf("got a database on %s, want it in the named cluster on %s", u.Host, want.Host)
	}
	conn := open(t, u.String())
	for setting, want := range map[string]string{"fsync": "off", "synchronous_commit": "off", "work_mem": "5MB", "listen_addresses": "127.0.0.1"} {
		if got := ask[string](t, conn, "select current_setting($1)", setting); got != want {
			t.Errorf("%s: got %s, want %s", setting, got, want)
		}
	}
	if _, err := pgx.Connect(t.Context(), strings.Replace(u.String(), ":"+server.password+"@", ":guessed@", 1)); err == nil {
		t.Error("a wrong password was let in")
	}
}
