package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/berth-host/berth/internal/settings"
)

// The exit codes of every command.
const (
	exitDone   = 0
	exitFailed = 1 // refused, failed, or 'verify' found something
	exitUsage  = 2 // the command line or the settings can't be understood
)

// stdio is where a command reads and writes. Results go to out, everything else to err.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// session is what every command gets: all of the outside world that it may touch.
type session struct {
	ctx    context.Context
	getenv func(string) string
	stdio
	json bool
}

// commands is the whole command line. Each command is a file of its own.
type commands struct {
	JSON bool `name:"json" help:"Print results (and errors) as JSON."`

	Serve   serveCmd   `cmd:"" help:"Serve the API and fulfil orders."`
	Demo    demoCmd    `cmd:"" help:"Serve a sample shop with simulated machines, ready to order from."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to this program's schema."`
	Config  configCmd  `cmd:"" help:"Print the settings that hold, and where each comes from. Secrets are masked."`
	User    userCmds   `cmd:"" help:"Users and their sub-accounts."`
	Key     keyCmds    `cmd:"" help:"API keys."`
	Wallet  walletCmds `cmd:"" help:"Prepaid balances."`

	Catalogue catalogueCmds  `cmd:"" help:"What can be bought."`
	Order     orderCmds      `cmd:"" help:"Orders, and the decisions that only a person can take."`
	Service   serviceCmds    `cmd:"" help:"What customers own: its state, and what an operator can do about it."`
	Reconcile reconcileCmd   `cmd:"" help:"Compare what customers own with what the providers have. Exit code 1 when they differ."`
	Event     eventCmds      `cmd:"" help:"What happened."`
	Verify    verifyCmd      `cmd:"" help:"Prove the books: recompute every balance, check every order and service. Exit code 1 when something is wrong."`
	Backup    backupCmd      `cmd:"" help:"Copy an SQLite database into a new file, beside a busy server, and prove the copy."`
	Restore   restoreCmd     `cmd:"" help:"Make an SQLite database from a backup, and prove it first."`
	Move      moveCmd        `cmd:"" help:"Move everything into an empty database, of the same or the other kind, and prove that nothing is missing."`
	Load      loadCmd        `cmd:"" help:"Send orders to a server and measure: orders a second, answer times, errors by code."`
	Provider  providerCmds   `cmd:"" help:"The providers that machines come from."`
	Pool      poolCmds       `cmd:"" help:"Addresses, AS numbers and networks that services get: one service each."`
	Secrets   secretsCmds    `cmd:"" help:"The key that seals passwords."`
	FakePanel fakeSolusVMCmd `cmd:"" name:"fake-solusvm" help:"Serve a SolusVM 2 panel without machines, to try Berth with."`
	EdgeAgent edgeAgentCmd   `cmd:"" name:"edge-agent" help:"Keep a BIRD on this machine as a server elsewhere says."`
	Version   versionCmd     `cmd:"" help:"Print the version."`
}

// exited is what kong's own exits (--help) become, so that run always returns.
type exited int

// run is the program: it takes the command line (without the program's name) and returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, std stdio) (code int) {
	var c commands
	parser, err := kong.New(&c, kong.Name("berth"), kong.Description("Berth takes orders for a hosting provider: paid from a prepaid wallet, fulfilled exactly once."),
		kong.Writers(std.out, std.err), kong.Exit(func(code int) { panic(exited(code)) }), helpVars(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		writeError(std.err, err, false)
		return exitFailed
	}
	defer func() {
		if p := recover(); p != nil {
			e, ok := p.(exited)
			if !ok {
				panic(p)
			}
			code = int(e)
		}
	}()
	parsed, err := parser.Parse(args)
	if err != nil {
		writeError(std.err, err, false)
		writeText(std.err, "Run 'berth --help', or a command with --help, for what there is.\n")
		return exitUsage
	}
	s := &session{ctx: ctx, getenv: getenv, stdio: std, json: c.JSON}
	err = parsed.Run(s)
	var wrong usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFound): // the findings are printed already
		return exitFailed
	case errors.As(err, &wrong):
		writeError(std.err, wrong.error, c.JSON)
		return exitUsage
	}
	writeError(std.err, err, c.JSON)
	return exitFailed
}

// usageError marks what its user must write differently: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// helpVars gives the flags of settings the help text of the settings' own table.
func helpVars() kong.Vars {
	vars := kong.Vars{}
	for _, name := range settings.Names() {
		vars["help_"+name] = strings.ToUpper(settings.Help(name)[:1]) + settings.Help(name)[1:] + " (" + settings.Variable(name) + ")."
	}
	return vars
}
