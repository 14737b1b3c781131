package main

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/process"
)

// world is one in which the orders a and b are as they should be.
func world() ([]load.Acknowledged, load.World) {
	told := []load.Acknowledged{{OrderID: "a", Key: "1"}, {OrderID: "b", Key: "2"}, {OrderID: "b", Key: "2"}}
	return told, load.World{
		Orders:   map[string]berth.Order{"a": {ID: "a", State: berth.Completed}, "b": {ID: "b", State: berth.Completed}},
		Machines: []load.Machine{{No: 1, Order: "a"}, {No: 2, Order: "b"}, {No: 2, Order: "b"}},
	}
}

// TestCount plants each sort of fault in turn.
func TestCount(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(told *[]load.Acknowledged, w *load.World)
		want   counts
	}{
		{"as it should be", func(*[]load.Acknowledged, *load.World) {}, counts{2, 0, 0}},
		{"an order is gone", func(_ *[]load.Acknowledged, w *load.World) { delete(w.Orders, "a") }, counts{2, 1, 0}},
		{"an order was refunded", func(_ *[]load.Acknowledged, w *load.World) {
			w.Orders["a"] = berth.Order{ID: "a", State: berth.Refunded}
		}, counts{2, 1, 0}},
		{"nothing was made", func(_ *[]load.Acknowledged, w *load.World) { w.Machines = w.Machines[1:] }, counts{2, 1, 0}},
		{"one still goes on", func(_ *[]load.Acknowledged, w *load.World) {
			w.Orders["a"], w.Machines = berth.Order{ID: "a", State: berth.Paid}, w.Machines[1:]
		}, counts{2, 0, 0}},
		{"a key has two orders", func(told *[]load.Acknowledged, w *load.World) {
			*told = append(*told, load.Acknowledged{OrderID: "c", Key: "1"})
			w.Orders["c"], w.Machines = berth.Order{ID: "c", State: berth.Completed}, append(w.Machines, load.Machine{No: 3, Order: "c"})
		}, counts{3, 0, 1}},
		{"an order that nobody was told of", func(_ *[]load.Acknowledged, w *load.World) {
			w.Orders["c"] = berth.Order{ID: "c", State: berth.Completed}
		}, counts{2, 0, 1}},
		{"two machines", func(_ *[]load.Acknowledged, w *load.World) {
			w.Machines = append(w.Machines, load.Machine{No: 3, Order: "a"})
		}, counts{2, 0, 1}},
	} {
		told, w := world()
		c.damage(&told, &w)
		if got := count(told, w); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name string
		v    verdict
		good bool
		want string
	}{
		{"good", verdict{counts: counts{7, 0, 0}, unknown: 2, resolved: 2, gaps: []gap{{"switchover", 3140 * time.Millisecond}}}, true,
			"failover: passed: 7 acknowledged, 0 lost, 0 doubled, 2 unknown then 2 resolved; without orders: switchover 3.1 s\n"},
		{"nothing happened", verdict{}, false, "failover: FAILED: 0 acknowledged"},
		{"lost", verdict{counts: counts{7, 1, 0}}, false, "failover: FAILED: 7 acknowledged, 1 lost"},
		{"doubled", verdict{counts: counts{7, 0, 1}}, false, "1 doubled"},
		{"never resolved", verdict{counts: counts{7, 0, 0}, unknown: 2, resolved: 1}, false, "2 unknown then 1 resolved"},
		{"a problem", verdict{counts: counts{7, 0, 0}, problems: []string{"odd"}}, false, "WRONG: odd\nfailover: FAILED"},
	} {
		var out bytes.Buffer
		c.v.print(&out)
		if got := c.v.good(); got != c.good {
			t.Errorf("%s: got good %v, want %v", c.name, got, c.good)
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: got %q, want %q", c.name, out.String(), c.want)
		}
	}
}

func TestProbe(t *testing.T) {
	type answer struct {
		status int
		header map[string]string
		body   string
	}
	away := answer{503, map[string]string{"Retry-After": "2"}, `{"success":false,"code":"unavailable"}`}
	done := answer{200, map[string]string{"Idempotency-Replayed": "true"}, `{"success":true,"order_id":"a","amount":12.99,"server_status":{"new_id":"s"}}`}
	other := answer{200, nil, `{"success":true,"order_id":"b","amount":12.99,"server_status":{"new_id":"s"}}`}
	for _, c := range []struct {
		name     string
		answers  []answer
		resolved int
		problem  string
	}{
		{"given up, then one order", []answer{away, {409, nil, `{"code":"in_progress"}`}, done, done}, 1, ""},
		{"never resolved", []answer{away, away}, 0, ""},
		{"two orders", []answer{away, done, other}, 0, ""},
		{"acknowledged at once", []answer{done}, 1, "answered with 200"},
		{"another code", []answer{{500, nil, `{"code":"internal"}`}, done}, 1, `500 "internal"`},
		{"no word when to come again", []answer{{503, nil, `{"code":"unavailable"}`}, done}, 1, "Retry-After: false"},
		{"an order that can't be read", []answer{away, {200, nil, "<html>"}}, 0, "no order"},
	} {
		p := &probe{key: "k", orders: map[string]load.Acknowledged{}}
		for _, a := range c.answers {
			header := http.Header{}
			for name, value := range a.header {
				header.Set(name, value)
			}
			p.note(&http.Response{StatusCode: a.status, Header: header}, []byte(a.body), time.Second)
		}
		var v verdict
		v.addProbes([]*probe{p})
		if v.unknown != 1 || v.resolved != c.resolved {
			t.Errorf("%s: got %d unknown and %d resolved, want 1 and %d", c.name, v.unknown, v.resolved, c.resolved)
		}
		got := strings.Join(v.problems, "\n")
		if (got == "") != (c.problem == "") || !strings.Contains(got, c.problem) {
			t.Errorf("%s: got problems %q, want %q", c.name, got, c.problem)
		}
	}
	p := &probe{key: "k", orders: map[string]load.Acknowledged{}}
	p.note(&http.Response{StatusCode: 200, Header: http.Header{}}, []byte(done.body), 0)
	want := load.Acknowledged{OrderID: "a", ServerID: "s", Key: "k", Amount: "12.99", Completed: true}
	if got := acknowledgements([]*probe{p}); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFaultsInLogs(t *testing.T) {
	for _, c := range []struct{ name, log, want, err string }{
		{"none", `{"msg":"request","status":503,"code":"unavailable"}`, "", ""},
		{"internal errors", `{"status":500,"cause":"first"}` + "\n" + `{"status":500,"cause":"second"}`, `berth-1 answered 2 requests with 500, the first because of "first"`, ""},
		{"a panic", "panic: runtime error", "", "berth-1 wrote"},
	} {
		s := &process.Site{Dir: t.TempDir()}
		if err := os.WriteFile(s.Log("berth-1"), []byte(c.log+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		b := &shop{site: s, replicas: []*replica{{Process: &process.Process{Name: "berth-1"}}}}
		found, err := b.faults()
		if got := strings.Join(found, "\n"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.err)
		}
	}
}
