package years

import (
	"fmt"

	"github.com/berth-host/berth"
)

// live lets the years pass. What goes wrong ends a while before the rules are judged for the last time.
func (w *world) live() {
	end := began + int64(w.size.days)*day
	for step := 0; w.now() < end; step++ {
		w.clock.Add(scan/2 + int64(w.dice.Next()%uint64(scan)))
		w.disturb()
		if w.now() >= w.away {
			for range 1 + len(w.customers)/40 {
				w.customers[w.dice.Below(len(w.customers))].act()
			}
			w.serve()
		}
		if step%7 == 0 {
			w.judge()
		}
		if step%100 == 0 {
			w.sweep()
		}
	}
	w.calm, w.away, w.unreachable = true, 0, 0
	for range 24 { // six days, in which no customer does anything
		w.clock.Add(scan)
		w.serve()
	}
}

// disturb begins an outage from time to time: of every replica for up to ten days, or of the provider.
func (w *world) disturb() {
	if w.now() < max(w.away, w.unreachable) {
		w.undisturbed = w.now()
		return
	}
	if w.dice.OneIn(400) {
		w.away = w.now() + int64(w.dice.Below(10))*day
		w.tally("nobody served")
	}
	if w.dice.OneIn(400) {
		w.unreachable = w.now() + int64(w.dice.Below(10))*day
		w.tally("provider away")
	}
}

// serve lets the replicas do what is due. Each lists it before the others have done theirs.
func (w *world) serve() {
	for range 12 {
		lists := make([][]string, len(w.replicas))
		work := 0
		for i, r := range w.replicas {
			lists[i], _ = r.desk.Store.DueServices(background, w.now(), 200)
			work += len(lists[i])
		}
		from := w.dice.Below(len(w.replicas))
		for i := range w.replicas {
			n := (from + i) % len(w.replicas)
			work += w.replicas[n].serve(lists[n])
		}
		if work == 0 {
			return
		}
		w.clock.Add(10 * berth.Second)
	}
}

func (w *world) sweep() {
	for more := true; more; {
		var err error
		if more, err = w.replicas[0].desk.Sweep(background); err != nil {
			return
		}
	}
}

// replica does what a worker does, and dies at any point of it.
type replica struct {
	world *world
	desk  *berth.Desk
}

// dies reports whether the replica ends here; the next step finds it started again.
func (r *replica) dies() bool {
	dies := !r.world.calm && r.world.dice.OneIn(200)
	if dies {
		r.world.tally("death")
	}
	return dies
}

func (r *replica) serve(due []string) (work int) {
	w := r.world
	orders, _ := r.desk.Store.Due(background, w.now(), 200)
	if len(orders) > 0 {
		claimed, _ := r.desk.Claim(background, orders)
		work += len(claimed)
		for _, o := range claimed {
			if r.dies() {
				return work
			}
			_, _ = r.desk.Settle(background, o, r.desk.Fulfil(background, o))
		}
	}
	if len(due) == 0 {
		return work
	}
	tasks, renewals, _ := r.desk.ClaimServices(background, due)
	for _, s := range renewals {
		if r.dies() {
			return work + 1
		}
		r.renew(s)
		if w.dice.OneIn(30) { // as another replica whose claim was long ago
			w.replicas[w.dice.Below(len(w.replicas))].renew(s)
		}
	}
	for _, s := range tasks {
		if r.dies() {
			return work + 1
		}
		out := r.desk.Perform(background, s)
		if r.dies() {
			return work + 1
		}
		_, _ = r.desk.Finish(background, s, out)
	}
	return work + len(tasks) + len(renewals)
}

func (r *replica) renew(s berth.Service) {
	w := r.world
	if w.decided[s.ID] == nil {
		w.decided[s.ID] = map[int64]bool{}
	}
	w.decided[s.ID][s.ExpiresAt] = true
	receipt, err := r.desk.RenewDue(background, s)
	switch {
	case err != nil:
		w.tally("renewal: " + string(berth.AsError(err).Code))
	case receipt.Order.ID == "":
		w.tally("renewal: not covered")
	case receipt.Replayed:
		w.tally("renewal: replayed")
	default:
		w.tally("renewal: placed")
	}
	w.broken.renew(r, s)
}

// customer is somebody with services. Purse says how well they look after them.
type customer struct {
	world    *world
	id       string
	purse    int // 0: never tops up again, 1: late, 2: in time
	credits  int
	services []string
	barred   []int64 // the instants at which the operator suspended this user, and let the user in again, in turn
}

// out reports whether the customer was suspended at an instant.
func (c *customer) out(at int64) bool {
	before := 0
	for before < len(c.barred) && c.barred[before] < at {
		before++
	}
	return before%2 == 1
}

// bar has the operator suspend the user, or let the user in, until the answer is certain.
func (c *customer) bar(suspend bool) {
	w := c.world
	for {
		_, _ = w.office.SuspendUser(background, c.id, suspend)
		if u, ok, err := w.books.User(background, c.id); err == nil && ok && u.Active == !suspend {
			c.barred = append(c.barred, u.UpdatedAt)
			w.tally(map[bool]string{true: "user suspended", false: "user let in"}[suspend])
			return
		}
	}
}

func newCustomer(w *world, n int) *customer {
	c := &customer{world: w, id: fmt.Sprintf("customer-%d", n), purse: min(2, w.dice.Below(5))}
	if _, err := w.office.CreateUser(background, berth.User{ID: c.id, Username: c.id}, ""); err != nil {
		panic(err)
	}
	c.credit(20_000)
	return c
}

func (c *customer) credit(minor int64) {
	c.credits++
	_, _, _ = c.world.office.Transfer(background, berth.Transfer{UserID: c.id, Amount: minor, Ref: fmt.Sprint(c.id, "-", c.credits)})
}

// act is one thing that a customer does, or an operator about one.
func (c *customer) act() {
	w, dice := c.world, c.world.dice
	out := c.out(w.now())
	if w.living < w.size.services && !out {
		c.buy()
	}
	if c.purse == 2 && dice.OneIn(2) || c.purse == 1 && dice.OneIn(8) {
		c.credit(int64(5_000 + dice.Below(60_000)))
	}
	if out { // nothing else is for a suspended user to do
		if dice.OneIn(3) {
			c.bar(false)
		}
		return
	}
	if len(c.services) == 0 {
		return
	}
	n := dice.Below(len(c.services))
	id := c.services[n]
	task := func(do string, operator bool) (taken bool) {
		r := berth.TaskRequest{UserID: c.id, Operator: operator, ServerID: id, Task: berth.Task{Do: do}}
		if operator && dice.OneIn(2) {
			r.Later = true
		}
		s, err := w.office.Ask(background, r)
		if err == nil && !r.Later {
			_, _ = w.office.Finish(background, s, w.office.Perform(background, s))
		}
		return err == nil
	}
	if !dice.OneIn(3) {
		return
	}
	switch dice.Below(12) {
	case 0, 1:
		c.order(berth.Request{Kind: berth.KindRenew, ServerID: id, Hours: c.hours()})
	case 2:
		c.order(berth.Request{Kind: berth.KindScale, ServerID: id, PlanID: fmt.Sprint(1 + dice.Below(3)), Hours: c.hours()})
	case 3, 4:
		_, _ = w.office.SetAutoRenew(background, c.id, id, dice.OneIn(2))
	case 5:
		if dice.OneIn(4) {
			w.deleting[id] = true
			task(berth.TaskDelete, false)
		}
	case 6:
		if task(berth.TaskSuspend, true) {
			w.lifted[id] = false
		}
	case 7, 8:
		w.lifted[id] = true
		task(berth.TaskResume, true)
	case 9:
		task(berth.TaskStop, false)
	case 10:
		c.bar(true)
	}
}

// hours are those that people buy: many a year, few a week.
func (c *customer) hours() int64 {
	switch n := c.world.dice.Below(20); {
	case n == 0:
		return 168
	case n < 6:
		return 720
	case n < 13:
		return 2160
	}
	return 8760
}

// manual marks what a person ordered: what the clock orders has no such word.
const manual = "by hand"

func (c *customer) order(r berth.Request) (berth.Receipt, error) {
	w := c.world
	r.UserID, r.KeyOwnerID, r.Versions = c.id, c.id, manual
	receipt, err := w.office.Place(background, &r)
	if err == nil && receipt.Order.State == berth.Paid && !w.replicas[0].dies() {
		_, _ = w.office.Settle(background, receipt.Order, w.office.Fulfil(background, receipt.Order))
	}
	return receipt, err
}

func (c *customer) buy() {
	dice := c.world.dice
	r := berth.Request{Kind: berth.KindNewServer, PlanID: fmt.Sprint(1 + dice.Below(5)), ImageID: 1, Hours: c.hours(), AutoRenew: !dice.OneIn(4)}
	if dice.OneIn(6) {
		r = berth.Request{Kind: berth.KindNetwork, NetworkID: "asn", Cycle: []string{berth.Monthly, berth.Yearly}[dice.Below(2)], AutoRenew: !dice.OneIn(4)}
	}
	if receipt, err := c.order(r); err == nil {
		c.services = append(c.services, receipt.Order.ID)
		c.world.living++
	}
}
