package berth

// Status of a service, by the wire's words.
type Status string

// The statuses of a service.
const (
	Provisioning Status = "provisioning" // paid, not there yet: on the wire only, no Service has it
	Active       Status = "active"
	Suspended    Status = "suspended"
	Terminated   Status = "terminated" // gone
)

// The sorts of service.
const (
	ServerService  = "server"
	NetworkService = "network"
)

// Service is what the customer owns: a server or a network. It has the id of the order that made it, and it exists
// from the moment that order is completed: until then the order itself tells how the service goes on. (Written at the
// completion only, it is one insert an order instead of an insert and an update; measured, that is a fifth of the
// database's work.)
type Service struct {
	ID            string
	Sort          string // ServerService or NetworkService
	UserID        string
	OpenOrder     string // the order that is working on it, "" for none: at most one at a time
	Status        Status
	Name          string
	PlanID        string // external id as text, "" for networks
	Cores         int64
	RAM           int64 // bytes
	Disk          int64 // GB
	DiskType      string
	Price         int64 // minor units a month (servers) or a cycle (networks), as of the last purchase
	Hours         int64 // hours of the last purchase
	Location      string
	ImageID       int64
	ApplicationID int64
	NetworkID     string
	Cycle         string
	Product       string
	Provider      string
	StockKey      string // the stock row it is counted in, where there is one
	AutoRenew     bool
	Stopped       bool   // its owner stopped it: the power state that is wanted
	Held          string // why it is suspended or about to be: HeldByExpiry, HeldByOperator, "" when it isn't
	Noticed       int64  // the expiry that its owner was told of, 0 for none
	SuspendedAt   int64  // since when it is suspended, 0 when it isn't
	Warned        int64  // since when its owner knows that it is about to be deleted, 0 while that is far
	Task          Task   // what is to be done about it
	Lease                // of that task; DueAt is the one instant at which any process has to look at the service next, 0 for never
	Allotment            // what it has from pools; a terminated one had it
	Peering       string // its session, by ReadPeering; "" for servers and for networks without one
	CycleDay      int64  // networks: the day of the month that its cycles end on, where the month has it; 0 for that of CreatedAt
	Result
	CreatedAt int64
	UpdatedAt int64
	ExpiresAt int64
}

// Why a service is suspended. A payment lifts what its expiry brought about, and nothing else.
const (
	HeldByExpiry   = "expiry"
	HeldByOperator = "operator"
)

// Stock counts what is used of a plan at a location that has a capacity. The key is "<plan UUID>@<location>", made
// by StockKey.
type Stock struct {
	Key       string
	Capacity  int64 // Unlimited for none
	Used      int64
	Counted   int64 // services and open orders that belong to it, as counted by Reader.Stock; not stored
	UpdatedAt int64
}

// StockKey names the stock row of a plan at a location.
func StockKey(planID, location string) string { return planID + "@" + location }
