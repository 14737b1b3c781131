// Command sqlguard forbids what would let a write to the database happen twice.
//
//	go run ./scripts/sqlguard ./...
//
// When a connection breaks between a statement and its answer, database/sql
// and pgx may run the statement again by themselves, unless it is part of a
// transaction (internal/cutproxy shows it happening). So it reports
//
//   - a write through a *sql.DB or a *pgxpool.Pool instead of a transaction;
//   - any use of SafeToRetry, pgx's opinion on repeating, which is wrong after
//     a COMMIT that got through.
//
// Writes are looked for outside tests, by type and not by a variable's name.
// What it can't see: a write behind an interface, and a query whose text is
// put together at run time. The exit code is 1 when there is a finding.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// handles are the types that run a statement on a connection of their choice,
// and may do so a second time.
var handles = []string{"database/sql.DB", "github.com/jackc/pgx/v5/pgxpool.Pool"}

// demonstration is the one file that may say SafeToRetry: the test that shows
// what it is worth.
const demonstration = "internal/cutproxy/pgx_test.go"

var (
	// writing recognises a write anywhere in a query: RETURNING and WITH make
	// one of what looks like a read. It must not take FOR UPDATE for one.
	writing = regexp.MustCompile(`(?is)\b(insert\s+into|replace\s+into|update\s+\S+\s+(as\s+\S+\s+)?set|delete\s+from|merge\s+into|truncate|create|alter|drop)\b`)
	// harmless is what may be executed twice.
	harmless = regexp.MustCompile(`(?is)^\s*(select|pragma|show|set|explain|vacuum|analyze)\b`)
)

// pkg is what `go list` tells about a package.
type pkg struct {
	ImportPath, Dir, Export            string
	GoFiles, TestGoFiles, XTestGoFiles []string
	DepOnly                            bool
}

func main() {
	findings, err := check(os.Args[1:])
	for _, finding := range findings {
		fmt.Println(finding)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sqlguard:", err)
	}
	if err != nil || len(findings) > 0 {
		os.Exit(1)
	}
}

// check returns the findings in the packages that match the patterns.
func check(patterns []string) (findings []string, err error) {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	packages, err := list(patterns)
	if err != nil {
		return nil, err
	}
	// The compiler's own export data stand for what is imported: they are in
	// the build cache, and nothing but our own packages is checked from source.
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	files := token.NewFileSet()
	imports := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data for %s", path)
		}
		return os.Open(exports[path])
	})
	for _, p := range packages {
		if p.DepOnly {
			continue
		}
		found, err := p.check(files, imports)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

// list asks the go command for the packages and all that they import.
func list(patterns []string) ([]pkg, error) {
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,TestGoFiles,XTestGoFiles,DepOnly", "--"}, patterns...)...) // #nosec G204,G702 -- packages of whoever runs it
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.String())
	}
	var packages []pkg
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

// check looks at one package: its own files by type, its tests by name.
func (p pkg) check(files *token.FileSet, imports types.Importer) (findings []string, err error) {
	report := func(at token.Pos, text string) {
		findings = append(findings, fmt.Sprintf("%s: %s", files.Position(at), text))
	}
	parse := func(name string) (*ast.File, error) {
		path := filepath.Join(p.Dir, name)
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err == nil && !strings.HasSuffix(filepath.ToSlash(path), demonstration) {
			opinions(file, report)
		}
		return file, err
	}
	var own []*ast.File
	for _, name := range p.GoFiles {
		file, err := parse(name)
		if err != nil {
			return nil, err
		}
		own = append(own, file)
	}
	for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
		if _, err := parse(name); err != nil {
			return nil, err
		}
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	config := types.Config{Importer: imports}
	if _, err := config.Check(p.ImportPath, files, own, info); err != nil {
		return nil, err
	}
	for _, file := range own {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				writes(call, info, report)
			}
			return true
		})
	}
	return findings, nil
}

// opinions reports every use of the name SafeToRetry.
func opinions(file *ast.File, report func(token.Pos, string)) {
	ast.Inspect(file, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && name.Name == "SafeToRetry" {
			report(name.Pos(), "SafeToRetry is wrong after a COMMIT that got through: decide by the stage at which it failed")
		}
		return true
	})
}

// writes reports call when it writes outside a transaction.
func writes(call *ast.CallExpr, info *types.Info, report func(token.Pos, string)) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	selection := info.Selections[selector]
	if selection == nil || selection.Kind() != types.MethodVal || !isHandle(selection.Obj()) {
		return
	}
	text, known := query(call, info)
	var forbidden bool
	switch selector.Sel.Name {
	case "Exec", "ExecContext":
		// Who executes writes, unless the text says otherwise.
		forbidden = !known || !harmless.MatchString(text) || writing.MatchString(text)
	case "Query", "QueryContext", "QueryRow", "QueryRowContext", "Prepare", "PrepareContext":
		forbidden = known && writing.MatchString(text)
	case "SendBatch", "CopyFrom":
		forbidden = true
	}
	if forbidden {
		report(call.Pos(), selector.Sel.Name+" writes without a transaction and may happen twice: begin one and write through it")
	}
}

// isHandle tells whether a method belongs to one of the handles. The method is
// asked and not the expression, so that embedding doesn't hide it.
func isHandle(method types.Object) bool {
	receiver := method.Type().(*types.Signature).Recv().Type()
	if pointer, ok := receiver.(*types.Pointer); ok {
		receiver = pointer.Elem()
	}
	named, ok := receiver.(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return false
	}
	return slices.Contains(handles, named.Obj().Pkg().Path()+"."+named.Obj().Name())
}

// query returns the call's first string argument when it is a constant.
func query(call *ast.CallExpr, info *types.Info) (text string, known bool) {
	for _, argument := range call.Args {
		tv := info.Types[argument]
		if basic, ok := tv.Type.Underlying().(*types.Basic); !ok || basic.Info()&types.IsString == 0 {
			continue
		}
		if tv.Value == nil {
			return "", false
		}
		return constant.StringVal(tv.Value), true
	}
	return "", false
}
