package storetest

import (
	"context"
	"sync"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/store"
)

// edgeInstant: what is sold passes from an order to its service and on to the next order, each time in one write, so that at
// every instant there is exactly one of them. Whoever reads orders and services at two instants sees none or two.
func edgeInstant(t *testing.T, d Database) {
	const passes = 60
	ctx := context.Background()
	s := open(t, d, store.Options{})
	reader := open(t, d, store.Options{})
	var before, id string
	next := func(b *berth.Book) error {
		id = b.NewID()
		putNetworkOrder(b, id, berth.Paid)
		if before != "" {
			gone, _ := b.Service(before)
			gone.Status = berth.Terminated
			b.PutService(gone)
		}
		return nil
	}
	must(t, write(s, berth.Need{}, next))
	done := make(chan struct{})
	var reading sync.WaitGroup
	defer reading.Wait()
	defer close(done)
	for range 2 {
		reading.Go(func() {
			for {
				rows, err := reader.EdgeRows(ctx, "edge")
				if n := len(rows.Orders) + len(rows.Services); err != nil || n != 1 {
					t.Errorf("got %d orders and %d services, %v, want one of both", len(rows.Orders), len(rows.Services), err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for range passes {
		must(t, write(s, berth.Need{Orders: []string{id}}, func(b *berth.Book) error {
			o, _ := b.Order(id)
			o.State = berth.Completed
			b.PutOrder(o)
			b.PutService(berth.Service{ID: id, Sort: berth.NetworkService, UserID: "nils", Provider: "edge", Status: berth.Active})
			return nil
		}))
		before = id
		must(t, write(s, berth.Need{Services: []string{before}}, next))
	}
}

func putNetworkOrder(b *berth.Book, id string, state berth.State) {
	o := berth.Order{ID: id, Kind: berth.KindNetwork, UserID: "nils", State: state, Currency: "EUR",
		Lease: berth.Lease{Attempt: 1, DueAt: berth.Forever}, CreatedAt: b.Now()}
	o.Number, o.ServiceID, o.Provider = id, id, "edge"
	announce(b, berth.EventOrderPaid, o)
	b.PutOrder(o)
}

// edgeMarks: the mark is that of the rows, and every change of the rows is another mark.
func edgeMarks(t *testing.T, d Database) {
	ctx := context.Background()
	s := open(t, d, store.Options{})
	seen := map[string]string{}
	look := func(after string) string {
		t.Helper()
		rows, err := s.EdgeRows(ctx, "edge")
		must(t, err)
		mark, err := s.EdgeMark(ctx, "edge")
		if must(t, err); mark != rows.Mark || mark == "" {
			t.Errorf("after %s: got the mark %q, and of the rows %q", after, mark, rows.Mark)
		}
		return mark
	}
	seen[look("nothing")] = "nothing"
	service := func(id, provider, sort string, edit func(*berth.Service)) func(*berth.Book) error {
		return func(b *berth.Book) error {
			v, ok := b.Service(id)
			if !ok {
				v = berth.Service{ID: id, Sort: sort, UserID: "nils", Provider: provider, Status: berth.Active}
			}
			edit(&v)
			b.PutService(v)
			return nil
		}
	}
	var id string
	for _, c := range []struct {
		what   string
		change func(*berth.Book) error
		same   bool
	}{
		{"an order", func(b *berth.Book) error { id = b.NewID(); putNetworkOrder(b, id, berth.Paid); return nil }, false},
		{"its completion", func(b *berth.Book) error {
			putNetworkOrder(b, id, berth.Completed)
			return service("network-1", "edge", berth.NetworkService, func(*berth.Service) {})(b)
		}, false},
		{"another password", service("network-1", "", "", func(s *berth.Service) { s.Peering = `{"password":"other"}` }), false},
		{"a task", service("network-1", "", "", func(s *berth.Service) { s.Task.Do = berth.TaskSuspend }), false},
		{"a network at another edge", service("network-2", "other", berth.NetworkService, func(*berth.Service) {}), true},
		{"a server", service("server-1", "edge", berth.ServerService, func(*berth.Service) {}), true},
		{"the end", service("network-1", "", "", func(s *berth.Service) { s.Status = berth.Terminated }), false},
	} {
		before := look("before " + c.what)
		must(t, write(s, berth.Need{Orders: []string{id}, Services: []string{"network-1"}}, c.change))
		now := look(c.what)
		if (now == before) != c.same {
			t.Errorf("%s: got the same mark: %v, want %v", c.what, now == before, c.same)
		}
		if was, ok := seen[now]; ok && !c.same && c.what != "the end" { // then nothing is left, as before
			t.Errorf("%s: got the mark of %s", c.what, was)
		}
		seen[now] = c.what
	}
}
