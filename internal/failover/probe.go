package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/process"
)

// probe is an order that is followed from its first request to its end, which the clients of the traffic aren't.
type probe struct {
	key   string
	buyer load.Buyer

	mu        sync.Mutex
	answers   int // so far
	status    int // of the first answer
	code      string
	retry     bool // the first answer said when to come again
	took      time.Duration
	resolved  bool
	replayed  bool // it had been placed by a request that was told so only now
	orders    map[string]load.Acknowledged
	unanswers []string // connections that broke instead of an answer
}

// probes are some orders that are placed at the same time, while no order can be written.
type probes struct {
	all   []*probe
	asked sync.WaitGroup
	http  http.Client
}

// howMany probes there are: several for each server.
const howMany = 8

// startProbes places the orders, each at one of the servers, and repeats each under its key at the servers in turn
// until it's answered for or ctx ends.
func startProbes(ctx context.Context, b *shop) *probes {
	p := &probes{http: http.Client{Timeout: patience}}
	urls := b.urls()
	for n := range howMany {
		one := &probe{key: "probe-" + rand.Text(), buyer: b.buyers[n%len(b.buyers)], orders: map[string]load.Acknowledged{}}
		p.all = append(p.all, one)
		p.asked.Go(func() {
			for turn := n; ctx.Err() == nil; turn++ {
				if pause := one.ask(ctx, &p.http, urls[turn%len(urls)]); pause > 0 {
					wait(ctx, pause)
					continue
				}
				// Asked once more when all is over: the answer must be the same order.
				one.ask(ctx, &p.http, urls[(turn+1)%len(urls)])
				return
			}
		})
	}
	return p
}

// ask sends the order once and notes the answer. It returns how long to wait before the next try, 0 for none.
func (p *probe) ask(ctx context.Context, client *http.Client, url string) time.Duration {
	body, _ := json.Marshal(map[string]string{"user_id": p.buyer.UserID, "plan_id": "5", "os_image_id": "13"})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/API/orders/create_order", bytes.NewReader(body))
	if err != nil {
		panic(err) // the URL is a server's own
	}
	request.Header.Set("x-api-key", p.buyer.Key)
	request.Header.Set("Idempotency-Key", p.key)
	request.Header.Set("Content-Type", "application/json")
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		if ctx.Err() == nil {
			p.mu.Lock()
			p.unanswers = append(p.unanswers, err.Error())
			p.mu.Unlock()
		}
		return time.Second
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return p.note(response, text, time.Since(began))
}

// note takes one answer in.
func (p *probe) note(response *http.Response, text []byte, took time.Duration) time.Duration {
	var answer struct {
		Code    string      `json:"code"`
		OrderID string      `json:"order_id"`
		Amount  json.Number `json:"amount"`
		Status  struct {
			NewID string `json:"new_id"`
		} `json:"server_status"`
	}
	unreadable := json.Unmarshal(text, &answer)
	seconds, retry := strconv.Atoi(response.Header.Get("Retry-After"))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers++; p.answers == 1 {
		p.status, p.code, p.took, p.retry = response.StatusCode, answer.Code, took, retry == nil && seconds > 0
	}
	if response.StatusCode != http.StatusOK {
		return time.Duration(max(1, seconds)) * time.Second
	}
	if unreadable != nil {
		p.unanswers = append(p.unanswers, "status 200 with a body that is no order: "+unreadable.Error())
		return time.Second
	}
	if !p.resolved {
		p.resolved = true
		p.replayed = response.Header.Get("Idempotency-Replayed") == "true"
	}
	p.orders[answer.OrderID] = load.Acknowledged{OrderID: answer.OrderID, ServerID: answer.Status.NewID, UserID: p.buyer.UserID,
		Key: p.key, Amount: answer.Amount.String(), Completed: true}
	return 0
}

// each visits every probe, locked, and counts those for which is holds.
func (p *probes) each(is func(*probe) bool) (n int) {
	for _, one := range p.all {
		one.mu.Lock()
		if is(one) {
			n++
		}
		one.mu.Unlock()
	}
	return n
}

// awaitGivenUp waits until every probe got its first answer.
func (p *probes) awaitGivenUp(ctx context.Context) error {
	return process.Until(ctx, patience, "an answer for every order while COMMIT hangs", func() bool {
		return p.each(func(one *probe) bool { return one.answers > 0 }) == len(p.all)
	})
}

// awaitResolved waits until every probe is answered for, twice.
func (p *probes) awaitResolved(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		p.asked.Wait()
		close(ended)
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("not within %v: every order that was given up is answered for", patience)
	}
}

func (p *probes) wait() { p.asked.Wait() }

// firstAnswers tells what clients were told.
func (p *probes) firstAnswers() string {
	codes, longest := map[string]int{}, time.Duration(0)
	p.each(func(one *probe) bool {
		codes[fmt.Sprintf("%d %s", one.status, one.code)]++
		longest = max(longest, one.took)
		return false
	})
	return fmt.Sprintf("orders placed meanwhile were answered with %v within %.1f s", codes, longest.Seconds())
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
