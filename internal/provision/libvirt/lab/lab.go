// Package lab runs libvirt for tests: a daemon of their own with qemu by emulation, in namespaces of their own, and a
// guest that boots in seconds.
//
//	lab.go     the daemon, its namespaces and its end
//	guest.go   how to reach a guest
//	pool.go    addresses for guests that no desk gives any
//
// Nothing of the machine's own is touched: the daemon sees the lab's folders in place of the machine's /run and
// libvirt's, its bridge is in a network that nobody else sees, and when its first process ends the kernel ends all
// others, guests included. It needs root.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lv "github.com/digitalocean/go-libvirt"

	"github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/provision/libvirt"
	"github.com/berth-host/berth/internal/require"
)

// Network is what the guests are in, with the node at its first address. It is set aside for documentation
// (RFC 5737), so nobody can miss it.
const Network = "203.0.113.0/24"

// Gateway is the node's own address there.
const Gateway = "203.0.113.1"

// Bridge is the node's bridge in that network.
const Bridge = "br0"

// Lab is a node with libvirt.
type Lab struct {
	Socket  string // libvirt's unix socket
	Storage string // folder for the servers' disks
	Image   libvirt.Image
	site    *process.Site
	daemon  *process.Process
	first   int // the process that the namespaces live by
	hostKey string
}

// script prepares the namespaces and runs the daemon in them. The shell stays, because somebody must collect the ends
// of processes whose parent is gone: the daemon waits for them.
const script = `
set -e
mkdir -p run/libvirt etc lib log cache
for pair in run:/run etc:/etc/libvirt lib:/var/lib/libvirt log:/var/log/libvirt cache:/var/cache/libvirt; do
	mkdir -p "${pair#*:}"
	mount --bind "${pair%%:*}" "${pair#*:}"
done
cp qemu.conf libvirtd.conf /etc/libvirt/
# The daemon asks for the user that Debian's package makes, though it then runs guests as root.
for names in passwd group; do
	{ cat /etc/$names; echo 'libvirt-qemu:x:65533:65533::/:/bin/false'; } >$names
	mount --bind $names /etc/$names
done
ip link set lo up
ip link add ` + Bridge + ` type bridge
ip address add ` + Gateway + `/24 dev ` + Bridge + `
ip link set ` + Bridge + ` up
/usr/sbin/libvirtd --config /etc/libvirt/libvirtd.conf &
wait $!
`

// Everything runs as root, without the node's security modules, logging daemon and groups: they are the machine's.
const qemuSettings = `
security_driver = "none"
user = "root"
group = "root"
cgroup_controllers = [ ]
namespaces = [ ]
dynamic_ownership = 0
remember_owner = 0
stdio_handler = "file"
`

const daemonSettings = `
listen_tls = 0
listen_tcp = 0
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
`

// Start starts a node that ends with the test. Where the machine lacks what it takes, the test is skipped, or fails,
// as require has it.
func Start(t testing.TB) *Lab {
	t.Helper()
	require.Present(t, "root (libvirt's own network and mounts need it)", os.Geteuid() == 0)
	require.Present(t, "libvirt's daemon", executable("/usr/sbin/libvirtd"))
	require.Program(t, "qemu-system-x86_64", "--version")
	require.Program(t, "qemu-img", "--version")
	require.Program(t, "unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "true")
	guest := guestFolder(t)
	site, err := process.Open(process.Options{Prefix: "berth-libvirt-"})
	if err != nil {
		t.Fatal(err)
	}
	l := &Lab{site: site, Storage: site.Path("disks"), Socket: site.Path("run", "libvirt", "libvirt-sock")}
	t.Cleanup(func() {
		if t.Failed() {
			site.ShowLogs(os.Stderr)
		}
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.start(t.Context(), guest); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *Lab) start(ctx context.Context, guest string) error {
	for _, folder := range []string{"disks", "images"} {
		if _, err := l.site.Folder(folder); err != nil {
			return err
		}
	}
	base, err := os.ReadFile(filepath.Join(guest, "base.qcow2")) // #nosec G304 -- a file of this repository
	if err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(guest, "hostkey.pub")) // #nosec G304 -- the same
	if err != nil {
		return err
	}
	l.hostKey = string(key)
	l.Image = libvirt.Image{
		Path: l.site.Path("images", "base.qcow2"), Kernel: filepath.Join(guest, "vmlinuz"), Initrd: filepath.Join(guest, "initrd"),
		Cmdline: "console=ttyS0 quiet panic=-1 net.ifnames=0 random.trust_cpu=on",
	}
	err = errors.Join(
		l.site.Write(l.Image.Path, base, 0o600),
		l.site.Write(l.site.Path("qemu.conf"), []byte(qemuSettings), 0o600),
		l.site.Write(l.site.Path("libvirtd.conf"), []byte(daemonSettings), 0o600))
	if err != nil {
		return err
	}
	l.daemon, err = l.site.Spawn("libvirtd", []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
		"/usr/bin/unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", script)
	if err != nil {
		return err
	}
	// Its first connection waits for it to have asked qemu what it can do.
	err = process.Until(ctx, process.Patience, "libvirt answers", func() bool { return !l.daemon.Alive() || l.answers() })
	if err == nil && !l.daemon.Alive() {
		err = errors.New("libvirt's daemon has ended")
	}
	if tree := process.Tree(l.daemon.Cmd.Process.Pid); err == nil && len(tree) > 1 {
		l.first = tree[1]
	}
	return err
}

func (l *Lab) answers() bool {
	conn, err := net.DialTimeout("unix", l.Socket, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	// A daemon that is still starting may take the connection and never answer; the next one will be answered.
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return false
	}
	c := lv.NewWithDialer(dialed{conn})
	return c.Connect() == nil && c.ConnectClose() == nil
}

type dialed struct{ net.Conn }

func (d dialed) Dial() (net.Conn, error) { return d.Conn, nil }

// Options of a driver on this node, for image 1 and servers that don't listen to a request to shut down for long.
func (l *Lab) Options() libvirt.Options {
	return libvirt.Options{
		Socket: l.Socket, Storage: l.Storage, Images: map[int64]libvirt.Image{1: l.Image}, Domain: libvirt.QEMU, Bridge: Bridge,
		Installation: "lab", Grace: 10 * time.Second,
	}
}

func executable(path string) bool {
	_, err := exec.LookPath(path)
	return err == nil
}

// guestFolder is where `make setup` has built the guest: in the repository's bin.
func guestFolder(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(require.Repository(t), "bin", "tinyguest")
	_, err := os.Stat(filepath.Join(dir, "stamp"))
	require.Present(t, "the tiny guest (bin/tinyguest)", err == nil)
	return dir
}

// address adds the port of ssh.
func address(ip string) string {
	if strings.Contains(ip, ":") {
		return fmt.Sprintf("[%s]:22", ip)
	}
	return ip + ":22"
}
