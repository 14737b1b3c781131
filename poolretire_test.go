package berth_test

import (
	"testing"
	"time"

	"github.com/berth-host/berth"
)

// A number that is retired is never given again, whatever it was at the time, and can be brought back.
func TestRetiredNumbers(t *testing.T) {
	p := newPeered(t, 6)
	items := func() map[string]berth.Item {
		t.Helper()
		list, err := p.store.PoolItems(background, "asns", -1, 100)
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]berth.Item{}
		for _, i := range list {
			by[i.Value] = i
		}
		return by
	}
	spare := func(want int64) {
		t.Helper()
		for _, pool := range must(p.store.Pools(background, p.clock.Load())) {
			if pool.Name == "asns" && pool.Spare() != want {
				t.Errorf("got %d to give, want %d: %+v", pool.Spare(), want, pool)
			}
		}
	}
	asn := func(s berth.Service) uint32 {
		peering, _, _ := berth.ReadPeering(s.Peering)
		return peering.ASN
	}
	rests, live, kept := p.bought("asn"), p.bought("asn"), p.bought("asn") // 100, 101, 102
	p.end(rests.ID)
	// 100 rests, 101 and 102 are live, 103 was never given.
	if n, err := p.RetireItems(background, "asns", "4200000100", "4200000103"); err != nil || n != 2 {
		t.Fatalf("got %d that services have, %v, want 2", n, err)
	}
	spare(2)
	if _, err := p.ReserveItems(background, "asns", "4200000102", "", false); err != nil || items()["4200000102"].FreeAt != 0 {
		t.Errorf("brought back while it is live: got %v, %+v", err, items()["4200000102"])
	}
	if i := items()["4200000101"]; i.Owner != live.ID || p.phase(live.ID) != berth.EdgeEstablished {
		t.Errorf("what a service has: got %+v, want it untouched", i)
	}
	p.proved()
	for _, s := range []berth.Service{live, kept} {
		p.end(s.ID)
	}
	spare(2)
	p.pass(100 * 24 * time.Hour) // behind all rests
	spare(3)
	for _, want := range []uint32{4200000102, 4200000104, 4200000105} {
		if got := asn(p.bought("asn")); got != want {
			t.Errorf("got AS%d, want %d", got, want)
		}
	}
	if _, err := p.buy("asn", berth.Monthly); refusal(err) != "out_of_stock network_id" {
		t.Errorf("with retired ones left: got %v", err)
	}
	p.pass(4000 * 24 * time.Hour)
	if _, err := p.ReserveItems(background, "asns", "4200000100", "4200000101", false); err != nil {
		t.Fatal(err)
	}
	spare(2)
	if got := asn(p.bought("asn")); got != 4200000100 {
		t.Errorf("brought back: got AS%d", got)
	}
	for _, c := range [][3]string{{"none", "1", "not_found pool"}, {"asns", "1", "invalid_parameter item"}} {
		if _, err := p.RetireItems(background, c[0], c[1], ""); refusal(err) != c[2] {
			t.Errorf("%v: got %v", c, err)
		}
	}
	p.proved()
}

// A number that was registered for one customer is retired like any other, and then no second one gets it.
func TestRetiredRegistration(t *testing.T) {
	p := newPeered(t, 1)
	order := func() berth.Order { return must(p.buy("sponsored", berth.Yearly)).Order }
	first, second := order(), order()
	must(p.Resolve(background, first.ID, berth.Resolution{ASN: 210123}))
	must(p.RetireItems(background, "sponsored", "210123", ""))
	p.end(first.ID)
	p.pass(200 * 24 * time.Hour)
	if _, err := p.Resolve(background, second.ID, berth.Resolution{ASN: 210123}); refusal(err) != "busy asn" {
		t.Errorf("retired: got %v", err)
	}
	must(p.ReserveItems(background, "sponsored", "210123", "", false))
	if _, err := p.Resolve(background, second.ID, berth.Resolution{ASN: 210123}); err != nil {
		t.Errorf("brought back: got %v", err)
	}
	p.proved()
}

// end deletes a network service as an operator does.
func (p *peered) end(id string) {
	p.Helper()
	must(p.Ask(background, berth.TaskRequest{Operator: true, Later: true, ServerID: id, Task: berth.Task{Do: berth.TaskDelete}}))
	p.ticks()
	if got := p.service(id).Status; got != berth.Terminated {
		p.Fatalf("got %s, want it terminated", got)
	}
}

// must is a result without its error.
func must[R any](r R, err error) R {
	if err != nil {
		panic(err)
	}
	return r
}
