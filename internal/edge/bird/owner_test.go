package bird

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

func of(owner string, sessions ...berth.EdgeSession) func(context.Context) (berth.EdgeConfig, error) {
	return func(context.Context) (berth.EdgeConfig, error) {
		return berth.EdgeConfig{Owner: owner, Sessions: sessions}, nil
	}
}

// patientBIRD runs nothing and takes everything.
func patientBIRD(t *testing.T) (*Driver, *script) {
	s := &script{answers: map[string][]string{"show": {"8003 No protocols match\n"}, "configure": {"0003 Reconfigured\n"}}}
	return listen(t, greetingLine, s), s
}

func (d *Driver) file(t *testing.T) string {
	t.Helper()
	text, err := d.readInclude()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (d *Driver) put(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(d.o.Include, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The whole of a mistake: another database applies, is refused and told what to do, and once its operator has done that the file
// is its own, with what had tripped.
func TestTakenOverByHand(t *testing.T) {
	d, s := patientBIRD(t)
	d.Apply(t.Context(), of("first/edge", session("a-1")))
	tripped := mark(d.file(t), map[string]trip{"svc_a1_4": {at: 5, reason: "too much"}})
	d.put(t, tripped)
	other, asked := New(d.o), len(s.commands())
	for name, out := range map[string]berth.EdgeOutcome{
		"nothing":          other.Apply(t.Context(), of("second/edge")),
		"the same session": other.Apply(t.Context(), of("second/edge", session("a-1"))),
		"another provider": other.Apply(t.Context(), of("first/edge2", session("b-1"))),
		"nobody's":         other.Apply(t.Context(), of("", session("a-1"))),
		"a trip":           other.ClearTrip(t.Context(), "second/edge", "a-1"),
	} {
		if out.Verdict != berth.Refused || out.Changed || out.Reason == nil {
			t.Errorf("%s: got %+v, want it refused", name, out)
			continue
		}
		for _, want := range []string{d.o.Include, `"first/edge"`, `delete the line that begins with "# owner "`} {
			if !strings.Contains(out.Reason.Error(), want) {
				t.Errorf("%s: got the reason %q, want %s in it", name, out.Reason, want)
			}
		}
	}
	if got := d.file(t); got != tripped {
		t.Errorf("got the file\n%s\nwant it as it was", got)
	}
	if more := s.commands()[asked:]; slices.ContainsFunc(more, func(c string) bool { return !strings.HasPrefix(c, "show") }) {
		t.Errorf("got %q, want looks alone", more)
	}
	lines := slices.DeleteFunc(strings.SplitAfter(tripped, "\n"), func(l string) bool { return strings.HasPrefix(l, ownerWord) })
	d.put(t, strings.Join(lines, ""))
	if out := other.Apply(t.Context(), of("second/edge", session("a-1"))); out.Verdict != berth.Done {
		t.Errorf("once it is given free: got %+v, want it taken over", out)
	}
	want := mark(render("second/edge", []berth.EdgeSession{session("a-1")}), map[string]trip{"svc_a1_4": {at: 5, reason: "too much"}})
	if got := d.file(t); got != want {
		t.Errorf("got the file\n%s\nwant\n%s", got, want)
	}
	if out := d.Apply(t.Context(), of("first/edge", session("a-1"))); out.Verdict != berth.Refused {
		t.Errorf("its first owner: got %+v, want it refused now", out)
	}
	// The file is moved away: the other remedy, which forgets what had tripped.
	if err := os.Remove(d.o.Include); err != nil {
		t.Fatal(err)
	}
	if out := d.Apply(t.Context(), of("first/edge", session("a-1"))); out.Verdict != berth.Done || ownerOf(d.file(t)) != "first/edge" {
		t.Errorf("without a file: got %+v and the owner %q, want it done", out, ownerOf(d.file(t)))
	}
}

// Two without any session share a file in peace: the first who has one gets it.
func TestNobodysFile(t *testing.T) {
	d, s := patientBIRD(t)
	other := New(d.o)
	for range 3 {
		for driver, owner := range map[*Driver]string{d: "one/edge", other: "two/edge"} {
			if out := driver.Apply(t.Context(), of(owner)); out.Verdict != berth.Done {
				t.Errorf("%s: got %+v, want done", owner, out)
			}
		}
	}
	configures := len(slices.DeleteFunc(s.commands(), func(c string) bool { return c != "configure" }))
	if configures > 2 {
		t.Errorf("got %d reconfigurations for nothing, want one of each at most", configures)
	}
	if out := other.Apply(t.Context(), of("two/edge", session("a-1"))); out.Verdict != berth.Done || ownerOf(d.file(t)) != "two/edge" {
		t.Errorf("got %+v and the owner %q, want two/edge", out, ownerOf(d.file(t)))
	}
	if out := d.Apply(t.Context(), of("one/edge")); out.Verdict != berth.Refused {
		t.Errorf("got %+v, want it refused", out)
	}
}

// An owner's name can't become anything else in the file.
func TestOwnersName(t *testing.T) {
	d, _ := patientBIRD(t)
	const name = "i/edge\n}\nprotocol bgp evil {\n# service x order y"
	for range 2 {
		if out := d.Apply(t.Context(), of(name, session("a-1"))); out.Verdict != berth.Done {
			t.Fatalf("got %+v, want done", out)
		}
	}
	if text := d.file(t); len(readFile(text)) != 1 || strings.Contains(text, "\nprotocol bgp evil") {
		t.Errorf("got the file\n%s", text)
	}
}
