package httpapi

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// decimals is how many digits behind the point calculate_price takes. A decimal is kept as an integer of millionths,
// so that nothing is ever rounded before the end.
const (
	decimals = 6
	million  = 1_000_000
)

// priceAnswer is calculate_price's answer. Its inputs may be texts; what comes out are numbers.
type priceAnswer struct {
	envelope
	Timestamp string `json:"timestamp"`
}

type priceRecord struct {
	MonthlyPrice   json.RawMessage `json:"monthly_price"`
	HoursPurchased json.RawMessage `json:"hours_purchased"`
	HourlyRate     json.RawMessage `json:"hourly_rate"` // four decimals, for show: nothing is computed from it
	TotalCost      json.RawMessage `json:"total_cost"`
	PurchaseDate   string          `json:"purchase_date"`
	ExpirationDate string          `json:"expiration_date"`
	HoursInMonth   int64           `json:"hours_in_month"`
	Time           timeComponents  `json:"time_components"`
}

type timeComponents struct {
	WholeHours   int64           `json:"whole_hours"`
	Minutes      int64           `json:"minutes"`
	DecimalHours json.RawMessage `json:"decimal_hours"`
}

// calculatePrice is POST /API/calculate_price: what hours at a monthly price cost, by the rule that orders are priced
// by. It knows no plan and reads nothing.
func (s *server) calculatePrice(c *call) (any, error) {
	now := s.Desk.Now()
	hours := c.in.decimal("hours", 1, s.Desk.Policy.MaxHours*million, "above 0 and at most "+strconv.FormatInt(s.Desk.Policy.MaxHours, 10))
	price := c.in.decimal("monthly_price", 0, berth.MaxMinor/100*million, "of at most "+berth.NumberMinor(berth.MaxMinor))
	start := s.renewalDate(c, now)
	if err := c.in.err(); err != nil {
		return nil, err
	}
	return priceAnswer{
		envelope: success("The price of these hours.", priceRecord{
			MonthlyPrice: decimalNumber(price), HoursPurchased: decimalNumber(hours),
			HourlyRate: scaledNumber(quotient(big.NewInt(price), berth.HoursInMonth*100), 4),
			TotalCost:  scaledNumber(totalCost(price, hours), 2),
			// Hours are elapsed time, so a change of the clock between the two dates moves the second by an hour.
			PurchaseDate: s.date(start), ExpirationDate: s.date(start + hours*(berth.Hour/million)),
			HoursInMonth: berth.HoursInMonth,
			Time: timeComponents{
				WholeHours: hours / million, Minutes: hours % million * 60 / million, DecimalHours: decimalNumber(hours),
			},
		}),
		Timestamp: s.date(now),
	}, nil
}

// totalCost is the price in minor units, rounded half up once, on the total. As for an order, what isn't free costs
// at least one.
func totalCost(price, hours int64) *big.Int {
	product := new(big.Int).Mul(big.NewInt(price), big.NewInt(hours))
	total := quotient(product, berth.HoursInMonth*million*million/100)
	if total.Sign() == 0 && product.Sign() > 0 {
		return big.NewInt(1)
	}
	return total
}

// quotient is a/b, rounded half up.
func quotient(a *big.Int, b int64) *big.Int {
	double := new(big.Int).Lsh(a, 1)
	return double.Div(double.Add(double, big.NewInt(b)), big.NewInt(2*b))
}

func decimalNumber(millionths int64) json.RawMessage {
	return scaledNumber(big.NewInt(millionths), decimals)
}

// scaledNumber writes n / 10^places as the shortest JSON number.
func scaledNumber(n *big.Int, places int) json.RawMessage {
	digits := n.String()
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, fraction := digits[:len(digits)-places], strings.TrimRight(digits[len(digits)-places:], "0")
	if fraction == "" {
		return json.RawMessage(whole)
	}
	return json.RawMessage(whole + "." + fraction)
}

// renewalDate is where the hours begin: the optional renewal_date, in the operator's zone, or now.
func (s *server) renewalDate(c *call, now int64) int64 {
	const name = "renewal_date"
	text := c.in.text(name, optional)
	if text == "" {
		return now
	}
	// The years are those in which every sum of hours still has a date of four digits.
	date, err := time.ParseInLocation(time.DateTime, text, s.Desk.Policy.Zone)
	if err != nil || len(text) != len(time.DateTime) || date.Year() < 1970 || date.Year() > 9900 {
		c.in.refuse(name, "%s must be a date and time such as 2026-01-31 23:59:59.", name)
		return now
	}
	return date.UnixMicro()
}

// decimal is a required number of at most six decimals, in millionths, from least to most, which text describes.
func (r *reader) decimal(name string, least, most int64, text string) int64 {
	normal, _ := r.take(name, required, nil, func(v param) (string, string) {
		n, valid := millionths(v)
		if !valid || n < least || n > most {
			return "", "must be a decimal number " + text + ", with at most six decimals"
		}
		return strconv.FormatInt(n, 10), ""
	})
	n, _ := strconv.ParseInt(normal, 10, 64)
	return n
}

// millionths reads digits with at most one point between them: no sign, no exponent.
func millionths(v param) (int64, bool) {
	if v.kind != textKind && v.kind != numberKind {
		return 0, false
	}
	whole, fraction, point := strings.Cut(v.text, ".")
	if whole == "" || len(whole) > 12 || point && fraction == "" || len(fraction) > decimals {
		return 0, false
	}
	digits := whole + fraction + strings.Repeat("0", decimals-len(fraction))
	if strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

// quoteRecord is data of a quote.
type quoteRecord struct {
	Type              string          `json:"type"`
	Amount            json.RawMessage `json:"amount"`
	Currency          string          `json:"currency"`
	BalanceBefore     string          `json:"balance_before"`
	BalanceAfter      *string         `json:"balance_after"` // null when the balance doesn't cover the amount
	Enough            bool            `json:"enough"`
	UpgradeDifference json.RawMessage `json:"upgrade_difference"`
	HoursPurchased    *string         `json:"hours_purchased"`
	PlanID            *string         `json:"plan_id"`
	ServerID          *string         `json:"server_id"`
	Location          *string         `json:"location"`
	NetworkID         *string         `json:"network_id"`
	BillingCycle      *string         `json:"billing_cycle"`
	Description       string          `json:"description"`
	ExpireDate        string          `json:"expire_date"`
	QuotedAt          string          `json:"quoted_at"` // price and expiry hold for this instant
}

func (s *server) quoteAnswer(e berth.Estimate) any {
	t := e.Terms
	r := quoteRecord{
		Type: e.Kind, Amount: json.RawMessage(berth.NumberMinor(e.Amount)), Currency: e.Currency,
		BalanceBefore: berth.FormatMinor(e.BalanceBefore), Enough: e.BalanceBefore >= e.Amount,
		UpgradeDifference: json.RawMessage(berth.NumberMinor(e.Difference)),
		PlanID:            textOrNull(t.PlanID), ServerID: textOrNull(t.ServiceID), Location: textOrNull(t.Location),
		NetworkID: textOrNull(t.NetworkID), BillingCycle: textOrNull(t.Cycle), Description: t.Description,
		ExpireDate: s.date(t.ExpiresAt), QuotedAt: s.date(e.At),
	}
	if r.Enough {
		r.BalanceAfter = textOrNull(berth.FormatMinor(e.BalanceBefore - e.Amount))
	}
	if t.Hours != 0 {
		r.HoursPurchased = textOrNull(strconv.FormatInt(t.Hours, 10))
	}
	return success("What this order would cost and do now; nothing was written.", r)
}
