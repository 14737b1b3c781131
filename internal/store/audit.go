package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/berth-host/berth"
)

// The texts of an audit. Their joins only fetch what belongs together; what is right is judged by the Auditor. An
// outer join keeps what has no counterpart, which is what an audit is looking for.
var (
	auditSizes = "SELECT 2 * (SELECT count(*) FROM entries) + (SELECT count(*) FROM wallets) + (SELECT count(*) FROM orders)" +
		" + (SELECT count(*) FROM events) + (SELECT count(*) FROM batches) + (SELECT count(*) FROM batches WHERE seq > 0)"

	auditEntries = "SELECT " + entries.selectList("t") + ", " + wallets.orEmpty("w") +
		" FROM entries AS t LEFT JOIN wallets AS w ON w.user_id = t.user_id ORDER BY t.user_id, t.seq"

	auditWallets = "SELECT " + wallets.selectList("t") + ", coalesce(e.n, 0), coalesce(e.total, 0)" +
		" FROM wallets AS t LEFT JOIN (SELECT user_id, count(*) AS n, CAST(sum(amount) AS BIGINT) AS total FROM entries GROUP BY user_id) AS e" +
		" ON e.user_id = t.user_id ORDER BY t.user_id"

	auditOrders = "SELECT " + orders.selectList("t") + ", coalesce(e.n, 0), coalesce(e.total, 0)," +
		" coalesce(v.paid, 0), coalesce(v.completed, 0), coalesce(v.refunded, 0), coalesce(v.completed_at, 0)," +
		" CASE WHEN v.user_id = t.user_id AND v.users = t.user_id AND v.amount = t.amount AND v.amounts = t.amount AND v.kind = t.kind AND v.kinds = t.kind THEN 1 ELSE 0 END, " +
		services.orEmpty("s") +
		" FROM orders AS t LEFT JOIN (SELECT order_id, count(*) AS n, CAST(sum(amount) AS BIGINT) AS total FROM entries WHERE order_id <> '' GROUP BY order_id) AS e" +
		" ON e.order_id = t.id LEFT JOIN (SELECT order_id, " + times("paid") + ", " + times("completed") + ", " + times("refunded") +
		", max(CASE WHEN name = 'order.completed' THEN at ELSE 0 END) AS completed_at, min(user_id) AS user_id, max(user_id) AS users, min(amount) AS amount, max(amount) AS amounts, min(detail) AS kind, max(detail) AS kinds" +
		" FROM events WHERE order_id <> '' GROUP BY order_id) AS v ON v.order_id = t.id" +
		" LEFT JOIN services AS s ON s.id = t.service_id ORDER BY t.id"

	auditStrayEntries = "SELECT t.user_id || '/' || t.seq FROM entries AS t LEFT JOIN orders AS o ON o.id = t.order_id" +
		" WHERE t.order_id <> '' AND o.id IS NULL ORDER BY t.user_id, t.seq"

	auditStrayEvents = "SELECT t.batch || '/' || t.n FROM events AS t LEFT JOIN orders AS o ON o.id = t.order_id" +
		" WHERE t.order_id <> '' AND o.id IS NULL ORDER BY t.batch, t.n"

	// A service has the id of the order that made it.
	auditStrayServices = "SELECT t.id FROM services AS t LEFT JOIN orders AS o ON o.id = t.id WHERE o.id IS NULL ORDER BY t.id"
)

// times counts an order's events of one name.
func times(name string) string {
	return "CAST(sum(CASE WHEN name = 'order." + name + "' THEN 1 ELSE 0 END) AS BIGINT) AS " + name
}

// progressEvery is the number of rows between two reports of progress.
const progressEvery = 1000

// Audit reads everything in one snapshot, one query after the other, row by row: neither this process nor a writer
// beside it notices how large the database is.
func (r *sqlReader) Audit(ctx context.Context, a berth.Auditor) error {
	tx, err := r.db.BeginTx(ctx, r.dialect.snapshot)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if r.dialect.whole != "" {
		if _, err := tx.ExecContext(ctx, r.dialect.whole); err != nil {
			return err
		}
	}
	s := &auditing{ctx: ctx, tx: tx, dialect: r.dialect, to: a}
	if err := tx.QueryRowContext(ctx, auditSizes).Scan(&s.total); err != nil {
		return fmt.Errorf("count the rows to audit: %w", err)
	}
	for _, part := range []func() error{s.entries, s.wallets, s.orders, s.strays, s.batches, s.chain, s.stock, s.pools} {
		if err := part(); err != nil {
			return err
		}
	}
	a.Progress(s.done, s.total)
	return nil
}

type auditing struct {
	ctx         context.Context
	tx          *sql.Tx
	dialect     *dialect
	to          berth.Auditor
	done, total int64
}

// each hands over a query's rows, which are scanned to the same places one after the other.
func (s *auditing) each(text string, places []any, take func() error) error {
	answer, err := s.tx.QueryContext(s.ctx, text)
	if err != nil {
		return err
	}
	defer answer.Close()
	for answer.Next() {
		if err := answer.Scan(places...); err != nil {
			return err
		}
		if err := take(); err != nil {
			return err
		}
	}
	return answer.Err()
}

func (s *auditing) progress() {
	if s.done++; s.done%progressEvery == 0 {
		s.to.Progress(s.done, s.total)
	}
}

func (s *auditing) entries() error {
	var e berth.Entry
	var w berth.Wallet
	return s.each(auditEntries, append(entries.places(&e), wallets.places(&w)...), func() error {
		s.progress()
		return s.to.Entry(w, e)
	})
}

func (s *auditing) wallets() error {
	var w berth.Wallet
	var n, sum int64
	return s.each(auditWallets, append(wallets.places(&w), &n, &sum), func() error {
		s.progress()
		return s.to.Wallet(w, n, sum)
	})
}

func (s *auditing) orders() error {
	var o berth.Order
	var r berth.Referring
	var agreed int64
	var service berth.Service
	places := append(orders.places(&o), &r.Entries, &r.Sum, &r.Paid, &r.Completed, &r.Refunded, &r.CompletedAt, &agreed)
	return s.each(auditOrders, append(places, services.places(&service)...), func() error {
		s.progress()
		r.Agreed, r.Service = agreed == 1, nil
		if service.ID != "" {
			found := service // the next row is scanned over it
			r.Service = &found
		}
		return s.to.Order(o, r)
	})
}

func (s *auditing) strays() error {
	var id string
	for _, stray := range []struct{ what, text, lacks string }{
		{"entry", auditStrayEntries, "order"}, {"event", auditStrayEvents, "order"}, {"service", auditStrayServices, "order"},
		{"order", s.dialect.auditUnfound(), lacksPlace},
	} {
		if err := s.each(stray.text, []any{&id}, func() error { return s.to.Stray(stray.what, id, stray.lacks) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *auditing) stock() error {
	answer, err := s.tx.QueryContext(s.ctx, s.dialect.stockText())
	if err != nil {
		return err
	}
	return eachStock(answer, s.to.Stock)
}
