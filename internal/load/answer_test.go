package load

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
)

const bought = `{"success":true,"message":"The server is ready.","amount":12.99,"balance_before":"3396.52","type":"new_server",
 "plan_id":"5","password":"a\"b\\","hours_purchased":"720","upgrade_difference":0,"order_id":"o-1",
 "server_status":{"new_id":"s-1","id_solusvm":493,"name":"status","metadata":"password=x","primary_ip":null,"status":"active"},
 "data":{"id":"other","status":"completed","amount":"99.00","success":false,"list":["id",{"order_id":"x"}]}}`

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		err    error
		want   outcome
	}{
		{"a new server", 200, bought, nil,
			outcome{answer: answer{success: true, orderID: "o-1", serverID: "s-1", amount: "12.99", before: "3396.52"}}},
		{"a server that isn't ready", 200, `{"success":true,"order_id":"o","amount":5,"server_status":{"new_id":"s","status":"provisioning"}}`, nil,
			outcome{answer: answer{success: true, orderID: "o", serverID: "s", amount: "5", going: true}}},
		{"a network", 200, `{"id":"o","status":"completed","metadata":"a=b","amount":"100.00","currency":"EUR","success":true,"data":{"id":"o"}}`, nil,
			outcome{answer: answer{success: true, orderID: "o", amount: "100.00"}}},
		{"a network that isn't ready", 200, `{"id":"o","status":"processing","amount":"100.00","success":true}`, nil,
			outcome{answer: answer{success: true, orderID: "o", amount: "100.00", going: true}}},
		{"escapes", 200, `{"success":true,"order_id":"\u006f"}`, nil, outcome{answer: answer{success: true, orderID: "o"}}},
		{"success without an order", 200, `{"success":true}`, nil, outcome{answer: answer{success: true}, failure: codeMalformed}},
		{"an array", 200, `[{"success":true,"order_id":"o"}]`, nil, outcome{failure: codeMalformed}},
		{"cut off", 200, `{"success":true,"order_id":"o"`, nil, outcome{answer: answer{success: true, orderID: "o"}, failure: codeMalformed}},
		{"no money", 402, `{"success":false,"message":"No.","code":"insufficient_balance"}`, nil,
			outcome{answer: answer{code: "insufficient_balance"}, failure: "insufficient_balance"}},
		{"refused by the provider", 502, `{"success":false,"code":"provider_refused"}`, nil,
			outcome{answer: answer{code: "provider_refused"}, failure: "provider_refused"}},
		{"queue full", 503, `{"success":false,"code":"unavailable"}`, nil,
			outcome{answer: answer{code: "unavailable"}, failure: "unavailable", unsure: true}},
		{"another request with the key", 409, `{"success":false,"code":"in_progress"}`, nil,
			outcome{answer: answer{code: "in_progress"}, failure: "in_progress", unsure: true}},
		{"a proxy's page", 502, `<html>Bad gateway</html>`, nil, outcome{failure: "http_502", unsure: true}},
		{"a redirect", 307, ``, nil, outcome{failure: "http_307"}},
		{"a broken connection", 0, ``, errors.New("EOF"), outcome{failure: codeConnection, unsure: true}},
		{"no answer in time", 0, ``, os.ErrDeadlineExceeded, outcome{failure: codeTimeout, unsure: true}},
	} {
		if got := judge(response{status: c.status, body: []byte(c.body)}, c.err); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// FuzzMembers holds the scanner against encoding/json: of every object that is right by the standard library it must
// find the same scalar members.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{bought, `{}`, ` {"a" : [1, {"b":2}, "c"], "d":{"e":{"f":1},"g":-1e3}, "h":null} `,
		`{"a":"}","b":"\\"}`, `{"":{"":1}}`, `[1]`, `{"a":{"b":[[[{"c":1}]]]}}`, `{"a":1}x`, `{"a":"b`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := map[string]string{}
		ok := members(body, func(outer, name, value []byte) { got[string(outer)+"\x00"+string(name)] = string(value) })
		var want map[string]json.RawMessage
		if !json.Valid(body) || json.Unmarshal(body, &want) != nil || want == nil {
			return // what it makes of bad JSON is only that it returns
		}
		if !ok {
			if depth(body) < 64 {
				t.Fatalf("refused the object %q", body)
			}
			return
		}
		for name, raw := range want {
			checkMember(t, got, "", name, raw)
			var inner map[string]json.RawMessage
			if raw[0] == '{' && json.Unmarshal(raw, &inner) == nil {
				for deeper, raw := range inner {
					checkMember(t, got, name, deeper, raw)
				}
			}
		}
	})
}

func checkMember(t *testing.T, got map[string]string, outer, name string, raw json.RawMessage) {
	t.Helper()
	for _, text := range []string{outer, name} {
		if plain, err := json.Marshal(text); err != nil || string(plain) != `"`+text+`"` {
			return // the scanner doesn't decode names: those of the contract need no escapes
		}
	}
	if raw[0] == '{' || raw[0] == '[' {
		return
	}
	if v := got[outer+"\x00"+name]; v != string(raw) {
		t.Errorf("member %q of %q: got %s, want %s", name, outer, v, raw)
	}
}

func depth(body []byte) (deepest int) {
	open := 0
	for _, c := range body {
		switch c {
		case '{', '[':
			open++
			deepest = max(deepest, open)
		case '}', ']':
			open--
		}
	}
	return deepest
}
