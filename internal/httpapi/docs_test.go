package httpapi

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page shows every endpoint with its parameters and every code, and fetches nothing.
func TestDocs(t *testing.T) {
	s := openShop(t)
	got := s.do(ask{method: "GET", path: "/docs"})
	if got.status != 200 || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("got %d %s", got.status, got.header.Get("Content-Type"))
	}
	for _, r := range routes() {
		if !strings.Contains(got.raw, r.path+"</h3>") {
			t.Errorf("the page lacks %s", r.path)
		}
	}
	for code := range allCodes {
		if code != "method_not_allowed" && !strings.Contains(got.raw, "<td>"+string(code)+"</td>") {
			t.Errorf("the page lacks the code %s", code)
		}
	}
	for _, name := range []string{"server_id", "rental_duration", "billing_cycle", "Idempotency-Key", "monthly_price", "order_id", "renewal_date"} {
		if !strings.Contains(got.raw, "<td>"+name+"</td>") {
			t.Errorf("the page lacks the parameter %s", name)
		}
	}
	if found := regexp.MustCompile(`(?i)<script|<img|<link|src=|@import|url\(|https?://`).FindAllString(got.raw, -1); found != nil {
		t.Errorf("the page fetches something: %q", found)
	}
	if !strings.HasPrefix(got.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("its policy is %q", got.header.Get("Content-Security-Policy"))
	}
	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile(`id="([^"]+)"`).FindAllStringSubmatch(got.raw, -1) {
		if anchors[m[1]] {
			t.Errorf("the anchor %s is there twice", m[1])
		}
		anchors[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(got.raw, -1) {
		if !anchors[m[1]] {
			t.Errorf("there is no anchor %s", m[1])
		}
	}
}

// The page for authors of clients in docs/ has every path and every code with its status.
func TestTheReferenceIsComplete(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes() {
		if !strings.Contains(string(text), r.method+" "+r.path) {
			t.Errorf("docs/api.md lacks %s %s", r.method, r.path)
		}
	}
	for code, status := range allCodes {
		if !strings.Contains(string(text), fmt.Sprintf("| %d | `%s` |", status, code)) {
			t.Errorf("docs/api.md lacks %s with its status %d", code, status)
		}
	}
}
