package load

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestEachOrderIsToldOf has every order told with what its client saw of it: its number in its name, its requests, and
// what those said that didn't count.
func TestEachOrderIsToldOf(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, n, times int) {
		switch {
		case times == 1:
			refuse(w, 503, "unavailable")
		case n%2 == 0:
			refuse(w, 502, "provider_refused")
		default:
			fmt.Fprintf(w, `{"success":true,"amount":12.99,"balance_before":"50.00","order_id":"o-%d","server_status":{"new_id":"s","status":"provisioning"}}`, n)
		}
	})
	var mu sync.Mutex
	var all []Placed
	before := time.Now()
	_, err := Run(t.Context(), Traffic{
		URLs: []string{s.URL}, Buyers: []Buyer{{"u1", "k1"}, {"u2", "k2"}}, Orders: 40, Clients: 4, Retry: true,
		Want: Want{Names: []string{"box", "-000000000"}, Numbered: true},
		Each: func(p Placed) { mu.Lock(); defer mu.Unlock(); all = append(all, p) },
	})
	if err != nil || len(all) != 40 {
		t.Fatalf("got %d orders, %v; want 40", len(all), err)
	}
	names := map[string]bool{}
	for _, p := range all {
		if names[p.Name] = true; p.Key == "" || p.UserID == "" || p.Requests != 2 || !slices.Equal(p.Doubts, []string{"unavailable"}) || p.Unsure {
			t.Errorf("got %+v, want an order of two requests, of which the first told nothing", p)
		}
		if p.Sent.Before(before) || p.Last.Before(p.Sent) || p.Answered.Before(p.Last) {
			t.Errorf("got instants %v, %v, %v, want them in this order", p.Sent, p.Last, p.Answered)
		}
		if ok := p.OrderID != ""; ok != (p.BalanceBefore == "50.00") || ok != (p.Amount == "12.99") || ok == (p.Failure == "provider_refused") || p.Completed {
			t.Errorf("got %+v, want an acknowledged order with its balance, or a refused one without", p)
		}
	}
	sent := map[string]int{}
	for _, body := range s.body {
		sent[body["name_server"]]++
	}
	if len(names) != 40 || len(sent) != 40 {
		t.Errorf("got %d names told and %d sent, want 40 of each", len(names), len(sent))
	}
	for name, n := range sent {
		if !names[name] || n != 2 {
			t.Errorf("the name %q was sent %d times, and told: %v; want twice, and told", name, n, names[name])
		}
	}
	if !names["box-000000000"] || !names["-000000000-000000038"] {
		t.Errorf("got the names %v, want a number of each of the two names", names)
	}
}

func TestNumbersNeedNames(t *testing.T) {
	_, err := Run(t.Context(), Traffic{URLs: []string{"http://127.0.0.1:1"}, Buyers: []Buyer{{"u", "k"}}, Orders: 1, Clients: 1, Want: Want{Numbered: true}})
	if err == nil {
		t.Error("numbers without names were taken")
	}
}
