package solusvm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// client speaks HTTP to the panel: every call is sent once. It never follows a redirect (307 and 308 repeat the POST)
// and never sets an Idempotency-Key (Go's transport would take it as leave to send again on its own).
type client struct {
	base  string // ends in a slash
	token string
	http  *http.Client
	now   func() int64
	limit time.Duration // of one call, so that a lost answer doesn't cost all the time there is
}

// maxBody bounds what is read of an answer: the largest known ones, usage series, have some hundred kilobytes.
const maxBody = 8 << 20

// callError is a call without a usable success.
type callError struct {
	what       string // method and path
	status     int    // 0 without a whole answer
	message    string // the panel's, without secrets
	fields     map[string][]string
	shaped     bool          // the body was the panel's own error, not a proxy's page
	unsent     bool          // no connection came about, so nothing was sent
	retryAfter time.Duration // 0 when the panel doesn't say
	cause      error
}

func (e *callError) Error() string {
	text := e.what + ": "
	switch {
	case e.unsent:
		text += "the panel can't be reached: " + e.cause.Error()
	case e.status == 0:
		text += "no whole answer: " + e.cause.Error()
	default:
		if text += "status " + strconv.Itoa(e.status); !e.shaped {
			text += ", not in the panel's own words"
		}
	}
	if e.message != "" {
		text += ": " + e.message
	}
	return text
}

func (e *callError) Unwrap() error { return e.cause }

// busy reports whether the panel said for certain that it didn't do it now, but may later.
func (e *callError) busy() bool {
	return e.unsent || e.status == http.StatusTooManyRequests || e.status == http.StatusConflict || e.status == http.StatusLocked
}

// refused reports whether the panel itself, and not something in front of it, refused for good.
func (e *callError) refused() bool {
	return e.shaped && (e.status == http.StatusForbidden || e.status == http.StatusNotFound || e.status == http.StatusUnprocessableEntity)
}

// gone reports whether the panel knows nothing under this address. A proxy's page doesn't count.
func (e *callError) gone() bool { return e.shaped && e.status == http.StatusNotFound }

// call is one request: what to send, and what no error may repeat.
type call struct {
	method, path string
	query        url.Values
	in           any // nil for no body
	secret       string
}

// do sends a request once and decodes the `data` of its answer into out, nil for none. Every error is a *callError.
func (c *client) do(ctx context.Context, r call, out any) error {
	_, err := c.page(ctx, r, out)
	return err
}

// meta tells how many pages a list has; the zero value means one.
type meta struct {
	Current number `json:"current_page"`
	Last    number `json:"last_page"`
	Total   number `json:"total"`
}

func (c *client) page(ctx context.Context, r call, out any) (meta, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	what := r.method + " " + r.path
	response, connected, err := c.send(ctx, r)
	if err != nil {
		return meta{}, &callError{what: what, unsent: !connected, cause: plain(err)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = errors.New("the answer is larger than 8 MiB")
	}
	if err != nil && response.StatusCode < 300 {
		return meta{}, &callError{what: what, cause: plain(err)}
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return meta{}, c.refusal(what, response, body, r.secret)
	}
	if response.StatusCode == http.StatusNoContent {
		return meta{}, nil
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
		Meta meta            `json:"meta"`
	}
	// What a decoder says may quote the body, and that may hold a password.
	if err := json.Unmarshal(body, &envelope); err != nil {
		return meta{}, &callError{what: what, cause: fmt.Errorf("status %d with a body that is not the panel's", response.StatusCode)}
	}
	if out == nil {
		return envelope.Meta, nil
	}
	if len(envelope.Data) == 0 {
		envelope.Data = body // some calls answer without the envelope
	}
	if err := json.Unmarshal(envelope.Data, out); err != nil {
		return meta{}, &callError{what: what, cause: fmt.Errorf("status %d with a body of another shape", response.StatusCode)}
	}
	return envelope.Meta, nil
}

// send sends the request, and tells whether a connection came about: before that, nothing can have been sent.
func (c *client) send(ctx context.Context, r call) (*http.Response, bool, error) {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.in != nil {
		raw, err := json.Marshal(r.in)
		if err != nil {
			return nil, false, err
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, false, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	return response, connected.Load(), err
}

// refusal reads an answer that isn't a success.
func (c *client) refusal(what string, response *http.Response, body []byte, secret string) *callError {
	e := &callError{what: what, status: response.StatusCode, cause: errors.New(http.StatusText(response.StatusCode))}
	e.retryAfter = retryAfter(response.Header.Get("Retry-After"), c.now())
	var said struct {
		Message *string                    `json:"message"`
		Errors  map[string]json.RawMessage `json:"errors"`
	}
	if json.Unmarshal(body, &said) != nil || said.Message == nil && said.Errors == nil {
		return e
	}
	e.shaped = true
	var parts []string
	if said.Message != nil {
		parts = append(parts, *said.Message)
	}
	e.fields = map[string][]string{}
	names := make([]string, 0, len(said.Errors))
	for name := range said.Errors {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		var texts []string
		if json.Unmarshal(said.Errors[name], &texts) != nil {
			texts = []string{string(said.Errors[name])}
		}
		e.fields[name] = texts
		parts = append(parts, name+": "+strings.Join(texts, ", "))
	}
	e.message = strings.Join(parts, "; ")
	for _, hidden := range []string{secret, c.token} {
		if hidden != "" {
			e.message = strings.ReplaceAll(e.message, hidden, "***")
		}
	}
	return e
}

// plain is an error without the address that net/http puts before it: what names it already says which call it was.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// retryAfter reads the header in both of its forms, 0 when there's nothing to read.
func retryAfter(text string, now int64) time.Duration {
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Duration(at.UnixMicro()-now)*time.Microsecond)
	}
	return 0
}

// errMoved ends a listing that changed under the reading.
var errMoved = errors.New("the list changed while it was read")

// maxPages bounds a listing: far above any real panel, so that a wrong `last_page` can't keep a call for ever.
const maxPages = 100_000

// pages reads all pages of a list and hands out every entry; entries move from page to page when others come or go.
// Each of them carries its id, so those seen twice are handed out once, and a total that doesn't fit ends in errMoved:
// an entry may have slipped through.
func pages[T any](ctx context.Context, c *client, path string, query url.Values, id func(T) int64, each func(T) error) error {
	seen := map[int64]bool{}
	total := int64(-1)
	for n := int64(1); n <= maxPages; n++ {
		q := url.Values{"page": {strconv.FormatInt(n, 10)}}
		for name, values := range query {
			q[name] = values
		}
		var entries []T
		m, err := c.page(ctx, call{method: http.MethodGet, path: path, query: q}, &entries)
		if err != nil {
			return err
		}
		if total < 0 {
			total = int64(m.Total)
		}
		for _, entry := range entries {
			if seen[id(entry)] {
				continue
			}
			seen[id(entry)] = true
			if err := each(entry); err != nil {
				return err
			}
		}
		if n >= int64(m.Last) {
			if m.Last > 1 && (int64(m.Total) != total || int64(len(seen)) != total) {
				return &callError{what: "GET " + path, cause: errMoved}
			}
			return nil
		}
	}
	return &callError{what: "GET " + path, cause: errors.New("the list has no end")}
}
