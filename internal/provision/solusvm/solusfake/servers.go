package solusfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// fields decodes a body and refuses fields that the call doesn't know: real panels do for some and forget others, and
// a name that is forgotten is a mistake all the same.
func (p *Panel) fields(q *request, known ...string) (map[string]any, *reply) {
	in := map[string]any{}
	if len(q.body) > 0 {
		if err := json.Unmarshal(q.body, &in); err != nil {
			p.complain("%s: the body is not JSON", q.route)
			bad := problem(422, "The given data was invalid.")
			return nil, &bad
		}
	}
	var wrong []string
	for name := range in {
		if !slices.Contains(known, name) {
			p.complain("%s knows no field %s", q.route, name)
			wrong = append(wrong, name, "The field is unknown.")
		}
	}
	if len(wrong) > 0 {
		bad := problem(422, "The given data was invalid.", wrong...)
		return nil, &bad
	}
	return in, nil
}

func integer(in map[string]any, name string) int64 {
	v, _ := in[name].(float64)
	return int64(v)
}

func words(in map[string]any, name string) string {
	v, _ := in[name].(string)
	return v
}

// software checks the choice between an image's version and an application, and returns the version.
func software(in map[string]any) (int64, []string) {
	_, app := in["application"]
	_, os := in["os"]
	switch {
	case app && os:
		return 0, []string{"os", "The os field excludes application."}
	case !app && !os:
		return 0, []string{"os", "The os field is required without application."}
	case os && stockVersions[integer(in, "os")].image == 0:
		return 0, []string{"os", "The selected os is invalid."}
	}
	return integer(in, "os"), nil
}

func (p *Panel) create(q *request) reply {
	in, bad := p.fields(q, "name", "plan", "location", "os", "application", "application_data", "user", "project", "password",
		"ssh_keys", "user_data", "fqdns", "description", "primary_ip", "mac_address", "compute_resource", "boot_mode")
	if bad != nil {
		return *bad
	}
	version, wrong := software(in)
	if words(in, "name") == "" || len(words(in, "name")) > 255 {
		wrong = append(wrong, "name", "The name field is required.")
	}
	if password := words(in, "password"); password == "" {
		wrong = append(wrong, "password", "The password field is required.")
	} else if !slices.Contains(p.secrets, password) {
		p.secrets = append(p.secrets, password)
	}
	if wrong = append(wrong, unfit(integer(in, "plan"), integer(in, "location"), version)...); len(wrong) > 0 {
		return problem(422, "The given data was invalid.", wrong...)
	}
	p.lastServer++
	m := &machine{Server: Server{ID: p.lastServer, Name: words(in, "name"), Description: words(in, "description"), Status: "processing",
		Plan: integer(in, "plan"), Password: words(in, "password")}, os: version, user: integer(in, "user"), location: integer(in, "location"),
		created: p.options.Now()}
	p.servers[m.ID] = m
	if m.ID%2 == 0 { // some panels know the address at once, others later
		m.address = addressOf(m.ID)
	}
	p.begin(m, "vm-create", func() { m.Status, m.address = "started", addressOf(m.ID) })
	return data(http.StatusCreated, p.show(m))
}

func addressOf(id int64) string { return fmt.Sprintf("192.0.2.%d", id%254+1) }

// begin starts a piece of work on a machine.
func (p *Panel) begin(m *machine, action string, effect func()) *work {
	p.lastTask++
	m.work = &work{id: p.lastTask, vm: m.ID, action: action, status: "pending", left: p.options.Polls, effect: effect}
	p.tasks[p.lastTask] = m.work
	return m.work
}

// advance is the passing of time: every look brings the work on.
func (p *Panel) advance(m *machine) {
	if m == nil || m.work == nil {
		return
	}
	w := m.work
	if w.left--; w.left > 0 {
		w.status = []string{"running", "queued"}[min(1, w.left/2)]
		return
	}
	w.status, m.work = "done", nil
	w.effect()
}

// show is a server as the panel writes it down. Addresses come in all shapes that panels have.
func (p *Panel) show(m *machine) map[string]any {
	v, _ := planOf(m.Plan)
	status := m.Status
	if m.work != nil && m.work.action == "vm-create" {
		status = "processing"
	}
	out := map[string]any{
		"id": m.ID, "uuid": uuidOf(m.ID), "name": m.Name, "description": m.Description, "virtualization_type": "kvm",
		"status": status, "real_status": status, "is_processing": m.work != nil, "is_suspended": m.Suspended, "boot_mode": "disk",
		"specifications": map[string]any{"vcpu": v.vcpu, "ram": v.ram, "disk": v.disk},
		"plan":           map[string]any{"id": v.id, "name": v.name}, "user": map[string]any{"id": m.user, "email": "owner@example.com"},
		"location": map[string]any{"id": m.location}, "created_at": m.created.UTC().Format("2006-01-02T15:04:05.000000Z"),
		"settings": map[string]any{"vnc_password": "console-" + strconv.FormatInt(m.ID, 10)},
	}
	if m.Description == "" {
		out["description"] = nil
	}
	four := []any{}
	if m.address != "" {
		four = append(four, map[string]any{"id": 70, "ip": "198.51.100.1", "is_primary": false}, map[string]any{"id": 71, "ip": m.address, "is_primary": true})
	}
	switch m.ID % 4 {
	case 0:
		out["ip_addresses"] = map[string]any{"ipv4": four, "ipv6": map[string]any{"primary_ip": "2001:db8::1"}}
		out["created_at"] = m.created.UTC().Format(time.DateTime)
		out["settings"] = map[string]any{"vnc": map[string]any{"password": "console-" + strconv.FormatInt(m.ID, 10)}}
	case 1:
		out["ip_addresses"] = map[string]any{"ipv4": four, "ipv6": []any{map[string]any{"primary_ip": "2001:db8::1", "is_primary": true}}}
	case 2:
		out["ip_addresses"] = map[string]any{"ipv4": four, "ipv6": []any{map[string]any{"ip": "2001:db8::1"}}}
	case 3:
		old := []any{}
		if m.address != "" {
			old = append(old, map[string]any{"id": 71, "ip": m.address, "ip_block": map[string]any{"id": 1}})
		}
		out["ips"] = old
	}
	return out
}

func uuidOf(id int64) string { return fmt.Sprintf("0b9f6c1e-6f0f-4c55-9a52-%012d", id) }

func (p *Panel) list(q *request) reply {
	all := []any{}
	for _, id := range p.sorted() {
		m := p.servers[id]
		if user := q.URL.Query().Get("filter[user_id]"); user != "" && user != strconv.FormatInt(m.user, 10) {
			continue
		}
		if status := q.URL.Query().Get("filter[status]"); status != "" && status != m.Status {
			continue
		}
		all = append(all, p.show(m))
	}
	return paged(q, all)
}

// find is the machine that a call names.
func (p *Panel) find(q *request) (*machine, *reply) {
	id, err := strconv.ParseInt(q.PathValue("id"), 10, 64)
	if m := p.servers[id]; err == nil && m != nil {
		return m, nil
	}
	gone := problem(404, "No query results for model [Server].")
	return nil, &gone
}

func (p *Panel) read(q *request) reply {
	m, gone := p.find(q)
	if gone != nil {
		return *gone
	}
	p.advance(m)
	if p.servers[m.ID] == nil {
		return problem(404, "No query results for model [Server].")
	}
	return data(200, p.show(m))
}

func (p *Panel) patch(q *request) reply {
	m, gone := p.find(q)
	if gone != nil {
		return *gone
	}
	in, bad := p.fields(q, "name", "fqdns", "description", "boot_mode", "user_data", "backup_settings")
	if bad != nil {
		return *bad
	}
	if name, given := in["name"]; given {
		m.Name, _ = name.(string)
	}
	if text, given := in["description"]; given {
		m.Description, _ = text.(string)
	}
	return data(200, p.show(m))
}
