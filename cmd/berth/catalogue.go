package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/berth-host/berth"
)

type catalogueCmds struct {
	Apply catalogueApplyCmd `cmd:"" help:"Make a YAML file the catalogue: what isn't in it is no longer sold."`
	Show  catalogueShowCmd  `cmd:"" help:"Show the catalogue that holds, and what is used of limited offers."`
}

type catalogueApplyCmd struct {
	databaseFlags
	File   string `arg:"" help:"YAML file, or - for standard input."`
	DryRun bool   `help:"Print the difference and write nothing."`
}

// applied is the result of an apply.
type applied struct {
	Version     int64        `json:"version"` // the version that holds now
	Applied     bool         `json:"applied"` // a new version was made
	Differences []difference `json:"differences"`
}

func (c *catalogueApplyCmd) Run(s *session) error {
	file, err := c.read(s)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", c.File, err)}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		result, err := applyCatalogue(ctx, o.desk, &file, c.DryRun)
		if err != nil {
			return err
		}
		if err := c.warn(s, o); err != nil {
			return err
		}
		return s.show(result, func(w io.Writer) {
			printDifferences(w, result.Differences)
			switch {
			case len(result.Differences) == 0:
				row(w, fmt.Sprintf("Nothing changes; version %d holds.", result.Version))
			case c.DryRun:
				row(w, fmt.Sprintf("Nothing was written; version %d holds.", result.Version))
			default:
				row(w, fmt.Sprintf("Version %d holds now.", result.Version))
			}
		})
	})
}

func (c *catalogueApplyCmd) read(s *session) (catalogueFile, error) {
	if c.File == "-" {
		return readCatalogue(s.in)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return catalogueFile{}, err
	}
	defer f.Close()
	return readCatalogue(f)
}

// warn names the providers that the settings at hand lack. It's no error: the settings may be another machine's.
func (c *catalogueApplyCmd) warn(s *session, o *office) error {
	if len(o.settings.Providers) == 0 {
		return nil
	}
	catalogue, err := o.store.Catalogue(s.ctx)
	if err != nil {
		return err
	}
	for _, name := range providersNamed(catalogue) {
		if _, ok := o.settings.Providers[name]; !ok {
			writeText(s.err, "berth: warning: the settings have no provider %q; its orders would be paid and wait\n", name)
		}
	}
	return nil
}

// applyCatalogue makes a file the catalogue, if that changes anything.
func applyCatalogue(ctx context.Context, desk *berth.Desk, file *catalogueFile, dry bool) (applied, error) {
	current, err := desk.Store.Catalogue(ctx)
	if err != nil {
		return applied{}, err
	}
	wanted := file.catalogue(current)
	checked, err := berth.NewCatalogue(wanted)
	if err != nil {
		return applied{}, berth.Errorf(berth.InvalidParameter, "The catalogue is refused: %v.", err)
	}
	result := applied{Version: current.Version, Differences: compare(current, checked)}
	if len(result.Differences) == 0 || dry {
		return result, nil
	}
	now, err := desk.ApplyCatalogue(ctx, wanted)
	if err != nil {
		return applied{}, err
	}
	result.Version, result.Applied = now.Version, true
	return result, nil
}

type catalogueShowCmd struct {
	databaseFlags
	YAML bool `name:"yaml" help:"As a file for 'catalogue apply'."`
}

func (c *catalogueShowCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		catalogue, err := o.store.Catalogue(ctx)
		if err != nil {
			return err
		}
		if c.YAML {
			return writeCatalogue(s.out, catalogue)
		}
		stock, err := o.store.Stock(ctx)
		if err != nil {
			return err
		}
		return s.show(viewCatalogue(catalogue, stock), func(w io.Writer) { printCatalogue(w, catalogue, stock) })
	})
}

func writeCatalogue(w io.Writer, c *berth.Catalogue) error {
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	if err := e.Encode(fileOf(c)); err != nil {
		return fmt.Errorf("write the catalogue: %w", err)
	}
	return e.Close()
}
