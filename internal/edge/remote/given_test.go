package remote_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/remote"
)

// Where the rows change with every look at them the agent never reports the version that is waited for, but later ones.
func TestRowsThatNeverRest(t *testing.T) {
	p := open(t)
	var looks atomic.Int64
	p.edge.Serve(p.db, func(context.Context) (berth.EdgeConfig, string, error) {
		s := session(1)
		s.Description = fmt.Sprint("look ", looks.Add(1))
		return berth.EdgeConfig{Sessions: []berth.EdgeSession{s}}, "another", nil
	})
	p.run()
	if out := p.edge.Apply(t.Context(), wants(berth.EdgeConfig{Sessions: []berth.EdgeSession{session(1)}})); out.Verdict != berth.Done {
		t.Errorf("got %+v, want it done by what the agent was told since", out)
	}
}

// report says by hand what an agent would.
func (p *post) report(version string) (told remote.Order) {
	p.Helper()
	body, _ := json.Marshal(remote.Report{Version: version, Verdict: berth.Done})
	r, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.http.URL+remote.Path+"far", bytes.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	r.Header.Set(remote.KeyHeader, key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		p.Fatal(err)
	}
	return told
}

// Between there and back: what the agent reported last is what is wanted again, but it was told something else meanwhile, and
// may have it at the router by now. A number that is on its way back to its pool must not be there still.
func TestToldAnotherSince(t *testing.T) {
	p := open(t)
	without, with := berth.EdgeConfig{}, berth.EdgeConfig{Sessions: []berth.EdgeSession{session(1)}}
	p.report(remote.Version(without))
	p.wanted.Store(&with)
	if told := p.report(remote.Version(without)); told.Version != remote.Version(with) {
		t.Fatalf("got %s, want the session", told.Version)
	}
	p.wanted.Store(&without)
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if out := p.edge.Apply(short, wants(without)); out.Verdict != berth.Unresolved {
		t.Errorf("while the agent may have the session: got %+v, want unresolved", out)
	}
	p.report(remote.Version(with))
	p.report(remote.Version(without))
	if out := p.edge.Apply(t.Context(), wants(without)); out.Verdict != berth.Done {
		t.Errorf("once it has reported: got %+v, want done", out)
	}
}
