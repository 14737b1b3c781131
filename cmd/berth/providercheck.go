package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/berth-host/berth"
)

type providerCmds struct {
	Check providerCheckCmd `cmd:"" help:"Compare what the catalogue sells with what the providers have. Exit code 1 when something doesn't match."`
}

type providerCheckCmd struct {
	databaseFlags
	Name    string        `arg:"" optional:"" help:"One provider of the settings; all when left out."`
	Timeout time.Duration `default:"1m" help:"How long the providers have for all answers together; 1m when left out." placeholder:"DURATION"`
}

// checkView is what came of comparing.
type checkView struct {
	OK        bool                `json:"ok"`
	Providers []providerCheckView `json:"providers"`
}

type providerCheckView struct {
	Provider string      `json:"provider"`
	Checked  bool        `json:"checked"` // its driver has something to compare
	Matches  []matchView `json:"matches"`
}

type matchView struct {
	Sort   string `json:"sort"`
	Name   string `json:"name"`
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	OK     bool   `json:"ok"`
}

// add notes what was compared.
func (v *providerCheckView) add(found ...berth.Match) {
	v.Checked = true
	for _, m := range found {
		v.Matches = append(v.Matches, matchView(m))
	}
}

// Run asks the providers for what they have, and changes nothing.
func (c *providerCheckCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		openers, err := providersOf(&o.settings, s.getenv)
		if err != nil {
			return err
		}
		if open, ok := openers[c.Name]; ok {
			openers = map[string]opener{c.Name: open}
		} else if c.Name != "" {
			return usageError{fmt.Errorf("there is no provider %q in the settings", c.Name)}
		}
		p, err := openProviders(ctx, unserved{o.store}, openers)
		if err != nil {
			return err
		}
		defer p.close()
		catalogue, err := o.store.Catalogue(ctx)
		if err != nil {
			return err
		}
		if catalogue == nil {
			catalogue = &berth.Catalogue{} // the panel itself can be asked all the same
		}
		ctx, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		view := checkProviders(ctx, p, catalogue)
		if err := view.checkPools(ctx, o, catalogue); err != nil {
			return err
		}
		if c.Name == "" {
			view.checkNames(o, catalogue)
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

// unserved is a database that nothing needs to have been served from: a check comes before the first server, and marks
// no machine.
type unserved struct{ facts }

func (u unserved) Meta(ctx context.Context, name string) (string, bool, error) {
	value, known, err := u.facts.Meta(ctx, name)
	if err == nil && !known {
		value = "none"
	}
	return value, known, err
}

func checkProviders(ctx context.Context, p *providers, c *berth.Catalogue) checkView {
	view := checkView{OK: true, Providers: []providerCheckView{}}
	names := make([]string, 0, len(p.servers))
	for name := range p.servers {
		names = append(names, name)
	}
	for name := range p.edges {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		one := providerCheckView{Provider: name, Matches: []matchView{}}
		if edge, ok := p.edges[name]; ok {
			one.add(edge.check(ctx, c)...)
		}
		if driver, ok := p.servers[name].(berth.Checker); ok {
			one.add(driver.Check(ctx, c, name)...)
		}
		view.OK = view.OK && !slices.ContainsFunc(one.Matches, func(m matchView) bool { return !m.OK })
		view.Providers = append(view.Providers, one)
	}
	return view
}

// checkNames finds what the catalogue sells from and the settings don't know: such orders are paid and wait.
func (v *checkView) checkNames(o *office, c *berth.Catalogue) {
	for _, name := range providersNamed(c) {
		if _, ok := o.settings.Providers[name]; !ok {
			v.OK = false
			one := providerCheckView{Provider: name}
			one.add(berth.Match{Sort: "settings", Name: name, Ours: "sold from in the catalogue", Theirs: "not in the settings"})
			v.Providers = append(v.Providers, one)
		}
	}
}

// table has the verdict before the two texts, which may be long.
func (v checkView) table(w io.Writer) {
	if slices.ContainsFunc(v.Providers, func(p providerCheckView) bool { return p.Checked }) {
		row(w, "PROVIDER", "WHAT", "NAME", "MATCHES", "OURS", "THEIRS")
	}
	for _, p := range v.Providers {
		for _, m := range p.Matches {
			matches := "yes"
			if !m.OK {
				matches = "NO"
			}
			row(w, p.Provider, m.Sort, m.Name, matches, m.Ours, shown(m.Theirs))
		}
	}
	for _, p := range v.Providers {
		if !p.Checked {
			row(w, "Provider "+p.Provider+" has nothing to compare.")
		}
	}
	if len(v.Providers) == 0 {
		row(w, "No provider is in the settings.")
	}
}
