package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/settings"
)

// catalogueFile is the whole catalogue as an operator writes it. What isn't in the file isn't sold.
type catalogueFile struct {
	Currency        string            `yaml:"currency"`
	DefaultLocation string            `yaml:"default_location,omitempty"`
	Locations       []string          `yaml:"locations,omitempty"`
	Images          []imageFile       `yaml:"images,omitempty"`
	Applications    []applicationFile `yaml:"applications,omitempty"`
	Plans           []planFile        `yaml:"plans,omitempty"`
	Networks        []networkFile     `yaml:"networks,omitempty"`
	Life            *lifeFile         `yaml:"life,omitempty,flow"`
}

type imageFile struct {
	ID   int64  `yaml:"id"`
	Name string `yaml:"name"`
}

type applicationFile struct {
	ID        int64  `yaml:"id"`
	Name      string `yaml:"name"`
	LoginLink string `yaml:"login_link,omitempty"`
}

type planFile struct {
	ID           string      `yaml:"id,omitempty"` // UUID; follows from external_id when left out
	ExternalID   int64       `yaml:"external_id"`
	Type         string      `yaml:"type,omitempty"`
	Name         string      `yaml:"name"`
	Cores        int64       `yaml:"cores"`
	RAM          size        `yaml:"ram"`
	Disk         int64       `yaml:"disk"`
	DiskType     string      `yaml:"disk_type,omitempty"`
	Price        price       `yaml:"price"`
	Images       []int64     `yaml:"images,omitempty,flow"`
	Applications []int64     `yaml:"applications,omitempty,flow"`
	Life         *lifeFile   `yaml:"life,omitempty,flow"`
	Offers       []offerFile `yaml:"offers"`
}

type offerFile struct {
	Location  string   `yaml:"location"`
	Provider  string   `yaml:"provider,omitempty"`       // the only one, or
	Providers []string `yaml:"providers,omitempty,flow"` // several in order
	Capacity  *int64   `yaml:"capacity,omitempty"`       // nil for no limit
}

// all are the offer's providers, however they were written.
func (o *offerFile) all() []string {
	if o.Provider != "" {
		return []string{o.Provider}
	}
	return o.Providers
}

type networkFile struct {
	ID          string `yaml:"id"`
	Name        string `yaml:"name"`
	Description string `yaml:"description,omitempty"`
	Provider    string `yaml:"provider"`
	Monthly     *price `yaml:"monthly,omitempty"` // nil for a cycle that isn't sold
	Yearly      *price `yaml:"yearly,omitempty"`

	peersFile `yaml:",inline"`

	Life *lifeFile `yaml:"life,omitempty,flow"`
}

// price is an amount in minor units, written with its decimals. The text is read, never a float.
type price struct {
	minor int64
	given bool
}

// UnmarshalYAML reads "12.99", with or without quotes.
func (p *price) UnmarshalYAML(n *yaml.Node) error {
	minor, err := berth.ParseMinor(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: %q is not a price such as \"12.99\"", n.Line, n.Value)
	}
	*p = price{minor: minor, given: true}
	return nil
}

// MarshalYAML writes the price in quotes, so that no reader takes it for a float.
func (p price) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: berth.FormatMinor(p.minor)}, nil
}

// size is a number of bytes, written as 6GiB, 512MiB or plainly.
type size int64

// units are the binary units, the largest first.
func units() []unit {
	return []unit{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}
}

type unit struct {
	name  string
	bytes int64
}

// UnmarshalYAML reads "6GiB" or 6442450944.
func (s *size) UnmarshalYAML(n *yaml.Node) error {
	text, factor := n.Value, int64(1)
	for _, u := range units() {
		if number, ok := strings.CutSuffix(n.Value, u.name); ok {
			text, factor = strings.TrimSpace(number), u.bytes
		}
	}
	count, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n.Kind != yaml.ScalarNode || count <= 0 || count > 1<<50/factor {
		return fmt.Errorf("line %d: %q is not a size such as 6GiB, 512MiB or 6442450944 (bytes)", n.Line, n.Value)
	}
	*s = size(count * factor)
	return nil
}

// MarshalYAML writes the size in the largest unit that leaves no remainder.
func (s size) MarshalYAML() (any, error) { return s.String(), nil }

func (s size) String() string {
	for _, u := range units() {
		if int64(s)%u.bytes == 0 && s != 0 {
			return decimal(int64(s)/u.bytes) + u.name
		}
	}
	return decimal(int64(s))
}

// readCatalogue reads a catalogue file. Unknown and repeated keys are refused with their line.
func readCatalogue(r io.Reader) (catalogueFile, error) {
	var f catalogueFile
	d := yaml.NewDecoder(r)
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			return f, errors.New("it is empty")
		}
		return f, settings.PlainYAMLError(err)
	}
	var more yaml.Node
	if !errors.Is(d.Decode(&more), io.EOF) {
		return f, errors.New("it must hold one YAML document")
	}
	for _, p := range f.Plans {
		if !p.Price.given {
			return f, fmt.Errorf("plan %d: price is missing", p.ExternalID)
		}
		for _, o := range p.Offers {
			if o.Provider != "" && len(o.Providers) > 0 {
				return f, fmt.Errorf("plan %d at %s: give provider or providers, one of the two", p.ExternalID, o.Location)
			}
		}
	}
	return f, nil
}

// catalogue makes the business's catalogue of a file. A plan without an id keeps the one that current has for its
// external id, so that stock and customers stay with it; a new one gets an id that follows from the external id.
func (f *catalogueFile) catalogue(current *berth.Catalogue) berth.Catalogue {
	c := berth.Catalogue{Currency: f.Currency, DefaultLocation: f.DefaultLocation, Life: f.Life.over(berth.DefaultLife())}
	for _, name := range f.Locations {
		c.Locations = append(c.Locations, berth.Location{Name: name})
	}
	for _, im := range f.Images {
		c.Images = append(c.Images, berth.Image(im))
	}
	for _, a := range f.Applications {
		c.Applications = append(c.Applications, berth.Application(a))
	}
	for _, p := range f.Plans {
		plan := p.plan(current)
		plan.Life = p.Life.own(c.Life)
		c.Plans = append(c.Plans, plan)
	}
	for _, n := range f.Networks {
		c.Networks = append(c.Networks, berth.NetworkProduct{ID: n.ID, Name: n.Name, Description: n.Description,
			Provider: n.Provider, Monthly: n.Monthly.orNotOffered(), Yearly: n.Yearly.orNotOffered(), Life: n.Life.own(c.Life),
			Peers: n.peers()})
	}
	return c
}

func (p *price) orNotOffered() int64 {
	if p == nil {
		return berth.NotOffered
	}
	return p.minor
}

func (p *planFile) plan(current *berth.Catalogue) berth.Plan {
	plan := berth.Plan{ID: p.ID, ExternalID: p.ExternalID, Type: p.Type, Name: p.Name, Cores: p.Cores, RAM: int64(p.RAM),
		Disk: p.Disk, DiskType: p.DiskType, Price: p.Price.minor, Images: p.Images, Applications: p.Applications}
	if plan.Type == "" {
		plan.Type = "vps"
	}
	if plan.DiskType == "" {
		plan.DiskType = "ssd"
	}
	if plan.ID == "" {
		plan.ID = planID(p.ExternalID)
		if known, ok := current.Plan(decimal(p.ExternalID)); ok {
			plan.ID = known.ID
		}
	}
	for _, o := range p.Offers {
		offer := berth.Offer{Location: o.Location, Providers: o.all(), Capacity: berth.Unlimited}
		if o.Capacity != nil {
			offer.Capacity = *o.Capacity
		}
		plan.Offers = append(plan.Offers, offer)
	}
	return plan
}

// planID is the UUID of a plan that was given none: version 8, made of the digest of its external id, and thus the
// same in every installation.
func planID(externalID int64) string {
	sum := sha256.Sum256([]byte("berth plan " + decimal(externalID)))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// fileOf writes a catalogue down as a file that, applied again, changes nothing.
func fileOf(c *berth.Catalogue) catalogueFile {
	f := catalogueFile{Currency: c.Currency, DefaultLocation: c.DefaultLocation, Life: fileOfLife(&c.Life)}
	for _, l := range c.Locations {
		f.Locations = append(f.Locations, l.Name)
	}
	for _, im := range c.Images {
		f.Images = append(f.Images, imageFile(im))
	}
	for _, a := range c.Applications {
		f.Applications = append(f.Applications, applicationFile(a))
	}
	for _, p := range c.Plans {
		plan := planFile{ID: p.ID, ExternalID: p.ExternalID, Type: p.Type, Name: p.Name, Cores: p.Cores, RAM: size(p.RAM),
			Disk: p.Disk, DiskType: p.DiskType, Price: price{p.Price, true}, Images: p.Images, Applications: p.Applications,
			Life: fileOfLife(p.Life)}
		for _, o := range p.Offers {
			offer := offerFile{Location: o.Location, Providers: o.Providers}
			if len(o.Providers) == 1 {
				offer.Provider, offer.Providers = o.Providers[0], nil
			}
			if o.Capacity != berth.Unlimited {
				offer.Capacity = &o.Capacity
			}
			plan.Offers = append(plan.Offers, offer)
		}
		f.Plans = append(f.Plans, plan)
	}
	for _, n := range c.Networks {
		f.Networks = append(f.Networks, networkFile{ID: n.ID, Name: n.Name, Description: n.Description, Provider: n.Provider,
			Monthly: offered(n.Monthly), Yearly: offered(n.Yearly), Life: fileOfLife(n.Life),
			peersFile: fileOfPeers(n.Peers)})
	}
	return f
}

func offered(minor int64) *price {
	if minor == berth.NotOffered {
		return nil
	}
	return &price{minor, true}
}
