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

	"github.com/seed-e9190de5/autherr/benchmarks/peers"
)

//go:embed page.md.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// A page has what the template shows.
type page struct {
	Rows               []row
	Remarks            []string // on the cells, numbered from 1
	Verdicts, Readings []growthRow
	Rounds             int
}

func writePage(file string, p page) error {
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, p); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o644)
}

// Libraries returns the names of the libraries, with the versions that were measured.
func (page) Libraries() []string {
	build, _ := debug.ReadBuildInfo()
	var names []string
	for _, l := range peers.Libraries {
		name := l.Name
		for _, module := range build.Deps {
			if module.Path == l.Module && module.Replace == nil {
				name += " " + module.Version
			}
		}
		names = append(names, name)
	}
	return names
}

// Machine names the machine and the version of Go that the figures come from.
func (page) Machine() string {
	return fmt.Sprintf("%s, %d cores, %s/%s, %s", cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// cpuModel returns the name of the CPU if Linux knows it.
func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "CPU of unknown model"
}

// A standing is how autherr compares with a library at a work.
type standing int

const (
	even   standing = iota // the quartiles of the ratio enclose 1
	ahead                  // both are above
	behind                 // both are below
)

func (c *cell) standing() standing {
	switch {
	case c.ratio.low > 1:
		return ahead
	case c.ratio.high < 1:
		return behind
	default:
		return even
	}
}

// Time returns how long one call takes.
func (c *cell) Time() string {
	if c.time < 1000 {
		return fmt.Sprintf("%.0f ns", c.time)
	}
	return fmt.Sprintf("%.2f µs", c.time/1000)
}

// Ratio returns the median and the quartiles, in bold if autherr is behind, and the number of the remark.
func (c *cell) Ratio() string {
	text := "–"
	if c.do != nil {
		text = c.bareRatio()
		if c.standing() == behind {
			text = "**" + text + "**"
		}
	}
	if c.remark != 0 {
		text += fmt.Sprintf(" <sup>%d</sup>", c.remark)
	}
	return text
}

func (c *cell) bareRatio() string {
	median := ratioText(c.ratio.median)
	if c.standing() == even {
		median = "≈"
	}
	return fmt.Sprintf("%s (%s–%s)", median, ratioText(c.ratio.low), ratioText(c.ratio.high))
}

func (c *cell) Allocs() string {
	if c.do == nil {
		return "–"
	}
	return fmt.Sprintf("%.0f", c.allocs)
}

// NotAhead says which others take no longer than autherr or allocate less often, and why. It is "" if none do.
func (r row) NotAhead() string {
	autherr := r.Cells[0]
	var others []string
	for i, c := range r.Cells[1:] {
		if c.do == nil || c.standing() == ahead && c.allocs >= autherr.allocs {
			continue
		}
		others = append(others, fmt.Sprintf("%s %s, %.0f allocations", peers.Libraries[i+1].Name, c.bareRatio(), c.allocs))
	}
	if others == nil {
		return ""
	}
	return fmt.Sprintf("**%s** (autherr: %s, %.0f allocations): %s. %s", r.Name, autherr.Time(), autherr.allocs, strings.Join(others, "; "), r.Why)
}

// PerUnit returns how long each cell takes for one unit, from the smallest size to the largest.
func (r growthRow) PerUnit() []string {
	var texts []string
	for i, c := range r.Cells {
		texts = append(texts, fmt.Sprintf("%.3g", c.time/float64(r.Sizes[i])))
	}
	return texts
}

// Whole returns how long the largest size takes.
func (r growthRow) Whole() string { return fmt.Sprintf("%.2g ms", r.last().time/1e6) }

// BytesPerUnit returns the memory that is allocated for one unit of the largest size.
func (r growthRow) BytesPerUnit() string {
	return fmt.Sprintf("%.3g", r.last().bytes/float64(r.Sizes[len(r.Sizes)-1]))
}

func (r growthRow) last() *cell { return r.Cells[len(r.Cells)-1] }

func ratioText(ratio float64) string {
	if ratio < 10 {
		return fmt.Sprintf("%.2f", ratio)
	}
	return fmt.Sprintf("%.1f", ratio)
}
