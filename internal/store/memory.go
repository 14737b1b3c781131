package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/berth-host/berth"
)

// memory is the engine without a disk: for tests and simulations. It keeps the same promises as the others while the
// process lives, the unique keys and checks of the schema included.
type memory struct {
	writer chan struct{} // full from begin to the end: one transaction at a time
	data   sync.RWMutex
	now    func() int64

	users      map[string]berth.User
	wallets    map[string]berth.Wallet
	orders     map[string]berth.Order
	services   map[string]berth.Service
	waking     map[string]int64  // the index orders_due, see due.go: order -> wakeAt
	placed     map[string]string // the orders that are as they were placed: order -> its batch
	looks      map[string]int64  // the index batches_open: batch -> LookAt
	due        map[string]int64  // the index of services that have to be looked at: service -> DueAt
	apiKeys    map[string]berth.APIKey
	stock      map[string]berth.Stock
	pools      map[string]berth.Pool
	items      map[string]berth.Item
	counters   map[string]berth.Counter
	meta       map[string]berth.Meta
	keys       map[string]berth.Key
	numbers    map[string]string // order number -> order
	hashes     map[string]string // hash of an API key -> its id
	entries    map[string][]berth.Entry
	events     []berth.Event
	batches    map[string]berth.Batch
	catalogues []*berth.Catalogue // by version
}

// Memory is a database without a disk that any number of stores may work on, as replicas do on theirs.
type Memory struct{ engine *memory }

// NewMemory makes an empty one; clock is the database's own (microseconds UTC).
func NewMemory(clock func() int64) Memory { return Memory{newMemory(clock)} }

// Open makes a store over it.
func (m Memory) Open(o Options) *Store { return over(m.engine, o.complete()) }

func newMemory(clock func() int64) *memory {
	return &memory{
		writer: make(chan struct{}, 1), now: clock,
		users: map[string]berth.User{}, wallets: map[string]berth.Wallet{}, orders: map[string]berth.Order{},
		services: map[string]berth.Service{}, waking: map[string]int64{}, placed: map[string]string{}, looks: map[string]int64{}, due: map[string]int64{},
		apiKeys: map[string]berth.APIKey{}, stock: map[string]berth.Stock{},
		pools: map[string]berth.Pool{}, items: map[string]berth.Item{},
		counters: map[string]berth.Counter{}, meta: map[string]berth.Meta{berth.MetaChain: {Name: berth.MetaChain, Value: berth.Head{}.String()}}, keys: map[string]berth.Key{},
		numbers: map[string]string{}, hashes: map[string]string{}, entries: map[string][]berth.Entry{},
		batches: map[string]berth.Batch{}, catalogues: []*berth.Catalogue{emptyCatalogue()},
	}
}

// emptyCatalogue is version 0, which holds before the first is applied.
func emptyCatalogue() *berth.Catalogue {
	c, err := berth.NewCatalogue(berth.Catalogue{Currency: "EUR"})
	if err != nil {
		panic(err) // an empty catalogue has nothing to refuse
	}
	return c
}

// lock waits for the transaction that is open, as long as ctx allows.
func (m *memory) lock(ctx context.Context) error {
	select {
	case m.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *memory) unlock() { <-m.writer }

func (m *memory) begin(ctx context.Context, need berth.Need) (tx, berth.Rows, int64, error) {
	if err := m.lock(ctx); err != nil {
		return nil, berth.Rows{}, 0, err
	}
	m.data.RLock()
	defer m.data.RUnlock()
	rows := berth.Rows{
		Users: pick(m.users, need.Users), Wallets: pick(m.wallets, need.Wallets), Orders: pick(m.orders, need.Orders),
		Services: pick(m.services, need.Services), APIKeys: pick(m.apiKeys, need.APIKeys),
		Stock: pick(m.stock, need.Stock), Counters: pick(m.counters, need.Counters), Meta: pick(m.meta, need.Meta),
		Keys: pick(m.keys, need.Keys), Pools: pick(m.pools, poolNames(need.Pools)), Items: pick(m.items, need.Items), Free: m.freeItems(need),
	}
	if need.Unsealed {
		unsealed := m.unsealed()
		rows.Unsealed = unsealed[:min(sealAtMost, len(unsealed))]
	}
	return memoryTx{m}, rows, int64(len(m.catalogues) - 1), nil
}

func pick[R any](rows map[string]R, keys []string) (found []R) {
	for _, k := range keys {
		if r, ok := rows[k]; ok {
			found = append(found, r)
		}
	}
	return found
}

type memoryTx struct{ m *memory }

func (t memoryTx) rollback() { t.m.unlock() }

func (t memoryTx) release() error {
	t.rollback()
	return nil
}

func (t memoryTx) commit(_ context.Context, c *berth.Changes) error {
	m := t.m
	defer m.unlock()
	m.data.Lock()
	defer m.data.Unlock()
	if err := m.check(c); err != nil {
		return err
	}
	if c.Batch != "" {
		m.putBatch(berth.Batch{ID: c.Batch, At: c.Now, Digest: c.Digest(), LookAt: lookAt(c)})
	}
	for _, b := range c.Sealed {
		m.putBatch(b)
	}
	for _, id := range c.Looked {
		b := m.batches[id]
		b.LookAt = 0
		m.putBatch(b)
	}
	apply(m.users, c.Users, func(r berth.User) string { return r.ID })
	apply(m.wallets, c.Wallets, func(r berth.Wallet) string { return r.UserID })
	orders := berth.Change[berth.Order]{Insert: c.Orders.Insert, Update: slices.Clone(c.Orders.Update)}
	for _, h := range c.Held {
		orders.Update = append(orders.Update, h.Order)
	}
	apply(m.orders, orders, func(r berth.Order) string { return r.ID })
	apply(m.services, c.Services, func(r berth.Service) string { return r.ID })
	m.index(c.Batch, orders, c.Services)
	apply(m.apiKeys, c.APIKeys, func(r berth.APIKey) string { return r.ID })
	apply(m.stock, c.Stock, func(r berth.Stock) string { return r.Key })
	apply(m.pools, c.Pools, func(r berth.Pool) string { return r.Name })
	apply(m.items, c.Items, func(r berth.Item) string { return r.ID })
	apply(m.counters, c.Counters, func(r berth.Counter) string { return r.Name })
	apply(m.meta, c.Meta, func(r berth.Meta) string { return r.Name })
	apply(m.keys, c.Keys, func(r berth.Key) string { return r.ID })
	for _, o := range c.Orders.Insert {
		m.numbers[o.Number] = o.ID
	}
	for _, k := range c.APIKeys.Insert {
		m.hashes[k.Hash] = k.ID
	}
	for _, id := range c.Dropped {
		delete(m.keys, id)
	}
	for _, e := range c.Entries {
		m.entries[e.UserID] = append(m.entries[e.UserID], e)
	}
	m.events = append(m.events, c.Events...)
	if c.Catalogue != nil {
		m.catalogues = append(m.catalogues, c.Catalogue)
	}
	return nil
}

// check is the schema's constraints.
func (m *memory) check(c *berth.Changes) error {
	for _, w := range slices.Concat(c.Wallets.Insert, c.Wallets.Update) {
		if w.Balance < 0 {
			return &failure{cause: fmt.Errorf("wallet %s: balance below zero", w.UserID)}
		}
	}
	for _, h := range c.Held {
		if m.orders[h.ID].UpdatedAt != h.Was {
			return &failure{cause: errMoved, again: true}
		}
	}
	for _, err := range []error{
		unique("user", m.users, c.Users.Insert, func(r berth.User) string { return r.ID }),
		unique("wallet", m.wallets, c.Wallets.Insert, func(r berth.Wallet) string { return r.UserID }),
		unique("order", m.orders, c.Orders.Insert, func(r berth.Order) string { return r.ID }),
		unique("order number", m.numbers, c.Orders.Insert, func(r berth.Order) string { return r.Number }),
		unique("service", m.services, c.Services.Insert, func(r berth.Service) string { return r.ID }),
		unique("API key", m.apiKeys, c.APIKeys.Insert, func(r berth.APIKey) string { return r.ID }),
		unique("value of an API key", m.hashes, c.APIKeys.Insert, func(r berth.APIKey) string { return r.Hash }),
		unique("pool", m.pools, c.Pools.Insert, func(r berth.Pool) string { return r.Name }),
		unique("item of a pool", m.items, c.Items.Insert, func(r berth.Item) string { return r.ID }),
		unique("idempotency key", m.keys, c.Keys.Insert, func(r berth.Key) string { return r.ID }),
		m.checkBatches(c),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) checkBatches(c *berth.Changes) error {
	if c.Batch == "" {
		return nil
	}
	return unique("batch", m.batches, []string{c.Batch}, func(id string) string { return id })
}

// unique refuses new rows whose key is taken, by a stored row or by one another.
func unique[R, V any](what string, taken map[string]V, rows []R, key func(R) string) error {
	seen := make(map[string]bool, len(rows))
	for _, r := range rows {
		k := key(r)
		if _, ok := taken[k]; ok || seen[k] {
			return &failure{cause: fmt.Errorf("%s is taken", what), again: true}
		}
		seen[k] = true
	}
	return nil
}

func apply[R any](rows map[string]R, c berth.Change[R], key func(R) string) {
	for _, r := range c.Insert {
		rows[key(r)] = r
	}
	for _, r := range c.Update {
		rows[key(r)] = r
	}
}

func (m *memory) resolve(ctx context.Context, batch string, at int64) (bool, error) {
	if err := m.lock(ctx); err != nil {
		return false, err
	}
	defer m.unlock()
	m.data.Lock()
	defer m.data.Unlock()
	found, known := m.batches[batch]
	if !known { // marked, or the next who asks would take this row for the commit
		found = berth.Batch{ID: batch, At: at, Void: true}
		m.batches[batch] = found
	}
	return !found.Void, nil
}

func (m *memory) close() error { return nil }

func one[R any](m *memory, rows map[string]R, key string) (R, bool, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	r, ok := rows[key]
	return r, ok, nil
}

func (m *memory) User(_ context.Context, id string) (berth.User, bool, error) {
	return one(m, m.users, id)
}
func (m *memory) Wallet(_ context.Context, id string) (berth.Wallet, bool, error) {
	return one(m, m.wallets, id)
}
func (m *memory) Order(_ context.Context, id string) (berth.Order, bool, error) {
	return one(m, m.orders, id)
}
func (m *memory) Service(_ context.Context, id string) (berth.Service, bool, error) {
	return one(m, m.services, id)
}

func (m *memory) Meta(_ context.Context, name string) (string, bool, error) {
	r, ok, err := one(m, m.meta, name)
	return r.Value, ok, err
}

func (m *memory) KeyByHash(_ context.Context, hash string) (berth.APIKey, bool, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	k, ok := m.apiKeys[m.hashes[hash]]
	return k, ok, nil
}

// list returns the rows that match, sorted.
func list[R any](m *memory, rows map[string]R, match func(R) bool, order func(a, b R) int) []R {
	m.data.RLock()
	defer m.data.RUnlock()
	return filtered(rows, match, order)
}

// filtered is list under a lock that is held already.
func filtered[R any](rows map[string]R, match func(R) bool, order func(a, b R) int) []R {
	var found []R
	for _, r := range rows {
		if match(r) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, order)
	return found
}

func (m *memory) Users(context.Context) ([]berth.User, error) {
	return list(m, m.users, func(berth.User) bool { return true },
		func(a, b berth.User) int {
			return cmp.Or(strings.Compare(a.Username, b.Username), strings.Compare(a.ID, b.ID))
		}), nil
}

func (m *memory) APIKeys(_ context.Context, userID string) ([]berth.APIKey, error) {
	return list(m, m.apiKeys, func(k berth.APIKey) bool { return userID == "" || k.UserID == userID },
		func(a, b berth.APIKey) int { return strings.Compare(b.ID, a.ID) }), nil
}

func (m *memory) Orders(_ context.Context, f berth.OrderFilter) ([]berth.Order, error) {
	found := list(m, m.orders, func(o berth.Order) bool {
		return (f.UserID == "" || o.UserID == f.UserID) && (f.Kind == "" || o.Kind == f.Kind) &&
			(f.State == "" || o.State == f.State) && (f.Number == "" || o.Number == f.Number)
	}, func(a, b berth.Order) int { return strings.Compare(b.ID, a.ID) })
	found = found[min(f.Offset, len(found)):]
	return found[:min(cmp.Or(f.Limit, 50), len(found))], nil
}

func (m *memory) Services(_ context.Context, after string, limit int) ([]berth.Service, error) {
	found := list(m, m.services, func(s berth.Service) bool { return s.ID > after },
		func(a, b berth.Service) int { return strings.Compare(a.ID, b.ID) })
	return found[:min(limit, len(found))], nil
}

func (m *memory) Stock(context.Context) ([]berth.Stock, error) {
	m.data.RLock() // once for all of it: what is counted and what is used are of one instant
	defer m.data.RUnlock()
	rows := slices.SortedFunc(maps.Values(m.stock), func(a, b berth.Stock) int { return strings.Compare(a.Key, b.Key) })
	for i := range rows {
		for _, s := range m.services {
			if s.StockKey == rows[i].Key && s.Status != berth.Terminated {
				rows[i].Counted++
			}
		}
		for _, o := range m.orders {
			if o.StockKey == rows[i].Key && o.State == berth.Paid {
				rows[i].Counted++
			}
		}
	}
	return rows, nil
}

func (m *memory) Networks(_ context.Context, userID string, limit, offset int) ([]berth.Service, error) {
	found := list(m, m.services, func(s berth.Service) bool { return s.Sort == berth.NetworkService && s.UserID == userID },
		func(a, b berth.Service) int { return strings.Compare(b.ID, a.ID) })
	found = found[min(offset, len(found)):]
	return found[:min(limit, len(found))], nil
}

func (m *memory) Entries(_ context.Context, userID string, before int64, limit int) ([]berth.Entry, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	all := m.entries[userID]
	if before > 0 {
		all = all[:min(int(before-1), len(all))]
	}
	found := slices.Clone(all[max(0, len(all)-limit):])
	slices.Reverse(found)
	return found, nil
}

func (m *memory) Catalogue(ctx context.Context) (*berth.Catalogue, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	return m.catalogues[len(m.catalogues)-1], nil
}

func (m *memory) catalogueAt(_ context.Context, version int64) (*berth.Catalogue, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	if version >= int64(len(m.catalogues)) {
		return nil, fmt.Errorf("there is no catalogue %d", version)
	}
	return m.catalogues[version], nil
}

func (m *memory) ExpiredKeys(_ context.Context, now int64, limit int) ([]string, error) {
	found := list(m, m.keys, func(k berth.Key) bool { return k.ExpiresAt <= now },
		func(a, b berth.Key) int { return strings.Compare(a.ID, b.ID) })
	var ids []string
	for _, k := range found[:min(limit, len(found))] {
		ids = append(ids, k.ID)
	}
	return ids, nil
}

func (m *memory) Passwords(_ context.Context, after string, limit int) ([]berth.Order, error) {
	found := list(m, m.orders, func(o berth.Order) bool { return o.Password != "" && o.ID > after },
		func(a, b berth.Order) int { return strings.Compare(a.ID, b.ID) })
	return found[:min(limit, len(found))], nil
}

func (m *memory) Backlog(context.Context) (b berth.Backlog, err error) {
	for _, o := range list(m, m.orders, func(o berth.Order) bool { return o.State == berth.Paid },
		func(a, b berth.Order) int { return cmp.Compare(a.CreatedAt, b.CreatedAt) }) {
		if b.Unsettled++; b.Oldest == 0 {
			b.Oldest = o.CreatedAt
		}
		if o.Doubt {
			b.Doubtful++
		}
	}
	m.data.RLock()
	defer m.data.RUnlock()
	if unsealed := m.unsealed(); len(unsealed) > 0 {
		b.Unsealed, b.UnsealedSince = int64(len(unsealed)), unsealed[0].At
	}
	return b, nil
}

// unsealed are the batches that wait for their place in the chain, by id.
func (m *memory) unsealed() []berth.Batch {
	return m.batchesOf(func(b berth.Batch) bool { return b.Seq == berth.Unsealed && !b.Void })
}

func (m *memory) anyUnsealed(context.Context) (bool, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	return len(m.unsealed()) > 0, nil
}

// batchesOf are the batches that match, by id.
func (m *memory) batchesOf(match func(berth.Batch) bool) []berth.Batch {
	var found []berth.Batch
	for _, b := range m.batches {
		if match(b) {
			found = append(found, b)
		}
	}
	slices.SortFunc(found, func(a, b berth.Batch) int { return strings.Compare(a.ID, b.ID) })
	return found
}

func (m *memory) Events(_ context.Context, after berth.Place, limit int) ([]berth.PlacedEvent, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	var found []berth.PlacedEvent
	for _, e := range m.events {
		seq := m.batches[e.Batch].Seq
		if seq > 0 && (seq > after.Seq || seq == after.Seq && e.N > after.N) {
			found = append(found, berth.PlacedEvent{Event: e, Seq: seq})
		}
	}
	slices.SortFunc(found, func(a, b berth.PlacedEvent) int { return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.N, b.N)) })
	return found[:min(limit, len(found))], nil
}

func (m *memory) Clock(context.Context) (int64, error) { return m.now(), nil }
