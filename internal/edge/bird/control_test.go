package bird

import (
	"bufio"
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/edgetest"
)

// script is a control socket that answers as it's told: what a real BIRD does seldom or never at the right moment.
type script struct {
	mu      sync.Mutex
	answers map[string][]string // by command, one after the other, the last one for ever
	asked   []string
}

func (s *script) answer(command string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, command)
	word, _, _ := strings.Cut(command, " ")
	answers := s.answers[command]
	if answers == nil {
		command, answers = word, s.answers[word]
	}
	if len(answers) == 0 {
		return "9001 syntax error\n"
	}
	if len(answers) > 1 {
		s.answers[command] = answers[1:]
	}
	return answers[0]
}

func (s *script) commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

const greetingLine = "0001 BIRD 2.0.12 ready.\n"

// hang and cut end the script: nothing more is said, or the connection is closed in the middle.
const hang, cut = "hang", "cut"

// listen opens a control socket and a driver for it, whose `bird -p` accepts everything.
func listen(t *testing.T, greeting string, s *script) *Driver {
	t.Helper()
	dir := t.TempDir()
	main := filepath.Join(dir, "bird.conf")
	if err := os.WriteFile(main, []byte("include \"orders.conf\";\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "ctl")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	done := make(chan struct{})
	t.Cleanup(func() { close(done); _ = l.Close(); group.Wait() })
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer conn.Close()
				_, _ = conn.Write([]byte(greeting))
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					switch answer := s.answer(lines.Text()); {
					case answer == hang:
						<-done
						return
					case strings.HasSuffix(answer, cut):
						_, _ = conn.Write([]byte(strings.TrimSuffix(answer, cut)))
						return
					default:
						_, _ = conn.Write([]byte(answer))
					}
				}
			})
		}
	})
	return New(Options{Socket: socket, Main: main, Include: filepath.Join(dir, "orders.conf"), Program: "/bin/true", Timeout: 500 * time.Millisecond})
}

func one() []berth.EdgeSession { return []berth.EdgeSession{session("a-1")} }

func TestConfigure(t *testing.T) {
	const reading, running, busy = "0002-Reading configuration from x\n", "0013 Daemon is up and running\n", "0013 Reconfiguration in progress\n"
	const reconfigured, progress, queued = reading + "0003 Reconfigured\n", reading + "0004 Reconfiguration in progress\n", reading + "0005 Reconfiguration already in progress, queueing new config\n"
	for _, c := range []struct {
		name      string
		configure []string
		status    []string
		want      berth.Verdict
		rounds    int
	}{
		{"at once", []string{reconfigured}, nil, berth.Done, 1},
		{"in progress", []string{progress, reconfigured}, []string{busy, busy, running}, berth.Done, 2},
		{"queued behind another", []string{queued, progress, reconfigured}, []string{running}, berth.Done, 3},
		{"confirmed", []string{reading + "0018 Reconfiguration confirmed\n"}, nil, berth.Done, 1},
		{"always in progress", []string{progress}, []string{running}, berth.Unresolved, 5},
		{"in progress for ever", []string{progress}, []string{busy}, berth.Unresolved, 1},
		{"shutting down", []string{reading + "0006 Reconfiguration ignored, shutting down\n"}, nil, berth.Unresolved, 1},
		{"a success of another kind", []string{reading + "0019 Nothing to do\n"}, nil, berth.Unresolved, 1},
		{"a fault in the files", []string{reading + "8002 bird.conf:2:1 syntax error\n"}, nil, berth.Refused, 1},
		{"cut off", []string{reading + cut}, nil, berth.Unresolved, 1},
		{"cut off in a line", []string{reading + "0003 Reconf" + cut}, nil, berth.Unresolved, 1},
		{"no answer", []string{hang}, nil, berth.Unresolved, 1},
		{"no reply at all", []string{"HTTP/1.1 400 Bad Request\n"}, nil, berth.Unresolved, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &script{answers: map[string][]string{
				"show protocols all \"svc_*\"": {"8003 No protocols match\n"}, "configure": c.configure, "show status": c.status,
			}}
			d := listen(t, greetingLine, s)
			out := d.Apply(t.Context(), edgetest.Carrying(one()...))
			if out.Verdict != c.want || (out.Reason == nil) != (c.want == berth.Done) {
				t.Errorf("got %s (%v), want %s", out.Verdict, out.Reason, c.want)
			}
			rounds := 0
			for _, command := range s.commands() {
				if command == "configure" {
					rounds++
				}
			}
			if rounds != c.rounds {
				t.Errorf("got %d configures, want %d", rounds, c.rounds)
			}
			// What BIRD couldn't start with mustn't wait for its next start.
			text, err := d.readInclude()
			if err != nil || (text == "") != (c.want == berth.Refused) {
				t.Errorf("got %v and the file %q", err, text)
			}
			// A repeat is no repeat before it's known that the first was taken.
			before := len(s.commands())
			d.Apply(t.Context(), edgetest.Carrying(one()...))
			if asked := s.commands()[before:]; slices.Contains(asked, "configure") == (c.want == berth.Done) {
				t.Errorf("again: got %q", asked)
			}
		})
	}
}

func TestSocketFaults(t *testing.T) {
	for _, c := range []struct{ name, greeting, protocols string }{
		{"another greeting", "0000 hello\n", "0000 \n"},
		{"no greeting", "", "0000 \n"},
		{"no state", greetingLine, hang},
		{"half a state", greetingLine, "2002-Name Proto\n1002-svc_a1_4   BGP  ---  up  2026-11-21 19:08:14  Established\n" + cut},
		{"refused", greetingLine, "8001 Route not found\n"},
		{"no code", greetingLine, "99999 \n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &script{answers: map[string][]string{"show": {c.protocols}, "configure": {"0003 Reconfigured\n"}}}
			d := listen(t, c.greeting, s)
			if out := d.Apply(t.Context(), edgetest.Carrying(one()...)); out.Verdict != berth.Unresolved || out.Reason == nil {
				t.Errorf("apply: got %s (%v), want unresolved", out.Verdict, out.Reason)
			}
			if state, err := d.State(t.Context()); err == nil || !state.Stale || len(state.Links) != 0 {
				t.Errorf("state: got %v and %+v, want an error", err, state)
			}
			if slices.Contains(s.commands(), "configure") {
				t.Error("it was configured without a look at what had tripped")
			}
		})
	}
}

// The order of a suspension: the file first, then the message, then the reconfiguration. A crash in between leaves the
// session off for certain, and the other way round the other side would read nothing.
func TestOrderOfSuspension(t *testing.T) {
	s := &script{answers: map[string][]string{
		"show":    {"8003 No protocols match\n", "1002-svc_a1_4   BGP  ---  up  2026-11-21 19:08:14  Established\n0000 \n"},
		"disable": {"0009-svc_a1_4: disabled\n0000 \n"}, "configure": {"0003 Reconfigured\n"},
	}}
	d := listen(t, greetingLine, s)
	c := one()
	d.Apply(t.Context(), edgetest.Carrying(c...))
	c[0].Status = berth.Suspended
	if out := d.Apply(t.Context(), edgetest.Carrying(c...)); out.Verdict != berth.Done {
		t.Fatalf("got %s (%v)", out.Verdict, out.Reason)
	}
	show := `show protocols all "svc_*"`
	want := []string{show, "configure", show, `disable svc_a1_4 "order order-a-1 suspended"`, "configure"}
	if got := s.commands(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A second process has changed the edge: what the first has in mind counts no more.
func TestAnotherProcess(t *testing.T) {
	s := &script{answers: map[string][]string{"show": {"8003 No protocols match\n"}, "configure": {"0003 Reconfigured\n"}}}
	d := listen(t, greetingLine, s)
	other := New(d.o)
	for i, step := range []struct {
		d       *Driver
		config  []berth.EdgeSession
		changed bool
	}{{d, one(), true}, {d, one(), false}, {other, nil, true}, {other, one(), true}, {d, one(), true}, {d, one(), false}} {
		if out := step.d.Apply(t.Context(), edgetest.Carrying(step.config...)); out.Verdict != berth.Done || out.Changed != step.changed {
			t.Errorf("step %d: got %s (%v), changed %v, want %v", i, out.Verdict, out.Reason, out.Changed, step.changed)
		}
	}
	// Both at once wait for each other, as long as their callers do.
	unlock, err := d.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if out := other.Apply(ctx, edgetest.Carrying(one()...)); out.Verdict != berth.Unresolved {
		t.Errorf("locked by another: got %s (%v)", out.Verdict, out.Reason)
	}
	unlock()
	if out := other.Apply(t.Context(), edgetest.Carrying(one()...)); out.Verdict != berth.Done {
		t.Errorf("unlocked: got %s (%v)", out.Verdict, out.Reason)
	}
}

// The file is for BIRD's group and not for everyone: it holds passwords.
func TestFileMode(t *testing.T) {
	s := &script{answers: map[string][]string{"show": {"8003 No protocols match\n"}, "configure": {"0003 Reconfigured\n"}}}
	d := listen(t, greetingLine, s)
	d.Apply(t.Context(), edgetest.Carrying(one()...))
	entries, err := os.ReadDir(filepath.Dir(d.o.Include))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o007 != 0 {
			t.Errorf("%s: got mode %v", e.Name(), info.Mode())
		}
	}
	if want := []string{"bird.conf", "ctl", "orders.conf", "orders.conf.lock"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v and no candidates left", names, want)
	}
}

// What `bird -p` says is passed on, without the passwords that it may quote.
func TestCheckFails(t *testing.T) {
	for _, c := range []struct {
		name, program string
		want          berth.Verdict
	}{
		{"the files are wrong", "#!/bin/sh\necho \"$3:1:1 syntax error\"\ncat \"$3\" orders.conf.check\nexit 1\n", berth.Refused},
		{"it hangs", "#!/bin/sh\nexec sleep 60\n", berth.Unresolved},
		{"it is killed", "#!/bin/sh\nkill -9 $$\n", berth.Unresolved},
		{"it isn't there", "", berth.Unresolved},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &script{answers: map[string][]string{"show": {"8003 No protocols match\n"}, "configure": {"0003 Reconfigured\n"}}}
			d := listen(t, greetingLine, s)
			dir := filepath.Dir(d.o.Main)
			if err := os.WriteFile(d.o.Main, []byte("# password \"operators-own\"\ninclude \"orders.conf\";\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			d.o.Program = filepath.Join(dir, "bird")
			if c.program != "" {
				text := strings.ReplaceAll(c.program, " orders.conf.check", " "+d.o.Include+".check")
				if err := os.WriteFile(d.o.Program, []byte(text), 0o700); err != nil { // #nosec G306 -- a program
					t.Fatal(err)
				}
			}
			out := d.Apply(t.Context(), edgetest.Carrying(one()...))
			if out.Verdict != c.want || out.Reason == nil {
				t.Fatalf("got %s (%v), want %s", out.Verdict, out.Reason, c.want)
			}
			words := out.Reason.Error()
			if strings.Contains(words, "Kx7-example") || strings.Contains(words, "operators-own") {
				t.Errorf("a password in %s", words)
			}
			if c.want == berth.Refused && !strings.Contains(words, "syntax error") {
				t.Errorf("got %s, want what bird said", words)
			}
			if slices.Contains(s.commands(), "configure") {
				t.Error("it was configured all the same")
			}
			if _, err := os.Stat(d.o.Include); !os.IsNotExist(err) {
				t.Errorf("the file is there: %v", err)
			}
		})
	}
}
