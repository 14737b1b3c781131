package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// network is the one that the shipped settings are written for.
const network = "10.20.30.0/24"

// changes are what a machine of the test has to have otherwise than the shipped settings say, by path. Everything
// else is taken as it's shipped: that is what the run tests.
type changes map[string]any

// patroniChanges are the machine's own among all machines of the cluster.
func (m *machine) patroniChanges(all []*machine, bin string) changes {
	var etcds []string
	for _, other := range all {
		etcds = append(etcds, address(other.clientPort))
	}
	return changes{
		"name":                            m.name,
		"restapi.listen":                  address(m.restPort),
		"restapi.connect_address":         address(m.restPort),
		"restapi.authentication.password": m.passwords["patroni"],
		"etcd.hosts":                      etcds,
		"postgresql.listen":               address(m.pgPort),
		"postgresql.connect_address":      address(m.pgPort),
		"postgresql.data_dir":             m.data(),
		"postgresql.bin_dir":              bin,
		"postgresql.pgpass":               filepath.Join(m.dir, "pgpass"),
		"postgresql.parameters.unix_socket_directories":  "", // a path has a limit that TMPDIR may break
		"postgresql.authentication.superuser.password":   m.passwords["postgres"],
		"postgresql.authentication.replication.password": m.passwords["replicator"],
		"postgresql.authentication.rewind.password":      m.passwords["rewinder"],
	}
}

func (m *machine) etcdChanges(all []*machine) changes {
	var members []string
	for _, other := range all {
		members = append(members, other.name+"=http://"+address(other.peerPort))
	}
	client, peer := "http://"+address(m.clientPort), "http://"+address(m.peerPort)
	return changes{
		"name": m.name, "data-dir": filepath.Join(m.dir, "etcd"),
		"listen-peer-urls": peer, "initial-advertise-peer-urls": peer,
		"listen-client-urls": client, "advertise-client-urls": client,
		"initial-cluster": strings.Join(members, ","),
	}
}

// proxyChanges are those of HAProxy's settings, whose paths are the very words to be replaced.
func (c *cluster) proxyChanges() changes {
	all := changes{"127.0.0.1:5000": address(c.proxyPort)}
	for i, m := range c.machines {
		shipped := fmt.Sprintf("10.20.30.1%d", i+1)
		all[shipped+":5432"] = address(m.pgPort)
		all["addr "+shipped+" port 8008"] = fmt.Sprintf("addr %s port %d", loopback, m.restPort)
	}
	return all
}

// yaml reads shipped settings and returns them with the changes made. What is to be changed must be there: a setting
// that was renamed would otherwise be tested under its old name only.
func (c changes) yaml(shipped string) ([]byte, error) {
	text, err := os.ReadFile(shipped) // #nosec G304 -- a file of the sources
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte(network), []byte(loopback+"/32"))
	var settings map[string]any
	if err := yaml.Unmarshal(text, &settings); err != nil {
		return nil, fmt.Errorf("%s: %w", shipped, err)
	}
	for path, value := range c {
		if err := set(settings, path, value); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", shipped, path, err)
		}
	}
	if text, err = yaml.Marshal(settings); err != nil {
		return nil, err
	}
	return text, noStray(shipped, text)
}

// text is yaml for settings of another form.
func (c changes) text(shipped string) ([]byte, error) {
	text, err := os.ReadFile(shipped) // #nosec G304 -- a file of the sources
	if err != nil {
		return nil, err
	}
	var settings []string // without comments, which may name what they explain
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			settings = append(settings, line)
		}
	}
	changed := strings.Join(settings, "")
	for old, new := range c {
		if n := strings.Count(changed, old); n != 1 {
			return nil, fmt.Errorf("%s: %q is there %d times instead of once", shipped, old, n)
		}
		changed = strings.Replace(changed, old, new.(string), 1)
	}
	return []byte(changed), noStray(shipped, []byte(changed))
}

// noStray refuses settings that still name a machine of the example: it would be asked for, out on the network.
func noStray(shipped string, text []byte) error {
	if bytes.Contains(text, []byte(strings.TrimSuffix(network, "0/24"))) {
		return fmt.Errorf("%s: an address in %s is left that the test doesn't know of", shipped, network)
	}
	return nil
}

func set(settings map[string]any, path string, value any) error {
	name, rest, deeper := strings.Cut(path, ".")
	old, ok := settings[name]
	if !ok {
		return fmt.Errorf("there is no %q", name)
	}
	if !deeper {
		settings[name] = value
		return nil
	}
	inner, ok := old.(map[string]any)
	if !ok {
		return fmt.Errorf("%q holds no settings", name)
	}
	return set(inner, rest, value)
}
