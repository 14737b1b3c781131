package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// Site is the folder that everything of a run lives in, and the user whom it belongs to.
type Site struct {
	Dir      string
	other    bool // we are root, and run everything as another user
	uid, gid uint32
	sentinel *exec.Cmd
	lifeline *os.File // the sentinel waits for its end
}

// Options of a site.
type Options struct {
	Prefix string // begins the folder's name
	Keep   bool   // the folder stays, with all logs
	// Unprivileged runs everything as a user without rights when we are root, which some servers refuse to be.
	Unprivileged bool
}

// sentinelScript is the one way out, after a success, a failure, an interrupt and SIGKILL alike: it waits for the end
// of its standard input, which is the end of whoever holds the other side, and then ends what was started for the site
// $1, by the mark $2 in the environment of each process. Patroni goes first, as it would start its PostgreSQL again.
// The servers are asked to quit, because they remove their shared memory then; a frozen one has to be thawed for that.
const sentinelScript = `
read -r _
marked() {
	for p in /proc/[0-9]*; do
		tr '\0' '\n' <"$p/environ" 2>/dev/null | grep -qxF "$2" && echo "${p#/proc/}"
	done
}
postgres() { case $(readlink "/proc/$1/exe") in */postgres) return 0 ;; esac; return 1; }
n=0
while pids=$(marked "$1" "$2"); [ -n "$pids" ] && [ $n -lt 150 ]; do
	for pid in $pids; do
		if postgres "$pid" && [ $n -lt 100 ]; then
			kill -QUIT "$pid"; kill -CONT "$pid"
		else
			kill -KILL "$pid"
		fi
	done 2>/dev/null
	n=$((n + 1)); sleep 0.1
done
[ -n "$3" ] || rm -rf -- "$1"
[ -z "$pids" ]
`

// Open makes the folder and posts its sentinel. The caller calls Close.
func Open(o Options) (*Site, error) {
	dir, err := os.MkdirTemp("", o.Prefix)
	if err != nil {
		return nil, err
	}
	s := &Site{Dir: dir}
	if o.Unprivileged {
		s.uid, s.gid, s.other = Unprivileged()
	}
	if err := errors.Join(os.Chmod(dir, 0o750), s.giveAway(dir), s.post(o.Keep)); err != nil { // #nosec G302 -- a folder, whose group must enter it
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// post starts the sentinel in a session of its own, where the keyboard's interrupt doesn't reach it.
func (s *Site) post(keep bool) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	kept := ""
	if keep {
		kept = "keep"
	}
	cmd := exec.Command("/bin/sh", "-c", sentinelScript, "berth-test-sentinel", s.Dir, s.mark(), kept) // #nosec G204 -- the script is a constant
	cmd.Dir, cmd.Stdin = "/", read
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, write.Close())
	}
	s.sentinel, s.lifeline = cmd, write
	return nil
}

// Close ends every process of the site and removes the folder.
func (s *Site) Close() error {
	_ = s.lifeline.Close()
	if err := s.sentinel.Wait(); err != nil {
		return fmt.Errorf("some processes of %s could not be ended: %w", s.Dir, err)
	}
	return nil
}

// mark is the variable that tells whose a process is.
func (s *Site) mark() string { return "BERTH_TEST_SITE=" + s.Dir }

// Owns reports whether a process was started for the site, by whomever.
func (s *Site) Owns(pid int) bool { return carries(pid, s.mark()) }

// Path is a file or folder of the site.
func (s *Site) Path(names ...string) string {
	return filepath.Join(append([]string{s.Dir}, names...)...)
}

// Log is the file with what a program of this name has printed.
func (s *Site) Log(name string) string { return s.Path(name + ".log") }

// giveAway makes the site's user the owner of path.
func (s *Site) giveAway(path string) error {
	if !s.other {
		return nil
	}
	return os.Chown(path, int(s.uid), int(s.gid))
}

// Folder makes a folder that only the site's user may enter.
func (s *Site) Folder(names ...string) (string, error) {
	path := s.Path(names...)
	return path, errors.Join(os.MkdirAll(path, 0o700), s.giveAway(path))
}

// Write makes a file that only the site's user may read.
func (s *Site) Write(path string, text []byte, mode os.FileMode) error {
	return errors.Join(os.WriteFile(path, text, mode), s.giveAway(path)) // #nosec G703 -- in a folder of its own
}

// ShowLogs prints the end of each log, for who has only the output of a failed run.
func (s *Site) ShowLogs(w io.Writer) {
	const lines = 15
	logs, _ := filepath.Glob(s.Path("*.log"))
	sort.Strings(logs)
	for _, path := range logs {
		text, err := os.ReadFile(path) // #nosec G304 -- in a folder of its own
		if err != nil || len(text) == 0 {
			continue
		}
		all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
		fmt.Fprintf(w, "--- %s\n%s\n", filepath.Base(path), strings.Join(all[max(0, len(all)-lines):], "\n"))
	}
}
