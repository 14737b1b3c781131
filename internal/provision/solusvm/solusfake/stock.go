package solusfake

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// What the panel sells. Image ids and version ids are apart on purpose: an `os` must be a version.

type plan struct {
	id, vcpu, ram, disk int64
	name                string
	locations           []int64 // empty means all
	versions            []int64
}

const gib = int64(1) << 30

var (
	stockPlans = []plan{
		{5, 2, 6 * gib, 40, "KVM-2", nil, []int64{13, 2, 6}},
		{7, 4, 12 * gib, 80, "KVM-4", nil, []int64{13, 2, 6}},
		{9, 8, 24 * gib, 160, "KVM-8", []int64{1}, []int64{13}},
	}
	stockLocations = []named{{1, "Slovenia"}, {2, "Germany"}, {3, "Japan"}}
	stockImages    = []named{{101, "Debian"}, {102, "Ubuntu"}, {103, "AlmaLinux"}}
	stockVersions  = map[int64]struct {
		image int64
		name  string
	}{2: {101, "12"}, 6: {102, "24.04"}, 13: {103, "9"}} // as the example catalogue has them
)

type named struct {
	id   int64
	name string
}

func planOf(id int64) (plan, bool) {
	for _, p := range stockPlans {
		if p.id == id {
			return p, true
		}
	}
	return plan{}, false
}

// perPage is small, so that whoever reads the first page only misses something.
const perPage = 2

// paged answers a list. A list of one page comes without its meta.
func paged(q *request, entries []any) reply {
	n := 1
	if v, err := strconv.Atoi(q.URL.Query().Get("page")); err == nil && v > 0 {
		n = v
	}
	last := max(1, (len(entries)+perPage-1)/perPage)
	part := []any{}
	if n <= last {
		part = entries[min(len(entries), (n-1)*perPage):min(len(entries), n*perPage)]
	}
	body := map[string]any{"data": part}
	if last > 1 {
		body["meta"] = map[string]any{"current_page": n, "last_page": last, "per_page": perPage, "total": len(entries), "path": q.URL.Path}
		body["links"] = map[string]any{"next": nil}
	}
	return reply{http.StatusOK, body}
}

func (p *Panel) plans(q *request) reply {
	var all []any
	for _, v := range stockPlans {
		locations, versions := []any{}, []any{}
		for _, id := range v.locations {
			locations = append(locations, map[string]any{"id": id})
		}
		for _, id := range v.versions {
			versions = append(versions, map[string]any{"id": id})
		}
		all = append(all, map[string]any{"id": v.id, "name": v.name, "virtualization_type": "kvm", "is_visible": true,
			"params":              map[string]any{"vcpu": v.vcpu, "ram": v.ram, "disk": v.disk},
			"available_locations": locations, "available_os_image_versions": versions, "available_applications": []any{}})
	}
	return paged(q, all)
}

func (p *Panel) locations(q *request) reply {
	var all []any
	for _, v := range stockLocations {
		all = append(all, map[string]any{"id": v.id, "name": v.name, "is_visible": true})
	}
	return paged(q, all)
}

func (p *Panel) images(q *request) reply {
	var all []any
	for _, v := range stockImages {
		versions := []any{}
		for id, version := range stockVersions {
			if version.image == v.id {
				versions = append(versions, map[string]any{"id": id, "version": version.name, "virtualization_type": "kvm", "is_visible": true})
			}
		}
		all = append(all, map[string]any{"id": v.id, "name": v.name, "is_visible": true, "versions": versions})
	}
	return paged(q, all)
}

// users finds by a part of the address, as panels do: whoever takes the first hit takes the wrong one.
func (p *Panel) users(q *request) reply {
	var all []any
	for i, email := range []string{"aa@example.com", "a@example.com", "owner@example.com"} {
		if strings.Contains(email, q.URL.Query().Get("filter[search]")) {
			all = append(all, map[string]any{"id": 7 + i, "email": email, "status": "active"})
		}
	}
	return paged(q, all)
}

// unfit tells what keeps a plan, a location and a version from going together.
func unfit(planID, location, version int64) []string {
	var wrong []string
	v, known := planOf(planID)
	if !known {
		wrong = append(wrong, "plan", "The selected plan is invalid.")
	}
	if !slices.ContainsFunc(stockLocations, func(l named) bool { return l.id == location }) {
		wrong = append(wrong, "location", "The selected location is invalid.")
	} else if known && len(v.locations) > 0 && !slices.Contains(v.locations, location) {
		wrong = append(wrong, "location", "The plan is not available at this location.")
	}
	if version != 0 && stockVersions[version].image == 0 {
		wrong = append(wrong, "os", "The selected os is invalid.")
	} else if known && version != 0 && !slices.Contains(v.versions, version) {
		wrong = append(wrong, "os", "The os is not available for this plan.")
	}
	return wrong
}
