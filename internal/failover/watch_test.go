package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth/internal/process"
)

func TestPulse(t *testing.T) {
	var p pulse
	start := time.Now()
	for _, b := range []struct {
		at    time.Duration
		count int
		want  time.Duration // the longest so far
	}{
		{0, 0, 0}, {1, 10, 1}, {2, 20, 1}, {5, 20, 3}, {7, 20, 5}, {8, 21, 6}, {9, 30, 6},
	} {
		p.beat(b.count, start.Add(b.at*time.Second))
		if count, got := p.read(); got != b.want*time.Second || count != b.count {
			t.Errorf("after %d s: got %d orders and a gap of %v, want %d and %d s", b.at, count, got, b.count, b.want)
		}
	}
	p.forget()
	p.beat(31, start.Add(11*time.Second))
	if _, got := p.read(); got != 2*time.Second {
		t.Errorf("a new measurement: got %v, want 2s", got)
	}
}

func TestReadyWatch(t *testing.T) {
	var red atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || red.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	steady := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer steady.Close()

	w := watchReady([]*replica{{&process.Process{Name: "one"}, server.URL}, {&process.Process{Name: "two"}, steady.URL}})
	red.Store(true)
	if err := process.Until(t.Context(), patience, "red", func() bool { return !w.allReady() }); err != nil {
		t.Error(err)
	}
	red.Store(false)
	if err := process.Until(t.Context(), patience, "green", w.allReady); err != nil {
		t.Error(err)
	}
	lines := w.stop()
	if got := w.neverRed(); len(got) != 1 || got[0] != "two" {
		t.Errorf("got %q never red, want two alone; %q", got, lines)
	}
	if s := w.servers[0]; s.red == 0 || s.green < s.red {
		t.Errorf("got red after %v and green after %v", s.red, s.green)
	}
}

func TestRolesOf(t *testing.T) {
	c := testCluster()
	for _, e := range []struct{ name, members, want string }{
		{"whole", `[{"name":"db1","role":"leader","state":"running","timeline":2},{"name":"db2","role":"sync_standby","state":"running","timeline":2,"lag":0},
			{"name":"db3","role":"replica","state":"streaming","timeline":2,"lag":4096}]`, "primary db1, synchronous standby db2, standby db3"},
		{"nobody", `[]`, "primary none, synchronous standby none, standby none"},
		{"a primary that starts", `[{"name":"db1","role":"leader","state":"starting","timeline":2}]`, "primary none, synchronous standby none, standby none"},
		{"a standby on the timeline before", `[{"name":"db1","role":"leader","state":"running","timeline":3},{"name":"db2","role":"replica","state":"running","timeline":2,"lag":0}]`,
			"primary db1, synchronous standby none, standby none"},
		{"a standby far behind", `[{"name":"db1","role":"leader","state":"running","timeline":3},{"name":"db2","role":"replica","state":"running","timeline":3,"lag":99999999}]`,
			"primary db1, synchronous standby none, standby none"},
		{"a standby that nobody knows of", `[{"name":"db1","role":"leader","state":"running","timeline":3},{"name":"db2","role":"replica","state":"running","timeline":3,"lag":"unknown"}]`,
			"primary db1, synchronous standby none, standby none"},
	} {
		var members []member
		if err := json.Unmarshal([]byte(e.members), &members); err != nil {
			t.Fatal(err)
		}
		if got := c.rolesOf(members).String(); got != e.want {
			t.Errorf("%s: got %s, want %s", e.name, got, e.want)
		}
	}
}
