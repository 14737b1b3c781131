// Package solusfake is a SolusVM 2 panel without machines: a real HTTP server that keeps state, refuses whatever a real
// panel would refuse, and misbehaves on request as panels and the proxies before them do. Tests count what it was
// asked; an operator can try Berth from end to end with it ('berth fake-solusvm').
package solusfake

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options of a panel.
type Options struct {
	Token string // that calls must carry; "token" when ""
	Polls int    // reads until a piece of work is done, 2 when 0
	Busy  int    // status of an action while the machine is being worked on: 409, 422 or 423; 409 when 0
	Seed  uint64 // begins the random faults
	Rate  int    // one call in so many meets a random fault; 0 for none
	Now   func() time.Time
}

// Panel is the fake. It is an http.Handler for addresses below /api/v1/.
type Panel struct {
	options Options
	mux     *http.ServeMux

	mu         sync.Mutex
	servers    map[int64]*machine
	tasks      map[int64]*work
	lastServer int64
	lastTask   int64
	script     map[string][]Fault
	random     *rand.Rand
	calls      []Call
	complaints []string
	secrets    []string // passwords that came with a create or a reinstall
	serving    int
	idle       *sync.Cond // of mu; woken when serving falls to 0
}

// Call is one request as it arrived.
type Call struct {
	Route       string // such as "POST servers" or "GET servers/{id}"
	Description string // of a create
	Fault       string // what it met, "" for nothing
}

// Server is a machine as a test looks at it.
type Server struct {
	ID          int64
	Name        string
	Description string
	Status      string
	Plan        int64
	Suspended   bool
	Password    string
}

// machine is a server of the panel.
type machine struct {
	Server
	os       int64
	user     int64
	location int64
	address  string
	created  time.Time
	work     *work // under way, nil for none
}

// work is a task, and what it does at its end.
type work struct {
	id     int64
	vm     int64
	action string
	status string
	output string
	left   int
	effect func()
}

// New makes an empty panel.
func New(o Options) *Panel {
	if o.Token == "" {
		o.Token = "token"
	}
	if o.Polls == 0 {
		o.Polls = 2
	}
	if o.Busy == 0 {
		o.Busy = http.StatusConflict
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Panel{
		options: o, servers: map[int64]*machine{}, tasks: map[int64]*work{}, lastServer: 492, script: map[string][]Fault{},
		random: rand.New(rand.NewPCG(o.Seed, 1)), // #nosec G404 -- a fault that can be repeated is the point
		mux:    http.NewServeMux(),
	}
	p.idle = sync.NewCond(&p.mu)
	p.routes()
	return p
}

func (p *Panel) routes() {
	for route, serve := range map[string]func(*request) reply{
		"GET account": func(*request) reply { return data(200, map[string]any{"id": 9, "email": "owner@example.com"}) },
		"GET servers": p.list, "POST servers": p.create, "GET servers/{id}": p.read, "PATCH servers/{id}": p.patch,
		"DELETE servers/{id}": p.remove, "POST servers/{id}/start": p.start, "POST servers/{id}/stop": p.stop,
		"POST servers/{id}/restart": p.restart, "POST servers/{id}/suspend": p.suspend, "POST servers/{id}/resume": p.resume,
		"POST servers/{id}/reinstall": p.reinstall, "POST servers/{id}/reset_password": p.resetPassword,
		"POST servers/{id}/resize": p.resize, "POST servers/{id}/vnc_up": p.vnc,
		"GET tasks": p.listTasks, "GET tasks/{id}": p.readTask, "GET usage/{series}/{uuid}": p.usage,
		"GET plans": p.plans, "GET locations": p.locations, "GET os_images": p.images, "GET users": p.users,
	} {
		method, path, _ := strings.Cut(route, " ")
		p.mux.HandleFunc(method+" /api/v1/"+path, func(w http.ResponseWriter, r *http.Request) { p.serve(route, serve, w, r) })
	}
	p.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.complain("%s %s is no call of the panel", r.Method, r.URL.Path)
		p.mu.Unlock()
		problem(404, "Not found.").write(w)
	})
}

func (p *Panel) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// request is a call whose body was read.
type request struct {
	*http.Request
	route string
	body  []byte
}

// serve is the way of every call: what is counted, what is checked, and where it goes wrong.
func (p *Panel) serve(route string, handle func(*request) reply, w http.ResponseWriter, r *http.Request) {
	p.count(+1)
	defer p.count(-1)
	fault := p.next(route)
	if fault.Kind == "drop-unread" {
		p.note(Call{Route: route, Fault: fault.String()})
		drop(w)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	q := &request{r, route, body}
	call := Call{Route: route, Fault: fault.String()}
	if route == "POST servers" {
		var in struct{ Description string }
		_ = json.Unmarshal(body, &in) // a body that can't be read has no description
		call.Description = in.Description
	}
	p.note(call)
	p.act(w, q, fault, func() reply { return p.checked(q, handle) })
}

func (p *Panel) note(c Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
}

// checked refuses what every call needs, and carries it out.
func (p *Panel) checked(q *request, handle func(*request) reply) reply {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, want := range map[string]string{"Accept": "application/json", "Content-Type": "application/json"} {
		if q.Header.Get(name) != want {
			p.complain("%s: the header %s is %q, want %q", q.route, name, q.Header.Get(name), want)
			return problem(406, "The header "+name+" must be "+want+".")
		}
	}
	if q.Header.Get("Idempotency-Key") != "" {
		p.complain("%s: an Idempotency-Key makes Go's client send again", q.route)
	}
	if q.Header.Get("Authorization") != "Bearer "+p.options.Token {
		return problem(401, "Unauthenticated.")
	}
	for _, secret := range p.secrets {
		if strings.Contains(string(q.body), secret) && q.route != "POST servers" && !strings.HasSuffix(q.route, "/reinstall") ||
			strings.Contains(q.URL.String(), secret) {
			p.complain("%s carries a password", q.route)
		}
	}
	return handle(q)
}

func (p *Panel) complain(format string, args ...any) {
	p.complaints = append(p.complaints, fmt.Sprintf(format, args...))
}

// Complaints are the calls that no correct client would have made.
func (p *Panel) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.complaints)
}

// Calls is the log, oldest first.
func (p *Panel) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Creates counts the creates that arrived with this description.
func (p *Panel) Creates(description string) (n int) {
	for _, c := range p.Calls() {
		if c.Route == "POST servers" && c.Description == description {
			n++
		}
	}
	return n
}

// Servers are the machines there are, in the order of making.
func (p *Panel) Servers() (all []Server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range p.sorted() {
		all = append(all, p.servers[id].Server)
	}
	return all
}

// Settle waits until no call is being carried out any more, those included whose client has left.
func (p *Panel) Settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.serving > 0 {
		p.idle.Wait()
	}
}

func (p *Panel) count(delta int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.serving += delta; p.serving == 0 {
		p.idle.Broadcast()
	}
}

// Calm ends the random faults.
func (p *Panel) Calm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options.Rate = 0
}

func (p *Panel) sorted() []int64 {
	ids := make([]int64, 0, len(p.servers))
	for id := range p.servers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Edit changes a machine behind everybody's back, as a person in the panel would.
func (p *Panel) Edit(id int64, edit func(*Server)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m, ok := p.servers[id]; ok {
		edit(&m.Server)
	}
}

// reply is an answer before it goes wrong.
type reply struct {
	status int
	body   any
}

func data(status int, body any) reply { return reply{status, map[string]any{"data": body}} }

// problem is the panel's own error, with what is wrong by field: name, text, name, text...
func problem(status int, message string, fields ...string) reply {
	body := map[string]any{"message": message, "http_code": status}
	if len(fields) > 0 {
		list := map[string][]string{}
		for i := 0; i < len(fields); i += 2 {
			list[fields[i]] = append(list[fields[i]], fields[i+1])
		}
		body["errors"] = list
	}
	return reply{status, body}
}

func (r reply) encoded() []byte {
	if r.body == nil {
		return nil
	}
	raw, err := json.Marshal(r.body)
	if err != nil {
		panic(err) // what the panel builds itself has a JSON form
	}
	return raw
}

func (r reply) write(w http.ResponseWriter) {
	raw := r.encoded()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(r.status)
	_, _ = w.Write(raw) // a client that has left misses it
}
