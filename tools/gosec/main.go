// Command gosec looks for what is known to be unsafe in Go code, by the rules of github.com/securego/gosec. It is that
// project's own command without what that brings beside the rules, clients of several AI services among it, which take
// minutes to build: every rule applies, generated code and tests are left out, and an answer to a finding (#nosec) must
// name the rule and give a reason.
//
//	gosec [-exclude-dir PATTERN]... ./...
//
// It prints every finding, with the exit code 1 when there is one, or when a package can't be read.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/securego/gosec/v2"
	"github.com/securego/gosec/v2/analyzers"
	"github.com/securego/gosec/v2/rules"
)

func main() {
	var excluded []string
	flag.Func("exclude-dir", "folders to leave out, a regular `expression`; may be repeated", func(dir string) error {
		excluded = append(excluded, dir)
		return nil
	})
	flag.Parse()
	findings, err := look(flag.Args(), excluded)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gosec:", err)
		os.Exit(1)
	}
	for _, f := range findings {
		fmt.Println(f)
	}
	if len(findings) > 0 {
		os.Exit(1)
	}
}

// look returns the findings in the packages under some paths, in the order of files.
func look(paths, excluded []string) (findings []string, err error) {
	config := gosec.NewConfig()
	config.SetGlobal(gosec.NoSecRequireRules, "true")
	config.SetGlobal(gosec.NoSecRequireJustification, "true")
	g := gosec.NewAnalyzer(config, false, true, false, runtime.GOMAXPROCS(0), log.New(io.Discard, "", 0))
	g.LoadRules(rules.Generate(false).RulesInfo())
	g.LoadAnalyzers(analyzers.Generate(false).AnalyzersInfo())

	var packages []string
	for _, path := range paths {
		found, err := gosec.PackagePaths(path, gosec.ExcludedDirsRegExp(excluded))
		if err != nil {
			return nil, err
		}
		packages = append(packages, found...)
	}
	if err := g.Process(nil, packages...); err != nil {
		return nil, err
	}
	issues, seen, unread := g.Report()
	if seen.NumFiles == 0 && len(unread) == 0 {
		return nil, fmt.Errorf("there is no Go file under %q", paths)
	}
	for file, errs := range unread {
		for _, e := range errs {
			findings = append(findings, fmt.Sprintf("%s:%d:%d: %s", relative(file), e.Line, e.Column, e.Err))
		}
	}
	for _, i := range issues {
		findings = append(findings, fmt.Sprintf("%s:%s:%s: %s (%s, severity %s, confidence %s)",
			relative(i.File), i.Line, i.Col, i.What, i.RuleID, i.Severity, i.Confidence))
	}
	slices.Sort(findings)
	return findings, nil
}

// relative is the path of a file as seen from here.
func relative(file string) string {
	here, err := os.Getwd()
	if err != nil {
		return file
	}
	if short, err := filepath.Rel(here, file); err == nil {
		return short
	}
	return file
}
