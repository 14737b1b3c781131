package solusvm

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The panel's objects, as far as they are used. Versions of the panel differ, so what is not understood is left out
// rather than refused; only an id must be there.

// number takes numbers as numbers, as text, and as null.
type number int64

func (n *number) UnmarshalJSON(raw []byte) error {
	text := strings.Trim(string(raw), `"`)
	if text == "null" || text == "" {
		*n = 0
		return nil
	}
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		*n = number(v)
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	*n = number(v)
	return err
}

type server struct {
	ID             number `json:"id"`
	UUID           string `json:"uuid"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	Status         string `json:"status"`
	IsProcessing   bool   `json:"is_processing"`
	IsSuspended    bool   `json:"is_suspended"`
	CreatedAt      loose  `json:"created_at"`
	Specifications struct {
		Disk number `json:"disk"` // GiB
		RAM  number `json:"ram"`  // bytes
		VCPU number `json:"vcpu"`
	} `json:"specifications"`
	Plan        struct{ ID number } `json:"plan"`
	IPAddresses json.RawMessage     `json:"ip_addresses"`
	IPs         json.RawMessage     `json:"ips"`
	Settings    json.RawMessage     `json:"settings"`
}

// loose is text that may also come as something else, which then is kept as it is written.
type loose string

func (l *loose) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*l = loose(text)
	} else {
		*l = loose(raw)
	}
	return nil
}

// address is the primary IPv4 address, or the primary IPv6 address of a server that has no other; "" for none yet.
func (s *server) address() string {
	type entry struct {
		IP        string          `json:"ip"`
		PrimaryIP string          `json:"primary_ip"`
		IsPrimary json.RawMessage `json:"is_primary"` // true, 1 or "1"
	}
	pick := func(raw json.RawMessage) string {
		var list []entry
		if json.Unmarshal(raw, &list) != nil {
			var one entry // older panels have an object for IPv6
			if json.Unmarshal(raw, &one) != nil {
				return ""
			}
			list = []entry{one}
		}
		found := ""
		for _, e := range list {
			ip := e.IP
			if ip == "" {
				ip = e.PrimaryIP
			}
			if bytes.Equal(e.IsPrimary, []byte("true")) || strings.Trim(string(e.IsPrimary), `"`) == "1" {
				return ip
			}
			if found == "" {
				found = ip
			}
		}
		return found
	}
	var by struct {
		IPv4, IPv6 json.RawMessage
	}
	_ = json.Unmarshal(s.IPAddresses, &by) // another shape holds no address that is known here
	for _, raw := range []json.RawMessage{by.IPv4, s.IPs, by.IPv6} {
		if ip := pick(raw); ip != "" {
			// Some panels write an IPv6 network behind the address.
			ip, _, _ = strings.Cut(ip, "/")
			return ip
		}
	}
	return ""
}

// vncPassword is the console's, in both of its places.
func (s *server) vncPassword() string {
	var settings struct {
		Flat   string `json:"vnc_password"`
		Nested struct {
			Password string `json:"password"`
		} `json:"vnc"`
	}
	_ = json.Unmarshal(s.Settings, &settings) // a shape of its own holds none
	if settings.Flat != "" {
		return settings.Flat
	}
	return settings.Nested.Password
}

// The words of status that count. Others exist, and more may come.
const (
	statusStarted = "started"
	statusStopped = "stopped"
)

type task struct {
	ID     number `json:"id"`
	Action string `json:"action"`
	Status string `json:"status"`
	Output loose  `json:"output"`
	VM     number `json:"compute_resource_vm_id"` // not every panel says
}

// ended reports whether the task is over, and whether it did all it was to do.
func (t task) ended() (ended, well bool) {
	switch t.Status {
	case "done":
		return true, true
	case "done_with_errors", "failed", "canceled", "cancelled":
		return true, false
	}
	return false, false
}

// instant reads the times of several versions, 0 for one that isn't understood.
func instant(text string) int64 {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if seconds > 1e11 { // milliseconds
			seconds /= 1000
		}
		return int64(seconds * 1e6)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02T15:04:05-0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMicro()
		}
	}
	return 0
}
