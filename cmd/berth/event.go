package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

type eventCmds struct {
	List eventListCmd `cmd:"" help:"What happened, in the order of the hash chain, the oldest first."`
}

type eventListCmd struct {
	databaseFlags
	After  string `default:"0.0" help:"Begin after this place in the chain." placeholder:"SEQ.N"`
	Limit  int    `default:"100" help:"How many at most; with --follow, how many are read at a time."`
	Follow bool   `help:"Go on with what happens from now on, until interrupted. With --json, one event a line."`
}

// eventView is one event. place is where to go on after it.
type eventView struct {
	Place     string  `json:"place"`
	At        *string `json:"at"`
	Name      string  `json:"name"`
	UserID    string  `json:"user_id"`
	OrderID   string  `json:"order_id"`
	ServiceID string  `json:"service_id"`
	Amount    string  `json:"amount"`
	Detail    string  `json:"detail"`
}

// followEvery is the time between two looks for new events.
const followEvery = 250 * time.Millisecond

// Run lists events. Only what has its place in the chain is shown, a fraction of a second after it happened; so
// whoever goes on after the last place misses nothing.
func (c *eventListCmd) Run(s *session) error {
	after, err := readPlace(c.After)
	if err != nil {
		return usageError{fmt.Errorf("--after: %w", err)}
	}
	if c.Limit < 1 || c.Limit > 10_000 {
		return usageError{fmt.Errorf("--limit: %d is not between 1 and 10000", c.Limit)}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		if err := reached(ctx, o, after); err != nil {
			return usageError{fmt.Errorf("--after: %w", err)}
		}
		if c.Follow {
			return c.follow(ctx, s, o, after)
		}
		views, _, err := eventsAfter(ctx, o, after, c.Limit)
		if err != nil {
			return err
		}
		return s.show(views, func(w io.Writer) {
			row(w, "PLACE", "TIME", "EVENT", "AMOUNT", "ORDER OR SERVICE", "DETAIL", "USER")
			for _, v := range views {
				row(w, v.cells()...)
			}
		})
	})
}

// reached refuses a place that the chain hasn't come to: it was remembered from another database, or from this one before
// an older state was restored. Whoever waited there would miss what comes until then.
func reached(ctx context.Context, o *office, after berth.Place) error {
	text, _, err := o.store.Meta(ctx, berth.MetaChain)
	if err != nil {
		return err
	}
	head, err := berth.ParseHead(text)
	if err == nil && after.Seq > head.Seq {
		err = fmt.Errorf("the chain ends at %d, so %d.%d is no place of this database", head.Seq, after.Seq, after.N)
	}
	return err
}

func (c *eventListCmd) follow(ctx context.Context, s *session, o *office, after berth.Place) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	line := json.NewEncoder(s.out)
	line.SetEscapeHTML(false)
	for {
		views, end, err := eventsAfter(ctx, o, after, c.Limit)
		if ctx.Err() != nil {
			return nil // that is how following ends
		}
		if err != nil {
			return err
		}
		for _, v := range views {
			if s.json {
				err = line.Encode(v)
			} else {
				_, err = fmt.Fprintln(s.out, strings.Join(v.cells(), "  "))
			}
			if err != nil {
				return fmt.Errorf("write an event: %w", err)
			}
		}
		if after = end; len(views) == c.Limit {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// eventsAfter reads events, and the place to go on from.
func eventsAfter(ctx context.Context, o *office, after berth.Place, limit int) ([]eventView, berth.Place, error) {
	events, err := o.store.Events(ctx, after, limit)
	views := make([]eventView, len(events))
	for i, e := range events {
		after = berth.Place{Seq: e.Seq, N: e.N}
		views[i] = eventView{Place: fmt.Sprintf("%d.%d", e.Seq, e.N), At: stamp(e.At), Name: e.Name, UserID: e.UserID, OrderID: e.OrderID,
			ServiceID: e.ServiceID, Amount: berth.FormatMinor(e.Amount), Detail: e.Detail}
	}
	return views, after, err
}

func (v eventView) cells() []string {
	at := ""
	if v.At != nil {
		at = *v.At
	}
	about := v.OrderID
	if about == "" {
		about = v.ServiceID // what happens to a service without an order: notices, suspensions, tasks
	}
	return []string{v.Place, at, v.Name, v.Amount, shown(about), shown(v.Detail), shown(v.UserID)}
}

// readPlace reads a place as it's printed.
func readPlace(text string) (p berth.Place, err error) {
	seq, n, ok := strings.Cut(text, ".")
	p.Seq, err = strconv.ParseInt(seq, 10, 64)
	if ok && err == nil {
		p.N, err = strconv.ParseInt(n, 10, 64)
	}
	if !ok || err != nil || p.Seq < 0 || p.N < 0 {
		return p, fmt.Errorf("%.50q is no place in the chain: it must be as this command prints it, like 17.0", text)
	}
	return p, nil
}
