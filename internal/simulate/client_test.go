package simulate

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/fault"
	"github.com/berth-host/berth/internal/provision/sim"
)

// client sends orders, one after the other, and remembers what it was told.
type client struct {
	world    *world
	index    int
	dice     *fault.Dice
	requests []*request
	tasks    []*task
}

// request is one thing that a client wants, however often it asks for it. Its tag is stored with the order.
type request struct {
	berth.Request
	tag     string
	answers []answer
}

// answer is what a client got to one attempt: a receipt, a refusal, or no answer at all.
type answer struct {
	receipt berth.Receipt
	err     *berth.Error // nil with a receipt or without an answer
	lost    bool
}

// patience is how long after the faults a client gets a certain answer at the latest.
const patience = 5 * time.Minute

func (c *client) live() {
	for !c.world.finished(1 + c.dice.Under(c.world.profile.think)) {
		if c.dice.OneIn(4) && c.change() {
			continue
		}
		r := c.want(len(c.requests))
		c.requests = append(c.requests, r)
		if c.dice.OneIn(6) {
			c.quote(r)
		}
		if r.IdempotencyKey != "" && c.dice.OneIn(8) {
			c.askTwice(r)
		}
		c.pursue(r)
	}
}

// quote asks for the price first, which must change nothing.
func (c *client) quote(r *request) {
	home := c.world.replicas[c.dice.Below(len(c.world.replicas))]
	ctx, leave := context.WithTimeout(context.Background(), 1+c.dice.Under(10*time.Second))
	defer leave()
	request := r.Request
	_, err := home.counter().Quote(ctx, &request)
	c.world.tally("quote: " + string(code(err)))
	time.Sleep(1 + c.dice.Under(20*time.Millisecond))
}

// askTwice sends a request to two replicas at once, as an impatient client does.
func (c *client) askTwice(r *request) {
	var first answer
	var other sync.WaitGroup
	other.Go(func() {
		dice := c.world.dice("twin", r.tag)
		time.Sleep(1 + dice.Under(20*time.Millisecond))
		first = c.ask(dice, r)
	})
	r.answers = append(r.answers, c.ask(c.dice, r))
	other.Wait()
	r.answers = append(r.answers, first)
}

// pursue asks until the answer is certain. Without an idempotency key it asks once.
func (c *client) pursue(r *request) {
	var over time.Time
	for {
		a := c.ask(c.dice, r)
		r.answers = append(r.answers, a)
		if a.certain() || r.IdempotencyKey == "" {
			break
		}
		if !c.world.finished(1 + c.dice.Under(3*time.Second)) {
			continue
		}
		if over.IsZero() {
			over = time.Now()
		}
		if time.Since(over) > patience {
			c.world.object("answer", "request %s has no certain answer: %s", r.tag, a)
			return
		}
		time.Sleep(1 + c.dice.Under(3*time.Second))
	}
	if r.IdempotencyKey != "" && c.dice.OneIn(3) { // once more, to see it again
		r.answers = append(r.answers, c.ask(c.dice, r))
	}
}

// ask sends a request to any replica and waits for the answer, not always long enough.
func (c *client) ask(dice *fault.Dice, r *request) answer {
	home := c.world.replicas[dice.Below(len(c.world.replicas))]
	w, died, ok := home.alive()
	if !ok {
		return answer{lost: true}
	}
	ctx, leave := context.WithCancel(context.Background())
	if dice.OneIn(6) {
		ctx, leave = context.WithTimeout(context.Background(), 1+dice.Under(10*time.Second))
	}
	defer leave()
	got := make(chan answer, 1)
	request := r.Request
	go func() {
		receipt, err := w.Place(ctx, &request)
		a := answer{receipt: receipt}
		if err != nil {
			a.err = berth.AsError(err)
		}
		got <- a
	}()
	a := answer{lost: true}
	select {
	case a = <-got:
	case <-died:
	}
	time.Sleep(1 + dice.Under(20*time.Millisecond)) // on the way back
	if dice.OneIn(20) {
		a = answer{lost: true}
	}
	c.world.tally("answer: " + a.short())
	c.world.note(fmt.Sprintf("c%d", c.index), fmt.Sprintf("%s %s: %s", r.tag, r.Kind, a))
	return a
}

// certain reports whether the answer settles its request for the client.
func (a answer) certain() bool {
	return !a.lost && (a.err == nil || a.refused())
}

// refused reports whether the answer says that nothing was written and nothing will be.
func (a answer) refused() bool {
	return !a.lost && a.err != nil && a.err.Code != berth.Unavailable && a.err.Code != berth.InProgress
}

func (a answer) short() string {
	switch {
	case a.lost:
		return "none"
	case a.err != nil:
		return string(a.err.Code)
	case a.receipt.Replayed:
		return string(a.receipt.Order.State) + ", replayed"
	}
	return string(a.receipt.Order.State)
}

func (a answer) String() string {
	if a.lost || a.err != nil {
		return a.short()
	}
	return fmt.Sprintf("order %s is %s at %d", a.receipt.Order.ID, a.short(), a.receipt.Order.Amount)
}

// want thinks of something to order.
func (c *client) want(n int) *request {
	d := c.dice
	user := users[0] // the hot wallet
	if d.OneIn(3) {
		user = users[d.Below(len(users))]
	}
	r := &request{tag: fmt.Sprintf("c%d/%d", c.index, n), Request: berth.Request{
		UserID: user.ID, KeyOwnerID: user.ID, Hours: int64(1 + d.Below(100)), Location: "paris", ImageID: 1,
	}}
	if user.ParentID != "" && d.OneIn(2) {
		r.KeyOwnerID = user.ParentID // the parent's key orders for its sub-account
	}
	r.Versions = r.tag
	servers := c.own(user.ID)
	switch pick := d.Below(10); {
	case pick < 2 && len(servers) > 0:
		r.Kind, r.ServerID = berth.KindRenew, servers[d.Below(len(servers))]
	case pick < 5 && len(servers) > 0:
		r.Kind, r.ServerID = berth.KindScale, servers[d.Below(len(servers))]
		r.PlanID = []string{"1", "2", "3"}[d.Below(3)]
	case pick < 6:
		r.Kind, r.NetworkID, r.Cycle = berth.KindNetwork, "net", berth.Monthly
	default:
		r.Kind, r.PlanID = berth.KindNewServer, []string{"1", "2", "2", "3"}[d.Below(4)]
		r.Name = []string{"", "shop", sim.NameRefuse, sim.NameLost, sim.NameWait}[d.Below(5)]
		if d.OneIn(2) {
			r.Location = "oslo"
		}
	}
	if !d.OneIn(4) {
		r.IdempotencyKey = "api/" + r.tag
		if n > 0 && d.OneIn(15) { // by mistake it's one that was used before
			r.IdempotencyKey, r.KeyOwnerID = c.requests[n-1].IdempotencyKey, c.requests[n-1].KeyOwnerID
		}
	}
	r.Canonical = fmt.Appendf(nil, "%s %s %s %s %s %s %s %d", r.Versions, r.Kind, r.UserID, r.PlanID, r.ServerID, r.NetworkID, r.Name, r.Hours)
	return r
}

// own lists the user's servers, by id.
func (c *client) own(user string) (ids []string) {
	orders, _ := c.world.books.Orders(context.Background(), berth.OrderFilter{UserID: user, Kind: berth.KindNewServer, State: berth.Completed, Limit: 1000})
	for _, o := range orders {
		ids = append(ids, o.ServiceID)
	}
	return ids
}
