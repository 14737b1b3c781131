package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/berth-host/berth"
)

func (m *memory) Audit(ctx context.Context, a berth.Auditor) error {
	if err := m.lock(ctx); err != nil { // nothing changes meanwhile, which makes it one snapshot
		return err
	}
	defer m.unlock()
	stock, err := m.Stock(ctx)
	if err != nil {
		return err
	}
	wallets := list(m, m.wallets, func(berth.Wallet) bool { return true },
		func(a, b berth.Wallet) int { return strings.Compare(a.UserID, b.UserID) })
	orders := list(m, m.orders, func(berth.Order) bool { return true },
		func(a, b berth.Order) int { return strings.Compare(a.ID, b.ID) })
	pools, err := m.Pools(ctx, 0)
	if err != nil {
		return err
	}
	items := list(m, m.items, func(berth.Item) bool { return true }, byPlace)
	m.data.RLock()
	defer m.data.RUnlock()
	referring, strays := m.refer()
	for _, user := range slices.Sorted(maps.Keys(m.entries)) {
		for _, e := range m.entries[user] {
			if err := a.Entry(m.wallets[user], e); err != nil {
				return err
			}
		}
	}
	for _, w := range wallets {
		var n, sum int64
		for _, e := range m.entries[w.UserID] {
			n, sum = n+1, sum+e.Amount
		}
		if err := a.Wallet(w, n, sum); err != nil {
			return err
		}
	}
	for _, o := range orders {
		if err := a.Order(o, m.referring(o, referring[o.ID])); err != nil {
			return err
		}
	}
	for _, s := range strays {
		if err := a.Stray(s.what, s.id, s.lacks); err != nil {
			return err
		}
	}
	if err := m.auditBatches(a); err != nil {
		return err
	}
	for _, s := range stock {
		if err := a.Stock(s); err != nil {
			return err
		}
	}
	if err := auditPools(a, pools, items); err != nil {
		return err
	}
	a.Progress(int64(len(m.orders)), int64(len(m.orders)))
	return nil
}

// stray is something that lacks what it belongs to.
type stray struct{ what, id, lacks string }

// told is what other tables say of one order.
type told struct {
	entries []berth.Entry
	events  []berth.Event
}

// refer gathers what refers to each order, and what refers to none that there is.
func (m *memory) refer() (map[string]told, []stray) {
	orders := map[string]told{}
	var strays []stray
	for _, list := range m.entries {
		for _, e := range list {
			t := orders[e.OrderID]
			t.entries = append(t.entries, e)
			orders[e.OrderID] = t
			if _, ok := m.orders[e.OrderID]; !ok && e.OrderID != "" {
				strays = append(strays, stray{"entry", fmt.Sprintf("%s/%d", e.UserID, e.Seq), "order"})
			}
		}
	}
	for _, e := range m.events {
		t := orders[e.OrderID]
		t.events = append(t.events, e)
		orders[e.OrderID] = t
		if _, ok := m.orders[e.OrderID]; !ok && e.OrderID != "" {
			strays = append(strays, stray{"event", fmt.Sprintf("%s/%d", e.Batch, e.N), "order"})
		}
	}
	for _, id := range m.unfound() {
		strays = append(strays, stray{"order", id, lacksPlace})
	}
	for id := range m.services {
		if _, ok := m.orders[id]; !ok {
			strays = append(strays, stray{"service", id, "order"})
		}
	}
	return orders, strays
}

func (m *memory) referring(o berth.Order, t told) berth.Referring {
	r := berth.Referring{Entries: int64(len(t.entries)), Agreed: true}
	for _, e := range t.entries {
		r.Sum += e.Amount
	}
	for _, e := range t.events {
		switch e.Name {
		case berth.EventOrderPaid:
			r.Paid++
		case berth.EventOrderCompleted:
			r.Completed++
			r.CompletedAt = max(r.CompletedAt, e.At)
		case berth.EventOrderRefunded:
			r.Refunded++
		}
		r.Agreed = r.Agreed && e.UserID == o.UserID && e.Amount == o.Amount && e.Detail == o.Kind
	}
	if s, ok := m.services[o.ServiceID]; ok {
		r.Service = &s
	}
	return r
}

func (m *memory) auditBatches(a berth.Auditor) error {
	entries, events := map[string][]berth.Entry{}, map[string][]berth.Event{}
	for _, list := range m.entries {
		for _, e := range list {
			entries[e.Batch] = append(entries[e.Batch], e)
		}
	}
	for _, e := range m.events {
		events[e.Batch] = append(events[e.Batch], e)
	}
	all := m.batchesOf(func(berth.Batch) bool { return true })
	for _, b := range all {
		c := berth.Changes{Entries: entries[b.ID], Events: events[b.ID]}
		if err := a.Batch(b, c.Digest()); err != nil {
			return err
		}
	}
	if err := a.Chain(m.meta[berth.MetaChain].Value); err != nil {
		return err
	}
	sealed := slices.DeleteFunc(all, func(b berth.Batch) bool { return b.Seq <= 0 })
	slices.SortFunc(sealed, func(a, b berth.Batch) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, b := range sealed {
		if err := a.Sealed(b); err != nil {
			return err
		}
	}
	return nil
}
