package httpapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"slices"
	"strings"
)

// openAPI describes routes. It is written by hand, because it says more than the types here do; tests hold every
// answer and every request of the tests against it.
//
//go:embed openapi.json
var openAPI []byte

//go:embed manual.html
var manualTemplate string

// document is GET /openapi.json.
func (s *server) document(*call) (any, error) { return page{jsonType, openAPI}, nil }

// docs is GET /docs: the same document as a page for people. Nothing in it is fetched from anywhere, and the policy
// forbids that it ever will be.
func (s *server) docs(c *call) (any, error) {
	c.header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	return page{"text/html; charset=utf-8", s.manual}, nil
}

// apiDocument is the part of an OpenAPI document that the page shows.
type apiDocument struct {
	Info struct {
		Title, Version, Description string
	}
	Tags       []struct{ Name, Description string }
	Paths      map[string]map[string]operation
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]response
		Schemas    map[string]schema
	}
}

type operation struct {
	Tags                 []string
	Summary, Description string
	Parameters           []parameter
	RequestBody          struct{ Content map[string]media }
	Responses            map[string]response
}

type parameter struct {
	Ref                   string `json:"$ref"`
	Name, In, Description string
	Required              bool
	Schema                schema
}

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Content     map[string]media
}

type media struct {
	Schema  schema
	Example json.RawMessage
}

type schema struct {
	Ref                string `json:"$ref"`
	Title, Description string
	Type               any // a name, or several
	Const              any
	Enum               []any
	Required           []string
	Properties         map[string]schema
	OneOf, AnyOf       []schema
}

// manual is what the page shows, in the order of the routes.
type manual struct {
	Title, Version, Description string
	Groups                      []group
	Codes                       []row
}

type group struct {
	Name, Description string
	Entries           []entry
}

type entry struct {
	Method, Path, Anchor, Summary, Description string
	Key                                        bool // a key is needed
	Parameters                                 []row
	Example                                    string
	Answers                                    []fields
	Errors                                     []string // statuses
}

// fields are the members of one sort of answer.
type fields struct {
	Name string
	Rows []row
}

type row struct {
	Name, Type, Text string
	Required         bool
}

// renderManual makes the page once, at the start. The document is part of the program, so what could go wrong here
// goes wrong in every test.
func renderManual(routes []route) []byte {
	var doc apiDocument
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		panic("openapi.json: " + err.Error())
	}
	m := manual{Title: doc.Info.Title, Version: doc.Info.Version, Description: doc.Info.Description}
	for _, tag := range doc.Tags {
		g := group{Name: tag.Name, Description: tag.Description}
		for _, r := range routes {
			if o := doc.Paths[r.path][strings.ToLower(r.method)]; slices.Contains(o.Tags, tag.Name) {
				g.Entries = append(g.Entries, doc.entry(r, o))
			}
		}
		m.Groups = append(m.Groups, g)
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Responses)) {
		for _, sentence := range strings.SplitAfter(doc.Components.Responses[name].Description, ". ") {
			code, text, _ := strings.Cut(strings.TrimSpace(sentence), ": ")
			if text != "" {
				m.Codes = append(m.Codes, row{Name: code, Text: text})
			}
		}
	}
	var page bytes.Buffer
	if err := template.Must(template.New("manual").Parse(manualTemplate)).Execute(&page, m); err != nil {
		panic("manual.html: " + err.Error())
	}
	return page.Bytes()
}

func (d *apiDocument) entry(r route, o operation) entry {
	e := entry{
		Method: r.method, Path: r.path, Anchor: strings.Trim(strings.ReplaceAll(r.path, "/", "-"), "-"),
		Summary: o.Summary, Description: o.Description, Key: r.scope != open,
	}
	for _, p := range o.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[lastPart(p.Ref)]
		}
		e.Parameters = append(e.Parameters, row{Name: p.Name, Type: p.In, Text: p.Description, Required: p.Required})
	}
	body := o.RequestBody.Content["application/json"]
	for _, s := range d.choices(body.Schema) {
		for _, row := range d.rows(s) {
			row.Type = "body"
			if !slices.ContainsFunc(e.Parameters, sameName(row.Name)) {
				e.Parameters = append(e.Parameters, row)
			}
		}
	}
	if len(body.Example) > 0 {
		var pretty bytes.Buffer
		if json.Indent(&pretty, body.Example, "", "  ") == nil {
			e.Example = pretty.String()
		}
	}
	for _, s := range d.choices(o.Responses["200"].Content["application/json"].Schema) {
		if rows := d.rows(s); len(rows) > 0 {
			e.Answers = append(e.Answers, fields{Rows: rows})
		}
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		if status != "200" {
			e.Errors = append(e.Errors, status)
		}
	}
	return e
}

func sameName(name string) func(row) bool {
	return func(r row) bool { return r.Name == name }
}

// choices are the alternatives of a schema, or itself when it has properties.
func (d *apiDocument) choices(s schema) []schema {
	s = d.resolve(s)
	if len(s.Properties) > 0 {
		return []schema{s}
	}
	var all []schema
	for _, alternative := range append(s.OneOf, s.AnyOf...) {
		all = append(all, d.choices(alternative)...)
	}
	return all
}

// rows are the properties of an object, the required ones first, then by name.
func (d *apiDocument) rows(s schema) []row {
	var rows []row
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := d.resolve(s.Properties[name])
		rows = append(rows, row{Name: name, Type: d.typeName(p), Text: p.Description, Required: slices.Contains(s.Required, name)})
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return rows
}

// resolve follows a reference; a description beside it wins.
func (d *apiDocument) resolve(s schema) schema {
	if s.Ref == "" {
		return s
	}
	target := d.Components.Schemas[lastPart(s.Ref)]
	if s.Description != "" {
		target.Description = s.Description
	}
	return target
}

func (d *apiDocument) typeName(s schema) string {
	switch t := s.Type.(type) {
	case string:
		return t
	case []any:
		var names []string
		for _, name := range t {
			names = append(names, name.(string))
		}
		return strings.Join(names, " or ")
	}
	if s.Const != nil {
		text, _ := json.Marshal(s.Const)
		return string(text)
	}
	var names []string
	for _, alternative := range append(s.OneOf, s.AnyOf...) {
		if name := d.typeName(d.resolve(alternative)); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ")
}

func lastPart(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }
