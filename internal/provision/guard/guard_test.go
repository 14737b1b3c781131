package guard_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/guard"
)

func now() int64 { return time.Now().UnixMicro() }

// within is a context for a caller that waits at most so long.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// call makes a call that ends as told, or reports until when none may be made.
func call(t *testing.T, g *guard.Guard, provider string, v berth.Verdict) (until int64, called bool) {
	t.Helper()
	leave, until := g.Enter(within(t, time.Second), provider)
	if leave == nil {
		return until, false
	}
	leave(v)
	leave(berth.Unresolved) // a second word counts for nothing
	return 0, true
}

func must(t *testing.T, g *guard.Guard, provider string, verdicts ...berth.Verdict) {
	t.Helper()
	for i, v := range verdicts {
		if until, called := call(t, g, provider, v); !called {
			t.Fatalf("call %d of %s: not let in until %d", i+1, provider, until-now())
		}
	}
}

func state(t *testing.T, g *guard.Guard, provider string) (found guard.State) {
	t.Helper()
	g.States(func(s guard.State) {
		if s.Provider == provider {
			found = s
		}
	})
	return found
}

const (
	done    = berth.Done
	unclear = berth.Unresolved
)

// A slow provider keeps its own calls waiting, in their order, and nobody else's.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard.New(guard.Options{Limits: map[string]int{"slow": 2}, Log: slog.New(slog.DiscardHandler)})
		var leaves []func(berth.Verdict)
		for range 2 {
			leave, _ := g.Enter(within(t, time.Second), "slow")
			leaves = append(leaves, leave)
		}
		order := make(chan int, 3)
		for i := range 3 {
			go func() {
				leave, _ := g.Enter(within(t, time.Minute), "slow")
				order <- i
				time.Sleep(time.Second) // the call, in the bubble's time
				leave(done)
			}()
			synctest.Wait()
		}
		if s := state(t, g, "slow"); s.Calls != 2 || s.Waiting != 3 || g.Rooms()["slow"] != 3 {
			t.Errorf("got %+v and room for %d, want 2 calls, 3 waiting and room for 3", s, g.Rooms()["slow"])
		}
		begun := time.Now()
		must(t, g, "fast", done, done, done)
		if g.Rooms()["fast"] != 64 || time.Since(begun) != 0 {
			t.Errorf("beside it: got room for %d after %s, want 64 at once", g.Rooms()["fast"], time.Since(begun))
		}
		leave, until := g.Enter(within(t, 10*time.Second), "slow")
		if leave != nil || time.Since(begun) != 10*time.Second || until <= now() {
			t.Errorf("the fourth: got let in %v after %s, until %d", leave != nil, time.Since(begun), until-now())
		}
		for _, leave := range leaves {
			leave(done)
			synctest.Wait()
		}
		for want := range 3 {
			if got := <-order; got != want {
				t.Errorf("got %d in place %d", got, want)
			}
		}
		<-time.After(3 * time.Second)
		if s := state(t, g, "slow"); s.Calls != 0 || s.Waiting != 0 || s.Open {
			t.Errorf("in the end: got %+v", s)
		}
	})
}

// A provider that is full is one thing, one that gets nothing done another: looking at its orders costs a write each.
func TestRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard.New(guard.Options{Limits: map[string]int{"p": 1}, Log: slog.New(slog.DiscardHandler)})
		if g.Rooms()["p"] != 4 {
			t.Errorf("idle: got room for %d, want 4", g.Rooms()["p"])
		}
		must(t, g, "p", done)
		<-time.After(time.Hour)
		leaves := make(chan func(berth.Verdict), 4)
		for range 4 {
			go func() {
				leave, _ := g.Enter(within(t, time.Minute), "p")
				leaves <- leave
			}()
		}
		synctest.Wait()
		for _, want := range []int{0, 0, 0, -1} {
			if got := g.Rooms()["p"]; got != want {
				t.Errorf("got room for %d, want %d", got, want)
			}
			<-time.After(time.Second)
		}
		(<-leaves)(done)
		synctest.Wait()
		if got := g.Rooms()["p"]; got != 1 {
			t.Errorf("after a call: got room for %d, want 1", got)
		}
		for range 3 {
			(<-leaves)(done)
		}
	})
}

// A circuit opens after failures in a row, lets one call in after its pause, and waits longer when that fails, too.
func TestCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		g := guard.New(guard.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		must(t, g, "p", unclear, unclear, unclear, unclear, done, unclear, berth.Waiting, unclear, unclear, unclear)
		if g.Shut() != nil {
			t.Errorf("after 4 in a row: got shut %v", g.Shut())
		}
		must(t, g, "p", unclear)
		for _, pause := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
			pause *= time.Second
			if until, called := call(t, g, "p", done); called || until != now()+pause.Microseconds() || g.Shut()["p"] != until {
				t.Fatalf("got called %v, until %d, shut %v; want it shut for %s", called, until-now(), g.Shut(), pause)
			}
			must(t, g, "other", done)
			<-time.After(pause - 1)
			if _, called := call(t, g, "p", done); called {
				t.Fatalf("a call just before the end of %s was let in", pause)
			}
			<-time.After(1)
			if g.Shut()["p"] != 0 {
				t.Errorf("after its pause: got shut %v, want the probe let in", g.Shut())
			}
			probe, _ := g.Enter(within(t, time.Second), "p")
			if probe == nil {
				t.Fatalf("after %s no probe was let in", pause)
			}
			if _, called := call(t, g, "p", done); called || g.Shut()["p"] == 0 || !state(t, g, "p").Probing {
				t.Errorf("beside the probe: got called %v, shut %v", called, g.Shut())
			}
			probe(unclear)
		}
		<-time.After(time.Minute)
		unused, _ := g.Enter(within(t, time.Second), "p")
		unused(berth.Unasked)
		if !state(t, g, "p").Open {
			t.Errorf("a turn that wasn't used closed the circuit")
		}
		must(t, g, "p", berth.Refused, done)
		if g.Shut() != nil || state(t, g, "p").Open {
			t.Errorf("after a certain answer: got shut %v", g.Shut())
		}
		must(t, g, "p", unclear, unclear, unclear, unclear, unclear)
		if until, called := call(t, g, "p", done); called || until != now()+2*berth.Second {
			t.Errorf("opened anew: got called %v, until %d, want the first pause again", called, until-now())
		}
		text := log.String()
		if n := strings.Count(text, "gives no certain answers"); n != 2 || strings.Count(text, "answers again") != 1 || !strings.Contains(text, "provider=p") {
			t.Errorf("got the log\n%s", text)
		}
	})
}

// Orders that no provider can ever tell of come up every few minutes, and don't add up.
func TestFailuresFarApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard.New(guard.Options{Log: slog.New(slog.DiscardHandler)})
		for range 20 {
			must(t, g, "p", unclear)
			<-time.After(61 * time.Second)
		}
		if g.Shut() != nil {
			t.Errorf("got shut %v", g.Shut())
		}
	})
}

// Whoever waits while the circuit opens isn't let in, and a certain answer to a call from before the opening closes it.
func TestOpensWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard.New(guard.Options{Limit: 3, After: 2, Log: slog.New(slog.DiscardHandler)})
		var leaves []func(berth.Verdict)
		for range 3 {
			leave, _ := g.Enter(within(t, time.Second), "p")
			leaves = append(leaves, leave)
		}
		must(t, g, "other", unclear, unclear) // each provider has a circuit of its own
		answers := make(chan int64, 1)
		leaves[0](unclear)
		again, _ := g.Enter(within(t, time.Second), "p") // all slots are taken
		go func() {
			leave, until := g.Enter(within(t, time.Minute), "p")
			if leave != nil {
				until = 0
			}
			answers <- until
		}()
		synctest.Wait()
		leaves[1](unclear)
		if until := <-answers; until != now()+2*berth.Second {
			t.Errorf("got until %d, want the pause", until)
		}
		again(unclear) // it says nothing new
		if until := g.Shut()["p"]; until != now()+2*berth.Second {
			t.Errorf("got a pause of %d", until-now())
		}
		leaves[2](berth.Done)
		if state(t, g, "p").Open {
			t.Errorf("a certain answer left the circuit open")
		}
	})
}
