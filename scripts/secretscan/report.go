package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// report prints of `go test -json` what `go test` would print: all of a test that failed, and one line for a package
// that passed.
type report struct {
	out  io.Writer
	all  bool // -v was given
	held map[test][]string
}

// test is a test of a package, or the package itself when it has no name.
type test struct{ Package, Test string }

type event struct {
	Action string
	test
	Output string
}

// take takes one line. It returns what a test printed there, or false when the line isn't of a test.
func (r *report) take(line []byte) (text string, ok bool) {
	var e event
	if len(line) == 0 || line[0] != '{' || json.Unmarshal(line, &e) != nil || e.Action == "" {
		fmt.Fprintf(r.out, "%s\n", line)
		return "", false
	}
	switch {
	case e.Action == "build-output" || e.Action == "output" && r.all:
		fmt.Fprint(r.out, e.Output)
	case e.Action == "output":
		r.held[e.test] = append(r.held[e.test], e.Output)
	case e.Action == "fail":
		r.print(e.test)
		if e.Test == "" { // with what its tests had said, when they were ended
			for t := range r.held {
				if t.Package == e.Package {
					r.print(t)
				}
			}
		}
	case e.Action == "pass" || e.Action == "skip":
		for _, output := range r.held[e.test] {
			if e.Test == "" && (strings.HasPrefix(output, "ok  ") || strings.HasPrefix(output, "?   ")) {
				fmt.Fprint(r.out, output)
			}
		}
		delete(r.held, e.test)
	}
	return strings.TrimSuffix(e.Output, "\n"), true
}

func (r *report) print(t test) {
	for _, output := range r.held[t] {
		fmt.Fprint(r.out, output)
	}
	delete(r.held, t)
}
