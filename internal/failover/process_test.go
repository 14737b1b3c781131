package main

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
)

// family is a process with children, one of which has a child of its own. It prints when all are there.
const family = "sh -c 'sleep 1000 & wait' & sleep 1000 & wait"

func startFamily(t *testing.T, s *site, name string) *process {
	t.Helper()
	p, err := s.spawn(name, nil, "/bin/sh", "-c", family)
	if err != nil {
		t.Fatal(err)
	}
	if err := until(t.Context(), patience, "the whole family", func() bool { return len(tree(p.cmd.Process.Pid)) == 4 }); err != nil {
		t.Fatal(err)
	}
	return p
}

func gone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func TestFreezeThawAndKill(t *testing.T) {
	s, err := openSite(false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	m := &machine{site: s, name: "db1"}
	p := startFamily(t, s, "family")
	pid := p.cmd.Process.Pid
	all := tree(pid)
	frozen, err := m.freeze(t.Context(), pid)
	if err != nil || len(frozen) != len(all) {
		t.Fatalf("froze %v: %v, want all of %v", frozen, err, all)
	}
	thaw, err := m.pauseAll(t.Context(), pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := thaw(); err != nil {
		t.Fatal(err)
	}
	if err := until(t.Context(), patience, "nobody frozen", func() bool { return !anyOf(all, stopped) }); err != nil {
		t.Error(err)
	}
	if err := m.kill(t.Context(), pid); err != nil {
		t.Error(err)
	}
	if anyOf(all, running) {
		t.Errorf("some of %v live on after SIGKILL", all)
	}
	<-p.ended
	if p.alive() || pidOf(p) != 0 {
		t.Error("a dead process counts as alive")
	}
	// What isn't there can't be killed, above all not by a pid that means a group.
	for _, root := range []int{0, -1, 1} {
		if err := m.kill(t.Context(), root); err == nil || !strings.Contains(err.Error(), "not running") {
			t.Errorf("kill %d: got %v, want a refusal", root, err)
		}
	}
}

func TestCloseEndsEverything(t *testing.T) {
	s, err := openSite(false)
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{site: s, name: "db1"}
	p := startFamily(t, s, "family")
	frozen := startFamily(t, s, "frozen")
	all := append(tree(p.cmd.Process.Pid), tree(frozen.cmd.Process.Pid)...)
	if _, err := m.freeze(t.Context(), frozen.cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if anyOf(all, running) || !gone(s.dir) {
		t.Errorf("processes of %v or the folder %s are left", all, s.dir)
	}
}

func TestOutput(t *testing.T) {
	s, err := openSite(false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	out, err := s.output(t.Context(), []string{"WORD=b"}, "/bin/sh", "-c", `echo "a$WORD$HOME"`)
	if err != nil || out != "ab"+s.dir+"\n" {
		t.Errorf("got %q, %v", out, err)
	}
	_, err = s.output(t.Context(), nil, "/bin/sh", "-c", "echo why >&2; exit 3", "hunter2")
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
	if pid == 0 || !running(pid) || gone(dir) {
		t.Fatalf("got process %d and folder %q, want both to exist", pid, dir)
	}
	all := tree(pid)
	cmd.Process.Kill()
	cmd.Wait()
	if err := until(t.Context(), patience, "the end of all", func() bool { return !anyOf(all, running) && gone(dir) }); err != nil {
		t.Errorf("%v: some of %v or %s outlived the program", err, all, dir)
	}
}

// own is the process that is killed: it says what it owns and waits.
func own(t *testing.T) {
	s, err := openSite(false)
	if err != nil {
		t.Fatal(err)
	}
	p := startFamily(t, s, "family")
	fmt.Printf("OWNS %d %s\n", p.cmd.Process.Pid, s.dir)
	io.Copy(io.Discard, os.Stdin)
}

func TestFreePortsDiffer(t *testing.T) {
	ports, err := freePorts(13)
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
