package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// marked and made are secrets as tests choose them and as Berth makes them.
var (
	marked = "s3cr3t" + "canary-key"
	made   = berth.KeyValue([32]byte{1, 2, 3})
)

// Every way on which a test can leak a secret is found, also where `go test` alone would print nothing, and nothing is
// found where there's none.
func TestPlantedLeaks(t *testing.T) {
	for _, tt := range []struct {
		plant, secret string
		code          int
		where         string
	}{
		{"nothing", marked, 0, ""},
		{"log", "harmless", 0, ""},
		{"artifact", "harmless", 0, ""},
		{"log", marked, 1, "output, line "},
		{"stdout", marked, 1, "output, line "},
		{"stderr", marked, 1, "output, line "}, // the test's; go test merges the two
		{"name", marked, 1, "output, line "},
		{"artifact", marked, 1, "log:2: "},
		{"log", made, 1, "an API key"},
		{"artifact", made, 1, "an API key"},
		{"failure", marked, 1, "output, line "},
		{"failure", "harmless", 1, ""},
	} {
		t.Setenv("PLANT", tt.plant)
		t.Setenv("SECRET", tt.secret)
		var out, errs bytes.Buffer
		code := run([]string{"--", "go", "test", "-count=1", "./testdata/planted"}, &out, &errs)
		found := strings.Contains(errs.String(), "lines with secrets")
		if code != tt.code || found != (tt.where != "") || !strings.Contains(errs.String(), tt.where) {
			t.Errorf("%s of %s: got exit code %d\n%s%s\nwant %d and %q", tt.plant, tt.secret, code, &out, &errs, tt.code, tt.where)
		}
		if tt.code == 0 && !strings.Contains(out.String(), "ok  \t") || tt.plant == "failure" && !strings.Contains(out.String(), "got ") {
			t.Errorf("%s: printed was\n%s", tt.plant, &out)
		}
		// What it says about a finding mustn't be the next leak.
		if strings.Contains(errs.String(), tt.secret) {
			t.Errorf("%s: the finding shows the secret:\n%s", tt.plant, &errs)
		}
	}
}

func TestWhatIsASecret(t *testing.T) {
	for _, tt := range []struct{ line, what string }{
		{`{"msg":"request","key":"` + marked + `"}`, "a marked key or password"},
		{strings.ToUpper(marked), "a marked key or password"},
		{"x-api-key: " + "your_api_" + "key_here", "the key of the documents"},
		{"key=" + made + ".", "an API key"},
		{"key=" + made[:len(made)-1] + "9", ""}, // the checksum is wrong, so it opens nothing
		{"secret 1:" + strings.Repeat("A", 43) + "=", "a secret key"},
		{"v1:" + strings.Repeat("A", 60), "a sealed password"},
		{`"password":"aB3dE6gH9jK2mN5pQ8sT"`, "a password"},
		{`"data":"{\"password\":\"aB3dE6gH9jK2mN5pQ8sT\"}"`, "a password"},
		{"metadata:password=aB3dE6gH9jK2mN5pQ8sT,username=root", "a password"},
		{"{Name:x Password:aB3dE6gH9jK2mN5pQ8sT}", "a password"},
		{`rootPassword="aB3dE6gH9jK2mN5pQ8sT"`, "a password"},
		{"password=***, password: ***", ""},
		{"password must be 6 to 128 printable characters.", ""},
		{"got code invalid_parameter and parameter password: want none", ""},
		{`"parameter":"password","code":"invalid_parameter"`, ""},
		{"postgres://berth:hunter2@127.0.0.1:5432/berth", "a database's password"},
		{"postgres://berth:***@127.0.0.1:5432/berth", ""},
		{"postgres://berth@127.0.0.1:5432/berth", ""},
		{"a database is sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME", ""},
		{"it must be like postgres://user:password@host:5432/name", ""},
		{"-----BEGIN EC PRIVATE KEY-----", "a private key"},
		{`{"time":"2026-11-21T13:47:28Z","level":"INFO","msg":"request","request_id":"01ARYZ6S41TSV4RRFFQ69G5FAV"}`, ""},
		{"--- PASS: TestAPI1ObjectsOfOthers (0.10s)", ""},
		{"", ""},
	} {
		what, rest := find(tt.line)
		if what != tt.what {
			t.Errorf("%s: got %q, want %q", tt.line, what, tt.what)
		}
		if (rest == tt.line) != (tt.what == "") {
			t.Errorf("%s: what is shown of it is %s", tt.line, rest)
		}
	}
}

// The exit code of the tests is handed on, and what isn't `go test` is looked at as well.
func TestOtherCommands(t *testing.T) {
	for _, tt := range []struct {
		script string
		code   int
	}{
		{"echo fine; exit 7", 7}, {"echo fine >&2", 0}, {"echo " + marked, 1}, {"echo " + marked + " >&2; exit 7", 7}, {"printf " + marked, 1},
	} {
		var out, errs bytes.Buffer
		if code := run([]string{"--", "sh", "-c", tt.script}, &out, &errs); code != tt.code {
			t.Errorf("%s: got exit code %d, want %d\n%s%s", tt.script, code, tt.code, &out, &errs)
		}
	}
	for _, args := range [][]string{nil, {"--"}, {"--", "/nonexistent/program", "x"}, {"-colour", "--", "sh", "-c", "true"}} {
		var out, errs bytes.Buffer
		if code := run(args, &out, &errs); code != exitTrouble {
			t.Errorf("%v: got exit code %d, want %d", args, code, exitTrouble)
		}
	}
}

// What is kept is kept, and what was kept before is gone.
func TestKeptLogs(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "kept")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "old"), []byte(marked), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PLANT", "artifact")
	t.Setenv("SECRET", "harmless")
	var out, errs bytes.Buffer
	if code := run([]string{"-keep", folder, "--", "go", "test", "-count=1", "./testdata/planted"}, &out, &errs); code != 0 {
		t.Errorf("got exit code %d\n%s%s", code, &out, &errs)
	}
	kept, err := filepath.Glob(filepath.Join(folder, "_artifacts", "*", "log"))
	if err != nil || len(kept) != 1 {
		t.Errorf("kept is %v, %v, want the log", kept, err)
	}
}
