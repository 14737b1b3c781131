package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// poolView is a pool as the commands show it.
type poolView struct {
	Name     string         `json:"name"`
	Kind     string         `json:"kind"`
	Location string         `json:"location"`
	Ranges   []rangeView    `json:"ranges"`
	Reserved []string       `json:"reserved"` // a value, or FIRST-LAST
	MAC      string         `json:"mac"`
	Rest     string         `json:"rest"`
	Live     int64          `json:"live"`
	Resting  int64          `json:"resting"`
	Free     int64          `json:"free"`
	Removed  bool           `json:"removed"`
	Items    []poolItemView `json:"items,omitempty"`
}

type rangeView struct {
	Range   string `json:"range"`
	Gateway string `json:"gateway,omitempty"`
	Length  int    `json:"length,omitempty"`
}

// poolItemView is something of a pool that was given before.
type poolItemView struct {
	Value   string  `json:"value"`
	State   string  `json:"state"`   // live, resting, reserved or free
	Retires bool    `json:"retires"` // it is live, and will be reserved when its service ends
	Service string  `json:"service_id"`
	Before  string  `json:"service_before"`
	TakenAt *string `json:"taken_at"`
	FreeAt  *string `json:"free_at"`
}

func viewPool(p *berth.Pool) poolView {
	v := poolView{Name: p.Name, Kind: string(p.Kind), Location: p.Location, Ranges: []rangeView{}, Reserved: []string{}, MAC: p.MAC,
		Rest: (time.Duration(p.Rest) * time.Microsecond).String(), Live: p.Live, Resting: p.Resting, Free: p.Spare(), Removed: p.RemovedAt != 0}
	if v.Removed {
		v.Free = 0
	}
	for _, r := range p.Ranges {
		v.Ranges = append(v.Ranges, rangeView{Range: r.String(), Gateway: r.Gateway, Length: r.Length})
	}
	for _, s := range p.Reserved {
		text := p.At(s.First)
		if s.Last != s.First {
			text += "-" + p.At(s.Last)
		}
		v.Reserved = append(v.Reserved, text)
	}
	return v
}

func viewItem(i berth.Item, now int64) poolItemView {
	v := poolItemView{Value: i.Value, State: "free", Service: i.Owner, Before: i.Last, TakenAt: stamp(i.TakenAt)}
	switch {
	case i.Owner != "":
		v.State, v.Retires = "live", i.FreeAt == berth.Forever
	case i.FreeAt == berth.Forever:
		v.State = "reserved"
	case i.FreeAt > now:
		v.State, v.FreeAt = "resting", stamp(i.FreeAt)
	}
	return v
}

// showPool shows a pool and some of its items.
func showPool(ctx context.Context, s *session, o *office, name string, limit int) error {
	now := wallClock()
	pools, err := o.store.Pools(ctx, now)
	if err != nil {
		return err
	}
	for i := range pools {
		if pools[i].Name != name {
			continue
		}
		view := viewPool(&pools[i])
		var items []berth.Item
		if limit > 0 {
			if items, err = o.store.PoolItems(ctx, name, -1, limit); err != nil {
				return err
			}
		}
		for _, item := range items {
			view.Items = append(view.Items, viewItem(item, now))
		}
		return s.show(view, func(w io.Writer) {
			poolTable([]poolView{view})(w)
			view.details(w)
			if len(items) == 0 {
				return
			}
			row(w, "ITEM", "STATE", "SERVICE", "TAKEN", "FREE AT", "BEFORE")
			for n, v := range view.Items {
				free := "-"
				if v.FreeAt != nil {
					free = local(items[n].FreeAt, o.settings.Zone)
				}
				state := v.State
				if v.Retires {
					state += ", retires"
				}
				row(w, v.Value, state, shown(v.Service), local(items[n].TakenAt, o.settings.Zone), free, shown(v.Before))
			}
		})
	}
	return berth.Unknown("pool", "There is no pool of this name; 'pool list' shows all.")
}

func poolTable(views []poolView) func(io.Writer) {
	return func(w io.Writer) {
		row(w, "POOL", "KIND", "LOCATION", "RANGES", "LIVE", "RESTING", "FREE", "REST")
		for _, v := range views {
			row(w, v.Name, v.Kind, shown(v.Location), fmt.Sprint(len(v.Ranges)), decimal(v.Live), decimal(v.Resting), decimal(v.Free), v.Rest)
		}
	}
}

// details are what a line of the list has no room for.
func (v *poolView) details(w io.Writer) {
	for _, r := range v.Ranges {
		text := "Range " + r.Range
		if r.Gateway != "" {
			text += ", gateway " + r.Gateway
		}
		if r.Length != 0 {
			text += fmt.Sprintf(", a /%d each", r.Length)
		}
		row(w, text+".")
	}
	if v.Removed {
		row(w, "Removed: nothing of it is given any more.")
	}
	if v.MAC != "" {
		row(w, "MAC addresses begin with "+v.MAC+".")
	}
	if len(v.Reserved) > 0 {
		row(w, "Reserved: "+strings.Join(v.Reserved, ", ")+".")
	}
}

func lineOf(text string) func(io.Writer) { return func(w io.Writer) { row(w, text) } }

// checkPools compares the pools that the settings name with those that are there.
func (v *checkView) checkPools(ctx context.Context, o *office, c *berth.Catalogue) error {
	pools, err := o.store.Pools(ctx, wallClock())
	if err != nil {
		return err
	}
	named := o.settings.Pools()
	for n := range v.Providers {
		one := &v.Providers[n]
		name := named[one.Provider]
		if name == "" {
			continue
		}
		match := berth.Match{Sort: "pool", Name: one.Provider, Ours: name}
		for i := range pools {
			if p := viewPool(&pools[i]); p.Name == name && !p.Removed {
				match.Theirs = fmt.Sprintf("%d of kind %s to give", p.Free, p.Kind)
				match.OK = p.Free > 0 && p.Kind == string(berth.AddressPool)
				if lacks := placesWithout(c, one.Provider, p.Location); len(lacks) > 0 {
					match.OK, match.Theirs = false, match.Theirs+", none at "+strings.Join(lacks, ", ")
				}
			}
		}
		one.add(match)
		v.OK = v.OK && match.OK
	}
	return nil
}

// placesWithout are the locations where the catalogue sells from a provider, and the pool of one location gives nothing:
// every order there would be refused as out of stock.
func placesWithout(c *berth.Catalogue, provider, location string) (places []string) {
	for _, plan := range c.Plans {
		for _, offer := range plan.Offers {
			if location != "" && offer.Location != location && slices.Contains(offer.Providers, provider) {
				places = append(places, offer.Location)
			}
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// warnOfPools tells of pools that the settings name and nobody has made: no order there can be taken.
func (st *station) warnOfPools(ctx context.Context) error {
	named := st.settings.Pools()
	if len(named) == 0 {
		return nil
	}
	pools, err := st.store.Pools(ctx, wallClock())
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for i := range pools {
		there[pools[i].Name] = pools[i].RemovedAt == 0 && pools[i].Kind == berth.AddressPool
	}
	for _, provider := range st.settings.ProviderNames() {
		if pool := named[provider]; pool != "" && !there[pool] {
			st.log.Warn("the provider's servers get their addresses from a pool that does not exist: its orders are refused. "+
				"Make it with 'berth pool add'", "provider", provider, "pool", pool)
		}
	}
	return nil
}
