package main

import (
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress draws a bar on a terminal, and nothing where nobody watches: in a file or a pipe it would be noise.
type progress struct {
	out   io.Writer
	label string
	drawn time.Time
	width int // characters on the line now
}

// progressEvery bounds how often the bar is drawn.
const progressEvery = 100 * time.Millisecond

func newProgress(out io.Writer, label string) *progress {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		out = nil
	}
	return &progress{out: out, label: label}
}

// at draws the bar at done of total; total is an estimate and may be 0.
func (p *progress) at(done, total int64) {
	if p.out == nil || time.Since(p.drawn) < progressEvery {
		return
	}
	p.drawn = time.Now()
	p.draw(bar(p.label, done, total))
}

func (p *progress) draw(line string) {
	blanks := max(0, p.width-len(line))
	writeText(p.out, "\r%s%s", line, strings.Repeat(" ", blanks))
	p.width = len(line)
}

// end takes the bar away.
func (p *progress) end() {
	if p.out != nil && p.width > 0 {
		p.draw("")
		writeText(p.out, "\r")
	}
}

// bar is one line: "Verifying [#####.....]  50% 1200/2400".
func bar(label string, done, total int64) string {
	const cells = 30
	if total <= 0 {
		return label + " " + decimal(done)
	}
	done = min(done, total)
	full := int(cells * done / total)
	percent := decimal(100 * done / total)
	return label + " [" + strings.Repeat("#", full) + strings.Repeat(".", cells-full) + "] " +
		strings.Repeat(" ", 3-len(percent)) + percent + "% " + decimal(done) + "/" + decimal(total)
}
