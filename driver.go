package berth

import (
	"context"
	"strings"
)

// Ref is the identity of an order at a provider. Drivers mark what they make with it, so that the order makes one
// thing however often a call is repeated.
type Ref struct {
	Order   string // the order's id
	Attempt int64  // which attempt is calling; 1 is the first that this provider hears of
	// Quiet is the instant, in microseconds UTC, from which no earlier attempt can still be calling: those that ended had
	// ended by then, and those of dead processes had run out of time. Clocks that differ are allowed for. 0 when nothing
	// is known of earlier attempts.
	Quiet int64
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
	Verdict  Verdict
	Result          // for Done
	Until    int64  // for Waiting: microseconds UTC
	Cleared  bool   // set by the desk: Find said Absent in this attempt, so no earlier one is in doubt
	Idle     bool   // certainly nothing was sent in this attempt that could make or change anything
	Away     bool   // with Waiting: the provider couldn't be reached. Nothing is in doubt, but the gate counts no answer
	Password string // set by the desk: root's new one in clear, once it was reset; "" when the provider tells its owner
	Reason   error  // for the log alone; never shown to a client
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

	// The address that Berth gives the server, with the length of its network, its gateway, and the MAC address of its
	// interface; all of them "" where the provider chooses. A driver that can't give a server this address refuses.
	CIDR, Gateway, MAC string
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

// What a server driver may be able to do beside that: each ability is an interface of its own, and a driver that lacks one
// simply hasn't its method; the answer is then NotSupported. All of them take the provider's own id, keep the rules of
// ServerDriver, and are harmless to repeat: what is as it should be already is Done. Refused leaves everything as it was.
type (
	// Deleter deletes a server. One that is gone already is Done.
	Deleter interface {
		Delete(ctx context.Context, providerRef string) Outcome
	}
	// Powerer starts, stops or restarts a server. Repeating a restart may restart it again.
	Powerer interface {
		Power(ctx context.Context, providerRef string, action PowerAction) Outcome
	}
	// Suspender keeps a server from running, whatever its owner does, until it is resumed.
	Suspender interface {
		Suspend(ctx context.Context, providerRef string) Outcome
		Resume(ctx context.Context, providerRef string) Outcome
	}
	// Reinstaller installs the image of spec anew under spec's password; all data on the server is lost.
	Reinstaller interface {
		Reinstall(ctx context.Context, providerRef string, spec ServerSpec) Outcome
	}
	// PasswordResetter gives the root account a new password. Providers that choose it themselves return another one
	// than was proposed; "" when they tell nobody but the owner.
	PasswordResetter interface {
		ResetPassword(ctx context.Context, providerRef, proposed string) (password string, out Outcome)
	}
	// Renamer gives a server another name at the provider.
	Renamer interface {
		Rename(ctx context.Context, providerRef, name string) Outcome
	}
	// Console opens a console in the browser: an address that works for some minutes, and its password.
	Console interface {
		OpenConsole(ctx context.Context, providerRef string) (url, password string, out Outcome)
	}
	// Meter reads what a server has used. Empty series are left out.
	Meter interface {
		Usage(ctx context.Context, providerRef string) (Usage, Outcome)
	}
	// Inspector reads a server, and all servers that there are. An operator's reconciliation goes by it. Every server
	// is handed to each once, those of other installations and of nobody too; an error of each ends it.
	Inspector interface {
		Inspect(ctx context.Context, providerRef string) (Machine, Outcome)
		Machines(ctx context.Context, each func(Machine) error) error
	}
	// Checker compares what a catalogue sells from the provider of this name with what the provider has. A provider that
	// can't be asked is a match that isn't one.
	Checker interface {
		Check(ctx context.Context, c *Catalogue, provider string) []Match
	}
)

// Match is one thing that the catalogue sells, and what its provider has for it. The texts are for people.
type Match struct {
	Sort   string // "panel", "node", "location", "plan", "image" and the like
	Name   string
	Ours   string
	Theirs string // "" for nothing
	OK     bool
}

// PowerAction is what Powerer does, by the wire's words.
type PowerAction string

// The power actions.
const (
	PowerStart   PowerAction = "start"
	PowerStop    PowerAction = "stop"
	PowerRestart PowerAction = "restart"
)

// Machine is a server as its provider has it now.
type Machine struct {
	Result
	Installation string // id of the installation that made it, by its mark; "" when the mark is nobody's
	Order        string // the order that it was made for, by its mark
	Name         string
	PlanID       string // external id, "" when the provider has no plans
	Cores        int64
	RAM          int64 // bytes
	Disk         int64 // GB
	Running      bool
	Suspended    bool
	Busy         bool  // the provider is working on it
	CreatedAt    int64 // microseconds UTC, 0 when the provider doesn't say
}

// Mark is what a driver writes on a machine so that it's found again: by the order, and by the installation, so that
// another installation on the same provider never takes it for its own. A copy of a database is the same installation.
func Mark(installation, order string) string { return "berth:" + installation + ":order:" + order }

// ReadMark reads what Mark wrote; false for anything else.
func ReadMark(text string) (installation, order string, ok bool) {
	rest, ok := strings.CutPrefix(text, "berth:")
	installation, order, found := strings.Cut(rest, ":order:")
	return installation, order, ok && found && installation != "" && order != ""
}

// Usage is what a server has used, oldest first.
type Usage struct {
	CPU     []Sample // load of all cores together, percent
	Memory  []Sample // bytes
	Disk    []Sample // bytes read and written a second
	Network []Sample // bytes received and sent a second
}

// Sample is one point of a series; series of one value leave Out at 0.
type Sample struct {
	At      int64 // microseconds UTC
	In, Out float64
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
