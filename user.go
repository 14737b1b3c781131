package berth

import "net/netip"

// User is someone with a wallet. A sub-account has a parent; its own wallet pays for its own orders.
type User struct {
	ID            string
	ParentID      string // "" for none
	Username      string
	Email         string
	Active        bool
	Superuser     bool
	NoticeDays    int64  // days before expiry on which to tell the user; 0 for the catalogue's
	NoticeBy      string // "email"
	EmailVerified bool
	CreatedAt     int64
	UpdatedAt     int64
}

// Scope is what a key may do.
type Scope string

// The scopes of a key.
const (
	ScopeOrder  Scope = "order"  // place orders and quotes
	ScopeRead   Scope = "read"   // see orders, services, plans, the user
	ScopeManage Scope = "manage" // change services
)

// APIKey authenticates a client. The value itself is shown once and never kept: Hash is the hex SHA-256 of it.
type APIKey struct {
	ID        string
	UserID    string // it acts for this user and the user's sub-accounts
	Name      string
	Hash      string
	Scopes    []Scope
	Addresses []netip.Prefix // from where it may be used; empty for anywhere
	ExpiresAt int64          // 0 for never
	RevokedAt int64          // 0 while it holds
	CreatedAt int64
	UpdatedAt int64
}

// Allows reports whether the key has the scope.
func (k *APIKey) Allows(s Scope) bool {
	for _, have := range k.Scopes {
		if have == s {
			return true
		}
	}
	return false
}

// From reports whether the key may be used from this address.
func (k *APIKey) From(addr netip.Addr) bool {
	if len(k.Addresses) == 0 {
		return true
	}
	addr = addr.Unmap()
	for _, p := range k.Addresses {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
