package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// Options of the HTTP surface. Desk, Place, Change, Ready and Log are required.
type Options struct {
	// Desk is the business. Its Store is read for keys, users, orders, services and the catalogue; its Policy says
	// the zone of dates, the patience, and whether passwords are answered always; its Now is the clock.
	Desk *berth.Desk
	// Place places an order and sees to it that it's fulfilled, waiting no longer than the policy's patience. A
	// receipt whose order is still paid is answered as "provisioning", a refunded one as provider_refused.
	Place func(context.Context, *berth.Request) (berth.Receipt, error)
	// Change asks for a change of a server and sees to it that it's made, waiting no longer than the policy's patience.
	// A receipt with the verdict Waiting is answered as "processing", one with Refused as provider_refused.
	Change func(context.Context, berth.TaskRequest) (berth.TaskReceipt, error)
	// Ready reports why this process shouldn't get requests now, or nil. It's given one second.
	Ready func(context.Context) error
	Log   *slog.Logger

	Observer            Observer       // nil for nobody
	RatePerKey          float64        // requests a second that one API key may make; 0 for no limit
	BurstPerKey         float64        // requests at once beyond that; RatePerKey when 0
	FailedKeysPerMinute float64        // failed keys allowed from one address; 30 when 0, no limit when negative
	TrustedProxies      []netip.Prefix // from these addresses X-Forwarded-For is believed
	Headroom            time.Duration  // that an order's answer may take beyond the policy's patience; 15 s when 0
}

// Observer is told of every answer. Its method must return at once.
type Observer interface {
	// Answered gets the method ("other" for unusual ones), the route's path ("unmatched" for none), the code ("ok"
	// for success), the HTTP status and how long it took. None of them holds anything of the client's making.
	Answered(method, route, code string, status int, took time.Duration)
}

// New makes the handler. It answers every path, and never redirects. The http.Server in front of it should set
// DisableGeneralOptionsHandler, or "OPTIONS *" gets an answer without a body from net/http itself.
func New(o Options) http.Handler {
	if o.FailedKeysPerMinute == 0 {
		o.FailedKeysPerMinute = 30
	}
	if o.BurstPerKey == 0 {
		o.BurstPerKey = o.RatePerKey
	}
	if o.Headroom == 0 {
		o.Headroom = 15 * time.Second
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	s := &server{
		Options:    o,
		rows:       o.Desk.Store,
		routes:     make(map[string][]route),
		keys:       newMarked(o.Desk.Now, o.Desk.Store.Meta, o.Desk.Store.KeyByHash),
		users:      newMarked(o.Desk.Now, o.Desk.Store.Meta, o.Desk.Store.User),
		perKey:     newLimiter[string](o.RatePerKey, o.BurstPerKey),
		perSession: newLimiter[string](sessionRate, sessionBurst),
		perFilter:  newLimiter[string](filterRate, filterBurst),
		failedKeys: newLimiter[netip.Addr](o.FailedKeysPerMinute/60, o.FailedKeysPerMinute),
	}
	for _, r := range routes() {
		s.routes[r.path] = append(s.routes[r.path], r)
	}
	s.manual = renderManual(routes())
	return s
}

type nobody struct{}

func (nobody) Answered(string, string, string, int, time.Duration) {}

type server struct {
	Options
	rows       berth.Reader
	routes     map[string][]route // by path
	keys       *cache[berth.APIKey]
	users      *cache[berth.User]
	perKey     *limiter[string]     // by the key's id
	perSession *limiter[string]     // by the network service's id
	perFilter  *limiter[string]     // the same, for its prefixes
	failedKeys *limiter[netip.Addr] // by neighbourhood
	manual     []byte               // the page of /docs
}

// call is one request on its way through the handler.
type call struct {
	http   *http.Request
	id     string      // for X-Request-Id and the log
	header http.Header // of the answer
	client netip.Addr
	route  route

	key   berth.APIKey // what it was admitted by
	owner berth.User   // whose key it is
	user  berth.User   // whom it acts for: user_id's, or else the owner
	in    *reader      // the parameters; user_id is read already

	idempotencyKey string
	orderID        string // for the log
}

// ServeHTTP answers one request, and writes one line about it.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	c := &call{http: r, id: newRequestID(began), header: w.Header(), client: clientAddress(r, s.TrustedProxies)}
	c.route.path = "unmatched"
	result, err := s.answer(w, c)
	refused := s.write(w, c, result, err)
	s.record(c, refused, time.Since(began))
}

// answer is the order of all checks. Nothing is written before the last of them, which Place makes.
func (s *server) answer(w http.ResponseWriter, c *call) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, fault(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	if err := s.find(c); err != nil {
		return nil, err
	}
	if c.route.scope == open {
		return c.route.serve(s, c)
	}
	if err := s.admit(c); err != nil {
		return nil, err
	}
	if wait, ok := s.perKey.take(c.key.ID, s.Desk.Now()); !ok {
		return nil, &berth.Error{Code: berth.RateLimited, RetryAfter: wait, Message: "This key makes too many requests."}
	}
	if err := s.read(w, c); err != nil {
		return nil, err
	}
	if c.route.scope == berth.ScopeManage {
		s.patient(w)
	}
	if c.route.scope == berth.ScopeOrder {
		s.patient(w)
		if c.idempotencyKey, err = parseIdempotencyKey(c.http.Header.Values(idempotencyHeader)); err != nil {
			return nil, err
		}
	}
	if err := s.actFor(c); err != nil {
		return nil, err
	}
	return c.route.serve(s, c)
}

// find looks the path up as it was written, so that an encoded or doubled slash is no known path. One trailing slash
// may be there.
func (s *server) find(c *call) error {
	path := c.http.URL.EscapedPath()
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	found, ok := s.routes[path]
	if !ok {
		return berth.Errorf(berth.NotFound, "There is nothing at this path; see /docs for what there is.")
	}
	c.route.path = found[0].path
	method := c.http.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http leaves the body of the answer out
	}
	i := slices.IndexFunc(found, func(r route) bool { return r.method == method })
	if i < 0 {
		c.header.Set("Allow", allowed(found))
		return berth.Errorf(berth.MethodNotAllowed, "This path takes %s only.", allowed(found))
	}
	c.route = found[i]
	return nil
}

func allowed(found []route) string {
	var methods []string
	for _, r := range found {
		methods = append(methods, r.method)
		if r.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	return strings.Join(methods, ", ")
}

// maxBody is the limit of a request's body, in bytes.
const maxBody = 64 << 10

// read takes the parameters out of body or query. The limit holds for what really comes, whatever the length in the
// header says or doesn't say.
func (s *server) read(w http.ResponseWriter, c *call) (err error) {
	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body) // what is decoded keeps nothing of it
	body.Reset()
	if c.http.Method == http.MethodPost || c.http.Method == http.MethodPut {
		if c.http.ContentLength > maxBody {
			return tooLarge()
		}
		_, err = body.ReadFrom(http.MaxBytesReader(w, c.http.Body, maxBody))
		var limit *http.MaxBytesError
		if errors.As(err, &limit) {
			return tooLarge()
		}
		if err != nil {
			return malformed("The body could not be read to its end.").Because(err)
		}
	}
	p, err := decode(c.http.Method, body.Bytes(), c.http.URL.RawQuery)
	if err != nil {
		return err
	}
	c.in = p.reader()
	return nil
}

func tooLarge() error {
	return berth.Errorf(berth.TooLarge, "The body is larger than %d KiB.", maxBody>>10)
}

// methodName is the method for logs and metrics: a client may send any word as its method.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return method
	}
	return "other"
}

// record writes the one line about a request, and tells the observer. Neither gets the raw path, the query, a header
// or a parameter's value: each of them can hold a secret.
func (s *server) record(c *call, refused *berth.Error, took time.Duration) {
	code, level := "ok", slog.LevelInfo
	httpStatus := http.StatusOK
	if refused != nil {
		code, httpStatus = string(refused.Code), status(refused.Code)
	}
	attrs := []slog.Attr{
		slog.String("request_id", c.id),
		slog.String("method", methodName(c.http.Method)),
		slog.String("route", c.route.path),
		slog.Int("status", httpStatus),
		slog.String("code", code),
		slog.Int64("duration_us", took.Microseconds()),
		slog.String("client", c.client.String()),
	}
	for _, a := range [...]slog.Attr{
		slog.String("user_id", c.user.ID), slog.String("key_id", c.key.ID), slog.String("order_id", c.orderID),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	// Of a body that couldn't be decoded the parameter is any word of the client's.
	if refused != nil && refused.Parameter != "" && refused.Code != berth.MalformedRequest {
		attrs = append(attrs, slog.String("parameter", refused.Parameter))
	}
	if httpStatus >= 500 {
		level = slog.LevelError
		if cause := refused.Unwrap(); cause != nil {
			attrs = append(attrs, slog.String("cause", cause.Error()))
		}
	}
	s.Log.LogAttrs(context.WithoutCancel(c.http.Context()), level, "request", attrs...)
	s.Observer.Answered(methodName(c.http.Method), c.route.path, code, httpStatus, took)
}
