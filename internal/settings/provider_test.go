package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func provider(t *testing.T, text string) *Settings {
	t.Helper()
	s, err := Load(Sources{File: write(t, "providers:\n  one:\n    driver: trial\n"+text)})
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

func TestProviderRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := provider(t, "    url: https://h\n    delay: 250ms\n    strict: true\n    token_file: "+file+"\n    other_env: TOKEN\n")
	r := s.Read("one", environment(map[string]string{"TOKEN": "from a variable"}))
	if got := r.Required("url"); got != "https://h" {
		t.Errorf("url: got %q", got)
	}
	if got := r.Text("region", "eu"); got != "eu" {
		t.Errorf("region: got %q, want what holds otherwise", got)
	}
	if got := r.Duration("delay", 0); got != 250*time.Millisecond {
		t.Errorf("delay: got %s", got)
	}
	if got := r.Duration("pause", time.Second); got != time.Second {
		t.Errorf("pause: got %s, want what holds otherwise", got)
	}
	if !r.Bool("strict", false) || !r.Bool("quick", true) {
		t.Error("strict or quick: got false")
	}
	if got := r.Secret("token"); got != "from a file" {
		t.Errorf("token: got %q", got)
	}
	if got := r.Secret("other"); got != "from a variable" {
		t.Errorf("other: got %q", got)
	}
	if err := r.Done(); err != nil {
		t.Error(err)
	}
}

func TestProviderRefused(t *testing.T) {
	for _, c := range []struct {
		name, text string
		read       func(*Reading)
		want       string
	}{
		{"unknown key", "    colour: red\n", func(r *Reading) {}, "line 4: providers.one.colour: the driver trial has no such setting"},
		{"missing", "", func(r *Reading) { r.Required("url") }, "line 2: providers.one.url: it is missing"},
		{"duration", "    delay: soon\n", func(r *Reading) { r.Duration("delay", 0) }, `line 4: providers.one.delay: "soon" is not a duration`},
		{"bool", "    strict: perhaps\n", func(r *Reading) { r.Bool("strict", true) }, "neither true nor false"},
		{"secret in the file", "    token: abc\n", func(r *Reading) { r.Secret("token") }, "a secret is not written into the settings"},
		{"no secret", "", func(r *Reading) { r.Secret("token") }, "give token_file or token_env"},
		{"two secrets", "    token_env: A\n    token_file: b\n", func(r *Reading) { r.Secret("token") }, "one of the two"},
		{"unset variable", "    token_env: ABSENT\n", func(r *Reading) { r.Secret("token") }, "the variable ABSENT is not set"},
		{"absent file", "    token_file: /nonexistent/token\n", func(r *Reading) { r.Secret("token") }, "no such file"},
	} {
		r := provider(t, c.text).Read("one", environment(nil))
		c.read(r)
		if err := r.Done(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestProvidersAreShownWithoutSecrets(t *testing.T) {
	s := provider(t, "    token: hunter2\n    api_password: hunter2\n    token_file: /etc/token\n    url: https://h\n")
	var text strings.Builder
	for _, line := range s.Lines() {
		text.WriteString(line.Name + "=" + line.Value + "\n")
	}
	for _, want := range []string{"providers.one.driver=trial", "providers.one.token=***", "providers.one.token_file=/etc/token",
		"providers.one.url=https://h"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("got\n%s\nwant %s in it", text.String(), want)
		}
	}
	if strings.Contains(text.String(), "hunter2") {
		t.Errorf("a secret is shown:\n%s", text.String())
	}
}
