package berth_test

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/berth-host/berth"
)

func TestFormatMinor(t *testing.T) {
	tests := []struct {
		minor        int64
		text, number string
	}{
		{0, "0.00", "0"}, {1, "0.01", "0.01"}, {10, "0.10", "0.1"}, {99, "0.99", "0.99"}, {100, "1.00", "1"},
		{1000, "10.00", "10"}, {10000, "100.00", "100"}, {1299, "12.99", "12.99"}, {550, "5.50", "5.5"},
		{-5, "-0.05", "-0.05"}, {-100, "-1.00", "-1"}, {-1 << 63, "-92233720368547758.08", "-92233720368547758.08"},
		{1<<63 - 1, "92233720368547758.07", "92233720368547758.07"},
	}
	for _, tt := range tests {
		if got := berth.FormatMinor(tt.minor); got != tt.text {
			t.Errorf("FormatMinor(%d): got %s, want %s", tt.minor, got, tt.text)
		}
		if got := berth.NumberMinor(tt.minor); got != tt.number {
			t.Errorf("NumberMinor(%d): got %s, want %s", tt.minor, got, tt.number)
		}
	}
	if got := (berth.Money{Minor: 1299, Currency: "EUR"}).String(); got != "12.99" {
		t.Errorf("Money.String: got %s, want 12.99", got)
	}
}

func TestParseMinor(t *testing.T) {
	good := map[string]int64{
		"0": 0, "0.0": 0, "0.00": 0, "1": 100, "1.5": 150, "1.05": 105, "100.00": 10000, "007": 700, "0.01": 1,
		"100000000000": berth.MaxMinor, "100000000000.00": berth.MaxMinor,
	}
	for text, want := range good {
		if got, err := berth.ParseMinor(text); err != nil || got != want {
			t.Errorf("ParseMinor(%q): got %d, %v, want %d", text, got, err, want)
		}
	}
	bad := []string{"", ".", "1.", ".5", "-1", "+1", " 1", "1 ", "1,00", "1.000", "1e3", "1_000", "0x10", "1.2.3", "1.-5",
		"１", "NaN", "100000000000.01", "1000000000000", "0000000000001", "9999999999999999999999", "1\x00", "1.0\n"}
	for _, text := range bad {
		if got, err := berth.ParseMinor(text); !berth.IsCode(err, berth.InvalidParameter) {
			t.Errorf("ParseMinor(%q): got %d, %v, want invalid_parameter", text, got, err)
		}
	}
}

func TestMoneyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, berth.MaxMinor).Draw(t, "minor")
		for _, text := range []string{berth.FormatMinor(minor), berth.NumberMinor(minor)} {
			if got, err := berth.ParseMinor(text); err != nil || got != minor {
				t.Fatalf("%d became %q and then %d, %v", minor, text, got, err)
			}
		}
		number := berth.NumberMinor(minor)
		if strings.HasSuffix(number, ".") || strings.Contains(number, ".") && strings.HasSuffix(number, "0") {
			t.Fatalf("NumberMinor(%d): got %s, which isn't the shortest", minor, number)
		}
	})
}

// halfUp is a*b/c rounded half up, by arithmetic without a bound.
func halfUp(a, b, c int64) int64 {
	n := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	n.Mul(n, big.NewInt(2)).Add(n, big.NewInt(c))
	n.Quo(n, new(big.Int).Mul(big.NewInt(2), big.NewInt(c)))
	if n.Cmp(big.NewInt(berth.MaxMinor)) > 0 {
		return berth.MaxMinor // no wallet can pay it
	}
	return n.Int64()
}

func TestPriceOfHours(t *testing.T) {
	for _, tt := range []struct{ monthly, hours, want int64 }{
		{1299, 720, 1299}, {1299, 1, 2}, {2999, 720, 2999}, {500, 720, 500}, {500, 1, 1}, {0, 720, 0},
		{359, 1, 1}, {1, 1, 1}, {1, 359, 1}, {1, 360, 1}, {1, 1079, 1}, {1, 1080, 2}, {360, 1, 1}, {1080, 1, 2},
		{berth.MaxMinor, 87600, berth.MaxMinor}, {berth.MaxMinor, 1_328_165_600, berth.MaxMinor}, // beyond 64 bits
	} {
		got := berth.PriceOfHours(berth.Money{Minor: tt.monthly, Currency: "EUR"}, tt.hours)
		if got != (berth.Money{Minor: tt.want, Currency: "EUR"}) {
			t.Errorf("%d hours at %d a month: got %+v, want %d", tt.hours, tt.monthly, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		monthly := rapid.Int64Range(0, berth.MaxMinor).Draw(t, "monthly")
		hours := rapid.Int64Range(1, 10_000_000).Draw(t, "hours")
		want := halfUp(monthly, hours, 720)
		if want == 0 && monthly > 0 {
			want = 1
		}
		if got := berth.PriceOfHours(berth.Money{Minor: monthly}, hours).Minor; got != want {
			t.Fatalf("%d hours at %d a month: got %d, want %d", hours, monthly, got, want)
		}
	})
}

// Buying hours in parts never costs a customer more or less than half a minor unit a part, beside the least price.
func TestPriceOfHoursInParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		monthly := berth.Money{Minor: rapid.Int64Range(0, 1_000_000).Draw(t, "monthly")}
		parts := rapid.SliceOfN(rapid.Int64Range(1, 8760), 1, 20).Draw(t, "parts")
		var hours, paid int64
		for _, part := range parts {
			hours += part
			paid += berth.PriceOfHours(monthly, part).Minor
		}
		whole := berth.PriceOfHours(monthly, hours).Minor
		if off, most := paid-whole, int64(len(parts)+1); off > most || 2*off < -most {
			t.Fatalf("%d hours at %d in %d parts: got %d, in one %d", hours, monthly.Minor, len(parts), paid, whole)
		}
		if more := berth.PriceOfHours(monthly, hours+1).Minor; more < whole {
			t.Fatalf("%d hours cost %d, one more hour makes it %d", hours, whole, more)
		}
	})
}

func TestUpgradeDifference(t *testing.T) {
	for _, tt := range []struct{ rate, seconds, want int64 }{
		{2999, 2139925, 2476}, {1700, 2139925, 1404}, {2999, 0, 0}, {2999, -5, 0}, {0, 1000, 0}, {-1700, 1000, 0},
		{1, 1295999, 0}, {1, 1296000, 1}, {1000, 2592000, 1000},
	} {
		if got := berth.UpgradeDifference(tt.rate, tt.seconds); got != tt.want {
			t.Errorf("%d seconds at %d: got %d, want %d", tt.seconds, tt.rate, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Int64Range(-berth.MaxMinor, berth.MaxMinor).Draw(t, "rate")
		seconds := rapid.Int64Range(-1000, 10_000_000_000).Draw(t, "seconds")
		want := int64(0)
		if rate > 0 && seconds > 0 {
			want = halfUp(rate, seconds, 720*3600)
		}
		if got := berth.UpgradeDifference(rate, seconds); got != want {
			t.Fatalf("%d seconds at %d: got %d, want %d", seconds, rate, got, want)
		}
	})
}

// FuzzParseMinor holds the reader of amounts to big.Rat: what it takes is that number exactly, and what it refuses
// isn't an amount.
func FuzzParseMinor(f *testing.F) {
	for _, text := range []string{"12.99", "0", "0.5", "1.", ".1", "-1", "1e2", "100000000000.01", "00.10"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := berth.ParseMinor(text)
		plain := len(text) > 0 && len(text) <= 15 && strings.Trim(text, "0123456789.") == "" &&
			strings.Count(text, ".") <= 1 && text[0] != '.' && text[len(text)-1] != '.'
		exact, ok := new(big.Rat).SetString(text)
		if err != nil {
			whole, fraction, _ := strings.Cut(text, ".")
			if plain && ok && len(whole) <= 12 && len(fraction) <= 2 && exact.Cmp(big.NewRat(berth.MaxMinor, 100)) <= 0 {
				t.Fatalf("%q is an amount and was refused: %v", text, err)
			}
			return
		}
		if whole, _, _ := strings.Cut(text, "."); !plain || !ok || len(whole) > 12 || exact.Cmp(big.NewRat(got, 100)) != 0 || got < 0 || got > berth.MaxMinor {
			t.Fatalf("%q became %s", text, strconv.FormatInt(got, 10))
		}
		if again, err := berth.ParseMinor(berth.FormatMinor(got)); err != nil || again != got {
			t.Fatalf("%d became %d, %v", got, again, err)
		}
	})
}
