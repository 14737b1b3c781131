package main

import (
	"io"
	"strings"

	"github.com/berth-host/berth/internal/settings"
)

type configCmd struct {
	settingFlags
	Config *string `help:"Settings file (BERTH_CONFIG)." placeholder:"FILE"`
}

// Run prints every setting and where it comes from.
func (c *configCmd) Run(s *session) error {
	loaded, err := loadSettings(s, c.Config, c.given())
	if err != nil {
		return err
	}
	if _, err := providersOf(&loaded, s.getenv); err != nil {
		return err
	}
	lines := loaded.Lines()
	if s.getenv(secretVariable) != "" {
		lines = append(lines, settings.Line{Name: "secret_key", Value: "***", Source: "environment"})
	}
	return s.show(lines, func(w io.Writer) {
		row(w, "SETTING", "VALUE", "FROM")
		for _, l := range lines {
			row(w, l.Name, shown(strings.TrimSpace(l.Value)), l.Source)
		}
	})
}
