package berth

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Unlimited is the capacity of an offer that never runs out.
const Unlimited int64 = -1

// Catalogue is everything that can be bought, at one immutable version. Applying a file makes a new version; an
// order stores the version that priced it. A Catalogue that came out of NewCatalogue is only read, so any goroutine
// may hold it.
type Catalogue struct {
	Version         int64 // 0 before the first is applied, then 1, 2, ...
	AppliedAt       int64 // microseconds UTC
	Currency        string
	DefaultLocation string // used when an order names none, "" for no default
	Plans           []Plan
	Images          []Image
	Applications    []Application
	Locations       []Location
	Networks        []NetworkProduct
	Life            Life // of services whose plan or network product has none of its own

	plans    map[string]*Plan // by UUID and by external id
	networks map[string]*NetworkProduct
}

// Plan is a size of server with a monthly price. Clients order it by ExternalID.
type Plan struct {
	ID           string // UUID
	ExternalID   int64
	Type         string // "vps"
	Name         string
	Cores        int64
	RAM          int64 // bytes
	Disk         int64 // GB
	DiskType     string
	Price        int64   // minor units a month of 720 hours
	Images       []int64 // ids of the images it may be made from
	Applications []int64
	Offers       []Offer
	Life         *Life // nil for the catalogue's
	CreatedAt    int64
	UpdatedAt    int64
}

// Offer is a plan at a location: who makes the machines there, and how many there may be.
type Offer struct {
	Location  string
	Providers []string // in the order in which they are asked: see route.go
	Capacity  int64    // servers at most of all of them, Unlimited for no limit
}

// Image is an operating system image, known by a small number.
type Image struct {
	ID   int64
	Name string
}

// Application is an image with software in it; it may have a page to log in at.
type Application struct {
	ID        int64
	Name      string
	LoginLink string // may hold {{ hostname }}, which clients replace by the address
}

// Location is known by its name, as the wire does.
type Location struct {
	Name string
}

// NetworkProduct is a network service sold by calendar month or year.
type NetworkProduct struct {
	ID          string
	Name        string // no comma and no "=": it becomes part of an order's metadata
	Description string
	Provider    string
	Monthly     int64 // minor units; NotOffered when there is no such cycle
	Yearly      int64
	Life        *Life // nil for the catalogue's
	Peers             // the zero value for a product that its provider numbers itself
}

// NotOffered is the price of a billing cycle that a network product isn't sold in.
const NotOffered int64 = -1

// NewCatalogue checks the parts of a catalogue and indexes it. The error names the entry and what to mend.
func NewCatalogue(c Catalogue) (*Catalogue, error) {
	c.plans = make(map[string]*Plan, 2*len(c.Plans))
	c.networks = make(map[string]*NetworkProduct, len(c.Networks))
	if err := checkNames(&c); err != nil {
		return nil, err
	}
	for i := range c.Plans {
		p := &c.Plans[i]
		if err := c.checkPlan(p); err != nil {
			return nil, err
		}
		for _, key := range []string{p.ID, strconv.FormatInt(p.ExternalID, 10)} {
			if c.plans[key] != nil {
				return nil, fmt.Errorf("plan %q: id %s is used twice", p.Name, key)
			}
			c.plans[key] = p
		}
	}
	for i := range c.Networks {
		n := &c.Networks[i]
		if err := checkNetwork(n); err != nil {
			return nil, err
		}
		if c.networks[n.ID] != nil {
			return nil, fmt.Errorf("network %q: id %s is used twice", n.Name, n.ID)
		}
		c.networks[n.ID] = n
	}
	if err := c.checkLives(); err != nil {
		return nil, err
	}
	return &c, nil
}

// datePlans notes when each plan was first applied and last changed.
func datePlans(plans []Plan, old *Catalogue, now int64) []Plan {
	plans = slices.Clone(plans) // the caller's own stay as they are
	for i := range plans {
		p := &plans[i]
		p.CreatedAt, p.UpdatedAt = now, now
		if before, ok := old.Plan(p.ID); ok && before.ID == p.ID {
			p.CreatedAt, p.UpdatedAt = before.CreatedAt, before.UpdatedAt
			if !reflect.DeepEqual(p, before) {
				p.UpdatedAt = now
			}
		}
	}
	return plans
}

func checkNames(c *Catalogue) error {
	if len(c.Currency) != 3 || strings.ToUpper(c.Currency) != c.Currency {
		return fmt.Errorf("currency %q: give three capital letters, such as EUR", c.Currency)
	}
	locations, images, applications := map[string]bool{}, map[int64]bool{}, map[int64]bool{}
	for _, l := range c.Locations {
		if !fits(l.Name, 100) || locations[l.Name] {
			return fmt.Errorf("location %q: names are 1 to 100 printable characters, each used once", l.Name)
		}
		locations[l.Name] = true
	}
	if c.DefaultLocation != "" && !locations[c.DefaultLocation] {
		return fmt.Errorf("default location %q is not among the locations", c.DefaultLocation)
	}
	for _, im := range c.Images {
		if im.ID <= 0 || !fits(im.Name, 255) || images[im.ID] {
			return fmt.Errorf("image %d: ids are positive and used once, names 1 to 255 printable characters", im.ID)
		}
		images[im.ID] = true
	}
	for _, a := range c.Applications {
		if a.ID <= 0 || !fits(a.Name, 255) || applications[a.ID] || !printable(a.LoginLink, 255) || strings.Contains(a.LoginLink, ",") {
			return fmt.Errorf("application %d: ids are positive and used once, names 1 to 255 printable characters, login links hold no comma", a.ID)
		}
		applications[a.ID] = true
	}
	return nil
}

func (c *Catalogue) checkPlan(p *Plan) error {
	switch {
	case p.ID == "" || len(p.ID) > 64:
		return fmt.Errorf("plan %q: id is missing or longer than 64 characters", p.Name)
	case p.ExternalID <= 0:
		return fmt.Errorf("plan %q: external_id must be positive", p.Name)
	case !fits(p.Name, 100):
		return fmt.Errorf("plan %d: name must be 1 to 100 printable characters", p.ExternalID)
	case p.Cores <= 0 || p.RAM <= 0 || p.Disk <= 0:
		return fmt.Errorf("plan %q: cores, ram and disk must be positive", p.Name)
	case p.Price < 0 || p.Price > MaxMinor:
		return fmt.Errorf("plan %q: price must be between 0 and %s", p.Name, FormatMinor(MaxMinor))
	case len(p.Offers) == 0:
		return fmt.Errorf("plan %q: it is offered at no location", p.Name)
	}
	seen := map[string]bool{}
	for _, o := range p.Offers {
		if !c.hasLocation(o.Location) || seen[o.Location] {
			return fmt.Errorf("plan %q: location %q is unknown or named twice", p.Name, o.Location)
		}
		seen[o.Location] = true
		if err := checkRoute(o.Providers); err != nil {
			return fmt.Errorf("plan %q at %s: %w", p.Name, o.Location, err)
		}
		if o.Capacity < Unlimited {
			return fmt.Errorf("plan %q at %s: capacity is negative", p.Name, o.Location)
		}
	}
	for _, id := range p.Images {
		if _, ok := c.Image(id); !ok {
			return fmt.Errorf("plan %q: image %d is not among the images", p.Name, id)
		}
	}
	for _, id := range p.Applications {
		if _, ok := c.Application(id); !ok {
			return fmt.Errorf("plan %q: application %d is not among the applications", p.Name, id)
		}
	}
	return nil
}

func checkNetwork(n *NetworkProduct) error {
	switch {
	case n.ID == "" || len(n.ID) > 64:
		return fmt.Errorf("network %q: id is missing or longer than 64 characters", n.Name)
	case !fits(n.Name, 100) || strings.ContainsAny(n.Name, ",="):
		return fmt.Errorf("network %q: name must be 1 to 100 printable characters without comma and '='", n.Name)
	case len(n.Description) > 1000:
		return fmt.Errorf("network %q: description is longer than 1000 bytes", n.Name)
	case n.Provider == "":
		return fmt.Errorf("network %q: provider is missing", n.Name)
	case n.Monthly == NotOffered && n.Yearly == NotOffered:
		return fmt.Errorf("network %q: it has no price", n.Name)
	case n.Monthly < NotOffered || n.Yearly < NotOffered || n.Monthly > MaxMinor || n.Yearly > MaxMinor:
		return fmt.Errorf("network %q: prices must be between 0 and %s", n.Name, FormatMinor(MaxMinor))
	}
	return n.Peers.check(n.Name)
}

func (c *Catalogue) hasLocation(name string) bool {
	for _, l := range c.Locations {
		if l.Name == name {
			return true
		}
	}
	return false
}

// Plan finds a plan by external id ("5", what clients send) or UUID.
func (c *Catalogue) Plan(id string) (*Plan, bool) {
	p, ok := c.plans[id]
	return p, ok
}

// Network finds a network product by id.
func (c *Catalogue) Network(id string) (*NetworkProduct, bool) {
	n, ok := c.networks[id]
	return n, ok
}

// Image finds an image by number.
func (c *Catalogue) Image(id int64) (Image, bool) {
	for _, im := range c.Images {
		if im.ID == id {
			return im, true
		}
	}
	return Image{}, false
}

// Application finds an application by number.
func (c *Catalogue) Application(id int64) (Application, bool) {
	for _, a := range c.Applications {
		if a.ID == id {
			return a, true
		}
	}
	return Application{}, false
}

// Offer finds the plan's offer at a location.
func (p *Plan) Offer(location string) (Offer, bool) {
	for _, o := range p.Offers {
		if o.Location == location {
			return o, true
		}
	}
	return Offer{}, false
}

// fits reports whether text is 1 to limit characters, all printable.
func fits(text string, limit int) bool {
	return text != "" && printable(text, limit)
}
