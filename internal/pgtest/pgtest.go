// Package pgtest gives tests a real PostgreSQL: a database of their own in a
// cluster that all tests of a run share, or a whole cluster of their own that
// they may kill.
//
// The shared cluster is the one that BERTH_TEST_PG names (a postgres:// URL
// whose user may create databases; `make test` starts one and sets it), or else
// a throw-away cluster of this test binary, made from the programs below
// /usr/lib/postgresql. Where there are none the test is skipped, or fails under
// BERTH_REQUIRE=all.
//
// Only tests and the programs that run or measure tests may import it.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berth-host/berth/internal/require"
)

// Variable is the environment variable that names a cluster to use instead of
// starting one.
const Variable = "BERTH_TEST_PG"

// patience bounds every wait for PostgreSQL. It is long because a machine that
// runs other tests at the same time may take seconds for an initdb.
const patience = 60 * time.Second

// shared starts this test binary's cluster when the first test asks for it.
// A test binary has no last instant at which a test package could stop
// something, so nobody stops it: its sentinel does (see server.go).
var shared = sync.OnceValues(func() (*Server, error) { return Launch(Options{}) })

// Cluster returns the URL of the shared cluster's maintenance database. A test
// that needs a database asks Database; this is for looking at the cluster
// itself. It never returns when there is no cluster: the test is skipped or
// fails as the package says.
func Cluster(t testing.TB) string {
	t.Helper()
	dsn, err := clusterURL(os.Getenv(Variable))
	if errors.Is(err, ErrNoPrograms) {
		require.Present(t, "a PostgreSQL server ("+err.Error()+")", false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

// Database makes an empty database in the shared cluster and returns its URL.
// The database is dropped when the test ends, whoever is still connected.
// fsync and synchronous_commit are on in a cluster that this package started.
func Database(t testing.TB) string {
	t.Helper()
	return makeDatabase(t, Cluster(t))
}

// clusterURL is where the order of preference is written down: the named
// cluster, then one from the system's programs.
func clusterURL(named string) (string, error) {
	if named == "" {
		server, err := shared()
		if err != nil {
			return "", err
		}
		return server.DSN(), nil
	}
	// A named cluster that can't be used fails the test instead of being
	// passed over: who names one wants that one tested.
	u, err := url.Parse(named)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Hostname() == "" {
		// The value itself may hold a password, so it isn't repeated.
		return "", fmt.Errorf("%s must be a URL such as postgres://user:password@127.0.0.1:5432/postgres (with a host: the fault injection needs TCP)", Variable)
	}
	return named, nil
}

// makeDatabase makes an empty database beside the one that admin names, for the
// length of a test.
func makeDatabase(t testing.TB, admin string) string {
	t.Helper()
	dsn, name, err := newDatabase(admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// A test that killed its own cluster leaves nothing to drop.
		if err := execute(admin, "drop database if exists "+name+" with (force)"); err != nil {
			t.Logf("test database %s stays: %v", name, err)
		}
	})
	return dsn
}

// newDatabase makes an empty database and returns its URL and its name.
func newDatabase(admin string) (dsn, name string, err error) {
	u, err := url.Parse(admin)
	if err != nil {
		return "", "", errors.New("the cluster's address is no URL") // not repeated: it holds a password
	}
	var random [6]byte
	rand.Read(random[:])
	name = "berth_test_" + hex.EncodeToString(random[:])

	// template0, since nobody may be connected to the template while it is
	// copied, and an autovacuum worker may visit template1 at any time.
	if err := execute(admin, "create database "+name+" template template0"); err != nil {
		return "", "", fmt.Errorf("make a test database: %w", err)
	}
	u.Path = "/" + name
	return u.String(), name, nil
}

// execute runs one statement that can't be part of a transaction on a
// connection of its own. A plain pgx connection never repeats a statement.
func execute(dsn, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}
