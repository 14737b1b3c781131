package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/berth-host/berth"
)

type reconcileCmd struct {
	databaseFlags
	Repair  bool          `help:"Repair what is safe: suspend, resume and start as the database says, take over addresses."`
	Delete  bool          `help:"Delete machines that nobody pays for. Only those with this installation's mark, and older than --min-age."`
	MinAge  time.Duration `name:"min-age" default:"24h" help:"How old such a machine must be; 24h when left out." placeholder:"DURATION"`
	Timeout time.Duration `default:"10m" help:"How long the providers have for all answers together; 10m when left out." placeholder:"DURATION"`
}

// reconciliationView is what came of comparing, with the money at stake.
type reconciliationView struct {
	OK       bool              `json:"ok"`
	Services int64             `json:"services"`
	Machines int64             `json:"machines"`
	Foreign  int64             `json:"foreign_machines"`
	Unpaid   string            `json:"unpaid_per_month"`  // prices of machines that nobody pays for
	Missing  string            `json:"missing_per_month"` // prices of services without a machine
	Drifts   []driftView       `json:"drifts"`
	Skipped  map[string]string `json:"skipped_providers"`
}

type driftView struct {
	Sort     string `json:"sort"`
	Provider string `json:"provider"`
	Machine  string `json:"machine"`
	Service  string `json:"service_id"`
	Order    string `json:"order_id"`
	User     string `json:"user_id"`
	Want     string `json:"want"`
	Have     string `json:"have"`
	Price    string `json:"price_per_month"`
	Repair   string `json:"repair"`
	Done     bool   `json:"done"`
	Trouble  string `json:"trouble"`
}

// Run compares what customers own with what the providers have.
func (c *reconcileCmd) Run(s *session) error {
	if c.MinAge < 0 || c.Timeout <= 0 {
		return usageError{errors.New("--min-age and --timeout must be positive, such as 24h")}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		openers, err := providersOf(&o.settings, s.getenv)
		if err != nil {
			return err
		}
		p, err := openProviders(ctx, o.store, openers)
		if err != nil {
			return err
		}
		defer p.close()
		installation, _, err := o.store.Meta(ctx, berth.MetaInstallation)
		if err != nil {
			return err
		}
		o.desk.Servers, o.desk.Networks = p.servers, p.networks
		ctx, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		found, err := o.desk.Reconcile(ctx, berth.ReconcileOptions{Installation: installation, Repair: c.Repair, Delete: c.Delete,
			MinAge: c.MinAge.Microseconds()})
		if err != nil {
			return err
		}
		view := viewReconciliation(found)
		if err := s.show(view, view.table); err != nil {
			return err
		}
		if !view.OK {
			return errFound
		}
		return nil
	})
}

func viewReconciliation(r berth.Reconciliation) reconciliationView {
	v := reconciliationView{OK: len(r.Skipped) == 0, Services: r.Services, Machines: r.Machines, Foreign: r.Foreign,
		Drifts: []driftView{}, Skipped: map[string]string{}}
	for name, err := range r.Skipped {
		v.Skipped[name] = plainError(err)
	}
	var unpaid, missing int64
	for _, d := range r.Drifts {
		view := driftView{Sort: d.Sort, Provider: d.Provider, Machine: harmless(d.ProviderRef), Service: d.ServiceID, Order: d.OrderID, User: d.UserID,
			Want: d.Want, Have: d.Have, Price: berth.FormatMinor(d.Price), Repair: d.Repair, Done: d.Done, Trouble: plainError(d.Trouble)}
		v.Drifts = append(v.Drifts, view)
		if v.OK = v.OK && d.Done; d.Done {
			continue
		}
		switch d.Sort {
		case berth.DriftUnpaid:
			unpaid += d.Price
		case berth.DriftMissing:
			missing += d.Price
		}
	}
	v.Unpaid, v.Missing = berth.FormatMinor(unpaid), berth.FormatMinor(missing)
	return v
}

// plainError is an error's text as a terminal may have it.
func plainError(err error) string {
	if err == nil {
		return ""
	}
	return harmless(err.Error())
}

// harmless is a provider's text on one line, not too long and without what a terminal would obey.
func harmless(text string) string {
	const most = 200
	text = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, text)
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}

func (v reconciliationView) table(w io.Writer) {
	if len(v.Drifts) > 0 {
		row(w, "DRIFT", "PROVIDER", "MACHINE", "WANT", "HAVE", "A MONTH", "REPAIR", "SERVICE OR ORDER", "USER")
	}
	for _, d := range v.Drifts {
		repair := d.Repair
		switch {
		case d.Done:
			repair += ": done"
		case d.Trouble != "" && repair != "":
			repair += ": failed: " + d.Trouble
		case d.Trouble != "":
			repair = "a person must decide: " + d.Trouble
		case repair == "":
			repair = "a person must decide"
		}
		owner := d.Service
		if owner == "" {
			owner = d.Order
		}
		row(w, d.Sort, d.Provider, shown(d.Machine), d.Want, d.Have, d.Price, repair, owner, shown(d.User))
	}
	for _, name := range slices.Sorted(maps.Keys(v.Skipped)) {
		row(w, fmt.Sprintf("Provider %s was not compared: %s", name, v.Skipped[name]))
	}
	row(w, fmt.Sprintf("%d services and %d machines compared; %d machines of others left alone.", v.Services, v.Machines, v.Foreign))
	row(w, fmt.Sprintf("A month: %s for machines that nobody pays for, %s for services without a machine.", v.Unpaid, v.Missing))
	if v.OK {
		row(w, "The database and the providers agree.")
	}
}
