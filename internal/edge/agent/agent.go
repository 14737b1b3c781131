// Package agent runs beside an edge's router, away from the server: it asks what the router is to carry, applies it by the
// router's own driver, and reports. While the server can't be reached the router goes on as it is.
package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// Options of an agent; all but Every and Client are required.
type Options struct {
	Edge     berth.Edge
	Server   string // https://..., the server's address
	Path     string // of the exchange, before the provider's name
	Header   string // that has the key
	Provider string // the edge's name in the server's settings
	Key      string
	Log      *slog.Logger
	Every    time.Duration // between two exchanges, 1 s when 0
	Client   *http.Client
}

// Agent keeps one router as its server says.
type Agent struct {
	o      Options
	url    string
	report report
	config *berth.EdgeConfig // what the server wants, as it said last
	has    string            // its version
	done   time.Time         // when that was last applied
	told   string
}

// report and order are the exchange, in the words of the server's side.
type report struct {
	Version string          `json:"version"`
	Has     string          `json:"has,omitempty"`
	Verdict berth.Verdict   `json:"verdict"`
	Reason  string          `json:"reason,omitempty"`
	Refused []refusal       `json:"refused,omitempty"`
	State   berth.EdgeState `json:"state"`
	Cleared []string        `json:"cleared,omitempty"`
}

type refusal struct {
	ServiceID string `json:"service_id"`
	Reason    string `json:"reason"`
}

type order struct {
	Version string            `json:"version"`
	Config  *berth.EdgeConfig `json:"config"`
	Clear   []string          `json:"clear"`
}

// anew is how often what the router carries already is applied once more.
const anew = 10 * time.Second

// patience is how long the router has for a change, the server's answer within it included.
const patience = 30 * time.Second

// most is how much of an answer is read: a session is below a kilobyte without its prefixes.
const most = 64 << 20

// New makes an agent. It refuses to send its key in clear over a network.
func New(o Options) (*Agent, error) {
	u, err := url.Parse(o.Server)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is not a server's address such as https://berth.example.net", o.Server)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && (u.Scheme != "http" || ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s is not https: the sessions' passwords would be readable on the way", o.Server)
	}
	if o.Every == 0 {
		o.Every = time.Second
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &Agent{o: o, url: strings.TrimSuffix(o.Server, "/") + o.Path + url.PathEscape(o.Provider)}, nil
}

// Run exchanges and applies until ctx ends.
func (a *Agent) Run(ctx context.Context) {
	tick := time.NewTicker(a.o.Every)
	defer tick.Stop()
	for ctx.Err() == nil {
		more, err := a.turn(ctx)
		a.tell(err)
		if more { // whoever waits for it shall hear at once
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// turn is one exchange, and what it asks for. More says that there is news for the server.
func (a *Agent) turn(ctx context.Context) (more bool, err error) {
	a.report.State, _ = a.o.Edge.State(ctx) // one that can't be read says so itself
	said, err := a.exchange(ctx)
	if err != nil {
		return false, err
	}
	a.report.Cleared = nil
	news := a.hear(said)
	// Now and then without need, too: it mends what was changed by hand, and writes trips down.
	if a.config != nil && (news || time.Since(a.done) > anew) {
		a.done = time.Now()
		before := a.report.Version
		out := a.apply(ctx)
		// Only what the router certainly has, or certainly refuses, has a version: anything else is asked for again.
		a.report = report{Version: a.has, Verdict: out.Verdict}
		if out.Verdict == berth.Unresolved {
			a.report.Version = ""
		}
		if out.Reason != nil {
			a.report.Reason, err = out.Reason.Error(), out.Reason
		}
		for _, r := range out.Refused {
			a.report.Refused = append(a.report.Refused, refusal{r.ServiceID, r.Reason.Error()})
		}
		more = out.Verdict == berth.Done && a.has != before
	}
	for _, id := range said.Clear {
		if a.clear(ctx, id) {
			a.report.Cleared, more = append(a.report.Cleared, id), true
		}
	}
	return more, err
}

// hear keeps what the server wants, and tells whether that is news.
func (a *Agent) hear(said order) bool {
	if said.Config != nil {
		a.config, a.has = said.Config, said.Version
	}
	return said.Config != nil
}

// apply has the router carry what the server wants once it's this agent's turn at it. It asks within the turn: another agent,
// say one that is just being replaced, may have applied something newer meanwhile.
func (a *Agent) apply(ctx context.Context) berth.EdgeOutcome {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return a.o.Edge.Apply(ctx, func(ctx context.Context) (berth.EdgeConfig, error) {
		a.report.Has = a.has
		said, err := a.exchange(ctx)
		a.report.Has = ""
		if err != nil {
			return berth.EdgeConfig{}, err
		}
		if a.hear(said); said.Version != a.has {
			return berth.EdgeConfig{}, errors.New("the server wants what it didn't tell: it's asked again")
		}
		return *a.config, nil
	})
}

// clear lets a session come up again, and tells whether it may.
func (a *Agent) clear(ctx context.Context, id string) bool {
	clearer, able := a.o.Edge.(berth.TripClearer)
	return able && a.config != nil && clearer.ClearTrip(ctx, a.config.Owner, id).Verdict == berth.Done
}

func (a *Agent) exchange(ctx context.Context) (said order, err error) {
	body, err := json.Marshal(a.report)
	if err != nil {
		return said, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return said, err
	}
	r.Header.Set(a.o.Header, a.o.Key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := a.o.Client.Do(r)
	if err != nil {
		return said, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return said, fmt.Errorf("the server answers %s", answer.Status)
	}
	return said, json.NewDecoder(io.LimitReader(answer.Body, most)).Decode(&said)
}

// tell logs what is wrong when it's another thing than before.
func (a *Agent) tell(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	switch {
	case text == a.told:
		return
	case text != "":
		a.o.Log.Warn("the edge is not in step with its server", "reason", text)
	default:
		a.o.Log.Info("the edge is in step with its server")
	}
	a.told = text
}
