package berth_test

import (
	"context"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/storetest"
)

func TestTransfers(t *testing.T) {
	s := newShop(t)
	move := func(minor int64, ref string) (int64, bool, string) {
		w, repeated, err := s.Transfer(background, berth.Transfer{UserID: bert, Amount: minor, Ref: ref, Note: "a note"})
		return w.Balance, repeated, refusal(err)
	}
	for _, tt := range []struct {
		amount   int64
		ref      string
		balance  int64
		repeated bool
		refusal  string
	}{
		{1000, "a", 1000, false, ""},
		{1000, "a", 1000, true, ""},
		{999, "a", 0, false, "idempotency_mismatch ref"},
		{-1000, "a", 0, false, "idempotency_mismatch ref"},
		{-300, "b", 700, false, ""},
		{-300, "b", 700, true, ""},
		{-701, "c", 0, false, "insufficient_balance"},
		{-700, "c", 0, false, ""}, // a refusal isn't kept
		{1000, "a", 0, true, ""},
		{5, "", 0, false, "invalid_parameter ref"},
		{5, "a\nb", 0, false, "invalid_parameter ref"},
		{5, strings.Repeat("r", 201), 0, false, "invalid_parameter ref"},
		{0, "d", 0, false, "invalid_parameter amount"},
		{berth.MaxMinor + 1, "d", 0, false, "invalid_parameter amount"},
		{-berth.MaxMinor - 1, "d", 0, false, "invalid_parameter amount"},
		{berth.MaxMinor, "d", berth.MaxMinor, false, ""},
	} {
		balance, repeated, got := move(tt.amount, tt.ref)
		if balance != tt.balance || repeated != tt.repeated || got != tt.refusal {
			t.Errorf("%d under %q: got %d, %v, %q, want %d, %v, %q", tt.amount, tt.ref, balance, repeated, got, tt.balance, tt.repeated, tt.refusal)
		}
	}
	if _, _, err := s.Transfer(background, berth.Transfer{UserID: anna, Amount: 1, Ref: "a"}); err != nil {
		t.Errorf("the same reference for another user: %v", err)
	}
	if _, _, err := s.Transfer(background, berth.Transfer{UserID: "nobody", Amount: 1, Ref: "a"}); refusal(err) != "not_found user" {
		t.Errorf("an unknown user: got %v", err)
	}
	s.pass(1000 * 24 * time.Hour)
	if _, err := s.Sweep(background); err != nil {
		t.Fatal(err)
	}
	if _, repeated, got := move(1000, "a"); !repeated || got != "" {
		t.Errorf("years later: got %v, %q, want it known for ever", repeated, got)
	}
	list, err := s.store.Entries(background, bert, 0, 9)
	if err != nil || len(list) != 4 || list[3].Contra != berth.AccountDeposits || list[2].Contra != berth.AccountCorrection || list[3].Note != "a note" {
		t.Errorf("got entries %+v, %v", list, err)
	}
	s.verified()
}

// A wallet has a largest balance, but no refund is turned away by it.
func TestFullWallet(t *testing.T) {
	s := newShop(t)
	o := s.place(server("5")).Order
	if err := s.store.Write(background, berth.Need{Wallets: []string{anna}}, func(b *berth.Book) error {
		w, _ := b.Wallet(anna)
		_, err := b.Post(berth.Entry{UserID: anna, Amount: 100*berth.MaxMinor - w.Balance, Contra: berth.AccountDeposits, Ref: "x"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Transfer(background, berth.Transfer{UserID: anna, Amount: 1, Ref: "more"}); refusal(err) != "invalid_parameter amount" {
		t.Errorf("one more: got %v, want invalid_parameter amount", err)
	}
	receipt, err := s.Settle(background, o, berth.Outcome{Verdict: berth.Refused})
	if err != nil || receipt.Order.State != berth.Refunded || s.balance(anna) != 100*berth.MaxMinor+1299 {
		t.Errorf("a refund: got %s, %v, balance %d", receipt.Order.State, err, s.balance(anna))
	}
	s.verified()
}

func TestUsers(t *testing.T) {
	s := newShop(t)
	for _, tt := range []struct {
		user     berth.User
		currency string
		refusal  string
	}{
		{berth.User{Username: "carla", Email: "carla@example.org", ParentID: anna}, "", ""},
		{berth.User{Username: "dora", ID: "user12345-6789"}, "CHF", ""},
		{berth.User{Username: "dora", ID: "user12345-6789"}, "", "invalid_parameter id"},
		{berth.User{Username: ""}, "", "invalid_parameter username"},
		{berth.User{Username: "a\x00"}, "", "invalid_parameter username"},
		{berth.User{Username: "x", Email: strings.Repeat("e", 256)}, "", "invalid_parameter email"},
		{berth.User{Username: "x", ID: strings.Repeat("i", 65)}, "", "invalid_parameter id"},
		{berth.User{Username: "x", ID: "a\tb"}, "", "invalid_parameter id"},
		{berth.User{Username: "x", ParentID: "nobody"}, "", "invalid_parameter parent"},
		{berth.User{Username: "x", ID: "self", ParentID: "self"}, "", "invalid_parameter parent"},
	} {
		u, err := s.CreateUser(background, tt.user, tt.currency)
		if refusal(err) != tt.refusal {
			t.Errorf("%+v: got %v, want %q", tt.user, err, tt.refusal)
		}
		if err != nil {
			continue
		}
		stored, ok, err := s.store.User(background, u.ID)
		w, _, _ := s.store.Wallet(background, u.ID)
		if err != nil || !ok || stored != u || !u.Active || u.CreatedAt == 0 || tt.user.ID != "" && u.ID != tt.user.ID {
			t.Errorf("got user %+v stored as %+v, %v", u, stored, err)
		}
		if want := map[string]string{"": "EUR", "CHF": "CHF"}[tt.currency]; w.Currency != want || w.Balance != 0 {
			t.Errorf("got wallet %+v, want an empty one in %s", w, want)
		}
	}
	users, err := s.store.Users(background)
	if err != nil || len(users) != 4 {
		t.Fatalf("got %d users, %v, want 4", len(users), err)
	}
	child := users[0] // carla
	if _, err := s.CreateUser(background, berth.User{Username: "x", ParentID: child.ID}, ""); refusal(err) != "invalid_parameter parent" {
		t.Errorf("a grandchild: got %v", err)
	}
	francs := server("5")
	francs.UserID = "user12345-6789"
	if _, err := s.Place(background, &francs); refusal(err) != "invalid_parameter user_id" {
		t.Errorf("a wallet in another currency: got %v, want invalid_parameter user_id", err)
	}
	for i, suspend := range []bool{true, true, false} {
		u, err := s.SuspendUser(background, child.ID, suspend)
		if err != nil || u.Active == suspend {
			t.Errorf("step %d: got active %v, %v", i, u.Active, err)
		}
	}
	if _, err := s.SuspendUser(background, "nobody", true); refusal(err) != "not_found user_id" {
		t.Errorf("an unknown user: got %v", err)
	}
}

func TestKeys(t *testing.T) {
	s := newShop(t)
	good := berth.APIKey{UserID: anna, Name: "panel", Hash: berth.HashKey("value"), Scopes: []berth.Scope{berth.ScopeOrder, berth.ScopeRead}}
	for name, tt := range map[string]struct {
		edit    func(k *berth.APIKey)
		refusal string
	}{
		"no scope":       {func(k *berth.APIKey) { k.Scopes = nil }, "invalid_parameter scope"},
		"unknown scope":  {func(k *berth.APIKey) { k.Scopes = []berth.Scope{"admin"} }, "invalid_parameter scope"},
		"bad name":       {func(k *berth.APIKey) { k.Name = "a\nb" }, "invalid_parameter name"},
		"many addresses": {func(k *berth.APIKey) { k.Addresses = make([]netip.Prefix, 65) }, "invalid_parameter name"},
		"unknown user":   {func(k *berth.APIKey) { k.UserID = "nobody" }, "not_found user"},
		"expired":        {func(k *berth.APIKey) { k.ExpiresAt = s.clock.Load() - 1 }, "invalid_parameter expires"},
	} {
		k := good
		tt.edit(&k)
		if _, err := s.CreateKey(background, k); refusal(err) != tt.refusal {
			t.Errorf("%s: got %v, want %q", name, err, tt.refusal)
		}
	}
	k, err := s.CreateKey(background, good)
	if err != nil || k.ID == "" || k.CreatedAt == 0 {
		t.Fatalf("got %+v, %v", k, err)
	}
	stored, ok, err := s.store.KeyByHash(background, berth.HashKey("value"))
	if err != nil || !ok || !reflect.DeepEqual(stored, k) {
		t.Errorf("got %+v, %v, want %+v", stored, err, k)
	}
	if _, err := s.CreateKey(background, good); refusal(err) != "invalid_parameter value" {
		t.Errorf("the same value again: got %v, want a clear refusal", err)
	}
	first, err := s.RevokeKey(background, k.ID)
	if err != nil || first.RevokedAt == 0 {
		t.Errorf("revoke: got %+v, %v", first, err)
	}
	s.pass(time.Hour)
	if again, err := s.RevokeKey(background, k.ID); err != nil || again.RevokedAt != first.RevokedAt {
		t.Errorf("revoke again: got %+v, %v, want the first instant", again, err)
	}
	if _, err := s.RevokeKey(background, "none"); refusal(err) != "not_found id" {
		t.Errorf("revoke an unknown key: got %v", err)
	}
}

func TestKeyValues(t *testing.T) {
	value := berth.KeyValue([32]byte{1, 2, 3})
	if !strings.HasPrefix(value, "berth_") || len(value) != 6+52+7 || !berth.PlausibleKey(value) || !berth.PlausibleKey("your_api_key_here") {
		t.Errorf("got %s (plausible: %v)", value, berth.PlausibleKey(value))
	}
	for i := 6; i < len(value); i++ {
		other := byte('a')
		if value[i] == 'a' {
			other = 'b'
		}
		if typo := value[:i] + string(other) + value[i+1:]; berth.PlausibleKey(typo) {
			t.Errorf("a typing error at %d is taken for a key", i)
		}
	}
	for _, bad := range []string{"", "berth_", "berth_aaaaaaa", value[:len(value)-1], value + "a", strings.Repeat("k", 256)} {
		if berth.PlausibleKey(bad) {
			t.Errorf("%q is taken for a key", bad)
		}
	}
}

func TestKeyAddressesAndScopes(t *testing.T) {
	prefixes, err := berth.ParsePrefixes([]string{"192.0.2.7", "198.51.100.77/24", "2001:db8::/32", "::ffff:203.0.113.9"})
	if err != nil {
		t.Fatal(err)
	}
	k := berth.APIKey{Addresses: prefixes, Scopes: []berth.Scope{berth.ScopeRead}}
	for text, want := range map[string]bool{"192.0.2.7": true, "192.0.2.8": false, "198.51.100.1": true, "::ffff:198.51.100.1": true,
		"2001:db8:1::5": true, "2001:db9::": false, "203.0.113.9": true, "203.0.113.8": false} {
		if got := k.From(netip.MustParseAddr(text)); got != want {
			t.Errorf("from %s: got %v, want %v", text, got, want)
		}
	}
	if !(&berth.APIKey{}).From(netip.MustParseAddr("192.0.2.7")) || k.Allows(berth.ScopeOrder) || !k.Allows(berth.ScopeRead) {
		t.Errorf("a key without a list must be usable from anywhere, and scopes must hold")
	}
	for _, bad := range []string{"", "192.0.2.0/33", "example.org", "192.0.2.1-9"} {
		if _, err := berth.ParsePrefixes([]string{bad}); refusal(err) != "invalid_parameter cidr" {
			t.Errorf("%q: got %v, want invalid_parameter cidr", bad, err)
		}
	}
}

// A caller that leaves is answered while its write goes on: the two must not share what the write fills in. (The race
// detector is the judge.)
func TestCallersThatLeave(t *testing.T) {
	s := newShop(t)
	retried, resolved, due, held := s.stuck(server("5")), s.stuck(server("5")), s.stuck(server("5")), s.place(server("5")).Order
	s.clock.Store(due.DueAt)
	key, err := s.CreateKey(background, berth.APIKey{UserID: anna, Hash: "h", Scopes: []berth.Scope{berth.ScopeRead}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		call func(context.Context) error
	}{
		{"transfer", func(ctx context.Context) error {
			_, _, err := s.Transfer(ctx, berth.Transfer{UserID: anna, Amount: 1, Ref: "left"})
			return err
		}},
		{"user", func(ctx context.Context) error {
			_, err := s.CreateUser(ctx, berth.User{Username: "x"}, "")
			return err
		}},
		{"suspend", func(ctx context.Context) error { _, err := s.SuspendUser(ctx, bert, true); return err }},
		{"key", func(ctx context.Context) error {
			_, err := s.CreateKey(ctx, berth.APIKey{UserID: anna, Hash: "i", Scopes: []berth.Scope{berth.ScopeRead}})
			return err
		}},
		{"revoke", func(ctx context.Context) error { _, err := s.RevokeKey(ctx, key.ID); return err }},
		{"apply", func(ctx context.Context) error { _, err := s.ApplyCatalogue(ctx, goods()); return err }},
		{"retry", func(ctx context.Context) error { _, err := s.Retry(ctx, retried.ID); return err }},
		{"resolve", func(ctx context.Context) error {
			_, err := s.Resolve(ctx, resolved.ID, berth.Resolution{Refund: true})
			return err
		}},
		{"claim", func(ctx context.Context) error { _, err := s.Claim(ctx, []string{due.ID}); return err }},
		{"hold", func(ctx context.Context) error { _, err := s.Hold(ctx, []berth.Order{held}); return err }},
		{"settle", func(ctx context.Context) error { _, err := s.Settle(ctx, held, berth.Outcome{}); return err }},
		{"place", func(ctx context.Context) error { r := server("5"); _, err := s.Place(ctx, &r); return err }},
		{"quote", func(ctx context.Context) error { r := server("5"); _, err := s.Quote(ctx, &r); return err }},
	} {
		release := storetest.Hold(t, s.store)
		ctx, leave := context.WithCancel(background)
		answer := make(chan error)
		go func() { answer <- tt.call(ctx) }()
		storetest.Await(t, tt.name+" to wait", func() bool { return s.store.Queued() == 1 })
		leave()
		go release()
		if err := <-answer; refusal(err) != "unavailable" && refusal(err) != "" {
			t.Errorf("%s: got %v, want unavailable, or done just in time", tt.name, err)
		}
		// The next write comes after the one that was left.
		if _, _, err := s.Transfer(background, berth.Transfer{UserID: anna, Amount: 1, Ref: "after " + tt.name}); err != nil {
			t.Fatal(err)
		}
	}
	s.verified()
}
