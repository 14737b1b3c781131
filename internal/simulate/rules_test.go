package simulate

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
)

// audits hold the books against their rules while everything goes on.
func (w *world) audits() {
	for dice := w.dice("audits"); !w.finished(1 + dice.Under(15*time.Second)); {
		w.audit(false)
	}
}

// audit verifies the books. While an operator applies a catalogue its stock rows are still being counted.
func (w *world) audit(final bool) {
	report, err := berth.Verify(context.Background(), w.books, w.head, nil)
	if err != nil {
		w.object("books", "verify: %v", err)
	}
	w.head = report.Head
	for _, f := range report.Findings {
		switch {
		case f.What != "stock":
			w.object("books", "%s %s %s", f.What, f.ID, f.Text)
		case final:
			w.object("stock", "%s %s", f.ID, f.Text)
		}
	}
	rows, _ := w.books.Stock(context.Background())
	for _, s := range rows {
		if s.Capacity == limited && s.Counted > s.Capacity {
			w.object("capacity", "%s: %d are sold of %d", s.Key, s.Counted, s.Capacity)
		}
	}
}

// calmRounds is how many rounds in a row must find no open order: a commit may still be under way.
const calmRounds = 8

// settle lets time pass until no order is open.
func (w *world) settle() {
	for round, calm := 0, 0; round < 200 && calm < calmRounds; round++ {
		calm++
		due := berth.Forever
		for _, o := range w.open() {
			calm, due = 0, min(due, o.DueAt)
			// Whether a change that has no certain answer was made is for a person to say.
			if o.Kind == berth.KindScale && o.Doubt && o.Holder == "" {
				w.office.decide("resolve/"+o.ID, o)
			}
		}
		for _, s := range w.tasks() {
			calm, due = 0, min(due, s.DueAt)
		}
		if wait := due - w.now() - 2*berth.Second; wait > 0 && calm == 0 && round > 10 {
			w.leaped.Add(wait) // nothing would happen meanwhile
		}
		time.Sleep(2*time.Second + 1)
	}
	for _, o := range w.open() {
		w.object("stuck", "order %s is still open: attempt %d, %s", o.ID, o.Attempt, o.Note)
	}
	for _, s := range w.tasks() {
		w.object("task stuck", "%s of server %s still goes on: attempt %d, %s", s.Task.Do, s.ID, s.Attempt, s.Note)
	}
	// Of the last moment something may always be left to seal.
	if b, _ := w.books.Backlog(context.Background()); b.Unsealed > 0 && b.UnsealedSince < w.now()-10*berth.Second {
		w.object("stuck", "%d batches are still not sealed", b.Unsealed)
	}
}

func (w *world) open() []berth.Order {
	orders, _ := w.books.Orders(context.Background(), berth.OrderFilter{State: berth.Paid, Limit: 1 << 30})
	return orders
}

// judge holds everything that was said and done against the rules, at the end.
func (w *world) judge() {
	w.audit(true)
	orders, _ := w.books.Orders(context.Background(), everything)
	byID, byTag := map[string]berth.Order{}, map[string][]berth.Order{}
	for _, o := range orders {
		w.tally("order: " + string(o.State))
		byID[o.ID] = o
		byTag[o.Versions] = append(byTag[o.Versions], o)
	}
	byKey := map[string][]berth.Order{}
	for _, c := range w.clients {
		for _, r := range c.requests {
			made := byTag[r.tag]
			w.judgeRequest(r, made, byID)
			if r.IdempotencyKey != "" {
				id := berth.KeyID(r.KeyOwnerID, r.IdempotencyKey)
				byKey[id] = append(byKey[id], made...)
			} else if len(made) > 1 {
				w.object("one order a request", "request %s made the orders %s and %s", r.tag, made[0].ID, made[1].ID)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byKey)) {
		w.judgeKey(id, byKey[id])
	}
	w.judgeTasks()
	w.judgeMoney(orders)
	w.tallyPool()
	w.judgeMachines(orders, byID)
}

// judgeKey holds the orders of one idempotency key against each other. After its window a key may be used anew.
func (w *world) judgeKey(id string, made []berth.Order) {
	slices.SortFunc(made, func(a, b berth.Order) int { return cmp.Compare(a.CreatedAt, b.CreatedAt) })
	for i := 1; i < len(made); i++ {
		if made[i].CreatedAt < made[i-1].CreatedAt+policy().KeyWindow {
			w.object("one order a key", "key %s made the orders %s and %s", id, made[i-1].ID, made[i].ID)
		}
	}
}

// judgeRequest holds one request's answers against its orders.
func (w *world) judgeRequest(r *request, made []berth.Order, byID map[string]berth.Order) {
	told := map[string]berth.Receipt{}
	refused := len(r.answers) > 0
	for _, a := range r.answers {
		refused = refused && a.refused()
		if a.lost || a.err != nil {
			continue
		}
		w.judgeReceipt(r, a.receipt, byID)
		if before, ok := told[a.receipt.Order.ID]; ok && before.Password != a.receipt.Password && a.receipt.Password != "" && before.Password != "" {
			w.object("acknowledged", "request %s was told two passwords", r.tag)
		}
		told[a.receipt.Order.ID] = a.receipt
	}
	if refused && len(made) > 0 {
		w.object("refused", "request %s was refused, but made order %s", r.tag, made[0].ID)
	}
}

// judgeReceipt holds one receipt against the order as it is at the end.
func (w *world) judgeReceipt(r *request, told berth.Receipt, byID map[string]berth.Order) {
	o, ok := byID[told.Order.ID]
	switch {
	case !ok:
		w.object("acknowledged", "request %s was told of order %s, which does not exist", r.tag, told.Order.ID)
	case o.Versions != r.tag || o.UserID != r.UserID || o.Amount != told.Order.Amount:
		w.object("acknowledged", "request %s was told of order %s, which is another", r.tag, o.ID)
	case told.Order.State != berth.Paid && (told.Order.State != o.State || told.Order.Result != o.Result):
		w.object("acknowledged", "request %s was told that order %s is %s, but it is %s", r.tag, o.ID, told.Order.State, o.State)
	}
}

// judgeMoney holds the wallets against what went in and out.
func (w *world) judgeMoney(orders []berth.Order) {
	want := map[string]int64{}
	for _, o := range orders {
		if o.State != berth.Refunded {
			want[o.UserID] -= o.Amount
		}
	}
	posted := map[string]int{}
	for _, u := range users {
		entries, _ := w.books.Entries(context.Background(), u.ID, 0, 1<<30)
		for _, e := range entries {
			if e.Ref != "" {
				posted[u.ID+"/"+e.Ref]++
			}
		}
		want[u.ID] += opening
	}
	for _, t := range w.office.transfers {
		switch n := posted[t.UserID+"/"+t.Ref]; {
		case t.done && n == 0:
			w.object("acknowledged", "transfer %s was acknowledged and is lost", t.Ref)
		case n > 1:
			w.object("one transfer a key", "transfer %s was posted %d times", t.Ref, n)
		case t.refused && !t.doubtful && n > 0:
			w.object("refused", "transfer %s was refused and is posted", t.Ref)
		case n == 1:
			want[t.UserID] += t.Amount
		}
	}
	for _, u := range users {
		if wallet, _, _ := w.books.Wallet(context.Background(), u.ID); wallet.Balance != want[u.ID] {
			w.object("money", "wallet %s holds %d and should hold %d", u.ID, wallet.Balance, want[u.ID])
		}
	}
}

// judgeMachines holds the provider's world against the orders.
func (w *world) judgeMachines(orders []berth.Order, byID map[string]berth.Order) {
	byOrder, where := map[string][]sim.Machine{}, map[string]string{} // over all providers
	for _, p := range w.places {
		all, err := p.machines.Machines()
		if err != nil {
			w.object("machines", "list: %v", err)
		}
		for _, m := range all {
			id, _, _ := strings.Cut(m.Order, "#")
			if _, ok := byID[id]; !ok {
				w.object("machines", "machine %d of %s belongs to no order", m.No, p.name)
			}
			if !m.Refused {
				byOrder[id], where[id] = append(byOrder[id], m), p.name
			}
		}
	}
	for _, o := range orders {
		made := byOrder[o.ID]
		if len(made) > 1 {
			w.object("one machine", "order %s made %d machines", o.ID, len(made))
		}
		w.judgeRoute(o, where[o.ID])
		if o.State != berth.Refunded && w.place(o.Provider).provider.Refused(o.ID) && !w.changed(o.ID) {
			w.object("refund", "order %s was refused for certain and is %s", o.ID, o.State)
		}
		if o.State == berth.Refunded && (len(made) > 0 || w.changed(o.ID)) {
			w.object("refund", "order %s is refunded, but was delivered", o.ID)
		}
		if o.Kind == berth.KindNewServer && o.State == berth.Completed {
			w.judgeServer(o, made)
		}
	}
}

// tallyPool counts what became of the pool's items; whose they are, the audit has judged.
func (w *world) tallyPool() {
	items, _ := w.books.PoolItems(context.Background(), "net", -1, 1<<30)
	for _, i := range items {
		switch {
		case i.Owner != "" && i.Last != "":
			w.tally("pool: given again")
		case i.Owner != "":
			w.tally("pool: given")
		default:
			w.tally("pool: given back")
		}
	}
}

// judgeServer holds a server that somebody owns against the machine that stands for it.
func (w *world) judgeServer(o berth.Order, made []sim.Machine) {
	s, _, _ := w.books.Service(context.Background(), o.ServiceID)
	out := w.place(s.Provider).machines.Describe(context.Background(), s.ProviderRef)
	switch {
	case s.Status == berth.Terminated:
		if len(made) == 0 || !made[0].Gone || out.Verdict != berth.Absent {
			w.object("deleted", "server %s is terminated, but %q is still there", s.ID, s.ProviderRef)
		}
	case len(made) == 0 || out.Verdict != berth.Done || out.ServerNo != made[0].No:
		w.object("delivered", "server %s is %q, which is not the machine of its order", s.ID, s.ProviderRef)
	case (w.pools()[s.Provider] != "") != (s.CIDR != ""):
		w.object("delivered", "server %s at %s has %q from a pool", s.ID, s.Provider, s.CIDR)
	case s.CIDR != "" && made[0].Address != s.Address:
		w.object("delivered", "server %s is told to be at %s, its machine is at %s", s.ID, s.Address, made[0].Address)
	case made[0].Plan != s.PlanID || made[0].Cores != s.Cores || made[0].RAM != s.RAM || made[0].Disk != s.Disk:
		w.object("figures", "server %s has plan %s, its machine plan %s", s.ID, s.PlanID, made[0].Plan)
	}
}
