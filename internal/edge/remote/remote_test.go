package remote_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/agent"
	"github.com/berth-host/berth/internal/edge/remote"
	"github.com/berth-host/berth/internal/edge/sim"
	"github.com/berth-host/berth/internal/store"
)

const key = "a-key-of-the-edge-of-thirty-two-or-more"

// post is a server, its remote edge, and a router with an agent beside it.
type post struct {
	*testing.T
	edge   *remote.Edge
	router *sim.Edge
	http   *httptest.Server
	db     berth.Store
	wanted atomic.Pointer[berth.EdgeConfig]
	reads  atomic.Int64 // of all rows
	log    lines
}

// marked is a database whose rows are what is wanted.
type marked struct {
	berth.Store
	p *post
}

func (m marked) EdgeMark(context.Context, string) (string, error) {
	return remote.Version(*m.p.wanted.Load()), nil
}

// lines is a log that several write to.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wants reads, for Apply, that this is desired.
func wants(c berth.EdgeConfig) func(context.Context) (berth.EdgeConfig, error) {
	return func(context.Context) (berth.EdgeConfig, error) { return c, nil }
}

func open(t *testing.T) *post {
	t.Helper()
	now := func() int64 { return time.Now().UnixMicro() }
	db, err := store.Open(t.Context(), "memory:", store.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p := &post{T: t, db: db, router: sim.New(sim.Options{Now: now, Eager: true})}
	if p.edge, err = remote.New("far", key, now); err != nil {
		t.Fatal(err)
	}
	p.wanted.Store(&berth.EdgeConfig{})
	p.edge.Serve(marked{db, p}, func(ctx context.Context) (berth.EdgeConfig, string, error) {
		p.reads.Add(1)
		c := *p.wanted.Load()
		return c, remote.Version(c), nil
	})
	p.http = httptest.NewServer(remote.NewDoor(map[string]*remote.Edge{"far": p.edge}, slog.New(slog.NewTextHandler(&p.log, nil))))
	t.Cleanup(p.http.Close)
	return p
}

// run has the agent run until the test ends, or stop is called.
func (p *post) run() (stop func()) { return p.runAt(p.router) }

// runAt has it run beside another router.
func (p *post) runAt(router berth.Edge) (stop func()) {
	p.Helper()
	a, err := agent.New(agent.Options{Edge: router, Server: p.http.URL, Path: remote.Path, Header: remote.KeyHeader, Provider: "far", Key: key,
		Log: slog.New(slog.DiscardHandler), Every: 5 * time.Millisecond})
	if err != nil {
		p.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { a.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	p.Cleanup(stop)
	return stop
}

func session(n byte) berth.EdgeSession {
	id := "0192aaaa-0000-7000-8000-00000000000" + string('0'+rune(n))
	s := berth.EdgeSession{ServiceID: id, OrderID: id, Status: berth.Active, LocalASN: 64500, ASN: 4200000101 + uint32(n), Password: "Kx7-example", Export: berth.ExportNone}
	s.V4 = berth.EdgeLink{Local: netip.AddrFrom4([4]byte{10, 99, 0, 2 * n}), Peer: netip.AddrFrom4([4]byte{10, 99, 0, 2*n + 1}), Limit: 2,
		Prefixes: []berth.EdgePrefix{{Prefix: netip.MustParsePrefix("203.0.113.0/24"), Longest: 28}}}
	return s
}

func (p *post) apply(sessions ...berth.EdgeSession) berth.EdgeOutcome {
	c := berth.EdgeConfig{Sessions: sessions}
	p.wanted.Store(&c)
	return p.edge.Apply(p.Context(), wants(c))
}

func TestAnAgentCarriesWhatTheServerSays(t *testing.T) {
	p := open(t)
	p.run()
	twin := session(3)
	twin.V4 = session(1).V4
	out := p.apply(session(1), session(2), twin)
	if out.Verdict != berth.Done || len(out.Refused) != 1 || out.Refused[0].ServiceID != twin.ServiceID {
		t.Fatalf("got %+v, want it done but for the twin", out)
	}
	state, err := p.router.State(t.Context())
	if err != nil || len(state.Links) != 2 || state.Links[0].Phase != berth.EdgeEstablished {
		t.Errorf("the router: got %+v, %v", state, err)
	}
	if out := p.apply(session(1)); out.Verdict != berth.Done || len(out.Refused) != 0 {
		t.Errorf("got %+v, want it done", out)
	}
	p.router.Announce(session(1).ServiceID, netip.MustParsePrefix("185.1.1.0/24"), netip.MustParsePrefix("185.1.2.0/24"), netip.MustParsePrefix("185.1.3.0/24"))
	p.within("the trip is reported", func() bool {
		state, err := p.edge.State(t.Context())
		return err == nil && len(state.Links) == 1 && state.Links[0].Tripped
	})
	p.router.Announce(session(1).ServiceID)
	if out := p.edge.ClearTrip(t.Context(), "", session(1).ServiceID); out.Verdict != berth.Done {
		t.Errorf("clear: got %+v", out)
	}
	p.within("the session is up again", func() bool {
		state, err := p.edge.State(t.Context())
		return err == nil && state.Links[0].Phase == berth.EdgeEstablished
	})
}

func (p *post) within(what string, holds func() bool) {
	p.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); !holds(); <-tick.C {
		if time.Now().After(end) {
			p.Fatalf("%s: not within 10 s", what)
		}
	}
}

// Without its agent nothing is known; with a router that's away the agent says so, and applies once it's back.
func TestSilence(t *testing.T) {
	p := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if out := p.edge.Apply(ctx, wants(berth.EdgeConfig{})); out.Verdict != berth.Unresolved {
		t.Errorf("without an agent: got %+v, want unresolved", out)
	}
	if state, err := p.edge.State(t.Context()); err == nil {
		t.Errorf("without an agent: got the state %+v", state)
	}
	p.router.Away(true)
	p.run()
	p.within("the agent is heard", func() bool {
		state, err := p.edge.State(t.Context())
		return err == nil && state.Stale
	})
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	c := berth.EdgeConfig{Sessions: []berth.EdgeSession{session(1)}}
	p.wanted.Store(&c)
	if out := p.edge.Apply(ctx, wants(c)); out.Verdict != berth.Unresolved {
		t.Errorf("a router that's away: got %+v, want unresolved", out)
	}
	p.router.Away(false)
	if out := p.apply(session(1)); out.Verdict != berth.Done {
		t.Errorf("a router that's back: got %+v, want done", out)
	}
}

func TestOnlyItsOwnKey(t *testing.T) {
	p := open(t)
	secret := session(1)
	p.wanted.Store(&berth.EdgeConfig{Sessions: []berth.EdgeSession{secret}})
	for _, c := range []struct {
		method, key, body string
		want              int
	}{
		{"POST", "", "{}", 401}, {"POST", key + "x", "{}", 401}, {"GET", key, "", 400}, {"POST", key, "{", 400}, {"POST", key, "{}", 200},
	} {
		r, err := http.NewRequest(c.method, p.http.URL+remote.Path+"far", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(remote.KeyHeader, c.key)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		_ = answer.Write(&text)
		if answer.StatusCode != c.want || c.want != 200 && strings.Contains(text.String(), secret.Password) {
			t.Errorf("%s with the key %q: got %d: %s", c.method, c.key, answer.StatusCode, text.String())
		}
	}
	if _, err := remote.New("far", "short", nil); err == nil {
		t.Error("a short key is taken")
	}
	for _, server := range []string{"http://berth.example.net", "berth.example.net", "ftp://127.0.0.1", ""} {
		if _, err := agent.New(agent.Options{Server: server}); err == nil {
			t.Errorf("%q is taken as a server", server)
		}
	}
}
