// Package settings reads what an operator may decide: from flags, the environment and one YAML file, in this order
// of precedence, over defaults that are safe. Every source goes through the same table (table.go), so that a value
// means the same wherever it's written, and an unknown name is refused everywhere.
package settings

import (
	"fmt"
	"log/slog"
	"net/netip"
	"sort"
	"strings"
	"time"

	"github.com/berth-host/berth"
)

// Settings is everything that holds. The comment of each field in table.go is what operators read.
type Settings struct {
	DB            string
	SecretKeyFile string

	Listen         string
	MetricsListen  string // "" for off
	TLSCert        string
	TLSKey         string
	TrustedProxies []netip.Prefix

	Patience        time.Duration
	Lease           time.Duration
	CallTimeout     time.Duration
	ShutdownTimeout time.Duration
	Workers         int
	Queue           int
	Batch           int

	RatePerKey          int // requests a second, 0 for no limit
	FailedKeysPerMinute int // an address's, 0 for no limit

	MaxHours          int64
	ScaleCredit       string
	Zone              *time.Location
	IdempotencyWindow time.Duration
	Passwords         string

	ReconcileEvery  time.Duration // 0 for never
	ROAs            string        // file of ROAs, "" for none
	Routes          string        // file of route objects, "" for none
	ReconcileRepair bool

	LogLevel slog.Level

	Providers map[string]Provider

	source map[string]string // name of a setting -> where it came from
}

// Default is what holds without any setting.
func Default() Settings {
	return Settings{
		DB: "sqlite:berth.db", Listen: "127.0.0.1:8080", MetricsListen: "127.0.0.1:9464",
		Patience: 25 * time.Second, Lease: 5 * time.Second, CallTimeout: 120 * time.Second,
		ShutdownTimeout: 30 * time.Second, Workers: 256, Queue: 4096, Batch: 512,
		RatePerKey: 0, FailedKeysPerMinute: 30,
		MaxHours: 87600, ScaleCredit: berth.ScaleProrated, Zone: time.UTC, IdempotencyWindow: 48 * time.Hour,
		Passwords: PasswordsOnce, ReconcileEvery: time.Hour, LogLevel: slog.LevelInfo,
		Providers: map[string]Provider{}, source: map[string]string{},
	}
}

// Whether passwords of servers are answered after their order.
const (
	PasswordsOnce   = "once"   // by the order that made the server and its replay; dropped after the window
	PasswordsAlways = "always" // by every answer that shows the server; kept sealed
)

// Sources are the layers above the defaults, the strongest first.
type Sources struct {
	Flags  map[string]string   // by name of setting, only those that were given
	Getenv func(string) string // nil for no environment
	File   string              // path of the YAML file, "" for none
}

// Load resolves all layers. An error names the setting, where it was found, and what would be right.
func Load(src Sources) (Settings, error) {
	s := Default()
	if src.File != "" {
		if err := s.readFile(src.File); err != nil {
			return s, err
		}
	}
	for _, f := range table {
		if src.Getenv == nil {
			break
		}
		// An empty variable counts as absent: that is how containers and unit files say "not given".
		if text := src.Getenv(f.variable()); text != "" {
			if err := s.apply(f, text, "environment"); err != nil {
				return s, fmt.Errorf("%s: %w", f.variable(), err)
			}
		}
	}
	for _, f := range table {
		if text, given := src.Flags[f.name]; given {
			if err := s.apply(f, text, "flag"); err != nil {
				return s, fmt.Errorf("--%s: %w", strings.ReplaceAll(f.name, "_", "-"), err)
			}
		}
	}
	return s, s.check()
}

// Override sets one setting as a flag would, for a command whose defaults differ.
func (s *Settings) Override(name, text string) error {
	for _, f := range table {
		if f.name == name {
			return s.apply(f, text, "command")
		}
	}
	return fmt.Errorf("there is no setting %q", name)
}

func (s *Settings) apply(f field, text, source string) error {
	if err := f.set(s, text); err != nil {
		return err
	}
	s.source[f.name] = source
	return nil
}

// Given reports whether a layer above the defaults set it.
func (s *Settings) Given(name string) bool { return s.source[name] != "" }

// check judges what one setting alone doesn't tell.
func (s *Settings) check() error {
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return fmt.Errorf("tls_cert and tls_key: give both or neither")
	}
	if s.Patience >= s.CallTimeout {
		return fmt.Errorf("patience (%s) must be shorter than call_timeout (%s): the answer may not outlast the work", s.Patience, s.CallTimeout)
	}
	return nil
}

// Policy is the part of the settings that are rules of the business.
func (s *Settings) Policy() berth.Policy {
	p := berth.DefaultPolicy()
	p.MaxHours, p.ScaleCredit, p.Zone = s.MaxHours, s.ScaleCredit, s.Zone
	p.KeyWindow, p.KeepPassword = s.IdempotencyWindow.Microseconds(), s.Passwords == PasswordsAlways
	p.Lease, p.Patience, p.CallTimeout = s.Lease.Microseconds(), s.Patience.Microseconds(), s.CallTimeout.Microseconds()
	return p
}

// Line is one setting as it holds.
type Line struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"` // "default", "file", "environment", "flag" or "command"
}

// Lines lists what holds, in the order of the table, and the providers behind it. Secrets are masked.
func (s *Settings) Lines() []Line {
	lines := make([]Line, 0, len(table)+len(s.Providers))
	for _, f := range table {
		source := s.source[f.name]
		if source == "" {
			source = "default"
		}
		lines = append(lines, Line{Name: f.name, Value: f.show(s), Source: source})
	}
	for _, name := range s.ProviderNames() {
		p := s.Providers[name]
		lines = append(lines, Line{Name: "providers." + name + ".driver", Value: p.Driver, Source: "file"})
		for _, key := range p.keys() {
			lines = append(lines, Line{Name: "providers." + name + "." + key, Value: p.masked(key), Source: "file"})
		}
	}
	return lines
}

// ProviderNames lists the providers by name.
func (s *Settings) ProviderNames() []string {
	names := make([]string, 0, len(s.Providers))
	for name := range s.Providers {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
