package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestPoolCommands(t *testing.T) {
	shop := sqliteShop(t)
	run := func(args ...string) poolView {
		t.Helper()
		return decoded[poolView](t, nil, append([]string{"pool"}, append(args, "--db", shop.db)...)...)
	}
	made := run("add", "net", "--cidr", "203.0.113.0/24", "--gateway", "203.0.113.1", "--location", "Slovenia", "--rest", "30m")
	if got, want := fmt.Sprintf("%+v", made), "{Name:net Kind:address Location:Slovenia Ranges:[{Range:203.0.113.0/24 Gateway:203.0.113.1 Length:0}] "+
		"Reserved:[] MAC:52:54 Rest:30m0s Live:0 Resting:0 Free:253 Removed:false Items:[]}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if v := run("reserve", "net", "203.0.113.1-203.0.113.9"); v.Free != 245 || len(v.Reserved) != 1 || v.Reserved[0] != "203.0.113.1-203.0.113.9" {
		t.Errorf("got %+v, want eight kept back", v)
	}
	if v := run("release", "net", "203.0.113.5"); v.Free != 246 || strings.Join(v.Reserved, " ") != "203.0.113.1-203.0.113.4 203.0.113.6-203.0.113.9" {
		t.Errorf("got %+v, want one of them back", v)
	}
	if v := run("add", "net", "--cidr", "198.51.100.0/24", "--gateway", "198.51.100.1"); v.Free != 246+253 || len(v.Ranges) != 2 {
		t.Errorf("got %+v, want two ranges", v)
	}
	if v := run("add", "asn", "--kind", "asn", "--numbers", "4200000100-4200000149"); v.Free != 50 || v.Rest != "2160h0m0s" || v.Ranges[0].Range != "4200000100-4200000149" {
		t.Errorf("got %+v, want fifty numbers", v)
	}
	if v := run("retire", "asn", "4200000100-4200000101"); v.Free != 48 || strings.Join(v.Reserved, " ") != "4200000100-4200000101" {
		t.Errorf("got %+v, want two retired", v)
	}
	if v := run("release", "asn", "4200000101"); v.Free != 49 || strings.Join(v.Reserved, " ") != "4200000100" {
		t.Errorf("got %+v, want one of them back", v)
	}
	if v := run("add", "links", "--kind", "link", "--cidr", "10.99.0.0/24"); v.Free != 128 {
		t.Errorf("got %+v, want 128 links", v)
	}
	if v := run("add", "pa", "--kind", "prefix", "--cidr", "2001:db8:a000::/36", "--length", "44"); v.Free != 256 || v.Ranges[0].Length != 44 {
		t.Errorf("got %+v, want 256 prefixes", v)
	}
	if list := decoded[[]poolView](t, nil, "pool", "list", "--db", shop.db); len(list) != 4 || list[0].Name != "asn" || list[3].Name != "pa" {
		t.Errorf("got %+v, want four pools by name", list)
	}
	if v := run("change", "net", "--rest", "2h", "--location", ""); v.Rest != "2h0m0s" || v.Location != "" || v.Free != 246+253 {
		t.Errorf("got %+v, want it changed", v)
	}
	if v := run("remove", "links"); !v.Removed {
		t.Errorf("got %+v, want it removed", v)
	}
	text := must(t, nil, "pool", "show", "net", "--db", shop.db)
	for _, want := range []string{"POOL", "Range 203.0.113.0/24, gateway 203.0.113.1.", "MAC addresses begin with 52:54.", "Reserved: 203.0.113.1-203.0.113.4, 203.0.113.6-203.0.113.9."} {
		if !strings.Contains(text, want) {
			t.Errorf("got\n%swant %q in it", text, want)
		}
	}
	if text := must(t, nil, "pool", "list", "--db", shop.db); strings.Contains(text, "links") || !strings.Contains(text, "asn") {
		t.Errorf("got\n%swant all but the removed", text)
	}
	for _, c := range []struct {
		want string
		code int
		args []string
	}{
		{"cidr: ", exitFailed, []string{"add", "other", "--cidr", "203.0.113.128/25", "--gateway", "203.0.113.129"}},
		{"gateway: ", exitFailed, []string{"add", "other", "--cidr", "192.0.2.0/24", "--gateway", "203.0.113.1"}},
		{"pool: ", exitFailed, []string{"show", "nothing"}},
		{"item: ", exitFailed, []string{"reserve", "net", "192.0.2.1"}},
		{"--numbers", exitUsage, []string{"add", "other", "--numbers", "5-6"}},
		{"--numbers", exitUsage, []string{"add", "other", "--kind", "asn", "--numbers", "five"}},
		{"--cidr", exitUsage, []string{"add", "other", "--kind", "asn", "--cidr", "192.0.2.0/24"}},
		{"--rest", exitUsage, []string{"add", "other", "--rest=-1h"}},
		{"--rest or --location", exitUsage, []string{"change", "net"}},
		{"rest: ", exitFailed, []string{"change", "net", "--rest=-1h"}},
		{"pool: ", exitFailed, []string{"change", "nothing", "--rest", "1h"}},
		{"--limit", exitUsage, []string{"show", "net", "--limit", "0"}},
		{"--kind", exitUsage, []string{"add", "other", "--kind", "boat"}},
	} {
		if r := call(t, nil, append([]string{"pool"}, append(c.args, "--db", shop.db)...)...); r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%v: got exit code %d and %q, want %d and %q", c.args, r.code, r.err, c.code, c.want)
		}
	}
}

// A provider with a pool: its servers have its addresses, and the settings' pool that isn't there is told of.
func TestPoolOfAProvider(t *testing.T) {
	shop := sqliteShop(t)
	settings, err := os.ReadFile(shop.config)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, shop.config, strings.Replace(string(settings), "driver: sim\n", "pool: net\n    driver: sim\n", 1))
	s := shop.serve(nil)
	if a := shop.order(s, "one"); a.status != 409 || a.body["code"] != "out_of_stock" {
		t.Errorf("without the pool: got %d %v, want out of stock", a.status, a.body)
	}
	if !strings.Contains(s.log.String(), "berth pool add") {
		t.Error("the log doesn't tell of the pool that isn't there")
	}
	check := []string{"provider", "check", "--db", shop.db, "--config", shop.config}
	if r := call(t, nil, check...); r.code != exitFailed || !strings.Contains(r.out, "pool") {
		t.Errorf("provider check without the pool: got exit code %d and\n%s", r.code, r.out)
	}
	must(t, nil, "pool", "add", "net", "--cidr", "203.0.113.0/30", "--gateway", "203.0.113.1", "--db", shop.db)
	if r := call(t, nil, check...); r.code != exitDone || !strings.Contains(r.out, "1 of kind address to give") {
		t.Errorf("provider check: got exit code %d and\n%s", r.code, r.out)
	}
	must(t, nil, "pool", "change", "net", "--location", "Nowhere", "--db", shop.db)
	if r := call(t, nil, check...); r.code != exitFailed || !strings.Contains(r.out, "none at Slovenia") {
		t.Errorf("provider check of a pool for another location: got exit code %d and\n%s", r.code, r.out)
	}
	must(t, nil, "pool", "change", "net", "--location", "", "--db", shop.db)
	a := shop.order(s, "two")
	if status, _ := a.body["server_status"].(map[string]any); a.status != 200 || status["primary_ip"] != "203.0.113.2" {
		t.Errorf("got status %d and %v, want a server at 203.0.113.2", a.status, a.body)
	}
	if a := shop.order(s, "three"); a.body["code"] != "out_of_stock" {
		t.Errorf("a second server: got %d %v, want out of stock", a.status, a.body)
	}
	items := decoded[poolView](t, nil, "pool", "show", "net", "--db", shop.db)
	if items.Live != 1 || len(items.Items) != 1 || items.Items[0].State != "live" || items.Items[0].Service == "" {
		t.Errorf("got %+v, want one live item with its service", items)
	}
	s.stop()
	if text := must(t, nil, "verify", "--db", shop.db); !strings.Contains(text, "1 items of pools belong to services") {
		t.Errorf("verify: got %s", text)
	}
}

func TestLibvirtSettings(t *testing.T) {
	shop := sqliteShop(t)
	const good = "    driver: libvirt\n    pool: net\n    storage: /disks\n    domain: qemu\n    bridge: br0\n    images: [\"13=/images/a.qcow2\"]\n"
	for _, c := range []struct{ old, new, want string }{
		{"    pool: net\n", "", "providers.sim.pool: it is missing"},
		{"    storage: /disks\n", "", "providers.sim.storage: it is missing"},
		{"    storage: /disks\n", "    storage: disks\n", "absolute path"},
		{"    domain: qemu\n", "    domain: lxc\n", "kvm"},
		{"    images: [\"13=/images/a.qcow2\"]\n", "", "providers.sim.images: it is missing"},
		{"13=/images/a.qcow2", "a.qcow2", "is not ID=PATH"},
		{"13=/images/a.qcow2", "13=a.qcow2", "absolute path"},
		{"    bridge: br0\n", "    bridge: br0\n    network: default\n", "one of the two"},
		{"    bridge: br0\n", "    bridge: br0\n    nameservers: [one]\n", "is not an address"},
		{"    bridge: br0\n", "    bridge: br0\n    brigde: br1\n", "has no such setting"},
	} {
		writeFile(t, shop.config, "providers:\n  sim:\n"+strings.Replace(good, c.old, c.new, 1))
		if r := call(t, nil, "provider", "check", "--db", shop.db, "--config", shop.config); r.code != exitUsage || !strings.Contains(r.err, c.want) {
			t.Errorf("%q: got exit code %d and %q, want %q", c.new, r.code, r.err, c.want)
		}
	}
	// A node that isn't there is a finding, as a panel is.
	writeFile(t, shop.config, "providers:\n  sim:\n"+good+"    socket: "+shop.config+".none\n")
	r := call(t, nil, "--json", "provider", "check", "--db", shop.db, "--config", shop.config)
	if r.code != exitFailed || !strings.Contains(r.out, `"sort": "node"`) {
		t.Errorf("got exit code %d and %s%s", r.code, r.out, r.err)
	}
}
