package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretsGenerate(t *testing.T) {
	if a, b := generated(t), generated(t, "--number", "7"); a == b || !strings.HasPrefix(a, "1:") || !strings.HasPrefix(b, "7:") {
		t.Error("want two keys of numbers 1 and 7")
	}
	if r := call(t, nil, "secrets", "generate", "--number", "0"); r.code != exitUsage {
		t.Errorf("got exit code %d for number 0", r.code)
	}
}

// orderOnce places the order of an idempotency key on a server that runs for this one request.
func (s *shop) orderOnce(env variables) answer {
	s.t.Helper()
	at := s.serve(env)
	defer at.stop()
	return s.order(at, "rotated", "Idempotency-Key", "rotation")
}

func replays(t *testing.T, again, first answer) {
	t.Helper()
	if first.status != 200 || again.body["password"] != first.body["password"] || again.body["order_id"] != first.body["order_id"] ||
		again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got status %d, replayed %q; want order and password of the first answer", again.status, again.header.Get("Idempotency-Replayed"))
	}
}

func TestRotateKeyFile(t *testing.T) {
	shop := sqliteShop(t)
	keyFile := sqlitePath(shop.db) + ".key"
	first := shop.orderOnce(nil)
	before, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	got := decoded[rotation](t, nil, "secrets", "rotate", "--db", shop.db)
	if got != (rotation{Key: 2, Resealed: 1}) {
		t.Errorf("got %+v, want one password under key 2", got)
	}
	replays(t, shop.orderOnce(nil), first)

	got = decoded[rotation](t, nil, "secrets", "rotate", "--drop-old", "--db", shop.db)
	if got != (rotation{Key: 3, Resealed: 1, Dropped: true}) {
		t.Errorf("got %+v, want one password under key 3 alone", got)
	}
	after, err := os.ReadFile(keyFile)
	if err != nil || !strings.HasPrefix(string(after), "3:") || strings.Contains(string(after), ",") {
		t.Errorf("the key file holds more than the newest key: %v", err)
	}
	replays(t, shop.orderOnce(nil), first)
	if err := os.WriteFile(keyFile, before, 0o600); err != nil {
		t.Fatal(err)
	}
	r := call(t, nil, "serve", "--db", shop.db, "--metrics-listen", "off", "--listen", "127.0.0.1:0")
	if r.code != exitFailed || !strings.Contains(r.err, "which is not among those given") {
		t.Errorf("the first key: got exit code %d and %q", r.code, r.err)
	}
}

// With a key file no server may run: it would not know the new key.
func TestRotateBesideAServer(t *testing.T) {
	shop := sqliteShop(t)
	shop.serve(nil)
	keyFile := sqlitePath(shop.db) + ".key"
	before, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	r := call(t, nil, "secrets", "rotate", "--db", shop.db)
	if r.code != exitFailed || !strings.Contains(r.err, "another process serves") {
		t.Errorf("got exit code %d and %q", r.code, r.err)
	}
	if after, err := os.ReadFile(keyFile); err != nil || string(after) != string(before) {
		t.Errorf("the key file was changed: %v", err)
	}
}

// With the variable servers go on, as long as each knows both keys.
func TestRotateVariable(t *testing.T) {
	shop := sqliteShop(t)
	one, two := generated(t), generated(t, "--number", "2")
	old, both, newest := variables{"BERTH_SECRET_KEY": one}, variables{"BERTH_SECRET_KEY": two + "," + one}, variables{"BERTH_SECRET_KEY": two}
	first := shop.orderOnce(old)
	for _, c := range []struct {
		name string
		env  variables
		args []string
		code int
		want string
	}{
		{"with one key", old, nil, 1, "BERTH_SECRET_KEY holds one key"},
		{"with the new key alone", newest, nil, 1, "the secret key is not the one that this database was sealed with"},
		{"dropping from the variable", both, []string{"--drop-old"}, 2, "--drop-old: the keys of BERTH_SECRET_KEY are your own"},
	} {
		r := call(t, c.env, append([]string{"secrets", "rotate", "--db", shop.db}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", c.name, r.code, r.err, c.code, c.want)
		}
	}
	running := shop.serve(both)
	if got := decoded[rotation](t, both, "secrets", "rotate", "--db", shop.db); got != (rotation{Key: 2, Resealed: 1}) {
		t.Errorf("got %+v", got)
	}
	replays(t, shop.order(running, "rotated", "Idempotency-Key", "rotation"), first)
	running.stop()
	replays(t, shop.orderOnce(newest), first)
}

// A rotation that was cut short after it had made its key goes on with that key.
func TestRotateGoesOn(t *testing.T) {
	shop := sqliteShop(t)
	first := shop.orderOnce(nil)
	keyFile := sqlitePath(shop.db) + ".key"
	old, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, keyFile, generated(t, "--number", "2")+","+strings.TrimSpace(string(old)))
	if got := decoded[rotation](t, nil, "secrets", "rotate", "--db", shop.db); got != (rotation{Key: 2, Resealed: 1}) {
		t.Errorf("got %+v, want key 2", got)
	}
	replays(t, shop.orderOnce(nil), first)
}

func TestSecretKeyFileSetting(t *testing.T) {
	shop := sqliteShop(t)
	file := filepath.Join(t.TempDir(), "secret.key")
	first := shop.orderOnce(variables{"BERTH_SECRET_KEY_FILE": file})
	if _, err := os.Stat(sqlitePath(shop.db) + ".key"); err == nil {
		t.Error("a key file was made beside the database, too")
	}
	decoded[rotation](t, nil, "secrets", "rotate", "--db", shop.db, "--secret-key-file", file)
	replays(t, shop.orderOnce(variables{"BERTH_SECRET_KEY_FILE": file}), first)
}
