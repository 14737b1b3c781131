package berth_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/berth-host/berth"
)

// What a provider says of a machine that is done, and whether it can be used.
var told = []struct {
	name   string
	result berth.Result
	usable bool
}{
	{"all", berth.Result{ProviderRef: "vm-1", ServerNo: 1<<53 - 1, ServerUUID: "1f0c", Address: "192.0.2.1", LoginLink: "https://example.net:8443/a?b=c"}, true},
	{"the least", berth.Result{ProviderRef: "1"}, true},
	{"IPv6", berth.Result{ProviderRef: "1", Address: "2001:db8::1"}, true},
	{"a placeholder", berth.Result{ProviderRef: "1", LoginLink: "https://{{ hostname }}:8443/"}, true},
	{"a placeholder without blanks", berth.Result{ProviderRef: "1", LoginLink: "http://{{hostname}}"}, true},
	{"the longest", berth.Result{ProviderRef: strings.Repeat("ü", 255), ServerUUID: strings.Repeat("x", 64), LoginLink: "https://e/" + strings.Repeat("x", 245)}, true},

	{"no id", berth.Result{Address: "192.0.2.1"}, false},
	{"a long id", berth.Result{ProviderRef: strings.Repeat("x", 256)}, false},
	{"an endless id", berth.Result{ProviderRef: strings.Repeat("x", 10<<20)}, false},
	{"a line end in the id", berth.Result{ProviderRef: "1\n2"}, false},
	{"NUL in the id", berth.Result{ProviderRef: "1\x00"}, false},
	{"an id that isn't UTF-8", berth.Result{ProviderRef: "\xff"}, false},
	{"text turned round", berth.Result{ProviderRef: "1\u202e2"}, false},
	{"a negative number", berth.Result{ProviderRef: "1", ServerNo: -1}, false},
	{"a number of 54 bits", berth.Result{ProviderRef: "1", ServerNo: 1 << 53}, false},
	{"the largest number", berth.Result{ProviderRef: "1", ServerNo: math.MaxInt64}, false},
	{"a long UUID", berth.Result{ProviderRef: "1", ServerUUID: strings.Repeat("x", 65)}, false},
	{"an escape in the UUID", berth.Result{ProviderRef: "1", ServerUUID: "\x1b[2J"}, false},
	{"a name as address", berth.Result{ProviderRef: "1", Address: "example.net"}, false},
	{"HTML as address", berth.Result{ProviderRef: "1", Address: "<script>alert(1)</script>"}, false},
	{"an address and more", berth.Result{ProviderRef: "1", Address: "192.0.2.1,password=x"}, false},
	{"a network as address", berth.Result{ProviderRef: "1", Address: "192.0.2.0/24"}, false},
	{"an address with a zone", berth.Result{ProviderRef: "1", Address: "fe80::1%<b>"}, false},
	{"a script as link", berth.Result{ProviderRef: "1", LoginLink: "javascript:alert(1)"}, false},
	{"a file as link", berth.Result{ProviderRef: "1", LoginLink: "file:///etc/passwd"}, false},
	{"a link that leaves its attribute", berth.Result{ProviderRef: "1", LoginLink: `https://e/"onclick="x`}, false},
	{"a link with HTML", berth.Result{ProviderRef: "1", LoginLink: "https://e/<b>"}, false},
	{"a link with a blank", berth.Result{ProviderRef: "1", LoginLink: "https://e/ x"}, false},
	{"a link with a line end", berth.Result{ProviderRef: "1", LoginLink: "https://e/\r\n"}, false},
	{"a link to nowhere", berth.Result{ProviderRef: "1", LoginLink: "https://"}, false},
	{"a link without scheme", berth.Result{ProviderRef: "1", LoginLink: "//e/"}, false},
	{"a link that hides its host", berth.Result{ProviderRef: "1", LoginLink: "https://bank.example@evil.example/"}, false},
	{"a long link", berth.Result{ProviderRef: "1", LoginLink: "https://e/" + strings.Repeat("x", 246)}, false},
}

// A result that can't be used is neither kept nor refunded: the order stays in doubt until the provider says something
// better, or a person decides.
func TestUnusableResults(t *testing.T) {
	for _, tt := range told {
		done := berth.Outcome{Verdict: berth.Done, Result: tt.result}
		s, _ := scriptedShop(t, map[string][]berth.Outcome{"create": {done}, "find": says(berth.Done)})
		o := s.place(server("5")).Order
		out := s.Fulfil(background, o)
		if usable := out.Verdict == berth.Done; usable != tt.usable || !usable && (out.Verdict != berth.Unresolved || out.Reason == nil) {
			t.Errorf("%s: got %v because of %v, want it usable: %v", tt.name, out.Verdict, out.Reason, tt.usable)
		}
		if out.Reason != nil && len(out.Reason.Error()) > 200 {
			t.Errorf("%s: the reason has %d bytes; it mustn't repeat what the provider said", tt.name, len(out.Reason.Error()))
		}
		// Settle believes no more than Fulfil, whoever calls it.
		for _, settled := range []berth.Outcome{done, out} {
			receipt, err := s.Settle(background, o, settled)
			if err != nil {
				t.Fatal(err)
			}
			now := receipt.Order
			if tt.usable {
				want := tt.result
				want.ServerNo = max(want.ServerNo, 1) // without one the desk counts
				if now.State != berth.Completed || now.Result != want {
					t.Errorf("%s: got %s with %+v", tt.name, now.State, now.Result)
				}
				continue
			}
			if now.State != berth.Paid || !now.Doubt || now.Result != (berth.Result{}) || now.Note != "the provider's answer can't be used" {
				t.Errorf("%s: got %s, doubt %v, %q and %+v; want it paid and in doubt, with nothing kept", tt.name, now.State, now.Doubt, now.Note, now.Result)
			}
		}
		if got := s.balance(anna); got != 100_000-1299 {
			t.Errorf("%s: got balance %d, want no refund", tt.name, got)
		}
		if !tt.usable {
			s.clock.Store(s.order(o.ID).DueAt)
			if receipt := s.settle(s.claim(o.ID)); receipt.Order.State != berth.Completed {
				t.Errorf("%s: once the provider says something useful the order is %s", tt.name, receipt.Order.State)
			}
		}
		s.verified()
	}
}

// What an operator adopts is judged as well, and so is what networks answer.
func TestUnusableResultsElsewhere(t *testing.T) {
	bad := berth.Outcome{Verdict: berth.Done, Result: berth.Result{ProviderRef: "vm\x1b[2J"}}
	s, d := scriptedShop(t, map[string][]berth.Outcome{"describe vm": {bad}, "create": says(berth.Unresolved)})
	o := s.stuck(server("5"))
	if _, err := s.Resolve(background, o.ID, berth.Resolution{Adopt: "vm"}); refusal(err) != "not_supported" || strings.Contains(fmt.Sprint(err, errors.Unwrap(err)), "\x1b") {
		t.Errorf("adopting: got %v, want not_supported", err)
	}
	if s.order(o.ID) != o {
		t.Error("the refused adoption changed the order")
	}
	d.answers["describe vm"] = says(berth.Done)
	if receipt, err := s.Resolve(background, o.ID, berth.Resolution{Adopt: "vm"}); err != nil || receipt.Order.State != berth.Completed {
		t.Errorf("adopting a sound one: got %s, %v", receipt.Order.State, err)
	}
	net := s.stuck(berth.Request{Kind: berth.KindNetwork, UserID: anna, NetworkID: "net", Cycle: berth.Yearly})
	s.clock.Store(net.DueAt)
	receipt, err := s.Settle(background, s.claim(net.ID), bad)
	if err != nil || receipt.Order.State != berth.Paid || receipt.Order.Result != (berth.Result{}) {
		t.Errorf("a network: got %s with %+v, %v, want it paid", receipt.Order.State, receipt.Order.Result, err)
	}
	// Of a change nothing is kept but that it was made.
	d.answers["resize"] = []berth.Outcome{{Verdict: berth.Done, Result: bad.Result}}
	changed := s.buy(change(o.ServiceID, "7", 0))
	if v := s.service(o.ServiceID); changed.Order.State != berth.Completed || v.ProviderRef != "machine" {
		t.Errorf("a change: got %s, and the service %+v", changed.Order.State, v.Result)
	}
	s.verified()
}

// A provider may ask to be left alone for a day, not for ever.
func TestWaitingIsBounded(t *testing.T) {
	for _, until := range []int64{math.MaxInt64, 1 << 60} {
		s, _ := scriptedShop(t, map[string][]berth.Outcome{"create": {{Verdict: berth.Waiting, Until: until}}})
		o := s.settle(s.place(server("5")).Order).Order
		if want := o.UpdatedAt + 24*berth.Hour; o.DueAt != want {
			t.Errorf("until %d: got due at %d, want %d", until, o.DueAt, want)
		}
	}
}

// A reason reaches the log without the password, however the provider wrote it down, and is fit for a terminal.
func TestReasonsAreFitForTheLog(t *testing.T) {
	const password = `s3cr3tcanary "&/` + "ü"
	cause := errors.New("lost")
	for _, tt := range []struct {
		name   string
		reason error
		want   string
	}{
		{"plain", errors.New("no capacity"), "no capacity"},
		{"the password", errors.New("refused: password=" + password + ", name=x"), "refused: password=***, name=x"},
		{"as a form", errors.New("password=s3cr3tcanary+%22%26%2F%C3%BC&x=1"), "password=***&x=1"},
		{"as a path", errors.New("/set/s3cr3tcanary%20%22&%2F%C3%BC/now"), "/set/***/now"},
		{"as JSON", errors.New(`{"password":"s3cr3tcanary \"\u0026/ü"}`), `{"password":"***"}`},
		{"control characters", errors.New("a\x1b[2J\r\nb\x00c"), "a [2J  b c"},
		{"invalid UTF-8", errors.New("a\xffb"), "a\ufffdb"},
		{"endless", errors.New(strings.Repeat("ü", 1<<20)), strings.Repeat("ü", 500) + "..."},
		{"endless, odd", errors.New("x" + strings.Repeat("ü", 1<<20)), "x" + strings.Repeat("ü", 499) + "..."},
		{"wrapped", fmt.Errorf("%s\n%w", password, cause), "*** lost"},
	} {
		s, _ := scriptedShop(t, map[string][]berth.Outcome{"create": {{Verdict: berth.Unresolved, Reason: tt.reason}}})
		r := server("5")
		r.Password = password
		out := s.Fulfil(background, s.place(r).Order)
		if got := out.Reason.Error(); got != tt.want || !utf8.ValidString(got) {
			t.Errorf("%s: got %.200q, want %.200q", tt.name, got, tt.want)
		}
		if tt.name == "wrapped" && !errors.Is(out.Reason, cause) {
			t.Errorf("%s: the cause isn't found any more", tt.name)
		}
	}
}
