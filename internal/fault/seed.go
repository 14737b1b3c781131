package fault

import (
	"sync"
	"time"
)

// Seed is a plan by chance. A call's fate follows from the seed's number and the call itself, never from the order in
// which calls happen to be asked for: so the same number gives the same run, whatever the scheduler of the runtime
// does. For the same reason no two calls take exactly the same time.
type Seed struct {
	Number uint64
	Write  Odds // of the desk's writes before they reach the batcher
	Read   Odds
	Engine Odds
	Driver Odds

	mu   sync.Mutex
	calm bool
	cuts []cut
}

// Odds are the chances of what may become of a call, in one of so many calls; 0 for never.
type Odds struct {
	Usual   time.Duration // that an ordinary call takes at most
	Stall   int           // it takes up to Longest
	Longest time.Duration
	Lost    int
	Late    int // its answer takes up to Longest
	Refused int
	Twice   int
	Dies    int
}

// cut is a time in which no call of a process reaches some verbs' other side.
type cut struct {
	from  string // "" for every process
	verbs map[Verb]bool
	until time.Time
}

// Calm ends all faults: from now on calls go well, and take their usual time.
func (s *Seed) Calm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calm, s.cuts = true, nil
}

// Cut loses all calls of these verbs that a process ("" for all) makes for a while.
func (s *Seed) Cut(from string, d time.Duration, verbs ...Verb) {
	c := cut{from: from, verbs: map[Verb]bool{}, until: time.Now().Add(d)}
	for _, v := range verbs {
		c.verbs[v] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts = append(s.cuts, c)
}

func (s *Seed) state(c Call) (calm, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cut := range s.cuts {
		lost = lost || (cut.from == "" || cut.from == c.From) && cut.verbs[c.Verb] && time.Now().Before(cut.until)
	}
	return s.calm, lost
}

// Fate draws the fate of a call.
func (s *Seed) Fate(c Call) Fate {
	o := s.odds(c.Verb)
	d := Draw(s.Number, c.From, string(c.Verb), c.Subject, c.Nth)
	f := Fate{Stall: d.Under(o.Usual)}
	switch c.Verb {
	case Write, Begin, Resolve: // they wait for somebody else, and those whom one event lets go on go on one by one
		f.Back = d.Under(o.Usual)
	}
	calm, lost := s.state(c)
	switch {
	case lost:
		return Fate{Stall: 1 + d.Under(time.Second), Lost: 1 + Loss(d.Below(2))}
	case calm:
		return f
	}
	if d.OneIn(o.Stall) {
		f.Stall = 1 + d.Under(o.Longest)
	}
	if d.OneIn(o.Late) {
		f.Back = 1 + d.Under(o.Longest)
	}
	if d.OneIn(o.Lost) {
		f.Lost = 1 + Loss(d.Below(2))
	}
	if d.OneIn(o.Twice) {
		f.Twice = 1 + d.Under(o.Longest)
	}
	f.Refused = d.OneIn(o.Refused)
	if d.OneIn(o.Dies) {
		f.Dies, f.Back, f.Lost = true, 1+d.Under(time.Second), Loss(d.Below(2))
	}
	if f != (Fate{}) && f.Stall == 0 {
		f.Stall = 1 + d.Under(10*time.Millisecond)
	}
	return f
}

func (s *Seed) odds(v Verb) Odds {
	switch v {
	case Write:
		return s.Write
	case Read:
		return s.Read
	case Begin, Commit, Resolve:
		return s.Engine
	}
	return s.Driver
}

// Dice is a stream of chance that follows from what it was drawn for.
type Dice struct{ state uint64 }

// Draw makes the dice for something.
func Draw(number uint64, what ...any) *Dice {
	const prime = 1099511628211 // FNV-1a's
	h := number ^ 14695981039346656037
	mix := func(b byte) { h = (h ^ uint64(b)) * prime }
	for _, w := range what {
		switch w := w.(type) {
		case string:
			for i := range len(w) {
				mix(w[i])
			}
		case int:
			for i := range 8 {
				mix(byte(w >> (8 * i))) // #nosec G115 -- one byte after the other
			}
		}
		mix(0xff)
	}
	return &Dice{h}
}

// Next is the next number (splitmix64).
func (d *Dice) Next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Below is a number from 0 to n-1; n is positive.
func (d *Dice) Below(n int) int {
	return int(d.Next() % uint64(n)) // #nosec G115 -- below n
}

// OneIn is true once in n times, and never for 0.
func (d *Dice) OneIn(n int) bool { return n > 0 && d.Below(n) == 0 }

// Under is a time shorter than most.
func (d *Dice) Under(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return time.Duration(d.Next() % uint64(most)) // #nosec G115 -- below most
}
