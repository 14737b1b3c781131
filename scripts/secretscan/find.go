package main

import (
	"regexp"
	"strings"

	"github.com/berth-host/berth"
)

// secrets is what is looked for.
var secrets = []struct {
	what string
	form *regexp.Regexp
	real func(match string) bool // nil when the form says it all
}{
	// Put together, so that this file isn't found by itself.
	{"a marked key or password", regexp.MustCompile(`(?i)s3cr3t` + `canary[^\s"'&,\\]*`), nil},
	{"the key of the documents", regexp.MustCompile(`your_api_` + `key_here`), nil},
	{"an API key", regexp.MustCompile(`berth_[a-z2-8]{40,}`), berth.PlausibleKey},
	{"a secret key", regexp.MustCompile(`\b[0-9]{1,6}:[A-Za-z0-9+/]{43}=`), nil},
	{"a sealed password", regexp.MustCompile(`\bv[0-9]{1,6}:[A-Za-z0-9+/]{40,}`), nil},
	// As JSON (also inside a text), as metadata or a form, and as Go prints a struct. What is masked is none.
	{"a password", regexp.MustCompile(`(?i)password\\?"?(:|=)\s?\\?"?[^\s"'\\*,{}()<>:;.]{6,}`), nil},
	{"a database's password", regexp.MustCompile(`postgres(ql)?://[^\s:@/"]+:[^\s*@"]+@`), notTheManual},
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`), nil},
}

// notTheManual lets pass what tells operators how an address is written.
func notTheManual(match string) bool {
	return !strings.HasSuffix(strings.ToLower(match), "//user:password@")
}

// find names the first sort of secret that is in a line, "" for none, and returns the line without any.
func find(line string) (what, rest string) {
	for _, s := range secrets {
		line = s.form.ReplaceAllStringFunc(line, func(match string) string {
			if s.real != nil && !s.real(match) {
				return match
			}
			if what == "" {
				what = s.what
			}
			return "***"
		})
	}
	return what, line
}
