package httpapi

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// No path is ever redirected: neither repaired nor cleaned. A trailing slash is served like the path without it.
func TestPaths(t *testing.T) {
	s := openShop(t)
	tests := []struct {
		method, path string
		status       int
	}{
		{"POST", createOrder, 422}, // no parameters: the endpoint was reached
		{"POST", createOrder + "/", 422},
		{"GET", listPlan, 200},
		{"GET", listPlan + "/", 200},
		{"GET", listPlan + "/?type=vps", 200},
		{"GET", "/healthz/", 200},
		{"POST", createOrder + "//", 404},
		{"POST", "/" + createOrder, 404},
		{"POST", "/API//orders/create_order", 404},
		{"POST", "/API/./orders/create_order", 404},
		{"POST", "/API/orders/../orders/create_order", 404},
		{"POST", "/API/orders%2fcreate_order", 404},
		{"POST", "/API/orders/create%5Forder", 404},
		{"POST", "/api/orders/create_order", 404},
		{"POST", "/API/orders/create_orders", 404},
		{"POST", "/API/orders", 404},
		{"POST", "/API", 404},
		{"GET", "/", 404},
		{"GET", "//", 404},
		{"GET", "/docs//", 404},
		{"GET", "/API/", 404},
	}
	for _, tt := range tests {
		got := s.do(ask{method: tt.method, path: tt.path, key: buyerKey})
		if got.status != tt.status || got.header.Get("Location") != "" || got.raw == "" {
			t.Errorf("%s %s: got %d %q, want %d, no Location, and a body", tt.method, tt.path, got.status, got.raw, tt.status)
		}
		if tt.status == 404 {
			checkError(t, tt.path, got, 404, berth.NotFound, "")
		}
	}
}

func TestMethods(t *testing.T) {
	s := openShop(t)
	for _, r := range routes() {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			got := s.do(ask{method: method, path: r.path, key: buyerKey})
			if served := method == r.method || method == "HEAD" && r.method == "GET"; served {
				if got.status == 405 {
					t.Errorf("%s %s: got 405", method, r.path)
				}
				continue
			}
			checkError(t, method+" "+r.path, got, 405, berth.MethodNotAllowed, "")
			want := r.method
			if want == "GET" {
				want = "GET, HEAD"
			}
			if allow := got.header.Get("Allow"); allow != want {
				t.Errorf("%s %s: Allow is %q, want %q", method, r.path, allow, want)
			}
		}
	}
}

// serve runs the handler on a real listener of the loopback interface.
func (s *shop) serve() string {
	s.t.Helper()
	server := httptest.NewUnstartedServer(s.handler)
	server.Config.ErrorLog = nil
	server.Start()
	s.t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// raw sends bytes over a connection of its own, and reads the answer.
func raw(t *testing.T, address, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode == http.StatusContinue {
		t.Fatal("got 100 Continue, which nobody asked for")
	}
	return r
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The printed PHP sample sends two Content-Type headers, of which the first one holds the key, and not every key is a
// media type. It sends no User-Agent.
func TestTheKeyAsContentType(t *testing.T) {
	const odd = "k/ey+with=chars;x"
	s := openShop(t)
	s.addKey(odd, berth.APIKey{UserID: buyer, Scopes: []berth.Scope{berth.ScopeOrder}})
	address := s.serve()
	r := raw(t, address, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nx-api-key: %s\r\nContent-Type: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", createOrder, address, odd, odd, len(documentedOrder), documentedOrder))
	if got := body(t, r); r.StatusCode != 200 || !strings.Contains(got, `"amount":12.99`) {
		t.Errorf("got %d %s", r.StatusCode, got)
	}
	if r.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("the answer's Content-Type is %q", r.Header.Get("Content-Type"))
	}
	if strings.Contains(s.log.String(), odd) {
		t.Error("the log has the key")
	}
}

// A Content-Type decides nothing, whatever it is.
func TestAnyContentType(t *testing.T) {
	s := openShop(t)
	form := "user_id=" + buyer + "&plan_id=5&os_image_id=13"
	for _, contentType := range []string{"", "text/plain", "application/xml", "multipart/form-data", "application/json", "application/x-www-form-urlencoded", ";;;"} {
		for _, body := range []string{documentedOrder, form, "\ufeff" + documentedOrder, "\r\n " + documentedOrder} {
			header := http.Header{}
			if contentType != "" {
				header["Content-Type"] = []string{contentType, "another/one"}
			}
			got := s.do(ask{method: "POST", path: createOrder, body: body, key: buyerKey, header: header})
			if got.status != 200 {
				t.Errorf("%q with %.20q: got %d %s", contentType, body, got.status, got.raw)
			}
		}
	}
}

// Body-less POSTs of a known client: chunked, with a Content-Length of 0 besides, and an Expect. The parameters are
// in the query then.
func TestEmptyBodies(t *testing.T) {
	s := openShop(t)
	address := s.serve()
	query := "?hours=720&monthly_price=5.00"
	for name, headers := range map[string]string{
		"chunked, length and Expect": "Transfer-Encoding: chunked\r\nContent-Length: 0\r\nExpect: 100-continue\r\n",
		"chunked":                    "Transfer-Encoding: chunked\r\n",
		"length 0":                   "Content-Length: 0\r\n",
	} {
		request := "POST " + calculate + query + " HTTP/1.1\r\nHost: x\r\nx-api-key: " + buyerKey + "\r\n" + headers + "\r\n"
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		in := bufio.NewReader(conn)
		fmt.Fprint(conn, request)
		if strings.Contains(headers, "chunked") {
			fmt.Fprint(conn, "0\r\n\r\n")
		}
		r, err := http.ReadResponse(in, nil)
		for err == nil && r.StatusCode == http.StatusContinue {
			r, err = http.ReadResponse(in, nil)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := body(t, r); r.StatusCode != 200 || !strings.Contains(got, `"total_cost":5`) {
			t.Errorf("%s: got %d %s", name, r.StatusCode, got)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	s := openShop(t)
	filled := func(size int) string {
		head := `{"hours":"1","monthly_price":"5","x":"`
		return head + strings.Repeat("x", size-len(head)-2) + `"}`
	}
	if got := s.post(calculate, filled(maxBody)); got.status != 200 {
		t.Errorf("a body of 64 KiB: got %d %s", got.status, got.raw)
	}
	checkError(t, "a byte more", s.post(calculate, filled(maxBody+1)), 413, berth.TooLarge, "")
	// The limit holds for what comes, whatever the headers say: here nothing.
	address := s.serve()
	big := filled(maxBody + 1)
	r, err := http.NewRequest("POST", "http://"+address+calculate, io.MultiReader(strings.NewReader(big)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-api-key", buyerKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := body(t, answer); answer.StatusCode != 413 || !strings.Contains(got, "too_large") {
		t.Errorf("chunked: got %d %s", answer.StatusCode, got)
	}
	// The key comes before the size, and the size before the decoding.
	checkError(t, "no key", s.do(ask{method: "POST", path: calculate, body: big}), 401, berth.Unauthorized, "")
	checkError(t, "not JSON", s.do(ask{method: "POST", path: calculate, body: "{" + big, key: buyerKey}), 413, berth.TooLarge, "")
}

// A body that ends early is malformed.
func TestShortBody(t *testing.T) {
	s := openShop(t)
	r := httptest.NewRequest("POST", calculate, io.MultiReader(strings.NewReader(`{"hours":`), brokenReader{}))
	r.Header.Set("x-api-key", buyerKey)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "malformed_request") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// HEAD is GET without the body; its headers are those of the GET.
func TestHead(t *testing.T) {
	s := openShop(t)
	address := s.serve()
	for _, path := range []string{listPlan, "/healthz", "/docs", "/nothing"} {
		answers := map[string]*http.Response{}
		for _, method := range []string{"GET", "HEAD"} {
			r, err := http.NewRequest(method, "http://"+address+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("x-api-key", buyerKey)
			if answers[method], err = http.DefaultClient.Do(r); err != nil {
				t.Fatal(err)
			}
			defer answers[method].Body.Close()
		}
		get, head := answers["GET"], answers["HEAD"]
		if get.StatusCode != head.StatusCode || get.ContentLength != head.ContentLength || get.ContentLength <= 0 {
			t.Errorf("%s: GET %d with %d bytes, HEAD %d with %d", path, get.StatusCode, get.ContentLength, head.StatusCode, head.ContentLength)
		}
		if got := body(t, head); got != "" {
			t.Errorf("%s: HEAD has a body %q", path, got)
		}
	}
}

// The order of the checks: each request has all the faults from its place on.
func TestOrderOfChecks(t *testing.T) {
	s := openShop(t, func(o *settings) { o.options.RatePerKey, o.options.BurstPerKey = 1, 3 })
	big := strings.Repeat("x", maxBody+1)
	bad := http.Header{"Idempotency-Key": {""}}
	tests := []struct {
		name      string
		ask       ask
		status    int
		code      berth.Code
		parameter string
	}{
		{"path", ask{method: "GET", path: "/API/nothing", body: big}, 404, berth.NotFound, ""},
		{"method", ask{method: "GET", path: createOrder, body: big}, 405, berth.MethodNotAllowed, ""},
		{"key", ask{method: "POST", path: createOrder, body: big, header: bad}, 401, berth.Unauthorized, ""},
		{"scope", ask{method: "POST", path: createOrder, body: big, header: bad, key: readKey}, 403, berth.Forbidden, ""},
		{"size", ask{method: "POST", path: createOrder, body: big, header: bad, key: buyerKey}, 413, berth.TooLarge, ""},
		{"decoding", ask{method: "POST", path: createOrder, body: "[]", header: bad, key: buyerKey}, 400, berth.MalformedRequest, ""},
		{"idempotency header", ask{method: "POST", path: createOrder, body: "{}", header: bad, key: buyerKey}, 422, berth.InvalidParameter, idempotencyHeader},
		{"rate", ask{method: "POST", path: createOrder, body: big, header: bad, key: buyerKey}, 429, berth.RateLimited, ""},
	}
	for _, tt := range tests {
		checkError(t, tt.name, s.do(tt.ask), tt.status, tt.code, tt.parameter)
	}
}

// Every row of the decoding table, through the handler.
func TestDecodingTable(t *testing.T) {
	s := openShop(t)
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := []struct {
		body      string
		status    int
		parameter string
	}{
		{`{"hours":720,"monthly_price":5,"unknown":{"a":[1]}}`, 200, ""},
		{`{"hours":"720","monthly_price":"5.00"}`, 200, ""},
		{"hours=720&monthly_price=5.00", 200, ""},
		{"hours=720&monthly_price=5.00&renewal_date=2025-06-24+23%3A19%3A55", 200, ""},
		{`{"hours":720,"monthly_price":5,"renewal_date":null}`, 200, ""},
		{`{"hours":720,"monthly_price":5,"renewal_date":""}`, 200, ""},
		{`{"hours":null,"monthly_price":5}`, 422, "hours"},
		{`{"hours":"","monthly_price":5}`, 422, "hours"},
		{`{"hours":+1,"monthly_price":5}`, 400, ""},
		{`{"hours":"+1","monthly_price":5}`, 422, "hours"},
		{`{"hours":" 1","monthly_price":5}`, 422, "hours"},
		{`{"hours":{"a":1},"monthly_price":5}`, 422, "hours"},
		{`{"hours":[1],"monthly_price":5}`, 422, "hours"},
		{`{"hours":1,"hours":1,"monthly_price":5}`, 400, "hours"},
		{`hours=1&hours=1&monthly_price=5`, 400, "hours"},
		{`{"hours":1,"monthly_price":5`, 400, ""},
		{`{"hours":1,"monthly_price":5} x`, 400, ""},
		{`[{"hours":1}]`, 400, ""},
		{`{"x":` + deep(15) + `,"hours":1,"monthly_price":5}`, 200, ""},
		{`{"x":` + deep(16) + `,"hours":1,"monthly_price":5}`, 400, ""},
		{"{\"hours\":1,\"monthly_price\":5,\"x\":\"\xff\"}", 400, ""},
		{"hours=%zz", 400, ""},
		{"hours=%ff", 400, ""},
		{`{"hours":1,"monthly_price":5,"renewal_date":"a\u0000"}`, 422, "renewal_date"},
		{`{"hours":1,"monthly_price":5,"renewal_date":"` + strings.Repeat("x", 256) + `"}`, 422, "renewal_date"},
		{"--boundary\r\n", 400, ""},
		{"", 422, "hours"},
	}
	for _, tt := range tests {
		got := s.post(calculate, tt.body)
		if got.status != tt.status || text(got.json["parameter"]) != tt.parameter {
			t.Errorf("%q: got %d %s, want %d %s", tt.body, got.status, got.raw, tt.status, tt.parameter)
		}
	}
	order := `{"user_id":"` + buyer + `","plan_id":"5","os_image_id":13,"auto_renew":`
	for value, want := range map[string]any{
		"1": 1.0, "0": 0.0, `"1"`: 1.0, `"0"`: 0.0, "true": 1.0, "false": 0.0, `"true"`: 1.0, `"false"`: 0.0, "null": 0.0, `""`: 0.0,
	} {
		id := text(s.post(createOrder, order+value+"}").at("server_status", "new_id"))
		if got := s.get(detailServer+"?id="+id).at("data", "auto_renew"); got != want {
			t.Errorf("auto_renew %s: got %v, want %v", value, got, want)
		}
	}
	for _, value := range []string{"2", `"yes"`, "1.0", "[]", "{}"} {
		checkError(t, value, s.post(createOrder, order+value+"}"), 422, berth.InvalidParameter, "auto_renew")
	}
	// With a body the query is ignored.
	if got := s.post(calculate+"?hours=1&monthly_price=5", "x=1"); got.status != 422 {
		t.Errorf("query beside a body: got %d", got.status)
	}
}

// What the buffer of an answer held before must not come into the next one.
func TestAnswersDoNotMix(t *testing.T) {
	s := openShop(t)
	long := s.get("/openapi.json")
	short := s.get("/healthz")
	if !bytes.Equal([]byte(long.raw), openAPI) || len(short.raw) > 200 || short.json["status"] != "ok" {
		t.Errorf("got %d bytes of document, then %q", len(long.raw), short.raw)
	}
	if got := short.header.Get("Content-Length"); got != fmt.Sprint(len(short.raw)) {
		t.Errorf("Content-Length is %s, the body has %d bytes", got, len(short.raw))
	}
}

// Answers hold passwords, so nobody may keep them; an error doesn't name itself a page.
func TestHeadersOfAnswers(t *testing.T) {
	s := openShop(t)
	for _, got := range []reply{s.get(listPlan), s.post(createOrder, "{}"), s.get("/nothing")} {
		for name, want := range map[string]string{
			"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		} {
			if value := got.header.Get(name); value != want {
				t.Errorf("%d: %s is %q, want %q", got.status, name, value, want)
			}
		}
	}
}
