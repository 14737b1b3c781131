package berth

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// RenewDue places the renewal of a service that ClaimServices has found due: an ordinary order at the price of the day,
// under a key that names the expiry it was decided for. The key outlives crashes for a while, and for ever afterwards
// the decide refuses unless the service still has that expiry: one order a period, whoever dies and however many
// processes try.
//
// A balance that doesn't cover it is no error: that is announced, and tried again on the schedule and when the wallet is
// credited. Nor is an owner who is suspended: whoever is kept from ordering pays for nothing, and it is tried again when
// that ends. Errors say that nothing is known, or that something else came first; the next look tells.
func (d *Desk) RenewDue(ctx context.Context, s Service) (Receipt, error) {
	// Read beside the write, which stays as it is for everybody: a suspension holds for the clock within moments, as it does
	// for the API.
	if u, ok, err := d.Store.User(ctx, s.UserID); err != nil {
		return Receipt{}, err
	} else if ok && !u.Active {
		return Receipt{}, d.unrenewed(ctx, s, Forbidden)
	}
	name := fmt.Sprintf("renew/%s/%d", s.ID, s.ExpiresAt)
	receipt, err := d.Place(ctx, &Request{
		Kind: KindRenew, UserID: s.UserID, KeyOwnerID: s.UserID, IdempotencyKey: name, Canonical: []byte(name),
		ServerID: s.ID, Hours: s.Hours, AutoRenew: true, Renews: s.ExpiresAt,
	})
	if IsCode(err, InsufficientBalance) || IsCode(err, InvalidParameter) || IsCode(err, NotFound) {
		return Receipt{}, d.unrenewed(ctx, s, AsError(err).Code)
	}
	return receipt, err
}

// unrenewed writes down that a renewal was refused, and moves the service on as one that isn't paid.
func (d *Desk) unrenewed(ctx context.Context, was Service, code Code) error {
	need := Need{Services: []string{was.ID}, Wallets: []string{was.UserID}, Meta: []string{waitsName(was.UserID)}, Catalogue: true}
	if code == Forbidden {
		need.Users = []string{was.UserID}
	}
	return d.Store.Write(ctx, need, func(b *Book) error {
		s, ok := b.Service(was.ID)
		c, _ := b.Catalogue()
		if c == nil || !ok || s.ExpiresAt != was.ExpiresAt || !renewing(&s) || s.OpenOrder != "" || s.Task.Do != "" {
			return nil // whatever came between has set the next look
		}
		_, amount := c.extension(&s, s.Hours)
		if mended(b, s.UserID, code, amount) {
			lookNow(b, &s)
			b.PutService(s)
			return nil
		}
		b.Announce(Event{Name: EventRenewalFailed, UserID: s.UserID, ServiceID: s.ID, Amount: amount, Detail: string(code)})
		waitForMoney(b, &s)
		d.look(b, &s, true)
		b.PutService(s)
		return nil
	})
}

// mended reports whether what a renewal was refused for has gone since: the wallet was credited, or its owner let in.
func mended(b *Book, userID string, code Code, amount int64) bool {
	switch code {
	case InsufficientBalance:
		w, ok := b.Wallet(userID)
		return ok && w.Balance >= amount
	case Forbidden:
		u, ok := b.User(userID)
		return ok && u.Active
	}
	return false
}

// Services that wait for their owner's money, or for the end of the owner's suspension, are listed in a row of that owner's,
// which a credit reads under its lock. It is written when a renewal fails and when that is over, and nowhere on the path of
// orders; an index would cost an entry for every service there is. Names that needn't wait any more do no harm: the clock
// looks at them once.
func waitsName(userID string) string { return "waits/" + userID }

// mostWaiting bounds that list. Those beyond it have the schedule.
const mostWaiting = takeAtMost

func waitForMoney(b *Book, s *Service) {
	text, _ := b.Meta(waitsName(s.UserID))
	if waiting := strings.Fields(text); len(waiting) < mostWaiting && !slices.Contains(waiting, s.ID) {
		b.PutMeta(waitsName(s.UserID), strings.Join(append(waiting, s.ID), " "))
	}
}

// tryAgain has the clock look at once at what waits for a user's money, or to be let in.
func tryAgain(b *Book, userID string) {
	text, _ := b.Meta(waitsName(userID))
	if text == "" {
		return
	}
	for _, id := range strings.Fields(text) {
		if s, ok := b.Service(id); ok && renewing(&s) && s.Task.Do == "" {
			lookNow(b, &s)
			b.PutService(s)
		}
	}
	b.PutMeta(waitsName(userID), "")
}
