package e2e

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/edge/bird/lab"
	system "github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/require"
)

// loopbackConfig is the settings of a shop whose edge and customers share a machine, on ports that take no rights.
const loopbackConfig = `
lease: 2s
patience: 3s
metrics_listen: "off"
providers:
  edge:
    driver: bird
    asn: 64500
    socket: SOCKET
    config: MAIN
    include: INCLUDE
    port: NEAR
    peer_port: FAR
`

// Nothing is sent to customers: their routers hand it to the kernel, and this one is the machine's.
const loopbackCatalogue = `
currency: EUR
networks:
  - id: net-1
    name: Anonymous ASN
    provider: edge
    monthly: "10.00"
    yearly: "100.00"
    asns: private-asns
    links: [links]
    prefixes: [pa]
    limit_v4: 5
    multihop: 2
`

var loopbackPools = [][]string{
	{"private-asns", "--kind", "asn", "--numbers", "4200000101-4200000102"},
	{"links", "--kind", "link", "--cidr", "127.0.2.0/28"},
	{"pa", "--kind", "prefix", "--cidr", "203.0.113.0/24", "--length", "30"},
}

// nobody is how a command line begins that runs as a user without rights; it's empty for whoever has none to give away.
func nobody(t *testing.T) []string {
	t.Helper()
	uid, gid, root := system.Unprivileged()
	if !root {
		return nil
	}
	line := []string{fmt.Sprintf("--reuid=%d", uid), fmt.Sprintf("--regid=%d", gid), "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"}
	setpriv := require.Program(t, "setpriv", append(line, "true")...)
	return append([]string{setpriv}, append(line, "--")...)
}

// TestNetworksLoopback is TestNetworks for machines without root: no process of it has any right that others lack, so there
// are no packets, and everything else.
func TestNetworksLoopback(t *testing.T) {
	t.Parallel()
	as := nobody(t)
	l := lab.Loopback(t)
	dir := l.Folder(t, "shop")
	s := &street{shop: &shop{db: "sqlite:" + filepath.Join(dir, "berth.db"), as: as}, T: t, lab: l}
	s.found(t, dir)
	near, far := l.Ports()
	s.furnish(loopbackCatalogue, loopbackPools, loopbackConfig, "NEAR", strconv.Itoa(int(near)), "FAR", strconv.Itoa(int(far)))
	s.must(t, "provider", "check", "--config", s.config)

	id, d := s.buy("net-1")
	if d.ASN != 4200000101 || len(d.Password) != 16 || len(d.Links) != 1 || d.Links[0].Yours != "127.0.2.1" || d.State != "down" {
		t.Fatalf("got AS%d with the links %+v, a password of %d letters, %s", d.ASN, d.Links, len(d.Password), d.State)
	}
	if hint := fmt.Sprintf("bgpd with -p %d -l 127.0.2.1\n", far); !strings.Contains(d.Config.FRR, hint) {
		t.Errorf("FRR's configuration lacks %q", hint)
	}
	customer := s.wire(d)
	customer.BIRD(t, d.Config.BIRD)
	for name, pid := range map[string]int{"the server": s.server.cmd.Process.Pid, "the edge's BIRD": l.PID(), "the customer's BIRD": customer.PID()} {
		if user, capabilities, err := lab.Rights(pid); err != nil || user == "0" || capabilities != "0000000000000000" {
			t.Errorf("%s: got user %s with the capabilities %s (%v), want none", name, user, capabilities, err)
		}
	}
	s.up(id, d)
	s.foreign(id, d, customer)
	other, others := s.trip(id, d, customer)
	s.runOut(id, d, customer, other, others)
	// Two orders and a renewal.
	s.proved("9999700.00")
}
