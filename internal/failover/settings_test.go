package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// shipped is where the settings are that operators take.
const shipped = "../../deploy/patroni"

func testCluster() *cluster {
	c := &cluster{bin: "/bin", proxyPort: 20000}
	for i, name := range names {
		port := 20001 + 4*i
		c.machines = append(c.machines, &machine{name: name, dir: "/site/" + name, passwords: map[string]string{"postgres": "secret"},
			pgPort: port, restPort: port + 1, clientPort: port + 2, peerPort: port + 3})
	}
	return c
}

// at is the value at a path of a YAML document.
func at(t *testing.T, text []byte, path string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split(path, ".") {
		inner, ok := value.(map[string]any)
		if !ok || inner[name] == nil {
			t.Errorf("there is no %s", path)
			return nil
		}
		value = inner[name]
	}
	return value
}

// TestShippedSettingsLoseNothing holds the settings on which it depends that no acknowledged order is lost.
func TestShippedSettingsLoseNothing(t *testing.T) {
	c := testCluster()
	patroni, err := c.machines[1].patroniChanges(c.machines, c.bin).yaml(filepath.Join(shipped, "patroni.yml"))
	if err != nil {
		t.Fatal(err)
	}
	etcd, err := c.machines[1].etcdChanges(c.machines).yaml(filepath.Join(shipped, "etcd.yml"))
	if err != nil {
		t.Fatal(err)
	}
	const parameters = "bootstrap.dcs.postgresql.parameters."
	for _, e := range []struct {
		text []byte
		path string
		want any
	}{
		{patroni, "bootstrap.dcs.synchronous_mode", true},
		{patroni, "bootstrap.dcs.synchronous_mode_strict", true},
		{patroni, "bootstrap.dcs.primary_start_timeout", 0},
		{patroni, parameters + "restart_after_crash", "off"},
		{patroni, parameters + "synchronous_commit", "on"},
		{patroni, parameters + "fsync", "on"},
		{patroni, parameters + "full_page_writes", "on"},
		{patroni, "etcd.hosts", nil}, // and not etcd3
		{etcd, "enable-v2", true},
		// The machine's own are put in.
		{patroni, "name", "db2"},
		{patroni, "postgresql.listen", "127.0.0.1:20005"},
		{patroni, "postgresql.authentication.superuser.password", "secret"},
		{etcd, "listen-client-urls", "http://127.0.0.1:20007"},
	} {
		if got := at(t, e.text, e.path); e.want != nil && got != e.want {
			t.Errorf("%s: got %v, want %v", e.path, got, e.want)
		}
	}
	number := func(path string) int {
		n, _ := at(t, patroni, "bootstrap.dcs."+path).(int)
		return n
	}
	if ttl, need := number("ttl"), number("loop_wait")+2*number("retry_timeout"); ttl < need || ttl == 0 {
		t.Errorf("ttl is %d, less than loop_wait and twice retry_timeout, %d: a slow etcd costs the primary its place", ttl, need)
	}
	proxy, err := c.proxyChanges().text(filepath.Join(shipped, "haproxy.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bind 127.0.0.1:20000\n", "server db3 127.0.0.1:20009 ", " addr 127.0.0.1 port 20010\n", "httpchk GET /primary\n"} {
		if !strings.Contains(string(proxy), want) {
			t.Errorf("HAProxy's settings have no %q", want)
		}
	}
}

func TestChangesMustFit(t *testing.T) {
	for _, c := range []struct {
		name, text string
		changes    changes
		plain      bool // not YAML
		want       string
	}{
		{"fits", "a: {b: 1}\nhost: 10.20.30.0/24", changes{"a.b": 2}, false, ""},
		{"a setting that isn't there", "a: {b: 1}", changes{"a.c": 2}, false, `there is no "c"`},
		{"a setting in a value", "a: 1", changes{"a.c": 2}, false, `"a" holds no settings`},
		{"an address that is left", "a: 10.20.30.11:5432", changes{}, false, "is left"},
		{"no YAML", "a: [", changes{}, false, "did not find"},
		{"words that fit", "# 10.20.30.11\nbind 10.20.30.11:1", changes{"10.20.30.11:1": "127.0.0.1:2"}, true, ""},
		{"words that aren't there", "bind a", changes{"b:1": "c"}, true, "0 times"},
		{"words that are there twice", "b:1 b:1", changes{"b:1": "c"}, true, "2 times"},
		{"an address that is left in words", "bind 10.20.30.12", changes{}, true, "is left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "settings")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			change := c.changes.yaml
			if c.plain {
				change = c.changes.text
			}
			_, err := change(path)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
