package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/berth-host/berth"
)

type servicePrefixCmds struct {
	List    prefixListCmd    `cmd:"" help:"List the prefixes that wait for a person, with the letters that speak for them."`
	Approve prefixApproveCmd `cmd:"" help:"Let a customer announce a prefix, whose letter of authority you have read."`
	Refuse  prefixRefuseCmd  `cmd:"" help:"Take such a prefix out again."`
}

type prefixListCmd struct{ databaseFlags }

// waitingView is a prefix that waits for a person.
type waitingView struct {
	Service string `json:"service_id"`
	UserID  string `json:"user_id"`
	ASN     int64  `json:"asn"`
	prefixView
}

// Run looks through all services: prefixes that wait are few, and no index leads to them.
func (c *prefixListCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		views := []waitingView{}
		for v, err := range berth.EachService(ctx, o.store) {
			if err != nil {
				return err
			}
			p, _, err := berth.ReadPeering(v.Peering)
			if err != nil {
				return fmt.Errorf("service %s: %w", v.ID, err)
			}
			for _, b := range p.Prefixes {
				if b.Pending && v.Status != berth.Terminated {
					views = append(views, waitingView{v.ID, v.UserID, int64(p.ASN), viewPrefix(b)})
				}
			}
		}
		return s.show(views, func(w io.Writer) {
			row(w, "SERVICE", "PREFIX", "PARTS TO", "AS", "READ", "USER", "LETTER")
			for _, v := range views {
				parts := "-"
				if v.Longest != 0 {
					parts = fmt.Sprintf("/%d", v.Longest)
				}
				row(w, v.Service, v.Prefix, parts, decimal(v.ASN), v.Read, v.UserID, v.Detail)
			}
		})
	})
}

type prefixApproveCmd struct {
	databaseFlags
	Service string `arg:"" help:"Id of the service."`
	Prefix  string `arg:"" help:"The prefix that waits."`
	Read    string `required:"" help:"What you have read, as 'service prefix list' shows it: the customer may have changed it since." placeholder:"READ"`
	By      string `required:"" help:"Who has read the letter." placeholder:"NAME"`
}

func (c *prefixApproveCmd) Run(s *session) error {
	if strings.TrimSpace(c.By) == "" {
		return usageError{errors.New("--by: name who has read the letter")}
	}
	return c.decide(s, berth.Approval{ServiceID: c.Service, Prefix: c.Prefix, Read: c.Read, By: c.By}, "may be announced; a running server tells the edge within seconds")
}

type prefixRefuseCmd struct {
	databaseFlags
	Service string `arg:"" help:"Id of the service."`
	Prefix  string `arg:"" help:"The prefix that waits."`
	Read    string `help:"Only what you have read, as 'service prefix list' shows it; whatever waits when left out." placeholder:"READ"`
}

func (c *prefixRefuseCmd) Run(s *session) error {
	return c.decide(s, berth.Approval{ServiceID: c.Service, Prefix: c.Prefix, Read: c.Read}, "is refused")
}

func (f *databaseFlags) decide(s *session, a berth.Approval, how string) error {
	return f.do(s, func(ctx context.Context, o *office) error {
		v, err := o.desk.ApprovePrefix(ctx, a)
		if err != nil {
			return err
		}
		return s.show(viewService(v), func(w io.Writer) { row(w, a.Prefix+" "+how+".") })
	})
}
