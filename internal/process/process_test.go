package process

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// family is a process with children, one of which has a child of its own. It prints when all are there.
const family = "sh -c 'sleep 1000 & wait' & sleep 1000 & wait"

func startFamily(t *testing.T, s *Site, name string) *Process {
	t.Helper()
	p, err := s.Spawn(name, nil, "/bin/sh", "-c", family)
	if err != nil {
		t.Fatal(err)
	}
	if err := Until(t.Context(), Patience, "the whole family", func() bool { return len(Tree(p.Cmd.Process.Pid)) == 4 }); err != nil {
		t.Fatal(err)
	}
	return p
}

func gone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func TestCloseEndsEverything(t *testing.T) {
	s, err := Open(Options{Prefix: "berth-process-test-"})
	if err != nil {
		t.Fatal(err)
	}
	p := startFamily(t, s, "family")
	frozen := startFamily(t, s, "frozen")
	all := append(Tree(p.Cmd.Process.Pid), Tree(frozen.Cmd.Process.Pid)...)
	frozen.Signal(syscall.SIGSTOP)
	if err := Until(t.Context(), Patience, "frozen", func() bool { return Stopped(frozen.Cmd.Process.Pid) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if slices.ContainsFunc(all, Running) || !gone(s.Dir) {
		t.Errorf("processes of %v or the folder %s are left", all, s.Dir)
	}
}

func TestOutput(t *testing.T) {
	s, err := Open(Options{Prefix: "berth-process-test-"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := s.Output(t.Context(), []string{"WORD=b"}, "/bin/sh", "-c", `echo "a$WORD$HOME"`)
	if err != nil || out != "ab"+s.Dir+"\n" {
		t.Errorf("got %q, %v", out, err)
	}
	_, err = s.Output(t.Context(), nil, "/bin/sh", "-c", "echo why >&2; exit 3", "hunter2")
	if err == nil || !strings.Contains(err.Error(), "why") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want the program's words without its arguments", err)
	}
}

// TestNothingOutlivesTheProgram kills a process that owns a site with SIGKILL, which leaves it no chance to clean up.
func TestNothingOutlivesTheProgram(t *testing.T) {
	if os.Getenv("OWNER") != "" {
		own(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingOutlivesTheProgram$", "-test.v")
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
		fmt.Sscanf(lines.Text(), "OWNS %d %s", &pid, &dir)
	}
	if pid == 0 || !Running(pid) || gone(dir) {
		t.Fatalf("got process %d and folder %q, want both to exist", pid, dir)
	}
	all := Tree(pid)
	cmd.Process.Kill()
	cmd.Wait()
	if err := Until(t.Context(), Patience, "the end of all", func() bool { return !slices.ContainsFunc(all, Running) && gone(dir) }); err != nil {
		t.Errorf("%v: some of %v or %s outlived the program", err, all, dir)
	}
}

// own is the process that is killed: it says what it owns and waits.
func own(t *testing.T) {
	s, err := Open(Options{Prefix: "berth-process-test-"})
	if err != nil {
		t.Fatal(err)
	}
	p := startFamily(t, s, "family")
	fmt.Printf("OWNS %d %s\n", p.Cmd.Process.Pid, s.Dir)
	io.Copy(io.Discard, os.Stdin)
}

func TestFreePortsDiffer(t *testing.T) {
	ports, err := FreePorts(13)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] || port < 15000 || port >= 32000 {
			t.Errorf("got port %d twice or out of range", port)
		}
		seen[port] = true
	}
}
