package lab

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/berth-host/berth/internal/process"
)

const ip = "/usr/sbin/ip"

// spaces are network namespaces by name. Each is held by a process that does nothing, and ends with it: no namespace has
// an entry in the file system that a killed test would leave behind.
type spaces struct {
	site *process.Site
	root bool // we may make namespaces as we are; otherwise all of them belong to a user namespace where we are root
	user int  // the process that holds it
	held map[string]int
}

func newSpaces(ctx context.Context, site *process.Site, root bool) (*spaces, error) {
	s := &spaces{site: site, root: root, held: map[string]int{}}
	for _, name := range []string{"edge", "internet"} {
		if err := s.add(ctx, name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// add makes a network with nothing but its loopback.
func (s *spaces) add(ctx context.Context, name string) error {
	args := []string{"/usr/bin/unshare", "--net", "sleep", "infinity"}
	switch {
	case !s.root && s.user == 0:
		args = []string{"/usr/bin/unshare", "--user", "--map-root-user", "--net", "sleep", "infinity"}
	case !s.root:
		args = append([]string{"/usr/bin/nsenter", "-t", strconv.Itoa(s.user), "--user", "--preserve-credentials", "--"}, args...)
	}
	p, err := s.site.Spawn("network-"+name, nil, args[0], args[1:]...)
	if err != nil {
		return err
	}
	pid := p.Cmd.Process.Pid
	// The program that makes the namespace becomes the one that holds it, in one process.
	err = process.Until(ctx, process.Patience, "the network namespace of "+name, func() bool {
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		return !p.Alive() || string(comm) == "sleep\n"
	})
	if err == nil && !p.Alive() {
		err = fmt.Errorf("the network namespace of %s could not be made", name)
	}
	if err != nil {
		return err
	}
	if !s.root && s.user == 0 {
		s.user = pid
	}
	s.held[name] = pid
	_, err = s.run(ctx, name, ip, "link", "set", "lo", "up")
	return err
}

// enter is how a command line begins that runs in a namespace. Where there are none it's empty.
func (s *spaces) enter(name string) []string {
	if s == nil {
		return nil
	}
	args := []string{"/usr/bin/nsenter", "-t", strconv.Itoa(s.held[name])}
	if !s.root {
		args = append(args, "--user", "--preserve-credentials")
	}
	return append(args, "--net", "--")
}

func (s *spaces) run(ctx context.Context, name, program string, args ...string) (string, error) {
	line := append(append(s.enter(name), program), args...)
	return s.site.Output(ctx, nil, line[0], line[1:]...)
}

// all runs lines of `ip` in a namespace.
func (s *spaces) all(ctx context.Context, name string, lines ...string) error {
	for _, line := range lines {
		if _, err := s.run(ctx, name, ip, strings.Fields(line)...); err != nil {
			return fmt.Errorf("%s: ip %s: %w", name, line, err)
		}
	}
	return nil
}

// connect puts a cable between two namespaces.
func (s *spaces) connect(ctx context.Context, a, aDevice, b, bDevice string) error {
	if err := s.all(ctx, a, fmt.Sprintf("link add %s type veth peer name %s netns %d", aDevice, bDevice, s.held[b]), "link set "+aDevice+" up"); err != nil {
		return err
	}
	return s.all(ctx, b, "link set "+bDevice+" up")
}

// address gives a cable's end its address, which is with the other's in a network of two.
func (s *spaces) address(ctx context.Context, space, device string, own, other netip.Addr) error {
	bits := own.BitLen() - 1
	if pair, err := own.Prefix(bits); err != nil || !pair.Contains(other) {
		return fmt.Errorf("%s and %s are no pair", own, other)
	}
	line := fmt.Sprintf("addr add %s/%d dev %s", own, bits, device)
	if own.Is6() {
		line += " nodad" // which would take a second
	}
	return s.all(ctx, space, line)
}

// internet connects the edge to a network where everything else is.
func (l *Lab) internet(ctx context.Context) error {
	const ours, ours6 = "192.0.2.1", "2001:db8:ffff::1"
	s := l.spaces
	forward := "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"
	if _, err := s.run(ctx, "edge", "/bin/sh", "-c", forward); err != nil {
		return err
	}
	if err := s.connect(ctx, "edge", "up0", "internet", "e0"); err != nil {
		return err
	}
	if err := s.all(ctx, "edge", "addr add "+ours+"/24 dev up0", "addr add "+ours6+"/64 dev up0 nodad"); err != nil {
		return err
	}
	return s.all(ctx, "internet", "addr add "+l.Internet+"/24 dev e0", "addr add 2001:db8:ffff::2/64 dev e0 nodad",
		"route add default via "+ours, "route add default via "+ours6)
}
