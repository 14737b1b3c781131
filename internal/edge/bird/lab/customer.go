package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/user"
	"strconv"
	"strings"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/require"
)

// Customer is the other end of a session: a network with hosts in the bought prefixes, and a router.
type Customer struct {
	lab    *Lab
	name   string
	router *process.Process
	frr    bool
}

// Customer makes the other end of a session, with a cable to the edge that has the session's addresses, and the first
// address of each prefix for a host. The router isn't started.
func (l *Lab) Customer(t testing.TB, s berth.EdgeSession) *Customer {
	t.Helper()
	l.links++
	c := &Customer{lab: l, name: fmt.Sprintf("customer%d", l.links)}
	if l.spaces == nil {
		return c
	}
	ctx, near := t.Context(), fmt.Sprintf("c%d", l.links)
	if err := l.spaces.add(ctx, c.name); err != nil {
		t.Fatal(err)
	}
	if err := l.spaces.connect(ctx, "edge", near, c.name, "e0"); err != nil {
		t.Fatal(err)
	}
	for _, link := range s.Links() {
		if err := l.spaces.address(ctx, "edge", near, link.Local, link.Peer); err != nil {
			t.Fatal(err)
		}
		if err := l.spaces.address(ctx, c.name, "e0", link.Peer, link.Local); err != nil {
			t.Fatal(err)
		}
		for _, p := range link.Prefixes {
			if err := c.host(ctx, p.Prefix); err != nil {
				t.Fatal(err)
			}
		}
	}
	return c
}

// Host gives a host at the customer's the first address of a further prefix.
func (c *Customer) Host(t testing.TB, prefix netip.Prefix) {
	t.Helper()
	if err := c.host(t.Context(), prefix); err != nil {
		t.Fatal(err)
	}
}

func (c *Customer) host(ctx context.Context, prefix netip.Prefix) error {
	address := prefix.Addr().Next()
	return c.lab.spaces.all(ctx, c.name, fmt.Sprintf("addr add %s/%d dev lo", address, address.BitLen()))
}

// BIRD starts the customer's BIRD from a configuration as it stands, or has the running one take it.
func (c *Customer) BIRD(t testing.TB, text string) {
	t.Helper()
	conf := c.lab.site.Path(c.name + ".conf")
	if err := c.lab.site.Write(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if c.router.Alive() {
		if out := c.Ask(t, "configure"); !strings.Contains(out, "Reconfigured") && !strings.Contains(out, "Reconfiguration in progress") {
			t.Fatalf("the customer's BIRD doesn't take the configuration: %s", out)
		}
		return
	}
	p, err := c.lab.bird(c.name, c.name, conf)
	if err != nil {
		t.Fatal(err)
	}
	c.router = p
	c.lab.wait(t, "the customer's BIRD answers", func() bool { return !p.Alive() || c.lab.answers(c.name) })
	if !p.Alive() {
		t.Fatal("the customer's BIRD doesn't start from its configuration")
	}
}

// Stop kills the customer's BIRD.
func (c *Customer) Stop() { c.lab.kill(c.router) }

// FRR starts the customer's FRR, bgpd and zebra, and hands it a configuration as it stands. Needs root.
func (c *Customer) FRR(t testing.TB, text string) {
	t.Helper()
	const programs = "/usr/lib/frr/"
	require.Present(t, "root (FRR's daemons change their groups)", os.Geteuid() == 0)
	for _, program := range []string{programs + "zebra", programs + "bgpd", "vtysh"} {
		require.Program(t, program)
	}
	l := c.lab
	folder, conf := c.frrFolder(t), l.site.Path(c.name, "frr.conf")
	if err := l.site.Write(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	for _, daemon := range []string{"zebra", "bgpd"} {
		empty := l.site.Path(c.name, daemon+".conf")
		if err := l.site.Write(empty, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		args := append(l.spaces.enter(c.name), programs+daemon, "-f", empty, "-i", l.site.Path(c.name, daemon+".pid"),
			"--vty_socket", folder, "-z", l.site.Path(c.name, "zserv.api"), "-P", "0", "--log", "stdout")
		if c.router, err = l.site.Spawn(c.name+"-"+daemon, nil, args[0], args[1:]...); err != nil {
			t.Fatal(err)
		}
		l.wait(t, "FRR's "+daemon+" answers", func() bool {
			_, err := os.Stat(l.site.Path(c.name, daemon+".vty"))
			return err == nil || !c.router.Alive()
		})
	}
	c.frr = true
	if out, err := l.site.Output(t.Context(), nil, "vtysh", "--vty_socket", folder, "-f", conf); err != nil || strings.Contains(out, "%") {
		t.Fatalf("FRR doesn't take its configuration: %v\n%s", err, out)
	}
}

// frrFolder makes a folder for the daemons, which become the user that Debian's package made.
func (c *Customer) frrFolder(t testing.TB) string {
	t.Helper()
	frr, err := user.Lookup("frr")
	require.Present(t, "the user frr of Debian's package", err == nil)
	folder, err := c.lab.site.Folder(c.name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(frr.Uid)
	gid, _ := strconv.Atoi(frr.Gid)
	err = errors.Join(os.Chown(folder, uid, gid), os.Chmod(c.lab.site.Dir, 0o711)) // #nosec G302 -- a folder, which others must pass
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// Ask is the router's answer to a command of birdc, or of vtysh.
func (c *Customer) Ask(t testing.TB, command string) string {
	t.Helper()
	if !c.frr {
		return c.lab.ask(t, c.name, command)
	}
	out, err := c.lab.site.Output(t.Context(), nil, "vtysh", "--vty_socket", c.lab.site.Path(c.name), "-c", command)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// KernelRoutes are the routes in the customer's kernel that its router has learnt, of both families.
func (c *Customer) KernelRoutes(t testing.TB) (routes []string) {
	t.Helper()
	for _, family := range []string{"-4", "-6"} {
		protocol := "bird"
		if c.frr {
			protocol = "bgp"
		}
		out, err := c.lab.spaces.run(t.Context(), c.name, ip, family, "route", "show", "proto", protocol)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out) {
			routes = append(routes, strings.Fields(line)[0])
		}
	}
	return routes
}
