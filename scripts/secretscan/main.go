// Command secretscan runs the tests and looks for keys and passwords in all that they print and log.
//
//	secretscan [-keep FOLDER] -- go test ./...
//
// It adds the flags -json, -artifacts and -outputdir, so that it gets the output of tests that pass as well, and the
// files that tests leave in T.ArtifactDir: the logs of the servers that they start. What it prints itself is what
// `go test` would.
//
// What is a secret is told in three ways, because none of them alone knows all: the keys and passwords that tests
// choose hold a marker; keys that Berth made have a prefix and a checksum; and a password that was made by chance is
// known by the name in front of it. The exit code is that of the tests, or 1 when a secret was found.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// exitTrouble is the code when the scan itself failed.
const exitTrouble = 125

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("secretscan", flag.ContinueOnError)
	flags.SetOutput(stderr)
	keep := flags.String("keep", "", "keep what the tests logged in this folder, which is emptied first; otherwise it is removed at the end")
	if err := flags.Parse(args); err != nil || flags.NArg() < 2 {
		fmt.Fprintln(stderr, "usage: secretscan [-keep FOLDER] -- go test ...")
		return exitTrouble
	}
	folder, remove, err := place(*keep)
	if err != nil {
		fmt.Fprintln(stderr, "secretscan:", err)
		return exitTrouble
	}
	defer remove()
	s := &scan{show: stderr}
	code, err := s.tests(withFlags(flags.Args(), folder), stdout, stderr)
	if err == nil {
		err = s.folder(folder)
	}
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "secretscan:", err)
		return cmp.Or(code, exitTrouble)
	case s.found > 0:
		fmt.Fprintf(stderr, "secretscan: %d lines with secrets\n", s.found)
		return cmp.Or(code, 1)
	}
	fmt.Fprintf(stdout, "secretscan: no secret in %d lines of output and %d files of logs\n", s.lines, s.files)
	return code
}

// place is the folder of the tests' files.
func place(keep string) (folder string, remove func(), err error) {
	if keep == "" {
		folder, err = os.MkdirTemp("", "secretscan-")
		return folder, func() { _ = os.RemoveAll(folder) }, err
	}
	if folder, err = filepath.Abs(keep); err == nil { // each test binary runs in a folder of its own
		err = errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o750))
	}
	return folder, func() {}, err
}

// withFlags adds the flags behind the words "go test".
func withFlags(command []string, folder string) []string {
	i := slices.Index(command, "test")
	if i < 0 {
		return command // something else that runs the tests; its output is looked at anyway
	}
	return slices.Insert(slices.Clone(command), i+1, "-json", "-artifacts", "-outputdir="+folder)
}

// scan counts what was looked at and what was found.
type scan struct {
	mu                  sync.Mutex
	show                io.Writer
	lines, files, found int
}

// tests runs a command to its end, looks at each line that it prints, and prints what is worth printing.
func (s *scan) tests(command []string, stdout, stderr io.Writer) (code int, err error) {
	// Whoever started both gives the signal to both, and the tests have something to clean up.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	cmd := exec.Command(command[0], command[1:]...) // #nosec G204 -- running it is what this program is for
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	errs, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	r := &report{out: stdout, all: slices.Contains(command, "-v"), held: map[test][]string{}}
	var readers sync.WaitGroup
	var outErr, errsErr error
	readers.Go(func() {
		outErr = eachLine(out, func(n int, line []byte) {
			if text, ok := r.take(line); ok {
				s.look(fmt.Sprintf("output, line %d", n), []byte(text))
			} else {
				s.look(fmt.Sprintf("output, line %d", n), line)
			}
		})
	})
	readers.Go(func() {
		errsErr = eachLine(errs, func(n int, line []byte) {
			s.look(fmt.Sprintf("errors, line %d", n), line)
			_, _ = stderr.Write(append(line, '\n'))
		})
	})
	readers.Wait()
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return cmd.ProcessState.ExitCode(), errors.Join(err, outErr, errsErr)
}

// folder looks at every file below a folder.
func (s *scan) folder(path string) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		file, err := root.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		s.files++
		return eachLine(file, func(n int, line []byte) {
			s.look(fmt.Sprintf("%s:%d", filepath.Join(path, name), n), line)
		})
	})
}

// eachLine calls f with each line, however long it is.
func eachLine(r io.Reader, f func(n int, line []byte)) error {
	for in, n := bufio.NewReader(r), 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			f(n, bytes.TrimRight(line, "\n"))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// shown is how many findings are printed, of as many as there may be.
const shown = 20

// look looks at one line. What it prints of it has no secret in it any more.
func (s *scan) look(at string, line []byte) {
	what, rest := find(string(line))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines++
	if what == "" {
		return
	}
	if s.found++; s.found <= shown {
		if len(rest) > 300 {
			rest = rest[:300] + "..."
		}
		fmt.Fprintf(s.show, "secretscan: %s: %s: %s\n", at, what, rest)
	}
}
