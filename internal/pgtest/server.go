package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berth-host/berth/internal/process"
	"github.com/berth-host/berth/internal/require"
)

// Options shape a cluster. The zero value is a durable one with PostgreSQL's
// own defaults, so that what is measured on it can be compared.
type Options struct {
	// Relaxed turns fsync, synchronous_commit and full_page_writes off. For
	// tests that neither crash nor measure anything.
	Relaxed bool
	// Settings are server settings by name ("max_wal_size": "4GB"). They win
	// over this package's own.
	Settings map[string]string
}

// Server is a throw-away cluster that listens on a port of its own on
// 127.0.0.1. It ends with the process that made it, however that process ends.
// Not for use by several goroutines at once.
type Server struct {
	bin, dir   string
	port       int
	password   string
	settings   []string  // postgres' arguments
	postmaster *exec.Cmd // nil while the cluster is down
	sentinel   *exec.Cmd
	lifeline   *os.File // the sentinel waits for its end
}

// Start makes a cluster for this test alone, which may stop, kill and restart
// it; it is removed when the test ends. It takes about two seconds, so tests
// that only need a database use Database. Without the programs the test is
// skipped, or fails under BERTH_REQUIRE=all.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Launch(o)
	if errors.Is(err, ErrNoPrograms) {
		require.Present(t, "a PostgreSQL server ("+err.Error()+")", false)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the cluster: %v", err)
		}
	})
	return s
}

// Launch is Start for a program without a test: the caller calls Close.
// ErrNoPrograms when PostgreSQL is not installed.
func Launch(o Options) (*Server, error) {
	bin, err := BinDir()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "berth-pg-")
	if err != nil {
		return nil, err
	}
	// The password is not for secrecy alone: it makes sure that a test which
	// comes to the wrong port is turned away and doesn't write into somebody
	// else's database.
	s := &Server{bin: bin, dir: dir, password: rand.Text(), settings: o.arguments()}
	if err := s.create(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// DSN is the URL of the maintenance database "postgres", as a superuser. It
// stays the same over Stop, Kill and Restart.
func (s *Server) DSN() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("berth", s.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/postgres", RawQuery: "sslmode=disable"}
	return u.String()
}

// Port is the TCP port on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// BinDir is the folder of this cluster's programs: pgbench, pg_dump, psql.
func (s *Server) BinDir() string { return s.bin }

// Database makes an empty database in this cluster and returns its URL; it is
// dropped when the test ends, if the cluster is still up.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return makeDatabase(t, s.DSN())
}

// MakeDatabase is Database for a program without a test. The database goes with
// the cluster.
func (s *Server) MakeDatabase() (string, error) {
	dsn, _, err := newDatabase(s.DSN())
	return dsn, err
}

// Stop shuts the cluster down in an orderly way: open transactions are rolled
// back, everything is on disk. Nothing happens when it is down already.
func (s *Server) Stop() error {
	if s.postmaster == nil {
		return nil
	}
	_ = s.postmaster.Process.Signal(syscall.SIGINT) // "fast": doesn't wait for clients
	pid := s.postmaster.Process.Pid
	if err := until(patience, "the end of postgres", func() bool { return !process.Running(pid) }); err != nil {
		return errors.Join(err, s.Kill())
	}
	s.reap()
	return nil
}

// Kill ends every process of the cluster at once with SIGKILL, as a crash of
// the machine would, and returns when all are gone. What was acknowledged
// must be there after Restart. Nothing happens when it is down already.
func (s *Server) Kill() error {
	if s.postmaster == nil {
		return nil
	}
	pid := s.postmaster.Process.Pid
	// The postmaster is frozen first. A child that died before it would make
	// it start a recovery, and a child that outlived it would finish its
	// statement and answer the client: neither is a crash of everything.
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	if err := until(patience, "a frozen postgres", func() bool { return process.Stopped(pid) || !process.Running(pid) }); err != nil {
		return err
	}
	children := process.Tree(pid)[1:] // a server process has no children of its own
	for _, child := range children {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	s.reap()
	for _, child := range children {
		if err := until(patience, "the end of postgres' children", func() bool { return !process.Running(child) }); err != nil {
			return err
		}
	}
	return nil
}

// Restart stops the cluster if it is up, starts it on the same port and
// returns when it has recovered and takes connections.
func (s *Server) Restart() error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.up()
}

// Close stops the cluster and removes its folder. The Server is of no use
// afterwards. Start calls it by itself.
func (s *Server) Close() error {
	err := s.Stop()
	if s.sentinel == nil {
		return errors.Join(err, os.RemoveAll(s.dir))
	}
	// The end of the lifeline makes the sentinel remove the folder, in the
	// orderly case and in all the others: there is one way out.
	_ = s.lifeline.Close()
	err = errors.Join(err, s.sentinel.Wait())
	s.sentinel = nil
	return err
}

// create makes the folder's cluster and starts it on the first port that works.
func (s *Server) create() error {
	if err := s.giveAway(s.dir); err != nil {
		return err
	}
	if err := s.post(); err != nil {
		return fmt.Errorf("start the sentinel: %w", err)
	}
	if err := s.initialise(); err != nil {
		return err
	}
	var last error
	for range 5 {
		ports, err := process.FreePorts(1)
		if err != nil {
			return err
		}
		s.port = ports[0]
		// Between the look and the start another process may take the port.
		if last = s.up(); last == nil || !strings.Contains(last.Error(), "Address already in use") {
			return last
		}
	}
	return last
}

// initialise runs initdb.
func (s *Server) initialise() error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	if err := s.giveAway(secret); err != nil {
		return err
	}
	// --no-sync: until the first start there is nothing that a crash could lose.
	cmd := s.command("initdb", "--pgdata="+filepath.Join(s.dir, "data"), "--username=berth", "--pwfile="+secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// up starts postgres on s.port and waits until it answers.
func (s *Server) up() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.command("postgres", append([]string{"-D", filepath.Join(s.dir, "data"), "-p", strconv.Itoa(s.port)}, s.settings...)...)
	// A file, and neither a pipe (which needs a goroutine, and a test that
	// looks for leaked ones would find it) nor our own output: `go test`
	// waits until nobody holds that any more.
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.postmaster = cmd
	var last error
	gone := false
	err = until(patience, "an answer of postgres", func() bool {
		gone = !process.Running(cmd.Process.Pid)
		last = s.ping()
		return gone || last == nil
	})
	if gone {
		s.reap()
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("postgres ended at start:\n%s", text)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("postgres doesn't answer: %w", last), s.Kill())
	}
	return nil
}

func (s *Server) ping() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// reap takes the ended postmaster off the process table. Its exit status says
// nothing that the caller doesn't know.
func (s *Server) reap() {
	_ = s.postmaster.Wait()
	s.postmaster = nil
}

// arguments turns the options into postgres' arguments, in a fixed order.
func (o Options) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",    // its path has a length limit that TMPDIR may break
		"max_connections":         "300", // several test binaries with pools at once
		"timezone":                "UTC",
		"lc_messages":             "C", // up reads a message
	}
	if o.Relaxed {
		settings["fsync"], settings["synchronous_commit"], settings["full_page_writes"] = "off", "off", "off"
	}
	for name, value := range o.Settings {
		settings[name] = value
	}
	var arguments []string
	for name, value := range settings {
		arguments = append(arguments, "--"+name+"="+value)
	}
	sort.Strings(arguments)
	return arguments
}
