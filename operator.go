package berth

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"net/netip"
	"strings"
)

// What only operators do: users, keys, credits, the catalogue. Each is one write, and each leaves an event.

// CreateUser makes a user with an empty wallet in currency. A given id is kept (the demo's are documented), an empty
// one is made.
func (d *Desk) CreateUser(ctx context.Context, u User, currency string) (User, error) {
	if !printable(u.Username, 100) || u.Username == "" {
		return User{}, Invalid("username", "The name must be 1 to 100 printable characters.")
	}
	if !printable(u.Email, 255) {
		return User{}, Invalid("email", "The e-mail address must be at most 255 printable characters.")
	}
	if len(u.ID) > 64 || !printable(u.ID, 64) {
		return User{}, Invalid("id", "The id must be at most 64 printable characters.")
	}
	need := Need{Catalogue: true}
	if u.ID != "" {
		need.Users = []string{u.ID}
	}
	if u.ParentID != "" {
		need.Users = append(need.Users, u.ParentID)
	}
	var made User
	err := d.Store.Write(ctx, need, func(b *Book) error {
		if u.ParentID != "" {
			parent, ok := b.User(u.ParentID)
			if !ok || parent.ParentID != "" {
				return Invalid("parent", "The parent must be an existing user that has no parent itself.")
			}
		}
		made = u
		if made.ID == "" {
			made.ID = b.NewID()
		} else if _, taken := b.User(made.ID); taken {
			return Invalid("id", "There is a user with this id already.")
		}
		holds := currency
		if c, ok := b.Catalogue(); ok && holds == "" {
			holds = c.Currency
		}
		made.Active, made.CreatedAt, made.UpdatedAt = true, b.Now(), b.Now()
		made.NoticeBy = "email"
		b.PutUser(made)
		b.OpenWallet(made.ID, holds)
		b.Announce(Event{Name: EventUserCreated, UserID: made.ID})
		return nil
	})
	if err != nil { // decide may still be running: what it fills in is read after success only, here and below
		return User{}, err
	}
	return made, nil
}

// SuspendUser stops a user's keys from ordering and changing anything, and the clock from renewing what the user owns at the
// user's cost; or lets them again, and then has the clock look at once at what wasn't renewed. What the user owns runs on
// until it expires.
func (d *Desk) SuspendUser(ctx context.Context, id string, suspend bool) (User, error) {
	var u User
	err := d.Store.Write(ctx, Need{Users: []string{id}, Meta: []string{waitsName(id)}}, func(b *Book) error {
		var ok bool
		if u, ok = b.User(id); !ok {
			return Unknown("user_id", "Unknown user.")
		}
		if u.Active == !suspend {
			return nil
		}
		u.Active, u.UpdatedAt = !suspend, b.Now()
		b.PutUser(u)
		name := EventUserResumed
		if suspend {
			name = EventUserSuspended
		} else {
			tryAgain(b, id)
		}
		b.Announce(Event{Name: name, UserID: id})
		return nil
	})
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// CreateKey writes an API key for a user. The caller has made its value and shows it once; only the hash is kept.
func (d *Desk) CreateKey(ctx context.Context, k APIKey) (APIKey, error) {
	if len(k.Scopes) == 0 {
		return k, Invalid("scope", "A key needs at least one scope: order, read or manage.")
	}
	for _, s := range k.Scopes {
		if s != ScopeOrder && s != ScopeRead && s != ScopeManage {
			return k, Invalid("scope", "Scopes are order, read and manage.")
		}
	}
	if !printable(k.Name, 100) || len(k.Addresses) > 64 {
		return k, Invalid("name", "The name must be at most 100 printable characters, and addresses at most 64.")
	}
	if _, taken, err := d.Store.KeyByHash(ctx, k.Hash); err != nil || taken {
		if taken {
			err = Invalid("value", "There is a key with this value already; every key needs a value of its own.")
		}
		return APIKey{}, err
	}
	var made APIKey
	err := d.Store.Write(ctx, Need{Users: []string{k.UserID}}, func(b *Book) error {
		if _, ok := b.User(k.UserID); !ok {
			return Unknown("user", "Unknown user.")
		}
		if k.ExpiresAt != 0 && k.ExpiresAt <= b.Now() {
			return Invalid("expires", "The expiry must be in the future.")
		}
		made = k
		made.ID, made.CreatedAt, made.UpdatedAt = b.NewID(), b.Now(), b.Now()
		b.PutAPIKey(made)
		b.Announce(Event{Name: EventKeyCreated, UserID: made.UserID, Detail: made.ID})
		return nil
	})
	if err != nil {
		return APIKey{}, err
	}
	return made, nil
}

// RevokeKey ends a key. Every replica refuses it within two seconds.
func (d *Desk) RevokeKey(ctx context.Context, id string) (APIKey, error) {
	var k APIKey
	err := d.Store.Write(ctx, Need{APIKeys: []string{id}}, func(b *Book) error {
		var ok bool
		if k, ok = b.APIKey(id); !ok {
			return Unknown("id", "Unknown key: give the id that 'key list' shows.")
		}
		if k.RevokedAt != 0 {
			return nil
		}
		k.RevokedAt, k.UpdatedAt = b.Now(), b.Now()
		b.PutAPIKey(k)
		b.Announce(Event{Name: EventKeyRevoked, UserID: k.UserID, Detail: k.ID})
		return nil
	})
	if err != nil {
		return APIKey{}, err
	}
	return k, nil
}

// Transfer is an operator's credit or debit of a wallet.
type Transfer struct {
	UserID string
	Amount int64  // minor units; positive credits, negative debits
	Ref    string // the operator's reference: a second transfer under it changes nothing
	Note   string
}

// Transfer credits or debits a wallet once per reference. The second call with the same reference and amount returns
// the wallet as it is and repeated true; with another amount it is refused with IdempotencyMismatch.
func (d *Desk) Transfer(ctx context.Context, t Transfer) (_ Wallet, repeated bool, _ error) {
	switch {
	case t.Ref == "" || !printable(t.Ref, 200):
		return Wallet{}, false, Invalid("ref", "ref is required: 1 to 200 printable characters that name this transfer.")
	case !printable(t.Note, 255):
		return Wallet{}, false, Invalid("note", "note must be at most 255 printable characters.")
	case t.Amount == 0 || t.Amount > MaxMinor || t.Amount < -MaxMinor:
		return Wallet{}, false, Invalid("amount", "amount must be above 0 and at most %s.", FormatMinor(MaxMinor))
	}
	ref, mark := KeyID(t.UserID, "wallet/"+t.Ref), FormatMinor(t.Amount)
	name, contra := EventWalletCredited, AccountDeposits
	if t.Amount < 0 {
		name, contra = EventWalletDebited, AccountCorrection
	}
	var w Wallet
	var known bool
	need := Need{Wallets: []string{t.UserID}, Keys: []string{ref}}
	if t.Amount > 0 {
		need.Meta = []string{waitsName(t.UserID)}
	}
	err := d.Store.Write(ctx, need, func(b *Book) (err error) {
		var ok bool
		if w, ok = b.Wallet(t.UserID); !ok {
			return Unknown("user", "Unknown user.")
		}
		var key Key
		if key, known = b.Key(ref); known {
			if key.Mark != mark {
				return &Error{Code: IdempotencyMismatch, Parameter: "ref", Message: "This ref was used for another amount: " + key.Mark + "."}
			}
			return nil
		}
		w, err = b.Post(Entry{UserID: t.UserID, Amount: t.Amount, Contra: contra, Ref: t.Ref, Note: t.Note})
		b.PutKey(Key{ID: ref, Mark: mark, ExpiresAt: Forever})
		b.Announce(Event{Name: name, UserID: t.UserID, Amount: t.Amount, Detail: t.Ref})
		if t.Amount > 0 {
			tryAgain(b, t.UserID)
		}
		return err
	})
	if err != nil {
		return Wallet{}, false, err
	}
	return w, known, nil
}

// ApplyCatalogue makes c the current catalogue. An offer that gets a limit starts out sold out; once the new version
// holds, the services that are there already are counted, so that nothing is oversold in between. When the counting
// fails the version holds nevertheless; applying it once more counts again.
func (d *Desk) ApplyCatalogue(ctx context.Context, c Catalogue) (*Catalogue, error) {
	need, limited := Need{Catalogue: true}, map[string]int64{}
	for _, p := range c.Plans {
		for _, o := range p.Offers {
			need.Stock = append(need.Stock, StockKey(p.ID, o.Location))
			limited[StockKey(p.ID, o.Location)] = o.Capacity
		}
	}
	before, err := d.Store.Stock(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range before {
		if _, ok := limited[s.Key]; !ok { // an offer that is gone: its services still count when it comes back
			need.Stock = append(need.Stock, s.Key)
			limited[s.Key] = Unlimited
		}
	}
	var applied *Catalogue
	err = d.Store.Write(ctx, need, func(b *Book) (err error) {
		if applied, err = b.ApplyCatalogue(c); err != nil || applied == nil {
			return err
		}
		for _, key := range need.Stock {
			s, ok := b.Stock(key)
			capacity := limited[key]
			if !ok && capacity == Unlimited {
				continue
			}
			if !ok || s.Capacity == Unlimited && capacity != Unlimited {
				s.Key, s.Used = key, capacity
			}
			s.Capacity = capacity
			b.PutStock(s)
		}
		b.Announce(Event{Name: EventCatalogueApplied})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return applied, d.countStock(ctx)
}

// mostCounts bounds how often stock that keeps changing is counted.
const mostCounts = 20

// countStock sets the used count of every limited offer to what Reader.Stock counts. A row that changed since then is
// counted again, so no order or refund in between is lost, and two that count at the same time do no harm.
func (d *Desk) countStock(ctx context.Context) error {
	for range mostCounts {
		rows, err := d.Store.Stock(ctx)
		if err != nil {
			return err
		}
		var wrong []Stock
		var need Need
		for _, s := range rows {
			if s.Capacity != Unlimited && s.Used != s.Counted {
				wrong, need.Stock = append(wrong, s), append(need.Stock, s.Key)
			}
		}
		if len(wrong) == 0 {
			return nil
		}
		err = d.Store.Write(ctx, need, func(b *Book) error {
			for _, counted := range wrong {
				if s, ok := b.Stock(counted.Key); ok && s.UpdatedAt == counted.UpdatedAt {
					s.Used = counted.Counted
					b.PutStock(s)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return Errorf(Unavailable, "The catalogue holds, but its stock changed faster than it could be counted: apply it once more.")
}

// keyPrefix begins every key value, so that leaked ones can be found by scanners.
const keyPrefix = "berth_"

// KeyValue writes 32 random bytes as an API key: prefix, the bytes in base 32, and a checksum that lets a mistyped
// key be refused without a look into the database.
func KeyValue(random [32]byte) string {
	body := keyText.EncodeToString(random[:])
	return keyPrefix + body + keySum(body)
}

var keyText = base32.NewEncoding("abcdefghijkmnopqrstuvwxyz2345678").WithPadding(base32.NoPadding)

func keySum(body string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(body)))
	return keyText.EncodeToString(sum[:])
}

// PlausibleKey reports whether a value can be a key at all. Values without Berth's prefix may be (an operator can
// give a documented one); those with it must have the right checksum.
func PlausibleKey(value string) bool {
	if value == "" || len(value) > 255 {
		return false
	}
	body, ours := strings.CutPrefix(value, keyPrefix)
	if !ours {
		return true
	}
	const sumLength = 7
	return len(body) > sumLength && keySum(body[:len(body)-sumLength]) == body[len(body)-sumLength:]
}

// HashKey is what is kept of a key's value.
func HashKey(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// ParsePrefixes reads a list of addresses and CIDR blocks.
func ParsePrefixes(list []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range list {
		if addr, err := netip.ParseAddr(text); err == nil {
			prefixes = append(prefixes, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, Invalid("cidr", "An address list holds addresses and blocks such as 192.0.2.0/24.")
		}
		prefixes = append(prefixes, p.Masked())
	}
	return prefixes, nil
}
