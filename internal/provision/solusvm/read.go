package solusvm

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/berth-host/berth"
)

// Describe reads a server.
func (d *Driver) Describe(ctx context.Context, providerRef string) berth.Outcome {
	_, out := d.Inspect(ctx, providerRef)
	return out
}

// Inspect reads a server as the panel has it now.
func (d *Driver) Inspect(ctx context.Context, providerRef string) (berth.Machine, berth.Outcome) {
	id, ok := serverID(providerRef)
	if !ok {
		return berth.Machine{}, berth.Outcome{Verdict: berth.Absent}
	}
	s, err := d.server(ctx, id)
	if isGone(err) {
		return berth.Machine{}, berth.Outcome{Verdict: berth.Absent}
	}
	if err != nil {
		return berth.Machine{}, berth.Outcome{Verdict: berth.Unresolved, Reason: err}
	}
	return d.machine(s), done(s)
}

// Machines reads all servers that the token may see, of all users.
func (d *Driver) Machines(ctx context.Context, each func(berth.Machine) error) error {
	return d.list(ctx, nil, func(s server) error { return each(d.machine(s)) })
}

func (d *Driver) machine(s server) berth.Machine {
	text, _ := readNote(s.Description)
	installation, order, _ := berth.ReadMark(text)
	return berth.Machine{
		Result: s.result(), Installation: installation, Order: order, Name: s.Name, PlanID: d.external(int64(s.Plan.ID)),
		Cores: int64(s.Specifications.VCPU), RAM: int64(s.Specifications.RAM), Disk: int64(s.Specifications.Disk),
		Running: s.Status == statusStarted, Suspended: s.IsSuspended, Busy: s.IsProcessing, CreatedAt: instant(string(s.CreatedAt)),
	}
}

// external is the catalogue's id of a panel's plan. Several that mean the same plan can't be told apart: the smallest.
func (d *Driver) external(plan int64) string {
	found := ""
	for external, id := range d.options.Plans {
		if id == plan && (found == "" || external < found) {
			found = external
		}
	}
	if found == "" && plan != 0 {
		return strconv.FormatInt(plan, 10)
	}
	return found
}

// OpenConsole opens a VNC console: an address for a browser's websocket, and its password.
func (d *Driver) OpenConsole(ctx context.Context, providerRef string) (string, string, berth.Outcome) {
	id, ok := serverID(providerRef)
	if !ok {
		return "", "", berth.Outcome{Verdict: berth.Refused, Reason: errors.New("that is no server's id at this panel")}
	}
	var answer struct {
		URL string `json:"url"`
	}
	if err := d.client.do(ctx, call{method: http.MethodPost, path: "servers/" + id + "/vnc_up", in: struct{}{}}, &answer); err != nil {
		return "", "", d.busyOr(ctx, id, err)
	}
	s, err := d.server(ctx, id)
	base, parseErr := url.Parse(d.client.base)
	if err != nil || parseErr != nil || answer.URL == "" {
		return "", "", berth.Outcome{Verdict: berth.Unresolved, Reason: errors.Join(err, parseErr, errors.New("the panel opened no console"))}
	}
	console := url.URL{Scheme: "wss", Host: base.Host, Path: "/vnc", RawQuery: url.Values{"url": {answer.URL}}.Encode()}
	return console.String(), s.vncPassword(), done(s)
}

// Usage reads the panel's four series. They go by the server's UUID.
func (d *Driver) Usage(ctx context.Context, providerRef string) (berth.Usage, berth.Outcome) {
	var u berth.Usage
	id, ok := serverID(providerRef)
	if !ok {
		return u, berth.Outcome{Verdict: berth.Refused, Reason: errors.New("that is no server's id at this panel")}
	}
	s, err := d.server(ctx, id)
	if err != nil {
		return u, d.outcome(err)
	}
	if s.UUID == "" {
		return u, berth.Outcome{Verdict: berth.Unresolved, Reason: errors.New("the panel names no UUID of the server, which usage goes by")}
	}
	for _, series := range []struct {
		path string
		into *[]berth.Sample
	}{{"cpu", &u.CPU}, {"memory", &u.Memory}, {"disks", &u.Disk}, {"network", &u.Network}} {
		var answer struct {
			Items []usageItem `json:"items"`
		}
		if err := d.get(ctx, "usage/"+series.path+"/"+url.PathEscape(s.UUID), &answer); err != nil {
			return berth.Usage{}, d.lookFailed(err)
		}
		for _, item := range answer.Items {
			if sample := item.sample(); sample.At != 0 {
				*series.into = append(*series.into, sample)
			}
		}
	}
	return u, done(s)
}

// usageItem is a point of any of the series; each has other fields.
type usageItem struct {
	Time       loose                  `json:"time"`
	Load       *float64               `json:"load_average"`
	Memory     *float64               `json:"memory"`
	Derivative map[string]json.Number `json:"derivative"`
}

func (i usageItem) sample() berth.Sample {
	sample := berth.Sample{At: instant(string(i.Time))}
	kilobytes := func(names ...string) float64 {
		for _, name := range names {
			if v, err := i.Derivative[name].Float64(); err == nil {
				return v * 1024
			}
		}
		return 0
	}
	switch {
	case i.Load != nil:
		sample.In = *i.Load
	case i.Memory != nil:
		sample.In = *i.Memory
	default:
		sample.In, sample.Out = kilobytes("read_kb", "in_kb"), kilobytes("write_kb", "out_kb")
	}
	return sample
}
