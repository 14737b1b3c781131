package httpapi

import (
	"slices"
	"testing"
)

// An Idempotency-Key stands for what was asked, not for how it was written.
func TestCanonicalIsTheSameForTheSameRequest(t *testing.T) {
	base := `{"user_id":"u","plan_id":"5","os_image_id":"13","auto_renew":true,"rental_duration":720,"password":"a b=c&d"}`
	same := []string{
		`{"password":"a b=c\u0026d","rental_duration":"720","auto_renew":"1","os_image_id":13,"plan_id":5,"user_id":"u"}`,
		`{"user_id":"u","plan_id":"5","os_image_id":"13","auto_renew":1,"hours":720,"password":"a b=c&d","x":[1]}`,
		`{"user_id":"u","plan_id":"5","os_image_id":"13","auto_renew":"true","rental_duration":720,"password":"a b=c&d","location":"","versions":null}`,
		`user_id=u&plan_id=5&os_image_id=13&auto_renew=1&rental_duration=720&password=a+b%3Dc%26d&unknown=1`,
	}
	other := []string{
		`{"user_id":"v","plan_id":"5","os_image_id":"13","auto_renew":true,"rental_duration":720,"password":"a b=c&d"}`,
		`{"user_id":"u","plan_id":"5","os_image_id":"13","auto_renew":false,"rental_duration":720,"password":"a b=c&d"}`,
		`{"user_id":"u","plan_id":"5","os_image_id":"13","rental_duration":720,"password":"a b=c&d"}`,
		`{"user_id":"u","plan_id":"5","application_id":"13","auto_renew":true,"rental_duration":720,"password":"a b=c&d"}`,
		`{"user_id":"u","plan_id":"5","os_image_id":"13","auto_renew":true,"rental_duration":721,"password":"a b=c&d"}`,
		`{"user_id":"u","plan_id":"5","os_image_id":"13","auto_renew":true,"rental_duration":720,"password":"a b=c&e"}`,
	}
	refused := []string{
		`{"user_id":"u","plan_id":"5","os_image_id":"13","auto_renew":[true],"rental_duration":720,"password":"a b=c&d"}`,
		`{"user_id":"u","plan_id":"5","os_image_id":"13","auto_renew":true,"rental_duration":720,"hours":5,"password":"a b=c&d"}`,
		`{"user_id":"","plan_id":"5","os_image_id":"13","auto_renew":true,"rental_duration":720,"password":"a b=c&d"}`,
		`{"plan_id":"5","os_image_id":"13","auto_renew":true,"rental_duration":720,"password":"a b=c&d"}`,
	}
	want, err := readOrder(mustDecode(t, base))
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range same {
		got, err := readOrder(mustDecode(t, body))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s:\ngot  %q, %v\nwant %q", body, got, err, want)
		}
	}
	seen := map[string]string{string(want): base}
	for _, body := range other {
		got, _ := readOrder(mustDecode(t, body))
		if twin, ok := seen[string(got)]; ok {
			t.Errorf("%s\nlooks like\n%s", body, twin)
		}
		seen[string(got)] = body
	}
	// These are never kept under a key, so only a likeness to one that was kept would do harm.
	for _, body := range refused {
		got, err := readOrder(mustDecode(t, body))
		if err == nil || seen[string(got)] != "" {
			t.Errorf("%s: got error %v, looks like %q", body, err, seen[string(got)])
		}
	}
}

// A refused value must not have the normal form of any accepted one, whatever it says.
func TestCanonicalTellsRefusedFromAccepted(t *testing.T) {
	read := func(body string) string {
		r := mustDecode(t, body).reader()
		r.text("v", optional)
		return string(r.canonical(nil))
	}
	if accepted, refused := read(`{"v":"[\"a\"]"}`), read(`{"v":["a"]}`); accepted == refused {
		t.Errorf("a text and an array give the same %q", accepted)
	}
	if accepted, refused := read(`{"v":"true"}`), read(`{"v":true}`); accepted == refused {
		t.Errorf("a text and a truth value give the same %q", accepted)
	}
}

func TestFieldsAreSortedAndReadingTwiceChangesNothing(t *testing.T) {
	r := mustDecode(t, `{"b":["x","y"],"a":5,"c":null,"d":"5.50","unknown":1}`).reader()
	r.money("d", required)
	r.list("b", required, 9)
	r.text("c", optional)
	r.id("a", required)
	r.id("a", required)
	got := r.fields()
	want := []field{{"a", "5"}, {"b", "x\x1fy"}, {"d", "550"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := string(r.canonical([]byte("p"))), "p\x01a\x015\x01b\x03x\x1fy\x01d\x03550"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
