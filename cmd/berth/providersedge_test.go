package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/remote"
	simedge "github.com/berth-host/berth/internal/edge/sim"
	"github.com/berth-host/berth/internal/telemetry"
)

// An edge that carries somebody else's sessions is told of: a renamed provider, another database.
func TestCheckTellsOfAnotherOwner(t *testing.T) {
	edge := simedge.New(simedge.Options{Now: wallClock})
	at := edgeAt{edge, berth.EdgeSite{Provider: "edge", ASN: 64500}, berth.EdgeOwner("here", "edge")}
	owner := func() berth.Match {
		t.Helper()
		found := at.check(t.Context(), &berth.Catalogue{})
		i := slices.IndexFunc(found, func(m berth.Match) bool { return m.Sort == "edge" && m.Name == "owner" })
		if i < 0 {
			t.Fatalf("got %+v, want one of the owner", found)
		}
		return found[i]
	}
	s := berth.EdgeSession{ServiceID: "a", OrderID: "a", Status: berth.Active, LocalASN: 64500, ASN: 4200000101, Export: berth.ExportNone}
	s.V4 = berth.EdgeLink{Local: netip.MustParseAddr("10.99.0.0"), Peer: netip.MustParseAddr("10.99.0.1"), Limit: 5}
	for _, c := range []struct {
		owner    string
		sessions []berth.EdgeSession
		ok       bool
	}{
		{"", nil, true},
		{berth.EdgeOwner("here", "edge"), []berth.EdgeSession{s}, true},
		{berth.EdgeOwner("here", "edge"), nil, true},
		{berth.EdgeOwner("here", "formerly"), []berth.EdgeSession{s}, false},
	} {
		out := edge.Apply(t.Context(), func(context.Context) (berth.EdgeConfig, error) {
			return berth.EdgeConfig{Owner: c.owner, Sessions: c.sessions}, nil
		})
		if out.Verdict != berth.Done {
			t.Fatalf("%q: got %+v", c.owner, out)
		}
		if m := owner(); m.OK != c.ok || m.Ours != "here/edge" || !c.ok && m.Theirs != c.owner {
			t.Errorf("sessions of %q: got %+v, want it to match: %v", c.owner, m, c.ok)
		}
	}
}

// Nobody learns from the server's answers which edges it has, elsewhere or beside it, and each attempt is counted.
func TestEdgesOfTheSettingsAreNobodysBusiness(t *testing.T) {
	far, err := remote.New("far", strings.Repeat("k", remote.LeastKey), wallClock)
	if err != nil {
		t.Fatal(err)
	}
	st := &station{log: slog.New(slog.DiscardHandler), metrics: telemetry.New("test", wallClock), providers: &providers{edges: map[string]edgeAt{
		"far": {Edge: far}, "near": {Edge: simedge.New(simedge.Options{Now: wallClock})},
	}}}
	handler := st.withEdges(http.NotFoundHandler())
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", path, strings.NewReader("{}"))
		r.Header.Set(remote.KeyHeader, "guessed")
		handler.ServeHTTP(w, r)
		return w
	}
	want := ask(remote.Path + "far")
	for _, name := range []string{"near", "none", ""} {
		if got := ask(remote.Path + name); got.Code != http.StatusUnauthorized || got.Code != want.Code || got.Body.String() != want.Body.String() {
			t.Errorf("%q: got %d %q, want %d %q", name, got.Code, got.Body, want.Code, want.Body)
		}
	}
	if got := ask("/API/orders").Code; got != http.StatusNotFound {
		t.Errorf("anything else: got %d, want the API's answer", got)
	}
	w := httptest.NewRecorder()
	st.metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(w.Body.String(), "\nberth_edge_wrong_keys_total 4\n") {
		t.Error("got no line berth_edge_wrong_keys_total 4 in the metrics")
	}
}
