// Package require decides what happens to a test whose outside program is not
// on this machine. Normally such a test is skipped, so that a newcomer without
// PHP can still run the rest; under BERTH_REQUIRE=all (which continuous
// integration sets) it fails, because a test that is silently skipped there
// protects nobody.
//
// Only tests and the programs that run tests may import it.
package require

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// remedy is said with every absence: one command brings all of it.
const remedy = "`make setup` installs it on Debian when run as root"

// Repository is the folder of this repository, in which the test runs.
func Repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("this test runs in the repository only")
		}
		dir = filepath.Dir(dir)
	}
}

// All reports whether BERTH_REQUIRE=all is set, under which nothing that a
// test needs may be missing.
func All() bool { return os.Getenv("BERTH_REQUIRE") == "all" }

// Present goes on when ok holds. Otherwise it ends the test: as failed under
// BERTH_REQUIRE=all, as skipped without it. what names the missing thing as a
// person would ("PostgreSQL's server programs").
func Present(t testing.TB, what string, ok bool) {
	t.Helper()
	if ok {
		return
	}
	if All() {
		t.Fatalf("%s is missing and BERTH_REQUIRE=all forbids skipping; %s", what, remedy)
	}
	t.Skipf("NOT TESTED: %s is missing; %s", what, remedy)
}

// Program returns the path of a program that the test runs, or ends the test
// as Present does. name is looked up on PATH unless it is a path itself.
//
// With a probe the program must also succeed when it is run with these
// arguments. That is how a part of it is asked for: an interpreter that is
// there says nothing about its modules, e.g.
//
//	require.Program(t, "/usr/bin/python3", "-c", "import requests")
func Program(t testing.TB, name string, probe ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	Present(t, name, err == nil)
	if len(probe) == 0 {
		return path
	}
	// A version manager's shim may hang on a network that is not there.
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err = exec.CommandContext(ctx, path, probe...).Run() // #nosec G204 -- tests name the program
	Present(t, name+" ("+strings.Join(probe, " ")+")", err == nil)
	return path
}
