package bird

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/berth-host/berth"
)

// edge is what was found before a change.
type edge struct {
	text    string              // our file
	running map[string]protocol // what BIRD has, by name
	trips   map[string]trip     // those in the file, and those that happened since
}

// plan is a change.
type plan struct {
	text    string
	notices map[string]string // what the other router is told, by name of a protocol that is suspended
	force   bool              // reconfigure although the text is as it was
}

// fault is an error of which it is known that BIRD goes on as before, and will refuse the same again.
type fault struct{ error }

func (f fault) Unwrap() error { return f.error }

// decide plans a change, given what was found.
type decide func(*edge) (plan, error)

// change has the desired read, looks at the edge, has the change planned, and puts it in force. One change at a time, over
// all processes, from the reading on: so nobody puts in force what he read before another did something newer.
func (d *Driver) change(ctx context.Context, read func(context.Context) (decide, error)) berth.EdgeOutcome {
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return berth.EdgeOutcome{Verdict: berth.Unresolved, Reason: ctx.Err()}
	}
	defer func() { <-d.turn }()
	changed, err := d.locked(ctx, read)
	out := berth.EdgeOutcome{Verdict: berth.Done, Changed: changed, Reason: err}
	if err != nil {
		out.Verdict = berth.Unresolved
		if errors.As(err, new(fault)) {
			out.Verdict = berth.Refused
		}
	}
	return out
}

func (d *Driver) locked(ctx context.Context, read func(context.Context) (decide, error)) (changed bool, err error) {
	unlock, err := d.lock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	c, err := dial(ctx, d.o.Socket, d.o.Timeout)
	if err != nil {
		return false, err
	}
	defer c.close()
	decide, err := read(ctx)
	if err != nil {
		return false, err
	}
	// The look comes after the reading, which may take its time: what trips between it and the end comes back once.
	e, err := d.look(ctx, c)
	if err != nil {
		return false, err
	}
	p, err := decide(e)
	if err != nil {
		return false, err
	}
	if !p.force && p.text == e.text && d.inForce() {
		return false, nil
	}
	if p.text != e.text {
		if err := d.replace(ctx, p.text); err != nil {
			return false, err
		}
	}
	d.read = nil
	// Only now, with the file written: a crash between here and the end leaves BIRD to shut them by the file, without
	// a message, but not to bring them up again.
	if err := farewell(ctx, c, e, p); err != nil {
		return true, err
	}
	if err := c.configure(ctx); err != nil {
		if no := (*refusal)(nil); errors.As(err, &no) {
			// BIRD reads otherwise than its own check did. What it couldn't start with mustn't stay.
			return false, fault{errors.Join(err, d.write(e.text))}
		}
		return true, err
	}
	d.read, err = os.Stat(d.o.Include)
	return true, err
}

// look reads what there is right before a change, as the change itself would bring back what has tripped.
func (d *Driver) look(ctx context.Context, c *control) (*edge, error) {
	running, err := protocols(ctx, c)
	if err != nil {
		return nil, err
	}
	e := &edge{running: running, trips: map[string]trip{}}
	if e.text, err = d.readInclude(); err != nil {
		return nil, err
	}
	now := d.o.Now()
	for n, p := range running {
		if p.tripped() {
			e.trips[n] = trip{at: instant(p.since, d.o.Zone, now), reason: p.reason()}
		}
	}
	for n, b := range readFile(e.text) {
		if b.trip != nil {
			e.trips[n] = *b.trip
		}
	}
	return e, nil
}

// inForce reports whether BIRD has read the file as it is there now: nobody else has written it since.
func (d *Driver) inForce() bool {
	now, err := os.Stat(d.o.Include)
	return err == nil && d.read != nil && os.SameFile(now, d.read) && now.ModTime().Equal(d.read.ModTime()) && now.Size() == d.read.Size()
}

// farewell shuts what will be shut or gone, with a message. BIRD would do it by itself with the reconfiguration, but
// without a word to the other side.
func farewell(ctx context.Context, c *control, e *edge, p plan) error {
	next, before := readFile(p.text), readFile(e.text)
	var names []string
	for n := range e.running {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		message := ""
		switch b := next[n]; {
		case e.running[n].down:
		case b == nil && before[n] != nil:
			message = "order " + before[n].order + " terminated"
		case b == nil:
			message = "terminated"
		case b.suspended:
			message = p.notices[n]
		}
		if message == "" {
			continue
		}
		if _, err := c.ask(ctx, fmt.Sprintf(`disable %s "%s"`, n, berth.EdgeText(message, 120))); err != nil && !errors.As(err, new(*refusal)) {
			return err
		}
	}
	return nil
}

// lock keeps other processes out.
func (d *Driver) lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(d.o.Include+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		// #nosec G115 -- a file's number fits
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("another process changes this edge: %w", ctx.Err()), f.Close())
		}
	}
}

// replace has BIRD check the text in its place among the operator's own, and puts it there.
func (d *Driver) replace(ctx context.Context, text string) error {
	main, err := os.ReadFile(d.o.Main)
	if err != nil {
		return fmt.Errorf("read the operator's configuration: %w", err)
	}
	candidate, candidateMain := d.o.Include+".check", d.o.Include+".check-main"
	defer os.Remove(candidateMain)
	defer os.Remove(candidate)
	whole, ok := substitute(string(main), d.o.Main, d.o.Include, candidate)
	if !ok {
		return fault{fmt.Errorf(`%s has no line: include "%s";`, d.o.Main, d.o.Include)}
	}
	if err := errors.Join(writeFile(candidate, text), writeFile(candidateMain, whole)); err != nil {
		return err
	}
	if err := d.check(ctx, candidateMain, text+whole); err != nil {
		return err
	}
	return d.write(text)
}

// write puts the text in place, whole or not at all, even when the machine loses its power.
func (d *Driver) write(text string) error {
	next := d.o.Include + ".new"
	if err := writeFile(next, text); err != nil {
		return err
	}
	if err := os.Rename(next, d.o.Include); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(d.o.Include))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// writeFile writes a file for us and for BIRD, which reads it by the folder's group.
func writeFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640) // #nosec G302 G304 -- BIRD must read it; the operator's setting
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close())
}

var includeLine = regexp.MustCompile(`(?m)^([^#"\n]*\binclude\s*)"([^"\n]+)"`)

// substitute is the operator's configuration with the candidate in our file's place. Relative paths count from where
// the configuration really is. It isn't ok when our file isn't included.
func substitute(text, main, include, candidate string) (whole string, ok bool) {
	whole = includeLine.ReplaceAllStringFunc(text, func(match string) string {
		m := includeLine.FindStringSubmatch(match)
		path := m[2]
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(main), path)
		}
		if filepath.Clean(path) == filepath.Clean(include) {
			ok, path = true, candidate
		}
		return m[1] + `"` + path + `"`
	})
	return whole, ok
}

var passwords = regexp.MustCompile(`password\s+"([^"\n]+)"`)

// check has BIRD itself read a configuration. Needs no BIRD that runs.
func (d *Driver) check(ctx context.Context, main, text string) error {
	ctx, cancel := context.WithTimeout(ctx, d.o.Timeout)
	defer cancel()
	command := exec.CommandContext(ctx, d.o.Program, "-p", "-c", main) // #nosec G204 -- the operator's setting
	command.WaitDelay = time.Second
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	err := command.Run()
	if err == nil {
		return nil
	}
	words := said.String()
	for _, m := range passwords.FindAllStringSubmatch(text, -1) {
		words = strings.ReplaceAll(words, m[1], "(password)")
	}
	err = fmt.Errorf("bird -p: %w: %s", err, berth.EdgeText(words, 400))
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return fault{err}
	}
	return err
}
