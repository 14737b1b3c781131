package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"strconv"
)

// answer is what the body of an answer says about an order.
type answer struct {
	success  bool
	code     string // of an error
	orderID  string
	serverID string
	amount   string // as it's written
	before   string // the balance just before the debit, as it's written; "" for networks
	going    bool   // the order goes on without its request
}

// read fills in an answer from its body. It is false for what isn't one JSON object.
//
// The bodies aren't decoded by encoding/json, which takes 5 microseconds for what this does in one: a cost beside the
// server that is measured. A fuzz test holds the two against each other.
func (a *answer) read(body []byte) bool {
	return members(body, func(outer, name, value []byte) {
		switch string(outer) {
		case "":
			a.member(string(name), value)
		case "server_status":
			switch string(name) {
			case "new_id":
				a.serverID = text(value)
			case "status":
				a.going = string(value) == `"provisioning"`
			}
		}
	})
}

// member takes a member of the answer itself. The server's order is order_id; a network's answer is a bare order,
// with id and status.
func (a *answer) member(name string, value []byte) {
	switch name {
	case "success":
		a.success = string(value) == "true"
	case "code":
		a.code = text(value)
	case "order_id", "id":
		a.orderID = text(value)
	case "amount":
		a.amount = text(value)
	case "balance_before":
		a.before = text(value)
	case "status":
		a.going = string(value) == `"processing"`
	}
}

// text is a string's content, or a number as it's written.
func text(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return string(value)
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// members visits the scalar members of an object, and those of the objects in it (outer is then their name). Strings
// come with their quotes. Deeper ones and elements of arrays are passed over. It's false when body isn't one object;
// that the JSON is right in every detail isn't checked.
func members(body []byte, visit func(outer, name, value []byte)) bool {
	const seen = 2
	var names [seen + 1][]byte // of the member that is being read, by depth
	var closers [64]byte       // what ends each open object or array
	depth := 0
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' {
		return false
	}
	for i := 0; i < len(body); {
		switch c := body[i]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			i++
		case '{', '[':
			if depth++; depth == len(closers) {
				return false
			}
			closers[depth] = c + 2 // in ASCII the closing one is two further on
			if depth <= seen {
				names[depth] = nil // #nosec G602 -- the loop keeps depth within names
			}
			i++
		case '}', ']':
			if depth == 0 || closers[depth] != c {
				return false
			}
			depth--
			if i++; depth == 0 {
				return i == len(body)
			}
		default:
			end := tokenEnd(body, i)
			if end < 0 {
				return false
			}
			token := body[i:end]
			i = end
			if c == '"' && closers[depth] == '}' && isName(body, end) {
				if depth <= seen {
					names[depth] = token[1 : len(token)-1]
				}
			} else if depth <= seen && names[depth] != nil {
				outer := []byte(nil)
				if depth == seen {
					outer = names[1]
				}
				if depth == 1 || outer != nil {
					visit(outer, names[depth], token)
				}
			}
		}
	}
	return false
}

// tokenEnd is the end of the string, number or word at i, -1 when there's none.
func tokenEnd(body []byte, i int) int {
	if body[i] != '"' {
		n := bytes.IndexAny(body[i:], " \t\r\n,:]}{[\"")
		if n < 0 {
			return -1
		}
		return i + n
	}
	for i++; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// isName reports whether a colon follows.
func isName(body []byte, i int) bool {
	for ; i < len(body); i++ {
		switch body[i] {
		case ' ', '\t', '\r', '\n':
		default:
			return body[i] == ':'
		}
	}
	return false
}

// The codes of outcomes for which no server gave one.
const (
	codeConnection = "connection"       // no connection, or it broke before the answer
	codeTimeout    = "timeout"          // no answer within Traffic.Timeout
	codeMalformed  = "malformed_answer" // success without an order, or no JSON object
)

// outcome is what came of one order.
type outcome struct {
	answer
	failure string // code of a failure, "" for an acknowledged order
	unsure  bool   // whether the order was placed isn't known, or will be known later: only the same key tells
	repeat  bool   // the server answered from an earlier request
}

// judge reads what one exchange has brought.
func judge(r response, err error) outcome {
	if err != nil {
		o := outcome{failure: codeConnection, unsure: true}
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			o.failure = codeTimeout
		}
		return o
	}
	o := outcome{repeat: r.replayed}
	isObject := o.read(r.body)
	if r.status == 200 {
		if !isObject || !o.success || o.orderID == "" {
			o.failure = codeMalformed
		}
		return o
	}
	if o.failure = o.code; !isObject || o.failure == "" {
		o.failure = "http_" + strconv.Itoa(r.status) // a proxy in front answered
	}
	// provider_refused is final: the money is back. Every other 5xx may come after the order was written. What is in
	// progress or too much now may be had later.
	o.unsure = r.status >= 500 && o.code != "provider_refused" || o.code == "in_progress" || r.status == 429
	return o
}
