package solusfake

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Fault is a way for one call to go wrong. The zero value is none.
type Fault struct {
	Kind string // one of Kinds
	Code int    // of the kinds "status" and "html"; seconds of the kinds "limit" and "limit-date"
	Made bool   // the call is carried out all the same
}

// Kinds of fault, and what the client sees of each.
var kinds = []string{
	"status",      // the panel's own error with Code
	"html",        // a proxy's page with Code, 200 too
	"empty",       // Code and no body
	"cut",         // a whole answer whose JSON ends in the middle
	"half",        // the connection ends halfway through the answer
	"drop",        // the connection ends without an answer
	"drop-unread", // the connection ends before the request was read; never made
	"limit",       // 429 with Retry-After in seconds
	"limit-date",  // 429 with Retry-After as a date
	"slow",        // no answer while the client waits
	"late",        // the same, and it's carried out once the client has left
	"redirect",    // 307 to the same address
	"task-failed", // accepted, and the task then fails; "task-canceled" and "task-errors" end in the other ways
	"task-canceled",
	"task-errors",
	"busy",  // other work begins on the machine just before the call, which is refused with Code
	"twice", // a create that makes two, and answers 502
}

func (f Fault) String() string {
	if f.Kind == "" {
		return ""
	}
	text := f.Kind
	if f.Code != 0 {
		text += " " + strconv.Itoa(f.Code)
	}
	if f.Made {
		text += ", made"
	}
	return text
}

// Faults are all that a call can meet, for tests that go through every one of them. A refusal by the panel's own 4xx
// never comes with Made.
func Faults() (all []Fault) {
	for _, code := range []int{500, 502, 503} {
		all = append(all, Fault{"status", code, false}, Fault{"status", code, true})
	}
	for _, code := range []int{502, 503, 200, 403, 422} {
		all = append(all, Fault{"html", code, false}, Fault{"html", code, true})
	}
	for _, code := range []int{200, 201, 502} {
		all = append(all, Fault{"empty", code, false}, Fault{"empty", code, true})
	}
	for _, kind := range []string{"cut", "half", "drop", "slow"} {
		all = append(all, Fault{kind, 0, false}, Fault{kind, 0, true})
	}
	for _, code := range []int{401, 403, 404, 409, 422, 423} {
		all = append(all, Fault{"status", code, false})
	}
	return append(all, Fault{"late", 0, true}, Fault{"drop-unread", 0, false}, Fault{"limit", 3, false}, Fault{"limit-date", 3, false},
		Fault{"redirect", 0, false}, Fault{"task-failed", 0, true})
}

// Fail has the next calls of a route meet these faults, one each, in this order. The zero Fault lets one pass.
func (p *Panel) Fail(route string, faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range faults {
		if f.Kind != "" && !slices.Contains(kinds, f.Kind) {
			panic("solusfake: there is no fault " + f.Kind)
		}
	}
	p.script[route] = append(p.script[route], faults...)
}

// next is the fault that a call meets: by the script, else by the seed.
func (p *Panel) next(route string) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if waiting := p.script[route]; len(waiting) > 0 {
		p.script[route] = waiting[1:]
		return waiting[0]
	}
	if p.options.Rate > 0 && p.random.IntN(p.options.Rate) == 0 {
		// What an operator's mistake is, and not a bad day, would end every run the same way.
		all := slices.DeleteFunc(Faults(), func(f Fault) bool { return f.Kind == "status" && f.Code < 409 || f.Kind == "redirect" })
		if route != "POST servers" {
			all = slices.DeleteFunc(all, func(f Fault) bool { return f.Kind == "task-failed" || f.Code == 422 })
		}
		return all[p.random.IntN(len(all))]
	}
	return Fault{}
}

// act answers a call, or lets it go wrong.
func (p *Panel) act(w http.ResponseWriter, q *request, f Fault, do func() reply) {
	var out reply
	if f.Made && f.Kind != "late" || f.Kind == "" || f.Kind == "cut" || f.Kind == "half" {
		if f.Kind == "cut" || f.Kind == "half" {
			out = data(201, map[string]any{"id": 1, "uuid": "not made", "status": "processing"})
		}
		if f.Made || f.Kind == "" {
			out = do()
		}
	}
	switch f.Kind {
	case "":
		out.write(w)
	case "task-failed", "task-canceled", "task-errors":
		p.failWork(out, f.Kind)
		out.write(w)
	case "busy":
		p.occupy(q)
		problem(f.Code, "The server is processing another request.").write(w)
	case "twice":
		do()
		do()
		problem(502, "Bad gateway.").write(w)
	case "status":
		problem(f.Code, fmt.Sprintf("Simulated: %s.", http.StatusText(f.Code))).write(w)
	case "html", "empty":
		page(w, f)
	case "cut":
		raw := out.encoded()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(out.status)
		_, _ = w.Write(raw[:len(raw)/2]) // the client is told that this is all
	case "half":
		raw := out.encoded()
		w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
		w.WriteHeader(out.status)
		_, _ = w.Write(raw[:len(raw)/2]) // the rest never comes
		panic(http.ErrAbortHandler)
	case "drop":
		drop(w)
	case "limit":
		w.Header().Set("Retry-After", strconv.Itoa(f.Code))
		problem(429, "Too many attempts.").write(w)
	case "limit-date":
		at := p.options.Now().Add(time.Duration(f.Code) * time.Second)
		w.Header().Set("Retry-After", at.UTC().Format(http.TimeFormat))
		problem(429, "Too many attempts.").write(w)
	case "slow":
		<-q.Context().Done()
	case "late":
		<-q.Context().Done()
		do()
	case "redirect":
		w.Header().Set("Location", q.URL.Path)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

// page is what a proxy in front of the panel answers.
func page(w http.ResponseWriter, f Fault) {
	text := ""
	if f.Kind == "html" {
		w.Header().Set("Content-Type", "text/html")
		text = "<html><body><h1>" + http.StatusText(f.Code) + "</h1></body></html>"
	}
	w.WriteHeader(f.Code)
	_, _ = w.Write([]byte(text)) // a client that has left misses it
}

// drop ends the connection.
func drop(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			_ = c.Close() // that is all there is to do
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// failWork has the work that a call has just begun end badly, and without its effect.
func (p *Panel) failWork(out reply, kind string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.tasks[p.lastTask]
	if out.status > 299 || w == nil {
		return
	}
	m := p.servers[w.vm]
	w.effect = func() {
		w.status = map[string]string{"task-failed": "failed", "task-canceled": "canceled", "task-errors": "done_with_errors"}[kind]
		w.output = "simulated: no space left on the node"
		if m != nil && w.action == "vm-create" {
			m.Status = "not exists"
		}
	}
}

// occupy begins work on the machine that a call names.
func (p *Panel) occupy(q *request) {
	p.mu.Lock()
	m, gone := p.find(q)
	p.mu.Unlock()
	if gone == nil {
		p.Occupy(m.ID)
	}
}
