package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-e9190de5/autherr/internal/plain"
)

// A page is what is printed about one argument.
type page struct{ strings.Builder }

// The widths of a page, in columns.
const (
	labelWidth = 24
	valueWidth = 72
)

// title begins a part of the page.
func (p *page) title(format string, args ...any) {
	if p.Len() > 0 {
		p.WriteString("\n")
	}
	fmt.Fprintf(p, format+"\n\n", args...)
}

// heading begins a part of a part.
func (p *page) heading(text string) { fmt.Fprintf(p, "\n  %s\n\n", text) }

// row writes a label and its values, each on a line of its own. It writes nothing if there is no value.
func (p *page) row(label string, values ...string) {
	for _, value := range values {
		if value != "" {
			fmt.Fprintf(p, "  %-*s%s\n", labelWidth, label, value)
			label = ""
		}
	}
}

// prose writes a label and a text, broken into lines.
func (p *page) prose(label, text string) {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > valueWidth {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	p.row(label, append(lines, line)...)
}

// faults returns the lines of an error of package autherr, without its prefix.
func faults(err error) []string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = plain.Foreign(strings.TrimPrefix(line, "autherr: "))
	}
	return lines
}

// shownQuoted is [plain.Foreign], but always quoted.
func shownQuoted(text string) string { return strconv.Quote(plain.Cut(text)) }
