package load

import (
	"math"
	"testing"
	"time"
)

func TestBuckets(t *testing.T) {
	before := -1
	for d := time.Duration(1); d > 0; d += d/100 + 1 {
		b := bucket(d)
		if b < before {
			t.Fatalf("%v is in bucket %d, below that of a shorter time", d, b)
		}
		before = b
		if got, off := middle(b), float64(d)/64; math.Abs(float64(got-d)) > off {
			t.Fatalf("the bucket of %v stands for %v, more than 1/64 off", d, got)
		}
	}
	if b := bucket(math.MaxInt64); b >= len(histogram{}.buckets) {
		t.Fatalf("the longest time is in bucket %d, of %d", b, len(histogram{}.buckets))
	}
}

func TestQuantiles(t *testing.T) {
	var a, b histogram
	for i := 1; i <= 1000; i++ {
		h := &a
		if i%2 == 0 {
			h = &b
		}
		h.add(time.Duration(i) * time.Millisecond)
	}
	a.merge(&b)
	for share, want := range map[float64]float64{0: 1, 0.5: 501, 0.95: 951, 0.99: 991, 0.999: 1000, 1: 1000} {
		if got := millis(a.quantile(share)); math.Abs(got-want) > want/64 {
			t.Errorf("quantile %v: got %v ms, want about %v", share, got, want)
		}
	}
	if got := a.quantile(1); got != time.Second {
		t.Errorf("the longest: got %v, want exactly 1s", got)
	}
	if got := new(histogram).quantile(0.5); got != 0 {
		t.Errorf("of nothing: got %v, want 0", got)
	}
}
