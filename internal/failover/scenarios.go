package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/berth-host/berth/internal/process"
)

// scenario is something that happens to a cluster. do gets the roles as they are before, and returns when the
// trouble is over for the database; that orders go on, and the cluster becomes whole again, is checked after each.
type scenario struct {
	name string
	do   func(t *trial, ctx context.Context, r roles) error
}

var scenarios = []scenario{
	{"the primary's machine is lost", (*trial).loseMachine},
	{"the primary's PostgreSQL is killed", (*trial).losePostgres},
	{"the synchronous standby hangs", (*trial).hangOne},
	{"the other standby hangs", (*trial).hangOther},
	{"both standbys hang", (*trial).hangBoth},
	{"switchover", (*trial).switchOver},
	{"Patroni hangs", (*trial).hangPatroni},
	{"etcd loses its majority", (*trial).loseEtcd},
}

// scenarios runs all of them under load, one after the other.
func (t *trial) scenarios(ctx context.Context) error {
	for _, s := range scenarios {
		if !strings.HasPrefix(s.name, t.only) {
			continue
		}
		if err := t.stage(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// stage is one scenario and what holds for each: before it the cluster is whole and orders flow; afterwards they flow
// again by themselves, without a restart of anything but what was killed.
func (t *trial) stage(ctx context.Context, s scenario) error {
	r, err := t.cluster.awaitWhole(ctx)
	if err != nil {
		return err
	}
	if err := t.traffic.flows(ctx, 2*ordersPerSecond); err != nil {
		return err
	}
	t.say("%s: %v", s.name, r)
	t.traffic.pulse.forget()
	began := time.Now()
	if err := s.do(t, ctx, r); err != nil {
		return err
	}
	if err := t.traffic.flows(ctx, 2*ordersPerSecond); err != nil {
		return err
	}
	_, longest := t.traffic.pulse.read()
	t.verdict.gaps = append(t.verdict.gaps, gap{s.name, longest})
	if r, err = t.cluster.awaitWhole(ctx); err != nil {
		return err
	}
	t.say("    orders go on; %.1f s without any; whole again after %.0f s: %v", longest.Seconds(), time.Since(began).Seconds(), r)
	return nil
}

// awaitOther waits until another machine than before is the primary.
func (t *trial) awaitOther(ctx context.Context, before roles) error {
	began := time.Now()
	r, err := t.cluster.await(ctx, "another primary than "+before.leader.name, func(r roles) bool {
		return r.leader != nil && r.leader != before.leader
	})
	if err != nil {
		return err
	}
	t.say("    %s is the primary after %.1f s", r.leader.name, time.Since(began).Seconds())
	if r.leader != before.sync {
		// The other standby need not have everything, so it may never be the one.
		t.verdict.blame("%s became the primary, but %s was the synchronous standby", r.leader.name, before.sync.name)
	}
	return nil
}

// loseMachine is the loss of the primary with everything on it. The machine comes back once orders flow again.
func (t *trial) loseMachine(ctx context.Context, r roles) error {
	if err := r.leader.crash(ctx); err != nil {
		return err
	}
	if err := t.awaitOther(ctx, r); err != nil {
		return err
	}
	if err := t.traffic.flows(ctx, 1); err != nil {
		return err
	}
	_, longest := t.traffic.pulse.read()
	t.say("    the first order after %.1f s without any; %s boots", longest.Seconds(), r.leader.name)
	return r.leader.start()
}

// losePostgres is the loss of PostgreSQL alone: Patroni is there to see it, so the time-to-live needn't run out.
func (t *trial) losePostgres(ctx context.Context, r roles) error {
	if err := r.leader.crashPostgres(ctx); err != nil {
		return err
	}
	return t.awaitOther(ctx, r)
}

// hangOne freezes the standby that every commit waits for. The other one has to take its place.
func (t *trial) hangOne(ctx context.Context, r roles) error {
	thaw, err := r.sync.pause(ctx)
	if err == nil {
		_, err = t.cluster.await(ctx, r.replica.name+" as synchronous standby", func(now roles) bool {
			return now.leader == r.leader && now.sync == r.replica
		})
	}
	if err == nil {
		err = t.traffic.flows(ctx, 1)
	}
	return errors.Join(err, thaw())
}

// hangOther freezes the standby that no commit waits for: nobody may notice.
func (t *trial) hangOther(ctx context.Context, r roles) error {
	thaw, err := r.replica.pause(ctx)
	if err != nil {
		return errors.Join(err, thaw())
	}
	// Longer than wal_sender_timeout, so that PostgreSQL gives it up meanwhile.
	const long, tolerable = 12 * time.Second, 5 * time.Second
	began := time.Now()
	err = process.Until(ctx, patience, "the end of the standby's connection", func() bool { return time.Since(began) > long })
	if _, longest := t.traffic.pulse.read(); longest > tolerable {
		t.verdict.blame("%.1f s without orders because of a standby that isn't the synchronous one", longest.Seconds())
	}
	return errors.Join(err, thaw())
}

// hangBoth leaves no standby to confirm a commit: each waits for ever in the database. The servers must not: they give
// their callers up after their own deadline, with an answer that says that the outcome isn't known, and tell those who
// ask that they aren't ready. When the standbys are back each of these orders turns out to be placed once.
func (t *trial) hangBoth(ctx context.Context, r roles) error {
	thawSync, err := r.sync.pause(ctx)
	if err != nil {
		return errors.Join(err, thawSync())
	}
	thawOther, err := r.replica.pause(ctx)
	thaw := func() error { return errors.Join(thawSync(), thawOther()) }
	if err != nil {
		return errors.Join(err, thaw())
	}
	began := time.Now()
	watch := watchReady(t.shop.replicas)
	asking, stopAsking := context.WithCancel(ctx)
	probes := startProbes(asking, t.shop)
	err = t.whileHanging(ctx, r, probes, began)
	err = errors.Join(err, thaw())
	if err == nil {
		err = probes.awaitResolved(ctx)
	}
	stopAsking()
	probes.wait()
	t.verdict.addProbes(probes.all)
	t.probed = append(t.probed, acknowledgements(probes.all)...)
	if err == nil {
		err = process.Until(ctx, patience, "both servers ready again", watch.allReady)
	}
	for _, line := range watch.stop() {
		t.say("    %s", line)
	}
	for _, r := range watch.neverRed() {
		t.verdict.blame("%s stayed ready while no order could be written", r)
	}
	return err
}

// whileHanging waits for everything that must come of it before the standbys are thawed.
func (t *trial) whileHanging(ctx context.Context, r roles, probes *probes, began time.Time) error {
	err := process.Until(ctx, patience, "a COMMIT that waits for its standby", func() bool {
		out, err := t.cluster.sql(ctx, r.leader, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'berth'")
		return err == nil && out != "0"
	})
	if err != nil {
		return err
	}
	t.say("    COMMITs hang in the database, as they should")
	if err := probes.awaitGivenUp(ctx); err != nil {
		return err
	}
	t.say("    %s", probes.firstAnswers())
	// Beyond the time after which Patroni takes the frozen machines for gone. In strict mode it must not let go.
	const beyond = 25 * time.Second
	if err := process.Until(ctx, patience, "the end of the standbys' time-to-live", func() bool { return time.Since(began) > beyond }); err != nil {
		return err
	}
	out, err := t.cluster.sql(ctx, r.leader, "SHOW synchronous_standby_names")
	if err == nil && out == "" {
		t.verdict.blame("with both standbys gone %s takes orders alone", r.leader.name)
	}
	return err
}

// switchOver is what an operator does before maintenance.
func (t *trial) switchOver(ctx context.Context, r roles) error {
	if err := t.cluster.switchover(ctx, r.leader, r.sync); err != nil {
		return err
	}
	return t.awaitOther(ctx, r)
}

// hangPatroni leaves a primary that nobody watches over and that doesn't know of the next one. It still takes
// connections, and its COMMITs hang, as their standby has gone. A server that names all machines itself can't tell the
// two apart, and where the old one comes first it stays there until Patroni (or the machine's watchdog, which the test
// hasn't) ends it; HAProxy leaves it. Either way nothing may be acknowledged there.
func (t *trial) hangPatroni(ctx context.Context, r roles) error {
	thaw, err := r.leader.pausePatroni(ctx)
	if err == nil {
		err = t.awaitOther(ctx, r)
	}
	if err == nil {
		err = t.traffic.flows(ctx, 1)
	}
	return errors.Join(err, thaw())
}

// loseEtcd takes away what the Patronis agree by. The primary can't know whether another one was promoted, so it has
// to step down until it's back.
func (t *trial) loseEtcd(ctx context.Context, r roles) error {
	lost := []*machine{r.sync, r.replica}
	for _, m := range lost {
		if err := m.crashEtcd(ctx); err != nil {
			return err
		}
	}
	began := time.Now()
	err := process.Until(ctx, patience, r.leader.name+" stepping down", func() bool {
		out, err := t.cluster.sql(ctx, r.leader, "SELECT pg_is_in_recovery()")
		return err == nil && out == "t"
	})
	if err != nil {
		return err
	}
	t.say("    %s stepped down after %.1f s; etcd comes back", r.leader.name, time.Since(began).Seconds())
	for _, m := range lost {
		if err := m.start(); err != nil {
			return err
		}
	}
	return nil
}
