package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/berth-host/berth"
)

// index keeps what the SQL engines have their partial indexes for: the same ones, so that a simulation sees what becomes of
// orders that nobody would find, see due.go.
func (m *memory) index(batch string, orders berth.Change[berth.Order], services berth.Change[berth.Service]) {
	for i := range orders.Insert {
		m.placed[orders.Insert[i].ID] = batch
	}
	for _, orders := range [][]berth.Order{orders.Insert, orders.Update} {
		for i := range orders {
			o := &orders[i]
			if at := wakeAt(o); at > 0 {
				m.waking[o.ID] = at
			} else {
				delete(m.waking, o.ID)
			}
			if !fresh(o) {
				delete(m.placed, o.ID)
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

// putBatch writes a batch and its place among those to look at.
func (m *memory) putBatch(b berth.Batch) {
	m.batches[b.ID] = b
	if b.LookAt > 0 {
		m.looks[b.ID] = b.LookAt
	} else {
		delete(m.looks, b.ID)
	}
}

func (m *memory) Due(_ context.Context, now int64, limit int) ([]string, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	due := maps.Clone(m.waking)
	for id, batch := range m.placed {
		if look := m.looks[batch]; look > 0 && look <= now {
			due[id] = m.orders[id].DueAt
		}
	}
	return longestDue(now, due, limit), nil
}

func (m *memory) settled(_ context.Context, now int64) ([]string, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	over := maps.Clone(m.looks)
	for _, batch := range m.placed {
		delete(over, batch)
	}
	return longestDue(now, over, sealAtMost), nil
}

// unfound are the orders that are due some day and that nobody would find.
func (m *memory) unfound() (ids []string) {
	for id, o := range m.orders {
		if o.State == berth.Paid && m.waking[id] == 0 && m.looks[m.placed[id]] == 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (m *memory) DueServices(_ context.Context, now int64, limit int) ([]string, error) {
	m.data.RLock()
	defer m.data.RUnlock()
	return longestDue(now, m.due, limit), nil
}

// longestDue are the ids whose instant has come, the longest due first.
func longestDue(now int64, instants map[string]int64, limit int) (ids []string) {
	for id, at := range instants {
		if at <= now {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(instants[a], instants[b]), strings.Compare(a, b)) })
	return ids[:min(limit, len(ids))]
}
