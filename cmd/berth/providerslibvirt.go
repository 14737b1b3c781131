package main

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/berth-host/berth/internal/provision/libvirt"
	"github.com/berth-host/berth/internal/settings"
)

// readLibvirt reads the settings of a node with libvirt. What is wrong with their values is told here, before anything is
// opened. Its pool is read by the desk: without one no server there could have an address.
func readLibvirt(r *settings.Reading) (opener, error) {
	r.Required("pool")
	o := libvirt.Options{
		Socket: r.Text("socket", ""), URI: r.Text("uri", ""), Storage: r.Required("storage"), Images: map[int64]libvirt.Image{},
		Domain: r.Required("domain"), CPU: r.Text("cpu", ""), Bridge: r.Text("bridge", ""), Network: r.Text("network", ""),
		Filter: r.Text("filter", ""), Grace: r.Duration("grace", 0), Now: wallClock,
	}
	images := r.Required("images")
	for _, pair := range strings.Split(images, ",") {
		ours, text, ok := strings.Cut(strings.TrimSpace(pair), "=")
		id, err := strconv.ParseInt(ours, 10, 64)
		if images == "" {
			break // told by the reading itself
		}
		if !ok || err != nil || id <= 0 {
			return nil, fmt.Errorf("images: %q is not ID=PATH, such as 1=/var/lib/libvirt/base/debian-12.qcow2", pair)
		}
		if o.Images[id], err = libvirt.ParseImage(text); err != nil {
			return nil, fmt.Errorf("images: image %d: %w", id, err)
		}
	}
	if text := r.Text("nameservers", ""); text != "" {
		for _, one := range strings.Split(text, ",") {
			address, err := netip.ParseAddr(strings.TrimSpace(one))
			if err != nil {
				return nil, fmt.Errorf("nameservers: %q is not an address", one)
			}
			o.Nameservers = append(o.Nameservers, address)
		}
	}
	// Everything but the installation's id is known now, so the rest is judged now, too; what is missing is told by the
	// reading itself.
	trial := o
	trial.Installation = "none"
	if _, err := libvirt.New(trial); err != nil && images != "" && o.Storage != "" && o.Domain != "" {
		return nil, fmt.Errorf("driver: %w", err)
	}
	return func(installation string) (any, error) {
		o.Installation = installation
		return libvirt.New(o)
	}, nil
}
