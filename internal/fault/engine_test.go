package fault

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth"
)

// TestCommit is what becomes of a transaction by each fate: committed or rolled back, once, whatever its caller hears.
func TestCommit(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name  string
		fate  Fate
		err   bool
		again bool // the error is a certain refusal
		after time.Duration
		end   string // what became of the transaction
		ended time.Duration
	}{
		{"well", Fate{}, false, false, 0, "committed", 0},
		{"stall", Fate{Stall: s}, false, false, s, "committed", s},
		{"lost", Fate{Stall: s, Lost: Request}, true, false, s, "rolled back", s},
		{"answer lost", Fate{Lost: Answer}, true, false, 0, "committed", 0},
		{"refused", Fate{Refused: true}, true, true, 0, "rolled back", 0},
		{"late", Fate{Stall: 5 * s / 2}, true, false, 2 * s, "committed", 5 * s / 2},
		{"too late", Fate{Stall: 8 * s}, true, false, 2 * s, "rolled back", idleLimit},
		{"dies before", Fate{Stall: s, Lost: Request, Dies: true}, true, false, s, "rolled back", s},
		{"dies after", Fate{Stall: s, Back: s / 2, Dies: true}, true, false, 3 * s / 2, "committed", s},
		{"twice", Fate{Twice: s}, false, false, 0, "committed", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, ends := time.Now(), 0
				end := func(how string) {
					ends++
					if at := time.Since(start); how != c.end || at != c.ended {
						t.Errorf("%s after %s, want %s after %s", how, at, c.end, c.ended)
					}
				}
				ctx, cancel := context.WithTimeout(context.Background(), 2*s)
				defer cancel()
				e := Engine{&Process{Plan: NewScript(Rule{Fate: c.fate})}}
				err := e.Commit(ctx, "b1", func() error { end("committed"); return nil }, func() { end("rolled back") })
				var refusal interface{ Again() bool }
				if at := time.Since(start); (err != nil) != c.err || errors.As(err, &refusal) != c.again || at != c.after {
					t.Errorf("got %v after %s, want error %t, certain %t, after %s", err, at, c.err, c.again, c.after)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if ends != 1 {
					t.Errorf("the transaction ended %d times", ends)
				}
			})
		})
	}
}

func TestBeginAndResolve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := Engine{&Process{Plan: NewScript(
			Rule{Call: Call{Verb: Begin}, Fate: Fate{Refused: true}, Times: 1},
			Rule{Call: Call{Verb: Begin}, Fate: Fate{Lost: Answer}, Times: 1},
			Rule{Call: Call{Verb: Resolve, Subject: "b1"}, Fate: Fate{Lost: Answer}, Times: 1},
		)}}
		begun, asked := 0, 0
		begin := func() error { begun++; return nil }
		resolve := func() (bool, error) { asked++; return true, nil }
		for i, want := range []struct {
			fails bool
			begun int
		}{{true, 0}, {true, 1}, {false, 2}} {
			if err := e.Begin(context.Background(), berth.Need{}, begin); (err != nil) != want.fails || begun != want.begun {
				t.Errorf("begin %d: got %v and %d begun, want failure %t and %d", i, err, begun, want.fails, want.begun)
			}
		}
		if _, err := e.Resolve(context.Background(), "b1", resolve); err == nil || asked != 1 {
			t.Errorf("a lost resolve: got %v, asked %d times, want an error after 1", err, asked)
		}
		if committed, err := e.Resolve(context.Background(), "b1", resolve); !committed || err != nil {
			t.Errorf("resolve: got %t, %v, want committed", committed, err)
		}
	})
}
