package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/libvirt"
	"github.com/berth-host/berth/internal/provision/libvirt/lab"
)

// nodeConfig is the settings of a shop whose servers are real guests.
const nodeConfig = `
lease: 2s
patience: 50s
call_timeout: 55s
metrics_listen: "off"
providers:
  node1:
    driver: libvirt
    pool: public
    socket: SOCKET
    storage: STORAGE
    domain: qemu
    bridge: BRIDGE
    grace: 10s
    images: ["13=IMAGE"]
`

const nodeCatalogue = `
currency: EUR
locations: [Slovenia]
images: [{id: 13, name: Tiny}]
plans:
  - {external_id: 5, name: VPS, cores: 1, ram: 128MiB, disk: 1, price: "12.99", images: [13], offers: [{location: Slovenia, provider: node1}]}
  - {external_id: 7, name: VPS plus, cores: 2, ram: 256MiB, disk: 2, price: "29.99", images: [13], offers: [{location: Slovenia, provider: node1}]}
`

// node is a shop on a lab: everything that a customer of it can do to a server, and what it looks like from inside.
type node struct {
	*shop
	*testing.T
	lab    *lab.Lab
	driver *libvirt.Driver
	url    string
}

// openNode makes a shop that sells from a lab's node, with a pool of its network.
func openNode(t *testing.T) *node {
	t.Helper()
	l := lab.Start(t)
	n := &node{shop: openShop(t, "sqlite:"+filepath.Join(t.TempDir(), "berth.db")), T: t, lab: l}
	image := fmt.Sprintf("%s;kernel=%s;initrd=%s;cmdline=%s", l.Image.Path, l.Image.Kernel, l.Image.Initrd, l.Image.Cmdline)
	text := strings.NewReplacer("SOCKET", l.Socket, "STORAGE", l.Storage, "BRIDGE", lab.Bridge, "IMAGE", image).Replace(nodeConfig)
	goods := filepath.Join(filepath.Dir(n.config), "node-catalogue.yaml")
	for path, content := range map[string]string{n.config: text, goods: nodeCatalogue} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n.must(t, "catalogue", "apply", goods)
	n.must(t, "pool", "add", "public", "--cidr", lab.Network, "--gateway", lab.Gateway, "--mac", "52:54", "--rest", "1h")
	n.must(t, "pool", "reserve", "public", "203.0.113.2-203.0.113.9")
	n.must(t, "provider", "check", "--config", n.config)
	var key struct{ Key string }
	if err := json.Unmarshal([]byte(n.must(t, "--json", "key", "create", "--user", "buyer", "--scope", "order,read,manage")), &key); err != nil {
		t.Fatal(err)
	}
	n.buyer.Key = key.Key
	n.url = n.serve(t, "").url(t)
	installation, _, err := n.read(t).Meta(t.Context(), berth.MetaInstallation)
	if err != nil {
		t.Fatal(err)
	}
	o := l.Options()
	o.Installation, o.Images = installation, map[int64]libvirt.Image{13: l.Image}
	if n.driver, err = libvirt.New(o); err != nil {
		t.Fatal(err)
	}
	return n
}

// bought is what the answer to an order tells of its server.
type bought struct {
	Order    string `json:"order_id"`
	Password string `json:"password"`
	Server   struct {
		ID      string `json:"new_id"`
		No      int64  `json:"id_solusvm"`
		Address string `json:"primary_ip"`
	} `json:"server_status"`
	UUID string `json:"-"` // the domain's, as the operator sees it
}

// buy places an order over HTTP and waits for its answer.
func (n *node) buy(key, body string) (b bought) {
	n.Helper()
	status, text := n.send(n.T, n.url, key, body)
	if status != http.StatusOK {
		n.Fatalf("%s: got status %d: %s", key, status, text)
	}
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		n.Fatal(err)
	}
	var shown struct {
		UUID string `json:"provider_ref"`
	}
	if err := json.Unmarshal([]byte(n.must(n.T, "--json", "order", "show", b.Order)), &shown); err != nil {
		n.Fatal(err)
	}
	b.UUID = shown.UUID
	return b
}

// inside runs a command in a guest, once it lets one in with the password.
func (n *node) inside(ctx context.Context, address, password, command string) string {
	n.Helper()
	out, err := n.lab.WaitFor(ctx, address, password, command)
	if err != nil {
		n.Fatalf("%s: %v (%s)", command, err, out)
	}
	return out
}

// running asks the node itself.
func (n *node) running(ctx context.Context, id string) bool {
	n.Helper()
	m, out := n.driver.Inspect(ctx, id)
	if out.Verdict != berth.Done {
		n.Fatalf("inspect: got %s (%v)", out.Verdict, out.Reason)
	}
	return m.Running
}

// change asks for a change of a server over HTTP, as its owner, and waits for its end.
func (n *node) change(method, path string, body map[string]string) {
	n.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		n.Fatal(err)
	}
	q, err := http.NewRequestWithContext(n.Context(), method, n.url+"/API/services/"+path, bytes.NewReader(text))
	if err != nil {
		n.Fatal(err)
	}
	if status, answer := n.do(n.T, q); status != http.StatusOK || strings.Contains(answer, `"processing"`) {
		n.Fatalf("%s: got status %d: %s", path, status, answer)
	}
}

func (n *node) act(b bought, action string) {
	n.Helper()
	n.change(http.MethodPost, "servers_actions", map[string]string{"server_id": b.Server.ID, "action": action})
}

// TestARealServer orders a server over HTTP from the real program and logs in, with the password and to the address of
// the answer, to a guest that runs under qemu. Then the guest lives through all that may happen to it.
func TestARealServer(t *testing.T) {
	if testing.Short() {
		t.Skip("starts virtual machines")
	}
	n := openNode(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	const figures = "hostname; nproc; echo $(( $(cat /sys/block/vda/size) / 2097152 )); awk '/MemTotal/ {print ($2 > 150000)}' /proc/meminfo"

	begun := time.Now()
	b := n.buy("first", `{"user_id":"buyer","plan_id":"5","os_image_id":"13","name_server":"box"}`)
	if b.Password == "" || b.Server.Address != "203.0.113.10" || b.Server.No != 1 || b.UUID == "" {
		t.Fatalf("got a server no. %d at %q with the UUID %q, want the first at 203.0.113.10", b.Server.No, b.Server.Address, b.UUID)
	}
	if got := n.inside(ctx, b.Server.Address, b.Password, figures); got != "box\n1\n1\n0" {
		t.Errorf("got host, cores, GB and whether it has more than 150 MB: %q", got)
	}
	took := time.Since(begun)
	t.Logf("logged in %v after the order was sent", took.Round(time.Millisecond))
	if took > time.Minute {
		t.Errorf("the login took %v, want less than a minute", took)
	}
	if _, err := n.lab.Run(ctx, b.Server.Address, "wrong", "true"); err == nil {
		t.Error("a wrong password lets one in")
	}

	n.inside(ctx, b.Server.Address, b.Password, "echo kept >/mnt/file && sync")
	n.act(b, "stop")
	if n.running(ctx, b.UUID) {
		t.Error("it runs after a stop")
	}
	n.act(b, "start")
	if got := n.inside(ctx, b.Server.Address, b.Password, "cat /mnt/file"); got != "kept" || !n.running(ctx, b.UUID) {
		t.Errorf("after stop and start: got %q, want the file kept", got)
	}

	n.buy("larger", fmt.Sprintf(`{"user_id":"buyer","server_id":%q,"plan_id":"7"}`, b.Server.ID))
	if got := n.inside(ctx, b.Server.Address, b.Password, figures); got != "box\n2\n2\n1" {
		t.Errorf("after the plan change: got %q, want 2 cores, 2 GB and more memory", got)
	}

	const second = "another-passw0rd"
	n.change(http.MethodPost, "rename_server", map[string]string{"server_id": b.Server.ID, "name": "again"})
	n.change(http.MethodPut, "reinstall_server", map[string]string{"server_id": b.Server.ID, "os_id": "13", "password": second})
	if got := n.inside(ctx, b.Server.Address, second, figures+"; ls /mnt"); got != "again\n2\n2\n1\nlost+found" {
		t.Errorf("after the reinstallation: got %q, want an empty disk and the figures of before", got)
	}
	if _, err := n.lab.Run(ctx, b.Server.Address, b.Password, "true"); err == nil {
		t.Error("the password of before the reinstallation lets one in")
	}
	n.must(t, "reconcile", "--config", n.config)

	n.act(b, "delete")
	if _, out := n.driver.Inspect(ctx, b.UUID); out.Verdict != berth.Absent {
		t.Errorf("after the deletion: got %s, want absent", out.Verdict)
	}
	if _, err := n.lab.Run(ctx, b.Server.Address, second, "true"); err == nil {
		t.Error("the deleted guest lets one in")
	}
	n.must(t, "verify")
	n.must(t, "reconcile", "--config", n.config)
	var pool struct {
		Live, Resting int64
		Items         []struct{ Value, State string }
	}
	if err := json.Unmarshal([]byte(n.must(t, "--json", "pool", "show", "public")), &pool); err != nil {
		t.Fatal(err)
	}
	if pool.Live != 0 || pool.Resting != 1 || len(pool.Items) != 1 || pool.Items[0].Value != "203.0.113.10" || pool.Items[0].State != "resting" {
		t.Errorf("got the pool %+v, want 203.0.113.10 resting", pool)
	}
	// It rests: the next server gets the next one.
	if next := n.buy("next", `{"user_id":"buyer","plan_id":"5","os_image_id":"13"}`); next.Server.Address != "203.0.113.11" || next.Server.No != 2 {
		t.Errorf("got a server no. %d at %q, want the second at 203.0.113.11", next.Server.No, next.Server.Address)
	}
	n.must(t, "verify")
}
