package main

import (
	"context"
	"errors"
	"io"

	"github.com/berth-host/berth"
)

type serviceSessionCmd struct {
	databaseFlags
	Service string  `arg:"" help:"Id of the service."`
	LimitV4 *int64  `name:"limit-v4" help:"Routes received over IPv4 above which the session is shut." placeholder:"N"`
	LimitV6 *int64  `name:"limit-v6" help:"The same over IPv6." placeholder:"N"`
	Export  *string `help:"What the customer is sent: none, default (a default route) or full." placeholder:"WHAT"`
}

// Run changes the terms of one service's session.
func (c *serviceSessionCmd) Run(s *session) error {
	if c.LimitV4 == nil && c.LimitV6 == nil && c.Export == nil {
		return usageError{errors.New("give --limit-v4, --limit-v6 or --export, or several")}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		v, err := o.desk.ChangeSession(ctx, c.Service, berth.SessionTerms{LimitV4: c.LimitV4, LimitV6: c.LimitV6, Export: (*berth.EdgeExport)(c.Export)})
		if err != nil {
			return err
		}
		return s.show(viewService(v), func(w io.Writer) {
			row(w, "The session of "+v.ID+" is changed; a running server tells the edge within seconds.")
		})
	})
}
