package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/berth-host/berth"
	"github.com/berth-host/berth/internal/load"
	"github.com/berth-host/berth/internal/store"
)

// shop is an installation on a database of its own, and its server while it runs.
type shop struct {
	program  string
	db       string
	dir      string
	env      []string
	hot      string // id of the user whose one wallet pays for all
	accounts string // file with the users who order from wallets of their own, for 'berth load'
	key      string
	huge     bool // too many rows to prove the books after each round

	server  *exec.Cmd
	url     string
	metrics string        // URL of the server's metrics
	ready   time.Duration // from start to ready
}

const goods = `
currency: EUR
locations: [Slovenia]
images: [{id: 13, name: Debian 12}]
plans:
  - {external_id: 5, name: VPS, cores: 2, ram: 6GiB, disk: 40, price: "12.99", images: [13], offers: [{location: Slovenia, provider: sim}]}
`

// openShop makes an installation with the operator's own commands, but for the many accounts: those are written through
// the desk, which takes a second instead of a minute.
func openShop(ctx context.Context, program, db, dir string, accounts int) (*shop, error) {
	s := &shop{program: program, db: db, dir: dir, hot: "reseller", accounts: filepath.Join(dir, "accounts")}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	secret, err := s.command(ctx, "secrets", "generate")
	if err != nil {
		return nil, err
	}
	s.env = []string{"BERTH_SECRET_KEY=" + strings.TrimSpace(secret)}
	config := "metrics_listen: 127.0.0.1:0\nproviders:\n  sim:\n    driver: sim\n    journal: " + filepath.Join(dir, "machines") + "\n"
	catalogue := filepath.Join(dir, "catalogue.yaml")
	for path, text := range map[string]string{s.config(): config, catalogue: goods} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	for _, args := range [][]string{
		{"migrate"}, {"catalogue", "apply", catalogue}, {"user", "create", "--id", s.hot, "--name", s.hot},
		{"wallet", "credit", "--user", s.hot, "--amount", "1000000000", "--ref", "bench"},
	} {
		if _, err := s.command(ctx, append(args, "--db", db)...); err != nil {
			return nil, err
		}
	}
	made, err := s.command(ctx, "--json", "key", "create", "--user", s.hot, "--db", db)
	if err != nil {
		return nil, err
	}
	var key struct {
		Key string `json:"key"`
	}
	if err := json.Unmarshal([]byte(made), &key); err != nil {
		return nil, err
	}
	s.key = key.Key
	s.env = append(s.env, "BERTH_API_KEY="+s.key) // and not an argument: those are in errors
	return s, s.openAccounts(ctx, accounts)
}

func (s *shop) config() string { return filepath.Join(s.dir, "berth.yaml") }

// openAccounts makes sub-accounts of the reseller, each with a wallet. The reseller's key orders for all of them.
func (s *shop) openAccounts(ctx context.Context, n int) error {
	db, err := store.Open(ctx, s.db, store.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	now := func() int64 { return time.Now().UnixMicro() }
	desk := berth.NewDesk(berth.Desk{Store: db, Policy: berth.DefaultPolicy(), Replica: "bench", Now: now})
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(128)
	var list strings.Builder
	for i := range n {
		id := fmt.Sprintf("account-%04d", i)
		fmt.Fprintln(&list, id, s.key)
		group.Go(func() error {
			if _, err := desk.CreateUser(ctx, berth.User{ID: id, ParentID: s.hot, Username: id}, "EUR"); err != nil {
				return err
			}
			_, _, err := desk.Transfer(ctx, berth.Transfer{UserID: id, Amount: 100_000_000_00, Ref: "bench"})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return os.WriteFile(s.accounts, []byte(list.String()), 0o600)
}

// command runs the program to its end and returns what it printed.
func (s *shop) command(ctx context.Context, args ...string) (string, error) {
	out, _, err := s.timed(ctx, args...)
	return out, err
}

// timed is command, with the processor time that it took.
func (s *shop) timed(ctx context.Context, args ...string) (string, time.Duration, error) {
	cmd := exec.CommandContext(ctx, s.program, args...) // #nosec G204 -- the program that was just built
	cmd.Env = append(os.Environ(), s.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", 0, fmt.Errorf("berth %s: %w\n%s%s", args[0], err, // not all of them: a database's address may hold its password
			out.String(), errs.String())
	}
	return out.String(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// start starts the server and waits until it's ready. Its log goes to a file, as a service's would. flags are further
// ones of 'berth serve'.
func (s *shop) start(ctx context.Context, flags ...string) error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	args := append([]string{"serve", "--config", s.config(), "--db", s.db, "--listen", "127.0.0.1:0"}, flags...)
	s.server = exec.CommandContext(ctx, s.program, args...) // #nosec G204 -- the program that was just built
	s.server.Env, s.server.Stderr = append(os.Environ(), s.env...), log
	s.server.Cancel = func() error { return s.server.Process.Signal(syscall.SIGTERM) }
	s.server.WaitDelay = 30 * time.Second
	out, err := s.server.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := s.server.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	s.ready = time.Since(began)
	var ok bool
	if s.url, ok = strings.CutPrefix(strings.TrimSpace(line), "ready "); !ok {
		text, _ := os.ReadFile(log.Name())
		_ = s.server.Process.Kill()
		_ = s.server.Wait()
		s.server = nil
		return fmt.Errorf("the server isn't ready: %v\n%s", err, text)
	}
	s.metrics, err = metricsURL(log.Name())
	return err
}

// metricsURL is where the server serves its metrics, by its log: it has chosen the port itself.
func metricsURL(log string) (string, error) {
	text, err := os.ReadFile(log) // #nosec G304 -- the server's own log
	if err != nil {
		return "", err
	}
	for line := range bytes.Lines(text) {
		var said struct {
			Msg string `json:"msg"`
			URL string `json:"url"`
		}
		if json.Unmarshal(line, &said) == nil && said.Msg == "metrics are served" {
			return strings.TrimSuffix(said.URL, "/metrics"), nil
		}
	}
	return "", errors.New("the server's log doesn't say where its metrics are")
}

// stop ends the server, and proves the books: a rate that was made by losing orders is none.
func (s *shop) stop(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	server := s.server
	s.server = nil
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := server.Wait(); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	if s.huge { // the proof of so many takes longer than the measurement
		return nil
	}
	_, err := s.command(ctx, "verify", "--db", s.db)
	return err
}

// traffic is what 'berth load' sends.
type traffic struct {
	clients, wallets int
	rate             float64 // orders a second; 0 for each when the last was answered
	warmUp, period   time.Duration
	database         int // main process of the database, 0 for none
}

// measure runs 'berth load' for a while, after a warm-up.
func (s *shop) measure(ctx context.Context, t traffic) (result, error) {
	who := []string{"--user", s.hot}
	if t.wallets > 1 {
		who = []string{"--users", s.accounts}
	}
	args := append([]string{"--json", "load", "--url", s.url, "--clients", strconv.Itoa(t.clients)}, who...)
	if t.rate > 0 {
		args = append(args, "--rate", strconv.FormatFloat(t.rate, 'f', 1, 64))
	}
	if t.warmUp > 0 {
		if _, err := s.command(ctx, append(args, "--duration", t.warmUp.String())...); err != nil {
			return result{}, err
		}
	}
	before, err := scrapeMetrics(ctx, s.metrics)
	if err != nil {
		return result{}, err
	}
	own, db := cpu(s.server.Process.Pid, false), cpu(t.database, true)
	text, client, err := s.timed(ctx, append(args, "--duration", t.period.String())...)
	own, db = cpu(s.server.Process.Pid, false)-own, cpu(t.database, true)-db
	if err != nil {
		return result{}, err
	}
	after, err := scrapeMetrics(ctx, s.metrics)
	if err != nil {
		return result{}, err
	}
	var r load.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return result{}, err
	}
	if r.Failed+r.Processing > 0 {
		return result{}, fmt.Errorf("%d of the orders failed (%v), and %d were not done in time", r.Failed, r.Errors, r.Processing)
	}
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(max(r.Completed, 1)) }
	return result{rate: r.Rate, p50: r.Times.P50, p99: r.Times.P99, own: each(own), db: each(db), client: each(client),
		orders: float64(r.Completed), where: phasesOf(before, after, r.Completed, t.clients, r.Seconds)}, nil
}
