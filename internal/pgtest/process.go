package pgtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/berth-host/berth/internal/process"
)

// sentinel is a shell that waits for the end of its standard input, which is
// the end of the process that started it, by whatever cause: a return, a panic,
// os.Exit, SIGKILL. Then it ends the cluster in folder $1 and removes the folder.
// The process number is checked against the folder's name, because after a
// kill the file may be stale and the number somebody else's.
const sentinelScript = `
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && grep -qsF "$1" "/proc/$pid/cmdline"; then
	kill -QUIT "$pid"
	n=0
	while [ $n -lt 200 ] && grep -qsF "$1" "/proc/$pid/cmdline"; do sleep 0.05; n=$((n + 1)); done
fi
rm -rf -- "$1"
`

// post starts the sentinel in a session of its own, where the keyboard's
// interrupt doesn't reach it: it is needed after that.
func (s *Server) post() error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	cmd := exec.Command("/bin/sh", "-c", sentinelScript, "berth-pg-sentinel", s.dir) // #nosec G204 -- the script is a constant
	cmd.Dir = "/"
	cmd.Stdin = read
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, write.Close())
	}
	s.sentinel, s.lifeline = cmd, write
	return nil
}

// command prepares one of PostgreSQL's programs. Its environment is made anew,
// since a PGDATA or PGPORT of the developer's own would find its way in.
func (s *Server) command(program string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, program), arguments...) // #nosec G204 -- PostgreSQL's own programs
	cmd.Dir = s.dir                                                  // where we stand may be closed to the other user
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=" + s.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, root := process.Unprivileged(); root {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return cmd
}

// giveAway makes the other user the owner of path.
func (s *Server) giveAway(path string) error {
	if uid, gid, root := process.Unprivileged(); root {
		return os.Chown(path, int(uid), int(gid))
	}
	return nil
}

// until is process.Until without a context: a cluster that is on its way up or
// down is waited for, whoever has lost interest meanwhile.
func until(limit time.Duration, what string, condition func() bool) error {
	return process.Until(context.Background(), limit, what, condition)
}
