package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/provision/sim"
)

// answerBy bounds the wait for one answer: longer than the servers' patience, so that a slow answer isn't lost.
const answerBy = 6 * time.Second

// stream is orders of one sort at a steady rate. In a closed loop all clients would soon wait for the leases of servers
// that died, and the next kill would hit an idle one.
type stream struct {
	buyers []string
	names  []string // each but with its number; none is another stream's, so that a name tells one order
	rate   float64  // orders a second
	hours  int      // so that the streams' amounts differ, and a balance tells what led to it
}

// streams are what is ordered: as much as keeps something under way at every instant, and as little as two processors
// can bear with a database, two servers, and this program.
var streams = []stream{
	{[]string{hot}, []string{"hot"}, 95, 0},
	{cold, []string{"cold"}, 75, 1460},
	{[]string{hot, cold[0], cold[1], cold[2]}, []string{"odd", sim.NameRefuse, sim.NameLost, sim.NameWait}, 24, 2190},
	{[]string{poor}, []string{"poor", sim.NameRefuse + "-poor"}, 8, 0},
}

// traffic is the clients: those that order, those that read balances, and an operator who credits wallets.
type traffic struct {
	shop   *shop
	urls   []string
	http   http.Client
	began  time.Time
	enough chan struct{} // closed when no new order is to be sent
	rest   context.CancelFunc
	orders sync.WaitGroup
	others sync.WaitGroup // readers, the operator, and those who follow orders

	mu      sync.Mutex
	placed  []load.Placed
	reads   []told
	credits []given
	settled map[string]time.Time // when a client saw the end of an order that had gone on without its request
	errs    []error
}

// told is a balance that a client was told.
type told struct {
	user        string
	asked, back time.Time
	balance     int64
}

// given is an operator's credit.
type given struct {
	user, ref   string
	amount      int64
	asked, back time.Time
	balance     int64 // afterwards, as answered
	known       bool  // that was answered; not when only a repeat was
	certain     bool  // the credit was answered for
}

// startTraffic sends until stop. ctx ends all of it at once.
func startTraffic(ctx context.Context, b *shop, urls []string, seed uint64) *traffic {
	t := &traffic{shop: b, urls: urls, began: time.Now(), enough: make(chan struct{}), settled: map[string]time.Time{}}
	t.http.Timeout = answerBy
	t.http.Transport = &http.Transport{MaxIdleConnsPerHost: 16}
	resting, rest := context.WithCancel(ctx)
	t.rest = rest
	for _, s := range streams {
		t.orders.Go(func() { t.order(ctx, s) })
	}
	const readers = 3
	for n := range readers {
		t.others.Go(func() { t.readAll(resting, rand.New(rand.NewPCG(seed, uint64(streamTraffic)<<32+uint64(n)))) }) // #nosec G404,G115 -- a run has to be repeatable
	}
	t.others.Go(func() { t.creditAll(ctx, resting, chanceOf(seed, streamTraffic)) })
	return t
}

// stop lets every order that was sent be answered, and returns when all is known that ever will be.
func (t *traffic) stop() error {
	close(t.enough)
	t.orders.Wait()
	t.rest()
	t.others.Wait()
	t.http.CloseIdleConnections()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.errs) > 0 {
		return t.errs[0]
	}
	return nil
}

// order sends one stream.
func (t *traffic) order(ctx context.Context, s stream) {
	want := load.Traffic{
		URLs: t.urls, Rate: s.rate, Clients: int(4*s.rate) + 1, Enough: t.enough, Retry: true, Timeout: answerBy,
		Want: load.Want{Names: s.names, Numbered: true, Hours: s.hours},
		Each: func(p load.Placed) { t.note(ctx, p) },
	}
	for _, user := range s.buyers {
		want.Buyers = append(want.Buyers, t.shop.buyers[user])
	}
	if _, err := load.Run(ctx, want); err != nil {
		t.mu.Lock()
		t.errs = append(t.errs, err)
		t.mu.Unlock()
	}
}

// note keeps what became of an order, and follows one that goes on without its request.
func (t *traffic) note(ctx context.Context, p load.Placed) {
	t.mu.Lock()
	t.placed = append(t.placed, p)
	t.mu.Unlock()
	if p.Failure == "" && !p.Completed {
		t.others.Go(func() { t.follow(ctx, p) })
	}
}

// follow asks for an order until it's settled: from then on its refund, if there was one, has happened. It doesn't
// mind the end of the traffic; the order comes to an end, or the run's own end comes.
func (t *traffic) follow(ctx context.Context, p load.Placed) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for n := 0; pass(ctx, 250*time.Millisecond); n++ {
		var answer struct {
			Data []struct {
				Status string `json:"status"`
			} `json:"data"`
		}
		err := t.ask(ctx, n, p.UserID, "/API/orders/list_order?order_id="+p.OrderID, &answer)
		if err == nil && len(answer.Data) == 1 && answer.Data[0].Status != "processing" {
			t.mu.Lock()
			t.settled[p.OrderID] = time.Now()
			t.mu.Unlock()
			return
		}
	}
}

// readAll reads balances at random until ctx ends, each at one of the servers.
func (t *traffic) readAll(ctx context.Context, chance *rand.Rand) {
	users := slices.Sorted(maps.Keys(t.shop.buyers))
	for pass(ctx, between(chance, 20*time.Millisecond, 150*time.Millisecond)) {
		user := hot
		if chance.IntN(2) == 0 {
			user = users[chance.IntN(len(users))]
		}
		t.read(ctx, chance.IntN(len(t.urls)), user)
	}
}

// read reads one balance. A read that got no answer has told nobody anything, and doesn't count.
func (t *traffic) read(ctx context.Context, at int, user string) bool {
	var answer struct {
		User struct {
			Balance string `json:"balance"`
		} `json:"user"`
	}
	r := told{user: user, asked: time.Now()}
	if err := t.ask(ctx, at, user, "/API/info_user?user_id="+user, &answer); err != nil {
		return false
	}
	r.back = time.Now()
	var err error
	r.balance, err = berth.ParseMinor(answer.User.Balance)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.errs = append(t.errs, fmt.Errorf("info_user answered the balance %q", answer.User.Balance))
		return false
	}
	t.reads = append(t.reads, r)
	return true
}

// ask sends a GET to one of the servers and decodes its answer.
func (t *traffic) ask(ctx context.Context, at int, user, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.urls[at%len(t.urls)]+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("x-api-key", t.shop.buyers[user].Key)
	resp, err := t.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%d: %s", resp.StatusCode, bytes.TrimSpace(body))
	}
	return json.Unmarshal(body, into)
}

// creditAll credits wallets at random until resting ends, by the command: now and then a rich one, and the poor one with
// a few orders' worth at a time. A credit that has begun is repeated under its reference until it's answered for.
func (t *traffic) creditAll(ctx, resting context.Context, chance *rand.Rand) {
	users := slices.Sorted(maps.Keys(t.shop.buyers))
	for n := 1; pass(resting, between(chance, 500*time.Millisecond, 1500*time.Millisecond)); n++ {
		g := given{user: poor, ref: fmt.Sprintf("credit-%d", n), amount: 1000 + chance.Int64N(8000)}
		if chance.IntN(3) == 0 {
			g.user = users[chance.IntN(len(users))]
		}
		t.credit(ctx, g)
	}
}

func (t *traffic) credit(ctx context.Context, g given) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	g.asked = time.Now()
	for !g.certain {
		c, err := t.shop.credit(ctx, g.user, g.amount, g.ref)
		g.back = time.Now()
		if g.certain = err == nil; g.certain && !c.Repeated {
			g.balance, err = berth.ParseMinor(c.Balance)
			g.known = err == nil
		}
		if !g.certain && !pass(ctx, 200*time.Millisecond) {
			break
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.credits = append(t.credits, g)
}

// refuses reports whether the provider is asked to refuse servers of this name.
func refuses(name string) bool { return strings.HasPrefix(name, sim.NameRefuse) }
