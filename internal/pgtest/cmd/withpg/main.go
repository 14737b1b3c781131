// Command withpg runs another command beside a throw-away PostgreSQL:
//
//	withpg [-relaxed] [-set name=value]... -- go test ./...
//
// It starts a durable cluster on a port of its own, puts its address into
// BERTH_TEST_PG, runs the command, hands SIGINT, SIGTERM and SIGHUP on to it,
// stops the cluster and exits with the command's own exit code. So a whole run
// of tests pays for one cluster, and not every test binary for its own.
//
// A cluster that BERTH_TEST_PG names already is used as it is. Without
// PostgreSQL the command runs all the same, and its tests skip or fail as
// BERTH_REQUIRE says.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/berth-host/berth/internal/pgtest"
	"github.com/berth-host/berth/internal/require"
)

// Exit codes of withpg itself; they are those of env(1) and timeout(1), so that
// they don't look like the command's.
const (
	exitTrouble  = 125 // no cluster although one must be had, or bad use
	exitNotFound = 127 // the command can't be run
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments; it returns the exit code.
func run(args []string, stdout, stderr io.Writer) (code int) {
	options := pgtest.Options{Settings: map[string]string{}}
	flags := flag.NewFlagSet("withpg", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&options.Relaxed, "relaxed", false, "don't wait for the disk (not for crash tests or measurements)")
	flags.Func("set", "a server setting, `name=value`; may be repeated", func(setting string) error {
		name, value, ok := strings.Cut(setting, "=")
		if !ok || name == "" {
			return errors.New("want name=value")
		}
		options.Settings[name] = value
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return exitTrouble
	}
	if flags.NArg() == 0 {
		fmt.Fprintln(stderr, "withpg: name the command to run: withpg -- go test ./...")
		return exitTrouble
	}

	// Signals are caught before there is anything that they could leave behind.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	environment := os.Environ()
	if os.Getenv(pgtest.Variable) == "" {
		server, err := pgtest.Launch(options)
		switch {
		case errors.Is(err, pgtest.ErrNoPrograms) && !require.All():
			fmt.Fprintf(stderr, "\n*** withpg: NO POSTGRESQL, tests that need it are skipped: %v\n\n", err)
		case err != nil:
			fmt.Fprintf(stderr, "withpg: %v\n", err)
			return exitTrouble
		default:
			defer func() {
				if err := server.Close(); err != nil {
					fmt.Fprintf(stderr, "withpg: stop the cluster: %v\n", err)
				}
			}()
			environment = append(environment, pgtest.Variable+"="+server.DSN())
		}
	}
	return attend(flags.Args(), environment, signals, stdout, stderr)
}

// attend runs the command, hands signals on to it and returns its exit code,
// as a shell counts it: 128 + n after signal n.
func attend(command, environment []string, signals <-chan os.Signal, stdout, stderr io.Writer) int {
	cmd := exec.Command(command[0], command[1:]...) // #nosec G204 -- running it is what this program is for
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environment, os.Stdin, stdout, stderr
	// A process group of its own, which gets the signals as one: `go test`
	// hands none on to the test binaries that it started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(stderr, "withpg: %v\n", err)
		return exitNotFound
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = syscall.Kill(-cmd.Process.Pid, s.(syscall.Signal))
		case err := <-ended:
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				return 128 + int(status.Signal())
			}
			if err != nil && cmd.ProcessState.Success() {
				fmt.Fprintf(stderr, "withpg: %v\n", err)
				return exitTrouble
			}
			return cmd.ProcessState.ExitCode()
		}
	}
}
