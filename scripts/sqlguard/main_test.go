package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPlantedFaults holds the findings against the lines that are marked.
func TestPlantedFaults(t *testing.T) {
	path, err := filepath.Abs("testdata/planted/planted.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, line := range strings.Split(string(text), "\n") {
		if strings.HasSuffix(line, "// want") {
			want = append(want, fmt.Sprintf("%s:%d", path, i+1))
		}
	}
	findings, err := check([]string{"./testdata/planted"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, finding := range findings {
		parts := strings.SplitN(finding, ":", 3)
		got = append(got, parts[0]+":"+parts[1])
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("got findings at\n%s\nwant them at\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestUnreadablePackageIsAnError(t *testing.T) {
	if findings, err := check([]string{"./testdata/no-such-package"}); err == nil {
		t.Errorf("got %v and no error", findings)
	}
}
