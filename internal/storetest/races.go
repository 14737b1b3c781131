package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// crowd runs a call a thousand times at once, over the stores in turn, and counts what was said.
func crowd(n int, call func(i int) error) map[berth.Code]int {
	var mu sync.Mutex
	said := map[berth.Code]int{}
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-start
			err := call(i)
			mu.Lock()
			said[code(err)]++
			mu.Unlock()
		})
	}
	close(start)
	done.Wait()
	return said
}

// sevenOfThousand has a thousand orders at once on a wallet that pays for seven.
func sevenOfThousand(t *testing.T, stores ...*store.Store) {
	t.Helper()
	fund(t, stores[0], "anna", 7*1299+1298)
	said := crowd(1000, func(i int) error { return buy(stores[i%len(stores)], "anna", 1299)() })
	same(t, "answers", said, map[berth.Code]int{"": 7, berth.InsufficientBalance: 993})
	if got, entries := balance(t, stores[0], "anna"); got != 1298 || entries != 8 {
		t.Errorf("got balance %d by %d entries, want 1298 by 8", got, entries)
	}
	if r := verified(t, stores[0]); r.Orders != 7 || r.Balance != 1298 {
		t.Errorf("verify: got %d orders and %d in the wallets, want 7 and 1298", r.Orders, r.Balance)
	}
}

func overdraft(t *testing.T, d Database) {
	sevenOfThousand(t, open(t, d, store.Options{}))
}

func overdraftShared(t *testing.T, d Database) {
	sevenOfThousand(t, open(t, d, store.Options{}), open(t, d, store.Options{}))
}

// keyShared sends the same order under the same keys through two processes at once.
func keyShared(t *testing.T, d Database) {
	stores := []*store.Store{open(t, d, store.Options{}), open(t, d, store.Options{})}
	fund(t, stores[0], "anna", 1000)
	var replayed atomic.Int64
	const keys, copies = 20, 10
	said := crowd(keys*copies, func(i int) error {
		return once(stores[i%2], fmt.Sprint("key ", i/copies), &replayed)()
	})
	for c := range said {
		if c != "" && c != berth.InProgress {
			t.Errorf("got %d times %q", said[c], c)
		}
	}
	if made := said[""] - int(replayed.Load()); made != keys {
		t.Errorf("got %d orders (%d answers, %d of them replays), want %d", made, said[""], replayed.Load(), keys)
	}
	if got, _ := balance(t, stores[1], "anna"); got != 1000-keys {
		t.Errorf("got balance %d, want %d", got, 1000-keys)
	}
	verified(t, stores[0])
}
