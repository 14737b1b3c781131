package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/berth-host/berth"
)

// sqlReader is berth.Reader over database/sql, for both SQL engines: the texts are the same. It only reads. A write
// never goes through here, because a pool may repeat a statement whose answer it lost.
type sqlReader struct {
	db       *sql.DB
	dialect  *dialect
	tries    int // how often a query is tried when its connection turns out to be lost
	clock    func(context.Context) (int64, error)
	prepared sync.Map                        // text -> *sql.Stmt
	current  atomic.Pointer[berth.Catalogue] // the newest version read so far; versions never change
}

func (r *sqlReader) close() (err error) {
	r.prepared.Range(func(_, st any) bool {
		err = errors.Join(err, st.(*sql.Stmt).Close())
		return true
	})
	return errors.Join(err, r.db.Close())
}

// query runs a prepared text. Texts are few: those below, with the filters that Orders can combine. A read may be
// repeated, so one that meets a connection that the server has closed goes on to the next.
func (r *sqlReader) query(ctx context.Context, text string, args ...any) (answer *sql.Rows, err error) {
	for range r.tries {
		var st *sql.Stmt
		if st, err = r.prepare(ctx, text); err == nil {
			answer, err = st.QueryContext(ctx, args...)
		}
		if err == nil || ctx.Err() != nil || !lostConnection(err) {
			break
		}
	}
	return answer, lost(err)
}

// lost is a read that the database didn't answer: the client may try again.
func lost(err error) error {
	if err == nil {
		return nil
	}
	return berth.TryAgain(err)
}

func (r *sqlReader) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if st, ok := r.prepared.Load(text); ok {
		return st.(*sql.Stmt), nil
	}
	made, err := r.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if st, raced := r.prepared.LoadOrStore(text, made); raced {
		_ = made.Close()
		return st.(*sql.Stmt), nil
	}
	return made, nil
}

// number reads one number.
func (r *sqlReader) number(ctx context.Context, text string) (n int64, err error) {
	answer, err := r.query(ctx, text)
	if err != nil {
		return 0, err
	}
	defer answer.Close()
	for answer.Next() {
		err = answer.Scan(&n)
	}
	return n, errors.Join(err, lost(answer.Err()))
}

// cell scans a column that isn't kept as Go has it.
type cell[R any] struct {
	column *column[R]
	row    *R
}

// Scan makes cell a sql.Scanner.
func (c cell[R]) Scan(value any) error {
	switch v := value.(type) {
	case int64:
		c.column.setNumber(c.row, v)
		return nil
	case string:
		return c.column.setText(c.row, v)
	}
	return fmt.Errorf("%s is %T", c.column.name, value)
}

// places are where a row's columns are scanned to, in the order of selectList.
func (t *table[R]) places(r *R) []any {
	places := make([]any, len(t.columns))
	for i := range t.columns {
		switch c := &t.columns[i]; {
		case c.text != nil:
			places[i] = c.text(r)
		case c.number != nil:
			places[i] = c.number(r)
		default:
			places[i] = cell[R]{c, r}
		}
	}
	return places
}

// selectList names all columns of the table under an alias.
func (t *table[R]) selectList(alias string) string {
	list := make([]string, len(t.columns))
	for i := range t.columns {
		list[i] = alias + "." + t.columns[i].name
	}
	return strings.Join(list, ", ")
}

// orEmpty is selectList for the side of an outer join that may be absent: zero values instead of NULL.
func (t *table[R]) orEmpty(alias string) string {
	list := make([]string, len(t.columns))
	for i := range t.columns {
		zero := "0"
		if t.columns[i].isText() {
			zero = "''"
		}
		list[i] = "coalesce(" + alias + "." + t.columns[i].name + ", " + zero + ")"
	}
	return strings.Join(list, ", ")
}

// find reads the rows of a table that rest (everything after FROM table AS t) selects.
func find[R any](ctx context.Context, r *sqlReader, t *table[R], rest string, args ...any) (found []R, err error) {
	answer, err := r.query(ctx, t.selectText(rest), args...)
	if err != nil {
		return nil, err
	}
	return t.scan(answer)
}

// selectText selects whole rows of the table AS t.
func (t *table[R]) selectText(rest string) string {
	return "SELECT " + t.selectList("t") + " FROM " + t.name + " AS t " + rest
}

// scan reads all rows of an answer to selectText, and closes it.
func (t *table[R]) scan(answer *sql.Rows) (found []R, err error) {
	defer answer.Close()
	var row R
	places := t.places(&row)
	for answer.Next() {
		if err := answer.Scan(places...); err != nil {
			return nil, fmt.Errorf("read %s: %w", t.name, err)
		}
		found = append(found, row)
	}
	return found, lost(answer.Err())
}

func findOne[R any](ctx context.Context, r *sqlReader, t *table[R], rest string, args ...any) (row R, ok bool, err error) {
	found, err := find(ctx, r, t, rest, args...)
	if err != nil || len(found) == 0 {
		return row, false, err
	}
	return found[0], true, nil
}

func (r *sqlReader) User(ctx context.Context, id string) (berth.User, bool, error) {
	return findOne(ctx, r, users, "WHERE id = $1", id)
}

func (r *sqlReader) Wallet(ctx context.Context, userID string) (berth.Wallet, bool, error) {
	return findOne(ctx, r, wallets, "WHERE user_id = $1", userID)
}

func (r *sqlReader) Order(ctx context.Context, id string) (berth.Order, bool, error) {
	return findOne(ctx, r, orders, "WHERE id = $1", id)
}

func (r *sqlReader) Service(ctx context.Context, id string) (berth.Service, bool, error) {
	return findOne(ctx, r, services, "WHERE id = $1", id)
}

func (r *sqlReader) Meta(ctx context.Context, name string) (string, bool, error) {
	m, ok, err := findOne(ctx, r, meta, "WHERE name = $1", name)
	return m.Value, ok, err
}

func (r *sqlReader) KeyByHash(ctx context.Context, hash string) (berth.APIKey, bool, error) {
	return findOne(ctx, r, apiKeys, "WHERE hash = $1", hash)
}

func (r *sqlReader) Users(ctx context.Context) ([]berth.User, error) {
	return find(ctx, r, users, "ORDER BY username, id")
}

func (r *sqlReader) APIKeys(ctx context.Context, userID string) ([]berth.APIKey, error) {
	if userID == "" {
		return find(ctx, r, apiKeys, "ORDER BY id DESC")
	}
	return find(ctx, r, apiKeys, "WHERE user_id = $1 ORDER BY id DESC", userID)
}

func (r *sqlReader) Orders(ctx context.Context, f berth.OrderFilter) ([]berth.Order, error) {
	var where strings.Builder
	var args []any
	for _, c := range []struct{ column, value string }{
		{"user_id", f.UserID}, {"kind", f.Kind}, {"state", string(f.State)}, {"number", f.Number},
	} {
		if c.value == "" {
			continue
		}
		word := "WHERE"
		if len(args) > 0 {
			word = " AND"
		}
		args = append(args, c.value)
		fmt.Fprintf(&where, "%s %s = $%d", word, c.column, len(args))
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	args = append(args, int64(f.Limit), int64(f.Offset))
	fmt.Fprintf(&where, " ORDER BY id DESC LIMIT $%d OFFSET $%d", len(args)-1, len(args))
	text := orders.selectText(where.String())
	if f.State == berth.Paid { // they are few among all there ever were
		text = "SELECT " + orders.selectList("t") + " FROM (" + r.dialect.paidOrders(orders.selectList("t"), "", "") + ") AS t " + where.String()
	}
	answer, err := r.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return orders.scan(answer)
}

func (r *sqlReader) Services(ctx context.Context, after string, limit int) ([]berth.Service, error) {
	return find(ctx, r, services, "WHERE id > $1 ORDER BY id LIMIT $2", after, int64(limit))
}

func (r *sqlReader) Networks(ctx context.Context, userID string, limit, offset int) ([]berth.Service, error) {
	// The first condition is that of the index, in the index's words; so it is below.
	return find(ctx, r, services, "WHERE sort = 'network' AND user_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $3", userID, int64(limit), int64(offset))
}

func (r *sqlReader) Entries(ctx context.Context, userID string, before int64, limit int) ([]berth.Entry, error) {
	if before <= 0 {
		before = berth.Forever
	}
	return find(ctx, r, entries, "WHERE user_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3", userID, before, int64(limit))
}

func (r *sqlReader) Passwords(ctx context.Context, after string, limit int) ([]berth.Order, error) {
	return find(ctx, r, orders, "WHERE id > $1 AND password <> '' ORDER BY id LIMIT $2", after, int64(limit))
}

func (r *sqlReader) DueServices(ctx context.Context, now int64, limit int) ([]string, error) {
	// The first condition is that of the index, in the index's words.
	return r.ids(ctx, "SELECT id FROM services WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at, id LIMIT $2", now, limit)
}

func (r *sqlReader) ExpiredKeys(ctx context.Context, now int64, limit int) ([]string, error) {
	// The second condition is that of the index, in the index's words.
	return r.ids(ctx, "SELECT id FROM idempotency_keys WHERE expires_at <= $1 AND expires_at < 9223372036854775807 ORDER BY id LIMIT $2", now, limit)
}

func (r *sqlReader) ids(ctx context.Context, text string, now int64, limit int) (ids []string, err error) {
	answer, err := r.query(ctx, text, now, int64(limit))
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	for answer.Next() {
		var id string
		if err := answer.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, lost(answer.Err())
}

func (r *sqlReader) Events(ctx context.Context, after berth.Place, limit int) (found []berth.PlacedEvent, err error) {
	answer, err := r.query(ctx, "SELECT b.seq, "+events.selectList("t")+" FROM batches AS b JOIN events AS t ON t.batch = b.id"+
		" WHERE b.seq > 0 AND b.seq >= $1 AND (b.seq > $1 OR t.n > $2) ORDER BY b.seq, t.n LIMIT $3", after.Seq, after.N, int64(limit))
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	var e berth.PlacedEvent
	places := append([]any{&e.Seq}, events.places(&e.Event)...)
	for answer.Next() {
		if err := answer.Scan(places...); err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		found = append(found, e)
	}
	return found, lost(answer.Err())
}

func (r *sqlReader) Backlog(ctx context.Context) (b berth.Backlog, err error) {
	answer, err := r.query(ctx, "SELECT count(*), coalesce(min(created_at), 0), CAST(coalesce(sum(doubt), 0) AS BIGINT),"+
		" (SELECT count(*) FROM batches WHERE "+isUnsealed+"), (SELECT coalesce(min(at), 0) FROM batches WHERE "+isUnsealed+")"+
		" FROM ("+r.dialect.paidOrders("t.created_at, t.doubt", "", "")+") AS p")
	if err != nil {
		return b, err
	}
	defer answer.Close()
	for answer.Next() {
		err = answer.Scan(&b.Unsettled, &b.Oldest, &b.Doubtful, &b.Unsealed, &b.UnsealedSince)
	}
	return b, errors.Join(err, lost(answer.Err()))
}

// stockText counts what belongs to each stock row: services, and orders that will make one.
func (d *dialect) stockText() string {
	return "WITH held AS (SELECT stock_key, count(*) AS n FROM (" +
		"SELECT stock_key FROM services WHERE stock_key <> '' AND status <> 'terminated'" +
		" UNION ALL SELECT stock_key FROM (" + d.paidOrders("t.stock_key", "", "") + ") AS p WHERE stock_key <> '') AS h GROUP BY stock_key) " +
		"SELECT " + stock.selectList("t") + ", coalesce(h.n, 0) FROM stock AS t LEFT JOIN held AS h ON h.stock_key = t.key ORDER BY t.key"
}

func (r *sqlReader) Stock(ctx context.Context) (found []berth.Stock, err error) {
	answer, err := r.query(ctx, r.dialect.stockText())
	if err != nil {
		return nil, err
	}
	return found, eachStock(answer, func(s berth.Stock) error {
		found = append(found, s)
		return nil
	})
}

// eachStock hands the rows of stockText over.
func eachStock(answer *sql.Rows, take func(berth.Stock) error) error {
	defer answer.Close()
	var s berth.Stock
	places := append(stock.places(&s), &s.Counted)
	for answer.Next() {
		if err := answer.Scan(places...); err != nil {
			return err
		}
		if err := take(s); err != nil {
			return err
		}
	}
	return lost(answer.Err())
}

func (r *sqlReader) anyUnsealed(ctx context.Context) (bool, error) {
	n, err := r.number(ctx, "SELECT count(*) FROM (SELECT id FROM batches WHERE "+isUnsealed+" LIMIT 1) AS t")
	return n > 0, err
}

func (r *sqlReader) Clock(ctx context.Context) (int64, error) { return r.clock(ctx) }

func (r *sqlReader) Catalogue(ctx context.Context) (*berth.Catalogue, error) {
	version, err := r.number(ctx, currentVersion.template)
	if err != nil {
		return nil, err
	}
	return r.catalogueAt(ctx, version)
}

func (r *sqlReader) catalogueAt(ctx context.Context, version int64) (*berth.Catalogue, error) {
	if version == 0 {
		return emptyCatalogue(), nil
	}
	if c := r.current.Load(); c != nil && c.Version == version {
		return c, nil
	}
	row, ok, err := findOne(ctx, r, catalogues, "WHERE version = $1", version)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("there is no catalogue %d", version)
	}
	c, err := readCatalogue(row.text)
	if err != nil {
		return nil, fmt.Errorf("catalogue %d: %w", version, err)
	}
	c.Version, c.AppliedAt = row.version, row.appliedAt
	checked, err := berth.NewCatalogue(c)
	if err != nil {
		return nil, fmt.Errorf("catalogue %d: %w", version, err)
	}
	r.current.Store(checked)
	return checked, nil
}
