package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/berth-host/berth/internal/pgtest"
)

// statementsModule counts the statements of a PostgreSQL; it has to be there from the server's start.
const statementsModule = "pg_stat_statements"

// runProfile runs both engines under the load that matters, one wallet and busyClients, and tells where the processor's
// time goes. It leaves in dir, for `go tool pprof`:
//
//	berth                    the program
//	PostgreSQL.pprof         the server's profile, and likewise SQLite.pprof
//	PostgreSQL.txt           what was printed, and likewise SQLite.txt
func runProfile(ctx context.Context, p plan, dir string) (err error) {
	if err := p.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { // #nosec G301 -- profiles hold no secrets
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "berth-profile-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	p.scale, p.wallets = 0, []int{1}
	b, err := prepare(ctx, p, work, statementSettings())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, engine := range p.engines {
		text, err := b.profile(ctx, engine, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
		if _, err := os.Stdout.WriteString(text); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, engine+".txt"), []byte(text), 0o644); err != nil { // #nosec G306 -- for everybody
			return err
		}
	}
	say("the profiles are in %s: go tool pprof -http : %s", dir, filepath.Join(dir, p.engines[0]+".pprof"))
	program, err := os.ReadFile(b.program)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "berth"), program, 0o755) // #nosec G306 G703 -- a program, where the caller wants it
}

// statementSettings load the module into a cluster, when it's installed: a cluster that lacks it wouldn't start.
func statementSettings() map[string]string {
	bin, err := pgtest.BinDir()
	if err != nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(bin), "lib", statementsModule+".so")); err != nil {
		return nil
	}
	return map[string]string{"shared_preload_libraries": statementsModule, statementsModule + ".track_utility": "on"}
}

// profile runs one engine and returns what there is to say about it.
func (b *bench) profile(ctx context.Context, engine, dir string) (string, error) {
	s, err := b.open(ctx, engine, "profile")
	if err != nil {
		return "", err
	}
	if err := s.stop(ctx); err != nil {
		return "", err
	}
	path := filepath.Join(dir, engine+".pprof")
	if err := s.start(ctx, "--cpu-profile", path); err != nil {
		return "", err
	}
	counted, err := false, error(nil)
	if engine == postgres {
		counted, err = s.countStatements(ctx)
	}
	var r result
	if err == nil {
		r, err = s.measure(ctx, traffic{clients: busyClients, wallets: 1, period: b.period, database: b.databaseOf(engine)})
	}
	var statements string
	if err == nil && counted {
		statements, err = s.statements(ctx, r.orders)
	}
	if err = errors.Join(err, s.stop(ctx)); err != nil { // its end writes the profile
		return "", err
	}
	out, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-nodecount=1000000", "-nodefraction=0", b.program, path).Output() // #nosec G204 -- files made just now
	if err != nil {
		return "", fmt.Errorf("go tool pprof: %w", err)
	}
	functions := readTop(string(out))
	var w strings.Builder
	fmt.Fprintf(&w, "# %s: one wallet, %d clients: %.0f orders/s, processor %.0f + %.0f + %.0f us an order (server, database, client)\n\n",
		engine, busyClients, r.rate, r.own, r.db, r.client)
	writeProfile(&w, functions, r.orders)
	switch {
	case engine != postgres:
	case counted:
		w.WriteString("\n" + statements)
	default:
		fmt.Fprintf(&w, "\nThe statements' times are not known: this PostgreSQL has no %s (Debian: postgresql-contrib), or it isn't loaded.\n", statementsModule)
	}
	w.WriteString("\n")
	return w.String(), nil
}

// function is a line of `go tool pprof -top`; times in milliseconds.
type function struct {
	name      string
	flat, cum float64
}

// readTop reads the lines "flat flat% sum% cum cum% name".
func readTop(text string) (list []function) {
	for line := range strings.Lines(text) {
		columns := strings.Fields(line)
		if len(columns) < 6 {
			continue
		}
		flat, okFlat := millisOf(columns[0])
		cum, okCum := millisOf(columns[3])
		if okFlat && okCum {
			list = append(list, function{nameOf(strings.Join(columns[5:], " ")), flat, cum})
		}
	}
	return list
}

// nameOf is a function's name without what the compiler tells of its type arguments, which may be a whole struct.
func nameOf(text string) string {
	text = strings.TrimSuffix(text, " (inline)")
	from, to := strings.IndexByte(text, '['), strings.LastIndexByte(text, ']')
	if from < 0 || to < from {
		return text
	}
	return text[:from] + "[...]" + text[to+1:]
}

// millisOf reads a time as pprof writes it: 0, 20ms, 1.25s, 1.5mins.
func millisOf(text string) (float64, bool) {
	for _, unit := range []struct {
		name   string
		factor float64
	}{{"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}, {"mins", 60000}, {"hrs", 3600000}, {"s", 1000}, {"", 1}} {
		if number, ok := strings.CutSuffix(text, unit.name); ok {
			if v, err := strconv.ParseFloat(number, 64); err == nil {
				return v * unit.factor, true
			}
		}
	}
	return 0, false
}

// parts are what an order's processor time is split into by functions under which it happens; the largest that fits
// counts. They overlap: JSON is within a handler.
var parts = []struct {
	name string
	in   *regexp.Regexp
}{
	{"HTTP (connections, whole)", regexp.MustCompile(`^net/http\.\(\*conn\)\.serve$`)},
	{"  of that the handler", regexp.MustCompile(`/internal/httpapi\..*ServeHTTP$`)},
	{"reading and writing connections (clients and database)", regexp.MustCompile(`^net\.\(\*conn\)\.(Write|Read)$`)},
	{"JSON", regexp.MustCompile(`^encoding/json\.(Marshal|Unmarshal|\(\*Encoder\)\.Encode|\(\*Decoder\)\.Decode)$`)},
	{"batches, whole", regexp.MustCompile(`/internal/store\.\(\*batcher\)\.(lead|run|transact)$`)},
	{"  begin and load", regexp.MustCompile(`/internal/store\.\(\*(postgres|sqlite)\)\.begin$`)},
	{"  decide", regexp.MustCompile(`/berth\.\(\*Book\)\.Run$`)},
	{"  append and commit", regexp.MustCompile(`/internal/store\.\(\*(postgres|sqlite)Tx\)\.commit$`)},
	{"driver", regexp.MustCompile(`/internal/provision/sim\.`)},
	{"log", regexp.MustCompile(`^log/slog\.\(\*Logger\)\.logAttrs$|^log/slog\.\(\*JSONHandler\)\.Handle$`)},
	{"metrics", regexp.MustCompile(`/internal/telemetry\.`)},
	{"allocating", regexp.MustCompile(`^runtime\.mallocgc$`)},
	{"collecting", regexp.MustCompile(`^runtime\.gcBgMarkWorker$`)},
	{"scheduling", regexp.MustCompile(`^runtime\.(mcall|schedule|findRunnable)$`)},
	{"system calls", regexp.MustCompile(`syscall\.(Syscall6?|RawSyscall6)$|^syscall\.syscalln?$`)},
}

// writeProfile writes the profile by part, by package, and its first functions by own and by whole time.
func writeProfile(w *strings.Builder, list []function, orders float64) {
	total := 0.0
	packages := map[string]float64{}
	for _, f := range list {
		total += f.flat
		packages[packageOf(f.name)] += f.flat
	}
	line := func(ms float64, name string) {
		fmt.Fprintf(w, "%8.1f us an order %5.1f %%  %s\n", 1000*ms/max(orders, 1), 100*ms/max(total, 1), name)
	}
	w.WriteString("By part, with all that is called from there (they overlap):\n")
	for _, p := range parts {
		most := 0.0
		for _, f := range list {
			if p.in.MatchString(f.name) {
				most = max(most, f.cum)
			}
		}
		line(most, p.name)
	}
	w.WriteString("\nBy package, without what is called from there:\n")
	own := make([]function, 0, len(packages))
	for name, flat := range packages {
		own = append(own, function{name, flat, flat})
	}
	for _, f := range first(own, 20, func(f function) float64 { return f.flat }) {
		line(f.flat, f.name)
	}
	w.WriteString("\nFunctions, without what they call:\n")
	for _, f := range first(list, 25, func(f function) float64 { return f.flat }) {
		line(f.flat, f.name)
	}
	w.WriteString("\nThis program's functions, with what they call:\n")
	ours := slices.DeleteFunc(slices.Clone(list), func(f function) bool { return !strings.Contains(f.name, "berth-host/berth") })
	for _, f := range first(ours, 40, func(f function) float64 { return f.cum }) {
		line(f.cum, f.name)
	}
}

// first are the n largest.
func first(list []function, n int, by func(function) float64) []function {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b function) int {
		return cmp.Or(cmp.Compare(by(b), by(a)), strings.Compare(a.name, b.name))
	})
	return sorted[:min(n, len(sorted))]
}

// packageOf is the package of a function's full name: what stands before the first dot behind the last slash.
func packageOf(name string) string {
	name, _, _ = strings.Cut(name, "[") // type arguments have slashes of their own
	slash := strings.LastIndexByte(name, '/') + 1
	base, _, _ := strings.Cut(name[slash:], ".")
	return name[:slash] + base
}

// countStatements begins counting, and is false when this PostgreSQL can't.
func (s *shop) countStatements(ctx context.Context) (bool, error) {
	var loaded string
	if err := s.query(ctx, "SHOW shared_preload_libraries", &loaded); err != nil {
		return false, err
	}
	if !strings.Contains(loaded, statementsModule) {
		return false, nil
	}
	conn, err := pgx.Connect(ctx, s.db)
	if err != nil {
		return false, err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS "+statementsModule)
	if err == nil {
		_, err = conn.Exec(ctx, "SELECT pg_stat_statements_reset()")
	}
	return err == nil, err
}

// statements tells which took PostgreSQL's time: execution only, which leaves out reading and planning the
// statement and writing its answer.
func (s *shop) statements(ctx context.Context, orders float64) (string, error) {
	conn, err := pgx.Connect(ctx, s.db)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT calls::float8, total_exec_time, rows::float8, regexp_replace(query, '\\s+', ' ', 'g')"+
		" FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"+
		" ORDER BY total_exec_time DESC LIMIT 20")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var w strings.Builder
	w.WriteString("Statements by execution time in PostgreSQL:\n")
	for rows.Next() {
		var calls, ms, count float64
		var text string
		if err := rows.Scan(&calls, &ms, &count, &text); err != nil {
			return "", err
		}
		fmt.Fprintf(&w, "%8.1f us an order, %7.0f calls of %7.1f us, %5.1f rows each  %.110s\n", 1000*ms/max(orders, 1), calls,
			1000*ms/max(calls, 1), count/max(calls, 1), text)
	}
	return w.String(), rows.Err()
}
