package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

type keyCmds struct {
	Create keyCreateCmd `cmd:"" help:"Make an API key. Its value is shown once and never again."`
	List   keyListCmd   `cmd:"" help:"List the keys, without their values."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key. Every server refuses it within two seconds."`
}

// keyView is an API key as the commands show one. Value is there only in the answer that made the key.
type keyView struct {
	ID        string   `json:"id"`
	Value     string   `json:"key,omitempty"`
	UserID    string   `json:"user_id"`
	Name      string   `json:"name"`
	Scopes    []string `json:"scopes"`
	Addresses []string `json:"addresses"`
	ExpiresAt *string  `json:"expires_at"`
	RevokedAt *string  `json:"revoked_at"`
	CreatedAt *string  `json:"created_at"`
}

func viewKey(k berth.APIKey) keyView {
	v := keyView{ID: k.ID, UserID: k.UserID, Name: k.Name, Scopes: []string{}, Addresses: []string{},
		ExpiresAt: stamp(k.ExpiresAt), RevokedAt: stamp(k.RevokedAt), CreatedAt: stamp(k.CreatedAt)}
	for _, scope := range k.Scopes {
		v.Scopes = append(v.Scopes, string(scope))
	}
	for _, p := range k.Addresses {
		v.Addresses = append(v.Addresses, p.String())
	}
	return v
}

type keyCreateCmd struct {
	databaseFlags
	User    string   `required:"" help:"The user it acts for, sub-accounts included." placeholder:"ID"`
	Name    string   `help:"What it is for."`
	Scope   []string `default:"order,read" help:"What it may do: order, read, manage."`
	CIDR    []string `name:"cidr" help:"Addresses and blocks it may be used from; anywhere when left out." placeholder:"BLOCK"`
	Expires string   `help:"Until when it holds: 2027-01-31, 2027-01-31T12:00:00Z, or a time from now such as 90d or 12h."`
}

func (c *keyCreateCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		expires, err := parseExpiry(c.Expires, o.desk.Now(), o.settings.Zone)
		if err != nil {
			return usageError{err}
		}
		prefixes, err := berth.ParsePrefixes(c.CIDR)
		if err != nil {
			return err
		}
		var random [32]byte
		rand.Read(random[:])
		value := berth.KeyValue(random)
		k := berth.APIKey{UserID: c.User, Name: c.Name, Hash: berth.HashKey(value), Addresses: prefixes, ExpiresAt: expires}
		for _, scope := range c.Scope {
			k.Scopes = append(k.Scopes, berth.Scope(scope))
		}
		if k, err = o.desk.CreateKey(ctx, k); err != nil {
			return err
		}
		view := viewKey(k)
		view.Value = value
		return s.show(view, func(w io.Writer) {
			row(w, "Key "+k.ID+" for user "+k.UserID+" ("+strings.Join(view.Scopes, ", ")+"):")
			row(w, "  "+value)
			row(w, "This is the only time that its value is shown.")
		})
	})
}

// parseExpiry reads a date, a time, or a span from now. A date ends at its midnight in the operator's zone.
func parseExpiry(text string, now int64, zone *time.Location) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UnixMicro(), nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UnixMicro(), nil
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36_500 {
			return now + int64(n)*24*berth.Hour, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now + d.Microseconds(), nil
	}
	return 0, fmt.Errorf("--expires: %q is neither a date (2027-01-31), nor a time (2027-01-31T12:00:00Z), nor a span (90d, 12h)", text)
}

type keyListCmd struct {
	databaseFlags
	User string `help:"Only this user's." placeholder:"ID"`
}

func (c *keyListCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		keys, err := o.store.APIKeys(ctx, c.User)
		if err != nil {
			return err
		}
		views := make([]keyView, len(keys))
		for i, k := range keys {
			views[i] = viewKey(k)
		}
		return s.show(views, func(w io.Writer) {
			row(w, "ID", "USER", "NAME", "SCOPES", "FROM", "STATE", "EXPIRES", "CREATED")
			for i, k := range keys {
				from := strings.Join(views[i].Addresses, ",")
				row(w, k.ID, k.UserID, shown(k.Name), strings.Join(views[i].Scopes, ","), shown(from),
					keyState(k, o.desk.Now()), local(k.ExpiresAt, o.settings.Zone), local(k.CreatedAt, o.settings.Zone))
			}
		})
	})
}

func keyState(k berth.APIKey, now int64) string {
	switch {
	case k.RevokedAt != 0:
		return "revoked"
	case k.ExpiresAt != 0 && k.ExpiresAt <= now:
		return "expired"
	}
	return "active"
}

type keyRevokeCmd struct {
	databaseFlags
	ID string `arg:"" help:"Id of the key, as 'key list' shows it."`
}

func (c *keyRevokeCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		k, err := o.desk.RevokeKey(ctx, c.ID)
		if err != nil {
			return err
		}
		return s.show(viewKey(k), func(w io.Writer) {
			row(w, fmt.Sprintf("Key %s is revoked since %s.", k.ID, local(k.RevokedAt, o.settings.Zone)))
		})
	})
}
