package bird

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/berth-host/berth"
)

// The include file is all that Berth tells BIRD, and the only thing it remembers of an edge: whose it is and which sessions
// have tripped stands in it, so that it's known after a crash of either and to whichever process applies next.

const header = `# Written by Berth, anew with every change: what is edited here is lost. It holds passwords.
# It uses what bird.conf defines: berth_customer, berth_bought4 and 6, berth_default4 and 6, berth_full4 and 6.
`

// ownerWord begins the line that says whose the sessions are; mostOwner is how much of an owner's name stands there.
const (
	ownerWord = "# owner "
	mostOwner = 120
)

// trip is a session that its limit has shut.
type trip struct {
	at     int64 // microseconds UTC, 0 when it's not known
	reason string
}

// block is what is known of a protocol in an include file that was read back.
type block struct {
	service, order string
	suspended      bool
	trip           *trip
}

// name is a session's name in BIRD, a symbol of its language: letters, digits and underscores.
func name(serviceID string, ipv6 bool) string {
	family := "4"
	if ipv6 {
		family = "6"
	}
	return "svc_" + strings.ReplaceAll(serviceID, "-", "") + "_" + family
}

// render writes the include file, as it is when nothing has tripped. Equal sessions give equal text.
func render(owner string, sessions []berth.EdgeSession) string {
	var b strings.Builder
	b.WriteString(header)
	if owner != "" {
		b.WriteString(ownerWord + berth.EdgeText(owner, mostOwner) + "\n")
	}
	for _, s := range sessions {
		fmt.Fprintf(&b, "\n# service %s order %s\n", s.ServiceID, s.OrderID)
		for _, l := range s.Links() {
			renderLink(&b, s, l)
		}
	}
	return b.String()
}

func renderLink(b *strings.Builder, s berth.EdgeSession, l berth.EdgeLink) {
	family, bits := "4", 32
	if l.Peer.Is6() {
		family, bits = "6", 128
	}
	fmt.Fprintf(b, "protocol bgp %s from berth_customer {\n", name(s.ServiceID, l.Peer.Is6()))
	// BIRD brings up with its next reconfiguration whatever was shut by a limit or by hand, unless this stands here.
	if s.Status == berth.Suspended {
		b.WriteString(suspendedLine + "\n")
	}
	fmt.Fprintf(b, "  description \"%s\";\n", description(s))
	fmt.Fprintf(b, "  local %s%s as %d;\n  neighbor %s%s as %d;\n", l.Local, port(s.LocalPort), s.LocalASN, l.Peer, port(s.PeerPort), s.ASN)
	if s.Password != "" {
		fmt.Fprintf(b, "  password \"%s\";\n", s.Password)
	}
	if s.Multihop > 0 {
		fmt.Fprintf(b, "  multihop %d;\n", s.Multihop)
	} else {
		b.WriteString("  direct;\n  ttl security on;\n")
	}
	// The import table lets a changed filter act at once without the session going down, and filtered routes are kept
	// so that they can be counted. An import limit would count accepted routes only, and never fire behind the filter.
	fmt.Fprintf(b, "  ipv%s {\n    import table on;\n    import keep filtered on;\n    receive limit %d action disable;\n", family, l.Limit)
	if len(l.Prefixes) == 0 {
		b.WriteString("    import none;\n")
	} else {
		fmt.Fprintf(b, "    import filter { berth_bought%s([ %s ], %d); };\n", family, prefixSet(l.Prefixes, bits), s.ASN)
	}
	switch s.Export {
	case berth.ExportDefault:
		fmt.Fprintf(b, "    export where berth_default%s();\n", family)
	case berth.ExportFull:
		fmt.Fprintf(b, "    export where berth_full%s();\n", family)
	default:
		b.WriteString("    export none;\n")
	}
	b.WriteString("  };\n}\n")
}

func description(s berth.EdgeSession) string {
	if text := berth.EdgeText(s.Description, 80); text != "" {
		return "order " + s.OrderID + ", " + text
	}
	return "order " + s.OrderID
}

func port(n uint16) string {
	if n == 0 {
		return ""
	}
	return " port " + strconv.Itoa(int(n))
}

// prefixSet is a set in BIRD's language. The order in it means nothing to BIRD, but another text would be another file.
func prefixSet(prefixes []berth.EdgePrefix, bits int) string {
	sorted := slices.SortedFunc(slices.Values(prefixes), func(a, b berth.EdgePrefix) int {
		return cmp.Or(a.Prefix.Addr().Compare(b.Prefix.Addr()), cmp.Compare(a.Prefix.Bits(), b.Prefix.Bits()), cmp.Compare(a.Longest, b.Longest))
	})
	var set []string
	for _, p := range slices.Compact(sorted) {
		text := p.Prefix.String()
		if p.Longest > p.Prefix.Bits() && p.Longest <= bits {
			text += fmt.Sprintf("{%d,%d}", p.Prefix.Bits(), p.Longest)
		}
		set = append(set, text)
	}
	return strings.Join(set, ", ")
}

var (
	serviceLine  = regexp.MustCompile(`^# service ([a-z0-9-]+) order ([a-z0-9-]+)$`)
	protocolLine = regexp.MustCompile(`^protocol bgp (svc_[a-z0-9]+_[46]) from berth_customer \{$`)
	tripLine     = regexp.MustCompile(`^  disabled; # tripped (\d+) (.*)$`)
)

const suspendedLine = "  disabled; # suspended"

// readFile reads back what render wrote: the blocks by their protocols' names.
func readFile(text string) map[string]*block {
	blocks := map[string]*block{}
	var service, order string
	var b *block
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := serviceLine.FindStringSubmatch(line); m != nil {
			service, order, b = m[1], m[2], nil
		} else if m := protocolLine.FindStringSubmatch(line); m != nil {
			b = &block{service: service, order: order}
			blocks[m[1]] = b
		} else if b != nil && line == suspendedLine {
			b.suspended = true
		} else if m := tripLine.FindStringSubmatch(line); b != nil && m != nil {
			at, _ := strconv.ParseInt(m[1], 10, 64)
			b.trip = &trip{at: at, reason: m[2]}
		}
	}
	return blocks
}

// ownerOf is whose the sessions in a file are: "" for nobody's, when there are none, or when no owner stands there. That is so
// in a file that was written before Berth said it, and in one that its operator has given free by deleting the line.
func ownerOf(text string) string {
	if len(readFile(text)) == 0 {
		return ""
	}
	return ownerSaid(text)
}

// ownerSaid is the owner that stands in a file, with sessions or without.
func ownerSaid(text string) string {
	for line := range strings.Lines(text) {
		if owner, ok := strings.CutPrefix(line, ownerWord); ok {
			return strings.TrimSpace(owner)
		}
	}
	return ""
}

// servicesOf lists the services in a file, in its order.
func servicesOf(text string) (all []string) {
	for line := range strings.Lines(text) {
		if m := serviceLine.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			all = append(all, m[1])
		}
	}
	return all
}

// mark is the file with these trips, by their protocols' names, and no others.
func mark(text string, trips map[string]trip) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		bare := strings.TrimRight(line, "\n")
		if tripLine.MatchString(bare) {
			continue
		}
		b.WriteString(line)
		if m := protocolLine.FindStringSubmatch(bare); m != nil {
			if t, tripped := trips[m[1]]; tripped {
				fmt.Fprintf(&b, "  disabled; # tripped %d %s\n", t.at, t.reason)
			}
		}
	}
	return b.String()
}
