package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/process"
)

// TestPostgresTools takes a pg_dump while somebody sells, restores it with pg_restore as docs/backup.md shows, and
// finds one instant of the original, with a head that the original's chain went through.
func TestPostgresTools(t *testing.T) {
	url := filled(t, "postgres", 100)
	restored := pgtest.Database(t)
	bin, err := pgtest.BinDir()
	if err != nil {
		t.Skip("a named cluster without programs on this machine")
	}
	file := filepath.Join(t.TempDir(), "berth.dump")
	stop := selling(t, url)
	tool(t, filepath.Join(bin, "pg_dump"), "--format=custom", "--file="+file, "--dbname="+url)
	sold := stop()
	tool(t, filepath.Join(bin, "pg_restore"), "--exit-on-error", "--single-transaction", "--no-owner", "--dbname="+restored, file)

	copied := openURL(t, restored) // migrates nothing: the schema's version came with it
	defer copied.Close()
	report, err := berth.Verify(t.Context(), copied, berth.Head{}, nil)
	if err != nil || report.Wrong > 0 || report.Orders < 101 || report.Orders > int64(100+sold) || report.Head.Seq == 0 {
		t.Fatalf("the restored books: got %+v, %v beside %d sales, want one instant of them", report, err, sold)
	}
	original := openURL(t, url)
	defer original.Close()
	if r, err := berth.Verify(t.Context(), original, report.Head, nil); err != nil || r.Wrong > 0 {
		t.Errorf("the original since the dump's head: got %+v, %v", r.Findings, err)
	}
	// And once more at rest, where both sides must be the same.
	quiet, again := filepath.Join(t.TempDir(), "quiet.dump"), pgtest.Database(t)
	tool(t, filepath.Join(bin, "pg_dump"), "--format=custom", "--file="+quiet, "--dbname="+url)
	tool(t, filepath.Join(bin, "pg_restore"), "--exit-on-error", "--single-transaction", "--no-owner", "--dbname="+again, quiet)
	sameDumps(t, "the dump at rest", dump(t, again), dump(t, url))
}

// TestPostgresPointInTime goes back to a point between two sales, from a base backup and an archive of the log, with the
// settings of docs/backup.md.
func TestPostgresPointInTime(t *testing.T) {
	site, err := process.Open(process.Options{Prefix: "berth-pitr-", Unprivileged: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	archive, base := filepath.Join(site.Dir, "archive"), filepath.Join(site.Dir, "base")
	run := func(program string, args ...string) {
		t.Helper()
		if _, err := site.Output(t.Context(), nil, program, args...); err != nil {
			t.Fatal(err)
		}
	}
	run("/bin/mkdir", archive)
	in := func(command string) string { return strings.ReplaceAll(command, "/archive/", archive+"/") }
	cluster := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"wal_level": "replica", "archive_mode": "on", "archive_timeout": "60",
		"archive_command": in("test ! -f /archive/%f && cp %p /archive/%f.part && sync /archive/%f.part && mv /archive/%f.part /archive/%f")}})
	url := cluster.Database(t)
	fill(t, url, 20)
	bin := cluster.BinDir()
	run(filepath.Join(bin, "pg_basebackup"), "--pgdata="+base, "--checkpoint=fast", "--wal-method=stream", "--dbname="+url)
	run(filepath.Join(bin, "pg_verifybackup"), base)

	original := openURL(t, url)
	defer original.Close()
	for i := range 10 {
		if err := sell(original, "anna", 1); err != nil {
			t.Fatal(err)
		}
		if i == 4 { // five of ten are before the point
			change(t, url, "SELECT pg_create_restore_point('the point')")
		}
	}
	archived(t, url)

	ports, err := process.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	for line, file := range map[string]string{
		"restore_command = '" + in("cp /archive/%f %p") + "'": "postgresql.auto.conf", "recovery_target_name = 'the point'": "postgresql.auto.conf",
		"recovery_target_action = 'promote'": "postgresql.auto.conf", "archive_mode = off": "postgresql.auto.conf", "": "recovery.signal",
	} {
		run("/bin/sh", "-c", `printf '%s\n' "$1" >> "$2"`, "sh", line, filepath.Join(base, file))
	}
	server, err := site.Spawn("restored", nil, filepath.Join(bin, "postgres"), "-D", base, "-p", fmt.Sprint(ports[0]), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "max_connections=300") // no lower than the original's, which has it from its command line
	if err != nil {
		t.Fatal(err)
	}
	restored := strings.Replace(url, fmt.Sprint(":", cluster.Port()), fmt.Sprint(":", ports[0]), 1)
	db := rawDB(t, restored)
	err = process.Until(t.Context(), process.Patience, "the restored server takes writes", func() bool {
		var recovering bool
		return !server.Alive() || db.QueryRow("SELECT pg_is_in_recovery()").Scan(&recovering) == nil && !recovering
	})
	if err != nil || !server.Alive() {
		log, _ := os.ReadFile(site.Log("restored"))
		t.Fatalf("the restored server: %v\n%s", err, log)
	}
	copied := openURL(t, restored)
	defer copied.Close()
	if r, err := berth.Verify(t.Context(), copied, berth.Head{}, nil); err != nil || r.Wrong > 0 || r.Orders != 25 {
		t.Errorf("got %d orders, findings %v, error %v; want the 25 before the point", r.Orders, r.Findings, err)
	}
}

// archived waits until everything that was written by now is in the archive.
func archived(t testing.TB, url string) {
	t.Helper()
	db := rawDB(t, url)
	var last string
	if err := db.QueryRow("SELECT pg_walfile_name(pg_switch_wal())").Scan(&last); err != nil {
		t.Fatal(err)
	}
	err := process.Until(t.Context(), process.Patience, "the archive has "+last, func() bool {
		var there bool
		return db.QueryRow("SELECT coalesce(last_archived_wal >= $1, false) FROM pg_stat_archiver", last).Scan(&there) == nil && there
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tool runs one of PostgreSQL's programs.
func tool(t testing.TB, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, said.String())
	}
}
