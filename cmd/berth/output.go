package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/berth-host/berth"
)

// writeText writes to the terminal. A terminal that is gone is nobody's error.
func writeText(w io.Writer, format string, args ...any) { fmt.Fprintf(w, format, args...) }

// show prints a result: value as JSON, or what lines writes, in aligned columns separated by tabs.
func (s *session) show(value any, lines func(w io.Writer)) error {
	if s.json {
		return s.showJSON(value)
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	lines(t)
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

func (s *session) showJSON(value any) error {
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// row writes cells as one line of a table.
func row(w io.Writer, cells ...string) {
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

// shown is a cell, "-" for nothing, so that columns stay in place.
func shown(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// flagName is the command line's name of a parameter that the business names as the wire does.
func flagName(parameter string) string {
	switch parameter {
	case "user_id":
		return "user"
	case "username":
		return "name"
	case "order_id":
		return "order"
	}
	return parameter
}

// writeError prints an error for people or machines: the field, what is wrong, and the cause where it is the
// operator's own (a database that is away), which no client of the API would see.
func writeError(w io.Writer, err error, asJSON bool) {
	text, code, field := err.Error(), "", ""
	var e *berth.Error
	if errors.As(err, &e) {
		text, code, field = e.Message, string(e.Code), flagName(e.Parameter)
		if cause := errors.Unwrap(e); cause != nil {
			text = strings.TrimSuffix(text, ".") + ": " + cause.Error()
		}
	}
	if asJSON {
		line, _ := json.Marshal(map[string]string{"error": text, "code": code, "field": field})
		writeText(w, "%s\n", line)
		return
	}
	if field != "" {
		text = field + ": " + text
	}
	writeText(w, "berth: %s\n", text)
}

// stamp is an instant in JSON: RFC 3339 in UTC, to the microsecond. The zero instant is null.
func stamp(at int64) *string {
	if at == 0 {
		return nil
	}
	text := time.UnixMicro(at).UTC().Format("2006-01-02T15:04:05.000000Z07:00")
	return &text
}

// local is an instant in a table, in the operator's zone.
func local(at int64, zone *time.Location) string {
	if at == 0 {
		return "-"
	}
	return time.UnixMicro(at).In(zone).Format("2006-01-02 15:04:05")
}
