package berth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"iter"
)

// Store is the database, in two verbs: Write (load, decide, append) and reads. Every method is safe for concurrent
// use. Errors are of type Error or become Internal.
type Store interface {
	// Write loads the rows that need names (locked until the commit), calls decide over them, appends what it
	// changed, and returns when that is durable. It is the only way anything is ever written.
	//
	// decide is an ordinary function over values: no I/O, time and ids from the Book. It may run several times and
	// the last run counts. It sees what earlier callers of its batch did. Its changes are undone when it returns an
	// error or panics; the error is returned as it is, a panic as Internal. When it reads a row that wasn't loaded
	// the row is loaded and decide runs again, three times at most.
	//
	// ctx bounds the caller's waiting and nothing else: a write that is already in a batch may still happen.
	// Unavailable means that nothing is known: the write may or may not have happened, and the rows tell later. It
	// is also returned, with nothing written, when the queue is full.
	Write(ctx context.Context, need Need, decide func(*Book) error) error

	Reader
}

// Reader is what may be read outside a write. What is read may be outdated the next moment: a decision belongs in
// Write. Balances come from the primary, never from a replica of the database.
type Reader interface {
	// One row by id; false when there's none.
	User(ctx context.Context, id string) (User, bool, error)
	Wallet(ctx context.Context, userID string) (Wallet, bool, error)
	Order(ctx context.Context, id string) (Order, bool, error)
	Service(ctx context.Context, id string) (Service, bool, error)
	Meta(ctx context.Context, name string) (string, bool, error)
	// KeyByHash finds an API key by the hex SHA-256 of its value, revoked and expired ones too.
	KeyByHash(ctx context.Context, hash string) (APIKey, bool, error)

	// Lists, newest first unless said otherwise.
	Users(ctx context.Context) ([]User, error)                                            // by username
	APIKeys(ctx context.Context, userID string) ([]APIKey, error)                         // of one user, or of all when ""
	Orders(ctx context.Context, filter OrderFilter) ([]Order, error)                      //
	Services(ctx context.Context, after string, limit int) ([]Service, error)             // ids above after, by id
	Stock(ctx context.Context) ([]Stock, error)                                           // by key
	Pools(ctx context.Context, now int64) ([]Pool, error)                                 // by name, what is live and what rests at that instant counted
	PoolItems(ctx context.Context, pool string, after int64, limit int) ([]Item, error)   // of one pool, places above after, by place
	Entries(ctx context.Context, userID string, before int64, limit int) ([]Entry, error) // Seq below before, 0 for the newest
	// Catalogue is the current version; version 0 and empty before the first was applied.
	Catalogue(ctx context.Context) (*Catalogue, error)

	// Networks lists a user's network services, the newest first, terminated ones too: at most limit, after the first offset.
	Networks(ctx context.Context, userID string, limit, offset int) ([]Service, error)
	// EdgeRows is what one edge is to carry: the network services of a provider that aren't terminated, and its paid
	// network orders, all of one instant. Of two, an order that settles in between would be missed or found twice, and a
	// link that passes from a refunded order to the next customer would have two neighbours, one of whom is refused.
	EdgeRows(ctx context.Context, provider string) (EdgeRows, error)
	// EdgeMark changes whenever EdgeRows does, and is much less to read: ids and instants. It may change without need.
	EdgeMark(ctx context.Context, provider string) (string, error)

	// Due lists ids of paid orders whose DueAt has come, the longest due first.
	Due(ctx context.Context, now int64, limit int) ([]string, error)
	// DueServices lists ids of services that some process has to look at, because DueAt has come; the longest due first.
	DueServices(ctx context.Context, now int64, limit int) ([]string, error)
	// ExpiredKeys lists idempotency keys whose window is over.
	ExpiredKeys(ctx context.Context, now int64, limit int) ([]string, error)
	// Passwords lists orders with a sealed password and an id above after, by id: for dropping and for resealing.
	Passwords(ctx context.Context, after string, limit int) ([]Order, error)
	// Events lists what happened since there is a chain, in the order of the chain and from after a place in it. Whoever follows it from place
	// to place sees every event exactly once, whichever process wrote it.
	Events(ctx context.Context, after Place, limit int) ([]PlacedEvent, error)
	// Backlog counts what isn't settled, and what isn't sealed.
	Backlog(ctx context.Context) (Backlog, error)
	// Audit reads the whole database in one snapshot, row by row, beside a busy server.
	Audit(ctx context.Context, a Auditor) error
	// Clock is the database's own time (microseconds UTC), read within ctx: the check of readiness and of clocks.
	Clock(ctx context.Context) (int64, error)
}

// EachService reads all services there are, by id and a page at a time: for what no index leads to and people seldom ask. An
// error is the last that it yields.
func EachService(ctx context.Context, r Reader) iter.Seq2[Service, error] {
	return func(yield func(Service, error) bool) {
		for after := ""; ; {
			page, err := r.Services(ctx, after, takeAtMost)
			if err != nil {
				yield(Service{}, err)
				return
			}
			for _, s := range page {
				if !yield(s, nil) {
					return
				}
			}
			if len(page) < takeAtMost {
				return
			}
			after = page[len(page)-1].ID
		}
	}
}

// OrderFilter selects orders. Zero values don't filter.
type OrderFilter struct {
	UserID string
	Kind   string
	State  State
	Number string
	Limit  int // at most; 0 means 50
	Offset int
}

// Backlog is what isn't settled at one instant.
type Backlog struct {
	Unsettled int64 // paid orders
	Oldest    int64 // creation of the oldest of them, microseconds UTC, 0 for none
	Doubtful  int64 // of them, those whose last outcome is unknown

	Unsealed      int64 // batches
	UnsealedSince int64 // the instant of the oldest of them, microseconds UTC, 0 for none
}

// Place is where an event stands in the chain: the batch's Seq, and N within it.
type Place struct {
	Seq, N int64
}

// PlacedEvent is an event whose batch is sealed.
type PlacedEvent struct {
	Event
	Seq int64
}

// Auditor receives the rows of an audit, each stream in the order said. A method that returns an error ends it.
type Auditor interface {
	// Entry gets all entries by user and number, each with the user's wallet row.
	Entry(w Wallet, e Entry) error
	// Wallet gets all wallets by user, with the count and the sum of their entries.
	Wallet(w Wallet, entries, sum int64) error
	// Order gets all orders by id, each with what refers to it.
	Order(o Order, r Referring) error
	// Stray gets what lacks what it belongs to: an entry or event of an unknown order, a service that no order has
	// made, rows of a batch that has no row, an order that stands among the due ones and isn't paid, or is paid and
	// doesn't.
	Stray(what, id, lacks string) error
	// Batch gets all batches by id, each with the digest of the rows that name it.
	Batch(b Batch, digest string) error
	// Chain gets the head of the chain and then all sealed batches by Seq.
	Chain(head string) error
	Sealed(b Batch) error
	// Stock gets all stock rows by key, with Counted filled.
	Stock(s Stock) error
	// Pool gets all pools by name, and then Item all their items that were ever given, by pool and place. Both come
	// after the orders.
	Pool(p Pool) error
	Item(i Item) error
	// Progress is told how many rows of how many (estimated) are done.
	Progress(done, total int64)
}

// Referring is what other tables say of an order.
type Referring struct {
	Entries, Sum int64    // its entries, and their sum in minor units
	Service      *Service // nil for none

	// Its events by name, and whether each of them tells the order's user, amount and kind.
	Paid, Completed, Refunded int64
	CompletedAt               int64 // of its event order.completed, microseconds UTC, 0 for none
	Agreed                    bool
}

// KeyID is the id of an idempotency key: a digest of who it belongs to and its name there, since a short id of one
// length keeps the index small. Names are prefixed by who chose them ("api/" a client, "wallet/" an operator's
// reference, "renew/" the clock), so that none can take another's.
func KeyID(owner, name string) string {
	sum := sha256.Sum256([]byte(owner + "\x00" + name))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// Key remembers what an idempotency key was used for.
type Key struct {
	ID        string // by KeyID
	Mark      string // what the request was: a keyed digest, see Sealer.Mark
	OrderID   string // the order it made, "" for credits and debits
	ExpiresAt int64  // afterwards it may be used anew; Forever for references of the books
}

// Forever is an instant that doesn't come.
const Forever int64 = 1<<63 - 1

// Counter hands out numbers 1, 2, 3...
type Counter struct {
	Name  string
	Value int64 // the last number given
}

// Meta is a fact about the installation itself: its id, the check value of its secret key, whether it's a demo.
type Meta struct {
	Name  string
	Value string
}

// Names of meta rows.
const (
	MetaInstallation = "installation" // UUID of this installation
	MetaSecretCheck  = "secret_check" // sealed random bytes: proof of the right key, and key of the request marks
	MetaDemo         = "demo"         // set when the database was seeded by the demo
	MetaRights       = "rights"       // changes whenever a user or an API key does: whoever remembers them looks at it
	MetaSwept        = "swept"        // id up to which old passwords have been dropped
	MetaChain        = "chain"        // the head of the chain; whoever has it locked is the sealer
	MetaPools        = "pools"        // names of all pools; whoever has it locked may add ranges, which must not overlap
	MetaPrefixes     = "prefixes"     // what customers announce of their own; whoever has it locked may add to it
	MetaReconciled   = "reconciled"   // when a process last began to compare the database with the providers, microseconds UTC
	MetaMoved        = "moved"        // where and when this database was moved to: it must not be served beside its copy
)

// Need names the rows of a write by primary or unique key. Rows that don't exist count as loaded, too.
type Need struct {
	Users     []string
	Wallets   []string // by user
	Orders    []string
	Services  []string
	APIKeys   []string
	Stock     []string
	Pools     []PoolNeed // their rows, and the free items that callers may take
	Items     []string   // items of pools, by id
	Counters  []string
	Meta      []string
	Keys      []string
	Held      []*Order // of Orders, those that the caller has as it last wrote them, see Holding; nobody changes them
	Now       int64    // the instant by which an item is free; the store sets it
	Catalogue bool     // the current catalogue
	Unsealed  bool     // batches that are to be sealed, by id and as many as one run takes; only the sealer asks for them
}

// Holding is the need of a write over orders that the caller holds the leases of, as it last wrote them. Nobody else is
// likely to have changed them since, so a store may take them as they are instead of loading them, and commits only if
// each is still as given (by UpdatedAt, which every change raises); when one isn't, the write runs again over loaded
// rows. So decide sees either the rows as they are, or its changes come to nothing. It must change every one of them:
// what it only reads isn't checked.
func Holding(orders ...Order) Need {
	var n Need
	for i := range orders {
		n.Orders = append(n.Orders, orders[i].ID)
		n.Held = append(n.Held, &orders[i])
	}
	return n
}

// And adds the rows of others. The lists are new ones: nobody's own are changed.
func (n Need) And(others ...Need) Need {
	all := append([]Need{n}, others...)
	sum := Need{
		Users: joined(all, func(n *Need) []string { return n.Users }), Wallets: joined(all, func(n *Need) []string { return n.Wallets }),
		Orders: joined(all, func(n *Need) []string { return n.Orders }), Services: joined(all, func(n *Need) []string { return n.Services }),
		APIKeys: joined(all, func(n *Need) []string { return n.APIKeys }), Stock: joined(all, func(n *Need) []string { return n.Stock }),
		Pools: joined(all, func(n *Need) []PoolNeed { return n.Pools }), Items: joined(all, func(n *Need) []string { return n.Items }),
		Counters: joined(all, func(n *Need) []string { return n.Counters }), Meta: joined(all, func(n *Need) []string { return n.Meta }),
		Keys: joined(all, func(n *Need) []string { return n.Keys }), Held: joined(all, func(n *Need) []*Order { return n.Held }),
		Now: n.Now,
	}
	for i := range all {
		sum.Catalogue = sum.Catalogue || all[i].Catalogue
		sum.Unsealed = sum.Unsealed || all[i].Unsealed
	}
	return sum
}

// joined is one list of all needs, made in one piece: a batch has hundreds of calls.
func joined[T any](needs []Need, list func(*Need) []T) []T {
	count := 0
	for i := range needs {
		count += len(list(&needs[i]))
	}
	if count == 0 {
		return nil
	}
	all := make([]T, 0, count)
	for i := range needs {
		all = append(all, list(&needs[i])...)
	}
	return all
}

// Empty reports whether nothing is named.
func (n Need) Empty() bool {
	return len(n.Users)+len(n.Wallets)+len(n.Orders)+len(n.Services)+len(n.APIKeys)+
		len(n.Stock)+len(n.Pools)+len(n.Items)+len(n.Counters)+len(n.Meta)+len(n.Keys) == 0 && !n.Catalogue && !n.Unsealed
}
