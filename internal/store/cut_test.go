package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/cutproxy"
	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/store"
)

// TestCutAnswers loses the answer of each class of message between Store.Write and PostgreSQL, after the server has
// executed it. Whatever was cut, the caller learns the truth and the money moves exactly once.
func TestCutAnswers(t *testing.T) {
	url := pgtest.Database(t)
	if _, _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	proxy, through := cutproxy.Before(t, url)
	watch, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	s, err := store.Open(t.Context(), through, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	desk := berth.NewDesk(berth.Desk{Store: s, Policy: berth.DefaultPolicy(), Replica: "test",
		Now: func() int64 { return time.Now().UnixMicro() }})
	user, err := desk.CreateUser(t.Context(), berth.User{Username: "cut"}, "EUR")
	if err != nil {
		t.Fatal(err)
	}

	// What is cut is told apart by a value that only this message carries.
	theLoad := func(ref string) string { return berth.KeyID(user.ID, "wallet/"+ref) }
	theAppend := func(ref string) string { return "entry of " + ref }
	const theResolve = "\x00void_batch\x00" // bound to be executed, as opposed to prepared
	cases := []struct {
		name    string
		pattern func(ref string) string
		done    func(ref string) func(context.Context) (bool, error)
		next    string // what is cut, too, once the first cut has happened
	}{
		{name: "the load", pattern: theLoad, done: func(string) func(context.Context) (bool, error) { return idleInTransaction(watch) }},
		{name: "the append and its commit", pattern: theAppend, done: func(ref string) func(context.Context) (bool, error) { return entryThere(watch, ref) }},
		{name: "the commit and the question for its fate", pattern: theAppend, next: theResolve,
			done: func(ref string) func(context.Context) (bool, error) { return entryThere(watch, ref) }},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ref := fmt.Sprintf("cut-%d", i)
			var second *cutproxy.Cut
			done := c.done(ref)
			cut := proxy.Arm(c.pattern(ref), func(ctx context.Context) (bool, error) {
				ok, err := done(ctx)
				if ok && c.next != "" {
					second = proxy.Arm(c.next, nil)
				}
				return ok, err
			})
			w, repeated, err := desk.Transfer(t.Context(), berth.Transfer{UserID: user.ID, Amount: 100, Ref: ref, Note: "entry of " + ref})
			cut.Wait(t)
			if second != nil {
				second.Wait(t)
			}
			if want := int64(i+1) * 100; err != nil || repeated || w.Balance != want {
				t.Errorf("got balance %d, repeated %v, error %v; want %d, false, nil", w.Balance, repeated, err, want)
			}
		})
	}
	entries, err := s.Entries(t.Context(), user.ID, 0, 100)
	if err != nil || len(entries) != len(cases) {
		t.Errorf("got %d entries, error %v; want one for each transfer", len(entries), err)
	}
	report, err := berth.Verify(t.Context(), s, berth.Head{}, nil)
	if err != nil || report.Wrong != 0 {
		t.Errorf("got findings %v, error %v; want none", report.Findings, err)
	}
}

// entryThere is true once the entry of a reference can be seen by others.
func entryThere(watch *sql.DB, ref string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (there bool, err error) {
		err = watch.QueryRowContext(ctx, "SELECT count(*) > 0 FROM entries WHERE ref = $1", ref).Scan(&there)
		return there, err
	}
}

// idleInTransaction is true once a writing connection waits within its transaction.
func idleInTransaction(watch *sql.DB) func(context.Context) (bool, error) {
	return func(ctx context.Context) (idle bool, err error) {
		err = watch.QueryRowContext(ctx, `SELECT count(*) > 0 FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'idle in transaction'`).Scan(&idle)
		return idle, err
	}
}
