// Package load sends orders to a Berth over HTTP, many at a time, and measures what comes back; and it checks
// afterwards that what was acknowledged is what exists. It knows the wire and nothing of a server's inside.
//
//	Run: every client takes the next order, sends it, reads the answer, counts it (run.go, client.go, answer.go)
//	Report: orders a second, percentiles, errors by code (report.go)
//	Journal: what was acknowledged, a line an order (journal.go)
//	Check: acknowledgements against orders, machines and wallets (check.go)
//
// An order counts as done only when its answer says that the machine is there: an order that goes on without its
// request ("provisioning") is counted apart, and refusals by their code.
package load

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// Buyer is a user and the API key that orders for it. The key goes into the header of its requests and nowhere else.
type Buyer struct {
	UserID string
	Key    string
}

// Traffic is what Run sends. URLs, Buyers, Clients and one of Orders, Duration and Enough are required.
type Traffic struct {
	URLs   []string // such as http://127.0.0.1:8080; clients are spread over them
	Buyers []Buyer  // orders are spread over them, one after the other

	Orders   int           // orders to send; 0 for as many as Duration and Enough allow
	Duration time.Duration // no new order is sent after that; 0 for no limit
	// Enough ends the run when it's closed: no new order is sent, and those under way are brought to their end. Nil
	// for never.
	Enough  <-chan struct{}
	Clients int     // connections, each with one request at a time
	Rate    float64 // orders a second to send (an open loop); 0 to send when the last answer is there

	Want Want // what is ordered

	// NoIdempotencyKey leaves the header away, as known clients do. Otherwise each order has a key of its own.
	NoIdempotencyKey bool
	// Retry repeats an order under its key while its outcome isn't known (no answer, 5xx, still in progress, too
	// many requests), on the next of the URLs, until it is answered or ctx ends.
	Retry bool
	// Timeout bounds the wait for one answer; 60 s when 0. It must be longer than the server's patience.
	Timeout time.Duration
	// Roots are the authorities that may vouch for https servers; nil for the system's.
	Roots *x509.CertPool

	Journal io.Writer // gets a line for each acknowledged order; nil for none
	// Each is told of every order when it's over, by the client that sent it: by several at the same time. Nil for
	// nobody.
	Each func(Placed)
	// Watch is told how far it is, a few times a second and once at the end; nil for nobody.
	Watch func(Progress)
}

// Want is the order that is sent: a new server, or a network when NetworkID is set.
type Want struct {
	PlanID   string   // "5" when empty
	ImageID  string   // "13" when empty
	Location string   // left away when empty
	Hours    int      // left away when 0
	Names    []string // of the servers, one after the other; none for the server's choice
	Numbered bool     // the order's number is appended to its name, which tells every order of a Run apart

	NetworkID string
	Cycle     string // monthly when empty
}

// Placed is one order as its client saw it. Instants are of the machine's monotonic clock.
type Placed struct {
	Acknowledged           // OrderID, ServerID and Amount are "" for a failure
	Name          string   // of the server
	BalanceBefore string   // as answered: the wallet just before the debit
	Failure       string   // its code, "" for an acknowledged order
	Unsure        bool     // a failure after which the order may exist: no answer, and nobody asked again
	Requests      int      // how often it was sent
	Doubts        []string // the codes of those that told nothing for certain
	Replayed      bool     // the answer was that of an earlier request of it
	Sent          time.Time
	Last          time.Time // the last of its requests was sent
	Answered      time.Time
}

// ready checks the traffic and fills in what was left to it.
func (t *Traffic) ready() error {
	switch {
	case len(t.URLs) == 0:
		return errors.New("no URL: name a server, such as http://127.0.0.1:8080")
	case len(t.Buyers) == 0:
		return errors.New("no user: name at least one, with its key")
	case t.Clients < 1 || t.Clients > 100_000:
		return errors.New("clients: want a number between 1 and 100000")
	case t.Orders < 0 || t.Rate < 0 || t.Duration < 0 || t.Want.Hours < 0 || t.Timeout < 0:
		return errors.New("orders, rate, duration, hours, timeout: none may be negative")
	case t.Orders == 0 && t.Duration == 0 && t.Enough == nil:
		return errors.New("say when to end: a number of orders, or a duration")
	case t.Retry && t.NoIdempotencyKey:
		return errors.New("a repeat without an Idempotency-Key is a second order: retry needs the keys")
	case t.Want.Numbered && len(t.Want.Names) == 0:
		return errors.New("names: numbers are appended to names, give at least one")
	}
	t.Timeout = cmp.Or(t.Timeout, 60*time.Second)
	w := &t.Want
	w.PlanID, w.ImageID, w.Cycle = cmp.Or(w.PlanID, "5"), cmp.Or(w.ImageID, "13"), cmp.Or(w.Cycle, "monthly")
	for _, b := range t.Buyers {
		// A line break would end the header, and what follows would be another one.
		if b.UserID == "" || b.Key == "" || strings.ContainsAny(b.Key, "\r\n\x00") {
			return errors.New("a user needs an id and a key, the key without line breaks")
		}
	}
	return nil
}

// target is a server to send to.
type target struct {
	address string // host:port to dial
	host    string // for the Host header
	name    string // for the certificate
	base    string // path before /API
	tls     bool
}

// parseTarget reads a base URL. Only scheme, host and path may be there.
func parseTarget(text string) (target, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil || u.RawQuery != "" {
		// The text isn't repeated: who puts a key or a password into it has it in no log.
		return target{}, errors.New("a URL looks like http://127.0.0.1:8080, without user, password or query")
	}
	t := target{address: u.Host, host: u.Host, name: u.Hostname(), tls: u.Scheme == "https"}
	t.base = strings.TrimSuffix(strings.TrimSuffix(u.EscapedPath(), "/"), "/API")
	if u.Port() == "" {
		t.address = fmt.Sprintf("%s:%d", u.Host, map[bool]int{false: 80, true: 443}[t.tls])
	}
	return t, nil
}
