package simulate

import (
	"context"
	"fmt"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/fault"
)

// users are the customers: the first has the hot wallet, the last belongs to it.
var users = []berth.User{
	{ID: "u-hot", Username: "hot"}, {ID: "u-bob", Username: "bob"}, {ID: "u-eve", Username: "eve"},
	{ID: "u-kid", Username: "kid", ParentID: "u-hot"},
}

// catalogue is what is sold. Version numbers vary the prices, and whether a plan is limited in Oslo.
func catalogue(version int) berth.Catalogue {
	oslo := berth.Unlimited
	if version%2 == 1 {
		oslo = 4
	}
	price := int64(7200 + 720*version)
	plan := func(id string, external, price, disk int64, offers ...berth.Offer) berth.Plan {
		return berth.Plan{ID: id, ExternalID: external, Type: "vps", Name: id, Cores: external, RAM: external << 30, Disk: disk,
			Price: price, Images: []int64{1}, Offers: offers}
	}
	return berth.Catalogue{
		Currency: "EUR", DefaultLocation: "paris", Locations: []berth.Location{{Name: "paris"}, {Name: "oslo"}},
		Images: []berth.Image{{ID: 1, Name: "Debian"}},
		Plans: []berth.Plan{
			plan("small", 1, price, 10, berth.Offer{Location: "paris", Providers: []string{tenant, spare}, Capacity: berth.Unlimited}, berth.Offer{Location: "oslo", Providers: []string{tenant}, Capacity: oslo}),
			plan("medium", 2, 2*price, 10, berth.Offer{Location: "paris", Providers: []string{tenant}, Capacity: limited}, berth.Offer{Location: "oslo", Providers: []string{spare, tenant}, Capacity: berth.Unlimited}),
			plan("large", 3, 4*price, 20, berth.Offer{Location: "paris", Providers: []string{tenant}, Capacity: limited}),
		},
		Networks: []berth.NetworkProduct{{ID: "net", Name: "BGP", Provider: tenant, Monthly: 500, Yearly: berth.NotOffered}},
	}
}

// opening is every wallet's first balance, in minor units.
const opening = 20000

// limited is the capacity of the plans that are limited for good.
const limited = 3

// begin opens the books: users with some money, and a catalogue.
func (w *world) begin() {
	desk := berth.NewDesk(berth.Desk{Store: w.books, Sealer: fault.PlainSealer{}, Policy: policy(), Replica: "opening", Now: w.now})
	ctx := context.Background()
	_, err := desk.ApplyCatalogue(ctx, catalogue(0))
	for _, u := range users {
		if err == nil {
			_, err = desk.CreateUser(ctx, u, "EUR")
		}
		if err == nil {
			_, _, err = desk.Transfer(ctx, berth.Transfer{UserID: u.ID, Amount: opening, Ref: "opening"})
		}
	}
	if block := w.block(); err == nil && block != "" {
		_, err = desk.AddPool(ctx, berth.Pool{Name: "net", Kind: berth.AddressPool, Rest: 30 * berth.Second,
			Ranges: []berth.Range{{CIDR: block, Gateway: "203.0.113.1"}}})
	}
	if err != nil {
		panic(err) // nothing fails here
	}
}

// block is what the servers get their addresses from: in a half of the worlds the provider has its own, in a quarter there
// are hardly any.
func (w *world) block() string {
	switch w.seed % 4 {
	case 0:
		return "203.0.113.0/29"
	case 2:
		return "203.0.113.0/24"
	}
	return ""
}

// pools are the settings of a desk. In some worlds both providers give from one pool, in others the second has none, so
// that an order which moves on gives its address back.
func (w *world) pools() map[string]string {
	switch {
	case w.block() == "":
		return nil
	case w.seed%8 < 4:
		return map[string]string{tenant: "net", spare: "net"}
	}
	return map[string]string{tenant: "net"}
}

// office is the operator, whose every command is a process of its own.
type office struct {
	world     *world
	transfers []*transfer
}

// transfer is a credit or debit that the operator repeats until the answer is certain.
type transfer struct {
	berth.Transfer
	done, refused, doubtful bool
}

// command runs one command, which may die like any other process. It reports the command's error, or that there was
// no answer.
func (o *office) command(name string, do func(*berth.Desk) error) error {
	p, _, desk := o.world.process(name, o.world.now, func(_ string, d fault.Driver) fault.Maker { return d })
	died := make(chan struct{})
	p.Died = func() { close(died) }
	got := make(chan error, 1)
	go func() { got <- do(desk) }()
	select {
	case err := <-got:
		p.Kill() // it ends, and leaves what it has not waited for
		return err
	case <-died:
		return berth.Errorf(berth.Unavailable, "the command died")
	}
}

// insist repeats a command until its answer is certain.
func (o *office) insist(dice *fault.Dice, name string, do func(*berth.Desk) error) (attempts int, err error) {
	for {
		attempts++
		err = o.command(fmt.Sprintf("%s.%d", name, attempts), do)
		o.world.note(name, fmt.Sprint("answer: ", code(err)))
		if !berth.IsCode(err, berth.Unavailable) {
			return attempts, err
		}
		time.Sleep(1 + dice.Under(2*time.Second))
	}
}

func code(err error) berth.Code {
	if err == nil {
		return "ok"
	}
	return berth.AsError(err).Code
}

// transfer moves money in and out.
func (o *office) transfer() {
	dice := o.world.dice("transfers")
	for n := 0; !o.world.finished(1 + dice.Under(8*time.Second)); n++ {
		t := &transfer{Transfer: berth.Transfer{
			UserID: users[dice.Below(len(users))].ID, Amount: int64(1 + dice.Below(20000)), Ref: fmt.Sprintf("t%d", n),
		}}
		if dice.OneIn(4) {
			t.Amount = -t.Amount / 3
		}
		if t.Amount == 0 {
			t.Amount = 1
		}
		o.transfers = append(o.transfers, t)
		attempts, err := o.insist(dice, "transfer"+t.Ref, func(d *berth.Desk) error {
			_, _, err := d.Transfer(context.Background(), t.Transfer)
			return err
		})
		t.done, t.refused, t.doubtful = err == nil, err != nil, attempts > 1
	}
}

// price applies new catalogues.
func (o *office) price() {
	dice := o.world.dice("prices")
	for version := 1; !o.world.finished(10*time.Second + dice.Under(time.Minute)); version++ {
		_, err := o.insist(dice, fmt.Sprintf("catalogue%d", version), func(d *berth.Desk) error {
			_, err := d.ApplyCatalogue(context.Background(), catalogue(version))
			return err
		})
		if err != nil {
			o.world.object("answer", "catalogue %d is refused: %v", version, err)
		}
	}
}

// resolve decides on orders that wait, now and then.
func (o *office) resolve() {
	dice := o.world.dice("resolves")
	for n := 0; !o.world.finished(1 + dice.Under(20*time.Second)); n++ {
		open := o.world.open()
		if len(open) == 0 {
			continue
		}
		order := open[dice.Below(len(open))]
		if dice.OneIn(3) {
			o.retry(fmt.Sprintf("retry%d", n), order)
			continue
		}
		o.decide(fmt.Sprintf("resolve%d", n), order)
	}
}

// retry makes an order due at once.
func (o *office) retry(name string, order berth.Order) {
	err := o.command(name, func(d *berth.Desk) error {
		_, err := d.Retry(context.Background(), order.ID)
		return err
	})
	o.world.tally(fmt.Sprint("retry: ", code(err)))
	o.world.note(name, fmt.Sprintf("order %s: %s", order.ID, code(err)))
}

// decide resolves an order truthfully: it adopts what is there, or refunds after making sure that nothing is and
// nothing will be.
func (o *office) decide(name string, order berth.Order) {
	var r berth.Resolution
	switch {
	case o.world.forbid(order.ID):
		r.Refund = true
	case order.Kind == berth.KindScale && o.world.changed(order.ID):
		r.Adopt = order.ProviderRef
	default:
		out := o.world.place(order.Provider).machines.Find(context.Background(), berth.Ref{Order: order.ID})
		if r.Adopt = out.ProviderRef; out.Verdict != berth.Done {
			return
		}
	}
	err := o.command(name, func(d *berth.Desk) error {
		_, err := d.Resolve(context.Background(), order.ID, r)
		return err
	})
	o.world.tally(fmt.Sprintf("resolve: refund %t, %s", r.Refund, code(err)))
	o.world.note(name, fmt.Sprintf("order %s, refund %t: %s", order.ID, r.Refund, code(err)))
}
