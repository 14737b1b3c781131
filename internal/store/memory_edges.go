package store

import (
	"context"
	"strings"

	"github.com/berth-host/berth"
)

// EdgeRows takes the lock once, for both tables: see sqlReader.
func (m *memory) EdgeRows(_ context.Context, provider string) (rows berth.EdgeRows, err error) {
	m.data.RLock()
	defer m.data.RUnlock()
	paid := filtered(m.orders, func(o berth.Order) bool { return o.State == berth.Paid && o.Kind == berth.KindNetwork },
		func(a, b berth.Order) int { return strings.Compare(a.ID, b.ID) })
	rows.Services = filtered(m.services, func(s berth.Service) bool {
		return s.Sort == berth.NetworkService && s.Provider == provider && s.Status != berth.Terminated
	}, func(a, b berth.Service) int { return strings.Compare(a.ID, b.ID) })
	rows.Orders, rows.Mark = ofEdge(paid, provider), edgeMark(paid, rows.Services)
	return rows, nil
}

// EdgeMark is that of the rows: here they are as quick to read.
func (m *memory) EdgeMark(ctx context.Context, provider string) (string, error) {
	rows, err := m.EdgeRows(ctx, provider)
	return rows.Mark, err
}
