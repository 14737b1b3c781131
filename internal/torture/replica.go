package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/berth-host/berth/internal/cutproxy"
	"github.com/berth-host/berth/internal/process"
)

// replica is one `berth serve` that is started again whenever it has ended, as a service manager would.
type replica struct {
	shop  *shop
	name  string
	port  int             // the same after every start: clients know it
	front *cutproxy.Proxy // before its API
	back  *cutproxy.Proxy // before its database, nil for SQLite
	db    string          // its database's URL, through back

	mu       sync.Mutex
	now      *life
	stopping bool
	faults   []string // ends that nobody has caused
	tended   sync.WaitGroup
}

// life is one process of a replica.
type life struct {
	*process.Process
	ready  chan struct{} // closed once it said so
	killed bool          // by us; under the replica's lock
}

func (l *life) isReady() bool {
	select {
	case <-l.ready:
		return true
	default:
		return false
	}
}

// tend keeps the replica running until stop.
func (r *replica) tend(ctx context.Context) {
	r.tended.Go(func() {
		for ctx.Err() == nil {
			l, err := r.start()
			if err != nil {
				r.blame("%s could not be started: %v", r.name, err)
				return
			}
			if l == nil { // stop came first
				return
			}
			<-l.Ended
			r.mu.Lock()
			killed, stopping := l.killed, r.stopping
			r.mu.Unlock()
			if stopping {
				return
			}
			if killed {
				continue
			}
			// A start may fail while the database is away; a server that has been ready has to live through that.
			if l.isReady() {
				r.blame("%s ended by itself: %v", r.name, l.Cmd.ProcessState)
			}
			pass(ctx, 100*time.Millisecond)
		}
	})
}

func (r *replica) blame(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// start starts the program once more; nil when the replica is to stop.
func (r *replica) start() (*life, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopping {
		return nil, nil
	}
	out, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer write.Close()
	p, err := r.shop.site.SpawnTo(write, r.name, append(r.shop.env(), "BERTH_DB="+r.db), r.shop.program,
		"serve", "--config", r.shop.config(), "--listen", fmt.Sprintf("127.0.0.1:%d", r.port))
	if err != nil {
		_ = out.Close()
		return nil, err
	}
	l := &life{Process: p, ready: make(chan struct{})}
	go l.follow(out)
	r.now = l
	return l, nil
}

// follow reads what the server prints to its end: it must never wait for a reader.
func (l *life) follow(out *os.File) {
	defer out.Close()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready ") {
			close(l.ready)
			break
		}
	}
	_, _ = io.Copy(io.Discard, out)
}

// current is the process that runs now, or ran last; nil before the first.
func (r *replica) current() *life {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *replica) isReady() bool {
	l := r.current()
	return l.Alive() && l.isReady()
}

// Alive reports whether the process runs. Nil doesn't.
func (l *life) Alive() bool { return l != nil && l.Process.Alive() }

// kill ends the process at once, as a crash would, and reports whether it was ready. It is false for hit when there
// was none: the last one has ended and the next isn't there yet.
func (r *replica) kill() (hit, ready bool) {
	r.mu.Lock()
	l := r.now
	if hit = l.Alive(); hit {
		l.killed = true
		ready = l.isReady()
		l.Signal(syscall.SIGKILL)
	}
	r.mu.Unlock()
	if hit {
		<-l.Ended
	}
	return hit, ready
}

// pause stops the process for a while, as a machine that is suspended would, as soon as it's ready: before, it would
// have nothing to wake up to. It's false when it isn't ready for long. A kill may come in between.
func (r *replica) pause(ctx context.Context, long time.Duration) bool {
	if process.Until(ctx, patience, r.name+" ready", r.isReady) != nil {
		return false
	}
	l := r.current()
	l.Signal(syscall.SIGSTOP)
	pass(ctx, long)
	l.Signal(syscall.SIGCONT)
	return true
}

// stop ends the replica for good by SIGTERM: a process that lived through all of it must still be able to stop.
func (r *replica) stop(ctx context.Context) error {
	r.mu.Lock()
	r.stopping = true
	l := r.now
	r.mu.Unlock()
	l.Signal(syscall.SIGTERM)
	if err := l.Wait(ctx, process.Patience); err != nil {
		return err
	}
	if code := l.Cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with code %d after SIGTERM", r.name, code)
	}
	r.tended.Wait()
	return nil
}

// quit ends the replica for good at once, when nobody cares any more.
func (r *replica) quit() {
	r.mu.Lock()
	r.stopping = true
	l := r.now
	r.mu.Unlock()
	if l != nil {
		l.Signal(syscall.SIGKILL)
	}
	r.tended.Wait()
}
