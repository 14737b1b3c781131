package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// panelShop is a shop whose provider is a fake panel, both as an operator starts them. The demo's catalogue sells from
// a provider named sim, so that is the panel's name here.
func panelShop(t *testing.T, more string, flags ...string) *shop {
	t.Helper()
	const token = "s3cr3tcanary-of-the-panel"
	panel := start(t, nil, append([]string{"fake-solusvm", "--token", token}, flags...)...)
	shop := sqliteShop(t)
	file := filepath.Join(filepath.Dir(shop.config), "token")
	writeFile(t, file, token+"\n")
	writeFile(t, shop.config, "metrics_listen: \"off\"\nproviders:\n  edge: {driver: sim-edge, asn: 64500}\n  sim:\n    driver: solusvm\n    base_url: "+panel.url+
		"\n    token_file: "+file+"\n    user: 9\n    poll: 10ms\n"+more)
	return shop
}

func TestSolusVMFromEndToEnd(t *testing.T) {
	shop := panelShop(t, "")
	checked := decoded[checkView](t, nil, "provider", "check", "sim", "--db", shop.db, "--config", shop.config)
	if !checked.OK || len(checked.Providers) != 1 || len(checked.Providers[0].Matches) != 7 { // panel, location, 2 plans, 3 images
		t.Errorf("got %+v", checked)
	}
	s := shop.serve(nil)
	a := shop.order(s, "box")
	status, _ := a.body["server_status"].(map[string]any)
	if a.status != 200 || status["primary_ip"] != "192.0.2.240" {
		t.Errorf("got status %d and %v", a.status, a.body)
	}
	id, _ := a.body["order_id"].(string)
	order := decoded[orderView](t, nil, "order", "show", id, "--db", shop.db)
	if order.State != "completed" || order.ProviderRef != "493" {
		t.Errorf("got %+v, want the panel's first machine", order)
	}
	if r := call(t, nil, "--json", "reconcile", "--db", shop.db, "--config", shop.config); r.code != exitDone || !strings.Contains(r.out, `"machines": 1`) {
		t.Errorf("reconcile: got exit code %d and\n%s%s", r.code, r.out, r.err)
	}
	s.stop()
	must(t, nil, "verify", "--db", shop.db)
}

func TestProviderCheckFinds(t *testing.T) {
	shop := panelShop(t, "    plans: [\"5=7\"]\n    images: [\"13=101\"]\n    locations: [\"Slovenia=77\"]\n")
	r := call(t, nil, "provider", "check", "sim", "--db", shop.db, "--config", shop.config)
	if r.code != exitFailed || r.err != "" {
		t.Errorf("got exit code %d and %q", r.code, r.err)
	}
	for _, c := range []struct{ begin, want, matches string }{
		{"panel sim", "3 plans, 3 locations, 3 OS versions", "yes"}, {"location Slovenia", "-", "NO"},
		{"plan VPS Basic", "KVM-4 (7): 4 cores, 12 GiB RAM, 80 GB disk, not available with OS version 101", "NO"},
		{"image AlmaLinux 9", "-", "NO"}, {"image Debian 12", "Debian 12 (2)", "yes"},
	} {
		found := false
		for _, line := range strings.Split(r.out, "\n") {
			words := strings.Join(strings.Fields(line), " ")
			found = found || strings.HasPrefix(words, "sim "+c.begin+" "+c.matches+" ") && strings.HasSuffix(words, " "+c.want)
		}
		if !found {
			t.Errorf("%s: got no %q, %s in\n%s", c.begin, c.want, c.matches, r.out)
		}
	}
	settings, err := os.ReadFile(shop.config)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, shop.config, strings.Replace(string(settings), "  sim:\n", "  elsewhere:\n", 1))
	r = call(t, nil, "provider", "check", "--db", shop.db, "--config", shop.config)
	if r.code != exitFailed || !strings.Contains(r.out, "not in the settings") {
		t.Errorf("a provider that the settings lack: got exit code %d and\n%s", r.code, r.out)
	}
	writeFile(t, shop.config, string(settings))
	if r := call(t, nil, "provider", "check", "nobody", "--db", shop.db, "--config", shop.config); r.code != exitUsage {
		t.Errorf("an unknown name: got exit code %d and %q", r.code, r.err)
	}
	sim := sqliteShop(t)
	if got := must(t, nil, "provider", "check", "--db", sim.db, "--config", sim.config); !strings.Contains(got, "sim has nothing to compare") {
		t.Errorf("the simulated provider: got %s", got)
	}
}

func TestPanelThatIsAwayIsAFinding(t *testing.T) {
	shop := sqliteShop(t)
	writeFile(t, shop.config, "providers:\n  sim:\n    driver: solusvm\n    base_url: http://127.0.0.1:1/api/v1/\n    token_env: PANEL_TOKEN\n")
	env := variables{"PANEL_TOKEN": "s3cr3tcanary-of-the-panel"}
	r := call(t, env, "provider", "check", "--db", shop.db, "--config", shop.config)
	if r.code != exitFailed || !strings.Contains(r.out, "can't be reached") || strings.Contains(r.out+r.err, "s3cr3tcanary") {
		t.Errorf("got exit code %d and\n%s%s", r.code, r.out, r.err)
	}
}

func TestSolusVMSettings(t *testing.T) {
	folder := t.TempDir()
	env := variables{"PANEL_TOKEN": "s3cr3tcanary-of-the-panel"}
	const good = "    base_url: https://panel.example.com/api/v1/\n    token_env: PANEL_TOKEN\n"
	for _, c := range []struct{ lines, want string }{
		{good, ""},
		{good + "    certificate: " + strings.Repeat("ab:", 31) + "ab\n    plans: [\"5=12\", \"7=14\"]\n", ""},
		{"    token_env: PANEL_TOKEN\n", "base_url: it is missing"},
		{"    base_url: https://panel.example.com/\n", "give token_file or token_env"},
		{"    base_url: https://panel.example.com/\n    token: s3cr3tcanary\n", "a secret is not written into the settings"},
		{"    base_url: ftp://panel\n    token_env: PANEL_TOKEN\n", "base_url: give the address"},
		{"    base_url: https://u:s3cr3tcanary@panel/\n    token_env: PANEL_TOKEN\n", "base_url: give the address"},
		{good + "    certificate: abc\n", "certificate: give the SHA-256 fingerprint"},
		{good + "    ca_file: /nonexistent.pem\n", "ca_file: open /nonexistent.pem"},
		{good + "    insecure: true\n    certificate: abc\n", "one of the three"},
		{good + "    user: owner\n", `user: "owner" is not the id`},
		{good + "    plans: [\"5\"]\n", `plans: "5" is not OURS=THEIRS`},
		{good + "    images: [\"x=5\"]\n", `images: "x=5" is not OURS=THEIRS`},
		{good + "    grace: soon\n", `"soon" is not a duration`},
		{good + "    colour: red\n", "has no such setting"},
	} {
		path := filepath.Join(folder, "berth.yaml")
		writeFile(t, path, "providers:\n  panel:\n    driver: solusvm\n"+c.lines)
		r := call(t, env, "config", "--config", path)
		wantCode := exitUsage
		if c.want == "" {
			wantCode = exitDone
		}
		if r.code != wantCode || !strings.Contains(r.err, c.want) || strings.Contains(r.out+r.err, "s3cr3tcanary") {
			t.Errorf("%q: got exit code %d and %q, want %d and %q", c.lines, r.code, r.err, wantCode, c.want)
		}
	}
}

func TestFakePanelListensHereOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "localhost:0", "nonsense", "192.0.2.1:80"} {
		if r := call(t, nil, "fake-solusvm", "--listen", address); r.code != exitUsage || !strings.Contains(r.err, "--listen") {
			t.Errorf("%s: got exit code %d and %q", address, r.code, r.err)
		}
	}
}
