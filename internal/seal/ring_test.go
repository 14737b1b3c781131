package seal

import (
	"encoding/base64"
	"strings"
	"testing"
)

// The keys of the tests; every byte of a key is its number.
func testKey(n byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(n)), keyLength)))
}

func ring(t *testing.T, text string) *Ring {
	t.Helper()
	r, err := ParseRing(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSealAndOpen(t *testing.T) {
	r := ring(t, testKey(1))
	for _, text := range []string{"", "demoPassword123", "ünïcode, and = signs", strings.Repeat("x", 10_000)} {
		sealed := r.Seal("orders/1", text)
		if !strings.HasPrefix(sealed, "v1:") || len(text) > 3 && strings.Contains(sealed, text) {
			t.Errorf("got %q, want v1: and base64", sealed)
		}
		if got, err := r.Open("orders/1", sealed); got != text || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, text)
		}
	}
	if one, other := r.Seal("orders/1", "same"), r.Seal("orders/1", "same"); one == other {
		t.Error("the same text was sealed to the same bytes twice")
	}
}

func TestOpenRefuses(t *testing.T) {
	r := ring(t, testKey(1))
	sealed := r.Seal("orders/1", "secret")
	raw, err := base64.RawStdEncoding.DecodeString(sealed[len("v1:"):])
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	for _, c := range []struct{ name, row, sealed, want string }{
		{"another row", "orders/2", sealed, "does not open"},
		{"a changed bit", "orders/1", "v1:" + base64.RawStdEncoding.EncodeToString(raw), "does not open"},
		{"another key", "orders/1", ring(t, testKey(2)).Seal("orders/1", "secret"), "does not open"},
		{"an absent version", "orders/1", ring(t, "7:"+testKey(7)).Seal("orders/1", "secret"), "version 7, which is not among"},
		{"too short", "orders/1", "v1:AAAA", "damaged"},
		{"no base64", "orders/1", "v1:***", "damaged"},
		{"no version", "orders/1", "secret", "damaged"},
		{"a strange version", "orders/1", "vx:AAAA", "damaged"},
		{"nothing", "orders/1", "", "damaged"},
	} {
		got, err := r.Open(c.row, c.sealed)
		if err == nil || got != "" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestHighestSealsAllOpen(t *testing.T) {
	old, both := ring(t, "3:"+testKey(3)), ring(t, " 3:"+testKey(3)+" , 12:"+testKey(9))
	before := old.Seal("row", "text")
	if got, err := both.Open("row", before); got != "text" || err != nil {
		t.Errorf("the old key: got %q, %v", got, err)
	}
	after := both.Seal("row", "text")
	if got := Version(after); got != 12 {
		t.Errorf("sealed with version %d, want 12", got)
	}
	if _, err := old.Open("row", after); err == nil {
		t.Error("the old ring opened what the new key sealed")
	}
	newest, err := both.Newest()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := newest.Open("row", after); got != "text" || err != nil {
		t.Errorf("the newest key alone: got %q, %v", got, err)
	}
	if _, err := newest.Open("row", before); err == nil {
		t.Error("the newest key alone opened what the old one sealed")
	}
}

func TestNewerKeepsTheOld(t *testing.T) {
	r := ring(t, testKey(1))
	sealed := r.Seal("row", "text")
	newer, err := r.Newer()
	if err != nil {
		t.Fatal(err)
	}
	again := ring(t, newer.Text()) // through the text, as a key file keeps it
	if got, err := again.Open("row", sealed); got != "text" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got := Version(again.Seal("row", "text")); got != 2 {
		t.Errorf("sealed with version %d, want 2", got)
	}
	if _, err := ring(t, "999999:"+testKey(1)).Newer(); err == nil {
		t.Error("a version beyond the last was made")
	}
}

func TestParseRingRefuses(t *testing.T) {
	good := testKey(1)
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "entry 1: a key is 32 random bytes"},
		{"short", "1:AAAA", "entry 1: a key is 32 random bytes"},
		{"long", "1:" + base64.StdEncoding.EncodeToString(make([]byte, 33)), "a key is 32 random bytes"},
		{"no base64", "1:" + strings.Repeat("!", 44), "a key is 32 random bytes"},
		{"version 0", "0:" + good, "the version before the colon"},
		{"negative", "-1:" + good, "the version before the colon"},
		{"huge", "1000000:" + good, "the version before the colon"},
		{"no number", "one:" + good, "the version before the colon"},
		{"twice", "2:" + good + ",2:" + testKey(2), "entry 2: version 2 is given twice"},
		{"twice without a number", good + "," + testKey(2), "entry 2: version 1 is given twice"},
		{"empty entry", good + ",", "entry 2: a key is"},
	} {
		_, err := ParseRing(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		} else if strings.Contains(err.Error(), good) {
			t.Errorf("%s: the key is in the error", c.name)
		}
	}
	// Padding is optional.
	if _, err := ParseRing("1:" + strings.TrimRight(good, "=")); err != nil {
		t.Error(err)
	}
}

func TestGenerate(t *testing.T) {
	a, b := Generate(4), Generate(4)
	if a == b || !strings.HasPrefix(a, "4:") {
		t.Errorf("got %d and %d characters, want two keys of version 4", len(a), len(b))
	}
	ring(t, a)
}

func BenchmarkSeal(b *testing.B) {
	r, err := ParseRing(Generate(1))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r.Seal("orders/019abcde-0000-7000-8000-000000000000", "20lettersAndDigits12")
	}
}
