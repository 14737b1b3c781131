// Package solusvm makes servers on a SolusVM 2 panel (also called SolusIO).
//
// The panel has no idempotency key and lets names repeat, so a machine is known by its description, which holds
// berth.Mark. The POST that makes one is sent once in an attempt, and again in a later attempt only after Find has made
// sure that nothing came of the earlier ones; see Driver.Find.
//
// What the panel is known to answer comes from its vendor's public clients; versions differ, so answers are decoded
// leniently. Every doubt about a create is Unresolved: money goes back on the panel's own word alone.
package solusvm

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

// Options of a driver. Ids that the maps don't name are the panel's own.
type Options struct {
	BaseURL string // https://HOST/api/v1/
	Token   string // of an administrator's or the owner's account

	RootCAs     *x509.CertPool // nil for the system's
	Certificate string         // SHA-256 of the panel's certificate in hex: trusted by that alone
	Insecure    bool           // don't check the certificate at all

	Installation string            // this installation's id, for the marks
	User         int64             // the panel's user who owns the servers; 0 for the token's own
	Plans        map[string]int64  // external plan id -> the panel's plan
	Images       map[int64]int64   // image id -> OS version
	Locations    map[string]int64  // location's name -> the panel's location; others are looked up by their name
	Now          func() int64      // microseconds UTC; the machine's clock when nil
	Poll         time.Duration     // between two looks at something under way, 5 s when 0
	Grace        time.Duration     // after which a create that was sent shows in the list, 60 s when 0
	SendTimeout  time.Duration     // of one call, 20 s when 0
	Transport    http.RoundTripper // nil for one by the options above
}

// lookTimeout is how long Find may take to say Absent: what follows at once is the POST, and a later attempt that knows
// nothing else counts on an earlier one to have sent it within lookTimeout and SendTimeout of its beginning.
const lookTimeout = 30 * time.Second

// Driver is a berth.ServerDriver with all abilities. It may be used by any number of goroutines.
type Driver struct {
	client  *client
	options Options

	mu        sync.Mutex
	absent    map[string]int64 // orders whose create may follow: the attempt that has just found nothing
	locations map[string]int64 // the panel's, by name; nil until they were asked for
}

var (
	_ berth.ServerDriver     = (*Driver)(nil)
	_ berth.Deleter          = (*Driver)(nil)
	_ berth.Powerer          = (*Driver)(nil)
	_ berth.Suspender        = (*Driver)(nil)
	_ berth.Reinstaller      = (*Driver)(nil)
	_ berth.PasswordResetter = (*Driver)(nil)
	_ berth.Renamer          = (*Driver)(nil)
	_ berth.Console          = (*Driver)(nil)
	_ berth.Meter            = (*Driver)(nil)
	_ berth.Inspector        = (*Driver)(nil)
	_ berth.Checker          = (*Driver)(nil)
)

// New makes a driver. It doesn't call the panel: one that is away must not keep a server from starting.
func New(o Options) (*Driver, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("base_url: give the address of the panel's API, such as https://panel.example.com/api/v1/")
	}
	if o.Token == "" {
		return nil, errors.New("token: it is empty; make one in the panel under Account, API Tokens")
	}
	if o.Installation == "" || strings.ContainsAny(o.Installation, " :") {
		return nil, errors.New("the installation has no id, which marks its machines: start its server once")
	}
	if o.Transport == nil {
		if o.Transport, err = transport(o); err != nil {
			return nil, err
		}
	}
	if o.Now == nil {
		o.Now = func() int64 { return time.Now().UnixMicro() }
	}
	for _, d := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{{&o.Poll, 5 * time.Second}, {&o.Grace, time.Minute}, {&o.SendTimeout, 20 * time.Second}} {
		if *d.value == 0 {
			*d.value = d.otherwise
		}
	}
	return &Driver{
		options: o, absent: map[string]int64{},
		client: &client{base: strings.TrimSuffix(base.String(), "/") + "/", token: o.Token, now: o.Now, limit: o.SendTimeout, http: &http.Client{
			Transport:     o.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}},
	}, nil
}

// transport checks the panel's certificate as the options say.
func transport(o Options) (*http.Transport, error) {
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
	}
	pin, err := hex.DecodeString(strings.ReplaceAll(o.Certificate, ":", ""))
	switch {
	case o.Certificate == "":
		t.TLSClientConfig.InsecureSkipVerify = o.Insecure // #nosec G402 -- only by the operator's explicit setting
	case err != nil || len(pin) != sha256.Size:
		return nil, errors.New("certificate: give the SHA-256 fingerprint of the panel's certificate, 64 hexadecimal digits")
	default:
		t.TLSClientConfig.InsecureSkipVerify = true // #nosec G402 -- the fingerprint below takes the place of the chain
		t.TLSClientConfig.VerifyConnection = func(s tls.ConnectionState) error {
			if sum := sha256.Sum256(s.PeerCertificates[0].Raw); string(sum[:]) != string(pin) {
				return fmt.Errorf("the panel's certificate has the fingerprint %x, which is not the one in the settings", sum)
			}
			return nil
		}
	}
	return t, nil
}

func (d *Driver) after(wait time.Duration) int64 { return d.options.Now() + wait.Microseconds() }

// outcome is what an error means for a call that changes something.
func (d *Driver) outcome(err error) berth.Outcome {
	var e *callError
	if !errors.As(err, &e) {
		return berth.Outcome{Verdict: berth.Unresolved, Reason: err}
	}
	switch {
	case e.busy():
		return berth.Outcome{Verdict: berth.Waiting, Until: d.after(max(e.retryAfter, d.options.Poll)), Reason: err, Away: e.unsent}
	case e.refused():
		return berth.Outcome{Verdict: berth.Refused, Reason: err}
	case e.status == http.StatusUnauthorized:
		return berth.Outcome{Verdict: berth.Unresolved, Reason: fmt.Errorf("the panel does not accept the API token; make a new one: %w", err)}
	case e.status >= 300 && e.status < 400:
		return berth.Outcome{Verdict: berth.Unresolved, Reason: fmt.Errorf("the panel redirects, which is never followed; correct base_url: %w", err)}
	}
	return berth.Outcome{Verdict: berth.Unresolved, Reason: err}
}

// waiting is the answer while the panel is at work.
func (d *Driver) waiting(reason string) berth.Outcome {
	return berth.Outcome{Verdict: berth.Waiting, Until: d.after(d.options.Poll), Reason: errors.New(reason)}
}

func done(s server) berth.Outcome { return berth.Outcome{Verdict: berth.Done, Result: s.result()} }

// result is what the order keeps of a server.
func (s *server) result() berth.Result {
	return berth.Result{ProviderRef: s.ID.text(), ServerNo: int64(s.ID), ServerUUID: s.UUID, Address: s.address()}
}

func (n number) text() string { return strconv.FormatInt(int64(n), 10) }

// pause waits for the next look; an error when ctx ends first.
func (d *Driver) pause(ctx context.Context) error {
	timer := time.NewTimer(d.options.Poll)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// get sends a call that only reads.
func (d *Driver) get(ctx context.Context, path string, out any) error {
	return d.client.do(ctx, call{method: http.MethodGet, path: path}, out)
}

// server reads one server. An answer without an id is none.
func (d *Driver) server(ctx context.Context, id string) (s server, err error) {
	if err = d.get(ctx, "servers/"+id, &s); err == nil && s.ID.text() != id {
		err = &callError{what: "GET servers/" + id, cause: errors.New("the answer is not that server")}
	}
	return s, err
}

// serverID reads a provider's id; anything but the panel's own numbers would reach into its paths.
func serverID(providerRef string) (string, bool) {
	n, err := strconv.ParseInt(providerRef, 10, 64)
	return providerRef, err == nil && n > 0 && strconv.FormatInt(n, 10) == providerRef
}
