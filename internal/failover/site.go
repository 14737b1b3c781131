package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const loopback = "127.0.0.1"

// patience bounds every wait that has no better bound. It's long because the machine may be busy.
const patience = 90 * time.Second

// site is the folder that everything of a run lives in, and the user whom it belongs to.
type site struct {
	dir      string
	other    bool // we are root, and run everything as another user: PostgreSQL refuses to be root
	uid, gid uint32
	sentinel *exec.Cmd
	lifeline *os.File // the sentinel waits for its end
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

// openSite makes the folder and posts its sentinel.
func openSite(keep bool) (*site, error) {
	dir, err := os.MkdirTemp("", "berth-failover-")
	if err != nil {
		return nil, err
	}
	s := &site{dir: dir}
	if os.Geteuid() == 0 {
		s.other = true
		s.uid, s.gid = nobody()
	}
	if err := errors.Join(os.Chmod(dir, 0o750), s.giveAway(dir), s.post(keep)); err != nil { // #nosec G302 -- a folder, whose group must enter it
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// nobody is the user with no rights. The number stands in where a small image has no such user.
func nobody() (uid, gid uint32) {
	uid, gid = 65534, 65534
	u, err := user.Lookup("nobody")
	if err != nil {
		return uid, gid
	}
	if n, err := strconv.ParseUint(u.Uid, 10, 32); err == nil {
		uid = uint32(n)
	}
	if n, err := strconv.ParseUint(u.Gid, 10, 32); err == nil {
		gid = uint32(n)
	}
	return uid, gid
}

// post starts the sentinel in a session of its own, where the keyboard's interrupt doesn't reach it.
func (s *site) post(keep bool) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	kept := ""
	if keep {
		kept = "keep"
	}
	cmd := exec.Command("/bin/sh", "-c", sentinelScript, "berth-failover-sentinel", s.dir, s.mark(), kept) // #nosec G204 -- the script is a constant
	cmd.Dir, cmd.Stdin = "/", read
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, write.Close())
	}
	s.sentinel, s.lifeline = cmd, write
	return nil
}

// close ends every process of the site and removes the folder.
func (s *site) close() error {
	_ = s.lifeline.Close()
	if err := s.sentinel.Wait(); err != nil {
		return fmt.Errorf("some processes of %s could not be ended: %w", s.dir, err)
	}
	return nil
}

// mark is the variable that tells whose a process is.
func (s *site) mark() string { return "BERTH_FAILOVER_SITE=" + s.dir }

func (s *site) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}

func (s *site) log(name string) string { return s.path(name + ".log") }

// giveAway makes the site's user the owner of path.
func (s *site) giveAway(path string) error {
	if !s.other {
		return nil
	}
	return os.Chown(path, int(s.uid), int(s.gid))
}

// folder makes a folder that only the site's user may enter.
func (s *site) folder(names ...string) (string, error) {
	path := s.path(names...)
	return path, errors.Join(os.MkdirAll(path, 0o700), s.giveAway(path))
}

// write makes a file that only the site's user may read.
func (s *site) write(path string, text []byte, mode os.FileMode) error {
	return errors.Join(os.WriteFile(path, text, mode), s.giveAway(path)) // #nosec G703 -- in a folder of its own
}

// showLogs prints the end of each log, for who has only the output of a failed run.
func (s *site) showLogs(w io.Writer) {
	const lines = 15
	logs, _ := filepath.Glob(s.path("*.log"))
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
