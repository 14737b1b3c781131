package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth"
)

// sizes is an Observer that keeps the size of each batch.
type sizes struct {
	nobody
	mu   sync.Mutex
	list []int
}

func (s *sizes) Batch(b BatchStats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, b.Calls)
}

// TestGather: clients that were answered together order again together, although the first of them is faster than the
// others; and whoever comes alone, or after a while, waits for nobody.
func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &sizes{}
		s := NewMemory(func() int64 { return time.Now().UnixMicro() }).Open(Options{Observe: seen})
		defer s.Close()
		send := func(after time.Duration) error {
			time.Sleep(after)
			return s.Write(context.Background(), berth.Need{}, func(b *berth.Book) error {
				b.PutUser(berth.User{ID: b.NewID()})
				return nil
			})
		}
		round := func(gap time.Duration) time.Duration {
			start := time.Now()
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					if err := send(time.Duration(i) * gap); err != nil {
						t.Error(errors.Unwrap(err))
					}
				})
			}
			all.Wait()
			return time.Since(start)
		}
		hold := make(chan struct{})
		go s.Write(context.Background(), berth.Need{}, func(b *berth.Book) error {
			<-hold
			b.PutUser(berth.User{ID: b.NewID()})
			return nil
		})
		synctest.Wait()
		go func() { synctest.Wait(); close(hold) }()
		round(0)
		round(time.Microsecond)
		if took := round(time.Millisecond); took > 8*time.Millisecond+2*gatherFor {
			t.Errorf("eight that come one after the other took %v", took)
		}
		synctest.Wait()
		if n := len(seen.list); n < 4 || seen.list[1] != 8 || seen.list[2] < 4 {
			t.Errorf("got batches of %v, want one of 8 and then of 4 at least", seen.list)
		}
		start := time.Now()
		if err := send(time.Second); err != nil || time.Since(start) != time.Second {
			t.Errorf("one that comes alone: got %v after %v", err, time.Since(start))
		}
	})
}

// TestYield: while one lane has a large batch under way another one doesn't begin for its first call alone. It does when
// that batch is over, or when it takes too long.
func TestYield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &sizes{}
		s := NewMemory(func() int64 { return time.Now().UnixMicro() }).Open(Options{Observe: seen, Lanes: 2})
		defer s.Close()
		var all sync.WaitGroup
		write := func(need berth.Need, decide func()) {
			all.Go(func() {
				if err := s.Write(context.Background(), need, func(b *berth.Book) error {
					decide()
					b.PutUser(berth.User{ID: b.NewID()})
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		money := berth.Need{Wallets: []string{"buyer"}}
		round := func(takes, gap time.Duration) []int {
			seen.list = nil
			gate := make(chan struct{})
			write(money, func() { <-gate }) // so that the next four make one batch
			for range 4 {
				write(money, func() { time.Sleep(takes / 4) })
			}
			close(gate)
			synctest.Wait()
			for range 2 {
				write(berth.Need{}, func() {})
				time.Sleep(gap)
			}
			all.Wait()
			return seen.list
		}
		if got, want := round(time.Millisecond, 100*time.Microsecond), []int{1, 4, 2}; !slices.Equal(got, want) {
			t.Errorf("beside a batch of four: got batches of %v, want %v", got, want)
		}
		time.Sleep(time.Second)
		if got, want := round(time.Second, yieldFor+time.Millisecond), []int{1, 4, 1, 1}; !slices.Equal(got, want) {
			t.Errorf("beside a slow one: got batches of %v, want %v", got, want)
		}
	})
}
