package berth_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/berth-host/berth"

// listed is a package as `go list` tells of it.
type listed struct {
	ImportPath string
	Standard   bool
	Export     string
	GoFiles    []string
	Imports    []string
}

// list asks the go command for packages.
func list(t *testing.T, args ...string) (found []listed) {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Export,GoFiles,Imports"}, args...)...)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(out); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		found = append(found, p)
	}
	if err := command.Wait(); err != nil {
		t.Fatalf("go list: %v", err)
	}
	return found
}

// What the packages of this module are, by the beginning of their path. The first that fits counts.
const (
	root    = "the business"
	program = "a program"
	support = "support of tests"
	adapter = "an adapter"
)

var sorts = []struct{ path, sort string }{
	{"cmd", program},
	{"internal/bench", support},
	{"internal/cutproxy", support},
	{"internal/e2e", support},
	{"internal/edge/bird/lab", support},
	{"internal/edge/edgetest", support},
	{"internal/failover", support},
	{"internal/fault", support},
	{"internal/pgtest", support},
	{"internal/process", support},
	{"internal/provision/libvirt/lab", support},
	{"internal/provision/servertest", support},
	{"internal/require", support},
	{"internal/simulate", support},
	{"internal/storetest", support},
	{"internal/torture", support},
	{"scripts", support},
	{"internal", adapter},
	{"", root},
}

func sortOf(path string) string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	for _, s := range sorts {
		if path == s.path || s.path == "" || strings.HasPrefix(path, s.path+"/") {
			return s.sort
		}
	}
	return ""
}

// The import rule: every arrow points at the root package. What may import what of this module:
var mayImport = map[string][]string{
	root:    nil,
	adapter: {root}, // and no other adapter
	program: {root, adapter},
	support: {root, adapter, support},
}

func TestImportRule(t *testing.T) {
	seen := map[string]int{}
	for _, p := range list(t, "./...") {
		from := sortOf(p.ImportPath)
		seen[from]++
		for _, path := range p.Imports {
			if path != module && !strings.HasPrefix(path, module+"/") {
				continue
			}
			if to := sortOf(path); !slices.Contains(mayImport[from], to) {
				t.Errorf("%s, %s, imports %s, %s", p.ImportPath, from, path, to)
			}
		}
	}
	if seen[root] != 1 || seen[adapter] < 5 || seen[program] == 0 {
		t.Errorf("got packages %v: the table doesn't know this module any more", seen)
	}
	for _, p := range list(t, "-deps", ".") {
		if !p.Standard && p.ImportPath != module {
			t.Errorf("the root package depends on %s: it may use the standard library only", p.ImportPath)
		}
	}
}

// What the root package may not do: whatever would make two runs with the same instants and ids differ.
var impure = map[string]string{
	"math/rand": "random numbers come from the store's options", "math/rand/v2": "random numbers come from the store's options",
	"crypto/rand": "random numbers come from the store's options", "sync": "nothing here runs at the same time",
	"sync/atomic": "nothing here runs at the same time", "os": "no input or output", "net": "no input or output",
	"net/http": "no input or output", "io": "no input or output", "log": "no input or output", "log/slog": "no input or output",
	"time.Now": "instants come from the book", "time.Since": "instants come from the book", "time.Until": "instants come from the book",
	"time.Sleep": "nothing waits", "time.After": "nothing waits", "time.NewTimer": "nothing waits", "time.NewTicker": "nothing waits",
	"time.AfterFunc": "nothing waits", "time.Tick": "nothing waits",
}

func TestRootIsSimulable(t *testing.T) {
	packages := list(t, "-export", "-deps", ".")
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	own := packages[len(packages)-1] // dependencies come first
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range own.GoFiles {
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	if _, err := config.Check(module, fset, files, info); err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("got %d files of %s", len(files), own.ImportPath)
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if n == nil {
				return false
			}
			if why := impurity(n, info); why != "" {
				t.Errorf("%s: %s", fset.Position(n.Pos()), why)
			}
			return true
		})
	}
}

// impurity says why a node doesn't belong into the root package, "" when it does.
func impurity(n ast.Node, info *types.Info) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a goroutine"
	case *ast.SelectStmt:
		return "a select"
	case *ast.ChanType:
		return "a channel"
	case *ast.ImportSpec:
		return impure[strings.Trim(n.Path.Value, `"`)]
	case *ast.SelectorExpr:
		if object := info.Uses[n.Sel]; object != nil && object.Pkg() != nil {
			return impure[object.Pkg().Path()+"."+object.Name()]
		}
	case *ast.RangeStmt:
		if _, isMap := info.Types[n.X].Type.Underlying().(*types.Map); isMap {
			return "a walk over a map, whose order changes from run to run"
		}
	}
	return ""
}
