package main

import (
	"strings"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/settings"
)

// fileWith is a small catalogue with these words in its one offer.
func fileWith(offer string) string {
	return `
currency: EUR
locations: [Slovenia]
images: [{id: 13, name: Debian 12}]
plans:
  - {external_id: 5, name: VPS, cores: 2, ram: 6GiB, disk: 40, price: "12.99", images: [13], offers: [{location: Slovenia, ` + offer + `}]}
`
}

// An offer's providers may be one or several, and are written down as they were read.
func TestProvidersOfAnOffer(t *testing.T) {
	empty, err := berth.NewCatalogue(berth.Catalogue{Currency: "EUR"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ offer, want, diff, refused string }{
		{"provider: a", "a", "a, no limit", ""},
		{"providers: [a]", "a", "a, no limit", ""},
		{"providers: [a, b, c]", "a,b,c", "a, then b, then c, no limit", ""},
		{"provider: a, providers: [b]", "", "", "one of the two"},
		{"capacity: 3", "", "", "provider is missing"},
		{"providers: []", "", "", "provider is missing"},
		{"providers: [a, \"\"]", "", "", "its name is empty"},
		{"providers: [a, b, a]", "", "", "named twice"},
		{"providers: [a, \"b,c\"]", "", "", "no comma"},
	} {
		f, err := readCatalogue(strings.NewReader(fileWith(c.offer)))
		var made *berth.Catalogue
		if err == nil {
			made, err = berth.NewCatalogue(f.catalogue(empty))
		}
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: got %v, want %q", c.offer, err, c.refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.offer, err)
			continue
		}
		if got := strings.Join(made.Plans[0].Offers[0].Providers, ","); got != c.want {
			t.Errorf("%s: got %s", c.offer, got)
		}
		back := fileOf(made)
		again, err := berth.NewCatalogue(back.catalogue(empty))
		if err != nil || len(compare(made, again)) != 0 {
			t.Errorf("%s: written down and read again it differs: %v", c.offer, err)
		}
		fields := planThing(&made.Plans[0]).fields
		if got := fields[len(fields)-1].text; got != c.diff {
			t.Errorf("%s: got %q in a difference, want %q", c.offer, got, c.diff)
		}
		if view := viewCatalogue(made, nil).Plans[0].Offers[0]; strings.Join(view.Providers, ",") != c.want || view.Provider != view.Providers[0] {
			t.Errorf("%s: got the view %+v", c.offer, view)
		}
		if got := strings.Join(providersNamed(made), ","); got != c.want {
			t.Errorf("%s: got the providers %s", c.offer, got)
		}
	}
}

// Every driver's provider takes a limit of calls.
func TestCallLimits(t *testing.T) {
	for text, want := range map[string]string{"": "16", "calls: 3": "3", "calls: 0": "above 0", "calls: many": "above 0"} {
		path := t.TempDir() + "/berth.yaml"
		writeFile(t, path, "providers:\n  p:\n    driver: sim\n    journal: j\n    "+text+"\n")
		s, err := settings.Load(settings.Sources{File: path, Getenv: func(string) string { return "" }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = providersOf(&s, func(string) string { return "" })
		got := decimal(int64(callLimits(&s)["p"]))
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
