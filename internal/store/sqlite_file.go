package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// lockServe makes this process the only one that serves the database file at path, until release. Others may still
// read it and write to it in short transactions, as the operator's commands do.
func lockServe(path string) (release func(), err error) {
	release, err = flock(path+".lock", syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("another process serves %s already: stop it first; several at once need PostgreSQL", path)
	}
	return release, err
}

// flock locks the file at path, made when it isn't there. The lock ends with release or with the process, however
// that ends; the file stays, since removing it would let two processes lock two files of one name.
func flock(path string, how int) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the operator names the database
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = f.Close() }, nil
}

// The write-ahead log is copied into the database when it holds sweepPages pages. sweepPatience is how long the end
// of a sweep waits for readers, with commits waiting behind it; readers but those of an audit take far less. After a
// sweep that one of those kept from its end, more and more looks are left out, sweepPause at most.
const (
	sweepPages    = 2048
	sweepEvery    = 100 * time.Millisecond
	sweepPatience = 50 * time.Millisecond
	sweepPause    = 10
)

// sqliteSweeper keeps the write-ahead log bounded, beside the commits instead of inside one of them.
//
// A checkpoint that runs beside commits never reaches the end of the log, which grows meanwhile, and only a log that
// was copied to its end is begun anew. So the sweep has two parts: the bulk is copied with commits going on, and the
// few pages written since with the writer's turn held, which takes about as long as one commit.
type sqliteSweeper struct {
	conn    driver.Conn
	turn    chan struct{}
	pages   int64        // length of the log that is worth a sweep
	commits atomic.Int64 // counted by the engine; nothing to look at while it stands still
	stop    chan struct{}
	stopped chan struct{}
}

func startSQLiteSweeper(path string, turn chan struct{}, pages int64) (*sqliteSweeper, error) {
	conn, err := openSQLiteConn(sqliteDSN(path, "cache_size(-1000)"))
	if err != nil {
		return nil, err
	}
	s := &sqliteSweeper{conn: conn, turn: turn, pages: pages, stop: make(chan struct{}), stopped: make(chan struct{})}
	if _, err := sqlitePragma(conn, fmt.Sprintf("busy_timeout = %d", sweepPatience.Milliseconds())); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	go s.run()
	return s, nil
}

func (s *sqliteSweeper) run() {
	defer close(s.stopped)
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var seen int64
	pause, wait := 0, 0 // ticks to let pass after a sweep that a reader kept from its end, and those still to pass
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		if wait--; wait >= 0 || s.commits.Load() == seen {
			continue
		}
		now := s.commits.Load()
		if s.sweep() {
			seen, pause = now, 0
		} else {
			pause = min(2*pause+1, sweepPause)
		}
		wait = pause
	}
}

// sweep copies the log into the database when it is long enough, and reports whether nothing is left to do. An error
// is no harm: the log stays as long as it is, and the next sweep tries again.
func (s *sqliteSweeper) sweep() (done bool) {
	pages, _, err := s.checkpoint("NOOP")
	if err != nil || pages < s.pages {
		return err == nil
	}
	if _, _, err := s.checkpoint("PASSIVE"); err != nil {
		return false
	}
	select {
	case s.turn <- struct{}{}:
	case <-s.stop:
		return true
	}
	defer func() { <-s.turn }()
	pages, copied, err := s.checkpoint("RESTART")
	return err == nil && copied == pages
}

// checkpoint returns the pages in the log and those of them that are copied.
func (s *sqliteSweeper) checkpoint(how string) (pages, copied int64, err error) {
	row, err := sqlitePragma(s.conn, "wal_checkpoint("+how+")")
	if err != nil {
		return 0, 0, err
	}
	if len(row) != 3 {
		return 0, 0, fmt.Errorf("wal_checkpoint answered with %d columns", len(row))
	}
	pages, err = strconv.ParseInt(row[1], 10, 64)
	if err != nil {
		return 0, 0, err
	}
	copied, err = strconv.ParseInt(row[2], 10, 64)
	return pages, copied, err
}

// close ends the sweeps and empties the log, so that the file alone is the database.
func (s *sqliteSweeper) close() error {
	close(s.stop)
	<-s.stopped
	_, _, err := s.checkpoint("TRUNCATE")
	return errors.Join(err, s.conn.Close())
}
