// Package lab runs routers for tests: a BIRD as the edge, and customers' routers that start from the text they are given.
//
//	lab.go       the edge, in network namespaces of its own or on loopback addresses
//	customer.go  a customer's router, BIRD or FRR
//	look.go      what kernels and processes tell: routes, pings, refused passwords, rights
//	session.go   sessions for tests that have no orders
//	space.go     network namespaces
//
// In namespaces there are kernel routes and pings: edge, Internet and each customer are networks of their own, which nobody
// else sees and which end with the processes that hold them. It needs root, or a kernel that lets users make namespaces. On
// loopback there are sessions, filters and limits, for any user: BIRD runs with no rights at all. A customer's text is never
// changed. The operator's is, and on loopback only: it has nothing to do with the machine's own routes there, and listens on
// its sessions' addresses alone.
package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/berth-host/berth/internal/edge/bird"
	"github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/require"
)

const birdProgram, birdClient = "/usr/sbin/bird", "/usr/sbin/birdc"

// Lab is an edge and its surroundings.
type Lab struct {
	Main     string // the operator's bird.conf: deploy/bird/bird.conf, with the path of our file
	Include  string // our file
	Socket   string // BIRD's control socket
	Internet string // an address in the Internet's namespace, from which Ping pings; "" on loopback
	site     *process.Site
	edge     *process.Process
	spaces   *spaces // nil on loopback
	port     uint16  // of the edge, on loopback
	far      uint16  // of the customers, on loopback
	links    int
}

// Namespaces starts an edge between an Internet and customers. Where that can't be, the test is skipped, or fails, as
// require has it.
func Namespaces(t testing.TB) *Lab {
	t.Helper()
	require.Program(t, "/usr/bin/nsenter", "--version")
	require.Program(t, "ping", "-V")
	require.Program(t, ip, "-V")
	root := os.Geteuid() == 0
	probe := []string{"--user", "--map-root-user", "--net", "true"}
	if root {
		probe = probe[2:]
	}
	require.Program(t, "/usr/bin/unshare", probe...)
	l := open(t, process.Options{Prefix: "berth-edge-"})
	s, err := newSpaces(t.Context(), l.site, root)
	if err != nil {
		t.Fatal(err)
	}
	l.spaces, l.Internet = s, "192.0.2.254"
	if err := l.internet(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.StartEdge(t)
	return l
}

// Loopback starts an edge on 127.0.0.1.
func Loopback(t testing.TB) *Lab {
	t.Helper()
	l := open(t, process.Options{Prefix: "berth-edge-", Unprivileged: true})
	ports, err := process.FreePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	l.port, l.far = uint16(ports[0]), uint16(ports[1]) // #nosec G115 -- ports
	// Nothing here may touch the machine's own routes.
	kernel := regexp.MustCompile(`(?ms)^protocol kernel .*?^}\n`)
	main, err := os.ReadFile(l.Main)
	if err == nil {
		err = l.site.Write(l.Main, []byte(bound(string(kernel.ReplaceAll(main, nil)))), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.StartEdge(t)
	return l
}

var bgp = regexp.MustCompile(`(?m)^(protocol|template) bgp [^{]*\{`)

// bound keeps a BIRD on loopback to its sessions' own addresses: by itself it listens on all that the machine has.
func bound(text string) string { return bgp.ReplaceAllString(text, "$0 strict bind on;") }

// open makes the folder with the operator's configuration.
func open(t testing.TB, o process.Options) *Lab {
	t.Helper()
	require.Program(t, birdProgram, "--version")
	require.Program(t, birdClient)
	site, err := process.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			site.ShowLogs(os.Stderr)
		}
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	l := &Lab{site: site, Main: site.Path("bird.conf"), Include: site.Path("berth", "orders.conf"), Socket: site.Path("edge.ctl")}
	folder, err := site.Folder("berth")
	if err == nil {
		// As on a real edge: the folder hands its group to what we write, and BIRD is in that group.
		err = os.Chmod(folder, os.ModeSetgid|0o750) // #nosec G302 -- BIRD's user must enter it
	}
	if err == nil {
		err = errors.Join(site.Write(l.Main, operators(t, l.Include), 0o600), site.Write(l.Include, nil, 0o640))
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// operators is the configuration that the documents hand out, with our file's path and the log where the test sees it.
func operators(t testing.TB, include string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(require.Repository(t), "deploy", "bird", "bird.conf")) // #nosec G304 -- a file of this repository
	if err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(string(text), "/etc/bird/berth/orders.conf", include, 1)
	return []byte(strings.Replace(s, "log syslog all;", "log stderr all;", 1))
}

// Options of a driver on this edge.
func (l *Lab) Options() bird.Options {
	return bird.Options{Socket: l.Socket, Main: l.Main, Include: l.Include, Program: birdProgram, Zone: time.UTC}
}

// Ports are those of the edge and of customers, 0 for the usual ones.
func (l *Lab) Ports() (edge, customer uint16) { return l.port, l.far }

// StartEdge starts the edge's BIRD, which reads what its files hold.
func (l *Lab) StartEdge(t testing.TB) {
	t.Helper()
	p, err := l.bird("edge", "edge", l.Main)
	if err != nil {
		t.Fatal(err)
	}
	l.edge = p
	l.wait(t, "the edge's BIRD answers", func() bool { return l.answers("edge") })
}

// KillEdge kills the edge's BIRD, which gets no chance to say anything. The kernel's routes stay.
func (l *Lab) KillEdge() { l.kill(l.edge) }

func (l *Lab) kill(p *process.Process) {
	p.Signal(syscall.SIGKILL)
	<-p.Ended
}

// Freeze stops the edge's BIRD where it is, so that it takes connections and says nothing; or lets it go on.
func (l *Lab) Freeze(frozen bool) {
	if frozen {
		l.edge.Signal(syscall.SIGSTOP)
		return
	}
	l.edge.Signal(syscall.SIGCONT)
}

// bird starts a BIRD with a control socket of its name.
func (l *Lab) bird(name, space, conf string) (*process.Process, error) {
	args := append(l.spaces.enter(space), birdProgram, "-f", "-c", conf, "-s", l.site.Path(name+".ctl"), "-P", l.site.Path(name+".pid"))
	return l.site.Spawn(name, nil, args[0], args[1:]...)
}

func (l *Lab) answers(name string) bool {
	_, err := l.site.Output(context.Background(), nil, birdClient, "-s", l.site.Path(name+".ctl"), "show", "status")
	return err == nil
}

// Ask is the edge's BIRD's answer to a command, as birdc shows it.
func (l *Lab) Ask(t testing.TB, command string) string {
	t.Helper()
	return l.ask(t, "edge", command)
}

func (l *Lab) ask(t testing.TB, name, command string) string {
	t.Helper()
	out, err := l.site.Output(t.Context(), nil, birdClient, append([]string{"-s", l.site.Path(name + ".ctl")}, command)...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (l *Lab) wait(t testing.TB, what string, condition func() bool) {
	t.Helper()
	if err := process.Until(t.Context(), 20*time.Second, what, condition); err != nil {
		t.Fatal(err)
	}
}

// Operator changes the operator's configuration. It's read with the next change.
func (l *Lab) Operator(t testing.TB, change func(text string) string) {
	t.Helper()
	text, err := os.ReadFile(l.Main)
	if err == nil {
		err = l.site.Write(l.Main, []byte(change(string(text))), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
