package e2e

import (
	"bytes"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/provision/sim"
)

// The kills of a run, and the pause before each: from the middle of a start to the full stream of orders.
const (
	kills      = 24
	maxBetween = 1200 * time.Millisecond
)

// TestKill kills servers under load with SIGKILL at random instants. The clients repeat under their keys what got no
// answer, as the documents tell them to. In the end each order was made exactly once or refused and paid back,
// whatever was under way when a server died.
func TestKill(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, engine.open(t))
			s.pool(t) // so that kills hit the giving of addresses, too; verify proves it
			replicas := 1
			if engine.shared {
				replicas = 2
			}
			killUnderLoad(t, s, replicas)
		})
	}
}

// killUnderLoad runs a load against the replicas while it kills and restarts them in turn.
func killUnderLoad(t *testing.T, s *shop, replicas int) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	servers, urls := make([]*process, replicas), make([]string, replicas)
	for i := range servers {
		servers[i] = s.serve(t, "")
		urls[i] = servers[i].url(t)
	}
	plain := startLoad(t, s, urls, 400, "a", "b", "c")
	odd := startLoad(t, s, urls, 20, "d", sim.NameRefuse, sim.NameLost, sim.NameWait)
	unready := 0
	for n := range kills {
		i := n % replicas
		if n/replicas%2 == 1 {
			servers[i].url(t) // every other kill hits a server that serves, however long a start takes on this machine
		}
		u := chance.Float64()
		pass(time.Duration(u * u * float64(maxBetween))) // short pauses, which hit a start, are as good as long ones
		if !servers[i].isReady() {
			unready++
		}
		servers[i].kill()
		servers[i] = s.serve(t, host(t, urls[i])) // at its old address, where clients look for it
	}
	for _, p := range servers {
		p.url(t)
	}
	sum := plain.wait(t).and(odd.wait(t))
	s.settled(t)
	for _, p := range servers {
		if code := p.stop(t); code != 0 {
			t.Errorf("got exit code %d at SIGTERM, want 0:\n%s", code, p.tail())
		}
	}
	w := s.audit(t, sum.acknowledged)
	checkKills(t, w, sum)
	t.Logf("%d kills, %d of them before the server was ready; %d orders acknowledged; %d requests repeated, %d answered from an earlier one; %v",
		kills, unready, len(sum.acknowledged), sum.Repeats, sum.Replayed, count(w))
}

// checkKills holds the counts against each other. Every order was repeated until it was answered, so there are
// exactly as many as there were answers; and the kills must have hit something, or the test has proved nothing.
func checkKills(t *testing.T, w load.World, sum outcome) {
	t.Helper()
	refused := sum.Errors["provider_refused"]
	if sum.Failed != refused {
		t.Errorf("got the failures %v, want only refusals of the provider", sum.Errors)
	}
	if got, want := len(w.Orders), len(sum.acknowledged)+refused; got != want {
		t.Errorf("there are %d orders for %d answers", got, want)
	}
	if states := count(w); states[berth.Refunded] < refused || states[berth.Completed] < sum.Completed {
		t.Errorf("got %v orders, fewer than were answered: %+v", states, sum.Report)
	}
	if sum.Completed < 20*kills || refused == 0 || sum.Repeats < kills || sum.Replayed == 0 {
		t.Errorf("got %+v: too little happened for a proof", sum.Report)
	}
}

// outcome is what came of loads.
type outcome struct {
	load.Report
	acknowledged []load.Acknowledged
}

// and adds up two outcomes, as far as they're counts.
func (o outcome) and(other outcome) outcome {
	o.Completed += other.Completed
	o.Processing += other.Processing
	o.Failed += other.Failed
	o.Repeats += other.Repeats
	o.Replayed += other.Replayed
	for code, n := range other.Errors {
		o.Errors[code] += n
	}
	o.acknowledged = append(o.acknowledged, other.acknowledged...)
	return o
}

// loading is a load that runs beside the test.
type loading struct {
	journal bytes.Buffer
	report  load.Report
	err     error
	ended   chan struct{}
}

// startLoad starts to order servers of these names, so many a second, until the kills are over and every order is
// answered. New orders come at a steady rate, whatever is stuck: in a closed loop all clients would soon wait for the
// leases of servers that died, and the next kill would hit an idle one.
func startLoad(t *testing.T, s *shop, urls []string, rate float64, names ...string) *loading {
	l := &loading{ended: make(chan struct{})}
	traffic := load.Traffic{
		URLs: urls, Buyers: []load.Buyer{s.buyer}, Rate: rate, Clients: int(rate) * 4, Duration: (kills + 4) * maxBetween / 3,
		Want: load.Want{Names: names}, Retry: true, Journal: &l.journal,
	}
	go func() {
		defer close(l.ended)
		l.report, l.err = load.Run(t.Context(), traffic)
	}()
	return l
}

func (l *loading) wait(t *testing.T) outcome {
	t.Helper()
	<-l.ended
	if l.err != nil {
		t.Fatal(l.err)
	}
	acknowledged, err := load.ReadJournal(&l.journal)
	if err != nil {
		t.Fatal(err)
	}
	return outcome{l.report, acknowledged}
}

// host is the address in a URL.
func host(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
