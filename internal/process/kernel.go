package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"
)

// Until waits for a condition that nothing announces, and asks at first often and then every 50 ms. what is said when
// it doesn't come true within the limit.
func Until(ctx context.Context, limit time.Duration, what string, condition func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	const slowest = 50 * time.Millisecond
	pause := 5 * time.Millisecond
	tick := time.NewTimer(pause)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
			// Asking may burn processor time that what is waited for needs.
			pause = min(pause*3/2, slowest)
			tick.Reset(pause)
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("not within %v: %s", limit, what)
			}
			return ctx.Err()
		}
	}
	return nil
}

// Tree lists a process and all its descendants, the process first. Freeze it before, or it may grow meanwhile.
func Tree(pid int) []int {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if child, err := strconv.Atoi(entry.Name()); err == nil {
			if _, parent := stat(child); parent != 0 {
				children[parent] = append(children[parent], child)
			}
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// Running reports whether a process still does something; one that ended and waits for its parent doesn't.
func Running(pid int) bool {
	letter, _ := stat(pid)
	return letter != 0 && letter != 'Z' && letter != 'X'
}

// Stopped reports whether a process is frozen by SIGSTOP.
func Stopped(pid int) bool {
	letter, _ := stat(pid)
	return letter == 'T'
}

// stat reads a process' state and parent, zeros when there's none. The fields are counted from the last parenthesis,
// because the program's name before it may hold anything.
func stat(pid int) (letter byte, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
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

// carries reports whether a process was started with a variable in its environment, by whomever: it is inherited.
func carries(pid int, variable string) bool {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && strings.Contains("\x00"+string(environment)+"\x00", "\x00"+variable+"\x00")
}

// FreePorts finds ports of 127.0.0.1 that nobody listens on, all at once, so that no two are the same. They are below
// the range from which the kernel takes the ports of outgoing connections: there, a client that dials a server which is
// down can be given that very port, connect to itself, and keep the server from coming back.
func FreePorts(n int) ([]int, error) {
	var ports []int
	for range 100 * n {
		if len(ports) == n {
			return ports, nil
		}
		port := 15000 + rand.IntN(17000) // #nosec G404 -- any free port will do
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		defer l.Close()
		ports = append(ports, port)
	}
	return nil, errors.New("no free ports on 127.0.0.1 between 15000 and 32000")
}

// Unprivileged is who runs PostgreSQL when we are root, which its programs refuse to be: the user with no rights. The
// number stands in where a small image has no such user. root is false when we are somebody else already.
func Unprivileged() (uid, gid uint32, root bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	uid, gid = 65534, 65534
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return uid, gid, true
	}
	if n, err := strconv.ParseUint(nobody.Uid, 10, 32); err == nil {
		uid = uint32(n)
	}
	if n, err := strconv.ParseUint(nobody.Gid, 10, 32); err == nil {
		gid = uint32(n)
	}
	return uid, gid, true
}
