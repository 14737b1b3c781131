package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/berth-host/berth"
)

// jsonList is a list that is only ever read as a whole, in one column.
type jsonList[R any] struct{ at *[]R }

func (l jsonList[R]) join() string {
	text, _ := json.Marshal(*l.at) // structs of texts and numbers always have a form
	return string(text)
}

func (l jsonList[R]) split(text string) error {
	*l.at = nil
	if text == "" { // a row that an outer join didn't find
		return nil
	}
	if err := json.Unmarshal([]byte(text), l.at); err != nil {
		return fmt.Errorf("it must be a JSON list: %w", err)
	}
	return nil
}

// loadFree loads the lowest free items of one pool. Its pool's row is locked before, so nobody else gives or frees any.
var loadFree = &statement{name: "load_free_items", result: fieldsOf(items.columns),
	fields: []field{{"pool", true}, {"now", false}, {"take", false}},
	template: "SELECT " + names(fieldsOf(items.columns)) + " FROM pool_items WHERE pool = {row.pool} AND owner = '' AND free_at <= {row.now}" +
		" ORDER BY place LIMIT {row.take} {for update}"}

// freeing is the step of loadFree.
type freeing struct {
	need berth.PoolNeed
	now  int64
	into *[]berth.Item
}

func (f *freeing) statement() *statement { return loadFree }
func (f *freeing) rows() int             { return 1 }
func (f *freeing) text(_, _ int) string  { return f.need.Name }

func (f *freeing) number(_, field int) int64 {
	if field == 1 {
		return f.now
	}
	return f.need.Take
}

func (f *freeing) take(v values) error {
	var i berth.Item
	err := items.decode(&i, v)
	*f.into = append(*f.into, i)
	return err
}

// loadPools adds the loading of pools, of the items that callers name, and of free ones: the pools' rows first, whose
// locks go with everything of theirs.
func loadPools(steps []step, need *berth.Need, rows *berth.Rows) []step {
	if len(need.Pools) > 0 {
		steps = append(steps, &loading[berth.Pool]{pools.load, pools, poolNames(need.Pools), &rows.Pools})
	}
	steps = load(steps, items, need.Items, &rows.Items)
	for _, p := range need.Pools {
		if p.Take > 0 {
			steps = append(steps, &freeing{p, need.Now, &rows.Free})
		}
	}
	return steps
}

func poolNames(needs []berth.PoolNeed) []string {
	list := make([]string, len(needs))
	for i, p := range needs {
		list[i] = p.Name
	}
	return list
}

// unionPools is what a batch needs of each pool: what its calls said, and one more for each of them. A call that learns
// only in its decide that it takes an item must not leave too few to another that asked before.
func unionPools(needs []berth.PoolNeed, calls int) []berth.PoolNeed {
	if len(needs) == 0 {
		return nil
	}
	needs = slices.Clone(needs)
	slices.SortFunc(needs, func(a, b berth.PoolNeed) int { return strings.Compare(a.Name, b.Name) })
	union := needs[:1]
	for _, n := range needs[1:] {
		if last := &union[len(union)-1]; last.Name == n.Name {
			last.Take += n.Take
		} else {
			union = append(union, n)
		}
	}
	for i := range union {
		if union[i].Take > 0 {
			union[i].Take += int64(calls)
		}
	}
	return union
}

// poolsText counts what of each pool somebody has, and what rests at an instant.
func poolsText() string {
	return "SELECT " + pools.selectList("t") + ", coalesce(i.live, 0), coalesce(i.resting, 0) FROM pools AS t LEFT JOIN (SELECT pool," +
		" CAST(sum(CASE WHEN owner <> '' THEN 1 ELSE 0 END) AS BIGINT) AS live," +
		" CAST(sum(CASE WHEN owner = '' AND free_at > $1 AND free_at < 9223372036854775807 THEN 1 ELSE 0 END) AS BIGINT) AS resting" +
		" FROM pool_items GROUP BY pool) AS i ON i.pool = t.name ORDER BY t.name"
}

func (r *sqlReader) Pools(ctx context.Context, now int64) (found []berth.Pool, err error) {
	answer, err := r.query(ctx, poolsText(), now)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	for answer.Next() {
		var p berth.Pool
		if err := answer.Scan(append(pools.places(&p), &p.Live, &p.Resting)...); err != nil {
			return nil, fmt.Errorf("read pools: %w", err)
		}
		found = append(found, p)
	}
	return found, lost(answer.Err())
}

func (r *sqlReader) PoolItems(ctx context.Context, pool string, after int64, limit int) ([]berth.Item, error) {
	return find(ctx, r, items, "WHERE pool = $1 AND place > $2 ORDER BY place LIMIT $3", pool, after, int64(limit))
}

func (s *auditing) pools() error {
	var p berth.Pool
	err := s.each("SELECT "+pools.selectList("t")+" FROM pools AS t ORDER BY t.name", pools.places(&p), func() error {
		return s.to.Pool(p)
	})
	if err != nil {
		return err
	}
	var i berth.Item
	return s.each("SELECT "+items.selectList("t")+" FROM pool_items AS t ORDER BY t.pool, t.place", items.places(&i), func() error {
		return s.to.Item(i)
	})
}

// freeItems is loadFree of the memory engine.
func (m *memory) freeItems(need berth.Need) (free []berth.Item) {
	for _, p := range need.Pools {
		if p.Take == 0 {
			continue
		}
		var of []berth.Item
		for _, i := range m.items {
			if i.Pool == p.Name && i.Owner == "" && i.FreeAt <= need.Now {
				of = append(of, i)
			}
		}
		slices.SortFunc(of, byPlace)
		free = append(free, of[:min(int64(len(of)), p.Take)]...)
	}
	return free
}

func byPlace(a, b berth.Item) int {
	return cmp.Or(strings.Compare(a.Pool, b.Pool), cmp.Compare(a.Place, b.Place))
}

func (m *memory) Pools(_ context.Context, now int64) ([]berth.Pool, error) {
	found := list(m, m.pools, func(berth.Pool) bool { return true }, func(a, b berth.Pool) int { return strings.Compare(a.Name, b.Name) })
	for n := range found {
		p := &found[n]
		p.Live, p.Resting = 0, 0
		for _, i := range list(m, m.items, func(i berth.Item) bool { return i.Pool == p.Name }, byPlace) {
			switch {
			case i.Owner != "":
				p.Live++
			case i.FreeAt > now && i.FreeAt < berth.Forever:
				p.Resting++
			}
		}
	}
	return found, nil
}

func (m *memory) PoolItems(_ context.Context, pool string, after int64, limit int) ([]berth.Item, error) {
	found := list(m, m.items, func(i berth.Item) bool { return i.Pool == pool && i.Place > after }, byPlace)
	return found[:min(limit, len(found))], nil
}

// auditPools hands over what Audit's own snapshot holds of pools.
func auditPools(a berth.Auditor, pools []berth.Pool, items []berth.Item) error {
	for _, p := range pools {
		if err := a.Pool(p); err != nil {
			return err
		}
	}
	for _, i := range items {
		if err := a.Item(i); err != nil {
			return err
		}
	}
	return nil
}
