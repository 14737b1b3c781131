package load

import "time"

// Report is what a Run has measured.
type Report struct {
	Completed  int            `json:"completed"`  // the answer said that the machine is there
	Processing int            `json:"processing"` // charged, and going on without their request
	Failed     int            `json:"failed"`
	Errors     map[string]int `json:"errors"`   // failed orders by code
	Repeats    int            `json:"repeats"`  // requests sent again, where Retry was set
	Replayed   int            `json:"replayed"` // orders answered from an earlier request of theirs

	Seconds float64 `json:"seconds"`          // from the start to the last answer
	Rate    float64 `json:"orders_a_second"`  // completed orders only
	Times   Times   `json:"completed_millis"` // of completed orders' answers
}

// Times are answer times in milliseconds, percentiles and the longest.
type Times struct {
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

func (r *run) report(tallies []tally) Report {
	sum := Report{Errors: map[string]int{}}
	var times histogram
	last := r.start
	for i := range tallies {
		t := &tallies[i]
		times.merge(&t.completed)
		sum.Processing += t.going
		sum.Repeats += t.repeats
		sum.Replayed += t.replayed
		for code, n := range t.failures {
			sum.Errors[code] += n
			sum.Failed += n
		}
		if t.last.After(last) {
			last = t.last
		}
	}
	sum.Completed = int(times.count) // #nosec G115 -- a count of orders
	if sum.Seconds = last.Sub(r.start).Seconds(); sum.Seconds > 0 {
		sum.Rate = float64(sum.Completed) / sum.Seconds
	}
	sum.Times = Times{
		P50: millis(times.quantile(0.5)), P95: millis(times.quantile(0.95)), P99: millis(times.quantile(0.99)),
		P999: millis(times.quantile(0.999)), Max: millis(times.longest),
	}
	return sum
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Progress is how far a Run is.
type Progress struct {
	Completed, Processing, Failed int
	Orders                        int // asked for; 0 when only the duration is known
	Elapsed                       time.Duration
}

const watchEvery = 200 * time.Millisecond

// watch tells Traffic.Watch how far it is until stop is called, which tells it once more.
func (r *run) watch() (stop func()) {
	if r.Watch == nil {
		return func() {}
	}
	tell := func() {
		r.Watch(Progress{
			Completed: int(r.completed.Load()), Processing: int(r.going.Load()), Failed: int(r.failed.Load()),
			Orders: r.Orders, Elapsed: time.Since(r.start),
		})
	}
	stopping, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				tell()
			case <-stopping:
				tell()
				return
			}
		}
	}()
	return func() {
		close(stopping)
		<-stopped
	}
}
