package berth

// The accounts on the other side of a wallet's entries. Only wallets have a balance row; what these hold is the sum
// of their entries, or every order would fight for one row.
const (
	AccountSales      = "sales"      // what orders paid, less what was refunded
	AccountDeposits   = "deposits"   // what operators credited
	AccountCorrection = "correction" // what operators debited
)

// Wallet is a user's prepaid balance. It always equals the sum of its entries and never goes below zero.
type Wallet struct {
	UserID    string
	Currency  string
	Balance   int64 // minor units
	Seq       int64 // number of its last entry; entries are numbered without a gap
	UpdatedAt int64
}

// Entry is one posting of the double-entry books: Amount moves from the account Contra to the user's wallet, or the
// other way when negative. Both sides stand in one row, so no entry can be out of balance; entries are appended and
// never changed.
type Entry struct {
	UserID  string
	Seq     int64 // 1, 2, 3... within the wallet
	Amount  int64 // minor units, what the wallet gained
	Balance int64 // minor units, the wallet afterwards
	Contra  string
	OrderID string // "" for an operator's credit or debit
	Ref     string // the operator's reference, "" for orders
	Note    string
	At      int64
	Batch   string // the commit that wrote it
}

// Event says that something happened. It is written in the transaction that made it true, so it is the audit log
// and the outbox in one.
type Event struct {
	Batch     string
	N         int64 // place within the batch
	At        int64
	Name      string // EventOrderPaid and so on
	UserID    string
	OrderID   string
	ServiceID string
	Amount    int64  // minor units: of the order, or what a wallet gained; 0 for other events
	Detail    string // the kind of the order, or a word or two for people; never a secret
}

// The names of events.
const (
	EventOrderPaid        = "order.paid"
	EventOrderCompleted   = "order.completed"
	EventOrderRefunded    = "order.refunded"
	EventOrderTaken       = "order.taken"    // a worker took the lease of an unsettled order
	EventOrderPostponed   = "order.waiting"  // an attempt ended without a certain answer
	EventOrderMoved       = "order.moved"    // a provider refused for certain, and the next one is asked
	EventOrderResolved    = "order.resolved" // an operator decided
	EventWalletCredited   = "wallet.credited"
	EventWalletDebited    = "wallet.debited"
	EventUserCreated      = "user.created"
	EventUserSuspended    = "user.suspended"
	EventUserResumed      = "user.resumed"
	EventKeyCreated       = "key.created"
	EventKeyRevoked       = "key.revoked"
	EventTaskAsked        = "service.asked"          // somebody asked for a change of a service
	EventTaskTaken        = "service.taken"          // a worker took the lease of a task
	EventTaskPostponed    = "service.waiting"        // an attempt ended without a certain answer
	EventTaskDone         = "service.done"           // the change is made
	EventTaskRefused      = "service.refused"        // the provider certainly refused: nothing was changed
	EventServiceSet       = "service.set"            // a setting that only Berth knows, such as auto-renewal
	EventServiceRepaired  = "service.repaired"       // a reconciliation took over what the provider has
	EventServiceNotice    = "service.notice"         // its owner is told that it expires; Amount is the price of another period
	EventRenewalFailed    = "service.renewal_failed" // an auto-renewal of Amount was not placed; Detail is the error's code
	EventServiceSuspended = "service.suspended"      // Detail says by what: expiry or operator, and whether the provider did nothing
	EventServiceResumed   = "service.resumed"
	// EventServiceLastNotice says that a suspended service is deleted within a day; Amount is the price of another period.
	EventServiceLastNotice = "service.last_notice"
	EventServiceEnded      = "service.terminated" // Detail says so when an operator must remove it at the provider
	EventCatalogueApplied  = "catalogue.applied"
	EventPoolChanged       = "pool.changed" // an operator added, reserved, released or removed
)
