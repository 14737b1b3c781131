// Package evidence reads an operator's copies of the routing registries: which AS may announce which prefix.
//
// Nothing is fetched. The operator's own validator and bgpq4 write the files, as often as he likes; each is read again when
// it has changed.
package evidence

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/berth-host/berth"
)

var _ berth.Evidence = (*Files)(nil)

// Files are the copies. An empty path is a registry that the operator doesn't use.
type Files struct {
	// ROAs is what rpki-client or routinator write as JSON: {"roas": [{"prefix": ..., "maxLength": ..., "asn": ...}]}.
	ROAs string
	// Routes has a line for each route object: AS205000 198.51.100.0/24, and then the longest length of its parts, if any.
	Routes string

	mu         sync.Mutex
	roas, irrs copied
}

// copied is a file as it was read last.
type copied struct {
	changed time.Time
	size    int64
	entries []entry
}

// entry lets an AS announce a prefix, and parts of it down to longest.
type entry struct {
	prefix  netip.Prefix
	longest int
	asn     uint32
}

// Find tells which registry lets an AS announce a prefix with parts down to longest (0 for the prefix alone). See
// berth.Evidence.
func (f *Files) Find(prefix netip.Prefix, longest int, asn uint32) (evidence string, forbidden bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.roas.read(f.ROAs, readROAs); err != nil {
		return "", false, err
	}
	if err := f.irrs.read(f.Routes, readRoutes); err != nil {
		return "", false, err
	}
	longest = max(longest, prefix.Bits())
	// RFC 6811: a prefix that some ROA covers is invalid unless one of them fits.
	for _, e := range f.roas.entries {
		if !e.covers(prefix) {
			continue
		}
		if e.asn == asn && e.asn != 0 && longest <= e.longest {
			return berth.EvidenceROA, false, nil
		}
		forbidden = true
	}
	if forbidden {
		return "", true, nil
	}
	for _, e := range f.irrs.entries {
		if e.covers(prefix) && e.asn == asn && longest <= e.longest {
			return berth.EvidenceIRR, false, nil
		}
	}
	return "", false, nil
}

func (e entry) covers(p netip.Prefix) bool {
	return e.prefix.Bits() <= p.Bits() && e.prefix.Contains(p.Addr())
}

// read reads a file unless it is as it was. One that is gone, or half written, is an error: then nobody's prefix has evidence
// rather than a wrong one.
func (c *copied) read(path string, parse func([]byte) ([]entry, error)) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	if info.ModTime().Equal(c.changed) && info.Size() == c.size {
		return nil
	}
	raw, err := os.ReadFile(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	entries, err := parse(raw)
	if err != nil {
		return fmt.Errorf("evidence: %s: %w", path, err)
	}
	c.changed, c.size, c.entries = info.ModTime(), info.Size(), entries
	return nil
}

// readROAs reads the JSON of a validator. Some write the number as 64500, others as "AS64500".
func readROAs(raw []byte) ([]entry, error) {
	var file struct {
		ROAs []struct {
			Prefix    netip.Prefix    `json:"prefix"`
			MaxLength int             `json:"maxLength"`
			ASN       json.RawMessage `json:"asn"`
		} `json:"roas"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, err
	}
	entries := make([]entry, 0, len(file.ROAs))
	for _, r := range file.ROAs {
		asn, err := number(strings.Trim(string(r.ASN), `"`))
		if err != nil || !r.Prefix.IsValid() {
			return nil, fmt.Errorf("a ROA for %s names %s, which is no AS number", r.Prefix, r.ASN)
		}
		entries = append(entries, entry{r.Prefix.Masked(), max(r.MaxLength, r.Prefix.Bits()), asn})
	}
	return entries, nil
}

// readRoutes reads lines such as "AS205000 198.51.100.0/24 24". Empty lines and those that begin with # don't count.
func readRoutes(raw []byte) (entries []entry, err error) {
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) < 2 || len(words) > 3 {
			return nil, fmt.Errorf("line %d is not AS, prefix and longest length", n)
		}
		asn, err := number(words[0])
		if err != nil {
			return nil, fmt.Errorf("line %d: %q is no AS number", n, words[0])
		}
		prefix, err := netip.ParsePrefix(words[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %q is no prefix", n, words[1])
		}
		longest := prefix.Bits()
		if len(words) == 3 {
			if longest, err = strconv.Atoi(words[2]); err != nil || longest < prefix.Bits() || longest > prefix.Addr().BitLen() {
				return nil, fmt.Errorf("line %d: %q is no length of parts of %s", n, words[2], prefix)
			}
		}
		entries = append(entries, entry{prefix.Masked(), longest, asn})
	}
	return entries, lines.Err()
}

func number(text string) (uint32, error) {
	text = strings.TrimPrefix(strings.ToUpper(text), "AS")
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err
}
