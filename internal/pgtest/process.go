package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
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
	if uid, gid, root := otherUser(); root {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return cmd
}

// giveAway makes the other user the owner of path.
func (s *Server) giveAway(path string) error {
	if uid, gid, root := otherUser(); root {
		return os.Chown(path, int(uid), int(gid))
	}
	return nil
}

// otherUser is who runs PostgreSQL when we are root, which its programs refuse
// to be. The number stands in where a small image has no such user.
func otherUser() (uid, gid uint32, root bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	uid, gid = 65534, 65534
	if nobody, err := user.Lookup("nobody"); err == nil {
		if n, err := strconv.ParseUint(nobody.Uid, 10, 32); err == nil {
			uid = uint32(n)
		}
		if n, err := strconv.ParseUint(nobody.Gid, 10, 32); err == nil {
			gid = uint32(n)
		}
	}
	return uid, gid, true
}

// freePort finds a port that nobody listens on, below the range from which the
// kernel takes the ports of outgoing connections. In that range a client which
// dials the port of a server that is down can be given this very port, connect
// to itself and so keep the server from coming back.
func freePort() (int, error) {
	for range 100 {
		port := 15000 + rand.IntN(17000) // #nosec G404 -- any free port will do
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		return port, listener.Close()
	}
	return 0, errors.New("no free port on 127.0.0.1 between 15000 and 32000")
}

// until waits for a condition that no channel announces.
func until(limit time.Duration, condition func() bool) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			return fmt.Errorf("not within %v", limit)
		}
	}
	return nil
}

// running tells whether a process still does something: one that ended and
// waits for its parent doesn't.
func running(pid int) bool {
	s := state(pid)
	return s != 0 && s != 'Z' && s != 'X'
}

// state is the letter that the kernel gives a process' state, 0 when there is
// no such process.
func state(pid int) byte {
	letter, _ := stat(strconv.Itoa(pid))
	return letter
}

// childrenOf lists the processes whose parent is pid.
func childrenOf(pid int) []int {
	entries, _ := os.ReadDir("/proc")
	var children []int
	for _, entry := range entries {
		child, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if _, parent := stat(entry.Name()); parent == pid {
			children = append(children, child)
		}
	}
	return children
}

// stat reads a process' state and parent. The fields are counted from the
// last parenthesis, because the program's name before it may hold anything.
func stat(pid string) (letter byte, parent int) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat")) // #nosec G304 -- the kernel's own file
	if err != nil {
		return 0, 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 2 {
		return 0, 0
	}
	parent, _ = strconv.Atoi(string(fields[1]))
	return fields[0][0], parent
}
