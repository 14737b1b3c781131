package httpapi

import (
	"context"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

// How long a key or user is believed without asking the database again. A revoked key or a suspended user must be
// refused by every replica within two seconds; half of that is left for the rest.
const freshFor = berth.Second

const (
	maxCached   = 20_000
	loadTimeout = 2 * time.Second
	failedFor   = berth.Second / 10
)

// cache keeps rows of the database for freshFor. Callers that want the same row at once wait for one load. Rows that
// don't exist aren't kept, so that invented ids can't push out real ones.
type cache[V any] struct {
	load func(ctx context.Context, key string) (V, bool, error)
	now  func() int64 // microseconds

	mu    sync.Mutex
	cells map[string]*cell[V]
}

// cell is one row. Its lock is held while it's loaded.
type cell[V any] struct {
	mu    sync.Mutex
	at    int64 // until when it is good counts from here: the beginning of a load, or the end of one that failed
	value V
	ok    bool // value is a row that existed at that time
	err   error
}

func newCache[V any](now func() int64, load func(context.Context, string) (V, bool, error)) *cache[V] {
	return &cache[V]{load: load, now: now, cells: make(map[string]*cell[V])}
}

// find is the row, or false when there's none. Errors are those of the database.
func (c *cache[V]) find(ctx context.Context, key string) (V, bool, error) {
	cell := c.cell(key)
	cell.mu.Lock()
	defer cell.mu.Unlock()
	age := c.now() - cell.at
	switch {
	case cell.ok && age >= 0 && age < freshFor:
		return cell.value, true, nil
	case cell.err != nil && age >= 0 && age < failedFor:
		// Those who waited for a load that failed don't try one after the other while the database is away.
		return cell.value, false, cell.err
	}
	// The load is for all who wait, so it mustn't end with the request that happened to begin it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	cell.at = c.now()
	cell.value, cell.ok, cell.err = c.load(ctx, key)
	if cell.err != nil {
		cell.at, cell.ok = c.now(), false
	} else if !cell.ok {
		c.forget(key, cell)
	}
	return cell.value, cell.ok, cell.err
}

// knows reports whether the row was there when it was last asked for, however long ago.
func (c *cache[V]) knows(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cells[key] != nil
}

func (c *cache[V]) cell(key string) *cell[V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cell := c.cells[key]; cell != nil {
		return cell
	}
	if len(c.cells) >= maxCached {
		for other := range c.cells {
			delete(c.cells, other)
			break
		}
	}
	cell := &cell[V]{}
	c.cells[key] = cell
	return cell
}

func (c *cache[V]) forget(key string, gone *cell[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cells[key] == gone {
		delete(c.cells, key)
	}
}
