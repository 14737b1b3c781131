package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// dial opens a connection that a test speaks HTTP on by hand.
func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	_, address, _ := strings.Cut(url, "://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(testDeadline)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// A client that sends slowly, or nothing, is cut off: it may not keep a connection for ever. The limits are the
// listener's own, only shorter, so that the test needn't wait for them.
func TestSlowClientsAreCutOff(t *testing.T) {
	reached := make(chan error, 1)
	l, err := listen("test", "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		reached <- err
		w.WriteHeader(http.StatusBadRequest)
	}), time.Second, quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := l.server
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 64<<10 {
		t.Fatalf("a limit is missing: %+v", s)
	}
	s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout = 50*time.Millisecond, 100*time.Millisecond, 50*time.Millisecond
	l.serve()
	t.Cleanup(func() { l.stop(t.Context()) })
	for name, request := range map[string]string{
		"nothing":                      "",
		"half a header":                "POST /API/orders/create_order HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"half a body":                  "POST /API/orders/create_order HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{",
		"half a chunk":                 "POST /API/orders/create_order HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n{",
		"an answered request, then no": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn := dial(t, l.url())
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("%s: the connection is still open: %v", name, err)
		}
		if strings.Contains(name, "half a b") || strings.Contains(name, "chunk") {
			if err := <-reached; err == nil {
				t.Errorf("%s: the body was taken for whole", name)
			}
		}
		select {
		case <-reached:
		default:
		}
	}
}

// More headers than any client needs are refused before anything looks at them.
func TestHugeHeadersAreRefused(t *testing.T) {
	s := sqliteShop(t).serve(nil)
	for name, header := range map[string]string{
		"one":  "X-Big: " + strings.Repeat("x", 64<<10) + "\r\n",
		"many": strings.Repeat("X-Many: x\r\n", 8<<10),
		"path": "",
	} {
		path := "/healthz"
		if name == "path" {
			path += "?" + strings.Repeat("x", 64<<10)
		}
		conn := dial(t, s.url)
		// What it doesn't read it may answer with a cut connection, which is as good.
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, header)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil && answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: got %d, want 431", name, answer.StatusCode)
		}
	}
}

// Neither of the two addresses serves anything that the program didn't mean to: not what libraries register by
// themselves, such as expvar and the profiler.
func TestNothingElseIsServed(t *testing.T) {
	s := sqliteShop(t).serve(nil, "--metrics-listen", "127.0.0.1:0")
	_, rest, _ := strings.Cut(s.log.String(), `"msg":"metrics are served","url":"`)
	url, _, _ := strings.Cut(rest, `"`)
	metrics, served := strings.CutSuffix(url, "/metrics")
	if !served {
		t.Fatalf("no address of the metrics in %s", s.log)
	}
	for _, base := range []string{s.url, metrics} {
		for _, path := range []string{"/debug/vars", "/debug/pprof/", "/debug/pprof/profile?seconds=1", "/debug/pprof/cmdline", "/debug/requests", "/", "/api", "/-/reload"} {
			answer, err := http.Get(base + path)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusNotFound {
				t.Errorf("%s%s: got %d, want 404", base, path, answer.StatusCode)
			}
		}
	}
	answer, err := http.Post(metrics+"/metrics", "", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST to the metrics: got %d, want 405", answer.StatusCode)
	}
}
