package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/berth-host/berth/internal/process"
)

// Dial connects to an address in the lab's network by TCP.
func (l *Lab) Dial(ctx context.Context, address string) (net.Conn, error) {
	type answer struct {
		conn net.Conn
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		// The thread goes into the other network and never comes back: it ends with this goroutine. A socket stays in
		// the network that it was made in, wherever it's used.
		runtime.LockOSThread()
		network, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", l.first))
		if err == nil {
			defer network.Close()
			err = unix.Setns(int(network.Fd()), unix.CLONE_NEWNET) // #nosec G115 -- a descriptor
		}
		if err != nil {
			answers <- answer{nil, err}
			return
		}
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", address)
		answers <- answer{conn, err}
	}()
	a := <-answers
	return a.conn, a.err
}

// Run logs in as root by ssh with a password and runs a command; what it prints comes back without its last newline.
func (l *Lab) Run(ctx context.Context, ip, password, command string) (string, error) {
	conn, err := l.Dial(ctx, address(ip))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ssh knows no contexts
	defer stop()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(l.hostKey))
	if err != nil {
		return "", err
	}
	c, channels, requests, err := ssh.NewClientConn(conn, address(ip), &ssh.ClientConfig{
		User: "root", Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.FixedHostKey(key),
		HostKeyAlgorithms: []string{key.Type()}, // dropbear offers others, too, and dies when one is taken
	})
	if err != nil {
		return "", err
	}
	client := ssh.NewClient(c, channels, requests)
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return "", err
	}
	out, err := session.CombinedOutput(command)
	return strings.TrimRight(string(out), "\n"), err
}

// WaitFor runs a command as soon as a guest that is booting lets one in.
func (l *Lab) WaitFor(ctx context.Context, ip, password, command string) (out string, err error) {
	until := process.Until(ctx, process.Patience, "a login at "+ip, func() bool {
		var exit *ssh.ExitError
		out, err = l.Run(ctx, ip, password, command)
		return err == nil || errors.As(err, &exit) // it ran, whatever came of it
	})
	if until != nil {
		return "", errors.Join(until, err)
	}
	return out, err
}
