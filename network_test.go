package berth_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/berth-host/berth"
)

// zone loads a time zone by name.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestAddMonths(t *testing.T) {
	const layout = "2006-01-02 15:04:05 -0700"
	for _, tt := range []struct {
		name, zone, from string
		months           int
		want             string
	}{
		{"the documented year", "Europe/Ljubljana", "2025-11-23 15:30:24 +0100", 12, "2026-11-23 15:30:24 +0100"},
		{"a month", "Europe/Ljubljana", "2025-11-23 15:30:24 +0100", 1, "2025-12-23 15:30:24 +0100"},
		{"31 January", "Europe/Ljubljana", "2025-01-31 12:00:00 +0100", 1, "2025-02-28 12:00:00 +0100"},
		{"31 January of a leap year", "Europe/Ljubljana", "2028-01-31 12:00:00 +0100", 1, "2028-02-29 12:00:00 +0100"},
		{"31 March", "Europe/Ljubljana", "2025-03-31 12:00:00 +0200", 1, "2025-04-30 12:00:00 +0200"},
		{"28 February stays the 28th", "Europe/Ljubljana", "2025-02-28 12:00:00 +0100", 1, "2025-03-28 12:00:00 +0100"},
		{"29 February and a year", "Europe/Ljubljana", "2028-02-29 12:00:00 +0100", 12, "2029-02-28 12:00:00 +0100"},
		{"29 February and a month", "Europe/Ljubljana", "2028-02-29 12:00:00 +0100", 1, "2028-03-29 12:00:00 +0200"},
		{"over the year's end", "Europe/Ljubljana", "2025-12-31 23:59:59 +0100", 1, "2026-01-31 23:59:59 +0100"},
		{"December and a year", "Europe/Ljubljana", "2025-12-31 23:59:59 +0100", 12, "2026-12-31 23:59:59 +0100"},
		{"a day that is another one in UTC", "Europe/Ljubljana", "2025-03-01 00:30:00 +0100", 1, "2025-04-01 00:30:00 +0200"},
		{"into summer time", "Europe/Ljubljana", "2025-03-15 10:00:00 +0100", 1, "2025-04-15 10:00:00 +0200"},
		{"out of summer time", "Europe/Ljubljana", "2025-10-15 10:00:00 +0200", 1, "2025-11-15 10:00:00 +0100"},
		{"onto the hour that summer time skips", "Europe/Ljubljana", "2026-02-28 02:30:00 +0100", 1, "2026-03-28 02:30:00 +0100"},
		{"exactly there", "Europe/Ljubljana", "2025-01-30 02:30:00 +0100", 2, "2025-03-30 03:30:00 +0200"},
		{"a month that begins without a midnight", "America/Asuncion", "2017-09-15 12:00:00 -0400", 1, "2017-10-15 12:00:00 -0300"},
		{"into a month without a midnight at its end", "America/Havana", "2012-03-31 12:00:00 -0500", 1, "2012-04-30 12:00:00 -0400"},
		{"in UTC", "UTC", "2025-08-31 00:00:00 +0000", 6, "2026-02-28 00:00:00 +0000"},
	} {
		z := zone(t, tt.zone)
		from, err := time.Parse(layout, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		got := time.UnixMicro(berth.AddMonths(from.UnixMicro(), tt.months, z)).In(z)
		want, err := time.Parse(layout, tt.want)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want) {
			t.Errorf("%s: %s and %d months: got %s, want %s", tt.name, tt.from, tt.months, got.Format(layout), tt.want)
		}
	}
}

// A service bought for months ends in that very calendar month, in every zone, and never before a shorter one.
func TestAddMonthsAnywhere(t *testing.T) {
	zones := []*time.Location{zone(t, "Europe/Ljubljana"), zone(t, "America/Asuncion"), zone(t, "Africa/Cairo"),
		zone(t, "America/Havana"), zone(t, "Asia/Beirut"), zone(t, "Australia/Lord_Howe"), time.UTC}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		start := rapid.Int64Range(0, 4_000_000_000).Draw(t, "instant") * berth.Second
		months := rapid.IntRange(1, 24).Draw(t, "months")
		from, to := time.UnixMicro(start).In(z), time.UnixMicro(berth.AddMonths(start, months, z)).In(z)
		gone := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
		if gone != months {
			t.Fatalf("%s and %d months: got %s", from, months, to)
		}
		if to.Day() > from.Day() || to.Day() < min(from.Day(), 28) {
			t.Fatalf("%s and %d months: got %s, want the same day or the month's last", from, months, to)
		}
		if berth.AddMonths(start, months+1, z) <= to.UnixMicro() {
			t.Fatalf("%s: %d months are no shorter than %d", from, months, months+1)
		}
	})
}
