package e2e

import (
	"testing"

	"github.com/berth-host/berth"
)

// TestGracefulStop stops a server with SIGTERM under load. The clients repeat nothing, as known clients don't: so
// every order that the server has taken must be finished and answered before it ends.
func TestGracefulStop(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, engine.open(t))
			server := s.serve(t, "")
			l := steadyLoad(t, s, server.url(t), false)
			l.advances(t, "the server", patience)
			if code := server.stop(t); code != 0 {
				t.Errorf("got exit code %d at SIGTERM, want 0:\n%s", code, server.tail())
			}
			sum := l.end(t)
			w := s.audit(t, sum.acknowledged)
			if got := count(w)[berth.Completed]; got != len(sum.acknowledged) || len(w.Orders) != got || sum.Processing != 0 {
				t.Errorf("%d orders were answered, %d exist, %d are completed; want all the same", len(sum.acknowledged), len(w.Orders), got)
			}
		})
	}
}
