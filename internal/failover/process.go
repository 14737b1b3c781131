package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that was started and runs on by itself.
type process struct {
	name  string
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended and is off the process table
}

// spawn starts a program as the site's user; what it prints is added to a log of its name. more are further variables
// of its environment, which holds nothing of the developer's own.
func (s *site) spawn(name string, more []string, program string, args ...string) (*process, error) {
	return s.spawnTo(nil, name, more, program, args...)
}

// spawnTo is spawn with a reader for the standard output.
func (s *site) spawnTo(out *os.File, name string, more []string, program string, args ...string) (*process, error) {
	log, err := os.OpenFile(s.log(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := s.command(more, program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if out != nil {
		cmd.Stdout = out
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(p.ended)
	}()
	return p, nil
}

// command prepares a program to run as the site's user, in a process group of its own: the keyboard's interrupt must
// not reach it, since what it ends is to be ended in order.
func (s *site) command(more []string, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...) // #nosec G204 -- the cluster's own programs
	cmd.Dir = s.dir
	cmd.Env = append([]string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + s.dir, s.mark()}, more...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.uid, Gid: s.gid}
	}
	return cmd
}

// output runs a program to its end and returns its standard output.
func (s *site) output(ctx context.Context, more []string, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := s.command(more, program, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		_ = cmd.Process.Kill()
		<-ended
		err = ctx.Err()
	}
	if err != nil {
		// No arguments: they may hold a password.
		return out.String(), fmt.Errorf("%s: %w\n%s%s", filepath.Base(program), err, errs.String(), out.String())
	}
	return out.String(), nil
}

// alive reports whether the process still runs.
func (p *process) alive() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// wait waits for the process' end.
func (p *process) wait(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s did not end within %v", p.name, limit)
	}
}

// until waits for a condition that nothing announces. what is said when it doesn't come true in time.
func until(ctx context.Context, limit time.Duration, what string, condition func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("not within %v: %s", limit, what)
			}
			return ctx.Err()
		}
	}
	return nil
}

// tree lists a process and all its descendants. Freeze it first, or it may grow meanwhile.
func tree(pid int) []int {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if child, err := strconv.Atoi(entry.Name()); err == nil {
			if _, parent := stat(child); parent != 0 {
				children[parent] = append(children[parent], child)
			}
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// running reports whether a process still does something; one that ended and waits for its parent doesn't.
func running(pid int) bool {
	letter, _ := stat(pid)
	return letter != 0 && letter != 'Z' && letter != 'X'
}

// stat reads a process' state and parent, zeros when there's none. The fields are counted from the last parenthesis,
// because the program's name before it may hold anything.
func stat(pid int) (letter byte, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 2 {
		return 0, 0
	}
	parent, _ = strconv.Atoi(string(fields[1]))
	return fields[0][0], parent
}

// marked reports whether a process was started for a site, by whomever: the mark is inherited.
func marked(pid int, mark string) bool {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && strings.Contains("\x00"+string(environment)+"\x00", "\x00"+mark+"\x00")
}

// freePorts finds ports that nobody listens on, all at once, so that no two are the same. They are below the range from
// which the kernel takes the ports of outgoing connections: there, a client that dials a server which is down can be
// given that very port, and keep the server from coming back.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range 100 * n {
		if len(ports) == n {
			return ports, nil
		}
		port := 15000 + rand.IntN(17000) // #nosec G404 -- any free port will do
		l, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err != nil {
			continue
		}
		defer l.Close()
		ports = append(ports, port)
	}
	return nil, errors.New("no free ports on 127.0.0.1 between 15000 and 32000")
}
