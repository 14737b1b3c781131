package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// readyWatch looks at /readyz of every server, as a load balancer does.
type readyWatch struct {
	began  time.Time
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu      sync.Mutex
	servers []*readiness
}

type readiness struct {
	name       string
	ready      bool
	red, green time.Duration // when it first became unready, and when it was last seen to become ready; 0 for never
}

func watchReady(replicas []*replica) *readyWatch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &readyWatch{began: time.Now(), cancel: cancel}
	client := &http.Client{Timeout: 3 * time.Second}
	for _, r := range replicas {
		s := &readiness{name: r.Name, ready: true}
		w.servers = append(w.servers, s)
		w.ended.Go(func() {
			tick := time.NewTicker(250 * time.Millisecond)
			defer tick.Stop()
			for {
				w.note(s, isReady(ctx, client, r.url))
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	return w
}

func isReady(ctx context.Context, client *http.Client, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return ctx.Err() != nil // not the server's fault when we are stopping
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func (w *readyWatch) note(s *readiness, ready bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case s.ready && !ready && s.red == 0:
		s.red = time.Since(w.began)
	case !s.ready && ready:
		s.green = time.Since(w.began)
	}
	s.ready = ready
}

// allReady reports whether every server is ready now.
func (w *readyWatch) allReady() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.servers {
		if !s.ready {
			return false
		}
	}
	return true
}

// stop ends the watch and tells what was seen.
func (w *readyWatch) stop() (lines []string) {
	w.cancel()
	w.ended.Wait()
	for _, s := range w.servers {
		line := fmt.Sprintf("/readyz of %s stayed green", s.name)
		if s.red > 0 {
			line = fmt.Sprintf("/readyz of %s red after %.1f s, green again after %.1f s", s.name, s.red.Seconds(), s.green.Seconds())
		}
		lines = append(lines, line)
	}
	return lines
}

// neverRed names the servers that were ready all the time.
func (w *readyWatch) neverRed() (servers []string) {
	for _, s := range w.servers {
		if s.red == 0 {
			servers = append(servers, s.name)
		}
	}
	return servers
}
