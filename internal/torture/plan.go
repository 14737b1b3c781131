package main

import (
	"math/rand/v2"
	"time"
)

// The seed decides what is done, to whom, when and for how long; what comes of it depends on the machine, too. Each
// generator below has a stream of its own, so that none changes the others' numbers.
const (
	streamStrikes = iota
	streamTraffic
	streamWeather // and one more for each proxy
)

func chanceOf(seed uint64, stream int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(stream))) // #nosec G404,G115 -- a run has to be repeatable; a small number
}

// between is a random time from least to most.
func between(chance *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(chance.Int64N(int64(most-least)))
}

// target is what a strike hits.
type target int

// The targets of strikes.
const (
	killReplica target = iota
	killDatabase
	stopReplica
)

// strike is one blow.
type strike struct {
	after   time.Duration // since the last one
	target  target
	replica int
	long    time.Duration // how long it stays stopped, or the database down
}

// strikes is the plan of blows. Of every dozen kills one hits the database, where it is a server of its own, and before
// one of them a replica is stopped: at random places, but in every dozen, so that a short run has them as well.
type strikes struct {
	chance   *rand.Rand
	replicas int
	database bool
	count    int // kills so far
	ofDozen  struct{ database, stop int }
	stopped  bool // the stop of this dozen is done
}

const dozen = 12

// longest is the longest stop, and shortest is longer than a lease of the settings under test: a replica that wakes up
// later finds that others have taken over what it had begun.
const (
	shortest = lease + lease/2
	longest  = 4 * lease
)

func planStrikes(seed uint64, replicas int, database bool) *strikes {
	return &strikes{chance: chanceOf(seed, streamStrikes), replicas: replicas, database: database}
}

// next is the next blow. Half of the pauses are below a second and a few are very short, so that a process is also hit
// while it starts.
func (s *strikes) next() strike {
	if s.count%dozen == 0 && !s.stopped {
		// Within the first half, so that a run of a few kills has one of each.
		s.ofDozen.database, s.ofDozen.stop = s.chance.IntN(dozen/2), s.chance.IntN(dozen/2)
	}
	u := s.chance.Float64()
	blow := strike{after: 150*time.Millisecond + time.Duration(u*float64(2200*time.Millisecond)), replica: s.chance.IntN(s.replicas)}
	place := s.count % dozen
	switch {
	case place == s.ofDozen.stop && !s.stopped:
		s.stopped = true
		blow.target, blow.long = stopReplica, between(s.chance, shortest, longest)
		return blow
	case s.database && place == s.ofDozen.database:
		blow.target, blow.long = killDatabase, between(s.chance, 0, 400*time.Millisecond)
	}
	if s.count++; s.count%dozen == 0 {
		s.stopped = false
	}
	return blow
}

// fault is what a proxy does to the connections through it.
type fault int

// The faults of the network.
const (
	cut fault = iota
	stall
	halfClose
)

// gust is one fault of the network.
type gust struct {
	after    time.Duration // since the last one
	fault    fault
	requests bool          // it hits what clients say, and not what they hear
	share    float64       // of the connections, of those that are hit
	long     time.Duration // of a stall
	ends     bool          // a stall ends by cutting everything
}

// wind is the plan of one proxy's faults: of every three each is one, in a random order.
type wind struct {
	chance *rand.Rand
	often  time.Duration // how long it's calm on average
	left   []fault       // of these three
}

func planWind(seed uint64, proxy int, often time.Duration) *wind {
	return &wind{chance: chanceOf(seed, streamWeather+proxy), often: often}
}

// next is the next fault. Mostly few connections are hit, so that some work goes on.
func (w *wind) next() gust {
	if len(w.left) == 0 {
		w.left = []fault{cut, stall, halfClose}
		w.chance.Shuffle(len(w.left), func(i, j int) { w.left[i], w.left[j] = w.left[j], w.left[i] })
	}
	u := w.chance.Float64()
	g := gust{
		after: between(w.chance, w.often/4, 2*w.often-w.often/4), fault: w.left[0], requests: w.chance.IntN(2) == 0,
		share: 0.03 + 0.6*u*u, long: between(w.chance, 50*time.Millisecond, 2*time.Second), ends: w.chance.IntN(3) == 0,
	}
	w.left = w.left[1:]
	return g
}
