package httpapi

import (
	"context"
	"time"

	"github.com/berth-host/berth"
)

// How long the driver may take to answer a question. A known panel gives detail_disk ten seconds.
const (
	lookTime = 15 * time.Second
	diskTime = 9 * time.Second
)

// look has something read of a server that the call names.
func look[A any](s *server, c *call, limit time.Duration, read func(context.Context, berth.Service) (A, error)) (sv berth.Service, a A, err error) {
	name, id := c.serverID()
	if err := c.in.err(); err != nil {
		return sv, a, err
	}
	if sv, err = s.visibleServer(c, name, id); err != nil {
		return sv, a, err
	}
	ctx, cancel := context.WithTimeout(c.http.Context(), limit)
	defer cancel()
	a, err = read(ctx, sv)
	return sv, a, err
}

// consoleRecord is what a client opens a console with; a known panel looks at the root for it.
type consoleRecord struct {
	URL      string `json:"vnc_url"`
	Password string `json:"vnc_password"`
}

type consoleAnswer struct {
	envelope
	consoleRecord
}

// vncServer is POST /API/services/vnc_server: an address for a console in the browser.
func (s *server) vncServer(c *call) (any, error) {
	_, opened, err := look(s, c, lookTime, func(ctx context.Context, sv berth.Service) (r consoleRecord, err error) {
		r.URL, r.Password, err = s.Desk.OpenConsole(ctx, sv)
		return r, err
	})
	if err != nil {
		return nil, err
	}
	return consoleAnswer{success("The console can be opened for some minutes.", opened), opened}, nil
}

type diskRecord struct {
	ServerID   string `json:"server_id"`
	ActualSize int64  `json:"actual_size"` // bytes
}

// detailDisk is GET /API/services/detail_disk.
func (s *server) detailDisk(c *call) (any, error) {
	sv, size, err := look(s, c, diskTime, s.Desk.DiskSize)
	if err != nil {
		return nil, err
	}
	return success("The size of the disk.", diskRecord{sv.ID, size}), nil
}

// usageAnswer has the documented member that is false in a good answer.
type usageAnswer struct {
	envelope
	SuccessUpdateDB bool `json:"success_update_db"`
}

type usageRecord struct {
	Name     string        `json:"name"`
	Interval usageInterval `json:"interval"`
	Items    []any         `json:"items"` // of one of the three sorts below
}

type usageInterval struct {
	Value       int64  `json:"value"`
	Measurement string `json:"measurement"`
}

type cpuItem struct {
	LoadAverage float64 `json:"load_average"` // percent of all cores together
	Time        float64 `json:"cpu_time"`     // seconds that the cores worked, since the first item
	Count       int64   `json:"cpu_count"`
	At          string  `json:"time"`
}

type memoryItem struct {
	Memory int64  `json:"memory"` // bytes
	At     string `json:"time"`
}

type rateItem struct {
	Derivative rates  `json:"derivative"`
	At         string `json:"time"`
}

// rates are KiB a second: read and written, or received and sent.
type rates struct {
	Read    float64 `json:"read_kb"`
	Written float64 `json:"write_kb"`
}

// usageServer is GET /API/services/usage_server: one series of what a server has used, oldest first. What the provider
// has no figures of is an empty series.
func (s *server) usageServer(c *call) (any, error) {
	what := c.in.oneOf("specification", required, "cpu", "memory", "disk", "disks", "network")
	sv, used, err := look(s, c, lookTime, s.Desk.Usage)
	if err != nil {
		return nil, err
	}
	r := usageRecord{Items: []any{}}
	series := used.CPU
	switch what {
	case "cpu":
		r.Name, r.Items = "CPU", cpuItems(series, sv.Cores)
	case "memory":
		r.Name, series = "Memory", used.Memory
		for _, sample := range series {
			r.Items = append(r.Items, memoryItem{int64(sample.In), isoTime(sample.At)})
		}
	case "network":
		r.Name, series = "Network", used.Network
		r.Items = rateItems(series)
	default:
		r.Name, series = "Disk", used.Disk
		r.Items = rateItems(series)
	}
	r.Interval = usageInterval{intervalOf(series), "second"}
	return usageAnswer{success("What the server has used.", r), false}, nil
}

// cpuItems adds the load up to the time that the cores worked: a provider's own counter isn't known here.
func cpuItems(series []berth.Sample, cores int64) []any {
	items, worked := []any{}, 0.0
	for i, sample := range series {
		if i > 0 {
			worked += sample.In / 100 * float64(cores) * float64(sample.At-series[i-1].At) / float64(berth.Second)
		}
		items = append(items, cpuItem{sample.In, worked, cores, isoTime(sample.At)})
	}
	return items
}

func rateItems(series []berth.Sample) []any {
	items := []any{}
	for _, sample := range series {
		items = append(items, rateItem{rates{sample.In / 1024, sample.Out / 1024}, isoTime(sample.At)})
	}
	return items
}

// intervalOf is the time between two items in seconds, 0 when there aren't two.
func intervalOf(series []berth.Sample) int64 {
	if len(series) < 2 {
		return 0
	}
	return (series[1].At - series[0].At) / berth.Second
}

// isoTime is an instant as usage_server writes it, which alone names its zone.
func isoTime(instant int64) string { return time.UnixMicro(instant).UTC().Format(time.RFC3339) }
