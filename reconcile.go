package berth

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// The sorts of drift between the database and a provider.
const (
	DriftUnpaid  = "unpaid"  // a machine of ours that nobody pays for
	DriftMissing = "missing" // a service whose machine is gone, or is another's now
	DriftState   = "state"   // suspended or stopped here and not there, or the other way round
	DriftPlan    = "plan"    // other figures than were bought
	DriftAddress = "address" // another address than the customer was told
	DriftUnknown = "unknown" // the provider gave no certain answer about it
)

// Drift is one difference between what the database says and what a provider has.
type Drift struct {
	Sort        string
	Provider    string
	ProviderRef string
	ServiceID   string // "" when no service belongs to the machine
	OrderID     string // that the machine was made for, or that made the service
	UserID      string
	Want, Have  string // what the database says, and the provider; for people
	Price       int64  // minor units a month (servers): what is at stake
	Repair      string // what would be done about it, "" when that is for a person to decide
	Done        bool   // it was
	Trouble     error  // why it wasn't, when it was tried
}

// ReconcileOptions say what may be done about drifts. The zero value changes nothing.
type ReconcileOptions struct {
	Installation string // this installation's id: only machines with its mark are looked at
	Repair       bool   // suspend, resume and start as the database says, and take over addresses
	Delete       bool   // delete machines that nobody pays for and that are older than MinAge
	MinAge       int64  // microseconds
}

// Reconciliation is what came of comparing.
type Reconciliation struct {
	Drifts   []Drift          // by provider, sort and machine
	Machines int64            // of this installation
	Foreign  int64            // machines of others, which are never touched
	Services int64            // that were compared
	Skipped  map[string]error // providers that couldn't be asked: nothing is known of theirs
}

// Reconcile compares every server that customers own with what its provider has, both ways. It may run beside a
// busy server: whatever differs is read once more before it counts, and machines of orders under way are left alone.
// Nothing is deleted but on the word of o.Delete, and never what doesn't carry this installation's mark.
func (d *Desk) Reconcile(ctx context.Context, o ReconcileOptions) (Reconciliation, error) {
	r := &reconciler{desk: d, options: o, result: Reconciliation{Skipped: map[string]error{}}}
	if o.Installation == "" { // or every machine without a mark would be ours
		return r.result, Errorf(NotFound, "This installation has no id yet: start its server once.")
	}
	if mark, _, err := d.Store.Meta(ctx, MetaMoved); err != nil || mark != "" && (o.Repair || o.Delete) {
		return r.result, cmp.Or(err, error(Errorf(Busy, "This database was moved away: its machines are another one's now.")))
	}
	services, err := d.serversByProvider(ctx)
	if err != nil {
		return r.result, err
	}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if d.Servers[name] == nil {
			r.result.Skipped[name] = Errorf(NotFound, "The provider %s is not in the settings.", quoted(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Servers)) {
		driver, ok := d.Servers[name].(Inspector)
		if !ok {
			r.result.Skipped[name] = Errorf(NotSupported, "The provider %s can't list what it has.", quoted(name))
			continue
		}
		if err := r.provider(ctx, name, driver, services[name]); err != nil {
			if ctx.Err() != nil {
				return r.result, err
			}
			r.result.Skipped[name] = err
		}
	}
	slices.SortStableFunc(r.result.Drifts, func(a, b Drift) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Sort, b.Sort), cmp.Compare(a.ProviderRef, b.ProviderRef))
	})
	return r.result, nil
}

// TakeReconciliation tells whether a comparison on a schedule is due and this process's to do: over all processes there is
// at most one in every microseconds. Whoever is told so calls Reconcile; one that dies at it is made up for next time.
func (d *Desk) TakeReconciliation(ctx context.Context, every int64) (mine bool, err error) {
	due := func(last string, now int64) bool {
		at, err := strconv.ParseInt(last, 10, 64)
		return err != nil || now-at >= every || at > now+every // the last: a clock was far ahead
	}
	last, _, err := d.Store.Meta(ctx, MetaReconciled)
	if err != nil || !due(last, d.Now()) {
		return false, err
	}
	err = d.Store.Write(ctx, Need{Meta: []string{MetaReconciled}}, func(b *Book) error {
		last, _ := b.Meta(MetaReconciled)
		if mine = due(last, b.Now()); mine {
			b.PutMeta(MetaReconciled, strconv.FormatInt(b.Now(), 10))
		}
		return nil
	})
	return mine && err == nil, err
}

// serversByProvider are all servers that must exist, by provider and by the provider's own id, the oldest first where
// several name one machine.
func (d *Desk) serversByProvider(ctx context.Context) (map[string]map[string][]Service, error) {
	found := map[string]map[string][]Service{}
	for s, err := range EachService(ctx, d.Store) {
		if err != nil {
			return nil, err
		}
		if s.Sort != ServerService || s.Status == Terminated {
			continue
		}
		if found[s.Provider] == nil {
			found[s.Provider] = map[string][]Service{}
		}
		found[s.Provider][s.ProviderRef] = append(found[s.Provider][s.ProviderRef], s)
	}
	return found, nil
}

type reconciler struct {
	desk    *Desk
	options ReconcileOptions
	result  Reconciliation
}

func (r *reconciler) provider(ctx context.Context, name string, driver Inspector, services map[string][]Service) error {
	seen := map[string]bool{}
	var ours []Machine
	err := driver.Machines(ctx, func(m Machine) error {
		if m.Installation != r.options.Installation {
			r.result.Foreign++
			return nil
		}
		seen[m.ProviderRef] = true
		ours = append(ours, m)
		return nil
	})
	if err != nil {
		return err
	}
	r.result.Machines += int64(len(ours))
	for _, m := range ours {
		if all := services[m.ProviderRef]; len(all) > 0 {
			err = r.owned(ctx, name, driver, m, all)
		} else {
			err = r.unpaid(ctx, name, m)
		}
		if err != nil {
			return err
		}
	}
	for _, ref := range slices.Sorted(maps.Keys(services)) {
		r.result.Services += int64(len(services[ref]))
		if !seen[ref] {
			if err := r.missing(ctx, name, driver, services[ref]); err != nil {
				return err
			}
		}
	}
	return nil
}

// owned compares a machine with the service that has it. Several name one machine when its provider gave an id a second
// time, as a panel does that was restored from a backup: the machine is the one's whose order its mark holds, and the others'
// machines are gone. Without such a mark nobody is repaired, since what is right for one may be wrong for another.
func (r *reconciler) owned(ctx context.Context, name string, driver Inspector, m Machine, all []Service) error {
	n := max(0, slices.IndexFunc(all, func(s Service) bool { return s.ID == m.Order }))
	for i, s := range all {
		if i == n {
			continue
		}
		s, current, err := r.current(ctx, s)
		if err != nil {
			return err
		}
		if current {
			r.absent(name, s, "the machine of service "+all[n].ID, Outcome{Verdict: Absent})
		}
	}
	if len(all) > 1 && all[n].ID != m.Order {
		return nil
	}
	return r.compare(ctx, name, driver, m, all[n])
}

// unpaid judges a machine that no service names. Its order tells: one under way isn't done yet, and one that has just
// been completed has its service by now.
func (r *reconciler) unpaid(ctx context.Context, name string, m Machine) error {
	o, known, err := r.desk.Store.Order(ctx, m.Order)
	if err != nil {
		return err
	}
	if known && o.State == Paid {
		return nil
	}
	drift := Drift{Sort: DriftUnpaid, Provider: name, ProviderRef: m.ProviderRef, OrderID: m.Order, Want: "nothing: the order is unknown",
		Have: fmt.Sprintf("%s, %s", quoted(m.Name), figures(m.Cores, m.RAM, m.Disk))}
	if known {
		s, ok, err := r.desk.Store.Service(ctx, o.ServiceID)
		if err != nil {
			return err
		}
		if ok && s.ProviderRef == m.ProviderRef && s.Status != Terminated {
			return nil
		}
		drift.UserID, drift.Price, drift.Want = o.UserID, o.Price, "nothing: the order was "+string(o.State)
		if ok && s.Status != Terminated {
			drift.Want = "nothing: the order has the machine " + quoted(s.ProviderRef)
		}
	}
	// An order that this database doesn't know may be one that a restored copy has lost: that is for a person.
	old := m.CreatedAt > 0 && m.CreatedAt+r.options.MinAge <= r.desk.Now()
	deleter, able := r.desk.Servers[name].(Deleter)
	if known && able && old {
		drift.Repair = "delete it"
		if r.options.Delete {
			if err := r.delete(ctx, deleter, m, &drift); err != nil {
				return err
			}
		}
	}
	r.result.Drifts = append(r.result.Drifts, drift)
	return nil
}

// delete looks once more, at the machine and at all that customers own, wherever it is said to be: an operator may have
// adopted the machine for another order meanwhile.
func (r *reconciler) delete(ctx context.Context, deleter Deleter, m Machine, drift *Drift) error {
	inspector := r.desk.Servers[drift.Provider].(Inspector) // or it would not have listed the machine
	now, out := inspector.Inspect(ctx, m.ProviderRef)
	switch {
	case out.Verdict != Done:
		r.try(drift, out)
		return nil
	case now.Installation != m.Installation || now.Order != m.Order || now.Busy:
		drift.Trouble = fmt.Errorf("it has changed meanwhile")
		return nil
	}
	services, err := r.desk.serversByProvider(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if len(services[name][m.ProviderRef]) > 0 {
			drift.Trouble = fmt.Errorf("a service has it now, at provider %s", name)
			return nil
		}
	}
	r.try(drift, deleter.Delete(ctx, m.ProviderRef))
	return nil
}

// missing judges a machine that wasn't in the list, though services name it: the provider is asked for it by its id.
func (r *reconciler) missing(ctx context.Context, name string, driver Inspector, all []Service) error {
	m, out := driver.Inspect(ctx, all[0].ProviderRef)
	if out.Verdict == Done { // it's there after all, or carries no mark of ours
		return r.owned(ctx, name, driver, m, all)
	}
	for _, s := range all {
		s, current, err := r.current(ctx, s)
		if err != nil {
			return err
		}
		if current {
			r.absent(name, s, "nothing", out)
		}
	}
	return nil
}

// absent is the finding about a service whose machine the provider doesn't show.
func (r *reconciler) absent(name string, s Service, have string, out Outcome) {
	drift := Drift{Sort: DriftMissing, Provider: name, ProviderRef: s.ProviderRef, ServiceID: s.ID, OrderID: s.ID, UserID: s.UserID, Price: s.Price,
		Want: fmt.Sprintf("%s, %s", quoted(s.Name), figures(s.Cores, s.RAM, s.Disk)), Have: have}
	if out.Verdict != Absent {
		drift.Sort, drift.Have = DriftUnknown, "no certain answer"
		r.try(&drift, out)
	}
	r.result.Drifts = append(r.result.Drifts, drift)
}

// current reads a service again: what differs counts only when it still does, and no order or task is working on it.
func (r *reconciler) current(ctx context.Context, s Service) (Service, bool, error) {
	now, ok, err := r.desk.Store.Service(ctx, s.ID)
	return now, ok && now.UpdatedAt == s.UpdatedAt && now.OpenOrder == "" && now.Task.Do == "", err
}

// compare judges a machine and its service.
func (r *reconciler) compare(ctx context.Context, name string, driver Inspector, m Machine, s Service) error {
	drifts := differences(m, s)
	if len(drifts) == 0 {
		return nil
	}
	s, current, err := r.current(ctx, s)
	if err != nil || !current || m.Busy {
		return err
	}
	m, out := driver.Inspect(ctx, m.ProviderRef) // the list may be old by now
	// And once more: who has paid while the provider answered has a server that runs, and it isn't to be suspended now.
	if s, current, err = r.current(ctx, s); err != nil || !current {
		return err
	}
	if out.Verdict != Done {
		r.absent(name, s, "nothing", out)
		return nil
	}
	if m.Busy {
		return nil
	}
	for _, drift := range differences(m, s) {
		drift.Provider, drift.ProviderRef, drift.ServiceID, drift.OrderID = name, s.ProviderRef, s.ID, s.ID
		drift.UserID, drift.Price = s.UserID, s.Price
		if err := r.repair(ctx, &drift, m, s); err != nil {
			return err
		}
		r.result.Drifts = append(r.result.Drifts, drift)
	}
	return nil
}

// differences are between a machine and its service. What a provider doesn't tell isn't compared.
func differences(m Machine, s Service) (drifts []Drift) {
	if m.Suspended != (s.Status == Suspended) {
		word := map[bool]string{true: "suspended", false: "not suspended"}
		drifts = append(drifts, Drift{Sort: DriftState, Want: word[s.Status == Suspended], Have: word[m.Suspended]})
	}
	if s.Status == Active && !m.Suspended && m.Running == s.Stopped {
		word := map[bool]string{true: "stopped", false: "running"}
		drifts = append(drifts, Drift{Sort: DriftState, Want: word[s.Stopped], Have: word[!m.Running]})
	}
	differ := func(have, want int64) bool { return have != 0 && want != 0 && have != want }
	if differ(m.Cores, s.Cores) || differ(m.RAM, s.RAM) || differ(m.Disk, s.Disk) {
		drifts = append(drifts, Drift{Sort: DriftPlan, Want: figures(s.Cores, s.RAM, s.Disk), Have: figures(m.Cores, m.RAM, m.Disk)})
	}
	if m.Address != "" && m.Address != s.Address {
		drifts = append(drifts, Drift{Sort: DriftAddress, Want: cmp.Or(s.Address, "none"), Have: quoted(m.Address)})
	}
	return drifts
}

// repair does what is safe, when it's asked for: the provider follows the database in what it was told to do, and the
// database follows the provider in what only that can know. A machine of other figures is for a person: it may be the
// better one.
func (r *reconciler) repair(ctx context.Context, drift *Drift, m Machine, s Service) error {
	switch drift.Sort {
	case DriftState:
		if m.Suspended == (s.Status == Suspended) {
			return r.power(ctx, drift, s)
		}
		suspender, able := r.desk.Servers[drift.Provider].(Suspender)
		switch {
		case !able:
			return nil
		case s.Status == Suspended:
			drift.Repair = "suspend it"
			if r.options.Repair {
				r.try(drift, suspender.Suspend(ctx, s.ProviderRef))
			}
		default:
			drift.Repair = "resume it"
			if r.options.Repair {
				r.try(drift, suspender.Resume(ctx, s.ProviderRef))
			}
		}
	case DriftAddress:
		if s.CIDR != "" {
			return nil // the pool gave it its address, and may give the machine's to another: a person decides
		}
		if flaw := m.Result.flaw(); flaw != "" {
			drift.Trouble = unusable(flaw)
			return nil
		}
		drift.Repair = "tell the customer this one"
		if !r.options.Repair {
			return nil
		}
		err := r.desk.Store.Write(ctx, Need{Services: []string{s.ID}}, func(b *Book) error {
			now, ok := b.Service(s.ID)
			if drift.Done = ok && now.UpdatedAt == s.UpdatedAt; !drift.Done {
				return nil
			}
			now.Address = m.Address
			b.PutService(now)
			b.Announce(Event{Name: EventServiceRepaired, UserID: now.UserID, ServiceID: now.ID, Detail: "address"})
			return nil
		})
		if err != nil {
			drift.Done, drift.Trouble = false, err
		}
	}
	return nil
}

// power starts a machine that should run: its host may have been started anew. One that runs though its owner stopped it is
// for a person: who started it did so on purpose, elsewhere.
func (r *reconciler) power(ctx context.Context, drift *Drift, s Service) error {
	powerer, able := r.desk.Servers[drift.Provider].(Powerer)
	if able && !s.Stopped {
		drift.Repair = "start it"
		if r.options.Repair {
			r.try(drift, powerer.Power(ctx, s.ProviderRef, PowerStart))
		}
	}
	return nil
}

func (r *reconciler) try(drift *Drift, out Outcome) {
	if drift.Done = out.Verdict == Done; !drift.Done {
		drift.Trouble = cmp.Or(out.Reason, fmt.Errorf("the provider's answer was %s", out.Verdict))
	}
}

func figures(cores, ram, disk int64) string {
	return fmt.Sprintf("%d cores, %d MiB, %d GB", cores, ram>>20, disk)
}
