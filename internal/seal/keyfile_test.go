package seal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "berth.db.key")
	if _, err := ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent file: got %v, want %v", err, fs.ErrNotExist)
	}
	made, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v, want 0600", info.Mode(), err)
	}
	read, err := ReadFile(path)
	if err != nil || read.Text() != made.Text() {
		t.Errorf("what was read isn't what was made: %v", err)
	}
	again, err := CreateFile(path)
	if err != nil || again.Text() != made.Text() {
		t.Errorf("creating it again replaced the key: %v", err)
	}
	newer, err := made.Newer()
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, newer); err != nil {
		t.Fatal(err)
	}
	if read, err = ReadFile(path); err != nil || read.Text() != newer.Text() {
		t.Errorf("the file doesn't hold what was written: %v", err)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("got %d files, want the key file alone: %v", len(files), err)
	}
}

func TestKeyFileRefused(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "key")
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"readable by the group", Generate(1), 0o640, "others may read it (mode 0640); run 'chmod 600"},
		{"readable by the world", Generate(1), 0o604, "others may read it (mode 0604)"},
		{"writable by the world", Generate(1), 0o602, "others may read it"},
		{"empty", "", 0o600, "a key is 32 random bytes"},
		{"garbage", "garbage", 0o600, "a key is 32 random bytes"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil { // WriteFile heeds the umask
			t.Fatal(err)
		}
		if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := ReadFile(folder); err == nil || !strings.Contains(err.Error(), "not a key file") {
		t.Errorf("a folder: got %v", err)
	}
	if _, err := CreateFile(filepath.Join(folder, "absent", "key")); err == nil {
		t.Error("a key file was made in a folder that doesn't exist")
	}
}

// Processes that start together end with one key.
func TestKeyFileCreatedTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	texts := make([]string, 16)
	var all sync.WaitGroup
	for i := range texts {
		all.Go(func() {
			r, err := CreateFile(path)
			if err != nil {
				t.Error(err)
				return
			}
			texts[i] = r.Text()
		})
	}
	all.Wait()
	for i := range texts {
		if texts[i] != texts[0] {
			t.Errorf("process %d has another key than the first", i)
		}
	}
}
