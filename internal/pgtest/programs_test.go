package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestNewestBin(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  string
	}{
		{"nothing installed", nil, ""},
		{"a client only", []string{"15/bin/psql"}, ""},
		{"one version", []string{"15/bin/initdb", "15/bin/postgres"}, "15"},
		{"numbers, not letters", []string{"9.6/bin/initdb", "9.6/bin/postgres", "15/bin/initdb", "15/bin/postgres"}, "15"},
		{"the newest is a client", []string{"15/bin/initdb", "15/bin/postgres", "18/bin/psql"}, "15"},
		{"another folder", []string{"15/bin/initdb", "15/bin/postgres", "lib/bin/initdb", "lib/bin/postgres"}, "15"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			for _, file := range c.files {
				path := filepath.Join(root, file)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o755)); err != nil {
					t.Fatal(err)
				}
			}
			want, wantErr := "", ErrNoPrograms
			if c.want != "" {
				want, wantErr = filepath.Join(root, c.want, "bin"), nil
			}
			got, err := newestBin(root)
			if got != want || err != wantErr {
				t.Errorf("got %q, %v; want %q, %v", got, err, want, wantErr)
			}
		})
	}
}
