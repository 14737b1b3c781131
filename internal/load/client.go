package load

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// The client writes HTTP/1.1 by hand, because it shares the machine with the server that it measures: what it burns,
// the server lacks. Beyond the system calls that any client makes, net/http's takes 7 microseconds of processor time
// for a request and this one 0.3 (BenchmarkClients), and encoding/json takes 5 for an answer where answer.go takes 1;
// an order costs server and database together about 100.

// maxAnswer bounds the body of an answer, in bytes. An order's is below two thousand.
const maxAnswer = 1 << 20

// client is one connection to one server. It belongs to one goroutine.
type client struct {
	server  target
	timeout time.Duration
	roots   *x509.CertPool
	conn    net.Conn // nil while there's none
	in      *bufio.Reader
	answer  []byte // the last body, used again
}

// response is an answer as HTTP has it. body holds until the next exchange.
type response struct {
	status   int
	replayed bool
	body     []byte
}

// errProtocol is an answer that isn't HTTP/1.1 as servers speak it.
var errProtocol = errors.New("the answer is not HTTP/1.1")

// exchange sends a request and reads its answer. After an error the connection is closed, and whether the server has
// seen the request isn't known.
func (c *client) exchange(ctx context.Context, request []byte) (response, error) {
	if c.conn == nil {
		if err := c.dial(ctx); err != nil {
			return response{}, err
		}
	}
	var keep bool
	var r response
	err := c.conn.SetDeadline(time.Now().Add(c.timeout))
	if err == nil {
		_, err = c.conn.Write(request)
	}
	if err == nil {
		r, keep, err = c.read()
	}
	if !keep {
		c.close()
	}
	return r, err
}

func (c *client) dial(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.server.address)
	if err != nil {
		return err
	}
	if c.server.tls {
		secure := tls.Client(conn, &tls.Config{ServerName: c.server.name, RootCAs: c.roots})
		if err := secure.HandshakeContext(ctx); err != nil {
			return errors.Join(err, conn.Close())
		}
		conn = secure
	}
	c.conn = conn
	if c.in == nil {
		c.in = bufio.NewReaderSize(conn, 8<<10)
	} else {
		c.in.Reset(conn)
	}
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// read reads one answer. keep tells whether the connection can be used again.
func (c *client) read() (r response, keep bool, err error) {
	var f framing
	for r.status < 200 { // 1xx answers come before the real one
		if r.status, err = c.statusLine(); err != nil {
			return r, false, err
		}
		f = framing{length: -1}
		if err = c.headers(&r, &f); err != nil {
			return r, false, err
		}
	}
	switch {
	case f.chunked:
		err = c.chunks()
	case f.length >= 0:
		err = c.fixed(f.length)
	default:
		f.closing = true
		c.answer, err = io.ReadAll(io.LimitReader(c.in, maxAnswer))
	}
	r.body = c.answer
	return r, err == nil && !f.closing, err
}

// framing is what the headers say about the body's end.
type framing struct {
	length  int // -1 when not said
	chunked bool
	closing bool
}

func (c *client) statusLine() (int, error) {
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' {
		return 0, errProtocol
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil || status < 100 {
		return 0, errProtocol
	}
	return status, nil
}

// line reads a line without its end. It holds until the next read.
func (c *client) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return nil, fmt.Errorf("%w: a header line is too long", errProtocol)
	}
	return bytes.TrimRight(line, "\r\n"), err
}

func (c *client) headers(r *response, f *framing) error {
	for {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			return err
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return errProtocol
		}
		value = bytes.TrimSpace(value)
		switch { // most headers are told apart by their length already
		case is(name, "Content-Length"):
			if f.length, err = strconv.Atoi(string(value)); err != nil || f.length < 0 || f.length > maxAnswer {
				return fmt.Errorf("%w: the Content-Length is odd or too large", errProtocol)
			}
		case is(name, "Transfer-Encoding"):
			f.chunked = bytes.EqualFold(value, []byte("chunked"))
		case is(name, "Connection"):
			f.closing = bytes.EqualFold(value, []byte("close"))
		case is(name, "Idempotency-Replayed"):
			r.replayed = bytes.EqualFold(value, []byte("true"))
		}
	}
}

func is(name []byte, want string) bool {
	return len(name) == len(want) && bytes.EqualFold(name, []byte(want))
}

func (c *client) fixed(length int) error {
	if cap(c.answer) < length {
		c.answer = make([]byte, length)
	}
	c.answer = c.answer[:length]
	_, err := io.ReadFull(c.in, c.answer)
	return err
}

// chunks reads a body in pieces, as a proxy may send it, and passes over trailers.
func (c *client) chunks() error {
	c.answer = c.answer[:0]
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil || len(c.answer)+int(n) > maxAnswer {
			return fmt.Errorf("%w: a chunk's size is odd or too large", errProtocol)
		}
		if n == 0 {
			break
		}
		at := len(c.answer)
		c.answer = append(c.answer, make([]byte, n)...)
		if _, err := io.ReadFull(c.in, c.answer[at:]); err != nil {
			return err
		}
		if line, err := c.line(); err != nil || len(line) != 0 {
			return errors.Join(errProtocol, err)
		}
	}
	for {
		if line, err := c.line(); err != nil || len(line) == 0 {
			return err
		}
	}
}
