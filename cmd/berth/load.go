package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/berth-host/berth/internal/load"
)

// keyVariable is where 'load' finds an API key that shall not stand on a command line, which others can see.
const keyVariable = "BERTH_API_KEY"

// loadCmd sends orders over HTTP; it touches no database, so any server can be its target.
type loadCmd struct {
	URL     []string      `name:"url" default:"http://127.0.0.1:8080" sep:"none" help:"Server to order from; repeat it for several."`
	User    []string      `sep:"none" help:"User who orders; repeat it for several." placeholder:"ID"`
	Key     []string      `sep:"none" help:"API key, one for all users or one for each (BERTH_API_KEY)."`
	Users   string        `help:"File with a user and a key on each line." placeholder:"FILE"`
	Orders  int           `help:"How many orders; 1000 when no duration is given." placeholder:"N"`
	Clients int           `default:"16" help:"Connections, each with one order at a time."`
	For     time.Duration `name:"duration" help:"Send orders for this long." placeholder:"DURATION"`
	Rate    float64       `help:"Send this many orders a second, instead of each when the last was answered." placeholder:"N"`

	Plan     string   `default:"5" help:"Plan to order."`
	Image    string   `default:"13" help:"Image of the servers."`
	Location string   `help:"Location of the servers; the plan's own when left out."`
	Hours    int      `help:"Hours to buy." placeholder:"N"`
	Name     []string `sep:"none" help:"Name of the servers; repeat it for several that take turns."`
	Network  string   `help:"Order this network instead of servers." placeholder:"ID"`
	Cycle    string   `default:"monthly" help:"Billing cycle of networks: monthly or yearly."`

	NoIdempotencyKey bool          `help:"Send no Idempotency-Key."`
	Retry            bool          `help:"Repeat an order whose outcome is unknown, under its Idempotency-Key, until it is answered."`
	Timeout          time.Duration `default:"60s" help:"How long to wait for an answer; longer than the server's patience."`
	CA               string        `name:"ca" help:"File with the authority that vouches for an https server (PEM)." placeholder:"FILE"`
	Journal          string        `help:"Write every acknowledged order into this file." placeholder:"FILE"`
}

// Run sends the orders and prints what came back. Orders that failed are a result and no failure of the command,
// unless none was acknowledged at all.
func (c *loadCmd) Run(s *session) error {
	t, err := c.traffic(s)
	if err != nil {
		return usageError{err}
	}
	if c.Journal != "" {
		file, err := os.OpenFile(c.Journal, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("--journal: %w", err)
		}
		defer file.Close()
		t.Journal = file
	}
	bar := newProgress(s.err, "")
	t.Watch = func(p load.Progress) {
		done := p.Completed + p.Processing + p.Failed
		bar.label = fmt.Sprintf("%.0f orders/s, %d failed", float64(p.Completed)/max(p.Elapsed.Seconds(), 0.001), p.Failed)
		bar.at(int64(done), int64(p.Orders))
	}
	report, err := runLoad(s.ctx, t)
	bar.end()
	if err != nil {
		return err
	}
	if err := s.show(report, func(w io.Writer) { loadTable(w, report) }); err != nil {
		return err
	}
	if report.Completed+report.Processing == 0 {
		return errFound
	}
	return nil
}

// runLoad tells a mistake in the flags, for which nothing was sent, from a failure on the way.
func runLoad(ctx context.Context, t load.Traffic) (load.Report, error) {
	report, err := load.Run(ctx, t)
	if err != nil && report.Errors == nil {
		return report, usageError{err}
	}
	return report, err
}

// traffic is what the flags say.
func (c *loadCmd) traffic(s *session) (load.Traffic, error) {
	t := load.Traffic{
		URLs: c.URL, Orders: c.Orders, Duration: c.For, Clients: c.Clients, Rate: c.Rate,
		NoIdempotencyKey: c.NoIdempotencyKey, Retry: c.Retry, Timeout: c.Timeout,
		Want: load.Want{
			PlanID: c.Plan, ImageID: c.Image, Location: c.Location, Hours: c.Hours, Names: c.Name,
			NetworkID: c.Network, Cycle: c.Cycle,
		},
	}
	if t.Orders == 0 && t.Duration == 0 {
		t.Orders = 1000
	}
	var err error
	if t.Buyers, err = c.buyers(s.getenv(keyVariable)); err != nil {
		return t, err
	}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return t, fmt.Errorf("--ca: %w", err)
		}
		if t.Roots = x509.NewCertPool(); !t.Roots.AppendCertsFromPEM(pem) {
			return t, fmt.Errorf("--ca: there is no certificate in %s; it must be PEM", c.CA)
		}
	}
	return t, nil
}

// buyers pairs users with keys.
func (c *loadCmd) buyers(variable string) ([]load.Buyer, error) {
	keys := c.Key
	if len(keys) == 0 && variable != "" {
		keys = []string{variable}
	}
	var buyers []load.Buyer
	switch {
	case c.Users != "" && len(c.User) > 0:
		return nil, errors.New("--users and --user: give one of the two")
	case c.Users != "":
		file, err := os.Open(c.Users)
		if err != nil {
			return nil, fmt.Errorf("--users: %w", err)
		}
		defer file.Close()
		return readBuyers(file)
	case len(c.User) == 0 || len(keys) == 0:
		return nil, errors.New("--user and --key: give at least one of each, or --users; a demo prints those that it knows")
	case len(keys) != 1 && len(keys) != len(c.User):
		return nil, fmt.Errorf("--key: %d keys for %d users; give one for all or one for each", len(keys), len(c.User))
	}
	for i, user := range c.User {
		buyers = append(buyers, load.Buyer{UserID: user, Key: keys[i%len(keys)]})
	}
	return buyers, nil
}

// readBuyers reads lines of "USER KEY". Empty lines and those that begin with # are passed over.
func readBuyers(r io.Reader) ([]load.Buyer, error) {
	var buyers []load.Buyer
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) != 2 { // the line may hold a key, so it isn't repeated
			return nil, fmt.Errorf("--users: line %d: want a user and a key, found %d words", n, len(words))
		}
		buyers = append(buyers, load.Buyer{UserID: words[0], Key: words[1]})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--users: %w", err)
	}
	return buyers, nil
}

func loadTable(w io.Writer, r load.Report) {
	row(w, "completed", fmt.Sprintf("%d orders in %.2f s", r.Completed, r.Seconds))
	row(w, "rate", fmt.Sprintf("%.1f completed orders/s", r.Rate))
	t := r.Times
	row(w, "answered in", fmt.Sprintf("p50 %.2f ms, p95 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, at most %.2f ms", t.P50, t.P95, t.P99, t.P999, t.Max))
	if r.Processing > 0 {
		row(w, "provisioning", fmt.Sprintf("%d orders are paid and go on", r.Processing))
	}
	if r.Repeats+r.Replayed > 0 {
		row(w, "repeated", fmt.Sprintf("%d requests, %d orders were answered from an earlier one", r.Repeats, r.Replayed))
	}
	if r.Failed > 0 {
		row(w, "failed", fmt.Sprintf("%d orders:", r.Failed))
	}
	codes := slices.SortedFunc(maps.Keys(r.Errors), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Errors[b], r.Errors[a]), cmp.Compare(a, b))
	})
	for _, code := range codes {
		row(w, "  "+code, fmt.Sprint(r.Errors[code]))
	}
}
