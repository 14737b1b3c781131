package simulate

import (
	"fmt"
	"time"

	"github.com/berth-host/berth/internal/fault"
)

// profile is what a seed's run is like. Each sort of fault is left out of some runs, since what one sort hides
// another may show.
type profile struct {
	replicas, clients, batch, queue                    int
	length, scan, deadline, think                      time.Duration
	engine, driver, reads, deaths                      bool // faults of single calls
	kills, stops, pauses, skews, strays, leaps, severs bool // accidents
}

func (w *world) draw() profile {
	d := w.dice("profile")
	often := func() bool { return !d.OneIn(3) }
	return profile{
		replicas: 1 + d.Below(3), clients: 4 + d.Below(9), batch: []int{1, 3, 512}[d.Below(3)],
		queue:  []int{3, 20, 4096, 4096}[d.Below(4)],
		length: 30*time.Second + d.Under(40*time.Second), scan: 500*time.Millisecond + d.Under(time.Second),
		deadline: 2*time.Second + d.Under(8*time.Second), think: time.Second << d.Below(4),
		engine: often(), driver: often(), reads: often(), deaths: often(),
		kills: often(), stops: often(), pauses: often(), skews: often(), strays: d.OneIn(3), leaps: d.OneIn(3), severs: often(),
	}
}

// plan is the chances of what may become of single calls.
func (p profile) plan(seed uint64) *fault.Seed {
	d := fault.Draw(seed, "odds")
	scarce := func(on bool, most int) int { // one in so many, at least one in most
		if !on {
			return 0
		}
		return most << d.Below(4)
	}
	return &fault.Seed{
		Number: seed,
		Write: fault.Odds{Usual: 3 * time.Millisecond, Longest: 10 * time.Second,
			Stall: scarce(p.engine, 50), Lost: scarce(p.engine, 80), Refused: scarce(p.engine, 80), Dies: scarce(p.deaths, 100)},
		Read: fault.Odds{Usual: time.Millisecond, Longest: 3 * time.Second, Stall: scarce(p.reads, 30), Lost: scarce(p.reads, 30), Dies: scarce(p.deaths, 400)},
		Engine: fault.Odds{Usual: 5 * time.Millisecond, Longest: 12 * time.Second, Stall: scarce(p.engine, 30), Late: scarce(p.engine, 40),
			Lost: scarce(p.engine, 12), Refused: scarce(p.engine, 20), Dies: scarce(p.deaths, 60)},
		Driver: fault.Odds{Usual: 800 * time.Millisecond, Longest: 40 * time.Second, Stall: scarce(p.driver, 6), Late: scarce(p.driver, 12),
			Lost: scarce(p.driver, 5), Refused: scarce(p.driver, 8), Twice: scarce(p.driver, 8), Dies: scarce(p.deaths, 20)},
	}
}

// Fate is the plan's, and remembers when there was trouble.
func (w *world) Fate(c fault.Call) fault.Fate {
	f := w.chance.Fate(c)
	switch c.Verb {
	case fault.Write, fault.Read, fault.Begin, fault.Commit, fault.Resolve:
		if f.Lost != fault.Nothing || f.Refused || f.Dies || f.Stall+f.Back > 100*time.Millisecond {
			w.leases.trouble(f.Stall + f.Back)
		}
	}
	return f
}

// accidents happen until the faults end.
func (w *world) accidents() {
	var kinds []func(*fault.Dice, *replica)
	p := w.profile
	for _, k := range []struct {
		on   bool
		what func(*fault.Dice, *replica)
	}{{p.kills, w.kill}, {p.stops, w.stop}, {p.pauses, w.pause}, {p.skews, w.skew}, {p.strays, w.stray}, {p.leaps, w.leap}, {p.severs, w.sever}} {
		if k.on {
			kinds = append(kinds, k.what)
		}
	}
	if len(kinds) == 0 {
		return
	}
	for d := w.dice("accidents"); !w.finished(1 + d.Under(8*time.Second)); {
		kinds[d.Below(len(kinds))](d, w.replicas[d.Below(len(w.replicas))])
	}
}

func (w *world) kill(_ *fault.Dice, r *replica) {
	p := r.present()
	w.note(p.Name, "is killed")
	p.Kill()
}

func (w *world) stop(_ *fault.Dice, r *replica) { r.stop() }

func (w *world) pause(d *fault.Dice, r *replica) {
	long := 1 + d.Under(time.Second<<d.Below(5))
	p := r.present()
	w.note(p.Name, "is paused for "+long.String())
	p.Pause(long)
	w.leases.trouble(long)
}

// skew sets a clock wrong by less than what is tolerable.
func (w *world) skew(d *fault.Dice, r *replica) {
	r.set(d.Under(1900*time.Millisecond) - 950*time.Millisecond)
}

// stray sets a clock wrong by more.
func (w *world) stray(d *fault.Dice, r *replica) {
	r.set(d.Under(4*time.Minute) - 2*time.Minute)
}

func (r *replica) set(skew time.Duration) {
	r.world.note(r.present().Name, "has a clock ahead by "+skew.String())
	r.skew.Store(skew.Microseconds())
	r.mu.Lock()
	defer r.mu.Unlock()
	tolerable := skew.Abs() < time.Second
	if r.offFrom.IsZero() || tolerable {
		r.world.leases.shift()
		r.offFrom = time.Now()
	}
	if tolerable {
		r.offFrom = time.Time{}
	}
}

// leap sets all clocks forward, the database's included.
func (w *world) leap(d *fault.Dice, _ *replica) {
	ahead := d.Under(time.Second << d.Below(12))
	if d.OneIn(8) {
		ahead = 49 * time.Hour
	}
	w.note("clocks", "leap by "+ahead.String())
	w.leaped.Add(ahead.Microseconds())
	w.leases.shift()
}

// sever cuts a replica, or all, from the database or from the provider.
func (w *world) sever(d *fault.Dice, r *replica) {
	from, long := r.present().Name, d.Under(time.Second<<d.Below(5))
	if d.OneIn(3) {
		from = ""
	}
	if d.OneIn(2) {
		w.note("provider", fmt.Sprintf("is out of reach of %q for %s", from, long))
		w.chance.Cut(from, long, fault.Create, fault.Activate, fault.Resize, fault.Find, fault.Describe, fault.Power, fault.Delete)
		return
	}
	w.note("database", fmt.Sprintf("is out of reach of %q for %s", from, long))
	w.chance.Cut(from, long, fault.Begin, fault.Commit, fault.Resolve, fault.Read)
	w.leases.trouble(long)
}
