package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/berth-host/berth"
)

// difference is one line of what applying a file changes.
type difference struct {
	Change string `json:"change"` // "added", "changed" or "removed"
	What   string `json:"what"`   // "plan 5", "image 13", "catalogue"
	Field  string `json:"field,omitempty"`
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
}

// thing is one entry of a catalogue as text, field by field: what people compare.
type thing struct {
	name   string
	fields []cell
}

type cell struct{ name, text string }

// compare lists what is different, entry by entry: first what was added and changed, then what was removed.
func compare(old, now *berth.Catalogue) []difference {
	list := []difference{}
	before, after := things(old), things(now)
	known := map[string]thing{}
	for _, t := range before {
		known[t.name] = t
	}
	for _, t := range after {
		was, ok := known[t.name]
		if !ok {
			list = append(list, difference{Change: "added", What: t.name, New: t.summary()})
			continue
		}
		delete(known, t.name)
		list = append(list, changed(was, t)...)
	}
	for _, t := range before { // in the file's order, not the map's
		if _, gone := known[t.name]; gone {
			list = append(list, difference{Change: "removed", What: t.name, Old: t.summary()})
		}
	}
	return list
}

func changed(old, now thing) (list []difference) {
	was := map[string]string{}
	for _, c := range old.fields {
		was[c.name] = c.text
	}
	for _, c := range now.fields {
		if was[c.name] != c.text {
			list = append(list, difference{Change: "changed", What: now.name, Field: c.name, Old: was[c.name], New: c.text})
		}
		delete(was, c.name)
	}
	for _, c := range old.fields {
		if _, gone := was[c.name]; gone {
			list = append(list, difference{Change: "changed", What: now.name, Field: c.name, Old: c.text})
		}
	}
	return list
}

// summary is an entry on one line.
func (t thing) summary() string {
	var parts []string
	for _, c := range t.fields {
		if c.text != "" {
			parts = append(parts, c.name+" "+c.text)
		}
	}
	return strings.Join(parts, ", ")
}

// things is a catalogue as text. The order of plans, offers and so on is no difference.
func things(c *berth.Catalogue) []thing {
	list := []thing{{"catalogue", []cell{{"currency", c.Currency}, {"default_location", c.DefaultLocation},
		{"life", lifeText(&c.Life)}}}}
	for _, l := range c.Locations {
		list = append(list, thing{name: "location " + l.Name})
	}
	for _, im := range c.Images {
		list = append(list, thing{"image " + decimal(im.ID), []cell{{"name", im.Name}}})
	}
	for _, a := range c.Applications {
		list = append(list, thing{"application " + decimal(a.ID), []cell{{"name", a.Name}, {"login_link", a.LoginLink}}})
	}
	for i := range c.Plans {
		list = append(list, planThing(&c.Plans[i]))
	}
	for _, n := range c.Networks {
		list = append(list, thing{"network " + n.ID, append([]cell{{"name", n.Name}, {"description", n.Description},
			{"provider", n.Provider}, {"monthly", cycle(n.Monthly)}, {"yearly", cycle(n.Yearly)}, {"life", lifeText(n.Life)}}, peersCells(n.Peers)...)})
	}
	return list
}

func planThing(p *berth.Plan) thing {
	fields := []cell{{"name", p.Name}, {"price", berth.FormatMinor(p.Price)}, {"cores", decimal(p.Cores)},
		{"ram", size(p.RAM).String()}, {"disk", decimal(p.Disk)}, {"disk_type", p.DiskType}, {"type", p.Type},
		{"images", numbers(p.Images)}, {"applications", numbers(p.Applications)}, {"id", p.ID},
		{"life", lifeText(p.Life)}}
	for _, o := range p.Offers {
		fields = append(fields, cell{"offer at " + o.Location, strings.Join(o.Providers, ", then ") + ", " + capacity(o.Capacity)})
	}
	return thing{"plan " + decimal(p.ExternalID), fields}
}

func numbers(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = decimal(id)
	}
	return strings.Join(texts, " ")
}

func capacity(n int64) string {
	if n == berth.Unlimited {
		return "no limit"
	}
	return "at most " + decimal(n)
}

func cycle(minor int64) string {
	if minor == berth.NotOffered {
		return ""
	}
	return berth.FormatMinor(minor)
}

// printDifferences writes the list as people read one: + new, - gone, ~ changed from old to new.
func printDifferences(w io.Writer, list []difference) {
	for _, d := range list {
		switch d.Change {
		case "added":
			row(w, strings.TrimSuffix(fmt.Sprintf("+ %s: %s", d.What, d.New), ": "))
		case "removed":
			row(w, strings.TrimSuffix(fmt.Sprintf("- %s: %s", d.What, d.Old), ": "))
		default:
			row(w, fmt.Sprintf("~ %s: %s: %s -> %s", d.What, d.Field, shown(d.Old), shown(d.New)))
		}
	}
}
