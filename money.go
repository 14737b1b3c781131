package berth

import (
	"math/bits"
	"strconv"
	"strings"
)

// MaxMinor bounds every single amount (100 billion in major units): far above any price, far below what could
// overflow int64 when a few are added.
const MaxMinor int64 = 10_000_000_000_000

// HoursInMonth is the month of the price list: the provider documents `hours_in_month: 720`.
const HoursInMonth int64 = 720

// Money is an amount in minor units (cents) of one currency. All currencies of the catalogue have two decimals.
type Money struct {
	Minor    int64
	Currency string // ISO 4217, upper case
}

// String is the amount with exactly two decimals, without currency: "12.99", "-0.05".
func (m Money) String() string { return FormatMinor(m.Minor) }

// FormatMinor writes minor units with exactly two decimals.
func FormatMinor(minor int64) string {
	sign := ""
	abs := uint64(minor) // #nosec G115 -- of a negative amount the two's complement, which the negation below needs
	if minor < 0 {
		sign = "-"
		abs = -abs
	}
	cents := strconv.FormatUint(abs%100, 10)
	if len(cents) == 1 {
		cents = "0" + cents
	}
	return sign + strconv.FormatUint(abs/100, 10) + "." + cents
}

// NumberMinor writes minor units as the shortest JSON number: "12.99", "5", "0.5".
func NumberMinor(minor int64) string {
	s := FormatMinor(minor)
	s = strings.TrimSuffix(s, "00")
	if strings.HasSuffix(s, ".") {
		return s[:len(s)-1]
	}
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(s, "0")
	}
	return s
}

// ParseMinor reads a non-negative decimal amount with at most two decimals ("100", "100.5", "100.00") into minor
// units. Signs, exponents, spaces, group separators and a third decimal are refused: money is never rounded on the
// way in.
func ParseMinor(text string) (int64, error) {
	whole, fraction, hasPoint := strings.Cut(text, ".")
	if whole == "" || (hasPoint && fraction == "") || len(fraction) > 2 || len(whole) > 12 {
		return 0, Errorf(InvalidParameter, "An amount looks like 100.00, with at most two decimals.")
	}
	for len(fraction) < 2 {
		fraction += "0"
	}
	var minor int64
	for _, c := range []byte(whole + fraction) {
		if c < '0' || c > '9' {
			return 0, Errorf(InvalidParameter, "An amount looks like 100.00, with at most two decimals.")
		}
		minor = minor*10 + int64(c-'0')
	}
	if minor > MaxMinor {
		return 0, Errorf(InvalidParameter, "An amount is at most %s.", FormatMinor(MaxMinor))
	}
	return minor, nil
}

// PriceOfHours is what hours of a plan cost: monthly price / 720 x hours, rounded half up once, on the total. A plan
// with a price above zero costs at least one minor unit an order; otherwise one-hour renewals of a cheap plan would
// be free for ever. The hours must be positive.
func PriceOfHours(monthly Money, hours int64) Money {
	minor := mulDivHalfUp(monthly.Minor, hours, HoursInMonth)
	if minor == 0 && monthly.Minor > 0 {
		minor = 1
	}
	return Money{Minor: minor, Currency: monthly.Currency}
}

// UpgradeDifference is what a plan change charges for the time that is already paid: remaining seconds at rate
// (minor units a month), rounded half up, never negative.
func UpgradeDifference(rate int64, remainingSeconds int64) int64 {
	if rate <= 0 || remainingSeconds <= 0 {
		return 0
	}
	return mulDivHalfUp(rate, remainingSeconds, HoursInMonth*3600)
}

// mulDivHalfUp is a*b/c rounded half up for non-negative a and b, with a product of 128 bits. A result beyond
// MaxMinor is capped there; no wallet can pay it. c is positive.
func mulDivHalfUp(a, b, c int64) int64 {
	x, y, z := uint64(a), uint64(b), uint64(c) // #nosec G115 -- none of them is negative
	hi, lo := bits.Mul64(x, y)
	lo, carry := bits.Add64(lo, z/2, 0)
	hi += carry
	if hi >= z {
		return MaxMinor
	}
	q, _ := bits.Div64(hi, lo, z)
	if q > uint64(MaxMinor) {
		return MaxMinor
	}
	return int64(q) // #nosec G115 -- at most MaxMinor
}
