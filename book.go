package berth

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
)

// Book is the part of the database that one batch has loaded, in memory. Every decide of the batch runs over it, one
// after the other; what they changed is appended in one transaction. Only Store implementations make one.
//
// A row is read by its key. Reading a row that wasn't loaded says "absent" and notes the row as missing; the run is
// then undone, whatever it returned, and repeated with the row loaded. So a decide needs no care for that.
type Book struct {
	clock int64
	now   int64
	batch string
	newID func() string

	users     table[User]
	wallets   table[Wallet]
	orders    table[Order]
	services  table[Service]
	apiKeys   table[APIKey]
	stock     table[Stock]
	pools     table[Pool]
	items     table[Item]
	free      map[string]*freeList // by pool
	counters  table[Counter]
	meta      table[Meta]
	keys      table[Key]
	dropped   []string
	entries   []Entry
	events    []Event
	catalogue *Catalogue
	applied   *Catalogue // set when this batch makes a new version

	held    map[string]int64 // UpdatedAt of the orders that weren't loaded
	undo    []func()
	missing Need
}

// Rows is what a store loaded for a Need: the rows that exist. Catalogue is set when the need asked for it.
type Rows struct {
	Users     []User
	Wallets   []Wallet
	Orders    []Order
	Services  []Service
	APIKeys   []APIKey
	Stock     []Stock
	Pools     []Pool
	Items     []Item
	Free      []Item // the lowest free items of pools, by place; at most as many as the need wants of each
	Counters  []Counter
	Meta      []Meta
	Keys      []Key
	Unsealed  []Batch
	Catalogue *Catalogue
}

// Change is what became of one table: rows that are new and rows that replace an older version, each in the order in
// which they were first touched.
type Change[R any] struct {
	Insert []R
	Update []R
}

// Held is the change of an order that wasn't loaded: it happens only if the stored order's UpdatedAt is Was, and the
// whole batch only with it.
type Held struct {
	Order
	Was int64
}

// Changes is all that a batch appends.
type Changes struct {
	Batch     string // id of the commit; its row in batches tells later whether it happened; "" for the sealer's own
	Now       int64  // the batch's instant
	Users     Change[User]
	Wallets   Change[Wallet]
	Orders    Change[Order]
	Services  Change[Service]
	APIKeys   Change[APIKey]
	Stock     Change[Stock]
	Pools     Change[Pool]
	Items     Change[Item]
	Counters  Change[Counter]
	Meta      Change[Meta]
	Keys      Change[Key]
	Dropped   []string
	Entries   []Entry
	Events    []Event
	Held      []Held     // orders that are only changed if they are still as they were when decide ran
	Sealed    []Batch    // batches that get their link now
	Looked    []string   // batches whose LookAt becomes 0
	Catalogue *Catalogue // a new version, nil for none
}

// NewBook opens a book over the rows that a need asked for. Its instant is the later of clock and one microsecond
// after the newest change of any row loaded, so that what follows in cause follows in time, whatever the clocks of
// several machines say. The orders of need.Held weren't loaded, and are taken as they are.
func NewBook(clock int64, newID func(instant int64) string, need Need, rows Rows) *Book {
	b := &Book{catalogue: rows.Catalogue}
	b.users.fill(need.Users, rows.Users, func(r *User) string { return r.ID })
	b.wallets.fill(need.Wallets, rows.Wallets, func(r *Wallet) string { return r.UserID })
	b.orders.fill(need.Orders, rows.Orders, func(r *Order) string { return r.ID })
	b.services.fill(need.Services, rows.Services, func(r *Service) string { return r.ID })
	b.apiKeys.fill(need.APIKeys, rows.APIKeys, func(r *APIKey) string { return r.ID })
	b.stock.fill(need.Stock, rows.Stock, func(r *Stock) string { return r.Key })
	b.fillPools(need, rows)
	b.counters.fill(need.Counters, rows.Counters, func(r *Counter) string { return r.Name })
	b.meta.fill(need.Meta, rows.Meta, func(r *Meta) string { return r.Name })
	b.keys.fill(need.Keys, rows.Keys, func(r *Key) string { return r.ID })
	at := newest(rows)
	if len(need.Held) > 0 {
		b.held = make(map[string]int64, len(need.Held))
		for _, o := range need.Held {
			b.held[o.ID] = o.UpdatedAt
			b.orders.load(o.ID, o)
			at = max(at, o.UpdatedAt)
		}
	}
	b.clock, b.now = clock, max(clock, at+1)
	b.newID = func() string { return newID(b.now) }
	b.batch = b.newID()
	return b
}

func newest(rows Rows) int64 {
	var at int64
	for i := range rows.Users {
		at = max(at, rows.Users[i].UpdatedAt)
	}
	for i := range rows.Wallets {
		at = max(at, rows.Wallets[i].UpdatedAt)
	}
	for i := range rows.Orders {
		at = max(at, rows.Orders[i].UpdatedAt)
	}
	for i := range rows.Services {
		at = max(at, rows.Services[i].UpdatedAt)
	}
	for i := range rows.APIKeys {
		at = max(at, rows.APIKeys[i].UpdatedAt)
	}
	for i := range rows.Stock {
		at = max(at, rows.Stock[i].UpdatedAt)
	}
	for i := range rows.Pools {
		at = max(at, rows.Pools[i].UpdatedAt)
	}
	for i := range rows.Items {
		at = max(at, rows.Items[i].UpdatedAt)
	}
	return at
}

// Run calls one decide. It returns decide's error, with everything undone, or nil; and the rows that it found
// missing, in which case everything is undone, too, and the error means nothing.
func (b *Book) Run(decide func(*Book) error) (missing Need, err error) {
	b.undo, b.missing = b.undo[:0], Need{}
	entries, events, dropped := len(b.entries), len(b.events), len(b.dropped)
	defer func() {
		if p := recover(); p != nil {
			err = Errorf(Internal, "An internal error occurred; it has been logged.").
				Because(fmt.Errorf("decide panicked: %v\n%s", p, debug.Stack()))
		}
		missing = b.missing
		if err == nil && missing.Empty() {
			return
		}
		for i := len(b.undo) - 1; i >= 0; i-- {
			b.undo[i]()
		}
		b.entries, b.events, b.dropped = b.entries[:entries], b.events[:events], b.dropped[:dropped]
	}()
	return Need{}, decide(b)
}

// Changes returns what all runs so far have changed, or false when that is nothing.
func (b *Book) Changes() (*Changes, bool) {
	c := &Changes{
		Batch: b.batch, Now: b.now, Entries: b.entries, Events: b.events, Catalogue: b.applied,
		// A key that was dropped and then used anew stays.
		Dropped: slices.DeleteFunc(slices.Clone(b.dropped), b.KeyInFlight),
		Users:   b.users.change(), Wallets: b.wallets.change(), Services: b.services.change(), APIKeys: b.apiKeys.change(), Stock: b.stock.change(),
		Pools: b.pools.change(), Items: b.items.change(),
		Counters: b.counters.change(), Meta: b.meta.change(), Keys: b.keys.change(),
	}
	c.Orders, c.Held = b.changedOrders()
	touched := len(b.users.touched) + len(b.wallets.touched) + len(b.orders.touched) + len(b.services.touched) +
		len(b.apiKeys.touched) + len(b.stock.touched) + len(b.counters.touched) + len(b.meta.touched) +
		len(b.keys.touched) + len(b.pools.touched) + len(b.items.touched) + len(b.dropped) + len(b.entries) + len(b.events)
	return c, touched > 0 || b.applied != nil
}

// changedOrders parts the changed orders into those that were loaded, or are new, and those that weren't loaded.
func (b *Book) changedOrders() (c Change[Order], held []Held) {
	if len(b.held) == 0 {
		return b.orders.change(), nil
	}
	others := table[Order]{touched: make([]*row[Order], 0, len(b.orders.touched))}
	held = make([]Held, 0, len(b.orders.touched))
	for _, r := range b.orders.touched {
		if was, ok := b.held[r.value.ID]; ok {
			held = append(held, Held{r.value, was})
		} else {
			others.touched = append(others.touched, r)
		}
	}
	slices.SortFunc(held, func(a, b Held) int { return strings.Compare(a.ID, b.ID) }) // they are locked in this order
	return others.change(), held
}

// Now is the batch's instant, in microseconds UTC: the one time that everything written here happened.
func (b *Book) Now() int64 { return b.now }

// Clock is what this machine's clock said when the batch began, in microseconds UTC. Now is ahead of it when a row of the batch was
// written by a machine whose clock was.
func (b *Book) Clock() int64 { return b.clock }

// NewID makes an id; later ones sort behind earlier ones.
func (b *Book) NewID() string { return b.newID() }

// Catalogue is the current version. Only a need that asks for it gets it.
func (b *Book) Catalogue() (*Catalogue, bool) {
	if b.catalogue == nil {
		b.missing.Catalogue = true
		return nil, false
	}
	return b.catalogue, true
}

// ApplyCatalogue makes c the new current version and returns its number.
func (b *Book) ApplyCatalogue(c Catalogue) (*Catalogue, error) {
	old, ok := b.Catalogue()
	if !ok {
		return nil, nil
	}
	c.Version, c.AppliedAt = old.Version+1, b.now
	c.Plans = datePlans(c.Plans, old, b.now)
	checked, err := NewCatalogue(c)
	if err == nil {
		err = checked.sellsRegistered()
	}
	if err != nil {
		return nil, Errorf(InvalidParameter, "The catalogue is refused: %v.", err)
	}
	applied := b.applied
	b.undo = append(b.undo, func() { b.catalogue, b.applied = old, applied })
	b.catalogue, b.applied = checked, checked
	return checked, nil
}

// User reads a user by id.
func (b *Book) User(id string) (User, bool) {
	return b.users.read(id, func() { b.missing.Users = append(b.missing.Users, id) })
}

// PutUser writes a user.
func (b *Book) PutUser(u User) {
	b.users.put(b, u.ID, u)
	b.remark(b.users.rows[u.ID].stored)
}

// remark tells those who remember users and keys that one has changed. A new one nobody can remember.
func (b *Book) remark(changed bool) {
	if changed {
		b.Meta(MetaRights)
		b.PutMeta(MetaRights, b.NewID())
	}
}

// Wallet reads a wallet by its user. Only Post changes a balance.
func (b *Book) Wallet(userID string) (Wallet, bool) {
	return b.wallets.read(userID, func() { b.missing.Wallets = append(b.missing.Wallets, userID) })
}

// OpenWallet makes an empty wallet for a new user.
func (b *Book) OpenWallet(userID, currency string) {
	b.wallets.put(b, userID, Wallet{UserID: userID, Currency: currency, UpdatedAt: b.now})
}

// Post is the only place where money moves. Amount (minor units) goes from the account contra to the user's wallet,
// or the other way when negative; the entry tells the rest. A balance that would go below zero is refused with
// InsufficientBalance, a credit beyond what a wallet can hold with InvalidParameter. The zero amount posts nothing.
func (b *Book) Post(e Entry) (Wallet, error) {
	w, ok := b.Wallet(e.UserID)
	if !ok {
		return w, Unknown("user_id", "This user has no wallet.")
	}
	if e.Amount == 0 {
		return w, nil
	}
	balance := w.Balance + e.Amount
	if balance < 0 {
		return w, Errorf(InsufficientBalance, "The balance of %s %s does not cover the amount of %s %s.",
			FormatMinor(w.Balance), w.Currency, FormatMinor(-e.Amount), w.Currency)
	}
	if balance > 100*MaxMinor && e.OrderID == "" { // a refund is never turned away
		return w, Invalid("amount", "The balance would exceed the largest that a wallet can hold.")
	}
	w.Balance, w.Seq, w.UpdatedAt = balance, w.Seq+1, b.now
	e.Seq, e.Balance, e.At, e.Batch = w.Seq, balance, b.now, b.batch
	b.wallets.put(b, w.UserID, w)
	b.entries = append(b.entries, e)
	return w, nil
}

// Order reads an order by id.
func (b *Book) Order(id string) (Order, bool) {
	return b.orders.read(id, func() { b.missing.Orders = append(b.missing.Orders, id) })
}

// PutOrder writes an order and returns it with UpdatedAt at the batch's instant. A new one that is left paid is announced
// as EventOrderPaid in the same run: by that it is found when it's due.
func (b *Book) PutOrder(o Order) Order {
	o.UpdatedAt = b.now
	b.orders.put(b, o.ID, o)
	return o
}

// Service reads a service by id.
func (b *Book) Service(id string) (Service, bool) {
	return b.services.read(id, func() { b.missing.Services = append(b.missing.Services, id) })
}

// PutService writes a service; its UpdatedAt becomes the batch's instant.
func (b *Book) PutService(s Service) {
	s.UpdatedAt = b.now
	b.services.put(b, s.ID, s)
}

// APIKey reads an API key by id.
func (b *Book) APIKey(id string) (APIKey, bool) {
	return b.apiKeys.read(id, func() { b.missing.APIKeys = append(b.missing.APIKeys, id) })
}

// PutAPIKey writes an API key.
func (b *Book) PutAPIKey(k APIKey) {
	b.apiKeys.put(b, k.ID, k)
	b.remark(b.apiKeys.rows[k.ID].stored)
}

// Stock reads a stock row by StockKey.
func (b *Book) Stock(key string) (Stock, bool) {
	return b.stock.read(key, func() { b.missing.Stock = append(b.missing.Stock, key) })
}

// PutStock writes a stock row.
func (b *Book) PutStock(s Stock) {
	s.UpdatedAt, s.Counted = b.now, 0
	b.stock.put(b, s.Key, s)
}

// Next takes the next number of a counter, from 1.
func (b *Book) Next(counter string) int64 {
	c, _ := b.counters.read(counter, func() { b.missing.Counters = append(b.missing.Counters, counter) })
	c.Name, c.Value = counter, c.Value+1
	b.counters.put(b, counter, c)
	return c.Value
}

// Meta reads a fact about the installation.
func (b *Book) Meta(name string) (string, bool) {
	m, ok := b.meta.read(name, func() { b.missing.Meta = append(b.missing.Meta, name) })
	return m.Value, ok
}

// PutMeta writes a fact about the installation.
func (b *Book) PutMeta(name, value string) { b.meta.put(b, name, Meta{Name: name, Value: value}) }

// Key reads an idempotency key. One whose window is over counts as absent.
func (b *Book) Key(id string) (Key, bool) {
	k, ok := b.keys.read(id, func() { b.missing.Keys = append(b.missing.Keys, id) })
	return k, ok && k.ExpiresAt > b.now
}

// KeyInFlight reports whether the key was written by an earlier call of this same batch, so that its request can't
// have been answered yet.
func (b *Book) KeyInFlight(id string) bool {
	r, ok := b.keys.rows[id]
	return ok && r.touched && r.present
}

// PutKey writes an idempotency key.
func (b *Book) PutKey(k Key) { b.keys.put(b, k.ID, k) }

// DropKey forgets a key whose window is over.
func (b *Book) DropKey(id string) {
	k, ok := b.keys.read(id, func() { b.missing.Keys = append(b.missing.Keys, id) })
	if ok && k.ExpiresAt <= b.now && !b.KeyInFlight(id) {
		b.dropped = append(b.dropped, id)
	}
}

// Announce appends an event; its time and place are filled in.
func (b *Book) Announce(e Event) {
	e.Batch, e.N, e.At = b.batch, int64(len(b.events)), b.now
	b.events = append(b.events, e)
}
