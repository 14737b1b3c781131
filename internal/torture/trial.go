package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/berth-host/berth/internal/cutproxy"
	"github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/store"
)

// patience bounds every wait that has no better bound.
const patience = process.Patience

// trial is one run on one engine.
type trial struct {
	engine  engine
	program string
	kills   int
	seed    uint64
	limit   time.Duration // for the check of one wallet's history
	out     io.Writer
	began   time.Time

	site     *process.Site
	db       *database
	shop     *shop
	replicas []*replica
	faults   faults
	mu       sync.Mutex // guards faults.stops
}

// say prints a line of the course of things.
func (t *trial) say(format string, args ...any) {
	fmt.Fprintf(t.out, "%6.1fs  %s: %s\n", time.Since(t.began).Seconds(), t.engine, fmt.Sprintf(format, args...))
}

// play is the whole run, from the first process to the verdict. An error means that it couldn't be played to its end.
func (t *trial) play(ctx context.Context) (v verdict, err error) {
	t.began = time.Now()
	if t.db, err = openDatabase(t.engine, t.site); err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if t.shop, err = openShop(ctx, t.site, t.db, t.program); err != nil {
		return v, err
	}
	if err := t.open(ctx); err != nil {
		return v, err
	}
	t.say("%d servers, seed %d", len(t.replicas), t.seed)
	traffic := startTraffic(ctx, t.shop, t.urls(), t.seed)
	w := newWeather(ctx)
	for i, r := range t.replicas {
		w.over(r.front, planWind(t.seed, 2*i, 1200*time.Millisecond))
		if r.back != nil {
			w.over(r.back, planWind(t.seed, 2*i+1, 1500*time.Millisecond))
		}
	}
	striking := t.strike(ctx)
	w.clear()
	t.faults.cuts, t.faults.stalls, t.faults.halfCloses = w.cuts.Load(), w.stalls.Load(), w.halfCloses.Load()
	if striking != nil {
		return v, striking
	}
	t.say("%d kills done; all faults end", t.faults.kills())
	if err := t.await(ctx); err != nil {
		return v, err
	}
	if err := traffic.stop(); err != nil {
		return v, err
	}
	t.say("every order is answered")
	return t.judge(ctx, traffic)
}

// open starts the servers, each behind its proxies, and waits until they're ready.
func (t *trial) open(ctx context.Context) error {
	ports, err := process.FreePorts(t.db.replicas())
	if err != nil {
		return err
	}
	for i, port := range ports {
		r := &replica{shop: t.shop, name: fmt.Sprintf("berth-%d", i+1), port: port}
		t.replicas = append(t.replicas, r)
		if r.front, err = cutproxy.Open(net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err != nil {
			return err
		}
		if r.back, r.db, err = t.db.through(); err != nil {
			return err
		}
		r.tend(ctx)
	}
	return t.await(ctx)
}

// await waits until every server is ready.
func (t *trial) await(ctx context.Context) error {
	return process.Until(ctx, patience, "all servers ready", func() bool {
		for _, r := range t.replicas {
			if !r.isReady() {
				return false
			}
		}
		return true
	})
}

func (t *trial) urls() (urls []string) {
	for _, r := range t.replicas {
		urls = append(urls, "http://"+r.front.Addr())
	}
	return urls
}

// strike kills and stops until as many kills as asked for have hit something.
func (t *trial) strike(ctx context.Context) error {
	plan := planStrikes(t.seed, len(t.replicas), t.db.cluster != nil)
	var stops sync.WaitGroup
	defer stops.Wait()
	told := 0
	for t.faults.kills() < t.kills {
		blow := plan.next()
		if !pass(ctx, blow.after) {
			return ctx.Err()
		}
		r := t.replicas[blow.replica]
		switch blow.target {
		case killReplica:
			hit, ready := r.kill()
			if hit {
				t.faults.replicas++
			}
			if hit && !ready {
				t.faults.unready++
			}
		case killDatabase:
			if err := t.db.crash(ctx, func(ctx context.Context) { pass(ctx, blow.long) }); err != nil {
				return err
			}
			t.faults.databases++
		case stopReplica:
			// It's stopped while others are killed, and may be killed itself.
			stops.Go(func() {
				if r.pause(ctx, blow.long) {
					t.mu.Lock()
					t.faults.stops++
					t.mu.Unlock()
				}
			})
		}
		if n := t.faults.kills(); n%25 == 0 && n > told {
			told = n
			t.say("%d kills", n)
		}
	}
	return nil
}

// judge waits until everything is settled, stops the servers, and holds what was told against what exists.
func (t *trial) judge(ctx context.Context, traffic *traffic) (v verdict, err error) {
	db, err := store.Open(ctx, t.db.url, store.Options{})
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var wrong []string
	err = process.Until(ctx, patience, "every order settled", func() bool {
		b, err := db.Backlog(ctx)
		return err == nil && b.Unsettled == 0
	})
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	// Read once more at every server, now that all is at rest.
	for at := range t.replicas {
		for user := range t.shop.buyers {
			if !traffic.read(ctx, at, user) {
				wrong = append(wrong, fmt.Sprintf("%s doesn't tell the balance of %s, although nothing disturbs it any more", t.replicas[at].name, user))
			}
		}
	}
	for _, r := range t.replicas {
		if err := r.stop(ctx); err != nil {
			wrong = append(wrong, err.Error())
		}
		wrong = append(wrong, r.faults...)
	}
	if out, err := t.shop.berth(ctx, "verify"); err != nil {
		wrong = append(wrong, err.Error())
	} else {
		t.say("berth verify: %s", strings.ReplaceAll(strings.TrimSpace(out), "\n", " "))
	}
	w, err := readBooks(ctx, db, t.shop)
	if err != nil {
		return v, err
	}
	w.began, w.ended = traffic.began, time.Now()
	w.placed, w.reads, w.credits, w.settled = traffic.placed, traffic.reads, traffic.credits, traffic.settled
	v = judge(w, t.limit)
	v.problems = append(wrong, v.problems...)
	v.problems = append(v.problems, v.enough(t.faults, t.kills, t.db.cluster != nil)...)
	return v, t.keepHistories(w)
}

// keepHistories writes every wallet's history beside the logs, for who keeps the folder.
func (t *trial) keepHistories(w witness) error {
	for user, history := range w.histories() {
		slices.SortFunc(history, func(a, b operation) int { return cmp.Compare(a.call, b.call) })
		var text strings.Builder
		for _, o := range history {
			fmt.Fprintln(&text, o)
		}
		if err := os.WriteFile(t.site.Path(user+".history"), []byte(text.String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// close ends the servers, whatever they're at, and the rest.
func (t *trial) close() error {
	for _, r := range t.replicas {
		r.quit()
		if r.front != nil {
			r.front.Close()
		}
		if r.back != nil {
			r.back.Close()
		}
	}
	return t.db.close()
}
