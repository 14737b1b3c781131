package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	exampleCatalogue = "../../deploy/catalogue.example.yaml"
	smallCatalogue   = `currency: EUR
locations: [Slovenia]
images: [{id: 2, name: Debian 12}]
plans:
  - {external_id: 5, name: Small, cores: 1, ram: 1GiB, disk: 10, price: 5.50, images: [2], offers: [{location: Slovenia, provider: sim, capacity: 3}]}
networks:
  - {id: n1, name: ASN, provider: sim, monthly: "10"}
`
)

func catalogueAt(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "catalogue.yaml")
	writeFile(t, path, text)
	return path
}

func TestCatalogueApply(t *testing.T) {
	db := newDatabase(t)
	small := catalogueAt(t, smallCatalogue)
	dry := decoded[applied](t, nil, "catalogue", "apply", small, "--dry-run", "--db", db)
	if dry.Applied || dry.Version != 0 || len(dry.Differences) == 0 {
		t.Errorf("dry run: got %+v", dry)
	}
	if got := decoded[catalogueView](t, nil, "catalogue", "show", "--db", db); got.Version != 0 || len(got.Plans) != 0 {
		t.Errorf("the dry run wrote %+v", got)
	}
	if got := decoded[applied](t, nil, "catalogue", "apply", small, "--db", db); !got.Applied || got.Version != 1 {
		t.Errorf("got %+v, want version 1", got)
	}
	if got := decoded[applied](t, nil, "catalogue", "apply", small, "--db", db); got.Applied || got.Version != 1 || len(got.Differences) != 0 {
		t.Errorf("the same again: got %+v, want no new version", got)
	}
	changed := strings.NewReplacer("5.50", "6.00", "Debian 12", "Debian 13", "capacity: 3", "capacity: 4", `monthly: "10"`, `yearly: "100"`).Replace(smallCatalogue)
	changed += "  - {id: n2, name: Transit, provider: sim, monthly: \"20\", life: {grace_hours: 72}}\nlife: {notice_days: 7, delete_days: -1}\n"
	text := must(t, nil, "catalogue", "apply", catalogueAt(t, changed), "--db", db)
	for _, want := range []string{
		"~ image 2: name: Debian 12 -> Debian 13\n", "~ plan 5: price: 5.50 -> 6.00\n",
		"~ plan 5: offer at Slovenia: sim, at most 3 -> sim, at most 4\n", "~ network n1: monthly: 10.00 -> -\n",
		"~ network n1: yearly: - -> 100.00\n", "+ network n2: name Transit, provider sim, monthly 20.00, life notice 7 d, renewal 24 h, grace 72 h, deletion never, retry 6 h\n",
		"~ catalogue: life: notice 3 d, renewal 24 h, grace 0 h, deletion 14 d, retry 6 h -> notice 7 d, renewal 24 h, grace 0 h, deletion never, retry 6 h\n", "Version 2 holds now.\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got\n%s\nwant %q in it", text, want)
		}
	}
	text = must(t, nil, "catalogue", "apply", small, "--dry-run", "--db", db)
	if !strings.Contains(text, "- network n2: name Transit") || !strings.Contains(text, "Nothing was written; version 2 holds.") {
		t.Errorf("got\n%s", text)
	}
	table := must(t, nil, "catalogue", "show", "--db", db)
	for _, want := range []string{"Version 2, prices in EUR", "PLAN", "1GiB", "6.00", "0/4", "NETWORK", "Transit", "Debian 13",
		"Services: notice 7 d, ", "  network n2: notice 7 d, renewal 24 h, grace 72 h"} {
		if !strings.Contains(table, want) {
			t.Errorf("got\n%s\nwant %q in it", table, want)
		}
	}
}

// A plan's policy is the catalogue's where it says nothing, and what 'show --json' and '--yaml' tell.
func TestCatalogueLives(t *testing.T) {
	db := newDatabase(t)
	text := strings.Replace(smallCatalogue, "cores: 1", "cores: 1, life: {delete_days: 30}", 1) + "life: {retry_hours: 12}\n"
	must(t, nil, "catalogue", "apply", catalogueAt(t, text), "--db", db)
	got := decoded[catalogueView](t, nil, "catalogue", "show", "--db", db)
	if want := (lifeView{3, 24, 0, 14, 12}); *got.Life != want {
		t.Errorf("got %+v, want %+v", *got.Life, want)
	}
	if want := (lifeView{3, 24, 0, 30, 12}); got.Plans[0].Life == nil || *got.Plans[0].Life != want || got.Networks[0].Life != nil {
		t.Errorf("got %+v, %+v, want %+v and none", got.Plans[0].Life, got.Networks[0].Life, want)
	}
	printed := must(t, nil, "catalogue", "show", "--yaml", "--db", db)
	if again := decoded[applied](t, nil, "catalogue", "apply", catalogueAt(t, printed), "--db", db); again.Applied {
		t.Errorf("got %+v from\n%s", again.Differences, printed)
	}
}

// What 'show --yaml' prints is a file that changes nothing.
func TestCatalogueRoundTrip(t *testing.T) {
	for _, path := range []string{exampleCatalogue, "demo.yaml"} {
		db := newDatabase(t)
		must(t, nil, "catalogue", "apply", path, "--db", db)
		printed := must(t, nil, "catalogue", "show", "--yaml", "--db", db)
		if got := decoded[applied](t, nil, "catalogue", "apply", catalogueAt(t, printed), "--db", db); len(got.Differences) != 0 || got.Applied {
			t.Errorf("%s: got %+v from\n%s", path, got, printed)
		}
	}
}

// The ids of plans follow from their external ids, and stay with a plan that once had another.
func TestPlanIDs(t *testing.T) {
	db, other := newDatabase(t), newDatabase(t)
	small := catalogueAt(t, smallCatalogue)
	id := func(db string) string {
		t.Helper()
		return decoded[catalogueView](t, nil, "catalogue", "show", "--db", db).Plans[0].ID
	}
	must(t, nil, "catalogue", "apply", small, "--db", db)
	must(t, nil, "catalogue", "apply", small, "--db", other)
	if a, b := id(db), id(other); a != b || len(a) != 36 || a[14] != '8' {
		t.Errorf("got %s and %s, want one UUID", a, b)
	}
	own := catalogueAt(t, strings.Replace(smallCatalogue, "external_id: 5", "id: my-own, external_id: 5", 1))
	must(t, nil, "catalogue", "apply", own, "--db", other)
	must(t, nil, "catalogue", "apply", small, "--db", other)
	if got := id(other); got != "my-own" {
		t.Errorf("got %s, want the id that the plan had", got)
	}
}

func TestCatalogueRefused(t *testing.T) {
	db := newDatabase(t)
	for _, c := range []struct {
		name, old, new string
		code           int
		want           string
	}{
		{"unknown key", "disk: 10", "dsik: 10", 2, `line 5: unknown key "dsik"`},
		{"unknown top key", "currency: EUR", "currency: EUR\ncurency: EUR", 2, `line 2: unknown key "curency"`},
		{"repeated key", "currency: EUR", "currency: EUR\ncurrency: USD", 2, `already defined`},
		{"price", "price: 5.50", "price: 5.505", 2, `line 5: "5.505" is not a price`},
		{"negative price", "price: 5.50", "price: -1", 2, `line 5: "-1" is not a price`},
		{"no price", "price: 5.50, ", "", 2, "plan 5: price is missing"},
		{"size", "ram: 1GiB", "ram: much", 2, `line 5: "much" is not a size`},
		{"huge size", "ram: 1GiB", "ram: 99999999999TiB", 2, "is not a size"},
		{"not a number", "cores: 1", "cores: one", 2, "line 5"},
		{"two documents", "currency: EUR", "currency: EUR\n---\ncurrency: EUR", 2, "one YAML document"},
		{"life", "currency: EUR", "currency: EUR\nlife: {notice_days: 61}", 1, "life: notice_days is 61, but must be between 0 and 60"},
		{"life of a plan", "cores: 1", "cores: 1, life: {retry_hours: 0}", 1, `plan "Small": life: retry_hours is 0`},
		{"unknown life", "cores: 1", "cores: 1, life: {retries: 0}", 2, `unknown key "retries"`},
		{"unknown image", "images: [2], offers", "images: [3], offers", 1, "image 3 is not among the images"},
		{"unknown location", "location: Slovenia", "location: Mars", 1, `location "Mars" is unknown`},
		{"currency", "currency: EUR", "currency: euro", 1, "give three capital letters"},
		{"provider", "provider: sim, capacity", "capacity", 1, "provider is missing"},
	} {
		r := call(t, nil, "catalogue", "apply", catalogueAt(t, strings.Replace(smallCatalogue, c.old, c.new, 1)), "--db", db)
		if r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", c.name, r.code, r.err, c.code, c.want)
		}
	}
	for name, text := range map[string]string{"empty": "", "a list": "- 1\n", "not YAML": "a: [\n"} {
		if r := call(t, nil, "catalogue", "apply", catalogueAt(t, text), "--db", db); r.code != exitUsage {
			t.Errorf("%s: got exit code %d and %q", name, r.code, r.err)
		}
	}
	if got := decoded[catalogueView](t, nil, "catalogue", "show", "--db", db); got.Version != 0 {
		t.Errorf("a refused file made version %d", got.Version)
	}
}

func TestCatalogueFromStandardInput(t *testing.T) {
	db := newDatabase(t)
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"catalogue", "apply", "-", "--db", db}, os.Getenv, stdio{strings.NewReader(smallCatalogue), &out, &errs})
	if code != exitDone || !strings.Contains(out.String(), "Version 1 holds now.") {
		t.Errorf("got exit code %d\n%s%s", code, out.String(), errs.String())
	}
}

func TestCatalogueWarnsOfAbsentProviders(t *testing.T) {
	db := newDatabase(t)
	config := filepath.Join(t.TempDir(), "berth.yaml")
	writeFile(t, config, "providers:\n  other:\n    driver: sim\n    journal: m\n")
	r := call(t, nil, "catalogue", "apply", catalogueAt(t, smallCatalogue), "--db", db, "--config", config)
	if r.code != exitDone || !strings.Contains(r.err, `warning: the settings have no provider "sim"`) {
		t.Errorf("got exit code %d and %q", r.code, r.err)
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		bytes int64
		want  string
	}{{6 << 30, "6GiB"}, {1536 << 20, "1536MiB"}, {2 << 40, "2TiB"}, {1000, "1000"}, {1024, "1KiB"}} {
		if got := size(c.bytes).String(); got != c.want {
			t.Errorf("%d: got %s, want %s", c.bytes, got, c.want)
		}
	}
}
