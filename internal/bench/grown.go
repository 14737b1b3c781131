package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// growth is what becomes of the speed when the tables are full.
type growth struct {
	rows          int
	empty, filled []result // in turns, busyClients on one wallet
	bytes         float64  // that a filled order takes on disk, with its indexes
	filling       time.Duration
}

// rowBytes is what an order takes, generously, while it's filled in: tables, indexes and the database's log.
const rowBytes = 4000

// provable is how many orders 'berth verify' is run over at the end.
const provable = 1_000_000

// grow measures two installations side by side, one of them with rows more orders in its tables.
func (b *bench) grow(ctx context.Context, engine string, rows int) (g growth, err error) {
	if err := roomFor(b.dir, rows, rowBytes); err != nil {
		return g, err
	}
	say("%s: filling %d orders", engine, rows)
	g.rows = rows
	shops := make([]*shop, 2)
	defer func() {
		for _, s := range shops {
			if s != nil {
				err = errors.Join(err, s.stop(ctx), b.remove(ctx, s)) // the next engine needs the room
			}
		}
	}()
	if shops[0], err = b.open(ctx, engine, "empty"); err != nil {
		return g, err
	}
	if shops[1], err = b.open(ctx, engine, "filled"); err != nil {
		return g, err
	}
	if err := b.fillShop(ctx, shops[1], engine, &g); err != nil {
		return g, err
	}
	for range b.rounds {
		for i, results := range []*[]result{&g.empty, &g.filled} {
			r, err := shops[i].measure(ctx, traffic{clients: busyClients, wallets: 1, warmUp: b.warmUp, period: b.period})
			if err != nil {
				return g, fmt.Errorf("%s with %d orders: %w", engine, i*rows, err)
			}
			*results = append(*results, r)
			say("  %s, %d orders there: %.0f orders/s, p99 %.2f ms", engine, i*rows, r.rate, r.p99)
		}
	}
	return g, nil
}

// fillShop stops a shop's server, fills the tables and starts it again.
func (b *bench) fillShop(ctx context.Context, s *shop, engine string, g *growth) error {
	_, err := s.command(ctx, "load", "--url", s.url, "--user", s.hot, "--orders", "1", "--clients", "1")
	if err != nil {
		return err
	}
	if err := s.stop(ctx); err != nil {
		return err
	}
	before, err := s.disk(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := s.fill(ctx, engine, g.rows, b.accounts()); err != nil {
		return fmt.Errorf("%s: fill %d orders: %w", engine, g.rows, err)
	}
	g.filling = time.Since(began)
	after, err := s.disk(ctx)
	if err != nil {
		return err
	}
	g.bytes = (after - before) / float64(g.rows)
	say("  %s: filled in %v, %.0f bytes an order", engine, g.filling.Round(time.Second), g.bytes)
	s.huge = g.rows > provable
	return s.start(ctx)
}

// remove deletes a shop and its database; its server is stopped.
func (b *bench) remove(ctx context.Context, s *shop) error {
	if !strings.HasPrefix(s.db, "sqlite:") {
		if err := b.cluster.drop(ctx, s.db); err != nil {
			return err
		}
	}
	return os.RemoveAll(s.dir)
}

// ratio is the speed with the rows, of that without.
func (g growth) ratio() float64 { return middle(g.filled).rate / max(middle(g.empty).rate, 1) }

func (b *bench) writeGrowth(line func(string, ...any)) {
	if len(b.grown) == 0 {
		return
	}
	line("## With many orders in the tables\n")
	line("Two installations side by side, taking turns, one wallet and %d clients; into the tables of one, orders were copied from", busyClients)
	line("one that Berth had placed (all within their idempotency window, half of them on the same wallet). The databases were")
	line("vacuumed, and nothing else was prepared; PostgreSQL has its default of 128 MB of buffers.\n")
	line("| engine | orders there | orders/s with none | with them | part | p99 ms with none | with them | bytes an order | filled in |")
	line("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, engine := range b.engines {
		if g, ok := b.grown[engine]; ok {
			none, with := middle(g.empty), middle(g.filled)
			line("| %s | %d | %.0f | %.0f | %.2f | %.2f | %.2f | %.0f | %v |", engine, g.rows, none.rate, with.rate, g.ratio(),
				none.p99, with.p99, g.bytes, g.filling.Round(time.Second))
		}
	}
	line("")
}
