package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/berth-host/berth"
)

type verifyCmd struct {
	databaseFlags
	Since string `help:"Head of the chain that was noted earlier: prove that nothing before it was changed." placeholder:"SEQ:HASH"`
}

// errFound makes the exit code 1 after the findings were printed.
var errFound = errors.New("the books are not in order")

// reportView is the result of an audit.
type reportView struct {
	OK       bool             `json:"ok"`
	Wallets  int64            `json:"wallets"`
	Entries  int64            `json:"entries"`
	Orders   int64            `json:"orders"`
	States   map[string]int64 `json:"orders_by_state"`
	Balance  string           `json:"balance"`
	Items    int64            `json:"pool_items"`
	Head     string           `json:"head"`
	Unsealed int64            `json:"unsealed_batches"`
	Older    int64            `json:"batches_before_the_chain"`
	Wrong    int64            `json:"wrong"`
	Findings []findingView    `json:"findings"`
}

type findingView struct {
	What string `json:"what"`
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Run audits the books in one snapshot, beside a busy server.
func (c *verifyCmd) Run(s *session) error {
	var since berth.Head
	if c.Since != "" {
		var err error
		if since, err = berth.ParseHead(c.Since); err != nil {
			return usageError{fmt.Errorf("--since: %w", err)}
		}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		bar := newProgress(s.err, "Verifying")
		report, err := berth.Verify(ctx, o.store, since, bar.at)
		bar.end()
		if err != nil {
			return err
		}
		view := reportView{OK: report.Wrong == 0, Wallets: report.Wallets, Entries: report.Entries, Orders: report.Orders,
			States: map[string]int64{}, Head: report.Head.String(), Unsealed: report.Unsealed, Older: report.Unchained,
			Items: report.Items, Balance: berth.FormatMinor(report.Balance), Wrong: report.Wrong, Findings: []findingView{}}
		for _, state := range []berth.State{berth.Paid, berth.Completed, berth.Refunded} {
			view.States[string(state)] = report.Settled[state]
		}
		for _, f := range report.Findings {
			view.Findings = append(view.Findings, findingView{f.What, f.ID, f.Text})
		}
		if err := s.show(view, view.table); err != nil {
			return err
		}
		if !view.OK {
			return errFound
		}
		return nil
	})
}

func (v reportView) table(w io.Writer) {
	for _, f := range v.Findings {
		row(w, f.What, f.ID, f.Text)
	}
	if more := v.Wrong - int64(len(v.Findings)); more > 0 {
		row(w, fmt.Sprintf("... and %d more", more))
	}
	row(w, fmt.Sprintf("%d wallets holding %s, %d entries, %d orders (%d paid, %d completed, %d refunded).", v.Wallets, v.Balance,
		v.Entries, v.Orders, v.States[string(berth.Paid)], v.States[string(berth.Completed)], v.States[string(berth.Refunded)]))
	row(w, fmt.Sprintf("Chain of %s; %d batches not sealed yet, %d from before it.", v.Head, v.Unsealed, v.Older))
	if v.Items > 0 {
		row(w, fmt.Sprintf("%d items of pools belong to services.", v.Items))
	}
	if v.OK {
		row(w, "The books are in order.")
		return
	}
	row(w, fmt.Sprintf("%d things are wrong.", v.Wrong))
}
