package fault

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth"
)

// TestFindIsHonest: while a call is under way Find isn't certain; afterwards it is.
func TestFindIsHonest(t *testing.T) {
	for _, c := range []struct {
		name string
		fate Fate
		want berth.Verdict // in the end
	}{
		{"late", Fate{Stall: 60 * time.Second}, berth.Done},
		{"lost on the way", Fate{Stall: 60 * time.Second, Lost: Request}, berth.Absent},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &Process{Plan: NewScript(Rule{Call: Call{Verb: Create}, Fate: c.fate})}
				d := Driver{NewProvider(newMaker()), p}
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				ref := berth.Ref{Order: "o1"}
				d.Create(ctx, ref, berth.ServerSpec{})
				if out := d.Find(context.Background(), ref); out.Verdict != berth.Unresolved {
					t.Errorf("while a call is under way: got %s, want unresolved", out.Verdict)
				}
				if d.Provider.Forbid(context.Background(), "o1") {
					t.Error("an operator is sure while a call is under way")
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if out := d.Find(context.Background(), ref); out.Verdict != c.want {
					t.Errorf("afterwards: got %s, want %s", out.Verdict, c.want)
				}
				if sure := d.Provider.Forbid(context.Background(), "o1"); sure != (c.want == berth.Absent) {
					t.Errorf("afterwards an operator is sure: %t", sure)
				}
			})
		})
	}
}

// TestRefusalStays: what was refused is not made by a repeat, nor by a copy that arrives late.
func TestRefusalStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMaker()
		p := &Process{Plan: NewScript(Rule{Fate: Fate{Refused: true, Twice: time.Minute}, Times: 1})}
		d := Driver{NewProvider(m), p}
		for range 2 {
			if out := d.Create(context.Background(), berth.Ref{Order: "o1"}, berth.ServerSpec{}); out.Verdict != berth.Refused {
				t.Errorf("got %s, want refused", out.Verdict)
			}
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(m.made()) != 0 || !d.Provider.Refused("o1") || d.Provider.Refused("o2") {
			t.Errorf("%d made, want none and the order known as refused", len(m.made()))
		}
	})
}

// TestForbid: an operator who has made sure of it finds that nothing comes any more.
func TestForbid(t *testing.T) {
	m := newMaker()
	d := Driver{NewProvider(m), &Process{Plan: NewScript()}}
	if !d.Provider.Forbid(context.Background(), "o1") {
		t.Error("nothing is there, but the operator can't be sure")
	}
	if out := d.Create(context.Background(), berth.Ref{Order: "o1"}, berth.ServerSpec{}); out.Verdict != berth.Refused || len(m.made()) != 0 {
		t.Errorf("got %s and %d made, want refused and none", out.Verdict, len(m.made()))
	}
}

// TestOvertaken: a change that arrives after a later order's is dropped.
func TestOvertaken(t *testing.T) {
	for _, c := range []struct {
		broken  Switch
		changes int
	}{{Sound, 2}, {ChangesOvertake, 3}} {
		m := newMaker()
		d := Driver{NewProvider(m), &Process{Plan: NewScript(), Broken: c.broken}}
		for _, order := range []string{"o1", "o2", "o1"} {
			d.Resize(context.Background(), berth.Ref{Order: order}, "m1", berth.ServerSpec{})
		}
		if len(m.made()) != c.changes || !d.Provider.Changed("o1") || d.Provider.Changed("o3") {
			t.Errorf("%q: got %d changes, want %d", c.broken, len(m.made()), c.changes)
		}
	}
}
