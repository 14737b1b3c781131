package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgConnections is how many connections write at most: one for each lane, as many that find out a commit's fate while
// another still waits, one for the sealer, and one to spare.
const pgConnections = 8

// pgSettings are what a writing connection tells the server. A process that is paused or cut off must not hold the
// rows of a hot wallet against all others, so whatever it waits for or leaves open ends within seconds.
//
// A plan that was made while a table was empty stays right when it's full, see pgPlanning, and need not be made again.
var pgSettings = map[string]string{
	"lock_timeout":                        "3s",
	"statement_timeout":                   "5s",
	"idle_in_transaction_session_timeout": "5s",
	"tcp_keepalives_idle":                 "5",
	"tcp_keepalives_interval":             "5",
	"tcp_keepalives_count":                "3",
	"plan_cache_mode":                     "force_generic_plan",
}

// pgPlanning is what every connection says of plans. All statements but those of an audit and some short lists go by keys
// and indexes, so a plan that scans or hashes a table is never right where another is to be had. A bitmap scan visits all
// that an index has had since the last vacuum, where an index scan marks what is gone, and the next one passes it over.
var pgPlanning = map[string]string{
	"enable_seqscan":                  "off",
	"enable_bitmapscan":               "off",
	"enable_hashjoin":                 "off",
	"enable_mergejoin":                "off",
	"max_parallel_workers_per_gather": "0",
	"jit":                             "off",
}

// pgWholeTables takes that back for one transaction that reads whole tables.
const pgWholeTables = "SELECT set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)"

// pgDialer notices within 20 s that a server's machine is gone.
var pgDialer = &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
	Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 3,
}}

// pgWriters are the connections that write.
type pgWriters struct {
	config *pgconn.Config
	wait   time.Duration
	slots  chan struct{} // full while all connections are in use

	mu   sync.Mutex
	idle []*pgWriter
}

func newPgWriters(config *pgconn.Config, wait time.Duration) *pgWriters {
	config = config.Copy()
	maps.Copy(config.RuntimeParams, pgSettings)
	maps.Copy(config.RuntimeParams, pgPlanning)
	return &pgWriters{config: config, wait: wait, slots: make(chan struct{}, pgConnections)}
}

// take returns a connection for one user, until put or drop.
func (p *pgWriters) take(ctx context.Context) (*pgWriter, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a connection to the database: %w", ctx.Err())
	}
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return w, nil
	}
	p.mu.Unlock()
	w, err := p.connect(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return w, nil
}

// put gives a connection back for others, if it's fit for that.
func (p *pgWriters) put(w *pgWriter) {
	if w.conn.IsClosed() || w.conn.TxStatus() != 'I' {
		p.drop(w)
		return
	}
	p.mu.Lock()
	p.idle = append(p.idle, w)
	p.mu.Unlock()
	<-p.slots
}

func (p *pgWriters) drop(w *pgWriter) {
	w.kill()
	<-p.slots
}

func (p *pgWriters) dropIdle() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, w := range idle {
		w.kill()
	}
}

func (p *pgWriters) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.idle {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = w.conn.Close(ctx)
		cancel()
	}
	p.idle = nil
}

// pgWriter is one writing connection with all statements prepared. Deadlines are set on the socket: a context would
// cost a goroutine for every round trip.
type pgWriter struct {
	conn     *pgconn.PgConn
	prepared map[*statement]*pgPrepared
	notices  *atomic.Int64 // that the server has sent
	buffer   []byte
	ends     []int
	params   [][]byte
}

// pgPrepared is a statement as one connection knows it.
type pgPrepared struct {
	*pgconn.StatementDescription
	row     uint32 // the type of the rows that it takes
	columns []pgColumn
}

// pgColumn is a column of a table's own type.
type pgColumn struct {
	name  string
	kind  uint32 // its type
	field int    // of the statement, that goes there; -1 for none
}

var binaryFormat = []int16{1}

// connect opens a connection and prepares all statements in one round trip.
func (p *pgWriters) connect(ctx context.Context) (*pgWriter, error) {
	// The driver answers a lost connection by asking the server, over another one, to cancel what the first is doing.
	// A COMMIT that waits for its standby would be cancelled: it would count as committed without being on the
	// standby, and an order that was then acknowledged would be lost with the primary. So once a connection is made
	// it can't dial again.
	config := p.config.Copy()
	var made atomic.Bool
	var notices atomic.Int64
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) { notices.Add(1) }
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if made.Load() {
			return nil, errors.New("a running statement is not cancelled")
		}
		return pgDialer.DialContext(ctx, network, address)
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	made.Store(true)
	if err != nil {
		return nil, err
	}
	w := &pgWriter{conn: conn, notices: &notices, prepared: make(map[*statement]*pgPrepared, len(statements))}
	if err := w.prepare(deadlineOf(ctx, p.wait)); err != nil {
		w.kill()
		return nil, err
	}
	return w, nil
}

func (w *pgWriter) prepare(deadline time.Time) error {
	_ = w.conn.Conn().SetDeadline(deadline)
	p := w.conn.StartPipeline(context.Background())
	p.SendQueryParams(rowTypes, nil, nil, nil, nil)
	for _, s := range statements {
		p.SendPrepare(s.name, postgresDialect.render(s, 0), nil)
	}
	if err := p.Sync(); err != nil {
		return err
	}
	types, err := readRowTypes(p)
	if err != nil {
		return errors.Join(fmt.Errorf("read the types of rows: %w", err), p.Close())
	}
	for _, s := range statements {
		if w.prepared[s], err = described(p, s, types); err != nil {
			return errors.Join(fmt.Errorf("prepare %s: %w", s.name, err), p.Close())
		}
	}
	return p.Close()
}

// rowTypes asks for the tables' own types, and their columns in the order in which the server takes them: that of their
// making, which only the database knows.
const rowTypes = "SELECT c.relname, c.reltype, a.attname, a.atttypid FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid" +
	" WHERE c.reltype <> 0 AND pg_table_is_visible(c.oid) AND c.relnamespace <> 'pg_catalog'::regnamespace" +
	" AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"

// pgRowType is a table's own type.
type pgRowType struct {
	id      uint32
	columns []pgColumn
}

// readRowTypes reads the answer to rowTypes.
func readRowTypes(p *pgconn.Pipeline) (map[string]pgRowType, error) {
	answer, err := p.GetResults()
	if err != nil {
		return nil, err
	}
	reader, ok := answer.(*pgconn.ResultReader)
	if !ok {
		return nil, fmt.Errorf("the answer is %T", answer)
	}
	types := map[string]pgRowType{}
	for reader.NextRow() {
		row := reader.Values()
		id, err := strconv.ParseUint(string(row[1]), 10, 32)
		kind, failed := strconv.ParseUint(string(row[3]), 10, 32)
		if err = errors.Join(err, failed); err != nil {
			return nil, err
		}
		t := types[string(row[0])]
		t.id, t.columns = uint32(id), append(t.columns, pgColumn{name: string(row[2]), kind: uint32(kind)})
		types[string(row[0])] = t
	}
	_, err = reader.Close()
	return types, err
}

// described reads the answer to the SendPrepare of a statement.
func described(p *pgconn.Pipeline, s *statement, types map[string]pgRowType) (*pgPrepared, error) {
	answer, err := p.GetResults()
	if err != nil {
		return nil, err
	}
	d, ok := answer.(*pgconn.StatementDescription)
	if !ok {
		return nil, fmt.Errorf("the answer is %T", answer)
	}
	d.Name = s.name
	if s.table == "" {
		return &pgPrepared{StatementDescription: d}, nil
	}
	t, ok := types[s.table]
	if !ok {
		return nil, fmt.Errorf("there is no table %s", s.table)
	}
	columns := slices.Clone(t.columns)
	for i := range columns {
		columns[i].field = slices.IndexFunc(s.fields, func(f field) bool { return f.name == columns[i].name })
	}
	return &pgPrepared{d, t.id, columns}, nil
}

// kill closes the connection at once and without a word; the server rolls back whatever wasn't being committed.
func (w *pgWriter) kill() {
	_ = w.conn.Conn().Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = w.conn.Close(ctx) // for its bookkeeping
}

// trouble is an error and the stage that it came at.
type trouble struct {
	cause     error
	beforeEnd bool // it was the answer to a statement before the last, so the last was never executed
}

// answered is the server's own refusal of a statement before the last: a certain failure. It is nil when the
// connection failed, whenever that was, and when the last statement itself was refused.
func (t *trouble) answered() *pgconn.PgError {
	var pg *pgconn.PgError
	if t.beforeEnd && errors.As(t.cause, &pg) {
		return pg
	}
	return nil
}

// transact sends first, the steps and last (each may be missing) as one pipeline and reads all answers. A statement
// that fails keeps the server from executing those behind it.
func (w *pgWriter) transact(deadline time.Time, first *statement, steps []step, last *statement) *trouble {
	_ = w.conn.Conn().SetDeadline(deadline)
	p := w.conn.StartPipeline(context.Background())
	if first != nil {
		p.SendQueryStatement(w.prepared[first].StatementDescription, nil, nil, nil)
	}
	for _, s := range steps {
		do := w.prepared[s.statement()]
		p.SendQueryStatement(do.StatementDescription, w.arguments(s, do), binaryFormat, binaryFormat)
	}
	if last != nil {
		p.SendQueryStatement(w.prepared[last].StatementDescription, nil, nil, nil)
	}
	if err := p.Sync(); err != nil {
		return &trouble{cause: err}
	}
	fault := w.answers(p, first, steps, last)
	// What comes after the last answer doesn't change what happened; put looks at the state that it left.
	if err := p.Close(); err != nil && fault == nil && last == nil {
		fault = &trouble{cause: err}
	}
	return fault
}

// answers reads the answers of a pipeline in order, up to the first error.
func (w *pgWriter) answers(p *pgconn.Pipeline, first *statement, steps []step, last *statement) *trouble {
	if first != nil {
		if _, err := w.answer(p, first, nil); err != nil {
			return &trouble{cause: err, beforeEnd: true}
		}
	}
	for _, s := range steps {
		if _, err := w.answer(p, s.statement(), s.take); err != nil {
			return &trouble{cause: err, beforeEnd: true}
		}
	}
	if last == nil {
		return nil
	}
	before := w.notices.Load()
	tag, err := w.answer(p, last, nil)
	if err == nil && tag != last.template {
		// A COMMIT in a failed transaction is answered with ROLLBACK and no error.
		err = fmt.Errorf("%s was answered with %s", last.name, tag)
	}
	if err == nil && last == sqlCommit && w.notices.Load() != before {
		// So the server says that somebody ended its waiting for the standby: committed here, and perhaps nowhere else.
		err = errors.New("the commit came with a warning: it may not have reached the standby")
	}
	if err != nil {
		return &trouble{cause: err}
	}
	return nil
}

// answer reads one statement's answer and hands its rows over.
func (w *pgWriter) answer(p *pgconn.Pipeline, s *statement, take func(values) error) (tag string, err error) {
	result, err := p.GetResults()
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.name, err)
	}
	reader, ok := result.(*pgconn.ResultReader)
	if !ok {
		return "", fmt.Errorf("%s: the answer is %T", s.name, result)
	}
	var refused error
	for reader.NextRow() {
		if refused == nil {
			refused = take(pgRow(reader.Values()))
		}
	}
	done, err := reader.Close()
	if err == nil {
		err = refused
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.name, err)
	}
	return done.String(), nil
}

// arguments are what the step's statement takes, in PostgreSQL's binary format: its rows or its keys as one array, or
// plain values. They live in one buffer until the next step's are made: the pipeline has copied them by then.
func (w *pgWriter) arguments(s step, do *pgPrepared) [][]byte {
	w.buffer, w.ends, w.params = w.buffer[:0], w.ends[:0], w.params[:0]
	switch {
	case s.statement().table != "":
		w.beginArray(do.row, s.rows())
		for row := range s.rows() {
			w.rowOf(s, row, do)
		}
		w.ends = append(w.ends, len(w.buffer))
	case s.statement().any:
		w.beginArray(pgText, s.rows())
		for row := range s.rows() {
			w.sized(func() { w.buffer = append(w.buffer, s.text(row, 0)...) })
		}
		w.ends = append(w.ends, len(w.buffer))
	default:
		for i := range s.statement().fields {
			w.value(s, 0, i)
			w.ends = append(w.ends, len(w.buffer))
		}
	}
	return w.slices()
}

// rowOf writes one row of a table's type. What the statement doesn't take of it is NULL.
func (w *pgWriter) rowOf(s step, row int, do *pgPrepared) {
	w.sized(func() {
		w.word(len(do.columns))
		for _, c := range do.columns {
			w.word(int(c.kind))
			if c.field < 0 {
				w.word(-1)
				continue
			}
			w.sized(func() { w.value(s, row, c.field) })
		}
	})
}

// value writes one value.
func (w *pgWriter) value(s step, row, i int) {
	if s.statement().fields[i].text {
		w.buffer = append(w.buffer, s.text(row, i)...)
	} else {
		w.buffer = binary.BigEndian.AppendUint64(w.buffer, uint64(s.number(row, i))) // #nosec G115 -- the bits of a bigint
	}
}

// sized writes the length of what write writes, and then that.
func (w *pgWriter) sized(write func()) {
	at := len(w.buffer)
	w.word(0)
	write()
	binary.BigEndian.PutUint32(w.buffer[at:], uint32(len(w.buffer)-at-4)) // #nosec G115 -- a row of one batch
}

func (w *pgWriter) word(n int) {
	w.buffer = binary.BigEndian.AppendUint32(w.buffer, uint32(n)) // #nosec G115 -- counts and type numbers
}

// beginArray begins an array of one dimension without NULLs.
func (w *pgWriter) beginArray(kind uint32, n int) {
	for _, word := range [...]int{1, 0, int(kind), n, 1} {
		w.word(word)
	}
}

// slices cuts the buffer at its ends. It grows no more, so they stay valid.
func (w *pgWriter) slices() [][]byte {
	from := 0
	for _, end := range w.ends {
		w.params = append(w.params, w.buffer[from:end:end])
		from = end
	}
	return w.params
}

// pgText is the type number of TEXT, fixed in PostgreSQL's catalogue.
const pgText uint32 = 25

// pgRow is one row in binary format. It is only valid until the next.
type pgRow [][]byte

func (r pgRow) text(i int) (string, error) {
	if r[i] == nil {
		return "", errors.New("NULL instead of TEXT")
	}
	return string(r[i]), nil
}

func (r pgRow) number(i int) (int64, error) {
	if len(r[i]) != 8 {
		return 0, fmt.Errorf("%d bytes instead of BIGINT", len(r[i]))
	}
	return int64(binary.BigEndian.Uint64(r[i])), nil // #nosec G115 -- the bits of a bigint
}
