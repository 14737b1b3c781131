package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/sim"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// inOffice opens a database as a command does, for what no command offers.
func inOffice(t *testing.T, db string, step func(ctx context.Context, o *office)) {
	t.Helper()
	o, err := (&databaseFlags{DB: &db}).open(&session{ctx: t.Context(), getenv: variables{}.getenv, stdio: stdio{err: os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	step(t.Context(), o)
}

// plantDemoKey gives the demo's documented key to a database that isn't the demo's.
func plantDemoKey(t *testing.T, db string) {
	t.Helper()
	inOffice(t, db, func(ctx context.Context, o *office) {
		key := berth.APIKey{UserID: demoUser, Hash: berth.HashKey(demoKey), Scopes: []berth.Scope{berth.ScopeOrder}}
		if _, err := o.desk.CreateKey(ctx, key); err != nil {
			t.Fatal(err)
		}
	})
}

// waitingOrder is an order that no provider can fulfil, in a shop that isn't served any more.
func waitingOrder(t *testing.T) (*shop, orderView) {
	t.Helper()
	shop := sqliteShop(t)
	s := start(t, nil, "serve", "--db", shop.db, "--metrics-listen", "off", "--patience", "100ms")
	id, _ := shop.order(s, "waiting").body["order_id"].(string)
	var order orderView
	await(t, "the first attempt's end", func() bool {
		order = decoded[orderView](t, nil, "order", "show", id, "--db", shop.db)
		return order.Note != ""
	})
	s.stop()
	return shop, order
}

func TestOrderShowAndList(t *testing.T) {
	shop, waiting := waitingOrder(t)
	s := shop.serve(nil)
	done, _ := shop.order(s, "done").body["order_id"].(string)
	s.stop()
	show := decoded[orderView](t, nil, "order", "show", done, "--db", shop.db)
	if show.State != "completed" || show.Amount != "12.99" || show.BalanceBefore != "3383.53" || show.Service == nil ||
		show.Service.Status != "active" || show.Service.Name != "done" || show.ProviderRef == "" || show.DueAt != nil {
		t.Errorf("got %+v", show)
	}
	if got := decoded[orderView](t, nil, "order", "show", show.Number, "--db", shop.db); got.ID != done {
		t.Errorf("by its number: got %s, want %s", got.ID, done)
	}
	table := must(t, nil, "order", "show", waiting.Number, "--db", shop.db)
	for _, want := range []string{"new_server", "paid", "12.99 EUR", "waiting for the provider", "in doubt", "attempt"} {
		if !strings.Contains(table, want) {
			t.Errorf("got\n%s\nwant %q in it", table, want)
		}
	}
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, 2}, {[]string{"--state", "paid"}, 1}, {[]string{"--state", "refunded"}, 0}, {[]string{"--kind", "network"}, 0},
		{[]string{"--user", demoUser}, 2}, {[]string{"--user", "nobody"}, 0}, {[]string{"--limit", "1"}, 1},
	} {
		list := decoded[[]orderView](t, nil, append([]string{"order", "list", "--db", shop.db}, c.args...)...)
		if len(list) != c.want {
			t.Errorf("%v: got %d orders, want %d", c.args, len(list), c.want)
		}
	}
	if list := must(t, nil, "order", "list", "--db", shop.db); !strings.Contains(list, show.Number) || !strings.Contains(list, "NUMBER") {
		t.Errorf("got\n%s", list)
	}
	if r := call(t, nil, "order", "show", "nothing", "--db", shop.db); r.code != exitFailed || !strings.Contains(r.err, "order: There is no order with this id or number.") {
		t.Errorf("got exit code %d and %q", r.code, r.err)
	}
}

func TestOrderRetry(t *testing.T) {
	shop, order := waitingOrder(t)
	must(t, nil, "order", "retry", order.Number, "--db", shop.db)
	shop.serve(nil) // now with the provider; without the retry the order would wait for a minute
	await(t, "the order's end", func() bool {
		return decoded[orderView](t, nil, "order", "show", order.ID, "--db", shop.db).State == "completed"
	})
	if r := call(t, nil, "order", "retry", order.ID, "--db", shop.db); r.code != exitFailed || !strings.Contains(r.err, "The order is completed already") {
		t.Errorf("got exit code %d and %q", r.code, r.err)
	}
}

func TestOrderResolveRefund(t *testing.T) {
	shop, order := waitingOrder(t)
	got := decoded[orderView](t, nil, "order", "resolve", order.ID, "--refund", "--db", shop.db)
	if got.State != "refunded" || got.Service != nil {
		t.Errorf("got %+v", got)
	}
	if w := decoded[[]walletView](t, nil, "wallet", "list", "--db", shop.db); w[0].Balance != "3396.52" {
		t.Errorf("got a balance of %s, want the money back", w[0].Balance)
	}
	if r := call(t, nil, "order", "resolve", order.ID, "--refund", "--db", shop.db); r.code != exitFailed || !strings.Contains(r.err, "refunded already") {
		t.Errorf("a second time: got exit code %d and %q", r.code, r.err)
	}
	must(t, nil, "verify", "--db", shop.db)
}

func TestOrderResolveAdopt(t *testing.T) {
	shop, order := waitingOrder(t)
	// The machine that a person made by hand at the provider.
	provider, err := sim.Open(filepath.Join(filepath.Dir(shop.config), "machines"), sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	machine := provider.Create(t.Context(), berth.Ref{Order: "by hand"}, berth.ServerSpec{Name: "by-hand"})
	if err := provider.Close(); err != nil || machine.Verdict != berth.Done {
		t.Fatalf("got %v, %v", machine, err)
	}
	for _, c := range []struct {
		name  string
		flags []string
		want  string
	}{
		{"without its provider", []string{"--adopt", machine.ProviderRef}, "is not in the settings"},
		{"an unknown machine", []string{"--adopt", "sim-999", "--config", shop.config}, "knows nothing under sim-999"},
	} {
		r := call(t, nil, append([]string{"order", "resolve", order.ID, "--db", shop.db}, c.flags...)...)
		if r.code != exitFailed || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: got exit code %d and %q, want %q", c.name, r.code, r.err, c.want)
		}
	}
	got := decoded[orderView](t, nil, "order", "resolve", order.Number, "--adopt", machine.ProviderRef, "--config", shop.config, "--db", shop.db)
	if got.State != "completed" || got.Service.Status != "active" || got.Service.Address != machine.Address || got.ProviderRef != machine.ProviderRef {
		t.Errorf("got %+v, want the machine %+v", got, machine)
	}
	must(t, nil, "verify", "--db", shop.db)
}

func TestVerifyFinds(t *testing.T) {
	shop, order := waitingOrder(t)
	report := decoded[reportView](t, nil, "verify", "--db", shop.db)
	if !report.OK || report.Wallets != 1 || report.Orders != 1 || report.States["paid"] != 1 || report.Balance != "3383.53" || report.Entries != 2 {
		t.Errorf("got %+v", report)
	}
	inOffice(t, shop.db, func(ctx context.Context, o *office) {
		// An order that says it is refunded, while its money never went back.
		err := o.store.Write(ctx, berth.Need{Orders: []string{order.ID}}, func(b *berth.Book) error {
			row, _ := b.Order(order.ID)
			row.State = berth.Refunded
			b.PutOrder(row)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	r := call(t, nil, "verify", "--db", shop.db)
	if r.code != exitFailed || !strings.Contains(r.out, order.ID) || !strings.Contains(r.out, "must have 2 entries that sum to 0.00") || r.err != "" {
		t.Errorf("got exit code %d and\n%s%s", r.code, r.out, r.err)
	}
	r = call(t, nil, "--json", "verify", "--db", shop.db)
	if r.code != exitFailed || !strings.Contains(r.out, `"ok": false`) {
		t.Errorf("got exit code %d and\n%s", r.code, r.out)
	}
}
