package berth

// State is where an order stands. Prepaid: an unpaid order never exists, and no order is ever deleted.
//
//	paid -> completed | refunded
type State string

// The three states of an order. On the wire a paid order shows as "processing".
const (
	Paid      State = "paid"
	Completed State = "completed"
	Refunded  State = "refunded"
)

// The kinds of order, by the names that list_order shows.
const (
	KindNewServer = "new_server"
	KindRenew     = "renew_server"
	KindScale     = "scale_server"
	KindNetwork   = "network"
)

// Order is what someone bought, at what price, in which state.
type Order struct {
	ID     string
	Number string // CLOUD_..., for people
	Kind   string
	UserID string // the buyer, whose wallet pays
	State  State

	Amount           int64 // minor units; the debit of this order
	Difference       int64 // minor units of Amount that a plan change charges for time already paid
	BalanceBefore    int64 // minor units, the wallet just before the debit
	Currency         string
	CatalogueVersion int64 // the version that priced it

	Terms
	Lease
	Asked
	Result

	CreatedAt int64 // microseconds UTC, as every instant
	UpdatedAt int64
}

// Terms is what was bought. It never changes after the order was placed, except for who makes it (route.go), for when the
// period begins that a person decided on (begin), and for the key that a session's password is sealed with (Reseal).
type Terms struct {
	ServiceID     string // the service that the order changes, or makes under its own id
	PlanID        string // external id as text, "" for networks
	ImageID       int64  // 0 when an application or nothing was ordered
	ApplicationID int64
	Location      string
	Name          string // the server's name as ordered
	Versions      string // a tag of the client's own; stored and shown, no effect
	Hours         int64  // hours bought, 0 for networks
	NetworkID     string
	Cycle         string // monthly or yearly, "" for servers
	Product       string // name of the plan or network product when it was bought
	Description   string
	AutoRenew     bool
	Cores         int64 // figures of the plan when it was bought
	RAM           int64 // bytes
	Disk          int64 // GB
	DiskType      string
	Price         int64  // minor units a month (servers) or a cycle (networks)
	Provider      string // who makes it, or has made it
	Others        string // the providers that are asked next, in order, if this one certainly refuses; joined by commas
	Moves         int64  // how many providers have certainly refused it before this one
	StockKey      string // the stock row that it takes one from, where there is one
	ExpiresAt     int64  // the service's expiry once this order is done
	BeginsAt      int64  // when a person completed it, and what it paid for began; 0 for CreatedAt. ExpiresAt goes by it
	Password      string // sealed; dropped after the key's window unless the operator keeps passwords
	Allotment            // what the service gets from pools
	Peering       string // the session of a network service with one, see Peering; "" for all else
	Resealed      bool   // Peering has its password sealed anew since the order was placed
}

// Asked is what an unsettled order's present provider may have heard of it.
type Asked struct {
	First int64 // the attempt that may be the provider's first; 0 stands for 1
	Quiet int64 // from then on no attempt before this one can still be calling the provider; 0 when none has
}

// Result is what the driver delivered.
type Result struct {
	ProviderRef string // the machine's id at the provider
	ServerNo    int64  // id_solusvm on the wire; 0 while not known
	ServerUUID  string // the provider's UUID of it, "" when it has none
	Address     string // primary address, "" while there's none
	LoginLink   string
}

// Makes reports whether the order makes a service, as opposed to changing one.
func (o *Order) Makes() bool { return o.Kind == KindNewServer || o.Kind == KindNetwork }

// OutOfPatience reports whether the order is postponed to an instant at which the request that placed it won't be waiting any
// more: it may as well be answered now.
func (o *Order) OutOfPatience() bool {
	return o.State == Paid && o.Holder == "" && o.DueAt >= o.AnswerBy
}

// Waiting reports whether the request that placed the order can still be waiting for its answer at instant now: the
// order isn't settled, the request's patience isn't over, and its lease hasn't run out (a process that died stops
// renewing, so it frees its keys within seconds).
func (o *Order) Waiting(now int64) bool {
	return o.State == Paid && o.Attempt == 1 && now < o.AnswerBy && now < o.DueAt && !o.OutOfPatience()
}
