package lab

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// KernelRoutes are the routes that BIRD has put into the edge's kernel, of both families. There are none on loopback.
func (l *Lab) KernelRoutes(t testing.TB) (routes []string) {
	t.Helper()
	if l.spaces == nil {
		return nil
	}
	for _, family := range []string{"-4", "-6"} {
		out, err := l.spaces.run(t.Context(), "edge", ip, family, "route", "show", "proto", "bird")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out) {
			routes = append(routes, strings.Fields(line)[0])
		}
	}
	return routes
}

// Ping reports whether an address answers the Internet.
func (l *Lab) Ping(t testing.TB, address string) bool {
	t.Helper()
	_, err := l.spaces.run(t.Context(), "internet", "ping", "-n", "-q", "-c", "1", "-W", "1", address)
	return err == nil
}

// WrongPasswords is how many segments the edge's kernel has dropped because another password than its own had signed them. It
// is the only trace of a wrong password: BIRD hears nothing of them, at neither end. Only in namespaces; on loopback the
// count is the whole machine's.
func (l *Lab) WrongPasswords(t testing.TB) int {
	t.Helper()
	out, err := l.spaces.run(t.Context(), "edge", "/bin/cat", "/proc/net/netstat")
	if err != nil {
		t.Fatal(err)
	}
	n, err := extended(out, "TCPMD5Failure")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// extended finds a counter of TCP's in the kernel's table: a line of names, and below it a line of values.
func extended(table, counter string) (int, error) {
	var names []string
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] != "TcpExt:":
		case names == nil:
			names = fields
		default:
			for i, name := range names {
				if name == counter && i < len(fields) {
					return strconv.Atoi(fields[i])
				}
			}
		}
	}
	return 0, fmt.Errorf("the kernel doesn't count %s", counter)
}

// Rights tells of a running process which user it is, and what it may do beyond a user's rights: "0000000000000000" is
// nothing.
func Rights(pid int) (user, capabilities string, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "", "", err
	}
	for line := range strings.Lines(string(status)) {
		switch fields := strings.Fields(line); {
		case len(fields) < 2:
		case fields[0] == "Uid:":
			user = fields[1]
		case fields[0] == "CapPrm:": // what is in effect can't be more
			capabilities = fields[1]
		}
	}
	if user == "" || capabilities == "" {
		return "", "", errors.New("the kernel doesn't tell a process' rights")
	}
	return user, capabilities, nil
}

// PID is the process of the edge's BIRD.
func (l *Lab) PID() int { return l.edge.Cmd.Process.Pid }

// PID is the process of the customer's router.
func (c *Customer) PID() int { return c.router.Cmd.Process.Pid }

// Folder makes a folder that belongs to the user as whom the lab's programs run.
func (l *Lab) Folder(t testing.TB, name string) string {
	t.Helper()
	path, err := l.site.Folder(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Write makes a file that belongs to that user.
func (l *Lab) Write(t testing.TB, path, text string) {
	t.Helper()
	if err := l.site.Write(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
