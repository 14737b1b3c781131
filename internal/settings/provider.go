package settings

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Provider is one entry under `providers:`: which driver, and what that driver wants to know. Its name is what the
// catalogue's offers and networks refer to, and what every order remembers.
type Provider struct {
	Driver string
	Line   int
	values map[string]value
}

type value struct {
	text string
	line int
}

func (s *Settings) readProviders(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	return eachKey(n, "providers", func(name, entry *yaml.Node) error {
		p := Provider{Line: name.Line, values: map[string]value{}}
		err := eachKey(entry, "provider "+name.Value, func(key, v *yaml.Node) error {
			text, err := scalarOrList(v)
			if err != nil {
				return fmt.Errorf("line %d: providers.%s.%s: %w", v.Line, name.Value, key.Value, err)
			}
			if key.Value == "driver" {
				p.Driver = text
			} else {
				p.values[key.Value] = value{text, v.Line}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if p.Driver == "" {
			return fmt.Errorf("line %d: providers.%s: driver is missing, such as 'driver: sim'", name.Line, name.Value)
		}
		s.Providers[name.Value] = p
		return nil
	})
}

// Pools are the pools that providers' servers get their addresses from, by the providers' names. A provider without one
// chooses its addresses itself.
func (s *Settings) Pools() map[string]string {
	pools := map[string]string{}
	for name, p := range s.Providers {
		if pool := p.values["pool"].text; pool != "" {
			pools[name] = pool
		}
	}
	return pools
}

func (p Provider) keys() []string {
	keys := make([]string, 0, len(p.values))
	for key := range p.values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// masked shows a value unless its name says that it's a secret. A token's file or variable is a name and no secret.
func (p Provider) masked(key string) string {
	for _, word := range []string{"token", "password", "secret", "key"} {
		if strings.Contains(key, word) && !strings.HasSuffix(key, "_file") && !strings.HasSuffix(key, "_env") {
			return "***"
		}
	}
	return p.values[key].text
}

// Reading takes a provider's values one by one, remembers the first thing that is wrong, and at the end refuses what
// nobody asked for. So a driver's list of keys is the code that reads them.
type Reading struct {
	name   string
	p      Provider
	getenv func(string) string
	asked  map[string]bool
	err    error
}

// Read begins to read the provider of this name.
func (s *Settings) Read(name string, getenv func(string) string) *Reading {
	return &Reading{name: name, p: s.Providers[name], getenv: getenv, asked: map[string]bool{}}
}

func (r *Reading) take(key string) (value, bool) {
	r.asked[key] = true
	v, ok := r.p.values[key]
	return v, ok
}

func (r *Reading) fail(line int, key, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("line %d: providers.%s.%s: %s", line, r.name, key, fmt.Sprintf(format, args...))
	}
}

// Text is a value as it's written, or otherwise.
func (r *Reading) Text(key, otherwise string) string {
	if v, ok := r.take(key); ok {
		return v.text
	}
	return otherwise
}

// Required is a value that must be there.
func (r *Reading) Required(key string) string {
	v, ok := r.take(key)
	if !ok || v.text == "" {
		r.fail(r.p.Line, key, "it is missing; the driver %s needs it", r.p.Driver)
	}
	return v.text
}

// Duration is a value such as 250ms.
func (r *Reading) Duration(key string, otherwise time.Duration) time.Duration {
	v, ok := r.take(key)
	if !ok {
		return otherwise
	}
	d, err := time.ParseDuration(v.text)
	if err != nil || d < 0 {
		r.fail(v.line, key, "%q is not a duration such as 250ms", v.text)
	}
	return d
}

// Bool is true or false.
func (r *Reading) Bool(key string, otherwise bool) bool {
	v, ok := r.take(key)
	if !ok {
		return otherwise
	}
	yes, err := strconv.ParseBool(v.text)
	if err != nil {
		r.fail(v.line, key, "%q is neither true nor false", v.text)
	}
	return yes
}

// Count is a whole number above 0.
func (r *Reading) Count(key string, otherwise int) int {
	v, ok := r.take(key)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(v.text)
	if err != nil || n <= 0 {
		r.fail(v.line, key, "%q is not a whole number above 0", v.text)
	}
	return n
}

// Secret is a token, from the file that KEY_file names or the variable that KEY_env names. It's never written into
// the settings themselves: they get copied, shown and kept under version control.
func (r *Reading) Secret(key string) string {
	if v, ok := r.take(key); ok {
		r.fail(v.line, key, "a secret is not written into the settings; use %s_file or %s_env", key, key)
		return ""
	}
	file, hasFile := r.take(key + "_file")
	variable, hasVariable := r.take(key + "_env")
	switch {
	case hasFile == hasVariable:
		r.fail(r.p.Line, key, "give %s_file or %s_env, one of the two", key, key)
	case hasVariable:
		text := strings.TrimSpace(r.getenv(variable.text))
		if text == "" {
			r.fail(variable.line, key+"_env", "the variable %s is not set", variable.text)
		}
		return text
	default:
		raw, err := os.ReadFile(file.text)
		if err != nil {
			r.fail(file.line, key+"_file", "%v", err)
		}
		return strings.TrimSpace(string(raw))
	}
	return ""
}

// Done returns what was wrong first, or refuses the keys that nobody asked for.
func (r *Reading) Done() error {
	for _, key := range r.p.keys() {
		if !r.asked[key] {
			r.fail(r.p.values[key].line, key, "the driver %s has no such setting", r.p.Driver)
		}
	}
	return r.err
}
