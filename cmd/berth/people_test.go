package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

func TestUsers(t *testing.T) {
	db := newDatabase(t)
	parent := decoded[userView](t, nil, "user", "create", "--name", "Reseller", "--email", "r@example.com", "--db", db)
	if parent.ID == "" || parent.Name != "Reseller" || !parent.Active {
		t.Errorf("got %+v", parent)
	}
	child := decoded[userView](t, nil, "user", "create", "--parent", parent.ID, "--id", "sub-1", "--db", db)
	if child.ID != "sub-1" || child.ParentID != parent.ID || child.Name != "sub-1" {
		t.Errorf("got %+v", child)
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"taken id", []string{"--id", "sub-1"}, "id: There is a user with this id already."},
		{"absent parent", []string{"--parent", "nobody"}, "parent: The parent must be an existing user"},
		{"a child's child", []string{"--parent", "sub-1"}, "parent: The parent must be an existing user that has no parent"},
		{"long name", []string{"--name", strings.Repeat("x", 101)}, "name: The name must be"},
	} {
		r := call(t, nil, append([]string{"user", "create", "--db", db}, c.args...)...)
		if r.code != exitFailed || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got exit code %d and %q, want 1 and %q", c.name, r.code, r.err, c.want)
		}
	}
	if got := decoded[userView](t, nil, "user", "suspend", "sub-1", "--db", db); got.Active {
		t.Error("the user is still active")
	}
	table := must(t, nil, "user", "list", "--db", db)
	for _, want := range []string{"ID", "E-MAIL", "r@example.com", "suspended", "active"} {
		if !strings.Contains(table, want) {
			t.Errorf("got\n%s\nwant %s in it", table, want)
		}
	}
	if got := must(t, nil, "user", "resume", "sub-1", "--db", db); !strings.Contains(got, "sub-1 is active") {
		t.Errorf("got %q", got)
	}
	if list := decoded[[]userView](t, nil, "user", "list", "--db", db); len(list) != 2 || !list[0].Active || !list[1].Active {
		t.Errorf("got %+v, want two active users", list)
	}
	if r := call(t, nil, "user", "suspend", "nobody", "--db", db); r.code != exitFailed || !strings.Contains(r.err, "user: Unknown user.") {
		t.Errorf("got exit code %d and %q", r.code, r.err)
	}
}

func TestKeys(t *testing.T) {
	db := newDatabase(t)
	must(t, nil, "user", "create", "--id", "u1", "--db", db)
	made := decoded[keyView](t, nil, "key", "create", "--user", "u1", "--name", "panel", "--scope", "order,manage",
		"--cidr", "192.0.2.7", "--cidr", "2001:db8::/32", "--expires", "30d", "--db", db)
	if !strings.HasPrefix(made.Value, "berth_") || !berth.PlausibleKey(made.Value) {
		t.Error("the value isn't a key's")
	}
	if got := strings.Join(made.Scopes, " ") + " " + strings.Join(made.Addresses, " "); got != "order manage 192.0.2.7/32 2001:db8::/32" {
		t.Errorf("got %s", got)
	}
	listed := must(t, nil, "--json", "key", "list", "--db", db)
	if strings.Contains(listed, made.Value) || strings.Contains(must(t, nil, "key", "list", "--db", db), made.Value) {
		t.Error("the value is shown a second time")
	}
	var list []keyView
	if err := json.Unmarshal([]byte(listed), &list); err != nil || len(list) != 1 || list[0].ID != made.ID || list[0].ExpiresAt == nil {
		t.Errorf("got %+v, %v, want the key", list, err)
	}
	if list := decoded[[]keyView](t, nil, "key", "list", "--user", "nobody", "--db", db); len(list) != 0 {
		t.Errorf("got %+v of a user without keys", list)
	}
	revoked := decoded[keyView](t, nil, "key", "revoke", made.ID, "--db", db)
	if revoked.RevokedAt == nil {
		t.Error("the key isn't revoked")
	}
	if table := must(t, nil, "key", "list", "--db", db); !strings.Contains(table, "revoked") || !strings.Contains(table, "192.0.2.7/32") {
		t.Errorf("got\n%s", table)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"unknown user", []string{"create", "--user", "nobody"}, 1, "user: Unknown user."},
		{"unknown scope", []string{"create", "--user", "u1", "--scope", "all"}, 1, "scope: Scopes are order, read and manage."},
		{"bad block", []string{"create", "--user", "u1", "--cidr", "192.0.2.0/99"}, 1, "cidr: An address list holds"},
		{"bad expiry", []string{"create", "--user", "u1", "--expires", "soon"}, 2, `--expires: "soon" is neither a date`},
		{"past expiry", []string{"create", "--user", "u1", "--expires", "2020-01-01"}, 1, "expires: The expiry must be in the future."},
		{"unknown key", []string{"revoke", "nothing"}, 1, "id: Unknown key"},
	} {
		r := call(t, nil, append(append([]string{"key"}, c.args...), "--db", db)...)
		if r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", c.name, r.code, r.err, c.code, c.want)
		}
	}
}

func TestParseExpiry(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Ljubljana")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixMicro()
	for _, c := range []struct{ text, want string }{
		{"2027-01-31", "2027-01-30T23:00:00Z"}, // midnight in the zone
		{"2027-07-01 10:30:00", "2027-07-01T08:30:00Z"},
		{"2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"},
		{"2027-01-31T12:00:00+05:00", "2027-01-31T07:00:00Z"},
		{"90d", "2027-02-21T12:00:00Z"},
		{"12h30m", "2026-11-24T00:30:00Z"},
		{"", "1970-01-01T00:00:00Z"}, // never
	} {
		got, err := parseExpiry(c.text, now, zone)
		if text := time.UnixMicro(got).UTC().Format(time.RFC3339); err != nil || text != c.want {
			t.Errorf("%q: got %s, %v, want %s", c.text, text, err, c.want)
		}
	}
	for _, text := range []string{"soon", "-1d", "0d", "1.5d", "99999d", "-1h", "2027-13-01", "31.1.2027"} {
		if got, err := parseExpiry(text, now, zone); err == nil {
			t.Errorf("%q: got %d, want a refusal", text, got)
		}
	}
}

func TestWallets(t *testing.T) {
	db := newDatabase(t)
	must(t, nil, "user", "create", "--id", "u1", "--name", "Jane", "--currency", "EUR", "--db", db)
	transfer := func(what, amount, ref string) walletView {
		t.Helper()
		return decoded[walletView](t, nil, "wallet", what, "--user", "u1", "--amount", amount, "--ref", ref, "--note", "by hand", "--db", db)
	}
	for _, c := range []struct {
		what, amount, ref, balance string
		repeated                   bool
	}{
		{"credit", "100.00", "bank-1", "100.00", false},
		{"credit", "100.00", "bank-1", "100.00", true}, // a second call under one reference changes nothing
		{"credit", "0.5", "bank-2", "100.50", false},
		{"debit", "20.25", "fee-1", "80.25", false},
		{"debit", "20.25", "fee-1", "80.25", true},
	} {
		w := transfer(c.what, c.amount, c.ref)
		if w.Balance != c.balance || *w.Repeated != c.repeated || w.Currency != "EUR" {
			t.Errorf("%s %s %s: got %s %s, repeated %v, want %s, %v", c.what, c.amount, c.ref, w.Balance, w.Currency, *w.Repeated, c.balance, c.repeated)
		}
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"overdraft", []string{"debit", "--user", "u1", "--amount", "80.26", "--ref", "r"}, 1, "80.25 EUR"},
		{"another amount", []string{"credit", "--user", "u1", "--amount", "1", "--ref", "bank-1"}, 1, "ref: This ref was used for another amount: 100.00."},
		{"unknown user", []string{"credit", "--user", "u2", "--amount", "1", "--ref", "r"}, 1, "user: Unknown user."},
		{"no amount", []string{"credit", "--user", "u1", "--amount", "0", "--ref", "r"}, 1, "amount: "},
		{"three decimals", []string{"credit", "--user", "u1", "--amount", "1.005", "--ref", "r"}, 2, `--amount: "1.005": An amount looks like 100.00`},
		{"negative", []string{"credit", "--user", "u1", "--amount=-1", "--ref", "r"}, 2, "--amount"},
		{"statement of nobody", []string{"statement", "--user", "u2"}, 1, "user: Unknown user."},
		{"endless statement", []string{"statement", "--user", "u1", "--limit", "0"}, 2, "--limit"},
	} {
		r := call(t, nil, append(append([]string{"wallet"}, c.args...), "--db", db)...)
		if r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", c.name, r.code, r.err, c.code, c.want)
		}
	}
	statement := decoded[statementView](t, nil, "wallet", "statement", "--user", "u1", "--limit", "2", "--db", db)
	if len(statement.Entries) != 2 || statement.Balance != "80.25" || statement.Entries[0].Amount != "-20.25" ||
		statement.Entries[0].Seq != 3 || statement.Entries[0].Ref != "fee-1" || statement.Entries[1].Balance != "100.50" {
		t.Errorf("got %+v", statement)
	}
	older := decoded[statementView](t, nil, "wallet", "statement", "--user", "u1", "--before", "2", "--db", db)
	if len(older.Entries) != 1 || older.Entries[0].Ref != "bank-1" {
		t.Errorf("got %+v, want the first entry", older.Entries)
	}
	table := must(t, nil, "wallet", "statement", "--user", "u1", "--db", db)
	if !strings.Contains(table, "by hand") || !strings.Contains(table, "The balance is 80.25 EUR.") {
		t.Errorf("got\n%s", table)
	}
	if table := must(t, nil, "wallet", "list", "--db", db); !strings.Contains(table, "Jane") || !strings.Contains(table, "80.25") {
		t.Errorf("got\n%s", table)
	}
	if list := decoded[[]walletView](t, nil, "wallet", "list", "--db", db); len(list) != 1 || list[0].Balance != "80.25" {
		t.Errorf("got %+v", list)
	}
}
