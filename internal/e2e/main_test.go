// Package e2e holds the tests that run the real program as its users do: the clients that the provider prints in its
// documents, and servers under load that are killed, paused and stopped. What they check is what counts from outside:
// answers, exit codes, the books, and the machines of the simulated provider.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen. It's long because the machine may be busy.
const patience = 30 * time.Second

// program is the path of the real binary, built once for all tests.
var program string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "berth-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // some tests run the program as nobody
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	program = filepath.Join(dir, "berth")
	cmd := exec.Command("go", "build", "-o", program, "github.com/berth-host/berth/cmd/berth")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	// These tests wait for what they have started more than they compute.
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if lanes := strconv.Itoa(2 * runtime.GOMAXPROCS(0)); !given {
		if err := flag.Set("test.parallel", lanes); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// environment is the program's: nothing of the developer's own settings may come in.
func environment(more ...string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "TMPDIR=" + os.TempDir(), "TZ=UTC", "LC_ALL=C.UTF-8"}
	return append(env, more...)
}

// result is how a command ended.
type result struct {
	out, err string
	code     int
}

// command runs the program to its end.
func command(t *testing.T, env []string, args ...string) result {
	t.Helper()
	return commandAs(t, nil, env, args...)
}

// commandAs is command behind a command line that runs another: setpriv, say.
func commandAs(t *testing.T, as, env []string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	line := append(append(slices.Clone(as), program), args...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = environment(env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run berth %s: %v", args[0], err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// process is a server that is running, as 'serve' or 'demo'.
type process struct {
	cmd   *exec.Cmd
	args  []string
	began time.Time
	log   string // file with its standard error

	mu      sync.Mutex
	out     strings.Builder // its standard output so far
	address string          // URL in its ready line
	ready   chan struct{}   // closed once that line was there
	ended   chan struct{}   // closed when it has ended
}

// start starts a server. It's killed when the test ends.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return startAs(t, nil, env, args...)
}

// startAs is start behind a command line that becomes another's.
func startAs(t *testing.T, as, env []string, args ...string) *process {
	t.Helper()
	log, err := os.CreateTemp(t.ArtifactDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p := &process{args: args, log: log.Name(), ready: make(chan struct{}), ended: make(chan struct{})}
	line := append(append(slices.Clone(as), program), args...)
	p.cmd = exec.Command(line[0], line[1:]...)
	p.cmd.Env, p.cmd.Stderr = environment(env...), log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.follow(stdout)
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.ended
		if t.Failed() {
			t.Logf("the log of berth %s ends with:\n%s", strings.Join(p.args, " "), p.tail())
		}
	})
	return p
}

// follow reads the standard output, and reaps the process.
func (p *process) follow(stdout io.Reader) {
	defer close(p.ended)
	for lines := bufio.NewReader(stdout); ; {
		line, err := lines.ReadString('\n')
		url, ready := strings.CutPrefix(line, "ready ")
		p.mu.Lock()
		p.out.WriteString(line)
		if ready {
			p.address = strings.TrimSpace(url)
			close(p.ready)
		}
		p.mu.Unlock()
		if err != nil {
			break
		}
	}
	p.cmd.Wait()
}

// url waits until the server is ready and returns where.
func (p *process) url(t *testing.T) string {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.ready:
	case <-p.ended:
		t.Fatalf("berth %s ended before it was ready; its log ends with:\n%s", strings.Join(p.args, " "), p.tail())
	case <-timer.C:
		t.Fatalf("berth %s isn't ready; its log ends with:\n%s", strings.Join(p.args, " "), p.tail())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address
}

// isReady reports whether the ready line was there.
func (p *process) isReady() bool {
	select {
	case <-p.ready:
		return true
	default:
		return false
	}
}

// signal sends a signal, unless the process has ended.
func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.ended:
	default:
		p.cmd.Process.Signal(s)
	}
}

// kill ends the process at once, as a crash would.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// stop asks the process to end, and returns its exit code.
func (p *process) stop(t *testing.T) int {
	t.Helper()
	p.signal(syscall.SIGTERM)
	return p.wait(t, patience)
}

// wait waits for the process to end by itself.
func (p *process) wait(t *testing.T, limit time.Duration) int {
	t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		t.Fatalf("berth %s doesn't end; its log ends with:\n%s", strings.Join(p.args, " "), p.tail())
	}
	return p.cmd.ProcessState.ExitCode()
}

// output is what the process has written to its standard output so far.
func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// tail is the end of its log.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-3000):])
}

// until waits for a condition that no signal announces.
func until(t *testing.T, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}
