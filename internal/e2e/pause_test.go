package e2e

import (
	"context"
	"net/url"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/pgtest"
)

// goesOnWithin is how long a paused replica may hold a wallet against all others: what PostgreSQL is told to wait for
// it, and what the others need to come back.
const goesOnWithin = 10 * time.Second

// TestPausedReplica stops a server with SIGSTOP while its transaction holds the wallet that all orders are paid from,
// as a machine that is suspended would. The other server goes on within seconds, takes over what the paused one had
// begun, and the paused one finds itself overtaken when it wakes up.
func TestPausedReplica(t *testing.T) {
	t.Parallel()
	s := openShop(t, pgtest.Database(t))
	look, err := pgx.Connect(t.Context(), s.db)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close(context.Background())
	paused, running := s.named(t, "paused"), s.named(t, "running")
	ofPaused, ofRunning := steadyLoad(t, s, paused.url(t), true), steadyLoad(t, s, running.url(t), true)
	ofPaused.advances(t, "the first server", patience)
	ofRunning.advances(t, "the second server", patience)

	tries := 1
	for ; ; tries++ {
		paused.signal(syscall.SIGSTOP)
		if holdsWallet(t, look) {
			break
		}
		paused.signal(syscall.SIGCONT)
		if tries == 200 {
			t.Fatal("no pause has hit a transaction")
		}
		ofPaused.advances(t, "the server after a pause that hit no transaction", patience)
	}
	start := time.Now()
	ofRunning.advances(t, "the server beside a paused one", goesOnWithin)
	gap := time.Since(start)
	// The paused server's orders, whose leases have run out, are finished before it wakes up.
	ofRunning.advances(t, "the server beside a paused one", patience)
	paused.signal(syscall.SIGCONT)
	ofPaused.advances(t, "the server that woke up", patience)
	sum := ofPaused.end(t).and(ofRunning.end(t))
	s.settled(t)
	for _, p := range []*process{paused, running} {
		if code := p.stop(t); code != 0 {
			t.Errorf("got exit code %d at SIGTERM, want 0:\n%s", code, p.tail())
		}
	}
	w := s.audit(t, sum.acknowledged)
	if sum.Failed != 0 || len(w.Orders) != len(sum.acknowledged) {
		t.Errorf("there are %d orders for %d answers, and the failures %v; want one for each and none", len(w.Orders), len(sum.acknowledged), sum.Errors)
	}
	t.Logf("pause %d hit a transaction; the other server went on after %v; %d orders acknowledged; %d requests repeated, %d answered from an earlier one",
		tries, gap.Round(time.Millisecond), len(sum.acknowledged), sum.Repeats, sum.Replayed)
}

// named starts a server whose connections to the database bear a name.
func (s *shop) named(t *testing.T, name string) *process {
	t.Helper()
	u, err := url.Parse(s.db)
	if err != nil {
		t.Fatal("the database's address is no URL")
	}
	q := u.Query()
	q.Set("application_name", name)
	u.RawQuery = q.Encode()
	return start(t, s.env, "serve", "--config", s.config, "--db", u.String(), "--listen", "127.0.0.1:0")
}

// holdsWallet reports whether the paused server sits in a transaction that the running one waits for. It must do so for
// a while: the database may still be about to finish what the server had sent.
func holdsWallet(t *testing.T, look *pgx.Conn) bool {
	t.Helper()
	const question = `
		SELECT count(*) FROM pg_stat_activity AS waiting
		JOIN pg_stat_activity AS holding ON holding.pid = ANY (pg_blocking_pids(waiting.pid))
		WHERE waiting.application_name = 'running' AND waiting.datname = current_database()
		AND holding.application_name = 'paused' AND holding.state = 'idle in transaction'
		AND holding.state_change < clock_timestamp() - interval '200 milliseconds'`
	for range 40 {
		var n int
		if err := look.QueryRow(t.Context(), question).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return true
		}
		pass(10 * time.Millisecond)
	}
	return false
}

// steady is a load that goes on until end.
type steady struct {
	loading
	enough chan struct{}
	done   atomic.Int64 // orders acknowledged
}

// steadyLoad orders from one server as fast as it answers. With retry it repeats what gets no answer; without, it sends
// no keys either, as known clients do.
func steadyLoad(t *testing.T, s *shop, url string, retry bool) *steady {
	l := &steady{loading: loading{ended: make(chan struct{})}, enough: make(chan struct{})}
	traffic := load.Traffic{
		URLs: []string{url}, Buyers: []load.Buyer{s.buyer}, Clients: 16, Enough: l.enough, Retry: retry, NoIdempotencyKey: !retry,
		Journal: &l.journal, Watch: func(p load.Progress) { l.done.Store(int64(p.Completed + p.Processing)) },
	}
	go func() {
		defer close(l.ended)
		l.report, l.err = load.Run(t.Context(), traffic)
	}()
	return l
}

// advances waits until some more orders were acknowledged.
func (l *steady) advances(t *testing.T, what string, limit time.Duration) {
	t.Helper()
	before := l.done.Load()
	until(t, limit, what+" takes orders", func() bool { return l.done.Load() >= before+50 })
}

// end sends nothing new and waits until every order is answered.
func (l *steady) end(t *testing.T) outcome {
	t.Helper()
	close(l.enough)
	return l.wait(t)
}
