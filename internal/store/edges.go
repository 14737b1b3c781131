package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"

	"github.com/berth-host/berth"
)

// What one edge is to carry, and whether that has changed.

// edgeServices is the condition of an index, in its words.
const edgeServices = "WHERE sort = 'network' AND provider = $1 AND status <> 'terminated'"

// edgeOrders selects columns of all paid orders of networks. An order's provider is packed, so that those of all edges are
// read, and the others are left out then: they are few at any time.
func (d *dialect) edgeOrders(columns string) string {
	return "SELECT " + columns + " FROM (" + d.paidOrders(orders.selectList("t"), "", "") + ") AS p WHERE kind = 'network'"
}

// edgeMark is one statement, so that it sees one instant.
func (d *dialect) edgeMark() string {
	return d.edgeOrders("'order', id, updated_at") + " UNION ALL SELECT 'service', id, updated_at FROM services " + edgeServices + " ORDER BY 1, 2"
}

// EdgeRows reads both tables in one snapshot: between two statements of their own an order can settle. SQLite's transaction
// sees what was there at its first read, PostgreSQL's is REPEATABLE READ; neither locks out anybody who writes.
func (r *sqlReader) EdgeRows(ctx context.Context, provider string) (rows berth.EdgeRows, err error) {
	var paid []berth.Order
	for range r.tries { // as query does: it only reads
		if paid, rows.Services, err = r.edgeRows(ctx, provider); err == nil || ctx.Err() != nil || !lostConnection(err) {
			break
		}
	}
	if err != nil {
		return berth.EdgeRows{}, err
	}
	rows.Orders, rows.Mark = ofEdge(paid, provider), edgeMark(paid, rows.Services)
	return rows, nil
}

func (r *sqlReader) edgeRows(ctx context.Context, provider string) (paid []berth.Order, live []berth.Service, err error) {
	tx, err := r.db.BeginTx(ctx, r.dialect.snapshot)
	if err != nil {
		return nil, nil, lost(err)
	}
	defer tx.Rollback() // it has nothing to commit
	if paid, err = readIn(ctx, tx, orders, r.dialect.edgeOrders(names(orders.insert.fields))+" ORDER BY id"); err != nil {
		return nil, nil, err
	}
	live, err = readIn(ctx, tx, services, services.selectText(edgeServices+" ORDER BY id"), provider)
	return paid, live, err
}

// readIn reads whole rows within a transaction.
func readIn[R any](ctx context.Context, tx *sql.Tx, t *table[R], text string, args ...any) ([]R, error) {
	answer, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, lost(err)
	}
	return t.scan(answer)
}

func ofEdge(paid []berth.Order, provider string) (found []berth.Order) {
	for _, o := range paid {
		if o.Provider == provider {
			found = append(found, o)
		}
	}
	return found
}

// EdgeMark reads the mark.
func (r *sqlReader) EdgeMark(ctx context.Context, provider string) (string, error) {
	answer, err := r.query(ctx, r.dialect.edgeMark(), provider)
	if err != nil {
		return "", err
	}
	defer answer.Close()
	var m marking
	for answer.Next() {
		var sort, id string
		var at int64
		if err := answer.Scan(&sort, &id, &at); err != nil {
			return "", fmt.Errorf("read the mark of an edge: %w", err)
		}
		m.add(sort, id, at)
	}
	if err := answer.Err(); err != nil {
		return "", lost(err)
	}
	return m.mark(), nil
}

// marking makes a mark of rows: every change of a row raises its UpdatedAt, so the ids with their instants, orders first and each
// by its id, are as good as the rows.
type marking struct{ text []byte }

func (m *marking) add(sort, id string, at int64) { m.text = fmt.Appendln(m.text, sort, id, at) }

func (m *marking) mark() string {
	sum := sha256.Sum256(m.text)
	return hex.EncodeToString(sum[:])
}

// edgeMark is the mark of these rows: all paid network orders, and the services of one edge.
func edgeMark(paid []berth.Order, live []berth.Service) string {
	var m marking
	for _, o := range paid {
		m.add("order", o.ID, o.UpdatedAt)
	}
	for _, s := range live {
		m.add("service", s.ID, s.UpdatedAt)
	}
	return m.mark()
}
