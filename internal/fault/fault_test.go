package fault

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-host/berth"
)

func TestScript(t *testing.T) {
	s := NewScript(
		Rule{Call: Call{Verb: Create, Subject: "o1"}, Fate: Fate{Lost: Request}, Times: 1},
		Rule{Call: Call{Verb: Create, Subject: "o1"}, Fate: Fate{Lost: Answer}, Times: 2},
		Rule{Call: Call{From: "r2", Nth: 3}, Fate: Fate{Dies: true}},
		Rule{Call: Call{Verb: Find}, Fate: Fate{Refused: true}},
	)
	for i, c := range []struct {
		call Call
		want Fate
	}{
		{Call{From: "r1", Verb: Create, Subject: "o2"}, Fate{}},
		{Call{From: "r1", Verb: Create, Subject: "o1"}, Fate{Lost: Request}},
		{Call{From: "r2", Verb: Create, Subject: "o1", Nth: 7}, Fate{Lost: Answer}},
		{Call{From: "r1", Verb: Create, Subject: "o1"}, Fate{Lost: Answer}},
		{Call{From: "r1", Verb: Create, Subject: "o1"}, Fate{}},
		{Call{From: "r2", Verb: Commit, Nth: 2}, Fate{}},
		{Call{From: "r2", Verb: Commit, Nth: 3}, Fate{Dies: true}},
		{Call{From: "r2", Verb: Begin, Nth: 3}, Fate{Dies: true}},
		{Call{From: "r1", Verb: Find, Subject: "o9"}, Fate{Refused: true}},
		{Call{From: "r1", Verb: Find, Subject: "o9"}, Fate{Refused: true}},
	} {
		if got := s.Fate(c.call); got != c.want {
			t.Errorf("call %d %v: got %+v, want %+v", i, c.call, got, c.want)
		}
	}
}

func TestSeed(t *testing.T) {
	odds := Odds{Usual: time.Second, Longest: time.Minute, Stall: 3, Lost: 3, Late: 3, Refused: 3, Twice: 3, Dies: 5}
	plan := func(number uint64) *Seed {
		return &Seed{Number: number, Write: odds, Read: odds, Engine: odds, Driver: odds}
	}
	var calls []Call
	for _, verb := range []Verb{Write, Read, Begin, Commit, Resolve, Create, Find} {
		for nth := range 40 {
			calls = append(calls, Call{From: "r1", Verb: verb, Subject: "s", Nth: nth})
		}
	}
	one, same, other := plan(1), plan(1), plan(2)
	fates, differ := map[Fate]bool{}, 0
	for i := range calls {
		back := len(calls) - 1 - i // asked in another order, the same seed says the same
		fates[one.Fate(calls[i])] = true
		if got, want := same.Fate(calls[back]), plan(1).Fate(calls[back]); got != want {
			t.Errorf("%v: got %+v, then %+v", calls[back], want, got)
		}
		if other.Fate(calls[i]) != one.Fate(calls[i]) {
			differ++
		}
	}
	if len(fates) != len(calls) || differ != len(calls) {
		t.Errorf("got %d different fates of %d calls, %d of them other than another seed's; want all different", len(fates), len(calls), differ)
	}
	var seen Fate
	for f := range fates {
		seen.Lost, seen.Back, seen.Twice = max(seen.Lost, f.Lost), max(seen.Back, f.Back), max(seen.Twice, f.Twice)
		seen.Stall, seen.Refused, seen.Dies = max(seen.Stall, f.Stall), seen.Refused || f.Refused, seen.Dies || f.Dies
	}
	if seen.Lost != Answer || seen.Stall <= odds.Usual || seen.Back == 0 || seen.Twice == 0 || !seen.Refused || !seen.Dies {
		t.Errorf("some sort of fate never comes: %+v", seen)
	}
	one.Calm()
	for _, c := range calls {
		if f := one.Fate(c); f.Stall >= odds.Usual || f.Back >= odds.Usual || f != (Fate{Stall: f.Stall, Back: f.Back}) {
			t.Errorf("%v: got %+v in the calm", c, f)
		}
	}
}

func TestCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Seed{Number: 1}
		s.Cut("r1", time.Minute, Begin, Commit)
		s.Cut("", time.Second, Find)
		for _, c := range []struct {
			from  string
			verb  Verb
			first bool // lost at once
			later bool // lost after ten seconds
		}{
			{"r1", Begin, true, true}, {"r1", Commit, true, true}, {"r2", Begin, false, false}, {"r1", Create, false, false},
			{"r1", Find, true, false}, {"r2", Find, true, false},
		} {
			if got := s.Fate(Call{From: c.from, Verb: c.verb}).Lost != Nothing; got != c.first {
				t.Errorf("%s %s: got lost %t, want %t", c.from, c.verb, got, c.first)
			}
		}
		time.Sleep(10 * time.Second)
		if s.Fate(Call{From: "r1", Verb: Begin}).Lost == Nothing || s.Fate(Call{From: "r2", Verb: Find}).Lost != Nothing {
			t.Error("a cut does not last as long as it should")
		}
	})
}

// maker is a provider that notes when something reaches it.
type maker struct {
	berth.ServerDriver
	started time.Time
	mu      sync.Mutex
	times   []time.Duration
}

func newMaker() *maker { return &maker{started: time.Now()} }

// made is when something was made.
func (m *maker) made() []time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.times)
}

func (m *maker) do() berth.Outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.times = append(m.times, time.Since(m.started))
	return berth.Outcome{Verdict: berth.Done, Result: berth.Result{ProviderRef: "m1"}}
}

func (m *maker) look() berth.Outcome {
	if len(m.made()) == 0 {
		return berth.Outcome{Verdict: berth.Absent}
	}
	return berth.Outcome{Verdict: berth.Done}
}

func (m *maker) Create(context.Context, berth.Ref, berth.ServerSpec) berth.Outcome    { return m.do() }
func (m *maker) Activate(context.Context, berth.Ref, berth.NetworkSpec) berth.Outcome { return m.do() }
func (m *maker) Find(context.Context, berth.Ref) berth.Outcome                        { return m.look() }
func (m *maker) Describe(context.Context, string) berth.Outcome                       { return m.look() }

func (m *maker) Resize(context.Context, berth.Ref, string, berth.ServerSpec) berth.Outcome {
	return m.do()
}

// TestFates is what the caller of a driver and its provider see of each fate.
func TestFates(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name    string
		fate    Fate
		verdict berth.Verdict
		after   time.Duration // when the caller hears
		made    []time.Duration
		dead    bool
	}{
		{"well", Fate{}, berth.Done, 0, []time.Duration{0}, false},
		{"stall", Fate{Stall: 2 * s}, berth.Done, 2 * s, []time.Duration{2 * s}, false},
		{"late", Fate{Stall: 60 * s}, berth.Unresolved, 10 * s, []time.Duration{60 * s}, false},
		{"late and lost", Fate{Stall: 60 * s, Lost: Request}, berth.Unresolved, 10 * s, nil, false},
		{"fails before", Fate{Stall: s, Lost: Request}, berth.Unresolved, s, nil, false},
		{"fails after", Fate{Stall: s, Lost: Answer}, berth.Unresolved, s, []time.Duration{s}, false},
		{"answer late", Fate{Back: 3 * s}, berth.Done, 3 * s, []time.Duration{0}, false},
		{"answer too late", Fate{Back: 30 * s}, berth.Unresolved, 10 * s, []time.Duration{0}, false},
		{"refused", Fate{Refused: true}, berth.Refused, 0, nil, false},
		{"twice", Fate{Twice: 20 * s}, berth.Done, 0, []time.Duration{0, 20 * s}, false},
		{"dies before", Fate{Stall: s, Lost: Request, Dies: true}, berth.Unresolved, s, nil, true},
		{"dies after", Fate{Stall: s, Back: s, Dies: true}, berth.Unresolved, 2 * s, []time.Duration{s}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, died := newMaker(), false
				p := &Process{Name: "r1", Plan: NewScript(Rule{Fate: c.fate, Times: 1}), Died: func() { died = true }}
				ctx, cancel := context.WithTimeout(context.Background(), 10*s)
				defer cancel()
				out := Driver{NewProvider(m), p}.Create(ctx, berth.Ref{Order: "o1", Attempt: 1}, berth.ServerSpec{})
				if at := time.Since(m.started); out.Verdict != c.verdict || at != c.after || died != c.dead || p.Dead() != c.dead {
					t.Errorf("got %s after %s, dead %t, want %s after %s, dead %t", out.Verdict, at, died, c.verdict, c.after, c.dead)
				}
				time.Sleep(100 * s)
				synctest.Wait()
				if made := m.made(); !slices.Equal(made, c.made) {
					t.Errorf("made at %v, want %v", made, c.made)
				}
			})
		})
	}
}

// TestKill: what a process has sent when it dies arrives, and what it sends afterwards doesn't.
func TestKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMaker()
		p := &Process{Name: "r1", Plan: NewScript(Rule{Fate: Fate{Stall: 5 * time.Second}, Times: 1})}
		d := Driver{NewProvider(m), p}
		heard := make(chan berth.Outcome)
		go func() { heard <- d.Create(context.Background(), berth.Ref{Order: "o1"}, berth.ServerSpec{}) }()
		time.Sleep(time.Second)
		p.Kill()
		p.Kill()
		if out := d.Create(context.Background(), berth.Ref{Order: "o2"}, berth.ServerSpec{}); out.Verdict != berth.Unresolved || len(m.made()) != 0 {
			t.Errorf("a dead process: got %s and %d calls, want unresolved and none", out.Verdict, len(m.made()))
		}
		if out := <-heard; out.Verdict != berth.Unresolved || len(m.made()) != 1 {
			t.Errorf("sent before: got %s and %d calls, want unresolved and 1", out.Verdict, len(m.made()))
		}
	})
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMaker()
		p := &Process{Name: "r1", Plan: NewScript(Rule{Fate: Fate{Stall: time.Second}, Times: 1})}
		d := Driver{NewProvider(m), p}
		heard := make(chan time.Duration, 2)
		create := func(order string) {
			d.Create(context.Background(), berth.Ref{Order: order}, berth.ServerSpec{})
			heard <- time.Since(m.started)
		}
		go create("o1") // is under way when the process is paused
		synctest.Wait()
		p.Pause(9 * time.Second)
		p.Pause(time.Second) // the longer one counts
		go create("o2")
		after := func(at time.Duration) bool { return at > 9*time.Second && at <= 9*time.Second+time.Millisecond }
		first, second := <-heard, <-heard
		if !after(first) || !after(second) || first == second {
			t.Errorf("a paused process hears after %s and %s, want right after 9 s, at two moments", first, second)
		}
		if made := m.made(); len(made) != 2 || made[0] != time.Second || made[1] != second && made[1] != first {
			t.Errorf("arrived at %v, want 1 s and when it went on", made)
		}
	})
}

// bank is a store that counts its writes.
type bank struct {
	berth.Store
	writes int
}

func (b *bank) Write(context.Context, berth.Need, func(*berth.Book) error) error {
	b.writes++
	return berth.Errorf(berth.InsufficientBalance, "no money")
}

func (b *bank) Due(context.Context, int64, int) ([]string, error) { return []string{"o1"}, nil }
func (b *bank) Clock(context.Context) (int64, error)              { return 7, nil }

func TestStore(t *testing.T) {
	for _, c := range []struct {
		name   string
		fate   Fate
		code   berth.Code
		writes int
	}{
		{"well", Fate{}, berth.InsufficientBalance, 1},
		{"refused", Fate{Refused: true}, berth.Unavailable, 0},
		{"lost", Fate{Lost: Request}, berth.Unavailable, 0},
		{"answer lost", Fate{Lost: Answer}, berth.Unavailable, 1},
		{"stall", Fate{Stall: time.Hour}, berth.Unavailable, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bank{}
				s := Store{b, &Process{Plan: NewScript(Rule{Call: Call{Verb: Write, Subject: "order a,b wallet w"}, Fate: c.fate})}}
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				err := s.Write(ctx, berth.Need{Wallets: []string{"w"}, Orders: []string{"b", "a"}}, nil)
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				if !berth.IsCode(err, c.code) || b.writes != c.writes {
					t.Errorf("got %v and %d writes, want %s and %d", err, b.writes, c.code, c.writes)
				}
			})
		})
	}
}

func TestReads(t *testing.T) {
	p := &Process{Now: func() int64 { return 9 }, Plan: NewScript(Rule{Call: Call{Verb: Read, Subject: "due"}, Fate: Fate{Lost: Request}, Times: 1})}
	s := Store{&bank{}, p}
	if ids, err := s.Due(context.Background(), 0, 1); !berth.IsCode(err, berth.Unavailable) || ids != nil {
		t.Errorf("a lost read: got %v, %v, want unavailable", ids, err)
	}
	if ids, err := s.Due(context.Background(), 0, 1); err != nil || len(ids) != 1 {
		t.Errorf("a read: got %v, %v, want one id", ids, err)
	}
	if at, err := s.Clock(context.Background()); at != 7 || err != nil {
		t.Errorf("clock: got %d, %v, want the database's 7", at, err)
	}
	p.Kill()
	if _, err := s.Clock(context.Background()); !berth.IsCode(err, berth.Unavailable) || !errors.Is(err, errDead) {
		t.Errorf("a dead process reads: got %v", err)
	}
}
