package httpapi

import (
	"slices"
	"testing"

	"github.com/berth-host/berth"
)

func TestDecodeForm(t *testing.T) {
	tests := []struct {
		form string
		want []param
	}{
		{"", nil},
		{"a=1", []param{{"a", "1", textKind}}},
		{"a=1&b=2", []param{{"a", "1", textKind}, {"b", "2", textKind}}},
		{"&a=1&&b=2&", []param{{"a", "1", textKind}, {"b", "2", textKind}}},
		{"a", []param{{"a", "", textKind}}},
		{"a=", []param{{"a", "", textKind}}},
		{"=1", []param{{"", "1", textKind}}},
		{"a=b=c", []param{{"a", "b=c", textKind}}},
		{"a+b=c+d%20e%2Bf", []param{{"a b", "c d e+f", textKind}}},
		{"%61=%c5%BE%F0%9f%98%80", []param{{"a", "ž😀", textKind}}},
		{"p=a;b=c", []param{{"p", "a;b=c", textKind}}},
		{"p=ž #?/", []param{{"p", "ž #?/", textKind}}}, // not encoded, as by hand
		{"a=%00", []param{{"a", "\x00", textKind}}},
		{"a=1\n", []param{{"a", "1\n", textKind}}}, // no white space belongs to a form: the reader refuses it
	}
	for _, tt := range tests {
		got, err := decodeForm(tt.form, "body")
		if err != nil || !slices.Equal(got.list, tt.want) {
			t.Errorf("%q: got %v and %v, want %v", tt.form, got.list, err, tt.want)
		}
	}
}

func TestDecodeFormRefuses(t *testing.T) {
	const (
		percent = "The body has a bad percent-encoding; write % itself as %25."
		utf8    = "The body isn't valid UTF-8."
	)
	tests := []struct{ form, want string }{
		{"a=%", percent},
		{"a=%4", percent},
		{"a=%zz", percent},
		{"a=100%&b=1", percent},
		{"%=1", percent},
		{"unknown=%u0041", percent},
		{"a=%ff", utf8},
		{"a=\xff", utf8},
		{"a=%ed%a0%80", utf8}, // half a surrogate pair in bytes
		{"%c0%af=1", utf8},
		{"a=1&a=2", "The body has the parameter a twice; send it once."},
		{"a=1&b=2&%61=1", "The body has the parameter a twice; send it once."},
		{"a&a", "The body has the parameter a twice; send it once."},
		{"unknown[]=1&unknown[]=2", "The body has the parameter unknown[] twice; send it once."},
	}
	for _, tt := range tests {
		got, err := decodeForm(tt.form, "body")
		if err == nil {
			t.Errorf("%q: accepted", tt.form)
			continue
		}
		if e := berth.AsError(err); e.Code != berth.MalformedRequest || e.Message != tt.want {
			t.Errorf("%q: got %v, want %q", tt.form, err, tt.want)
		}
		if len(got.list) != 0 {
			t.Errorf("%q: refused, yet it gave %v", tt.form, got.list)
		}
	}
}
