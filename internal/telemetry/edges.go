package telemetry

import "github.com/prometheus/client_golang/prometheus"

// EdgeKeys shows how many requests had a wrong key of an edge. It's called once, before the first scrape; count is called at
// each. There is no label: a name that somebody asks for is of his own making.
func (m *Metrics) EdgeKeys(count func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "berth_edge_wrong_keys_total",
		Help: "Requests for what an edge elsewhere is to carry that had a wrong key, or named no edge."},
		func() float64 { return float64(count()) }))
}
