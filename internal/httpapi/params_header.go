package httpapi

import (
	"fmt"
	"strings"

	"github.com/berth-host/berth"
)

// parseIdempotencyKey is the key of the header's values, or "" when the header is absent. A key has 1 to 255 visible
// ASCII characters, bare or as the quoted string of the IETF's draft on the header; `"abc"` and `abc` are one key. The
// header may come several times only if every one gives the same key. Any error is invalid_parameter and never holds
// the value.
func parseIdempotencyKey(values []string) (string, error) {
	var key string
	for i, value := range values {
		k, problem := idempotencyKey(strings.Trim(value, " \t"))
		if problem == "" && i > 0 && k != key {
			problem = "was sent several times with different values; send one"
		}
		if problem != "" {
			return "", berth.Invalid(idempotencyHeader, "%s %s.", idempotencyHeader, problem)
		}
		key = k
	}
	return key, nil
}

const (
	idempotencyHeader = "Idempotency-Key"
	maxIdempotencyKey = 255
)

func idempotencyKey(value string) (key, problem string) {
	key = value
	if strings.HasPrefix(value, `"`) {
		// A value that opens with a quote has to be a whole quoted string. Taking `"abc` as a bare key would make
		// the same mistake in quoting a new key, and so a second order.
		inner, ok := unquoteHeader(value)
		if !ok {
			return "", "has an opening quote, so it must be one whole quoted string"
		}
		key = inner
	}
	if key == "" || len(key) > maxIdempotencyKey {
		return "", fmt.Sprintf("must have 1 to %d characters", maxIdempotencyKey)
	}
	for i := 0; i < len(key); i++ {
		if key[i] <= ' ' || key[i] > '~' {
			return "", "must be visible ASCII characters only"
		}
	}
	return key, ""
}

// unquoteHeader reads a string of RFC 8941 section 3.3.3: only the quote and the backslash are escaped.
func unquoteHeader(value string) (string, bool) {
	if len(value) < 2 || value[len(value)-1] != '"' {
		return "", false
	}
	inner := value[1 : len(value)-1]
	if !strings.ContainsAny(inner, `\"`) {
		return inner, true
	}
	out := make([]byte, 0, len(inner))
	for i := 0; i < len(inner); i++ {
		switch {
		case inner[i] == '"':
			return "", false
		case inner[i] == '\\':
			i++
			if i == len(inner) || inner[i] != '"' && inner[i] != '\\' {
				return "", false
			}
		}
		out = append(out, inner[i])
	}
	return string(out), true
}
