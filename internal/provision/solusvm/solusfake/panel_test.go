package solusfake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/provision/solusvm/solusfake"
)

const create = `{"name": "box", "plan": 5, "location": 1, "os": 13, "password": "sEcr3t", "description": "mine"}`

// ask sends one call, with what a right client sends along unless edit takes it away.
func ask(t *testing.T, base, method, path, body string, edit ...func(http.Header)) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, base+"/api/v1/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer token"}, "Accept": {"application/json"}, "Content-Type": {"application/json"}}
	for _, e := range edit {
		e(r.Header)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("%s %s: got %s", method, path, raw)
	}
	return response.StatusCode, answer
}

func serve(t *testing.T, o solusfake.Options) (*solusfake.Panel, string) {
	p := solusfake.New(o)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return p, server.URL
}

func TestStrict(t *testing.T) {
	without := func(name string) func(http.Header) { return func(h http.Header) { h.Del(name) } }
	for _, c := range []struct {
		name, old, new string // what is wrong in the create
		edit           func(http.Header)
		status         int
		field          string // named in `errors`
		complains      bool   // no right client would ever send it
	}{
		{name: "right", status: 201},
		{name: "no token", edit: without("Authorization"), status: 401},
		{name: "another token", edit: func(h http.Header) { h.Set("Authorization", "Bearer other") }, status: 401},
		{name: "no Accept", edit: without("Accept"), status: 406, complains: true},
		{name: "no Content-Type", edit: without("Content-Type"), status: 406, complains: true},
		{name: "an idempotency key", edit: func(h http.Header) { h.Set("Idempotency-Key", "x") }, status: 201, complains: true},
		{name: "the resize's name of the plan", old: `"plan"`, new: `"plan_id"`, status: 422, field: "plan_id", complains: true},
		{name: "os and application", old: `"os": 13`, new: `"os": 13, "application": 1`, status: 422, field: "os"},
		{name: "neither", old: `"os": 13, `, new: ``, status: 422, field: "os"},
		{name: "an image, not a version", old: `"os": 13`, new: `"os": 101`, status: 422, field: "os"},
		{name: "no such plan", old: `"plan": 5`, new: `"plan": 6`, status: 422, field: "plan"},
		{name: "no such location", old: `"location": 1`, new: `"location": 4`, status: 422, field: "location"},
		{name: "a plan that isn't sold there", old: `"plan": 5, "location": 1`, new: `"plan": 9, "location": 2`, status: 422, field: "location"},
		{name: "an os that isn't for the plan", old: `"plan": 5, "location": 1, "os": 13`, new: `"plan": 9, "location": 1, "os": 2`, status: 422, field: "os"},
		{name: "no name", old: `"name": "box", `, new: ``, status: 422, field: "name"},
		{name: "no password", old: `"password": "sEcr3t", `, new: ``, status: 422, field: "password"},
	} {
		p, url := serve(t, solusfake.Options{})
		edit := c.edit
		if edit == nil {
			edit = func(http.Header) {}
		}
		status, answer := ask(t, url, "POST", "servers", strings.Replace(create, c.old, c.new, 1), edit)
		fields, _ := answer["errors"].(map[string]any)
		if _, named := fields[c.field]; status != c.status || c.field != "" && !named || (len(p.Complaints()) > 0) != c.complains {
			t.Errorf("%s: got status %d, %v and the complaints %v", c.name, status, answer, p.Complaints())
		}
		if made := len(p.Servers()); (made == 1) != (c.status == 201) {
			t.Errorf("%s: got %d machines", c.name, made)
		}
	}
}

func TestLists(t *testing.T) {
	p, url := serve(t, solusfake.Options{})
	for n := range 5 { // names may repeat
		user := 9 + n%2
		ask(t, url, "POST", "servers", strings.Replace(create, `"plan"`, fmt.Sprintf(`"user": %d, "plan"`, user), 1))
	}
	for query, want := range map[string][2]int{"": {2, 5}, "?page=3": {1, 5}, "?page=4": {0, 5}, "?filter[user_id]=9": {2, 3}, "?filter[colour]=red": {2, 5}, "?per_page=50": {2, 5}} {
		_, answer := ask(t, url, "GET", "servers"+query, "")
		meta, _ := answer["meta"].(map[string]any)
		if list := answer["data"].([]any); len(list) != want[0] || meta["total"] != float64(want[1]) {
			t.Errorf("%q: got %d entries and %v, want %v", query, len(list), meta, want)
		}
	}
	if _, answer := ask(t, url, "GET", "servers?filter[user_id]=10", ""); answer["meta"] != nil || len(answer["data"].([]any)) != 2 {
		t.Errorf("a short list: got %v, want no meta", answer)
	}
	if _, answer := ask(t, url, "GET", "users?filter[search]=a@example.com", ""); len(answer["data"].([]any)) != 2 {
		t.Errorf("got %v, want every address that holds it", answer)
	}
	if p.Creates("mine") != 5 {
		t.Errorf("got %d creates in the log, want 5", p.Creates("mine"))
	}
}

func TestLifeOfATask(t *testing.T) {
	for _, busy := range []int{409, 422, 423} {
		_, url := serve(t, solusfake.Options{Busy: busy, Polls: 4})
		ask(t, url, "POST", "servers", create)
		if status, _ := ask(t, url, "POST", "servers/493/stop", "{}"); status != busy {
			t.Errorf("while it is made: got status %d, want %d", status, busy)
		}
		_, answer := ask(t, url, "GET", "tasks?filter[compute_resource_vm_id]=493&filter[action]=vm-create", "")
		seen := []string{answer["data"].([]any)[0].(map[string]any)["status"].(string)}
		for range 4 {
			_, answer := ask(t, url, "GET", "tasks/1", "")
			seen = append(seen, answer["data"].(map[string]any)["status"].(string))
		}
		if got := strings.Join(seen, " "); got != "pending queued queued running done" && got != "pending queued running running done" {
			t.Errorf("got the life %s", got)
		}
		if status, _ := ask(t, url, "POST", "servers/493/resize", `{"plan": 7}`); status != 422 {
			t.Errorf("the create's name of the plan: got status %d", status)
		}
		if status, _ := ask(t, url, "DELETE", "servers/493", ""); status != 200 {
			t.Errorf("delete: got status %d", status)
		}
		for range 4 {
			ask(t, url, "GET", "servers/493", "")
		}
		for _, method := range []string{"GET", "DELETE"} {
			if status, _ := ask(t, url, method, "servers/493", ""); status != 404 {
				t.Errorf("%s after the deletion: got status %d", method, status)
			}
		}
	}
}

// A password that shows anywhere but in the calls that set it is complained of.
func TestPasswordElsewhere(t *testing.T) {
	p, url := serve(t, solusfake.Options{})
	ask(t, url, "POST", "servers", create)
	if ask(t, url, "PATCH", "servers/493", `{"description": "the password is sEcr3t"}`); len(p.Complaints()) != 1 {
		t.Errorf("got the complaints %v, want one", p.Complaints())
	}
}

// The same seed gives the same faults.
func TestSeed(t *testing.T) {
	met := func(seed uint64) (kinds string) {
		p := solusfake.New(solusfake.Options{Seed: seed, Rate: 2})
		for range 40 {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/account", nil)
			func() {
				defer func() { _ = recover() }() // a connection that is cut
				p.ServeHTTP(httptest.NewRecorder(), r.WithContext(left(t)))
			}()
		}
		for _, c := range p.Calls() {
			kinds += c.Fault + ";"
		}
		return kinds
	}
	if a, b, other := met(1), met(1), met(2); a != b || a == other || strings.Trim(a, ";") == "" {
		t.Errorf("got %s, %s and with another seed %s", a, b, other)
	}
}

// left is the context of a client that has gone, so that no fault waits for it.
func left(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
