package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/seal"
	"github.com/berth-host/berth/internal/settings"
)

// sessionView is a network service's session as the commands show it: everything but the password.
type sessionView struct {
	ASN      int64        `json:"asn"` // 0 while there is none
	LinkV4   string       `json:"link_v4"`
	LinkV6   string       `json:"link_v6"`
	LimitV4  int64        `json:"limit_v4"`
	LimitV6  int64        `json:"limit_v6"`
	Export   string       `json:"export"`
	Prefixes []prefixView `json:"prefixes"`
}

type prefixView struct {
	Prefix   string `json:"prefix"`
	Longest  int    `json:"longest"` // 0 for the prefix alone
	Evidence string `json:"evidence"`
	Detail   string `json:"detail"`
	Pending  bool   `json:"pending"`
	Read     string `json:"read,omitempty"` // of one that waits: what 'service prefix approve' takes as --read
}

func viewPrefix(b berth.BoughtPrefix) prefixView {
	v := prefixView{Prefix: b.Prefix, Longest: b.Longest, Evidence: b.Evidence, Detail: b.Detail, Pending: b.Pending}
	if b.Pending {
		v.Read = b.Reading()
	}
	return v
}

func viewSession(s berth.Service) *sessionView {
	p, ok, err := berth.ReadPeering(s.Peering)
	if err != nil || !ok {
		return nil
	}
	v4, v6 := p.Limits()
	v := &sessionView{ASN: int64(p.ASN), LinkV4: p.V4, LinkV6: p.V6, LimitV4: v4, LimitV6: v6,
		Export: string(cmp.Or(p.Export, berth.ExportNone)), Prefixes: []prefixView{}}
	for _, b := range p.Prefixes {
		v.Prefixes = append(v.Prefixes, viewPrefix(b))
	}
	return v
}

func (v *sessionView) print(line func(name, value string)) {
	line("AS number", decimal(v.ASN))
	line("links", strings.TrimSpace(v.LinkV4+" "+v.LinkV6))
	if v.LimitV4 != 0 {
		line("limit over IPv4", decimal(v.LimitV4))
	}
	if v.LimitV6 != 0 {
		line("limit over IPv6", decimal(v.LimitV6))
	}
	line("is sent", v.Export)
	for _, p := range v.Prefixes {
		text := p.Prefix
		if p.Longest != 0 {
			text += fmt.Sprintf(" to /%d", p.Longest)
		}
		text += ", by " + p.Evidence
		if p.Pending {
			text += " (waits for 'berth service prefix approve', --read " + p.Read + "): " + p.Detail
		}
		line("may announce", text)
	}
}

type orderCompleteCmd struct {
	databaseFlags
	Order         string `arg:"" help:"Id or number of the order."`
	ASN           int64  `name:"asn" required:"" help:"The AS number that was registered for it." placeholder:"NUMBER"`
	SecretKeyFile string `help:"${help_secret_key_file}" placeholder:"FILE"`
}

// Run completes an order with the number that a person had registered. The session's password is made now, so this command
// needs the key that seals it.
func (c *orderCompleteCmd) Run(s *session) error {
	if c.ASN == 0 { // which elsewhere means that none was given
		return usageError{errors.New("--asn: 0 is no AS number; give the one that was registered")}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		order, err := findOrder(ctx, o.store, c.Order)
		if err != nil {
			return err
		}
		if c.SecretKeyFile != "" {
			o.settings.SecretKeyFile = c.SecretKeyFile
		}
		source, err := keySourceOf(&o.settings, s.getenv)
		if err != nil {
			return usageError{err}
		}
		if o.desk.Sealer, err = source.unlock(ctx, o.store); err != nil {
			return err
		}
		o.desk.NewPassword = seal.Password
		receipt, err := o.desk.Resolve(ctx, order.ID, berth.Resolution{ASN: c.ASN})
		if err != nil {
			return err
		}
		return s.resolved(ctx, o, receipt.Order, "is completed with AS"+decimal(c.ASN)+"; a running server brings its session up within seconds")
	})
}

type orderRefuseCmd struct {
	databaseFlags
	Order string `arg:"" help:"Id or number of the order."`
}

func (c *orderRefuseCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		order, err := findOrder(ctx, o.store, c.Order)
		if err != nil {
			return err
		}
		if order.Kind != berth.KindNetwork {
			return berth.Invalid("order", "Only a network order is refused; 'order resolve' decides on others.")
		}
		receipt, err := o.desk.Resolve(ctx, order.ID, berth.Resolution{Refund: true})
		if err != nil {
			return err
		}
		return s.resolved(ctx, o, receipt.Order, "is refunded")
	})
}

// resolved shows an order that a person has decided on.
func (s *session) resolved(ctx context.Context, o *office, order berth.Order, how string) error {
	service, _, err := o.store.Service(ctx, order.ServiceID)
	if err != nil {
		return err
	}
	return s.show(viewOrder(order, &service), func(w io.Writer) { row(w, "Order "+order.ID+" "+how+".") })
}

// edgeNumbers are the AS numbers that the settings' edges speak with, by their providers' names. What is none was judged with
// the settings, or is none of this command's business.
func edgeNumbers(s *settings.Settings) map[string]uint32 {
	numbers := map[string]uint32{}
	for _, name := range s.ProviderNames() {
		if n, err := strconv.ParseUint(s.Read(name, nil).Text("asn", ""), 10, 32); err == nil {
			numbers[name] = uint32(n) // #nosec G115 -- of 32 bits
		}
	}
	return numbers
}
