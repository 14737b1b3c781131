package httpapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// call is a request with a key, the parameters in the query of one without a body.
func (s *shop) call(method, path, query, key string) reply {
	s.t.Helper()
	return s.do(ask{method: method, path: path + "?" + query, key: key})
}

func TestServersActions(t *testing.T) {
	s := openShop(t)
	id := s.buy()
	before := s.balance(buyer)
	for _, tt := range []struct {
		action, message, status string
		is                      func(berth.Service) bool
	}{
		{"stop", "The server was stopped.", "active", func(v berth.Service) bool { return v.Stopped }},
		{"start", "The server was started.", "active", func(v berth.Service) bool { return !v.Stopped }},
		{"restart", "The server was restarted.", "active", func(v berth.Service) bool { return !v.Stopped }},
		{"delete", "The server was deleted.", "terminated", func(v berth.Service) bool { return v.Status == berth.Terminated }},
	} {
		// As a known panel sends it: without a body.
		got := s.call("POST", actions, "server_id="+id+"&force=true&action="+tt.action, buyerKey)
		v, _, err := s.desk.Store.Service(context.Background(), id)
		if got.status != 200 || got.json["message"] != tt.message || got.json["status"] != tt.status || got.at("data", "id") != id || err != nil || !tt.is(v) {
			t.Errorf("%s: got %d %s, and %+v", tt.action, got.status, got.raw, v)
		}
	}
	checkError(t, "once it's gone", s.call("POST", actions, "id="+id+"&action=start", buyerKey), 404, berth.NotFound, "server_id")
	if got := s.get(detailServer + "?id=" + id); got.at("data", "status") != "terminated" {
		t.Errorf("reading it: got %s", got.raw)
	}
	if after := s.balance(buyer); after != before {
		t.Errorf("the balance went from %s to %s", before, after)
	}
}

func TestResetPassword(t *testing.T) {
	s := openShop(t)
	id := s.buy()
	got := s.post(resetPassword, `{"server_id":"`+id+`"}`)
	if got.status != 200 || got.at("data", "password") != madePassword || got.at("data", "username") != "root" {
		t.Errorf("got %d %s", got.status, got.raw)
	}
	// Some providers tell nobody but the owner.
	s.gate.answer(berth.Outcome{Verdict: berth.Done})
	got = s.post(resetPassword, `{"server_id":"`+id+`"}`)
	if got.status != 200 || got.at("data", "password") != nil || !strings.Contains(got.raw, "sent to its owner") {
		t.Errorf("untold: got %d %s", got.status, got.raw)
	}
	s.gate.answerItself()
	for _, path := range []string{detailServer + "?id=" + id, listOrder + "?user_id=" + buyer} {
		if got := s.get(path); strings.Contains(got.raw, canary) {
			t.Errorf("%s shows the password: %s", path, got.raw)
		}
	}
	if logged := s.log.String() + s.rest.String(); strings.Contains(logged, canary) {
		t.Errorf("it was logged: %s", logged)
	}
}

func TestReinstallAndRename(t *testing.T) {
	s := openShop(t)
	id := s.buy()
	for _, tt := range []struct {
		method, path, parameters string
		is                       func(reply) bool
	}{
		{"PUT", reinstall, "&os_id=6", func(r reply) bool { return r.at("data", "os_image_id") == 6.0 && r.json["login_link"] == nil }},
		{"PUT", reinstall, "&application_id=3", func(r reply) bool {
			return r.at("data", "os_image_id") == nil && r.json["login_link"] == "https://{{hostname}}:8443/"
		}},
		{"POST", renameServer, "&name=mail+1", func(r reply) bool { return r.at("data", "name") == "mail 1" }},
		{"POST", deleteServer, "", func(r reply) bool { return r.json["status"] == "terminated" }},
	} {
		got := s.call(tt.method, tt.path, "server_id="+id+tt.parameters, buyerKey)
		if got.status != 200 || !tt.is(got) {
			t.Errorf("%s %s: got %d %s", tt.method, tt.path, got.status, got.raw)
		}
	}
}

func TestServiceRefusals(t *testing.T) {
	s := openShop(t)
	id := s.buy()
	before := s.books()
	for _, tt := range []struct {
		method, path, query string
		status              int
		code                berth.Code
		parameter           string
	}{
		{"POST", actions, "action=start", 422, berth.InvalidParameter, "server_id"},
		{"POST", actions, "server_id=" + id, 422, berth.InvalidParameter, "action"},
		{"POST", actions, "action=suspend&server_id=" + id, 422, berth.InvalidParameter, "action"},
		{"POST", actions, "action=start&force=maybe&server_id=" + id, 422, berth.InvalidParameter, "force"},
		{"POST", actions, "action=start&id=none", 404, berth.NotFound, "id"},
		{"POST", actions, "action=start&id=" + id + "&server_id=other", 422, berth.InvalidParameter, "id"},
		{"GET", actions, "action=start&id=" + id, 405, berth.MethodNotAllowed, ""},
		{"POST", reinstall, "os_id=6&id=" + id, 405, berth.MethodNotAllowed, ""},
		{"PUT", reinstall, "id=" + id, 422, berth.InvalidParameter, "os_id"},
		{"PUT", reinstall, "os_id=6&application_id=3&id=" + id, 422, berth.InvalidParameter, "os_id"},
		{"PUT", reinstall, "os_id=5.0&id=" + id, 422, berth.InvalidParameter, "os_id"},
		{"PUT", reinstall, "os_id=99&id=" + id, 404, berth.NotFound, "os_id"},
		{"PUT", reinstall, "os_id=6&password=short&id=" + id, 422, berth.InvalidParameter, "password"},
		{"POST", renameServer, "id=" + id, 422, berth.InvalidParameter, "name"},
		{"POST", renameServer, "name=" + strings.Repeat("x", 101) + "&id=" + id, 422, berth.InvalidParameter, "name"},
		{"POST", autoRenew, "auto_renew=1&id=" + id, 422, berth.InvalidParameter, "user_id"},
		{"POST", autoRenew, "user_id=" + buyer + "&id=" + id, 422, berth.InvalidParameter, "auto_renew"},
		{"GET", usageServer, "id=" + id, 422, berth.InvalidParameter, "specification"},
		{"GET", usageServer, "specification=gpu&id=" + id, 422, berth.InvalidParameter, "specification"},
		{"GET", detailDisk, "", 422, berth.InvalidParameter, "server_id"},
	} {
		checkError(t, tt.method+" "+tt.path+"?"+tt.query, s.call(tt.method, tt.path, tt.query, buyerKey), tt.status, tt.code, tt.parameter)
	}
	checkError(t, "a body that isn't JSON", s.do(ask{method: "PUT", path: reinstall, key: buyerKey, body: `{"os_id":`}), 400, berth.MalformedRequest, "")
	checkError(t, "a large body", s.do(ask{method: "PUT", path: reinstall, key: buyerKey, body: strings.Repeat("x", maxBody+1)}), 413, berth.TooLarge, "")
	s.gate.answer(berth.Outcome{Verdict: berth.Refused, Reason: errors.New("no")})
	for _, r := range []reply{
		s.call("POST", resetPassword, "id="+id, buyerKey), s.call("POST", vncServer, "id="+id, buyerKey),
		s.call("GET", usageServer, "specification=cpu&id="+id, buyerKey),
	} {
		checkError(t, "refused there", r, 502, berth.ProviderRefused, "")
	}
	s.gate.answer(berth.Outcome{Verdict: berth.Unresolved, Reason: errors.New("away")})
	for _, r := range []reply{s.call("POST", vncServer, "id="+id, buyerKey), s.call("GET", usageServer, "specification=cpu&id="+id, buyerKey)} {
		checkError(t, "no answer there", r, 503, berth.Unavailable, "")
	}
	s.gate.answerItself()
	if v, _, _ := s.desk.Store.Service(context.Background(), id); v.Task.Do != "" || v.Stopped {
		t.Errorf("something is left of it: %+v", v)
	}
	if after := s.books(); strings.Count(after, "\n") != strings.Count(before, "\n") {
		t.Error("what was refused made something")
	}
}

// A driver that lacks an ability says so, and nothing is written.
func TestNotSupported(t *testing.T) {
	s := openShop(t)
	id := s.buy()
	s.desk.Servers["sim"] = struct{ berth.ServerDriver }{s.gate}
	before := s.books()
	for _, call := range []string{
		"POST " + actions + " action=start", "POST " + actions + " action=delete", "POST " + resetPassword, "PUT " + reinstall + " os_id=6",
		"POST " + renameServer + " name=mail", "POST " + deleteServer, "POST " + vncServer, "GET " + usageServer + " specification=cpu", "GET " + detailDisk,
	} {
		part := append(strings.Split(call, " "), "")
		checkError(t, call, s.call(part[0], part[1], part[2]+"&id="+id, buyerKey), 422, berth.NotSupported, "")
	}
	if s.books() != before {
		t.Error("something was written")
	}
}

// The answer waits no longer than the patience, and says that it goes on; meanwhile the server is busy, but extended.
func TestChangesThatTakeLong(t *testing.T) {
	s := openShop(t, func(o *settings) { o.policy.Patience = berth.Second / 5 })
	id := s.buy()
	arrived, reopen := s.gate.shut()
	got := s.call("POST", resetPassword, "id="+id, buyerKey)
	if got.status != 200 || got.json["status"] != "processing" || got.at("data", "password") != nil || !strings.Contains(got.raw, "goes on") {
		t.Errorf("got %d %s, want it processing", got.status, got.raw)
	}
	<-arrived
	checkError(t, "meanwhile", s.call("POST", actions, "action=stop&id="+id, buyerKey), 409, berth.Busy, "server_id")
	if got := s.post(createOrder, `{"user_id":"`+buyer+`","server_id":"`+id+`","hours":"1"}`); got.status != 200 {
		t.Errorf("an extension meanwhile: got %d %s", got.status, got.raw)
	}
	reopen()
	if err := s.worker.Drain(context.Background()); err != nil {
		t.Error(err)
	}
	if v, _, _ := s.desk.Store.Service(context.Background(), id); v.Task.Do != "" {
		t.Errorf("afterwards: %+v is left", v.Task)
	}
	s.proved()
}

// A parent's key acts for its sub-account's server, without a user_id and with the sub-account's.
func TestParentsChangeServers(t *testing.T) {
	s := openEstate(t)
	parent, sub := s.parties[0], s.parties[1]
	for _, query := range []string{"", "&user_id=" + sub.user} {
		if got := s.call("POST", actions, "action=stop&id="+sub.server+query, parent.key); got.status != 200 || got.at("data", "owner_id") != sub.user {
			t.Errorf("%s: got %d %s", query, got.status, got.raw)
		}
	}
	checkError(t, "with its own user_id", s.call("POST", actions, "action=stop&id="+sub.server+"&user_id="+parent.user, parent.key), 404, berth.NotFound, "id")
	checkError(t, "the other way round", s.call("POST", actions, "action=delete&id="+parent.server, sub.key), 404, berth.NotFound, "id")
}

func TestAutoRenew(t *testing.T) {
	s := openShop(t)
	id := s.buy()
	for _, on := range []string{"1", "0"} {
		e := readExample(t, "auto_renew")
		got := s.post(autoRenew, fmt.Sprintf(`{"user_id":%q,"server_id":%q,"auto_renew":%q}`, buyer, id, on))
		compare(t, "auto_renew", got.json, e.Response)
		if read := s.get(detailServer + "?id=" + id); fmt.Sprint(got.at("data", "auto_renew"), read.at("data", "auto_renew")) != on+" "+on {
			t.Errorf("set to %s: got %s and then %s", on, got.raw, read.raw)
		}
	}
}

func TestMeters(t *testing.T) {
	s := openShop(t)
	id := s.buy()
	compare(t, "usage_server", s.get(usageServer+"?specification=cpu&server_id="+id).json, readExample(t, "usage_server").Response)
	for what, member := range map[string]string{"cpu": "load_average", "memory": "memory", "disk": "derivative", "disks": "derivative", "network": "derivative"} {
		got := s.get(usageServer + "?specification=" + what + "&id=" + id)
		items, _ := got.at("data", "items").([]any)
		if got.status != 200 || len(items) != 12 || items[0].(map[string]any)[member] == nil || got.at("data", "interval", "value") != 300.0 {
			t.Errorf("%s: got %d %s", what, got.status, got.raw)
		}
	}
	if got := s.get(detailDisk + "?server_id=" + id); got.at("data", "actual_size") != float64(40<<30) {
		t.Errorf("disk: got %s", got.raw)
	}
	got := s.post(vncServer, `{"server_id":"`+id+`"}`)
	if got.json["vnc_url"] != "wss://panel.example/vnc?token=abc" || got.json["vnc_password"] != "once" || got.at("data", "vnc_url") != got.json["vnc_url"] {
		t.Errorf("console: got %s", got.raw)
	}
	for _, bad := range []string{"javascript:alert(1)", "", "wss://user:word@panel.example/", "wss://panel.example/\nx", "no address"} {
		s.gate.answer(berth.Outcome{Verdict: berth.Done, Result: berth.Result{LoginLink: bad}})
		checkError(t, "a console at "+bad, s.post(vncServer, `{"server_id":"`+id+`"}`), 503, berth.Unavailable, "")
	}
	s.gate.answerItself()
	s.call("POST", actions, "action=stop&id="+id, buyerKey)
	if got := s.get(usageServer + "?specification=cpu&id=" + id); got.status != 200 || len(got.at("data", "items").([]any)) != 0 {
		t.Errorf("while it's off: got %d %s, want no items", got.status, got.raw)
	}
	s.desk.Servers["sim"] = mad{s.gate}
	if got := s.get(usageServer + "?specification=cpu&id=" + id); got.status != 200 || len(got.at("data", "items").([]any)) != 1 {
		t.Errorf("figures that are none: got %d %s, want the one that is", got.status, got.raw)
	}
}

// mad measures what can't be.
type mad struct{ *gate }

func (mad) Usage(context.Context, string) (berth.Usage, berth.Outcome) {
	return berth.Usage{CPU: []berth.Sample{{In: math.NaN()}, {In: math.Inf(1)}, {In: -1}, {At: math.MaxInt64}, {At: 1, In: 5}}}, berth.Outcome{Verdict: berth.Done}
}
