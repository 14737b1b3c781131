// Package telemetry counts what happens for Prometheus. Its Metrics fits the observer interfaces that the packages
// of the server declare for themselves; it imports none of them. No label is ever of a client's making: routes,
// codes, kinds, verdicts and the names of providers are all fixed by the program or its settings.
package telemetry

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/berth-host/berth"
)

// Metrics is one process's numbers, in a registry of its own.
type Metrics struct {
	registry *prometheus.Registry
	now      func() int64 // microseconds UTC

	orders   *prometheus.CounterVec
	tasks    *prometheus.CounterVec
	calls    *prometheus.HistogramVec
	answers  *prometheus.HistogramVec
	refusals *prometheus.CounterVec
	doubts   *prometheus.CounterVec

	sealed        prometheus.Counter
	lag           prometheus.Histogram
	money, others batches
	spent         *prometheus.CounterVec
	drifts        *prometheus.GaugeVec

	backlog atomic.Pointer[berth.Backlog]
}

// The buckets, in seconds. An HTTP answer takes from a commit to the patience, a driver call up to two minutes, a
// phase of a write from microseconds to its deadline.
var (
	answerBuckets = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 25, 60}
	callBuckets   = []float64{.001, .01, .05, .1, .5, 1, 2, 5, 10, 30, 60, 120, 300}
	phaseBuckets  = []float64{.00005, .0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .5, 1, 5, 10}
	sizeBuckets   = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}
)

// New makes the metrics of a program of this version. now is the clock (microseconds UTC) against which ages are
// told.
func New(version string, now func() int64) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), now: now}
	m.backlog.Store(&berth.Backlog{})
	m.orders = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berth_orders_settled_total",
		Help: "Orders that reached their end, by kind and outcome (completed, refunded)."}, []string{"kind", "outcome"})
	m.tasks = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berth_service_tasks_total",
		Help: "Changes of services that ended, by task and outcome (done, refused; unresolved when another process ended it)."}, []string{"task", "outcome"})
	m.calls = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "berth_driver_call_seconds", Buckets: callBuckets,
		Help: "Calls of providers, by provider, kind of order or task, and verdict."}, []string{"provider", "kind", "verdict"})
	m.answers = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "berth_http_answer_seconds", Buckets: answerBuckets,
		Help: "Time to the answer of a request, by method, route and code ('ok' for success)."}, []string{"method", "route", "code"})
	m.refusals = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berth_refusals_total",
		Help: "Requests refused, by the error contract's code."}, []string{"code"})
	m.doubts = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berth_commit_doubts_total",
		Help: "Commits whose answer was lost, by what was found out: committed, void or unknown."}, []string{"fate"})
	sizes := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "berth_batch_writes", Buckets: sizeBuckets,
		Help: "Writes in one commit, by lane: wallets (where money moves) or others."}, []string{"lane"})
	phases := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "berth_write_phase_seconds", Buckets: phaseBuckets,
		Help: "Phases of a batch: queue (its first write's wait), load, decide, append (commit included)."}, []string{"lane", "phase"})
	m.money, m.others = batchesOf("wallets", sizes, phases), batchesOf("others", sizes, phases)
	// A batch of many writes takes longer than a batch of one, so its mean says little about what a write goes through.
	m.spent = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berth_write_seconds_total",
		Help: "Time that writes spent in the queue and in each phase of their batches: queue, load, decide, append (commit included)."}, []string{"phase"})

	m.sealed = prometheus.NewCounter(prometheus.CounterOpts{Name: "berth_sealed_batches_total",
		Help: "Batches that this process put into the hash chain."})
	m.lag = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "berth_seal_lag_seconds", Buckets: answerBuckets,
		Help: "Time from the oldest batch of a run of the sealer to its place in the chain."})

	m.drifts = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "berth_provider_drifts",
		Help: "Differences between the database and a provider that are left after the last comparison by this process; sort 'skipped' for a provider that couldn't be asked."}, []string{"provider", "sort"})
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "berth_build_info", Help: "Always 1; its label is the version.",
		ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.orders, m.tasks, m.calls, m.answers, m.refusals, m.doubts, sizes, m.sealed, m.lag, phases, m.spent, m.drifts, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.gauge("berth_orders_unsettled", "Paid orders that are neither completed nor refunded.",
		func() float64 { return float64(m.backlog.Load().Unsettled) })
	m.gauge("berth_orders_in_doubt", "Unsettled orders whose last attempt got no certain answer from the provider.",
		func() float64 { return float64(m.backlog.Load().Doubtful) })
	m.gauge("berth_oldest_unsettled_seconds", "Age of the oldest unsettled order, 0 for none.",
		func() float64 { return m.age(m.backlog.Load().Oldest) })
	m.gauge("berth_unsealed_batches", "Batches that aren't in the hash chain yet.",
		func() float64 { return float64(m.backlog.Load().Unsealed) })
	m.gauge("berth_oldest_unsealed_seconds", "Age of the oldest of them, 0 for none.",
		func() float64 { return m.age(m.backlog.Load().UnsealedSince) })
	return m
}

func (m *Metrics) gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// age grows between two reports of the backlog, too, so that an alert doesn't depend on a busy database.
func (m *Metrics) age(since int64) float64 {
	if since == 0 {
		return 0
	}
	return max(0, float64(m.now()-since)/float64(berth.Second))
}

// Queue shows the number of writes that wait for a batch. It's called once, before the first scrape.
func (m *Metrics) Queue(length func() int) {
	m.gauge("berth_queue_writes", "Writes that wait for a batch.", func() float64 { return float64(length()) })
}

// Handler serves the numbers in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Answered counts an answer over HTTP; code is "ok" for success.
func (m *Metrics) Answered(method, route, code string, _ int, took time.Duration) {
	m.answers.WithLabelValues(method, route, code).Observe(took.Seconds())
	if code != "ok" {
		m.refusals.WithLabelValues(code).Inc()
	}
}

// Call counts a call of a provider.
func (m *Metrics) Call(provider, kind, verdict string, took time.Duration) {
	m.calls.WithLabelValues(provider, kind, verdict).Observe(took.Seconds())
}

// Settled counts an order that reached its end.
func (m *Metrics) Settled(kind, state string) { m.orders.WithLabelValues(kind, state).Inc() }

// Changed counts a change of a service that ended.
func (m *Metrics) Changed(task, verdict string) { m.tasks.WithLabelValues(task, verdict).Inc() }

// Backlog takes what isn't settled at this moment.
func (m *Metrics) Backlog(b berth.Backlog) { m.backlog.Store(&b) }

// Sealed counts batches that went into the chain, the oldest of them that late.
func (m *Metrics) Sealed(batches int, lag time.Duration) {
	m.sealed.Add(float64(batches))
	m.lag.Observe(lag.Seconds())
}

// Reconciled shows what the last comparison with the providers has left.
func (m *Metrics) Reconciled(r berth.Reconciliation) {
	m.drifts.Reset()
	for provider := range r.Skipped {
		m.drifts.WithLabelValues(provider, "skipped").Set(1)
	}
	for _, d := range r.Drifts {
		if !d.Done {
			m.drifts.WithLabelValues(d.Provider, d.Sort).Inc()
		}
	}
}

// Doubt counts a commit whose answer was lost.
func (m *Metrics) Doubt(fate string) { m.doubts.WithLabelValues(fate).Inc() }

// batches are the histograms of one lane.
type batches struct {
	size                         prometheus.Observer
	queued, load, decide, append prometheus.Observer
}

func batchesOf(lane string, sizes, phases *prometheus.HistogramVec) batches {
	phase := func(name string) prometheus.Observer { return phases.WithLabelValues(lane, name) }
	return batches{sizes.WithLabelValues(lane), phase("queue"), phase("load"), phase("decide"), phase("append")}
}

// Batch is a committed batch.
type Batch struct {
	Writes               int
	Money                bool          // money moves in its lane
	Queued, Waited       time.Duration // what its first write had waited, and all of them together
	Load, Decide, Append time.Duration
}

// Wrote counts a committed batch.
func (m *Metrics) Wrote(b Batch) {
	lane := m.others
	if b.Money {
		lane = m.money
	}
	lane.size.Observe(float64(b.Writes))
	lane.queued.Observe(b.Queued.Seconds())
	lane.load.Observe(b.Load.Seconds())
	lane.decide.Observe(b.Decide.Seconds())
	lane.append.Observe(b.Append.Seconds())
	m.spent.WithLabelValues("queue").Add(b.Waited.Seconds())
	each := float64(b.Writes)
	m.spent.WithLabelValues("load").Add(each * b.Load.Seconds())
	m.spent.WithLabelValues("decide").Add(each * b.Decide.Seconds())
	m.spent.WithLabelValues("append").Add(each * b.Append.Seconds())
}
