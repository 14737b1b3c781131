package store

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/berth-host/berth"
)

// termsOf is the packed column of orders.
func termsOf(t *testing.T) *column[berth.Order] {
	t.Helper()
	for i := range orders.columns {
		if orders.columns[i].name == "terms" {
			return &orders.columns[i]
		}
	}
	t.Fatal("orders have no terms")
	return nil
}

// TestPacked writes and reads fields of every sort, over a row that holds others.
func TestPacked(t *testing.T) {
	c := termsOf(t)
	rapid.Check(t, func(t *rapid.T) {
		want := berth.Order{Currency: rapid.String().Draw(t, "currency"), Difference: rapid.Int64().Draw(t, "difference"),
			Terms: berth.Terms{PlanID: rapid.StringMatching(`[a-z"\\ ]*`).Draw(t, "plan"), Name: rapid.String().Draw(t, "name"),
				AutoRenew: rapid.Bool().Draw(t, "auto renew"), RAM: rapid.Int64().Draw(t, "ram"), ExpiresAt: rapid.Int64().Draw(t, "expiry")}}
		got := berth.Order{Currency: "old", Terms: berth.Terms{Location: "old", AutoRenew: true, Hours: 7}}
		text := c.getText(&want)
		if err := c.setText(&got, text); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %+v %v, want %+v", text, got, err, want)
		}
	})
}

// TestPackedForms reads what others wrote, and refuses what it can't keep.
func TestPackedForms(t *testing.T) {
	c := termsOf(t)
	want := berth.Order{Currency: "EUR", Terms: berth.Terms{PlanID: "5", Name: `a"b`, Hours: 720, AutoRenew: true}}
	for _, text := range []string{
		`{"currency":"EUR","plan_id":"5","name":"a\"b","hours":720,"auto_renew":1}`,
		` { "auto_renew" : 1, "hours" : 720 , "name":"a\u0022b","plan_id":"5","currency":"EUR" }`,
		`{"currency":"EUR","plan_id":"5","cores":0,"location":"","name":"a\"b","hours":720,"auto_renew":1}`,
	} {
		var got berth.Order
		if err := c.setText(&got, text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v %v", text, got, err)
		}
	}
	for text, why := range map[string]string{
		`{`: "JSON object", `{"hours":1`: "JSON object", `[]`: "JSON object", `{"hours":"1"}`: "wrong type",
		`{"hours":1.5}`: "wrong type", `{"plan_id":5}`: "wrong type", `{"other":5}`: "doesn't know", `{"hours":null}`: "wrong type",
		`{"hours":9223372036854775808}`: "wrong type", `{"plan_id":"5}`: "JSON object",
	} {
		if err := c.setText(new(berth.Order), text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, want %q", text, err, why)
		}
	}
}
