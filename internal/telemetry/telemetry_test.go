package telemetry

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("got status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestNumbers(t *testing.T) {
	now := 100 * berth.Second
	m := New("1.2.3", func() int64 { return now })
	m.Queue(func() int { return 17 })
	m.Settled(berth.KindNewServer, "completed")
	m.Settled(berth.KindNewServer, "completed")
	m.Settled(berth.KindNetwork, "refunded")
	m.Changed(berth.TaskStop, "done")
	m.Call("sim", berth.KindNewServer, "done", 30*time.Millisecond)
	m.Answered("POST", "/API/orders/create_order", "ok", 200, 3*time.Millisecond)
	m.Answered("POST", "/API/orders/create_order", "out_of_stock", 409, time.Millisecond)
	m.Doubt("committed")
	m.Wrote(Batch{Writes: 5, Money: true, Queued: time.Millisecond, Waited: 3 * time.Millisecond,
		Load: time.Millisecond, Decide: time.Microsecond, Append: 2 * time.Millisecond})
	m.Wrote(Batch{Writes: 7})
	m.Backlog(berth.Backlog{Unsettled: 3, Oldest: 40 * berth.Second, Doubtful: 1})

	text := scrape(t, m)
	for _, want := range []string{
		`berth_build_info{version="1.2.3"} 1`,
		`berth_orders_settled_total{kind="new_server",outcome="completed"} 2`,
		`berth_orders_settled_total{kind="network",outcome="refunded"} 1`,
		`berth_service_tasks_total{outcome="done",task="stop"} 1`,
		`berth_driver_call_seconds_bucket{kind="new_server",provider="sim",verdict="done",le="0.05"} 1`,
		`berth_driver_call_seconds_bucket{kind="new_server",provider="sim",verdict="done",le="0.01"} 0`,
		`berth_http_answer_seconds_count{code="ok",method="POST",route="/API/orders/create_order"} 1`,
		`berth_refusals_total{code="out_of_stock"} 1`,
		`berth_commit_doubts_total{fate="committed"} 1`,
		`berth_batch_writes_sum{lane="wallets"} 5`,
		`berth_batch_writes_sum{lane="others"} 7`,
		`berth_write_phase_seconds_count{lane="wallets",phase="queue"} 1`,
		`berth_write_phase_seconds_count{lane="wallets",phase="load"} 1`,
		`berth_write_phase_seconds_bucket{lane="wallets",phase="decide",le="5e-05"} 1`,
		`berth_write_phase_seconds_bucket{lane="wallets",phase="append",le="0.001"} 0`,
		`berth_write_seconds_total{phase="queue"} 0.003`,
		`berth_write_seconds_total{phase="load"} 0.005`,
		`berth_write_seconds_total{phase="decide"} 4.99`,
		`berth_write_seconds_total{phase="append"} 0.01`,
		`berth_queue_writes 17`,
		`berth_orders_unsettled 3`,
		`berth_orders_in_doubt 1`,
		`berth_oldest_unsettled_seconds 60`,
		`go_goroutines`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(text, `berth_refusals_total{code="ok"}`) {
		t.Error("a success counts as refusal")
	}

	// The oldest order grows older without a report.
	now += 5 * berth.Second
	if text = scrape(t, m); !strings.Contains(text, "berth_oldest_unsettled_seconds 65\n") {
		t.Error("the age of the oldest order stands still")
	}
	m.Backlog(berth.Backlog{})
	if text = scrape(t, m); !strings.Contains(text, "berth_oldest_unsettled_seconds 0\n") {
		t.Error("an empty backlog has an age")
	}
}

// Two servers in one process, as tests have them, don't share their numbers.
func TestOwnRegistry(t *testing.T) {
	a, b := New("a", nil), New("b", nil)
	a.Settled("network", "completed")
	if text := scrape(t, b); strings.Contains(text, `outcome="completed"`) {
		t.Error("the other's numbers are shown")
	}
}
