package httpapi

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// decodeForm reads `name=value&name=value`, from a body or a query; where names it in errors. The rules are those of
// application/x-www-form-urlencoded as browsers and the known clients write it: `+` is a blank, an empty piece between
// two `&` is nothing, a piece without `=` is a name with the value "". A bare `;` is data, not a separator: a password
// that holds one arrives whole also from a client that forgot to encode it.
func decodeForm(text, where string) (params, error) {
	if text == "" {
		return params{}, nil
	}
	list := make([]param, 0, min(strings.Count(text, "&")+1, usualCount))
	var seen nameSet
	for text != "" {
		var piece string
		piece, text, _ = strings.Cut(text, "&")
		if piece == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(piece, "=")
		name, err := formText(rawName, where)
		if err != nil {
			return params{}, err
		}
		value, err := formText(rawValue, where)
		if err != nil {
			return params{}, err
		}
		if !seen.add(name) {
			return params{}, twice(name, where)
		}
		list = append(list, param{name: name, text: value, kind: textKind})
	}
	return params{list}, nil
}

// usualCount is the room made for parameters before their number is known: more than any order has.
const usualCount = 12

// formText decodes one name or value. The library's error isn't passed on: it holds a piece of the value, which may
// be a piece of a password.
func formText(raw, where string) (string, error) {
	text, err := url.QueryUnescape(raw)
	if err != nil {
		return "", malformed("The %s has a bad percent-encoding; write %% itself as %%25.", where)
	}
	if !utf8.ValidString(text) {
		return "", malformed("The %s isn't valid UTF-8.", where)
	}
	return text, nil
}
