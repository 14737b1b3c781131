package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/berth-host/berth"
)

type orderCmds struct {
	Show    orderShowCmd    `cmd:"" help:"Show one order and its service."`
	List    orderListCmd    `cmd:"" help:"List orders, the newest first."`
	Retry   orderRetryCmd   `cmd:"" help:"Make a waiting order due at once."`
	Resolve orderResolveCmd `cmd:"" help:"Decide on an order that no certain answer came for."`

	Complete orderCompleteCmd `cmd:"" help:"Complete a network order that waits for a registration, with its AS number."`
	Refuse   orderRefuseCmd   `cmd:"" help:"Refuse a network order that waits for a registration, or for its edge: the money goes back."`
}

// decimal writes an integer.
func decimal(n int64) string { return strconv.FormatInt(n, 10) }

type orderShowCmd struct {
	databaseFlags
	Order string `arg:"" help:"Id or number (CLOUD_...) of the order."`
}

func (c *orderShowCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		order, err := findOrder(ctx, o.store, c.Order)
		if err != nil {
			return err
		}
		service, _, err := o.store.Service(ctx, order.ServiceID)
		if err != nil {
			return err
		}
		return s.show(viewOrder(order, &service), func(w io.Writer) { printOrder(w, order, service, o) })
	})
}

// findOrder finds an order by id or by its number.
func findOrder(ctx context.Context, r berth.Reader, name string) (berth.Order, error) {
	order, ok, err := r.Order(ctx, name)
	if err != nil || ok {
		return order, err
	}
	found, err := r.Orders(ctx, berth.OrderFilter{Number: name, Limit: 1})
	if err != nil {
		return order, err
	}
	if len(found) == 0 {
		return order, berth.Unknown("order", "There is no order with this id or number.")
	}
	return found[0], nil
}

type orderListCmd struct {
	databaseFlags
	User  string `help:"Only this user's." placeholder:"ID"`
	State string `help:"Only in this state: paid, completed or refunded." enum:",paid,completed,refunded" default:"" placeholder:"STATE"`
	Kind  string `help:"Only of this kind: new_server, renew_server, scale_server or network." enum:",new_server,renew_server,scale_server,network" default:"" placeholder:"KIND"`
	Limit int    `default:"50" help:"How many at most."`
}

func (c *orderListCmd) Run(s *session) error {
	if c.Limit < 1 || c.Limit > 10_000 {
		return usageError{fmt.Errorf("--limit: %d is not between 1 and 10000", c.Limit)}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		orders, err := o.store.Orders(ctx, berth.OrderFilter{UserID: c.User, Kind: c.Kind, State: berth.State(c.State), Limit: c.Limit})
		if err != nil {
			return err
		}
		views := make([]orderView, len(orders))
		for i, order := range orders {
			views[i] = viewOrder(order, nil)
		}
		return s.show(views, func(w io.Writer) {
			row(w, "ID", "KIND", "STATE", "AMOUNT", "PLACED", "NOTE", "NUMBER", "USER")
			for _, order := range orders {
				row(w, order.ID, order.Kind, string(order.State), berth.FormatMinor(order.Amount)+" "+order.Currency,
					local(order.CreatedAt, o.settings.Zone), shown(order.Note), order.Number, order.UserID)
			}
		})
	})
}

type orderRetryCmd struct {
	databaseFlags
	Order string `arg:"" help:"Id or number of the order."`
}

func (c *orderRetryCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		order, err := findOrder(ctx, o.store, c.Order)
		if err == nil {
			order, err = o.desk.Retry(ctx, order.ID)
		}
		if err != nil {
			return err
		}
		return s.show(viewOrder(order, nil), func(w io.Writer) { row(w, "Order "+order.ID+" is due now; a running server takes it.") })
	})
}

type orderResolveCmd struct {
	databaseFlags
	Order  string `arg:"" help:"Id or number of the order."`
	Adopt  string `xor:"decision" required:"" help:"The machine was made: its id at the provider." placeholder:"PROVIDER_ID"`
	Refund bool   `xor:"decision" required:"" help:"Nothing was made, and nothing will be: give the money back."`
}

// Run settles an order by a person's decision. Adopting reads the machine from its provider, so that one needs the
// settings with that provider.
func (c *orderResolveCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		order, err := findOrder(ctx, o.store, c.Order)
		if err != nil {
			return err
		}
		openers, err := providersOf(&o.settings, s.getenv)
		if err != nil {
			return err
		}
		if c.Refund {
			openers = nil // a refund asks nobody, so a provider that is away can't stop it
		}
		p, err := openProviders(ctx, o.store, openers)
		if err != nil {
			return err
		}
		defer p.close()
		o.desk.Servers, o.desk.Networks = p.servers, p.networks
		receipt, err := o.desk.Resolve(ctx, order.ID, berth.Resolution{Refund: c.Refund, Adopt: c.Adopt})
		if err != nil {
			return err
		}
		service, _, err := o.store.Service(ctx, receipt.Order.ServiceID)
		if err != nil {
			return err
		}
		return s.show(viewOrder(receipt.Order, &service), func(w io.Writer) {
			row(w, "Order "+order.ID+" is "+string(receipt.Order.State)+".")
		})
	})
}
