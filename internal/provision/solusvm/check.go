package solusvm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/berth-host/berth"
)

// offer is a plan of the panel.
type offer struct {
	ID     number `json:"id"`
	Name   string `json:"name"`
	Params struct {
		VCPU number `json:"vcpu"`
		RAM  number `json:"ram"`
		Disk number `json:"disk"`
	} `json:"params"`
	Locations []named `json:"available_locations"`
	Versions  []named `json:"available_os_image_versions"`
}

type image struct {
	ID       number `json:"id"`
	Name     string `json:"name"`
	Versions []struct {
		ID      number `json:"id"`
		Version string `json:"version"`
	} `json:"versions"`
}

// stock is what the panel has, by its ids.
type stock struct {
	plans     map[int64]offer
	locations map[int64]string
	versions  map[int64]string
}

// Check compares a catalogue with the panel.
func (d *Driver) Check(ctx context.Context, c *berth.Catalogue, provider string) []berth.Match {
	panel := berth.Match{Sort: "panel", Name: provider, Ours: d.client.base}
	have, err := d.stock(ctx)
	if err != nil {
		panel.Theirs = strings.ReplaceAll(err.Error(), "\n", "; ") // one line of a table
		return []berth.Match{panel}
	}
	panel.Theirs, panel.OK = fmt.Sprintf("%d plans, %d locations, %d OS versions", len(have.plans), len(have.locations), len(have.versions)), true
	found := []berth.Match{panel}
	var plans []berth.Plan
	locations, images := []string{}, []int64{}
	for _, plan := range c.Plans {
		sold := false
		for _, o := range plan.Offers {
			if slices.Contains(o.Providers, provider) {
				sold, locations = true, append(locations, o.Location)
			}
		}
		if sold {
			plans, images = append(plans, plan), append(images, plan.Images...)
		}
	}
	slices.Sort(locations)
	for _, name := range slices.Compact(locations) {
		m := berth.Match{Sort: "location", Name: name, Ours: name}
		if id, err := d.locationID(ctx, name); err != nil {
			m.Theirs = err.Error()
		} else if theirs, ok := have.locations[id]; ok {
			m.Theirs, m.OK = identified(theirs, id), true
		}
		found = append(found, m)
	}
	for _, plan := range plans {
		found = append(found, d.checkPlan(ctx, have, plan, provider))
	}
	slices.Sort(images)
	for _, id := range slices.Compact(images) {
		m := berth.Match{Sort: "image", Name: strconv.FormatInt(id, 10), Ours: strconv.FormatInt(id, 10)}
		if img, ok := c.Image(id); ok {
			m.Name = img.Name
		}
		if theirs, ok := have.versions[d.osID(id)]; ok {
			m.Theirs, m.OK = identified(theirs, d.osID(id)), true
		}
		found = append(found, m)
	}
	return found
}

func identified(name string, id int64) string { return fmt.Sprintf("%s (%d)", name, id) }

// checkPlan compares figures, and whether the panel offers the plan where and with what the catalogue does. That an
// empty list of the panel means everything is what its own clients take it for.
func (d *Driver) checkPlan(ctx context.Context, have stock, plan berth.Plan, provider string) berth.Match {
	external := strconv.FormatInt(plan.ExternalID, 10)
	m := berth.Match{Sort: "plan", Name: plan.Name, Ours: external + ": " + figures(plan.Cores, plan.RAM, plan.Disk)}
	id, err := d.planID(external)
	theirs, ok := have.plans[id]
	if err != nil || !ok {
		return m
	}
	m.Theirs = identified(theirs.Name, id) + ": " + figures(int64(theirs.Params.VCPU), int64(theirs.Params.RAM), int64(theirs.Params.Disk))
	m.OK = int64(theirs.Params.VCPU) == plan.Cores && int64(theirs.Params.RAM) == plan.RAM && int64(theirs.Params.Disk) == plan.Disk
	var lacks []string
	for _, o := range plan.Offers {
		if location, err := d.locationID(ctx, o.Location); slices.Contains(o.Providers, provider) && err == nil && !lists(theirs.Locations, location) {
			lacks = append(lacks, "at "+o.Location)
		}
	}
	for _, image := range plan.Images {
		if !lists(theirs.Versions, d.osID(image)) {
			lacks = append(lacks, "with OS version "+strconv.FormatInt(d.osID(image), 10))
		}
	}
	if len(lacks) > 0 {
		m.OK, m.Theirs = false, m.Theirs+", not available "+strings.Join(lacks, ", ")
	}
	return m
}

func figures(cores, ram, disk int64) string {
	return fmt.Sprintf("%d cores, %s RAM, %d GB disk", cores, memory(ram), disk)
}

// memory is exact: two plans that differ by a byte must not look alike.
func memory(bytes int64) string {
	if bytes%(1<<30) == 0 {
		return fmt.Sprintf("%d GiB", bytes>>30)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

func lists(all []named, id int64) bool {
	return len(all) == 0 || slices.ContainsFunc(all, func(n named) bool { return int64(n.ID) == id })
}

func (d *Driver) stock(ctx context.Context) (stock, error) {
	have := stock{plans: map[int64]offer{}, locations: map[int64]string{}, versions: map[int64]string{}}
	// The first trouble is told alone: a panel that can't be reached would say so three times.
	if err := pages(ctx, d.client, "plans", nil, func(o offer) int64 { return int64(o.ID) }, func(o offer) error {
		have.plans[int64(o.ID)] = o
		return nil
	}); err != nil {
		return have, err
	}
	if err := pages(ctx, d.client, "locations", nil, func(l named) int64 { return int64(l.ID) }, func(l named) error {
		have.locations[int64(l.ID)] = l.Name
		return nil
	}); err != nil {
		return have, err
	}
	return have, pages(ctx, d.client, "os_images", nil, func(i image) int64 { return int64(i.ID) }, func(i image) error {
		for _, v := range i.Versions {
			have.versions[int64(v.ID)] = i.Name + " " + v.Version
		}
		return nil
	})
}
