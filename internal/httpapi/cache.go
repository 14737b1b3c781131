package httpapi

import (
	"context"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

// How long the database isn't asked again. A revoked key or a suspended user must be refused by every replica within
// two seconds; half of that is left for the rest. So the mark of all rights is read every second, and the rows
// themselves, of which there may be thousands in use, only when it has changed, or when somebody may have changed them
// by hand.
const (
	freshFor = berth.Second
	keptFor  = 60 * berth.Second
)

const (
	maxCached   = 20_000
	loadTimeout = 2 * time.Second
	failedFor   = berth.Second / 10
)

// cache keeps rows of the database for freshFor, or for keptFor while the mark stays the same. Callers that want the
// same row at once wait for one load. Rows that don't exist aren't kept, so that invented ids can't push out real ones.
type cache[V any] struct {
	load func(ctx context.Context, key string) (V, bool, error)
	mark func(ctx context.Context) (string, error) // changes with any of the rows; nil for rows that have none
	now  func() int64                              // microseconds

	mu    sync.Mutex
	cells map[string]*cell[V]
}

// cell is one row. Its lock is held while it's loaded.
type cell[V any] struct {
	mu    sync.Mutex
	at    int64  // until when it is good counts from here: the beginning of a load, or the end of one that failed
	mark  string // when it was loaded, or earlier
	value V
	ok    bool // value is a row that existed at that time
	err   error
}

func newCache[V any](now func() int64, load func(context.Context, string) (V, bool, error)) *cache[V] {
	return &cache[V]{load: load, now: now, cells: make(map[string]*cell[V])}
}

// newMarked makes a cache whose rows are good while the mark of rights stays the same.
func newMarked[V any](now func() int64, meta func(context.Context, string) (string, bool, error), load func(context.Context, string) (V, bool, error)) *cache[V] {
	marks := newCache(now, func(ctx context.Context, name string) (string, bool, error) {
		mark, _, err := meta(ctx, name)
		return mark, true, err // without a mark nothing has been changed yet
	})
	c := newCache(now, load)
	c.mark = func(ctx context.Context) (string, error) {
		mark, _, err := marks.find(ctx, berth.MetaRights)
		return mark, err
	}
	return c
}

// find is the row, or false when there's none. Errors are those of the database.
func (c *cache[V]) find(ctx context.Context, key string) (V, bool, error) {
	mark, good := "", int64(freshFor)
	if c.mark != nil {
		var err error
		if mark, err = c.mark(ctx); err != nil {
			return *new(V), false, err
		}
		good = keptFor
	}
	cell := c.cell(key)
	cell.mu.Lock()
	defer cell.mu.Unlock()
	age := c.now() - cell.at
	switch {
	case cell.ok && cell.mark == mark && age >= 0 && age < good:
		return cell.value, true, nil
	case cell.err != nil && age >= 0 && age < failedFor:
		// Those who waited for a load that failed don't try one after the other while the database is away.
		return cell.value, false, cell.err
	}
	// The load is for all who wait, so it mustn't end with the request that happened to begin it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	cell.at, cell.mark = c.now(), mark
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
