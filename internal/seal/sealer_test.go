package seal

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

func memory(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), "memory:", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func unlock(t *testing.T, s berth.Store, keys string) *Sealer {
	t.Helper()
	u, err := Unlock(context.Background(), s, ring(t, keys))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUnlock(t *testing.T) {
	ctx, s := context.Background(), memory(t)
	first, second := unlock(t, s, testKey(1)), unlock(t, s, testKey(1))
	if a, b := first.Mark([]byte("order")), second.Mark([]byte("order")); a != b || a == "" {
		t.Errorf("got marks %q and %q of the same request, want the same", a, b)
	}
	if first.Mark([]byte("order")) == first.Mark([]byte("another")) {
		t.Error("two requests have the same mark")
	}
	if unlock(t, memory(t), testKey(1)).Mark([]byte("order")) == first.Mark([]byte("order")) {
		t.Error("two installations have the same marks: they say which requests are alike")
	}
	for name, keys := range map[string]string{"another key": testKey(2), "another version": "2:" + testKey(1)} {
		if _, err := Unlock(ctx, s, ring(t, keys)); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%s: got %v, want %v", name, err, ErrWrongKey)
		}
	}
}

func TestUnlockTogether(t *testing.T) {
	s, r := memory(t), ring(t, testKey(1))
	marks := make([]string, 16)
	var all sync.WaitGroup
	for i := range marks {
		all.Go(func() {
			u, err := Unlock(context.Background(), s, r)
			if err != nil {
				t.Error(err)
				return
			}
			marks[i] = u.Mark([]byte("order"))
		})
	}
	all.Wait()
	for i, m := range marks {
		if m != marks[0] {
			t.Errorf("process %d marks differently from the first", i)
		}
	}
}

func TestResealKeepsTheMarks(t *testing.T) {
	ctx, s := context.Background(), memory(t)
	before := unlock(t, s, testKey(1)).Mark([]byte("order"))
	both := unlock(t, s, "1:"+testKey(1)+",2:"+testKey(2))
	if err := both.Reseal(ctx, s); err != nil {
		t.Fatal(err)
	}
	if got := unlock(t, s, "2:"+testKey(2)).Mark([]byte("order")); got != before {
		t.Errorf("got mark %q after the rotation, want %q", got, before)
	}
	if _, err := Unlock(ctx, s, ring(t, testKey(1))); !errors.Is(err, ErrWrongKey) {
		t.Errorf("the old key: got %v, want %v", err, ErrWrongKey)
	}
}
