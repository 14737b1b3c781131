package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/require"
)

// needPrograms ends a test that starts a cluster where that can't be done.
func needPrograms(t *testing.T) {
	_, err := pgtest.BinDir()
	require.Present(t, "a PostgreSQL server", err == nil)
}

func TestCommandLine(t *testing.T) {
	// A cluster is named, so none is started: what is tested is the rest.
	t.Setenv(pgtest.Variable, "postgres://named@127.0.0.1:1/postgres")
	for _, c := range []struct {
		name    string
		args    []string
		want    int
		wantOut string
		wantErr string
	}{
		{"success", []string{"--", "sh", "-c", "echo out; echo err >&2"}, 0, "out\n", "err\n"},
		{"the command's exit code", []string{"sh", "-c", "exit 7"}, 7, "", ""},
		{"the command's signal", []string{"sh", "-c", "kill -9 $$"}, 128 + 9, "", ""},
		{"the named cluster", []string{"sh", "-c", "echo $BERTH_TEST_PG"}, 0, "postgres://named@127.0.0.1:1/postgres\n", ""},
		{"no command", []string{"-relaxed"}, 125, "", "name the command to run"},
		{"unknown flag", []string{"-no-such-flag", "true"}, 125, "", "no-such-flag"},
		{"a setting without value", []string{"-set", "work_mem", "true"}, 125, "", "want name=value"},
		{"unknown command", []string{"berth-no-such-program"}, 127, "", "berth-no-such-program"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(c.args, &stdout, &stderr); got != c.want {
				t.Errorf("got exit code %d, want %d", got, c.want)
			}
			if got := stdout.String(); got != c.wantOut {
				t.Errorf("got output %q, want %q", got, c.wantOut)
			}
			if got := stderr.String(); !strings.Contains(got, c.wantErr) || (c.wantErr == "" && got != "") {
				t.Errorf("got messages %q, want %q", got, c.wantErr)
			}
		})
	}
}

// TestSignalIsHandedOn runs withpg as the real program, ends it by SIGTERM while
// its command waits, and looks for what is left.
func TestSignalIsHandedOn(t *testing.T) {
	if os.Getenv("WITHPG_MAIN") != "" {
		os.Exit(run([]string{"-set", "work_mem=5MB", "--", "sh", "-c",
			`trap 'echo told; exit 9' TERM; echo "$BERTH_TEST_PG"; while :; do sleep 0.05; done`}, os.Stdout, os.Stderr))
	}
	needPrograms(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestSignalIsHandedOn$")
	cmd.Env = append(os.Environ(), "WITHPG_MAIN=1", pgtest.Variable+"=")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	lines.Scan()
	dsn := lines.Text()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatalf("the address that the command got: %v", err)
	}
	defer conn.Close(t.Context())
	var got string
	if err := conn.QueryRow(t.Context(), "select current_setting('work_mem')||current_setting('fsync')").Scan(&got); err != nil || got != "5MBon" {
		t.Errorf("got work_mem and fsync %q, %v; want 5MB and on", got, err)
	}

	cmd.Process.Signal(syscall.SIGTERM)
	lines.Scan()
	if got := lines.Text(); got != "told" {
		t.Errorf("the command said %q, want that it was told", got)
	}
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 9 {
		t.Errorf("got exit code %d, want the command's 9", got)
	}
	if _, err := pgx.Connect(t.Context(), dsn); err == nil {
		t.Error("the cluster still takes connections")
	}
}
