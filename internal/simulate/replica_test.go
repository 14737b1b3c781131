package simulate

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/fault"
	"github.com/berth-host/berth/internal/store"
	"github.com/berth-host/berth/internal/worker"
)

// replica is a place where processes serve, one life after the other.
type replica struct {
	world *world
	index int
	skew  atomic.Int64 // microseconds that its clock is ahead of the database's

	mu      sync.Mutex
	life    int
	process *fault.Process
	store   *store.Store
	desk    *berth.Desk
	worker  *worker.Worker
	died    chan struct{}      // closed at the end of this life
	end     context.CancelFunc // of the worker's loops
	offFrom time.Time          // since when its clock is off by more than tolerable; zero when it isn't
}

func (r *replica) now() int64 { return r.world.now() + r.skew.Load() }

// start begins the next life.
func (r *replica) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life++
	name := fmt.Sprintf("r%d.%d", r.index, r.life)
	r.process, r.store, r.desk = r.world.process(name, r.now, func(provider string, d fault.Driver) fault.Maker {
		return leased{d, provider, r}
	})
	ctx, end := context.WithCancel(context.Background())
	died := make(chan struct{})
	r.process.Died = func() {
		close(died)
		end()
	}
	r.died, r.end = died, end
	r.worker = worker.New(r.desk, worker.Options{Scan: r.world.profile.scan, Log: silent(), Seal: r.seal})
	go r.worker.Run(ctx)
	r.world.note(name, "starts")
}

// seal is the sealer. It comes a moment after the instants at which everything else happens, and each replica's at a moment
// of its own: which of two that meet is first is nobody's to say, and a run must be the same each time.
func (r *replica) seal(ctx context.Context) (berth.Sealing, error) {
	r.mu.Lock()
	s := fault.Store{Store: r.store, Process: r.process}
	r.mu.Unlock()
	time.Sleep(time.Duration(333+10*r.index) * time.Nanosecond)
	return s.Seal(ctx)
}

// alive returns the present life, or false between two.
func (r *replica) alive() (*worker.Worker, chan struct{}, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.worker, r.died, !r.process.Dead()
}

// counter returns the present life's desk.
func (r *replica) counter() *berth.Desk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.desk
}

// present is the present life, or the last.
func (r *replica) present() *fault.Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.process
}

func (r *replica) offSince() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.offFrom
}

// stop ends a life as an operator does: nothing new is taken, and what is under way may end.
func (r *replica) stop() {
	r.mu.Lock()
	p, w, s, end := r.process, r.worker, r.store, r.end
	r.mu.Unlock()
	if p.Dead() {
		return
	}
	ctx, leave := context.WithTimeout(context.Background(), 20*time.Second)
	defer leave()
	err := w.Drain(ctx)
	time.Sleep(1 + r.world.dice("stop", p.Name).Under(time.Second)) // while the last answers are on their way
	end()
	if err == nil && !p.Dead() {
		_ = s.Close() // it waits for batches, which a dead process may leave for ever
	}
	r.world.note(p.Name, "stops")
	p.Kill()
}

// supervise starts the process again whenever it has died.
func (r *replica) supervise() {
	for dice := r.world.dice("supervisor", r.index); ; {
		_, died, _ := r.alive()
		select {
		case <-died:
		case <-r.world.ended:
			return
		}
		time.Sleep(1 + dice.Under(6*time.Second))
		r.start()
	}
}
