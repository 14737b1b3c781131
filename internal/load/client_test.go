package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// listen serves every connection by f on a port of its own, until the test ends.
func listen(t testing.TB, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				f(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// TestAnswersOfAnyShape reads answers as servers and proxies send them.
func TestAnswersOfAnyShape(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      response
		keep      bool
		err       error
	}{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", response{status: 200, body: []byte("hi")}, true, nil},
		{"lower case, no reason", "HTTP/1.1 409\r\ncontent-length:0\r\nidempotency-replayed: TRUE\r\n\r\n", response{status: 409, replayed: true}, true, nil},
		{"an answer before the answer", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", response{status: 200, body: []byte("x")}, true, nil},
		{"the connection ends", "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", response{status: 503, body: []byte("x")}, false, nil},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", response{status: 200, body: []byte("abc0123456789")}, true, nil},
		{"until the end", "HTTP/1.0 200 OK\r\n\r\nall of it", response{status: 200, body: []byte("all of it")}, false, nil},
		{"cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", response{status: 200}, false, io.ErrUnexpectedEOF},
		{"cut in a header", "HTTP/1.1 200 OK\r\nContent-Le", response{status: 200}, false, io.EOF},
		{"nothing", "", response{}, false, io.EOF},
		{"not HTTP", "220 mail.example.net ESMTP\r\n", response{}, false, errProtocol},
		{"a huge body", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", response{status: 200}, false, errProtocol},
		{"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", response{status: 200}, false, errProtocol},
		{"an endless header", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 10000), response{status: 200}, false, errProtocol},
		{"a bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", response{status: 200}, false, errProtocol},
	} {
		cl := &client{in: bufio.NewReaderSize(strings.NewReader(c.raw), 8<<10)}
		r, keep, err := cl.read()
		if err == nil != (c.err == nil) || !errors.Is(err, c.err) {
			t.Errorf("%s: got error %v, want %v", c.name, err, c.err)
			continue
		}
		if r.status != c.want.status || r.replayed != c.want.replayed || keep != c.keep || err == nil && !bytes.Equal(r.body, c.want.body) {
			t.Errorf("%s: got %d, replayed %v, keep %v, body %q; want %+v, keep %v", c.name, r.status, r.replayed, keep, r.body, c.want, c.keep)
		}
	}
}

// TestRequestIsHTTP has net/http read what the client writes.
func TestRequestIsHTTP(t *testing.T) {
	traffic := Traffic{
		URLs: []string{"http://berth.example:8080/base/API/"}, Orders: 1, Clients: 1,
		Buyers: []Buyer{{"user \"1\"", "k/ey+with=chars;x"}, {"u2", "k2"}},
		Want:   Want{Names: []string{"a b", "c"}, Location: "Slovenia", Hours: 24},
	}
	r, err := prepare(traffic)
	if err != nil {
		t.Fatal(err)
	}
	var wire []byte
	for _, q := range r.templates {
		wire = q.write(wire, r.lines[0], "key-1")
	}
	in := bufio.NewReader(bytes.NewReader(wire))
	for _, want := range []string{
		`{"hours":"24","location":"Slovenia","name_server":"a b","os_image_id":"13","plan_id":"5","user_id":"user \"1\""}`,
		`{"hours":"24","location":"Slovenia","name_server":"c","os_image_id":"13","plan_id":"5","user_id":"u2"}`,
		`{"hours":"24","location":"Slovenia","name_server":"c","os_image_id":"13","plan_id":"5","user_id":"user \"1\""}`,
		`{"hours":"24","location":"Slovenia","name_server":"a b","os_image_id":"13","plan_id":"5","user_id":"u2"}`,
	} {
		req, err := http.ReadRequest(in)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(body); got != want {
			t.Errorf("got body %s, want %s", got, want)
		}
		key := "k2"
		if strings.Contains(want, "user ") {
			key = "k/ey+with=chars;x"
		}
		if req.Method != "POST" || req.RequestURI != "/base/API/orders/create_order" || req.Host != "berth.example:8080" ||
			req.Header.Get("x-api-key") != key || req.Header.Get("Idempotency-Key") != "key-1" {
			t.Errorf("got %s %s of %s with %v", req.Method, req.RequestURI, req.Host, req.Header)
		}
	}
	if in.Buffered() != 0 {
		t.Error("there is more on the wire than the requests")
	}
}

// BenchmarkClients compares this client with net/http's against one and the same responder, which costs as good as
// nothing: the difference between the two is the difference between the clients.
func BenchmarkClients(b *testing.B) {
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\nX-Request-Id: 0123456789\r\nContent-Length: 20\r\n\r\n{\"order_id\":\"12345\"}")
	address := listen(b, func(conn net.Conn) {
		buf := make([]byte, 4096)
		for {
			if _, err := conn.Read(buf); err != nil {
				return
			}
			conn.Write(answer)
		}
	})
	t := Traffic{URLs: []string{"http://" + address}, Orders: 1, Clients: 1, Buyers: []Buyer{{"u", "k"}}}
	r, err := prepare(t)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("raw", func(b *testing.B) {
		c := &client{server: r.targets[0], timeout: time.Minute}
		defer c.close()
		var buf []byte
		for b.Loop() {
			buf = r.templates[0].write(buf[:0], r.lines[0], "key")
			if _, err := c.exchange(b.Context(), buf); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("net-http", func(b *testing.B) {
		c := &http.Client{Transport: &http.Transport{}}
		defer c.CloseIdleConnections()
		for b.Loop() {
			req, err := http.NewRequest("POST", t.URLs[0]+"/API/orders/create_order", bytes.NewReader(r.templates[0].body))
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("x-api-key", "k")
			req.Header.Set("Idempotency-Key", "key")
			resp, err := c.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	b.Run("bare", func(b *testing.B) { // what the system and the responder cost by themselves
		conn, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		in, out := make([]byte, 4096), r.templates[0].write(nil, r.lines[0], "key")
		for b.Loop() {
			conn.Write(out)
			conn.Read(in)
		}
	})
}
