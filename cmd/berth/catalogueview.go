package main

import (
	"io"
	"strings"

	"github.com/berth-host/berth"
)

// catalogueView is the catalogue in JSON.
type catalogueView struct {
	Version         int64         `json:"version"`
	AppliedAt       *string       `json:"applied_at"`
	Currency        string        `json:"currency"`
	DefaultLocation string        `json:"default_location"`
	Locations       []string      `json:"locations"`
	Images          []itemView    `json:"images"`
	Applications    []itemView    `json:"applications"`
	Plans           []planView    `json:"plans"`
	Networks        []networkView `json:"networks"`
	Life            *lifeView     `json:"life"`
}

type itemView struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type planView struct {
	ID           string      `json:"id"`
	ExternalID   int64       `json:"external_id"`
	Name         string      `json:"name"`
	Cores        int64       `json:"cores"`
	RAM          int64       `json:"ram"`
	Disk         int64       `json:"disk"`
	Price        string      `json:"price"`
	Images       []int64     `json:"images"`
	Applications []int64     `json:"applications"`
	Offers       []offerView `json:"offers"`
	Life         *lifeView   `json:"life"` // null for the catalogue's
}

type offerView struct {
	Location  string   `json:"location"`
	Provider  string   `json:"provider"`  // the first that is asked
	Providers []string `json:"providers"` // all, in order
	Capacity  *int64   `json:"capacity"`  // null for no limit
	Used      *int64   `json:"used"`      // null where there's no limit
}

type networkView struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Provider string  `json:"provider"`
	Monthly  *string `json:"monthly"`
	Yearly   *string `json:"yearly"`

	Life *lifeView `json:"life"` // null for the catalogue's

	Peers *peersFile `json:"session"` // null for a product that its provider numbers itself
}

func viewCatalogue(c *berth.Catalogue, stock []berth.Stock) catalogueView {
	v := catalogueView{Version: c.Version, AppliedAt: stamp(c.AppliedAt), Currency: c.Currency, DefaultLocation: c.DefaultLocation,
		Locations: []string{}, Images: []itemView{}, Applications: []itemView{}, Plans: []planView{}, Networks: []networkView{},
		Life: viewLife(&c.Life)}
	for _, l := range c.Locations {
		v.Locations = append(v.Locations, l.Name)
	}
	for _, im := range c.Images {
		v.Images = append(v.Images, itemView{im.ID, im.Name})
	}
	for _, a := range c.Applications {
		v.Applications = append(v.Applications, itemView{a.ID, a.Name})
	}
	for _, p := range c.Plans {
		plan := planView{ID: p.ID, ExternalID: p.ExternalID, Name: p.Name, Cores: p.Cores, RAM: p.RAM, Disk: p.Disk,
			Price: berth.FormatMinor(p.Price), Images: append([]int64{}, p.Images...), Applications: append([]int64{}, p.Applications...),
			Life: viewLife(p.Life)}
		for _, o := range p.Offers {
			offer := offerView{Location: o.Location, Provider: o.Providers[0], Providers: o.Providers}
			if o.Capacity != berth.Unlimited {
				used := usedOf(stock, berth.StockKey(p.ID, o.Location))
				offer.Capacity, offer.Used = &o.Capacity, &used
			}
			plan.Offers = append(plan.Offers, offer)
		}
		v.Plans = append(v.Plans, plan)
	}
	for _, n := range c.Networks {
		v.Networks = append(v.Networks, networkView{n.ID, n.Name, n.Provider, orNull(cycle(n.Monthly)), orNull(cycle(n.Yearly)), viewLife(n.Life), viewPeers(n.Peers)})
	}
	return v
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func usedOf(stock []berth.Stock, key string) int64 {
	for _, s := range stock {
		if s.Key == key {
			return s.Used
		}
	}
	return 0
}

func printCatalogue(w io.Writer, c *berth.Catalogue, stock []berth.Stock) {
	row(w, "Version "+decimal(c.Version)+", prices in "+c.Currency)
	row(w, "Services: "+lifeText(&c.Life))
	for _, p := range c.Plans {
		if p.Life != nil {
			row(w, "  plan "+decimal(p.ExternalID)+": "+lifeText(p.Life))
		}
	}
	for _, n := range c.Networks {
		if n.Life != nil {
			row(w, "  network "+n.ID+": "+lifeText(n.Life))
		}
	}
	row(w, "")
	row(w, "PLAN", "NAME", "CORES", "RAM", "DISK", "MONTH", "LOCATION", "PROVIDER", "USED")
	for _, p := range c.Plans {
		for _, o := range p.Offers {
			used := "-"
			if o.Capacity != berth.Unlimited {
				used = decimal(usedOf(stock, berth.StockKey(p.ID, o.Location))) + "/" + decimal(o.Capacity)
			}
			row(w, decimal(p.ExternalID), p.Name, decimal(p.Cores), size(p.RAM).String(), decimal(p.Disk)+"GB", berth.FormatMinor(p.Price),
				o.Location, strings.Join(o.Providers, ", "), used)
		}
	}
	row(w, "")
	row(w, "NETWORK", "NAME", "PROVIDER", "MONTH", "YEAR", "SESSION")
	for _, n := range c.Networks {
		row(w, n.ID, n.Name, n.Provider, shown(cycle(n.Monthly)), shown(cycle(n.Yearly)), shown(thing{fields: peersCells(n.Peers)}.summary()))
	}
	row(w, "")
	row(w, "IMAGE", "NAME")
	for _, im := range c.Images {
		row(w, decimal(im.ID), im.Name)
	}
	row(w, "")
	row(w, "APPLICATION", "NAME")
	for _, a := range c.Applications {
		row(w, decimal(a.ID), a.Name)
	}
}

// providersNamed lists the providers that a catalogue sells from, each once.
func providersNamed(c *berth.Catalogue) (names []string) {
	seen := map[string]bool{}
	note := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, p := range c.Plans {
		for _, o := range p.Offers {
			for _, provider := range o.Providers {
				note(provider)
			}
		}
	}
	for _, n := range c.Networks {
		note(n.Provider)
	}
	return names
}
