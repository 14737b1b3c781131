package httpapi

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/berth-host/berth"
)

const (
	maxText = 255 // bytes of a text for which the endpoint's table gives no limit
	maxID   = 64  // characters of an id; ids are opaque, an unknown one is simply not found
)

// need says whether a parameter may be left out; null and "" count as left out.
type need bool

const (
	optional need = false
	required need = true
)

// reader takes the known parameters of one endpoint out of params, and judges each as it does. An endpoint reads all
// of them in the order of its table and then asks err once: the reader keeps the first refusal, so a client with
// several mistakes always hears of the same one. What a refused getter returns is the zero value. Every refusal has
// the code invalid_parameter and names the parameter; none repeats a value.
//
// What was read is also what an Idempotency-Key stands for: see fields.
//
// Getters take aliases, other names for the same parameter. The first name that was sent with a value counts; sending
// two with different values is refused.
type reader struct {
	params  params
	refusal *berth.Error
	taken   []field
}

// field is a known parameter under its first name, with its value in normal form: equal for equal meaning, however it
// was written.
type field struct{ name, value string }

func (p params) reader() *reader {
	return &reader{params: p, taken: make([]field, 0, usualCount)}
}

// err is the first refusal so far, or nil. It may be asked early, for user_id say, and again at the end.
func (r *reader) err() error {
	if r.refusal == nil {
		return nil // not the nil pointer, which as an error would not be nil
	}
	return r.refusal
}

// refuse records a refusal that the endpoint itself found, such as two parameters that exclude each other. The
// message is a whole sentence and names the parameter.
func (r *reader) refuse(name, format string, args ...any) {
	if r.refusal == nil {
		r.refusal = berth.Invalid(name, format, args...)
	}
}

// text is a text of at most 255 bytes without control characters, "" when it was left out.
func (r *reader) text(name string, need need, aliases ...string) string {
	return r.textUpTo(name, need, maxText, aliases...)
}

// textUpTo is text with another limit, in bytes.
func (r *reader) textUpTo(name string, need need, limit int, aliases ...string) string {
	text, _ := r.take(name, need, aliases, func(v param) (string, string) {
		return v.text, textProblem(v, limit)
	})
	return text
}

// printable is a text of least to most printable characters (not bytes), "" when it was left out.
func (r *reader) printable(name string, need need, least, most int, aliases ...string) string {
	text, _ := r.take(name, need, aliases, func(v param) (string, string) {
		problem := textProblem(v, math.MaxInt)
		if n := utf8.RuneCountInString(v.text); problem == "" && (n < least || n > most || !printableText(v.text)) {
			problem = fmt.Sprintf("must have %d to %d printable characters", least, most)
		}
		return v.text, problem
	})
	return text
}

// id is an identifier of at most 64 printable characters, "" when it was left out. Ids are opaque and never parsed,
// but one that comes as a JSON number must be whole: 5.0 as plan_id is a client's mistake and not an unknown plan.
func (r *reader) id(name string, need need, aliases ...string) string {
	text, _ := r.take(name, need, aliases, func(v param) (string, string) {
		problem := textProblem(v, math.MaxInt)
		switch {
		case problem != "":
		case v.kind == numberKind && strings.Trim(v.text, "0123456789") != "":
			problem = "must be a text or a whole number"
		case utf8.RuneCountInString(v.text) > maxID || !printableText(v.text):
			problem = fmt.Sprintf("must have at most %d printable characters", maxID)
		}
		return v.text, problem
	})
	return text
}

// oneOf is one of a few fixed words, "" when it was left out.
func (r *reader) oneOf(name string, need need, words ...string) string {
	text, _ := r.take(name, need, nil, func(v param) (string, string) {
		if !slices.Contains(words, v.text) {
			return "", "must be " + strings.Join(words, " or ")
		}
		return v.text, ""
	})
	return text
}

// integer is a whole number from least to most, neither of them negative; ok is false when it was left out or
// refused. It may come as a number or a text, in either case written in digits alone: no sign, no blank, no fraction,
// no exponent, and no leading zero, which other languages read as octal.
func (r *reader) integer(name string, need need, least, most int64, aliases ...string) (n int64, ok bool) {
	text, ok := r.take(name, need, aliases, func(v param) (string, string) {
		n, valid := wholeNumber(v.text)
		if !valid || n < least || n > most {
			return "", fmt.Sprintf("must be a whole number from %d to %d, written in digits only", least, most)
		}
		return v.text, ""
	})
	if !ok {
		return 0, false
	}
	n, _ = wholeNumber(text) // judged above
	return n, true
}

// boolean is yes or no; ok is false when it was left out or refused.
func (r *reader) boolean(name string, need need, aliases ...string) (yes, ok bool) {
	text, ok := r.take(name, need, aliases, func(v param) (string, string) {
		switch v.text {
		case "1", "true":
			return "1", ""
		case "0", "false":
			return "0", ""
		}
		return "", "must be 1, 0, true or false"
	})
	return text == "1", ok
}

// money is an amount in minor units, exact: the text is never made a float. ok is false when it was left out or
// refused. It takes what berth.ParseMinor takes, as a text or a JSON number: 5, 5.5, "5.00".
func (r *reader) money(name string, need need, aliases ...string) (minor int64, ok bool) {
	text, ok := r.take(name, need, aliases, func(v param) (string, string) {
		minor, err := berth.ParseMinor(v.text)
		if err != nil {
			return "", "must be an amount such as 5 or 12.99, with at most two decimals and not above " +
				berth.NumberMinor(berth.MaxMinor)
		}
		return strconv.FormatInt(minor, 10), ""
	})
	if !ok {
		return 0, false
	}
	minor, _ = strconv.ParseInt(text, 10, 64)
	return minor, true
}

// list is one or more texts, at most most of them, or nil when it was left out; an empty array counts as that. It may
// come as a JSON array, as a text that holds one, or as one plain value.
func (r *reader) list(name string, need need, most int, aliases ...string) []string {
	var items []string
	_, ok := r.take(name, need, aliases, func(v param) (normal, problem string) {
		items, problem = listItems(v, most)
		// No item holds a control character, so this one parts them without doubt.
		return strings.Join(items, "\x1f"), problem
	})
	if !ok {
		return nil
	}
	return items
}

// take is what all getters are made of. It finds the parameter, lets judge bring its value to normal form or name
// what is wrong with it, and writes down what was read. ok is false when there is no value to be had.
func (r *reader) take(name string, need need, aliases []string, judge func(param) (normal, problem string)) (string, bool) {
	v := r.params.find(name)
	for _, alias := range aliases {
		if v.empty() {
			v = r.params.find(alias)
		}
	}
	var normal, problem string
	if !v.empty() {
		normal, problem = judge(v)
	} else {
		v.name = name
	}
	// Also an empty array has a normal form of nothing.
	if normal == "" && problem == "" {
		if need == optional {
			return "", false
		}
		problem = "is required and must not be empty"
	}
	if problem == "" {
		problem = r.contradiction(v, aliases)
	}
	if problem != "" {
		// A request that is refused is never kept under its key, but it may come under the key of one that was
		// kept, and must not look equal to it: no normal form begins with this byte.
		r.taken = append(r.taken, field{name, "\x00" + v.text})
		r.refuse(v.name, "%s %s.", v.name, problem)
		return "", false
	}
	r.taken = append(r.taken, field{name, normal})
	return normal, true
}

// contradiction is the problem of a parameter that came under two of its names with different values, or "". As v is
// the first of them that has a value, only aliases can contradict it.
func (r *reader) contradiction(v param, aliases []string) string {
	for _, alias := range aliases {
		if other := r.params.find(alias); !other.empty() && other.text != v.text {
			return "and " + alias + " differ; send only one of them"
		}
	}
	return ""
}

// fields are the parameters read so far in normal form, sorted by name. Two requests with equal fields ask for the
// same, whether they came as JSON or as a form, in whatever order, and with whatever unknown parameters. They hold
// passwords: keep only a keyed hash of them.
func (r *reader) fields() []field {
	fields := slices.Clone(r.taken)
	slices.SortFunc(fields, func(a, b field) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	return slices.Compact(fields) // an endpoint may have read user_id early, and again
}

// canonical appends the fields to dst such that different fields always give different bytes: each name and value
// has its length in front.
func (r *reader) canonical(dst []byte) []byte {
	for _, f := range r.fields() {
		dst = binary.AppendUvarint(dst, uint64(len(f.name)))
		dst = append(dst, f.name...)
		dst = binary.AppendUvarint(dst, uint64(len(f.value)))
		dst = append(dst, f.value...)
	}
	return dst
}

// textProblem is what keeps a value from being a text of at most limit bytes, or "".
func textProblem(v param, limit int) string {
	switch {
	case v.kind == nestedKind:
		return "must be a text, not an object or array"
	case v.kind == boolKind:
		return "must be a text, not true or false"
	case len(v.text) > limit:
		return fmt.Sprintf("must not be longer than %d bytes", limit)
	case hasControl(v.text):
		return "must not hold control characters"
	}
	return ""
}

// wholeNumber reads digits, without a sign or a leading zero, that fit into an int64. No kind needs to be asked for:
// true, an object and an array never begin with a digit.
func wholeNumber(text string) (int64, bool) {
	if text[0] < '0' || text[0] > '9' || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// listItems takes the texts of a list parameter apart.
func listItems(v param, most int) (items []string, problem string) {
	values := []param{v}
	if v.kind == nestedKind || v.kind == textKind && strings.HasPrefix(strings.TrimLeft(v.text, " \t\r\n"), "[") {
		if !strings.HasPrefix(strings.TrimLeft(v.text, " \t\r\n"), "[") {
			return nil, "must be an array of texts, not an object"
		}
		var err error
		if values, err = decodeArray(v.text); err != nil {
			return nil, "must be an array of texts; what it holds isn't valid JSON"
		}
	}
	if len(values) > most {
		return nil, fmt.Sprintf("must not have more than %d items", most)
	}
	for _, item := range values {
		if item.empty() {
			return nil, "must not have empty items"
		}
		if textProblem(item, maxText) != "" {
			return nil, fmt.Sprintf("must have texts of at most %d bytes, without control characters, as items", maxText)
		}
		items = append(items, item.text)
	}
	return items, ""
}
