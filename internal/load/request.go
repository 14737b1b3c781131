package load

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// template is a request but for what differs from order to order: the first line depends on the server, and the
// Idempotency-Key on the order. It is made once for each buyer and name, so that sending costs a copy.
type template struct {
	head   []byte // headers, from x-api-key on
	body   []byte
	name   string // of the server, without its number
	number int    // where in the body the order's number stands, 0 for nowhere
}

// unnumbered stands where an order's number goes: as many digits, so that every body is as long.
const unnumbered = "-000000000"

// path is the endpoint for what is wanted.
func (w Want) path() string {
	if w.NetworkID != "" {
		return "/API/orders/create_order_network"
	}
	return "/API/orders/create_order"
}

// templates makes the requests of each buyer for each name: of order n it's element n modulo their number.
func (t *Traffic) templates() ([]template, error) {
	names := t.Want.Names
	if len(names) == 0 {
		names = []string{""}
	}
	var all []template
	// Buyers turn faster than names, and the two together go through all pairs: name i is shifted by one buyer for
	// each round, so that no buyer gets one name alone when the numbers have a common divisor.
	for round := range len(names) {
		for i, b := range t.Buyers {
			q := template{name: names[(i+round)%len(names)]}
			name := q.name
			if t.Want.Numbered {
				name += unnumbered
			}
			body, err := t.Want.body(b.UserID, name)
			if err != nil {
				return nil, err
			}
			if t.Want.Numbered {
				q.number = bytes.Index(body, []byte(unnumbered+`"`)) + 1
			}
			head := "x-api-key: " + b.Key + "\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
			q.head, q.body = []byte(head), body
			all = append(all, q)
		}
	}
	return all, nil
}

// body writes the parameters as the documented samples do: JSON, every value a string.
func (w Want) body(userID, name string) ([]byte, error) {
	p := map[string]string{"user_id": userID}
	if w.NetworkID != "" {
		p["network_id"], p["billing_cycle"] = w.NetworkID, w.Cycle
		return json.Marshal(p)
	}
	p["plan_id"], p["os_image_id"] = w.PlanID, w.ImageID
	if w.Location != "" {
		p["location"] = w.Location
	}
	if name != "" {
		p["name_server"] = name
	}
	if w.Hours > 0 {
		p["hours"] = strconv.Itoa(w.Hours)
	}
	return json.Marshal(p)
}

// firstLine is what a request to one server begins with.
func (s target) firstLine(path string) []byte {
	return []byte("POST " + s.base + path + " HTTP/1.1\r\nHost: " + s.host + "\r\n")
}

// write appends a whole request to buf. key is the Idempotency-Key, "" for none.
func (q template) write(buf, firstLine []byte, key string) []byte {
	buf = append(append(buf, firstLine...), q.head...)
	if key != "" {
		buf = append(append(append(buf, "Idempotency-Key: "...), key...), "\r\n"...)
	}
	return append(append(buf, "\r\n"...), q.body...)
}

// numbered writes the order's number into the request that write has appended, and into its name.
func (q template) numbered(request []byte, n int64) (name string) {
	if q.number == 0 {
		return q.name
	}
	digits := request[len(request)-len(q.body)+q.number:][:len(unnumbered)-1]
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = "0123456789"[n%10]
		n /= 10
	}
	return q.name + "-" + string(digits)
}
