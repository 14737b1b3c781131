package main

import (
	"io"
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// Run prints what this program is.
func (versionCmd) Run(s *session) error {
	v := map[string]string{"version": version(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
	return s.show(v, func(w io.Writer) { row(w, "berth "+v["version"]+" ("+v["go"]+", "+v["platform"]+")") })
}

// version is the module's version, or the commit of a build from a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return "devel-" + setting.Value[:min(12, len(setting.Value))]
		}
	}
	return "devel"
}
