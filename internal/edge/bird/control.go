package bird

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// control is one connection to BIRD's control socket: lines, one command at a time.
type control struct {
	conn  net.Conn
	lines *bufio.Reader
	limit time.Duration // for each command
	stop  func() bool
}

// line is one line of a reply with its code. Lines that continue another have the code of that one.
type line struct {
	code int
	text string
}

// reply is all lines up to the one that ends it. Its code is the last line's: 0003 and 0004 are both success, and only one
// of them means that the configuration is in force.
type reply struct {
	code  int
	lines []line
}

// No reply is as long as that: a state of 500 sessions is under a megabyte.
const longestReply = 64 << 20

// The codes of BIRD's control protocol that mean something here.
const (
	codeReading      = 2
	codeReconfigured = 3
	codeInProgress   = 4 // it goes on by itself
	codeQueued       = 5 // another one is in progress, this one comes after it
	codeShuttingDown = 6 // ignored
	codeNotDone      = 8 // already disabled
	codeDisabled     = 9
	codeRunning      = 13
	codeConfirmed    = 18
	codeProtocol     = 1002 // the row of one protocol
	codeDetails      = 1006
	codeNoMatch      = 8003 // no protocol has such a name
)

// refusal is a reply of class 8 or 9: BIRD has understood and doesn't do it.
type refusal struct {
	command string
	reply   reply
}

func (r *refusal) Error() string {
	return fmt.Sprintf("bird: %s: %04d %s", r.command, r.reply.code, r.reply.last())
}

func (r reply) last() string {
	if len(r.lines) == 0 {
		return ""
	}
	return r.lines[len(r.lines)-1].text
}

// dial connects and reads the greeting. The connection ends with ctx.
func dial(ctx context.Context, socket string, limit time.Duration) (*control, error) {
	dialer := net.Dialer{Timeout: limit}
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	c := &control{conn: conn, lines: bufio.NewReaderSize(conn, 64<<10), limit: limit}
	// A deadline in the past wakes whoever reads or writes; one that is set for the next command doesn't undo it,
	// because ask looks at ctx after setting its own.
	c.stop = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	greeting, err := c.read(ctx)
	if err == nil && greeting.code != 1 {
		err = fmt.Errorf("bird: the control socket greets with %04d %s", greeting.code, greeting.last())
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *control) close() {
	c.stop()
	_ = c.conn.Close()
}

// ask sends a command and reads its reply. A *refusal is BIRD's own no; after any other error the connection is of no
// use any more, and the command may have been carried out.
func (c *control) ask(ctx context.Context, command string) (reply, error) {
	if strings.ContainsAny(command, "\r\n") {
		return reply{}, errors.New("bird: a command of several lines")
	}
	if err := c.deadline(ctx); err != nil {
		return reply{}, err
	}
	if _, err := io.WriteString(c.conn, command+"\n"); err != nil {
		return reply{}, fmt.Errorf("bird: send a command: %w", err)
	}
	r, err := c.read(ctx)
	if err == nil && r.code >= 8000 {
		word, _, _ := strings.Cut(command, " ")
		return r, &refusal{command: word, reply: r}
	}
	return r, err
}

// deadline gives each command its own: an old one would fail a healthy socket.
func (c *control) deadline(ctx context.Context) error {
	until := time.Now().Add(c.limit)
	if d, ok := ctx.Deadline(); ok && d.Before(until) {
		until = d
	}
	if err := c.conn.SetDeadline(until); err != nil {
		return err
	}
	return ctx.Err()
}

func (c *control) read(ctx context.Context) (r reply, err error) {
	if err := c.deadline(ctx); err != nil {
		return r, err
	}
	size := 0
	for {
		text, err := c.lines.ReadSlice('\n')
		if err != nil {
			return r, fmt.Errorf("bird: read a reply: %w", err)
		}
		if size += len(text); size > longestReply {
			return r, errors.New("bird: a reply without end")
		}
		l, end, err := parseLine(strings.TrimRight(string(text), "\r\n"), r.code)
		if err != nil {
			return r, err
		}
		r.code = l.code
		r.lines = append(r.lines, l)
		if end {
			return r, nil
		}
	}
}

// parseLine reads "NNNN-text", "NNNN text" or " text". before is the code of the line before it. A blank after the code
// ends a reply, but only in the classes that end one: done, run-time error, syntax error.
func parseLine(text string, before int) (l line, end bool, err error) {
	if rest, ok := strings.CutPrefix(text, " "); ok {
		return line{code: before, text: rest}, false, nil
	}
	if len(text) < 5 || text[4] != '-' && text[4] != ' ' {
		return line{}, false, fmt.Errorf("bird: a line of no reply: %.40q", text)
	}
	code, err := strconv.ParseUint(text[:4], 10, 16)
	if err != nil {
		return line{}, false, fmt.Errorf("bird: a line without code: %.40q", text)
	}
	class := code / 1000
	return line{code: int(code), text: text[5:]}, text[4] == ' ' && (class == 0 || class >= 8), nil // #nosec G115 -- four digits
}

// configure makes BIRD read its files and waits until it runs by them.
func (c *control) configure(ctx context.Context) error {
	// Each round is one configure; a round that is answered "in progress" is waited for and asked again, because the
	// one in progress may have read the files before they were changed.
	const rounds = 5
	for range rounds {
		r, err := c.ask(ctx, "configure")
		if err != nil {
			return err
		}
		switch r.code {
		case codeReconfigured, codeConfirmed:
			return nil
		case codeInProgress, codeQueued:
			if err := c.settled(ctx); err != nil {
				return err
			}
		case codeShuttingDown:
			return errors.New("bird: it is shutting down")
		default:
			return fmt.Errorf("bird: configure was answered by %04d %s", r.code, r.last())
		}
	}
	return errors.New("bird: a reconfiguration is in progress and doesn't end")
}

// settled waits until no reconfiguration is in progress.
func (c *control) settled(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	pause := 10 * time.Millisecond
	tick := time.NewTimer(pause)
	defer tick.Stop()
	for {
		r, err := c.ask(ctx, "show status")
		if err != nil {
			return err
		}
		if r.code == codeRunning && !strings.Contains(r.last(), "econfiguration") {
			return nil
		}
		select {
		case <-tick.C:
			pause = min(2*pause, 500*time.Millisecond)
			tick.Reset(pause)
		case <-ctx.Done():
			return fmt.Errorf("bird: a reconfiguration is in progress: %w", ctx.Err())
		}
	}
}
