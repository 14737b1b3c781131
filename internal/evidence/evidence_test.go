package evidence_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/evidence"
)

const roas = `{"metadata": {"roas": 3}, "roas": [
	{"prefix": "185.1.0.0/16", "maxLength": 24, "asn": 205000, "ta": "ripe"},
	{"prefix": "185.2.0.0/24", "maxLength": 24, "asn": "AS205001"},
	{"prefix": "185.3.0.0/24", "maxLength": 24, "asn": 0}
]}`

const routes = `# made by bgpq4
AS205002 185.4.0.0/22 24

as205002 2a00:1::/32
AS205002 185.1.9.0/24
`

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFind(t *testing.T) {
	f := &evidence.Files{ROAs: filepath.Join(t.TempDir(), "roas.json"), Routes: filepath.Join(t.TempDir(), "routes")}
	write(t, f.ROAs, roas)
	write(t, f.Routes, routes)
	for _, c := range []struct {
		prefix    string
		longest   int
		asn       uint32
		want      string
		forbidden bool
	}{
		{"185.1.2.0/24", 0, 205000, berth.EvidenceROA, false},
		{"185.1.0.0/16", 24, 205000, berth.EvidenceROA, false},
		{"185.1.2.0/24", 25, 205000, "", true},
		{"185.1.2.0/24", 0, 205002, "", true},
		{"185.1.9.0/24", 0, 205002, "", true}, // a route object doesn't help against a ROA
		{"185.2.0.0/24", 0, 205001, berth.EvidenceROA, false},
		{"185.3.0.0/24", 0, 205001, "", true},
		{"185.3.0.0/24", 0, 0, "", true},
		{"185.4.1.0/24", 0, 205002, berth.EvidenceIRR, false},
		{"185.4.0.0/22", 24, 205002, berth.EvidenceIRR, false},
		{"185.4.0.0/21", 0, 205002, "", false},
		{"185.4.0.0/24", 0, 205003, "", false},
		{"2a00:1::/32", 0, 205002, berth.EvidenceIRR, false},
		{"2a00:1::/32", 48, 205002, "", false},
		{"2a00:2::/32", 0, 205002, "", false},
	} {
		got, forbidden, err := f.Find(netip.MustParsePrefix(c.prefix), c.longest, c.asn)
		if err != nil || got != c.want || forbidden != c.forbidden {
			t.Errorf("%s to /%d by AS%d: got %q, %v, %v, want %q, %v", c.prefix, c.longest, c.asn, got, forbidden, err, c.want, c.forbidden)
		}
	}
	write(t, f.Routes, routes+"AS205003 185.4.0.0/24\n")
	if got, _, err := f.Find(netip.MustParsePrefix("185.4.0.0/24"), 0, 205003); got != berth.EvidenceIRR || err != nil {
		t.Errorf("after a change of the file: got %q, %v", got, err)
	}
}

// What can't be read is no evidence, and says so.
func TestTroubleOfFiles(t *testing.T) {
	none := &evidence.Files{}
	if got, forbidden, err := none.Find(netip.MustParsePrefix("185.1.0.0/24"), 0, 1); got != "" || forbidden || err != nil {
		t.Errorf("without files: got %q, %v, %v", got, forbidden, err)
	}
	for _, c := range []struct{ roas, routes, want string }{
		{"{", "", "unexpected end"},
		{`{"roas": [{"prefix": "185.1.0.0/24", "asn": "ASX"}]}`, "", "no AS number"},
		{`{"roas": [{"prefix": "185.1.0.0", "asn": 1}]}`, "", "no '/'"},
		{`{}`, "AS1", "line 1"},
		{`{}`, "\nX 185.1.0.0/24", "line 2"},
		{`{}`, "AS1 185.1.0.0", "no prefix"},
		{`{}`, "AS1 185.1.0.0/24 23", "no length"},
	} {
		folder := t.TempDir()
		f := &evidence.Files{ROAs: filepath.Join(folder, "roas"), Routes: filepath.Join(folder, "routes")}
		write(t, f.ROAs, c.roas)
		write(t, f.Routes, c.routes)
		if _, _, err := f.Find(netip.MustParsePrefix("185.1.0.0/24"), 0, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q and %q: got %v, want %q", c.roas, c.routes, err, c.want)
		}
		if err := os.Remove(f.ROAs); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.Find(netip.MustParsePrefix("185.1.0.0/24"), 0, 1); err == nil {
			t.Error("a file that is gone counts as one without an entry")
		}
	}
}
