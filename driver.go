package berth

import "context"

// Ref is the identity of an order at a provider. Drivers mark what they make with it, so that the order makes one
// thing however often a call is repeated.
type Ref struct {
	Order   string // the order's id
	Attempt int64  // which attempt is calling; 1 is the first
}

// Verdict is what a driver can say of a call.
type Verdict int

// The verdicts. Only Refused lets money go back; Unknown never does.
const (
	Unresolved Verdict = iota // time-out, lost connection, 5xx, 401: it may or may not have happened
	Done                      // it exists, and the outcome tells what
	Refused                   // it certainly doesn't exist and won't: invalid, no capacity, forbidden
	Waiting                   // under way; ask again at Until (a task, a person)
	Absent                    // Find only: certainly nothing there, and no earlier call can still make it
)

// String is the verdict's name in logs and metrics.
func (v Verdict) String() string {
	switch v {
	case Done:
		return "done"
	case Refused:
		return "refused"
	case Waiting:
		return "waiting"
	case Absent:
		return "absent"
	}
	return "unresolved"
}

// Outcome is a driver's answer. What it holds of the provider's making may be anything: the desk judges it (heard.go)
// before it is stored, shown or logged.
type Outcome struct {
	Verdict Verdict
	Result        // for Done
	Until   int64 // for Waiting: microseconds UTC
	Cleared bool  // set by the desk: Find said Absent in this attempt, so no earlier one is in doubt
	Reason  error // for the log alone; never shown to a client
}

// ServerSpec is a server to make.
type ServerSpec struct {
	Name        string
	PlanID      string // the catalogue's external id
	Cores       int64
	RAM         int64 // bytes
	Disk        int64 // GB
	ImageID     int64 // 0 when Application is set
	Application int64
	Location    string
	Password    string // root's
	UserID      string
}

// ServerDriver makes servers at one provider. Calls come from several goroutines at once; each returns within ctx,
// and a ctx that ends makes the outcome Unresolved, since the provider may go on. Drivers keep no state of their own,
// don't retry, don't log and don't touch the database.
type ServerDriver interface {
	// Create makes the server and waits until it can be used. Repeated with the same Ref.Order it returns the same
	// server. After Refused it never comes to exist for this order.
	Create(ctx context.Context, ref Ref, spec ServerSpec) Outcome
	// Find tells what an earlier Create of this order did: Done, Absent, Waiting or Unresolved.
	Find(ctx context.Context, ref Ref) Outcome
	// Resize gives the server of that ProviderRef the figures of spec. Repeating is harmless. Refused leaves it as
	// it was. A call that arrives after a later order's changes nothing; a driver whose provider can't tell must make
	// sure that no abandoned call is still under way.
	Resize(ctx context.Context, ref Ref, providerRef string, spec ServerSpec) Outcome
	// Describe reads a server by the provider's own id: Done, Absent or Unresolved. An operator adopts by it.
	Describe(ctx context.Context, providerRef string) Outcome
}

// NetworkSpec is a network service to set up.
type NetworkSpec struct {
	ServiceID string
	Product   string // id in the catalogue
	UserID    string
}

// NetworkDriver sets up network services, under the same rules as ServerDriver.
type NetworkDriver interface {
	Activate(ctx context.Context, ref Ref, spec NetworkSpec) Outcome
	Find(ctx context.Context, ref Ref) Outcome
	Describe(ctx context.Context, providerRef string) Outcome
}

// Sealer keeps secrets at rest. Implementations are safe for concurrent use.
type Sealer interface {
	// Seal encrypts text for one row; it opens only under the same row name.
	Seal(row, text string) string
	// Open returns the text, or an error when key or row don't fit.
	Open(row, sealed string) (string, error)
	// Mark digests data under a secret key, so that a stored mark says nothing about a password in the data.
	Mark(data []byte) string
}
