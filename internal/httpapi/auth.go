package httpapi

import (
	"strings"

	"github.com/berth-host/berth"
)

// presentedKey is the key of the x-api-key header, "" for none. White space around it is cut off. Sent twice with
// different values it is none: which one is meant can't be known. Nothing else authenticates.
func presentedKey(values []string) string {
	var key string
	for i, value := range values {
		value = strings.TrimSpace(value)
		if i > 0 && value != key {
			return ""
		}
		key = value
	}
	return key
}

// admit finds out by what key the call comes, and whether it may be used from there and for this. The check reads
// rows that are at most a second old, so a revoked key or suspended user is refused everywhere within two.
func (s *server) admit(c *call) error {
	key, err := s.authenticate(c)
	if err != nil {
		return err
	}
	owner, ok, err := s.users.find(c.http.Context(), key.UserID)
	if err != nil {
		return err
	}
	if !ok {
		return unauthorized()
	}
	c.key, c.owner, c.user = key, owner, owner
	switch {
	case !key.From(c.client):
		return berth.Errorf(berth.Forbidden, "This key may not be used from this address.")
	case !key.Allows(c.route.scope):
		return berth.Errorf(berth.Forbidden, "This key lacks the scope %s, which this endpoint needs.", c.route.scope)
	case !owner.Active && c.route.scope != berth.ScopeRead:
		return suspended()
	}
	return nil
}

// authenticate finds the presented key. Failures are counted by where they come from: when there have been too many,
// only keys that have been good before are still looked up, so that guessing costs no reads and a neighbour behind
// the same address isn't locked out.
func (s *server) authenticate(c *call) (berth.APIKey, error) {
	var none berth.APIKey
	value := presentedKey(c.http.Header.Values("X-Api-Key"))
	if value == "" {
		return none, unauthorized()
	}
	now, origin := s.Desk.Now(), neighbourhood(c.client)
	if berth.PlausibleKey(value) {
		hash := berth.HashKey(value)
		if wait, ok := s.failedKeys.peek(origin, now); !ok && !s.keys.knows(hash) {
			return none, tooManyFailures(wait)
		}
		key, ok, err := s.keys.find(c.http.Context(), hash)
		if err != nil {
			return none, err
		}
		if ok && key.RevokedAt == 0 && (key.ExpiresAt == 0 || now < key.ExpiresAt) {
			return key, nil
		}
	}
	if wait, ok := s.failedKeys.take(origin, now); !ok {
		return none, tooManyFailures(wait)
	}
	return none, unauthorized()
}

// actFor reads user_id: the user whom the call is for. A key acts for its own user and that user's sub-accounts. The
// refusal says the same of a foreign user and of one that doesn't exist.
func (s *server) actFor(c *call) error {
	id := c.in.id("user_id", c.route.userID)
	if err := c.in.err(); err != nil {
		return err
	}
	if id != "" && id != c.owner.ID {
		user, ok, err := s.users.find(c.http.Context(), id)
		if err != nil {
			return err
		}
		if !ok || !s.acts(c, user) {
			return &berth.Error{Code: berth.Forbidden, Parameter: "user_id", Message: "This key may not act for this user_id."}
		}
		c.user = user
	}
	if !c.user.Active && c.route.scope != berth.ScopeRead {
		return suspended()
	}
	return nil
}

// acts reports whether the call's key acts for a user.
func (s *server) acts(c *call, user berth.User) bool {
	return user.ID == c.owner.ID || user.ParentID == c.owner.ID
}

// visible finds the user that a row belongs to, if the call may see the row: one of the user that user_id names or,
// without user_id, of anyone for whom the key acts.
func (s *server) visible(c *call, userID string) (berth.User, bool, error) {
	if userID == c.user.ID {
		return c.user, true, nil
	}
	if c.in.params.given("user_id") {
		return berth.User{}, false, nil
	}
	user, ok, err := s.users.find(c.http.Context(), userID)
	return user, ok && s.acts(c, user), err
}

// unauthorized says the same of a missing, unknown, revoked and expired key.
func unauthorized() error {
	return berth.Errorf(berth.Unauthorized, "A valid API key is required in the header x-api-key.")
}

func suspended() error {
	return berth.Errorf(berth.Forbidden, "This user is suspended.")
}

func tooManyFailures(wait int) error {
	return &berth.Error{Code: berth.RateLimited, RetryAfter: wait, Message: "Too many failed keys from this address."}
}
