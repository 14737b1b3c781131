package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

type poolCmds struct {
	Add     poolAddCmd     `cmd:"" help:"Make a pool, or add a range to the one of that name."`
	List    poolListCmd    `cmd:"" help:"List the pools, with what is left of each."`
	Show    poolShowCmd    `cmd:"" help:"Show a pool, and who has what of it."`
	Change  poolChangeCmd  `cmd:"" help:"Change how long items of a pool rest, or the location that it serves."`
	Reserve poolReserveCmd `cmd:"" help:"Keep items back, so that no service gets them."`
	Retire  poolRetireCmd  `cmd:"" help:"Never give items again: at once what is free or rests, and what a service has when that ends."`
	Release poolReleaseCmd `cmd:"" help:"Give back what was reserved or retired, and let what rests be given at once."`
	Remove  poolRemoveCmd  `cmd:"" help:"End a pool that no service has anything of."`
}

type poolAddCmd struct {
	databaseFlags
	Name     string         `arg:"" help:"Its name, as the provider's setting 'pool' says it."`
	Kind     string         `help:"What it holds: address, asn, link (a /31 or /127 each) or prefix." default:"address" enum:"address,asn,link,prefix" placeholder:"KIND"`
	CIDR     string         `name:"cidr" help:"The block of addresses, such as 203.0.113.0/24." placeholder:"BLOCK"`
	Gateway  string         `help:"Of addresses: the router's address in the block." placeholder:"ADDRESS"`
	Length   int            `help:"Of prefixes: the length of each, such as 48." placeholder:"BITS"`
	Numbers  string         `help:"AS numbers, such as 4200000100-4200000199." placeholder:"FIRST-LAST"`
	MAC      string         `name:"mac" help:"Of addresses: how MAC addresses begin, such as 52:54. Chosen when left out." placeholder:"XX:XX"`
	Location string         `help:"The one location that it serves; any when left out." placeholder:"NAME"`
	Rest     *time.Duration `help:"How long an item rests before it's given again: 1h for addresses, 2160h (90 days) for the others." placeholder:"DURATION"`
}

// Run makes or extends a pool.
func (c *poolAddCmd) Run(s *session) error {
	p := berth.Pool{Name: c.Name, Kind: berth.PoolKind(c.Kind), Location: c.Location, MAC: strings.ToLower(c.MAC)}
	if c.Rest != nil {
		// The zero duration means what is usual; whoever writes 0s wants the shortest there is.
		p.Rest = max(1, c.Rest.Microseconds())
		if *c.Rest < 0 {
			return usageError{fmt.Errorf("--rest: %s is below zero", *c.Rest)}
		}
	}
	r, err := c.given()
	if err != nil {
		return usageError{err}
	}
	if r != (berth.Range{}) {
		p.Ranges = []berth.Range{r}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		made, err := o.desk.AddPool(ctx, p)
		if err != nil {
			return err
		}
		return showPool(ctx, s, o, made.Name, 0)
	})
}

// given is the range of the flags; each kind has its own.
func (c *poolAddCmd) given() (r berth.Range, err error) {
	r = berth.Range{CIDR: c.CIDR, Gateway: c.Gateway, Length: c.Length}
	if c.Kind != string(berth.ASNPool) {
		if c.Numbers != "" {
			return r, fmt.Errorf("--numbers: a pool of kind %s has a --cidr", c.Kind)
		}
		return r, nil
	}
	if r != (berth.Range{}) {
		return r, fmt.Errorf("--cidr: a pool of AS numbers has --numbers, and no addresses")
	}
	if c.Numbers == "" {
		return r, nil
	}
	first, last, several := strings.Cut(c.Numbers, "-")
	if !several {
		last = first
	}
	var errs [2]error
	r.First, errs[0] = strconv.ParseInt(first, 10, 64)
	r.Last, errs[1] = strconv.ParseInt(last, 10, 64)
	if errs[0] != nil || errs[1] != nil {
		return r, fmt.Errorf("--numbers: %q is not FIRST-LAST, such as 4200000100-4200000199", c.Numbers)
	}
	return r, nil
}

type poolChangeCmd struct {
	databaseFlags
	Name     string         `arg:"" help:"Name of the pool."`
	Rest     *time.Duration `help:"How long an item rests before it's given again, from the next one on that is freed." placeholder:"DURATION"`
	Location *string        `help:"The one location that it serves; empty for any." placeholder:"NAME"`
}

// Run changes a pool.
func (c *poolChangeCmd) Run(s *session) error {
	if c.Rest == nil && c.Location == nil {
		return usageError{errors.New("give --rest or --location, or both")}
	}
	var rest *int64
	if c.Rest != nil {
		microseconds := c.Rest.Microseconds()
		rest = &microseconds
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		if _, err := o.desk.ChangePool(ctx, c.Name, rest, c.Location); err != nil {
			return err
		}
		return showPool(ctx, s, o, c.Name, 0)
	})
}

type poolListCmd struct{ databaseFlags }

// Run lists all pools but the removed.
func (c *poolListCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		pools, err := o.store.Pools(ctx, wallClock())
		if err != nil {
			return err
		}
		views := []poolView{}
		for i := range pools {
			if pools[i].RemovedAt == 0 {
				views = append(views, viewPool(&pools[i]))
			}
		}
		return s.show(views, poolTable(views))
	})
}

type poolShowCmd struct {
	databaseFlags
	Name  string `arg:"" help:"Name of the pool."`
	Limit int    `default:"100" help:"How many items at most."`
}

// Run shows one pool with its items that were ever given.
func (c *poolShowCmd) Run(s *session) error {
	if c.Limit < 1 || c.Limit > 100_000 {
		return usageError{fmt.Errorf("--limit: %d is not between 1 and 100000", c.Limit)}
	}
	return c.do(s, func(ctx context.Context, o *office) error { return showPool(ctx, s, o, c.Name, c.Limit) })
}

// poolSpan are the arguments of reserve and release.
type poolSpan struct {
	databaseFlags
	Name string `arg:"" help:"Name of the pool."`
	Item string `arg:"" help:"The item, or FIRST-LAST: 203.0.113.2-203.0.113.9."`
}

func (c *poolSpan) run(s *session, reserve bool) error {
	first, last, _ := strings.Cut(c.Item, "-")
	return c.do(s, func(ctx context.Context, o *office) error {
		if _, err := o.desk.ReserveItems(ctx, c.Name, first, last, reserve); err != nil {
			return err
		}
		return showPool(ctx, s, o, c.Name, 0)
	})
}

type poolReserveCmd struct{ poolSpan }

// Run reserves items.
func (c *poolReserveCmd) Run(s *session) error { return c.run(s, true) }

type poolRetireCmd struct{ poolSpan }

// Run retires items.
func (c *poolRetireCmd) Run(s *session) error {
	first, last, _ := strings.Cut(c.Item, "-")
	return c.do(s, func(ctx context.Context, o *office) error {
		if _, err := o.desk.RetireItems(ctx, c.Name, first, last); err != nil {
			return err
		}
		return showPool(ctx, s, o, c.Name, 0)
	})
}

type poolReleaseCmd struct{ poolSpan }

// Run releases items.
func (c *poolReleaseCmd) Run(s *session) error { return c.run(s, false) }

type poolRemoveCmd struct {
	databaseFlags
	Name string `arg:"" help:"Name of the pool."`
}

// Run ends a pool.
func (c *poolRemoveCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		p, err := o.desk.RemovePool(ctx, c.Name)
		if err != nil {
			return err
		}
		view := viewPool(&p)
		return s.show(view, lineOf("The pool "+c.Name+" is removed."))
	})
}
