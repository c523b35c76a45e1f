package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"text/template"
	"time"

	"github.com/seed-e9190de5/autherr/benchmarks/peers"
)

//go:embed page.md.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// A page is what the template says.
type page struct {
	Tables []table
	Works  []peers.Work
	Rounds int
	Slot   time.Duration
}

func writePage(file string, p page) error {
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, p); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o644)
}

// Machine says what the figures are from, as far as it matters to them.
func (page) Machine() string {
	return fmt.Sprintf("%s, %d cores, %s/%s, %s", cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// cpuModel returns the name of the CPU where Linux knows it.
func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "CPU of unknown model"
}

// Label returns the name of the library, and the version that was measured.
func (r row) Label() string {
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == r.Module && module.Replace == nil {
			return r.Name + " " + module.Version
		}
	}
	return r.Name
}

// Time returns how long one call takes.
func (c *cell) Time() string {
	switch {
	case c.time < 1000:
		return fmt.Sprintf("%.0f ns", c.time)
	default:
		return fmt.Sprintf("%.2f µs", c.time/1000)
	}
}

// Ratio returns the median and in parentheses the quartiles, in bold where autherr is behind,
// and the number of the remark on it.
func (c *cell) Ratio() string {
	text := "no"
	if c.do != nil {
		text = fmt.Sprintf("%s (%s–%s)", ratioText(c.ratio.median), ratioText(c.ratio.low), ratioText(c.ratio.high))
		if c.ratio.median < 1 {
			text = "**" + text + "**"
		}
	}
	if c.remark != 0 {
		text += fmt.Sprintf(" <sup>%d</sup>", c.remark)
	}
	return text
}

func (c *cell) Allocs() string {
	if c.do == nil {
		return "no"
	}
	return fmt.Sprintf("%.0f", c.allocs)
}

func ratioText(ratio float64) string {
	if ratio < 10 {
		return fmt.Sprintf("%.2f", ratio)
	}
	return fmt.Sprintf("%.1f", ratio)
}
