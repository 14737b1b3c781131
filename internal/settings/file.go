package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readFile applies a settings file. It's walked by hand instead of decoded into a struct, so that every refusal has
// its line and the same text as a flag's.
func (s *Settings) readFile(path string) error {
	f, err := os.Open(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("settings file: %w", err)
	}
	defer f.Close()
	if err := s.readYAML(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (s *Settings) readYAML(r io.Reader) error {
	var document yaml.Node
	decoder := yaml.NewDecoder(r)
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) { // nothing but comments
		return nil
	}
	if err != nil {
		return PlainYAMLError(err)
	}
	var more yaml.Node
	if !errors.Is(decoder.Decode(&more), io.EOF) {
		return errors.New("the file must hold one YAML document")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil
	}
	return eachKey(root, "the file", func(key, value *yaml.Node) error {
		if key.Value == "providers" {
			return s.readProviders(value)
		}
		for _, f := range table {
			if f.name != key.Value {
				continue
			}
			text, err := scalarOrList(value)
			if err == nil {
				err = s.apply(f, text, "file")
			}
			if err != nil {
				return fmt.Errorf("line %d: %s: %w", value.Line, key.Value, err)
			}
			return nil
		}
		return fmt.Errorf("line %d: unknown setting %q%s", key.Line, key.Value, suggestion(key.Value))
	})
}

// eachKey visits the entries of a mapping. A key that is used twice is refused: one of the two would be lost.
func eachKey(n *yaml.Node, what string, visit func(key, value *yaml.Node) error) error {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: %s must hold 'name: value' lines", n.Line, what)
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || seen[key.Value] {
			return fmt.Errorf("line %d: %q is used twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		if err := visit(key, resolved(n.Content[i+1])); err != nil {
			return err
		}
	}
	return nil
}

// resolved follows an alias to what it stands for.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// scalarOrList is a value's text as it's written in the file; the entries of a list are joined by commas.
func scalarOrList(n *yaml.Node) (string, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "", nil
		}
		return n.Value, nil
	case yaml.SequenceNode:
		texts := make([]string, len(n.Content))
		for i, item := range n.Content {
			if item = resolved(item); item.Kind != yaml.ScalarNode {
				return "", errors.New("the list must hold plain values")
			}
			texts[i] = item.Value
		}
		return strings.Join(texts, ","), nil
	}
	return "", errors.New("it must be a plain value")
}

// suggestion names the setting that an unknown one may be meant for.
func suggestion(unknown string) string {
	plain := func(name string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	}
	for _, f := range table {
		if strings.HasPrefix(plain(f.name), plain(unknown)) || strings.HasPrefix(plain(unknown), plain(f.name)) {
			return fmt.Sprintf("; is %q meant?", f.name)
		}
	}
	return "; 'berth config' lists all"
}

// goType is how the YAML package names Go's types to people.
var goType = regexp.MustCompile(`field (\S+) not found in type \S+`)

// PlainYAMLError rewrites what the YAML package says into the words of the file's author.
func PlainYAMLError(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	lines := make([]string, len(wrong.Errors))
	for i, text := range wrong.Errors {
		lines[i] = goType.ReplaceAllString(text, `unknown key "$1"`)
	}
	return errors.New(strings.Join(lines, "; "))
}
