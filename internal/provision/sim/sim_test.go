package sim_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
)

var background = context.Background()

// open opens a provider that is closed with the test.
func open(t testing.TB, path string, o sim.Options) *sim.Provider {
	t.Helper()
	p, err := sim.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func ref(order string, attempt int64) berth.Ref { return berth.Ref{Order: order, Attempt: attempt} }

func named(name string) berth.ServerSpec {
	return berth.ServerSpec{Name: name, PlanID: "5", Cores: 2, RAM: 6 << 30, Disk: 40, Location: "Slovenia"}
}

// want checks an outcome's verdict and machine.
func want(t testing.TB, what string, got berth.Outcome, verdict berth.Verdict, id string) {
	t.Helper()
	if got.Verdict != verdict || got.ProviderRef != id {
		t.Errorf("%s: got %s %q (%v), want %s %q", what, got.Verdict, got.ProviderRef, got.Reason, verdict, id)
	}
}

func TestServers(t *testing.T) {
	p := open(t, "", sim.Options{Now: func() int64 { return 7 }})
	want(t, "find before", p.Find(background, ref("a", 1)), berth.Absent, "")
	first := p.Create(background, ref("a", 1), named("box"))
	want(t, "create", first, berth.Done, "sim-1")
	if first.ServerNo != 1 || first.Address != "10.0.0.1" {
		t.Errorf("got %+v, want number 1 at 10.0.0.1", first.Result)
	}
	if again := p.Create(background, ref("a", 2), named("another")); again.Result != first.Result {
		t.Errorf("created again: got %+v, want %+v", again.Result, first.Result)
	}
	if found := p.Find(background, ref("a", 9)); found.Result != first.Result || found.Verdict != berth.Done {
		t.Errorf("found: got %+v, want %+v", found, first)
	}
	want(t, "another order", p.Create(background, ref("b", 1), named("box")), berth.Done, "sim-2")
	want(t, "a network", p.Activate(background, ref("c", 1), berth.NetworkSpec{Product: "net"}), berth.Done, "sim-3")
	want(t, "the network again", p.Activate(background, ref("c", 2), berth.NetworkSpec{Product: "net"}), berth.Done, "sim-3")
	want(t, "find the network", p.Find(background, ref("c", 2)), berth.Done, "sim-3")
	want(t, "describe", p.Describe(background, "sim-2"), berth.Done, "sim-2")
	for _, id := range []string{"sim-4", "sim-0", "sim--1", "2x", "", "sim-99999999999999999999"} {
		want(t, "describe "+id, p.Describe(background, id), berth.Absent, "")
	}
	large := named("box")
	large.PlanID, large.Disk = "7", 80
	want(t, "resize", p.Resize(background, ref("d", 1), "sim-1", large), berth.Done, "sim-1")
	want(t, "resize again", p.Resize(background, ref("d", 2), "sim-1", large), berth.Done, "sim-1")
	want(t, "resize nothing", p.Resize(background, ref("e", 1), "sim-9", large), berth.Refused, "")
	want(t, "still found by its order", p.Find(background, ref("a", 2)), berth.Done, "sim-1")
	got, err := p.Machines()
	wanted := []sim.Machine{
		{No: 1, Order: "a", Sort: "server", Name: "box", Plan: "7", Cores: 2, RAM: 6 << 30, Disk: 80, Location: "Slovenia", Planned: "d", Created: 7},
		{No: 2, Order: "b", Sort: "server", Name: "box", Plan: "5", Cores: 2, RAM: 6 << 30, Disk: 40, Location: "Slovenia", Created: 7},
		{No: 3, Order: "c", Sort: "network", Plan: "net"},
	}
	if err != nil || !reflect.DeepEqual(got, wanted) {
		t.Errorf("machines: got %+v, %v, want each once, as it is now: %+v", got, err, wanted)
	}
}

// What was refused stays refused, and Find doesn't claim that there is anything.
func TestRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	p := open(t, path, sim.Options{})
	want(t, "create", p.Create(background, ref("a", 1), named(sim.NameRefuse+"-1")), berth.Refused, "")
	for _, p := range []*sim.Provider{p, open(t, path, sim.Options{})} {
		want(t, "find", p.Find(background, ref("a", 2)), berth.Absent, "")
		want(t, "create again, under a good name", p.Create(background, ref("a", 2), named("box")), berth.Refused, "")
		want(t, "describe", p.Describe(background, "sim-1"), berth.Absent, "")
		want(t, "resize", p.Resize(background, ref("b", 1), "sim-1", named("box")), berth.Refused, "")
	}
	want(t, "another order", p.Create(background, ref("b", 1), named("box")), berth.Done, "sim-2")
}

func TestMisbehaviour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := func() int64 { return time.Now().UnixMicro() }
		p := open(t, "", sim.Options{Delay: time.Second, SlowFor: time.Minute, Now: now})
		took := func(what string, wanted time.Duration, call func() berth.Outcome) berth.Outcome {
			start := time.Now()
			out := call()
			if got := time.Since(start); got != wanted {
				t.Errorf("%s: took %v, want %v", what, got, wanted)
			}
			return out
		}
		create := func(order, name string) func() berth.Outcome {
			return func() berth.Outcome { return p.Create(background, ref(order, 1), named(name)) }
		}
		find := func(order string) func() berth.Outcome {
			return func() berth.Outcome { return p.Find(background, ref(order, 2)) }
		}
		want(t, "ordinary", took("ordinary", time.Second, create("a", "box")), berth.Done, "sim-1")
		want(t, "slow", took("slow", 61*time.Second, create("b", sim.NameSlow)), berth.Done, "sim-2")
		want(t, "lost", took("lost", time.Second, create("c", sim.NameLost)), berth.Unresolved, "")
		want(t, "find the lost one", took("find", time.Second, find("c")), berth.Done, "sim-3")
		want(t, "lost again", took("again", time.Second, create("c", sim.NameLost)), berth.Done, "sim-3")
		waits := took("wait", time.Second, create("d", sim.NameWait))
		if waits.Verdict != berth.Waiting || waits.Until != now()+berth.Second {
			t.Errorf("wait: got %s until %d, want waiting for a second", waits.Verdict, waits.Until)
		}
		want(t, "find what was waited for", took("find", time.Second, find("d")), berth.Done, "sim-4")

		// A call that is cut short has no certain answer, and has made nothing.
		for name, call := range map[string]func(ctx context.Context) berth.Outcome{
			"create":   func(ctx context.Context) berth.Outcome { return p.Create(ctx, ref("e", 1), named("box")) },
			"find":     func(ctx context.Context) berth.Outcome { return p.Find(ctx, ref("a", 1)) },
			"resize":   func(ctx context.Context) berth.Outcome { return p.Resize(ctx, ref("f", 1), "sim-1", named("box")) },
			"describe": func(ctx context.Context) berth.Outcome { return p.Describe(ctx, "sim-1") },
			"activate": func(ctx context.Context) berth.Outcome { return p.Activate(ctx, ref("g", 1), berth.NetworkSpec{}) },
		} {
			ctx, cancel := context.WithTimeout(background, 500*time.Millisecond)
			want(t, name, took(name, 500*time.Millisecond, func() berth.Outcome { return call(ctx) }), berth.Unresolved, "")
			cancel()
		}
		if got, err := p.Machines(); err != nil || len(got) != 4 {
			t.Errorf("got %d machines, %v, want 4", len(got), err)
		}
	})
}

// The longest names that the order API lets through, each letter escaped in JSON, still make a line that can be read.
func TestLongNames(t *testing.T) {
	p := open(t, "", sim.Options{})
	for order, letter := range map[string]string{"escaped": "<", "wide": "𝕏", "plain": "x"} {
		spec := named(strings.Repeat(letter, 100))
		spec.Location = strings.Repeat(letter, 100)
		made := p.Create(background, ref(strings.Repeat(order, 8), 1), spec)
		if found := p.Find(background, ref(strings.Repeat(order, 8), 2)); found.Verdict != berth.Done || found.Result != made.Result {
			t.Errorf("%s: got %s (%v), want what was made", order, found.Verdict, found.Reason)
		}
	}
}

// Two providers over one journal are one world: numbers, orders, changes and refusals are shared.
func TestSharedJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	a, b := open(t, path, sim.Options{}), open(t, path, sim.Options{})
	want(t, "made by one", a.Create(background, ref("x", 1), named("box")), berth.Done, "sim-1")
	want(t, "found by the other", b.Find(background, ref("x", 2)), berth.Done, "sim-1")
	want(t, "made again by the other", b.Create(background, ref("x", 2), named("box")), berth.Done, "sim-1")
	want(t, "resized by the other", b.Resize(background, ref("y", 1), "sim-1", named("renamed")), berth.Done, "sim-1")
	var racing sync.WaitGroup
	const orders = 1000
	for i := range 4 {
		racing.Go(func() {
			for n := range orders {
				out := []*sim.Provider{a, b}[i%2].Create(background, ref(fmt.Sprint("order ", n), 1), named("box"))
				if out.Verdict != berth.Done {
					t.Errorf("create: got %s (%v)", out.Verdict, out.Reason)
					return
				}
			}
		})
	}
	racing.Wait()
	checkWorld(t, open(t, path, sim.Options{}), orders+1)
}

// checkWorld checks that so many machines exist, each with an order and a number of its own.
func checkWorld(t *testing.T, p *sim.Provider, n int) {
	t.Helper()
	machines, err := p.Machines()
	orders, numbers := map[string]bool{}, map[int64]bool{}
	for _, m := range machines {
		if orders[m.Order] || numbers[m.No] {
			t.Errorf("order %s or number %d was used twice", m.Order, m.No)
		}
		orders[m.Order], numbers[m.No] = true, true
	}
	if err != nil || len(machines) != n {
		t.Errorf("got %d machines, %v, want %d", len(machines), err, n)
	}
}

// A line that its writer didn't finish is taken away, also while others have the journal open; its order is made anew.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	p, other := open(t, path, sim.Options{}), open(t, path, sim.Options{})
	p.Create(background, ref("a", 1), named("box"))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.ReplaceAll(string(whole), `"a"`, `"torn"`)
	for cut := 1; cut < len(line); cut += 7 {
		order := fmt.Sprint("order ", cut)
		torn := append(append([]byte{}, whole...), line[:cut]...)
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		want(t, "the torn one", other.Find(background, ref("torn", 2)), berth.Absent, "")
		if now, err := os.ReadFile(path); err != nil || string(now) != string(whole) {
			t.Fatalf("cut at %d: got a journal of %d bytes, %v, want %d: all but the torn line", cut, len(now), err, len(whole))
		}
		if made := p.Create(background, ref(order, 1), named("box")); made.Verdict != berth.Done {
			t.Errorf("after the torn line: got %s (%v)", made.Verdict, made.Reason)
		}
		want(t, "the one before", open(t, path, sim.Options{}).Find(background, ref("a", 1)), berth.Done, "sim-1")
		if whole, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDamagedJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, []byte("{\"no\":1,\"order\":\"a\"}\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Open(path, sim.Options{}); err == nil || !strings.Contains(err.Error(), "damaged at byte 21") {
		t.Errorf("got %v, want to be told where it's damaged", err)
	}
	if _, err := sim.Open(filepath.Join(t.TempDir(), "no folder", "journal"), sim.Options{}); err == nil {
		t.Errorf("a journal in no folder was opened")
	}
}

// childPath makes this test binary one of several processes that share a journal.
const childPath = "BERTH_TEST_SIM_JOURNAL"

// TestMain lets the test binary be such a process: it makes what its input names, and answers line by line.
func TestMain(m *testing.M) {
	path := os.Getenv(childPath)
	if path == "" {
		os.Exit(m.Run())
	}
	p, err := sim.Open(path, sim.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		out := p.Create(background, ref(in.Text(), 1), named("box"))
		fmt.Println(in.Text(), out.Verdict, out.ProviderRef)
	}
}

func TestSharedByProcesses(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "journal")
	const processes, orders = 4, 2000
	answers := make([]string, processes)
	var running sync.WaitGroup
	for i := range answers {
		running.Go(func() {
			child := exec.CommandContext(t.Context(), self)
			child.Env = append(os.Environ(), childPath+"="+path)
			var input strings.Builder
			for n := range orders { // all the same orders, begun at different ones
				fmt.Fprintf(&input, "order-%d\n", (n+i*7)%orders)
			}
			child.Stdin = strings.NewReader(input.String())
			out, err := child.Output()
			if answers[i] = string(out); err != nil {
				t.Errorf("process %d: %v: %s", i, err, out)
			}
		})
	}
	running.Wait()
	told := map[string]string{}
	for _, line := range strings.Fields(strings.ReplaceAll(strings.Join(answers, ""), " done ", "=")) {
		order, id, ok := strings.Cut(line, "=")
		if !ok || told[order] != "" && told[order] != id {
			t.Errorf("got %q, and %q before", line, told[order])
		}
		told[order] = id
	}
	checkWorld(t, open(t, path, sim.Options{}), len(told))
	if len(told) != orders {
		t.Errorf("got %d orders answered, want %d", len(told), orders)
	}
}
