package remote

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var _ http.Handler = (*Door)(nil)

// Door is where the agents of all remote edges of a server come in: at Path and the edge's name, with the edge's key. Whoever
// has no key learns nothing there, and not which edges exist either: an unknown name and a wrong key are one answer, for
// the same work, which is a hash of MostKey bytes at most; no body is read and no database asked.
type Door struct {
	edges map[string]*Edge
	log   *slog.Logger
	wrong atomic.Uint64

	mu   sync.Mutex
	told map[string]*telling // by the edge's name, "" for all names that are none's
}

// telling is what the log was told of wrong keys.
type telling struct {
	at     time.Time
	untold int
}

// tellEvery is how often the log is told of wrong keys for one edge.
const tellEvery = time.Minute

// NewDoor makes the door to these edges, by their names. Log is told of wrong keys, and never gets one.
func NewDoor(edges map[string]*Edge, log *slog.Logger) *Door {
	return &Door{edges: edges, log: log, told: map[string]*telling{}}
}

// WrongKeys is how many requests had a key that opens nothing, or not the edge they asked for.
func (d *Door) WrongKeys() uint64 { return d.wrong.Load() }

// ServeHTTP lets an agent in to its edge.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Path)
	e, known := d.edges[name]
	var key [sha256.Size]byte // of an edge that doesn't exist: nothing has this sum, and comparing takes as long
	if known {
		key = e.key
	} else {
		name = ""
	}
	text := r.Header.Get(KeyHeader)
	shown := sha256.Sum256([]byte(text[:min(len(text), MostKey+1)]))
	if subtle.ConstantTimeCompare(shown[:], key[:]) != 1 || !known {
		d.refuse(name, r)
		w.Header().Set("Connection", "close") // what else is sent isn't waited for
		http.Error(w, "this key is not the edge's", http.StatusUnauthorized)
		return
	}
	e.serve(w, r)
}

// refuse counts a wrong key, and tells the log now and then: an agent with an old key asks every second, and so may a stranger.
func (d *Door) refuse(name string, r *http.Request) {
	d.wrong.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.told[name]
	if t == nil {
		t = &telling{}
		d.told[name] = t
	}
	t.untold++
	if !t.at.IsZero() && time.Since(t.at) < tellEvery {
		return
	}
	client, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		client = ""
	}
	d.log.Warn("a wrong key was shown for an edge: no agent of this server has it. Compare the key files, if it's one of yours",
		"provider", name, "client", client, "times", t.untold)
	t.at, t.untold = time.Now(), 0
}
