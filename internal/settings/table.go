package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones work on machines and in containers without a zone database

	"github.com/berth-host/berth"
)

// field is one setting: its name in the file (lower_case), from which the variable (BERTH_LOWER_CASE) and the flag
// (--lower-case) follow.
type field struct {
	name string
	help string
	set  func(s *Settings, text string) error
	show func(s *Settings) string
}

func (f field) variable() string { return "BERTH_" + strings.ToUpper(f.name) }

// Variable is the environment variable of a setting.
func Variable(name string) string { return field{name: name}.variable() }

// table is every setting there is.
var table = []field{
	textField("db", "database: sqlite:PATH or postgres://...", func(s *Settings) *string { return &s.DB }, checkDB).masked(MaskURL),
	textField("secret_key_file", "file of the secret key; BERTH_SECRET_KEY wins, beside the SQLite file by default", func(s *Settings) *string { return &s.SecretKeyFile }, nil),

	textField("listen", "address of the API", func(s *Settings) *string { return &s.Listen }, checkAddress),
	textField("metrics_listen", "address of /metrics; empty or 'off' for none", func(s *Settings) *string { return &s.MetricsListen }, checkOptionalAddress),
	textField("tls_cert", "certificate file (PEM); empty for plain HTTP, behind a proxy", func(s *Settings) *string { return &s.TLSCert }, nil),
	textField("tls_key", "key file of the certificate (PEM)", func(s *Settings) *string { return &s.TLSKey }, nil),
	{"trusted_proxies", "proxies whose forwarding header names the client: addresses and blocks", setProxies, showProxies},

	durationField("patience", "how long an answer waits for the machine", func(s *Settings) *time.Duration { return &s.Patience }, 100*time.Millisecond, time.Hour),
	durationField("lease", "how long a silent process keeps its orders", func(s *Settings) *time.Duration { return &s.Lease }, time.Second, 10*time.Minute),
	durationField("call_timeout", "how long one call of a provider may take", func(s *Settings) *time.Duration { return &s.CallTimeout }, time.Second, 24*time.Hour),
	durationField("shutdown_timeout", "how long a stop waits for what was taken", func(s *Settings) *time.Duration { return &s.ShutdownTimeout }, time.Second, time.Hour),
	intField("workers", "calls of providers at once", func(s *Settings) *int { return &s.Workers }, 1, 100_000),
	intField("queue", "writes that may wait before orders are refused with 503", func(s *Settings) *int { return &s.Queue }, 1, 1_000_000),
	intField("batch", "writes in one commit at most", func(s *Settings) *int { return &s.Batch }, 1, 100_000),

	intField("rate_per_key", "requests a second of one key; 0 for no limit", func(s *Settings) *int { return &s.RatePerKey }, 0, 1_000_000),
	intField("failed_keys_per_minute", "unknown keys a minute from one address; 0 for no limit", func(s *Settings) *int { return &s.FailedKeysPerMinute }, 0, 1_000_000),

	{"max_hours", "hours that one order may buy", setMaxHours, func(s *Settings) string { return strconv.FormatInt(s.MaxHours, 10) }},
	textField("scale_credit", "unused time at a plan change: prorated (credited) or none", func(s *Settings) *string { return &s.ScaleCredit }, oneOf(berth.ScaleProrated, berth.ScaleNone)),
	{"zone", "zone of dates, order numbers and calendar months, such as Europe/Ljubljana", setZone, func(s *Settings) string { return s.Zone.String() }},
	durationField("idempotency_window", "how long an Idempotency-Key is remembered", func(s *Settings) *time.Duration { return &s.IdempotencyWindow }, 24*time.Hour, 366*24*time.Hour),
	textField("passwords", "of servers: once (answered by the order and its replay) or always", func(s *Settings) *string { return &s.Passwords }, oneOf(PasswordsOnce, PasswordsAlways)),

	durationField("reconcile_every", "how often the database is compared with the providers; 0s for never", func(s *Settings) *time.Duration { return &s.ReconcileEvery }, 0, 30*24*time.Hour),
	{"reconcile_repair", "what that does beside telling: no, or yes for what 'berth reconcile --repair' does", setRepair, func(s *Settings) string { return map[bool]string{true: "yes", false: "no"}[s.ReconcileRepair] }},

	textField("roas", "file of ROAs, as rpki-client or routinator write it (JSON): evidence for customers' own prefixes", func(s *Settings) *string { return &s.ROAs }, nil),
	textField("routes", "file of route objects, a line 'AS205000 198.51.100.0/24 24' each: evidence for customers' own prefixes", func(s *Settings) *string { return &s.Routes }, nil),

	{"log_level", "debug, info, warn or error", setLevel, func(s *Settings) string { return strings.ToLower(s.LogLevel.String()) }},
}

// Help tells what a setting is for, "" when there's none of this name.
func Help(name string) string {
	for _, f := range table {
		if f.name == name {
			return f.help
		}
	}
	return ""
}

// Names lists every setting, in the order of the table.
func Names() []string {
	names := make([]string, len(table))
	for i, f := range table {
		names[i] = f.name
	}
	return names
}

func textField(name, help string, at func(*Settings) *string, check func(string) (string, error)) field {
	return field{name: name, help: help,
		set: func(s *Settings, text string) (err error) {
			if check != nil {
				if text, err = check(text); err != nil {
					return err
				}
			}
			*at(s) = text
			return nil
		},
		show: func(s *Settings) string { return *at(s) },
	}
}

// masked shows the value through a function that hides secrets.
func (f field) masked(mask func(string) string) field {
	show := f.show
	f.show = func(s *Settings) string { return mask(show(s)) }
	return f
}

func durationField(name, help string, at func(*Settings) *time.Duration, least, most time.Duration) field {
	return field{name: name, help: help,
		set: func(s *Settings, text string) error {
			d, err := time.ParseDuration(text)
			if err != nil || d < least || d > most {
				return fmt.Errorf("%q is not a duration between %s and %s, such as 25s or 48h", text, least, most)
			}
			*at(s) = d
			return nil
		},
		show: func(s *Settings) string { return at(s).String() },
	}
}

func intField(name, help string, at func(*Settings) *int, least, most int) field {
	return field{name: name, help: help,
		set: func(s *Settings, text string) error {
			n, err := strconv.Atoi(text)
			if err != nil || n < least || n > most {
				return fmt.Errorf("%q is not a number between %d and %d", text, least, most)
			}
			*at(s) = n
			return nil
		},
		show: func(s *Settings) string { return strconv.Itoa(*at(s)) },
	}
}

func setRepair(s *Settings, text string) error {
	switch text {
	case "yes", "no":
		s.ReconcileRepair = text == "yes"
		return nil
	}
	return fmt.Errorf("%q is neither yes nor no", text)
}

func oneOf(values ...string) func(string) (string, error) {
	return func(text string) (string, error) {
		for _, v := range values {
			if text == v {
				return text, nil
			}
		}
		return "", fmt.Errorf("%q is none of %s", text, strings.Join(values, ", "))
	}
}

// errDB never repeats the text: a database address may hold a password.
var errDB = errors.New("a database is sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME")

func checkDB(text string) (string, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return "", errDB
		}
		return text, nil
	case "postgres", "postgresql":
		address, ok := strings.CutPrefix(rest, "//")
		if ok && misread(address) {
			return "", errUnescaped
		}
		if ok {
			return text, nil
		}
	case "memory":
		return text, nil
	}
	return "", errDB
}

// errUnescaped is for a password that would be taken for a host or a database's name, and end up in an error.
var errUnescaped = errors.New("in a user's name or password the characters @ / ? # : % are written %40 %2F %3F %23 %3A %25")

// misread reports whether a part of the user's name or password would be taken for something else: there is an "@"
// that isn't the one between them and the hosts.
func misread(address string) bool {
	address, _, _ = strings.Cut(address, "?")
	hosts, name, _ := strings.Cut(address, "/")
	return strings.Count(hosts, "@") > 1 || strings.Contains(name, "@")
}

// MaskURL hides the passwords in a database address. What it can't read for certain it hides whole: an unescaped
// "?" or "/" in a password moves what follows to another part of the address.
func MaskURL(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	if scheme != "postgres" && scheme != "postgresql" {
		return text
	}
	rest, query, hasQuery := strings.Cut(rest, "?")
	values, err := url.ParseQuery(query)
	if err != nil || strings.Contains(query, "@") {
		return scheme + "://..."
	}
	// Several hosts ("h1:5432,h2:5432") are no URL to Go, so the password is found by hand.
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		if user, _, has := strings.Cut(rest[:at], ":"); has {
			rest = user + ":***" + rest[at:]
		}
	}
	for key := range values { // libpq takes passwords as parameters, too
		if strings.Contains(strings.ToLower(key), "pass") {
			values.Set(key, "***")
		}
	}
	if hasQuery {
		rest += "?" + strings.ReplaceAll(values.Encode(), "%2A%2A%2A", "***")
	}
	return scheme + "://" + rest
}

func checkAddress(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	if err == nil {
		var n int
		if n, err = strconv.Atoi(port); err == nil && n >= 0 && n <= 65535 {
			return net.JoinHostPort(host, port), nil
		}
	}
	return "", fmt.Errorf("%q is not an address such as 127.0.0.1:8080 or [::]:8080", text)
}

func checkOptionalAddress(text string) (string, error) {
	if text == "" || text == "off" {
		return "", nil
	}
	return checkAddress(text)
}

func setProxies(s *Settings, text string) error {
	var list []string
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	prefixes, err := berth.ParsePrefixes(list)
	if err != nil {
		return fmt.Errorf("%q is not a list of addresses and blocks such as 192.0.2.1, 10.0.0.0/8", text)
	}
	s.TrustedProxies = prefixes
	return nil
}

func showProxies(s *Settings) string {
	texts := make([]string, len(s.TrustedProxies))
	for i, p := range s.TrustedProxies {
		texts[i] = p.String()
	}
	return strings.Join(texts, ", ")
}

func setMaxHours(s *Settings, text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	// The bound keeps every expiry inside what an instant in microseconds can say, many times over.
	if err != nil || n < 1 || n > 8_760_000 {
		return fmt.Errorf("%q is not a number between 1 and 8760000", text)
	}
	s.MaxHours = n
	return nil
}

func setZone(s *Settings, text string) error {
	zone, err := time.LoadLocation(text)
	if err != nil || text == "" || text == "Local" { // Local would differ from machine to machine
		return fmt.Errorf("%q is not a zone such as UTC or Europe/Ljubljana", text)
	}
	s.Zone = zone
	return nil
}

func setLevel(s *Settings, text string) error {
	var level slog.Level
	if level.UnmarshalText([]byte(text)) != nil {
		return fmt.Errorf("%q is none of debug, info, warn, error", text)
	}
	s.LogLevel = level
	return nil
}
