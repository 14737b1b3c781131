package httpapi

import (
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

func TestParseIdempotencyKey(t *testing.T) {
	const (
		size    = "Idempotency-Key must have 1 to 255 characters."
		visible = "Idempotency-Key must be visible ASCII characters only."
		quote   = "Idempotency-Key has an opening quote, so it must be one whole quoted string."
		several = "Idempotency-Key was sent several times with different values; send one."
	)
	most := strings.Repeat("k", 255)
	tests := []struct {
		name   string
		values []string
		want   string // the key
		err    string // or the message
	}{
		{"absent", nil, "", ""},
		{"bare", []string{"abc"}, "abc", ""},
		{"quoted", []string{`"abc"`}, "abc", ""},
		{"quoted with escapes", []string{`"a\"b\\c"`}, `a"b\c`, ""},
		{"bare with a quote and a backslash within", []string{`a"b\c`}, `a"b\c`, ""},
		{"blanks round it", []string{" \tabc "}, "abc", ""},
		{"UUID", []string{"8e03978e-40d5-43dd-bc93-6894a57f9324"}, "8e03978e-40d5-43dd-bc93-6894a57f9324", ""},
		{"all visible characters", []string{`!#$%&'()*+,-./:;<=>?@[\]^_{|}~` + "`"}, `!#$%&'()*+,-./:;<=>?@[\]^_{|}~` + "`", ""},
		{"the longest", []string{most}, most, ""},
		{"the longest, quoted", []string{`"` + most + `"`}, most, ""},
		{"twice the same", []string{"abc", "abc"}, "abc", ""},
		{"bare and quoted the same", []string{"abc", `"abc"`}, "abc", ""},

		{"empty", []string{""}, "", size},
		{"blank", []string{" "}, "", size},
		{"empty quoted", []string{`""`}, "", size},
		{"too long", []string{most + "k"}, "", size},
		{"blank within", []string{"a b"}, "", visible},
		{"blank within quotes", []string{`"a b"`}, "", visible},
		{"two in one line", []string{"abc, abc"}, "", visible},
		{"control character", []string{"a\x01b"}, "", visible},
		{"NUL", []string{"abc\x00"}, "", visible},
		{"DEL", []string{"abc\x7f"}, "", visible},
		{"not ASCII", []string{"clé"}, "", visible},
		{"not UTF-8", []string{"a\xff"}, "", visible},
		{"open quote", []string{`"abc`}, "", quote},
		{"lone quote", []string{`"`}, "", quote},
		{"text after the quote", []string{`"abc";p=1`}, "", quote},
		{"quote within quotes", []string{`"a"b"`}, "", quote},
		{"unknown escape", []string{`"a\nb"`}, "", quote},
		{"escaped closing quote", []string{`"abc\"`}, "", quote},
		{"different values", []string{"abc", "abd"}, "", several},
		{"second empty", []string{"abc", ""}, "", size},
		{"different in a third", []string{"abc", "abc", "ABC"}, "", several},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseIdempotencyKey(tt.values)
			if tt.err == "" {
				if got != tt.want || err != nil {
					t.Errorf("got %q and %v, want %q", got, err, tt.want)
				}
				return
			}
			e := berth.AsError(err)
			if err == nil || got != "" || e.Code != berth.InvalidParameter || e.Parameter != "Idempotency-Key" || e.Message != tt.err {
				t.Errorf("got %q and %v, want %q", got, err, tt.err)
			}
		})
	}
}
