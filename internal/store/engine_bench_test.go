package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// BenchmarkEngine appends batches of new orders, each with its idempotency key, entry and event, and settles the
// orders of the batch before. One operation is one order, placed and settled.
func BenchmarkEngine(b *testing.B) {
	for _, kind := range sqlEngines {
		for _, c := range []struct{ wallets, batch int }{{1, 32}, {1000, 32}, {1, 1}} {
			b.Run(fmt.Sprintf("%s/wallets=%d/batch=%d", kind.name, c.wallets, c.batch), func(b *testing.B) {
				url := kind.url(b)
				if _, _, err := migrate(b.Context(), migrateURL(kind.name, url)); err != nil {
					b.Fatal(err)
				}
				bench := newBench(b, openEngine(b, kind.open, url, Options{}), c.wallets, c.batch)
				for range 20 { // warm up
					bench.round(b)
				}
				b.ReportAllocs()
				b.ResetTimer()
				before := ownCPU()
				for n := 0; n < b.N; n += c.batch {
					bench.round(b)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
				b.ReportMetric(float64(ownCPU()-before)/1000/float64(b.N), "own-cpu-us/op")
			})
		}
	}
}

// ownCPU is what this process has used: on a machine that does other things too it says more than the rate. With
// PostgreSQL most of the work is in another process.
func ownCPU() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

type bench struct {
	engine  engine
	batch   int
	ids     berth.IDs
	clock   int64
	wallets []string
	open    []berth.Order // of the batch before
	turn    int
}

func newBench(b *testing.B, e engine, spread, batch int) *bench {
	w := &bench{engine: e, batch: batch, ids: berth.IDs{Random: rand.Uint64}, clock: 1_790_000_000_000_000}
	c := &berth.Changes{Batch: "wallets"}
	for range spread {
		id := w.ids.At(w.clock)
		w.wallets = append(w.wallets, id)
		c.Wallets.Insert = append(c.Wallets.Insert, berth.Wallet{UserID: id, Currency: "EUR", Balance: 1e15})
	}
	write(b, e, c)
	return w
}

// round is one transaction, with the book between load and commit as the batcher has it.
func (w *bench) round(b *testing.B) {
	ctx := context.Background()
	w.clock += 2500
	need := berth.Need{}
	for i := range w.batch {
		need.Keys = append(need.Keys, berth.KeyID("owner", fmt.Sprint("api/", w.turn, "/", i)))
		if i == 0 || len(w.wallets) > 1 {
			need.Wallets = append(need.Wallets, w.wallets[(w.turn*w.batch+i)%len(w.wallets)])
		}
	}
	for i := range w.open {
		need.Orders = append(need.Orders, w.open[i].ID)
	}
	w.turn++
	need = sorted(need, w.batch)
	t, rows, _, err := w.engine.begin(ctx, need)
	if err != nil {
		b.Fatal(err)
	}
	book := berth.NewBook(w.clock, w.ids.At, need, rows)
	var placed []berth.Order
	for i := range w.batch {
		if _, err := book.Run(func(book *berth.Book) error {
			o, err := w.place(book, need.Wallets[i%len(need.Wallets)], need.Keys[i])
			placed = append(placed, o)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range w.open {
		if _, err := book.Run(func(book *berth.Book) error { return w.settle(book, w.open[i].ID) }); err != nil {
			b.Fatal(err)
		}
	}
	changes, _ := book.Changes()
	if err := t.commit(ctx, changes); err != nil {
		b.Fatal(err)
	}
	w.open = placed
}

func (w *bench) place(book *berth.Book, user, key string) (berth.Order, error) {
	id := book.NewID()
	o := berth.Order{ID: id, Number: "CLOUD_" + id[22:], Kind: berth.KindNewServer, UserID: user, State: berth.Paid,
		Amount: 1299, BalanceBefore: 339652, Currency: "EUR", CatalogueVersion: 1, CreatedAt: book.Now(),
		Terms: berth.Terms{ServiceID: id, PlanID: "5", ImageID: 2, Location: "Slovenia", Name: "server-" + id[24:], Hours: 720,
			Product: "Cloud VPS 2", Description: "2 cores, 6 GiB, 40 GB NVMe", Cores: 2, RAM: 6 << 30, Disk: 40, DiskType: "NVMe", Price: 1299,
			Provider: "sim", StockKey: "plan2345-6789-0123-4567-890123456789@Slovenia", ExpiresAt: book.Now() + 720*berth.Hour,
			Password: "v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		Lease: berth.Lease{Attempt: 1, Holder: "host-12345-abcdef", DueAt: book.Now() + 5*berth.Second, AnswerBy: book.Now() + 25*berth.Second}}
	if _, err := book.Post(berth.Entry{UserID: user, Amount: -o.Amount, Contra: berth.AccountSales, OrderID: id}); err != nil {
		return o, err
	}
	book.Announce(berth.Event{Name: berth.EventOrderPaid, UserID: user, OrderID: id, ServiceID: id, Detail: o.Kind})
	book.PutKey(berth.Key{ID: key, Mark: "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm", OrderID: id, ExpiresAt: book.Now() + 48*berth.Hour})
	return book.PutOrder(o), nil
}

func (w *bench) settle(book *berth.Book, id string) error {
	o, ok := book.Order(id)
	if !ok {
		return fmt.Errorf("order %s is gone", id)
	}
	o.Result = berth.Result{ProviderRef: "sim-" + id[24:], ServerNo: 1234, ServerUUID: id, Address: "192.0.2.17"}
	o.State, o.Lease = berth.Completed, berth.Lease{Attempt: 1}
	book.PutService(berth.Service{ID: id, Sort: berth.ServerService, UserID: o.UserID, Status: berth.Active, Name: o.Name, PlanID: o.PlanID,
		Cores: o.Cores, RAM: o.RAM, Disk: o.Disk, DiskType: o.DiskType, Price: o.Price, Hours: o.Hours, Location: o.Location,
		ImageID: o.ImageID, Product: o.Product, Provider: o.Provider, StockKey: o.StockKey, Result: o.Result,
		CreatedAt: book.Now(), ExpiresAt: o.ExpiresAt})
	book.Announce(berth.Event{Name: berth.EventOrderCompleted, UserID: o.UserID, OrderID: id, ServiceID: id, Detail: o.Kind})
	book.PutOrder(o)
	return nil
}
