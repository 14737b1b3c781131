package main

import (
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPhases(t *testing.T) {
	before := "# HELP x\nberth_batch_writes_sum{lane=\"others\"} 10\nberth_batch_writes_count{lane=\"others\"} 4\n"
	after := `berth_seal_lag_seconds_bucket{le="0.2"} 3
berth_seal_lag_seconds_bucket{le="0.5"} 7
berth_seal_lag_seconds_bucket{le="1"} 7
berth_seal_lag_seconds_bucket{le="+Inf"} 7
berth_seal_lag_seconds_count 7
berth_batch_writes_sum{lane="others"} 90
berth_batch_writes_count{lane="others"} 10
berth_batch_writes_sum{lane="wallets"} 120
berth_batch_writes_count{lane="wallets"} 4
berth_write_phase_seconds_sum{lane="others",phase="queue"} 0.04
berth_write_phase_seconds_sum{lane="others",phase="load"} 0.01
berth_write_phase_seconds_sum{lane="wallets",phase="append"} 0.02
berth_write_seconds_total{phase="queue"} 0.1
berth_write_seconds_total{phase="load"} 0.2
berth_write_seconds_total{phase="decide"} 0.1
berth_write_seconds_total{phase="append"} 0.4
berth_driver_call_seconds_sum{kind="new_server",provider="sim",verdict="done"} 0.05
berth_http_answer_seconds_sum{code="ok",method="POST",route="/API/orders/create_order"} 1
berth_http_answer_seconds_count{code="ok",method="POST",route="/API/orders/create_order"} 100
berth_http_answer_seconds_sum{code="ok",method="GET",route="/readyz"} 77
`
	read := func(text string) scrape {
		s, err := readMetrics(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	// 100 orders in a second by 2 clients.
	got := phasesOf(read(before), read(after), 100, 2, 1)
	want := phases{queue: 1, load: 2, decide: 1, append: 4, driver: 0.5, http: 1.5, outside: 10,
		batchQueue: 4, batchLoad: 1, batchAppend: 2, writes: 2, batches: 0.1, size: 20, money: turns{size: 30, time: 5}, lag: 500}
	for i, w := range want.figures() {
		if g := *got.figures()[i]; math.Abs(g-*w) > 1e-9 {
			t.Errorf("figure %d: got %v, want %v (in %+v)", i, g, *w, got)
		}
	}
	if total := got.total(); math.Abs(total-20) > 1e-9 {
		t.Errorf("the phases add up to %v ms, but two clients with 100 orders a second wait 20 each", total)
	}
	if got := bound(scrape{}, scrape{`x_bucket{le="1"}`: 1, `x_bucket{le="+Inf"}`: 2, "x_count": 2}, "x"); !math.IsInf(got, 1) {
		t.Errorf("got the bound %v of what exceeded every bucket", got)
	}
	if _, err := readMetrics(strings.NewReader("name word\n")); err == nil {
		t.Error("a word was read as a number")
	}
}

func TestModel(t *testing.T) {
	// An order takes 100 us of the server and 50 of the database; a batch 200 and 100 on top; and its batches are of one
	// write at one client and of 32 at 64. A batch takes 500 us, and 30 more for each further write.
	at := func(size float64) result {
		batches := 2 / size
		r := result{own: 100 + 200*batches, db: 50 + 100*batches, client: 20}
		r.where = phases{writes: 2, batches: batches, size: size, money: turns{size, 0.5 + 0.03*(size-1)}}
		return r
	}
	alone, busy := at(1), at(32)
	busy.rate = 2e6 / (busy.own + busy.db + busy.client) // two cores, all of their time
	c := fitCosts(alone, busy, 2)
	for name, pair := range map[string][2]float64{"server": {c.server, 100}, "its batch": {c.serverBatch, 200}, "database": {c.database, 50},
		"its batch there": {c.databaseBatch, 100}, "share": {c.share, 0.5}, "turn": {c.turn, 500}, "each more": {c.more, 30}} {
		if math.Abs(pair[0]-pair[1]) > 1e-6 {
			t.Errorf("%s: got %v, want %v", name, pair[0], pair[1])
		}
	}
	if got := c.estimate(1, 64, true); math.Abs(got.rate-busy.rate) > 1e-6 || got.limit != "the processors" {
		t.Errorf("one machine: got %+v, want the rate it was made from, %v", got, busy.rate)
	}
	three, ten := c.estimate(3, 2*28, false), c.estimate(10, 9*256, false)
	if three.rate < 2*busy.rate || three.limit != "turns of the servers' batches" {
		t.Errorf("three machines: got %+v, want at least twice the rate of one, %v, by the turns of two servers", three, busy.rate)
	}
	if ten.limit != "the database's processors" || ten.rate > 2e6/50 || ten.rate < three.rate {
		t.Errorf("ten machines: got %+v, want the database's limit, more than with three: %v", ten, three.rate)
	}
	if hot := c.estimate(10, 9*4, true); hot.limit != "turns on the wallet" || hot.rate >= ten.rate {
		t.Errorf("one wallet on ten machines with few clients: got %+v, want it limited by turns", hot)
	}
	more := c.estimate(10, 9*4, false)
	if less := c.estimate(10, 9*2, false); more.rate < less.rate || more.size < less.size {
		t.Errorf("more clients: got %+v after %+v", more, less)
	}
	// What was measured with equal batches can't be taken apart, and must not give infinite costs.
	if odd := fitCosts(busy, busy, 2); math.IsNaN(odd.server) || math.IsInf(odd.server, 0) || odd.serverBatch != 0 {
		t.Errorf("got %+v from two equal measurements", odd)
	}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		rows, perPage float64
		want          int
	}{{0, 100, 1}, {100, 100, 1}, {101, 100, 2}, {10_000, 100, 2}, {10_001, 100, 3}, {1e8, 141, 4}} {
		if got := levels(c.rows, c.perPage); got != c.want {
			t.Errorf("%v rows, %v to a page: got %d levels, want %d", c.rows, c.perPage, got, c.want)
		}
	}
}

func TestReadTop(t *testing.T) {
	list := readTop(`File: berth
Duration: 2s, Total samples = 3.10s
      flat  flat%   sum%        cum   cum%
     1.20s 38.71% 38.71%      1.25s 40.32%  internal/runtime/syscall.Syscall6
      30ms  0.97% 39.68%      700ms 22.58%  github.com/berth-host/berth/internal/store.(*batcher).run
         0     0% 39.68%   1.50mins 10.00%  github.com/a/b.F[go.shape.struct { x/y.z int }] (inline)
`)
	want := []function{{"internal/runtime/syscall.Syscall6", 1200, 1250},
		{"github.com/berth-host/berth/internal/store.(*batcher).run", 30, 700},
		{"github.com/a/b.F[...]", 0, 90000}}
	if len(list) != len(want) {
		t.Fatalf("got %+v, want %+v", list, want)
	}
	for i := range want {
		if list[i] != want[i] {
			t.Errorf("got %+v, want %+v", list[i], want[i])
		}
	}
	for i, name := range []string{"internal/runtime/syscall", "github.com/berth-host/berth/internal/store", "github.com/a/b"} {
		if got := packageOf(list[i].name); got != name {
			t.Errorf("got package %q, want %q", got, name)
		}
	}
	var w strings.Builder
	writeProfile(&w, list, 100)
	if !strings.Contains(w.String(), " 7000.0 us an order  56.9 %  batches, whole") {
		t.Errorf("the part of the batches is missing:\n%s", w.String())
	}
}

// TestRelay asks three times, the second question in two pieces: what is sent before an answer comes is one trip.
func TestRelay(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	const question = 4
	go func() {
		conn, err := server.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for buffer := make([]byte, question); ; {
			if _, err := io.ReadFull(conn, buffer); err != nil {
				return
			}
			if _, err := conn.Write(buffer[:1]); err != nil {
				return
			}
		}
	}()
	r, through, err := openRelay("postgres://u:p@" + server.Addr().String() + "/db")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(through, "postgres://u:p@127.0.0.1:") || strings.Contains(through, server.Addr().String()) {
		t.Errorf("got the URL %s, want the relay's own port", through)
	}
	conn, err := net.Dial("tcp", r.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, pieces := range [][]string{{"abcd"}, {"ab", "cd"}, {"abcd"}} {
		for _, piece := range pieces {
			if _, err := io.WriteString(conn, piece); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	if got := r.trips.Load(); got != 3 {
		t.Errorf("got %d round trips, want 3", got)
	}
	if got := r.bytes.Load(); got != 3*(question+1) {
		t.Errorf("got %d bytes, want %d", got, 3*(question+1))
	}
	if _, _, err := openRelay("postgres:///db?host=/run"); err == nil {
		t.Error("a relay to a socket in the file system was opened")
	}
}

func TestPutMeasured(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	for _, text := range []string{"nothing", measuredBegin + "\nopen", measuredEnd} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := putMeasured(path, "x"); err == nil || !strings.Contains(err.Error(), measuredBegin) {
			t.Errorf("%q: got %v, want an error that names the missing line", text, err)
		}
		if after, _ := os.ReadFile(path); string(after) != text {
			t.Errorf("%q became %q", text, after)
		}
	}
}

func TestRoomFor(t *testing.T) {
	if err := roomFor(t.TempDir(), 1, 1); err != nil {
		t.Error(err)
	}
	if err := roomFor(t.TempDir(), mostRows, 1<<30); err == nil || !strings.Contains(err.Error(), "-rows") {
		t.Errorf("got %v, want a refusal that names the flag", err)
	}
}
