package seal

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/store"
)

func TestFingerprint(t *testing.T) {
	one, both := ring(t, "1:"+testKey(1)), ring(t, "2:"+testKey(2)+",1:"+testKey(1))
	print := one.Fingerprint(1)
	if len(print) != 16 || strings.Contains(one.Text(), print) {
		t.Errorf("got %q, want 16 digits that aren't of the key", print)
	}
	if got := both.Fingerprint(1); got != print {
		t.Errorf("got %s in another ring, want %s: it is the key's own", got, print)
	}
	if got := both.Fingerprint(2); got == print || got == "" {
		t.Errorf("got %q for another key, want another fingerprint than %s", got, print)
	}
	if got := one.Fingerprint(2); got != "" {
		t.Errorf("got %q for a key that the ring lacks", got)
	}
}

func TestFits(t *testing.T) {
	ctx := context.Background()
	db := store.NewMemory(func() int64 { return 1 }).Open(store.Options{})
	defer db.Close()
	right, wrong := ring(t, "3:"+testKey(3)), ring(t, "3:"+testKey(4))
	if v, err := SealedWith(ctx, db); v != 0 || err != nil || wrong.Fits(ctx, db) != nil {
		t.Errorf("before it is sealed: got version %d, %v", v, err)
	}
	if _, err := Unlock(ctx, db, right); err != nil {
		t.Fatal(err)
	}
	if v, err := SealedWith(ctx, db); v != 3 || err != nil {
		t.Errorf("got version %d, %v, want 3", v, err)
	}
	if err := right.Fits(ctx, db); err != nil {
		t.Errorf("the right key: got %v", err)
	}
	for name, r := range map[string]*Ring{"another key of that version": wrong, "another version": ring(t, "1:"+testKey(3))} {
		if err := r.Fits(ctx, db); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%s: got %v, want %v", name, err, ErrWrongKey)
		}
	}
}
