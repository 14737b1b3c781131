package require_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/berth-host/berth/internal/require"
)

// TestVerdicts runs TestSubject in a process of its own for every case: what a
// skip or a failure does to a real test run is the thing to know.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name, program, probe, all string
		want, wantText            string
	}{
		{"there", "sh", "", "", "PASS", "went on with /"},
		{"there and complete", "sh", "exit 0", "all", "PASS", "went on with /"},
		{"missing", "berth-no-such-program", "", "", "SKIP", "NOT TESTED: berth-no-such-program is missing"},
		{"missing, all required", "berth-no-such-program", "", "all", "FAIL", "BERTH_REQUIRE=all forbids skipping"},
		{"incomplete", "sh", "exit 3", "", "SKIP", "NOT TESTED: sh (-c exit 3) is missing"},
		{"incomplete, all required", "sh", "exit 3", "all", "FAIL", "sh (-c exit 3) is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestSubject$", "-test.v")
			cmd.Env = append(os.Environ(), "BERTH_REQUIRE="+c.all, "SUBJECT="+c.program, "SUBJECT_PROBE="+c.probe)
			out, err := cmd.CombinedOutput()
			if got := err != nil; got != (c.want == "FAIL") {
				t.Errorf("process failed: %v, want %v", got, c.want == "FAIL")
			}
			if got := string(out); !strings.Contains(got, "--- "+c.want+": TestSubject") || !strings.Contains(got, c.wantText) {
				t.Errorf("got %s\nwant %s with %q", got, c.want, c.wantText)
			}
		})
	}
}

// TestSubject is the test that TestVerdicts looks at; by itself it does nothing.
func TestSubject(t *testing.T) {
	program := os.Getenv("SUBJECT")
	if program == "" {
		return
	}
	var probe []string
	if script := os.Getenv("SUBJECT_PROBE"); script != "" {
		probe = []string{"-c", script}
	}
	t.Logf("went on with %s", require.Program(t, program, probe...))
}
