package berth

import (
	"context"
	"net/netip"
)

// Edge is a port to one router at the border of the operator's network, which holds the BGP sessions of network services.
// Calls come from several goroutines at once; a driver puts its changes one after the other itself. Each returns within
// ctx. A driver doesn't retry for long, doesn't log and doesn't touch the database.
//
// Apply takes all that the edge shall carry and never a difference: a lost answer, a crash and two callers with the same
// rows all end in "apply again". One call may hold the changes of many orders: that they wait for each other a moment, so
// that 200 orders aren't 200 reconfigurations, is the caller's part. What is carried already costs a look at the edge and
// no reconfiguration, so calling often is harmless.
//
// Apply is handed a way to read what is desired, and not what was read: several processes drive one edge, and wait for each
// other's turn at it. What one of them read before its turn may be older than what the one before it has applied, and would
// take back a number that was just sold. What is read within the turn is never older than anything applied before.
type Edge interface {
	// Apply makes the edge carry exactly the sessions that desired reads, and leaves alone those that are as they should
	// be: they stay up. Repeating it is harmless. It doesn't wait for any session to come up: the customer may have no
	// router yet.
	//
	// desired is called once at most, before Apply returns, while no other process changes the edge. It must return
	// within its ctx, and must neither use the edge nor wait for anybody who does; reading a database in which nobody
	// waits for an edge within a transaction is safe. When it fails the edge is left as it is, and the verdict is
	// Unresolved.
	//
	// An edge that carries sessions of another owner (EdgeConfig.Owner) is left as it is, and the verdict is Refused:
	// what another database says would shut them all. One without any session is anybody's.
	//
	// A session that was suspended or left out is shut with a text which the customer's router shows. One that tripped
	// its limit stays off, whatever is applied, until ClearTrip; the driver writes that down beside the router, at the
	// first Apply after it happened. So whoever reads a new trip applies, too.
	Apply(ctx context.Context, desired func(context.Context) (EdgeConfig, error)) EdgeOutcome
	// State reads what the edge carries and how each session is. An error means that the edge could not be read. The
	// state beside it is then what was known last, marked Stale with every phase unknown: a session of which nothing
	// is known is never down, and never up. A service that isn't listed in a state without error isn't carried.
	State(ctx context.Context) (EdgeState, error)
}

// TripClearer is an Edge that remembers trips.
type TripClearer interface {
	// ClearTrip lets a session that had tripped come up again. One that hasn't tripped, or isn't carried, is Done
	// without effect. If the customer still announces too much it trips again within seconds. At an edge that carries
	// sessions of another owner it is Refused, as Apply is.
	ClearTrip(ctx context.Context, owner, serviceID string) EdgeOutcome
}

// EdgeOutcome is the answer to Apply and ClearTrip.
type EdgeOutcome struct {
	// Verdict is one of three. Done: the edge runs what was asked for, without what Refused lists. Refused: the
	// edge doesn't accept the whole, mostly for a fault in the operator's own part of its configuration, or because it is
	// another's; it goes on as before, and only a person can help, so orders wait. Unresolved: the edge was away or
	// silent, and it may or may not have taken the change; apply again.
	Verdict Verdict
	Refused []EdgeRefusal // sessions that the edge can't carry; they are left out, and all others carried
	Changed bool          // the edge was reconfigured
	Reason  error         // for the log alone; holds no password
}

// EdgeRefusal is a session that can't be carried, and never will as it stands.
type EdgeRefusal struct {
	ServiceID string
	Reason    error // names the field; holds no password
}

// EdgeConfig is all that one edge shall carry, in any order.
type EdgeConfig struct {
	// Owner is whose sessions these are: one provider of one installation, see EdgeOwner. An edge remembers it, so that
	// a renamed provider, a wrong database or a second entry of the settings doesn't shut what isn't its own.
	Owner    string
	Sessions []EdgeSession
}

// EdgeOwner names the owner of sessions. The installation's id is in its database, so another database, an empty one too,
// is another owner, and a copy of the same one is not.
func EdgeOwner(installation, provider string) string {
	return EdgeText(installation+"/"+provider, 120)
}

// EdgeSession is the BGP side of one network service. Check tells what its fields may hold.
type EdgeSession struct {
	ServiceID   string
	OrderID     string // named in what the customer's router is told when the session is shut
	Description string // free text for the operator; what a configuration can't hold is replaced
	Notice      string // why it is suspended, for the customer's router; "order <id> suspended" when empty
	Status      Status // Active or Suspended
	LocalASN    uint32 // the provider's
	ASN         uint32 // the customer's
	Password    string // TCP MD5; "" for none
	Multihop    int    // hops to the customer's router; 0 for a direct link, which is guarded by TTL security
	LocalPort   uint16 // 0 for 179
	PeerPort    uint16 // 0 for 179
	Export      EdgeExport
	V4, V6      EdgeLink // a session of its own each; the zero value for none
}

// EdgeLink is a session's part in one address family.
type EdgeLink struct {
	Local    netip.Addr   // the edge's end
	Peer     netip.Addr   // the customer's end
	Prefixes []EdgePrefix // what the customer may announce; none: nothing is accepted
	Limit    int          // routes received, accepted or not, above which the session is shut
}

// Used reports whether there is a session in this family.
func (l EdgeLink) Used() bool { return l.Local.IsValid() || l.Peer.IsValid() }

// EdgePrefix is a prefix that may be announced, and parts of it down to a length.
type EdgePrefix struct {
	Prefix  netip.Prefix
	Longest int // 0 for the prefix alone
}

// EdgeExport is what the customer's router is sent.
type EdgeExport string

// What a customer can be sent.
const (
	ExportNone    EdgeExport = "none"
	ExportDefault EdgeExport = "default" // a default route
	ExportFull    EdgeExport = "full"    // the whole table
)

func (e EdgeExport) known() bool { return e == ExportNone || e == ExportDefault || e == ExportFull }

// EdgePhase is how a session is, by the names of RFC 4271.
type EdgePhase string

// The phases. Only EdgeEstablished is up; EdgeUnknown is neither up nor down.
const (
	EdgeUnknown     EdgePhase = "unknown" // the edge wasn't heard lately
	EdgeOff         EdgePhase = "off"     // shut at the edge: suspended, tripped, or by the operator's hand
	EdgeIdle        EdgePhase = "idle"
	EdgeConnect     EdgePhase = "connect"
	EdgeActive      EdgePhase = "active"
	EdgeOpenSent    EdgePhase = "opensent"
	EdgeOpenConfirm EdgePhase = "openconfirm"
	EdgeEstablished EdgePhase = "established"
)

// EdgeFresh is how long a state counts, in microseconds. What is older says nothing about now.
const EdgeFresh = 60 * 1_000_000

// EdgeState is what an edge was seen to do.
type EdgeState struct {
	SeenAt int64  // microseconds UTC when the edge itself answered last; 0 for never
	Stale  bool   // the edge doesn't answer, or didn't for EdgeFresh: the phases are unknown, the rest is as of SeenAt
	Owner  string // whose sessions it carries; "" when it carries none, or those of a Berth that didn't say
	Links  []EdgeLinkState
}

// EdgeLinkState is one session in one family. The list is ordered by service, IPv4 first.
type EdgeLinkState struct {
	ServiceID string
	IPv6      bool
	Phase     EdgePhase
	Since     int64 // microseconds UTC of the last change as the edge has it; 0 when it doesn't say
	Accepted  int64 // routes from the customer that passed the filter
	Filtered  int64 // routes from the customer that didn't
	Exported  int64 // routes to the customer
	Suspended bool
	Tripped   bool   // shut by the limit; stays so until ClearTrip
	TrippedAt int64  // microseconds UTC; 0 when it's not known
	LastError string // why it isn't up, in the edge's words; "" when it is up. Not for customers without a look at it
	Message   string // what the other router said when it shut the session; written by a stranger
}

// Age is how long ago the edge answered, in microseconds.
func (s EdgeState) Age(now int64) int64 { return max(0, now-s.SeenAt) }

// At is the state as it may be shown at an instant: stale when it's too old.
func (s EdgeState) At(now int64) EdgeState {
	if s.Stale || s.Age(now) > EdgeFresh {
		return s.Unknown()
	}
	return s
}

// Unknown is the state when the edge has ceased to answer.
func (s EdgeState) Unknown() EdgeState {
	links := make([]EdgeLinkState, len(s.Links))
	for i, l := range s.Links {
		l.Phase = EdgeUnknown
		links[i] = l
	}
	return EdgeState{SeenAt: s.SeenAt, Stale: true, Owner: s.Owner, Links: links}
}
