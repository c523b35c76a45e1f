package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/seed-e9190de5/autherr/benchmarks/peers"
)

// slot is how long a library works before it is the next one's turn. It is short, so that a
// round sees one and the same machine, and so that what else runs there hits few slots.
const slot = 200 * time.Microsecond

// A table is what was measured of the libraries of one format.
type table struct {
	*peers.Format
	Rows    []row    // autherr first
	Remarks []string // on its cells, numbered from 1
}

type row struct {
	*peers.Library
	Cells []*cell // in the order of peers.Works
}

// A cell is what was measured of one library at one work.
type cell struct {
	do     func(n int) bool // nil where the library cannot do it
	calls  int              // in a slot
	rounds []float64        // nanoseconds for one call, in each round

	time   float64 // nanoseconds for one call, the median
	ratio  spread  // against autherr in the same round
	allocs float64 // in one call
	remark int     // the number of the remark on it, or 0
}

// A spread is the middle half of some values.
type spread struct{ low, median, high float64 }

func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	at := func(share float64) float64 { return sorted[int(share*float64(len(sorted)-1)+0.5)] }
	return spread{at(0.25), at(0.5), at(0.75)}
}

// measure has every library do every work in one round after the other, until duration is
// over, and returns how many rounds that were. It calls progress after the first and then ten
// times. The order is another one in each round, so that none always comes after the same.
func measure(duration time.Duration, progress func(round int, left time.Duration)) ([]table, int, error) {
	tables, cells := prepare()
	for _, c := range cells {
		c.calibrate()
	}
	rounds := 0
	report := duration // progress is due when so much is left
	for start, left := time.Now(), duration; rounds == 0 || left > 0; left = duration - time.Since(start) {
		rounds++
		for _, i := range rand.Perm(len(cells)) {
			c := cells[i]
			elapsed, ok := c.run(c.calls)
			if !ok {
				return nil, 0, fmt.Errorf("a library that did its work before failed at it in round %d", rounds)
			}
			c.rounds = append(c.rounds, float64(elapsed)/float64(c.calls))
		}
		if left <= report {
			progress(rounds, left)
			report -= duration / 10
		}
	}
	for _, t := range tables {
		for _, row := range t.Rows {
			for i, c := range row.Cells {
				c.evaluate(t.Rows[0].Cells[i])
			}
		}
	}
	return tables, rounds, nil
}

// prepare returns the tables to fill, and those of their cells that can be measured.
func prepare() (tables []table, cells []*cell) {
	for _, format := range peers.Formats {
		t := table{Format: format.Format}
		for _, l := range format.Libraries {
			r := row{Library: l}
			for _, work := range peers.Works {
				c := &cell{do: work.Of(l)}
				if remark := l.Remarks[work.Name]; remark != "" {
					t.Remarks = append(t.Remarks, remark)
					c.remark = len(t.Remarks)
				}
				r.Cells = append(r.Cells, c)
				if c.do != nil {
					cells = append(cells, c)
				}
			}
			t.Rows = append(t.Rows, r)
		}
		tables = append(tables, t)
	}
	return tables, cells
}

func (c *cell) run(calls int) (time.Duration, bool) {
	start := time.Now()
	ok := c.do(calls)
	return time.Since(start), ok
}

// calibrate finds how many calls fill a slot.
func (c *cell) calibrate() {
	for c.calls = 1; ; c.calls *= 2 {
		best := slot
		for range 5 {
			elapsed, _ := c.run(c.calls)
			best = min(best, elapsed)
		}
		if best >= slot/2 {
			return
		}
	}
}

// evaluate makes the figures of c, which are ratios to those of baseline.
func (c *cell) evaluate(baseline *cell) {
	if c.do == nil {
		return
	}
	ratios := make([]float64, len(c.rounds))
	for round, time := range c.rounds {
		ratios[round] = time / baseline.rounds[round]
	}
	c.time = spreadOf(c.rounds).median
	c.ratio = spreadOf(ratios)
	c.allocs = testing.AllocsPerRun(10, func() { c.do(100) }) / 100
}
