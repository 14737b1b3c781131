package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "berth.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestPrecedence(t *testing.T) {
	file := write(t, "listen: 127.0.0.1:1\nlease: 6s\npatience: 3s\n")
	env := environment(map[string]string{"BERTH_LISTEN": "127.0.0.1:2", "BERTH_LEASE": "7s", "BERTH_QUEUE": ""})
	s, err := Load(Sources{File: file, Getenv: env, Flags: map[string]string{"listen": "127.0.0.1:3"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, got, want, source string }{
		{"listen", s.Listen, "127.0.0.1:3", "flag"},
		{"lease", s.Lease.String(), "7s", "environment"},
		{"patience", s.Patience.String(), "3s", "file"},
		{"call_timeout", s.CallTimeout.String(), "2m0s", ""},
		{"queue", (time.Duration(s.Queue)).String(), "4.096µs", ""},
	} {
		if c.got != c.want || s.source[c.name] != c.source {
			t.Errorf("%s: got %s from %q, want %s from %q", c.name, c.got, s.source[c.name], c.want, c.source)
		}
	}
}

// Every setting can be said in each of the three ways, and means the same.
func TestEverySettingInEveryLayer(t *testing.T) {
	values := map[string]string{
		"db": "postgres://berth@localhost/berth", "secret_key_file": "/etc/berth.key",
		"listen": "[::1]:9", "metrics_listen": "127.0.0.1:7", "tls_cert": "c.pem", "tls_key": "k.pem",
		"trusted_proxies": "192.0.2.1/32, 10.0.0.0/8", "patience": "2s", "lease": "9s", "call_timeout": "1m1s",
		"shutdown_timeout": "11s", "workers": "3", "queue": "17", "batch": "19", "rate_per_key": "23",
		"failed_keys_per_minute": "29", "max_hours": "31", "scale_credit": "none", "zone": "Europe/Ljubljana",
		"idempotency_window": "25h0m0s", "passwords": "always", "reconcile_every": "2h0m0s", "reconcile_repair": "yes", "roas": "roas.json", "routes": "routes.txt", "log_level": "warn",
	}
	if len(values) != len(table) {
		t.Fatalf("the test knows %d settings, the table has %d", len(values), len(table))
	}
	var file strings.Builder
	env := map[string]string{}
	for name, v := range values {
		file.WriteString(name + ": \"" + v + "\"\n")
		env[Variable(name)] = v
	}
	for layer, src := range map[string]Sources{
		"file": {File: write(t, file.String())}, "environment": {Getenv: environment(env)}, "flag": {Flags: values},
	} {
		s, err := Load(src)
		if err != nil {
			t.Errorf("%s: %v", layer, err)
			continue
		}
		for _, line := range s.Lines() {
			if line.Value != values[line.Name] || line.Source != layer {
				t.Errorf("%s: got %s = %q from %s, want %q", layer, line.Name, line.Value, line.Source, values[line.Name])
			}
		}
	}
}

func TestFileRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown", "listen: 127.0.0.1:1\nqueues: 4\n", `line 2: unknown setting "queues"; is "queue" meant?`},
		{"unknown without a hint", "colour: red\n", `line 1: unknown setting "colour"; 'berth config' lists all`},
		{"twice", "queue: 1\nlease: 5s\nqueue: 2\n", `line 3: "queue" is used twice`},
		{"value", "\nlease: 3 apples\n", `line 2: lease: "3 apples" is not a duration between 1s and 10m0s`},
		{"mapping", "lease:\n  a: b\n", "line 2: lease: it must be a plain value"},
		{"window", "idempotency_window: 1h\n", "between 24h0m0s"},
		{"not a mapping", "- lease\n", "line 1: the file must hold 'name: value' lines"},
		{"two documents", "queue: 1\n---\nqueue: 2\n", "one YAML document"},
		{"no YAML", "queue: [1\n", "line"},
		{"provider without a driver", "providers:\n  sim:\n    journal: x\n", "line 2: providers.sim: driver is missing"},
		{"provider's key twice", "providers:\n  sim:\n    driver: sim\n    driver: sim\n", `line 4: "driver" is used twice`},
		{"half of TLS", "tls_cert: x.pem\n", "tls_cert and tls_key: give both or neither"},
		{"impatient", "patience: 5m\n", "patience (5m0s) must be shorter than call_timeout"},
		{"zone", "zone: Mars/Olympus\n", `zone: "Mars/Olympus" is not a zone`},
		{"the machine's own zone", "zone: Local\n", "is not a zone"},
		{"proxies", "trusted_proxies: [10.0.0.0/8, nonsense]\n", "is not a list of addresses and blocks"},
	} {
		_, err := Load(Sources{File: write(t, c.text)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Load(Sources{File: filepath.Join(t.TempDir(), "absent.yaml")}); err == nil {
		t.Error("an absent settings file was not refused")
	}
}

func TestRefusedNamesItsSource(t *testing.T) {
	_, err := Load(Sources{Getenv: environment(map[string]string{"BERTH_QUEUE": "many"})})
	if got, want := errText(err), `BERTH_QUEUE: "many" is not a number`; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err = Load(Sources{Flags: map[string]string{"max_hours": "0"}})
	if got, want := errText(err), `--max-hours: "0" is not a number`; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestCommentsAloneAreAFile(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "providers:\n"} {
		if _, err := Load(Sources{File: write(t, text)}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMaskURL(t *testing.T) {
	const hidden = "hunter2"
	for _, c := range []struct{ url, want string }{
		{"sqlite:berth.db", "sqlite:berth.db"},
		{"postgres://berth@h/b", "postgres://berth@h/b"},
		{"postgres://berth:hunter2@h1:5432,h2:5432/b?a=1", "postgres://berth:***@h1:5432,h2:5432/b?a=1"},
		{"postgres://berth:hun/ter2hunter2@h/b", "postgres://berth:***@h/b"},
		{"postgres://berth:?hunter2@h/b", "postgres://..."},
		{"postgres://h/b?password=hunter2&sslpassword=hunter2", "postgres://h/b?password=***&sslpassword=***"},
		{"postgresql://h/b?%zzhunter2", "postgresql://..."},
	} {
		if got := MaskURL(c.url); got != c.want || strings.Contains(got, hidden) {
			t.Errorf("MaskURL(%s): got %s, want %s", c.url, got, c.want)
		}
	}
	// A refused address isn't repeated either.
	if _, err := Load(Sources{Flags: map[string]string{"db": "mysql://u:hunter2@h/b"}}); strings.Contains(errText(err), hidden) || err == nil {
		t.Errorf("got %v, want a refusal without the password", err)
	}
}

// A password with unescaped characters would be taken for a host or a database, and be printed as such.
func TestUnescapedPasswordsAreRefused(t *testing.T) {
	for address, taken := range map[string]bool{
		"postgres://berth:a%40b%2Fc@h1:5432,h2:5432/b?application_name=x@y": true,
		"postgres://h/b?user=a@b&password=c":                                true,
		"postgres://berth@/b?host=/run/postgresql":                          true,
		"postgres://berth:hunter2@more@h/b":                                 false,
		"postgres://berth:1/hunter2@h/b":                                    false,
		"postgres://h/hunter2@b":                                            false,
	} {
		_, err := Load(Sources{Flags: map[string]string{"db": address}})
		if (err == nil) != taken || strings.Contains(errText(err), "hunter2") {
			t.Errorf("%s: got %v, want it taken: %v", address, err, taken)
		}
		if err != nil && !strings.Contains(err.Error(), "%40") {
			t.Errorf("%s: got %v, want the remedy", address, err)
		}
	}
}
