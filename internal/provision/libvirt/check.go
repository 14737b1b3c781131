package libvirt

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/berth-host/berth"
)

// Check compares a catalogue with the node. Like Ready it may give libvirt storage pools for folders, and makes nothing
// else.
func (d *Driver) Check(ctx context.Context, c *berth.Catalogue, provider string) []berth.Match {
	var found []berth.Match
	err := d.with(ctx, func(s *session) error {
		version, err := s.l.ConnectGetLibVersion()
		if err != nil {
			return err
		}
		node := berth.Match{Sort: "node", Name: provider, Ours: d.o.Socket, OK: true}
		node.Theirs = fmt.Sprintf("libvirt %d.%d.%d", version/1_000_000, version/1000%1000, version%1000)
		storage := berth.Match{Sort: "storage", Name: provider, Ours: d.o.Storage}
		if _, err := s.pool(d.o.Storage); err != nil {
			storage.Theirs = oneLine(err)
		} else {
			storage.Theirs, storage.OK = "a storage pool", true
		}
		found = append(found, node, storage)
		if d.o.Network != "" {
			network := berth.Match{Sort: "network", Name: provider, Ours: d.o.Network}
			if n, err := s.l.NetworkLookupByName(d.o.Network); err != nil {
				network.Theirs = oneLine(err)
			} else if active, err := s.l.NetworkIsActive(n); err != nil || active == 0 {
				network.Theirs = "a network that isn't started"
			} else {
				network.Theirs, network.OK = n.Name, true
			}
			found = append(found, network)
		}
		found = append(found, d.checkImages(s, c, provider)...)
		return nil
	})
	if err != nil {
		return []berth.Match{{Sort: "node", Name: provider, Ours: d.o.Socket, Theirs: oneLine(err)}}
	}
	return found
}

// checkImages looks for the base image of every image that is sold, with the smallest disk that it's sold with.
func (d *Driver) checkImages(s *session, c *berth.Catalogue, provider string) (found []berth.Match) {
	smallest := map[int64]int64{}
	for _, plan := range c.Plans {
		if !slices.ContainsFunc(plan.Offers, func(o berth.Offer) bool { return slices.Contains(o.Providers, provider) }) {
			continue
		}
		for _, id := range plan.Images {
			if disk, ok := smallest[id]; !ok || plan.Disk < disk {
				smallest[id] = plan.Disk
			}
		}
		for _, id := range plan.Applications {
			a, _ := c.Application(id)
			found = append(found, berth.Match{Sort: "application", Name: a.Name, Ours: strconv.FormatInt(id, 10), Theirs: "this driver installs images only"})
		}
	}
	for _, image := range c.Images {
		disk, sold := smallest[image.ID]
		if !sold {
			continue
		}
		m := berth.Match{Sort: "image", Name: image.Name, Ours: strconv.FormatInt(image.ID, 10)}
		base, ok := d.o.Images[image.ID]
		if ok {
			b, why, err := s.base(base, disk)
			switch {
			case err != nil:
				m.Theirs = oneLine(err)
			case why != nil:
				m.Theirs = why.Error()
			default:
				m.Theirs, m.OK = b.Path, true
			}
		}
		found = append(found, m)
	}
	return found
}

// oneLine is an error as a cell of a table.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
