package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/settings"
)

func touch(t *testing.T, path string) { writeFile(t, path, "") }

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every setting is a flag, and every flag a setting.
func TestFlagsAreTheSettings(t *testing.T) {
	var flags []string
	v := reflect.TypeFor[settingFlags]()
	for i := range v.NumField() {
		flags = append(flags, settingName(v.Field(i)))
	}
	if want := settings.Names(); !reflect.DeepEqual(flags, want) {
		t.Errorf("got the flags\n%v\nwant\n%v", flags, want)
	}
}

func TestConfig(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "berth.yaml")
	writeFile(t, file, "db: postgres://berth:hunter2@h/b\nlease: 6s\nproviders:\n  sim:\n    driver: sim\n    journal: "+filepath.Join(folder, "m")+"\n")
	env := variables{"BERTH_CONFIG": file, "BERTH_ZONE": "Europe/Ljubljana", "BERTH_SECRET_KEY": "1:hunter2"}
	lines := decoded[[]settings.Line](t, env, "config", "--patience", "9s")
	got := map[string]string{}
	for _, l := range lines {
		got[l.Name] = l.Value + " " + l.Source
	}
	for name, want := range map[string]string{
		"db": "postgres://berth:***@h/b file", "lease": "6s file", "zone": "Europe/Ljubljana environment", "patience": "9s flag",
		"queue": "4096 default", "providers.sim.driver": "sim file", "secret_key": "*** environment",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	if table := must(t, env, "config"); strings.Contains(table, "hunter2") || !strings.Contains(table, "SETTING") {
		t.Errorf("got\n%s\nwant a table without a secret", table)
	}
}

func TestProvidersRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "berth.yaml")
	for _, c := range []struct{ text, want string }{
		{"providers:\n  a:\n    driver: boat\n", `line 2: providers.a.driver: there is no driver "boat"; there are sim, solusvm, libvirt, bird, remote and sim-edge`},
		{"providers:\n  a:\n    driver: sim\n", "line 2: providers.a.journal: it is missing"},
		{"providers:\n  a:\n    driver: sim\n    journal: x\n    dealy: 1s\n", "line 5: providers.a.dealy: the driver sim has no such setting"},
		{"providers:\n  a:\n    driver: sim\n    journal: x\n    delay: soon\n", `line 5: providers.a.delay: "soon" is not a duration`},
	} {
		writeFile(t, file, c.text)
		for _, command := range []string{"config", "serve"} {
			if r := call(t, nil, command, "--config", file); r.code != exitUsage || !strings.Contains(r.err, c.want) {
				t.Errorf("%s: got exit code %d and %q, want 2 and %q", command, r.code, r.err, c.want)
			}
		}
	}
}

// The example settings say what holds anyway, but for the provider.
func TestExampleSettings(t *testing.T) {
	plain := decoded[[]settings.Line](t, nil, "config")
	lines := decoded[[]settings.Line](t, nil, "config", "--config", "../../deploy/berth.example.yaml")
	for i, l := range plain {
		if lines[i].Name != l.Name || lines[i].Value != l.Value {
			t.Errorf("the example says %s = %q, the default is %s = %q", lines[i].Name, lines[i].Value, l.Name, l.Value)
		}
	}
	text, err := os.ReadFile("../../deploy/berth.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range settings.Names() {
		if !strings.Contains(string(text), "\n"+name+":") && !strings.Contains(string(text), "\n# "+name+":") {
			t.Errorf("the example does not mention %s", name)
		}
	}
}
