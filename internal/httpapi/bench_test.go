package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berth-host/berth"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// What an order costs in this package alone: Place answers at once.
func BenchmarkCreateOrder(b *testing.B) {
	var t testing.T
	s := openShop(&t)
	receipt, err := s.worker.Place(context.Background(), &berth.Request{
		Kind: berth.KindNewServer, UserID: buyer, PlanID: "5", ImageID: 13, Name: "testServerAPI"})
	if err != nil {
		b.Fatal(err)
	}
	handler := New(Options{
		Desk: s.desk, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Ready: s.worker.Ready,
		Place: func(context.Context, *berth.Request) (berth.Receipt, error) { return receipt, nil },
	})
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", createOrder, strings.NewReader(documentedOrder))
		r.Header.Set("x-api-key", buyerKey)
		handler.ServeHTTP(discard{http.Header{}}, r)
	}
}
