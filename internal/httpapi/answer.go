package httpapi

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

// page is an answer that isn't JSON made of a value, but bytes of some type.
type page struct {
	contentType string
	body        []byte
}

// errorAnswer is every error. It has no member server_status: that is how a known client tells success.
type errorAnswer struct {
	Success   bool       `json:"success"`
	Message   string     `json:"message"`
	Code      berth.Code `json:"code"`
	Parameter string     `json:"parameter,omitempty"`
	RequestID string     `json:"request_id"`
}

const jsonType = "application/json; charset=utf-8"

// buffers are used again from answer to answer.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// write sends the result, or the error as the contract has it, and returns the error as it was sent, or nil.
// Everything is rendered before the first byte goes out, so that a fault in rendering can still become an answer.
func (s *server) write(w http.ResponseWriter, c *call, result any, err error) *berth.Error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	contentType := jsonType
	if err == nil {
		contentType, err = render(buf, result)
	}
	if err == nil {
		c.send(w, http.StatusOK, contentType, buf.Bytes())
		return nil
	}
	refused := refusal(err)
	if seconds := retryAfter(refused); seconds > 0 {
		c.header.Set("Retry-After", strconv.Itoa(seconds))
	}
	answer := errorAnswer{Message: message(refused), Code: refused.Code, Parameter: refused.Parameter, RequestID: c.id}
	if _, err := render(buf, answer); err != nil {
		refused = fault(err) // can't happen: it is a struct of strings
	}
	c.send(w, status(refused.Code), jsonType, buf.Bytes())
	return refused
}

// message is the sentence for the client. It always names the parameter by its wire name.
func message(e *berth.Error) string {
	if e.Parameter == "" || strings.Contains(e.Message, e.Parameter) {
		return e.Message
	}
	return e.Parameter + ": " + e.Message
}

// render writes a result into buf and names its type.
func render(buf *bytes.Buffer, result any) (contentType string, err error) {
	buf.Reset()
	if p, ok := result.(page); ok {
		buf.Write(p.body)
		return p.contentType, nil
	}
	encoder := json.NewEncoder(buf)
	encoder.SetEscapeHTML(false) // a password with & reads as it is
	return jsonType, encoder.Encode(result)
}

// send writes status, headers and body. An error in writing means that the client is gone; nobody is left to tell.
func (c *call) send(w http.ResponseWriter, status int, contentType string, body []byte) {
	c.header.Set("Content-Type", contentType)
	c.header.Set("Content-Length", strconv.Itoa(len(body)))
	c.header.Set("X-Request-Id", c.id)
	// Answers hold passwords and balances: no proxy may keep them, and no browser may take them for a page.
	c.header.Set("Cache-Control", "no-store")
	c.header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// newRequestID makes the id of a request: 26 letters and digits of which the first ten tell the time and the rest
// are random (the format of a ULID), so that ids sort by time. A client's own id isn't taken over: it would come into
// the log unseen.
func newRequestID(now time.Time) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	// #nosec G404,G115 -- no secret: it only has to differ; and the time is after 1970
	hi, lo := uint64(now.UnixMilli())<<16|rand.Uint64()>>48, rand.Uint64()
	var text [26]byte
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(text[:])
}
