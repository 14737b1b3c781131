package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// document holds requests and answers against openapi.json.
type document struct{ spec *openapi3.T }

// parsedDocument is parsed once for all shops: it takes longer than most tests.
var parsedDocument = sync.OnceValues(func() (*openapi3.T, error) { return openapi3.NewLoader().LoadFromData(openAPI) })

func loadDocument(t *testing.T) document {
	t.Helper()
	spec, err := parsedDocument()
	if err != nil {
		t.Fatal(err)
	}
	return document{spec}
}

// check validates an answer by the operation that it belongs to, and the request, too, when it was successful and of
// a declared type. An answer of no operation, such as that of an unknown path, must at least be an error as described.
func (d document) check(t *testing.T, r *http.Request, got reply) {
	t.Helper()
	path := r.URL.Path
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	method := r.Method
	if method == http.MethodHead {
		return // its answer has no body to be looked at
	}
	item := d.spec.Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil {
		response := d.spec.Components.Responses["NotFound"]
		d.checkBody(t, r, got, &openapi3.Operation{Responses: openapi3.NewResponses(openapi3.WithStatus(got.status, response))})
		return
	}
	d.checkBody(t, r, got, item.GetOperation(method))
	types := r.Header.Values("Content-Type")
	declared := method == http.MethodGet ||
		len(types) == 1 && (types[0] == "application/json" || types[0] == "application/x-www-form-urlencoded")
	if got.status != 200 || !declared {
		return
	}
	if err := openapi3filter.ValidateRequest(context.Background(), d.input(r, item.GetOperation(method))); err != nil {
		t.Errorf("%s %s: openapi.json doesn't allow this request: %v", r.Method, r.URL, err)
	}
}

func (d document) checkBody(t *testing.T, r *http.Request, got reply, operation *openapi3.Operation) {
	t.Helper()
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: d.input(r, operation), Status: got.status, Header: got.header,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true,
			// There is nothing to be said of a page's text.
			ExcludeResponseBody: strings.HasPrefix(got.header.Get("Content-Type"), "text/html"),
		},
	}
	answer.SetBodyBytes([]byte(got.raw))
	if err := openapi3filter.ValidateResponse(context.Background(), answer); err != nil {
		t.Errorf("%s %s: openapi.json doesn't allow the answer %d %s: %v", r.Method, r.URL, got.status, got.raw, err)
	}
}

func (d document) input(r *http.Request, operation *openapi3.Operation) *openapi3filter.RequestValidationInput {
	return &openapi3filter.RequestValidationInput{
		Request: r,
		Route:   &routers.Route{Spec: d.spec, Path: r.URL.Path, Method: r.Method, Operation: operation, PathItem: &openapi3.PathItem{}},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
}

func TestTheDocumentIsValidAndDescribesTheRoutes(t *testing.T) {
	d := loadDocument(t)
	if err := d.spec.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	var described, served []string
	for path, item := range d.spec.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	for _, r := range routes() {
		served = append(served, r.method+" "+r.path)
		operation := d.spec.Paths.Value(r.path).GetOperation(r.method)
		if operation == nil {
			continue // told below
		}
		if free := operation.Security != nil && len(*operation.Security) == 0; free != (r.scope == open) {
			t.Errorf("%s: the document says that it needs no key: %v, the route: %v", r.path, free, r.scope == open)
		}
		if takes := operation.Parameters.GetByInAndName("header", idempotencyHeader) != nil; takes != (r.scope == "order") {
			t.Errorf("%s: the document says that it takes an Idempotency-Key: %v", r.path, takes)
		}
	}
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("the document describes\n%s\nbut served are\n%s", strings.Join(described, "\n"), strings.Join(served, "\n"))
	}
}

// The document lists exactly the codes that there are, each with its status.
func TestTheDocumentKnowsAllCodes(t *testing.T) {
	d := loadDocument(t)
	var listed []string
	for _, code := range d.spec.Components.Schemas["Error"].Value.Properties["code"].Value.Enum {
		listed = append(listed, code.(string))
	}
	if len(listed) != len(allCodes) {
		t.Errorf("the document lists %d codes, want %d", len(listed), len(allCodes))
	}
	for code := range allCodes {
		if !slices.Contains(listed, string(code)) {
			t.Errorf("the document lacks the code %s", code)
		}
	}
}
