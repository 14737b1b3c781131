package berth_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

func TestCatalogueChecks(t *testing.T) {
	long := strings.Repeat("n", 101)
	for _, tt := range []struct {
		name string
		edit func(c *berth.Catalogue)
		want string // a part of the refusal, "" for none
	}{
		{"as it is", func(c *berth.Catalogue) {}, ""},
		{"nothing but a currency", func(c *berth.Catalogue) { *c = berth.Catalogue{Currency: "CHF"} }, ""},
		{"a free plan", func(c *berth.Catalogue) { c.Plans[0].Price = 0 }, ""},
		{"none to be had", func(c *berth.Catalogue) { c.Plans[0].Offers[0].Capacity = 0 }, ""},
		{"the longest names", func(c *berth.Catalogue) { c.Plans[0].Name = strings.Repeat("č", 100) }, ""},

		{"no currency", func(c *berth.Catalogue) { c.Currency = "" }, "currency"},
		{"a small currency", func(c *berth.Catalogue) { c.Currency = "eur" }, `currency "eur"`},
		{"a location without a name", func(c *berth.Catalogue) { c.Locations[0].Name = "" }, "location"},
		{"a location twice", func(c *berth.Catalogue) { c.Locations[1].Name = here }, here},
		{"a control character", func(c *berth.Catalogue) { c.Locations[1].Name = "a\nb" }, "location"},
		{"an unknown default", func(c *berth.Catalogue) { c.DefaultLocation = "Atlantis" }, "Atlantis"},
		{"an image without a number", func(c *berth.Catalogue) { c.Images[0].ID = 0 }, "image 0"},
		{"an image twice", func(c *berth.Catalogue) { c.Images[1].ID = 2 }, "image 2"},
		{"an image without a name", func(c *berth.Catalogue) { c.Images[0].Name = "" }, "image 2"},
		{"an application twice", func(c *berth.Catalogue) { c.Applications[1].ID = 1 }, "application 1"},
		{"a comma in a link", func(c *berth.Catalogue) { c.Applications[0].LoginLink = "https://a,b" }, "application 1"},
		{"a line end in a link", func(c *berth.Catalogue) { c.Applications[0].LoginLink = "https://a\nb" }, "application 1"},

		{"a plan without an id", func(c *berth.Catalogue) { c.Plans[0].ID = "" }, "id is missing"},
		{"a plan with a long id", func(c *berth.Catalogue) { c.Plans[0].ID = strings.Repeat("i", 65) }, "64"},
		{"a plan without a number", func(c *berth.Catalogue) { c.Plans[0].ExternalID = 0 }, "external_id"},
		{"a plan without a name", func(c *berth.Catalogue) { c.Plans[0].Name = "" }, "plan 3: name"},
		{"a plan with a long name", func(c *berth.Catalogue) { c.Plans[0].Name = long }, "plan 3: name"},
		{"no cores", func(c *berth.Catalogue) { c.Plans[0].Cores = 0 }, "cores"},
		{"no memory", func(c *berth.Catalogue) { c.Plans[0].RAM = -1 }, "ram"},
		{"no disk", func(c *berth.Catalogue) { c.Plans[0].Disk = 0 }, "disk"},
		{"a negative price", func(c *berth.Catalogue) { c.Plans[0].Price = -1 }, "price"},
		{"a price beyond all", func(c *berth.Catalogue) { c.Plans[0].Price = berth.MaxMinor + 1 }, "price"},
		{"no location", func(c *berth.Catalogue) { c.Plans[0].Offers = nil }, "no location"},
		{"an unknown location", func(c *berth.Catalogue) { c.Plans[0].Offers[0].Location = "Atlantis" }, "Atlantis"},
		{"a location offered twice", func(c *berth.Catalogue) {
			c.Plans[0].Offers = append(c.Plans[0].Offers, c.Plans[0].Offers[0])
		}, "named twice"},
		{"no provider", func(c *berth.Catalogue) { c.Plans[0].Offers[0].Providers = nil }, "provider"},
		{"a negative capacity", func(c *berth.Catalogue) { c.Plans[0].Offers[0].Capacity = -2 }, "capacity"},
		{"an unknown image", func(c *berth.Catalogue) { c.Plans[0].Images = []int64{99} }, "image 99"},
		{"an unknown application", func(c *berth.Catalogue) { c.Plans[0].Applications = []int64{99} }, "application 99"},
		{"a plan's id twice", func(c *berth.Catalogue) { c.Plans[1].ID = c.Plans[0].ID }, "used twice"},
		{"a plan's number twice", func(c *berth.Catalogue) { c.Plans[1].ExternalID = 3 }, "used twice"},
		{"an id that is another's number", func(c *berth.Catalogue) { c.Plans[1].ID = "3" }, "used twice"},

		{"a network without an id", func(c *berth.Catalogue) { c.Networks[0].ID = "" }, "id is missing"},
		{"a network twice", func(c *berth.Catalogue) { c.Networks[1].ID = "net" }, "used twice"},
		{"a network with a comma", func(c *berth.Catalogue) { c.Networks[0].Name = "a,b" }, "comma"},
		{"a network with =", func(c *berth.Catalogue) { c.Networks[0].Name = "a=b" }, "comma and '='"},
		{"a network with a long text", func(c *berth.Catalogue) { c.Networks[0].Description = strings.Repeat("d", 1001) }, "1000"},
		{"a network of nobody", func(c *berth.Catalogue) { c.Networks[0].Provider = "" }, "provider"},
		{"a network without a price", func(c *berth.Catalogue) { c.Networks[1].Monthly = berth.NotOffered }, "no price"},
		{"a network with a wrong price", func(c *berth.Catalogue) { c.Networks[0].Yearly = -2 }, "prices"},
		{"a network of two pools of the same name", func(c *berth.Catalogue) { c.Networks[0].Peers = berth.Peers{ASNs: "a", Links: []string{"a"}} }, "named twice"},
		{"a sponsored network with a pool of numbers", func(c *berth.Catalogue) { c.Networks[0].Peers = berth.Peers{ASNs: "a", Sponsored: true} }, "leave asns out"},
		{"links without a number", func(c *berth.Catalogue) { c.Networks[0].Links = []string{"l"} }, "no number"},
		{"three links", func(c *berth.Catalogue) {
			c.Networks[0].Peers = berth.Peers{ASNs: "a", Links: []string{"l", "m", "n"}}
		}, "at most two"},
		{"prefixes without a session", func(c *berth.Catalogue) { c.Networks[0].Peers = berth.Peers{ASNs: "a", Prefixes: []string{"p"}} }, "no session"},
		{"an export that there isn't", func(c *berth.Catalogue) { c.Networks[0].Export = "all" }, "export is"},
		{"hops beyond counting", func(c *berth.Catalogue) { c.Networks[0].Multihop = 256 }, "multihop is 256"},
		{"a limit below zero", func(c *berth.Catalogue) { c.Networks[0].LimitV6 = -1 }, "a limit is -1"},
		{"a network beyond price", func(c *berth.Catalogue) { c.Networks[0].Monthly = berth.MaxMinor + 1 }, "prices"},
	} {
		c := goods()
		tt.edit(&c)
		made, err := berth.NewCatalogue(c)
		if tt.want == "" && (err != nil || made == nil) || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

func TestCatalogueFinds(t *testing.T) {
	c, err := berth.NewCatalogue(goods())
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Plans {
		p := &c.Plans[i]
		byID, ok1 := c.Plan(p.ID)
		byNumber, ok2 := c.Plan(fmt.Sprint(p.ExternalID))
		if !ok1 || !ok2 || byID != p || byNumber != p {
			t.Errorf("plan %d: got %v and %v", p.ExternalID, byID, byNumber)
		}
	}
	if _, ok := c.Plan("05"); ok {
		t.Errorf("plan 05 was found: ids are compared as they are")
	}
	if n, ok := c.Network("net"); !ok || n.Yearly != 10000 {
		t.Errorf("network: got %+v", n)
	}
	if _, ok := c.Image(7); ok {
		t.Errorf("image 7 was found")
	}
}

// A plan keeps the instant at which it was first applied, and tells when it was last changed.
func TestPlanDates(t *testing.T) {
	s := newShop(t)
	first := s.apply(goods())
	if p := first.Plans[0]; p.CreatedAt == 0 || p.CreatedAt != p.UpdatedAt || p.CreatedAt >= first.AppliedAt {
		t.Errorf("a version without changes: got %d and %d, want both of the version before %d", p.CreatedAt, p.UpdatedAt, first.AppliedAt)
	}
	s.pass(time.Hour)
	c := goods()
	c.Plans[0].Price++
	c.Plans = append(c.Plans, berth.Plan{ID: "new", ExternalID: 99, Name: "New", Cores: 1, RAM: 1, Disk: 1,
		Offers: []berth.Offer{{Location: here, Providers: []string{"sim"}, Capacity: berth.Unlimited}}})
	given := goods().Plans
	second := s.apply(c)
	was := first.Plans[0]
	if p := second.Plans[0]; p.CreatedAt != was.CreatedAt || p.UpdatedAt != second.AppliedAt {
		t.Errorf("a changed plan: got %d and %d, want %d and %d", p.CreatedAt, p.UpdatedAt, was.CreatedAt, second.AppliedAt)
	}
	if p := second.Plans[1]; !reflect.DeepEqual(p, first.Plans[1]) {
		t.Errorf("an unchanged plan: got %+v, want %+v", p, first.Plans[1])
	}
	if p := second.Plans[len(second.Plans)-1]; p.CreatedAt != second.AppliedAt {
		t.Errorf("a new plan: got %d, want %d", p.CreatedAt, second.AppliedAt)
	}
	if !reflect.DeepEqual(given[1], c.Plans[1]) {
		t.Errorf("the caller's own plan was changed: %+v", c.Plans[1])
	}
	if second.Version != first.Version+1 {
		t.Errorf("got version %d after %d", second.Version, first.Version)
	}
	if o := s.place(server("5")).Order; o.CatalogueVersion != second.Version {
		t.Errorf("an order notes version %d, want %d", o.CatalogueVersion, second.Version)
	}
}

func TestRefusedCatalogue(t *testing.T) {
	s := newShop(t)
	c := goods()
	c.Currency = "euro"
	if _, err := s.ApplyCatalogue(background, c); !berth.IsCode(err, berth.InvalidParameter) || !strings.Contains(err.Error(), "euro") {
		t.Errorf("got %v, want invalid_parameter that names what is wrong", err)
	}
	if now, err := s.store.Catalogue(background); err != nil || now.Version != 1 {
		t.Errorf("got version %d, %v, want 1", now.Version, err)
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("why")
	e := berth.Invalid("hours", "hours must be at most %d.", 5).Because(cause)
	wrapped := fmt.Errorf("wrapped: %w", e)
	if !berth.IsCode(wrapped, berth.InvalidParameter) || berth.IsCode(wrapped, berth.NotFound) || berth.IsCode(nil, berth.NotFound) {
		t.Errorf("IsCode doesn't find the code in a chain")
	}
	if got := berth.AsError(wrapped); got != e || got.Message != "hours must be at most 5." || got.Parameter != "hours" {
		t.Errorf("got %+v, want the error in the chain", got)
	}
	if !errors.Is(wrapped, cause) || strings.Contains(e.Error(), "why") {
		t.Errorf("the cause must be in the chain and not in the text: %v", e)
	}
	if got := berth.AsError(cause); got.Code != berth.Internal || !errors.Is(got, cause) || strings.Contains(got.Message, "why") {
		t.Errorf("any other error: got %+v, want internal with its cause hidden", got)
	}
}
