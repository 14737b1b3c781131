package telemetry

import "github.com/prometheus/client_golang/prometheus"

// providers asks for the state of all providers at every scrape: a gauge that were set at each call would cost the
// calls something, and nobody would see it.
type providers struct {
	read func(each func(provider string, open, probing bool, calls, waiting int))

	circuit, calls, waiting *prometheus.Desc
}

// Providers shows how each provider stands: whether it's spared because it gives no certain answers, how many calls are
// under way and how many wait for their turn. It's called once, before the first scrape; read is called at each.
func (m *Metrics) Providers(read func(each func(provider string, open, probing bool, calls, waiting int))) {
	labels := []string{"provider"}
	m.registry.MustRegister(providers{
		read: read,
		circuit: prometheus.NewDesc("berth_provider_circuit",
			"Whether a provider is called: 0 yes, 1 one call to try it again is under way, 2 not for a while.", labels, nil),
		calls:   prometheus.NewDesc("berth_provider_calls", "Calls of a provider that are under way.", labels, nil),
		waiting: prometheus.NewDesc("berth_provider_waiting", "Calls that wait for their turn at a provider.", labels, nil),
	})
}

// Describe names the metrics.
func (p providers) Describe(to chan<- *prometheus.Desc) {
	to <- p.circuit
	to <- p.calls
	to <- p.waiting
}

// Collect reads the states.
func (p providers) Collect(to chan<- prometheus.Metric) {
	p.read(func(provider string, open, probing bool, calls, waiting int) {
		circuit := 0.0
		switch {
		case open && probing:
			circuit = 1
		case open:
			circuit = 2
		}
		gauge := func(d *prometheus.Desc, value float64) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, provider)
		}
		gauge(p.circuit, circuit)
		gauge(p.calls, float64(calls))
		gauge(p.waiting, float64(waiting))
	})
}
