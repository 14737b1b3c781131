package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever is wrong with the address of a database, and whichever command is told of it, its password is printed
// nowhere: neither by Berth nor by the driver, whose errors like to repeat what they were given.
func TestDatabasePasswordsStaySecret(t *testing.T) {
	const password = "s3cr3tcanary"
	env := variables{"BERTH_SECRET_KEY": generated(t)}
	for _, address := range []string{
		"postgres://berth:s3cr3tcanary@127.0.0.1:1/x",
		"postgres://berth:s3cr3tcanary@127.0.0.1:1,127.0.0.1:2/x?target_session_attrs=read-write",
		"postgres://berth:s3cr3tcanary@127.0.0.1:notaport/x",
		"postgres://berth:s3cr3tcanary@127.0.0.1:99999/x",
		"postgres://berth:s3cr3tcanary%zz@127.0.0.1:1/x",
		"postgres://berth:s3cr3tcanary@[::1/x",
		"postgres://be rth:s3cr3tcanary@127.0.0.1:1/x",
		"postgres://berth:s3cr3tcanary/1@127.0.0.1:1/x",
		"postgres://berth:1#s3cr3tcanary@127.0.0.1:1/x",
		"postgres://berth:1?s3cr3tcanary@127.0.0.1:1/x",
		"postgres://berth:1@s3cr3tcanary@127.0.0.1:1/x",
		"postgres://berth:1/s3cr3tcanary@127.0.0.1:1/x",
		"postgres://berth:1?2/s3cr3tcanary@127.0.0.1:1/x",
		"postgres://berth:s3cr3tcanary@/x?host=/nonexistent",
		"postgres://berth:s3cr3tcanary@127.0.0.1:1/x?connect_timeout=soon",
		"postgres://berth:s3cr3tcanary@127.0.0.1:1/x?sslmode=nonsense",
		"postgres://berth:s3cr3tcanary@127.0.0.1:1/x?sslmode=verify-full&sslrootcert=/nonexistent",
		"postgres://127.0.0.1:1/x?user=berth&password=s3cr3tcanary",
		"postgres://127.0.0.1:1/x?user=berth&password=s3cr3tcanary&sslmode=nonsense",
		"postgres://127.0.0.1:1/x?sslmode=require&sslcert=/nonexistent&sslkey=/nonexistent&sslpassword=s3cr3tcanary",
		"postgres:berth:s3cr3tcanary@127.0.0.1/x",
		"mysql://berth:s3cr3tcanary@127.0.0.1/x",
	} {
		for _, command := range []string{"config", "migrate", "user list", "serve --metrics-listen off"} {
			r := call(t, env, append(strings.Fields(command), "--db", address)...)
			if r.code == exitDone && command != "config" {
				t.Errorf("%s --db %s succeeded", command, address)
			}
			if strings.Contains(r.out+r.err, password) {
				t.Errorf("%s --db %s shows the password: %s%s", command, address, r.out, r.err)
			}
			if command == "config" {
				continue
			}
			// The same from the environment, as a service has it.
			r = call(t, variables{"BERTH_SECRET_KEY": env["BERTH_SECRET_KEY"], "BERTH_DB": address}, strings.Fields(command)...)
			if strings.Contains(r.out+r.err, password) {
				t.Errorf("%s with BERTH_DB=%s shows the password: %s%s", command, address, r.out, r.err)
			}
		}
	}
}

// Nor are other secrets that somebody put into a wrong place.
func TestMisplacedSecretsStaySecret(t *testing.T) {
	const secret = "s3cr3tcanary"
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		writeFile(t, path, text)
		return path
	}
	db := "sqlite:" + filepath.Join(folder, "berth.db")
	for name, run := range map[string]struct {
		env  variables
		args []string
	}{
		"a secret key that is none":        {variables{"BERTH_SECRET_KEY": secret}, []string{"serve", "--db", db}},
		"a version and no key":             {variables{"BERTH_SECRET_KEY": "1:" + secret}, []string{"serve", "--db", db}},
		"a version that is none":           {variables{"BERTH_SECRET_KEY": secret + ":abc="}, []string{"serve", "--db", db}},
		"a key file with something else":   {nil, []string{"serve", "--db", db, "--secret-key-file", file("key", secret)}},
		"a secret key in the settings":     {nil, []string{"config", "--config", file("a.yaml", "secret_key: "+secret+"\n")}},
		"a provider's token":               {nil, []string{"serve", "--db", db, "--config", file("b.yaml", "providers:\n  x:\n    driver: sim\n    token: "+secret+"\n")}},
		"settings that are cut off":        {nil, []string{"config", "--config", file("c.yaml", "db: [postgres://a:"+secret+"@h/b\n")}},
		"an API key for an absent server":  {variables{"BERTH_API_KEY": secret}, []string{"load", "--url", "http://127.0.0.1:1", "--user", "u", "--orders", "1"}},
		"a password in the server's URL":   {nil, []string{"load", "--url", "http://a:" + secret + "@127.0.0.1:1", "--user", "u", "--key", secret, "--orders", "1"}},
		"a file of users with a word more": {nil, []string{"load", "--users", file("users", "u "+secret+" more\n"), "--orders", "1"}},
	} {
		r := call(t, run.env, run.args...)
		if r.code == exitDone || strings.Contains(r.out+r.err, secret) {
			t.Errorf("%s: got exit code %d and %s%s", name, r.code, r.out, r.err)
		}
	}
}

// Whoever gets hold of a copy of the database finds neither API keys nor root passwords in it, nor in anything else
// that lies beside it, but for the key file: without that the copy opens nothing.
func TestStolenDatabaseHoldsNoSecrets(t *testing.T) {
	shop := sqliteShop(t)
	s := shop.serve(nil)
	given := shop.order(s, "first", "Idempotency-Key", "s3cr3tcanary-idempotency-key")
	made, err := post(http.DefaultClient, s.url+orderPath, strings.Replace(serverOrder, `, "password": "s3cr3tcanary-of-root"`, "", 1), "x-api-key", shop.key)
	if err != nil || given.status != 200 || made.status != 200 {
		t.Fatal(given, made, err)
	}
	password, _ := made.body["password"].(string)
	if given.body["password"] != "s3cr3tcanary-of-root" || len(password) != 20 {
		t.Fatalf("got the passwords %v and %q", given.body["password"], password)
	}
	read, size := 0, int64(0)
	look := func() {
		for _, folder := range []string{filepath.Dir(sqlitePath(shop.db)), filepath.Dir(shop.config)} {
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				path := filepath.Join(folder, entry.Name())
				info, err := entry.Info()
				if err != nil || entry.IsDir() || strings.HasSuffix(path, ".key") {
					continue
				}
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				read, size = read+1, size+info.Size()
				for what, secret := range map[string]string{"a given password": "s3cr3tcanary", "a made password": password, "an API key": shop.key} {
					if bytes.Contains(text, []byte(secret)) {
						t.Errorf("%s holds %s", entry.Name(), what)
					}
				}
				if isData := strings.Contains(entry.Name(), "berth.db"); isData && info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s may be read by others: %s", entry.Name(), info.Mode())
				}
			}
		}
	}
	look() // with the write-ahead log of a server that runs
	s.stop()
	look()
	if read < 4 || size < 100_000 {
		t.Errorf("only %d files with %d bytes were looked at", read, size)
	}
}
