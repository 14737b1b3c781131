// Package process starts programs for tests that kill them, and makes sure that none outlives its test:
//
//	site.go     a folder, the user whom it belongs to, and the end of everything that was started in it
//	process.go  one program that runs on by itself, or to its end
//	kernel.go   what the kernel tells: who runs, whose children, which ports are free
//
// Only tests and the programs that test may import it. It needs Linux's /proc.
package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Patience bounds every wait that has no better bound. It's long because the machine may be busy.
const Patience = 90 * time.Second

// Process is a program that was started and runs on by itself.
type Process struct {
	Name  string
	Cmd   *exec.Cmd
	Ended chan struct{} // closed when it has ended and is off the process table
}

// Spawn starts a program as the site's user; what it prints is added to a log of its name. more are further variables
// of its environment, which holds nothing of the developer's own.
func (s *Site) Spawn(name string, more []string, program string, args ...string) (*Process, error) {
	return s.SpawnTo(nil, name, more, program, args...)
}

// SpawnTo is Spawn with a reader for the standard output.
func (s *Site) SpawnTo(out *os.File, name string, more []string, program string, args ...string) (*Process, error) {
	log, err := os.OpenFile(s.Log(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
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
	p := &Process{Name: name, Cmd: cmd, Ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(p.Ended)
	}()
	return p, nil
}

// command prepares a program to run as the site's user, in a process group of its own: the keyboard's interrupt must
// not reach it, since what it ends is to be ended in order.
func (s *Site) command(more []string, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...) // #nosec G204 -- the test's own programs
	cmd.Dir = s.Dir
	cmd.Env = append([]string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + s.Dir, s.mark()}, more...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.uid, Gid: s.gid}
	}
	return cmd
}

// Output runs a program to its end and returns its standard output. An error holds what it said, and never its
// arguments: they may hold a password.
func (s *Site) Output(ctx context.Context, more []string, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
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
		return out.String(), fmt.Errorf("%s: %w\n%s%s", filepath.Base(program), err, errs.String(), out.String())
	}
	return out.String(), nil
}

// Alive reports whether the process still runs. Nil doesn't.
func (p *Process) Alive() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.Ended:
		return false
	default:
		return true
	}
}

// Signal sends a signal, unless the process has ended: its number may be somebody else's by then.
func (p *Process) Signal(s syscall.Signal) {
	if p.Alive() {
		_ = p.Cmd.Process.Signal(s)
	}
}

// Wait waits for the process' end.
func (p *Process) Wait(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case <-p.Ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s did not end within %v", p.Name, limit)
	}
}
