package solusfake

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// action is a call that changes a machine by a task: refused while another is under way.
func (p *Panel) action(q *request, name string, fields []string, judge func(m *machine, in map[string]any) []string, effect func(m *machine, in map[string]any)) reply {
	m, gone := p.find(q)
	if gone != nil {
		return *gone
	}
	in, bad := p.fields(q, fields...)
	if bad != nil {
		return *bad
	}
	if m.work != nil {
		return problem(p.options.Busy, "The server is processing another request.")
	}
	if judge != nil {
		if wrong := judge(m, in); len(wrong) > 0 {
			return problem(422, "The given data was invalid.", wrong...)
		}
	}
	return data(200, p.begin(m, name, func() { effect(m, in) }).view())
}

func (w *work) view() map[string]any {
	out := map[string]any{"id": w.id, "compute_resource_id": 1, "queue": "default", "action": w.action, "status": w.status,
		"output": w.output, "progress": 0, "duration": 0}
	if w.id%2 == 0 { // some panels say whose task it is
		out["compute_resource_vm_id"] = w.vm
	}
	return out
}

// Occupy begins work on a machine that no client asked for.
func (p *Panel) Occupy(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.servers[id]; m != nil {
		p.begin(m, "vm-backup", func() {})
	}
}

func (p *Panel) remove(q *request) reply {
	return p.action(q, "vm-delete", nil, nil, func(m *machine, _ map[string]any) { delete(p.servers, m.ID) })
}

func suspended(m *machine, _ map[string]any) []string {
	if m.Suspended {
		return []string{"server", "The server is suspended."}
	}
	return nil
}

func (p *Panel) start(q *request) reply {
	return p.action(q, "vm-start", nil, suspended, func(m *machine, _ map[string]any) { m.Status = "started" })
}

func (p *Panel) stop(q *request) reply {
	return p.action(q, "vm-stop", []string{"force"}, nil, func(m *machine, _ map[string]any) { m.Status = "stopped" })
}

func (p *Panel) restart(q *request) reply {
	return p.action(q, "vm-restart", nil, suspended, func(m *machine, _ map[string]any) { m.Status = "started" })
}

func (p *Panel) suspend(q *request) reply {
	return p.action(q, "vm-suspend", nil, nil, func(m *machine, _ map[string]any) { m.Suspended, m.Status = true, "stopped" })
}

func (p *Panel) resume(q *request) reply {
	return p.action(q, "vm-resume", nil, nil, func(m *machine, _ map[string]any) { m.Suspended, m.Status = false, "started" })
}

func (p *Panel) reinstall(q *request) reply {
	return p.action(q, "vm-reinstall", []string{"os", "application", "application_data", "user_data", "ssh_keys", "password"},
		func(m *machine, in map[string]any) []string {
			if password := words(in, "password"); password != "" && !slices.Contains(p.secrets, password) {
				p.secrets = append(p.secrets, password)
			}
			version, wrong := software(in)
			if v, _ := planOf(m.Plan); wrong == nil && version != 0 && !slices.Contains(v.versions, version) {
				wrong = []string{"os", "The os is not available for this plan."}
			}
			return wrong
		},
		func(m *machine, in map[string]any) {
			if m.os, m.Status = integer(in, "os"), "started"; words(in, "password") != "" {
				m.Password = words(in, "password")
			}
		})
}

// resetPassword answers with the new password on some machines, and with a task on others.
func (p *Panel) resetPassword(q *request) reply {
	m, gone := p.find(q)
	switch {
	case gone != nil:
		return *gone
	case m.work != nil:
		return problem(p.options.Busy, "The server is processing another request.")
	case len(q.body) > 0:
		p.complain("%s takes no body", q.route)
	}
	m.Password = "new-" + strconv.FormatInt(m.ID, 10)
	if m.ID%2 == 1 {
		return data(200, map[string]any{"password": m.Password})
	}
	return data(200, p.begin(m, "vm-password-change", func() {}).view())
}

func (p *Panel) resize(q *request) reply {
	return p.action(q, "vm-resize", []string{"plan_id", "preserve_disk", "custom_plan", "backup_settings", "delayed"},
		func(m *machine, in map[string]any) []string {
			v, ok := planOf(integer(in, "plan_id"))
			old, _ := planOf(m.Plan)
			if !ok || v.disk < old.disk && in["preserve_disk"] != true {
				return []string{"plan_id", "The selected plan is invalid."}
			}
			return nil
		},
		func(m *machine, in map[string]any) { m.Plan = integer(in, "plan_id") })
}

func (p *Panel) vnc(q *request) reply {
	if _, gone := p.find(q); gone != nil {
		return *gone
	}
	return reply{200, map[string]any{"url": "vnc-" + q.PathValue("id")}}
}

// listTasks knows the filters of the panel; others are ignored.
func (p *Panel) listTasks(q *request) reply {
	all := []any{}
	for id := int64(1); id <= p.lastTask; id++ {
		w := p.tasks[id]
		query := q.URL.Query()
		if vm := query.Get("filter[compute_resource_vm_id]"); vm != "" && vm != strconv.FormatInt(w.vm, 10) {
			continue
		}
		if action := query.Get("filter[action]"); action != "" && action != w.action {
			continue
		}
		if status := query.Get("filter[status]"); status != "" && status != w.status {
			continue
		}
		all = append(all, w.view())
	}
	return paged(q, all)
}

func (p *Panel) readTask(q *request) reply {
	id, err := strconv.ParseInt(q.PathValue("id"), 10, 64)
	w := p.tasks[id]
	if err != nil || w == nil {
		return problem(404, "No query results for model [Task].")
	}
	if m := p.servers[w.vm]; m != nil && m.work == w {
		p.advance(m)
	}
	return data(200, w.view())
}

// usage goes by the UUID, not by the id.
func (p *Panel) usage(q *request) reply {
	if !slices.ContainsFunc(p.sorted(), func(id int64) bool { return uuidOf(id) == q.PathValue("uuid") }) {
		return problem(http.StatusNotFound, "No query results for model [Server].")
	}
	items := []any{}
	for i := range 3 {
		item := map[string]any{"time": p.options.Now().Add(time.Duration(i-3) * time.Minute).UTC().Format(time.RFC3339)}
		switch q.PathValue("series") {
		case "cpu":
			item["load_average"] = 12.5
		case "memory":
			item["memory"] = 1 << 20
		default:
			item["derivative"] = map[string]any{"read_kb": 2, "write_kb": 3}
		}
		items = append(items, item)
	}
	return data(200, map[string]any{"items": items})
}
