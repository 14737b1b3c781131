package libvirt

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"

	lv "github.com/digitalocean/go-libvirt"
)

// seed is the disk that cloud-init reads (its NoCloud source): who the server is, root's password as a hash, and the
// network. Values are written as JSON strings, which are YAML and can hold anything.
//
// The same disk comes out of the same values, to the byte: what two calls write at the same time is one disk.
func (d *Driver) seed(id lv.UUID, name string, n note, hash string) []byte {
	return iso("cidata", []file{
		{"META_DAT.;1", "meta-data", fmt.Sprintf("instance-id: %s\nlocal-hostname: %s\n", formatUUID(id), hostname(name))},
		{"NETWORK_.;1", "network-config", d.networkConfig(n)},
		{"USER_DAT.;1", "user-data", userData(hash)},
	})
}

// userData lets root in with the password, which distributions' images don't by themselves. sshd reads its drop-in
// before it starts, since cloud-init writes files before that.
func userData(hash string) string {
	return `#cloud-config
disable_root: false
ssh_pwauth: true
chpasswd:
  expire: false
  users:
    - {name: root, type: hash, password: ` + quoted(hash) + `}
write_files:
  - path: /etc/ssh/sshd_config.d/10-berth.conf
    permissions: "0644"
    content: "PermitRootLogin yes\n"
`
}

// networkConfig is the address as it is: without DHCP nothing on the network can give a server another one.
func (d *Driver) networkConfig(n note) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 2\nethernets:\n  eth0:\n    match: {macaddress: %s}\n    set-name: eth0\n    addresses: [%s]\n", quoted(n.MAC), quoted(n.Address))
	if gateway, err := netip.ParseAddr(n.Gateway); err == nil {
		all, onLink := "0.0.0.0/0", ""
		if gateway.Is6() {
			all = "::/0"
		}
		if network, err := netip.ParsePrefix(n.Address); err == nil && !network.Contains(gateway) {
			onLink = ", on-link: true" // hosters route single addresses through a gateway elsewhere
		}
		fmt.Fprintf(&b, "    routes: [{to: %s, via: %s%s}]\n", quoted(all), quoted(gateway.String()), onLink)
	}
	if len(d.o.Nameservers) > 0 {
		servers := make([]string, len(d.o.Nameservers))
		for i, s := range d.o.Nameservers {
			servers[i] = quoted(s.String())
		}
		fmt.Fprintf(&b, "    nameservers: {addresses: [%s]}\n", strings.Join(servers, ", "))
	}
	return b.String()
}

func quoted(text string) string {
	raw, _ := json.Marshal(text) // a string always has a JSON form
	return string(raw)
}

// hostname is the nearest to a server's name that a host may be called: names are the customer's and hold anything.
func hostname(name string) string {
	host := strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.':
			return c
		}
		return '-'
	}, name)
	labels := strings.FieldsFunc(host, func(c rune) bool { return c == '.' })
	kept := labels[:0]
	for _, label := range labels {
		if label = strings.Trim(label[:min(len(label), 63)], "-"); label != "" {
			kept = append(kept, label)
		}
	}
	host = strings.Join(kept, ".")
	if host = strings.Trim(host[:min(len(host), 64)], ".-"); host == "" { // Linux' limit is 64
		return "server"
	}
	return host
}
