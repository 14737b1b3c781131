package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/berth-host/berth/internal/process"
)

// machine stands for one machine of a cluster: its etcd, its Patroni and the PostgreSQL that Patroni runs.
type machine struct {
	site      *process.Site
	name      string
	dir       string
	passwords map[string]string // by PostgreSQL's (and Patroni's) user; the same on all machines

	pgPort, restPort, clientPort, peerPort int

	etcd, patroni *process.Process
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

func (m *machine) data() string          { return filepath.Join(m.dir, "postgresql") }
func (m *machine) patroniConfig() string { return filepath.Join(m.dir, "patroni.yml") }
func (m *machine) etcdConfig() string    { return filepath.Join(m.dir, "etcd.yml") }
func (m *machine) patroniName() string   { return m.name + "-patroni" }
func (m *machine) startPatroni() (err error) {
	m.patroni, err = m.site.Spawn(m.patroniName(), nil, "/usr/bin/python3", "/usr/bin/patroni", m.patroniConfig())
	return err
}

// start starts what isn't running, as the machine's own services do when it boots or when they died.
func (m *machine) start() error {
	if !m.etcd.Alive() {
		var err error
		if m.etcd, err = m.site.Spawn(m.name+"-etcd", nil, "/usr/bin/etcd", "--config-file="+m.etcdConfig()); err != nil {
			return err
		}
	}
	if !m.patroni.Alive() {
		return m.startPatroni()
	}
	return nil
}

// postmaster is PostgreSQL's first process, 0 while there's none. After a crash the file with its number stays, and
// the number may be somebody else's by now, so its mark is looked at.
func (m *machine) postmaster() int {
	text, err := os.ReadFile(filepath.Join(m.data(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || !process.Running(pid) || !m.site.Owns(pid) {
		return 0
	}
	return pid
}

// crash is the loss of the whole machine: all its processes at one instant.
func (m *machine) crash(ctx context.Context) error {
	return m.kill(ctx, m.postmaster(), pidOf(m.patroni), pidOf(m.etcd))
}

// crashPostgres is the loss of PostgreSQL alone, as by the kernel when memory is short.
func (m *machine) crashPostgres(ctx context.Context) error {
	return m.kill(ctx, m.postmaster())
}

// crashEtcd is the loss of etcd alone.
func (m *machine) crashEtcd(ctx context.Context) error {
	return m.kill(ctx, pidOf(m.etcd))
}

func pidOf(p *process.Process) int {
	if !p.Alive() {
		return 0
	}
	return p.Cmd.Process.Pid
}

// kill ends processes with all their children by SIGKILL and returns when they're gone. All are frozen first: a
// process that died before another would be noticed by it, and one that lived longer might still answer; in the
// crash of a machine neither happens.
func (m *machine) kill(ctx context.Context, roots ...int) error {
	all, err := m.freeze(ctx, roots...)
	if err != nil {
		return err
	}
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return process.Until(ctx, patience, "the end of "+m.name+" after SIGKILL", func() bool { return !anyOf(all, process.Running) })
}

// freeze stops processes with all their children, and returns all that it has stopped, after an error too.
func (m *machine) freeze(ctx context.Context, roots ...int) (all []int, err error) {
	for _, root := range roots {
		// What isn't there can't be stopped, and pids of 0 and below mean whole groups.
		if root <= 1 {
			return all, fmt.Errorf("a server of %s is not running", m.name)
		}
		_ = syscall.Kill(root, syscall.SIGSTOP)
		all = append(all, root)
	}
	frozen := func() bool {
		return !anyOf(all, func(pid int) bool { return process.Running(pid) && !process.Stopped(pid) })
	}
	if err := process.Until(ctx, patience, m.name+" frozen", frozen); err != nil {
		return all, err
	}
	// No child is missed: its parent is frozen and makes no others, and neither PostgreSQL's nor Patroni's children
	// make any.
	for _, root := range roots {
		for _, pid := range process.Tree(root)[1:] {
			_ = syscall.Kill(pid, syscall.SIGSTOP)
			all = append(all, pid)
		}
	}
	return all, process.Until(ctx, patience, m.name+" frozen", frozen)
}

// pause freezes PostgreSQL and Patroni, as a machine does whose disk hangs; etcd, with its own disk, goes on. What is
// returned thaws them.
func (m *machine) pause(ctx context.Context) (thaw func() error, err error) {
	return m.pauseAll(ctx, m.postmaster(), pidOf(m.patroni))
}

// pausePatroni leaves a PostgreSQL that nobody watches over.
func (m *machine) pausePatroni(ctx context.Context) (thaw func() error, err error) {
	return m.pauseAll(ctx, pidOf(m.patroni))
}

func (m *machine) pauseAll(ctx context.Context, roots ...int) (thaw func() error, err error) {
	all, err := m.freeze(ctx, roots...)
	return func() error {
		var errs []error
		for _, pid := range all {
			if err := syscall.Kill(pid, syscall.SIGCONT); err != syscall.ESRCH { // somebody ended it
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}, err
}

func anyOf(pids []int, is func(int) bool) bool {
	for _, pid := range pids {
		if is(pid) {
			return true
		}
	}
	return false
}
