package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxKeyFile is far more than a ring of many keys takes, in bytes.
const maxKeyFile = 64 << 10

// ReadFile reads the ring of a key file. A file that others than its owner may read is refused: its keys count as
// lost. The error wraps fs.ErrNotExist when there's no such file.
func ReadFile(path string) (*Ring, error) {
	f, err := os.Open(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat() // of the open file, so that it can't be exchanged in between
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	switch {
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile:
		return nil, fmt.Errorf("key file %s: not a key file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("key file %s: others may read it (mode %04o); run 'chmod 600 %s', and 'berth secrets rotate' if somebody did",
			path, info.Mode().Perm(), path)
	}
	text := make([]byte, info.Size())
	if _, err := f.ReadAt(text, 0); err != nil && len(text) > 0 {
		return nil, fmt.Errorf("key file: %w", err)
	}
	r, err := ParseRing(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return r, nil
}

// CreateFile makes a key file with one new key, or reads the one that somebody else made at the same moment. It is
// durable when CreateFile returns: losing it loses every password sealed with it.
func CreateFile(path string) (*Ring, error) {
	r, err := ParseRing(Generate(1))
	if err != nil {
		return nil, err
	}
	part, err := writePart(path, r)
	if err != nil {
		return nil, err
	}
	defer os.Remove(part)
	// A link can't replace a file that is there, and shows the name only when the content is whole.
	err = os.Link(part, path)
	if errors.Is(err, fs.ErrExist) {
		return ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	return r, syncFolder(path)
}

// WriteFile replaces a key file by the ring, in one step that a crash can't cut in half.
func WriteFile(path string, r *Ring) error {
	part, err := writePart(path, r)
	if err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("key file: %w", errors.Join(err, os.Remove(part)))
	}
	return syncFolder(path)
}

// writePart writes the ring into a new file of mode 0600 beside path and returns its name.
func writePart(path string, r *Ring) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*") // CreateTemp gives 0600
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	_, err = f.WriteString(r.Text() + "\n")
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", fmt.Errorf("key file: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return f.Name(), nil
}

// syncFolder makes a new name in path's folder durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}
