package main

import (
	"net/http"
	"strings"
	"testing"
)

// Everything that a client can have done to a server, at a panel that enforces its own rules.
func TestServerEndpointsAtAPanel(t *testing.T) {
	shop := panelShop(t, "")
	s := shop.serve(nil)
	a := shop.order(s, "box")
	status, _ := a.body["server_status"].(map[string]any)
	id, _ := status["new_id"].(string)
	if a.status != 200 || id == "" {
		t.Fatalf("got status %d and %v", a.status, a.body)
	}
	manage := decoded[keyView](t, nil, "key", "create", "--db", shop.db, "--user", demoUser, "--scope", "order", "--scope", "read", "--scope", "manage").Value
	for _, step := range []struct{ method, path, body, status string }{
		{"POST", "servers_actions", `{"action":"stop"}`, "active"},
		{"POST", "servers_actions", `{"action":"start"}`, "active"},
		{"POST", "servers_actions", `{"action":"restart"}`, "active"},
		{"POST", "rename_server", `{"name":"mail"}`, "active"},
		{"PUT", "reinstall_server", `{"os_id":2}`, "active"},
		{"POST", "reset_password", `{}`, "active"},
		{"POST", "vnc_server", `{}`, ""},
		{"GET", "usage_server", "specification=cpu", ""},
		{"GET", "detail_disk", "", ""},
		{"POST", "delete_server", `{}`, "terminated"},
	} {
		got := s.change(step.method, step.path, step.body, id, manage)
		said, _ := got.body["status"].(string)
		data, _ := got.body["data"].(map[string]any)
		if got.status != 200 || said != step.status {
			t.Errorf("%s: got status %d and %v", step.path, got.status, got.body)
		}
		url, _ := got.body["vnc_url"].(string)
		switch {
		case step.path == "vnc_server" && (!strings.HasPrefix(url, "wss://") || got.body["vnc_password"] == ""):
			t.Errorf("console: got %v", got.body)
		case step.path == "reset_password" && (data["password"] == nil || data["password"] == ""):
			t.Errorf("password: got %v", got.body)
		case step.path == "detail_disk" && data["actual_size"] == nil:
			t.Errorf("disk: got %v", got.body)
		}
	}
	if r := call(t, nil, "--json", "reconcile", "--db", shop.db, "--config", shop.config); r.code != exitDone || !strings.Contains(r.out, `"machines": 0`) {
		t.Errorf("reconcile: got exit code %d and\n%s%s", r.code, r.out, r.err)
	}
	s.stop()
	must(t, nil, "verify", "--db", shop.db)
	if strings.Contains(s.log.String(), manage) {
		t.Error("a key is in the log")
	}
}

// change sends a request about a server.
func (s *server) change(method, path, body, id, key string) answer {
	s.t.Helper()
	url := s.url + "/API/services/" + path + "?server_id=" + id
	if method == http.MethodGet {
		url, body = url+"&"+body, ""
	} else {
		body = strings.Replace(body, "{", `{"server_id":"`+id+`",`, 1)
		body = strings.Replace(body, ",}", "}", 1)
	}
	a, err := send(http.DefaultClient, method, url, body, "x-api-key", key)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}
