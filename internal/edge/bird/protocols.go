package bird

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// protocol is one of our protocols as BIRD shows it.
type protocol struct {
	name      string
	up, down  bool   // down: shut at this side; neither: it tries
	since     string // in the form that bird.conf chose
	info      string
	phase     berth.EdgePhase
	lastError string
	message   string
	limitHit  bool
	accepted  int64
	filtered  int64
	exported  int64
}

var (
	// The columns of a row, in timeformat iso long, which has a blank in it, or any other, which may not.
	row    = regexp.MustCompile(`^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?|\S+)\s*(.*)$`)
	routes = regexp.MustCompile(`(\d+) (imported|filtered|exported)`)
)

// birdPhases are BIRD's names of what we call a phase.
var birdPhases = map[string]berth.EdgePhase{
	"Idle": berth.EdgeIdle, "Passive": berth.EdgeIdle, "Close": berth.EdgeIdle, "Connect": berth.EdgeConnect,
	"Active": berth.EdgeActive, "OpenSent": berth.EdgeOpenSent, "OpenConfirm": berth.EdgeOpenConfirm,
	"Established": berth.EdgeEstablished,
}

// readProtocols reads the reply to `show protocols all`. What another version of BIRD adds is passed over.
func readProtocols(r reply) (all []protocol) {
	var p *protocol
	for _, l := range r.lines {
		switch l.code {
		case codeProtocol:
			m := row.FindStringSubmatch(l.text)
			if m == nil {
				p = nil
				continue
			}
			all = append(all, protocol{name: m[1], up: m[4] == "up", down: m[4] == "down", since: m[5], info: strings.TrimSpace(m[6]),
				phase: berth.EdgeIdle})
			p = &all[len(all)-1]
			if p.down {
				p.phase = berth.EdgeOff
			}
		case codeDetails:
			if p != nil {
				p.detail(l.text)
			}
		}
	}
	return all
}

// detail reads one "name: value" of a protocol. The peer's message is a stranger's text on one line; a value is taken for
// what its own name says only.
func (p *protocol) detail(text string) {
	name, value, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok {
		return
	}
	value = strings.TrimSpace(value)
	switch name {
	case "BGP state":
		if phase, known := birdPhases[value]; known && !p.down {
			p.phase = phase
		}
	case "Last error":
		p.lastError = value
	case "Message":
		p.message = value
	case "Receive limit":
		p.limitHit = p.limitHit || strings.Contains(value, "[HIT]")
	case "Routes":
		for _, m := range routes.FindAllStringSubmatch(value, -1) {
			n, _ := strconv.ParseInt(m[1], 10, 64)
			switch m[2] {
			case "imported":
				p.accepted = n
			case "filtered":
				p.filtered = n
			case "exported":
				p.exported = n
			}
		}
	}
}

// tripped reports whether the limit has shut the session. The words stay after the session is up again, so they count
// only while it is down.
func (p *protocol) tripped() bool {
	return p.down && (p.limitHit || strings.Contains(p.info, "limit exceeded"))
}

// reason is why a session that isn't up isn't. Of one that is, it would be an old one's.
func (p *protocol) reason() string {
	switch {
	case p.phase == berth.EdgeEstablished:
		return ""
	case p.lastError == "" && p.down:
		return berth.EdgeText(p.info, 200)
	}
	return berth.EdgeText(p.lastError, 200)
}

// instant reads a "since" in microseconds UTC, 0 when it can't. Only `timeformat protocol iso long` tells the whole; of
// BIRD's default form, which leaves the day out when it was today, today is made.
func instant(since string, zone *time.Location, now time.Time) int64 {
	for _, form := range []string{"2006-01-02 15:04:05.999999", "2006-01-02"} {
		if t, err := time.ParseInLocation(form, since, zone); err == nil {
			return t.UnixMicro()
		}
	}
	t, err := time.ParseInLocation("15:04:05.999999", since, zone)
	if err != nil {
		return 0
	}
	day := now.In(zone)
	at := time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
	if at.After(now.Add(time.Minute)) {
		at = at.AddDate(0, 0, -1)
	}
	return at.UnixMicro()
}
