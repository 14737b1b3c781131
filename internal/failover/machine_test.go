package main

import (
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/process"
)

// family is a process with children, one of which has a child of its own.
const family = "sh -c 'sleep 1000 & wait' & sleep 1000 & wait"

func TestFreezeThawAndKill(t *testing.T) {
	s, err := process.Open(process.Options{Prefix: "berth-failover-test-"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := &machine{site: s, name: "db1"}
	p, err := s.Spawn("family", nil, "/bin/sh", "-c", family)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Until(t.Context(), patience, "the whole family", func() bool { return len(process.Tree(p.Cmd.Process.Pid)) == 4 }); err != nil {
		t.Fatal(err)
	}
	pid := p.Cmd.Process.Pid
	all := process.Tree(pid)
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
	if err := process.Until(t.Context(), patience, "nobody frozen", func() bool { return !anyOf(all, process.Stopped) }); err != nil {
		t.Error(err)
	}
	if err := m.kill(t.Context(), pid); err != nil {
		t.Error(err)
	}
	if anyOf(all, process.Running) {
		t.Errorf("some of %v live on after SIGKILL", all)
	}
	<-p.Ended
	if p.Alive() || pidOf(p) != 0 {
		t.Error("a dead process counts as alive")
	}
	// What isn't there can't be killed, above all not by a pid that means a group.
	for _, root := range []int{0, -1, 1} {
		if err := m.kill(t.Context(), root); err == nil || !strings.Contains(err.Error(), "not running") {
			t.Errorf("kill %d: got %v, want a refusal", root, err)
		}
	}
}
