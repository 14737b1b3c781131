package remote

import (
	"context"
	"time"

	"github.com/berth-host/berth"
)

// wanted is what the edge is to carry by the rows that have a mark.
type wanted struct {
	mark    string
	config  berth.EdgeConfig // nobody changes it
	version string
	read    time.Time
}

// readAnew is after how long the rows are read although their mark is as it was: a hand in the database changes no mark.
const readAnew = 10 * time.Second

// desired is what the edge is to carry now. An agent asks every second, and mostly nothing has changed: then only the mark of the
// rows is read, and no session is read, unsealed and summed up. What is remembered has the mark of its own rows, read with them,
// so that the same mark means the same rows.
func (e *Edge) desired(ctx context.Context) (wanted, error) {
	e.mu.Lock()
	known := e.known
	e.mu.Unlock()
	if known.version != "" && time.Since(known.read) < readAnew {
		mark, err := e.store.EdgeMark(ctx, e.provider)
		if err != nil || mark == known.mark {
			return known, err
		}
	}
	now := wanted{read: time.Now()}
	var err error
	if now.config, now.mark, err = e.config(ctx); err != nil {
		return now, err
	}
	now.version = Version(now.config)
	e.mu.Lock()
	e.known = now
	e.mu.Unlock()
	return now, nil
}
