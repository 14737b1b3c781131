package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/berth-host/berth"
)

// index keeps what the SQL engines have their partial indexes for, see due.go: a simulation of years asks for it every few hours.
func (m *memory) index(orders berth.Change[berth.Order], services berth.Change[berth.Service]) {
	for _, orders := range [][]berth.Order{orders.Insert, orders.Update} {
		for i := range orders {
			if o := &orders[i]; o.State == berth.Paid {
				m.open[o.ID] = o.DueAt
			} else {
				delete(m.open, o.ID)
			}
		}
	}
	for _, services := range [][]berth.Service{services.Insert, services.Update} {
		for i := range services {
			if s := &services[i]; s.DueAt > 0 {
				m.due[s.ID] = s.DueAt
			} else {
				delete(m.due, s.ID)
			}
		}
	}
}

func (m *memory) Due(_ context.Context, now int64, limit int) ([]string, error) {
	return m.dueOf(m.open, now, limit), nil
}

// settled has nothing to tell: the index here is of the orders.
func (m *memory) settled(context.Context, int64) ([]string, error) { return nil, nil }

func (m *memory) DueServices(_ context.Context, now int64, limit int) ([]string, error) {
	return m.dueOf(m.due, now, limit), nil
}

// dueOf are the ids whose instant has come, the longest due first.
func (m *memory) dueOf(index map[string]int64, now int64, limit int) []string {
	m.data.RLock()
	defer m.data.RUnlock()
	var ids []string
	for id, at := range index {
		if at <= now {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(index[a], index[b]), strings.Compare(a, b)) })
	return ids[:min(limit, len(ids))]
}
