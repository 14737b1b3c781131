package httpapi

import (
	"context"
	"net/netip"
	"time"

	"github.com/berth-host/berth"
)

// Network services: their numbers, their sessions, and what a customer may do about them. The provider documents only how one
// is ordered; these endpoints are in its style.

// networkRecord is a network service as networks/list shows it.
type networkRecord struct {
	ID           string `json:"id"`
	NetworkID    string `json:"network_id"`
	Name         string `json:"name"`
	Status       string `json:"status"`
	BillingCycle string `json:"billing_cycle"`
	ASN          *int64 `json:"asn"` // null while there is none
	AutoRenew    int    `json:"auto_renew"`
	OwnerID      string `json:"owner_id"`
	CreatedAt    string `json:"created_at"`
	ExpireDate   string `json:"expire_date"`
}

// networkDetail is all of one. The members of the session are null where there is none.
type networkDetail struct {
	networkRecord
	ProviderASN *int64          `json:"upstream_asn"`
	Password    *string         `json:"password"` // null for keys without the scope manage
	Export      *string         `json:"export"`
	Multihop    int             `json:"multihop"`
	State       string          `json:"state"`
	SeenAt      *string         `json:"seen_at"`
	Links       []linkRecord    `json:"links"`
	Prefixes    []prefixRecord  `json:"prefixes"`
	Config      *configsForPeer `json:"config"`
}

type linkRecord struct {
	IPVersion  int     `json:"ip_version"`
	Ours       string  `json:"upstream_address"`
	Yours      string  `json:"your_address"`
	Limit      int     `json:"limit"`
	State      string  `json:"state"`
	Since      *string `json:"since"`
	Accepted   *int64  `json:"accepted"` // null while the session isn't up
	Filtered   *int64  `json:"filtered"`
	Exported   *int64  `json:"exported"`
	Tripped    bool    `json:"tripped"`
	LastNotice *string `json:"last_message"`
}

type prefixRecord struct {
	Prefix   string `json:"prefix"`
	Longest  int    `json:"longest"`
	Evidence string `json:"evidence"`
	Status   string `json:"status"` // active, or pending while a person looks at the letter
}

type configsForPeer struct {
	BIRD string `json:"bird"`
	FRR  string `json:"frr"`
}

// The states of a session in one word.
const (
	sessionUp         = "up"
	sessionDown       = "down"
	sessionTripped    = "tripped"
	sessionSuspended  = "suspended"
	sessionUnknown    = "unknown"
	sessionNone       = "none"
	noPasswordOfYours = "put-your-session-password-here" // #nosec G101 -- stands where a password would
)

// listNetworks is GET /API/networks/list, in pages as those of list_order.
func (s *server) listNetworks(c *call) (any, error) {
	limit, offset := c.page()
	if err := c.in.err(); err != nil {
		return nil, err
	}
	rows, err := s.rows.Networks(c.http.Context(), c.user.ID, limit, offset)
	if err != nil {
		return nil, err
	}
	records := make([]networkRecord, len(rows)) // never null
	for i, sv := range rows {
		records[i] = s.networkRecord(sv)
	}
	return success("Network services, the newest first.", records), nil
}

func (s *server) networkRecord(sv berth.Service) networkRecord {
	r := networkRecord{
		ID: sv.ID, NetworkID: sv.NetworkID, Name: sv.Product, Status: string(sv.Status), BillingCycle: sv.Cycle, OwnerID: sv.UserID,
		AutoRenew: oneOrZero(sv.AutoRenew), CreatedAt: s.date(sv.CreatedAt), ExpireDate: s.date(sv.ExpiresAt),
	}
	if p, ok, err := berth.ReadPeering(sv.Peering); err == nil && ok {
		r.ASN = numberOrNull(int64(p.ASN))
	}
	return r
}

// detailNetwork is GET /API/networks/detail.
func (s *server) detailNetwork(c *call) (any, error) {
	sv, err := s.visibleNetwork(c)
	if err != nil {
		return nil, err
	}
	d := networkDetail{networkRecord: s.networkRecord(sv), State: sessionNone, Links: []linkRecord{}, Prefixes: []prefixRecord{}}
	if p, ok, err := berth.ReadPeering(sv.Peering); err == nil && ok {
		for _, bought := range p.Prefixes {
			d.Prefixes = append(d.Prefixes, prefixOf(bought))
		}
	}
	ctx, cancel := context.WithTimeout(c.http.Context(), 5*time.Second)
	defer cancel()
	session, links, seen, ok := s.Desk.Session(ctx, sv)
	if !ok {
		return success("The network service.", d), nil
	}
	export, upstream := string(session.Export), int64(session.LocalASN)
	d.Export, d.ProviderASN, d.Multihop = &export, &upstream, session.Multihop
	if seen.SeenAt != 0 {
		at := s.date(seen.SeenAt)
		d.SeenAt = &at
	}
	d.Links, d.State = s.linkRecords(session, links, seen.Stale)
	if c.key.Allows(berth.ScopeManage) {
		d.Password = textOrNull(session.Password)
	} else {
		session.Password = noPasswordOfYours
	}
	d.Config = &configsForPeer{BIRD: session.BIRDConfig(), FRR: session.FRRConfig()}
	return success("The network service.", d), nil
}

// linkRecords are a session's parts, and the whole in a word: the worst of them.
func (s *server) linkRecords(session berth.EdgeSession, states []berth.EdgeLinkState, stale bool) (records []linkRecord, whole string) {
	whole = sessionUp
	worse := []string{sessionUp, sessionDown, sessionUnknown, sessionTripped, sessionSuspended}
	for _, l := range session.Links() {
		r := linkRecord{IPVersion: 6, Ours: l.Local.String(), Yours: l.Peer.String(), Limit: l.Limit, State: sessionDown}
		if l.Peer.Is4() {
			r.IPVersion = 4
		}
		if stale {
			r.State = sessionUnknown
		}
		for _, state := range states {
			if state.IPv6 == l.Peer.Is6() {
				s.seen(&r, state)
			}
		}
		if session.Status == berth.Suspended && r.State != sessionUp && r.State != sessionUnknown { // as it is, not as it is to be
			r.State = sessionSuspended
		}
		records = append(records, r)
		if indexOf(worse, r.State) > indexOf(worse, whole) {
			whole = r.State
		}
	}
	return records, whole
}

func indexOf(list []string, one string) int {
	for i, have := range list {
		if have == one {
			return i
		}
	}
	return -1
}

// seen fills in what the edge was seen to do. What is only known of the past isn't told as of now.
func (s *server) seen(r *linkRecord, state berth.EdgeLinkState) {
	r.Tripped = state.Tripped
	switch {
	case state.Phase == berth.EdgeUnknown:
		r.State = sessionUnknown
		return
	case state.Phase == berth.EdgeEstablished:
		r.State = sessionUp
		r.Accepted, r.Filtered, r.Exported = &state.Accepted, &state.Filtered, &state.Exported
	case state.Tripped:
		r.State = sessionTripped
	}
	if state.Since != 0 {
		since := s.date(state.Since)
		r.Since = &since
	}
	r.LastNotice = textOrNull(berth.EdgeText(state.Message, 200))
}

func prefixOf(bought berth.BoughtPrefix) prefixRecord {
	r := prefixRecord{Prefix: bought.Prefix, Longest: bought.Longest, Evidence: bought.Evidence, Status: "active"}
	if p, err := netip.ParsePrefix(bought.Prefix); err == nil && r.Longest == 0 {
		r.Longest = p.Bits()
	}
	if bought.Pending {
		r.Status = "pending"
	}
	return r
}

// visibleNetwork finds the network service that id names, also one whose order is still at work on it. Somebody else's is as
// unknown as none.
func (s *server) visibleNetwork(c *call) (berth.Service, error) {
	id := c.in.id("id", required)
	if err := c.in.err(); err != nil {
		return berth.Service{}, err
	}
	sv, ok, err := s.rows.Service(c.http.Context(), id)
	if err != nil {
		return sv, err
	}
	if !ok {
		var o berth.Order
		if o, ok, err = s.rows.Order(c.http.Context(), id); err != nil {
			return sv, err
		}
		if ok = ok && o.Kind == berth.KindNetwork; ok {
			sv = ordered(o)
			sv.Sort, sv.NetworkID, sv.Cycle, sv.Product, sv.Provider, sv.Peering = berth.NetworkService, o.NetworkID, o.Cycle, o.Product, o.Provider, o.Peering
		}
	}
	owner, mine := berth.User{}, false
	if ok && sv.Sort == berth.NetworkService {
		if owner, mine, err = s.visible(c, sv.UserID); err != nil {
			return sv, err
		}
	}
	if mine && !owner.Active && c.route.scope != berth.ScopeRead { // without user_id nobody has looked yet
		return sv, suspended()
	}
	if !mine {
		return sv, berth.Unknown("id", "Unknown network service: id %s.", echo(id))
	}
	return sv, nil
}

// How often a second one session may be given another password or be let up again, and how often at once. Each of these has the
// router reconfigured, which all its sessions share; and a limit that a script clears at once is none.
const sessionRate, sessionBurst = 0.1, 5

// The same for its prefixes, of which a customer may bring a whole list.
const filterRate, filterBurst = 1, 300

// sparing is visibleNetwork for a change that has the router work.
func (s *server) sparing(c *call, seldom *limiter[string]) (berth.Service, error) {
	sv, err := s.visibleNetwork(c)
	if err != nil {
		return sv, err
	}
	if wait, ok := seldom.take(sv.ID, s.Desk.Now()); !ok {
		return sv, &berth.Error{Code: berth.RateLimited, RetryAfter: wait, Message: "This session is changed too often."}
	}
	return sv, nil
}

// networkChange is the answer of a change: whether the edge carries it already.
type networkChange struct {
	envelope
	Status string `json:"status"` // of the service, or "processing" until the edge has it
}

func changeAnswer(message string, sv berth.Service, carried bool, data any) networkChange {
	a := networkChange{success(message, data), string(sv.Status)}
	if !carried {
		a.Status = processing
		a.Message += " The edge does not answer at the moment, and gets it as soon as it does."
	}
	return a
}

type sessionPassword struct {
	ID       string `json:"id"`
	Password string `json:"password"`
}

// rotatePassword is POST /API/networks/rotate_password.
func (s *server) rotatePassword(c *call) (any, error) {
	sv, err := s.sparing(c, s.perSession)
	if err != nil {
		return nil, err
	}
	sv, password, carried, err := s.Desk.RotatePassword(c.http.Context(), sv.UserID, sv.ID)
	if err != nil {
		return nil, err
	}
	return changeAnswer("The session has a new password; your router needs it, too.", sv, carried, sessionPassword{sv.ID, password}), nil
}

type prefixesOf struct {
	ID       string         `json:"id"`
	Prefixes []prefixRecord `json:"prefixes"`
}

// changePrefixes is POST /API/networks/prefixes: a prefix is added, or removed.
func (s *server) changePrefixes(c *call) (any, error) {
	action := c.in.oneOf("action", optional, "add", "remove")
	text := c.in.text("prefix", required)
	longest, _ := c.in.integer("longest", optional, 1, 128)
	letter := c.in.printable("letter", optional, 1, 200)
	prefix, bad := netip.ParsePrefix(text)
	if bad != nil && text != "" {
		c.in.refuse("prefix", "prefix must be a network such as 198.51.100.0/24 or 2001:db8::/48.")
	}
	sv, err := s.sparing(c, s.perFilter)
	if err != nil {
		return nil, err
	}
	sv, carried, err := s.Desk.ChangePrefix(c.http.Context(), berth.PrefixRequest{
		UserID: sv.UserID, ServiceID: sv.ID, Prefix: prefix, Longest: int(longest), Letter: letter, Remove: action == "remove",
	})
	if err != nil {
		return nil, err
	}
	data := prefixesOf{sv.ID, []prefixRecord{}}
	message := "The prefix may be announced."
	if action == "remove" {
		message = "The prefix is removed."
	}
	if p, _, err := berth.ReadPeering(sv.Peering); err == nil {
		for _, bought := range p.Prefixes {
			if data.Prefixes = append(data.Prefixes, prefixOf(bought)); bought.Pending && bought.Prefix == prefix.String() {
				message = "The prefix waits for a person who looks at the letter."
			}
		}
	}
	return changeAnswer(message, sv, carried, data), nil
}

// clearTrip is POST /API/networks/clear_trip.
func (s *server) clearTrip(c *call) (any, error) {
	sv, err := s.sparing(c, s.perSession)
	if err != nil {
		return nil, err
	}
	if err := s.Desk.ClearTrip(c.http.Context(), sv); err != nil {
		return nil, err
	}
	return changeAnswer("The session may come up again.", sv, true, s.networkRecord(sv)), nil
}

// autoRenewNetwork is POST /API/networks/auto_renew.
func (s *server) autoRenewNetwork(c *call) (any, error) {
	on, _ := c.in.boolean("auto_renew", required)
	sv, err := s.visibleNetwork(c)
	if err != nil {
		return nil, err
	}
	if sv, err = s.Desk.SetAutoRenew(c.http.Context(), sv.UserID, sv.ID, on); err != nil {
		return nil, err
	}
	return changeAnswer("Auto-renew updated successfully", sv, true, s.networkRecord(sv)), nil
}

// renewNetwork is POST /API/networks/renew: an order like any other, of one more month or year.
func (s *server) renewNetwork(c *call) (any, error) {
	r := s.request(c, berth.KindRenew)
	r.Sort = berth.NetworkService
	r.ServerID = c.in.id("id", required)
	s.common(c, r)
	receipt, err := s.place(c, s.complete(c, r))
	if err != nil {
		return nil, err
	}
	return s.networkAnswer(c, receipt), nil
}
