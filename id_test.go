package berth

import (
	"math/rand/v2"
	"regexp"
	"testing"
	"time"
	_ "time/tzdata"
)

// random is a seeded source, the same in every run.
func random(seed uint64) func() uint64 { return rand.New(rand.NewPCG(seed, 7)).Uint64 }

var uuid7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestIDsSortAsTheyWereMade(t *testing.T) {
	ids := IDs{Random: random(1)}
	start := time.Date(2026, 2, 28, 23, 59, 59, 999_990_000, time.UTC).UnixMicro()
	instants := func(i int) int64 {
		switch {
		case i < 200_000: // far more than the counter holds, at one instant
			return start
		case i < 200_100: // a clock that runs back
			return start - int64(i)
		case i < 210_000: // microseconds that pass one by one, over the end of a millisecond
			return start + int64(i)
		}
		return start + int64(i)*1000 // and milliseconds
	}
	last := ""
	for i := range 220_000 {
		id := ids.At(instants(i))
		if id <= last {
			t.Fatalf("id %d: got %s after %s, want a later one", i, id, last)
		}
		if last = id; !uuid7.MatchString(id) {
			t.Fatalf("id %d: got %s, want a UUID of version 7", i, id)
		}
	}
}

// The first 48 bits are the milliseconds, as RFC 9562 says, so any tool can tell when an id was made.
func TestIDsTellTheirInstant(t *testing.T) {
	ids := IDs{Random: random(2)}
	at := time.Date(2022, 2, 22, 19, 22, 22, 0, time.UTC).UnixMicro()
	if got, want := ids.At(at)[:13], "017f22e2-79b0"; got != want { // the RFC's own example
		t.Errorf("got %s, want %s", got, want)
	}
	if got := ids.At(at + 999); got[:13] != "017f22e2-79b0" || got[15:18] != "f9c" {
		t.Errorf("999 microseconds later: got %s, want the same millisecond and 999 in the next 10 bits", got)
	}
}

func TestIDsOfTwoProcessesDiffer(t *testing.T) {
	a, b := IDs{Random: random(3)}, IDs{Random: random(4)}
	seen := map[string]bool{}
	for range 50_000 {
		for _, id := range []string{a.At(1e15), b.At(1e15)} {
			if seen[id] {
				t.Fatalf("%s was made twice", id)
			}
			seen[id] = true
		}
	}
}

func TestOrderNumbers(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Ljubljana")
	if err != nil {
		t.Fatal(err)
	}
	created := time.Date(2025, 11, 23, 15, 39, 56, 0, zone).UnixMicro()
	ids := IDs{Random: random(5)}
	seen := map[string]bool{}
	shape := regexp.MustCompile(`^CLOUD_20251123153956_[0-9A-Z]{8}$`)
	last := ""
	for batch := range int64(2000) {
		at := created + batch*499
		for range 50 {
			number := orderNumber(ids.At(at), at, zone)
			if !shape.MatchString(number) {
				t.Fatalf("got %s, want CLOUD_20251123153956_ and 8 letters or digits", number)
			}
			if seen[number] {
				t.Fatalf("%s was made twice", number)
			}
			if number <= last {
				t.Fatalf("%s comes after %s", number, last)
			}
			seen[number], last = true, number
		}
	}
	// A 20-bit microsecond, 8 bits of the counter and 12 random ones, five a letter: none of them is lost.
	for _, bits := range []struct{ hi, lo uint64 }{{1 << 2, 0}, {1 << 16, 0}, {0, 1 << 46}, {0, 1 << 53}, {0, 1}, {0, 1 << 11}} {
		a := orderNumber(formatUUID(7<<12, 2<<62), created, zone)
		b := orderNumber(formatUUID(7<<12|bits.hi, 2<<62|bits.lo), created, zone)
		if a == b {
			t.Errorf("bits %x and %x of the id: got %s twice", bits.hi, bits.lo, a)
		}
	}
}
