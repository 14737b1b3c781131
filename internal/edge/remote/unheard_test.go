package remote_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/edge/remote"
)

// An operator looks for the agent when the agent is away, and for the database when that is: the reason says which, also where
// the time ends while the row is being read.
func TestWhoIsAway(t *testing.T) {
	slow := func(ctx context.Context, _ string) (string, bool, error) {
		<-ctx.Done()
		return "", false, errors.New("the database is away")
	}
	gone := func(context.Context, string) (string, bool, error) {
		return "", false, errors.New("the database is away")
	}
	silent := func(context.Context, string) (string, bool, error) { return "", false, nil }
	for _, c := range []struct {
		name string
		meta func(context.Context, string) (string, bool, error)
		want string
	}{{"the time is over", slow, "the agent"}, {"no agent", silent, "the agent"}, {"no database", gone, "the database"}} {
		e, err := remote.New("far", key, func() int64 { return 1 })
		if err != nil {
			t.Fatal(err)
		}
		e.Read(c.meta)
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		out := e.Apply(ctx, wants(berth.EdgeConfig{}))
		cancel()
		if out.Verdict != berth.Unresolved || out.Reason == nil || !strings.HasPrefix(out.Reason.Error(), c.want) {
			t.Errorf("%s: got %s, %v, want %s to be named", c.name, out.Verdict, out.Reason, c.want)
		}
	}
}
