package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/berth-host/berth"
)

type serviceCmds struct {
	List    serviceListCmd    `cmd:"" help:"List services, by age."`
	Show    serviceShowCmd    `cmd:"" help:"Show one service: its state, what is under way, and when the clock looks at it next."`
	Suspend serviceSuspendCmd `cmd:"" help:"Keep a server from running until an operator resumes it, paid or not."`
	Resume  serviceResumeCmd  `cmd:"" help:"End a suspension. A server that isn't paid is suspended again by the clock."`
	Delete  serviceDeleteCmd  `cmd:"" help:"Delete a server at its provider, with all data on it. Nothing is given back."`
	Session serviceSessionCmd `cmd:"" help:"Change limits or export of a network service's session. The catalogue's are for new orders."`
	Prefix  servicePrefixCmds `cmd:"" help:"Prefixes of network services that wait for a person."`
}

// serviceStateView is a service as the commands show it.
type serviceStateView struct {
	serviceView
	UserID      string  `json:"user_id"`
	Product     string  `json:"product"`
	Provider    string  `json:"provider"`
	Price       string  `json:"price"`
	AutoRenew   bool    `json:"auto_renew"`
	Held        string  `json:"held"`
	Noticed     bool    `json:"noticed"`
	SuspendedAt *string `json:"suspended_at"`
	LastNotice  *string `json:"last_notice"`
	OpenOrder   string  `json:"open_order"`
	Task        string  `json:"task"`
	Attempt     int64   `json:"attempt"`
	Note        string  `json:"note"`
	DueAt       *string `json:"due_at"`

	Session *sessionView `json:"session"` // null for servers, and for networks without a number
}

func viewService(s berth.Service) serviceStateView {
	return serviceStateView{
		serviceView: serviceView{ID: s.ID, Sort: s.Sort, Status: string(s.Status), Name: s.Name, Location: s.Location,
			Address: s.Address, ProviderRef: s.ProviderRef, ExpiresAt: stamp(s.ExpiresAt)},
		UserID: s.UserID, Product: s.Product, Provider: s.Provider, Price: berth.FormatMinor(s.Price), AutoRenew: s.AutoRenew, Held: s.Held,
		Noticed: s.Noticed != 0 && s.Noticed == s.ExpiresAt, SuspendedAt: stamp(s.SuspendedAt), LastNotice: stamp(s.Warned), OpenOrder: s.OpenOrder, Task: s.Task.Do,
		Attempt: s.Attempt, Note: s.Note, DueAt: stamp(s.DueAt), Session: viewSession(s),
	}
}

type serviceListCmd struct {
	databaseFlags
	User  string `help:"Only this user's." placeholder:"ID"`
	Due   bool   `help:"Only those that the clock has to look at now."`
	Limit int    `default:"1000" help:"How many at most."`
}

// Run looks through all services: no index leads to a user's.
func (c *serviceListCmd) Run(s *session) error {
	if c.Limit < 1 || c.Limit > 1_000_000 {
		return usageError{fmt.Errorf("--limit: %d is not between 1 and 1000000", c.Limit)}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		views, found := []serviceStateView{}, []berth.Service{}
		now := wallClock()
		for v, err := range berth.EachService(ctx, o.store) {
			if err != nil {
				return err
			}
			if (c.User == "" || v.UserID == c.User) && (!c.Due || v.DueAt != 0 && v.DueAt <= now) {
				views, found = append(views, viewService(v)), append(found, v)
			}
			if len(found) == c.Limit {
				break
			}
		}
		return s.show(views, func(w io.Writer) {
			zone := o.settings.Zone
			row(w, "ID", "STATUS", "NAME", "EXPIRES", "RENEWS", "TASK", "DUE", "PRODUCT", "SORT", "USER")
			for _, v := range found {
				row(w, v.ID, string(v.Status), shown(v.Name), local(v.ExpiresAt, zone), yesNo(v.AutoRenew), shown(v.Task.Do),
					shown(local(v.DueAt, zone)), v.Product, v.Sort, v.UserID)
			}
		})
	})
}

func yesNo(is bool) string { return map[bool]string{true: "yes", false: "no"}[is] }

type serviceShowCmd struct {
	databaseFlags
	Service string `arg:"" help:"Id of the service, which is that of the order that made it."`
}

func (c *serviceShowCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		v, ok, err := o.store.Service(ctx, c.Service)
		if err == nil && !ok {
			err = berth.Unknown("service", "There is no service with this id.")
		}
		if err != nil {
			return err
		}
		return s.show(viewService(v), func(w io.Writer) { printService(w, v, o) })
	})
}

// printService writes a service as a page of "name  value" lines.
func printService(w io.Writer, v berth.Service, o *office) {
	zone := o.settings.Zone
	line := func(name, value string) { row(w, name, shown(value)) }
	line("service", v.ID)
	line("sort", v.Sort)
	line("status", string(v.Status))
	line("held by", v.Held)
	line("suspended", local(v.SuspendedAt, zone))
	line("last notice", local(v.Warned, zone))
	line("user", v.UserID)
	line("product", v.Product)
	line("name", v.Name)
	line("location", v.Location)
	line("address", v.Address)
	line("provider", v.Provider)
	line("id at the provider", v.ProviderRef)
	line("price", berth.FormatMinor(v.Price))
	line("expires", local(v.ExpiresAt, zone))
	line("its owner was told", yesNo(v.Noticed != 0 && v.Noticed == v.ExpiresAt))
	line("renews itself", yesNo(v.AutoRenew))
	if session := viewSession(v); session != nil {
		session.print(line)
	}
	line("open order", v.OpenOrder)
	line("task", v.Task.Do)
	if v.Task.Do != "" {
		line("  attempt", decimal(v.Attempt))
		line("  held by process", v.Holder)
		line("  note", v.Note)
	}
	line("looked at next", local(v.DueAt, zone))
}

type serviceSuspendCmd struct {
	databaseFlags
	Service string `arg:"" help:"Id of the service."`
}

func (c *serviceSuspendCmd) Run(s *session) error { return c.ask(s, c.Service, berth.TaskSuspend) }

type serviceResumeCmd struct {
	databaseFlags
	Service string `arg:"" help:"Id of the service."`
}

func (c *serviceResumeCmd) Run(s *session) error { return c.ask(s, c.Service, berth.TaskResume) }

type serviceDeleteCmd struct {
	databaseFlags
	Service string `arg:"" help:"Id of the service."`
}

func (c *serviceDeleteCmd) Run(s *session) error { return c.ask(s, c.Service, berth.TaskDelete) }

// whyNot says what is the matter with a service that can't be asked for anything. A client isn't told so much: to it, what
// isn't its own server is unknown.
func whyNot(ctx context.Context, o *office, id string) error {
	v, ok, err := o.store.Service(ctx, id)
	switch {
	case err != nil:
		return err
	case !ok:
		return berth.Unknown("service", "There is no service with this id.")
	case v.Sort != berth.ServerService:
		return berth.Unknown("service", "This service is a %s; only servers are suspended, resumed and deleted by command.", v.Sort)
	case v.Status == berth.Terminated:
		return berth.Unknown("service", "This service is terminated already.")
	}
	return nil
}

// ask writes a task down for a running server to do: a command has no provider.
func (f *databaseFlags) ask(s *session, id, do string) error {
	return f.do(s, func(ctx context.Context, o *office) error {
		v, err := o.desk.Ask(ctx, berth.TaskRequest{Operator: true, Later: true, ServerID: id, Task: berth.Task{Do: do}})
		if berth.IsCode(err, berth.NotFound) {
			err = cmp.Or(whyNot(ctx, o, id), err)
		}
		if err != nil {
			return err
		}
		return s.show(viewService(v), func(w io.Writer) {
			row(w, fmt.Sprintf("A running server is to %s %s now; 'berth service show' tells how that goes.", do, v.ID))
		})
	})
}
