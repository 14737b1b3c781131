// Package store keeps Berth's rows: a batcher for each lane (batcher.go) over a small engine port (engine.go), and three engines:
// memory, SQLite and PostgreSQL. The rules of the business aren't here; they run in the decide functions that the
// batcher calls.
package store

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// Options of a store. The zero value of each field has a sensible meaning.
type Options struct {
	Queue    int           // calls that may wait in each lane, 4,096 when 0; beyond that they get Unavailable
	Batch    int           // calls in one commit at most, 512 when 0
	Lanes    int           // batches at a time, 1 when 0; with 2, what moves money has a lane of its own
	Deadline time.Duration // of one transaction, and again of finding out a commit's fate; 10 s when 0
	Serve    bool          // this process serves: on SQLite it must be the only one
	Now      func() int64  // microseconds UTC; the machine's clock when nil
	Random   func() uint64 // entropy for ids; the runtime's generator, which is cryptographic, when nil
	Log      *slog.Logger  // slog.Default() when nil
	Observe  Observer      // nil for nobody
	Faults   Faults        // nil for none
}

// Observer is told how the write path fares. Its methods must return at once.
type Observer interface {
	Batch(BatchStats)
	Doubt(fate string) // a commit's fate was in doubt and turned out "committed", "void" or "unknown"
}

// BatchStats is one committed batch.
type BatchStats struct {
	Calls  int
	Money  bool          // of the lane in which money moves
	Queued time.Duration // what the first call had waited
	Waited time.Duration // what all calls together had waited
	Load   time.Duration // begin and load
	Decide time.Duration
	Append time.Duration // append and commit
}

// Store is a berth.Store over one database.
type Store struct {
	reader
	engine  engine
	options Options
	lanes   []*batcher
	placed  *openBatches
}

var _ berth.Store = (*Store)(nil)

// Open opens the database that a URL names: "sqlite:PATH", "postgres://..." or "memory:". It doesn't migrate, and
// refuses a schema that is older or newer than this program's.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	o = o.complete()
	var e engine
	var err error
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		e, err = openSQLite(ctx, rest, o)
	case "postgres", "postgresql":
		if o.Serve && o.Lanes == 1 { // elsewhere nothing is in a hurry; the other engines have one writer at a time
			o.Lanes = pgLanes
		}
		e, err = openPostgres(ctx, url, o)
	case "memory":
		e = newMemory(o.Now)
	default:
		err = fmt.Errorf("a database is named by sqlite:PATH or postgres://..., not by %q", scheme)
	}
	if err != nil {
		return nil, err
	}
	return over(e, o), nil
}

// over is the store over an engine. The options are complete.
func over(e engine, o Options) *Store {
	placed := &openBatches{of: map[string]*openBatch{}}
	if o.Faults != nil {
		e = faulty{engine: e, faults: o.Faults}
	}
	s := &Store{reader: e, engine: e, options: o, placed: placed}
	shared := shared{traffic: newTraffic(), ids: &sharedIDs{ids: berth.IDs{Random: o.Random}}, placed: placed}
	for range o.Lanes {
		s.lanes = append(s.lanes, newBatcher(e, o, shared))
	}
	s.lanes[len(s.lanes)-1].money = true
	return s
}

// Migrate brings a database to this program's schema and returns the versions before and after. Any number of
// processes may do so at the same time. A memory store has nothing to migrate.
func Migrate(ctx context.Context, url string) (from, to int64, err error) {
	if strings.HasPrefix(url, "memory:") {
		return 0, 0, nil
	}
	return migrate(ctx, url)
}

func (o Options) complete() Options {
	if o.Queue == 0 {
		o.Queue = 4096
	}
	if o.Batch == 0 {
		o.Batch = 512
	}
	o.Lanes = min(max(1, o.Lanes), 2)
	if o.Deadline == 0 {
		o.Deadline = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = func() int64 { return time.Now().UnixMicro() }
	}
	if o.Random == nil {
		o.Random = rand.Uint64
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Observe == nil {
		o.Observe = nobody{}
	}
	return o
}

// Write is the one write path; see berth.Store.
func (s *Store) Write(ctx context.Context, need berth.Need, decide func(*berth.Book) error) error {
	return s.lane(need).write(ctx, need, decide)
}

// Clock is the database's time. While a write has been waiting for the database for long, as it does when a commit
// hangs for a standby that is gone, it fails, too: a database that can be read isn't ready for orders.
func (s *Store) Clock(ctx context.Context) (int64, error) {
	for _, b := range s.lanes {
		if waits := b.stalled(); waits > longWrite {
			return 0, berth.TryAgain(fmt.Errorf("a write has been waiting for the database for %s", waits.Round(time.Second)))
		}
	}
	return s.reader.Clock(ctx)
}

// longWrite is how long a write may take before the database doesn't count as ready.
const longWrite = 3 * time.Second

// Queued is the number of calls that wait for a batch.
func (s *Store) Queued() (n int) {
	for _, b := range s.lanes {
		n += b.queued()
	}
	return n
}

// Close refuses new writes, waits for those under way and closes the database.
func (s *Store) Close() error {
	for _, b := range s.lanes {
		b.close()
	}
	return s.engine.close()
}

type nobody struct{}

func (nobody) Batch(BatchStats) {}
func (nobody) Doubt(string)     {}
