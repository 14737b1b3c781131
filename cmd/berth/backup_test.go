package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/pgtest"
)

// copyKey brings a database's key file to another database, as an operator does who restores.
func copyKey(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(sqlitePath(from) + ".key")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sqlitePath(to)+".key", text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func freshSQLite(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "berth.db") }

// A backup beside a server, restored with its key: the same books, and the next server answers what the first did.
func TestBackupAndRestore(t *testing.T) {
	shop := sqliteShop(t)
	s := shop.serve(nil)
	first := shop.order(s, "first", "Idempotency-Key", "k")
	if first.status != 200 {
		t.Fatalf("got status %d", first.status)
	}
	file := filepath.Join(t.TempDir(), "backup.db")
	made := decoded[copyView](t, nil, "backup", "--db", shop.db, "--to", file)
	if made.Books == nil || !made.Books.OK || made.Books.Orders != 1 || made.Books.Balance != "3383.53" || made.Rows < 10 || made.Tables["orders"] != 1 {
		t.Errorf("got %+v with books %+v", made, made.Books)
	}
	if k := made.Key; k.State != keyFits || k.Number != 1 || len(k.Fingerprint) != 16 || k.Source != sqlitePath(shop.db)+".key" {
		t.Errorf("got the key %+v", k)
	}
	s.stop()

	target := freshSQLite(t)
	r := call(t, nil, "restore", "--from", file, "--db", target)
	for _, want := range []string{"Restored", made.Books.Head, "3383.53", "1 orders", "isn't at hand here", "keep a copy of it"} {
		if r.code != exitDone || !strings.Contains(r.out, want) {
			t.Errorf("got exit code %d and\n%s%s\nwant %q", r.code, r.out, r.err, want)
		}
	}
	if r := call(t, nil, "serve", "--db", target, "--metrics-listen", "off", "--listen", "127.0.0.1:0"); r.code != exitFailed || !strings.Contains(r.err, "put the file back") {
		t.Errorf("serve without the key: got exit code %d and %q", r.code, r.err)
	}
	copyKey(t, shop.db, target)
	shop.db = target
	replays(t, shop.order(shop.serve(nil), "first", "Idempotency-Key", "k"), first)
	must(t, nil, "verify", "--db", target, "--since", made.Books.Head)
}

// What a restore does about keys that aren't the right one.
func TestRestoreKeys(t *testing.T) {
	shop := sqliteShop(t)
	shop.orderOnce(variables{"BERTH_SECRET_KEY": generated(t, "--number", "4")})
	file := filepath.Join(t.TempDir(), "backup.db")
	wrong := variables{"BERTH_SECRET_KEY": generated(t, "--number", "4")}
	made := decoded[copyView](t, wrong, "backup", "--db", shop.db, "--to", file)
	if k := made.Key; k.State != keyWrong || k.Number != 4 || k.Fingerprint != "" || k.Source != "BERTH_SECRET_KEY" || !strings.Contains(k.Problem, "does not open it") {
		t.Errorf("a backup with another key at hand: got %+v", k)
	}
	target := freshSQLite(t)
	for name, env := range map[string]variables{"another": wrong, "none": {"BERTH_SECRET_KEY": "x"}} {
		r := call(t, env, "restore", "--from", file, "--db", target)
		if r.code != exitFailed || !strings.Contains(r.err, "Give the key with number 4 in BERTH_SECRET_KEY, or restore all the same with --without-key") {
			t.Errorf("%s: got exit code %d and %q", name, r.code, r.err)
		}
		if _, err := os.Stat(sqlitePath(target)); err == nil {
			t.Errorf("%s: there is a database", name)
		}
	}
	r := call(t, wrong, "restore", "--from", file, "--db", target, "--without-key")
	if r.code != exitDone || !strings.Contains(r.out, "WARNING") {
		t.Errorf("--without-key: got exit code %d and\n%s%s", r.code, r.out, r.err)
	}
}

func TestBackupRefusals(t *testing.T) {
	shop := sqliteShop(t)
	never := decoded[copyView](t, nil, "backup", "--db", shop.db, "--to", filepath.Join(t.TempDir(), "b.db"))
	if never.Key != (needView{Source: sqlitePath(shop.db) + ".key", State: keyNone}) {
		t.Errorf("of a database that was never served: got %+v", never.Key)
	}
	if _, err := os.Stat(sqlitePath(shop.db) + ".key"); err == nil {
		t.Error("the backup has made a key")
	}
	good, folder := never.File, t.TempDir()
	noRows := filepath.Join(folder, "empty.db")
	touch(t, noRows)
	wrong := newDatabase(t)
	behindItsBack(t, wrong, "INSERT INTO wallets VALUES ('u', 'EUR', 7, 0, 0)")
	kept := filepath.Join(folder, "kept.db")
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no target", []string{"backup", "--db", shop.db}, 2, "--to"},
		{"a file that is there", []string{"backup", "--db", shop.db, "--to", good}, 1, "never replaces"},
		{"no folder", []string{"backup", "--db", shop.db, "--to", filepath.Join(folder, "absent", "b.db")}, 1, "no such file"},
		{"PostgreSQL", []string{"backup", "--db", "postgres://u:s3cr3tcanary@127.0.0.1:1/b", "--to", kept}, 1, "use pg_dump (or pg_basebackup"},
		{"memory", []string{"backup", "--db", "memory:", "--to", kept}, 1, "nothing to copy"},
		{"no database", []string{"backup", "--db", freshSQLite(t), "--to", kept}, 1, "there is no database"},
		{"an empty file", []string{"backup", "--db", "sqlite:" + noRows, "--to", kept}, 1, "no database of Berth"},
		{"wrong books", []string{"backup", "--db", wrong, "--to", kept}, 1, "the books in it are not in order (findings: 1, the first: wallet u"},
		{"wrong books, by force", []string{"backup", "--db", wrong, "--to", kept, "--force"}, 0, "NOT IN ORDER (findings: 1)"},
		{"no backup named", []string{"restore", "--db", freshSQLite(t)}, 2, "--from"},
		{"no backup there", []string{"restore", "--from", kept + ".absent", "--db", freshSQLite(t)}, 1, "there is no backup"},
		{"onto a database", []string{"restore", "--from", good, "--db", shop.db}, 1, "never replaces"},
		{"into PostgreSQL", []string{"restore", "--from", good, "--db", "postgres://127.0.0.1:1/b"}, 1, "use pg_restore, as docs/backup.md shows"},
		{"a backup of wrong books", []string{"restore", "--from", kept, "--db", freshSQLite(t)}, 1, "not in order"},
		{"a backup of wrong books, by force", []string{"restore", "--from", kept, "--db", freshSQLite(t), "--force"}, 0, "NOT IN ORDER"},
	} {
		r := call(t, nil, c.args...)
		if r.code != c.code || !strings.Contains(r.out+r.err, c.want) {
			t.Errorf("%s: got exit code %d and\n%s%s\nwant %d and %q", c.name, r.code, r.out, r.err, c.code, c.want)
		}
		if strings.Contains(r.out+r.err, "s3cr3tcanary") {
			t.Errorf("%s: shows the password: %s%s", c.name, r.out, r.err)
		}
	}
}

// Everything moves to PostgreSQL: the next server there answers what the first one did, and nobody goes on with the
// source.
func TestMoveToPostgreSQL(t *testing.T) {
	shop := sqliteShop(t)
	env := variables{"BERTH_SECRET_KEY": generated(t)}
	first := shop.orderOnce(env)
	running := shop.serve(env)
	source, target := shop.db, pgtest.Database(t)
	if r := call(t, env, "move", "--from", source, "--to", target); r.code != exitFailed || !strings.Contains(r.err, "another process serves") {
		t.Errorf("beside a server: got exit code %d and %q", r.code, r.err)
	}
	running.stop()
	moved := decoded[moveView](t, env, "move", "--from", source, "--to", target)
	if !moved.Migrated || moved.Resumed || moved.Books == nil || moved.Books.Orders != 1 || moved.Tables["orders"] != 1 || !strings.HasPrefix(moved.Mark, "to postgres://") {
		t.Errorf("got %+v with books %+v", moved, moved.Books)
	}
	if text := moved.To + moved.From + moved.Mark; strings.Contains(text, "postgres://") && !strings.Contains(text, ":***@") {
		t.Errorf("got %s: a password is shown", text)
	}
	shop.db = target
	replays(t, shop.orderOnce(env), first)
	must(t, nil, "verify", "--db", target, "--since", moved.Books.Head)

	const remedy = "berth move --unmark --from"
	for _, args := range [][]string{
		{"serve", "--db", source, "--metrics-listen", "off", "--listen", "127.0.0.1:0"},
		{"wallet", "credit", "--user", demoUser, "--amount", "1.00", "--ref", "late", "--db", source},
		{"demo", "--db", source, "--listen", "127.0.0.1:0"},
	} {
		if r := call(t, env, args...); r.code != exitFailed || !strings.Contains(r.err, "this database was moved to postgres://") || !strings.Contains(r.err, remedy) {
			t.Errorf("%v: got exit code %d and %q", args, r.code, r.err)
		}
	}
	must(t, nil, "verify", "--db", source) // reading it goes on
	if r := call(t, env, "move", "--from", source, "--to", freshSQLite(t)); r.code != exitFailed || !strings.Contains(r.err, "moved already") {
		t.Errorf("a second move: got exit code %d and %q", r.code, r.err)
	}
	// The target is given up.
	must(t, nil, "move", "--unmark", "--from", source)
	shop.db = source
	replays(t, shop.orderOnce(env), first)

	// And back again: everything that PostgreSQL has goes into a file.
	back := freshSQLite(t)
	if got := must(t, env, "move", "--from", target, "--to", back); !strings.Contains(got, "equal on both sides") {
		t.Errorf("got\n%s", got)
	}
	shop.db = back
	replays(t, shop.orderOnce(env), first)
}

func TestMoveUsage(t *testing.T) {
	db := newDatabase(t)
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no source", []string{"--to", db}, 2, "--from"},
		{"no target", []string{"--from", db}, 2, "--to"},
		{"target and unmark", []string{"--from", db, "--to", db, "--unmark"}, 2, "--unmark"},
		{"an unknown source", []string{"--from", "mysql://h/b", "--to", db}, 2, "--from: a database is sqlite:PATH or postgres://"},
		{"an unknown target", []string{"--from", db, "--to", "h:s3cr3tcanary"}, 2, "--to: a database is"},
		{"memory", []string{"--from", "memory:", "--to", db}, 2, "--from: a database in memory"},
		{"onto itself", []string{"--from", db, "--to", db}, 1, "the same database"},
		{"an absent source", []string{"--from", freshSQLite(t), "--to", db}, 1, "there is no database"},
		{"an absent server", []string{"--from", db, "--to", "postgres://u:s3cr3tcanary@127.0.0.1:1/b"}, 1, "the target:"},
		{"nothing to take back", []string{"--from", db, "--unmark"}, 1, "isn't marked as moved"},
		{"nowhere to take back", []string{"--from", freshSQLite(t), "--unmark"}, 1, "there is no database"},
	} {
		r := call(t, nil, append([]string{"move"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.out+r.err, c.want) {
			t.Errorf("%s: got exit code %d and\n%s%s\nwant %d and %q", c.name, r.code, r.out, r.err, c.code, c.want)
		}
		if strings.Contains(r.out+r.err, "s3cr3tcanary") {
			t.Errorf("%s: shows the password: %s%s", c.name, r.out, r.err)
		}
	}
}

// behindItsBack changes a database without Berth.
func behindItsBack(t *testing.T, db, statement string) {
	t.Helper()
	raw, err := sql.Open("sqlite", "file:"+sqlitePath(db))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
