package cutproxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// diary is a server that answers each line "X" by "did X" and remembers it.
type diary struct {
	addr string
	mu   sync.Mutex
	did  []string
}

func startDiary(t *testing.T) *diary {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &diary{addr: listener.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					d.mu.Lock()
					d.did = append(d.did, lines.Text())
					d.mu.Unlock()
					fmt.Fprintf(conn, "did %s\n", lines.Text())
				}
			})
		}
	})
	t.Cleanup(func() { listener.Close(); running.Wait() })
	return d
}

// has is an executed condition: the server did what.
func (d *diary) has(what string) func(context.Context) (bool, error) {
	return func(context.Context) (bool, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return strings.Contains(strings.Join(d.did, ","), what), nil
	}
}

// client is one connection whose every wait has a deadline.
type client struct {
	*net.TCPConn
	answers *bufio.Reader
}

func dial(t *testing.T, addr string) client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return client{conn.(*net.TCPConn), bufio.NewReader(conn)}
}

func (c client) ask(what string) (string, error) {
	if _, err := io.WriteString(c, what+"\n"); err != nil {
		return "", err
	}
	return c.answer()
}

func (c client) answer() (string, error) {
	line, err := c.answers.ReadString('\n')
	return strings.TrimSuffix(line, "\n"), err
}

// expect fails unless asking for what is answered.
func (c client) expect(t *testing.T, what string) {
	t.Helper()
	if got, err := c.ask(what); got != "did "+what || err != nil {
		t.Fatalf("got %q, %v; want %q", got, err, "did "+what)
	}
}

// expectLost fails unless asking for what ends in a closed connection.
func (c client) expectLost(t *testing.T, what string) {
	t.Helper()
	if got, err := c.ask(what); got != "" || err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %q, %v; want a closed connection", got, err)
	}
}

func TestArmedCut(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string // what the client writes, before "\n"
	}{
		{"in one piece", []string{"debit 7"}},
		{"in two pieces", []string{"deb", "it 7"}},
		{"after something else", []string{"nothing\nx", "\ndebit 7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := startDiary(t)
			p := Start(t, d.addr)
			victim, bystander := dial(t, p.Addr()), dial(t, p.Addr())
			victim.SetNoDelay(true)
			victim.expect(t, "debit 7") // before it is armed nothing happens
			bystander.expect(t, "hello")

			d.mu.Lock()
			d.did = nil
			d.mu.Unlock()
			cut := p.Arm("debit 7", d.has("debit 7"))
			bystander.expect(t, "credit 7")
			victim.expect(t, "debit 6") // nor does what came before count
			for i, piece := range c.pieces {
				if i > 0 { // the first piece has arrived when another client is served
					bystander.expect(t, "between")
				}
				io.WriteString(victim, piece)
			}
			io.WriteString(victim, "\n")
			cut.Wait(t)
			rest, err := io.ReadAll(victim.answers)
			if strings.Contains(string(rest), "did debit 7") || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %q, %v; want a closed connection without the answer", rest, err)
			}
			if done, _ := d.has("debit 7")(t.Context()); !done {
				t.Error("the server didn't get the request")
			}
			bystander.expect(t, "again")
			dial(t, p.Addr()).expect(t, "debit 7") // once
		})
	}
}

func TestCutWithoutConditionWaitsForTheAnswer(t *testing.T) {
	d := startDiary(t)
	p := Start(t, d.addr)
	cut := p.Arm("debit", nil)
	dial(t, p.Addr()).expectLost(t, "debit")
	cut.Wait(t)
	if done, _ := d.has("debit")(t.Context()); !done {
		t.Error("cut before the server had executed")
	}
}

func TestCutThatNeverHappensIsAnError(t *testing.T) {
	d := startDiary(t)
	p := Start(t, d.addr)
	unseen := p.Arm("debit", nil)
	dial(t, p.Addr()).expect(t, "credit")
	if err := unseen.wait(time.Millisecond); err == nil || !strings.Contains(err.Error(), `no client sent "debit"`) {
		t.Errorf("pattern never sent: got %v", err)
	}

	// A condition that never holds ends with the proxy and is no success.
	reason := errors.New("no such table")
	asked := make(chan struct{})
	var once sync.Once
	unmet := p.Arm("debit", func(context.Context) (bool, error) {
		once.Do(func() { close(asked) })
		return false, reason
	})
	victim := dial(t, p.Addr())
	io.WriteString(victim, "debit\n")
	<-asked
	p.Close()
	if err := unmet.wait(patience); !errors.Is(err, reason) {
		t.Errorf("condition never met: got %v, want %v in it", err, reason)
	}
}

func TestStallWithholdsAndResumeDelivers(t *testing.T) {
	d := startDiary(t)
	p := Start(t, d.addr)
	old := dial(t, p.Addr())
	old.expect(t, "before")
	p.Stall()
	p.Stall() // twice is once
	fresh := dial(t, p.Addr())
	for _, c := range []client{old, fresh} {
		io.WriteString(c, "during\n")
	}
	// Both requests arrive, and no answer comes back. A short deadline shows
	// the absence; what shows that it means something is the delivery below.
	waitFor(t, d.has("during,during"))
	for _, c := range []client{old, fresh} {
		c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if got, err := c.answer(); err == nil {
			t.Errorf("got the answer %q through a stalled proxy", got)
		}
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
	}
	p.Resume()
	p.Resume()
	for _, c := range []client{old, fresh} {
		if got, err := c.answer(); got != "did during" || err != nil {
			t.Errorf("got %q, %v after Resume; want what was withheld", got, err)
		}
		c.expect(t, "after")
	}
	// What is withheld when the connection is cut is lost.
	p.Stall()
	io.WriteString(old, "lost\n")
	waitFor(t, d.has("lost"))
	if got := p.CutAll(); got != 2 {
		t.Errorf("cut %d connections, want 2", got)
	}
	if got, err := old.answer(); got != "" || err == nil {
		t.Errorf("got %q, %v; want a closed connection", got, err)
	}
}

func TestHalfCloseLeavesTheOtherDirection(t *testing.T) {
	d := startDiary(t)
	p := Start(t, d.addr)
	c := dial(t, p.Addr())
	c.expect(t, "before")
	p.HalfClose(nil)
	if got, err := c.answer(); got != "" || err != io.EOF {
		t.Fatalf("got %q, %v; want the end of the answers", got, err)
	}
	if _, err := io.WriteString(c, "still heard\n"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, d.has("still heard"))
	dial(t, p.Addr()).expect(t, "a new connection")
}

// What a client said before it gave up still comes to the server, once the network lets it pass.
func TestStalledRequestsArriveLate(t *testing.T) {
	d := startDiary(t)
	p := Start(t, d.addr)
	patient, gone := dial(t, p.Addr()), dial(t, p.Addr())
	patient.expect(t, "before")
	gone.expect(t, "before")
	if got := p.StallRequests(); got != 2 {
		t.Errorf("stalled %d connections, want 2", got)
	}
	io.WriteString(patient, "waits\n")
	io.WriteString(gone, "gives up\n")
	gone.Close()
	patient.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if got, err := patient.answer(); err == nil {
		t.Errorf("got the answer %q to a request that was withheld", got)
	}
	for _, what := range []string{"waits", "gives up"} {
		if did, _ := d.has(what)(t.Context()); did {
			t.Errorf("the server heard %q through a stalled proxy", what)
		}
	}
	p.Resume()
	patient.SetReadDeadline(time.Now().Add(20 * time.Second))
	if got, err := patient.answer(); got != "did waits" || err != nil {
		t.Errorf("got %q, %v after Resume; want the answer", got, err)
	}
	waitFor(t, d.has("gives up"))
	// A connection that is cut while it waits has said nothing.
	p.StallRequests()
	io.WriteString(patient, "never\n")
	p.CutAll()
	p.Resume()
	dial(t, p.Addr()).expect(t, "later")
	if did, _ := d.has("never")(t.Context()); did {
		t.Error("the server heard what was withheld when the connection was cut")
	}
}

func TestHalfClosedRequestsStillGetAnAnswer(t *testing.T) {
	d := startDiary(t)
	p := Start(t, d.addr)
	c := dial(t, p.Addr())
	c.expect(t, "before")
	p.Stall() // so that the answer is under way when the requests end
	io.WriteString(c, "last words\n")
	waitFor(t, d.has("last words"))
	if got := p.HalfCloseRequests(nil); got != 1 {
		t.Errorf("half-closed %d connections, want 1", got)
	}
	p.Resume()
	if got, err := io.ReadAll(c.answers); string(got) != "did last words\n" || err != nil {
		t.Errorf("got %q, %v; want the answer and the end", got, err)
	}
}

func TestSomeConnections(t *testing.T) {
	d := startDiary(t)
	p := Start(t, d.addr)
	var all []client
	for range 4 {
		c := dial(t, p.Addr())
		c.expect(t, "before")
		all = append(all, c)
	}
	n := 0
	everyOther := func() bool { n++; return n%2 == 0 } // the second and the fourth
	if got := p.CutSome(everyOther); got != 2 {
		t.Errorf("cut %d connections, want 2", got)
	}
	for i, c := range all {
		if i%2 == 0 {
			c.expect(t, "spared")
		} else {
			c.expectLost(t, "cut")
		}
	}
}

func TestClientsHalfCloseStillGetsItsAnswer(t *testing.T) {
	d := startDiary(t)
	p := Start(t, d.addr)
	c := dial(t, p.Addr())
	io.WriteString(c, "last words\n")
	c.CloseWrite()
	if got, err := io.ReadAll(c.answers); string(got) != "did last words\n" || err != nil {
		t.Errorf("got %q, %v; want the answer and the end", got, err)
	}
}

func TestDeadTargetAndClose(t *testing.T) {
	d := startDiary(t)
	p := Start(t, d.addr)
	c := dial(t, p.Addr())
	c.expect(t, "before")
	p.Close()
	c.expectLost(t, "after")
	if conn, err := net.Dial("tcp", p.Addr()); err == nil {
		conn.Close()
		t.Error("the closed proxy took a connection")
	}
	// The closed proxy's address is a target where nobody listens.
	dial(t, Start(t, p.Addr()).Addr()).expectLost(t, "anything")
}

func TestBeforeRewritesAURL(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
	t.Cleanup(server.Close)
	p, through := Before(t, server.URL+"/orders")
	if !strings.HasPrefix(through, "http://"+p.Addr()+"/") {
		t.Errorf("got %s, want it to lead to %s", through, p.Addr())
	}
	get := func() (string, error) {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get(through)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	if got, err := get(); got != "/orders" || err != nil {
		t.Errorf("got %q, %v; want the server's answer", got, err)
	}
	cut := p.Arm("GET /orders", nil)
	// Without a body or reuse net/http doesn't repeat the request by itself.
	if got, err := get(); err == nil {
		t.Errorf("got %q although the answer was cut off", got)
	}
	cut.Wait(t)
}

// waitFor waits for a condition with a deadline.
func waitFor(t *testing.T, condition func(context.Context) (bool, error)) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		if ok, _ := condition(t.Context()); ok {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the server never got the request")
		}
	}
}

// Every proxy of the package is closed by then, so nothing of one may run.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
