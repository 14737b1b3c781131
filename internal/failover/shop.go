package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/process"
)

// Customers and what each is given: enough never to run out.
const (
	customers = 4
	allowance = "100000000.00"
)

// shop is Berth on the cluster: the program, its settings, and the servers that run.
type shop struct {
	site     *process.Site
	program  string
	env      []string
	proxy    string // address of HAProxy
	buyers   []load.Buyer
	replicas []*replica
}

// replica is one `berth serve`.
type replica struct {
	*process.Process
	url string
}

// openShop makes Berth's database, the catalogue, and customers with money and keys; everything by the commands that
// an operator would use.
func openShop(ctx context.Context, s *process.Site, c *cluster, program, catalogue string) (*shop, error) {
	r, err := c.awaitWhole(ctx)
	if err != nil {
		return nil, err
	}
	password := r.leader.passwords["berth"]
	if _, err := c.sql(ctx, r.leader, "CREATE ROLE berth LOGIN PASSWORD '"+password+"'", "CREATE DATABASE berth OWNER berth"); err != nil {
		return nil, err
	}
	// A standby that doesn't know the database yet would answer that it doesn't exist, which no client asks twice.
	for _, m := range c.machines {
		err := process.Until(ctx, patience, "Berth's database on "+m.name, func() bool {
			out, err := c.sql(ctx, m, "SELECT 1 FROM pg_database WHERE datname = 'berth'")
			return err == nil && out == "1"
		})
		if err != nil {
			return nil, err
		}
	}
	b := &shop{site: s, program: s.Path("berth"), proxy: address(c.proxyPort),
		env: []string{"BERTH_DB=" + databaseURL(c.hosts()), "PGPASSWORD=" + password}}
	if err := b.install(program, catalogue); err != nil {
		return nil, err
	}
	key, err := b.berth(ctx, "secrets", "generate")
	if err != nil {
		return nil, err
	}
	b.env = append(b.env, "BERTH_SECRET_KEY="+strings.TrimSpace(key), "BERTH_CONFIG="+s.Path("berth.yaml"))
	for _, args := range [][]string{{"migrate"}, {"catalogue", "apply", s.Path("catalogue.yaml")}} {
		if _, err := b.berth(ctx, args...); err != nil {
			return nil, err
		}
	}
	for n := range customers {
		if err := b.addCustomer(ctx, fmt.Sprintf("customer-%d", n+1)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// install copies the program and its files to where the site's user can read them.
func (b *shop) install(program, catalogue string) error {
	settings := "providers:\n  sim:\n    driver: sim\n    journal: " + b.journal() + "\n"
	if err := b.site.Write(b.site.Path("berth.yaml"), []byte(settings), 0o600); err != nil {
		return err
	}
	for from, to := range map[string]string{program: b.program, catalogue: b.site.Path("catalogue.yaml")} {
		text, err := os.ReadFile(from) // #nosec G304 -- a file of the sources
		if err != nil {
			return err
		}
		if err := b.site.Write(to, text, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// journal is the simulated provider's world: it isn't in the database, so the database can be held against it.
func (b *shop) journal() string { return b.site.Path("machines") }

// berth runs one of the program's commands and returns what it prints.
func (b *shop) berth(ctx context.Context, args ...string) (string, error) {
	out, err := b.site.Output(ctx, b.env, b.program, args...)
	if err != nil {
		return out, fmt.Errorf("berth %s: %w", args[0], err)
	}
	return out, nil
}

func (b *shop) addCustomer(ctx context.Context, id string) error {
	if _, err := b.berth(ctx, "user", "create", "--id", id, "--name", id); err != nil {
		return err
	}
	if _, err := b.berth(ctx, "wallet", "credit", "--user", id, "--amount", allowance, "--ref", "start"); err != nil {
		return err
	}
	out, err := b.berth(ctx, "key", "create", "--json", "--user", id)
	if err != nil {
		return err
	}
	var made struct {
		Key string `json:"key"`
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Key == "" {
		return fmt.Errorf("berth key create --json printed no key: %w", err)
	}
	b.buyers = append(b.buyers, load.Buyer{UserID: id, Key: made.Key})
	return nil
}

// credits is what every wallet was given, in minor units.
func (b *shop) credits() (map[string]int64, error) {
	amount, err := berth.ParseMinor(allowance)
	credits := map[string]int64{}
	for _, buyer := range b.buyers {
		credits[buyer.UserID] = amount
	}
	return credits, err
}

// serve starts two servers and waits until they're ready. The first names all machines of the database itself, the
// second goes through HAProxy.
func (b *shop) serve(ctx context.Context) error {
	for _, way := range []struct {
		name string
		more []string
	}{
		{"berth-direct", nil},
		{"berth-haproxy", []string{"BERTH_DB=" + databaseURL(b.proxy)}},
	} {
		r, err := b.serveOne(ctx, way.name, way.more)
		if err != nil {
			return err
		}
		b.replicas = append(b.replicas, r)
	}
	return nil
}

func (b *shop) serveOne(ctx context.Context, name string, more []string) (*replica, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer write.Close()
	p, err := b.site.SpawnTo(write, name, slices.Concat(b.env, more), b.program, "serve", "--listen", loopback+":0", "--metrics-listen", "off")
	if err != nil {
		_ = read.Close()
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		defer read.Close()
		defer close(ready)
		for lines := bufio.NewScanner(read); lines.Scan(); {
			if url, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				ready <- url
				break
			}
		}
		_, _ = io.Copy(io.Discard, read) // a server that prints more must not wait for a reader
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case url, ok := <-ready:
		if !ok {
			return nil, fmt.Errorf("%s ended before it was ready", name)
		}
		return &replica{p, url}, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s is not ready within %v", name, patience)
	}
}

func (b *shop) addresses() string {
	return strings.Join(b.urls(), ", ")
}

func (b *shop) urls() (urls []string) {
	for _, r := range b.replicas {
		urls = append(urls, r.url)
	}
	return urls
}

// close ends the servers in order: a process that lived through all of it must still be able to stop.
func (b *shop) close(ctx context.Context) error {
	for _, r := range b.replicas {
		_ = r.Cmd.Process.Signal(syscall.SIGTERM)
	}
	for _, r := range b.replicas {
		if err := r.Wait(ctx, patience); err != nil {
			return err
		}
		if code := r.Cmd.ProcessState.ExitCode(); code != 0 {
			return fmt.Errorf("%s ended with code %d after SIGTERM", r.Name, code)
		}
	}
	return nil
}

// faults lists what the servers' logs tell about answers that are never right, whatever the database does: a database
// that is away is no internal error.
func (b *shop) faults() (found []string, err error) {
	for _, r := range b.replicas {
		file, err := os.Open(b.site.Log(r.Name))
		if err != nil {
			return nil, err
		}
		defer file.Close()
		n, first := 0, ""
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var entry struct {
				Msg, Code, Cause string
				Status           int
			}
			// A line that is no JSON is Go's own, of a panic.
			if json.Unmarshal(lines.Bytes(), &entry) != nil {
				return nil, fmt.Errorf("%s wrote %q", r.Name, lines.Text())
			}
			if entry.Status == http.StatusInternalServerError {
				if n++; n == 1 {
					first = entry.Cause
				}
			}
		}
		if n > 0 {
			found = append(found, fmt.Sprintf("%s answered %d requests with 500, the first because of %q", r.Name, n, first))
		}
		if lines.Err() != nil {
			return nil, lines.Err()
		}
	}
	return found, nil
}
