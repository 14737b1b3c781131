package libvirt_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/provision/libvirt"
)

// proxy stands between a driver and libvirt and goes bad after a number of the driver's messages: the last one still
// arrives, its answer never does.
type proxy struct {
	to    string
	after int  // messages
	stall bool // the connection stays open in silence, instead of ending

	mu   sync.Mutex
	seen int  // messages
	bad  bool // it has come to that
}

func (p *proxy) serve(t *testing.T, path string) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", p.to)
			if err != nil {
				client.Close()
				return
			}
			go p.forward(client, server)
			go p.back(server, client)
		}
	}()
}

// forward passes whole messages on: four bytes of length, which count themselves, and the rest.
func (p *proxy) forward(client, server net.Conn) {
	defer server.Close()
	var head [4]byte
	for {
		if _, err := io.ReadFull(client, head[:]); err != nil {
			return
		}
		rest := make([]byte, binary.BigEndian.Uint32(head[:])-4)
		if _, err := io.ReadFull(client, rest); err != nil {
			return
		}
		p.mu.Lock()
		p.seen++
		p.bad = p.bad || p.seen == p.after
		p.mu.Unlock()
		if _, err := server.Write(append(head[:], rest...)); err != nil {
			return
		}
	}
}

func (p *proxy) back(server, client net.Conn) {
	buf := make([]byte, 1<<16)
	for {
		n, err := server.Read(buf)
		p.mu.Lock()
		bad := p.bad
		p.mu.Unlock()
		switch {
		case err != nil || bad && !p.stall:
			client.Close()
			return
		case !bad:
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}

// testLostAnswers loses the answer to the first message of a Create, then to the second, and so on until a Create
// comes through. Whatever was lost, the next attempt ends with one server.
func testLostAnswers(t *testing.T, n node) {
	for after := 1; ; after++ {
		if after > 100 {
			t.Fatal("a Create takes more than a hundred messages")
		}
		order := fmt.Sprintf("lost-%d", after)
		p := &proxy{to: n.lab.Socket, after: after, stall: after%2 == 0}
		socket := filepath.Join(t.TempDir(), "s")
		p.serve(t, socket)
		d := n.with(t, func(o *libvirt.Options) { o.Socket = socket })
		// An answer that never comes takes the whole limit; a connection that ends says so at once.
		limit, most := 20*time.Second, 10*time.Second
		if p.stall {
			limit, most = 700*time.Millisecond, 5*time.Second
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		begin := time.Now()
		first := d.Create(ctx, ref(order), spec("box"))
		cancel()
		if took := time.Since(begin); took > most {
			t.Errorf("answer %d lost: the call took %v, want at most %v", after, took, most)
		}
		if first.Verdict != berth.Unresolved && first.Verdict != berth.Done {
			t.Errorf("answer %d lost: got %s (%v), want unresolved", after, first.Verdict, first.Reason)
		}
		// The next attempt, as the desk makes it.
		found := n.Find(t.Context(), ref(order))
		out := found
		if found.Verdict == berth.Absent {
			out = n.Create(t.Context(), ref(order), spec("box"))
		}
		is(t, fmt.Sprintf("answer %d lost, and the next attempt", after), out, berth.Done)
		if m := n.machines(t); len(m) != 1 || !m[order].Running || m[order].Busy || m[order].Address != out.Address {
			t.Fatalf("answer %d lost: got %+v, want one server that runs", after, m)
		}
		is(t, "delete", n.Delete(t.Context(), out.ProviderRef), berth.Done)
		n.empty(t)
		if first.Verdict == berth.Done {
			t.Logf("a Create takes %d messages; each answer was lost once", after-1)
			return
		}
	}
}
