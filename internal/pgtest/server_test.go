package pgtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/berth-host/berth/internal/process"
)

func TestKillAndRestart(t *testing.T) {
	server := Start(t, Options{})
	dsn := server.Database(t)
	conn := open(t, dsn)
	if _, err := conn.Exec(t.Context(), "create table mark (name text); insert into mark values ('acknowledged')"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		down func() error
	}{{"kill", server.Kill}, {"stop", server.Stop}} {
		t.Run(c.name, func(t *testing.T) {
			// An open transaction: what it wrote must not come back.
			busy := open(t, dsn)
			if _, err := busy.Exec(t.Context(), "begin; insert into mark values ('never committed')"); err != nil {
				t.Fatal(err)
			}
			pid, port, data := server.postmaster.Process.Pid, server.Port(), server.dir+"/data"
			children := process.Tree(pid)[1:]
			if len(children) < 3 {
				t.Fatalf("got the processes %v of the cluster, want its backends too", children)
			}
			if err := c.down(); err != nil {
				t.Fatal(err)
			}
			for _, pid := range append(children, pid) {
				if process.Running(pid) {
					t.Errorf("process %d still runs after %s", pid, c.name)
				}
			}
			// The file stays after a crash and goes in an orderly shutdown,
			// which tells that the two are what they say.
			if _, err := os.Stat(data + "/postmaster.pid"); errors.Is(err, fs.ErrNotExist) != (c.name == "stop") {
				t.Errorf("after %s postmaster.pid: %v", c.name, err)
			}
			if _, err := pgx.Connect(t.Context(), dsn); err == nil {
				t.Error("the dead cluster took a connection")
			}
			if err := c.down(); err != nil {
				t.Errorf("a second time: %v", err)
			}
			if err := server.Restart(); err != nil {
				t.Fatal(err)
			}
			if server.Port() != port {
				t.Errorf("got port %d after the restart, want %d", server.Port(), port)
			}
			if got := ask[string](t, open(t, dsn), "select string_agg(name, ',') from mark"); got != "acknowledged" {
				t.Errorf("after %s: got rows %q, want only the acknowledged one", c.name, got)
			}
		})
	}
}

func TestBadSettingIsExplained(t *testing.T) {
	if _, err := BinDir(); err != nil {
		Start(t, Options{}) // skips or fails as everywhere
	}
	server, err := Launch(Options{Settings: map[string]string{"no_such_setting": "1"}})
	if err == nil {
		server.Close()
		t.Fatal("a setting that doesn't exist was taken")
	}
	if !strings.Contains(err.Error(), `"no_such_setting"`) {
		t.Errorf("got %v, want PostgreSQL's own words", err)
	}
}

// TestNothingOutlivesTheProcess kills a process that owns a cluster with
// SIGKILL, which leaves it no chance to clean up.
func TestNothingOutlivesTheProcess(t *testing.T) {
	if os.Getenv("OWNER") != "" {
		own(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingOutlivesTheProcess$", "-test.v")
	cmd.Env = append(os.Environ(), "OWNER=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	var dir string
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if strings.Contains(lines.Text(), "--- SKIP") {
			Start(t, Options{}) // skips for the same reason
		}
		fmt.Sscanf(lines.Text(), "OWNS %d %s", &pid, &dir)
	}
	if !process.Running(pid) || dir == "" {
		t.Fatalf("got postmaster %d in %q, want a running one", pid, dir)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if err := until(patience, "its end", func() bool { return !process.Running(pid) }); err != nil {
		t.Errorf("postgres outlived its owner: %v", err)
	}
	if err := until(patience, "its folder gone", func() bool { _, err := os.Stat(dir); return errors.Is(err, fs.ErrNotExist) }); err != nil {
		t.Errorf("the folder %s outlived its owner: %v", dir, err)
	}
}

// own is the process that is killed: it says what it owns and waits.
func own(t *testing.T) {
	server := Start(t, Options{Relaxed: true})
	fmt.Printf("OWNS %d %s\n", server.postmaster.Process.Pid, server.dir)
	io.Copy(io.Discard, os.Stdin)
}
