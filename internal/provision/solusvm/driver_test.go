package solusvm_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/solusvm"
	"github.com/berth-host/berth/internal/provision/solusvm/solusfake"
)

// Ids of orders, oldest first.
const (
	older = "0192aaaa-0000-7000-8000-00000000000a"
	newer = "0192aaaa-0000-7000-8000-00000000000b"
)

// made is a machine of an order, as the driver made it.
func (s *shop) made(order string) string {
	s.Helper()
	out := s.driver.Create(s.Context(), berth.Ref{Order: order, Attempt: 1}, spec("5", 1))
	if out.Verdict != berth.Done {
		s.Fatalf("create: got %s, %v", out.Verdict, out.Reason)
	}
	return out.ProviderRef
}

func (s *shop) count(route string) (n int) {
	for _, c := range s.panel.Calls() {
		if c.Route == route {
			n++
		}
	}
	return n
}

func TestTrust(t *testing.T) {
	panel := solusfake.New(solusfake.Options{})
	server := httptest.NewUnstartedServer(panel)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of every client that doesn't trust it
	server.StartTLS()
	t.Cleanup(server.Close)
	sum := sha256.Sum256(server.Certificate().Raw)
	other := sha256.Sum256([]byte("another"))
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	for name, c := range map[string]struct {
		edit func(*solusvm.Options)
		want berth.Verdict
	}{
		"the system's authorities":   {func(*solusvm.Options) {}, berth.Waiting},
		"its own authority":          {func(o *solusvm.Options) { o.RootCAs = pool }, berth.Done},
		"its certificate":            {func(o *solusvm.Options) { o.Certificate = hex.EncodeToString(sum[:]) }, berth.Done},
		"another certificate":        {func(o *solusvm.Options) { o.Certificate = hex.EncodeToString(other[:]) }, berth.Waiting},
		"anybody, by the operator's": {func(o *solusvm.Options) { o.Insecure = true }, berth.Done},
	} {
		o := solusvm.Options{BaseURL: server.URL + "/api/v1", Token: "token", Installation: installation, Poll: time.Millisecond}
		c.edit(&o)
		d, err := solusvm.New(o)
		if err != nil {
			t.Fatal(err)
		}
		before := len(panel.Calls())
		out := d.Create(t.Context(), berth.Ref{Order: name, Attempt: 1}, spec("5", 1))
		if out.Verdict != c.want || c.want == berth.Waiting && len(panel.Calls()) != before {
			t.Errorf("%s: got %s (%v) and %d calls", name, out.Verdict, out.Reason, len(panel.Calls())-before)
		}
	}
}

// Every shape of addresses is understood, and the primary one taken.
func TestAddresses(t *testing.T) {
	s := open(t, solusfake.Options{})
	for i := range 4 {
		out := s.driver.Create(t.Context(), berth.Ref{Order: fmt.Sprint("order-", i), Attempt: 1}, spec("5", 1))
		if want := fmt.Sprintf("192.0.2.%d", (493+i)%254+1); out.Address != want || out.ServerNo != int64(493+i) || out.ServerUUID == "" {
			t.Errorf("got %+v, want the address %s", out.Result, want)
		}
		m, _ := s.driver.Inspect(t.Context(), out.ProviderRef)
		if age := s.clock.Load() - m.CreatedAt; age < 0 || age > berth.Second {
			t.Errorf("got the instant %d of its making, %d us ago", m.CreatedAt, age)
		}
		url, password, out := s.driver.OpenConsole(t.Context(), out.ProviderRef)
		if out.Verdict != berth.Done || password != "console-"+out.ProviderRef || !strings.HasPrefix(url, "wss://127.0.0.1:") || !strings.HasSuffix(url, "/vnc?url=vnc-"+out.ProviderRef) {
			t.Errorf("console: got %s, %s and %q", out.Verdict, url, password)
		}
	}
	if n := s.count("GET locations"); n != 2 { // its two pages, once
		t.Errorf("got %d reads of the locations, want them kept", n)
	}
}

func TestResizeNotes(t *testing.T) {
	s := open(t, solusfake.Options{})
	id := s.made("the-order")
	resize := func(d *solusvm.Driver, order, plan string, n int64) berth.Outcome {
		return d.Resize(t.Context(), berth.Ref{Order: order, Attempt: 1}, id, spec(plan, n))
	}
	s.panel.Fail("POST servers/{id}/resize", solusfake.Fault{Kind: "drop"})
	if out := resize(s.driver, older, "7", 2); out.Verdict != berth.Unresolved {
		t.Errorf("a lost call: got %s (%v)", out.Verdict, out.Reason)
	}
	// The older order was given up by a person. A newer one must outlast its last call.
	out := resize(s.process(), newer, "9", 4)
	if wait := out.Until - s.clock.Load(); out.Verdict != berth.Waiting || wait < 94*berth.Second || wait > 97*berth.Second {
		t.Errorf("at once: got %s and a wait of %d us, want 95 s", out.Verdict, wait)
	}
	s.clock.Store(out.Until)
	if out = resize(s.process(), newer, "9", 4); out.Verdict != berth.Done || s.panel.Servers()[0].Plan != 9 {
		t.Fatalf("later: got %s (%v)", out.Verdict, out.Reason)
	}
	calls := s.count("POST servers/{id}/resize")
	if out = resize(s.driver, older, "7", 2); out.Verdict != berth.Unresolved || s.panel.Servers()[0].Plan != 9 || s.count("POST servers/{id}/resize") != calls {
		t.Errorf("the older one, late: got %s, plan %d", out.Verdict, s.panel.Servers()[0].Plan)
	}
	m, _ := s.driver.Inspect(t.Context(), id)
	if m.Installation != installation || m.Order != "the-order" {
		t.Errorf("got the mark %q %q, want it kept", m.Installation, m.Order)
	}
}

// A task that fails leaves the plan as it was: the difference goes back, and a later call may do better.
func TestTasksThatFail(t *testing.T) {
	for _, kind := range []string{"task-failed", "task-canceled", "task-errors"} {
		s := open(t, solusfake.Options{})
		id := s.made("the-order")
		s.panel.Fail("POST servers/{id}/resize", solusfake.Fault{Kind: kind, Made: true})
		s.panel.Fail("DELETE servers/{id}", solusfake.Fault{Kind: kind, Made: true})
		s.panel.Fail("POST servers/{id}/reinstall", solusfake.Fault{Kind: kind, Made: true})
		out := s.driver.Resize(t.Context(), berth.Ref{Order: older, Attempt: 1}, id, spec("7", 2))
		if out.Verdict != berth.Refused || !strings.Contains(out.Reason.Error(), "no space left") || s.panel.Servers()[0].Plan != 5 {
			t.Errorf("%s, resize: got %s (%v)", kind, out.Verdict, out.Reason)
		}
		// Half a deletion or half an installation is nothing to call refused.
		if out := s.driver.Reinstall(t.Context(), id, spec("5", 1)); out.Verdict != berth.Unresolved {
			t.Errorf("%s, reinstall: got %s (%v)", kind, out.Verdict, out.Reason)
		}
		if out := s.driver.Delete(t.Context(), id); out.Verdict != berth.Unresolved {
			t.Errorf("%s, delete: got %s (%v)", kind, out.Verdict, out.Reason)
		}
		if out := s.driver.Delete(t.Context(), id); out.Verdict != berth.Done {
			t.Errorf("%s, delete again: got %s (%v)", kind, out.Verdict, out.Reason)
		}
	}
}

// While the panel is at work on a server, an action waits, whichever status the panel says it with.
func TestBusy(t *testing.T) {
	for _, busy := range []int{409, 422, 423} {
		s := open(t, solusfake.Options{Busy: busy, Polls: 10})
		id := s.made("the-order")
		s.panel.Occupy(493)
		s.panel.Fail("POST servers/{id}/restart", solusfake.Fault{Kind: "busy", Code: busy})
		if out := s.driver.Power(t.Context(), id, berth.PowerStop); out.Verdict != berth.Waiting || out.Until <= s.clock.Load() {
			t.Errorf("%d, seen: got %s (%v)", busy, out.Verdict, out.Reason)
		}
		if out := s.driver.Delete(t.Context(), id); out.Verdict != berth.Waiting {
			t.Errorf("%d, delete: got %s (%v)", busy, out.Verdict, out.Reason)
		}
		if out := s.driver.Reinstall(t.Context(), id, spec("5", 1)); out.Verdict != berth.Waiting {
			t.Errorf("%d, reinstall: got %s (%v)", busy, out.Verdict, out.Reason)
		}
		for m := (berth.Machine{Busy: true}); m.Busy; {
			m, _ = s.driver.Inspect(t.Context(), id)
		}
		// The other work begins between the driver's look and its call.
		if out := s.driver.Power(t.Context(), id, berth.PowerRestart); out.Verdict != berth.Waiting {
			t.Errorf("%d, restart: got %s (%v)", busy, out.Verdict, out.Reason)
		}
	}
}

// Actions met by every fault: none is ever called refused but by the panel's own word, and each can be repeated.
func TestEveryFaultOfAnAction(t *testing.T) {
	for _, fault := range solusfake.Faults() {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			s := open(t, solusfake.Options{}, impatient)
			id := s.made("the-order")
			s.panel.Fail("POST servers/{id}/suspend", fault)
			out := s.driver.Suspend(t.Context(), id)
			refusal := fault.Kind == "status" && (fault.Code == 403 || fault.Code == 404 || fault.Code == 422) || fault.Kind == "task-failed"
			if (out.Verdict == berth.Refused) != refusal || out.Verdict == berth.Done {
				t.Errorf("got %s (%v)", out.Verdict, out.Reason)
			}
			s.panel.Settle()
			for range 10 {
				if out = s.driver.Suspend(t.Context(), id); out.Verdict == berth.Done {
					break
				}
			}
			if m, _ := s.driver.Inspect(t.Context(), id); out.Verdict != berth.Done || !m.Suspended || m.Running {
				t.Errorf("then: got %s (%v), %+v", out.Verdict, out.Reason, m)
			}
		})
	}
}

// What a driver says never holds a secret, however the panel quotes what it was sent.
func TestSecretsInRefusals(t *testing.T) {
	server := httptest.NewServer(echo{})
	t.Cleanup(server.Close)
	d, err := solusvm.New(solusvm.Options{BaseURL: server.URL, Token: "sEcr3t-token", Installation: installation, Locations: map[string]int64{"Slovenia": 1}})
	if err != nil {
		t.Fatal(err)
	}
	out := d.Create(t.Context(), berth.Ref{Order: "x", Attempt: 1}, spec("5", 1))
	if out.Verdict != berth.Refused || strings.Contains(out.Reason.Error(), "sEcr3t") || !strings.Contains(out.Reason.Error(), "***") {
		t.Errorf("got %s, %v", out.Verdict, out.Reason)
	}
}

func TestListThatChanges(t *testing.T) {
	s := open(t, solusfake.Options{})
	for i := range 5 {
		s.made(fmt.Sprint("order-", i))
	}
	stop := errors.New("enough")
	n := 0
	err := s.driver.Machines(t.Context(), func(berth.Machine) error {
		if n++; n == 2 { // the first page is read: its first entry goes, and the third moves onto it
			if out := s.process().Delete(t.Context(), "493"); out.Verdict != berth.Done {
				return stop
			}
		}
		return nil
	})
	if err == nil || errors.Is(err, stop) || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("got %v after %d machines, want to be told that one may be missing", err, n)
	}
}

func TestOptionsAreJudged(t *testing.T) {
	for want, o := range map[string]solusvm.Options{
		"base_url":     {BaseURL: "panel.example.com", Token: "t", Installation: "i"},
		"token":        {BaseURL: "https://panel.example.com", Installation: "i"},
		"installation": {BaseURL: "https://panel.example.com", Token: "t"},
		"certificate":  {BaseURL: "https://panel.example.com", Token: "t", Installation: "i", Certificate: "zz"},
	} {
		if _, err := solusvm.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}
