package remote_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/remote"
)

// unread is a body that nobody has a reason to read.
type unread struct{ read bool }

func (u *unread) Read([]byte) (int, error) { u.read = true; return 0, io.EOF }

// A stranger learns nothing: not which edges there are, and neither is anything of his read.
func TestStrangers(t *testing.T) {
	p := open(t)
	door := p.http.Config.Handler.(*remote.Door)
	ask := func(name, key string) *httptest.ResponseRecorder {
		body := &unread{}
		r := httptest.NewRequest("POST", remote.Path+name, body)
		r.Header.Set(remote.KeyHeader, key)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if body.read {
			t.Errorf("%q with a wrong key: the body is read", name)
		}
		return w
	}
	first := ask("far", "a-wrong-key")
	if first.Code != http.StatusUnauthorized || first.Header().Get("Connection") != "close" {
		t.Errorf("got %d and %v", first.Code, first.Header())
	}
	cases := []struct{ name, key string }{
		{"far", ""}, {"far", key + "x"}, {"far", key[1:]}, {"far", strings.Repeat("k", 20<<10)}, {"far/", key}, {"near", key}, {"near", ""}, {"", key},
		{"near", "a-wrong-key"}, {"a%0Ab", "a-wrong-key"},
	}
	for _, c := range cases {
		w := ask(c.name, c.key)
		if w.Code != first.Code || w.Body.String() != first.Body.String() || len(w.Header()) != len(first.Header()) {
			t.Errorf("%q: got %d %q %v, want as for a known name: %d %q", c.name, w.Code, w.Body, w.Header(), first.Code, first.Body)
		}
	}
	if got, want := door.WrongKeys(), uint64(1+len(cases)); got != want {
		t.Errorf("got %d wrong keys counted, want %d", got, want)
	}
	// One line for the edge and one for all names that are none's, however many they are; the key is in none.
	said := p.log.String()
	if got := strings.Count(said, "\n"); got != 2 || !strings.Contains(said, "provider=far") || !strings.Contains(said, "client=192.0.2.1") {
		t.Errorf("got %d lines:\n%s", got, said)
	}
	for _, secret := range []string{"a-wrong-key", key, "near"} {
		if strings.Contains(said, secret) {
			t.Errorf("the log has %q:\n%s", secret, said)
		}
	}
	// Its own key goes on to work.
	if told := p.report(""); told.Version == "" || door.WrongKeys() != uint64(1+len(cases)) {
		t.Errorf("the right key: got %+v and %d wrong ones", told, door.WrongKeys())
	}
	for _, key := range []string{strings.Repeat("k", remote.LeastKey-1), strings.Repeat("k", remote.MostKey+1)} {
		if _, err := remote.New("far", key, nil); err == nil {
			t.Errorf("a key of %d characters is taken", len(key))
		}
	}
}

// While nothing changes an agent's question doesn't read the sessions; what does change is told at once.
func TestQuestionsAreCheap(t *testing.T) {
	p := open(t)
	with := berth.EdgeConfig{Sessions: []berth.EdgeSession{session(1)}}
	p.wanted.Store(&with)
	for range 20 {
		if told := p.report(remote.Version(with)); told.Version != remote.Version(with) || told.Config != nil {
			t.Fatalf("got %+v, want the version alone", told)
		}
	}
	if got := p.reads.Load(); got != 1 {
		t.Errorf("got %d readings for 20 questions, want 1", got)
	}
	more := berth.EdgeConfig{Sessions: []berth.EdgeSession{session(1), session(2)}}
	p.wanted.Store(&more)
	if told := p.report(remote.Version(with)); told.Config == nil || len(told.Config.Sessions) != 2 {
		t.Errorf("after a change: got %+v, want both sessions", told)
	}
	if got := p.reads.Load(); got != 2 {
		t.Errorf("got %d readings, want 2", got)
	}
}

// busy is a router at which another agent has its turn first, and notes what it's then told to carry.
type busy struct {
	berth.Edge
	first func()

	mu      sync.Mutex
	carried []int // sessions, by Apply
}

func (b *busy) Apply(ctx context.Context, desired func(context.Context) (berth.EdgeConfig, error)) berth.EdgeOutcome {
	b.first()
	return b.Edge.Apply(ctx, func(ctx context.Context) (berth.EdgeConfig, error) {
		c, err := desired(ctx)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.carried = append(b.carried, len(c.Sessions))
		return c, err
	})
}

// times is how often something was applied since carried was emptied. The server may know that all is as it should be before
// that: the agent, which is told in its turn what it reported to carry, has nothing to change.
func (b *busy) times() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.carried)
}

// What changes while an agent waits for its turn at the router is what it applies then.
func TestAgentsAskInTurn(t *testing.T) {
	p := open(t)
	few := berth.EdgeConfig{Sessions: []berth.EdgeSession{session(1)}}
	many := berth.EdgeConfig{Sessions: []berth.EdgeSession{session(1), session(2)}}
	var meanwhile atomic.Pointer[berth.EdgeConfig]
	router := &busy{Edge: p.router, first: func() {
		if c := meanwhile.Swap(nil); c != nil {
			p.wanted.Store(c)
		}
	}}
	for _, what := range []string{"something new", "what it carries already"} {
		meanwhile.Store(&many)
		p.wanted.Store(&few)
		if what == "something new" {
			p.runAt(router)
		}
		p.within(what, func() bool {
			return meanwhile.Load() == nil && p.edge.Apply(p.Context(), wants(many)).Verdict == berth.Done && router.times() > 0
		})
		router.mu.Lock()
		if got := router.carried; len(got) == 0 || slices.ContainsFunc(got, func(n int) bool { return n != 2 }) {
			t.Errorf("%s is wanted meanwhile: got %v sessions applied, one time after the other, want 2 each time", what, got)
		}
		router.carried = nil
		router.mu.Unlock()
	}
}

// A router with sessions of another owner is left alone, and the server hears why.
func TestAnothersRouter(t *testing.T) {
	p := open(t)
	theirs := berth.EdgeConfig{Owner: "other/far", Sessions: []berth.EdgeSession{session(3)}}
	if out := p.router.Apply(t.Context(), wants(theirs)); out.Verdict != berth.Done {
		t.Fatal(out.Reason)
	}
	ours := berth.EdgeConfig{Owner: "i/far", Sessions: []berth.EdgeSession{session(1)}}
	p.wanted.Store(&ours)
	p.run()
	out := p.edge.Apply(t.Context(), wants(ours))
	if out.Verdict != berth.Refused || out.Reason == nil || !strings.Contains(out.Reason.Error(), "other/far") {
		t.Errorf("got %+v, want it refused, and whose it is", out)
	}
	state, err := p.edge.State(t.Context())
	if err != nil || state.Owner != "other/far" || len(state.Links) != 1 || state.Links[0].ServiceID != session(3).ServiceID {
		t.Errorf("got %+v, %v, want the other's session", state, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if out := p.edge.ClearTrip(ctx, "i/far", session(3).ServiceID); out.Verdict == berth.Done {
		t.Errorf("a trip at another's router: got %+v, want it not cleared", out)
	}
}
