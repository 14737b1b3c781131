package telemetry

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// TestProviders shows each state of a circuit as its number, as of the scrape.
func TestProviders(t *testing.T) {
	m := New("test", func() int64 { return 0 })
	calls := 3
	m.Providers(func(each func(provider string, open, probing bool, calls, waiting int)) {
		each("a", false, false, calls, 7)
		each("b", true, true, 1, 0)
		each("c", true, false, 0, 0)
	})
	calls = 4
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`berth_provider_circuit{provider="a"} 0`, `berth_provider_circuit{provider="b"} 1`, `berth_provider_circuit{provider="c"} 2`,
		`berth_provider_calls{provider="a"} 4`, `berth_provider_waiting{provider="a"} 7`,
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("got no line %s", want)
		}
	}
}
